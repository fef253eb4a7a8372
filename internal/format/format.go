// Package format prints structs field by field, so that what a field hides stays hidden under every verb.
package format

import (
	"fmt"
	"io"
	"reflect"
)

// Struct prints the exported fields of a struct as %v, %+v or %#v would, whatever the verb.
func Struct(f fmt.State, value any) {
	v := reflect.ValueOf(value)
	form, open, separator, named := "%v", "{", " ", false
	switch {
	case f.Flag('#'):
		form, open, separator, named = "%#v", v.Type().String()+"{", ", ", true
	case f.Flag('+'):
		form, named = "%+v", true
	}
	io.WriteString(f, open)
	first := true
	for field, value := range v.Fields() {
		if !field.IsExported() {
			continue
		}
		if !first {
			io.WriteString(f, separator)
		}
		first = false
		if named {
			io.WriteString(f, field.Name+":")
		}
		fmt.Fprintf(f, form, value.Interface())
	}
	io.WriteString(f, "}")
}
