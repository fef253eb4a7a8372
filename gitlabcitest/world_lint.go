package gitlabcitest

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci/internal/codec"
)

const (
	noContent    = "Please provide content of .gitlab-ci.yml"
	noFormat     = "Invalid configuration format"
	noVisibleJob = "jobs config should contain at least one visible job"
	noReference  = "Reference not found"
	noPermission = "Insufficient permissions to create a new pipeline"
	noJobs       = "Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to the pipeline."
	moreThanOnce = "jobs:%s may allow multiple pipelines to run for a single action due to `rules:when` clause with no `workflow:rules` - read more: " +
		"https://docs.gitlab.com/ee/ci/jobs/job_troubleshooting.html#job-may-allow-multiple-pipelines-to-run-for-a-single-action-warning"
	notARunnable  = "jobs %s config should implement the script:, run:, or trigger: keyword"
	noSuchStage   = "%s job: chosen stage %s does not exist; available stages are %s"
	undefinedNeed = "%s job: undefined need: %s"
	laterNeed     = "%s job: need %s is not defined in current or prior stages"
	circular      = "The pipeline has circular dependencies"
	unknownKeys   = "jobs:%s config contains unknown keys: %s"
	notYAML       = "The stand-in does not read YAML but for what it wrote itself, and cannot say whether this is valid. It reads JSON, which is YAML too."
	cannotSay     = "%s: the stand-in cannot say whether this is valid"
)

// verdict is what is said of a configuration.
type verdict struct {
	errors, warnings []string
	yaml             string  // empty where nothing came of it
	jobs             mapping // of a valid one
	own              bool    // it is of the project's own configuration
}

func refused(text string) verdict { return verdict{errors: []string{text}} }

// unread stands for what a look at the top level does not see.
type unread struct{}

// keywords are the keys at the top level that are no jobs.
var keywords = []string{
	"default", "include", "stages", "variables", "workflow", "image", "services", "before_script", "after_script", "cache", "spec",
}

// judgeOwn judges a project's own configuration.
func (p *project) judgeOwn() verdict {
	if len(p.config) == 0 {
		return refused(noContent)
	}
	v := judge(definition(p.config))
	v.own = true
	if p.ConfigError != "" {
		v.errors, v.jobs = []string{p.ConfigError}, nil
	}
	return v
}

// judgeContent judges a configuration that somebody sent: the project's own, one of the instance's templates, or JSON. Other YAML may be found
// wrong by its top level, and is never found valid.
func (p *project) judgeContent(content string) verdict {
	body := strings.TrimSpace(strings.TrimPrefix(content, "---\n"))
	switch {
	case body == "":
		return refused(noContent)
	case len(p.config) > 0 && "---\n"+body+"\n" == definition(p.config).yaml():
		return p.judgeOwn()
	case strings.HasPrefix(body, "{"):
		var members map[string]any
		if codec.Unmarshal([]byte(body), &members) != nil {
			return refused(noFormat)
		}
		return judge(asMapping(members).(mapping))
	}
	top := topLevel(body)
	if top == nil {
		return refused(noFormat)
	}
	v := verdict{yaml: "---\n" + body + "\n"}
	var jobs mapping
	for _, e := range top {
		if !slices.Contains(keywords, e.key) && !strings.HasPrefix(e.key, ".") {
			jobs = append(jobs, e)
		}
	}
	isTemplate := slices.ContainsFunc(ownTemplates, func(t template) bool { return strings.TrimSpace(t.content) == body })
	switch {
	case isTemplate:
		v.jobs = jobs
	case len(jobs) == 0 && !top.has("include"):
		v.errors = []string{noVisibleJob}
	default:
		v.errors = []string{notYAML}
	}
	return v
}

var topLevelKey = regexp.MustCompile(`^("[^"]*"|'[^']*'|[^"'\[\]{}].*?)\s*:(\s|$)`)

