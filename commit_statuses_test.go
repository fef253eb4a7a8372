package gitlabci_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// A commit without a pipeline has no status, until one is reported; reporting the same once more is refused.
func TestStatusesOfACommit(t *testing.T) {
	inBubble(t, nil, func(l *live) {
		sha := l.srv.AddBranch(liveApp, "topic")
		statuses, err := l.client.CommitStatuses.List(l.Context(), liveApp, sha, nil).Collect()
		require.NoError(l, err)
		require.Empty(l, statuses)

		report := &gitlabci.SetCommitStatusOptions{State: gitlabci.JobRunning, Name: "scan", Ref: "topic"}
		set, err := l.client.CommitStatuses.Set(l.Context(), liveApp, sha, report)
		require.NoError(l, err)
		_, err = l.client.CommitStatuses.Set(l.Context(), liveApp, sha, report)
		require.ErrorIs(l, err, gitlabci.ErrBadRequest)
		require.ErrorIs(l, err, gitlabci.ErrCommitStatusSet)

		statuses, err = l.client.CommitStatuses.List(l.Context(), liveApp, sha, nil).Collect()
		require.NoError(l, err)
		require.Len(l, statuses, 1)
		require.Equal(l, set.ID, statuses[0].ID)

		_, err = l.client.CommitStatuses.List(l.Context(), liveApp, strings.Repeat("0", 40), nil).Collect()
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
	})
}
