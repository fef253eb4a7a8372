package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/codec"
)

func TestLintResultErr(t *testing.T) {
	t.Parallel()
	require.NoError(t, (&gitlabci.LintResult{Valid: true, Warnings: []string{"be brief"}}).Err())
	err := (&gitlabci.LintResult{Errors: []string{"no script", "no\nstages"}}).Err()
	require.ErrorIs(t, err, gitlabci.ErrLintInvalid)
	require.ErrorContains(t, err, "no script; no")
	require.NotContains(t, err.Error(), "\n")
	require.Equal(t, gitlabci.ErrLintInvalid, (&gitlabci.LintResult{Errors: []string{" "}}).Err())
}

// TestLintJobForms tests that members of a job are understood in each of the forms that a configuration has for them.
func TestLintJobForms(t *testing.T) {
	t.Parallel()
	want := gitlabci.LintJob{
		Environment: "production", Only: gitlabci.LintPolicy{Refs: []string{"main"}, Changes: []string{"*.go"}}, Needs: []gitlabci.LintNeed{{Name: "build"}},
	}
	for _, text := range []string{
		`{"environment":"production","only":{"refs":["main"],"changes":["*.go"]},"needs":[{"name":"build"}]}`,
		`{"environment":{"name":"production","url":"https://example.com"},"only":{"refs":["main"],"changes":{"paths":["*.go"]}},"needs":["build"]}`,
	} {
		var job gitlabci.LintJob
		require.NoError(t, codec.Unmarshal([]byte(text), &job), text)
		require.Equal(t, want, job, text)
	}
	var job gitlabci.LintJob
	require.NoError(t, codec.Unmarshal([]byte(`{"only":["main"],"except":null,"environment":null,"needs":null}`), &job))
	require.Equal(t, gitlabci.LintJob{Only: gitlabci.LintPolicy{Refs: []string{"main"}}}, job)
}
