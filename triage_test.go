package gitlabci_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

const retryRoute = "/projects/:id/jobs/:job_id/retry"

func TestRetryFailed(t *testing.T) {
	jobs := []gitlabcitest.Job{
		{Name: "unit", Fails: 3},
		{Name: "e2e", Fails: 3, FailureReason: "runner_system_failure"},
		{Name: "slow", Fails: 3, FailureReason: "no_updates_running"},
		{Name: "spell", Fails: 3, AllowFailure: true},
		{Name: "fine"},
		{Name: "child", Trigger: &gitlabcitest.Downstream{Project: "no/where"}},
		{Name: "next", Stage: "next"},
	}
	for _, test := range []struct {
		name    string
		o       *gitlabci.RetryFailedOptions
		before  string // that was retried before
		retries string
	}{
		{"all that failed", nil, "", "unit, e2e, slow"},
		{"with those that may", &gitlabci.RetryFailedOptions{Allowed: true}, "", "unit, e2e, slow, spell"},
		{"for a reason", &gitlabci.RetryFailedOptions{Reasons: []gitlabci.FailureReason{gitlabci.FailureReasonRunnerSystem, gitlabci.FailureReasonAPI}}, "", "e2e"},
		{"for its old reason", &gitlabci.RetryFailedOptions{Reasons: []gitlabci.FailureReason{gitlabci.FailureReasonStuckOrTimeout}}, "", "slow"},
		{"for its new reason", &gitlabci.RetryFailedOptions{Reasons: []gitlabci.FailureReason{gitlabci.FailureReasonNoUpdatesRunning}}, "", "slow"},
		{"for another new reason", &gitlabci.RetryFailedOptions{Reasons: []gitlabci.FailureReason{gitlabci.FailureReasonNoUpdatesCanceling}}, "", ""},
		{"for no reason there is", &gitlabci.RetryFailedOptions{Reasons: []gitlabci.FailureReason{gitlabci.FailureReasonArchived}}, "", ""},
		{"by attempts", &gitlabci.RetryFailedOptions{MaxAttempts: 2}, "unit", "e2e, slow"},
		{"by more attempts", &gitlabci.RetryFailedOptions{MaxAttempts: 3}, "unit", "unit, e2e, slow"},
		{"by none", &gitlabci.RetryFailedOptions{MaxAttempts: 1}, "", ""},
		{"that match", &gitlabci.RetryFailedOptions{Match: func(j *gitlabci.Job) bool { return strings.HasPrefix(j.Name, "u") }}, "", "unit"},
		{"all at once", &gitlabci.RetryFailedOptions{
			Reasons: []gitlabci.FailureReason{gitlabci.FailureReasonScript}, MaxAttempts: 2, Allowed: true, Match: func(j *gitlabci.Job) bool { return j.Name != "unit" },
		}, "", "spell"},
		{"with inputs", &gitlabci.RetryFailedOptions{Retry: &gitlabci.RetryJobOptions{Inputs: map[string]any{"level": 3}}}, "", "unit, e2e, slow"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, jobs, func(l *live) {
				id := l.start()
				time.Sleep(minutes)
				if test.before != "" {
					_, err := l.client.Jobs.Retry(l.Context(), liveApp, l.job(test.before).ID, nil)
					require.NoError(l, err)
					time.Sleep(minutes)
				}
				l.srv.ResetRequests()
				retried, err := l.client.Pipelines.RetryFailed(l.Context(), liveApp, id, test.o)
				require.NoError(l, err)
				var names []string
				for _, job := range retried {
					names = append(names, job.Name)
					require.Greater(l, job.ID, int64(len(jobs)), "a new job")
					require.Equal(l, gitlabci.JobPending, job.Status)
				}
				require.Equal(l, test.retries, strings.Join(names, ", "))
				require.Len(l, l.srv.Requests(), 1+len(retried))
				if test.o != nil && test.o.Retry != nil {
					require.Contains(l, string(l.srv.Requests()[1].Body), `"level":3`)
				}
			})
		})
	}
}

