package gitlabcitest

import (
	"net/http"
	"slices"
)

func registerTemplates(s *site) {
	s.handle("GET", "/templates/gitlab_ci_ymls", listTemplates, pagination...).anonymous()
	s.handle("GET", "/templates/gitlab_ci_ymls/:key", getTemplate).anonymous()
	s.handle("GET", "/projects/:id/templates/gitlab_ci_ymls", listProjectTemplates, pagination...).anonymous()
	s.handle("GET", "/projects/:id/templates/gitlab_ci_ymls/:name", getProjectTemplate, integer("source_template_project_id")).anonymous()
}

func listTemplates(c *call) error {
	return list(c, ownTemplates, showListedTemplate)
}

func getTemplate(c *call) error {
	found, ok := templateNamed(c.path["key"], ownTemplates)
	if !ok {
		return notFound("Gitlab Ci Yml")
	}
	return c.json(http.StatusOK, templateEntity{found.name, found.content})
}

// findTemplates returns the project of the path to those who may read its templates.
func (c *call) findTemplates() (*project, error) {
	p, err := c.findProject(noAccess)
	if err == nil && !p.codeReadable(c.user) {
		return nil, forbidden("Your current role does not have the required permissions to access the gitlab_ci_ymls template. " +
			"Contact your project administrator for assistance.")
	}
	return p, err
}

func listProjectTemplates(c *call) error {
	p, err := c.findTemplates()
	if err != nil {
		return err
	}
	return list(c, slices.Concat(p.templates, ownTemplates), showListedTemplate)
}

func getProjectTemplate(c *call) error {
	p, err := c.findTemplates()
	if err != nil {
		return err
	}
	lists := [][]template{p.templates, ownTemplates}
	if c.has("source_template_project_id") {
		lists = nil
		if p.id == c.integer("source_template_project_id") {
			lists = [][]template{p.templates}
		}
	}
	found, ok := templateNamed(c.path["name"], lists...)
	if !ok {
		return notFound("Template")
	}
	return c.json(http.StatusOK, templateEntity{found.name, found.content})
}
