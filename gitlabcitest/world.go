package gitlabcitest

import (
	"slices"
	"strconv"
	"time"
)

// world is the state of the instance. It knows nothing of HTTP; its owner sees to it that one goroutine at a time is in it.
type world struct {
	now    time.Time
	agenda agenda
	events int64 // entered into the agenda so far

	adminToken string
	version    version
	jobRouter  string // its URL, empty for none

	secureFileLimit    int64 // in bytes: as large is too large
	allowlistsEnforced bool

	users       []*user
	tokens      map[string]*token
	groups      []*group
	projects    []*project
	pipelines   map[int64]*pipeline
	jobs        map[int64]*job      // bridges too
	runners     []*runner           // by id
	controllers []*runnerController // by id
	unserved    []*job              // pending, and no runner fits
	agents      []*agent            // by id

	limits *actionLimits // nil for none

	instanceVariables variableStore
	registrationToken string // of instance runners; empty before the first reset
	registrationOff   bool

	pipelineIDs, jobIDs, mergeRequestIDs, commits    int64
	triggerIDs, scheduleIDs, runnerIDs, managerIDs   int64
	secureFileIDs, controllerIDs, controllerTokenIDs int64
	resourceGroupIDs, carIDs                         int64
	environmentIDs, deploymentIDs, freezeIDs         int64
	accessLevelIDs, approvalRuleIDs                  int64 // of protected environments
	secrets                                          int64 // made up so far
}

func newWorld() world {
	return world{
		now:             time.Now().Round(0).UTC(),
		adminToken:      "glpat-standin",
		version:         parseVersion("19.5.0-ee"),
		secureFileLimit: maxInMemory,
		tokens:          make(map[string]*token),
		pipelines:       make(map[int64]*pipeline),
		jobs:            make(map[int64]*job),
	}
}

// populate makes what every instance has: the administrator and a runner.
func (w *world) populate() {
	root := w.addUser("root")
	root.name, root.admin = "Administrator", true
	w.addToken(root, Token{Value: w.adminToken, Scopes: []string{"api", "sudo", "admin_mode"}})
	w.addOwnRunner()
}

// root is the administrator.
func (w *world) root() *user {
	return w.users[0]
}

// mustJob finds a job for the methods of [Server], whose caller is the test itself.
func (w *world) mustJob(id int64) *job {
	j := w.jobs[id]
	if j == nil {
		panic("gitlabcitest: no job " + strconv.FormatInt(id, 10))
	}
	return j
}

// newestFirst returns the items in reverse.
func newestFirst[T any](items []T) []T {
	items = slices.Clone(items)
	slices.Reverse(items)
	return items
}
