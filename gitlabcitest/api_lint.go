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