func TestRetryFailedFails(t *testing.T) {
	jobs := []gitlabcitest.Job{{Name: "a", Fails: 3}, {Name: "b", Fails: 3}, {Name: "c", Fails: 3}}
	for _, test := range []struct {
		name    string
		fault   gitlabcitest.Fault
		failure error
		runs    bool // the job whose retry failed
	}{
		{"refused", gitlabcitest.Status(403, `{"message":"403 Forbidden - Job is not retryable"}`), gitlabci.ErrForbidden, false},
		{"lost afterwards", gitlabcitest.DropAfter(), gitlabci.ErrOutcomeUnknown, true},
		{"lost before", gitlabcitest.DropBefore(), gitlabci.ErrOutcomeUnknown, false},
		{"a server error", gitlabcitest.Status(502, ""), gitlabci.ErrOutcomeUnknown, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, jobs, func(l *live) {
				id := l.start()
				time.Sleep(minutes)
				l.srv.Fail("POST", "/projects/group%2Fapp/jobs/2/retry", test.fault)
				retried, err := l.client.Pipelines.RetryFailed(l.Context(), liveApp, id, nil)
				require.ErrorIs(l, err, test.failure)
				require.ErrorIs(l, err, gitlabci.ErrPipelineRetry)
				require.ErrorIs(l, err, gitlabci.ErrJobRetry)
				require.ErrorContains(l, err, "gitlabci: retry failed jobs: job 2 (b): retry job: POST /projects/group%2Fapp/jobs/2/retry: ")
				require.Len(l, retried, 2, "the others were retried")
				require.Equal(l, "a", retried[0].Name)
				require.Equal(l, "c", retried[1].Name)
				require.Equal(l, 3, l.routes()["POST "+retryRoute], "each once")
				runs := 0
				for job, err := range l.client.Pipelines.Jobs(l.Context(), liveApp, id, nil) {
					require.NoError(l, err)
					if job.Name == "b" && job.Status == gitlabci.JobPending {
						runs++
					}
				}
				require.Equal(l, test.runs, runs == 1)
			})
		})
	}
	inBubble(t, jobs, func(l *live) {
		id := l.start()
		time.Sleep(minutes)
		l.srv.Fail("GET", jobsRoute, gitlabcitest.Status(403, ""))
		retried, err := l.client.Pipelines.RetryFailed(l.Context(), liveApp, id, nil)
		require.Empty(l, retried)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.ErrorIs(l, err, gitlabci.ErrPipelineRetry)

		ctx, cancel := context.WithTimeout(l.Context(), 10*time.Second)
		defer cancel()
		l.srv.Fail("POST", "/projects/group%2Fapp/jobs/2/retry", gitlabcitest.Delay(20*time.Second))
		l.srv.ResetRequests()
		retried, err = l.client.Pipelines.RetryFailed(ctx, liveApp, id, nil)
		require.Len(l, retried, 1)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.ErrorIs(l, err, gitlabci.ErrOutcomeUnknown)
		require.Equal(l, 2, l.routes()["POST "+retryRoute], "none after the context")
	})
}

