package gitlabcitest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// param declares a parameter of an endpoint.
type param struct {
	name      string
	parse     func(any) (any, bool) // false: the value is of the wrong kind
	mandatory bool
	values    []string
	low, high int64
	fields    []param
}

func text(name string) param     { return param{name: name, parse: parseText} }
func integer(name string) param  { return param{name: name, parse: parseInteger} }
func boolean(name string) param  { return param{name: name, parse: parseBoolean} }
func datetime(name string) param { return param{name: name, parse: parseTime} }
func object(name string) param   { return param{name: name, parse: parseObject} }

// words is an array of strings; one string stands for an array of one.
func words(name string) param { return param{name: name, parse: parseWords} }

// objects is an array of objects with these fields.
func objects(name string, fields ...param) param {
	return param{name: name, parse: parseObjects, fields: fields}
}

// file is a part of a multipart form that is a file.
func file(name string) param {
	return param{name: name, parse: func(raw any) (any, bool) {
		sent, ok := raw.(upload)
		return sent, ok
	}}
}

func (p param) required() param {
	p.mandatory = true
	return p
}

func (p param) oneOf(values ...string) param {
	p.values = values
	return p
}

func (p param) between(low, high int64) param {
	p.low, p.high = low, high
	return p
}

// pagination are the parameters of every list.
var pagination = []param{integer("page"), integer("per_page")}

// withPages adds the parameters of a list to others.
func withPages(params ...param) []param {
	return append(params, pagination...)
}

// validate checks the declared parameters and returns their values. All faults are told in one line, as GitLab does.
func validate(declared []param, sent map[string]any) (map[string]any, error) {
	values, faults := check(declared, sent, "")
	if len(faults) > 0 {
		return nil, paramError(http.StatusBadRequest, strings.Join(faults, ", "))
	}
	return values, nil
}

func check(declared []param, sent map[string]any, prefix string) (values map[string]any, faults []string) {
	values = make(map[string]any)
	for _, p := range declared {
		name := p.name
		if prefix != "" {
			name = prefix + "[" + name + "]"
		}
		raw, ok := sent[p.name]
		if !ok || raw == nil {
			if p.mandatory {
				faults = append(faults, name+" is missing")
			} else if ok {
				values[p.name] = nil
			}
			continue
		}
		value, ok := p.parse(raw)
		if !ok {
			faults = append(faults, name+" is invalid")
			continue
		}
		if !p.allows(value) {
			faults = append(faults, name+" does not have a valid value")
			continue
		}
		if elements, ok := value.([]map[string]any); ok {
			for i, element := range elements {
				checked, inner := check(p.fields, element, fmt.Sprintf("%s[%d]", name, i))
				faults = append(faults, inner...)
				elements[i] = checked
			}
		}
		values[p.name] = value
	}
	return values, faults
}

func (p param) allows(value any) bool {
	switch value := value.(type) {
	case string:
		return len(p.values) == 0 || slices.Contains(p.values, value)
	case []string:
		for _, word := range value {
			if len(p.values) > 0 && !slices.Contains(p.values, word) {
				return false
			}
		}
	case int64:
		return p.low == p.high || p.low <= value && value <= p.high
	}
	return true
}

func parseText(raw any) (any, bool) {
	switch raw := raw.(type) {
	case string:
		return raw, true
	case float64:
		return strconv.FormatFloat(raw, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(raw), true
	}
	return nil, false
}

// parseInteger takes an empty string, which forms send for a field left blank, for no value.
func parseInteger(raw any) (any, bool) {
	switch raw := raw.(type) {
	case string:
		if raw == "" {
			return nil, true
		}
		n, err := strconv.ParseInt(raw, 10, 64)
		return n, err == nil
	case float64:
		return int64(raw), raw == float64(int64(raw))
	}
	return nil, false
}

func parseBoolean(raw any) (any, bool) {
	switch raw := raw.(type) {
	case bool:
		return raw, true
	case float64:
		return raw == 1, raw == 0 || raw == 1
	case string:
		switch strings.ToLower(raw) {
		case "":
			return nil, true
		case "true", "t", "1", "yes", "on":
			return true, true
		case "false", "f", "0", "no", "off":
			return false, true
		}
	}
	return nil, false
}

func parseTime(raw any) (any, bool) {
	value, ok := raw.(string)
	if !ok {
		return nil, false
	}
	if value == "" {
		return nil, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, true
		}
	}
	return nil, false
}

func parseWords(raw any) (any, bool) {
	var elements []any
	switch raw := raw.(type) {
	case string:
		return []string{raw}, true
	case []any:
		elements = raw
	case map[string]any: // scope[0]=..., as some HTTP libraries write arrays
		for _, key := range slices.Sorted(maps.Keys(raw)) {
			elements = append(elements, raw[key])
		}
	default:
		return nil, false
	}
	var values []string
	for _, element := range elements {
		value, ok := parseText(element)
		if !ok {
			return nil, false
		}
		values = append(values, value.(string))
	}
	return values, true
}

func parseObject(raw any) (any, bool) {
	value, ok := raw.(map[string]any)
	return value, ok
}

func parseObjects(raw any) (any, bool) {
	var values []map[string]any
	switch raw := raw.(type) {
	case []any:
		for _, element := range raw {
			value, ok := element.(map[string]any)
			if !ok {
				return nil, false
			}
			values = append(values, value)
		}
	case map[string]any: // variables[0][key]=...
		keys := slices.SortedFunc(maps.Keys(raw), func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b) // by number: 10 after 9
			}
			return strings.Compare(a, b)
		})
		for _, key := range keys {
			value, ok := raw[key].(map[string]any)
			if !ok {
				return nil, false
			}
			values = append(values, value)
		}
	default:
		return nil, false
	}
	return values, true
}

// has reports whether a parameter was given a value.
func (c *call) has(name string) bool {
	return c.params[name] != nil
}

// given reports whether a parameter was sent at all, null or blank included.
func (c *call) given(name string) bool {
	_, ok := c.params[name]
	return ok
}

// passes reports whether a value passes a filter of a list. An empty filter is none.
func (c *call) passes(filter, value string) bool {
	return c.text(filter) == "" || c.text(filter) == value
}

func value[T any](c *call, name string) T {
	v, _ := c.params[name].(T)
	return v
}

func (c *call) text(name string) string              { return value[string](c, name) }
func (c *call) integer(name string) int64            { return value[int64](c, name) }
func (c *call) boolean(name string) bool             { return value[bool](c, name) }
func (c *call) time(name string) time.Time           { return value[time.Time](c, name) }
func (c *call) words(name string) []string           { return value[[]string](c, name) }
func (c *call) object(name string) map[string]any    { return value[map[string]any](c, name) }
func (c *call) objects(name string) []map[string]any { return value[[]map[string]any](c, name) }

// names are the values of an enum as parameters name them.
func names[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = string(value)
	}
	return all
}
