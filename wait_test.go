package gitlabci_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
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

// live is a stand-in GitLab with the project group/app, in a bubble whose time passes at once, and a client that notes when it asks.
type live struct {
	*testing.T
	srv    *gitlabcitest.Server
	client *gitlabci.Client

	mu    sync.Mutex
	asked []time.Time
	jobID int64 // of the one that a test is about
}

var liveApp = gitlabci.ProjectPath("group/app")

func inBubble(t *testing.T, jobs []gitlabcitest.Job, test func(l *live)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &live{T: t, srv: gitlabcitest.New()}
		defer l.srv.Close()
		l.client = l.srv.Client(gitlabci.WithTransport(l.note))
		l.srv.AddProject(liveApp.String(), jobs...)
		test(l)
	})
}

// note notes when requests are sent.
func (l *live) note(next http.RoundTripper) http.RoundTripper {
	return tripper(func(r *http.Request) (*http.Response, error) {
		l.mu.Lock()
		l.asked = append(l.asked, time.Now())
		l.mu.Unlock()
		return next.RoundTrip(r)
	})
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// start creates a pipeline.
func (l *live) start() int64 {
	l.Helper()
	p, err := l.client.Pipelines.Create(l.Context(), liveApp, &gitlabci.CreatePipelineOptions{Ref: "main"})
	require.NoError(l, err)
	l.forget()
	return p.ID
}

// forget forgets the requests up to now.
func (l *live) forget() {
	l.srv.ResetRequests()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = nil
}

// times are when requests were sent.
func (l *live) times() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.asked)
}

// job returns the newest job of a name.
func (l *live) job(name string) *gitlabci.Job {
	l.Helper()
	for job, err := range l.client.Jobs.List(l.Context(), liveApp, nil) {
		require.NoError(l, err)
		if job.Name == name {
			return job
		}
	}
	require.Fail(l, "no job "+name)
	return nil
}

// routes counts the requests by route.
func (l *live) routes() map[string]int {
	counts := make(map[string]int)
	for _, r := range l.srv.Requests() {
		counts[r.Method+" "+r.Route]++
	}
	return counts
}

const (
	pipelineRoute  = "/projects/:id/pipelines/:pipeline_id"
	pipelinesRoute = "/projects/:id/pipelines"
	jobsRoute      = "/projects/:id/pipelines/:pipeline_id/jobs"
	bridgesRoute   = "/projects/:id/pipelines/:pipeline_id/bridges"
	jobRoute       = "/projects/:id/jobs/:job_id"
)

// later does something while the test waits, unless it has ended by then.
func (l *live) later(after time.Duration, do func()) { time.AfterFunc(after, do) }

// scripted is a client whose requests are answered by a function, without any server.
func scripted(t *testing.T, answer func(r *http.Request) (code int, body string, header []string)) *gitlabci.Client {
	t.Helper()
	transport := tripper(func(r *http.Request) (*http.Response, error) {
		code, body, header := answer(r)
		if code == 0 {
			return nil, errors.New("connection reset by peer")
		}
		resp := &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
		for pair := range slices.Chunk(header, 2) {
			resp.Header.Set(pair[0], pair[1])
		}
		return resp, nil
	})
	client, err := gitlabci.NewClient("https://gitlab.test", gitlabci.PrivateToken("glpat-x"), gitlabci.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	return client
}

// isList reports whether a request is one for a list, of those that a wait asks for.
func isList(r *http.Request) bool {
	return slices.Contains([]string{"pipelines", "jobs", "bridges"}, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
}

func named(jobs []*gitlabci.Job) string {
	var names []string
	for _, job := range jobs {
		names = append(names, fmt.Sprintf("%s (%s)", job.Name, job.FailureReason))
	}
	return strings.Join(names, ", ")
}

const minutes, seconds = time.Minute, time.Second

func TestWaitOutcomes(t *testing.T) {
	play := func(name string) func(*live) {
		return func(l *live) {
			_, err := l.client.Jobs.Play(l.Context(), liveApp, l.job(name).ID, nil)
			require.NoError(l, err)
		}
	}
	cancel := func(l *live) {
		_, err := l.client.Pipelines.Cancel(l.Context(), liveApp, 1, nil)
		require.NoError(l, err)
	}
	for _, test := range []struct {
		name      string
		jobs      []gitlabcitest.Job
		o         *gitlabci.WaitOptions
		meanwhile func(*live) // ten minutes after the start
		status    gitlabci.PipelineStatus
		outcome   error
		failed    string
		text      string
		within    time.Duration // of the start; 10 min if zero
	}{
		{
			name: "success", status: gitlabci.PipelineSuccess,
			jobs: []gitlabcitest.Job{{Name: "compile", Stage: "build", Duration: 5 * minutes}, {Name: "unit"}},
		},
		{
			name: "failed", status: gitlabci.PipelineFailed, outcome: gitlabci.ErrPipelineFailed, failed: "lint (runner_system_failure), unit (script_failure)",
			jobs: []gitlabcitest.Job{
				{Name: "unit", Duration: 3 * minutes, Fails: 1}, {Name: "lint", Fails: 1, FailureReason: "runner_system_failure"},
				{Name: "spell", Fails: 1, AllowFailure: true}, {Name: "deploy", Stage: "deploy"},
			},
			text: "gitlabci: pipeline 1 failed: lint (runner_system_failure), unit (script_failure)",
		},
		{
			name: "allowed to fail", status: gitlabci.PipelineSuccess,
			jobs: []gitlabcitest.Job{{Name: "unit"}, {Name: "spell", Fails: 1, AllowFailure: true}},
		},
		{
			name: "canceled", status: gitlabci.PipelineCanceled, outcome: gitlabci.ErrPipelineCanceled, within: 11 * minutes,
			jobs:      []gitlabcitest.Job{{Name: "unit", Duration: time.Hour}},
			meanwhile: cancel, text: "gitlabci: pipeline 1 canceled",
		},
		{
			name: "canceling is not the end", status: gitlabci.PipelineCanceled, outcome: gitlabci.ErrPipelineCanceled, within: 16 * minutes,
			jobs:      []gitlabcitest.Job{{Name: "unit", Duration: time.Hour, AfterScript: 5 * minutes}},
			meanwhile: cancel,
		},
		{
			name: "skipped", status: gitlabci.PipelineSkipped, outcome: gitlabci.ErrPipelineSkipped, text: "gitlabci: pipeline 1 skipped",
			jobs: []gitlabcitest.Job{{Name: "mend", When: gitlabcitest.OnFailure}},
		},
		{
			name: "a manual job that blocks", status: gitlabci.PipelineManual, outcome: gitlabci.ErrPipelineBlocked,
			jobs: []gitlabcitest.Job{{Name: "unit"}, {Name: "approve", Stage: "deploy", When: gitlabcitest.Manual, Blocking: true}},
			text: "gitlabci: pipeline 1 blocked by a manual job",
		},
		{
			name: "a manual job that blocks, beside one that failed", status: gitlabci.PipelineManual, outcome: gitlabci.ErrPipelineBlocked,
			jobs:   []gitlabcitest.Job{{Name: "unit", Fails: 1}, {Name: "approve", When: gitlabcitest.Manual, Blocking: true}},
			failed: "unit (script_failure)", text: "gitlabci: pipeline 1 blocked by a manual job: unit (script_failure)",
		},
		{
			name: "through a manual job", status: gitlabci.PipelineSuccess, within: 13 * minutes,
			jobs: []gitlabcitest.Job{{Name: "unit"}, {Name: "approve", Stage: "deploy", When: gitlabcitest.Manual, Blocking: true, Duration: 2 * minutes}},
			o:    &gitlabci.WaitOptions{ThroughManual: true}, meanwhile: play("approve"),
		},
		{
			name: "a manual job that does not block", status: gitlabci.PipelineSuccess,
			jobs: []gitlabcitest.Job{{Name: "unit"}, {Name: "deploy", Stage: "deploy", When: gitlabcitest.Manual}},
		},
		{
			name: "a delayed job", status: gitlabci.PipelineSuccess, within: 21 * minutes,
			jobs: []gitlabcitest.Job{{Name: "unit"}, {Name: "canary", Stage: "deploy", When: gitlabcitest.Delayed, StartIn: 20 * minutes}},
		},
		{
			name: "a trigger job that depends", status: gitlabci.PipelineFailed, outcome: gitlabci.ErrPipelineFailed, failed: "child unit (script_failure)",
			jobs: []gitlabcitest.Job{
				{Name: "unit", Fails: 1, AllowFailure: true},
				{Name: "loose", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "loose unit", Fails: 1}}}, AllowFailure: true},
				{Name: "child", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "child unit", Fails: 1}}}},
			},
		},
		{
			name: "a trigger job that fails", status: gitlabci.PipelineFailed, outcome: gitlabci.ErrPipelineFailed, text: "gitlabci: pipeline 1 failed",
			jobs: []gitlabcitest.Job{{Name: "away", Trigger: &gitlabcitest.Downstream{Project: "no/where", Strategy: gitlabcitest.Depend}}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, test.jobs, func(l *live) {
				id := l.start()
				if test.meanwhile != nil {
					l.later(10*minutes, func() { test.meanwhile(l) })
				}
				began := time.Now()
				p, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, test.o)
				require.NotNil(l, p)
				require.Equal(l, test.status, p.Status)
				took := time.Since(began)
				if test.within == 0 {
					test.within = 10 * minutes
				}
				require.Less(l, took, test.within)
				if test.outcome == nil {
					require.NoError(l, err)
					return
				}
				require.ErrorIs(l, err, test.outcome)
				failure := (*gitlabci.PipelineError)(nil)
				require.ErrorAs(l, err, &failure)
				require.Same(l, p, failure.Pipeline)
				require.Nil(l, failure.Downstream)
				require.Equal(l, test.failed, named(failure.FailedJobs))
				if test.text != "" {
					require.EqualError(l, err, test.text)
				}
			})
		})
	}
}

func TestWaitUnknownStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statuses := []string{"created", "brand_new_state", "brand_new_state", "", "success"}
		client := scripted(t, func(r *http.Request) (int, string, []string) {
			if isList(r) {
				return 200, "[]", nil
			}
			status := statuses[0]
			statuses = statuses[min(1, len(statuses)-1):]
			return 200, fmt.Sprintf(`{"id":1,"status":%q}`, status), nil
		})
		var told []string
		o := &gitlabci.WaitOptions{Progress: func(p *gitlabci.Pipeline) { told = append(told, string(p.Status)) }}
		p, err := client.Pipelines.Wait(t.Context(), liveApp, 1, o)
		require.NoError(t, err)
		require.Equal(t, gitlabci.PipelineSuccess, p.Status)
		require.Equal(t, []string{"created", "brand_new_state", "", "success"}, told)

		statuses = []string{"brand_new_state", "", "success"}
		job, err := client.Jobs.Wait(t.Context(), liveApp, 1, nil)
		require.NoError(t, err)
		require.Equal(t, gitlabci.JobSuccess, job.Status)
	})
}

func TestWaitProgress(t *testing.T) {
	jobs := []gitlabcitest.Job{{Name: "unit", Queue: minutes, Duration: 5 * minutes}}
	inBubble(t, jobs, func(l *live) {
		id := l.start()
		l.srv.Fail("GET", pipelineRoute, gitlabcitest.Status(502, "").Times(3))
		var told []string
		o := &gitlabci.WaitOptions{Progress: func(p *gitlabci.Pipeline) { told = append(told, string(p.Status)) }}
		_, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, o)
		require.NoError(l, err)
		require.Equal(l, []string{"pending", "running", "success"}, told)
		require.Zero(l, l.routes()["GET "+pipelinesRoute], "who wants to see progress is told soon, whatever is expected")
	})
}

