package gitlabci_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func TestPoll(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "deploy", ResourceGroup: "production", Duration: time.Hour}}, func(l *live) {
		id := l.start()
		time.Sleep(minutes)
		free := func(ctx context.Context, opts ...gitlabci.RequestOption) (*gitlabci.Job, bool, error) {
			job, err := l.client.ResourceGroups.CurrentJob(ctx, liveApp, "production", opts...)
			return job, job == nil, err
		}
		l.srv.Fail("GET", "/projects/:id/resource_groups/:key/current_job", gitlabcitest.Delay(0), gitlabcitest.Status(502, "").Times(3), gitlabcitest.DropBefore(), gitlabcitest.Status(404, ""))
		job, err := gitlabci.Poll(l.Context(), l.client, nil, free)
		require.NoError(l, err)
		require.Nil(l, job)
		p, err := l.client.Pipelines.Get(l.Context(), liveApp, id)
		require.NoError(l, err)
		require.Equal(l, gitlabci.PipelineSuccess, p.Status)

		// What cannot pass ends it, and each call is sent once.
		l.forget()
		l.srv.Fail("GET", "/projects/:id/resource_groups/:key/current_job", gitlabcitest.Status(403, ""))
		_, err = gitlabci.Poll(l.Context(), l.client, nil, free)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.ErrorContains(l, err, "gitlabci: poll: ")
		require.Len(l, l.times(), 1)
		mine := errors.New("of the caller")
		_, err = gitlabci.Poll(l.Context(), l.client, nil, func(context.Context, ...gitlabci.RequestOption) (int, bool, error) { return 0, true, mine })
		require.ErrorIs(l, err, mine)

		l.srv.Fail("GET", "/projects/:id/resource_groups/:key/current_job", gitlabcitest.Status(502, "").Forever())
		began := time.Now()
		_, err = gitlabci.Poll(l.Context(), l.client, &gitlabci.PollOptions{Patience: time.Minute}, free)
		require.ErrorContains(l, err, "GitLab is out of reach for 1m")
		require.Less(l, time.Since(began), 2*time.Minute)

		asked := 0
		last, err := gitlabci.Poll(l.within(time.Hour), l.client, &gitlabci.PollOptions{Interval: time.Minute},
			func(context.Context, ...gitlabci.RequestOption) (int, bool, error) { asked++; return asked, false, nil })
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.Equal(l, asked, last, "the last value")
		require.Less(l, asked, 40)
		require.Greater(l, asked, 15)
	})
}
