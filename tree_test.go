package gitlabci_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// outline draws a tree on one line: the names of jobs in the order of their ids, what trigger jobs started in parentheses.
func outline(tree *gitlabci.PipelineTree) string {
	var nodes []string
	for _, node := range tree.Children {
		text := node.Name
		if node.Downstream != nil {
			text += fmt.Sprintf(" (%s)", outline(node.Downstream))
		}
		nodes = append(nodes, text)
	}
	return strings.Join(nodes, ", ")
}

func child(jobs ...gitlabcitest.Job) *gitlabcitest.Downstream {
	return &gitlabcitest.Downstream{Jobs: jobs}
}

var family = []gitlabcitest.Job{
	{Name: "unit", Stage: "test", Fails: 1},
	{Name: "child", Stage: "test", AllowFailure: true, Trigger: child(
		gitlabcitest.Job{Name: "lint"},
		gitlabcitest.Job{Name: "grandchild", Trigger: child(gitlabcitest.Job{Name: "spell"})},
	)},
	{Name: "other", Stage: "test", Trigger: &gitlabcitest.Downstream{Project: "away/other"}},
	{Name: "deploy", Stage: "deploy", Trigger: child(gitlabcitest.Job{Name: "rollout"})},
}

func TestTree(t *testing.T) {
	inBubble(t, family, func(l *live) {
		l.srv.AddProject("away/other", gitlabcitest.Job{Name: "e2e"}, gitlabcitest.Job{Name: "further", Trigger: child(gitlabcitest.Job{Name: "last"})})
		id := l.start()
		time.Sleep(minutes)
		read := func(o *gitlabci.TreeOptions) *gitlabci.PipelineTree {
			l.Helper()
			tree, err := l.client.Pipelines.Tree(l.Context(), liveApp, id, o)
			require.NoError(l, err)
			return tree
		}

		tree := read(nil)
		require.Equal(l, "unit, child (lint, grandchild (spell)), other (e2e, further (last)), deploy", outline(tree))
		require.Equal(l, map[string]int{"GET " + pipelineRoute: 5, "GET " + jobsRoute: 5, "GET " + bridgesRoute: 5}, l.routes())

		unit, bridge, other := tree.Children[0], tree.Children[1], tree.Children[2]
		require.Equal(l, gitlabci.PipelineNode{
			ID: unit.Job.ID, Name: "unit", Stage: "test", Status: gitlabci.JobFailed, Job: unit.Job,
		}, *unit)
		require.Equal(l, gitlabci.PipelineNode{
			ID: bridge.Bridge.ID, Name: "child", Stage: "test", Status: gitlabci.JobSuccess, AllowFailure: true, Bridge: bridge.Bridge, Downstream: bridge.Downstream,
		}, *bridge)
		require.Equal(l, liveApp, tree.Project)
		require.Equal(l, liveApp, bridge.Downstream.Project, "as it was named")
		require.Equal(l, gitlabci.ProjectID(2), other.Downstream.Project, "where its jobs are to be asked for")
		require.Equal(l, gitlabci.ProjectID(2), other.Downstream.Children[1].Downstream.Project)
		require.Equal(l, gitlabci.PipelineSourceParentPipeline, bridge.Downstream.Pipeline.Source)

		var pipelines []int64
		for tree := range tree.Pipelines() {
			pipelines = append(pipelines, tree.Pipeline.ID)
		}
		require.Len(l, pipelines, 5)
		require.Equal(l, id, pipelines[0])
		var names []string
		for node := range tree.Nodes() {
			names = append(names, node.Name)
			if node.Name == "further" {
				break
			}
		}
		require.Equal(l, []string{"unit", "child", "other", "deploy", "lint", "grandchild", "spell", "e2e", "further"}, names)
		for range tree.Pipelines() {
			break
		}

		require.Equal(l, "unit, child (lint, grandchild), other (e2e, further), deploy", outline(read(&gitlabci.TreeOptions{MaxDepth: 1})))
		require.Equal(l, "unit, child, other, deploy", outline(read(&gitlabci.TreeOptions{MaxDepth: -1})))

		_, err := l.client.Jobs.Retry(l.Context(), liveApp, unit.ID, nil)
		require.NoError(l, err)
		time.Sleep(minutes)
		tree = read(nil)
		require.Equal(l, "child (lint, grandchild (spell)), other (e2e, further (last)), deploy (rollout), unit", outline(tree))
		require.Equal(l, gitlabci.JobSuccess, tree.Children[3].Status)
		tree = read(&gitlabci.TreeOptions{IncludeRetried: true})
		require.Equal(l, "unit, child (lint, grandchild (spell)), other (e2e, further (last)), deploy (rollout), unit", outline(tree))
		require.Equal(l, gitlabci.JobFailed, tree.Children[0].Status)
	})
}

