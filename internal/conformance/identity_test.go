package conformance_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// strangers are objects that no method asks for, and what they say.
var strangers = []struct{ body, message string }{
	{`{"error":"invalid_token"}`, "invalid_token"},
	{`{"error":"invalid_token","error_description":"Token was revoked."}`, "invalid_token: Token was revoked."},
	{`{"message":"x"}`, "x"},
	{`{"message":{"base":["x","y"]}}`, "x, y"},
	{`{"status":"ok"}`, ""},
	{`{"brand_new":1,"and":{"id":47,"more":[]},"secret":"not for print"}`, ""},
	{`{"id":null,"key":null,"name":null,"token":null}`, ""},
	{`{"id":0,"key":"","name":"","token":""}`, ""},
}

// An object without what it is known by is not taken for an empty one: not by any method that decodes one, nor in any list.
func TestAnObjectWithoutItsIdentity(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var objects, once, lists, items int
	methods := make(map[string]bool)
	for _, r := range table {
		for i, e := range r.exchanges() {
			f := mishap{at: i, status: http.StatusOK, contentType: "application/json"}
			if e.status < 300 {
				f.status = max(f.status, e.status)
			}
			switch r.decodes(e) {
			case "object":
				methods[r.method] = true
				for _, stranger := range strangers {
					f.body = stranger.body
					c, result, err := o.call(t, t.Context(), &r, r.args, &f)
					requireStranger(t, &r, c, e, err)
					failed := r.requireFailed(t, err, e)
					require.Equal(t, stranger.message, failed.Message, "%s: %s", r.name(), stranger.body)
					require.Equal(t, stranger.body, string(failed.Body))
					require.NotContains(t, err.Error(), "not for print")
					if r.first == nil {
						requireNothing(t, result)
					}
					objects++
					if !e.repeatable() {
						once++
					}
				}
			case "array":
				methods[r.method] = true
				for _, stranger := range strangers {
					f.body = stranger.body
					c, result, err := o.call(t, t.Context(), &r, r.args, &f)
					require.ErrorIs(t, err, gitlabci.ErrDecode, r.name())
					require.Equal(t, stranger.message, r.requireFailed(t, err, e).Message, "%s: %s", r.name(), stranger.body)
					require.Equal(t, 1, c.count(e.sends), "%s: a success was asked for again", r.name())
					if r.first == nil {
						requireNothing(t, result)
					}
					lists++

					f.body = strings.Replace(strings.TrimSuffix(e.answer, "]")+","+stranger.body+"]", "[,", "[", 1)
					c, result, err = o.call(t, t.Context(), &r, r.args, &f)
					requireStranger(t, &r, c, e, err)
					if i == len(r.first) && reflect.ValueOf(r.gives).Len() > 0 { // else what it gives comes of another request
						require.Equal(t, r.gives, result, "the items before it")
					}
					items++
				}
			}
		}
	}
	for method, typ := range methodsOf() {
		result := typ.Out(0)
		if decodes := typ.NumOut() == 2 && result.Kind() == reflect.Pointer && result != reflect.TypeFor[*gitlabci.Download](); decodes && !methods[method] {
			require.Contains(t, composites, method, "it decodes an object")
		}
	}
	require.Greater(t, objects, 500)
	require.Greater(t, items, 300)
	t.Logf("%d methods: refused are %d objects, %d of them with the outcome unknown, %d in place of lists, and %d items of lists",
		len(methods), objects, once, lists, items)
}

func requireStranger(t *testing.T, r *methodRow, c *officeCall, e exchange, err error) {
	t.Helper()
	require.ErrorIs(t, err, gitlabci.ErrDecode, r.name())
	require.NotErrorIs(t, err, gitlabci.ErrNotGitLab)
	require.ErrorContains(t, err, "cannot decode the answer: ", r.name())
	require.ErrorContains(t, err, "it has no ", r.name())
	require.Equal(t, !e.repeatable(), errors.Is(err, gitlabci.ErrOutcomeUnknown), "%s: the outcome is unknown", r.name())
	require.Equal(t, 1, c.count(e.sends), "%s: a success was asked for again", r.name())
}

// What may be all zero counts as long as its members are there.
func TestZeroIsNoStranger(t *testing.T) {
	t.Parallel()
	for method, bodies := range map[string][]string{
		"Pipelines.TestReport": {`{"total_time":0,"total_count":0,"success_count":0,"failed_count":0,"skipped_count":0,"error_count":0,"test_suites":[]}`, `{"total_count":null}`},
		"Pipelines.TestReportSummary": {
			`{"total":{"time":0,"count":0,"success":0,"failed":0,"skipped":0,"error":0,"suite_error":null},"test_suites":[]}`, `{"test_suites":[],"total":{}}`,
		},
		"Lint.Project":                    {`{"valid":false,"errors":[],"warnings":[],"merged_yaml":null,"includes":[]}`, `{"errors":[],"valid":"false"}`},
		"JobTokenScope.Get":               {`{"inbound_enabled":false,"outbound_enabled":false}`, `{"outbound_enabled":false}`, "\ufeff" + `{"inbound_enabled":false}`},
		"Environments.DeleteReviewApps":   {`{"scheduled_entries":[],"unprocessable_entries":[]}`},
		"RunnerControllers.Scopes":        {`{"instance_level_scopings":[],"runner_level_scopings":[]}`},
		"RunnerControllers.AddInstance":   {`{"created_at":null,"updated_at":null}`},
		"Pipelines.Variables":             {`[{"key":"A","value":""}]`},
		"Variables.Get":                   {`{"key":"A","value":"","environment_scope":"*"}`, `{"key":"A"}`},
		"ResourceGroups.CurrentJob":       {"", "null", " null\n", "\ufeff"},
		"Runners.ResetToken":              {`{"token":"glrt-1","token_expires_at":null}`},
		"Pipelines.CreateForMergeRequest": {`{"id":77}`},
	} {
		for _, body := range bodies {
			r := *rowOf(method)
			o := newOffice(t)
			_, _, err := o.call(t, t.Context(), &r, r.args, &mishap{at: len(r.first), status: 200, contentType: "application/json", body: body})
			require.NoError(t, err, "%s: %s", method, body)
		}
	}
}
