package main

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

const playRoute, retryRoute = "/projects/:id/jobs/:job_id/play", "/projects/:id/jobs/:job_id/retry"

func TestDiagnose(t *testing.T) {
	t.Parallel()
	l := newLab(t,
		gitlabcitest.Job{Name: "unit", Fails: 9, FailLog: "\x1b[31mcart_test.go:12: want 3, got 4\x1b[0m\nFAIL\n"},
		gitlabcitest.Job{Name: "e2e", Fails: 1},
		gitlabcitest.Job{Name: "child", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "below", Fails: 9}}}},
	)
	id := l.pipeline(true)
	_, err := l.client.Pipelines.Retry(t.Context(), l.app, id, nil)
	require.NoError(t, err)
	_, err = l.client.Pipelines.Wait(t.Context(), l.app, id, &gitlabci.WaitOptions{Interval: 10 * time.Millisecond, Downstream: true})
	require.ErrorIs(t, err, gitlabci.ErrPipelineFailed)

	got := l.run("diagnose", "1", "--history", "20", "-o", "json")
	require.Zero(t, got.code, got.err)
	d := decode[diagnosisView](t, got.out)
	assert.Equal(t, "failed", d.Pipeline.Status)
	failed := make(map[string]failureView)
	for _, job := range d.Failed {
		failed[job.Name] = job
	}
	unit := failed["unit"]
	assert.Equal(t, "real", unit.Verdict)
	assert.Equal(t, 2, unit.Attempts)
	assert.Contains(t, unit.Log, "cart_test.go:12: want 3, got 4")
	assert.Equal(t, &historyView{Runs: 2, Failures: 2, Commits: 1}, unit.History)
	assert.Contains(t, failed, "below")
	require.Len(t, d.Flaky, 1)
	assert.Equal(t, "e2e", d.Flaky[0].Name)
	require.Len(t, d.Bridges, 1)
	assert.NotZero(t, d.Bridges[0].Downstream)
	assert.Empty(t, d.Stuck)

	plain := l.run("diagnose", "-p", "1", "--history", "20")
	assert.Zero(t, plain.code)
	for _, want := range []string{
		"failed unit: script_failure, real: all 2 attempts failed so", "  | cart_test.go:12: want 3, got 4", "flaky e2e: succeeded after 2 attempts",
		"failed child: ", "it failed in 2 of 2 runs",
	} {
		assert.Contains(t, plain.out, want)
	}
	assert.NotContains(t, plain.out, "\x1b")
	assert.NotContains(t, l.run("diagnose", "1", "--lines", "0").out, "cart_test.go")
	assert.Equal(t, exitFailed, l.run("diagnose", "99").code)
	assert.Equal(t, exitFailed, l.run("diagnose", "--ref", "nonsense").code)
}

func TestDiagnoseStuck(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "build", Queue: time.Hour, Tags: []string{"arm"}})
	l.server.AddRunner(gitlabcitest.Runner{Tags: []string{"amd64"}, TaggedOnly: true})
	l.pipeline(false)
	got := l.run("diagnose", "1", "-o", "json")
	require.Zero(t, got.code, got.err)
	stuck := decode[diagnosisView](t, got.out).Stuck
	require.Len(t, stuck, 1, got.out)
	assert.Equal(t, "no_runner", stuck[0].Reason)
	assert.Contains(t, l.run("diagnose", "1").out, "stuck build ")
}

func TestDiagnoseNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit"})
	l.pipeline(true)
	assert.Contains(t, l.run("diagnose", "--ref", "main").out, "Nothing failed")
}

func TestLogs(t *testing.T) {
	t.Parallel()
	section := "section_start:1767344600:step\r\x1b[0K\x1b[36;1mstep\x1b[0;m\nline\nsection_end:1767344601:step\r\x1b[0K"
	l := newLab(t, gitlabcitest.Job{Name: "unit", Stage: "a", Duration: 3 * short, Log: section + "\x1b[32munit is well\x1b[0m\n"},
		gitlabcitest.Job{Name: "lint", Stage: "b", Duration: 3 * short, Log: "lint is well\n"},
		gitlabcitest.Job{Name: "later", Stage: "c", When: gitlabcitest.Manual})
	l.pipeline(false)
	all := l.run("logs", "-f", "--ref", "main")
	require.Zero(t, all.code, all.err)
	assert.Contains(t, all.out, "unit | unit is well\n")
	assert.Contains(t, all.out, "lint | lint is well\n")
	assert.NotContains(t, all.out, "\x1b")
	assert.NotContains(t, all.out, "section_")

	one := l.run("logs", "unit", "-p", "1")
	assert.Zero(t, one.code)
	assert.Contains(t, one.out, "\nunit is well\n")
	assert.NotContains(t, one.out, "|")
	assert.Equal(t, one, l.run("logs", "-f", "unit", "-p", "1"), "all of it is there")
	both := l.run("logs", "-p", "1")
	assert.Less(t, strings.Index(both.out, "unit | unit is well"), strings.Index(both.out, "lint | lint is well"))
	assert.Contains(t, l.run("logs", "-f", "unit", "lint", "-p", "1").out, "lint | lint is well")

	for _, args := range [][]string{{"logs", "-p", "1"}, {"logs", "-f", "-p", "1"}} {
		lines := decodeLines[logView](t, l.run(append(args, "-o", "json")...).out)
		assert.Contains(t, lines, logView{"unit", "unit is well"}, args)
		assert.Contains(t, lines, logView{"lint", "lint is well"}, args)
	}
	_, colored := l.onTerminal(nil, "logs", "unit", "-p", "1")
	assert.Contains(t, colored, "\x1b[32munit is well")
	assert.Equal(t, exitFailed, l.run("logs", "nonsense", "-p", "1").code)
	assert.Equal(t, exitFailed, l.run("logs", "-p", "99").code)
}

