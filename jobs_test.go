package gitlabci_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// What a job can be told depends on its state: a manual one is played, and neither retried nor erased before it has run.
func TestJobsByState(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "deploy", When: "manual"}}, func(l *live) {
		pipeline := l.start()
		jobs, err := l.client.Pipelines.Jobs(l.Context(), liveApp, pipeline, nil).Collect()
		require.NoError(l, err)
		require.Len(l, jobs, 1)
		id := jobs[0].ID

		trace, err := l.client.Jobs.Trace(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		log, err := io.ReadAll(trace)
		require.NoError(l, err)
		require.NoError(l, trace.Close())
		require.Empty(l, log, "it has no log yet")
		_, err = l.client.Jobs.Retry(l.Context(), liveApp, id, nil)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.ErrorIs(l, err, gitlabci.ErrJobRetry)
		_, err = l.client.Jobs.Erase(l.Context(), liveApp, id)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.ErrorIs(l, err, gitlabci.ErrJobErase)

		_, err = l.client.Jobs.Play(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		time.Sleep(time.Minute)
		erased, err := l.client.Jobs.Erase(l.Context(), liveApp, id)
		require.NoError(l, err)
		require.False(l, erased.ErasedAt.IsZero())
		finished, err := l.client.Jobs.Cancel(l.Context(), liveApp, id, nil)
		require.NoError(l, err, "a finished job stays as it is")
		require.Equal(l, gitlabci.JobSuccess, finished.Status)
		_, err = l.client.Jobs.Current(l.Context())
		require.ErrorIs(l, err, gitlabci.ErrNotFound, "the token is no job's")
	})
}
