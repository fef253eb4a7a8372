package conformance_test

import (
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// requireKept tests that all members of an example have fields, and that what came of it in JSON has the example's values.
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
