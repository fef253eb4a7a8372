package gitlabcitest

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Visibility says who sees a project without being a member.
type Visibility string

// The visibilities of a project.
const (
	Private  Visibility = "private"  // members alone
	Internal Visibility = "internal" // every signed-in user
	Public   Visibility = "public"   // everybody
)

// ProjectSettings are a project's settings. The zero value is what [Server.AddProject] makes.
type ProjectSettings struct {
	Visibility Visibility // Private when empty

	// PrivatePipelines hides pipelines and jobs from guests, and from those who see the project without being members.
	PrivatePipelines bool

	// PipelineVariablesRole is the least role that may give variables to a pipeline or a job; Developer when zero.
	PipelineVariablesRole AccessLevel

	// CancellationRole is the least role that may cancel pipelines and jobs; Developer when zero.
	CancellationRole AccessLevel

	// AllowPipelineTriggerApproveDeployment lets whoever started a pipeline approve its deployments.
	AllowPipelineTriggerApproveDeployment bool

	// CancelOnFailure cancels the rest of a pipeline once a job has failed: workflow:auto_cancel:on_job_failure: all.
	CancelOnFailure bool

	// ConfigError makes each new pipeline fail to be created with this text, as a faulty CI configuration does.
	ConfigError string

	// MergeTrains lets merge requests be added to merge trains.
	MergeTrains bool
}

type group struct {
	id        int64
	name      string
	path      string // full
	parent    *group
	createdAt time.Time

	variables         variableStore
	protections       []*protectedEnvironment // by tier
	registrationToken string                  // of group runners; empty before the first reset
}

type project struct {
	ProjectSettings
	id            int64
	name          string
	path          string // full
	group         *group
	createdAt     time.Time
	defaultBranch string
	config        []Job // what a pipeline consists of; none stands for a missing configuration

	commits       map[string]*commit
	branches      map[string]*commit
	tags          map[string]*commit
	mergeRequests []*mergeRequest
	cars          []*car      // of merge trains, by id; also those that are merged
	pipelines     []*pipeline // by id
	jobs          []*job      // by id, bridges excluded
	pipelineIIDs  int64
	resources     []*resourceGroup // by id

	environments   []*environment // by id
	deployments    []*deployment  // by id
	deploymentIIDs int64
	protections    []*protectedEnvironment
	freezes        []*freezePeriod // by id

	variables         variableStore
	templates         []template
	triggers          []*trigger
	schedules         []*schedule
	registrationToken string // of project runners; empty before somebody sees or resets it

	settings      settings
	jobTokenScope jobTokenScope
	secureFiles   []*secureFile   // by id
	releases      map[string]bool // by tag, with whether they are published in the catalog
}

// addProject makes a project, and the groups of its path where they are not there yet.
func (w *world) addProject(fullPath string, jobs []Job) *project {
	namespace, name := path.Split(fullPath)
	namespace = strings.TrimSuffix(namespace, "/")
	switch {
	case namespace == "" || name == "":
		panic("gitlabcitest: a project's path is group/name, not " + strconv.Quote(fullPath))
	case w.projectByPath(fullPath) != nil:
		panic("gitlabcitest: project " + fullPath + " is already there")
	}
	p := &project{
		id:            int64(len(w.projects) + 1),
		name:          name,
		path:          fullPath,
		group:         w.addGroup(namespace),
		createdAt:     w.now,
		defaultBranch: "main",
		config:        completeJobs(jobs),
		commits:       make(map[string]*commit),
		branches:      make(map[string]*commit),
		tags:          make(map[string]*commit),
		settings:      defaultSettings(),
		releases:      make(map[string]bool),
	}
	w.projects = append(w.projects, p)
	w.commit(p, p.defaultBranch, "Initial commit")
	return p
}

// addGroup returns the group of a full path, made with its parents where needed.
func (w *world) addGroup(fullPath string) *group {
	if g := w.groupByPath(fullPath); g != nil {
		return g
	}
	g := &group{name: path.Base(fullPath), path: fullPath, createdAt: w.now}
	if parent := path.Dir(fullPath); parent != "." {
		g.parent = w.addGroup(parent)
	}
	w.groups = append(w.groups, g)
	g.id = int64(len(w.groups))
	return g
}

func (w *world) projectByPath(fullPath string) *project {
	if i := slices.IndexFunc(w.projects, func(p *project) bool { return strings.EqualFold(p.path, fullPath) }); i >= 0 {
		return w.projects[i]
	}
	return nil
}

func (w *world) groupByPath(fullPath string) *group {
	if i := slices.IndexFunc(w.groups, func(g *group) bool { return strings.EqualFold(g.path, fullPath) }); i >= 0 {
		return w.groups[i]
	}
	return nil
}

func (w *world) groupWithID(id int64) *group {
	if i := slices.IndexFunc(w.groups, func(g *group) bool { return g.id == id }); i >= 0 {
		return w.groups[i]
	}
	return nil
}

// projectNamed finds a project by id or full path.
func (w *world) projectNamed(name string) *project {
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		if id < 1 || id > int64(len(w.projects)) {
			return nil
		}
		return w.projects[id-1]
	}
	return w.projectByPath(name)
}

// mustProject is projectNamed for the methods of [Server], whose caller is the test itself.
func (w *world) mustProject(name string) *project {
	p := w.projectNamed(name)
	if p == nil {
		panic("gitlabcitest: no project " + name)
	}
	return p
}

// within reports whether a path is that of a group or project, or inside it.
func within(path, ancestor string) bool {
	return path == ancestor || strings.HasPrefix(path, ancestor+"/")
}

// visible reports whether somebody sees that the project exists.
func (p *project) visible(u *user) bool {
	return u.level(p.path) > noAccess || p.Visibility == Public || p.Visibility == Internal && u != nil
}

// readable reports whether somebody who sees the project may read its pipelines and jobs.
func (p *project) readable(u *user) bool {
	return !p.PrivatePipelines || u.level(p.path) >= Reporter
}

// codeReadable reports whether somebody who sees the project may read its repository.
func (p *project) codeReadable(u *user) bool {
	return p.visibility() != Private || u.level(p.path) >= Reporter
}

// mayGiveVariables reports whether somebody may give variables to a pipeline or job.
func (p *project) mayGiveVariables(u *user) bool {
	return u.level(p.path) >= max(p.PipelineVariablesRole, Developer)
}

// cancelableBy reports whether somebody may cancel pipelines and jobs.
func (p *project) cancelableBy(u *user) bool {
	return u.level(p.path) >= max(p.CancellationRole, Developer)
}

// acceptsJobToken reports whether the token of another project's job may be used here.
func (p *project) acceptsJobToken(from *project) bool {
	return p == from || p.jobTokenScope.admits(from)
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
