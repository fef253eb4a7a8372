package gitlabci

import (
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
// POST and PATCH. The answer is decoded into what out points to, or copied to it as it comes if out is an [io.Writer]; nil drops it.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, opts ...RequestOption) error {
	path, rawQuery, _ := strings.Cut("/"+strings.TrimPrefix(path, "/"), "?")
	op := &operation{name: "call", method: oneLine(method), route: oneLine(path), repeatable: method != http.MethodPost && method != http.MethodPatch}
	w, isWriter := out.(io.Writer)
	extra, err := url.ParseQuery(rawQuery)
	switch pointer := reflect.ValueOf(out); {
	case err != nil:
		err = errors.New("the query is not escaped") // the parser's error would print a part of it
	case !slices.Contains(doMethods, method):
		err = fmt.Errorf("method %q is none of %s", method, strings.Join(doMethods, ", "))
	case out != nil && !isWriter && (pointer.Kind() != reflect.Pointer || pointer.IsNil()):
		err = fmt.Errorf("cannot decode into %T", out)
	default:
		err = checkPath(path)
	}
	if err != nil {
		return op.invalid(err)
	}
	opts = append([]RequestOption{withValues(extra)}, opts...)
	if isWriter {
		opts = raw(op, opts)
	}
	r, err := c.prepareAt(ctx, op, path, in, opts)
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
		return codec.Unmarshal(body, out)
	})
}

var doMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func (r *request) copyTo(w io.Writer) error {
	download, err := r.open(func(*http.Response) bool { return false })
	if err != nil {
		return err
	}
	defer download.Close()
	if _, err = io.Copy(w, download); err != nil && !errors.As(err, new(*Error)) {
		err = &Error{Op: r.op.name, Method: r.op.method, Route: r.op.route, Err: told(err, r.call.Cleaner())}
	}
	return err
}
