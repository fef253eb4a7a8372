package gitlabcitest

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci"
)

func registerRunners(s *site) {
	list := withPages(
		text("type").oneOf(names(runnerTypes)...), boolean("paused"), tags("tag_list"), versionPrefix("version_prefix"),
		text("status").oneOf("active", "paused", "online", "offline", "never_contacted", "stale"))
	listOfScope := append(list, text("scope").oneOf(
		"specific", "shared", "instance_type", "group_type", "project_type", "active", "paused", "online", "offline", "never_contacted", "stale"))

	s.handle("GET", "/runners", listRunners, listOfScope...)
	s.handle("GET", "/runners/all", listAllRunners, listOfScope...).admin()
	s.handle("GET", "/projects/:id/runners", listProjectRunners, listOfScope...)
	s.handle("GET", "/groups/:id/runners", listGroupRunners, list...)

	id := integer("id")
	s.handle("GET", "/runners/:id", getRunner, id, boolean("include_projects")).scopes("manage_runner")
	s.handle("PUT", "/runners/:id", putRunner, append(runnerAttributes, id, boolean("active"))...).scopes("manage_runner")
	s.handle("DELETE", "/runners/:id", removeRunner, id).scopes("manage_runner")
	s.handle("GET", "/runners/:id/managers", listRunnerManagers, id).scopes("manage_runner")
	s.handle("GET", "/runners/:id/projects", listRunnerProjects, withPages(id)...).scopes("manage_runner")
	s.handle("GET", "/runners/:id/jobs", listRunnerJobs, withPages(id, text("system_id"), text("status").oneOf(names(jobStatuses)...),
		text("pagination"), text("order_by").oneOf("id"), text("sort").oneOf("asc", "desc"), text("cursor"))...).scopes("manage_runner")
	s.handle("POST", "/runners/:id/reset_authentication_token", postRunnerToken, id).scopes("manage_runner")

	s.handle("POST", "/projects/:id/runners", postProjectRunner, integer("runner_id").required())
	s.handle("DELETE", "/projects/:id/runners/:runner_id", removeProjectRunner)
}

// runnerAttributes are the parameters that creating, registering and changing a runner share.
var runnerAttributes = []param{
	text("description"), boolean("paused"), tags("tag_list"), boolean("run_untagged"), boolean("locked"),
	text("access_level").oneOf("not_protected", "ref_protected"), integer("maximum_timeout"), text("maintenance_note"),
}

// tags is an array of words, or words with commas between them.
func tags(name string) param {
	return param{name: name, parse: func(raw any) (any, bool) {
		parsed, ok := parseWords(raw)
		if !ok {
			return nil, false
		}
		list := []string{}
		for tag := range strings.SplitSeq(strings.Join(parsed.([]string), ","), ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(list, tag) {
				list = append(list, tag)
			}
		}
		return list, true
	}}
}

var versionRule = regexp.MustCompile(`^[\d+.]+`)

// versionPrefix is a text that begins like a version.
func versionPrefix(name string) param {
	return param{name: name, parse: func(raw any) (any, bool) {
		version, ok := raw.(string)
		return version, ok && versionRule.MatchString(version)
	}}
}

// findRunner returns the runner with an id to those to whom it is allowed.
func (c *call) findRunner(id int64, allowed func(*runner) bool) (*runner, error) {
	r := c.runnerWithID(id)
	switch {
	case r == nil:
		return nil, notFound("Runner")
	case !allowed(r):
		return nil, forbidden("No access granted")
	}
	return r, nil
}

// readsRunner reports whether the caller may see a runner: everybody the instance's, maintainers those of their groups and projects.
func (c *call) readsRunner(r *runner) bool {
	switch r.kind() {
	case gitlabci.RunnerTypeGroup:
		return c.role(r.group.path) >= Maintainer || slices.ContainsFunc(c.projects, func(p *project) bool {
			return r.serves(p) && c.role(p.path) >= Maintainer
		})
	case gitlabci.RunnerTypeProject:
		return c.maintainsProjectOf(r)
	}
	return true
}

// changesRunner reports whether the caller may change a runner.
func (c *call) changesRunner(r *runner) bool {
	switch r.kind() {
	case gitlabci.RunnerTypeGroup:
		return c.role(r.group.path) >= Owner
	case gitlabci.RunnerTypeProject:
		return c.maintainsProjectOf(r)
	}
	return c.user.admin
}