func TestWaitDownstream(t *testing.T) {
	child := func(strategy gitlabcitest.Strategy, jobs ...gitlabcitest.Job) *gitlabcitest.Downstream {
		return &gitlabcitest.Downstream{Strategy: strategy, Jobs: jobs}
	}
	other := &gitlabcitest.Downstream{Project: "group/other"}
	slow := gitlabcitest.Job{Name: "slow", Duration: 20 * minutes}
	breaks := gitlabcitest.Job{Name: "breaks", Duration: 10 * minutes, Fails: 1}
	for _, test := range []struct {
		name       string
		jobs       []gitlabcitest.Job
		other      []gitlabcitest.Job // of another project
		o          gitlabci.WaitOptions
		status     gitlabci.PipelineStatus // success if empty
		outcome    error
		downstream int64
		failed     string
		takes      time.Duration
		requests   int // at most
	}{
		{name: "nothing downstream", jobs: []gitlabcitest.Job{{Name: "unit"}}, takes: seconds, requests: 5},
		{name: "a child", jobs: []gitlabcitest.Job{{Name: "child", Trigger: child("", slow)}}, takes: 20 * minutes, requests: 145},
		{name: "a grandchild", jobs: []gitlabcitest.Job{{Name: "child", Trigger: child("", gitlabcitest.Job{Name: "grandchild", Trigger: child("", slow)})}}, takes: 20 * minutes, requests: 145},
		{name: "another project", jobs: []gitlabcitest.Job{{Name: "other", Trigger: other}}, other: []gitlabcitest.Job{slow}, takes: 20 * minutes, requests: 145},
		{name: "several at once", jobs: []gitlabcitest.Job{{Name: "child", Trigger: child("", slow)}, {Name: "other", Trigger: other}}, other: []gitlabcitest.Job{slow}, takes: 20 * minutes, requests: 145},
		{
			name: "a child that fails though its parent succeeded", jobs: []gitlabcitest.Job{{Name: "child", Trigger: child("", breaks)}},
			outcome: gitlabci.ErrPipelineFailed, downstream: 2, failed: "breaks (script_failure)", takes: 10 * minutes, requests: 90,
		},
		{
			name: "two that fail", other: []gitlabcitest.Job{breaks},
			jobs:    []gitlabcitest.Job{{Name: "child", Trigger: child("", breaks)}, {Name: "other", Trigger: other}},
			outcome: gitlabci.ErrPipelineFailed, downstream: 3, failed: "breaks (script_failure), breaks (script_failure)", takes: 10 * minutes, requests: 90,
		},
		{
			name: "a trigger job that is allowed to fail", jobs: []gitlabcitest.Job{{Name: "child", Trigger: child("", breaks), AllowFailure: true}},
			takes: 10 * minutes, requests: 90,
		},
		{
			name:  "below a trigger job that is allowed to fail",
			jobs:  []gitlabcitest.Job{{Name: "child", Trigger: child("", gitlabcitest.Job{Name: "grandchild", Trigger: child("", breaks)}), AllowFailure: true}},
			takes: 10 * minutes, requests: 90,
		},
		{
			name: "a child that its parent depends on", jobs: []gitlabcitest.Job{{Name: "child", Trigger: child(gitlabcitest.Depend, breaks)}, {Name: "lint", Fails: 1}},
			status: gitlabci.PipelineFailed, outcome: gitlabci.ErrPipelineFailed, failed: "lint (script_failure), breaks (script_failure)", takes: 10 * minutes, requests: 90,
		},
		{
			name: "a parent that fails before its child", jobs: []gitlabcitest.Job{{Name: "lint", Fails: 1}, {Name: "child", Trigger: child("", slow)}},
			status: gitlabci.PipelineFailed, outcome: gitlabci.ErrPipelineFailed, failed: "lint (script_failure)", takes: 20 * minutes, requests: 145,
		},
		{
			name: "a child that is blocked", jobs: []gitlabcitest.Job{{Name: "child", Trigger: child("", gitlabcitest.Job{Name: "approve", When: gitlabcitest.Manual, Blocking: true})}},
			outcome: gitlabci.ErrPipelineBlocked, downstream: 2, takes: seconds, requests: 12,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, test.jobs, func(l *live) {
				l.srv.AddProject("group/other", test.other...)
				id := l.start()
				began := time.Now()
				test.o.Downstream = true
				p, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, &test.o)
				took := time.Since(began)
				require.GreaterOrEqual(l, took, test.takes)
				require.Less(l, took, test.takes+15*seconds)
				require.LessOrEqual(l, len(l.times()), test.requests)
				if test.status == "" {
					test.status = gitlabci.PipelineSuccess
				}
				require.Equal(l, test.status, p.Status)
				if test.outcome == nil {
					require.NoError(l, err)
					return
				}
				failure := (*gitlabci.PipelineError)(nil)
				require.ErrorAs(l, err, &failure)
				require.ErrorIs(l, err, test.outcome)
				require.Same(l, p, failure.Pipeline)
				require.Equal(l, test.failed, named(failure.FailedJobs))
				if test.downstream == 0 {
					require.Nil(l, failure.Downstream)
				} else {
					require.Equal(l, test.downstream, failure.Downstream.ID)
					require.Contains(l, err.Error(), fmt.Sprintf("pipeline %d ", test.downstream))
				}
			})
		})
	}
}

func TestWaitDownstreamOutOfReach(t *testing.T) {
	jobs := []gitlabcitest.Job{{Name: "unit", Fails: 1}, {Name: "other", Trigger: &gitlabcitest.Downstream{Project: "away/other"}}}
	inBubble(t, jobs, func(l *live) {
		l.srv.AddProject("away/other", gitlabcitest.Job{Name: "unit"})
		id := l.start()
		client := l.srv.ClientAs(l.srv.AddUser("dev", gitlabcitest.Developer.In("group")))
		p, err := client.Pipelines.Wait(l.Context(), liveApp, id, &gitlabci.WaitOptions{Downstream: true})
		require.Equal(l, gitlabci.PipelineFailed, p.Status)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrPipelineFailed, "what is known of the outcome is told")
		require.Regexp(l, `^gitlabci: pipeline 1 failed: unit \(script_failure\); gitlabci: wait for pipeline: get pipeline: GET .*: 404`, err.Error())
	})
}

// trouble is what passes.
var trouble = map[string][]gitlabcitest.Fault{
	"500":               {gitlabcitest.Status(500, `{"message":"500 Internal Server Error"}`)},
	"502":               {gitlabcitest.HTML(502)},
	"503":               {gitlabcitest.Status(503, "GitLab is not responding")},
	"504":               {gitlabcitest.Status(504, "")},
	"524 of a proxy":    {gitlabcitest.Status(524, "")},
	"429":               {gitlabcitest.TooManyRequests(7 * seconds)},
	"dropped before":    {gitlabcitest.DropBefore()},
	"dropped after":     {gitlabcitest.DropAfter()},
	"dropped within":    {gitlabcitest.Truncate(100)},
	"one after another": {gitlabcitest.Status(500, ""), gitlabcitest.DropAfter(), gitlabcitest.TooManyRequests(seconds), gitlabcitest.Truncate(1), gitlabcitest.HTML(503)},
}

