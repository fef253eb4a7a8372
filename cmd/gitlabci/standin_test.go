package main

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func TestTimeline(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit", Duration: 2 * short, Queue: short, Fails: 1}, gitlabcitest.Job{Name: strings.Repeat("long", 9)},
		gitlabcitest.Job{Name: "child", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "below", Duration: short}}}},
		gitlabcitest.Job{Name: "later", Stage: "deploy", When: gitlabcitest.Manual})
	l.pipeline(true)
	require.Zero(t, l.run("retry", "--failed", "-p", "1", "--wait").code)

	got := l.run("timeline", "1", "-o", "json")
	require.Zero(t, got.code, got.err)
	view := decode[timelineView](t, got.out)
	require.Len(t, view.Pipelines, 2)
	assert.Equal(t, "child", view.Pipelines[1].StartedBy)
	attempts := 0
	for _, job := range view.Pipelines[0].Jobs {
		switch job.Name {
		case "unit":
			attempts++
			assert.False(t, job.EndedAt.Before(job.StartedAt))
			assert.False(t, job.StartedAt.Before(job.QueuedAt))
		case "later":
			assert.Zero(t, job.StartedAt)
		}
	}
	assert.Equal(t, 2, attempts)

	plain := l.run("timeline", "1")
	assert.Zero(t, plain.code)
	assert.Regexp(t, `(?m)^ +\+\S+ +\S+ +\S+  success    below$`, plain.out)
	assert.Regexp(t, `(?m)^ +- +- +-  manual     later$`, plain.out)
	_, screen := l.onTerminal([]string{"NO_COLOR=1"}, "timeline", "1")
	assert.Contains(t, screen, "█")
	for line := range strings.Lines(screen) {
		assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, line)
	}
	assert.Equal(t, exitFailed, l.run("timeline", "99").code)
}

// TestStandin takes the way of the help of the command: a pipeline that fails, why, another attempt, and the manual job.
func TestStandin(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	serving := l.command("standin", "--addr", "127.0.0.1:0", "--token", "glpat-other", "--pace", "0.05")
	out, err := serving.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, serving.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	exported := strings.Fields(strings.TrimPrefix(lines.Text(), "export "))
	run := func(args ...string) result {
		cmd := l.command(append([]string{"--interval", "20ms"}, args...)...)
		cmd.Env = append(cmd.Env, exported...)
		return l.finish(cmd)
	}
	assert.Equal(t, exitFailed, run("run", "--ref", "main").code)
	assert.Contains(t, run("diagnose", "--ref", "main").out, "TimeoutError")
	again := run("retry", "--failed", "--ref", "main", "--wait")
	assert.Zero(t, again.code, again.err)
	assert.Equal(t, "1.4.0\n", run("artifacts", "cat", "package", "dist/VERSION", "--ref", "main").out)
	assert.Contains(t, run("artifacts", "ls", "browser", "-p", "1", "-d", "acceptance").out, "report.xml")
	played := run("play", "production", "--ref", "main", "--wait")
	assert.Zero(t, played.code, played.err)
	assert.Contains(t, run("timeline", "--ref", "main").out, "browser")

	require.NoError(t, serving.Process.Signal(os.Interrupt))
	assert.Zero(t, exitOf(l, serving.Wait()))
}

func TestStandinAddress(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, args := range [][]string{{"--addr", ":0"}, {"--addr", "0.0.0.0:0"}, {"--addr", "nonsense"}, {"--pace", "-1"}} {
		assert.Equal(t, exitUsage, l.run(append([]string{"standin"}, args...)...).code, args)
	}
	busy := strings.TrimPrefix(l.url, "http://")
	assert.Equal(t, exitFailed, l.run("standin", "--addr", busy).code)
}

func TestPatience(t *testing.T) {
	for _, patience := range []time.Duration{time.Second, time.Minute, 10 * time.Minute} {
		policy := patient(patience)
		var least, pause time.Duration = 0, policy.MinWait // the sum of the shortest pauses that the jitter makes
		for range policy.MaxAttempts - 1 {
			least += pause / 2
			pause = min(2*pause, policy.MaxWait)
		}
		assert.GreaterOrEqual(t, least, patience/3, patience)
		assert.LessOrEqual(t, least, patience, patience)
	}
	assert.Equal(t, 1, patient(0).MaxAttempts)
}
