package gitlabcitest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// globalKeywords are the keywords at the top level that lint understands, with what has to hold of their values.
var globalKeywords = map[string]func(any) bool{
	"stages":    isTexts,
	"variables": isVariables,
	"workflow":  members(map[string]func(any) bool{"name": isText, "rules": isRules}),
}

// jobKeywords are those of jobs.
var jobKeywords = map[string]func(any) bool{
	"script":         isScript,
	"before_script":  isScript,
	"after_script":   isScript,
	"stage":          isText,
	"when":           oneOf(OnSuccess, OnFailure, Always, Manual, Delayed),
	"start_in":       isDuration,
	"allow_failure":  isBool,
	"needs":          isNeeds,
	"tags":           isTexts,
	"only":           isPolicy,
	"except":         isPolicy,
	"rules":          isRules,
	"environment":    isEnvironment,
	"resource_group": isText,
	"variables":      isVariables,
	"image":          isText,
	"interruptible":  isBool,
	"trigger":        isTrigger,
	"artifacts":      isArtifacts,
}

// otherKeywords are those of jobs that GitLab knows and lint does not understand.
var otherKeywords = []string{
	"cache", "coverage", "dast_configuration", "dependencies", "extends", "hooks", "id_tokens", "identity", "inherit", "inputs",
	"manual_confirmation", "pages", "parallel", "publish", "release", "retry", "run", "secrets", "services", "timeout",
}

// flaws are what is wrong with the keywords of a job, or not understood.
func flaws(name string, job mapping) (errors []string) {
	var unknown []string
	for _, e := range job {
		sound, ok := jobKeywords[e.key]
		switch {
		case !ok && !slices.Contains(otherKeywords, e.key):
			unknown = append(unknown, e.key)
		case !ok || !sound(e.value):
			errors = append(errors, fmt.Sprintf(cannotSay, "jobs:"+name+":"+e.key))
		}
	}
	if len(unknown) > 0 {
		errors = append([]string{fmt.Sprintf(unknownKeys, name, strings.Join(unknown, ", "))}, errors...)
	}
	apart := job.has("script") && job.has("trigger") || job.has("rules") && (job.has("only") || job.has("except")) ||
		job.has("start_in") != (job.get("when") == string(Delayed))
	if errors == nil && apart {
		errors = append(errors, fmt.Sprintf(cannotSay, "jobs:"+name))
	}
	return errors
}

func isBool(value any) bool {
	_, ok := value.(bool)
	return ok
}

func isText(value any) bool {
	text, ok := value.(string)
	return ok && text != ""
}

// isTexts reports whether a value is a list of texts.
func isTexts(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(element any) bool { return !isText(element) })
}

// isScript reports whether a value is a text, or a list of them, also of lists of them.
func isScript(value any) bool {
	list, ok := value.([]any)
	if !ok {
		return isText(value)
	}
	return len(list) > 0 && !slices.ContainsFunc(list, func(element any) bool { return !isScript(element) })
}

func oneOf[T ~string](values ...T) func(any) bool {
	return func(value any) bool {
		text, ok := value.(string)
		return ok && slices.Contains(values, T(text))
	}
}

var plainDuration = regexp.MustCompile(`^\d+ ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$`)

func isDuration(value any) bool {
	text, ok := value.(string)
	return ok && plainDuration.MatchString(text)
}

// members makes the check of a mapping that has no other members than these.
func members(sound map[string]func(any) bool) func(any) bool {
	return func(value any) bool {
		m, ok := value.(mapping)
		return ok && !slices.ContainsFunc(m, func(e pair) bool { return sound[e.key] == nil || !sound[e.key](e.value) })
	}
}

func isVariables(value any) bool {
	m, ok := value.(mapping)
	return ok && !slices.ContainsFunc(m, func(e pair) bool {
		switch e.value.(type) {
		case string, float64:
			return false
		}
		return true
	})
}

var isRule = members(map[string]func(any) bool{
	"if": isText, "when": oneOf(OnSuccess, OnFailure, Always, Manual, Never), "allow_failure": isBool, "variables": isVariables,
})

func isRules(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(element any) bool { return !isRule(element) })
}

var isLongNeed = members(map[string]func(any) bool{
	"job": isText, "artifacts": isBool, "optional": isBool, "pipeline": isText, "project": isText, "ref": isText,
})

func isNeeds(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(element any) bool { return !isText(element) && !isLongNeed(element) })
}

func isPolicy(value any) bool {
	return isTexts(value) || members(map[string]func(any) bool{"refs": isTexts})(value)
}

func isEnvironment(value any) bool {
	actions := oneOf(Start, Prepare, Verify, Access, Stop)
	return isText(value) || members(map[string]func(any) bool{
		"name": isText, "url": isText, "action": actions, "on_stop": isText, "deployment_tier": oneOf(tiers...), "auto_stop_in": isDuration,
	})(value)
}

func isTrigger(value any) bool {
	return isText(value) || members(map[string]func(any) bool{
		"project": isText, "branch": isText, "include": isText, "strategy": oneOf(Depend, Mirror),
	})(value)
}

func isArtifacts(value any) bool {
	expires := func(value any) bool { return value == "never" || isDuration(value) }
	return members(map[string]func(any) bool{"paths": isTexts, "when": oneOf(OnSuccess, OnFailure, Always), "expire_in": expires})(value)
}
