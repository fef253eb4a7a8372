package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// Do calls any endpoint of GitLab's REST API, for those that have no method yet, with the authentication, retries and errors of all
// other calls. GET, HEAD, PUT and DELETE may be repeated, POST and PATCH may not.
//
// The path is relative to the API's root and already escaped, as in "projects/42/issues?state=opened". What in holds becomes the
// query of a GET, HEAD or DELETE ([url.Values], or a struct with url tags) and the JSON body of the others; nil sends nothing, or {} with
// POST and PATCH. The answer is decoded into what out points to, as encoding/json does, or copied to it as it comes if out is an [io.Writer]; nil drops it.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, opts ...RequestOption) error {
	op, path, query, err := anyOperation(method, path)
	w, isWriter := out.(io.Writer)
	if err == nil && out != nil && !isWriter && !isPointer(out) {
		err = fmt.Errorf("cannot decode into %T", out)
	}
	if err != nil {
		return op.invalid(err)
	}
	opts = append([]RequestOption{withValues(query)}, opts...)
	if isWriter {
		opts = raw(op, opts)
	}
	r, err := c.engine.prepareAt(ctx, op, path, in, opts)
	if err != nil {
		return err
	}
	if isWriter {
		return r.copyTo(w)
	}
	return r.fetch(func(_ *http.Response, body []byte) error {
		if out == nil {
			return nil
		}
		return codec.UnmarshalForeign(body, out)
	})
}

// List lists what any path of GitLab's REST API lists, for those that have no method yet: every item of every page, as all other lists do.
// The path is relative to the API's root and already escaped, and may have a query of its own, as in "projects/42/issues?state=opened".
//
//	issues := gitlabci.List[Issue](ctx, client, "projects/"+app.Escaped()+"/issues", url.Values{"state": {"opened"}})
//
// Nothing is known of what tells the items apart: one whose place shifted to a later page while the list was read comes twice.
func List[T any](ctx context.Context, client *Client, path string, query url.Values, opts ...RequestOption) Seq[T] {
	op, path, inPath, err := anyOperation(http.MethodGet, path)
	l := newLister(ctx, &client.engine, op, nil, query, append([]RequestOption{withValues(inPath)}, opts...))
	l.at, l.invalid = path, cmp.Or(err, l.invalid)
	return func(yield func(*T, error) bool) {
		l.read(func(body []byte) (any, error) { return codec.UnmarshalForeignArray[T](body) }, func(p *page) bool {
			items, _ := p.items.([]T)
			p.fresh = len(items)
			for i := range items {
				if !yield(&items[i], nil) {
					return false
				}
			}
			return p.err == nil || yield(nil, p.err)
		})
	}
}

// isPointer reports whether a value is a pointer that leads to something.
func isPointer(value any) bool {
	v := reflect.ValueOf(value)
	return v.Kind() == reflect.Pointer && !v.IsNil()
}

// anyOperation is the operation of any method and path, which may have a query.
func anyOperation(method, pathAndQuery string) (op *operation, path string, query url.Values, err error) {
	path, rawQuery, _ := strings.Cut("/"+strings.TrimPrefix(pathAndQuery, "/"), "?")
	repeatable := method != http.MethodPost && method != http.MethodPatch
	op = &operation{name: "call", method: oneLine(method), route: oneLine(path), repeatable: repeatable}
	if !slices.Contains(doMethods, method) {
		return op, path, nil, fmt.Errorf("method %q is none of %s", method, strings.Join(doMethods, ", "))
	}
	query, err = url.ParseQuery(rawQuery)
	if err != nil {
		return op, path, nil, errors.New("the query is not escaped") // the parser's error would print a part of it
	}
	return op, path, query, checkPath(path)
}

var doMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func (r *request) copyTo(w io.Writer) error {
	download, err := r.open(func(*http.Response) bool { return false })
	if err != nil {
		return err
	}
	defer download.Close()
	_, err = io.Copy(w, download)
	if err != nil && !errors.As(err, new(*Error)) {
		err = &Error{Op: r.op.name, Method: r.op.method, Route: r.op.route, Path: r.call.Cleaner().Line(r.path), Err: told(err, r.call.Cleaner())}
	}
	return err
}
