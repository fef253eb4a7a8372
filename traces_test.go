package gitlabci_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A crew is the jobs of a pipeline, all of which run at the same time, each with a log that grows.
type crew struct {
	jobs  int
	lasts time.Duration
	log   func(job int, ran time.Duration) string // what there is of it
	takes time.Duration                           // to answer with a log
	heeds bool                                    // byte_offset and byte_limit, as GitLab 19.5

	began time.Time
	mu    sync.Mutex
	turns map[int][]time.Duration // when each log was asked for
	open  int                     // answers with a log that the client has not closed
	most  int                     // at the same time
}

func (c *crew) start(t testing.TB) *lab {
	c.began, c.turns = time.Now(), make(map[int][]time.Duration)
	return newLab(t, c.ServeHTTP, gitlabci.WithTransport(c.watch))
}

// watch counts the answers with a log.
func (c *crew) watch(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil && strings.HasSuffix(r.URL.Path, "/trace") {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.open++
			c.most = max(c.most, c.open)
			resp.Body = &turnBody{ReadCloser: resp.Body, closed: func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.open--
			}}
		}
		return resp, err
	})
}

// held are how many answers with a log are open, and how many were at most.
func (c *crew) held() (open, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open, c.most
}

type turnBody struct {
	io.ReadCloser
	once   sync.Once
	closed func()
}

func (b *turnBody) Close() error {
	b.once.Do(b.closed)
	return b.ReadCloser.Close()
}

func (c *crew) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ran := time.Since(c.began)
	status := gitlabci.JobRunning
	if ran >= c.lasts {
		ran, status = c.lasts, gitlabci.JobSuccess
	}
	var id int
	fmt.Sscan(r.URL.Path[strings.LastIndex(strings.TrimSuffix(r.URL.Path, "/trace"), "/")+1:], &id)
	job := func(id int) string {
		return fmt.Sprintf(`{"id":%d,"name":"job %d","status":%q,"started_at":"2026-01-01T00:00:00Z"}`, id, id, status)
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/trace"):
		c.mu.Lock()
		c.turns[id] = append(c.turns[id], time.Since(c.began))
		c.mu.Unlock()
		w.Header().Set("Content-Type", "text/plain")
		http.NewResponseController(w).Flush()
		time.Sleep(c.takes)
		log := c.log(id, ran)
		if limit, err := strconv.Atoi(r.FormValue("byte_limit")); c.heeds && err == nil {
			offset, _ := strconv.Atoi(r.FormValue("byte_offset"))
			log = log[min(offset, len(log)):]
			log = log[:min(limit, len(log))]
		}
		io.WriteString(w, log)
	case strings.HasSuffix(r.URL.Path, "/bridges"):
		io.WriteString(w, "[]")
	case strings.HasSuffix(r.URL.Path, "/1/jobs"):
		page, _ := strconv.Atoi(r.FormValue("page"))
		page = max(page, 1)
		var jobs []string
		for id := (page-1)*100 + 1; id <= min(page*100, c.jobs); id++ {
			jobs = append(jobs, job(id))
		}
		if page*100 < c.jobs {
			w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
		}
		io.WriteString(w, "["+strings.Join(jobs, ",")+"]")
	case strings.Contains(r.URL.Path, "/jobs/"):
		io.WriteString(w, job(id))
	default:
		fmt.Fprintf(w, `{"id":1,"status":%q}`, status)
	}
}

// However many jobs run, no more logs are open at a time than asked for, and each has its turn.
func TestFollowTracesTakesTurns(t *testing.T) {
	for _, test := range []struct {
		jobs, concurrency, most int
		heeds                   bool
	}{
		{1000, 0, 20, true}, {1000, 0, 20, false}, {100, 1, 1, true}, {100, 7, 7, false}, {100, -5, 20, true}, {5, 0, 5, true}, {5, math.MaxInt, 5, true},
	} {
		t.Run(fmt.Sprintf("%d jobs, %d at the same time, heeding: %v", test.jobs, test.concurrency, test.heeds), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const lasts = 2 * time.Minute
				c := &crew{jobs: test.jobs, lasts: lasts, heeds: test.heeds, takes: 10 * time.Millisecond}
				c.log = func(job int, ran time.Duration) string { // two lines a minute, and a half
					text := numberedLines(fmt.Sprint("job ", job, " says"), int(ran/(30*time.Second)))
					if ran < lasts {
						text += "job"
					}
					return text
				}
				var response gitlabci.Response
				before := liveHeap()
				o := &gitlabci.FollowOptions{Interval: 15 * time.Second, Concurrency: test.concurrency}
				log := c.start(t).Pipelines.FollowTraces(t.Context(), app, 1, o, gitlabci.WithResponse(&response))
				defer log.Close()
				var heap atomic.Int64
				time.AfterFunc(lasts/2, func() { heap.Store(liveHeap() - before) })
				text, err := io.ReadAll(log)
				require.NoError(t, err)

				logs := collectLines(t, string(text))
				require.Len(t, logs, test.jobs)
				turns, late := make([]int, 0, test.jobs), time.Duration(0)
				for id := range test.jobs {
					require.Equal(t, c.log(id+1, lasts), logs[fmt.Sprint("job ", id+1)])
					turns = append(turns, len(c.turns[id+1]))
					late = max(late, c.turns[id+1][0])
				}
				open, most := c.held()
				require.Equal(t, test.most, most, "open at the same time")
				require.Zero(t, open)
				require.Equal(t, http.StatusOK, response.StatusCode)
				require.LessOrEqual(t, slices.Max(turns), 2*slices.Min(turns), "turns of a log")
				require.Less(t, late, 5*time.Second, "the first turn of the last log")
				require.Less(t, heap.Load(), int64(48<<20))
				t.Logf("%d to %d turns a log, the first within %v; %d logs open at most; live heap %.1f MiB, the server's part in it",
					slices.Min(turns), slices.Max(turns), late.Round(time.Millisecond), most, float64(heap.Load())/(1<<20))
			})
		})
	}
}