func TestPlayOrRetry(t *testing.T) {
	for _, test := range []struct {
		name    string
		job     gitlabcitest.Job
		does    string // play, retry or nothing
		after   time.Duration
		prepare func(l *live)
		status  gitlabci.JobStatus // that the job had
	}{
		{name: "manual", job: gitlabcitest.Job{When: gitlabcitest.Manual}, does: "play"},
		{name: "delayed", job: gitlabcitest.Job{When: gitlabcitest.Delayed, StartIn: time.Hour}, does: "play"},
		{name: "success", after: minutes, does: "retry"},
		{name: "failed", job: gitlabcitest.Job{Fails: 1}, after: minutes, does: "retry"},
		{name: "canceled", job: gitlabcitest.Job{Duration: time.Hour}, prepare: func(l *live) { l.client.Jobs.Cancel(l.Context(), liveApp, 1, nil) }, does: "retry"},
		{
			name: "manual, that has run", job: gitlabcitest.Job{When: gitlabcitest.Manual}, does: "retry",
			prepare: func(l *live) {
				l.client.Jobs.Play(l.Context(), liveApp, 1, nil)
				time.Sleep(minutes)
			},
		},
		{name: "pending", job: gitlabcitest.Job{Queue: time.Hour}, status: gitlabci.JobPending},
		{name: "running", job: gitlabcitest.Job{Duration: time.Hour}, after: minutes, status: gitlabci.JobRunning},
		{name: "skipped", job: gitlabcitest.Job{When: gitlabcitest.OnFailure}, status: gitlabci.JobSkipped},
		{
			name: "canceling", job: gitlabcitest.Job{Duration: time.Hour, AfterScript: minutes}, after: seconds, status: gitlabci.JobCanceling,
			prepare: func(l *live) { l.client.Jobs.Cancel(l.Context(), liveApp, 1, nil) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.job.Name = "unit"
			inBubble(t, []gitlabcitest.Job{test.job}, func(l *live) {
				l.start()
				time.Sleep(test.after)
				if test.prepare != nil {
					test.prepare(l)
				}
				l.srv.ResetRequests()
				job, err := l.client.Jobs.PlayOrRetry(l.Context(), liveApp, 1, nil)
				requests := l.srv.Requests()
				switch test.does {
				case "play":
					require.NoError(l, err)
					require.EqualValues(l, 1, job.ID)
					require.Equal(l, gitlabci.JobPending, job.Status)
					require.Equal(l, "/projects/:id/jobs/:job_id/play", requests[1].Route)
				case "retry":
					require.NoError(l, err)
					require.EqualValues(l, 2, job.ID)
					require.Equal(l, gitlabci.JobPending, job.Status)
					require.Equal(l, retryRoute, requests[1].Route)
				default:
					require.ErrorIs(l, err, gitlabci.ErrConflict)
					require.ErrorIs(l, err, gitlabci.ErrJobRetry)
					require.EqualError(l, err, fmt.Sprintf("gitlabci: play or retry job: the job is %s", test.status))
					require.Equal(l, test.status, job.Status)
					require.Len(l, requests, 1)
				}
			})
		})
	}
	inBubble(t, []gitlabcitest.Job{{Name: "a", When: gitlabcitest.Manual}, {Name: "b"}}, func(l *live) {
		l.start()
		time.Sleep(minutes)
		l.srv.Fail("POST", "", gitlabcitest.DropAfter().Times(2))
		l.srv.ResetRequests()
		_, err := l.client.Jobs.PlayOrRetry(l.Context(), liveApp, 1, nil)
		require.ErrorIs(l, err, gitlabci.ErrOutcomeUnknown)
		require.ErrorIs(l, err, gitlabci.ErrJobPlay)
		_, err = l.client.Jobs.PlayOrRetry(l.Context(), liveApp, 2, nil)
		require.ErrorIs(l, err, gitlabci.ErrOutcomeUnknown)
		require.ErrorIs(l, err, gitlabci.ErrJobRetry)
		require.Len(l, l.srv.Requests(), 4)

		_, err = l.client.Jobs.PlayOrRetry(l.Context(), liveApp, 99, nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrJobRetry)
	})
}

