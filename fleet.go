package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// FleetOptions say whose runners to look at. At least one of Instance, Groups and Projects has to be set.
type FleetOptions struct {
	Instance bool               // all runners that there are, which needs the token of an administrator or auditor
	Groups   []Group            // the runners that these groups can use, and those of the groups in them
	Projects []Project          // the runners that these projects can use
	Match    func(*Runner) bool // only those for which it returns true; it sees what lists tell of a runner
}

func (o *FleetOptions) validate() error {
	if o == nil || !o.Instance && len(o.Groups) == 0 && len(o.Projects) == 0 {
		return errors.New("the options name neither the instance nor a group or project")
	}
	var wrong []error
	for _, group := range o.Groups {
		wrong = append(wrong, group.name.check())
	}
	for _, project := range o.Projects {
		wrong = append(wrong, project.name.check())
	}
	return errors.Join(wrong...)
}

// FleetProblem is what is wrong with a runner.
type FleetProblem string

// What may be wrong with a runner.
const (
	FleetProblemPaused         FleetProblem = "paused"
	FleetProblemOffline        FleetProblem = "offline"
	FleetProblemStale          FleetProblem = "stale"           // it has not contacted GitLab for days
	FleetProblemNeverContacted FleetProblem = "never_contacted" // it was created, and no machine ever used its token
	FleetProblemNoManager      FleetProblem = "no_manager"      // it has contacted GitLab, and no machine is left of it
	FleetProblemUntagged       FleetProblem = "untagged"        // it has no tags and takes no jobs without: it takes none at all
	FleetProblemOutdated       FleetProblem = "outdated"        // its version is older than the instance's
)

// FleetRunner is a runner of a fleet, and what is wrong with it.
type FleetRunner struct {
	Runner   *Runner          // as [RunnersService.Get] reads it, without its projects; as lists have it where that failed
	Managers []*RunnerManager // the machines or processes that run its jobs
	Found    []Scope          // those that the options name in which it was found
	Problems []FleetProblem   // none for a runner that is well, as far as is known
	Err      error            // why no more is known of it
}

// String tells in a few words which runner has what problems.
func (r *FleetRunner) String() string {
	runner := cmp.Or(r.Runner, new(Runner))
	text := fmt.Sprintf("runner %d", runner.ID)
	if name := cmp.Or(runner.Description, runner.Name); name != "" {
		text += " (" + name + ")"
	}
	var problems []string
	for _, problem := range r.Problems {
		problems = append(problems, strings.ReplaceAll(string(problem), "_", " "))
	}
	if len(problems) == 0 && r.Err == nil {
		problems = append(problems, "well")
	}
	if r.Err != nil {
		problems = append(problems, r.Err.Error())
	}
	return oneLine(text + ": " + strings.Join(problems, ", "))
}

// listFleet is the call as a whole. What it asks besides runners, GitLab's version, has no call of its own.
var (
	listFleet  = &composite{"list runner fleet", ErrRunnerList}
	getVersion = get("get version", "/version", ErrRunnerList)
)

// instanceVersion is which GitLab the instance runs.
type instanceVersion struct {
	Version string `json:"version"` // as in "19.5.0-ee"
}

func (v *instanceVersion) identity() identity { return byText("version", v.Version) }

// Fleet finds the runners of the instance, of groups and of projects, each once however often it is found, by their IDs, and what is wrong
// with them: those that are paused, offline or stale, that were never heard of or have no machine left, that take no job at all, and that are
// older than GitLab itself. A runner that was deleted meanwhile is left out.
//
//	GET /runners/all
//	GET /groups/:id/runners
//	GET /groups/:id/descendant_groups
//	GET /projects/:id/runners
//	GET /version
//	GET /runners/:id
//	GET /runners/:id/managers
//
// Its errors match [ErrRunnerList]: those of lists that could not be read, beside which the runners of the others are returned, and that of a
// context that ended. What cannot be found out of a single runner, as where the token may not see its managers, is noted in
// [FleetRunner].Err and is no error of the call.
//
// It takes a request for each hundred runners of the instance, of each group, and of each project; for each group one more for each hundred
// groups in it, and one for each of those; one for the version; and two for each runner. For the runners of a group's projects, name these:
// [GroupsService.Projects] lists them. On GitLab.com, Match keeps the hundreds of runners out that belong to the instance.
func (s *RunnersService) Fleet(ctx context.Context, options *FleetOptions, opts ...RequestOption) ([]*FleetRunner, error) {
	if err := options.validate(); err != nil {
		return nil, listFleet.invalid(err)
	}
	search := &fleetSearch{s: s, options: options, opts: opts, known: make(map[int64]*FleetRunner)}
	failures := search.find(ctx)
	fleet, err := search.examine(ctx)
	return fleet, listFleet.wrap(errors.Join(append(failures, err)...))
}

// fleetSearch finds the runners of a fleet.
type fleetSearch struct {
	s       *RunnersService
	options *FleetOptions
	opts    []RequestOption

	known map[int64]*FleetRunner
}

// find reads the lists of runners. It returns the errors of those that it could not read.
func (s *fleetSearch) find(ctx context.Context) (failures []error) {
	for scope, runners := range s.lists(ctx) {
		for runner, err := range runners {
			if ctx.Err() != nil {
				return failures // each list that is left would only say so again
			}
			if err != nil {
				failures = append(failures, err)
				continue
			}
			s.add(scope, runner)
		}
	}
	return failures
}