func (c *call) maintainsProjectOf(r *runner) bool {
	return slices.ContainsFunc(r.projects, func(p *project) bool { return c.role(p.path) >= Maintainer })
}

// readsJobsOf reports whether the caller may see which jobs a runner takes.
func (c *call) readsJobsOf(r *runner) bool {
	return c.user.admin || r.kind() != gitlabci.RunnerTypeInstance && c.readsRunner(r)
}

// selectRunners applies the filters of a list to the runners that belong in it.
func (c *call) selectRunners(belongs func(*runner) bool) []*runner {
	hasVersion := func(m *manager) bool { return strings.HasPrefix(m.version, c.text("version_prefix")) }
	return slices.DeleteFunc(slices.Clone(c.runners), func(r *runner) bool {
		return !belongs(r) || !c.inRunnerScope(r, c.text("type")) || !c.inRunnerScope(r, c.text("status")) || !c.inRunnerScope(r, c.text("scope")) ||
			c.has("paused") && r.paused != c.boolean("paused") ||
			slices.ContainsFunc(c.words("tag_list"), func(tag string) bool { return !slices.Contains(r.tags, tag) }) ||
			c.has("version_prefix") && !slices.ContainsFunc(r.managers, hasVersion)
	})
}

// inRunnerScope reports whether a runner has a type or status. Offline ones are stale ones too.
func (c *call) inRunnerScope(r *runner, scope string) bool {
	status := r.status(c.now)
	switch scope {
	case "":
		return true
	case "specific":
		return r.kind() != gitlabci.RunnerTypeInstance
	case "shared":
		return r.kind() == gitlabci.RunnerTypeInstance
	case "active":
		return !r.paused
	case "paused":
		return r.paused
	case "offline":
		return status == gitlabci.RunnerOffline || status == gitlabci.RunnerStale
	}
	return scope == string(r.kind()) || scope == string(status)
}

// listRunners lists what the caller may change, runners of the instance left out.
func listRunners(c *call) error {
	if scope := c.text("scope"); scope == "specific" || scope == "shared" || slices.Contains(names(runnerTypes), scope) {
		return problem(http.StatusBadRequest, "Scope contains invalid value")
	}
	return list(c, c.selectRunners(func(r *runner) bool { return r.kind() != gitlabci.RunnerTypeInstance && c.changesRunner(r) }), c.showListedRunner)
}

func listAllRunners(c *call) error {
	return list(c, c.selectRunners(func(*runner) bool { return true }), c.showListedRunner)
}

func listProjectRunners(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	return list(c, c.selectRunners(func(r *runner) bool { return r.serves(p) }), c.showListedRunner)
}

func listGroupRunners(c *call) error {
	g, err := c.findGroup(Maintainer)
	if err != nil {
		return err
	}
	return list(c, c.selectRunners(func(r *runner) bool {
		return r.kind() == gitlabci.RunnerTypeInstance || r.kind() == gitlabci.RunnerTypeGroup && within(g.path, r.group.path)
	}), c.showListedRunner)
}

func getRunner(c *call) error {
	r, err := c.findRunner(c.integer("id"), c.readsRunner)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showFullRunner(r))
}

func putRunner(c *call) error {
	if c.given("active") && c.given("paused") {
		return paramError(http.StatusBadRequest, "active, paused are mutually exclusive")
	}
	names := []string{"description", "active", "paused", "tag_list", "run_untagged", "locked", "access_level", "maximum_timeout", "maintenance_note"}
	if !slices.ContainsFunc(names, c.given) {
		return paramError(http.StatusBadRequest, strings.Join(names, ", ")+" are missing, at least one parameter must be provided")
	}
	r, err := c.findRunner(c.integer("id"), c.changesRunner)
	if err != nil {
		return err
	}
	changed := *r
	c.changeRunner(&changed)
	if faults := changed.faults(); len(faults) > 0 {
		return invalidRecord(faults)
	}
	*r = changed
	r.updatedAt = c.now
	c.offerAgain()
	return c.json(http.StatusOK, c.showFullRunner(r))
}