func TestTreeFails(t *testing.T) {
	inBubble(t, family, func(l *live) {
		l.srv.AddProject("away/other", gitlabcitest.Job{Name: "e2e"})
		id := l.start()
		time.Sleep(minutes)

		// What the token does not reach is left out, and what comes after it is there.
		dev := l.srv.ClientAs(l.srv.AddUser("dev", gitlabcitest.Developer.In("group")))
		tree, err := dev.Pipelines.Tree(l.Context(), liveApp, id, nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
		require.ErrorContains(l, err, "gitlabci: read pipeline tree: downstream of other: get pipeline: GET /projects/2/pipelines/3: 404 Project Not Found")
		require.Equal(l, "unit, child (lint, grandchild (spell)), other, deploy", outline(tree))

		// Likewise what cannot be read for other reasons, in whatever part. The client's own retries come first.
		l.srv.ResetRequests()
		l.srv.Fail("GET", "/projects/group%2Fapp/pipelines/2/jobs", gitlabcitest.Status(500, "").Times(2))
		_, err = l.client.Pipelines.Tree(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		l.srv.Fail("GET", "/projects/group%2Fapp/pipelines/2/jobs", gitlabcitest.Status(500, "").Forever())
		tree, err = l.client.Pipelines.Tree(l.Context(), liveApp, id, nil)
		require.ErrorIs(l, err, gitlabci.ErrJobList)
		require.ErrorIs(l, err, gitlabci.ErrServer)
		require.Equal(l, "unit, child (grandchild (spell)), other (e2e), deploy", outline(tree))
		l.srv.Heal()

		tree, err = l.client.Pipelines.Tree(l.Context(), liveApp, 99, nil)
		require.Nil(l, tree)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		_, err = l.client.Pipelines.Tree(l.Context(), liveApp, 0, nil)
		require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)

		// A context that ends, ends it.
		ctx, cancel := context.WithTimeout(l.Context(), 10*time.Second)
		defer cancel()
		l.srv.Fail("GET", "/projects/group%2Fapp/pipelines/2", gitlabcitest.Delay(20*time.Second))
		l.srv.ResetRequests()
		tree, err = l.client.Pipelines.Tree(ctx, liveApp, id, nil)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.Equal(l, "unit, child, other (e2e), deploy", outline(tree), "what was read by then is there")
		require.Len(l, l.srv.Requests(), 9)
	})
}

// TestTreeOfRetriedTriggerJobs has a trigger job that succeeds at its second attempt, with another pipeline.
func TestTreeOfRetriedTriggerJobs(t *testing.T) {
	jobs := []gitlabcitest.Job{
		{Name: "child", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Project: "group/other"}},
		{Name: "real", Trigger: &gitlabcitest.Downstream{Project: "no/where"}},
	}
	inBubble(t, jobs, func(l *live) {
		other := l.srv.AddProject("group/other", gitlabcitest.Job{Name: "fails", Fails: 1})
		id := l.start()
		time.Sleep(minutes)
		l.srv.Define(other, gitlabcitest.Job{Name: "works"})
		_, err := l.client.Jobs.Retry(l.Context(), liveApp, 1, nil)
		require.NoError(l, err)
		time.Sleep(minutes)

		tree, err := l.client.Pipelines.Tree(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Equal(l, "real, child (works)", outline(tree))
		tree, err = l.client.Pipelines.Tree(l.Context(), liveApp, id, &gitlabci.TreeOptions{IncludeRetried: true})
		require.NoError(l, err)
		require.Equal(l, "child (fails), real, child (works)", outline(tree))
		require.Equal(l, gitlabci.JobFailed, tree.Children[0].Status)

		d, err := l.client.Pipelines.Diagnose(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Empty(l, d.Jobs, "what failed at the first attempt made nothing fail")
		require.Len(l, d.Bridges, 1)
		require.Equal(l, "real", d.Bridges[0].Name)
	})
}

// TestTreeGuards has a GitLab whose pipelines lead in circles, and on and on.
func TestTreeGuards(t *testing.T) {
	for _, test := range []struct {
		name     string
		next     func(id int) []int // what pipeline id starts
		o        *gitlabci.TreeOptions
		outline  string
		failure  string
		requests int
	}{
		{"itself", func(id int) []int { return []int{id} }, nil, "to 1", "", 3},
		{"a circle", func(id int) []int { return []int{id%3 + 1} }, nil, "to 2 (to 3 (to 1))", "", 9},
		{"twice the same", func(id int) []int { return map[int][]int{1: {2, 2}}[id] }, nil, "to 2 (), to 2", "", 6},
		{"on and on", func(id int) []int { return []int{id + 1} }, nil, "to 2 (to 3 (to 4 (to 5 (to 6 (to 7 (to 8 (to 9 (to 10 (to 11 (to 12))))))))))", "", 33},
		{"on and on, with a limit", func(id int) []int { return []int{id + 1} }, &gitlabci.TreeOptions{MaxDepth: 2}, "to 2 (to 3 (to 4))", "", 9},
		{"ever more", func(id int) []int { return []int{3 * id, 3*id + 1, 3*id + 2} }, &gitlabci.TreeOptions{MaxDepth: 20}, "", "more than 1000 pipelines", 3000},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var requests atomic.Int32
				client := scripted(t, func(r *http.Request) (int, string, []string) {
					requests.Add(1)
					var id int
					_, after, _ := strings.Cut(r.URL.Path, "/pipelines/")
					fmt.Sscan(strings.Split(after, "/")[0], &id)
					switch {
					case strings.HasSuffix(after, "/jobs"):
						return 200, "[]", nil
					case strings.HasSuffix(after, "/bridges"):
						var bridges []string
						for i, next := range test.next(id) {
							bridges = append(bridges, fmt.Sprintf(`{"id":%d,"name":"to %d","downstream_pipeline":{"id":%d,"project_id":7}}`, 10*id+i, next, next))
						}
						return 200, "[" + strings.Join(bridges, ",") + "]", nil
					}
					return 200, fmt.Sprintf(`{"id":%d,"project_id":7}`, id), nil
				})
				tree, err := client.Pipelines.Tree(t.Context(), liveApp, 1, test.o)
				require.EqualValues(t, test.requests, requests.Load())
				if test.failure != "" {
					require.ErrorContains(t, err, test.failure)
					require.Less(t, len(err.Error()), 4<<10)
					n := 0
					for range tree.Pipelines() {
						n++
					}
					require.Equal(t, 1000, n)
					return
				}
				require.NoError(t, err)
				require.Equal(t, test.outline, outline(tree))
			})
		})
	}
}