// lists are the lists of runners of what the options name. An error does not end one that consists of several.
func (s *fleetSearch) lists(ctx context.Context) iter.Seq2[Scope, Seq[Runner]] {
	return func(yield func(Scope, Seq[Runner]) bool) {
		if s.options.Instance && !yield(Instance, s.s.ListAll(ctx, nil, s.opts...)) {
			return
		}
		for _, group := range s.options.Groups {
			if !yield(group, s.ofGroup(ctx, group)) {
				return
			}
		}
		for _, project := range s.options.Projects {
			if !yield(project, s.s.ListForProject(ctx, project, nil, s.opts...)) {
				return
			}
		}
	}
}

// ofGroup are the runners that a group can use, and those of the groups in it. What these have of the groups above and of the instance is
// not asked for again.
func (s *fleetSearch) ofGroup(ctx context.Context, group Group) Seq[Runner] {
	return func(yield func(*Runner, error) bool) {
		for runner, err := range s.s.ListForGroup(ctx, group, nil, s.opts...) {
			if !yield(runner, err) || err != nil {
				return
			}
		}
		for below, err := range (*GroupsService)(s.s).Descendants(ctx, group, nil, s.opts...) {
			if err != nil {
				yield(nil, err)
				return
			}
			for runner, err := range s.s.ListForGroup(ctx, GroupID(below.ID), &ListRunnersOptions{Type: RunnerTypeGroup}, s.opts...) {
				if !yield(runner, err) {
					return
				}
			}
		}
	}
}

// add notes where a runner was found, if it is one to look at.
func (s *fleetSearch) add(scope Scope, runner *Runner) {
	if s.options.Match != nil && !s.options.Match(runner) {
		return
	}
	found := s.known[runner.ID]
	if found == nil {
		found = &FleetRunner{Runner: runner}
		s.known[runner.ID] = found
	}
	if !slices.Contains(found.Found, scope) {
		found.Found = append(found.Found, scope)
	}
}

// examine reads more of the runners that were found, and judges them. An error says that the context ended: it stands beside those that were
// examined until then.
func (s *fleetSearch) examine(ctx context.Context) (fleet []*FleetRunner, err error) {
	if len(s.known) == 0 {
		return nil, ctx.Err()
	}
	newest, unknown := s.newestRelease(ctx)
	for _, id := range slices.Sorted(maps.Keys(s.known)) {
		found := s.known[id]
		there := s.read(ctx, found, newest)
		if err := ctx.Err(); err != nil {
			return fleet, err
		}
		if there {
			if len(found.Managers) > 0 {
				found.Err = errors.Join(found.Err, unknown)
			}
			fleet = append(fleet, found)
		}
	}
	return fleet, ctx.Err()
}

// read completes what is known of a runner, and judges it. It reports whether the runner is still there.
func (s *fleetSearch) read(ctx context.Context, found *FleetRunner, newest release) bool {
	whole, err := s.s.Get(ctx, found.Runner.ID, &GetRunnerOptions{IncludeProjects: new(false)}, s.opts...)
	if errors.Is(err, ErrNotFound) {
		return false
	}
	if err == nil {
		found.Runner = whole
	}
	managers, managersErr := s.s.Managers(ctx, found.Runner.ID, s.opts...)
	found.Managers, found.Err = managers, errors.Join(err, managersErr)

	r := found.Runner
	note := func(problem FleetProblem, is bool) {
		if is {
			found.Problems = append(found.Problems, problem)
		}
	}
	note(FleetProblemPaused, r.Paused)
	note(FleetProblemOffline, r.Status == RunnerOffline)
	note(FleetProblemStale, r.Status == RunnerStale)
	note(FleetProblemNeverContacted, r.Status == RunnerNeverContacted)
	note(FleetProblemNoManager, len(managers) == 0 && managersErr == nil && r.Status != RunnerNeverContacted)
	note(FleetProblemUntagged, len(r.TagList) == 0 && !r.RunUntagged && err == nil) // lists tell neither
	note(FleetProblemOutdated, slices.ContainsFunc(working(managers), func(m *RunnerManager) bool { return older(m, newest) }))
	return true
}

// working are the managers that are online, and all where none is: one that was replaced stays in the list for days, with its old version.
func working(managers []*RunnerManager) []*RunnerManager {
	online := slices.DeleteFunc(slices.Clone(managers), func(m *RunnerManager) bool { return m.Status != RunnerOnline })
	if len(online) == 0 {
		return managers
	}
	return online
}

// release is a version of GitLab or its runners without the patch, which runners and GitLab do not share.
type release struct{ major, minor int }

// releaseOf reads a version such as 19.5.0-ee.
func releaseOf(version string) (r release, ok bool) {
	n, _ := fmt.Sscanf(version, "%d.%d", &r.major, &r.minor)
	return r, n == 2
}

// older reports whether a manager is of an older release. A version that somebody made up, as of a build of their own, is none.
func older(m *RunnerManager, than release) bool {
	own, ok := releaseOf(m.Version)
	return ok && cmp.Or(cmp.Compare(own.major, than.major), cmp.Compare(own.minor, than.minor)) < 0
}

// newestRelease reads which release of runners is the newest that fits the instance.
func (s *fleetSearch) newestRelease(ctx context.Context) (release, error) {
	version, err := do[instanceVersion](ctx, s.s.engine, getVersion, nil, nil, s.opts)
	if err != nil {
		return release{}, err
	}
	newest, ok := releaseOf(version.Version)
	if !ok {
		return release{}, fmt.Errorf("the instance's version is %q", version.Version)
	}
	if strings.Contains(version.Version, "-pre") { // as on GitLab.com: the runners of this release are still to come
		newest.minor--
	}
	if newest.minor < 0 { // which release was the last of the major before is not known
		newest = release{newest.major - 1, 0}
	}
	return newest, nil
}
