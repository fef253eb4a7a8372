package gitlabci_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// hour is a pipeline of about an hour, with a job of every kind.
var hour = []gitlabcitest.Job{
	{Name: "compile", Stage: "build", Duration: 5*minutes + 300*time.Millisecond},
	{Name: "assets", Stage: "build", Duration: 200 * time.Millisecond}, // over before anybody looks again
	{Name: "unit", Stage: "test", Duration: 10 * minutes, Queue: 2 * minutes},
	{Name: "lint", Stage: "test", Needs: []string{"assets"}, Fails: 1, AllowFailure: true},
	{Name: "e2e", Stage: "test", Duration: 3 * minutes, Fails: 1}, // retried by hand
	{Name: "docs", Stage: "test", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "pages", Duration: 8 * minutes}}}},
	{Name: "tell", Stage: "test", Trigger: &gitlabcitest.Downstream{Jobs: []gitlabcitest.Job{{Name: "chat"}}}},
	{Name: "mend", Stage: "test", When: gitlabcitest.OnFailure},
	{Name: "approve", Stage: "stage", When: gitlabcitest.Manual, Blocking: true, Duration: minutes},
	{Name: "canary", Stage: "deploy", When: gitlabcitest.Delayed, StartIn: 10 * minutes, Duration: 5 * minutes},
	{Name: "rollout", Stage: "release", Duration: 17 * minutes},
	{Name: "cleanup", Stage: "release", When: gitlabcitest.Manual},
}

// hourly is what becomes of each of its jobs, attempts apart.
var hourly = map[string][]string{
	"pipeline": {"pending", "running", "manual", "running", "scheduled", "running", "success"},
	"compile":  {"pending", "running", "success"},
	"assets":   {"pending", "running", "success"},
	"unit":     {"created", "pending", "running", "success"},
	"lint":     {"created", "pending", "running", "failed"},
	"e2e":      {"created", "pending", "running", "failed", "pending", "running", "success"},
	"docs":     {"created", "pending", "running", "success"},
	"tell":     {"created", "pending", "running", "success"},
	"mend":     {"created", "skipped"},
	"approve":  {"created", "manual", "pending", "running", "success"},
	"canary":   {"created", "scheduled", "pending", "running", "success"},
	"rollout":  {"created", "pending", "running", "success"},
	"cleanup":  {"created", "manual"},
}

// handle does by hand what the hour needs: a retry, and a job to be played.
func (l *live) handle() {
	l.later(12*minutes, func() {
		_, err := l.client.Jobs.Retry(l.Context(), liveApp, l.job("e2e").ID, nil)
		require.NoError(l, err)
	})
	l.later(25*minutes, func() {
		_, err := l.client.Jobs.PlayOrRetry(l.Context(), liveApp, l.job("approve").ID, nil)
		require.NoError(l, err)
	})
}

func about(e *gitlabci.PipelineEvent) (name string, id int64) {
	switch {
	case e.Job != nil:
		return e.Job.Name, e.Job.ID
	case e.Bridge != nil:
		return e.Bridge.Name, e.Bridge.ID
	}
	return "pipeline", 0
}

