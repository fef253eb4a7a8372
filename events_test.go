package gitlabci_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// bells are events that a test rings.
type bells struct {
	mu     sync.Mutex
	next   int
	notify map[int]func(kind string, id int64, status string)
}

func (b *bells) on(kind string, id int64, notify func(status string)) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.notify == nil {
		b.notify = make(map[int]func(string, int64, string))
	}
	key := b.next
	b.next++
	b.notify[key] = func(k string, i int64, status string) {
		if k == kind && i == id {
			notify(status)
		}
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.notify, key)
	}
}

func (b *bells) ring(kind string, id int64, status string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, notify := range b.notify {
		notify(kind, id, status)
	}
}

func (b *bells) listeners() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.notify)
}

func (b *bells) OnPipeline(id int64, notify func(gitlabci.PipelineStatus)) func() {
	return b.on("pipeline", id, func(s string) { notify(gitlabci.PipelineStatus(s)) })
}

func (b *bells) OnJob(id int64, notify func(gitlabci.JobStatus)) func() {
	return b.on("job", id, func(s string) { notify(gitlabci.JobStatus(s)) })
}

func (b *bells) OnJobsOf(pipeline int64, notify func(int64, gitlabci.JobStatus)) func() {
	return b.on("jobs", pipeline, func(s string) { notify(0, gitlabci.JobStatus(s)) })
}

func (b *bells) OnDeployment(id int64, notify func(gitlabci.DeploymentStatus)) func() {
	return b.on("deployment", id, func(s string) { notify(gitlabci.DeploymentStatus(s)) })
}

var hours = []gitlabcitest.Job{{Name: "build", Duration: 5 * time.Hour, Environment: "production"}}

// relay rings for the end of a pipeline, a moment after it, as a webhook would be sent.
func (l *live) relay(b *bells, id int64, end time.Time) {
	time.AfterFunc(time.Until(end)+300*time.Millisecond, func() {
		for kind, of := range map[string]int64{"pipeline": id, "jobs": id, "job": l.jobID, "deployment": 1} {
			b.ring(kind, of, "success")
		}
	})
}

// TestEventsWakeAWait: a wait of any length takes a handful of requests more than its safety polls, and sees the end within a second or so.
func TestEventsWakeAWait(t *testing.T) {
	for name, wait := range map[string]func(l *live, id int64, events gitlabci.EventSource) error{
		"Wait": func(l *live, id int64, events gitlabci.EventSource) error {
			return ignore(l.client.Pipelines.Wait(l.Context(), liveApp, id, &gitlabci.WaitOptions{Events: events}))
		},
		"Jobs.Wait": func(l *live, _ int64, events gitlabci.EventSource) error {
			return ignore(l.client.Jobs.Wait(l.Context(), liveApp, l.jobID, &gitlabci.WaitJobOptions{Events: events}))
		},
		"WaitJob": func(l *live, id int64, events gitlabci.EventSource) error {
			return ignore(l.client.Pipelines.WaitJob(l.Context(), liveApp, id, "build", &gitlabci.WaitJobOptions{Events: events}))
		},
		"WaitStage": func(l *live, id int64, events gitlabci.EventSource) error {
			return ignore(l.client.Pipelines.WaitStage(l.Context(), liveApp, id, "test", &gitlabci.WaitJobOptions{Events: events}))
		},
		"Deployments.Wait": func(l *live, _ int64, events gitlabci.EventSource) error {
			return ignore(l.client.Deployments.Wait(l.Context(), liveApp, 1, &gitlabci.WaitDeploymentOptions{Events: events}))
		},
		"Watch": func(l *live, id int64, events gitlabci.EventSource) error {
			for _, err := range l.client.Pipelines.Watch(l.Context(), liveApp, id, &gitlabci.WatchOptions{Events: events}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, hours, func(l *live) {
				id := l.start()
				l.jobID = l.job("build").ID
				time.Sleep(time.Second)
				end := l.job("build").StartedAt.Add(5 * time.Hour)

				// With every event.
				rung := new(bells)
				l.relay(rung, id, end)
				l.forget()
				require.NoError(l, wait(l, id, rung))
				require.WithinDuration(l, end, time.Now(), 3*time.Second)
				most := int(5*time.Hour/(160*time.Second)) + 20 // the safety polls, and those around events
				if name == "Watch" {
					most *= 2 // the jobs and the trigger jobs
				}
				require.Less(l, len(l.times()), most)
				require.Zero(l, rung.listeners(), "none is left")

				// With none: as late as the safety poll.
				id = l.start()
				l.jobID = l.job("build").ID
				time.Sleep(time.Second)
				end = l.job("build").StartedAt.Add(5 * time.Hour)
				if name == "Deployments.Wait" {
					return // the second one has another id
				}
				require.NoError(l, wait(l, id, new(bells)))
				require.WithinDuration(l, end, time.Now(), 4*time.Minute)
			})
		})
	}
}

