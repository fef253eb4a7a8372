package gitlabci_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// A lagging GitLab says of pipeline 2 that it has ended while a job of it, or a trigger job, still is at work. Pipeline 1 has ended, and its
// trigger job started pipeline 2.
type lagging struct {
	early  gitlabci.PipelineStatus // what it says too soon
	atWork gitlabci.JobStatus
	bridge bool                 // it is a trigger job that is at work
	ends   time.Duration        // when the job ends, and the pipeline succeeds
	before gitlabci.JobStatus   // what the job is at first, until the pipeline says that it has ended; empty if it says so from the beginning
	says   time.Duration        // when it begins to say so, if not from the beginning
	knows  []gitlabci.JobStatus // the values of scope[]; nil knows all

	// fault may answer a request in place of the server: then it says so.
	fault func(w http.ResponseWriter, r *http.Request) bool

	began   time.Time
	mu      sync.Mutex
	asked   map[string]int // by the last part of the path
	refused int            // for a scope that is not known
}

// known are the states that GitLab had in some versions, by the version that brought the last of them.
var known = map[string][]gitlabci.JobStatus{
	"11.0": {"created", "pending", "running", "success", "failed", "canceled", "skipped", "manual", "scheduled"},
	"11.9": {"created", "preparing", "pending", "running", "success", "failed", "canceled", "skipped", "manual", "scheduled"},
	"12.7": {"created", "waiting_for_resource", "preparing", "pending", "running", "success", "failed", "canceled", "skipped", "manual", "scheduled"},
	"16.4": {"created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "success", "failed", "canceled", "skipped", "manual", "scheduled"},
	"17.0": nil,
}

func (s *lagging) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	s.mu.Lock()
	s.asked[what]++
	s.mu.Unlock()
	if s.fault != nil && s.fault(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	since := time.Since(s.began)
	pipeline, job := s.early, s.atWork
	switch {
	case since >= s.ends:
		pipeline, job = gitlabci.PipelineSuccess, gitlabci.JobSuccess
	case since < s.says:
		pipeline, job = gitlabci.PipelineRunning, s.before
	}
	scope := r.URL.Query()["scope[]"]
	for _, value := range scope {
		if s.knows != nil && !slices.Contains(s.knows, gitlabci.JobStatus(value)) {
			s.mu.Lock()
			s.refused++
			s.mu.Unlock()
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"scope does not have a valid value"}`)
			return
		}
	}
	list := func(states ...gitlabci.JobStatus) {
		var items []string
		for i, state := range states {
			down := "null"
			if strings.Contains(r.URL.Path, "/pipelines/1/") {
				down = `{"id":2,"project_id":7}`
			}
			if len(scope) == 0 || slices.Contains(scope, string(state)) {
				items = append(items, fmt.Sprintf(`{"id":%d,"name":"job %d","status":%q,"pipeline":{"project_id":7},"downstream_pipeline":%s}`, 9-i, i, state, down))
			}
		}
		fmt.Fprint(w, "["+strings.Join(items, ",")+"]")
	}
	switch parent := strings.Contains(r.URL.Path, "/pipelines/1"); {
	case what == "pipelines":
		fmt.Fprint(w, "[]")
	case what == "bridges" && parent:
		list(gitlabci.JobSuccess)
	case what == "jobs" && parent:
		list()
	case parent:
		fmt.Fprint(w, `{"id":1,"status":"success"}`)
	case what == "bridges" && s.bridge || what == "jobs" && !s.bridge:
		list(gitlabci.JobCreated, job, gitlabci.JobSuccess) // what waits for others needs no rule of its own
	case what == "bridges", what == "jobs":
		list(gitlabci.JobSuccess)
	default:
		fmt.Fprintf(w, `{"id":2,"status":%q}`, pipeline)
	}
}

func (s *lagging) start(t testing.TB) *lab {
	s.began, s.asked = time.Now(), make(map[string]int)
	return newLab(t, s.ServeHTTP)
}

// waits are the ways to wait for the end of pipeline 2.
var waits = map[string]func(t *testing.T, c *lab) (gitlabci.PipelineStatus, error){
	"Wait": func(t *testing.T, c *lab) (gitlabci.PipelineStatus, error) {
		p, err := c.Pipelines.Wait(t.Context(), app, 2, nil)
		return statusOf(p), err
	},
	"Wait, with Progress": func(t *testing.T, c *lab) (gitlabci.PipelineStatus, error) {
		p, err := c.Pipelines.Wait(t.Context(), app, 2, &gitlabci.WaitOptions{Progress: func(*gitlabci.Pipeline) {}})
		return statusOf(p), err
	},
	"Wait, downstream": func(t *testing.T, c *lab) (gitlabci.PipelineStatus, error) {
		p, err := c.Pipelines.Wait(t.Context(), app, 1, &gitlabci.WaitOptions{Downstream: true})
		return statusOf(p), err
	},
	"Watch": func(t *testing.T, c *lab) (status gitlabci.PipelineStatus, err error) {
		for event, err := range c.Pipelines.Watch(t.Context(), app, 2, nil) {
			status = statusOf(event.Pipeline)
			if err != nil {
				return status, err
			}
		}
		return status, nil
	},
}

func statusOf(p *gitlabci.Pipeline) gitlabci.PipelineStatus {
	if p == nil {
		return ""
	}
	return p.Status
}

// A pipeline goes on while a job or trigger job of it is at work, whatever its status says.
func TestWaitGoesOnWhileAJobIsAtWork(t *testing.T) {
	states := []gitlabci.JobStatus{
		gitlabci.JobWaitingForResource, gitlabci.JobPreparing, gitlabci.JobWaitingForCallback, gitlabci.JobPending, gitlabci.JobRunning, gitlabci.JobCanceling,
	}
	finals := []gitlabci.PipelineStatus{
		gitlabci.PipelineSuccess, gitlabci.PipelineFailed, gitlabci.PipelineCanceled, gitlabci.PipelineSkipped, gitlabci.PipelineManual,
	}
	const ends = 90 * time.Second
	cases := 0
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			for version, knows := range known {
				for _, state := range states {
					for _, early := range finals {
						for _, bridge := range []bool{false, true} {
							for _, says := range []time.Duration{0, 40 * time.Second} {
								if knows != nil && (!slices.Contains(knows, state) || early != gitlabci.PipelineSuccess || says > 0) {
									continue // what is early does not depend on the version
								}
								cases++
								what := fmt.Sprintf("GitLab %s says %s after %v while a job is %s (bridge: %v)", version, early, says, state, bridge)
								synctest.Test(t, func(t *testing.T) {
									s := &lagging{early: early, atWork: state, bridge: bridge, ends: ends, says: says, before: gitlabci.JobRunning, knows: knows}
									status, err := wait(t, s.start(t))
									require.NoError(t, err, what)
									require.Equal(t, gitlabci.PipelineSuccess, status, what)
									require.GreaterOrEqual(t, time.Since(s.began), ends, what)
									require.Less(t, time.Since(s.began), ends+11*time.Second, what)
									require.LessOrEqual(t, s.refused, 4, what)
								})
							}
						}
					}
				}
			}
		})
	}
	t.Log(cases, "cases")
}

// A job that waits, or that nobody played, does not keep a pipeline from having ended.
func TestWaitEndsBesideIdleJobs(t *testing.T) {
	for name, wait := range waits {
		for _, state := range []gitlabci.JobStatus{gitlabci.JobCreated, gitlabci.JobManual, gitlabci.JobScheduled, gitlabci.JobSuccess, gitlabci.JobFailed, "brand_new"} {
			for _, bridge := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					s := &lagging{early: gitlabci.PipelineSuccess, atWork: state, bridge: bridge, ends: time.Hour}
					status, err := wait(t, s.start(t))
					require.NoError(t, err)
					require.Equal(t, gitlabci.PipelineSuccess, status)
					require.Zero(t, time.Since(s.began), "%s, %s", name, state)
				})
			}
		}
	}
}

// What cannot be checked has not ended, until it can be, or patience ends.
func TestWaitDoesNotEndUnchecked(t *testing.T) {
	answers := map[string]func(w http.ResponseWriter){
		"502":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"429":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) },
		"dropped": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"404":     nil, // once
	}
	for name, wait := range waits {
		for trouble, answer := range answers {
			for _, route := range []string{"/jobs", "/bridges"} {
				t.Run(fmt.Sprintf("%s, %s of %s", name, trouble, route), func(t *testing.T) {
					for _, forever := range []bool{false, true} {
						synctest.Test(t, func(t *testing.T) {
							s := &lagging{early: gitlabci.PipelineSuccess, atWork: gitlabci.JobPending, bridge: route == "/bridges", ends: 2 * time.Minute, says: 30 * time.Second, before: gitlabci.JobRunning}
							once := false
							s.fault = func(w http.ResponseWriter, r *http.Request) bool {
								since := time.Since(s.began)
								switch mine := strings.Contains(r.URL.Path, "/pipelines/2"+route) || strings.HasSuffix(r.URL.Path, "/trigger_jobs"); {
								case !mine || since < 30*time.Second:
									return false
								case answer == nil:
									first := !once || forever
									once = once || strings.HasSuffix(r.URL.Path, "/trigger_jobs") || route == "/jobs"
									if first {
										w.WriteHeader(http.StatusNotFound)
									}
									return first
								case !forever && since > time.Minute:
									return false
								}
								answer(w)
								return true
							}
							status, err := wait(t, s.start(t))
							if !forever {
								require.NoError(t, err)
								require.Equal(t, gitlabci.PipelineSuccess, status)
								require.GreaterOrEqual(t, time.Since(s.began), 2*time.Minute)
								return
							}
							require.ErrorAs(t, err, new(*gitlabci.Error))
							require.False(t, errors.As(err, new(*gitlabci.PipelineError)))
							if trouble == "404" {
								require.ErrorIs(t, err, gitlabci.ErrNotFound)
								require.Less(t, time.Since(s.began), time.Minute)
							} else {
								require.ErrorContains(t, err, "GitLab is out of reach for 5m")
								require.Less(t, time.Since(s.began), 6*time.Minute)
							}
						})
					}
				})
			}
		}
	}
}

// A wait takes two requests more at its end, and what a GitLab refuses it is asked once.
func TestWaitChecksTheEndOnce(t *testing.T) {
	for version, refused := range map[string]int{"17.0": 0, "16.4": 1, "12.7": 2, "11.9": 3, "11.0": 4} {
		synctest.Test(t, func(t *testing.T) {
			s := &lagging{early: gitlabci.PipelineSuccess, atWork: gitlabci.JobRunning, ends: time.Minute, knows: known[version]}
			_, err := s.start(t).Pipelines.Wait(t.Context(), app, 2, nil)
			require.NoError(t, err)
			require.Equal(t, refused, s.refused)
			require.Equal(t, s.asked["2"]+refused, s.asked["jobs"], "one a look")
			require.Equal(t, 1, s.asked["bridges"], "where no job is at work")
			require.Less(t, s.asked["2"], 16)
		})
	}
}

// forgetful is a GitLab that does not find what it found before, as where one of its databases is behind.
type forgetful struct {
	path  string        // the end of those that it forgets
	late  time.Duration // when it begins to
	once  bool          // it finds it again
	other int           // the status in between, at every other question; 0 if there is none

	began time.Time
	lost  []time.Time // the answers that were not found
	asked int         // for the path since it began to
}

func (s *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	since := time.Since(s.began)
	w.Header().Set("Content-Type", "application/json")
	path := strings.Replace(r.URL.Path, "/trigger_jobs", "/bridges", 1)
	if since >= s.late && strings.HasSuffix(path, s.path) && (!s.once || len(s.lost) == 0 || strings.HasSuffix(r.URL.Path, "/trigger_jobs")) {
		if s.asked++; s.other != 0 && s.asked%2 == 0 {
			w.WriteHeader(s.other)
			return
		}
		s.lost = append(s.lost, time.Now())
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"404 Not found"}`)
		return
	}
	status := "running"
	if since >= 10*time.Minute {
		status = "success"
	}
	switch {
	case strings.HasSuffix(path, "/trace"):
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, "a line\n")
	case strings.HasSuffix(path, "/7/jobs"):
		fmt.Fprintf(w, `[{"id":7,"name":"unit","status":%q,"started_at":"2026-01-01T00:00:00Z"}]`, status)
	case strings.HasSuffix(path, "/bridges"):
		fmt.Fprintf(w, `[{"id":8,"name":"child","status":%q}]`, status)
	case strings.HasSuffix(path, "/pipelines") && status == "running":
		fmt.Fprint(w, `[]`)
	case strings.HasSuffix(path, "/pipelines"):
		fmt.Fprint(w, `[{"id":7,"ref":"main","status":"success"}]`)
	default:
		fmt.Fprintf(w, `{"id":7,"name":"unit","status":%q,"started_at":"2026-01-01T00:00:00Z"}`, status)
	}
}

