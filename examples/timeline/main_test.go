package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pipeline makes trees to draw.
type pipeline struct {
	*gitlabci.PipelineTree
	ids *int64
}

func newPipeline(id int64, status gitlabci.PipelineStatus) pipeline {
	return pipeline{&gitlabci.PipelineTree{
		Project:  gitlabci.ProjectPath("group/app"),
		Pipeline: &gitlabci.Pipeline{ID: id, Ref: "main", SHA: "5f2c7a19e0b4d6", Status: status, CreatedAt: noon},
	}, new(int64)}
}

// job adds a job that is queued so many seconds after noon, waits, and runs. One that runs for no time never began.
func (p pipeline) job(stage, name string, status gitlabci.JobStatus, queued, waits, runs float64) *gitlabci.PipelineNode {
	*p.ids++
	job := &gitlabci.Job{ID: *p.ids, Name: name, Stage: stage, Status: status, CreatedAt: noon}
	if runs > 0 {
		job.StartedAt = noon.Add(seconds(queued + waits))
		job.QueuedDuration, job.Duration = gitlabci.Seconds(waits), gitlabci.Seconds(runs)
		if status.Finished() {
			job.FinishedAt = job.StartedAt.Add(seconds(runs))
		}
	}
	node := &gitlabci.PipelineNode{ID: job.ID, Name: name, Stage: stage, Status: status, Job: job}
	p.Children = append(p.Children, node)
	return node
}

