package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func TestVarsExplain(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit"})
	set := func(scope gitlabci.Scope, key, environment string, value gitlabci.Secret) {
		_, err := l.client.Variables.Set(t.Context(), scope, &gitlabci.CreateVariableOptions{Key: key, Value: value, EnvironmentScope: environment})
		require.NoError(t, err)
	}
	set(l.app, "DATABASE_URL", "production", "s3cret-value")
	set(gitlabci.GroupPath("group"), "DATABASE_URL", "*", "other-value")
	set(l.app, "REGISTRY", "*", "registry.example.com")

	got := l.run("vars", "explain", "DATABASE_URL", "-e", "production", "-o", "json")
	require.Zero(t, got.code, got.err)
	variable := decode[varView](t, got.out)
	assert.Equal(t, "known", variable.State)
	assert.Empty(t, variable.Value)
	require.Len(t, variable.Candidates, 2)
	assert.Equal(t, "production", variable.Candidates[0].Scope)
	assert.Equal(t, "group", variable.Candidates[1].Group)

	text := l.run("vars", "explain", "-e", "production")
	assert.Contains(t, text.out, "DATABASE_URL comes from ")
	assert.Contains(t, text.out, "REGISTRY comes from ")
	assert.NotContains(t, text.out, "value")
	assert.Contains(t, l.run("vars", "explain", "DATABASE_URL", "-e", "production", "--values").out, `"s3cret-value"`)
	assert.Equal(t, "other-value", decode[varView](t, l.run("vars", "explain", "DATABASE_URL", "--values", "-o", "json").out).Value)
	assert.Contains(t, l.run("vars", "explain", "NONSENSE").out, "NONSENSE is unset")

	l.server.Fail("GET", "/groups/:id/variables", gitlabcitest.Status(http.StatusForbidden, "{}"))
	unread := l.run("vars", "explain", "NONSENSE")
	assert.Zero(t, unread.code)
	assert.Contains(t, unread.out, "NONSENSE is unknown")
	assert.NotEmpty(t, unread.err)
	assert.Equal(t, exitFailed, l.run("vars", "explain", "-P", "group/nonsense").code)
	assert.Equal(t, exitUsage, l.run("vars").code)
	assert.Equal(t, exitUsage, l.run("vars", "explain", "-p", "-1").code)
}
