package gitlabcitest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gitlabci/gitlabci"
)

const (
	onlineFor  = 2 * time.Hour      // after it was last heard of
	staleAfter = 7 * 24 * time.Hour // without being heard of
)

// runner is what takes jobs.
type runner struct {
	contact
	id          int64
	token       string
	expiresAt   time.Time // of the token
	creator     *user     // nil for one that was registered
	name        string
	description string
	note        string
	group       *group     // of a group runner
	projects    []*project // of a project runner, its owner first
	tags        []string
	runUntagged bool
	paused      bool
	locked      bool
	protected   bool
	maxTimeout  int64 // seconds, 0 for none
	universal   bool  // takes what no other does
	updatedAt   time.Time

	managers []*manager
	jobs     []*job // it ever took, as it took them
	running  []*job
}

// manager is a process of a runner.
type manager struct {
	contact
	id                                          int64
	systemID, version, revision, platform, arch string
}

// contact is what is known of when something was heard of.
type contact struct {
	createdAt time.Time
	last      time.Time // zero for never
	steady    bool      // all the time
}

// newContact is that of something added with a status.
func newContact(now time.Time, s gitlabci.RunnerStatus) contact {
	switch s {
	case "", gitlabci.RunnerOnline:
		return contact{createdAt: now, steady: true}
	case gitlabci.RunnerOffline:
		return contact{createdAt: now.Add(-onlineFor - 2*time.Hour), last: now.Add(-onlineFor - time.Hour)}
	case gitlabci.RunnerStale:
		return contact{createdAt: now.Add(-staleAfter - 2*time.Hour), last: now.Add(-staleAfter - time.Hour)}
	case gitlabci.RunnerNeverContacted:
		return contact{createdAt: now}
	}
	panic("gitlabcitest: a runner's status is not " + strconv.Quote(string(s)))
}

func (c *contact) contactedAt(now time.Time) time.Time {
	if c.steady {
		return now
	}
	return c.last
}

func (c *contact) status(now time.Time) gitlabci.RunnerStatus {
	last := c.contactedAt(now)
	switch {
	case now.Sub(c.createdAt) >= staleAfter && now.Sub(last) >= staleAfter:
		return gitlabci.RunnerStale
	case last.IsZero():
		return gitlabci.RunnerNeverContacted
	case now.Sub(last) <= onlineFor:
		return gitlabci.RunnerOnline
	}
	return gitlabci.RunnerOffline
}

// runnerVersion is the version of runners that fits the server's.
func (w *world) runnerVersion() string {
	return fmt.Sprintf("%d.%d.0", w.version.major, w.version.minor)
}

func (w *world) addRunner(r runner) *runner {
	w.runnerIDs++
	r.id, r.updatedAt = w.runnerIDs, w.now
	w.runners = append(w.runners, &r)
	return &r
}

func (w *world) addManager(r *runner, m manager) *manager {
	w.managerIDs++
	m.id = w.managerIDs
	r.managers = append(r.managers, &m)
	return &m
}

// defineRunner adds a runner that a test describes.
func (w *world) defineRunner(spec Runner) *runner {
	r := w.addRunner(runner{
		contact: newContact(w.now, spec.Status), creator: w.root(), token: w.secret(runnerTokenPrefix, 20),
		description: spec.Description, note: spec.MaintenanceNote, tags: slices.Clone(spec.Tags), runUntagged: !spec.TaggedOnly,
		paused: spec.Paused, locked: spec.Locked, protected: spec.Protected, maxTimeout: int64(spec.MaximumTimeout / time.Second),
	})
	for _, path := range spec.Projects {
		r.projects = append(r.projects, w.mustProject(path))
	}
	if spec.Group != "" {
		if r.group = w.groupByPath(spec.Group); r.group == nil {
			panic("gitlabcitest: no group " + spec.Group)
		}
	}
	managers := spec.Managers
	if len(managers) == 0 && spec.Status != gitlabci.RunnerNeverContacted {
		managers = []RunnerManager{{SystemID: fmt.Sprintf("s_%012x", r.id), Status: spec.Status}}
	}
	for _, m := range managers {
		w.addManager(r, manager{
			contact: newContact(w.now, m.Status), systemID: m.SystemID, version: cmp.Or(m.Version, w.runnerVersion()), revision: "5a1b2c3d",
			platform: cmp.Or(m.Platform, "linux"), arch: cmp.Or(m.Architecture, "amd64"),
		})
	}
	w.offerAgain()
	return r
}

