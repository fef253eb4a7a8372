package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	for _, r := range table {
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			r.testWire(t, o)
			r.testNilOptions(t, o)
			r.testEmptyFields(t, o)
			r.testRefusals(t, o)
			r.testEndedContext(t, o)
			r.testStatus(t, o)
			r.testGarbled(t, o)
			r.testRepeating(t, o)
		})
	}
}

// TestUpdatesChangeSomething tests that an update which changes nothing is refused, whatever it updates: testRefusals
// sees it refused.
func TestUpdatesChangeSomething(t *testing.T) {
	updates := 0
	for _, r := range table {
		if strings.Contains(r.method, ".Update") {
			updates++
			require.True(t, r.needs != nil || r.refuses == "nothing to change", r.name())
		}
	}
	require.Greater(t, updates, 10)
}

// testWire tests what is sent, which operation it is said to be, and the result.
func (r *methodRow) testWire(t *testing.T, o *office) {
	c, result, err := o.call(t, t.Context(), r, r.args, nil)
	require.NoError(t, err)
	require.Equal(t, r.gives, result)
	exchanges := r.exchanges()
	require.Len(t, c.requests, len(exchanges))
	for i, e := range exchanges {
		c.requests[i].require(t, e.sends, e.query, e.wireBody(e.body))
		verb, route, _ := strings.Cut(e.route, " ")
		require.Equal(t, gitlabci.Operation{Name: e.op, Method: verb, Route: route}, c.operations[i])
		require.Regexp(t, routePattern(e.route), e.sends, "the route fits the path")
	}
}

var routePlaceholder = regexp.MustCompile(`[:*]\w+`)

// routePattern is what the paths of a route look like.
func routePattern(route string) *regexp.Regexp {
	return regexp.MustCompile("^" + routePlaceholder.ReplaceAllStringFunc(route, func(name string) string {
		if name[0] == '*' {
			return ".+"
		}
		return "[^/]+"
	}) + "$")
}

// testNilOptions tests that options which may be nil may be.
func (r *methodRow) testNilOptions(t *testing.T, o *office) {
	i := r.optionsAt()
	if i < 0 || r.needs != nil || r.refuses != "" {
		return
	}
	c, _, err := o.call(t, t.Context(), r, r.with(i, reflect.Zero(reflect.TypeOf(r.args[i])).Interface()), nil)
	require.NoError(t, err)
	c.requests[len(c.requests)-1].require(t, r.sends, r.nilQuery, r.wireBody(r.nilBody))
}

// testEmptyFields tests that each field of the options that is set is sent, or needed.
func (r *methodRow) testEmptyFields(t *testing.T, o *office) {
	i := r.optionsAt()
	if i < 0 {
		return
	}
	complete, _, err := o.call(t, t.Context(), r, r.args, nil)
	require.NoError(t, err)
	for name, value := range fieldsOf(reflect.ValueOf(r.args[i]).Elem()) {
		if value.IsZero() {
			continue
		}
		c, _, err := o.call(t, t.Context(), r, r.without(name), nil)
		if slices.Contains(r.needs, name) || slices.Contains(r.goesWith, name) {
			r.requireRefused(t, c, err)
			require.ErrorContains(t, err, name)
			continue
		}
		require.NoError(t, err, "without %s", name)
		if !slices.Contains(makesNoDifference, r.method+" "+name) {
			require.NotEqual(t, complete.requests, c.requests, "%s makes no difference", name)
		}
	}
}

