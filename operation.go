package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// operation is one thing that GitLab's API can do, in one request.
type operation struct {
	name    string // as in "cancel pipeline"
	method  string
	route   string // as in "/projects/:id/pipelines/:pipeline_id/cancel"
	failure error  // the sentinel of its errors

	repeatable bool   // GitLab acting twice on it does no harm
	keyset     string // the order in which GitLab can page this list by keyset; empty if it cannot
	unnumbered bool   // the pages of this list have no numbers
	text       bool   // its answer is plain text, which is worth compressing on the way
	file       bool   // its answer is a file that somebody made, which may be a page as well
}

// The method of an operation tells whether it may be repeated while nobody knows whether GitLab acted on it. Those that differ say so.

func get(name, route string, failure error) *operation {
	return &operation{name: name, method: http.MethodGet, route: route, failure: failure, repeatable: true}
}

func put(name, route string, failure error) *operation {
	return &operation{name: name, method: http.MethodPut, route: route, failure: failure, repeatable: true}
}

func del(name, route string, failure error) *operation {
	return &operation{name: name, method: http.MethodDelete, route: route, failure: failure, repeatable: true}
}

func post(name, route string, failure error) *operation {
	return &operation{name: name, method: http.MethodPost, route: route, failure: failure}
}

func patch(name, route string, failure error) *operation {
	return &operation{name: name, method: http.MethodPatch, route: route, failure: failure}
}

// repeats is the operation, of which it does no harm if GitLab acts on it twice.
func (op *operation) repeats() *operation {
	op.repeatable = true
	return op
}

// once is the operation, which must not be repeated.
func (op *operation) once() *operation {
	op.repeatable = false
	return op
}

// keysetBy is the operation, a list that GitLab can page by keyset in this order.
func (op *operation) keysetBy(order string) *operation {
	op.keyset = order
	return op
}

// withoutNumbers is the operation, a list whose pages have no numbers.
func (op *operation) withoutNumbers() *operation {
	op.unnumbered = true
	return op
}

// asText is the operation, whose answer is plain text.
func (op *operation) asText() *operation {
	op.text = true
	return op
}

// asFile is the operation, whose answer is any file.
func (op *operation) asFile() *operation {
	op.file = true
	return op
}

// scoped is one operation in each of the places that have it. Where the instance does not, its route is empty.
type scoped [instanceLevel + 1]*operation

// inScopes makes an operation for the routes of a project, a group and the instance.
func inScopes(method func(name, route string, failure error) *operation, name string, failure error, project, group, instance string) scoped {
	return scoped{method(name, project, failure), method(name, group, failure), method(name, instance, failure)}
}

// once is the operation, which must not be repeated in any scope.
func (ops scoped) once() scoped {
	for _, op := range ops {
		op.once()
	}
	return ops
}

// in is the operation in a scope.
func (ops scoped) in(scope Scope) *operation { return ops[scopeLevel(scope)] }

// invalid is the error of a call that must not be sent.
func (op *operation) invalid(err error) *Error {
	return &Error{Op: op.name, Method: op.method, Route: op.route, Err: told(err, transport.Cleaner{}), kinds: op.kinds(ErrInvalidArgument)}
}

func (op *operation) kinds(natures ...error) []error { return withFailure(op.failure, natures) }

// withFailure are the sentinels of an error: what kind of failure it is, and which operation failed if that has a sentinel.
func withFailure(failure error, natures []error) []error {
	if failure != nil {
		natures = append(natures, failure)
	}
	return natures
}

// composite is a call that consists of several requests, or of none.
type composite struct {
	name    string // as in "wait for pipeline"
	failure error  // the sentinel of its errors
}

// invalid is the error of a call that must not begin.
func (c *composite) invalid(err error) *Error {
	return &Error{Op: c.name, Err: told(err, transport.Cleaner{}), kinds: c.kinds(ErrInvalidArgument)}
}

func (c *composite) kinds(natures ...error) []error { return withFailure(c.failure, natures) }

// refused is the error of a call that what was read does not allow, and of what kind that is.
func (c *composite) refused(kind error, format string, args ...any) *Error {
	return &Error{Op: c.name, Message: oneLine(fmt.Sprintf(format, args...)), kinds: c.kinds(kind), whole: true}
}

// wrap makes the error of the call out of those of its requests; nil stays nil. What is known of the first of them is known of the whole.
func (c *composite) wrap(err error) error {
	if err == nil {
		return nil
	}
	whole := &Error{Op: c.name, kinds: c.kinds(), whole: true}
	var e *Error
	if errors.As(err, &e) {
		whole.clean = e.clean
		whole.Method, whole.Route, whole.Path = e.Method, e.Route, e.Path
		whole.StatusCode, whole.Message, whole.Fields = e.StatusCode, e.Message, e.Fields
		whole.RequestID, whole.RetryAfter, whole.Attempts, whole.Body = e.RequestID, e.RetryAfter, e.Attempts, e.Body
	}
	whole.Err = told(err, whole.clean.get())
	return whole
}

// Operation tells a transport or a log handler which call it serves. Its fields have few different values and so are fit for labels of
// metrics: they hold no id, name or query. Only for [Client.Do] and [List] the route is the path that the caller passed.
type Operation struct {
	Name   string // as in "cancel pipeline"
	Method string
	Route  string // as in "/projects/:id/pipelines/:pipeline_id/cancel"
}

// OperationFrom returns the operation that the context of a request belongs to, in a transport of [WithTransport] or a handler of
// [WithLogger]. It reports false for any other context.
func OperationFrom(ctx context.Context) (Operation, bool) {
	call := transport.CallFrom(ctx)
	if call == nil {
		return Operation{}, false
	}
	return Operation{call.Name, call.Method, call.Route}, true
}
