package gitlabci_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// What else came is told by the names of its members: the values may be tokens.
func TestStrangersAreToldByTheirNames(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"error":"invalid_token"}`:                              "invalid_token: outcome unknown: cannot decode the answer: it has no token, but error",
		`{"runner_token":"glrt-secret"}`:                         "outcome unknown: cannot decode the answer: it has no token, but runner_token",
		`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}`:                  "outcome unknown: cannot decode the answer: it has no token, but a, b, c, d, e, ...",
		`{"\u001b[31mred\n":"` + strings.Repeat("x", 1e6) + `"}`: "outcome unknown: cannot decode the answer: it has no token, but [31mred",
		`{"` + strings.Repeat("n", 1e6) + `":0}`:                 "outcome unknown: cannot decode the answer: it has no token, but " + strings.Repeat("n", 40),
		`{"glpat-lab":"the caller's own"}`:                       "outcome unknown: cannot decode the answer: it has no token, but [redacted]",
		`{"message":"glpat-lab"}`:                                "[redacted]: outcome unknown: cannot decode the answer: it has no token, but message",
	} {
		l := newLab(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			w.Write([]byte(body))
		})
		_, err := l.Runners.Create(t.Context(), &gitlabci.CreateRunnerOptions{RunnerType: gitlabci.RunnerTypeInstance})
		require.EqualError(t, err, "gitlabci: create runner: POST /user/runners: 201 Created: "+want)
	}
}

// Each list says by what its items are known, of which no two have the same.
func TestItemsAreTold(t *testing.T) {
	t.Parallel()
	client := through(t, func(r *http.Request) (*http.Response, error) {
		page := `[{"key":"A","environment_scope":"*"},{"key":"A","environment_scope":"x"},{"key":"A\nx"},{"key":"B"}]`
		headers := []string{"Content-Type: application/json"}
		if r.URL.Query().Get("page") == "" {
			headers = append(headers, "X-Next-Page: 2")
		}
		return answerTo(r, http.StatusOK, page, headers...), nil
	})
	variables, err := client.Variables.List(t.Context(), wireApp, nil).Collect()
	require.NoError(t, err)
	var keys []string
	for _, v := range variables {
		keys = append(keys, v.Key+" in "+v.EnvironmentScope)
	}
	require.True(t, slices.Contains(keys, "A in x"))
	require.Equal(t, []string{"A in *", "A in x", "B in "}, slices.DeleteFunc(keys, func(key string) bool { return strings.Contains(key, "\n") }))
}
