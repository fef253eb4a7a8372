// Package conformance holds every method of the SDK against what is known of GitLab: table has a row for each, in the file of its service,
// and the tests of this package go through it.
package conformance_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// A methodRow tells of one method how it is called, what that sends, what GitLab answers, and what comes of it. The table has at least
// one row for each method of each service, in the file of the service.
type methodRow struct {
	method string // as in "Pipelines.Create"
	shows  string // what this row shows, where a method has several
	args   []any  // what stands between the context and the request options

	needs    []string // the fields of the options without which nothing is sent
	goesWith []string // the fields without which the others that are set are refused, while nil options are not
	refuses  string   // why nil options are refused, where that is not for a single field

	first    []exchange // what goes before, in calls that take several requests
	exchange            // the request, or the last one
	wraps    string     // the operation that the call is as a whole, where it has its own errors
	wrapped  error      // their sentinel

	nilQuery string // the query and body of the same call with nil options
	nilBody  string

	gives any // the result, collected or read to its end
}

// An exchange is one request and its answer.
type exchange struct {
	op     string // the operation, as in "create pipeline"
	route  string // as in "POST /projects/:id/pipeline"
	sends  string // as it goes over the wire, as in "POST /projects/group%2Fapp/pipeline"
	query  string // readable, not escaped
	body   string
	form   bool // the body goes as a form, of which JSON shows the fields, files among them
	status int  // 200 if 0
	answer string
	fails  error // the sentinel of its errors
}

// in is a list of arguments.
func in(args ...any) []any { return args }

var (
	app     = gitlabci.ProjectPath("group/app")
	group   = gitlabci.GroupPath("group/sub")
	pageTwo = gitlabci.ListOptions{Page: 2, PerPage: 50}
	noon    = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
)

// composites are made of the calls in the table, and tested with what they are made of.
var composites = []string{
	"Pipelines.Wait", "Pipelines.WaitFor", "Pipelines.Watch", "Pipelines.Tree", "Pipelines.FollowTraces", "Pipelines.RetryFailed", "Pipelines.Diagnose",
	"Pipelines.Stuck", "Pipelines.Job", "Pipelines.JobGroup", "Pipelines.PlayJob", "Pipelines.WaitJob", "Pipelines.WaitStage", "Pipelines.WaitPlayable",
	"Pipelines.Flakiness", "Deployments.Wait", "Environments.Wait", "Variables.Effective",
	"Jobs.Wait", "Jobs.FollowTrace", "Jobs.PlayOrRetry", "Jobs.SaveArtifacts", "Jobs.OpenArtifacts", "Artifacts.Select", "Runners.Fleet",
}

// othersThatDoNotRepeat and postsThatRepeat are what differs from the rule that GET, PUT and DELETE are sent again while nobody knows whether
// GitLab acted, and others are not.
var othersThatDoNotRepeat = []string{"update protected environment", "delete review apps"}

var postsThatRepeat = []string{
	"cancel pipeline", "cancel job", "keep artifacts", "take ownership of schedule", "stop environment", "stop stale environments", "lint content",
	"update job token scope",
}

// mayBeNothing are the methods of what need not be there: null is nil, without an error.
var mayBeNothing = []string{"ResourceGroups.CurrentJob", "Runners.Verify"}

var table = slices.Concat(pipelineRows, jobRows, artifactRows, runnerRows, variableRows, triggerRows, scheduleRows,
	environmentRows, deploymentRows, protectedEnvironmentRows, freezePeriodRows, resourceGroupRows, mergeTrainRows, lintRows,
	secureFileRows, jobTokenScopeRows, commitStatusRows, templateRows, projectSettingsRows, catalogRows, runnerControllerRows, projectRows, groupRows, branchRows, tagRows)

func (r *methodRow) name() string {
	if r.shows == "" {
		return r.method
	}
	return r.method + ", " + r.shows
}

// exchanges are all requests of the row, in order.
func (r *methodRow) exchanges() []exchange { return append(slices.Clone(r.first), r.exchange) }

// repeatable reports whether a request may be sent again while nobody knows whether GitLab acted on it.
func (e *exchange) repeatable() bool {
	if verb, _, _ := strings.Cut(e.route, " "); verb == http.MethodPost || verb == http.MethodPatch {
		return slices.Contains(postsThatRepeat, e.op)
	}
	return !slices.Contains(othersThatDoNotRepeat, e.op)
}

// optionsAt is where the options stand among the arguments; -1 if there are none.
func (r *methodRow) optionsAt() int {
	return slices.IndexFunc(r.args, func(arg any) bool { return isOptions(reflect.TypeOf(arg)) && !reflect.ValueOf(arg).IsNil() })
}

// with are the arguments of the row with another one in place of the one at i.
func (r *methodRow) with(i int, arg any) []any {
	args := slices.Clone(r.args)
	args[i] = arg
	return args
}

