package gitlabci_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// holders are the exported types with a Secret somewhere in them that the methods of the services take, give or call back with.
func holders(t *testing.T) []reflect.Type {
	var found []reflect.Type
	holds := make(map[reflect.Type]bool)
	var visit func(reflect.Type) bool
	visit = func(of reflect.Type) bool {
		if of == reflect.TypeFor[gitlabci.Secret]() {
			return true
		}
		if known, ok := holds[of]; ok {
			return known
		}
		holds[of] = false
		inner := false
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			inner = visit(of.Elem())
		case reflect.Func:
			for i := range of.NumIn() {
				visit(of.In(i))
			}
			for i := range of.NumOut() {
				visit(of.Out(i))
			}
		case reflect.Struct:
			for field := range of.Fields() {
				inner = visit(field.Type) || inner
			}
			if inner && strings.HasSuffix(of.PkgPath(), "/gitlabci") {
				require.True(t, ast.IsExported(of.Name()), "%v", of)
				found = append(found, of)
			}
		}
		holds[of] = inner
		return inner
	}
	client := reflect.TypeFor[gitlabci.Client]()
	methods := 0
	for field := range client.Fields() {
		if !field.IsExported() {
			continue
		}
		for method := range field.Type.Methods() {
			methods++
			for i := 1; i < method.Type.NumIn(); i++ { // 0 is the service, which knows the client
				if in := method.Type.In(i); in.Kind() != reflect.Interface && in != reflect.TypeFor[[]gitlabci.RequestOption]() {
					visit(in)
				}
			}
			for i := range method.Type.NumOut() {
				visit(method.Type.Out(i))
			}
		}
	}
	require.Greater(t, methods, 150)
	return found
}

// filled is a value of a type with something in every field, and the secret in every Secret.
func filled(of reflect.Type, depth int) reflect.Value {
	v := reflect.New(of).Elem()
	if depth == 0 {
		return v
	}
	switch of.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(of.Elem()))
		v.Elem().Set(filled(of.Elem(), depth-1))
	case reflect.Slice:
		v.Set(reflect.Append(v, filled(of.Elem(), depth-1)))
	case reflect.Map:
		v.Set(reflect.MakeMap(of))
		v.SetMapIndex(filled(of.Key(), depth-1), filled(of.Elem(), depth-1))
	case reflect.Struct:
		if of == reflect.TypeFor[time.Time]() {
			return reflect.ValueOf(time.Unix(1_700_000_000, 0))
		}
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				v.Field(i).Set(filled(of.Field(i).Type, depth-1))
			}
		}
	case reflect.String:
		if v.SetString("text"); of == reflect.TypeFor[gitlabci.Secret]() {
			v.SetString(hush)
		}
	case reflect.Int64, reflect.Int:
		v.SetInt(17)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface:
		switch of {
		case reflect.TypeFor[error]():
			return reflect.ValueOf(errors.New("text"))
		case reflect.TypeFor[gitlabci.Scope]():
			return reflect.ValueOf(gitlabci.Instance)
		}
		v.Set(reflect.ValueOf(map[string]any{"in": gitlabci.Secret(hush)}))
	}
	return v
}

