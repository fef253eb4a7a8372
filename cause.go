package gitlabci

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// A cause stands for an error whose text, or whose fields, tell what the text of an [*Error] must not: a secret, a query, what does something
// to a terminal. It matches the same sentinels, and holds those of the errors within it that tell nothing.
type cause struct {
	text string
	is   func(target error) bool
	held []error
}

func (c *cause) Error() string        { return c.text }
func (c *cause) Is(target error) bool { return c.is(target) }
func (c *cause) Unwrap() []error      { return c.held }

// netCause is a cause that is a [net.Error].
type netCause struct {
	*cause
	timeout bool
}

func (c *netCause) Timeout() bool   { return c.timeout }
func (c *netCause) Temporary() bool { return c.timeout } // which means little, and is asked for by the interface

// cleaner holds a [transport.Cleaner] in what may be printed under any verb: of a function fmt shows no more than an address.
type cleaner func() transport.Cleaner

func (c cleaner) get() transport.Cleaner {
	if c == nil {
		return transport.Cleaner{}
	}
	return c()
}

// maxCauses is how deep errors are looked into.
const maxCauses = 50

// told makes of an error from elsewhere one that may be taken apart and printed by anybody, or returns it as it is where it may.
func told(err error, clean transport.Cleaner) error { return tell(err, clean, maxCauses) }

func tell(err error, clean transport.Cleaner, depth int) error {
	if err == nil || harmless(err, clean, depth) {
		return err
	}
	c := &cause{text: clean.Cause(err.Error()), is: func(target error) bool { return errors.Is(err, target) }}
	if depth == 0 {
		return c
	}
	switch known := err.(type) { // by which kinds of failures are told apart
	case *transport.AuthError:
		auth := *known
		auth.Err = tell(known.Err, clean, depth-1)
		return &auth
	case *transport.RedirectError:
		return &transport.RedirectError{Reason: clean.Cause(known.Reason), To: clean.Cause(known.To)}
	case *tls.CertificateVerificationError:
		return &tls.CertificateVerificationError{Err: tell(known.Err, clean, depth-1)}
	}
	for _, inner := range within(err) {
		c.held = append(c.held, tell(inner, clean, depth-1))
	}
	if outer, ok := err.(net.Error); ok {
		return &netCause{c, outer.Timeout()}
	}
	return c
}

// harmless reports whether neither an error nor what it wraps tells anything. Some print their fields too, whatever their texts say.
func harmless(err error, clean transport.Cleaner, depth int) bool {
	text := err.Error()
	_, own := err.(interface{ told() })
	if depth == 0 || !own && (len(text) > transport.MaxLine || clean.Tells(fmt.Sprintf("%#v", err))) || !clean.Harmless(text) {
		return false
	}
	for _, inner := range within(err) {
		if !harmless(inner, clean, depth-1) {
			return false
		}
	}
	return true
}

// within are the errors that an error wraps.
func within(err error) (errs []error) {
	switch outer := err.(type) {
	case interface{ Unwrap() error }:
		errs = []error{outer.Unwrap()}
	case interface{ Unwrap() []error }:
		errs = slices.Clone(outer.Unwrap())
	}
	return slices.DeleteFunc(errs, func(inner error) bool { return inner == nil })
}
