package gitlabci_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/codec"
)

// What GitLab's API has, as its documentation and its own description tell it, stands beside the checkout where this module is worked
// on. The tests in this file hold the module against it.
const contractDir = "../shared/contract"

// contractFile reads a table of the contract: its rows by the names of their columns.
func contractFile(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skipf("%s is not here", path)
	}
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	columns := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		row := make(map[string]string)
		for i, value := range strings.Split(line, "\t") {
			if i < len(columns) {
				row[columns[i]] = value
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// areas are the parts of the API that the table of methods covers.
var areas = []string{
	"pipelines", "jobs", "job_artifacts", "runners", "project_variables", "group_variables", "instance_variables", "triggers",
	"pipeline_schedules", "merge_request_pipelines",
	"environments", "deployments", "protected_environments", "group_protected_environments", "freeze_periods", "resource_groups", "secure_files",
	"merge_trains", "job_token_scope", "ci_lint", "gitlab_ci_ymls", "runner_side",
}

// noMethod are endpoints that have no method, and why.
var noMethod = map[string]string{
	"GET /projects/:/pipelines/:/trigger_jobs": "the newer name of bridges, which Pipelines.Bridges asks for where the older is gone",
	"POST /projects/:/ref/:/trigger/pipeline":  "the same as trigger/pipeline with the ref in its body",
	"POST /ci/lint": "gone since GitLab 16.0",
	"GET /projects/:/repository/commits/:/statuses/:": "not in GitLab's API",
	"POST /jobs/request":                              "called by GitLab Runner",
	"PUT /jobs/:":                                     "called by GitLab Runner",
	"PATCH /jobs/:/trace":                             "called by GitLab Runner",
	"POST /jobs/:/artifacts":                          "called by GitLab Runner",
	"POST /jobs/:/artifacts/authorize":                "called by GitLab Runner",
	"GET /jobs/:/artifacts":                           "called by GitLab Runner",
	"GET /jobs/:/runtime_environment_key":             "called by GitLab Runner",
	"POST /jobs/:/sbom_scans/authorize":               "called by GitLab's analyzers",
	"POST /jobs/:/sbom_scans":                         "called by GitLab's analyzers",
	"POST /jobs/:/sbom_scans/:":                       "called by GitLab's analyzers",
	"GET /jobs/:/sbom_scans/:":                        "called by GitLab's analyzers",
	"POST /job/test_balancing/initialize":             "an experiment, called by test runners in a job",
	"POST /job/test_balancing/request":                "an experiment, called by test runners in a job",
	"POST /namespaces/:/minutes":                      "deprecated, called by GitLab's customers portal",
	"PATCH /namespaces/:/minutes/move/:":              "deprecated, called by GitLab's customers portal",
}

// noField are parameters that are neither a field of options nor an argument, and why.
var noField = map[string]string{
	"job_token": "sent in a header by gitlabci.JobToken",
	"cursor":    "taken from the link to the next page",
	"filter":    "sent as filter[environment_scope] by gitlabci.VariableKey",
	"not":       "sent as not[author_id] and so on",

	"with_labels_details":     "would make objects of the labels",
	"approval_rules.id":       "of rules that there are already: refused where all are new",
	"approval_rules._destroy": "likewise",
}

var anyPlaceholder = regexp.MustCompile(`[:*]\w+|\{\w+\}`)

// bare is an endpoint without the names of its placeholders.
func bare(verb, path string) string {
	return verb + " " + anyPlaceholder.ReplaceAllString(strings.TrimPrefix(path, "/api/v4"), ":")
}

// endpoint is one endpoint as the contract has it.
type endpoint struct {
	bare, path, parameters string
}

// contractEndpoints are the endpoints of the areas: those of the documentation, and those of GitLab 19.5's own description, among them
// all that are new.
func contractEndpoints(t *testing.T) (all []endpoint) {
	known := make(map[string]bool)
	for _, row := range contractFile(t, contractDir+"/endpoints.tsv") {
		if slices.Contains(areas, row["area"]) {
			e := endpoint{bare(row["method"], row["path"]), row["path"], row["parameters"]}
			known[e.bare] = true
			all = append(all, e)
		}
	}
	for _, row := range contractFile(t, contractDir+"/endpoints-19.5.tsv") {
		e := endpoint{bare(row["method"], row["path"]), row["path"], row["parameters"]}
		if known[e.bare] || row["in_endpoints.tsv"] == "no" {
			all = append(all, e)
		}
	}
	require.NotEmpty(t, known)
	return all
}

// sentTo are the rows of the table that call an endpoint: those that call nothing else, if there are any.
func sentTo(bareRoute string) (rows []*methodRow) {
	var last []*methodRow
	for i := range table {
		switch verb, path, _ := strings.Cut(table[i].route, " "); {
		case bare(verb, path) != bareRoute:
		case table[i].first == nil:
			rows = append(rows, &table[i])
		default:
			last = append(last, &table[i])
		}
	}
	if rows == nil {
		return last
	}
	return rows
}

func TestEveryEndpointHasAMethod(t *testing.T) {
	t.Parallel()
	covered := 0
	for _, e := range contractEndpoints(t) {
		switch {
		case len(sentTo(e.bare)) > 0:
			covered++
			if reason := noMethod[e.bare]; reason != "" {
				t.Errorf("%s has a method, although it is %q", e.bare, reason)
			}
		case noMethod[e.bare] == "":
			t.Errorf("no method calls %s", e.bare)
		}
	}
	require.Greater(t, covered, 100)
	require.NotEmpty(t, sentTo("GET /projects/:/jobs/:/artifacts/tree"), "new in GitLab 19.5")
}

// A parameter is one of an endpoint, with the parameters in it where it is an array or object.
type parameter struct {
	name  string
	typ   string
	inner []parameter
}

var (
	typeEnd = regexp.MustCompile(`[!=].*$`)
	members = regexp.MustCompile(`^(?:array|object|hash)?[({](.*:.*)[)}]`)
	choices = regexp.MustCompile(`[a-z][a-z_0-9]*(?:\|[a-z][a-z_0-9]*)+`)
)

// splitOutside splits text at separators that stand in no bracket.
func splitOutside(text, separators string) (parts []string) {
	depth, start := 0, 0
	for i, r := range text {
		switch {
		case strings.ContainsRune("({[", r):
			depth++
		case strings.ContainsRune(")}]", r):
			depth--
		case depth == 0 && strings.ContainsRune(separators, r):
			parts, start = append(parts, text[start:i]), i+1
		}
	}
	return append(parts, text[start:])
}

// parseParameters reads the parameters of an endpoint, as in
//
//	id:integer!,variables:array(key:string!;value:string!)
//	path id:integer!; query page:integer=1; body variables:array{key:string,value:string}
func parseParameters(text string) (all []parameter) {
	for _, part := range splitOutside(text, ",;") {
		part = strings.TrimSpace(part)
		for _, section := range []string{"path ", "query ", "body ", "body(multipart/form-data) "} {
			part = strings.TrimPrefix(part, section)
		}
		name, typ, ok := strings.Cut(part, ":")
		if !ok || strings.HasPrefix(name, "(") {
			continue
		}
		if strings.HasSuffix(name, "}") || strings.Contains(name, "{") { // as in filter{environment_scope:string}
			name, _, _ = strings.Cut(name, "{")
		}
		p := parameter{name: strings.TrimSpace(name), typ: typ}
		if inner := members.FindStringSubmatch(typ); inner != nil && !strings.HasPrefix(typ, "string") {
			p.inner = parseParameters(inner[1])
		}
		for name := range strings.SplitSeq(p.name, "|") { // as in user_id|group_id|access_level:integer
			all = append(all, parameter{name, p.typ, p.inner})
		}
	}
	return all
}

// sentNames are the names of all that the rows send: of the query, and of the body with those in it, as in "variables.key".
func sentNames(t *testing.T, rows []*methodRow) map[string]bool {
	names := make(map[string]bool)
	for _, r := range rows {
		for name := range readableQuery(t, r.query) {
			names[strings.TrimSuffix(name, "[]")] = true
		}
		if r.body != "" {
			var body any
			require.NoError(t, json.Unmarshal([]byte(r.body), &body))
			addNames(names, "", body)
		}
	}
	return names
}

func addNames(names map[string]bool, prefix string, value any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			addNames(names, prefix, item)
		}
	case map[string]any:
		for name, inner := range value {
			names[prefix+name] = true
			addNames(names, prefix+name+".", inner)
		}
	}
}

