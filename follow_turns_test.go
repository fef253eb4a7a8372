package gitlabci_test

import (
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
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
