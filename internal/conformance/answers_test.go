package conformance_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/codec"
	"github.com/gitlabci/gitlabci/internal/conformance/facts"
)

// answersDir has an answer of GitLab's for each type that methods decode, as "Pipeline.json", in which every member has a value.
const answersDir = "testdata/answers"

// decodedTypes are the structs that the methods of the table decode, and those within them.
func decodedTypes() map[string]reflect.Type {
	types := make(map[string]reflect.Type)
	for method, typ := range methodsOf() {
		if !slices.Contains(composites, method) {
			addTypes(types, typ.Out(0))
		}
	}
	maps.DeleteFunc(types, func(_ string, typ reflect.Type) bool { return len(tagsOf(typ)) == 0 })
	return types
}

// tagsOf are the names that a struct's fields have in JSON, and the fields.
func tagsOf(typ reflect.Type) map[string]reflect.StructField {
	fields := make(map[string]reflect.StructField)
	for _, field := range reflect.VisibleFields(typ) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.IsExported() && !field.Anonymous && name != "" && name != "-" {
			fields[name] = field
		}
	}
	return fields
}

// documentedMembers are the members of a type's answers that the facts have.
func documentedMembers(typ reflect.Type) map[string]bool {
	members := make(map[string]bool)
	for _, row := range facts.Table("fields") {
		if slices.Contains(objects[row["object"]], typ) {
			members[row["field"]] = true
		}
	}
	for _, row := range facts.Table("schemas-19.5") {
		if slices.Contains(schemas[row["schema"]], typ) {
			members[row["field"]] = true
		}
	}
	return members
}

// TestEveryFieldIsDecoded tests that of an answer which has everything, everything comes to the field that is named for it, and back.
func TestEveryFieldIsDecoded(t *testing.T) {
	t.Parallel()
	types := decodedTypes()
	files, err := filepath.Glob(answersDir + "/*.json")
	require.NoError(t, err)
	for _, file := range files {
		require.Contains(t, types, strings.TrimSuffix(filepath.Base(file), ".json"), "no method decodes it")
	}
	for name, typ := range types {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(answersDir, name+".json"))
			require.NoError(t, err)
			var answer map[string]any
			require.NoError(t, json.Unmarshal(text, &answer))
			for member := range documentedMembers(typ) {
				require.Contains(t, answer, member, "GitLab documents it")
			}
			decoded := reflect.New(typ)
			require.NoError(t, codec.Unmarshal(text, decoded.Interface()))
			for member, field := range tagsOf(typ) {
				require.Contains(t, answer, member, "the file is to have every field of the type")
				require.False(t, decoded.Elem().FieldByIndex(field.Index).IsZero(), "%s is empty", field.Name)
			}
			again, err := json.Marshal(decoded.Interface())
			require.NoError(t, err)
			var kept any
			require.NoError(t, json.Unmarshal(again, &kept))
			requireKept(t, name, answer, kept, typ)
		})
	}
	require.Greater(t, len(types), 60)
}
