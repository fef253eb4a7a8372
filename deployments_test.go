package gitlabci_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// The deployment of a job is the job's: its status cannot be set, and it waits for no approval.
func TestDeploymentOfAJob(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "deploy", Environment: "production"}}, func(l *live) {
		l.start()
		time.Sleep(time.Minute)
		deployments, err := l.client.Deployments.List(l.Context(), liveApp, nil).Collect()
		require.NoError(l, err)
		require.Len(l, deployments, 1)
		require.Equal(l, gitlabci.DeploymentSuccess, deployments[0].Status)
		id := deployments[0].ID

		_, err = l.client.Deployments.Update(l.Context(), liveApp, id, &gitlabci.UpdateDeploymentOptions{Status: gitlabci.DeploymentFailed})
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.ErrorIs(l, err, gitlabci.ErrDeploymentUpdate)
		_, err = l.client.Deployments.SetApproval(l.Context(), liveApp, id, &gitlabci.SetDeploymentApprovalOptions{Status: gitlabci.DeploymentApprovalApproved})
		require.ErrorIs(l, err, gitlabci.ErrBadRequest)
		require.ErrorIs(l, err, gitlabci.ErrDeploymentApprovalSet)
		err = l.client.Deployments.Delete(l.Context(), liveApp, id)
		require.ErrorIs(l, err, gitlabci.ErrBadRequest, "it is the last one of its environment")
		require.ErrorIs(l, err, gitlabci.ErrDeploymentDelete)
	})
}