func TestWaitsOutliveOneNotFound(t *testing.T) {
	readAll := func(log io.ReadCloser) error {
		defer log.Close()
		_, err := io.ReadAll(log)
		return err
	}
	for name, look := range map[string]struct {
		paths []string // what it asks for
		wait  func(t *testing.T, c *lab) error
	}{
		"Wait": {[]string{"/pipelines/7"}, func(t *testing.T, c *lab) error {
			_, err := c.Pipelines.Wait(t.Context(), app, 7, nil)
			return err
		}},
		"Wait, fast": {[]string{"/pipelines/7"}, func(t *testing.T, c *lab) error {
			_, err := c.Pipelines.Wait(t.Context(), app, 7, &gitlabci.WaitOptions{Interval: 10 * time.Millisecond})
			return err
		}},
		"Jobs.Wait": {[]string{"/jobs/7"}, func(t *testing.T, c *lab) error {
			_, err := c.Jobs.Wait(t.Context(), app, 7, nil)
			return err
		}},
		"Watch": {[]string{"/7/jobs", "/7/bridges"}, func(t *testing.T, c *lab) error {
			for _, err := range c.Pipelines.Watch(t.Context(), app, 7, nil) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		"WaitFor": {[]string{"/pipelines"}, func(t *testing.T, c *lab) error {
			_, err := c.Pipelines.WaitFor(t.Context(), app, &gitlabci.WaitForOptions{Ref: "main"})
			return err
		}},
		"FollowTrace": {[]string{"/jobs/7", "/trace"}, func(t *testing.T, c *lab) error {
			return readAll(c.Jobs.FollowTrace(t.Context(), app, 7, nil))
		}},
		"FollowTraces": {[]string{"/7/jobs", "/7/bridges", "/jobs/7", "/trace"}, func(t *testing.T, c *lab) error {
			return readAll(c.Pipelines.FollowTraces(t.Context(), app, 7, nil))
		}},
	} {
		for _, path := range look.paths {
			run := func(s *forgetful) (err error) {
				s.path = path
				synctest.Test(t, func(t *testing.T) {
					s.began = time.Now()
					err = look.wait(t, newLab(t, s.ServeHTTP))
				})
				return err
			}
			answers := 1 // a look
			if path == "/7/bridges" {
				answers = 2 // by either name
			}
			t.Run(name+", "+path, func(t *testing.T) {
				s := &forgetful{late: 5 * time.Minute, once: true}
				require.NoError(t, run(s), "once")
				require.Len(t, s.lost, answers)

				s = &forgetful{late: 5 * time.Minute}
				require.ErrorIs(t, run(s), gitlabci.ErrNotFound, "twice")
				require.Len(t, s.lost, 2*answers)
				require.GreaterOrEqual(t, s.lost[len(s.lost)-1].Sub(s.lost[0]), 3*time.Second)

				if answers == 1 {
					s = &forgetful{late: 5 * time.Minute, other: 502}
					err := run(s)
					require.ErrorIs(t, err, gitlabci.ErrServer, "never twice in a row, and never well")
					require.ErrorContains(t, err, "GitLab is out of reach for 5m")
				}
			})
		}
		t.Run(name+", at once", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &forgetful{began: time.Now()} // all paths
				require.ErrorIs(t, look.wait(t, newLab(t, s.ServeHTTP)), gitlabci.ErrNotFound)
				require.Len(t, s.lost, 1)
				require.Zero(t, time.Since(s.began))
			})
		})
	}
}