func TestPlay(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Stage: "test", Duration: 3 * time.Second},
		gitlabcitest.Job{Name: "deploy", Stage: "deploy", When: gitlabcitest.Manual, Blocking: true, Duration: short})
	l.pipeline(false)
	assert.Equal(t, exitFailed, l.run("play", "deploy", "-p", "1").code, "it is not its turn")
	got := l.run("play", "deploy", "-p", "1", "--when-ready", "--wait", "--var", "A=b")
	require.Zero(t, got.code, got.err)
	assert.Contains(t, got.out, "(deploy) success")
	assert.Zero(t, l.run("wait", "1").code)
	again := l.run("play", "deploy", "-p", "1", "--when-ready", "-o", "json")
	assert.Equal(t, exitFailed, again.code, again.err)
	assert.Contains(t, again.err, "the job is success")
	assert.Equal(t, 1, l.sent("POST", playRoute))
	assert.Equal(t, exitFailed, l.run("play", "nonsense", "-p", "1").code)
	assert.Equal(t, exitFailed, l.run("play", "nonsense", "-p", "1", "--when-ready").code)
}

func TestPlayWhatFailsOrIsSkipped(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "deploy", When: gitlabcitest.Manual, Fails: 9})
	l.pipeline(true)
	got := l.run("play", "deploy", "-p", "1", "--wait", "-o", "json")
	assert.Equal(t, exitFailed, got.code, got.err)
	assert.Equal(t, "script_failure", decode[resultView](t, got.out).Job.Reason)

	l = newLab(t, gitlabcitest.Job{Name: "unit", Stage: "test", Fails: 9}, gitlabcitest.Job{Name: "deploy", Stage: "deploy", When: gitlabcitest.Manual})
	l.pipeline(true)
	skipped := l.run("play", "deploy", "-p", "1", "--when-ready", "-o", "json")
	assert.Equal(t, exitBlocked, skipped.code, skipped.err)
	assert.Equal(t, exitBlocked, decode[resultView](t, skipped.out).ExitCode)
}

func TestPlayIsSentOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "deploy", When: gitlabcitest.Manual})
	l.pipeline(true)
	l.server.Fail("POST", playRoute, gitlabcitest.DropAfter())
	assert.Equal(t, exitUnknown, l.run("play", "deploy", "-p", "1").code)
	assert.Equal(t, 1, l.sent("POST", playRoute))
}

func TestRetry(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Fails: 1, FailureReason: gitlabci.FailureReasonRunnerSystem},
		gitlabcitest.Job{Name: "lint", Fails: 9}, gitlabcitest.Job{Name: "docs", Fails: 1, AllowFailure: true})
	l.pipeline(true)
	got := l.run("retry", "1", "--failed")
	assert.Equal(t, exitUsage, got.code, "an argument is a job")

	none := l.run("retry", "--failed", "-p", "1", "--reason", "stuck_or_timeout_failure")
	assert.Zero(t, none.code)
	assert.Contains(t, none.err, "no job was retried")
	system := l.run("retry", "--failed", "-p", "1", "--reason", "runner_system_failure", "--max", "2", "-o", "json")
	require.Zero(t, system.code, system.err)
	retried := decode[struct {
		Jobs []jobView `json:"jobs"`
	}](t, system.out).Jobs
	require.Len(t, retried, 1)
	assert.Equal(t, "unit", retried[0].Name)

	assert.Equal(t, exitFailed, l.run("retry", "--failed", "-p", "1", "--wait").code, "lint fails again")
	assert.Contains(t, l.run("retry", "--failed", "-p", "1", "--max", "2").err, "no job was retried")
	named := l.run("retry", "docs", "-p", "1")
	assert.Zero(t, named.code, named.err)
	assert.Contains(t, named.out, "(docs)")
	sent := l.sent("POST", retryRoute)
	assert.Equal(t, exitFailed, l.run("retry", "docs", "nonsense", "-p", "1").code)
	assert.Equal(t, sent, l.sent("POST", retryRoute), "nothing is started if one of the names is wrong")
	l.server.Fail("POST", retryRoute, gitlabcitest.Status(http.StatusBadGateway, ""))
	assert.Equal(t, exitUnknown, l.run("retry", "lint", "-p", "1").code)
	assert.Equal(t, sent+1, l.sent("POST", retryRoute))
}

// TestFollowShowsLinesAsTheyCome reads the first line of a log while its job runs.
func TestFollowShowsLinesAsTheyCome(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: time.Hour, Log: "first\nsecond\n"})
	id := l.pipeline(false)
	cmd := l.command("logs", "-f", "unit", "-p", "1", "--interval", "20ms")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	job, err := l.client.Pipelines.Job(t.Context(), l.app, id, "unit")
	require.NoError(t, err)
	l.server.SetLog(job.ID, "early\n")
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	assert.Equal(t, "early", lines.Text())
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
}
