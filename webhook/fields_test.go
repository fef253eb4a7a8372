package webhook_test

import (
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/webhook"
)

// contractDir is where the facts about GitLab stand beside the checkout, where this module is worked on.
const contractDir = "../../shared/contract"

// A field is what GitLab sends in an event: its path, with [] behind arrays, and its type.
type field struct{ event, path, typ string }

// fields reads a table of fields.
func fields(t *testing.T, file string) (all []field) {
	t.Helper()
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skipf("SKIPPED: %s is not here, so the fields are held against the module's own list alone", file)
	}
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		columns := strings.Split(strings.TrimSpace(line), "\t")
		if len(columns) >= 3 && columns[0] != "event" {
			all = append(all, field{columns[0], columns[1], columns[2]})
		}
	}
	return all
}

// sample is a value of a type of field.
func sample(typ string) any {
	switch typ {
	case "object":
		return map[string]any{}
	case "array":
		return []any{}
	}
	return scalars[typ]
}

var scalars = map[string]any{
	"integer": 41.0, "number": 12.5, "boolean": true, "string": "text", "strings": []string{"one", "two"}, "time": "2026-03-04 05:06:07 UTC",
}

// place puts a value at a path of an object, and makes what is missing on the way.
func place(t *testing.T, object map[string]any, path string, value any) {
	t.Helper()
	name, rest, inner := strings.Cut(path, ".")
	if !inner {
		if _, ok := object[name]; !ok {
			object[name] = value
		}
		return
	}
	array, isArray := strings.CutSuffix(name, "[]")
	if !isArray {
		if _, ok := object[name]; !ok {
			object[name] = map[string]any{}
		}
		place(t, object[name].(map[string]any), rest, value)
		return
	}
	elements, _ := object[array].([]any)
	if len(elements) == 0 {
		elements = []any{map[string]any{}}
		object[array] = elements
	}
	place(t, elements[0].(map[string]any), rest, value)
}

// find returns what stands at a path of a struct, by the names in JSON.
func find(v reflect.Value, path string) (reflect.Value, bool) {
	for name := range strings.SplitSeq(path, ".") {
		name, isArray := strings.CutSuffix(name, "[]")
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return v, false
		}
		found := false
		for typ, value := range v.Fields() {
			if tag, _, _ := strings.Cut(typ.Tag.Get("json"), ","); tag == name {
				v, found = value, true
				break
			}
		}
		if !found || isArray && v.Len() == 0 {
			return v, false
		}
		if isArray {
			v = v.Index(0)
		}
	}
	return v, true
}

// noField are what GitLab sends that is no field, and why.
var noField = map[string]string{
	"object_kind": "Event.Kind",
}

// TestEveryFieldIsThere sends every field that GitLab has for the events that are typed in full, and finds each in its place.
func TestEveryFieldIsThere(t *testing.T) {
	t.Parallel()
	bodies := make(map[string]map[string]any)
	all := fields(t, "testdata/fields.tsv")
	for _, f := range all {
		if bodies[f.event] == nil {
			bodies[f.event] = make(map[string]any)
		}
		value := sample(f.typ)
		require.NotNil(t, value, "%s is of no type: %q", f.path, f.typ)
		place(t, bodies[f.event], f.path, value)
	}
	// Else the reason is cleared.
	bodies["job"]["build_status"] = gitlabci.JobFailed
	names := map[string]string{"pipeline": "Pipeline Hook", "job": "Job Hook", "deployment": "Deployment Hook"}
	payloads := make(map[string]webhook.Payload)
	for name, body := range bodies {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		event, err := webhook.ParseBody(http.Header{"X-Gitlab-Event": {names[name]}}, text)
		require.NoError(t, err)
		require.NoError(t, event.Err)
		payloads[name] = event.Payload
	}
	require.Len(t, payloads, len(names))
	count := 0
	for _, f := range all {
		if noField[f.path] != "" {
			continue
		}
		value, ok := find(reflect.ValueOf(payloads[f.event]), f.path)
		if !ok {
			t.Errorf("%s: there is no field for %s", f.event, f.path)
			continue
		}
		count++
		switch want := scalars[f.typ]; {
		case want == nil || f.path == "build_status":
			require.False(t, value.IsZero(), "%s: %s", f.event, f.path)
		case f.typ == "time":
			require.Equal(t, want, value.Interface().(time.Time).Format("2006-01-02 15:04:05 MST"), "%s: %s", f.event, f.path)
		default:
			require.Equal(t, want, plain(value), "%s: %s", f.event, f.path)
		}
	}
	require.Greater(t, count, 250)
}

// plain is a value without the name of its type, and any number as one.
func plain(v reflect.Value) any {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanFloat():
		return v.Float()
	case v.Kind() == reflect.String:
		return v.String()
	}
	return v.Interface()
}

// TestTheListOfFieldsIsWhole holds the list of fields against the contract.
func TestTheListOfFieldsIsWhole(t *testing.T) {
	t.Parallel()
	listed := make(map[string]bool)
	for _, f := range fields(t, "testdata/fields.tsv") {
		listed[f.event+" "+f.path] = true
	}
	known := make(map[string]bool)
	for _, f := range fields(t, contractDir+"/webhook-fields.tsv") {
		switch f.event {
		case "pipeline", "job", "deployment":
			known[f.event+" "+f.path] = true
			require.True(t, listed[f.event+" "+f.path], "testdata/fields.tsv misses %s of %s", f.path, f.event)
		case "push", "tag_push":
			requireField(t, reflect.TypeFor[*webhook.Push](), f)
		case "merge_request":
			requireField(t, reflect.TypeFor[*webhook.MergeRequest](), f)
		}
	}
	for f := range listed {
		require.True(t, known[f], "GitLab has no %s", f)
	}
}

// leftOut are fields of the events that are not typed in full, and why they are none.
var leftOut = map[string]string{
	"object_kind":  "Event.Kind",
	"event_name":   "Event.Kind",
	"event_type":   "Event.Kind",
	"push_options": "may hold the values of variables",
}

func requireField(t *testing.T, of reflect.Type, f field) {
	t.Helper()
	if leftOut[f.path] != "" {
		return
	}
	_, ok := find(reflect.New(of.Elem()), f.path)
	require.True(t, ok, "%s: there is no field for %s", f.event, f.path)
}