func TestEveryParameterIsSent(t *testing.T) {
	t.Parallel()
	count := 0
	for _, e := range contractEndpoints(t) {
		rows := sentTo(e.bare)
		if len(rows) == 0 {
			continue // of TestEveryEndpointHasAMethod
		}
		sent := sentNames(t, rows)
		for _, p := range parseParameters(e.parameters) {
			count++
			inPath := regexp.MustCompile(`[:*{]` + regexp.QuoteMeta(p.name) + `\b`).MatchString(e.path)
			if !inPath && !sent[p.name] && noField[p.name] == "" {
				t.Errorf("%s: nothing sends %s", e.bare, p.name)
			}
			for _, inner := range p.inner {
				count++
				if name := p.name + "." + inner.name; !sent[name] && noField[name] == "" {
					t.Errorf("%s: nothing sends %s of %s", e.bare, inner.name, p.name)
				}
				requireChoices(t, e.bare, rows, inner)
			}
			requireChoices(t, e.bare, rows, p)
		}
	}
	require.Greater(t, count, 400)
}

// requireChoices tests that what a parameter may be has constants of the type that the field of the options has.
func requireChoices(t *testing.T, endpoint string, rows []*methodRow, p parameter) {
	t.Helper()
	if !strings.Contains(typeEnd.ReplaceAllString(p.typ, ""), "string") || p.inner != nil {
		return
	}
	values := choices.FindString(strings.TrimPrefix(strings.TrimPrefix(p.typ, "array|"), "string|"))
	if values == "" || !strings.Contains(p.typ, "(") {
		return
	}
	for _, r := range rows {
		i := r.optionsAt()
		if i < 0 {
			continue
		}
		field, ok := taggedField(reflect.TypeOf(r.args[i]).Elem(), p.name)
		if ok {
			requireConstants(t, endpoint+" "+p.name, field, values)
		}
	}
}

// taggedField is the type of the field that has this name in JSON or in a query, also in embedded structs and in lists of structs.
func taggedField(typ reflect.Type, name string) (reflect.Type, bool) {
	for i := range typ.NumField() {
		field := typ.Field(i)
		if field.Anonymous {
			if inner, ok := taggedField(field.Type, name); ok {
				return inner, true
			}
		}
		for _, key := range []string{"json", "url"} {
			if tag, _, _ := strings.Cut(field.Tag.Get(key), ","); tag == name && tag != "" {
				return field.Type, true
			}
		}
	}
	return nil, false
}

// constants are the values of the string constants of the package, by the names of their types.
var constants = sync.OnceValue(func() map[string][]string {
	values := make(map[string][]string)
	for _, file := range packageSource() {
		ast.Inspect(file.File, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			typ, isNamed := spec.Type.(*ast.Ident)
			literal, isLiteral := spec.Values[0].(*ast.BasicLit)
			if isNamed && isLiteral {
				if value, err := strconv.Unquote(literal.Value); err == nil {
					values[typ.Name] = append(values[typ.Name], value)
				}
			}
			return true
		})
	}
	return values
})

// noConstants are what has values that are known and no constants for them, and why.
var noConstants = map[string]string{
	"POST /groups/:/protected_environments name":         "the name of an environment in projects",
	"GET /projects/:/deployments/:/merge_requests scope": "known by its newer names",
	"GET /projects/:/deployments/:/merge_requests wip":   "deprecated",
	"UserBasic.state": "of GitLab's users; what it may be is not written down",
	"User.state":      "of GitLab's users; what it may be is not written down",
}

