package gitlabci_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// ownRunner is the runner that a stand-in begins with, which takes what no other fits.
const ownRunner = 1

// stuck are the texts of the jobs of a pipeline that wait.
func (l *live) stuck(id int64, options *gitlabci.StuckOptions) (texts []string) {
	l.Helper()
	jobs, err := l.client.Pipelines.Stuck(l.Context(), liveApp, id, options)
	require.NoError(l, err)
	for _, job := range jobs {
		require.NoError(l, job.Err)
		require.NotEmpty(l, job.Reason)
		texts = append(texts, job.String())
	}
	return texts
}

func TestStuckForWantOfARunner(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "gpu", Tags: []string{"gpu", "large"}}, {Name: "arm", Tags: []string{"arm"}}, {Name: "plain"}}, func(l *live) {
		_, err := l.client.Runners.Update(l.Context(), ownRunner, &gitlabci.UpdateRunnerOptions{Paused: new(true)})
		require.NoError(l, err)
		id := l.start()
		time.Sleep(minutes)
		wants := map[string]string{"gpu": "a runner with the tags gpu, large", "arm": "a runner with the tag arm", "plain": "a runner that takes jobs without tags"}
		expect := func(gpu, arm, plain string) {
			l.Helper()
			jobs, err := l.client.Pipelines.Stuck(l.Context(), liveApp, id, nil)
			require.NoError(l, err)
			require.Len(l, jobs, 3)
			for _, job := range jobs {
				says := map[string]string{"gpu": gpu, "arm": arm, "plain": plain}[job.Job.Name]
				require.Contains(l, job.String(), job.Job.Name+" has waited ")
				require.Contains(l, job.String(), " for "+wants[job.Job.Name]+says)
				require.GreaterOrEqual(l, job.Waited, minutes-time.Second)
			}
		}
		const none, paused, offline = ": there is none", ": all are paused", ": none is online"
		expect(none, none, paused)

		arm := l.srv.AddRunner(gitlabcitest.Runner{Tags: []string{"arm"}, TaggedOnly: true, Paused: true})
		l.srv.AddRunner(gitlabcitest.Runner{Tags: []string{"gpu", "large", "x"}, TaggedOnly: true, Status: gitlabci.RunnerOffline})
		l.srv.AddRunner(gitlabcitest.Runner{Tags: []string{"gpu"}, TaggedOnly: true, Status: gitlabci.RunnerOnline})
		expect(offline, paused, paused)

		l.srv.AddRunner(gitlabcitest.Runner{Tags: []string{"arm"}, Status: gitlabci.RunnerStale})
		expect(offline, offline, offline)

		_, err = l.client.Runners.Update(l.Context(), arm, &gitlabci.UpdateRunnerOptions{Paused: new(false)})
		require.NoError(l, err)
		time.Sleep(minutes)
		require.Len(l, l.stuck(id, nil), 2, "arm went on")

		require.Empty(l, l.stuck(id, &gitlabci.StuckOptions{MinWait: time.Hour}))
		time.Sleep(time.Hour)
		require.Len(l, l.stuck(id, &gitlabci.StuckOptions{MinWait: time.Hour}), 2)
	})
}

// TestStuckThoughARunnerFits: it takes jobs of protected refs alone, which GitLab tells nobody who asks for runners with tags.
func TestStuckThoughARunnerFits(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "arm", Tags: []string{"arm"}}}, func(l *live) {
		_, err := l.client.Runners.Update(l.Context(), ownRunner, &gitlabci.UpdateRunnerOptions{Paused: new(true)})
		require.NoError(l, err)
		l.srv.AddRunner(gitlabcitest.Runner{Tags: []string{"arm"}, Protected: true})
		l.srv.AddBranch(liveApp, "feature/x")
		p, err := l.client.Pipelines.Create(l.Context(), liveApp, &gitlabci.CreatePipelineOptions{Ref: "feature/x"})
		require.NoError(l, err)
		time.Sleep(minutes)
		jobs, err := l.client.Pipelines.Stuck(l.Context(), liveApp, p.ID, nil)
		require.NoError(l, err)
		require.Len(l, jobs, 1)
		require.Equal(l, gitlabci.StuckReasonRunnersBusy, jobs[0].Reason)
		require.Regexp(l, "^arm has waited .* for a runner with the tag arm$", jobs[0].String())
	})
}

// TestStuckAsksOnce asks for the runners of each combination of tags once, and for a runner only if it could change what is known.
func TestStuckAsksOnce(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{
		{Name: "a", Tags: []string{"x", "y"}}, {Name: "b", Tags: []string{"y", "x"}}, {Name: "c"}, {Name: "d"}, {Name: "e"},
	}, func(l *live) {
		_, err := l.client.Runners.Update(l.Context(), ownRunner, &gitlabci.UpdateRunnerOptions{Paused: new(true)})
		require.NoError(l, err)
		id := l.start()
		for range 10 {
			l.srv.AddRunner(gitlabcitest.Runner{TaggedOnly: true, Tags: []string{"z"}, Paused: true})
		}
		l.forget()
		require.Len(l, l.stuck(id, nil), 5)
		require.Equal(l, map[string]int{"GET " + jobsRoute: 1, "GET /projects/:id/runners": 2, "GET /runners/:id": 1}, l.routes())
	})
}

