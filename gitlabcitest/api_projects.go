package gitlabcitest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// registerProjects enters projects, groups, branches and commits, to read only.
func registerProjects(s *site) {
	s.handle("GET", "/projects", listProjects, withPages(text("search"), boolean("membership"))...).anonymous()
	s.handle("GET", "/projects/:id", getProject).anonymous()
	s.handle("GET", "/groups", listGroups, withPages(text("search"))...).anonymous()
	s.handle("GET", "/groups/:id", getGroup).anonymous()
	s.handle("GET", "/groups/:id/projects", listGroupProjects, pagination...).anonymous()
	s.handle("GET", "/projects/:id/repository/branches", listBranches, withPages(text("search"))...).anonymous()
	s.handle("GET", "/projects/:id/repository/branches/:branch", getBranch).anonymous()
	s.handle("GET", "/projects/:id/repository/commits", listCommits, withPages(text("ref_name"))...).anonymous()
	s.handle("GET", "/projects/:id/repository/commits/:sha", getCommit, boolean("stats")).anonymous()
}

func listProjects(c *call) error {
	projects := slices.DeleteFunc(newestFirst(c.projects), func(p *project) bool {
		return !p.visible(c.user) || c.boolean("membership") && c.role(p.path) == noAccess ||
			!strings.Contains(strings.ToLower(p.path), strings.ToLower(c.text("search")))
	})
	return list(c, projects, c.showBasicProject)
}

func getProject(c *call) error {
	p, err := c.findProject(noAccess)
	if err != nil {
		return err
	}
	shown := c.showProject(p)
	shown.Permissions = c.showPermissions(p)
	return c.json(http.StatusOK, shown)
}

func listGroups(c *call) error {
	groups := slices.DeleteFunc(slices.Clone(c.groups), func(g *group) bool {
		return !c.groupVisible(g) || !strings.Contains(strings.ToLower(g.path), strings.ToLower(c.text("search")))
	})
	slices.SortFunc(groups, func(a, b *group) int { return strings.Compare(a.name, b.name) })
	return list(c, groups, c.showGroup)
}

func getGroup(c *call) error {
	g, err := c.findGroup(noAccess)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showGroup(g))
}

func listGroupProjects(c *call) error {
	g, err := c.findGroup(noAccess)
	if err != nil {
		return err
	}
	projects := slices.DeleteFunc(newestFirst(c.projects), func(p *project) bool { return p.group != g || !p.visible(c.user) })
	return list(c, projects, c.showBasicProject)
}

func listBranches(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	names := slices.DeleteFunc(p.branchNames(), func(name string) bool { return !strings.Contains(name, c.text("search")) })
	return list(c, names, func(name string) branchEntity { return c.showBranch(p, name) })
}

func getBranch(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	if p.branches[c.path["branch"]] == nil {
		return notFound("Branch")
	}
	return c.json(http.StatusOK, c.showBranch(p, c.path["branch"]))
}

func listCommits(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	name := c.text("ref_name")
	if name == "" {
		name = p.defaultBranch
	}
	ref, ok := p.reference(name)
	if !ok {
		return notFound("Commit")
	}
	var commits []*commit
	for k := ref.commit; k != nil; k = k.parent {
		commits = append(commits, k)
	}
	return uncountedList(c, commits, func(k *commit) commitEntity { return c.showCommit(p, k) })
}

func getCommit(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	found := p.revision(c.path["sha"])
	if found == nil {
		return notFound("Commit")
	}
	shown := fullCommit{commitEntity: c.showCommit(p, found), ProjectID: p.id}
	if !c.has("stats") || c.boolean("stats") {
		shown.Stats = &commitStats{Additions: 1, Total: 1} // a line, as if each commit added one
	}
	if last := p.lastPipeline(found); last != nil {
		shown.Status, shown.LastPipeline = &last.status, new(c.showBasicPipeline(last))
	}
	return c.json(http.StatusOK, shown)
}

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