// changeRunner takes over what the request says of a runner.
func (c *call) changeRunner(r *runner) {
	for name, target := range map[string]*string{"description": &r.description, "maintenance_note": &r.note} {
		if c.given(name) {
			*target = c.text(name)
		}
	}
	for name, target := range map[string]*bool{"paused": &r.paused, "run_untagged": &r.runUntagged, "locked": &r.locked} {
		if c.has(name) {
			*target = c.boolean(name)
		}
	}
	if c.has("active") {
		r.paused = !c.boolean("active")
	}
	if c.has("access_level") {
		r.protected = c.text("access_level") == "ref_protected"
	}
	if c.given("tag_list") {
		r.tags = c.words("tag_list")
	}
	if c.given("maximum_timeout") {
		r.maxTimeout = c.integer("maximum_timeout")
	}
}

func removeRunner(c *call) error {
	r, err := c.findRunner(c.integer("id"), func(r *runner) bool { return len(r.projects) > 1 || c.changesRunner(r) })
	if err != nil {
		return err
	}
	if len(r.projects) > 1 && !c.user.admin {
		return forbidden("Runner associated with more than one project")
	}
	if err := c.unchangedSince(r.updatedAt); err != nil {
		return err
	}
	c.deleteRunner(r)
	return c.noContent()
}

func listRunnerManagers(c *call) error {
	r, err := c.findRunner(c.integer("id"), c.readsRunner)
	if err != nil {
		return err
	}
	return wholeList(c, r.managers, func(m *manager) *managerEntity { return c.showManager(r, m) })
}

func listRunnerProjects(c *call) error {
	r, err := c.findRunner(c.integer("id"), c.readsRunner)
	if err != nil {
		return err
	}
	return list(c, c.projectsOf(r), c.showBasicProject)
}

func listRunnerJobs(c *call) error {
	r, err := c.findRunner(c.integer("id"), c.readsJobsOf)
	if err != nil {
		return err
	}
	jobs := slices.DeleteFunc(slices.Clone(r.jobs), func(j *job) bool {
		return c.jobs[j.id] != j || c.role(j.project.path) < Reporter || c.has("status") && string(j.status) != c.text("status") ||
			c.has("system_id") && (j.manager == nil || j.manager.systemID != c.text("system_id"))
	})
	slices.SortFunc(jobs, func(a, b *job) int {
		if c.text("sort") == "asc" && c.has("order_by") { // alone it has no effect
			return cmp.Compare(a.id, b.id)
		}
		return cmp.Compare(b.id, a.id)
	})
	switch {
	case c.text("pagination") == "keyset":
		if err := c.keysetOrdered(); err != nil {
			return err
		}
		return keysetList(c, jobs, func(j *job) int64 { return j.id }, func(*job) bool { return true }, c.showRunnerJob)
	case c.has("system_id"):
		return uncountedList(c, jobs, c.showRunnerJob)
	}
	return list(c, jobs, c.showRunnerJob)
}

func postRunnerToken(c *call) error {
	r, err := c.findRunner(c.integer("id"), c.changesRunner)
	if err != nil {
		return err
	}
	c.resetToken(r)
	return c.json(http.StatusCreated, newToken{r.token, stamp(r.expiresAt)})
}

func postProjectRunner(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	r, err := c.findRunner(c.integer("runner_id"), func(*runner) bool { return true })
	switch {
	case err != nil:
		return err
	case r.kind() == gitlabci.RunnerTypeGroup:
		return forbidden("Runner is a group runner")
	case r.locked && !c.user.admin:
		return forbidden("Runner is locked")
	case !c.changesRunner(r):
		return forbidden("No access granted")
	case r.kind() == gitlabci.RunnerTypeInstance || slices.Contains(r.projects, p):
		return problem(http.StatusBadRequest, "failed to assign runner to project - runner_error")
	}
	r.projects = append(r.projects, p)
	c.offerAgain()
	return c.json(http.StatusCreated, c.showListedRunner(r))
}

func removeProjectRunner(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	r := c.runnerWithID(c.integer("runner_id"))
	switch {
	case r == nil || !slices.Contains(r.projects, p):
		return notFound("Runner")
	case r.locked && !c.user.admin:
		return forbidden("Runner is locked")
	case r.projects[0] == p:
		return forbidden("You cannot unassign a runner from the owner project. Delete the runner instead")
	}
	if err := c.unchangedSince(r.updatedAt); err != nil {
		return err
	}
	r.projects = slices.DeleteFunc(r.projects, func(other *project) bool { return other == p })
	return c.noContent()
}
