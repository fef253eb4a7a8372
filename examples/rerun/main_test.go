package main

import (
	"bytes"
	"flag"
	"io"
	"os"
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

func TestStandIn(t *testing.T) {
	t.Setenv("GITLAB_URL", "")
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		err := run(t.Context(), nil, &out)
		var failure *gitlabci.PipelineError
		require.ErrorAs(t, err, &failure)
		require.Len(t, failure.FailedJobs, 1)
		assert.Equal(t, "unit", failure.FailedJobs[0].Name)
		if *update {
			require.NoError(t, os.WriteFile("testdata/standin.txt", out.Bytes(), 0o644))
		}
		want, err := os.ReadFile("testdata/standin.txt")
		require.NoError(t, err)
		assert.Equal(t, string(want), out.String())
	})
}

func TestReasons(t *testing.T) {
	server := gitlabcitest.New(gitlabcitest.WithToken("glpat-test"))
	defer server.Close()
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Setenv("GITLAB_URL", url)
	t.Setenv("GITLAB_TOKEN", "glpat-test")

	t.Run("worth it", func(t *testing.T) {
		t.Setenv("GITLAB_PROJECT", "group/runner")
		app := server.AddProject("group/runner",
			gitlabcitest.Job{Name: "unit", Fails: 2, FailureReason: "runner_system_failure", Queue: time.Millisecond, Duration: time.Millisecond})
		server.Push(app, "main")
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-interval", "10ms", "-attempts", "3", "-reasons", "api_failure,runner_system_failure"}, &out))
		assert.Contains(t, out.String(), "unit succeeded; flaky: 3 attempts, not all alike")
	})
	t.Run("not worth it", func(t *testing.T) {
		t.Setenv("GITLAB_PROJECT", "group/script")
		app := server.AddProject("group/script", demo.Flaky(0.01)...)
		server.Push(app, "main")
		var out bytes.Buffer
		assert.ErrorIs(t, run(t.Context(), []string{"-interval", "10ms", "-reasons", "stuck_or_timeout_failure"}, &out), gitlabci.ErrPipelineFailed)
		assert.NotContains(t, out.String(), "Retrying")
	})
	t.Run("by id", func(t *testing.T) {
		t.Setenv("GITLAB_PROJECT", "group/runner")
		var out bytes.Buffer
		assert.NoError(t, run(t.Context(), []string{"-pipeline", "1"}, &out))
		assert.ErrorIs(t, run(t.Context(), []string{"-pipeline", "99"}, &out), gitlabci.ErrNotFound)
	})
}

func TestUsage(t *testing.T) {
	t.Setenv("GITLAB_URL", "http://127.0.0.1:1") // which is not called
	var out bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out), flag.ErrHelp)
	assert.Contains(t, out.String(), "usage: rerun [flags]")
	assert.Contains(t, out.String(), "-pipeline")
	assert.Contains(t, out.String(), "GITLAB_PROJECT")
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}} {
		err := run(t.Context(), args, io.Discard)
		assert.ErrorContains(t, err, "nonsense")
		assert.Equal(t, 2, demo.ExitCode(err))
	}
}