// topLevel returns the keys of a YAML text that begin a line, nil for what is no mapping.
func topLevel(text string) mapping {
	var m mapping
	for line := range strings.Lines(text) {
		switch {
		case strings.TrimSpace(line) == "" || strings.ContainsRune(" \t#%", rune(line[0])) || strings.HasPrefix(line, "---"):
			continue
		case m != nil && strings.ContainsRune("-]}", rune(line[0])): // goes on with the value
			continue
		}
		found := topLevelKey.FindStringSubmatch(line)
		if found == nil || line[0] == '-' {
			return nil
		}
		m = append(m, pair{strings.Trim(found[1], `"'`), unread{}})
	}
	return m
}

// judge says what is wrong with a configuration. What is not understood is wrong as well: it is not to be taken for valid.
func judge(config mapping) verdict {
	v := verdict{yaml: config.yaml()}
	var jobs mapping
	for _, e := range config {
		switch {
		case slices.Contains(keywords, e.key):
			if sound, ok := globalKeywords[e.key]; !ok || !sound(e.value) {
				v.errors = append(v.errors, fmt.Sprintf(cannotSay, e.key))
			}
		case strings.HasPrefix(e.key, "."):
		case runnable(e.value):
			jobs = append(jobs, e)
			v.errors = append(v.errors, flaws(e.key, e.value.(mapping))...)
		default:
			v.errors = append(v.errors, fmt.Sprintf(notARunnable, e.key))
		}
	}
	if len(jobs) == 0 && !config.has("include") {
		v.errors = append(v.errors, noVisibleJob)
	}
	if v.errors == nil {
		v.errors = misfits(config, jobs)
	}
	if v.errors == nil {
		v.jobs, v.warnings = jobs, ambiguous(config, jobs)
	}
	return v
}

// runnable reports whether there is something to run in a job, or may be by way of what it extends.
func runnable(value any) bool {
	job, _ := value.(mapping)
	return job.has("script") || job.has("run") || job.has("trigger") || job.has("extends")
}

// misfits are the stages and the needs of jobs that are not there.
func misfits(config, jobs mapping) (errors []string) {
	stages := []string{"build", "test", "deploy"}
	if config.has("stages") {
		stages = texts(config.get("stages"))
	}
	stages = slices.Concat([]string{".pre"}, stages, []string{".post"})
	order := func(job mapping) int { return slices.Index(stages, stageOf(job)) }
	for _, e := range jobs {
		job, _ := e.value.(mapping)
		if order(job) < 0 {
			errors = append(errors, fmt.Sprintf(noSuchStage, e.key, stageOf(job), strings.Join(stages, ", ")))
		}
		for _, need := range needsOf(job) {
			needed, _ := jobs.get(need.Name).(mapping)
			switch {
			case needed == nil && !need.Optional:
				errors = append(errors, fmt.Sprintf(undefinedNeed, e.key, need.Name))
			case needed != nil && order(needed) > order(job):
				errors = append(errors, fmt.Sprintf(laterNeed, e.key, need.Name))
			}
		}
	}
	if errors == nil && cyclic(jobs) {
		return []string{circular}
	}
	return errors
}

func stageOf(job mapping) string {
	stage, ok := job.get("stage").(string)
	if !ok {
		return defaultStage
	}
	return stage
}

// cyclic reports whether a job needs itself, by way of others or not.
func cyclic(jobs mapping) bool {
	const underWay, done = 1, 2
	states := make(map[string]int)
	var returns func(name string) bool
	returns = func(name string) bool {
		if states[name] != 0 {
			return states[name] == underWay
		}
		states[name] = underWay
		job, _ := jobs.get(name).(mapping)
		for _, need := range needsOf(job) {
			if returns(need.Name) {
				return true
			}
		}
		states[name] = done
		return false
	}
	return slices.ContainsFunc(jobs, func(e pair) bool { return returns(e.key) })
}

// ambiguous are the warnings of jobs whose last rule lets them into each pipeline, be it of a branch or of a merge request.
func ambiguous(config, jobs mapping) (warnings []string) {
	if workflow, _ := config.get("workflow").(mapping); workflow.has("rules") {
		return nil
	}
	for _, e := range jobs {
		job, _ := e.value.(mapping)
		rules, _ := job.get("rules").([]any)
		if len(rules) == 0 {
			continue
		}
		last, _ := rules[len(rules)-1].(mapping)
		if len(last) == 1 && last[0].key == "when" && last[0].value != string(Never) {
			warnings = append(warnings, fmt.Sprintf(moreThanOnce, e.key))
		}
	}
	return warnings
}

