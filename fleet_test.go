package gitlabci_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

var (
	fleetGroup    = gitlabci.GroupPath("group")
	fleetSubgroup = gitlabci.GroupPath("group/sub")
)

// withFleet runs a test beside runners of every kind: 1 (the stand-in's own) and 2 of the instance, 3 of the group, 4 and 5 of the group in it,
// 6 to 9 of projects, and 10 of another group.
func withFleet(t *testing.T, test func(l *live), opts ...gitlabcitest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &live{T: t, srv: gitlabcitest.New(opts...)}
		defer l.srv.Close()
		l.client = l.srv.Client(gitlabci.WithTransport(l.note))
		for _, path := range []string{"group/app", "group/sub/lib", "else/where"} {
			l.srv.AddProject(path, gitlabcitest.Job{Name: "a"})
		}
		old := gitlabcitest.RunnerManager{SystemID: "s_old", Version: "19.4.1", Status: gitlabci.RunnerOffline}
		for _, runner := range []gitlabcitest.Runner{
			{Description: "shared", Status: gitlabci.RunnerOffline, Managers: []gitlabcitest.RunnerManager{old}},
			{Description: "of the group", Group: "group"},
			{Description: "of the subgroup", Group: "group/sub", Status: gitlabci.RunnerStale},
			{Description: "renewed", Group: "group/sub", Managers: []gitlabcitest.RunnerManager{old, {SystemID: "s_new"}}},
			{Description: "idle", Projects: []string{"group/app"}, TaggedOnly: true, Paused: true},
			{Description: "planned", Projects: []string{"group/app", "group/sub/lib"}, Status: gitlabci.RunnerNeverContacted},
			{Description: "aged", Projects: []string{"group/app"}, Managers: []gitlabcitest.RunnerManager{
				{SystemID: "s_aged", Version: "18.11.0"}, {SystemID: "s_own", Version: "main"},
			}},
			{Description: "lost", Projects: []string{"group/sub/lib"}, Tags: []string{"arm"}, TaggedOnly: true},
			{Description: "elsewhere", Group: "else"},
		} {
			l.srv.AddRunner(runner)
		}
		managers, err := l.client.Runners.Managers(t.Context(), 9)
		require.NoError(t, err)
		token, err := l.client.Runners.ResetToken(t.Context(), 9)
		require.NoError(t, err)
		require.NoError(t, l.client.Runners.DeleteManager(t.Context(), token.Token, managers[0].SystemID))
		l.forget()
		test(l)
	})
}

// told are the texts of a fleet, each without "runner " before it.
func told(fleet []*gitlabci.FleetRunner) (texts []string) {
	for _, runner := range fleet {
		texts = append(texts, strings.TrimPrefix(runner.String(), "runner "))
	}
	return texts
}

// fleet finds a fleet, of each of whose runners all has to be known.
func (l *live) fleet(options *gitlabci.FleetOptions) []*gitlabci.FleetRunner {
	l.Helper()
	fleet, err := l.client.Runners.Fleet(l.Context(), options)
	require.NoError(l, err)
	for _, runner := range fleet {
		require.NoError(l, runner.Err)
	}
	return fleet
}

func TestFleet(t *testing.T) {
	withFleet(t, func(l *live) {
		fleet := l.fleet(&gitlabci.FleetOptions{Groups: []gitlabci.Group{fleetGroup}, Projects: []gitlabci.Project{liveApp}})
		require.Equal(t, []string{
			"1 (stand-in runner): well",
			"2 (shared): offline, outdated",
			"3 (of the group): well",
			"4 (of the subgroup): stale",
			"5 (renewed): well",
			"6 (idle): paused, untagged",
			"7 (planned): never contacted",
			"8 (aged): outdated",
		}, told(fleet))
		require.Equal(t, map[string]int{
			"GET /groups/:id/runners": 2, "GET /groups/:id/descendant_groups": 1, "GET /projects/:id/runners": 1, "GET /version": 1,
			"GET /runners/:id": 8, "GET /runners/:id/managers": 8,
		}, l.routes())

		for _, request := range l.srv.Requests() {
			if strings.HasSuffix(request.Path, "/groups/2/runners") {
				require.Equal(t, "group_type", request.Query.Get("type"), "what the instance has is known")
			}
		}
		require.Equal(t, []gitlabci.FleetProblem{gitlabci.FleetProblemPaused, gitlabci.FleetProblemUntagged}, fleet[5].Problems)
		require.Equal(t, []gitlabci.Scope{fleetGroup, liveApp}, fleet[2].Found)
		require.Equal(t, []gitlabci.Scope{fleetGroup}, fleet[3].Found)
		require.Equal(t, []gitlabci.Scope{liveApp}, fleet[6].Found)
		require.Len(t, fleet[7].Managers, 2)
		require.Equal(t, "s_aged", fleet[7].Managers[0].SystemID)
		require.Empty(t, fleet[6].Managers)
		require.True(t, fleet[2].Runner.RunUntagged, "what lists leave out is there")
		require.Equal(t, "group", fleet[2].Runner.Groups[0].Name)
		require.Empty(t, fleet[5].Runner.Projects)
	})
}