// A log that never comes to its end for long does not keep the others from theirs.
func TestFollowTracesOfOneThatFloods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flood := strings.Repeat(strings.Repeat("water ", 2000)+"\n", 300)
		c := &crew{jobs: 3, lasts: time.Minute, takes: time.Second, heeds: true, log: func(job int, ran time.Duration) string {
			switch {
			case ran < 20*time.Second:
				return flood[:12_001]
			case job == 1:
				return flood
			}
			return flood[:12_001] + numberedLines("drop", 10)
		}}
		log := c.start(t).Pipelines.FollowTraces(t.Context(), app, 1, &gitlabci.FollowOptions{Concurrency: 1})
		defer log.Close()
		text, err := io.ReadAll(log)
		require.NoError(t, err)
		logs := collectLines(t, string(text))
		require.Equal(t, []string{"job 1", "job 2", "job 3"}, slices.Sorted(maps.Keys(logs)))
		require.True(t, logs["job 1"] == flood)
		require.Equal(t, flood[:12_001]+numberedLines("drop", 10), logs["job 2"])
		require.Less(t, strings.Index(string(text), "job 3 | drop 9"), len(text)/2, "it does not wait for the end of the flood")
		open, most := c.held()
		require.Zero(t, open)
		require.Equal(t, 1, most)
	})
}

// A reader that nobody reads from holds no more than its turns.
func TestFollowTracesLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crew{jobs: 30, lasts: 10 * time.Hour, heeds: true, log: func(job int, ran time.Duration) string {
			return numberedLines("line", int(ran/time.Minute)+1)
		}}
		log := c.start(t).Pipelines.FollowTraces(t.Context(), app, 1, &gitlabci.FollowOptions{Concurrency: 4})
		_, err := io.ReadFull(log, make([]byte, 10))
		require.NoError(t, err)
		time.Sleep(time.Hour)
		_, most := c.held()
		require.Equal(t, 4, most)
		require.NoError(t, log.Close())
		open, _ := c.held()
		require.Zero(t, open)
	})
}

// Between its answers a log is not open.
func TestFollowTracesPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crew{jobs: 10, lasts: time.Hour, heeds: true, log: func(job int, ran time.Duration) string { return "one line\n" }}
		log := c.start(t).Pipelines.FollowTraces(t.Context(), app, 1, nil)
		_, err := io.ReadFull(log, make([]byte, 10*len("job 1 | one line\n")+1)) // the tenth has a digit more
		require.NoError(t, err)
		done := make(chan error)
		go func() {
			_, err := io.ReadAll(log)
			done <- err
		}()
		for range 100 {
			time.Sleep(7 * time.Second)
			synctest.Wait()
			open, _ := c.held()
			require.Zero(t, open)
		}
		require.NoError(t, log.Close())
		require.Error(t, <-done)
	})
}

