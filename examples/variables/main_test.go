package main

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// printed is what the program prints on the stand-in, below the line that says that it is one.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	t.Setenv("GITLAB_URL", "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), args, &out))
	_, text, _ := bytes.Cut(out.Bytes(), []byte("\n"))
	for _, value := range []string{"of-production", "key-of-the-shop", "example.com", "https://"} {
		assert.NotContains(t, string(text), value)
	}
	return string(text)
}

func TestExplain(t *testing.T) {
	assert.Equal(t, `DEPLOY_TOKEN is unset
  project, protected: the ref feature is not protected
DOMAIN comes from instance
SHOP_URL comes from project, scope review/*
  group demo: a higher origin has the key, or a better scope
SIGNING_KEY comes from project, hidden: its value is not shown to anybody
`, printed(t, "-ref", "feature", "-environment", "review/7"))
	assert.Equal(t, "DEPLOY_TOKEN comes from project, protected\n", printed(t, "-key", "DEPLOY_TOKEN"))
	assert.Equal(t, "SHOP_URL comes from group demo\n  project, scope review/*: the job has no environment\n", printed(t, "-key", "SHOP_URL"))
}

func TestCopy(t *testing.T) {
	assert.Equal(t, `copied: DEPLOY_TOKEN, scope *
left out: SIGNING_KEY, scope *, which is hidden
copied: SHOP_URL, scope review/*
`, printed(t, "-copy", "demo/copy"))
}

// A level that the token does not reach is named, and a copy leaves each variable as it was.
func TestOnGitLab(t *testing.T) {
	server := gitlabcitest.New()
	defer server.Close()
	from, to := server.AddProject("group/from"), server.AddProject("group/to")
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Setenv("GITLAB_URL", url)
	t.Setenv("GITLAB_TOKEN", server.AddUser("maintainer", gitlabcitest.Maintainer.In("group")))
	t.Setenv("GITLAB_PROJECT", "group/from")
	created, err := server.Client().Variables.Create(t.Context(), from, &gitlabci.CreateVariableOptions{
		Key: "A", Value: "12345678", VariableType: gitlabci.VariableFile, Masked: new(true), Raw: new(true), EnvironmentScope: "x", Description: "about A",
	})
	require.NoError(t, err)

	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-environment", "x"}, &out))
	assert.Equal(t, "A comes from project, scope x, masked, raw, file\nNot told here: instance could not be read: 403 Forbidden.\n", out.String())
	for range 2 {
		require.NoError(t, run(t.Context(), []string{"-copy", "group/to"}, io.Discard))
		copied, err := server.Client().Variables.List(t.Context(), to, nil).Collect()
		require.NoError(t, err)
		assert.Equal(t, []*gitlabci.Variable{created}, copied)
	}
	assert.ErrorIs(t, run(t.Context(), []string{"-copy", "group/other"}, io.Discard), gitlabci.ErrNotFound)
	assert.Equal(t, 2, demo.ExitCode(run(t.Context(), []string{"-value"}, io.Discard)))
}
