package gitlabci_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// ended starts a pipeline of certain jobs and waits for its end.
func (l *live) ended(jobs ...gitlabcitest.Job) int64 {
	l.Helper()
	l.srv.Define(liveApp, jobs...)
	id := l.start()
	time.Sleep(time.Hour)
	return id
}

func TestFlakiness(t *testing.T) {
	test := func(status gitlabci.TestCaseStatus) []gitlabcitest.TestCase {
		return []gitlabcitest.TestCase{{Name: "TestRace", Class: "pkg", Status: status}, {Name: "TestFine", Class: "pkg"}, {Name: "TestBroken", Class: "pkg", Status: "failed"},
			{Name: "TestSkipped", Class: "pkg", Status: "skipped"}}
	}
	fine := []gitlabcitest.Job{{Name: "unit", Tests: test("success"), Duration: 10 * time.Minute}, {Name: "e2e"}, {Name: "lint"}}
	broken := []gitlabcitest.Job{
		{Name: "unit", Fails: 9, Tests: test("failed"), Duration: 20 * time.Minute},
		{Name: "e2e", Fails: 1, FailureReason: gitlabci.FailureReasonRunnerSystem}, {Name: "lint", Fails: 9, AllowFailure: true},
	}
	inBubble(t, nil, func(l *live) {
		l.ended(fine...)
		l.srv.Push(liveApp, "main") // another commit
		time.Sleep(time.Hour)
		second := l.ended(broken...)
		retried, err := l.client.Pipelines.RetryFailed(l.Context(), liveApp, second, &gitlabci.RetryFailedOptions{
			Match: func(j *gitlabci.Job) bool { return j.Name == "e2e" }})
		require.NoError(l, err)
		require.Len(l, retried, 1)
		time.Sleep(time.Hour)
		third := l.ended(fine...) // of the commit of the second
		_, err = l.client.Jobs.Cancel(l.Context(), liveApp, l.job("lint").ID, nil)
		require.NoError(l, err)

		l.forget()
		found, err := l.client.Pipelines.Flakiness(l.Context(), liveApp, &gitlabci.FlakyOptions{Ref: "main", Tests: true})
		require.NoError(l, err)
		require.Equal(l, 4, found.Pipelines)
		require.Len(l, found.Jobs, 3)
		unit, e2e, lint := found.Jobs[1], found.Jobs[0], found.Jobs[2]
		if unit.Name != "unit" {
			unit, lint = lint, unit
		}
		for _, job := range found.Jobs {
			require.Equal(l, 2, job.Commits, job.Name)
			require.Equal(l, 1, job.Flaky, "%s: failed and succeeded on the second commit", job.Name)
			require.Equal(l, 1, job.Failures, job.Name)
			require.Equal(l, second, job.LastFailure.Pipeline.ID)
		}
		require.Equal(l, []int{4, 5, 4}, []int{unit.Runs, e2e.Runs, lint.Runs})
		require.Equal(l, 12*time.Minute+30*time.Second, unit.MeanTime)
		require.Equal(l, map[gitlabci.FailureReason]int{gitlabci.FailureReasonRunnerSystem: 1}, e2e.Reasons)
		require.Len(l, found.Tests, 1)
		race := found.Tests[0]
		require.Equal(l, "TestRace", race.Name)
		require.Equal(l, "pkg", race.Classname)
		require.Equal(l, []int{4, 1}, []int{race.Runs, race.Failures})
		require.Equal(l, second, race.LastFailure.ID)
		require.Equal(l, map[string]int{"GET " + pipelinesRoute: 1, "GET " + jobsRoute: 4, "GET /projects/:id/pipelines/:pipeline_id/test_report": 4}, l.routes())

		// The last one alone.
		found, err = l.client.Pipelines.Flakiness(l.Context(), liveApp, &gitlabci.FlakyOptions{Last: 1})
		require.NoError(l, err)
		require.Equal(l, 1, found.Pipelines)
		require.Empty(l, found.Jobs)

		// What cannot be read is told beside the rest.
		l.srv.Fail("GET", "/projects/group%2Fapp/pipelines/4/jobs", gitlabcitest.Status(403, ""))
		require.EqualValues(l, 4, third)
		found, err = l.client.Pipelines.Flakiness(l.Context(), liveApp, nil)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.ErrorIs(l, err, gitlabci.ErrPipelineList)
		require.ErrorContains(l, err, "find flaky jobs: pipeline 4: ")
		require.Equal(l, 3, found.Pipelines)
		require.Len(l, found.Jobs, 3)

		l.srv.Fail("GET", pipelinesRoute, gitlabcitest.Status(403, ""))
		_, err = l.client.Pipelines.Flakiness(l.Context(), liveApp, nil)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		_, err = l.client.Pipelines.Flakiness(l.Context(), liveApp, &gitlabci.FlakyOptions{Last: -1})
		require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
	})
}

// TestFlakinessIsBounded: no more requests are under way at once than were asked for.
func TestFlakinessIsBounded(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "a", Duration: time.Millisecond}}, func(l *live) {
		for range 20 {
			l.start()
		}
		time.Sleep(time.Hour)
		for concurrency, rounds := range map[int]int{0: 3, 1: 20, 5: 4, 100: 1} {
			l.srv.Fail("GET", jobsRoute, gitlabcitest.Delay(time.Second).Forever())
			began := time.Now()
			found, err := l.client.Pipelines.Flakiness(l.Context(), liveApp, &gitlabci.FlakyOptions{Concurrency: concurrency})
			require.NoError(l, err)
			require.Equal(l, 20, found.Pipelines)
			require.Equal(l, time.Duration(rounds)*time.Second, time.Since(began).Truncate(time.Second), "%d at once", concurrency)
			l.srv.Heal()
		}
	})
}
