package gitlabcitest

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// mapping is a YAML mapping in its order. Its values are strings, bools, float64s, nil, []any and mappings.
type mapping []pair

type pair struct {
	key   string
	value any
}

// get returns the value of a key, nil where there is none.
func (m mapping) get(key string) any {
	if i := slices.IndexFunc(m, func(e pair) bool { return e.key == key }); i >= 0 {
		return m[i].value
	}
	return nil
}

func (m mapping) has(key string) bool {
	return slices.ContainsFunc(m, func(e pair) bool { return e.key == key })
}

// MarshalJSON makes it an object.
func (m mapping) MarshalJSON() ([]byte, error) {
	members := make(map[string]any, len(m))
	for _, e := range m {
		members[e.key] = e.value
	}
	return codec.Marshal(members)
}

// asMapping makes mappings, sorted by key, of what JSON was decoded into.
func asMapping(value any) any {
	switch value := value.(type) {
	case map[string]any:
		m := mapping{}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			m = append(m, pair{key, asMapping(value[key])})
		}
		return m
	case []any:
		for i := range value {
			value[i] = asMapping(value[i])
		}
	}
	return value
}

// yaml writes the mapping as a document.
func (m mapping) yaml() string {
	var b strings.Builder
	b.WriteString("---\n")
	writeYAML(&b, "", m)
	return b.String()
}

func writeYAML(b *strings.Builder, indent string, value any) {
	switch value := value.(type) {
	case mapping:
		for _, e := range value {
			b.WriteString(indent + scalar(e.key) + ":")
			writeValue(b, indent, e.value)
		}
	case []any:
		for _, element := range value {
			b.WriteString(indent + "-")
			writeElement(b, indent+"  ", element)
		}
	}
}

// writeValue writes what stands behind a key. Lists are not indented, as in what GitLab writes.
func writeValue(b *strings.Builder, indent string, value any) {
	switch value := value.(type) {
	case mapping:
		if len(value) > 0 {
			b.WriteString("\n")
			writeYAML(b, indent+"  ", value)
			return
		}
	case []any:
		if len(value) > 0 {
			b.WriteString("\n")
			writeYAML(b, indent, value)
			return
		}
	}
	b.WriteString(" " + scalar(value) + "\n")
}

// writeElement writes what stands behind a dash: of what has several lines, the first one beside it.
func writeElement(b *strings.Builder, indent string, value any) {
	var lines strings.Builder
	writeYAML(&lines, indent, value)
	if lines.Len() == 0 {
		lines.WriteString(indent + scalar(value) + "\n")
	}
	b.WriteString(" " + strings.TrimPrefix(lines.String(), indent))
}

// plainScalar is what needs no quotes, if it is none of the words that mean something.
var plainScalar = regexp.MustCompile(`^[A-Za-z_][ -~]*$`)

var yamlWords = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}

// scalar is a value on one line: what has no members, if it is a list or a mapping.
func scalar(value any) string {
	switch value := value.(type) {
	case mapping:
		return "{}"
	case []any:
		return "[]"
	case bool:
		return strconv.FormatBool(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case string:
		plain := plainScalar.MatchString(value) && !slices.Contains(yamlWords, strings.ToLower(value)) &&
			!strings.Contains(value+" ", ": ") && !strings.Contains(value, " #") && !strings.HasSuffix(value, " ")
		if plain {
			return value
		}
		quoted, err := codec.Marshal(value)
		if err != nil {
			return `""` // text that is no UTF-8
		}
		return string(quoted)
	}
	return "null"
}
