package gitlabci_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A deployment brought no merge request along as long as none was merged.
func TestMergeRequestsOfADeployment(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "deploy", Environment: "production"}}, func(l *live) {
		l.start()
		time.Sleep(time.Minute)
		iid := l.srv.AddMergeRequest(liveApp, "topic")
		brought := func() (iids []int64) {
			deployments, err := l.client.Deployments.List(l.Context(), liveApp, nil).Collect()
			require.NoError(l, err)
			last := deployments[len(deployments)-1]
			for mr, err := range l.client.Deployments.MergeRequests(l.Context(), liveApp, last.ID, nil) {
				require.NoError(l, err)
				iids = append(iids, mr.IID)
			}
			return iids
		}
		require.Empty(l, brought())

		l.srv.MergeMergeRequest(liveApp, iid)
		time.Sleep(time.Minute)
		require.Equal(l, []int64{iid}, brought())

		_, err := l.client.Deployments.MergeRequests(l.Context(), liveApp, 404, nil).Collect()
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrMergeRequestList)
	})
}
