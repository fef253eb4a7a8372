package gitlabcitest

import (
	"slices"
	"strconv"
)

// findProject returns the project that :id names, to whom it is visible and who has at least this role.
func (c *call) findProject(least AccessLevel) (*project, error) {
	p := c.projectNamed(c.path["id"])
	if p == nil || !p.visible(c.user) {
		return nil, notFound("Project")
	}
	if c.role(p.path) < least {
		return nil, forbidden("")
	}
	if c.job != nil && !p.acceptsJobToken(c.job.project) {
		return nil, forbidden("")
	}
	return p, nil
}

// findReadableProject is findProject for those who want to read pipelines and jobs.
func (c *call) findReadableProject() (*project, error) {
	p, err := c.findProject(noAccess)
	if err != nil {
		return nil, err
	}
	if !p.readable(c.user) {
		return nil, forbidden("")
	}
	return p, nil
}

// findGroup returns the group that :id names, to those who have at least this role in it.
func (c *call) findGroup(least AccessLevel) (*group, error) {
	name := c.path["id"]
	g := c.groupByPath(name)
	if id, err := strconv.ParseInt(name, 10, 64); err == nil && id >= 1 && id <= int64(len(c.groups)) {
		g = c.groups[id-1]
	}
	if g == nil || !c.groupVisible(g) {
		return nil, notFound("Group")
	}
	if c.role(g.path) < least {
		return nil, forbidden("")
	}
	return g, nil
}

// groupVisible reports whether the caller has a role in the group or sees a project in it.
func (c *call) groupVisible(g *group) bool {
	return c.role(g.path) > noAccess || slices.ContainsFunc(c.projects, func(p *project) bool {
		return within(p.path, g.path) && p.visible(c.user)
	})
}