// requireConstants tests that a type has constants for values such as "raw|zip|gzip".
func requireConstants(t *testing.T, what string, typ reflect.Type, values string) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if noConstants[typ.Name()] != "" || noConstants[what] != "" {
		return
	}
	if typ.Kind() != reflect.String || typ.PkgPath() == "" {
		t.Errorf("%s is a %s, and may be %s", what, typ, values)
		return
	}
	for value := range strings.SplitSeq(values, "|") {
		if !slices.Contains(constants()[typ.Name()], value) {
			t.Errorf("%s has no constant for %q", typ.Name(), value)
		}
	}
}

// answers are the examples of GitLab's documentation, and the methods whose answers they are.
var answers = map[string]string{
	"group-variables-create": "Variables.Create", "group-variables-get": "Variables.Get", "group-variables-list": "Variables.List",
	"group-variables-update":    "Variables.Update",
	"instance-variables-create": "Variables.Create", "instance-variables-get": "Variables.Get", "instance-variables-list": "Variables.List",
	"instance-variables-update": "Variables.Update",
	"project-variables-create":  "Variables.Create", "project-variables-get": "Variables.Get", "project-variables-list": "Variables.List",
	"project-variables-update": "Variables.Update",

	"job-artifacts-keep": "Jobs.KeepArtifacts",

	"jobs-allowed-agents": "Jobs.AllowedAgents",
	"jobs-cancel":         "Jobs.Cancel",
	"jobs-erase":          "Jobs.Erase",
	"jobs-get-by-token":   "Jobs.Current",
	"jobs-get":            "Jobs.Get",
	"jobs-list-bridges":   "Pipelines.Bridges",
	"jobs-list-pipeline":  "Pipelines.Jobs",
	"jobs-list":           "Jobs.List",
	"jobs-play":           "Jobs.Play",
	"jobs-retry":          "Jobs.Retry",

	"merge-request-pipelines-create": "Pipelines.CreateForMergeRequest",
	"merge-request-pipelines-list":   "Pipelines.ListForMergeRequest",

	"pipeline-schedule-variables-create":    "Schedules.CreateVariable",
	"pipeline-schedule-variables-delete":    "Schedules.DeleteVariable",
	"pipeline-schedule-variables-update":    "Schedules.UpdateVariable",
	"pipeline-schedules-create":             "Schedules.Create",
	"pipeline-schedules-delete-doc-example": "Schedules.Delete",
	"pipeline-schedules-get":                "Schedules.Get",
	"pipeline-schedules-list":               "Schedules.List",
	"pipeline-schedules-pipelines":          "Schedules.Pipelines",
	"pipeline-schedules-play":               "Schedules.Play",
	"pipeline-schedules-take-ownership":     "Schedules.TakeOwnership",
	"pipeline-schedules-update":             "Schedules.Update",

	"pipelines-cancel":              "Pipelines.Cancel",
	"pipelines-create":              "Pipelines.Create",
	"pipelines-get":                 "Pipelines.Get",
	"pipelines-latest":              "Pipelines.Latest",
	"pipelines-list":                "Pipelines.List",
	"pipelines-retry":               "Pipelines.Retry",
	"pipelines-test-report-summary": "Pipelines.TestReportSummary",
	"pipelines-test-report":         "Pipelines.TestReport",
	"pipelines-update-metadata":     "Pipelines.Update",
	"pipelines-variables":           "Pipelines.Variables",

	"runners-assign-project": "Runners.Enable",
	"runners-create-user":    "Runners.Create",
	"runners-get":            "Runners.Get",
	"runners-jobs":           "Runners.Jobs",
	"runners-list-all":       "Runners.ListAll",
	"runners-list-group":     "Runners.ListForGroup",
	"runners-list-project":   "Runners.ListForProject",
	"runners-list":           "Runners.List",
	"runners-managers":       "Runners.Managers",
	"runners-register":       "Runners.Register",
	"runners-reset-authentication-token-by-token": "Runners.ResetTokenByToken",
	"runners-reset-authentication-token":          "Runners.ResetToken",
	"runners-update":                              "Runners.Update",
	"runners-verify":                              "Runners.Verify",

	"triggers-create": "Triggers.Create",
	"triggers-get":    "Triggers.Get",
	"triggers-list":   "Triggers.List",
	"triggers-run":    "Triggers.Run",
	"triggers-update": "Triggers.Update",

	"ci-lint-parse-sample":              "Lint.Content", // of the endpoint that is gone
	"ci-lint-validate-existing":         "Lint.Project",
	"ci-lint-validate-existing-invalid": "Lint.Project",
	"ci-lint-validate-new":              "Lint.Content",
	"ci-lint-validate-new-invalid":      "Lint.Content",

	"deployments-approve":              "Deployments.SetApproval",
	"deployments-create":               "Deployments.Create",
	"deployments-create-premium":       "Deployments.Create",
	"deployments-delete-deleted":       "Deployments.Delete",
	"deployments-get":                  "Deployments.Get",
	"deployments-get-approval-summary": "Deployments.Get",
	"deployments-list":                 "Deployments.List",
	"deployments-update":               "Deployments.Update",
	"deployments-update-premium":       "Deployments.Update",

	"environments-create":             "Environments.Create",
	"environments-delete-review-apps": "Environments.DeleteReviewApps",
	"environments-get":                "Environments.Get",
	"environments-list":               "Environments.List",
	"environments-stop":               "Environments.Stop",
	"environments-stop-stale":         "Environments.StopStale",
	"environments-update":             "Environments.Update",

	"freeze-periods-create": "FreezePeriods.Create",
	"freeze-periods-get":    "FreezePeriods.Get",
	"freeze-periods-list":   "FreezePeriods.List",
	"freeze-periods-update": "FreezePeriods.Update",

	"gitlab-ci-ymls-get":  "Templates.Get",
	"gitlab-ci-ymls-list": "Templates.List",

	"group-protected-environments-create":                      "ProtectedEnvironments.Create",
	"group-protected-environments-get":                         "ProtectedEnvironments.Get",
	"group-protected-environments-list":                        "ProtectedEnvironments.List",
	"group-protected-environments-update-access-level":         "ProtectedEnvironments.Update",
	"group-protected-environments-update-approval-rule":        "ProtectedEnvironments.Update",
	"group-protected-environments-update-create-access-level":  "ProtectedEnvironments.Update",
	"group-protected-environments-update-create-approval-rule": "ProtectedEnvironments.Update",
	"group-protected-environments-update-delete-access-level":  "ProtectedEnvironments.Update",
	"group-protected-environments-update-delete-approval-rule": "ProtectedEnvironments.Update",
	"protected-environments-create":                            "ProtectedEnvironments.Create",
	"protected-environments-get":                               "ProtectedEnvironments.Get",
	"protected-environments-list":                              "ProtectedEnvironments.List",
	"protected-environments-update-access-level":               "ProtectedEnvironments.Update",
	"protected-environments-update-approval-rule":              "ProtectedEnvironments.Update",
	"protected-environments-update-create-access-level":        "ProtectedEnvironments.Update",
	"protected-environments-update-create-approval-rule":       "ProtectedEnvironments.Update",
	"protected-environments-update-delete-access-level":        "ProtectedEnvironments.Update",
	"protected-environments-update-delete-approval-rule":       "ProtectedEnvironments.Update",

	"job-token-scope-allowlist-add":         "JobTokenScope.AddProject",
	"job-token-scope-allowlist-list":        "JobTokenScope.Projects",
	"job-token-scope-get":                   "JobTokenScope.Get",
	"job-token-scope-groups-allowlist-add":  "JobTokenScope.AddGroup",
	"job-token-scope-groups-allowlist-list": "JobTokenScope.Groups",

	"merge-trains-add":         "MergeTrains.Add",
	"merge-trains-get":         "MergeTrains.Get",
	"merge-trains-list":        "MergeTrains.List",
	"merge-trains-list-branch": "MergeTrains.ListForBranch",

	"resource-groups-current-job":   "ResourceGroups.CurrentJob",
	"resource-groups-get":           "ResourceGroups.Get",
	"resource-groups-list":          "ResourceGroups.List",
	"resource-groups-upcoming-jobs": "ResourceGroups.UpcomingJobs",
	"resource-groups-update":        "ResourceGroups.Update",

	"secure-files-create": "SecureFiles.Create",
	"secure-files-get":    "SecureFiles.Get",
	"secure-files-list":   "SecureFiles.List",
}

