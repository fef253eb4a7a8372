package gitlabci

import (
	"errors"
	"fmt"
	"reflect"
)

// checked returns the options of a call as they are to be sent. Options that are nil say what empty ones do, but are not sent.
func checked(in any) (sent any, err error) {
	sent = in
	v := reflect.ValueOf(in)
	if v.Kind() == reflect.Pointer && v.IsNil() {
		in, sent = reflect.New(v.Type().Elem()).Interface(), nil
	}
	if options, ok := in.(interface{ validate() error }); ok {
		if err := options.validate(); err != nil {
			return nil, err
		}
	}
	return sent, nil
}

// required refuses a field that must not be empty.
func required(field, value string) error {
	if value == "" {
		return missing(field)
	}
	return nil
}

func missing(field string) error { return fmt.Errorf("%s is missing", field) }

// requireChange refuses the options of an update that would change nothing.
func requireChange[T any](options *T) error {
	if reflect.ValueOf(options).Elem().IsZero() {
		return errors.New("nothing to change")
	}
	return nil
}
