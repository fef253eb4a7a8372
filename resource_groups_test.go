package gitlabci_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A resource group that nobody holds has no current job, which is no error; one that is not there is.
func TestWhoHoldsAResourceGroup(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "deploy", ResourceGroup: "production", Duration: time.Minute}}, func(l *live) {
		_, err := l.client.ResourceGroups.CurrentJob(l.Context(), liveApp, "production")
		require.ErrorIs(l, err, gitlabci.ErrNotFound)

		l.start()
		l.start()
		time.Sleep(10 * time.Second)
		holder, err := l.client.ResourceGroups.CurrentJob(l.Context(), liveApp, "production")
		require.NoError(l, err)
		require.Equal(l, gitlabci.JobRunning, holder.Status)
		upcoming, err := l.client.ResourceGroups.UpcomingJobs(l.Context(), liveApp, "production", nil).Collect()
		require.NoError(l, err)
		require.Len(l, upcoming, 1)
		require.Equal(l, gitlabci.JobWaitingForResource, upcoming[0].Status)

		time.Sleep(5 * time.Minute)
		holder, err = l.client.ResourceGroups.CurrentJob(l.Context(), liveApp, "production")
		require.NoError(l, err)
		require.Nil(l, holder)
	})
}