// refusals are the examples of answers that refuse something: the methods whose calls they refuse, and their status.
var refusals = map[string]struct {
	method string
	status int
}{
	"deployments-delete-error-403":     {"Deployments.Delete", 403},
	"deployments-delete-error-current": {"Deployments.Delete", 400},
	"deployments-delete-error-running": {"Deployments.Delete", 400},
}

// bodies are the examples of what is sent that go by another name than the answer to it.
var bodies = map[string]string{
	"pipeline-schedules-create-inputs": "Schedules.Create",
	"pipeline-schedules-update-inputs": "Schedules.Update",
	"pipelines-create-inputs":          "Pipelines.Create",
	"pipelines-create-variables":       "Pipelines.Create",
	"runners-pause":                    "Runners.Update",
	"triggers-run-inputs":              "Triggers.Run",

	"group-protected-environments-create-approval-rules": "ProtectedEnvironments.Create",
	"job-token-scope-update":                             "JobTokenScope.Update",
}

// leftOut are members of examples that have no field, and why.
var leftOut = map[string]string{
	"job-artifacts-keep.download_url": "null since GitLab 8",
	"jobs-erase.download_url":         "null since GitLab 8",

	"environments-get.last_deployment.deployable.project": "only whether its job token scope is enabled",
}

// otherExamples are how the names of examples begin that are no answer to a call and no body of one, and what they are. One that is mapped to
// a method all the same is held against it.
var otherExamples = map[string]string{
	"rest-":    "about REST as a whole",
	"webhook-": "what GitLab sends to webhooks, and how webhooks are set up",
}

// examples are those of GitLab's documentation, by their names. What is left out of them is told.
func examples(t *testing.T) map[string]string {
	files, err := filepath.Glob(contractDir + "/examples/*.json")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("%s/examples is not here", contractDir)
	}
	all, left := make(map[string]string), make(map[string]int)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if prefix := otherExample(name); prefix != "" {
			left[prefix]++
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all[name] = string(text)
	}
	for prefix, count := range left {
		t.Logf("%d examples named %s* are left out: %s", count, prefix, otherExamples[prefix])
	}
	return all
}

// otherExample is the beginning of a name that tells that the example belongs to no method, or nothing.
func otherExample(name string) string {
	call := strings.TrimSuffix(name, ".request")
	if answers[call] != "" || bodies[call] != "" || refusals[call].method != "" {
		return ""
	}
	for prefix := range otherExamples {
		if strings.HasPrefix(name, prefix) {
			return prefix
		}
	}
	return ""
}

// rowOf is the first row of a method.
func rowOf(method string) *methodRow {
	return &table[slices.IndexFunc(table, func(r methodRow) bool { return r.method == method })]
}

// excerpts are examples that leave out what GitLab never does.
var excerpts = map[string]string{
	"deployments-get-approval-summary": `"id":1,`, "deployments-create-premium": `"id":1,`, "deployments-update-premium": `"id":1,`,
}

// TestExamples tests that each answer in GitLab's documentation is decoded, and nothing of it lost.
func TestExamples(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	seen := 0
	for name, text := range examples(t) {
		if strings.HasSuffix(name, ".request") || refusals[name].method != "" {
			continue
		}
		method := answers[name]
		if !assertMapped(t, name, method) {
			continue
		}
		seen++
		r := *rowOf(method)
		text = strings.Replace(text, "{", "{"+excerpts[name], 1)
		r.answer, r.status = text, 200
		_, result, err := o.call(t, t.Context(), &r, r.args, nil)
		require.NoError(t, err, name)
		if result == nil {
			continue // the method returns nothing but an error
		}
		var example, got any
		require.NoError(t, json.Unmarshal([]byte(text), &example))
		again, err := json.Marshal(result)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(again, &got))
		requireKept(t, name, example, got, reflect.TypeOf(result))
	}
	require.Equal(t, len(answers), seen, "examples")
}

