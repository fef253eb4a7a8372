package gitlabcitest

import (
	"cmp"
	"net/http"
	"strings"
)

func registerLint(s *site) {
	s.handle("GET", "/projects/:id/ci/lint", lintProject, text("sha"), text("content_ref"), text("ref"), text("dry_run_ref"),
		boolean("dry_run"), boolean("include_jobs")).anonymous()
	s.handle("POST", "/projects/:id/ci/lint", lintContent, text("content").required(), text("ref"),
		boolean("dry_run"), boolean("include_jobs")).anonymous().scopes("ai_workflows")
}

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

func lintProject(c *call) error {
	var faults []string
	for _, names := range [][2]string{{"sha", "content_ref"}, {"ref", "dry_run_ref"}} {
		if c.has(names[0]) && c.has(names[1]) {
			faults = append(faults, names[0]+", "+names[1]+" are mutually exclusive")
		}
	}
	if len(faults) > 0 {
		return paramError(http.StatusBadRequest, strings.Join(faults, ", "))
	}
	p, err := c.findProject(noAccess)
	if err != nil {
		return err
	}
	if !p.codeReadable(c.user) {
		return forbidden("")
	}
	if p.revision(cmp.Or(c.text("content_ref"), c.text("sha"), p.defaultBranch)) == nil {
		return notFound("Commit")
	}
	return c.lint(p, p.judgeOwn(), c.text("dry_run_ref"))
}

func lintContent(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	return c.lint(p, p.judgeContent(c.text("content")), "")
}

// lint answers with a verdict, or with what stands against a pipeline where one is to be simulated.
func (c *call) lint(p *project, v verdict, ref string) error {
	if c.boolean("dry_run") {
		_, known := p.reference(cmp.Or(ref, c.text("ref"), p.defaultBranch))
		_, reason := p.included(p.config, c.now)
		switch {
		case c.role(p.path) < Developer:
			v = refused(noPermission)
		case !known:
			v = refused(noReference)
		case len(v.errors) == 0 && v.own && reason != "":
			v.errors, v.jobs = []string{reason}, nil
		}
	}
	return c.json(http.StatusOK, showVerdict(v, c.boolean("include_jobs")))
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
