package gitlabci

import (
	"context"
	"errors"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// operation is one thing that GitLab's API can do.
type operation struct {
	name    string // as in "cancel pipeline"
	method  string
	route   string // as in "/projects/:id/pipelines/:pipeline_id/cancel"
	failure error  // the sentinel of its errors

	repeatable bool   // GitLab acting twice on it does no harm
	keyset     string // the order in which GitLab can page this list by keyset
}

// What an operation says of being sent again while nobody knows whether GitLab acted on it.
const (
	once       = false
	repeatable = true
)

// scoped is one operation in each of the places that have it. Where the instance does not, its route is empty.
type scoped [instanceLevel + 1]*operation

func scopedOperation(name, method string, failure error, repeatable bool, project, group, instance string) scoped {
	return scoped{
		{name, method, project, failure, repeatable, ""},
		{name, method, group, failure, repeatable, ""},
		{name, method, instance, failure, repeatable, ""},
	}
}

// in is the operation in a scope.
func (ops scoped) in(scope Scope) *operation { return ops[scopeLevel(scope)] }

// invalid is the error of a call that must not be sent.
func (op *operation) invalid(err error) *Error {
	return &Error{Op: op.name, Method: op.method, Route: op.route, Err: told(err, transport.Cleaner{}), kinds: op.kinds(ErrInvalidArgument)}
}

func (op *operation) kinds(natures ...error) []error {
	if op.failure != nil {
		natures = append(natures, op.failure)
	}
	return natures
}

// wrap makes the error of an operation out of those of the calls that it consists of; nil stays nil. What is known of the first of them
// is known of the whole.
func (op *operation) wrap(err error) error {
	if err == nil {
		return nil
	}
	whole := &Error{Op: op.name, Method: op.method, Route: op.route, kinds: op.kinds(), whole: true}
	var e *Error
	if errors.As(err, &e) {
		whole.clean = e.clean
		whole.Method, whole.Route, whole.StatusCode, whole.Message, whole.Fields = e.Method, e.Route, e.StatusCode, e.Message, e.Fields
		whole.RequestID, whole.RetryAfter, whole.Attempts, whole.Body = e.RequestID, e.RetryAfter, e.Attempts, e.Body
	}
	whole.Err = told(err, whole.clean.get())
	return whole
}

// Operation tells a transport or a log handler which call it serves. Its fields have few different values and so are fit for labels of
// metrics: they hold no id, name or query. Only for [Client.Do] the route is the path that the caller gave.
type Operation struct {
	Name   string // as in "cancel pipeline"
	Method string
	Route  string // as in "/projects/:id/pipelines/:pipeline_id/cancel"
}

// OperationFrom gives the operation that the context of a request belongs to, in a transport of [WithTransport] or a handler of
// [WithLogger]. It reports false for any other context.
func OperationFrom(ctx context.Context) (Operation, bool) {
	call := transport.CallFrom(ctx)
	if call == nil {
		return Operation{}, false
	}
	return Operation{call.Name, call.Method, call.Route}, true
}