// trigger adds a trigger job.
func (p pipeline) trigger(stage, name string, status gitlabci.JobStatus, started, runs float64, down pipeline) {
	*p.ids++
	bridge := &gitlabci.Bridge{
		ID: *p.ids, Name: name, Stage: stage, Status: status, StartedAt: noon.Add(seconds(started)), FinishedAt: noon.Add(seconds(started + runs)), Duration: gitlabci.Seconds(runs),
	}
	p.Children = append(p.Children, &gitlabci.PipelineNode{ID: bridge.ID, Name: name, Stage: stage, Status: status, Bridge: bridge, Downstream: down.PipelineTree})
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// trees are what is drawn in the tests.
func trees() map[string]*gitlabci.PipelineTree {
	const success, failed, running = gitlabci.JobSuccess, gitlabci.JobFailed, gitlabci.JobRunning

	small := newPipeline(1, gitlabci.PipelineSuccess)
	small.job("build", "compile", success, 0, 2, 41)
	small.job("test", "unit", success, 43, 3, 75)
	small.job("deploy", "production", gitlabci.JobManual, 0, 0, 0)

	all := newPipeline(4711, gitlabci.PipelineFailed)
	all.job("build", "compile", success, 0, 12, 95)
	all.job("build", "assets <web> & more", success, 0, 20, 61)
	all.job("test", "unit", failed, 107, 9, 130)
	all.job("test", "lint", failed, 107, 4, 20).AllowFailure = true
	all.job("test", "unit", success, 300, 6, 128)
	all.job("test", "a job with a very long name, as the ones that a matrix makes [linux, amd64, 1.26]", gitlabci.JobCanceled, 107, 60, 40)
	down := newPipeline(4712, gitlabci.PipelineFailed)
	down.job("e2e", "chromium", success, 440, 15, 210)
	down.job("e2e", "firefox", failed, 440, 30, 260)
	down.job("report", "screenshots", gitlabci.JobSkipped, 0, 0, 0)
	all.trigger("verify", "browsers", failed, 436, 296, down)
	all.job("deploy", "staging", running, 740, 5, 33)
	all.job("deploy", "production", gitlabci.JobCreated, 0, 0, 0)

	large := newPipeline(99, gitlabci.PipelineSuccess)
	end := 0.0
	for stage, jobs := range []int{12, 140, 40, 8} {
		begin := end
		for i := range jobs {
			waits, runs := float64(2+i%17*3), float64(40+(i*7919)%211+stage*60)
			large.job(fmt.Sprintf("stage-%d", stage+1), fmt.Sprintf("job %d/%d", i+1, jobs), success, begin, waits, runs)
			end = max(end, begin+waits+runs)
		}
	}
	pending := newPipeline(5, gitlabci.PipelinePending)
	pending.job("build", "compile", gitlabci.JobPending, 0, 0, 0)
	pending.job("test", "unit", gitlabci.JobCreated, 0, 0, 0)

	again := newPipeline(6, gitlabci.PipelinePending)
	again.job("test", "unit", gitlabci.JobCanceled, 0, 0, 0)
	again.job("test", "unit", gitlabci.JobPending, 0, 0, 0)
	again.job("test", "lint", success, 0, 2, 41)

	return map[string]*gitlabci.PipelineTree{
		"pending": pending.PipelineTree, "again": again.PipelineTree, "small": small.PipelineTree, "all": all.PipelineTree, "large": large.PipelineTree, "empty": newPipeline(1, gitlabci.PipelineSkipped).PipelineTree,
	}
}

func TestRender(t *testing.T) {
	for name, tree := range trees() {
		t.Run(name, func(t *testing.T) {
			got := render(tree)
			wellFormed(t, got)
			if name == "large" { // too much to keep
				return
			}
			file := filepath.Join("testdata", name+".svg")
			if *update {
				require.NoError(t, os.WriteFile(file, got, 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got))
		})
	}
}

// TestPending tests that a pipeline in which nothing ran claims no times.
func TestPending(t *testing.T) {
	for name, want := range map[string]string{"pending": "No job has run yet.", "empty": "No job ran."} {
		got := string(render(trees()[name]))
		assert.Contains(t, got, want)
		assert.NotRegexp(t, `>[0-9.]+( [a-z]+)?</text>| in all|waits for`, got, "a time")
	}
	assert.Contains(t, string(render(trees()["pending"])), ">pending</text>")
	assert.NotContains(t, string(render(trees()["again"])), `x="-`, "what is left of the picture")
}

// TestClear tests that no text lies on a line of the critical path.
func TestClear(t *testing.T) {
	c := &chart{row: 20, y: 100, lines: []line{{300, 0, 110}, {230, 50, 200}, {225, 0, 90}, {100, 0, 500}}}
	for x, want := range map[float64]float64{200: 235, 240: 240, 50: 50, 110: 110, 90: 105, 280: 305} {
		assert.Equal(t, want, c.clear(x, 40), x)
	}
}

// TestLegend tests that the entries of the legend stand at the same distance.
func TestLegend(t *testing.T) {
	var at []float64
	for _, found := range regexp.MustCompile(`<text x="([0-9.]+)" y="98.0"`).FindAllStringSubmatch(string(render(trees()["all"])), -1) {
		x, err := strconv.ParseFloat(found[1], 64)
		require.NoError(t, err)
		at = append(at, x)
	}
	require.Len(t, at, 8)
	for i := range at[2:] {
		assert.InDelta(t, at[1]-at[0], at[i+2]-at[i+1], 0.15)
	}
	assert.Less(t, at[7]+110, width)
}

// TestPicture tests that the picture in docs, which go run ./examples/timeline -out docs/images/timeline.svg draws, shows the pipeline of
// the demo.
func TestPicture(t *testing.T) {
	picture, err := os.ReadFile("../../docs/images/timeline.svg")
	require.NoError(t, err)
	wellFormed(t, picture)
	shown := 0
	for _, job := range demo.Monorepo(1) {
		jobs := []gitlabcitest.Job{job}
		if job.Trigger != nil {
			jobs = append(jobs, job.Trigger.Jobs...)
		}
		for _, job := range jobs {
			assert.Contains(t, string(picture), ">"+job.Name+"</text>")
			shown++
		}
	}
	assert.Equal(t, 20, shown)
	assert.Contains(t, string(picture), "started pipeline")
}

func TestCriticalPath(t *testing.T) {
	var path []string
	for _, g := range groups(trees()["all"]) {
		for b := range g.bars {
			if b.critical {
				path = append(path, b.Name)
			}
		}
	}
	assert.Equal(t, []string{"compile", "unit", "unit", "browsers", "staging", "firefox"}, path)
}

func TestSteps(t *testing.T) {
	for total, want := range map[time.Duration]time.Duration{
		300 * time.Millisecond: 100 * time.Millisecond, 7 * time.Second: time.Second, time.Minute: 10 * time.Second, time.Hour: 10 * time.Minute,
		30 * time.Hour: 3 * time.Hour, 100 * 24 * time.Hour: 10 * 24 * time.Hour,
	} {
		assert.Equal(t, want, step(total, 10), total)
	}
	for want, got := range map[string]string{
		"0": tickLabel(0, time.Second), "0.5 s": tickLabel(500*time.Millisecond, 100*time.Millisecond), "30 s": tickLabel(30*time.Second, 30*time.Second),
		"1:30 min": tickLabel(90*time.Second, 30*time.Second), "5 min": tickLabel(5*time.Minute, time.Minute), "1:15 h": tickLabel(75*time.Minute, 15*time.Minute),
		"2 h": tickLabel(2*time.Hour, time.Hour), "3 d": tickLabel(72*time.Hour, 24*time.Hour),
	} {
		assert.Equal(t, want, got)
	}
	for want, d := range map[string]time.Duration{
		"0.05 s": 50 * time.Millisecond, "1.5 s": 1500 * time.Millisecond, "42 s": 42 * time.Second, "1 min 02 s": 62 * time.Second, "2 h 05 min": 125 * time.Minute,
	} {
		assert.Equal(t, want, length(d))
	}
}

func TestStandIn(t *testing.T) {
	t.Setenv("GITLAB_URL", "")
	file := filepath.Join(t.TempDir(), "timeline.svg")
	synctest.Test(t, func(t *testing.T) {
		var notes bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-out", file}, io.Discard, &notes))
		assert.Contains(t, notes.String(), "is drawn in "+file)

		var out bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-out", "-"}, &out, io.Discard))
		wellFormed(t, out.Bytes())
		assert.Contains(t, out.String(), "chromium")
		assert.Contains(t, out.String(), "url(#retried)")
	})
	drawn, err := os.ReadFile(file)
	require.NoError(t, err)
	wellFormed(t, drawn)
}

func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestUsage(t *testing.T) {
	t.Setenv("GITLAB_URL", "http://127.0.0.1:1") // which is not called
	var out bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out, io.Discard), flag.ErrHelp)
	assert.Contains(t, out.String(), "usage: timeline [flags]")
	assert.Contains(t, out.String(), "-pipeline")
	assert.Contains(t, out.String(), "GITLAB_PROJECT")
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}} {
		err := run(t.Context(), args, io.Discard, io.Discard)
		assert.ErrorContains(t, err, "nonsense")
		assert.Equal(t, 2, demo.ExitCode(err))
	}
}