func TestWaitSurvives(t *testing.T) {
	for name, faults := range trouble {
		t.Run(name, func(t *testing.T) {
			jobs := []gitlabcitest.Job{{Name: "unit", Duration: 5 * minutes}, {Name: "fails", Fails: 1}, {Name: "child", Trigger: &gitlabcitest.Downstream{Jobs: []gitlabcitest.Job{{Name: "slow", Duration: 10 * minutes}}}}}
			inBubble(t, jobs, func(l *live) {
				id := l.start()
				for _, route := range []string{pipelineRoute, pipelinesRoute, jobsRoute, bridgesRoute} { // at once
					l.srv.Fail("GET", route, faults...)
				}
				for at := minutes; at < 12*minutes; at += 50 * seconds { // and time and again
					l.later(at, func() { l.srv.Fail("GET", pipelineRoute, faults...) })
				}
				began := time.Now()
				p, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, &gitlabci.WaitOptions{Downstream: true})
				failure := (*gitlabci.PipelineError)(nil)
				require.ErrorAs(l, err, &failure)
				require.Equal(l, gitlabci.PipelineFailed, p.Status)
				require.Equal(l, "fails (script_failure)", named(failure.FailedJobs))
				require.Less(l, time.Since(began), 10*minutes+40*seconds)
				l.srv.Heal()
			})
			inBubble(t, jobs, func(l *live) {
				l.start()
				id := l.job("unit").ID
				l.srv.Fail("GET", jobRoute, faults...)
				l.later(minutes, func() { l.srv.Fail("GET", jobRoute, faults...) })
				job, err := l.client.Jobs.Wait(l.Context(), liveApp, id, nil)
				require.NoError(l, err)
				require.Equal(l, gitlabci.JobSuccess, job.Status)
			})
		})
	}
}

func TestWaitEndsAtOnce(t *testing.T) {
	for _, test := range []struct {
		name    string
		fault   gitlabcitest.Fault
		failure error
	}{
		{"401", gitlabcitest.Status(401, `{"message":"401 Unauthorized"}`), gitlabci.ErrUnauthorized},
		{"403", gitlabcitest.Status(403, `{"message":"403 Forbidden"}`), gitlabci.ErrForbidden},
		{"404", gitlabcitest.Status(404, `{"message":"404 Not found"}`), gitlabci.ErrNotFound},
		{"501", gitlabcitest.Status(501, ""), gitlabci.ErrServer},
		{"a page", gitlabcitest.HTML(200), gitlabci.ErrNotGitLab},
		{"garbage", gitlabcitest.Status(200, `{"id":`), gitlabci.ErrDecode},
		{"elsewhere", gitlabcitest.Redirect(302, "http://["), gitlabci.ErrRedirected},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: time.Hour}}, func(l *live) {
				id := l.start()
				l.srv.Fail("GET", pipelineRoute, test.fault)
				began := time.Now()
				p, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, nil)
				require.Nil(l, p)
				require.ErrorIs(l, err, test.failure)
				require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
				require.ErrorIs(l, err, gitlabci.ErrGet)
				require.ErrorAs(l, err, new(*gitlabci.Error))
				require.Contains(l, err.Error(), "gitlabci: wait for pipeline: get pipeline: GET /projects/group%2Fapp/pipelines/1: ")
				require.Zero(l, time.Since(began))
				require.Len(l, l.times(), 1)

				// Later likewise, but for a 404, which may be of a database that is behind: two are not.
				l.later(10*minutes, func() { l.srv.Fail("GET", pipelineRoute, test.fault.Times(2)) })
				p, err = l.client.Pipelines.Wait(l.Context(), liveApp, id, nil)
				require.Equal(l, gitlabci.PipelineRunning, p.Status, "what was seen last")
				require.ErrorIs(l, err, test.failure)
				l.srv.Heal()

				jobID := l.job("unit").ID
				l.later(10*minutes, func() { l.srv.Fail("GET", jobRoute, test.fault.Times(2)) })
				job, err := l.client.Jobs.Wait(l.Context(), liveApp, jobID, nil)
				require.Equal(l, gitlabci.JobRunning, job.Status)
				require.ErrorIs(l, err, test.failure)
				require.ErrorIs(l, err, gitlabci.ErrJobGet)
			})
		})
	}
	t.Run("arguments", func(t *testing.T) {
		inBubble(t, nil, func(l *live) {
			for _, project := range []gitlabci.Project{{}, liveApp} {
				_, err := l.client.Pipelines.Wait(l.Context(), project, 0, nil)
				require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
				_, err = l.client.Jobs.Wait(l.Context(), project, 0, nil)
				require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
			}
			require.Empty(l, l.times())
		})
	})
}

func TestWaitPatience(t *testing.T) {
	for _, patience := range []time.Duration{0, minutes, time.Hour} {
		inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: 10 * time.Hour}}, func(l *live) {
			id := l.start()
			var began time.Time
			l.later(30*minutes, func() { // a short one is forgotten
				l.srv.Fail("", "", gitlabcitest.Status(503, "").Forever())
				time.Sleep(50 * seconds)
				l.srv.Heal()
			})
			l.later(time.Hour, func() {
				l.srv.Fail("", "", gitlabcitest.Status(503, "upgrading").Forever())
				began = time.Now()
				l.forget()
			})
			p, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, &gitlabci.WaitOptions{Patience: patience})
			require.Equal(l, gitlabci.PipelineRunning, p.Status)
			require.ErrorIs(l, err, gitlabci.ErrServer)
			require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
			require.Contains(l, err.Error(), "503 Service Unavailable: upgrading")
			if patience == 0 {
				patience = 5 * minutes
			}
			out := time.Since(began)
			require.GreaterOrEqual(l, out, patience)
			require.Less(l, out, patience+25*seconds)
			require.Contains(l, err.Error(), "wait for pipeline: GitLab is out of reach for "+patience.String()[:1])
			require.Less(l, len(l.times()), int(out/(4*seconds)), "the polls are the retries")
		})
	}
}

