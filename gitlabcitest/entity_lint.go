package gitlabcitest

import "cmp"

// lintResult is GitLab's entity Lint::Result.
type lintResult struct {
	Valid      bool        `json:"valid"`
	Errors     []string    `json:"errors"`
	Warnings   []string    `json:"warnings"`
	MergedYAML *string     `json:"merged_yaml"`
	Includes   *[]struct{} `json:"includes"`
	Jobs       *[]lintJob  `json:"jobs,omitzero"`
}

type lintJob struct {
	Name         string   `json:"name"`
	Stage        string   `json:"stage"`
	BeforeScript []string `json:"before_script"`
	Script       []string `json:"script"`
	AfterScript  []string `json:"after_script"`
	TagList      []string `json:"tag_list"`
	Only         any      `json:"only"`
	Except       any      `json:"except"`
	Environment  *string  `json:"environment"`
	When         string   `json:"when"`
	AllowFailure bool     `json:"allow_failure"`
	Needs        *[]need  `json:"needs"`
}

func showVerdict(v verdict, withJobs bool) lintResult {
	shown := lintResult{Valid: len(v.errors) == 0, Errors: v.errors, Warnings: v.warnings}
	if v.yaml != "" {
		shown.MergedYAML, shown.Includes = &v.yaml, &[]struct{}{}
	}
	if withJobs {
		jobs := []lintJob{}
		for _, e := range v.jobs {
			job, _ := e.value.(mapping)
			jobs = append(jobs, showLintJob(e.key, job))
		}
		shown.Jobs = &jobs
	}
	return shown
}

func showLintJob(name string, job mapping) lintJob {
	word := func(key string) string { s, _ := job.get(key).(string); return s }
	shown := lintJob{
		Name: name, Stage: cmp.Or(word("stage"), defaultStage), BeforeScript: texts(job.get("before_script")), Script: texts(job.get("script")),
		AfterScript: texts(job.get("after_script")), TagList: texts(job.get("tags")), Only: policy(job.get("only")), Except: policy(job.get("except")),
		Environment: optional(word("environment")), When: cmp.Or(word("when"), string(OnSuccess)),
	}
	if environment, ok := job.get("environment").(mapping); ok {
		name, _ := environment.get("name").(string)
		shown.Environment = optional(name)
	}
	if !job.has("rules") && !job.has("only") && !job.has("except") {
		shown.Only = map[string][]string{"refs": {"branches", "tags"}}
	}
	allowed, said := job.get("allow_failure").(bool)
	shown.AllowFailure = allowed || !said && shown.When == string(Manual) && !job.has("rules")
	if needs := needsOf(job); needs != nil {
		shown.Needs = &needs
	}
	return shown
}

// policy is the value of only or except in its long form.
func policy(value any) any {
	if refs := texts(value); len(refs) > 0 {
		return map[string][]string{"refs": refs}
	}
	return value
}