// addOwnRunner adds the runner that a server begins with.
func (w *world) addOwnRunner() {
	r := w.addRunner(runner{
		contact: newContact(w.now, gitlabci.RunnerOnline), creator: w.root(), token: w.secret(runnerTokenPrefix, 20),
		name: "gitlab-runner", description: "stand-in runner", runUntagged: true, universal: true,
	})
	w.addManager(r, manager{
		contact: newContact(w.now, gitlabci.RunnerOnline), systemID: "s_89e5e9956577", version: w.runnerVersion(), revision: "5a1b2c3d", platform: "linux", arch: "amd64",
	})
}

func (w *world) runnerWithID(id int64) *runner {
	if i := slices.IndexFunc(w.runners, func(r *runner) bool { return r.id == id }); i >= 0 {
		return w.runners[i]
	}
	return nil
}

// runnerWithToken returns the runner that an authentication token belongs to, while it is good.
func (w *world) runnerWithToken(token string) *runner {
	i := slices.IndexFunc(w.runners, func(r *runner) bool {
		return r.token == token && (r.expiresAt.IsZero() || w.now.Before(r.expiresAt))
	})
	if i < 0 {
		return nil
	}
	return w.runners[i]
}

// resetToken gives a runner another authentication token. The old one is good no more.
func (w *world) resetToken(r *runner) {
	prefix := runnerTokenPrefix
	if r.creator == nil {
		prefix = registeredTokenPrefix
	}
	r.token, r.expiresAt, r.updatedAt = w.secret(prefix, 20), time.Time{}, w.now
}

// deleteRunner removes a runner. Jobs that it took do not know it any more.
func (w *world) deleteRunner(r *runner) {
	for _, j := range r.jobs {
		j.runner, j.manager = nil, nil
	}
	w.runners = slices.DeleteFunc(w.runners, func(other *runner) bool { return other == r })
}

// deleteManager removes a process of a runner.
func (w *world) deleteManager(r *runner, m *manager) {
	for _, j := range r.jobs {
		if j.manager == m {
			j.manager = nil
		}
	}
	r.managers = slices.DeleteFunc(r.managers, func(other *manager) bool { return other == m })
}

// legacySystemID stands for the process of a runner that does not say which one it is, as those before 15.9 do.
const legacySystemID = "<legacy>"

// heard notes that a process of a runner asked for something.
func (w *world) heard(r *runner, systemID string) {
	systemID = cmp.Or(systemID, legacySystemID)
	m := r.manager(systemID)
	if m == nil {
		m = w.addManager(r, manager{contact: contact{createdAt: w.now}, systemID: systemID})
	}
	r.last, m.last = w.now, w.now
	w.offerAgain()
}

// manager returns the process with a system id.
func (r *runner) manager(systemID string) *manager {
	if i := slices.IndexFunc(r.managers, func(m *manager) bool { return m.systemID == systemID }); i >= 0 {
		return r.managers[i]
	}
	return nil
}

func (r *runner) kind() gitlabci.RunnerType {
	switch {
	case r.group != nil:
		return gitlabci.RunnerTypeGroup
	case len(r.projects) > 0:
		return gitlabci.RunnerTypeProject
	}
	return gitlabci.RunnerTypeInstance
}