func TestDiagnose(t *testing.T) {
	long := "$ make\n" + strings.Repeat("compiling\n", 50) + "main.go:7: undefined: x\n"
	jobs := []gitlabcitest.Job{
		{Name: "once", Fails: 9, Log: long},
		{Name: "real", Fails: 9},
		{Name: "flaky", Fails: 1},
		{Name: "spell", Fails: 9, AllowFailure: true},
		{Name: "child", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "lint", Fails: 9, Log: "downstream\n"}}}},
		{Name: "loose", AllowFailure: true, Trigger: &gitlabcitest.Downstream{Jobs: []gitlabcitest.Job{
			{Name: "never mind", Fails: 9}, {Name: "deeper", Trigger: &gitlabcitest.Downstream{Jobs: []gitlabcitest.Job{{Name: "nor this", Fails: 9}}}},
		}}},
		{Name: "nowhere", Trigger: &gitlabcitest.Downstream{Project: "no/where"}},
		{Name: "deploy", Stage: "deploy"},
	}
	list := func(jobs []*gitlabci.JobDiagnosis) string {
		var texts []string
		for _, job := range jobs {
			texts = append(texts, fmt.Sprintf("%s %d %s", job.Job.Name, job.Attempts, job.Verdict))
		}
		return strings.Join(texts, ", ")
	}
	inBubble(t, jobs, func(l *live) {
		id := l.start()
		time.Sleep(minutes)
		for _, name := range []string{"real", "flaky"} {
			_, err := l.client.Jobs.Retry(l.Context(), liveApp, l.job(name).ID, nil)
			require.NoError(l, err)
			time.Sleep(minutes)
		}
		l.srv.ResetRequests()
		d, err := l.client.Pipelines.Diagnose(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Equal(l, "once 1 unknown, real 2 real, lint 1 unknown", list(d.Jobs))
		require.Equal(l, "flaky 2 flaky", list(d.Flaky))
		require.Len(l, d.Bridges, 2)
		require.Equal(l, gitlabci.FailureReasonDownstreamBridgeProjectNotFound, d.Bridges[1].FailureReason)
		require.Equal(l, id, d.Tree.Pipeline.ID)

		once, lint := d.Jobs[0], d.Jobs[2]
		require.NoError(l, once.LogErr)
		require.Len(l, once.Log, 10)
		require.Equal(l, []string{"main.go:7: undefined: x", "ERROR: Job failed: exit code 1"}, once.Log[8:])
		require.Equal(l, "downstream", lint.Log[0])
		require.EqualValues(l, 2, lint.Pipeline.ID)
		require.Equal(l, 3, l.routes()["GET /projects/:id/jobs/:job_id/trace"])

		// A log that cannot be read is noted.
		l.srv.Fail("GET", "/projects/:id/jobs/:job_id/trace", gitlabcitest.Status(403, `{"message":"403 Forbidden"}`), gitlabcitest.Truncate(5))
		d, err = l.client.Pipelines.Diagnose(l.Context(), liveApp, id, &gitlabci.DiagnoseOptions{Lines: 2, Tree: &gitlabci.TreeOptions{MaxDepth: -1, Concurrency: 1}})
		require.NoError(l, err)
		require.Equal(l, "once 1 unknown, real 2 real", list(d.Jobs))
		require.ErrorIs(l, d.Jobs[0].LogErr, gitlabci.ErrTraceGet)
		require.ErrorIs(l, d.Jobs[0].LogErr, gitlabci.ErrForbidden)
		require.Error(l, d.Jobs[1].LogErr, "it broke off")

		l.srv.ResetRequests()
		d, err = l.client.Pipelines.Diagnose(l.Context(), liveApp, id, &gitlabci.DiagnoseOptions{Lines: -1})
		require.NoError(l, err)
		require.Empty(l, d.Jobs[0].Log)
		require.Zero(l, l.routes()["GET /projects/:id/jobs/:job_id/trace"])
	})
}

func TestDiagnoseOtherwise(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "unit"}, {Name: "child", Trigger: &gitlabcitest.Downstream{Project: "away/other"}}}, func(l *live) {
		l.srv.AddProject("away/other", gitlabcitest.Job{Name: "lint", Fails: 1, Log: strings.Repeat("x\n", 100)})
		id := l.start()
		time.Sleep(minutes)
		d, err := l.client.Pipelines.Diagnose(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Len(l, d.Jobs, 1, "what failed downstream, in a pipeline that succeeded")
		require.Equal(l, gitlabci.ProjectID(2), d.Jobs[0].Project)
		require.Len(l, d.Jobs[0].Log, 10)

		dev := l.srv.ClientAs(l.srv.AddUser("dev", gitlabcitest.Developer.In("group")))
		d, err = dev.Pipelines.Diagnose(l.Context(), liveApp, id, nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrPipelineGet)
		require.ErrorContains(l, err, "gitlabci: diagnose pipeline: ")
		require.Equal(l, "unit, child", outline(d.Tree))

		d, err = l.client.Pipelines.Diagnose(l.Context(), liveApp, 99, nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.Empty(l, d.Jobs)

		ctx, cancel := context.WithTimeout(l.Context(), 10*time.Second)
		defer cancel()
		l.srv.Fail("GET", "/projects/:id/jobs/:job_id/trace", gitlabcitest.Delay(20*time.Second))
		d, err = l.client.Pipelines.Diagnose(ctx, liveApp, id, nil)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.ErrorIs(l, d.Jobs[0].LogErr, context.DeadlineExceeded)
	})
	inBubble(t, []gitlabcitest.Job{{Name: "unit"}}, func(l *live) {
		id := l.start()
		time.Sleep(minutes)
		d, err := l.client.Pipelines.Diagnose(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Empty(l, d.Jobs)
		require.Empty(l, d.Flaky)
	})
}

func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		attempts []string // newest last, as status and reason
		verdict  gitlabci.Verdict
	}{
		{[]string{"failed script_failure"}, gitlabci.VerdictUnknown},
		{[]string{"failed script_failure", "failed script_failure"}, gitlabci.VerdictReal},
		{[]string{"failed runner_system_failure", "failed script_failure"}, gitlabci.VerdictFlaky},
		{[]string{"success", "failed script_failure"}, gitlabci.VerdictFlaky},
		{[]string{"success", "failed"}, gitlabci.VerdictFlaky},
		{[]string{"canceled", "failed script_failure"}, gitlabci.VerdictUnknown},
		{[]string{"failed script_failure", "canceled", "failed script_failure"}, gitlabci.VerdictReal},
	} {
		client := scripted(t, func(r *http.Request) (int, string, []string) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/bridges"):
				return 200, "[]", nil
			case strings.HasSuffix(r.URL.Path, "/jobs"):
				var jobs []string
				for i, attempt := range test.attempts {
					status, reason, _ := strings.Cut(attempt, " ")
					jobs = append([]string{fmt.Sprintf(`{"id":%d,"name":"unit","status":%q,"failure_reason":%q}`, i+1, status, reason)}, jobs...)
				}
				return 200, "[" + strings.Join(jobs, ",") + "]", nil
			}
			return 200, `{"id":1,"status":"failed"}`, nil
		})
		d, err := client.Pipelines.Diagnose(t.Context(), liveApp, 1, &gitlabci.DiagnoseOptions{Lines: -1})
		require.NoError(t, err)
		require.Len(t, d.Jobs, 1)
		require.Equal(t, test.verdict, d.Jobs[0].Verdict, "%v", test.attempts)
		require.Equal(t, len(test.attempts), d.Jobs[0].Attempts)
	}
}