// TestEventsCannotLie: events that are forged, early, repeated or many do no harm: the truth is GitLab's.
func TestEventsCannotLie(t *testing.T) {
	inBubble(t, hours, func(l *live) {
		id := l.start()
		time.Sleep(time.Second)
		end := l.job("build").StartedAt.Add(5 * time.Hour)
		rung := new(bells)
		ctx, stop := context.WithCancel(l.Context())
		defer stop()
		go func() { // ten minutes of nonsense
			for range 6_000 {
				rung.ring("pipeline", id, "success")
				select {
				case <-ctx.Done():
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		}()
		l.forget()
		p, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, &gitlabci.WaitOptions{Events: rung})
		require.NoError(l, err)
		require.Equal(l, gitlabci.PipelineSuccess, p.Status)
		require.WithinDuration(l, end, time.Now(), 4*time.Minute)
		require.LessOrEqual(l, len(l.times()), 600+200, "no more than one a second")
	})
}

// TestEventsAheadOfGitLab: where an event comes before GitLab's answers have its news, the wait asks again soon.
func TestEventsAheadOfGitLab(t *testing.T) {
	inBubble(t, hours, func(l *live) {
		id := l.start()
		time.Sleep(time.Second)
		end := l.job("build").StartedAt.Add(5 * time.Hour)
		rung := new(bells)
		time.AfterFunc(time.Until(end)-8*time.Second, func() { rung.ring("pipeline", id, "success") })
		_, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, &gitlabci.WaitOptions{Events: rung})
		require.NoError(l, err)
		require.WithinDuration(l, end, time.Now(), 10*time.Second)
	})
}

// TestEventsKeepToWhatGitLabAsks: they end no pause that GitLab asked for, by a 429 or by the rest of a rate limit, nor that of an outage.
func TestEventsKeepToWhatGitLabAsks(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(asked int) (int, string, []string)
		most   int
	}{
		"429":    {func(int) (int, string, []string) { return 429, "Retry later", []string{"Retry-After", "50"} }, 1},
		"outage": {func(int) (int, string, []string) { return 502, "", nil }, 12},
		"the rest of a limit": {func(int) (int, string, []string) {
			return 200, `{"id":1,"status":"running"}`, []string{
				"RateLimit-Limit", "600", "RateLimit-Remaining", "0", "RateLimit-Reset", fmt.Sprint(time.Now().Unix() + 50),
			}
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				client := scripted(t, func(*http.Request) (int, string, []string) { asked++; return test.answer(asked) })
				rung := new(bells)
				ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
				defer cancel()
				go func() {
					for ctx.Err() == nil {
						rung.ring("pipeline", 1, "success")
						time.Sleep(100 * time.Millisecond)
					}
				}()
				_, err := client.Pipelines.Wait(ctx, liveApp, 1, &gitlabci.WaitOptions{Events: rung})
				require.ErrorIs(t, err, context.DeadlineExceeded)
				time.Sleep(time.Second)
				require.LessOrEqual(t, asked, test.most)
			})
		})
	}
}