// checkHour compares events with what the hour's jobs say of themselves afterwards.
func (l *live) checkHour(id int64, events []*gitlabci.PipelineEvent) {
	l.Helper()
	got := make(map[string][]string)
	last := make(map[int64]string)
	times := make(map[string]time.Time)
	var latest time.Time
	for _, e := range events {
		name, id := about(e)
		require.Equal(l, last[id], e.From, "%s", name)
		last[id] = e.To
		if e.From == "" && e.To == "pending" && len(got[name]) > 0 {
			require.Equal(l, "e2e", name, "the only job with another attempt")
		}
		got[name] = append(got[name], e.To)
		times[fmt.Sprint(id, e.To)] = e.Time
		require.NotNil(l, e.Pipeline)
		require.False(l, e.Job != nil && e.Bridge != nil)
		if e.To != "manual" && e.To != "scheduled" || id == 0 { // when that was GitLab does not tell of jobs
			require.False(l, e.Time.Before(latest), "%s %s at %v, after %v", name, e.To, e.Time, latest)
			latest = e.Time
		}
	}
	for name := range hourly {
		require.Equal(l, hourly[name], got[name], name)
	}
	end := events[len(events)-1]
	require.Equal(l, "success", end.To)
	require.Nil(l, end.Job)
	require.Nil(l, end.Bridge)

	check := func(id int64, status gitlabci.JobStatus, started, finished time.Time, queued gitlabci.Seconds) {
		for to, at := range map[string]time.Time{"pending": started.Add(-queued.Duration()), "running": started, string(status): finished} {
			if !started.IsZero() {
				require.WithinDuration(l, at, times[fmt.Sprint(id, to)], 10*time.Millisecond, "job %d %s", id, to)
			}
		}
	}
	p, err := l.client.Pipelines.Get(l.Context(), liveApp, id)
	require.NoError(l, err)
	require.Equal(l, p.FinishedAt, end.Time)
	for job, err := range l.client.Pipelines.Jobs(l.Context(), liveApp, id, &gitlabci.ListPipelineJobsOptions{IncludeRetried: true}) {
		require.NoError(l, err)
		if job.ID != 1 && job.ID != 2 { // they were pending before the watch began
			check(job.ID, job.Status, job.StartedAt, job.FinishedAt, job.QueuedDuration)
		}
	}
	for bridge, err := range l.client.Pipelines.Bridges(l.Context(), liveApp, id, nil) {
		require.NoError(l, err)
		check(bridge.ID, bridge.Status, bridge.StartedAt, bridge.FinishedAt, bridge.QueuedDuration)
	}
}

// watch returns the events of a watch that ends well.
func (l *live) watch(id int64, o *gitlabci.WatchOptions) (events []*gitlabci.PipelineEvent) {
	l.Helper()
	for event, err := range l.client.Pipelines.Watch(l.Context(), liveApp, id, o) {
		require.NoError(l, err)
		events = append(events, event)
	}
	return events
}

func TestWatchAnHour(t *testing.T) {
	real := time.Now()
	inBubble(t, hour, func(l *live) {
		id := l.start()
		l.handle()
		began := time.Now()
		events := l.watch(id, &gitlabci.WatchOptions{ThroughManual: true})
		took, requests := time.Since(began), len(l.times())
		l.checkHour(id, events)
		require.Greater(l, took, 58*minutes)
		require.Less(l, time.Since(events[len(events)-1].Time), 7*seconds)
		require.Less(l, requests, int(took/seconds), "three a poll, every three seconds, would be as many")
		l.Logf("%d events of %v, by %d requests", len(events), took.Round(seconds), requests)
	})
	t.Logf("in %v", time.Since(real).Round(time.Millisecond))
}

func TestWatchSurvives(t *testing.T) {
	inBubble(t, hour, func(l *live) {
		id := l.start()
		l.handle()
		all := []gitlabcitest.Fault{}
		for _, name := range []string{"500", "502", "503", "429", "dropped before", "dropped after", "dropped within"} {
			all = append(all, trouble[name]...)
		}
		for i := 1; i < 55; i++ { // what happens before the first look that goes well is not told
			for j, route := range []string{pipelineRoute, jobsRoute, bridgesRoute} {
				l.later(time.Duration(i)*minutes+time.Duration(j)*17*seconds, func() {
					l.srv.Heal() // of what nobody asked for in the meantime
					l.srv.Fail("GET", route, all[(i+j)%len(all)])
				})
			}
		}
		events := l.watch(id, &gitlabci.WatchOptions{ThroughManual: true})
		l.srv.Heal()
		l.checkHour(id, events)
	})
}

