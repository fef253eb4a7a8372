package gitlabcitest

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// registerProjects enters projects, groups, branches and commits, to read only.
func registerProjects(s *site) {
	s.handle("GET", "/projects", listProjects, withPages(
		text("search"), boolean("membership"), boolean("archived"), datetime("last_activity_after"), integer("min_access_level"),
		text("order_by").oneOf("id", "name", "path", "created_at", "last_activity_at"), text("sort").oneOf("asc", "desc"),
		text("pagination"), integer("id_after"), integer("id_before"))...).anonymous()
	s.handle("GET", "/projects/:id", getProject).anonymous()

	listed := withPages(text("search"), boolean("all_available"), integer("min_access_level"), boolean("top_level_only"))
	s.handle("GET", "/groups", listGroups, listed...).anonymous()
	s.handle("GET", "/groups/:id", getGroup, boolean("with_projects")).anonymous()
	s.handle("GET", "/groups/:id/subgroups", listSubgroups, listed...).anonymous()
	s.handle("GET", "/groups/:id/descendant_groups", listDescendants, listed...).anonymous()
	s.handle("GET", "/groups/:id/projects", listGroupProjects, withPages(
		text("search"), boolean("archived"), integer("min_access_level"), boolean("include_subgroups"), boolean("with_shared"))...).anonymous()

	s.handle("GET", "/projects/:id/repository/branches", listBranches, withPages(
		text("search"), expression("regex"), text("sort").oneOf("name_asc", "updated_asc", "updated_desc"))...).anonymous()
	s.handle("GET", "/projects/:id/repository/branches/:branch", getBranch).anonymous()
	s.handle("GET", "/projects/:id/repository/commits", listCommits, withPages(text("ref_name"))...).anonymous()
	s.handle("GET", "/projects/:id/repository/commits/:sha", getCommit, boolean("stats")).anonymous()
}

// expression is a regular expression.
func expression(name string) param {
	return param{name: name, parse: func(raw any) (any, bool) {
		pattern, _ := raw.(string)
		compiled, err := regexp.Compile(pattern)
		return compiled, err == nil
	}}
}

// listedProject reports whether a project is one of those that a list is asked for. None of a stand-in's is archived.
func (c *call) listedProject(p *project) bool {
	return p.visible(c.user) && c.role(p.path) >= AccessLevel(c.integer("min_access_level")) && !c.boolean("archived") &&
		strings.Contains(strings.ToLower(p.path), strings.ToLower(c.text("search")))
}

func listProjects(c *call) error {
	projects := slices.DeleteFunc(newestFirst(c.projects), func(p *project) bool {
		return !c.listedProject(p) || c.boolean("membership") && c.role(p.path) == noAccess ||
			c.has("last_activity_after") && p.lastActivity().Before(c.time("last_activity_after")) ||
			c.has("id_after") && p.id <= c.integer("id_after") || c.has("id_before") && p.id >= c.integer("id_before")
	})
	slices.SortStableFunc(projects, func(a, b *project) int {
		switch c.text("order_by") {
		case "name", "path":
			return strings.Compare(b.name, a.name)
		case "last_activity_at":
			return b.lastActivity().Compare(a.lastActivity())
		}
		return cmp.Compare(b.id, a.id)
	})
	if c.text("sort") == "asc" {
		slices.Reverse(projects)
	}
	if c.text("pagination") == "keyset" {
		return keysetProjects(c, projects)
	}
	return list(c, projects, c.showListedProject)
}

// keysetProjects answers with a page of projects, of which the next one begins behind an id.
func keysetProjects(c *call, projects []*project) error {
	if c.text("order_by") != "id" {
		return paramError(http.StatusMethodNotAllowed, "Keyset pagination is not yet available for this type of request")
	}
	if perPage := c.perPage(); len(projects) > perPage {
		projects = projects[:perPage]
		bound := "id_before"
		if c.text("sort") == "asc" {
			bound = "id_after"
		}
		c.answer.header.Set("Link", c.link("next", bound, strconv.FormatInt(projects[perPage-1].id, 10)))
	}
	return wholeList(c, projects, c.showListedProject)
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

// listGroupsThat lists those of some groups that the caller asks for, by name.
func listGroupsThat(c *call, belongs func(*group) bool) error {
	available := c.user == nil || c.user.admin
	if c.has("all_available") {
		available = c.boolean("all_available")
	}
	groups := slices.DeleteFunc(slices.Clone(c.groups), func(g *group) bool {
		role := c.role(g.path)
		return !belongs(g) || !c.groupVisible(g) || !available && role == noAccess || role < AccessLevel(c.integer("min_access_level")) ||
			c.boolean("top_level_only") && g.parent != nil ||
			!strings.Contains(strings.ToLower(g.path), strings.ToLower(c.text("search")))
	})
	slices.SortFunc(groups, func(a, b *group) int { return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })
	return list(c, groups, c.showGroup)
}

func listGroups(c *call) error {
	return listGroupsThat(c, func(*group) bool { return true })
}

func listSubgroups(c *call) error {
	parent, err := c.findGroup(noAccess)
	if err != nil {
		return err
	}
	return listGroupsThat(c, func(g *group) bool { return g.parent == parent })
}

func listDescendants(c *call) error {
	ancestor, err := c.findGroup(noAccess)
	if err != nil {
		return err
	}
	return listGroupsThat(c, func(g *group) bool { return g != ancestor && within(g.path, ancestor.path) })
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
	projects := slices.DeleteFunc(newestFirst(c.projects), func(p *project) bool {
		return !c.listedProject(p) || p.group != g && !(c.boolean("include_subgroups") && within(p.path, g.path))
	})
	return list(c, projects, c.showListedProject)
}

// nameMatches reports whether the name of a branch or tag is one that is searched for: ^ before the text stands for the beginning of the name,
// $ behind it for its end.
func nameMatches(name, search string) bool {
	name, search = strings.ToLower(name), strings.ToLower(search)
	text, begins := strings.CutPrefix(search, "^")
	text, ends := strings.CutSuffix(text, "$")
	switch {
	case begins && ends:
		return name == text
	case begins:
		return strings.HasPrefix(name, text)
	case ends:
		return strings.HasSuffix(name, text)
	}
	return strings.Contains(name, text)
}

func listBranches(c *call) error {
	p, err := c.findRepository()
	if err != nil {
		return err
	}
	names := slices.DeleteFunc(p.branchNames(), func(name string) bool {
		return !nameMatches(name, c.text("search")) || c.has("regex") && !value[*regexp.Regexp](c, "regex").MatchString(name)
	})
	updated := func(a, b string) int { return p.branches[a].createdAt.Compare(p.branches[b].createdAt) }
	switch c.text("sort") {
	case "updated_asc":
		slices.SortStableFunc(names, updated)
	case "updated_desc":
		slices.SortStableFunc(names, func(a, b string) int { return updated(b, a) })
	}
	return list(c, names, func(name string) branchEntity { return c.showBranch(p, name) })
}

func getBranch(c *call) error {
	p, err := c.findRepository()
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

// findRepository is findProject for those who want to read its branches and tags.
func (c *call) findRepository() (*project, error) {
	p, err := c.findProject(noAccess)
	if err != nil {
		return nil, err
	}
	if !p.codeReadable(c.user) {
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