func TestStuckOtherwise(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{
		{Name: "build", Stage: "build"},
		{Name: "docs", Stage: "build", When: gitlabcitest.Manual},
		{Name: "later", Stage: "build", When: gitlabcitest.Delayed, StartIn: 24 * time.Hour},
		{Name: "gate", Stage: "gate", When: gitlabcitest.Manual, Blocking: true, Needs: []string{"build"}},
		{Name: "deploy", Stage: "gate", ResourceGroup: "production", Needs: []string{"build"}, Duration: 100 * time.Hour},
	}, func(l *live) {
		first := l.start()
		time.Sleep(minutes)
		require.Equal(l, []string{"later has waited " + l.age("later") + " for its time to start", "gate has waited " + l.age("gate") + " to be played"}, l.stuck(first, nil))

		holder := l.job("deploy")
		second := l.start()
		time.Sleep(minutes)
		jobs, err := l.client.Pipelines.Stuck(l.Context(), liveApp, second, nil)
		require.NoError(l, err)
		require.Len(l, jobs, 3)
		slices.Reverse(jobs)
		require.Equal(l, gitlabci.StuckReasonResourceGroup, jobs[0].Reason)
		require.Equal(l, "production", jobs[0].ResourceGroup)
		require.Equal(l, holder.ID, jobs[0].Holder.ID)
		require.Contains(l, jobs[0].String(), "for the resource group production, which job ")
		require.Equal(l, gitlabci.StuckReasonManual, jobs[1].Reason)
		require.Equal(l, gitlabci.StuckReasonDelayed, jobs[2].Reason)
	})
}

// age is how long ago a job was created.
func (l *live) age(name string) string {
	return time.Since(l.job(name).CreatedAt).Round(time.Second).String()
}

func TestStuckForAnApproval(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "deploy", Environment: "production"}, {Name: "optional", When: gitlabcitest.Manual}}, func(l *live) {
		_, err := l.client.ProtectedEnvironments.Create(l.Context(), liveApp, &gitlabci.CreateProtectedEnvironmentOptions{
			Name: "production", DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
			ApprovalRules: []gitlabci.ApprovalRuleOptions{{AccessLevel: gitlabci.AccessMaintainer, RequiredApprovals: 2}},
		})
		require.NoError(l, err)
		id := l.start()
		time.Sleep(minutes)
		jobs, err := l.client.Pipelines.Stuck(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Len(l, jobs, 1)
		require.NoError(l, jobs[0].Err)
		require.Equal(l, gitlabci.StuckReasonApproval, jobs[0].Reason)
		require.Contains(l, jobs[0].String(), "for 2 more approvals of deployment 1 to production")
	})
}

// TestStuckCannotTell: what the token may not see is noted beside the job.
func TestStuckCannotTell(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "gpu", Tags: []string{"gpu"}}, {Name: "gate", When: gitlabcitest.Manual, Blocking: true}}, func(l *live) {
		_, err := l.client.Runners.Update(l.Context(), ownRunner, &gitlabci.UpdateRunnerOptions{Paused: new(true)})
		require.NoError(l, err)
		id := l.start()
		time.Sleep(minutes)
		l.srv.Fail("GET", "/projects/group%2Fapp/runners", gitlabcitest.Status(403, ""))
		l.srv.Fail("GET", "/projects/group%2Fapp/deployments", gitlabcitest.Status(403, ""))
		jobs, err := l.client.Pipelines.Stuck(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Len(l, jobs, 2)
		for _, job := range jobs {
			require.ErrorIs(l, job.Err, gitlabci.ErrForbidden)
		}
		require.Equal(l, gitlabci.StuckReasonUnknown, jobs[0].Reason)
		require.Contains(l, jobs[0].String(), "gpu has waited")
		require.Contains(l, jobs[0].String(), "and is pending")
		require.Equal(l, gitlabci.StuckReasonManual, jobs[1].Reason)

		l.srv.Fail("GET", "/projects/:id/pipelines/:pipeline_id/jobs", gitlabcitest.Status(403, ""))
		_, err = l.client.Pipelines.Stuck(l.Context(), liveApp, id, nil)
		require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)

		ctx, cancel := context.WithCancel(l.Context())
		cancel()
		_, err = l.client.Pipelines.Stuck(ctx, liveApp, id, nil)
		require.ErrorIs(l, err, context.Canceled)
	})
	require.NotPanics(t, func() { _ = new(gitlabci.StuckJob).String() })
	require.NotPanics(t, func() { _ = (&gitlabci.StuckJob{Reason: gitlabci.StuckReasonApproval}).String() })
}