func TestWatchEndsByItself(t *testing.T) {
	tell := func(events []*gitlabci.PipelineEvent) string {
		var told []string
		for _, e := range events {
			name, _ := about(e)
			told = append(told, strings.TrimPrefix(fmt.Sprintf("%s %s>%s", name, e.From, e.To), " "))
		}
		return strings.Join(told, ", ")
	}
	for _, test := range []struct {
		name      string
		jobs      []gitlabcitest.Job
		o         *gitlabci.WatchOptions
		meanwhile func(l *live, id int64)
		told      string
	}{
		{
			name: "failed", jobs: []gitlabcitest.Job{{Name: "unit", Fails: 1}, {Name: "deploy", Stage: "deploy"}},
			told: "unit >pending, deploy >created, pipeline >pending, unit pending>running, pipeline pending>running, unit running>failed, deploy created>skipped, pipeline running>failed",
		},
		{
			name: "canceled", jobs: []gitlabcitest.Job{{Name: "unit", Duration: time.Hour, AfterScript: minutes}},
			meanwhile: func(l *live, id int64) { l.client.Pipelines.Cancel(l.Context(), liveApp, id, nil) },
			told:      "unit >pending, pipeline >pending, unit pending>running, pipeline pending>running, unit running>canceling, pipeline running>canceling, unit canceling>canceled, pipeline canceling>canceled",
		},
		{
			name: "canceled at once", jobs: []gitlabcitest.Job{{Name: "unit", Duration: time.Hour}, {Name: "next", Stage: "next"}},
			meanwhile: func(l *live, id int64) { l.client.Pipelines.Cancel(l.Context(), liveApp, id, nil) },
			told:      "unit >pending, next >created, pipeline >pending, unit pending>running, pipeline pending>running, unit running>canceled, next created>canceled, pipeline running>canceled",
		},
		{
			name: "blocked", jobs: []gitlabcitest.Job{{Name: "approve", When: gitlabcitest.Manual, Blocking: true}},
			told: "approve >manual, pipeline >manual",
		},
		{
			name: "through manual", jobs: []gitlabcitest.Job{{Name: "approve", When: gitlabcitest.Manual, Blocking: true}}, o: &gitlabci.WatchOptions{ThroughManual: true},
			meanwhile: func(l *live, id int64) { l.client.Pipelines.Play(l.Context(), liveApp, id, nil) },
			told:      "approve >manual, pipeline >manual, approve manual>pending, approve pending>running, pipeline manual>running, approve running>success, pipeline running>success",
		},
		{
			name: "skipped", jobs: []gitlabcitest.Job{{Name: "mend", When: gitlabcitest.OnFailure}},
			told: "mend >skipped, pipeline >skipped",
		},
		{
			name: "only a trigger job", jobs: []gitlabcitest.Job{{Name: "child", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "unit", Duration: minutes}}}}},
			told: "child >pending, pipeline >pending, child pending>running, pipeline pending>running, child running>success, pipeline running>success",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, test.jobs, func(l *live) {
				id := l.start()
				if test.meanwhile != nil {
					l.later(minutes, func() { test.meanwhile(l, id) })
				}
				require.Equal(l, test.told, tell(l.watch(id, test.o)))

				// What has ended is told as it is.
				if test.o == nil {
					asked := len(l.times())
					for range 2 {
						for _, e := range l.watch(id, nil) {
							require.Empty(l, e.From)
						}
					}
					require.LessOrEqual(l, len(l.times()), asked+6)
				}
			})
		})
	}
}

func TestWatchBreak(t *testing.T) {
	inBubble(t, hour, func(l *live) {
		id := l.start()
		events := l.client.Pipelines.Watch(l.Context(), liveApp, id, nil)
		require.Empty(l, l.times(), "nothing before the loop")
		for range 2 { // each loop begins anew
			n := 0
			for event, err := range events {
				require.NoError(l, err)
				if n++; n == 1 {
					require.Empty(l, event.From)
				}
				if n == 20 {
					break
				}
			}
			require.Equal(l, 20, n)
			asked := len(l.times())
			time.Sleep(5 * minutes)
			require.Len(l, l.times(), asked, "nothing after the loop")
		}
	}) // a goroutine that is left would make the bubble panic
}