// TestDiagnoseHoldsNoLog reads a log of 16 MiB for its last lines.
func TestDiagnoseHoldsNoLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &weighed{size: 16 << 20}
		transport := tripper(func(r *http.Request) (*http.Response, error) {
			var body io.Reader
			switch {
			case strings.HasSuffix(r.URL.Path, "/trace"):
				body = io.MultiReader(log, strings.NewReader("\nthe end\n"))
			case strings.HasSuffix(r.URL.Path, "/bridges"):
				body = strings.NewReader("[]")
			case strings.HasSuffix(r.URL.Path, "/jobs"):
				body = strings.NewReader(`[{"id":1,"name":"unit","status":"failed"}]`)
			default:
				body = strings.NewReader(`{"id":1,"status":"failed"}`)
			}
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body), Request: r}, nil
		})
		client, err := gitlabci.NewClient("https://gitlab.test", gitlabci.PrivateToken("glpat-x"), gitlabci.WithHTTPClient(&http.Client{Transport: transport}))
		require.NoError(t, err)
		d, err := client.Pipelines.Diagnose(t.Context(), liveApp, 1, nil)
		require.NoError(t, err)
		require.NoError(t, d.Jobs[0].LogErr)
		require.Equal(t, "the end", d.Jobs[0].Log[9])
		require.Less(t, slices.Max(log.heap)-log.heap[0], 1<<20)
	})
}

// weighed is a log that weighs the heap at every 2 MiB that are read of it.
type weighed struct {
	size, read int
	heap       []int
}

func (w *weighed) Read(p []byte) (int, error) {
	if w.read >= w.size {
		return 0, io.EOF
	}
	if w.read >= len(w.heap)*2<<20 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		w.heap = append(w.heap, int(m.HeapAlloc))
	}
	const line = "compiling module after module after module\n"
	for i := range p {
		p[i] = line[(w.read+i)%len(line)]
	}
	w.read += len(p)
	return len(p), nil
}