func assertMapped(t *testing.T, name, method string) bool {
	t.Helper()
	if method == "" {
		t.Errorf("no method is known for the example %s", name)
	}
	return method != ""
}

// requireKept tests that all members of an example have fields, and that those hold the example's values.
func requireKept(t *testing.T, path string, example, got any, typ reflect.Type) {
	t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() == reflect.Interface {
		require.Equal(t, example, got, path)
		return
	}
	switch example := example.(type) {
	case []any:
		kept, _ := got.([]any)
		if typ.Kind() != reflect.Slice || len(kept) != len(example) {
			t.Errorf("%s is an array of %d, kept are %d", path, len(example), len(kept))
			return
		}
		for i := range example {
			requireKept(t, path, example[i], kept[i], typ.Elem())
		}
	case map[string]any:
		kept, _ := got.(map[string]any)
		for name, value := range example {
			switch {
			case typ.Kind() == reflect.Map:
				requireKept(t, path+"."+name, value, kept[name], typ.Elem())
			case typ.Kind() == reflect.Struct:
				field, ok := taggedField(typ, name)
				if ok {
					requireKept(t, path+"."+name, value, kept[name], field)
				} else if leftOut[path+"."+name] == "" {
					t.Errorf("%s: %s has no field for %s", path, typ, name)
				}
			default:
				require.Equal(t, value, kept[name], path+"."+name)
			}
		}
	default:
		if !sameValue(example, got) {
			t.Errorf("%s was %v and became %v", path, example, got)
		}
	}
}

// sameValue reports whether a value came through decoding: null becomes the zero value, times may be written differently, numbers may
// have been strings.
func sameValue(example, got any) bool {
	if fmt.Sprint(example) == fmt.Sprint(got) || got == nil && (example == nil || reflect.ValueOf(example).IsZero()) {
		return true
	}
	if example == nil {
		v := reflect.ValueOf(got)
		return v.IsZero() || got == "0001-01-01T00:00:00Z" || v.Kind() == reflect.Map
	}
	before, err := time.Parse(time.RFC3339, fmt.Sprint(example))
	if after, failed := time.Parse(time.RFC3339, fmt.Sprint(got)); err == nil && failed == nil {
		return before.Equal(after)
	}
	if number, ok := got.(float64); ok {
		value, err := strconv.ParseFloat(fmt.Sprint(example), 64)
		return err == nil && value == number
	}
	return false
}

// TestRefusalExamples tests that what GitLab says in an answer that refuses something comes with the error.
func TestRefusalExamples(t *testing.T) {
	t.Parallel()
	o, texts := newOffice(t), examples(t)
	for name, refusal := range refusals {
		r := *rowOf(refusal.method)
		r.answer, r.status = texts[name], refusal.status
		_, _, err := o.call(t, t.Context(), &r, r.args, nil)
		var e *gitlabci.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, refusal.status, e.StatusCode, name)
		require.JSONEq(t, texts[name], fmt.Sprintf(`{"message":%q}`, e.Message), name)
	}
}

// exampleForms are the values in request bodies that GitLab takes in several forms, and the one that is sent.
var exampleForms = strings.NewReplacer(`"10/10/2021"`, `"2021-10-10T00:00:00Z"`, `"ruby,mysql,tag1,tag2"`, `["ruby","mysql","tag1","tag2"]`)

// TestRequestExamples tests that the options of a call encode to the request bodies in GitLab's documentation.
func TestRequestExamples(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, text := range examples(t) {
		name, ok := strings.CutSuffix(name, ".request")
		if !ok {
			continue
		}
		method := bodies[name]
		if method == "" {
			method = answers[name]
		}
		if !assertMapped(t, name, method) {
			continue
		}
		seen++
		text = exampleForms.Replace(text)
		r := rowOf(method)
		if i := r.optionsAt(); i < 0 { // its arguments are all that it sends
			requireSent(t, name, text, r)
		} else {
			requireEncodes(t, name, text, reflect.TypeOf(r.args[i]).Elem())
		}
	}
	require.Greater(t, seen, 50)
}

// requireSent tests that a row sends the members of an example and no others.
func requireSent(t *testing.T, name, example string, r *methodRow) {
	t.Helper()
	names, sent := make(map[string]bool), sentNames(t, []*methodRow{r})
	var body any
	require.NoError(t, json.Unmarshal([]byte(example), &body))
	addNames(names, "", body)
	require.Equal(t, names, sent, name)
}

// leftToTheQuery are required members of request bodies that examples have in the query.
var leftToTheQuery = map[string][]string{
	"triggers-run-inputs":     {"ref", "token"},
	"pipelines-create-inputs": {"ref"},
}

// requireEncodes tests that options can hold an example, and send it when they do.
func requireEncodes(t *testing.T, name, example string, typ reflect.Type) {
	t.Helper()
	var want map[string]any
	require.NoError(t, json.Unmarshal([]byte(example), &want), name)
	maps.DeleteFunc(want, func(member string, _ any) bool { return noField[member] != "" })
	body, err := json.Marshal(want)
	require.NoError(t, err, name)
	options := reflect.New(typ).Interface()
	decoder := json.NewDecoder(bytes.NewReader(asPipelineVariables(t, body)))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(options), name)
	encoded, err := codec.Marshal(options)
	require.NoError(t, err, name)
	var got map[string]any
	require.NoError(t, json.Unmarshal(encoded, &got), name)
	for _, member := range leftToTheQuery[name] {
		require.Empty(t, got[member], name)
		delete(got, member)
	}
	require.Equal(t, want, got, name)
}

// asPipelineVariables writes variables that are an object of keys and values as the list that options have.
func asPipelineVariables(t *testing.T, body []byte) []byte {
	var example map[string]any
	require.NoError(t, json.Unmarshal(body, &example))
	values, ok := example["variables"].(map[string]any)
	if !ok {
		return body
	}
	var variables []map[string]any
	for _, key := range slices.Sorted(maps.Keys(values)) {
		variables = append(variables, map[string]any{"key": key, "value": values[key]})
	}
	example["variables"] = variables
	body, err := json.Marshal(example)
	require.NoError(t, err)
	return body
}