func TestWatchFails(t *testing.T) {
	last := func(l *live, ctx context.Context, id int64, o *gitlabci.WatchOptions) (*gitlabci.PipelineEvent, error) {
		var event *gitlabci.PipelineEvent
		var failure error
		for event, failure = range l.client.Pipelines.Watch(ctx, liveApp, id, o) {
		}
		return event, failure
	}
	inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: 10 * time.Hour}}, func(l *live) {
		id := l.start()
		ctx, cancel := context.WithTimeout(l.Context(), 10*minutes)
		defer cancel()
		event, err := last(l, ctx, id, nil)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
		require.EqualError(l, err, "gitlabci: watch pipeline: context deadline exceeded")
		require.Equal(l, gitlabci.PipelineRunning, event.Pipeline.Status, "what was seen last")

		_, err = last(l, l.Context(), id+1, nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
		_, err = last(l, l.Context(), 0, nil)
		require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)

		for _, route := range []string{pipelineRoute, jobsRoute} {
			l.srv.Fail("GET", route, gitlabcitest.Status(403, `{"message":"403 Forbidden"}`))
			_, err = last(l, l.Context(), id, nil)
			require.ErrorIs(l, err, gitlabci.ErrForbidden)
			require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
		}

		l.later(time.Hour, func() { l.srv.Fail("", "", gitlabcitest.DropBefore().Forever()) })
		began := time.Now()
		event, err = last(l, l.Context(), id, &gitlabci.WatchOptions{Patience: minutes})
		require.ErrorContains(l, err, "watch pipeline: GitLab is out of reach for 1m")
		require.Equal(l, gitlabci.PipelineRunning, event.Pipeline.Status)
		require.Less(l, time.Since(began), time.Hour+minutes+15*seconds)
	})
	inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: 10 * time.Hour}}, func(l *live) {
		id := l.start()
		ctx, cancel := context.WithCancel(l.Context())
		l.later(minutes, cancel)
		began := time.Now()
		_, err := last(l, ctx, id, nil)
		require.ErrorIs(l, err, context.Canceled)
		require.Equal(l, minutes, time.Since(began))
	})
}

// TestWatchPipelineLagsBehind has a GitLab that works out the pipeline's status a while after the jobs', as it does in the background.
func TestWatchPipelineLagsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		at := func(steps ...any) any { // pairs of a time in seconds and what holds from then on
			var now any
			for pair := range slices.Chunk(steps, 2) {
				if time.Since(began) >= time.Duration(pair[0].(int))*seconds {
					now = pair[1]
				}
			}
			return now
		}
		asked := make(map[string]int)
		client := scripted(t, func(r *http.Request) (int, string, []string) {
			what := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
			asked[what]++
			switch what {
			case "jobs":
				return 200, at(0, `[{"id":1,"name":"unit","status":"created"}]`, 10, `[{"id":1,"name":"unit","status":"running"}]`,
					60, `[{"id":2,"name":"new","status":"brand_new_state"},{"id":1,"name":"unit","status":"success"}]`,
					90, `[{"id":2,"name":"new","status":"success"},{"id":1,"name":"unit","status":"success"}]`).(string), nil
			case "bridges":
				return 200, "[]", nil
			}
			return 200, fmt.Sprintf(`{"id":1,"status":%q}`, at(0, "created", 16, "running", 100, "success")), nil
		})
		var told []string
		for e, err := range client.Pipelines.Watch(t.Context(), liveApp, 1, nil) {
			require.NoError(t, err)
			name, _ := about(e)
			told = append(told, name+" "+e.To)
		}
		require.Equal(t, []string{
			"unit created", "pipeline created", "unit running", "pipeline running", "unit success", "new brand_new_state", "new success", "pipeline success",
		}, told)
		require.Less(t, time.Since(began), 107*seconds)
		require.Equal(t, 1, asked["bridges"])
		require.Less(t, asked["1"], asked["jobs"]*3/4, "while a job runs the pipeline need not be asked")
	})
}

// TestWatchReadsAllJobs has more jobs than a page holds.
func TestWatchReadsAllJobs(t *testing.T) {
	var jobs []gitlabcitest.Job
	for i := range 230 {
		jobs = append(jobs, gitlabcitest.Job{Name: fmt.Sprint("job ", i), Duration: time.Duration(i%30+1) * seconds})
	}
	inBubble(t, jobs, func(l *live) {
		id := l.start()
		events := l.watch(id, nil)
		require.Len(l, events, 230*3+3)
	})
}
