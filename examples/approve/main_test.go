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
		require.NoError(t, run(t.Context(), nil, &out))
		if *update {
			require.NoError(t, os.WriteFile("testdata/standin.txt", out.Bytes(), 0o644))
		}
		want, err := os.ReadFile("testdata/standin.txt")
		require.NoError(t, err)
		assert.Equal(t, string(want), out.String())
	})
}

// TestTwoApprovals tests that one approval of two deploys nothing.
func TestTwoApprovals(t *testing.T) {
	server := gitlabcitest.New(gitlabcitest.WithToken("glpat-test"))
	defer server.Close()
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	app := server.AddProject("group/app", gitlabcitest.Job{Name: "deploy", Environment: "production", Queue: time.Millisecond})
	_, err = server.Client().ProtectedEnvironments.Create(t.Context(), app, &gitlabci.CreateProtectedEnvironmentOptions{
		Name:               "production",
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
		ApprovalRules:      []gitlabci.ApprovalRuleOptions{{AccessLevel: gitlabci.AccessMaintainer, RequiredApprovals: 2}},
	})
	require.NoError(t, err)
	server.Push(app, "main")
	t.Setenv("GITLAB_URL", url)
	t.Setenv("GITLAB_TOKEN", server.AddUser("grace", gitlabcitest.Maintainer.In("group")))
	t.Setenv("GITLAB_PROJECT", "group/app")

	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &out))
	assert.Contains(t, out.String(), "Maintainers: 0 of 2 approvals")
	assert.NotContains(t, out.String(), "approved")
	require.NoError(t, run(t.Context(), []string{"-approve"}, &out))
	assert.Contains(t, out.String(), "1 more to come")
	assert.Contains(t, out.String(), "production (available): nothing yet")
}

func TestUsage(t *testing.T) {
	t.Setenv("GITLAB_URL", "http://127.0.0.1:1") // which is not called
	var out bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out), flag.ErrHelp)
	assert.Contains(t, out.String(), "usage: approve [flags]")
	assert.Contains(t, out.String(), "-environment")
	assert.Contains(t, out.String(), "GITLAB_PROJECT")
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}} {
		err := run(t.Context(), args, io.Discard)
		assert.ErrorContains(t, err, "nonsense")
		assert.Equal(t, 2, demo.ExitCode(err))
	}
}