// Every type that holds a Secret hides it, in whatever it is itself, under every verb and flag, and from a log.
func TestNoResultOrOptionPrintsASecret(t *testing.T) {
	types := holders(t)
	require.GreaterOrEqual(t, len(types), 18)
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%#q", "%+q", "%d", "%x", "%X", "% x", "%#x", "%t", "%c", "%U", "%e", "%10s", "%-10v", "%.3s", "%b", "%o", "%!"}
	secrets := []string{hush, hex.EncodeToString([]byte(hush)), strings.ToUpper(hex.EncodeToString([]byte(hush))), strings.Trim(fmt.Sprint([]byte(hush)), "[]"), hush[:3] + " "}
	for _, of := range types {
		t.Run(of.Name(), func(t *testing.T) {
			value := filled(of, 14)
			require.True(t, of.Implements(reflect.TypeFor[fmt.Formatter]()), "%v holds a Secret and needs func (%v) Format", of, of)
			require.True(t, of.Implements(reflect.TypeFor[slog.LogValuer]()), "%v holds a Secret and needs func (%v) LogValue", of, of)
			pointer := reflect.New(of)
			pointer.Elem().Set(value)
			for _, v := range []reflect.Value{value, pointer} {
				slice := reflect.Append(reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1), v)
				slices := reflect.New(slice.Type())
				slices.Elem().Set(slice)
				array := reflect.New(reflect.ArrayOf(1, v.Type())).Elem()
				array.Index(0).Set(v)
				byName := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), v.Type()))
				byName.SetMapIndex(reflect.ValueOf("k"), v)
				ofSlices := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), slice.Type()))
				ofSlices.SetMapIndex(reflect.ValueOf("k"), slice)
				outer := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "A", Type: v.Type()}, {Name: "B", Type: slice.Type()}})).Elem()
				outer.Field(0).Set(v)
				outer.Field(1).Set(slice)
				for _, shape := range []any{v.Interface(), slice.Interface(), slices.Interface(), array.Interface(), byName.Interface(), ofSlices.Interface(), outer.Interface(),
					outer.Addr().Interface(), []any{v.Interface()}, map[string]any{"k": v.Interface()}, struct{ In any }{v.Interface()}} {
					for _, verb := range verbs {
						printed := fmt.Sprintf(verb, shape)
						for _, secret := range secrets {
							require.NotContains(t, printed, secret, "%T under %s", shape, verb)
						}
					}
				}
				var out bytes.Buffer
				for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
					slog.New(handler).With("with", v.Interface()).Info("m", "value", v.Interface(), slog.Group("g", "value", v.Interface()))
				}
				require.NotContains(t, out.String(), hush)
				require.Contains(t, out.String(), "[redacted]")
			}
			if of != reflect.TypeFor[gitlabci.EffectiveVariables]() { // whose variables print as texts that have no value
				require.Contains(t, fmt.Sprintf("%d", value.Interface()), "[redacted]")
			}
			if !reflect.PointerTo(of).Implements(reflect.TypeFor[fmt.Stringer]()) {
				require.Contains(t, fmt.Sprintf("%s", value.Interface()), "{")
			}
			for field := range of.Fields() {
				if !field.IsExported() {
					continue
				}
				require.Contains(t, fmt.Sprintf("%+v", value.Interface()), field.Name+":")
				require.Contains(t, fmt.Sprintf("%#v", value.Interface()), field.Name+":")
			}
			require.NotPanics(t, func() { prints(reflect.New(of).Interface()); prints(reflect.Zero(reflect.PointerTo(of)).Interface()) })
			sent, err := json.Marshal(pointer.Interface())
			require.NoError(t, err)
			require.Contains(t, string(sent), hush, "it is sent in full")
		})
	}
	job := &gitlabci.Job{Runner: &gitlabci.Runner{Token: hush}}
	for _, shape := range []any{gitlabci.PipelineError{FailedJobs: []*gitlabci.Job{job}}, gitlabci.JobError{Job: job}, []gitlabci.JobError{{Job: job}}} {
		for _, verb := range verbs {
			require.NotContains(t, fmt.Sprintf(verb, shape), hush, "%T under %s", shape, verb)
		}
	}
	printed := prints(&gitlabci.Trigger{ID: 17, Token: hush, Description: "nightly"})
	require.Contains(t, printed, `"value":{"id":17,"description":"nightly","token":"[redacted]"}`)
	require.Contains(t, printed, `{ID:17 Description:nightly Token:[redacted] CreatedAt:0001-01-01 00:00:00 +0000 UTC`)
	require.Contains(t, printed, `gitlabci.Trigger{ID:17, Description:"nightly", Token:[redacted], CreatedAt:time.Date(1, time.January`)
	require.Equal(t, "{K [redacted] file true}", fmt.Sprintf("%s", gitlabci.PipelineVariable{Key: "K", Value: hush, VariableType: gitlabci.VariableFile, Raw: true}))
	require.Contains(t, prints(&gitlabci.CreatePipelineOptions{Ref: "main", Variables: []gitlabci.PipelineVariable{{Key: "K", Value: hush}}}),
		`"value":{"ref":"main","variables":[{"key":"K","value":"[redacted]"}]}`)
	require.Contains(t, prints(gitlabci.RunTriggerOptions{Ref: "main", Variables: []gitlabci.PipelineVariable{{Key: "K", Value: hush}}}), `"value":{"ref":"main","variables":[{"key":"K","value":"[redacted]"}]}`)
}
