package gitlabcitest

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

type group struct {
	id     int64
	name   string
	path   string // full
	parent *group

	displayName, description string // empty for none
	visibility               Visibility

	createdAt time.Time

	variables         variableStore
	protections       []*protectedEnvironment // by tier
	registrationToken string                  // of group runners; empty before the first reset
}

type project struct {
	ProjectSettings
	id            int64
	name          string // the last part of the path
	path          string // full
	displayName   string // the name that people see, empty for that of the path
	description   string
	topics        []string
	creator       *user
	group         *group
	createdAt     time.Time
	changedAt     time.Time
	defaultBranch string
	config        []Job // what a pipeline consists of; none stands for a missing configuration

	commits       map[string]*commit
	branches      map[string]*commit
	tags          map[string]*commit
	annotations   map[string]annotation // of annotated tags
	protected     protectedRefs
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
		creator:       w.root(),
		createdAt:     w.now,
		changedAt:     w.now,
		defaultBranch: "main",
		config:        completeJobs(jobs),
		commits:       make(map[string]*commit),
		branches:      make(map[string]*commit),
		tags:          make(map[string]*commit),
		annotations:   make(map[string]annotation),
		protected:     protectedRefs{branches: []string{"main"}},
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

// rename gives a branch another name.
func (p *project) rename(branch, name string) {
	if branch == name {
		return
	}
	p.branches[name] = p.branches[branch]
	delete(p.branches, branch)
	if p.defaultBranch == branch {
		p.defaultBranch = name
	}
}

// title is the name that people see.
func (p *project) title() string {
	return cmp.Or(p.displayName, p.name)
}

// visibility is the one set, or else the default.
func (p *project) visibility() Visibility {
	if p.Visibility == "" {
		return Private
	}
	return p.Visibility
}

// lastActivity is when the project last got a commit.
func (p *project) lastActivity() time.Time {
	last := p.createdAt
	for _, k := range p.commits {
		if k.createdAt.After(last) {
			last = k.createdAt
		}
	}
	return last
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
