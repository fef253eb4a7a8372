package gitlabci_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// within is a context with a deadline, by the bubble's clock.
func (l *live) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(l.Context(), d)
	l.Cleanup(cancel)
	return ctx
}

var whyItWaits = []gitlabcitest.Job{
	{Name: "gpu", Tags: []string{"gpu", "large"}},
	{Name: "build", Duration: 100 * time.Hour},
	{Name: "gate", When: gitlabcitest.Manual, Blocking: true, Needs: []string{}},
}

func (l *live) onlyUntagged() {
	_, err := l.client.Runners.Update(l.Context(), ownRunner, &gitlabci.UpdateRunnerOptions{Paused: new(true)})
	require.NoError(l, err)
	l.srv.AddRunner(gitlabcitest.Runner{})
}

func TestWaitErrorTellsWhatWasWaitedFor(t *testing.T) {
	inBubble(t, whyItWaits, func(l *live) {
		l.onlyUntagged()
		id := l.start()
		p, err := l.client.Pipelines.Wait(l.within(time.Hour), liveApp, id, nil)
		var waited *gitlabci.WaitError
		require.ErrorAs(l, err, &waited)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
		require.Equal(l, "wait for pipeline", failureOf(l, err).Op)
		require.Equal(l, p, waited.Pipeline)
		require.Equal(l, time.Hour, waited.After)
		require.Len(l, waited.Running, 1)
		require.Equal(l, "build", waited.Running[0].Name)
		require.Len(l, waited.Stuck, 2)
		require.Regexp(l, `^gitlabci: wait for pipeline 1: still running after 1h0m0s; gpu has waited \S+ for a runner with the tags gpu, large: there is none; `+
			`gate has waited \S+ to be played; running: build: context deadline exceeded$`, err.Error())

		job, err := l.client.Jobs.Wait(l.within(time.Hour), liveApp, l.job("gpu").ID, nil)
		require.ErrorAs(l, err, &waited)
		require.Equal(l, job, waited.Job)
		require.Regexp(l, `^gitlabci: wait for job \d+ \(gpu\): still pending after 1h0m0s; gpu has waited \S+ for a runner with the tags gpu, large: there is none: `, err.Error())

		_, err = l.client.Pipelines.WaitJob(l.within(time.Hour), liveApp, id, "build", nil)
		require.Regexp(l, `^gitlabci: wait for job by name: job \d+ \(build\): still running after 1h0m0s; running: build: context deadline exceeded$`, err.Error())
		_, err = l.client.Pipelines.WaitStage(l.within(time.Hour), liveApp, id, "test", &gitlabci.WaitJobOptions{ThroughManual: true})
		require.Regexp(l, `^gitlabci: wait for stage test: still waiting after 1h0m0s; gpu has waited .*; gate has waited .* to be played; running: build: context`, err.Error())
	})
}

// TestWaitErrorCostsLittle: what is waited for is asked for once, in the last pause, and not at all while GitLab is out of reach, has asked for a pause, or
// where there is no deadline.
func TestWaitErrorCostsLittle(t *testing.T) {
	inBubble(t, whyItWaits, func(l *live) {
		l.onlyUntagged()
		id := l.start()
		time.Sleep(minutes)
		l.forget()
		_, err := l.client.Pipelines.Wait(l.within(time.Hour), liveApp, id, nil)
		require.ErrorAs(l, err, new(*gitlabci.WaitError))
		routes := l.routes()
		delete(routes, "GET "+pipelineRoute)
		require.Equal(l, map[string]int{"GET " + pipelinesRoute: 1, "GET " + jobsRoute: 1, "GET /projects/:id/runners": 1, "GET /projects/:id/deployments": 1}, routes)

		for name, fault := range map[string]gitlabcitest.Fault{
			"out of reach": gitlabcitest.Status(502, "").Forever(), "a pause": gitlabcitest.TooManyRequests(50 * time.Second).Forever(),
		} {
			l.forget()
			l.srv.Fail("GET", pipelineRoute, gitlabcitest.Delay(0), fault)
			_, err = l.client.Pipelines.Wait(l.within(40*time.Second), liveApp, id, &gitlabci.WaitOptions{ExpectEnd: new(false)})
			require.ErrorIs(l, err, context.DeadlineExceeded, name)
			var waited *gitlabci.WaitError
			require.ErrorAs(l, err, &waited, name)
			require.Empty(l, waited.Stuck, name)
			require.Zero(l, l.routes()["GET "+jobsRoute], name)
			l.srv.Heal()
		}

		ctx, cancel := context.WithCancel(l.Context())
		time.AfterFunc(time.Minute, cancel)
		l.forget()
		_, err = l.client.Pipelines.Wait(ctx, liveApp, id, nil)
		require.ErrorIs(l, err, context.Canceled)
		require.Zero(l, l.routes()["GET "+jobsRoute])
		require.EqualError(l, err, "gitlabci: wait for pipeline 1: still running after 1m0s: context canceled")
	})
}

func TestWaitErrorOfUsers(t *testing.T) {
	many := make([]*gitlabci.StuckJob, 7)
	for i := range many {
		many[i] = &gitlabci.StuckJob{Job: &gitlabci.Job{Name: "j\n"}, Reason: gitlabci.StuckReasonManual}
	}
	for want, err := range map[string]error{
		"gitlabci: wait: still waiting after 0s": new(gitlabci.WaitError),
		"gitlabci: wait: pipeline 5: still pending after 1.5s: EOF": &gitlabci.WaitError{
			Pipeline: &gitlabci.Pipeline{ID: 5, Status: gitlabci.PipelinePending}, After: 1500 * time.Millisecond, Err: io.EOF},
		"gitlabci: wait: stage test: still waiting after 0s; j waits to be played; j waits to be played; j waits to be played; j waits to be played; " +
			"j waits to be played; 2 more wait": &gitlabci.WaitError{Stage: "test", Stuck: many},
	} {
		require.EqualError(t, err, want)
	}
	require.ErrorIs(t, &gitlabci.WaitError{Err: io.EOF}, io.EOF)
	require.NoError(t, errors.Unwrap(new(gitlabci.WaitError)))
}