// objects are the types of the objects in the contract.
var objects = map[string][]reflect.Type{
	"PipelineBasic":          {reflect.TypeFor[gitlabci.PipelineBasic](), reflect.TypeFor[gitlabci.Pipeline]()},
	"Pipeline":               {reflect.TypeFor[gitlabci.Pipeline]()},
	"PipelineDetail":         {reflect.TypeFor[gitlabci.Pipeline]()},
	"PipelineDetailWithName": {reflect.TypeFor[gitlabci.Pipeline]()},
	"UserPipeline":           {reflect.TypeFor[gitlabci.Pipeline]()},
	"DetailedStatus":         {reflect.TypeFor[gitlabci.DetailedStatus]()},
	"UserBasic":              {reflect.TypeFor[gitlabci.UserBasic]()},
	"User":                   {reflect.TypeFor[gitlabci.User]()},
	"Commit":                 {reflect.TypeFor[gitlabci.Commit]()},
	"JobBasic":               {reflect.TypeFor[gitlabci.Job]()},
	"Job":                    {reflect.TypeFor[gitlabci.Job]()},
	"JobBasicWithProject":    {reflect.TypeFor[gitlabci.Job]()},
	"Bridge":                 {reflect.TypeFor[gitlabci.Bridge]()},
	"JobArtifactFile":        {reflect.TypeFor[gitlabci.JobArtifactFile]()},
	"JobArtifact":            {reflect.TypeFor[gitlabci.JobArtifact]()},
	"PipelineVariable":       {reflect.TypeFor[gitlabci.PipelineVariable]()},
	"TestReport":             {reflect.TypeFor[gitlabci.TestReport]()},
	"TestSuite":              {reflect.TypeFor[gitlabci.TestSuite]()},
	"TestCase":               {reflect.TypeFor[gitlabci.TestCase]()},
	"TestReportSummary":      {reflect.TypeFor[gitlabci.TestReportSummary]()},
	"TestSuiteSummary":       {reflect.TypeFor[gitlabci.TestSuite]()},
	"Runner":                 {reflect.TypeFor[gitlabci.Runner]()},
	"RunnerDetail":           {reflect.TypeFor[gitlabci.Runner]()},
	"RunnerManager":          {reflect.TypeFor[gitlabci.RunnerManager]()},
	"RunnerRegistration":     {reflect.TypeFor[gitlabci.RunnerToken]()},
	"ResetToken":             {reflect.TypeFor[gitlabci.RunnerToken](), reflect.TypeFor[gitlabci.RegistrationToken]()},
	"Variable (project)":     {reflect.TypeFor[gitlabci.Variable]()},
	"Variable (group)":       {reflect.TypeFor[gitlabci.Variable]()},
	"Variable (instance)":    {reflect.TypeFor[gitlabci.Variable]()},
	"ScheduleVariable":       {reflect.TypeFor[gitlabci.PipelineVariable]()},
	"Trigger":                {reflect.TypeFor[gitlabci.Trigger]()},
	"Schedule":               {reflect.TypeFor[gitlabci.Schedule]()},
	"ScheduleDetail":         {reflect.TypeFor[gitlabci.Schedule]()},
	"BasicProject":           {reflect.TypeFor[gitlabci.RunnerProject]()},
	"BasicGroup":             {reflect.TypeFor[gitlabci.GroupBasic]()},
	"LintResult":             {reflect.TypeFor[gitlabci.LintResult]()},
	"LintInclude":            {reflect.TypeFor[gitlabci.LintInclude]()},
	"LintJob":                {reflect.TypeFor[gitlabci.LintJob]()},
	"JobTokenScope":          {reflect.TypeFor[gitlabci.JobTokenScope]()},
	"ProjectScopeLink":       {reflect.TypeFor[gitlabci.ProjectScopeLink]()},
	"GroupScopeLink":         {reflect.TypeFor[gitlabci.GroupScopeLink]()},
	"ResourceGroup":          {reflect.TypeFor[gitlabci.ResourceGroup]()},
	"SecureFile":             {reflect.TypeFor[gitlabci.SecureFile]()},
	"Environment":            {reflect.TypeFor[gitlabci.Environment]()},
	"EnvironmentDetail":      {reflect.TypeFor[gitlabci.Environment]()},
	"EnvironmentBasic":       {reflect.TypeFor[gitlabci.EnvironmentBasic]()},
	"ReviewAppsResult":       {reflect.TypeFor[gitlabci.ReviewAppsResult]()},
	"Deployment":             {reflect.TypeFor[gitlabci.Deployment]()},
	"DeploymentApproval":     {reflect.TypeFor[gitlabci.DeploymentApproval]()},
	"ProtectedEnvironment":   {reflect.TypeFor[gitlabci.ProtectedEnvironment]()},
	"DeployAccessLevel":      {reflect.TypeFor[gitlabci.DeployAccessLevel]()},
	"ApprovalRule":           {reflect.TypeFor[gitlabci.ApprovalRule]()},
	"FreezePeriod":           {reflect.TypeFor[gitlabci.FreezePeriod]()},
	"MergeTrainCar":          {reflect.TypeFor[gitlabci.MergeTrainCar]()},
	"TemplateListItem":       {reflect.TypeFor[gitlabci.Template]()},
	"Template":               {reflect.TypeFor[gitlabci.Template]()},
}

// otherObjects are those that are no result.
var otherObjects = []string{"Message", "Error"} // read by parseMessage

