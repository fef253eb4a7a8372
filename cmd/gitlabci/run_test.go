package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

const createRoute = "/projects/:id/pipeline"

func TestRunSucceeds(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: short})
	got := l.run("run", "--ref", "main", "--var", "DEPLOY_ENV=staging", "--var", "EMPTY=")
	require.Zero(t, got.code, got.err)
	assert.Regexp(t, `(?m)^\d\d:\d\d:\d\d  \S+ +pipeline 1$`, got.out)
	assert.Regexp(t, `(?m)^pipeline 1 success.*  http://\S+$`, got.out)
	assert.NotContains(t, got.out+got.err, "\x1b")
	variables, err := l.client.Pipelines.Variables(t.Context(), l.app, 1)
	require.NoError(t, err)
	require.Len(t, variables, 2)
	assert.EqualValues(t, "staging", variables[0].Value)

	quiet := l.run("run", "--ref", "main", "-q")
	assert.Zero(t, quiet.code)
	assert.Equal(t, 1, strings.Count(quiet.out, "\n"), quiet.out)
	assert.Empty(t, quiet.err)

	result := decode[resultView](t, l.run("run", "--ref", "main", "-o", "json").out)
	assert.Equal(t, "success", result.Pipeline.Status)
	assert.Equal(t, "main", result.Pipeline.Ref)
	assert.Zero(t, result.ExitCode)
	assert.Equal(t, 3, l.sent("POST", createRoute))
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	manual := gitlabcitest.Job{Name: "deploy", Stage: "deploy", When: gitlabcitest.Manual, Blocking: true}
	for name, c := range map[string]struct {
		jobs []gitlabcitest.Job
		code int
		says string
	}{
		"failed":  {[]gitlabcitest.Job{{Name: "unit", Fails: 9}}, exitFailed, "unit (script_failure)"},
		"blocked": {[]gitlabcitest.Job{{Name: "unit"}, manual}, exitBlocked, "blocked by a manual job"},
		"downstream": {[]gitlabcitest.Job{{Name: "child", Trigger: &gitlabcitest.Downstream{Jobs: []gitlabcitest.Job{{Name: "below", Duration: short, Fails: 9}}}}},
			exitFailed, "below (script_failure)"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, c.jobs...)
			got := l.run("run", "--ref", "main", "-o", "json")
			assert.Equal(t, c.code, got.code, got.err)
			result := decode[resultView](t, got.out)
			assert.Equal(t, c.code, result.ExitCode)
			assert.Contains(t, result.Error, c.says)
			assert.True(t, strings.HasSuffix(got.err, "gitlabci: "+result.Error+"\n"), got.err)
			if c.code == exitFailed {
				require.Len(t, result.FailedJobs, 1)
				assert.Equal(t, "script_failure", result.FailedJobs[0].Reason)
				plain := l.run("wait", "1")
				assert.Equal(t, c.code, plain.code)
				assert.Contains(t, plain.out, c.says)
			}
		})
	}
}

func TestRunLeavesDownstreamAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "child", Trigger: &gitlabcitest.Downstream{Jobs: []gitlabcitest.Job{{Name: "below", Duration: time.Hour}}}})
	assert.Zero(t, l.run("run", "--ref", "main", "--no-downstream").code)
}

func TestRunCanceled(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: time.Hour})
	detached := l.run("run", "--ref", "main", "--detach", "-o", "json")
	require.Zero(t, detached.code)
	id := decode[resultView](t, detached.out).Pipeline.ID
	_, err := l.client.Pipelines.Cancel(t.Context(), l.app, id, nil)
	require.NoError(t, err)
	assert.Equal(t, exitCanceled, l.run("wait", "1").code)
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: time.Hour})
		cmd := l.command("run", "--ref", "main", "--interval", "20ms")
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		require.True(t, lines.Scan()) // it waits
		require.NoError(t, cmd.Process.Signal(signal))
		for lines.Scan() {
		}
		assert.Equal(t, exitCanceled, exitOf(l, cmd.Wait()))
		pipeline, err := l.client.Pipelines.Get(t.Context(), l.app, 1)
		require.NoError(t, err)
		assert.False(t, pipeline.Status.Finished(), "it goes on")
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: time.Hour})
	got := l.run("run", "--ref", "main", "--timeout", "3s", "--interval", "2s", "-o", "json")
	assert.Equal(t, exitUnknown, got.code, got.err)
	assert.Contains(t, got.err, "how it ends is not known")
	assert.Contains(t, got.err, "unit", "what it waits for")
	assert.EqualValues(t, 1, decode[resultView](t, got.out).Pipeline.ID)
}

// TestNeverTwice loses the answers to what creates pipelines.
func TestNeverTwice(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]gitlabcitest.Fault{
		"lost":    gitlabcitest.DropAfter(),
		"refused": gitlabcitest.Status(http.StatusServiceUnavailable, "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, gitlabcitest.Job{Name: "unit"})
			l.server.Fail("POST", createRoute, fault)
			got := l.run("run", "--ref", "main", "-o", "json")
			assert.Equal(t, exitUnknown, got.code, got.err)
			assert.NotContains(t, got.err, "trying again")
			assert.Equal(t, exitUnknown, decode[resultView](t, got.out).ExitCode)
			assert.Equal(t, 1, l.sent("POST", createRoute))
		})
	}
}

func TestRunRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit"})
	for _, args := range [][]string{{"--ref", "nonsense"}, {"--mr", "9"}, {"--ref", "main", "-P", "group/nonsense"}} {
		got := l.run(append([]string{"run"}, args...)...)
		assert.Equal(t, exitFailed, got.code, got.err)
		assert.NotEmpty(t, got.err)
	}
	assert.Equal(t, exitFailed, l.run("wait", "99").code)
}

func TestMergeRequest(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: short})
	iid := l.server.AddMergeRequest(l.app, "feature")
	require.EqualValues(t, 1, iid)
	got := l.run("run", "--mr", "1", "-o", "json")
	require.Zero(t, got.code, got.err)
	created := decode[resultView](t, got.out).Pipeline
	again := l.run("wait", "--mr", "1", "-o", "json")
	assert.Zero(t, again.code, again.err)
	assert.Equal(t, created.ID, decode[resultView](t, again.out).Pipeline.ID)
}

func TestWaitFindsThePipeline(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: short})
	cmd := l.command("wait", "--ref", "main", "--interval", "20ms", "-o", "json")
	var out bytes.Buffer
	cmd.Stdout = &out
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return l.sent("GET", "/projects/:id/pipelines") > 1 }, 10*time.Second, 10*time.Millisecond)
	id := l.pipeline(false)
	assert.Zero(t, exitOf(l, cmd.Wait()))
	found := decode[resultView](t, out.String()).Pipeline
	assert.Equal(t, id, found.ID)

	bySHA := l.run("wait", "--sha", found.SHA, "-o", "json")
	assert.Zero(t, bySHA.code, bySHA.err)
	assert.Equal(t, id, decode[resultView](t, bySHA.out).Pipeline.ID)
	assert.Equal(t, exitUnknown, l.run("wait", "--ref", "nonsense", "--timeout", "200ms").code, "there is none yet")
}

// TestOutage has GitLab out of reach for a while: a wait outlasts it, or loses its patience.
func TestOutage(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: short})
	l.server.Fail("GET", "/projects/:id/pipelines/:pipeline_id", gitlabcitest.Status(http.StatusBadGateway, "").Times(3), gitlabcitest.DropBefore().Times(3))
	outlasted := l.run("run", "--ref", "main")
	assert.Zero(t, outlasted.code)
	assert.Equal(t, "get pipeline: GitLab answers 502; trying again\nGitLab is back\n", strings.SplitAfterN(outlasted.err, "\n", 2)[1])

	l.server.Fail("GET", "/projects/:id/pipelines/:pipeline_id", gitlabcitest.Status(http.StatusBadGateway, "").Forever())
	lost := l.run("run", "--ref", "main", "--patience", "200ms", "-o", "json")
	assert.Equal(t, exitUnknown, lost.code, lost.err)
	assert.Contains(t, lost.err, "out of reach")
	assert.EqualValues(t, 2, decode[resultView](t, lost.out).Pipeline.ID, "the pipeline is told all the same")
}

// TestRetriesAreTold has a call answered at the second attempt.
func TestRetriesAreTold(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit"})
	l.pipeline(true)
	l.server.Fail("GET", "/projects/:id/pipelines/:pipeline_id", gitlabcitest.Status(http.StatusBadGateway, ""))
	got := l.run("timeline", "1")
	assert.Zero(t, got.code)
	assert.Equal(t, "get pipeline: GitLab answers 502; trying again\nGitLab is back\n", got.err)
	l.server.Fail("GET", "/projects/:id/pipelines/:pipeline_id", gitlabcitest.Status(http.StatusBadGateway, ""))
	assert.Empty(t, l.run("timeline", "1", "-q").err)
}

// TestNamesMoveNoCursor has a job whose name would clear the screen.
func TestNamesMoveNoCursor(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "un\x1b[2Jit", Fails: 9})
	for _, args := range [][]string{{"run", "--ref", "main"}, {"watch", "1"}, {"diagnose", "1"}, {"timeline", "1"}, {"logs", "-p", "1", "-f"}, {"retry", "--failed", "-p", "1"}} {
		got := l.run(args...)
		assert.Contains(t, got.out, "un [2Jit", args)
		assert.NotContains(t, got.out+got.err, "\x1b", args)
	}
}

