package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestStandIn(t *testing.T) {
	t.Setenv("GITLAB_URL", "")
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), nil, &out))
		got := regexp.MustCompile(`at [0-9a-f]{8}`).ReplaceAllString(out.String(), "at SHA")
		if *update {
			require.NoError(t, os.WriteFile("testdata/standin.txt", []byte(got), 0o644))
		}
		want, err := os.ReadFile("testdata/standin.txt")
		require.NoError(t, err)
		assert.Equal(t, string(want), got)
	})
}

func TestOutcomes(t *testing.T) {
	server := gitlabcitest.New(gitlabcitest.WithToken("glpat-test"))
	defer server.Close()
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Setenv("GITLAB_URL", url)
	t.Setenv("GITLAB_TOKEN", "glpat-test")
	t.Setenv("GITLAB_TRIGGER_TOKEN", "")

	job := func(name, stage string) gitlabcitest.Job {
		return gitlabcitest.Job{Name: name, Stage: stage, Queue: time.Millisecond, Duration: time.Millisecond}
	}
	manual := job("production", "deploy")
	manual.When = gitlabcitest.Manual
	failing := manual
	failing.Fails = 1
	another := job("celebrate", "party")
	another.When, another.Blocking = gitlabcitest.Manual, true
	gate := job("gate", "gate")
	gate.When, gate.Blocking = gitlabcitest.Manual, true
	broken := job("unit", "test")
	broken.Fails = 1
	for name, test := range map[string]struct {
		jobs []gitlabcitest.Job
		code int
		text string
	}{
		"well":         {[]gitlabcitest.Job{job("unit", "test"), manual}, 0, ""},
		"gated":        {[]gitlabcitest.Job{job("unit", "test"), gate, manual}, 0, ""},
		"gated, fails": {[]gitlabcitest.Job{broken, gate, manual}, 1, "unit (script_failure)"},
		"failed tests": {[]gitlabcitest.Job{broken, manual}, 1, "unit (script_failure)"},
		"failed job":   {[]gitlabcitest.Job{job("unit", "test"), failing}, 1, "production"},
		"no such job":  {[]gitlabcitest.Job{job("unit", "test")}, 1, `no job "production"`},
		"not manual":   {[]gitlabcitest.Job{job("production", "test")}, 1, "is success"},
		"blocked":      {[]gitlabcitest.Job{manual, another}, 4, "blocked"},
	} {
		t.Run(name, func(t *testing.T) {
			path := "group/" + regexp.MustCompile(`\W`).ReplaceAllString(name, "-")
			server.AddProject(path, test.jobs...)
			t.Setenv("GITLAB_PROJECT", path)
			args := []string{"-interval", "10ms"}
			if strings.HasPrefix(name, "gated") {
				args = append(args, "-gate", "gate")
			}
			err := run(t.Context(), args, io.Discard)
			assert.Equal(t, test.code, exitCode(err), err)
			if test.text != "" {
				assert.ErrorContains(t, err, test.text)
			}
		})
	}
	assert.Equal(t, 3, exitCode(fmt.Errorf("waiting: %w", context.Canceled)))
	assert.Equal(t, 3, exitCode(errors.Join(gitlabci.ErrPipelineCanceled)))
}

func TestUsage(t *testing.T) {
	t.Setenv("GITLAB_URL", "http://127.0.0.1:1") // which is not called
	var out bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out), flag.ErrHelp)
	assert.Contains(t, out.String(), "usage: deploy [flags]")
	assert.Contains(t, out.String(), "-ref")
	assert.Contains(t, out.String(), "GITLAB_PROJECT")
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}} {
		err := run(t.Context(), args, io.Discard)
		assert.ErrorContains(t, err, "nonsense")
		assert.Equal(t, 2, exitCode(err))
	}
}