func TestWaitContext(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: time.Hour}}, func(l *live) {
		id := l.start()
		within := func(after time.Duration) (context.Context, context.CancelFunc) {
			return context.WithTimeout(l.Context(), after)
		}

		began := time.Now()
		ctx, cancel := within(10 * minutes)
		p, err := l.client.Pipelines.Wait(ctx, liveApp, id, nil)
		cancel()
		require.Equal(l, 10*minutes, time.Since(began))
		require.Equal(l, gitlabci.PipelineRunning, p.Status)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
		require.EqualError(l, err, "gitlabci: wait for pipeline 1: still running after 10m0s; running: unit: context deadline exceeded")

		ctx, cancel = within(10 * minutes)
		job, err := l.client.Jobs.Wait(ctx, liveApp, l.job("unit").ID, nil)
		cancel()
		require.Equal(l, gitlabci.JobRunning, job.Status)
		require.ErrorIs(l, err, context.DeadlineExceeded)

		// In the middle of a request, and of trouble.
		ctx, cancel = within(minutes)
		l.srv.Fail("GET", pipelineRoute, gitlabcitest.Delay(2*minutes).Forever())
		p, err = l.client.Pipelines.Wait(ctx, liveApp, id, nil)
		cancel()
		require.Nil(l, p)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		l.srv.Heal()

		ctx, cancel = within(minutes)
		l.srv.Fail("GET", pipelineRoute, gitlabcitest.Status(502, "").Forever())
		_, err = l.client.Pipelines.Wait(ctx, liveApp, id, nil)
		cancel()
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.ErrorIs(l, err, gitlabci.ErrServer, "it tells why there was nothing to see")
		l.srv.Heal()

		cancelled, cancel := context.WithCancel(l.Context())
		cancel()
		l.forget()
		_, err = l.client.Pipelines.Wait(cancelled, liveApp, id, nil)
		require.ErrorIs(l, err, context.Canceled)
		require.Empty(l, l.times())
	})
}

func TestWaitRetriesDoNotMultiply(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: time.Hour}}, func(l *live) {
		id := l.start()
		count := func() int {
			l.forget()
			ctx, cancel := context.WithTimeout(l.Context(), 4*minutes)
			defer cancel()
			_, err := l.client.Pipelines.Wait(ctx, liveApp, id, &gitlabci.WaitOptions{Downstream: true})
			require.ErrorIs(l, err, context.DeadlineExceeded)
			return len(l.times())
		}
		well := count()
		l.srv.Fail("GET", pipelineRoute, gitlabcitest.Status(502, "").Forever())
		ill := count()
		require.Greater(l, ill, 20)
		require.Less(l, ill, well*2)
	})
}

// What GitLab asks for has the ceiling that the client's policy sets.
func TestWaitRetryAfter(t *testing.T) {
	for _, test := range []struct {
		asked, ceiling, pause time.Duration
	}{
		{45 * seconds, 0, 45 * seconds},
		{4 * minutes, 0, minutes},
		{4 * minutes, 10 * minutes, 4 * minutes},
	} {
		inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: time.Hour}}, func(l *live) {
			id := l.start()
			client := l.srv.Client(gitlabci.WithTransport(l.note), gitlabci.WithRetry(gitlabci.RetryPolicy{MaxRateLimitWait: test.ceiling}))
			l.later(10*minutes, func() {
				l.srv.Fail("GET", pipelineRoute, gitlabcitest.TooManyRequests(test.asked))
				l.forget()
			})
			_, err := client.Pipelines.Wait(l.Context(), liveApp, id, nil)
			require.NoError(l, err)
			times := l.times()
			pause := times[1].Sub(times[0])
			require.GreaterOrEqual(l, pause, test.pause, "not sooner than it was asked to")
			require.Less(l, pause, test.pause+10*seconds)
			require.Less(l, times[2].Sub(times[1]), 15*seconds, "once is once")
		})
	}
}

// A rate limit that ends in ten years, or that does not say in a way that can be read what is left of it, does not stop a wait.
func TestWaitsThroughStrangeRateLimits(t *testing.T) {
	years := func(n int) string { return fmt.Sprint(time.Now().Unix() + int64(n)*365*24*3600) }
	const soon = 15 * seconds
	for _, test := range []struct {
		name    string
		header  func() []string
		ceiling time.Duration // of the policy
		longest time.Duration // pause at most
		paused  time.Duration // and at least
	}{
		{"none left for ten years", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "0", "RateLimit-Reset", years(10)}
		}, 0, 62 * seconds, minutes},
		{"none left, of no limit", func() []string { return []string{"RateLimit-Remaining", "0", "RateLimit-Reset", years(10)} }, 0, 62 * seconds, minutes},
		{"none left, and little patience", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "0", "RateLimit-Reset", years(10)}
		}, 20 * seconds, 21 * seconds, 20 * seconds},
		{"a few left for ten years", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "3", "RateLimit-Reset", years(10)}
		}, 0, 62 * seconds, minutes},
		{"nothing said of what is left", func() []string { return []string{"RateLimit-Limit", "600", "RateLimit-Reset", years(1)} }, 0, soon, 0},
		{"empty", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "", "RateLimit-Reset", years(1)}
		}, 0, soon, 0},
		{"enough, with a window", func() []string {
			return []string{"RateLimit-Limit", "600, 600;w=60", "RateLimit-Remaining", "599;w=60", "RateLimit-Reset", years(1)}
		}, 0, soon, 0},
		{"none, with a window", func() []string {
			return []string{"RateLimit-Limit", "600;w=60", "RateLimit-Remaining", "0;w=60", "RateLimit-Reset", years(1)}
		}, 0, 62 * seconds, minutes},
		{"garbage", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "none", "RateLimit-Reset", years(1)}
		}, 0, soon, 0},
		{"a fraction", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "0.5", "RateLimit-Reset", years(1)}
		}, 0, soon, 0},
		{"a window that ends never", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "0", "RateLimit-Reset", "9223372036854775807"}
		}, 0, soon, 0},
		{"a window that ended", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "0", "RateLimit-Reset", years(-1)}
		}, 0, soon, 0},
		{"a window in seconds", func() []string {
			return []string{"RateLimit-Limit", "600", "RateLimit-Remaining", "0", "RateLimit-Reset", "30"}
		}, 0, soon, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, look := range map[string]func(t *testing.T, c *lab) error{
				"Wait": func(t *testing.T, c *lab) error {
					_, err := c.Pipelines.Wait(t.Context(), app, 7, nil)
					return err
				},
				"Jobs.Wait": func(t *testing.T, c *lab) error {
					_, err := c.Jobs.Wait(t.Context(), app, 7, nil)
					return err
				},
				"Watch": func(t *testing.T, c *lab) (err error) {
					for _, err = range c.Pipelines.Watch(t.Context(), app, 7, nil) {
					}
					return err
				},
				"FollowTrace": func(t *testing.T, c *lab) error {
					log := c.Jobs.FollowTrace(t.Context(), app, 7, nil)
					defer log.Close()
					_, err := io.ReadAll(log)
					return err
				},
			} {
				synctest.Test(t, func(t *testing.T) {
					s := &forgetful{began: time.Now(), late: time.Hour}
					last, longest := s.began, time.Duration(0)
					c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
						longest = max(longest, time.Since(last))
						last = time.Now()
						for pair := range slices.Chunk(test.header(), 2) {
							w.Header().Set(pair[0], pair[1])
						}
						s.ServeHTTP(w, r)
					}, gitlabci.WithRetry(gitlabci.RetryPolicy{MaxRateLimitWait: test.ceiling}))
					require.NoError(t, look(t, c))
					require.Less(t, longest, test.longest, name)
					require.GreaterOrEqual(t, longest, test.paused, name)
					require.Less(t, time.Since(s.began), 12*minutes, name)
				})
			}
		})
	}
}