// testRefusals tests that each argument that names nothing is refused before anything is sent.
func (r *methodRow) testRefusals(t *testing.T, o *office) {
	typ := methodsOf()[r.method]
	require.Equal(t, typ.NumIn()-3, len(r.args), "arguments of %s", r.method)
	for i, arg := range r.args {
		var wrong []any
		switch arg := arg.(type) {
		case int64:
			wrong = in(int64(0), int64(-1))
		case string:
			wrong = in("")
		case gitlabci.Secret:
			wrong = in(gitlabci.Secret(""))
		case gitlabci.VariableKey:
			wrong = in(gitlabci.VariableKey{}, gitlabci.Key("").In("production"))
		case gitlabci.Project:
			wrong = in(gitlabci.Project{}, gitlabci.ProjectID(0), gitlabci.ProjectID(-1), gitlabci.ProjectPath(""))
		case gitlabci.Group:
			wrong = in(gitlabci.Group{}, gitlabci.GroupID(0), gitlabci.GroupID(-1), gitlabci.GroupPath(""))
		default:
			if isOptions(reflect.TypeOf(arg)) && (r.needs != nil || r.refuses != "") {
				empty := reflect.TypeOf(arg)
				wrong = in(reflect.Zero(empty).Interface(), reflect.New(empty.Elem()).Interface())
			}
		}
		if typ.In(i+2) == reflect.TypeFor[gitlabci.Scope]() {
			wrong = append(wrong, nil)
			if !r.hasInstance() {
				wrong = append(wrong, gitlabci.Instance)
			}
		}
		for _, arg := range wrong {
			c, _, err := o.call(t, t.Context(), r, r.with(i, arg), nil)
			if arg == nil || arg == any(gitlabci.Instance) {
				require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
				require.ErrorIs(t, err, r.exchanges()[0].fails)
				require.Empty(t, c.requests, "something was sent")
				continue // no scope, no route
			}
			r.requireRefused(t, c, err)
			if r.refuses != "" && isOptions(reflect.TypeOf(arg)) {
				require.ErrorContains(t, err, r.refuses)
			}
		}
	}
}

// hasInstance reports whether the method has a row for the instance.
func (r *methodRow) hasInstance() bool {
	return slices.ContainsFunc(table, func(other methodRow) bool {
		return other.method == r.method && slices.Contains(other.args, any(gitlabci.Instance))
	})
}

func (r *methodRow) requireRefused(t *testing.T, c *officeCall, err error) {
	t.Helper()
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	require.Empty(t, c.requests, "something was sent")
	e := r.requireFailed(t, err, r.exchanges()[0])
	require.Zero(t, e.StatusCode)
	require.Zero(t, e.Attempts)
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
}

// testEndedContext tests that nothing is sent once the context has ended.
func (r *methodRow) testEndedContext(t *testing.T, o *office) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, _, err := o.call(t, ctx, r, r.args, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, c.requests, "something was sent")
	e := r.requireFailed(t, err, r.exchanges()[0])
	require.Zero(t, e.Attempts)
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
}

// requireFailed tests that the error is an *Error of the request and matches its operation and that one's verbSentinels, and to no
// others. It returns the error of the request.
func (r *methodRow) requireFailed(t *testing.T, err error, e exchange) *gitlabci.Error {
	t.Helper()
	var failed *gitlabci.Error
	require.ErrorAs(t, err, &failed)
	kinds := []error{e.fails}
	if r.wraps != "" {
		require.Equal(t, r.wraps, failed.Op)
		kinds = append(kinds, r.wrapped)
		if cause := (*gitlabci.Error)(nil); errors.As(failed.Err, &cause) { // else it was refused as a whole
			failed = cause
		}
	}
	if r.wraps == "" || failed.Op != r.wraps {
		verb, route, _ := strings.Cut(e.route, " ")
		require.Equal(t, []string{e.op, verb, route}, []string{failed.Op, failed.Method, failed.Route})
	}
	for _, kind := range kinds {
		require.ErrorIs(t, err, kind)
		require.Contains(t, parents, kind, "sentinel without known parents")
		kinds = append(kinds, parents[kind]...)
	}
	for _, verb := range verbSentinels {
		require.Equal(t, slices.Contains(kinds, verb), errors.Is(err, verb), "matches %q", verb)
	}
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, err.Error(), "glpat-1")
	return failed
}