// TestTreeTakesItsDepth: what is on a level of the tree is read at once, up to a bound, and the tree is the same as one by one.
func TestTreeTakesItsDepth(t *testing.T) {
	var jobs []gitlabcitest.Job
	for i := range 30 {
		jobs = append(jobs, gitlabcitest.Job{Name: fmt.Sprint("start ", i), Trigger: &gitlabcitest.Downstream{Jobs: []gitlabcitest.Job{{Name: "a", Fails: 1}, {Name: "b"}}}})
	}
	inBubble(t, jobs, func(l *live) {
		id := l.start()
		time.Sleep(time.Hour)
		l.srv.Fail("GET", "", gitlabcitest.Delay(50*time.Millisecond).Forever())
		took := func(concurrency int) (tree *gitlabci.PipelineTree, took time.Duration) {
			l.forget()
			began := time.Now()
			tree, err := l.client.Pipelines.Tree(l.Context(), liveApp, id, &gitlabci.TreeOptions{Concurrency: concurrency})
			require.NoError(l, err)
			require.Len(l, l.times(), 93)
			return tree, time.Since(began)
		}
		one, slowly := took(1)
		all, quickly := took(0)
		require.Equal(l, outline(one), outline(all))
		require.Equal(l, 93*50*time.Millisecond, slowly)
		require.Equal(l, (1+12)*50*time.Millisecond, quickly, "31 pipelines, eight requests at once")

		began := time.Now()
		d, err := l.client.Pipelines.Diagnose(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Len(l, d.Jobs, 30)
		require.Equal(l, (1+12+4)*50*time.Millisecond, time.Since(began), "and 30 logs")
	})
}