// TestFleetOfOverlappingScopes: a runner that each of several lists has is examined once.
func TestFleetOfOverlappingScopes(t *testing.T) {
	withFleet(t, func(l *live) {
		lib := gitlabci.ProjectPath("group/sub/lib")
		fleet := l.fleet(&gitlabci.FleetOptions{
			Instance: true, Groups: []gitlabci.Group{fleetGroup, fleetSubgroup}, Projects: []gitlabci.Project{liveApp, lib, liveApp},
		})
		require.Len(t, fleet, 10)
		require.Equal(t, "9 (lost): no manager", told(fleet)[8])
		require.Equal(t, []gitlabci.Scope{gitlabci.Instance, fleetGroup, fleetSubgroup, liveApp, lib}, fleet[0].Found)
		require.Equal(t, []gitlabci.Scope{gitlabci.Instance, liveApp, lib}, fleet[6].Found)
		require.Equal(t, []gitlabci.Scope{gitlabci.Instance}, fleet[9].Found)
		require.Equal(t, 10, l.routes()["GET /runners/:id"])
		require.Equal(t, 10, l.routes()["GET /runners/:id/managers"])
	})
}

func TestFleetMatch(t *testing.T) {
	withFleet(t, func(l *live) {
		paused := func(r *gitlabci.Runner) bool { return r.Paused }
		require.Equal(t, []string{"6 (idle): paused, untagged"}, told(l.fleet(&gitlabci.FleetOptions{Instance: true, Match: paused})))
		require.Equal(t, map[string]int{"GET /runners/all": 1, "GET /version": 1, "GET /runners/:id": 1, "GET /runners/:id/managers": 1}, l.routes())

		l.forget()
		none := func(*gitlabci.Runner) bool { return false }
		require.Empty(t, l.fleet(&gitlabci.FleetOptions{Instance: true, Match: none}))
		require.Equal(t, map[string]int{"GET /runners/all": 1}, l.routes())
	})
}

// TestFleetVersions holds runners of 19.4 and 18.11 against instances of other versions.
func TestFleetVersions(t *testing.T) {
	for version, outdated := range map[string]string{
		"19.5.2-ee": "2 8", "19.5.0-pre": "8", "19.4.9": "8", "19.0.0-pre": "", "18.11.3": "", "18.12.0": "8", "20.0.0": "2 8", "20.0.0-pre": "8",
	} {
		withFleet(t, func(l *live) {
			var found []string
			for _, runner := range l.fleet(&gitlabci.FleetOptions{Projects: []gitlabci.Project{liveApp}}) {
				if id, text, _ := strings.Cut(told([]*gitlabci.FleetRunner{runner})[0], " "); strings.Contains(text, "outdated") {
					found = append(found, id)
				}
			}
			require.Equal(t, outdated, strings.Join(found, " "), version)
		}, gitlabcitest.WithVersion(version))
	}
}

// TestFleetCannotTell: what cannot be read of a runner is noted beside it, and a runner that was deleted since it was listed is left out.
func TestFleetCannotTell(t *testing.T) {
	withFleet(t, func(l *live) {
		refused := gitlabcitest.Status(403, `{"message":"403 Forbidden"}`)
		l.srv.Fail("GET", "/runners/2/managers", refused)
		l.srv.Fail("GET", "/runners/3", gitlabcitest.Status(404, `{"message":"404 Runner Not Found"}`))
		l.srv.Fail("GET", "/runners/6", refused)
		l.srv.Fail("GET", "/runners/8/managers", gitlabcitest.Status(404, `{"error":"404 Not Found"}`))
		fleet, err := l.client.Runners.Fleet(l.Context(), &gitlabci.FleetOptions{Projects: []gitlabci.Project{liveApp}})
		require.NoError(t, err)
		require.Equal(t, []string{
			"1 (stand-in runner): well",
			"2 (shared): offline, " + fleet[1].Err.Error(),
			"6 (idle): paused, " + fleet[2].Err.Error(),
			"7 (planned): never contacted",
			"8 (aged): " + fleet[4].Err.Error(),
		}, told(fleet))
		require.ErrorIs(t, fleet[1].Err, gitlabci.ErrForbidden)
		require.ErrorIs(t, fleet[2].Err, gitlabci.ErrRunnerGet)
		require.Len(t, fleet[2].Managers, 1)
		require.ErrorIs(t, fleet[4].Err, gitlabci.ErrNotFound)

		l.srv.Fail("GET", "/version", refused)
		fleet, err = l.client.Runners.Fleet(l.Context(), &gitlabci.FleetOptions{Projects: []gitlabci.Project{liveApp}})
		require.NoError(t, err)
		require.Len(t, fleet, 6)
		for _, runner := range fleet {
			require.NotContains(t, runner.Problems, gitlabci.FleetProblemOutdated)
			require.Equal(t, len(runner.Managers) > 0, errors.Is(runner.Err, gitlabci.ErrForbidden), "without managers no version matters")
		}
	})
	withFleet(t, func(l *live) {
		fleet, err := l.client.Runners.Fleet(l.Context(), &gitlabci.FleetOptions{Projects: []gitlabci.Project{liveApp}})
		require.NoError(t, err)
		require.ErrorContains(t, fleet[0].Err, `the instance's version is "edge"`)
	}, gitlabcitest.WithVersion("edge"))
}