// testStatus tests what becomes of answers that are no success, to each request of the call.
func (r *methodRow) testStatus(t *testing.T, o *office) {
	for i, e := range r.exchanges() {
		for _, f := range []struct {
			mishap
			message string
			kind    error
		}{
			{mishap{at: i, status: 403, body: `{"message":"403 Forbidden - not you"}`}, "403 Forbidden - not you", gitlabci.ErrForbidden},
			{mishap{at: i, status: 404, body: `{"message":"404 Project Not Found"}`}, "404 Project Not Found", gitlabci.ErrNotFound},
			{mishap{at: i, status: 422, body: `{"message":{"base":["No stages"]}}`}, "No stages", gitlabci.ErrUnprocessable},
			{mishap{at: i, status: 400, body: `{"error":"ref is missing"}`}, "ref is missing", gitlabci.ErrBadRequest},
		} {
			f.contentType = "application/json"
			c, result, err := o.call(t, t.Context(), r, r.args, &f.mishap)
			failed := r.requireFailed(t, err, e)
			require.ErrorIs(t, err, f.kind)
			require.Equal(t, f.status, failed.StatusCode)
			require.Equal(t, f.message, failed.Message)
			require.Equal(t, "01JPRJ", failed.RequestID)
			require.Equal(t, 1, failed.Attempts)
			require.ErrorContains(t, err, f.message)
			require.Equal(t, 1, c.count(e.sends))
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			if r.first == nil {
				requireNothing(t, result)
			}
		}
	}
}

func requireNothing(t *testing.T, result any) {
	t.Helper()
	if v := reflect.ValueOf(result); v.IsValid() && !v.IsZero() {
		t.Errorf("beside the error came %v", result)
	}
}

const signIn = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"

// testGarbled tests answers whose status is a success and whose body is not what it should be.
func (r *methodRow) testGarbled(t *testing.T, o *office) {
	const jsonType = "application/json"
	for i, e := range r.exchanges() {
		signInPage := mishap{at: i, status: 200, contentType: "text/html; charset=utf-8", body: signIn}
		var garbled, fine []mishap
		switch r.decodes(e) {
		case "object":
			for _, body := range []string{`{"id":47,"na`, "null", "{}", " ", `[{"id":47}]`, `{"id":{}}{`} {
				f := mishap{at: i, status: 200, contentType: jsonType, body: body}
				if (body == "null" || body == " ") && slices.Contains(mayBeNothing, r.method) {
					fine = append(fine, f)
				} else {
					garbled = append(garbled, f)
				}
			}
			garbled = append(garbled, signInPage)
			if !slices.Contains(mayBeNothing, r.method) {
				garbled = append(garbled, mishap{at: i, status: 204})
			}
		case "array":
			for _, body := range []string{`[{"id":47},{"id`, "null", "{}", " ", `{"id":47}`, `[null]`, `[{}]`} {
				garbled = append(garbled, mishap{at: i, status: 200, contentType: jsonType, body: body})
			}
			garbled = append(garbled, signInPage, mishap{at: i, status: 204})
		case "nothing":
			garbled = append(garbled, signInPage)
			fine = append(fine, mishap{at: i, status: 204}, mishap{at: i, status: 200, contentType: jsonType, body: "null"})
		case "data":
			garbled = append(garbled, signInPage)
		case "file": // may be a page
			fine = append(fine, signInPage)
		}
		for _, f := range garbled {
			c, result, err := o.call(t, t.Context(), r, r.args, &f)
			require.ErrorIs(t, err, gitlabci.ErrDecode, "%q", f.body)
			require.Equal(t, f.body == signIn, errors.Is(err, gitlabci.ErrNotGitLab), "%q", f.body)
			failed := r.requireFailed(t, err, e)
			require.Equal(t, f.status, failed.StatusCode)
			require.Equal(t, 1, c.count(e.sends), "a success was asked for again")
			if r.first == nil && r.decodes(e) != "array" { // of lists, what came before the fault stands
				requireNothing(t, result)
			}
		}
		for _, f := range fine {
			_, _, err := o.call(t, t.Context(), r, r.args, &f)
			require.NoError(t, err, "%d %q", f.status, f.body)
		}
	}
}

// testRepeating tests that what may be sent again is, and all else is not.
func (r *methodRow) testRepeating(t *testing.T, o *office) {
	for i, e := range r.exchanges() {
		c, _, err := o.call(t, t.Context(), r, r.args, &mishap{at: i, status: 503, contentType: "application/json", body: `{"message":"503 Service Unavailable"}`})
		failed := r.requireFailed(t, err, e)
		require.ErrorIs(t, err, gitlabci.ErrServer)
		want := 1
		if e.repeatable() {
			want = 3
		}
		require.Equal(t, want, c.count(e.sends), "requests")
		require.Equal(t, want, failed.Attempts)
		require.Equal(t, !e.repeatable(), errors.Is(err, gitlabci.ErrOutcomeUnknown), "the outcome is unknown")
	}
}

