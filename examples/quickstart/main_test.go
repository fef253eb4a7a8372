package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestStandIn(t *testing.T) {
	t.Setenv("GITLAB_URL", "")
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // where the seconds of the pipeline pass at once, and to the millisecond
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-out", dir}, &out))
		text := strings.ReplaceAll(out.String(), dir, "DIR")
		text = regexp.MustCompile(`\(18\d\.\d kB\)`).ReplaceAllString(text, "(SIZE)") // versions of Go pack it differently
		golden(t, "standin.txt", regexp.MustCompile(`at [0-9a-f]{8}`).ReplaceAllString(text, "at SHA"))
	})
	saved, err := os.ReadFile(filepath.Join(dir, "CHANGELOG.md"))
	require.NoError(t, err)
	assert.Contains(t, string(saved), "1.4.0")
}

func TestOverASocket(t *testing.T) {
	server := gitlabcitest.New(gitlabcitest.WithToken("glpat-test"))
	defer server.Close()
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	server.AddProject("group/app", demo.Shop(0.05)...)
	t.Setenv("GITLAB_URL", url)
	t.Setenv("GITLAB_TOKEN", "glpat-test")
	t.Setenv("GITLAB_PROJECT", "group/app")

	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-out", t.TempDir(), "-interval", "20ms", "-var", "A=1", "-var", "B=x=y"}, &out))
	assert.NotContains(t, out.String(), "stand-in")
	assert.Contains(t, out.String(), "with A=1 B=x=y\n")
	assert.Contains(t, out.String(), "Retrying e2e: job 7 goes on as job 10.")
	assert.Contains(t, out.String(), "production is manual and left alone")
	assert.Contains(t, out.String(), "\nPipeline 1: success\n")

	out.Reset()
	require.NoError(t, run(t.Context(), []string{"-out", t.TempDir(), "-interval", "20ms", "-play", "production"}, &out))
	assert.Contains(t, out.String(), "Playing production.")
	jobs, err := server.Client().Jobs.List(t.Context(), gitlabci.ProjectPath("group/app"), nil).Collect()
	require.NoError(t, err)
	for _, job := range jobs {
		if job.Name == "production" && job.Pipeline.ID == 2 {
			assert.Equal(t, gitlabci.JobSuccess, job.Status)
		}
	}
}

func TestNothingSpecial(t *testing.T) {
	server := gitlabcitest.New(gitlabcitest.WithToken("glpat-test"))
	defer server.Close()
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	server.AddProject("group/app", gitlabcitest.Job{Name: "unit", Queue: time.Millisecond, Duration: time.Millisecond})
	t.Setenv("GITLAB_URL", url)
	t.Setenv("GITLAB_TOKEN", "glpat-test")
	t.Setenv("GITLAB_PROJECT", "1")

	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-interval", "10ms"}, &out))
	assert.Contains(t, out.String(), "\nPipeline 1: success\n")

	err = run(t.Context(), []string{"-ref", "nowhere"}, &out)
	assert.ErrorIs(t, err, gitlabci.ErrPipelineCreate)
	t.Setenv("GITLAB_PROJECT", "")
	assert.ErrorContains(t, run(t.Context(), nil, &out), "GITLAB_PROJECT")
}

func TestTable(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now := begin.Add(4 * time.Second)
	job := func(id int64, stage, name string, status gitlabci.JobStatus, from, ran time.Duration) *row {
		r := &row{id: id, stage: stage, name: name, status: status, duration: ran, seen: now}
		if ran > 0 {
			r.started = begin.Add(from)
		}
		return r
	}
	e2e := job(9, "verify", "e2e with a name that is too long", gitlabci.JobRunning, 3*time.Second, time.Second)
	e2e.earlier = []*row{job(5, "verify", "e2e", gitlabci.JobFailed, 2*time.Second, time.Second)}
	lint := job(4, "test", "lint", gitlabci.JobFailed, time.Second, 500*time.Millisecond)
	lint.allowFailure = true
	p := &progress{
		pipeline: &gitlabci.Pipeline{ID: 7, Ref: "main"}, status: "running",
		rows: []*row{
			job(6, "deploy", "production", gitlabci.JobManual, 0, 0), e2e, lint,
			job(3, "test", "unit", gitlabci.JobSuccess, time.Second, time.Second),
			job(2, "build", "compile", gitlabci.JobSuccess, 0, time.Second),
		},
	}
	p.sort()
	table := func(columns, lines int) string {
		p.size = func() (int, int) { return columns, lines }
		shown := plain(p.table(now))
		for line := range strings.Lines(shown) {
			assert.Less(t, len([]rune(strings.TrimRight(line, "\n"))), columns, line)
		}
		assert.Less(t, strings.Count(shown, "\n"), lines, "the cursor is below the last line")
		return shown
	}
	golden(t, "table.txt", table(80, 24))
	golden(t, "wide.txt", table(200, 24))
	golden(t, "narrow.txt", table(40, 24))
	golden(t, "low.txt", table(80, 4))
	assert.Equal(t, "  Pipeline 7 · main · ⠋ running\n", table(80, 2))
	p.pipeline.Ref = "a-branch/with-a-name-that-is-longer-than-the-terminal"
	assert.Equal(t, "  Pipeline 7 · a-branch…erminal · ⠋ running\n", table(44, 2))
	p.pipeline.Ref = "main"

	for i := range int64(100) {
		p.rows = append(p.rows, job(100+i, "more", "job", gitlabci.JobSuccess, 0, time.Second))
	}
	golden(t, "stages.txt", table(80, 24))
	assert.Contains(t, table(40, 24), strings.Repeat("✔", 24)+"\n")
}