func TestPlayStartsTriggerJobsToo(t *testing.T) {
	jobs := []gitlabcitest.Job{
		{Name: "deploy", When: gitlabcitest.Manual},
		{Name: "child", When: gitlabcitest.Manual, Trigger: child(gitlabcitest.Job{Name: "lint"})},
		{Name: "other", When: gitlabcitest.Manual, Trigger: &gitlabcitest.Downstream{Project: "no/where"}},
		{Name: "at once", Trigger: child(gitlabcitest.Job{Name: "spell"})},
		{Name: "unit"},
	}
	inBubble(t, jobs, func(l *live) {
		id := l.start()
		time.Sleep(minutes)
		l.srv.ResetRequests()
		started, err := l.client.Pipelines.Play(l.Context(), liveApp, id, &gitlabci.PlayPipelineOptions{Variables: []gitlabci.PipelineVariable{{Key: "K", Value: "v"}}})
		require.NoError(l, err)
		var told []string
		for _, job := range started {
			told = append(told, fmt.Sprintf("%s %s of %s", job.Name, job.Status, job.Stage))
		}
		require.Equal(l, []string{"deploy pending of test", "other pending of test", "child pending of test"}, told)
		require.Equal(l, map[string]int{"GET " + jobsRoute: 1, "GET " + bridgesRoute: 1, "POST /projects/:id/jobs/:job_id/play": 3}, l.routes())
		time.Sleep(minutes)
		tree, err := l.client.Pipelines.Tree(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Equal(l, "deploy, child (lint), other, at once (spell), unit", outline(tree))

		again, err := l.client.Pipelines.Play(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Empty(l, again)
	})
	inBubble(t, jobs, func(l *live) { // one that cannot be played is named
		id := l.start()
		l.srv.Fail("POST", "/projects/group%2Fapp/jobs/2/play", gitlabcitest.Status(403, `{"message":"403 Forbidden"}`))
		started, err := l.client.Pipelines.Play(l.Context(), liveApp, id, nil)
		require.Len(l, started, 2)
		require.ErrorIs(l, err, gitlabci.ErrPipelinePlay)
		require.ErrorContains(l, err, "job 2 (child): ")

		l.srv.Fail("GET", bridgesRoute, gitlabcitest.Status(403, `{"message":"403 Forbidden"}`))
		l.srv.ResetRequests()
		_, err = l.client.Pipelines.Play(l.Context(), liveApp, id, nil)
		require.ErrorIs(l, err, gitlabci.ErrPipelinePlay)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.Zero(l, l.routes()["POST /projects/:id/jobs/:job_id/play"], "nothing before all are known")
	})
}

// A GitLab that has dropped the older name of a list is asked by the newer.
func TestBridgesByEitherName(t *testing.T) {
	const bridges, triggerJobs = "/bridges", "/trigger_jobs"
	for _, test := range []struct {
		name         string
		older, newer int // statuses
		body         string
		asked        []string
		failure      error
		route        string // of the failure
	}{
		{"older", 200, 404, "", []string{bridges}, nil, ""},
		{"gone", 410, 200, `{"message":"410 Gone"}`, []string{bridges, triggerJobs}, nil, ""},
		{"not found", 404, 200, `{"error":"404 Not Found"}`, []string{bridges, triggerJobs}, nil, ""},
		{"not found, in another shape", 404, 200, `{"message":"404 Not Found"}`, []string{bridges, triggerJobs}, nil, ""},
		{"not found, by a proxy", 404, 200, "no such page", []string{bridges, triggerJobs}, nil, ""},
		{"no pipeline", 404, 404, `{"message":"404 Not found"}`, []string{bridges, triggerJobs}, gitlabci.ErrNotFound, bridges},
		{"no project", 404, 200, `{"message":"404 Project Not Found"}`, []string{bridges}, gitlabci.ErrNotFound, bridges},
		{"refused", 403, 200, `{"message":"403 Forbidden"}`, []string{bridges}, gitlabci.ErrForbidden, bridges},
		{"gone, and refused", 410, 403, `{"message":"403 Forbidden"}`, []string{bridges, triggerJobs}, gitlabci.ErrForbidden, triggerJobs},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []string
			client := through(t, func(r *http.Request) (*http.Response, error) {
				name := r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]
				require.Equal(t, "success", r.URL.Query().Get("scope[]"))
				status := map[string]int{bridges: test.older, triggerJobs: test.newer}[name]
				page := r.URL.Query().Get("page")
				if page == "" {
					asked = append(asked, name)
				}
				switch {
				case status != 200:
					return answerTo(r, status, test.body), nil
				case page == "":
					return answerTo(r, 200, `[{"id":9},{"id":8}]`, "X-Next-Page: 2"), nil
				}
				return answerTo(r, 200, `[{"id":7}]`), nil
			})
			list := client.Pipelines.Bridges(t.Context(), wireApp, 7, &gitlabci.ListBridgesOptions{Scope: []gitlabci.JobStatus{gitlabci.JobSuccess}})
			for range 2 { // each loop begins anew
				asked = nil
				found, err := list.Collect()
				require.Equal(t, test.asked, asked)
				if test.failure == nil {
					require.NoError(t, err)
					require.Len(t, found, 3)
					continue
				}
				require.ErrorIs(t, err, test.failure)
				require.ErrorIs(t, err, gitlabci.ErrJobList)
				require.True(t, strings.HasSuffix(failureOf(t, err).Route, test.route))
			}
			for range list {
				break
			}
		})
	}

	// What is not found later on is no reason to begin anew.
	client := through(t, func(r *http.Request) (*http.Response, error) {
		require.True(t, strings.HasSuffix(r.URL.Path, bridges))
		if r.URL.Query().Get("page") == "" {
			return answerTo(r, 200, `[{"id":9},{"id":8}]`, "X-Next-Page: 2"), nil
		}
		return answerTo(r, 404, `{"error":"404 Not Found"}`), nil
	})
	found, err := client.Pipelines.Bridges(t.Context(), wireApp, 7, nil).Collect()
	require.Len(t, found, 2)
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
}

func TestPlayEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := through(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/bridges") {
			return answerTo(r, 200, `[]`), nil
		} else if r.Method == http.MethodGet {
			return answerTo(r, 200, `[{"id":7,"name":"a"},{"id":8,"name":"b"},{"id":9,"name":"c"}]`), nil
		}
		cancel()
		return answerTo(r, 200, `{"id":7}`), nil
	})
	started, err := client.Pipelines.Play(ctx, wireApp, 7, nil)
	require.Equal(t, []int{7}, ids(started))
	require.EqualError(t, err, "gitlabci: play pipeline: play job: POST /projects/group%2Fapp/jobs/8/play: context canceled")
}

// A reason matches those into which GitLab has split it, and no other.
func TestFailureReasonIs(t *testing.T) {
	families := map[gitlabci.FailureReason][]gitlabci.FailureReason{
		"stuck_or_timeout_failure":     {"stuck_pending_with_matching_runners", "stuck_pending_no_matching_runners", "no_updates_running", "no_updates_canceling"},
		"job_execution_timeout":        {"job_execution_server_timeout", "server_timeout_running", "server_timeout_canceling"},
		"job_execution_server_timeout": {"server_timeout_running", "server_timeout_canceling"},
		"runner_system_failure":        {"runner_external_dependency_failure", "runner_interrupted"},
		"script_failure":               {"runner_configuration_error"},
		"forward_deployment_failure":   {"failed_outdated_deployment_job"},
	}
	all := []gitlabci.FailureReason{"", "of_tomorrow", "unknown_failure", "api_failure"}
	for family, split := range families {
		all = append(append(all, family), split...)
	}
	for _, reason := range all {
		for _, other := range all {
			require.Equal(t, reason == other || slices.Contains(families[other], reason), reason.Is(other), "%s is %s", reason, other)
		}
	}
}

// The options that fit the way in which the job is started go with it.
func TestPlayOrRetryOptions(t *testing.T) {
	for status, want := range map[gitlabci.JobStatus]string{
		gitlabci.JobManual: `{"job_variables_attributes":[{"key":"K","value":"v"}]}`,
		gitlabci.JobFailed: `{"inputs":{"n":1},"job_inputs":{"n":1}}`,
	} {
		var got []byte
		c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				got, _ = io.ReadAll(r.Body)
			}
			fmt.Fprintf(w, `{"id":7,"status":%q}`, status)
		})
		_, err := c.Jobs.PlayOrRetry(t.Context(), app, 7, &gitlabci.PlayOrRetryOptions{
			Play:  &gitlabci.PlayJobOptions{Variables: []gitlabci.PipelineVariable{{Key: "K", Value: "v"}}},
			Retry: &gitlabci.RetryJobOptions{Inputs: map[string]any{"n": 1}},
		})
		require.NoError(t, err)
		require.JSONEq(t, want, string(got))
	}
}