// without are the arguments of the row with a field of the options left empty.
func (r *methodRow) without(field string) []any {
	i := r.optionsAt()
	options := reflect.New(reflect.TypeOf(r.args[i]).Elem())
	options.Elem().Set(reflect.ValueOf(r.args[i]).Elem())
	fieldsOf(options.Elem())[field].SetZero()
	return r.with(i, options.Interface())
}

// wireBody is what is sent for a body of the table: what may not be repeated always has one.
func (e exchange) wireBody(body string) string {
	if body == "" && !e.repeatable() && !strings.HasPrefix(e.sends, "DELETE ") {
		return "{}"
	}
	return body
}

// decodes is what the method makes of an answer: an object, an array, nothing, or a download of data or of a file.
func (r *methodRow) decodes(e exchange) string {
	result := methodsOf()[r.method].Out(0)
	switch {
	case strings.Contains(e.route, "*artifact_path"):
		return "file"
	case result == reflect.TypeFor[error]():
		return "nothing"
	case result.Implements(reflect.TypeFor[io.Reader]()):
		return "data"
	case e.answer == "" || e.answer == "null" || e.answer[0] == '{':
		return "object"
	}
	return "array"
}

// neverSet are fields of options that no row sets, and why.
var neverSet = map[string]string{
	"Pipelines.ListOwn Page": "this list has no page numbers, and refuses one",
	"Pipelines.Play Match":   "has a test of its own",
}

// makesNoDifference are fields of options that ask for what comes without them, too.
var makesNoDifference = []string{"Jobs.List OrderBy", "Runners.Jobs OrderBy"}

// methodsOf are the methods of all services of the client, as in "Pipelines.Create", with their types.
func methodsOf() map[string]reflect.Type {
	methods := make(map[string]reflect.Type)
	client := reflect.TypeFor[gitlabci.Client]()
	for i := range client.NumField() {
		field := client.Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Pointer || !strings.HasSuffix(field.Type.Elem().Name(), "Service") {
			continue
		}
		for j := range field.Type.NumMethod() {
			method := field.Type.Method(j)
			methods[field.Name+"."+method.Name] = method.Type // its first argument is the service
		}
	}
	return methods
}

func TestEveryMethodHasARow(t *testing.T) {
	t.Parallel()
	methods, rows := methodsOf(), make(map[string]bool)
	for _, r := range table {
		rows[r.method] = true
		if methods[r.method] == nil {
			t.Errorf("%s has a row in the table, but there is no such method", r.method)
		}
		if slices.Contains(composites, r.method) {
			t.Errorf("%s has a row in the table and stands among the composites too", r.method)
		}
	}
	for _, method := range slices.Sorted(maps.Keys(methods)) {
		if !rows[method] && !slices.Contains(composites, method) {
			t.Errorf("%s has no row in the table", method)
		}
	}
}

func TestEveryMethodTakesContextAndOptions(t *testing.T) {
	t.Parallel()
	for method, typ := range methodsOf() {
		require.Equal(t, reflect.TypeFor[context.Context](), typ.In(1), "%s: the context comes first", method)
		require.True(t, typ.IsVariadic(), "%s: request options come last", method)
		require.Equal(t, reflect.TypeFor[[]gitlabci.RequestOption](), typ.In(typ.NumIn()-1), "%s: request options come last", method)
	}
}

func TestEveryOptionHasARow(t *testing.T) {
	t.Parallel()
	all, set := make(map[string]bool), make(map[string]bool)
	for _, r := range table {
		typ := methodsOf()[r.method]
		for i := range typ.NumIn() {
			if isOptions(typ.In(i)) {
				for name := range fieldsOf(reflect.New(typ.In(i).Elem()).Elem()) {
					all[r.method+" "+name] = true
				}
			}
		}
		if i := r.optionsAt(); i >= 0 {
			for name, field := range fieldsOf(reflect.ValueOf(r.args[i]).Elem()) {
				if !field.IsZero() {
					set[r.method+" "+name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch {
		case !set[name] && neverSet[name] == "":
			t.Errorf("%s is set in no row", name)
		case set[name] && neverSet[name] != "":
			t.Errorf("%s is set, although it %s", name, neverSet[name])
		}
	}
}

func isOptions(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && strings.HasSuffix(t.Elem().Name(), "Options")
}

// fieldsOf are the fields of options, those of embedded structs among them.
func fieldsOf(options reflect.Value) map[string]reflect.Value {
	fields := make(map[string]reflect.Value)
	for i := range options.NumField() {
		if field := options.Type().Field(i); field.Anonymous {
			maps.Copy(fields, fieldsOf(options.Field(i)))
		} else {
			fields[field.Name] = options.Field(i)
		}
	}
	return fields
}

// rowOf is the first row of a method.
func rowOf(method string) *methodRow {
	return &table[slices.IndexFunc(table, func(r methodRow) bool { return r.method == method })]
}
