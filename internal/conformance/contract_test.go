package conformance_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/conformance/facts"
)

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
	"approval_rules._destroy": "of rules that there are already: refused where all are new",
}

var anyPlaceholder = regexp.MustCompile(`[:*]\w+|\{\w+\}`)

// bare is an endpoint without the names of its placeholders.
func bare(verb, path string) string {
	return verb + " " + anyPlaceholder.ReplaceAllString(strings.TrimPrefix(path, "/api/v4"), ":")
}

// endpoint is one endpoint as the contract has it.
type endpoint struct {
	bare, path, parameters, status string
}

// contractEndpoints are the endpoints of the areas: those of the documentation, and those of GitLab 19.5's own description, among them
// all that are new.
func contractEndpoints(t *testing.T) (all []endpoint) {
	known := make(map[string]bool)
	for _, row := range facts.Table("endpoints") {
		if slices.Contains(areas, row["area"]) {
			e := endpoint{bare(row["method"], row["path"]), row["path"], row["parameters"], row["status"]}
			known[e.bare] = true
			all = append(all, e)
		}
	}
	for _, row := range facts.Table("endpoints-19.5") {
		e := endpoint{bare: bare(row["method"], row["path"]), path: row["path"], parameters: row["parameters"]}
		if known[e.bare] || row["documented"] == "no" {
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

// otherStatus are rows with another status than GitLab documents, and why.
var otherStatus = map[string]string{
	"Variables.Delete, of the instance": "204 in the documentation, 200 in GitLab's own description",
}

// TestStatusOfASuccess tests that the answers in the table have the status that GitLab's have.
func TestStatusOfASuccess(t *testing.T) {
	t.Parallel()
	count := 0
	for _, e := range contractEndpoints(t) {
		for _, r := range sentTo(e.bare) {
			if e.status == "" || otherStatus[r.name()] != "" {
				continue
			}
			count++
			if status := strconv.Itoa(max(r.status, http.StatusOK)); !slices.Contains(strings.Split(e.status, "|"), status) {
				t.Errorf("%s is answered with %s, in the row of %s with %s", e.bare, e.status, r.name(), status)
			}
		}
	}
	require.Greater(t, count, 150)
}

// requiredOfSome are parameters that are required only with what others are.
var requiredOfSome = []string{"POST /user/runners group_id", "POST /user/runners project_id"}

// TestRequiredParametersAreSent tests that each row sends what its endpoint requires.
func TestRequiredParametersAreSent(t *testing.T) {
	t.Parallel()
	count := 0
	for _, e := range contractEndpoints(t) {
		for _, r := range sentTo(e.bare) {
			sent := sentNames(t, []*methodRow{r})
			for _, p := range parseParameters(e.parameters) {
				inPath := regexp.MustCompile(`[:*{]` + regexp.QuoteMeta(p.name) + `\b`).MatchString(e.path)
				if inPath || !strings.Contains(p.typ, "!") || p.inner != nil {
					continue
				}
				count++
				if !sent[p.name] && noField[p.name] == "" && !slices.Contains(requiredOfSome, e.bare+" "+p.name) {
					t.Errorf("%s: %s does not send %s", e.bare, r.name(), p.name)
				}
			}
		}
	}
	require.Greater(t, count, 100)
}