// enums are the types of the enumerations in the contract; empty for those that have no names there.
var enums = map[string]string{
	"pipeline_status":             "PipelineStatus",
	"job_status":                  "JobStatus",
	"job_scope (list filter)":     "JobStatus",
	"pipeline_scope":              "PipelineScope",
	"pipeline_order_by":           "PipelineOrder",
	"sort":                        "Sort",
	"pipeline_source":             "PipelineSource",
	"job_failure_reason":          "FailureReason",
	"active_statuses":             "JobStatus",
	"completed_statuses":          "JobStatus",
	"cancelable_statuses":         "JobStatus",
	"runner_type":                 "RunnerType",
	"runner_status":               "RunnerStatus",
	"runner_job_execution_status": "RunnerJobExecutionStatus",
	"runner_access_level":         "RunnerAccessLevel",
	"variable_type":               "VariableType",
	"schedule_scope":              "ScheduleScope",

	"resource_group_process_mode":  "ProcessMode",
	"environment_states":           "EnvironmentState",
	"environment_tier":             "EnvironmentTier",
	"auto_stop_setting":            "AutoStopSetting",
	"deployment_status":            "DeploymentStatus",
	"deployment_status (settable)": "DeploymentStatus",
	"deployment_order_by":          "DeploymentOrder",
	"approval_status":              "DeploymentApprovalStatus",
	"merge_train_scope":            "MergeTrainScope",
	"merge_train_status":           "MergeTrainStatus",

	"pipeline_failure_reason (not in REST body)": "",
	"protected_access_level":                     "", // numbers
	"group_inheritance_type":                     "", // numbers
}

// TestEveryFieldIsThere tests that each member of an object of the contract has a field of a type that fits, and each value that it
// may have a constant.
func TestEveryFieldIsThere(t *testing.T) {
	t.Parallel()
	count := 0
	for _, row := range contractFile(t, contractDir+"/fields.tsv") {
		object, name := row["object"], row["field"]
		if object == "(enum)" {
			requireEnum(t, name, row["enum_or_notes"])
			continue
		}
		types := objects[object]
		if types == nil && !slices.Contains(otherObjects, object) {
			t.Errorf("nothing is known of the object %s", object)
		}
		for _, typ := range types {
			count++
			requireField(t, object, name, row["type"], row["enum_or_notes"], typ)
		}
	}
	require.Greater(t, count, 380)
}

func requireEnum(t *testing.T, name, values string) {
	t.Helper()
	typ, ok := enums[name]
	if !ok {
		t.Errorf("nothing is known of the enumeration %s", name)
	}
	if typ == "" {
		return
	}
	for value := range strings.SplitSeq(choices.FindString(values), "|") {
		if !slices.Contains(constants()[typ], value) {
			t.Errorf("%s has no constant for %q", typ, value)
		}
	}
}

func requireField(t *testing.T, object, name, contractType, notes string, typ reflect.Type) {
	t.Helper()
	field, ok := taggedField(typ, name)
	if !ok {
		t.Errorf("%s of %s has no field in %s", name, object, typ)
		return
	}
	if !fits(contractType, field) {
		t.Errorf("%s of %s is %s, and a %s in %s", name, object, contractType, field, typ)
	}
	if values := choices.FindString(notes); values != "" && contractType == "string" {
		requireConstants(t, typ.Name()+"."+name, field, values)
	}
}

// fits reports whether a Go type can hold what the contract calls by this name.
func fits(contractType string, typ reflect.Type) bool {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	isTime := typ == reflect.TypeFor[time.Time]()
	switch contractType {
	case "integer":
		return typ.Kind() >= reflect.Int && typ.Kind() <= reflect.Int64 || typ == reflect.TypeFor[gitlabci.Seconds]()
	case "number", "string|number":
		return typ.Kind() == reflect.Float64
	case "string", "string|object":
		return typ.Kind() == reflect.String
	case "boolean":
		return typ.Kind() == reflect.Bool
	case "datetime":
		return isTime
	case "any":
		return typ.Kind() == reflect.Interface
	}
	if strings.HasPrefix(contractType, "array") {
		return typ.Kind() == reflect.Slice
	}
	return !isTime && (typ.Kind() == reflect.Struct || typ.Kind() == reflect.Map)
}

