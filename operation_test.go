package gitlabci_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestWaitEndedByItsContextNamesNoRequest(t *testing.T) {
	client := through(t, func(r *http.Request) (*http.Response, error) {
		return answerTo(r, 200, `{"id":7,"status":"running"}`), nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := client.Jobs.Wait(ctx, wireApp, 7, nil)
	require.Regexp(t, `^gitlabci: wait for job 7 \(\): still running after \d+ms: context deadline exceeded$`, err.Error())
	require.Empty(t, failureOf(t, err).Route)
	require.Empty(t, failureOf(t, err).Method)
}

// TestOperationFrom tests that a transport knows which call it serves, by few names: of the scopes of a call each has one, and no id, name or
// query is in any.
func TestOperationFrom(t *testing.T) {
	var served []gitlabci.Operation
	client := through(t, func(r *http.Request) (*http.Response, error) {
		op, ok := gitlabci.OperationFrom(r.Context())
		require.True(t, ok)
		served = append(served, op)
		return answerTo(r, 404, `{}`), nil
	})
	for range 2 {
		for _, scope := range []gitlabci.Scope{wireApp, wireGroup, gitlabci.Instance} {
			_, err := client.Variables.List(t.Context(), scope, nil).Collect()
			require.ErrorIs(t, err, gitlabci.ErrVariableList)
		}
	}
	_, err := client.Pipelines.Create(t.Context(), wireApp, &gitlabci.CreatePipelineOptions{Ref: "main"})
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
	err = client.Do(t.Context(), "GET", "projects/7/issues?private_token="+hush, nil, nil)
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
	lists := []gitlabci.Operation{
		{Name: "list variables", Method: "GET", Route: "/projects/:id/variables"},
		{Name: "list variables", Method: "GET", Route: "/groups/:id/variables"},
		{Name: "list variables", Method: "GET", Route: "/admin/ci/variables"},
	}
	require.Equal(t, append(slices.Concat(lists, lists),
		gitlabci.Operation{Name: "create pipeline", Method: "POST", Route: "/projects/:id/pipeline"},
		gitlabci.Operation{Name: "call", Method: "GET", Route: "/projects/7/issues"}), served)
	_, ok := gitlabci.OperationFrom(t.Context())
	require.False(t, ok)
}