// plain takes the colors away.
func plain(lines []string) string {
	text := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(strings.Join(lines, "\n"), "")
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(text, "") + "\n"
}

// onScreen runs the program's pipeline on a terminal of this size, until done says so or it has ended.
func onScreen(t *testing.T, columns, lines int, done func(*screen) bool) *screen {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		server := gitlabcitest.New()
		defer server.Close()
		app := server.AddProject("demo/shop", demo.Shop(1)...)
		pipeline, err := server.Client().Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.NoError(t, err)
		q := &quickstart{
			client: server.Client(), project: app, id: pipeline.ID, out: &out, interval: 100 * time.Millisecond,
			progress: &progress{out: &out, terminal: true, colors: true, size: func() (int, int) { return columns, lines }},
		}
		require.NoError(t, q.watch(t.Context()))
		require.NoError(t, q.retryFailed(t.Context()))
		require.NoError(t, q.playManual(t.Context(), "production", false))
	})
	s := newScreen(columns, lines)
	for frame := range strings.SplitAfterSeq(out.String(), "\x1b[?7h") {
		fmt.Fprint(s, frame)
		if done(s) {
			break
		}
	}
	assert.True(t, strings.HasSuffix(out.String(), "\x1b[?25h"), "the cursor is back")
	return s
}

// TestScreens tests what is on the screen in the end: each table once, and of the log no more than there is room for.
func TestScreens(t *testing.T) {
	for name, size := range map[string][2]int{"80x60": {80, 60}, "40x24": {40, 24}, "40x10": {40, 10}} {
		t.Run(name, func(t *testing.T) {
			s := onScreen(t, size[0], size[1], func(*screen) bool { return false })
			// How long the bars are is up to the moment at which the program saw that a job failed.
			shown := regexp.MustCompile(" +━.*").ReplaceAllString(s.String(), "")
			golden(t, "screen-"+name+".txt", fmt.Sprintf("(%d lines above)\n%s", s.scrolled, shown))
		})
	}
}

// TestPicture tests that the picture in docs is what the screen shows once the second attempt has succeeded. -update draws it.
func TestPicture(t *testing.T) {
	s := onScreen(t, 80, 35, func(s *screen) bool {
		return strings.Contains(s.String(), "✔ success") && strings.Contains(s.String(), "▶ production")
	})
	got, file := s.SVG("go run ./examples/quickstart"), "../../docs/images/quickstart.svg"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	bars := regexp.MustCompile(`(?m)^<rect .* height="4".*\n`) // whose length is up to the moment at which the program saw that a job failed
	assert.Equal(t, bars.ReplaceAllString(string(want), ""), bars.ReplaceAllString(got, ""))
}

// TestNoColor tests that without colors there still is a table, drawn in place.
func TestNoColor(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	assert.False(t, p.terminal, "a buffer is no terminal")
	p.pipeline, p.status = &gitlabci.Pipeline{ID: 7, Ref: "main"}, "running"
	p.draw()
	assert.NotRegexp(t, sgr, out.String())
	assert.Contains(t, out.String(), "Pipeline 7 · main")
	p.colors = true
	p.draw()
	assert.Regexp(t, sgr, out.String())
	assert.Contains(t, out.String(), "\x1b[2A", "over the one before")
}

func TestUsage(t *testing.T) {
	t.Setenv("GITLAB_URL", "http://127.0.0.1:1") // which is not called
	var out bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out), flag.ErrHelp)
	assert.Contains(t, out.String(), "usage: quickstart [flags]")
	assert.Contains(t, out.String(), "-ref")
	assert.Contains(t, out.String(), "GITLAB_PROJECT")
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}} {
		err := run(t.Context(), args, io.Discard)
		assert.ErrorContains(t, err, "nonsense")
		assert.Equal(t, 2, demo.ExitCode(err))
	}
}

// TestStuckJobs: what a job waits for is told in a line, once, or below the table.
func TestStuckJobs(t *testing.T) {
	const says = "gpu has waited 21s for a runner with the tag gpu: there is none"
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		synctest.Test(t, func(t *testing.T) {
			server := gitlabcitest.New()
			defer server.Close()
			client := server.Client()
			app := server.AddProject("group/app", gitlabcitest.Job{Name: "gpu", Tags: []string{"gpu"}})
			_, err := client.Runners.Update(t.Context(), 1, &gitlabci.UpdateRunnerOptions{Paused: new(true)})
			require.NoError(t, err)
			pipeline, err := client.Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
			require.NoError(t, err)
			time.AfterFunc(2*time.Minute, func() { server.AddRunner(gitlabcitest.Runner{Tags: []string{"gpu"}}) })
			time.Sleep(time.Second)
			q := &quickstart{
				client: client, project: app, id: pipeline.ID, out: &out,
				progress: &progress{out: &out, terminal: terminal, size: func() (int, int) { return 80, 24 }},
			}
			require.NoError(t, q.watch(t.Context()))
		})
		if terminal {
			assert.Contains(t, out.String(), says)
		} else {
			assert.Equal(t, 1, strings.Count(out.String(), "gpu has waited"), out.String())
			assert.Contains(t, out.String(), "  "+says+"\n")
		}
	}
}