// TestWaitRateLimit has a server that lets 20 requests through in a minute.
func TestWaitRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var asked []time.Time
		window, left := began, 0
		client := scripted(t, func(r *http.Request) (int, string, []string) {
			now := time.Now()
			asked = append(asked, now)
			if !now.Before(window) {
				window, left = now.Truncate(minutes).Add(minutes), 20
				left -= 17 // what others use
			}
			left--
			require.GreaterOrEqual(t, left, 0, "the limit is kept")
			status := "running"
			if now.Sub(began) > 10*minutes {
				status = "success"
			}
			header := []string{"RateLimit-Limit", "20", "RateLimit-Remaining", fmt.Sprint(left), "RateLimit-Reset", fmt.Sprint(window.Unix())}
			if isList(r) {
				return 200, "[]", header
			}
			return 200, fmt.Sprintf(`{"id":1,"status":%q}`, status), header
		})
		_, err := client.Pipelines.Wait(t.Context(), liveApp, 1, &gitlabci.WaitOptions{Interval: seconds})
		require.NoError(t, err)
		require.Less(t, time.Since(began), 11*minutes+seconds)
	})
}

func TestWaitConditional(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "unit", Queue: minutes, Duration: 10 * minutes}}, func(l *live) {
		id := l.start()
		_, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		tags := make(map[string]bool)
		requests := l.srv.Requests()
		for i, r := range requests {
			if r.Route == pipelineRoute && i > 0 {
				require.NotEmpty(l, r.Header.Get("If-None-Match"))
				tags[r.Header.Get("If-None-Match")] = true
			}
		}
		require.Len(l, tags, 2, "pending and running")
	})
	inBubble(t, []gitlabcitest.Job{{Name: "unit", Queue: minutes, Duration: 10 * minutes}}, func(l *live) {
		l.start()
		id := l.job("unit").ID
		l.srv.ResetRequests()
		job, err := l.client.Jobs.Wait(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Equal(l, gitlabci.JobSuccess, job.Status)
		for _, r := range l.srv.Requests()[1:] {
			require.NotEmpty(l, r.Header.Get("If-None-Match"))
		}
	})
}

// TestWaitRequestOptions sees that what the caller gives to a wait goes along with each request, and comes back.
func TestWaitRequestOptions(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: minutes, Fails: 1}}, func(l *live) {
		id := l.start()
		var response gitlabci.Response
		opts := make([]gitlabci.RequestOption, 0, 10) // with room that the wait must not use
		opts = append(opts, gitlabci.WithHeader("X-Mine", "yes"), gitlabci.WithResponse(&response))
		_, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, nil, opts...)
		require.ErrorIs(l, err, gitlabci.ErrPipelineFailed)
		for _, r := range l.srv.Requests() {
			require.Equal(l, "yes", r.Header.Get("X-Mine"))
		}
		require.Equal(l, 200, response.StatusCode)
		require.NotEmpty(l, response.RequestID)
		require.Nil(l, opts[:3][2])
	})
}

func TestWaitIntervalAndClocks(t *testing.T) {
	for _, test := range []struct {
		name  string
		o     *gitlabci.WaitOptions
		skew  time.Duration // of GitLab's clock
		first time.Duration
		last  time.Duration
	}{
		{"as it is", nil, 0, 3 * seconds, 9600 * time.Millisecond},
		{"asked for", &gitlabci.WaitOptions{Interval: 10 * seconds}, 0, 10 * seconds, 32 * seconds},
		{"GitLab is ahead", nil, 3 * time.Hour, 3 * seconds, 9600 * time.Millisecond},
		{"GitLab is behind", nil, -3 * time.Hour, 3 * seconds, 9600 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var asked []time.Time
				client := scripted(t, func(r *http.Request) (int, string, []string) {
					now := time.Now().Add(test.skew)
					header := []string{"Date", now.UTC().Format(http.TimeFormat)}
					if isList(r) {
						return 200, "[]", header
					}
					asked = append(asked, time.Now())
					status := "running"
					if time.Since(began) > 20*minutes {
						status = "success"
					}
					return 200, fmt.Sprintf(`{"id":1,"status":%q,"created_at":%q}`, status, began.Add(test.skew).UTC().Format(time.RFC3339)), header
				})
				_, err := client.Pipelines.Wait(t.Context(), liveApp, 1, test.o)
				require.NoError(t, err)
				near := func(expected, pause time.Duration) {
					require.InEpsilon(t, expected.Seconds(), pause.Seconds(), 0.11)
				}
				near(test.first, asked[1].Sub(asked[0]))
				near(2*test.first, asked[4].Sub(asked[3]))
				near(test.last, asked[len(asked)-1].Sub(asked[len(asked)-2]))
			})
		})
	}
}

