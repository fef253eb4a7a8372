package gitlabci_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// deployment is the newest of the project.
func (l *live) deployment() *gitlabci.Deployment {
	l.Helper()
	all, err := l.client.Deployments.List(l.Context(), liveApp, &gitlabci.ListDeploymentsOptions{Sort: gitlabci.SortDesc}).Take(1).Collect()
	require.NoError(l, err)
	require.Len(l, all, 1)
	return all[0]
}

func TestWaitForADeployment(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "deploy", Environment: "production", Duration: time.Hour}}, func(l *live) {
		l.start()
		time.Sleep(minutes)
		id := l.deployment().ID
		var told []gitlabci.DeploymentStatus
		d, err := l.client.Deployments.Wait(l.Context(), liveApp, id, &gitlabci.WaitDeploymentOptions{Progress: func(d *gitlabci.Deployment) { told = append(told, d.Status) }})
		require.NoError(l, err)
		require.Equal(l, gitlabci.DeploymentSuccess, d.Status)
		require.Equal(l, []gitlabci.DeploymentStatus{gitlabci.DeploymentRunning, gitlabci.DeploymentSuccess}, told)
		_, err = l.client.Deployments.Wait(l.Context(), liveApp, 99, nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)

		l.srv.Define(liveApp, gitlabcitest.Job{Name: "deploy", Environment: "production", Fails: 1})
		l.start()
		d, err = l.client.Deployments.Wait(l.Context(), liveApp, l.deployment().ID, nil)
		require.ErrorIs(l, err, gitlabci.ErrDeploymentFailed)
		require.EqualError(l, err, "gitlabci: deployment 2 to production failed")
		require.Equal(l, gitlabci.DeploymentFailed, d.Status)
	})
}

func TestWaitForApprovals(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "deploy", Environment: "production"}}, func(l *live) {
		_, err := l.client.ProtectedEnvironments.Create(l.Context(), liveApp, &gitlabci.CreateProtectedEnvironmentOptions{
			Name: "production", DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
			ApprovalRules: []gitlabci.ApprovalRuleOptions{{AccessLevel: gitlabci.AccessMaintainer, RequiredApprovals: 1}},
		})
		require.NoError(l, err)
		pipeline := l.start()
		time.Sleep(minutes)
		id := l.deployment().ID
		d, err := l.client.Deployments.Wait(l.Context(), liveApp, id, nil)
		var outcome *gitlabci.DeploymentError
		require.ErrorAs(l, err, &outcome)
		require.Equal(l, d, outcome.Deployment)
		require.ErrorIs(l, err, gitlabci.ErrDeploymentBlocked)
		require.EqualError(l, err, "gitlabci: deployment 1 to production blocked: it needs 1 of 1 approvals of Maintainers")

		through := &gitlabci.WaitDeploymentOptions{ThroughBlocked: true}
		_, err = l.client.Deployments.Wait(l.within(time.Hour), liveApp, id, through)
		require.ErrorAs(l, err, new(*gitlabci.WaitError))
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.EqualError(l, err, "gitlabci: wait for deployment 1 to production: still blocked after 1h0m0s; it needs 1 of 1 approvals of Maintainers: context deadline exceeded")

		grace := l.srv.AddUser("grace", gitlabcitest.Maintainer.In("group"))
		approver := l.client.WithAuth(gitlabci.PrivateToken(grace))
		changes := 0
		through.Progress = func(*gitlabci.Deployment) { changes++ }
		time.AfterFunc(time.Hour, func() {
			_, err := approver.Deployments.SetApproval(l.Context(), liveApp, id, &gitlabci.SetDeploymentApprovalOptions{Status: gitlabci.DeploymentApprovalApproved})
			require.NoError(l, err)
			time.Sleep(time.Minute)
			_, err = l.client.Pipelines.PlayJob(l.Context(), liveApp, pipeline, "deploy", nil)
			require.NoError(l, err)
		})
		d, err = l.client.Deployments.Wait(l.Context(), liveApp, id, through)
		require.NoError(l, err)
		require.Equal(l, gitlabci.DeploymentSuccess, d.Status)
		require.Len(l, d.Approvals, 1)
		require.GreaterOrEqual(l, changes, 3)
	})
	for want, err := range map[string]error{
		"gitlabci: deployment did not succeed":                 new(gitlabci.DeploymentError),
		"gitlabci: deployment 0 blocked: it needs 2 approvals": &gitlabci.DeploymentError{Deployment: &gitlabci.Deployment{Status: gitlabci.DeploymentBlocked, PendingApprovalCount: 2}},
		"gitlabci: deployment 0 running":                       &gitlabci.DeploymentError{Deployment: &gitlabci.Deployment{Status: gitlabci.DeploymentRunning}},
		"gitlabci: deployment 0 canceled":                      &gitlabci.DeploymentError{Deployment: &gitlabci.Deployment{Status: gitlabci.DeploymentCanceled}},
		"gitlabci: deployment 0 skipped":                       &gitlabci.DeploymentError{Deployment: &gitlabci.Deployment{Status: gitlabci.DeploymentSkipped}},
	} {
		require.EqualError(t, err, want)
	}
}

func TestWaitForAnEnvironment(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{
		{Name: "deploy", Environment: "review", OnStop: "stop"},
		{Name: "stop", Environment: "review", EnvironmentAction: gitlabcitest.Stop, When: gitlabcitest.Manual, Duration: time.Hour, Fails: 1},
	}, func(l *live) {
		id := l.start()
		_, err := l.client.Pipelines.WaitJob(l.Context(), liveApp, id, "deploy", nil)
		require.NoError(l, err)
		all, err := l.client.Environments.List(l.Context(), liveApp, nil).Collect()
		require.NoError(l, err)
		review := all[0].ID
		stopped := &gitlabci.WaitEnvironmentOptions{State: gitlabci.EnvironmentStopped}
		e, err := l.client.Environments.Wait(l.Context(), liveApp, review, &gitlabci.WaitEnvironmentOptions{State: gitlabci.EnvironmentAvailable})
		require.NoError(l, err)
		require.Equal(l, gitlabci.EnvironmentAvailable, e.State)
		_, err = l.client.Environments.Wait(l.within(time.Minute), liveApp, review, stopped)
		require.ErrorIs(l, err, context.DeadlineExceeded)

		_, err = l.client.Environments.Stop(l.Context(), liveApp, review, nil)
		require.NoError(l, err)
		e, err = l.client.Environments.Wait(l.Context(), liveApp, review, stopped)
		require.ErrorIs(l, err, gitlabci.ErrConflict, "its stop job failed")
		require.ErrorContains(l, err, "the environment is available again")
		require.Equal(l, gitlabci.EnvironmentAvailable, e.State)
		job, err := l.client.Pipelines.Job(l.Context(), liveApp, id, "stop")
		require.NoError(l, err)
		_, err = l.client.Jobs.Retry(l.Context(), liveApp, job.ID, nil)
		require.NoError(l, err)
		e, err = l.client.Environments.Wait(l.Context(), liveApp, review, stopped)
		require.NoError(l, err)
		require.Equal(l, gitlabci.EnvironmentStopped, e.State)
		for _, options := range []*gitlabci.WaitEnvironmentOptions{nil, {}} {
			_, err = l.client.Environments.Wait(l.Context(), liveApp, review, options)
			require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
		}
	})
}