// TestFleetOfUnreadableScopes: the runners of what could be read stand beside the error that tells of the rest.
func TestFleetOfUnreadableScopes(t *testing.T) {
	withFleet(t, func(l *live) {
		client := l.srv.ClientAs(l.srv.AddUser("grace", gitlabcitest.Maintainer.In("group")))
		fleet, err := client.Runners.Fleet(l.Context(), &gitlabci.FleetOptions{
			Instance: true, Groups: []gitlabci.Group{gitlabci.GroupPath("nowhere"), fleetGroup},
			Projects: []gitlabci.Project{gitlabci.ProjectPath("else/where"), liveApp},
		})
		require.Len(t, fleet, 8)
		require.Equal(t, []gitlabci.Scope{fleetGroup, liveApp}, fleet[0].Found)
		require.ErrorIs(t, err, gitlabci.ErrRunnerList)
		require.ErrorIs(t, err, gitlabci.ErrForbidden)
		for _, path := range []string{"/runners/all", "/groups/nowhere/runners", "/projects/else%2Fwhere/runners"} {
			require.ErrorContains(t, err, path)
		}
		require.NotContains(t, err.Error(), "/groups/nowhere/descendant_groups")

		l.srv.Fail("GET", "/groups/2/runners", gitlabcitest.Status(403, ""))
		fleet, err = client.Runners.Fleet(l.Context(), &gitlabci.FleetOptions{Groups: []gitlabci.Group{fleetGroup}})
		require.Len(t, fleet, 3, "those of the group itself")
		require.ErrorIs(t, err, gitlabci.ErrForbidden)
		l.srv.Fail("GET", "/groups/group/descendant_groups", gitlabcitest.Status(403, ""))
		fleet, err = client.Runners.Fleet(l.Context(), &gitlabci.FleetOptions{Groups: []gitlabci.Group{fleetGroup}})
		require.Len(t, fleet, 3)
		require.ErrorIs(t, err, gitlabci.ErrRunnerList)
		require.ErrorIs(t, err, gitlabci.ErrGroupList)
	})
}

// TestFleetEndsWithItsContext: nothing more is asked for, and what was examined is returned.
func TestFleetEndsWithItsContext(t *testing.T) {
	everything := &gitlabci.FleetOptions{Instance: true, Groups: []gitlabci.Group{fleetGroup}, Projects: []gitlabci.Project{liveApp}}
	for _, last := range []string{
		"/runners/all", "/groups/group/runners", "/groups/group/descendant_groups", "/groups/2/runners", "/projects/group%2Fapp/runners", "/version",
	} {
		requireEnds(t, everything, last, 0)
	}
	requireEnds(t, everything, "/runners/1", 0)
	requireEnds(t, everything, "/runners/1/managers", 0)
	requireEnds(t, everything, "/runners/4", 3)
	requireEnds(t, everything, "/runners/10/managers", 9)
}

// requireEnds tests that no request follows the one during which the context ends.
func requireEnds(t *testing.T, options *gitlabci.FleetOptions, last string, examined int) {
	t.Helper()
	withFleet(t, func(l *live) {
		ctx, cancel := context.WithCancel(l.Context())
		defer cancel()
		client := l.srv.Client(gitlabci.WithTransport(func(next http.RoundTripper) http.RoundTripper {
			return tripper(func(r *http.Request) (*http.Response, error) {
				require.NoError(t, ctx.Err(), "%s follows %s", r.URL.Path, last)
				if strings.HasSuffix(r.URL.EscapedPath(), "/api/v4"+last) {
					cancel()
				}
				return next.RoundTrip(r)
			})
		}))
		fleet, err := client.Runners.Fleet(ctx, options)
		require.ErrorIs(t, err, context.Canceled, last)
		require.ErrorIs(t, err, gitlabci.ErrRunnerList)
		require.EqualError(t, err, "gitlabci: list runner fleet: context canceled", "it says so once")
		require.Len(t, fleet, examined, last)
	})
}

func TestFleetRefusals(t *testing.T) {
	withFleet(t, func(l *live) {
		for _, options := range []*gitlabci.FleetOptions{
			nil, {}, {Instance: true, Groups: []gitlabci.Group{{}}}, {Projects: []gitlabci.Project{liveApp, gitlabci.ProjectID(0)}},
		} {
			fleet, err := l.client.Runners.Fleet(l.Context(), options)
			require.Empty(t, fleet)
			require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
			require.ErrorIs(t, err, gitlabci.ErrRunnerList)
		}
		require.Empty(t, l.routes())
	})
	require.Equal(t, "runner 0: well", new(gitlabci.FleetRunner).String())
}