func TestWaitHistory(t *testing.T) {
	jobs := []gitlabcitest.Job{{Name: "unit", Duration: 30 * seconds}}
	inBubble(t, jobs, func(l *live) {
		for range 3 { // of which the last two are no guide
			l.start()
			time.Sleep(minutes)
		}
		l.srv.Define(liveApp, gitlabcitest.Job{Name: "unit", Fails: 1})
		l.start()
		l.srv.Push(liveApp, "feature")
		time.Sleep(minutes)
		l.srv.Define(liveApp, jobs...)
		id := l.start()
		p, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Equal(l, map[string]int{"GET " + pipelineRoute: 2, "GET " + pipelinesRoute: 1, "GET " + jobsRoute: 1, "GET " + bridgesRoute: 1}, l.routes())
		require.Less(l, time.Since(p.FinishedAt), 3*seconds)

		// What went on for a while is waited for no longer than it may take.
		id = l.start()
		time.Sleep(20 * seconds)
		p, err = l.client.Pipelines.Wait(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Equal(l, map[string]int{"GET " + pipelineRoute: 2, "GET " + pipelinesRoute: 1, "GET " + jobsRoute: 1, "GET " + bridgesRoute: 1}, l.routes())
		require.Less(l, time.Since(p.FinishedAt), 3*seconds)

		// One that has ended is not compared to any.
		l.srv.ResetRequests()
		_, err = l.client.Pipelines.Wait(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Equal(l, map[string]int{"GET " + pipelineRoute: 1, "GET " + jobsRoute: 1, "GET " + bridgesRoute: 1}, l.routes())
	})
}

// GitLab works out the status of a pipeline a moment after a job was played.
func TestWaitAndWatchAfterPlay(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*gitlabci.Client) (gitlabci.PipelineStatus, error)
	}{
		{"Wait", func(client *gitlabci.Client) (gitlabci.PipelineStatus, error) {
			p, err := client.Pipelines.Wait(t.Context(), gitlabci.ProjectID(1), 7, &gitlabci.WaitOptions{Interval: time.Millisecond})
			return p.Status, err
		}},
		{"Watch", func(client *gitlabci.Client) (last gitlabci.PipelineStatus, err error) {
			for event, err := range client.Pipelines.Watch(t.Context(), gitlabci.ProjectID(1), 7, &gitlabci.WatchOptions{Interval: time.Millisecond}) {
				if err != nil {
					return "", err
				}
				last = event.Pipeline.Status
			}
			return last, nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				pipeline, job := "manual", "running"
				if n := asked.Add(1); n > 12 {
					pipeline, job = "success", "success"
				} else if n > 6 {
					pipeline = "running"
				}
				switch scope := r.URL.Query().Get("scope[]"); {
				case strings.HasSuffix(r.URL.Path, "/bridges"), strings.HasSuffix(r.URL.Path, "/jobs") && scope != "" && job == "success":
					fmt.Fprint(w, `[]`)
				case strings.HasSuffix(r.URL.Path, "/jobs"):
					fmt.Fprintf(w, `[{"id":8,"name":"deploy","status":%q}]`, job)
				case strings.HasSuffix(r.URL.Path, "/pipelines"):
					fmt.Fprint(w, `[]`)
				default:
					fmt.Fprintf(w, `{"id":7,"status":%q}`, pipeline)
				}
			}))
			defer server.Close()
			client, err := gitlabci.NewClient(server.URL, gitlabci.Anonymous())
			require.NoError(t, err)
			defer client.CloseIdleConnections()
			status, err := test.end(client)
			require.NoError(t, err)
			require.Equal(t, gitlabci.PipelineSuccess, status)
		})
	}
}

func TestJobsWait(t *testing.T) {
	for _, test := range []struct {
		name      string
		job       gitlabcitest.Job
		o         *gitlabci.WaitJobOptions
		meanwhile func(l *live, id int64)
		status    gitlabci.JobStatus
		outcome   error
		text      string
	}{
		{name: "success", job: gitlabcitest.Job{Duration: 5 * minutes}, status: gitlabci.JobSuccess},
		{
			name: "failed", job: gitlabcitest.Job{Duration: 5 * minutes, Fails: 1}, status: gitlabci.JobFailed, outcome: gitlabci.ErrJobFailed,
			text: "gitlabci: job 1 (unit) failed: script_failure",
		},
		{
			name: "allowed to fail", job: gitlabcitest.Job{Duration: 5 * minutes, Fails: 1, AllowFailure: true}, status: gitlabci.JobFailed, outcome: gitlabci.ErrJobFailed,
		},
		{
			name: "canceled", job: gitlabcitest.Job{Duration: time.Hour, AfterScript: minutes}, status: gitlabci.JobCanceled, outcome: gitlabci.ErrJobCanceled, text: "gitlabci: job 1 (unit) canceled",
			meanwhile: func(l *live, id int64) { l.client.Jobs.Cancel(l.Context(), liveApp, id, nil) },
		},
		{
			name: "skipped", job: gitlabcitest.Job{When: gitlabcitest.OnFailure}, status: gitlabci.JobSkipped, outcome: gitlabci.ErrJobSkipped, text: "gitlabci: job 1 (unit) skipped",
		},
		{
			name: "manual", job: gitlabcitest.Job{When: gitlabcitest.Manual}, status: gitlabci.JobManual, outcome: gitlabci.ErrJobBlocked, text: "gitlabci: job 1 (unit) waits to be played",
		},
		{
			name: "through manual", job: gitlabcitest.Job{When: gitlabcitest.Manual}, o: &gitlabci.WaitJobOptions{ThroughManual: true}, status: gitlabci.JobSuccess,
			meanwhile: func(l *live, id int64) { l.client.Jobs.Play(l.Context(), liveApp, id, nil) },
		},
		{name: "delayed", job: gitlabcitest.Job{When: gitlabcitest.Delayed, StartIn: 5 * minutes}, status: gitlabci.JobSuccess},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.job.Name = "unit"
			inBubble(t, []gitlabcitest.Job{test.job}, func(l *live) {
				l.start()
				if test.meanwhile != nil {
					l.later(5*minutes, func() { test.meanwhile(l, 1) })
				}
				o, told := new(gitlabci.WaitJobOptions), []gitlabci.JobStatus(nil)
				if test.o != nil {
					*o = *test.o
				}
				o.Progress = func(j *gitlabci.Job) { told = append(told, j.Status) }
				job, err := l.client.Jobs.Wait(l.Context(), liveApp, 1, o)
				require.Equal(l, test.status, told[len(told)-1])
				require.Equal(l, told, slices.Compact(slices.Clone(told)), "each change once")
				require.Equal(l, test.status, job.Status)
				if test.outcome == nil {
					require.NoError(l, err)
					return
				}
				require.ErrorIs(l, err, test.outcome)
				failure := (*gitlabci.JobError)(nil)
				require.ErrorAs(l, err, &failure)
				require.Same(l, job, failure.Job)
				if test.text != "" {
					require.EqualError(l, err, test.text)
				}
			})
		})
	}
}