// serves reports whether jobs of a project are for this runner.
func (r *runner) serves(p *project) bool {
	switch r.kind() {
	case gitlabci.RunnerTypeGroup:
		return within(p.path, r.group.path)
	case gitlabci.RunnerTypeProject:
		return slices.Contains(r.projects, p)
	}
	return true
}

// fits reports whether the runner would take a job.
func (r *runner) fits(j *job, now time.Time) bool {
	switch {
	case r.paused || r.status(now) != gitlabci.RunnerOnline || !r.serves(j.project):
		return false
	case r.universal:
		return true
	case r.protected && !j.project.protected.of(j.pipeline):
		return false
	case len(j.spec.Tags) == 0:
		return r.runUntagged
	}
	return !slices.ContainsFunc(j.spec.Tags, func(tag string) bool { return !slices.Contains(r.tags, tag) })
}

// closeness orders runners: a project's own before its group's before the instance's, and last the one that takes everything.
func (r *runner) closeness() int {
	if r.universal {
		return len(runnerTypes)
	}
	return slices.Index(runnerTypes, r.kind())
}

var runnerTypes = []gitlabci.RunnerType{gitlabci.RunnerTypeProject, gitlabci.RunnerTypeGroup, gitlabci.RunnerTypeInstance}

// offer gives a pending job to the closest runner that fits. Without one it goes on waiting.
func (w *world) offer(j *job) {
	if j.status != gitlabci.JobPending {
		return
	}
	if j.outdated() {
		w.end(j, gitlabci.JobFailed, gitlabci.FailureReasonForwardDeployment)
		w.process(j.pipeline)
		return
	}
	var closest *runner
	for _, r := range w.runners {
		if r.fits(j, w.now) && (closest == nil || r.closeness() < closest.closeness()) {
			closest = r
		}
	}
	if closest == nil {
		w.unserved = append(w.unserved, j)
		return
	}
	j.runner, j.manager = closest, closest.next(w.now)
	closest.jobs = append(closest.jobs, j)
	closest.running = append(closest.running, j)
	w.run(j)
}

// next returns the process whose turn it is.
func (r *runner) next(now time.Time) *manager {
	online := slices.DeleteFunc(slices.Clone(r.managers), func(m *manager) bool { return m.status(now) != gitlabci.RunnerOnline })
	if len(online) == 0 {
		return nil
	}
	return online[len(r.jobs)%len(online)]
}

// offerAgain offers the jobs that no runner fitted, now that runners changed.
func (w *world) offerAgain() {
	jobs := w.unserved
	w.unserved = nil
	for _, j := range jobs {
		w.offer(j)
	}
}

// letGo takes a job that ended from its runner.
func (j *job) letGo() {
	if j.runner != nil {
		j.runner.running = slices.DeleteFunc(j.runner.running, func(other *job) bool { return other == j })
	}
}

// faults are the texts of what is not valid, by field.
func (r *runner) faults() map[string][]string {
	faults := make(map[string][]string)
	if len(r.tags) == 0 && !r.runUntagged {
		faults["tags_list"] = []string{"can not be empty when runner is not allowed to pick untagged jobs"}
	}
	if r.maxTimeout != 0 && r.maxTimeout < 600 {
		faults["maximum_timeout"] = []string{"needs to be at least 10 minutes"}
	}
	if utf8.RuneCountInString(r.note) > 1024 {
		faults["maintenance_note"] = []string{"is too long (maximum is 1024 characters)"}
	}
	return faults
}

// belong makes a runner one of the instance, the group or the project that a registration token is of.
func (w *world) belong(r *runner, registrationToken string) bool {
	if registrationToken == "" {
		return false
	}
	for _, g := range w.groups {
		if g.registrationToken == registrationToken {
			r.group = g
			return true
		}
	}
	for _, p := range w.projects {
		if p.registrationToken == registrationToken {
			r.projects = []*project{p}
			return true
		}
	}
	return registrationToken == w.registrationToken
}