// TestRefusedOptions tests options that are wrong in themselves, beyond fields that are missing.
func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	nameless := []gitlabci.PipelineVariable{{Key: "A"}, {Value: "1"}}
	for _, r := range []struct {
		method string
		args   []any
		says   string
	}{
		{"Pipelines.List", in(app, &gitlabci.ListPipelinesOptions{ListOptions: gitlabci.ListOptions{Page: -1}}), "page -1"},
		{"Pipelines.List", in(app, &gitlabci.ListPipelinesOptions{ListOptions: gitlabci.ListOptions{PerPage: -1}}), "-1 items"},
		{"Pipelines.List", in(app, &gitlabci.ListPipelinesOptions{ListOptions: gitlabci.ListOptions{PerPage: 101}}), "101 items"},
		{"Pipelines.ListOwn", in(&gitlabci.ListOwnPipelinesOptions{ListOptions: gitlabci.ListOptions{Page: 1}}), "no page numbers"},
		{"Pipelines.ListOwn", in(&gitlabci.ListOwnPipelinesOptions{ListOptions: gitlabci.ListOptions{PerPage: 101}}), "101 items"},
		{"Jobs.List", in(app, &gitlabci.ListJobsOptions{Sort: gitlabci.SortAsc}), `direction "asc"`},
		{"Jobs.List", in(app, &gitlabci.ListJobsOptions{Sort: "DESC"}), `direction "DESC"`},
		{"Jobs.List", in(app, &gitlabci.ListJobsOptions{ListOptions: gitlabci.ListOptions{PerPage: 101}}), "101 items"},
		{"Pipelines.Create", in(app, &gitlabci.CreatePipelineOptions{Ref: "main", Variables: nameless}), "variable 1 has no key"},
		{"Pipelines.Play", in(app, int64(46), &gitlabci.PlayPipelineOptions{Variables: nameless}), "variable 1 has no key"},
		{"Jobs.Play", in(app, int64(42), &gitlabci.PlayJobOptions{Variables: nameless}), "variable 1 has no key"},
		{"Jobs.Trace", in(app, int64(42), &gitlabci.TraceOptions{ByteOffset: -1}), "from byte -1"},
		{"Jobs.Trace", in(app, int64(42), &gitlabci.TraceOptions{ByteLimit: -1}), "-1 bytes"},
		{"Jobs.Trace", in(app, int64(42), &gitlabci.TraceOptions{ByteLimit: 512_001}), "512001 bytes"},
		{"Runners.Update", in(int64(6), &gitlabci.UpdateRunnerOptions{Active: new(true), Paused: new(false)}), "exclude each other"},
		{"Schedules.Create", in(app, &gitlabci.CreateScheduleOptions{
			Description: "a", Ref: "main", Cron: "0 2 * * *", Inputs: []gitlabci.ScheduleInput{{Value: 1}},
		}), "input 0 has no name"},
		{"Schedules.Update", in(app, int64(13), &gitlabci.UpdateScheduleOptions{Inputs: []gitlabci.ScheduleInput{{Value: 1}}}), "input 0 has no name"},
		{"Environments.List", in(app, &gitlabci.ListEnvironmentsOptions{Name: "review/1", Search: "review"}), "exclude each other"},
		{"Environments.List", in(app, &gitlabci.ListEnvironmentsOptions{ListOptions: gitlabci.ListOptions{Page: -1}}), "page -1"},
		{"Environments.DeleteReviewApps", in(app, &gitlabci.DeleteReviewAppsOptions{Limit: -1}), "not between 1 and 1000"},
		{"Environments.DeleteReviewApps", in(app, &gitlabci.DeleteReviewAppsOptions{Limit: 1001}), "not between 1 and 1000"},
		{"Deployments.List", in(app, &gitlabci.ListDeploymentsOptions{UpdatedBefore: noon, OrderBy: gitlabci.DeploymentOrderIID}), "need OrderBy"},
		{"Deployments.List", in(app, &gitlabci.ListDeploymentsOptions{
			FinishedBefore: noon, OrderBy: gitlabci.DeploymentOrderFinishedAt, Status: gitlabci.DeploymentFailed,
		}), "Status DeploymentSuccess"},
		{"Deployments.List", in(app, &gitlabci.ListDeploymentsOptions{ListOptions: gitlabci.ListOptions{PerPage: 101}}), "101 items"},
		{"ProtectedEnvironments.Create", in(app, &gitlabci.CreateProtectedEnvironmentOptions{
			Name: "production", DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{UserID: 5}, {}},
		}), "deploy access level 1 names nobody"},
		{"ProtectedEnvironments.Update", in(app, "production", &gitlabci.UpdateProtectedEnvironmentOptions{
			ApprovalRules: []gitlabci.ApprovalRuleOptions{{ID: 38}, {RequiredApprovals: 2}},
		}), "approval rule 1 names nobody"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{CIDefaultGitDepth: new(-1)}), "CIDefaultGitDepth -1 is not between 0 and 1000"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{CIDefaultGitDepth: new(1001)}), "CIDefaultGitDepth 1001"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{BuildTimeout: -600}), "BuildTimeout -10m0s is not between 10m0s and a month"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{BuildTimeout: 599}), "BuildTimeout 9m59s"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{BuildTimeout: 2_629_746}), "BuildTimeout 730h29m6s"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{CIDeletePipelinesInSeconds: new(gitlabci.Seconds(86_399))}), "CIDeletePipelinesInSeconds 23h59m59s"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{CIDeletePipelinesInSeconds: new(gitlabci.Seconds(-1))}), "CIDeletePipelinesInSeconds -1s"},
		{"Lint.Project", in(app, &gitlabci.LintProjectOptions{ContentRef: "main", SHA: "a91957a8"}), "exclude each other"},
		{"Lint.Project", in(app, &gitlabci.LintProjectOptions{DryRunRef: "main", Ref: "main"}), "exclude each other"},
		{"Triggers.Run", in(app, &gitlabci.RunTriggerOptions{Token: "t", Ref: "main", Variables: nameless}), "variable 1 has no key"},
		{"Triggers.Run", in(app, &gitlabci.RunTriggerOptions{Token: "t", Ref: "main", Variables: []gitlabci.PipelineVariable{
			{Key: "A"}, {Key: "B", VariableType: gitlabci.VariableFile},
		}}), `variable 1 is of type "file"`},
		{"Triggers.Run", in(app, &gitlabci.RunTriggerOptions{Token: "t", Ref: "main", Variables: []gitlabci.PipelineVariable{
			{Key: "A", Value: "1", VariableType: gitlabci.VariableEnv}, {Key: "A", Value: "2"},
		}}), "variable 1 has the key of one before it"},
	} {
		o := newOffice(t)
		row := methodRow{method: r.method}
		c, _, err := o.call(t, t.Context(), &row, r.args, nil)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, "%s", r.says)
		require.ErrorContains(t, err, r.says)
		require.Empty(t, c.requests, "something was sent")
	}
}

// TestResultsAsJSON tests that a result of which little is known marshals without times that never were, and that one of which all is known
// keeps it.
func TestResultsAsJSON(t *testing.T) {
	t.Parallel()
	seen := make(map[reflect.Type]bool)
	for _, r := range table {
		typ := reflect.TypeOf(r.gives)
		for typ != nil && (typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice) {
			typ = typ.Elem()
		}
		if typ == nil || typ.Kind() != reflect.Struct {
			continue
		}
		seen[typ] = true
		empty, err := json.Marshal(reflect.New(typ).Interface())
		require.NoError(t, err, r.method)
		require.NotContains(t, string(empty), "0001-01-01", r.method)
		before, err := json.Marshal(r.gives)
		require.NoError(t, err, r.method)
		again := reflect.New(reflect.TypeOf(r.gives))
		require.NoError(t, json.Unmarshal(before, again.Interface()), r.method)
		require.Equal(t, r.gives, again.Elem().Interface(), r.method)
	}
	t.Logf("%d types", len(seen))
}