func TestFollowTraces(t *testing.T) {
	for _, version := range []string{"19.5", "17.0"} {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := gitlabcitest.New(gitlabcitest.WithVersion(version))
				defer srv.Close()
				broken := strings.Repeat("x", 100_000)
				project := srv.AddProject("group/app",
					gitlabcitest.Job{Name: "compile", Stage: "build", Duration: time.Minute, Log: numberedLines("compile", 300)},
					gitlabcitest.Job{Name: "unit 1/2", Stage: "test", Duration: time.Minute, Log: numberedLines("unit", 500)},
					gitlabcitest.Job{Name: "unit 2/2", Stage: "test", Duration: time.Minute, Log: numberedLines("more", 500) + "no line break"},
					gitlabcitest.Job{Name: "wide", Stage: "test", Log: broken + "\nend\n"},
					gitlabcitest.Job{Name: "production", Stage: "deploy", When: gitlabcitest.Manual, Blocking: true},
				)
				srv.Push(project, "main")
				log := srv.Client().Pipelines.FollowTraces(t.Context(), project, 1, nil)
				defer log.Close()
				time.Sleep(time.Minute)
				require.Empty(t, srv.Requests())
				text, err := io.ReadAll(log)
				require.NoError(t, err)
				logs := collectLines(t, string(text))
				require.Equal(t, map[string]string{
					"compile": numberedLines("compile", 300), "unit 1/2": numberedLines("unit", 500), "unit 2/2": numberedLines("more", 500) + "no line break\n",
					"wide": broken[:64<<10] + "\n" + broken[64<<10:] + "\nend\n",
				}, logs)
				require.Regexp(t, `(?s)unit 1/2.*unit 2/2.*unit 1/2.*unit 2/2`, string(text), "they take turns")
				_, err = log.Read(make([]byte, 1))
				require.Equal(t, io.EOF, err)
			})
		})
	}
}

func TestFollowTracesOfRetriedJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := gitlabcitest.New()
		defer srv.Close()
		project := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Fails: 1, Log: "running\n"},
			gitlabcitest.Job{Name: "slow", Duration: time.Minute, Log: "slow\n"})
		srv.Push(project, "main")
		c := srv.Client()
		log := c.Pipelines.FollowTraces(t.Context(), project, 1, nil)
		defer log.Close()
		go func() {
			time.Sleep(10 * time.Second)
			c.Jobs.Retry(t.Context(), project, 1, nil)
		}()
		text, err := io.ReadAll(log)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"unit": "running\nERROR: Job failed: exit code 1\nrunning\n", "slow": "slow\n"}, collectLines(t, string(text)))
	})
}

func TestFollowTracesTellsOfOneThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := gitlabcitest.New()
		defer srv.Close()
		project := srv.AddProject("group/app", gitlabcitest.Job{Name: "one", Log: "one\n"}, gitlabcitest.Job{Name: "two", Duration: time.Minute, Log: "two\n"})
		srv.Push(project, "main")
		srv.Fail("GET", "/projects/group%2Fapp/jobs/1/trace", gitlabcitest.Status(403, `{"message":"403 Forbidden"}`).Forever())
		log := srv.Client().Pipelines.FollowTraces(t.Context(), project, 1, nil)
		defer log.Close()
		text, err := io.ReadAll(log)
		require.Equal(t, "two | two\n", string(text))
		require.ErrorIs(t, err, gitlabci.ErrForbidden)
		require.ErrorIs(t, err, gitlabci.ErrTraceGet)
		require.ErrorAs(t, err, new(*gitlabci.Error))

		nothing := srv.Client().Pipelines.FollowTraces(t.Context(), project, 99, nil)
		defer nothing.Close()
		_, err = nothing.Read(make([]byte, 1))
		require.ErrorIs(t, err, gitlabci.ErrNotFound)
		require.ErrorIs(t, err, gitlabci.ErrTraceGet)
	})
}

func TestFollowTracesEndsEarly(t *testing.T) {
	jobs := make([]gitlabcitest.Job, 5)
	for i := range jobs {
		jobs[i] = gitlabcitest.Job{Name: fmt.Sprint("job ", i), Duration: time.Hour, Log: numberedLines("line", 1000)}
	}
	for name, end := range map[string]func(log io.Closer, cancel func()) error{
		"closed":   func(log io.Closer, _ func()) error { log.Close(); return os.ErrClosed },
		"canceled": func(_ io.Closer, cancel func()) error { cancel(); return context.Canceled },
	} {
		for _, reading := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", reading: ", reading), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { // which fails where a goroutine is left
					srv := gitlabcitest.New()
					defer srv.Close()
					project := srv.AddProject("group/app", jobs...)
					srv.Push(project, "main")
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					log := srv.Client().Pipelines.FollowTraces(ctx, project, 1, nil)
					defer log.Close()
					var err error
					if reading {
						done := make(chan error)
						go func() {
							_, err := io.ReadAll(log)
							done <- err
						}()
						time.Sleep(2 * time.Minute)
						why := end(log, cancel)
						err = <-done
						require.ErrorIs(t, err, why)
					} else {
						_, err = io.ReadFull(log, make([]byte, 1000))
						require.NoError(t, err)
						time.Sleep(2 * time.Minute)
						why := end(log, cancel)
						_, err = io.ReadAll(log)
						require.ErrorIs(t, err, why)
					}
					require.ErrorIs(t, err, gitlabci.ErrTraceGet)
				})
			})
		}
	}
	log := newLab(t, nil).Pipelines.FollowTraces(t.Context(), app, 1, nil)
	require.NoError(t, log.Close())
	require.NoError(t, log.Close())
	_, err := log.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrClosed)
}