// schemas are the types of the objects in GitLab 19.5's own description that have a name of their own there.
var schemas = map[string][]reflect.Type{
	"APIEntitiesUserBasic":                   objects["UserBasic"],
	"APIEntitiesUser":                        objects["User"],
	"APIEntitiesCommit":                      objects["Commit"],
	"APIEntitiesProjectIdentity":             {reflect.TypeFor[gitlabci.ProjectIdentity]()},
	"DetailedStatusEntity":                   objects["DetailedStatus"],
	"APIEntitiesCiPipelineBasic":             objects["PipelineBasic"],
	"APIEntitiesCiPipeline":                  objects["Pipeline"],
	"APIEntitiesCiPipelineWithMetadata":      objects["Pipeline"],
	"APIEntitiesCiPipelineMergeRequest":      {reflect.TypeFor[gitlabci.PipelineMergeRequest]()},
	"APIEntitiesCiUserPipeline":              objects["UserPipeline"],
	"APIEntitiesCiJobBasic":                  objects["Job"],
	"APIEntitiesCiJobArtifactFile":           objects["JobArtifactFile"],
	"APIEntitiesCiJobArtifact":               objects["JobArtifact"],
	"APIEntitiesCiRunner":                    objects["Runner"],
	"APIEntitiesCiRunnerManager":             objects["RunnerManager"],
	"APIEntitiesCiJob":                       objects["Job"],
	"APIEntitiesCiJobBasicWithProject":       objects["Job"],
	"APIEntitiesCiBridge":                    objects["Bridge"],
	"APIEntitiesCiJobArtifactEntry":          {reflect.TypeFor[gitlabci.ArtifactEntry]()},
	"TestCaseEntity":                         objects["TestCase"],
	"TestSuiteEntity":                        objects["TestSuite"],
	"TestReportEntity":                       objects["TestReport"],
	"TestSuiteSummaryEntity":                 objects["TestSuite"],
	"TestReportSummaryEntity":                objects["TestReportSummary"],
	"APIEntitiesCiVariable":                  {reflect.TypeFor[gitlabci.Variable]()},
	"APIEntitiesTrigger":                     objects["Trigger"],
	"APIEntitiesCiInput":                     {reflect.TypeFor[gitlabci.ScheduleInput]()},
	"APIEntitiesCiPipelineSchedule":          objects["Schedule"],
	"APIEntitiesCiPipelineScheduleDetails":   objects["Schedule"],
	"APIEntitiesCiRunnerDetails":             objects["Runner"],
	"APIEntitiesCiRunnerRegistrationDetails": objects["RunnerRegistration"],
	"APIEntitiesCiResetTokenResult":          objects["ResetToken"],
	"APIEntitiesNamespaceBasic":              {reflect.TypeFor[gitlabci.Namespace]()},
	"APIEntitiesBasicProjectDetails":         objects["BasicProject"],
	"APIEntitiesBasicGroupDetails":           objects["BasicGroup"],
	"APIEntitiesCustomAttribute":             {reflect.TypeFor[gitlabci.CustomAttribute]()},

	"APIEntitiesCiSecureFile":                                objects["SecureFile"],
	"APIEntitiesCiJobRouterDiscoveryInformation":             {reflect.TypeFor[gitlabci.JobRouter]()},
	"APIEntitiesCiResourceGroup":                             objects["ResourceGroup"],
	"APIEntitiesCiCatalogResourcesVersion":                   {reflect.TypeFor[gitlabci.CatalogVersion]()},
	"APIEntitiesCiLintResult":                                objects["LintResult"],
	"APIEntitiesCiLintResultInclude":                         objects["LintInclude"],
	"APIEntitiesProjectJobTokenScope":                        objects["JobTokenScope"],
	"APIEntitiesProjectScopeLink":                            objects["ProjectScopeLink"],
	"APIEntitiesGroupScopeLink":                              objects["GroupScopeLink"],
	"APIEntitiesEnvironmentBasic":                            objects["EnvironmentBasic"],
	"APIEntitiesEnvironment":                                 objects["EnvironmentDetail"],
	"APIEntitiesClustersAgent":                               {reflect.TypeFor[gitlabci.ClusterAgent]()},
	"APIEntitiesDeployment":                                  objects["Deployment"],
	"APIEntitiesDeploymentExtended":                          objects["Deployment"],
	"APIEntitiesDeploymentsApproval":                         objects["DeploymentApproval"],
	"APIEntitiesDeploymentsApprovalSummary":                  {reflect.TypeFor[gitlabci.DeploymentApprovalSummary]()},
	"APIEntitiesProtectedEnvironment":                        objects["ProtectedEnvironment"],
	"APIEntitiesProtectedEnvironmentsApprovalRule":           objects["ApprovalRule"],
	"APIEntitiesProtectedEnvironmentsApprovalRuleForSummary": {reflect.TypeFor[gitlabci.DeploymentApprovalRule]()},
	"APIEntitiesProtectedEnvironmentsDeployAccessLevel":      objects["DeployAccessLevel"],
	"APIEntitiesFreezePeriod":                                objects["FreezePeriod"],
	"APIEntitiesMergeRequestSimple":                          {reflect.TypeFor[gitlabci.MergeRequest]()},
	"APIEntitiesMergeTrainsCar":                              objects["MergeTrainCar"],
	"APIEntitiesCommitStatus":                                {reflect.TypeFor[gitlabci.CommitStatus]()},
	"APIEntitiesTemplatesList":                               objects["TemplateListItem"],
	"APIEntitiesTemplate":                                    objects["Template"],
	"APIEntitiesCiRunnerController":                          {reflect.TypeFor[gitlabci.RunnerController]()},
	"APIEntitiesCiRunnerControllerDetail":                    {reflect.TypeFor[gitlabci.RunnerController]()},
	"APIEntitiesCiRunnerControllerToken":                     {reflect.TypeFor[gitlabci.RunnerControllerToken]()},
	"APIEntitiesCiRunnerControllerTokenWithToken":            {reflect.TypeFor[gitlabci.RunnerControllerToken]()},
	"APIEntitiesCiRunnerControllerInstanceLevelScoping":      {reflect.TypeFor[gitlabci.RunnerControllerScope]()},
	"APIEntitiesCiRunnerControllerRunnerLevelScoping":        {reflect.TypeFor[gitlabci.RunnerControllerScope]()},
	"APIEntitiesProjectsWithCatalogSetting":                  {reflect.TypeFor[gitlabci.ProjectSettings]()},
}

// otherSchemas are how the names of those begin that only GitLab Runner and analyzers get.
var otherSchemas = regexp.MustCompile(`^APIEntities(CiRuntimeEnvironmentKey|CiJobRequest|SecurityVulnerability)`)

func TestEveryFieldOf195IsThere(t *testing.T) {
	t.Parallel()
	count := 0
	for _, row := range contractFile(t, contractDir+"/schemas-19.5.tsv") {
		types := schemas[row["schema"]]
		if types == nil && !otherSchemas.MatchString(row["schema"]) {
			t.Errorf("nothing is known of the schema %s", row["schema"])
		}
		for _, typ := range types {
			count++
			field, ok := taggedField(typ, row["field"])
			if !ok {
				t.Errorf("%s of %s has no field in %s", row["field"], row["schema"], typ)
				continue
			}
			// Its types are not to be relied on, its enumerations are.
			if values := choices.FindString(row["format_enum_example"]); values != "" && row["type"] == "string" {
				requireConstants(t, typ.Name()+"."+row["field"], field, values)
			}
		}
	}
	require.Greater(t, count, 340)
}

// TestConstantsHaveValues tests that no two constants of an enumeration mean the same.
func TestConstantsHaveValues(t *testing.T) {
	t.Parallel()
	for typ, values := range constants() {
		distinct := make(map[string]bool)
		for _, value := range values {
			distinct[value] = true
		}
		require.Len(t, distinct, len(values), "values of %s", typ)
	}
}

// TestFinished tests that the states that are known to be final are, and no others, known or not.
func TestFinished(t *testing.T) {
	t.Parallel()
	final := []string{"success", "failed", "canceled", "skipped"}
	for _, typ := range []string{"PipelineStatus", "JobStatus"} {
		require.Len(t, constants()[typ], 13)
		for _, value := range append(constants()[typ], "", "beamed") {
			require.Equal(t, slices.Contains(final, value), gitlabci.PipelineStatus(value).Finished(), value)
			require.Equal(t, slices.Contains(final, value), gitlabci.JobStatus(value).Finished(), value)
		}
	}
}