func TestWaitFor(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "unit"}}, func(l *live) {
		waitFor := func(o gitlabci.WaitForOptions) *gitlabci.Pipeline {
			l.Helper()
			ctx, cancel := context.WithTimeout(l.Context(), time.Hour)
			defer cancel()
			p, err := l.client.Pipelines.WaitFor(ctx, liveApp, &o)
			require.NoError(l, err)
			return p
		}

		// Those that are there.
		first, second := l.srv.Push(liveApp, "main"), l.srv.Push(liveApp, "main")
		began := time.Now()
		require.EqualValues(l, 2, waitFor(gitlabci.WaitForOptions{Ref: "main"}).ID, "the newest")
		require.EqualValues(l, 1, waitFor(gitlabci.WaitForOptions{SHA: first}).ID)
		require.EqualValues(l, 2, waitFor(gitlabci.WaitForOptions{Ref: "main", SHA: second, Source: gitlabci.PipelineSourcePush}).ID)
		require.Zero(l, time.Since(began))

		// Those that come.
		comes := func(do func()) {
			began = time.Now()
			l.later(5*minutes, do)
		}
		in := func(p *gitlabci.Pipeline, id int64) {
			l.Helper()
			require.Equal(l, id, p.ID)
			require.GreaterOrEqual(l, time.Since(began), 5*minutes)
			require.Less(l, time.Since(began), 5*minutes+12*seconds)
		}
		comes(func() { l.srv.Push(liveApp, "feature/new") })
		in(waitFor(gitlabci.WaitForOptions{Ref: "feature/new"}), 3)
		comes(func() { l.srv.Push(liveApp, "main") })
		in(waitFor(gitlabci.WaitForOptions{Ref: "main", After: 2}), 4)
		create := func(ref string) {
			_, err := l.client.Pipelines.Create(l.Context(), liveApp, &gitlabci.CreatePipelineOptions{Ref: ref})
			require.NoError(l, err)
		}
		comes(func() { create("main") })
		in(waitFor(gitlabci.WaitForOptions{Ref: "main", Source: gitlabci.PipelineSourceAPI}), 5)
		sha := l.srv.AddBranch(liveApp, "later")
		comes(func() { create("later") })
		in(waitFor(gitlabci.WaitForOptions{SHA: sha}), 6)

		iid := l.srv.AddMergeRequest(liveApp, "later")
		begin := func() {
			_, err := l.client.Pipelines.CreateForMergeRequest(l.Context(), liveApp, iid, nil)
			require.NoError(l, err)
		}
		o := gitlabci.WaitForOptions{MergeRequest: iid, Source: gitlabci.PipelineSourceMergeRequestEvent}
		comes(begin)
		in(waitFor(o), 7)
		o.After = 7
		comes(begin)
		in(waitFor(o), 8)
		o = gitlabci.WaitForOptions{MergeRequest: iid, SHA: sha}
		require.EqualValues(l, 8, waitFor(o).ID)
	})
}

func TestWaitForFails(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "unit"}}, func(l *live) {
		for _, o := range []*gitlabci.WaitForOptions{nil, {}, {Source: "push"}, {After: 5}, {SHA: "7fdc1a2"}, {SHA: "main", Ref: "main"}} {
			_, err := l.client.Pipelines.WaitFor(l.Context(), liveApp, o)
			require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
			require.ErrorIs(l, err, gitlabci.ErrPipelineList)
		}
		_, err := l.client.Pipelines.WaitFor(l.Context(), gitlabci.Project{}, &gitlabci.WaitForOptions{Ref: "main"})
		require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
		_, err = l.client.Pipelines.WaitFor(l.Context(), liveApp, &gitlabci.WaitForOptions{MergeRequest: -1})
		require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
		require.Empty(l, l.times())

		_, err = l.client.Pipelines.WaitFor(l.Context(), gitlabci.ProjectPath("no/where"), &gitlabci.WaitForOptions{Ref: "main"})
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrPipelineList)
		require.Len(l, l.times(), 1)

		ctx, cancel := context.WithTimeout(l.Context(), time.Hour)
		defer cancel()
		l.forget()
		p, err := l.client.Pipelines.WaitFor(ctx, liveApp, &gitlabci.WaitForOptions{Ref: "main"})
		require.Nil(l, p)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.EqualError(l, err, "gitlabci: wait for new pipeline: context deadline exceeded")
		require.Less(l, len(l.times()), 400)

		l.srv.Push(liveApp, "main")
		l.srv.Fail("GET", pipelinesRoute, slices.Concat(trouble["one after another"], trouble["502"])...)
		p, err = l.client.Pipelines.WaitFor(l.Context(), liveApp, &gitlabci.WaitForOptions{Ref: "main"})
		require.NoError(l, err)
		require.EqualValues(l, 1, p.ID)

		l.srv.Fail("GET", pipelinesRoute, gitlabcitest.Status(500, "").Forever())
		began := time.Now()
		_, err = l.client.Pipelines.WaitFor(l.Context(), liveApp, &gitlabci.WaitForOptions{Ref: "main", Patience: minutes})
		require.ErrorIs(l, err, gitlabci.ErrServer)
		require.Less(l, time.Since(began), minutes+12*seconds)
	})
}

func TestWaitStrangeAnswers(t *testing.T) {
	var sent int
	client := through(t, func(r *http.Request) (*http.Response, error) {
		if sent++; sent == 1 {
			return answerTo(r, 200, `{"id":7,"status":"running"}`, "RateLimit-Remaining: -1", fmt.Sprint("RateLimit-Reset: ", time.Now().Unix()+1)), nil
		}
		return answerTo(r, 200, `{"id":7,"status":"success"}`), nil
	})
	job, err := client.Jobs.Wait(t.Context(), wireApp, 7, &gitlabci.WaitJobOptions{Interval: 1})
	require.NoError(t, err)
	require.Equal(t, gitlabci.JobSuccess, job.Status)

	client = through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, 304, ``), nil })
	_, err = client.Jobs.Wait(t.Context(), wireApp, 7, nil, gitlabci.WithHeader("If-None-Match", "of an earlier answer"))
	require.Equal(t, http.StatusNotModified, failureOf(t, err).StatusCode)
}

// Whether the end is expected is an option of its own; to see progress turns it off unless it is asked for.
func TestWaitExpectsTheEnd(t *testing.T) {
	progress := func(*gitlabci.Pipeline) {}
	for _, test := range []struct {
		o     gitlabci.WaitOptions
		lists int
	}{
		{gitlabci.WaitOptions{}, 1},
		{gitlabci.WaitOptions{Progress: progress}, 0},
		{gitlabci.WaitOptions{Progress: progress, ExpectEnd: new(true)}, 1},
		{gitlabci.WaitOptions{ExpectEnd: new(false)}, 0},
		{gitlabci.WaitOptions{Progress: progress, Downstream: true}, 0},
	} {
		inBubble(t, []gitlabcitest.Job{{Name: "unit", Duration: 10 * minutes}}, func(l *live) {
			id := l.start()
			l.srv.ResetRequests()
			_, err := l.client.Pipelines.Wait(l.Context(), liveApp, id, &test.o)
			require.NoError(l, err)
			require.Equal(l, test.lists, l.routes()["GET "+pipelinesRoute])
		})
	}
}
