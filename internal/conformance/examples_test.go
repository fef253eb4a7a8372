package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/codec"
)

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
	require.NotEmpty(t, files)
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

// excerpts are examples that leave out what GitLab never does.
var excerpts = map[string]string{
	"deployments-get-approval-summary": `"id":1,`, "deployments-create-premium": `"id":1,`, "deployments-update-premium": `"id":1,`,
}

// testAnswerExamples tests that each answer in GitLab's documentation is decoded, and nothing of it lost.
func testAnswerExamples(t *testing.T) {
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

// testRefusalExamples tests that what GitLab says in an answer that refuses something comes with the error.
func testRefusalExamples(t *testing.T) {
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

// testRequestExamples tests that the options of a call encode to the request bodies in GitLab's documentation.
func testRequestExamples(t *testing.T) {
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
