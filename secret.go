package gitlabci

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/gitlabci/gitlabci/internal/format"
)

// A Secret is a token, or the value of a variable. It prints as [redacted] under every verb of fmt and in slog, and is sent in full. So are
// the results and options that hold one, also within slices, maps and other structs. Make one of a string, and a string of it, by conversion:
//
//	o := &gitlabci.CreateVariableOptions{Key: "DATABASE_URL", Value: gitlabci.Secret(address)}
//	update := &gitlabci.UpdateVariableOptions{Value: new(gitlabci.Secret(address))}
//	address = string(variable.Value)
//
// Two things tell it. One is encoding/json, which writes it in full, as it has to for GitLab: so log what holds a secret as an attribute of
// its own, since a handler that writes JSON would marshal a slice or map of results. The other is fmt where it calls no methods: of a field
// that is not exported, in a struct of the caller's own; under %p and %w, which go vet refuses; and under %s, %q and the like behind a
// pointer to a slice or map that is itself in something else.
type Secret string

// Format prints [redacted].
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// LogValue returns [redacted].
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// EncodeValues puts the secret into a query, for the few calls that take it there.
func (s Secret) EncodeValues(name string, query *url.Values) error {
	if s != "" {
		query.Set(name, string(s))
	}
	return nil
}

const hidden = "[redacted]"

// Every type that holds a [Secret], or a type that does, has the methods Format and LogValue by these two, in secret_types.go. Without the
// first, fmt would print the secrets of a []*T under a verb that fits no pointer, such as %s: it then calls no methods of what the pointers
// lead to.

// printed prints the fields of a struct as %v, %+v or %#v would, whatever the verb.
func printed(f fmt.State, value any) { format.Struct(f, value) }

// printedAs is printed for a type that has a text for people, which %v and %s print.
func printedAs(f fmt.State, verb rune, value any, text string) {
	if (verb == 'v' || verb == 's') && !f.Flag('+') && !f.Flag('#') {
		io.WriteString(f, text)
		return
	}
	printed(f, value)
}

// logged returns the fields of a struct that are set to a log, by their names in JSON.
func logged(value any) slog.Value {
	v := reflect.ValueOf(value)
	attrs := make([]slog.Attr, 0, v.NumField())
	for field, value := range v.Fields() {
		if field.IsExported() && !value.IsZero() && nameInJSON(field) != "-" {
			attrs = append(attrs, slog.Any(nameInJSON(field), loggable(value)))
		}
	}
	return slog.GroupValue(attrs...)
}

func nameInJSON(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name != "" {
		return name
	}
	return field.Name
}

// loggable is a value that shows no secret when it is marshalled. A log in JSON asks none of what is in a slice or map how to log it.
func loggable(v reflect.Value) any {
	if !holdsSecret(v.Type()) {
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return loggable(v.Elem())
	case reflect.Slice:
		values := make([]any, v.Len())
		for i := range values {
			values[i] = loggable(v.Index(i))
		}
		return values
	case reflect.Map:
		values := make(map[string]any, v.Len())
		for name, value := range v.Seq2() {
			values[fmt.Sprint(name)] = loggable(value)
		}
		return values
	case reflect.Struct:
		values := make(map[string]any, v.NumField())
		for field, value := range v.Fields() {
			if field.IsExported() && !value.IsZero() && nameInJSON(field) != "-" {
				values[nameInJSON(field)] = loggable(value)
			}
		}
		return values
	}
	return hidden // a Secret
}

var typeOfSecret = reflect.TypeFor[Secret]()

var secretHolders sync.Map // of reflect.Type, what holdsSecret said

// holdsSecret reports whether values of a type may hold secrets.
func holdsSecret(t reflect.Type) bool {
	known, ok := secretHolders.Load(t)
	if !ok {
		known, _ = secretHolders.LoadOrStore(t, leadsToSecret(t, secretDepth))
	}
	return known.(bool)
}

func leadsToSecret(t reflect.Type, depth int) bool {
	if t == typeOfSecret || depth == 0 {
		return t == typeOfSecret
	}
	switch t.Kind() {
	case reflect.Interface:
		return t.NumMethod() == 0
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return leadsToSecret(t.Elem(), depth-1)
	case reflect.Struct:
		for field := range t.Fields() {
			if leadsToSecret(field.Type, depth-1) {
				return true
			}
		}
	}
	return false
}

// secretDepth is how deep values are searched for secrets. The options of [Client.Do] may be anything, also a ring.
const secretDepth = 10

// secretsIn finds every [Secret] in the options of a call.
func secretsIn(v reflect.Value, depth int) (found []string) {
	if depth == 0 {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return secretsIn(v.Elem(), depth-1)
	case reflect.Struct:
		for i := range v.NumField() {
			found = append(found, secretsIn(v.Field(i), depth-1)...)
		}
	case reflect.Map, reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() < reflect.Array { // numbers, of which a text may have millions
			return nil
		}
		for _, element := range v.Seq2() {
			found = append(found, secretsIn(element, depth-1)...)
		}
	case reflect.String:
		if v.Type() == typeOfSecret {
			found = append(found, v.String())
		}
	}
	return found
}