// TestUnreachable begins before GitLab is there: that a pipeline was not created is certain, so it is tried again.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit"})
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := reserved.Addr().String()
	require.NoError(t, reserved.Close())

	l.url = "http://" + address
	nobody := l.run("run", "--ref", "main", "--patience", "300ms")
	assert.Equal(t, exitFailed, nobody.code, nobody.err)
	assert.Contains(t, nobody.err, "create pipeline: ")

	cmd := l.command("run", "--ref", "main", "--interval", "20ms")
	notes, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(notes)
	require.True(t, lines.Scan())
	assert.Contains(t, lines.Text(), "trying again")
	_, err = l.server.Listen(address)
	require.NoError(t, err)
	for lines.Scan() {
	}
	assert.Zero(t, exitOf(l, cmd.Wait()))
	assert.Equal(t, 1, l.sent("POST", createRoute))
}

// TestFiveMinutesOfOutage begins a run while GitLab cannot be connected to, and has another five minutes of it while it waits.
func TestFiveMinutesOfOutage(t *testing.T) {
	t.Setenv("GITLAB_PROJECT", "group/app")
	synctest.Test(t, func(t *testing.T) {
		server := gitlabcitest.New()
		defer server.Close()
		server.AddProject("group/app", gitlabcitest.Job{Name: "unit", Duration: 10 * time.Minute})
		began := time.Now()
		down := func() bool {
			after := time.Since(began)
			return after < 5*time.Minute || after > 8*time.Minute && after < 13*time.Minute
		}
		transport := server.Transport().(*http.Transport).Clone()
		defer transport.CloseIdleConnections()
		transport.DisableKeepAlives = true // so that every request has to connect
		connect := transport.DialContext
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if down() {
				return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
			}
			return connect(ctx, network, address)
		}
		var out, notes bytes.Buffer
		a := newApp(&out, &notes)
		a.newClient = func(opts ...gitlabci.Option) (*gitlabci.Client, error) {
			return server.Client(append(opts, gitlabci.WithHTTPClient(&http.Client{Transport: transport}))...), nil
		}
		code := a.run(t.Context(), []string{"run", "--ref", "main"})
		assert.Zero(t, code, notes.String())
		assert.Contains(t, out.String(), "pipeline 1 success")
		assert.Contains(t, notes.String(), "create pipeline")
		assert.Equal(t, 2, strings.Count(notes.String(), "trying again"), notes.String())
		assert.Equal(t, 2, strings.Count(notes.String(), "GitLab is back"), notes.String())
		assert.Greater(t, time.Since(began), 13*time.Minute)
	})
}

func TestRunOnTerminal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 30)
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: 2 * time.Second}, gitlabcitest.Job{Name: long, Duration: 2 * short, Fails: 9})
	code, colored := l.onTerminal(nil, "run", "--ref", "main")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, colored, "\x1b[31mfailed\x1b[0m")
	assert.Contains(t, colored, "of 2 jobs have ended, running: ")
	assert.Regexp(t, `\r\x1b\[K[^\n]*pipeline 1 `, colored, "the line at the bottom goes")

	code, plain := l.onTerminal([]string{"NO_COLOR=1"}, "run", "--ref", "main")
	assert.Equal(t, exitFailed, code)
	assert.NotRegexp(t, `\x1b\[\d+m`, plain)
	for line := range strings.Lines(plain) {
		for _, part := range strings.Split(strings.TrimSuffix(line, "\n"), "\r\x1b[K") {
			if strings.Contains(part, "…") || strings.Contains(part, "jobs have") {
				assert.Less(t, len([]rune(part)), 80, part)
			}
		}
	}
	assert.Contains(t, plain, "…")
}

func TestWatch(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: 3 * short}, gitlabcitest.Job{Name: "lint", Fails: 9, AllowFailure: true})
	l.pipeline(false)
	got := l.run("watch", "--ref", "main", "-o", "json")
	require.Zero(t, got.code, got.err)
	lines := strings.SplitAfter(strings.TrimSuffix(got.out, "\n"), "\n")
	events := decodeLines[eventView](t, strings.Join(lines[:len(lines)-1], ""))
	seen := make(map[string]string)
	for _, event := range events {
		assert.Equal(t, seen[event.Name], event.From, "each change once, in order")
		seen[event.Name] = event.To
	}
	assert.Equal(t, map[string]string{"": "success", "unit": "success", "lint": "failed"}, seen)
	assert.Equal(t, "success", decode[resultView](t, lines[len(lines)-1]).Pipeline.Status)

	plain := l.run("watch", "1")
	assert.Zero(t, plain.code)
	assert.Regexp(t, `(?m)^\d\d:\d\d:\d\d  failed     lint$`, plain.out)
	assert.Equal(t, exitFailed, l.run("watch", "99").code)
}

func TestSignalBeforeAnything(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, notes bytes.Buffer
	server := gitlabcitest.New()
	defer server.Close()
	server.AddProject("group/app", gitlabcitest.Job{Name: "unit"})
	t.Setenv("GITLAB_PROJECT", "group/app")
	a := newApp(&out, &notes)
	a.newClient = func(opts ...gitlabci.Option) (*gitlabci.Client, error) { return server.Client(opts...), nil }
	assert.Equal(t, exitCanceled, a.run(ctx, []string{"run", "--ref", "main"}), notes.String())
	assert.Empty(t, server.Requests())
}