// need is a job of the same pipeline that another one needs.
type need struct {
	Name      string `json:"name"`
	Artifacts bool   `json:"artifacts"`
	Optional  bool   `json:"optional"`
}

// needsOf are the needs of a job, nil where it waits for stages.
func needsOf(job mapping) []need {
	elements, ok := job.get("needs").([]any)
	if !ok {
		return nil
	}
	needs := []need{}
	for _, element := range elements {
		switch element := element.(type) {
		case string:
			needs = append(needs, need{element, true, false})
		case mapping:
			name, _ := element.get("job").(string)
			if name == "" || element.has("pipeline") || element.has("project") {
				continue
			}
			optional, _ := element.get("optional").(bool)
			needs = append(needs, need{name, element.get("artifacts") != false, optional})
		}
	}
	return needs
}

// texts are the strings of a value that is one or a list of them, in lists of lists, too.
func texts(value any) []string {
	found := []string{}
	switch value := value.(type) {
	case string:
		found = append(found, value)
	case []any:
		for _, element := range value {
			found = append(found, texts(element)...)
		}
	}
	return found
}

// definition is the configuration that a project's jobs would be written as.
func definition(jobs []Job) mapping {
	var stages []any
	config := mapping{{"stages", nil}}
	for i := range jobs {
		if !slices.Contains(stages, any(jobs[i].Stage)) {
			stages = append(stages, jobs[i].Stage)
		}
		config = append(config, pair{jobs[i].Name, jobs[i].definition()})
	}
	config[0].value = stages
	return config
}

func (j *Job) definition() mapping {
	m := mapping{{"stage", j.Stage}}
	add := func(key string, value any, differs bool) {
		if differs {
			m = append(m, pair{key, value})
		}
	}
	add("tags", asList(j.Tags), len(j.Tags) > 0)
	add("script", []any{"echo " + j.Name}, j.Trigger == nil)
	if j.Trigger != nil {
		add("trigger", j.Trigger.definition(j.Name), true)
	}
	add("rules", []any{mapping{{"when", string(Never)}}}, j.When == Never)
	add("when", string(j.When), j.When != OnSuccess && j.When != Never)
	add("start_in", inSeconds(j.StartIn), j.When == Delayed)
	add("allow_failure", j.AllowFailure, j.AllowFailure != (j.When == Manual))
	add("needs", asList(j.Needs), j.Needs != nil)
	add("environment", j.Environment, j.Environment != "")
	add("resource_group", j.ResourceGroup, j.ResourceGroup != "")
	if len(j.Artifacts) > 0 {
		add("artifacts", j.keptFiles(), true)
	}
	return m
}

// keptFiles is the keyword artifacts.
func (j *Job) keptFiles() mapping {
	expiry := inSeconds(j.ArtifactsExpireIn)
	if j.ArtifactsExpireIn < 0 {
		expiry = "never"
	}
	return mapping{
		{"paths", asList(slices.Sorted(maps.Keys(j.Artifacts)))}, {"when", string(cmp.Or(j.ArtifactsWhen, OnSuccess))}, {"expire_in", expiry},
	}
}

// definition is the keyword trigger. A child pipeline is said to come from a file that has the job's name.
func (d *Downstream) definition(name string) mapping {
	m := mapping{{"include", name + ".yml"}}
	if d.Project != "" {
		m = mapping{{"project", d.Project}}
		if d.Ref != "" {
			m = append(m, pair{"branch", d.Ref})
		}
	}
	if d.Strategy != "" {
		m = append(m, pair{"strategy", string(d.Strategy)})
	}
	return m
}

func asList(words []string) []any {
	list := make([]any, 0, len(words))
	for _, word := range words {
		list = append(list, word)
	}
	return list
}

func inSeconds(d time.Duration) string {
	return fmt.Sprintf("%d seconds", int64(d/time.Second))
}
