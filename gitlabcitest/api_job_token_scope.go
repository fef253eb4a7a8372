package gitlabcitest

import (
	"net/http"
	"slices"
	"strconv"
)

func registerJobTokenScope(s *site) {
	const scope = "/projects/:id/job_token_scope"
	const projects, groups = scope + "/allowlist", scope + "/groups_allowlist"
	id := integer("id") // GitLab takes no path where the allowlists change

	s.handle("GET", scope, getJobTokenScope)
	s.handle("PATCH", scope, patchJobTokenScope, boolean("enabled").required())
	s.handle("GET", projects, listAllowedProjects, pagination...)
	s.handle("POST", projects, postAllowedProject, id, integer("target_project_id").required())
	s.handle("DELETE", projects+"/:target_project_id", removeAllowedProject, id)
	s.handle("GET", groups, listAllowedGroups, pagination...)
	s.handle("POST", groups, postAllowedGroup, id, integer("target_group_id").required())
	s.handle("DELETE", groups+"/:target_group_id", removeAllowedGroup, id)
}

// notBlank refuses a parameter that was sent without a value.
func (c *call) notBlank(name string) error {
	if !c.has(name) {
		return paramError(http.StatusBadRequest, name+" is empty")
	}
	return nil
}

func getJobTokenScope(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, jobTokenScopeEntity{InboundEnabled: !p.jobTokenScope.open})
}

func patchJobTokenScope(c *call) error {
	if err := c.notBlank("enabled"); err != nil {
		return err
	}
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	if c.allowlistsEnforced && !c.boolean("enabled") {
		return badRequest("Job token scope cannot be disabled for this project because it is enforced for the instance.")
	}
	p.jobTokenScope.open = !c.boolean("enabled")
	return c.noContent()
}

func listAllowedProjects(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	return list(c, p.allowlist(), c.showBasicProject)
}

func postAllowedProject(c *call) error {
	if err := c.notBlank("target_project_id"); err != nil {
		return err
	}
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	target := c.projectNamed(strconv.FormatInt(c.integer("target_project_id"), 10))
	switch {
	case target == nil:
		return notFound("target_project_id not found")
	case !target.visible(c.user):
		return badRequest(unreadableTarget("target_project"))
	case target == p:
		return badRequest("Validation failed: Target project can't be the same as the source project")
	case slices.Contains(p.jobTokenScope.projects, target):
		return badRequest("This project is already in the job token allowlist.")
	case len(p.jobTokenScope.projects) >= maxScopeLinks:
		return badRequest("Validation failed: Source project exceeds the allowable number of project links in this direction")
	}
	p.jobTokenScope.projects = append(p.jobTokenScope.projects, target)
	return c.json(http.StatusCreated, projectScopeLink{p.id, target.id})
}

func unreadableTarget(what string) string {
	return "The " + what + " that you are attempting to access does not exist or you don't have permission to perform this action"
}

func removeAllowedProject(c *call) error {
	target := c.projectNamed(c.path["target_project_id"])
	if target == nil || !target.visible(c.user) {
		return notFound("Project") // before anything is said of the project whose list it is
	}
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	i := slices.Index(p.jobTokenScope.projects, target)
	switch {
	case target == p:
		return badRequest("Source project cannot be removed from the job token scope")
	case i < 0:
		return badRequest("Target project is not in the job token scope")
	}
	p.jobTokenScope.projects = slices.Delete(p.jobTokenScope.projects, i, i+1)
	return c.noContent()
}

func listAllowedGroups(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	return list(c, p.jobTokenScope.groups, c.showBasicGroup)
}

func postAllowedGroup(c *call) error {
	if err := c.notBlank("target_group_id"); err != nil {
		return err
	}
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	target := c.groupWithID(c.integer("target_group_id"))
	switch {
	case target == nil:
		return notFound("target_group_id not found")
	case !c.groupVisible(target):
		return badRequest(unreadableTarget("target_group"))
	case slices.Contains(p.jobTokenScope.groups, target):
		return badRequest("This group is already in the job token allowlist.")
	}
	p.jobTokenScope.groups = append(p.jobTokenScope.groups, target)
	return c.json(http.StatusCreated, groupScopeLink{p.id, target.id})
}

func removeAllowedGroup(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	target := c.groupWithID(c.integer("target_group_id"))
	if target == nil {
		return notFound("target_group_id not found")
	}
	i := slices.Index(p.jobTokenScope.groups, target)
	if i < 0 {
		return badRequest("Target group is not in the job token scope")
	}
	p.jobTokenScope.groups = slices.Delete(p.jobTokenScope.groups, i, i+1)
	return c.noContent()
}
