package gitlabci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-querystring/query"

	"github.com/gitlabci/gitlabci/internal/codec"
	"github.com/gitlabci/gitlabci/internal/transport"
)

// The life of a request: a service method names its operation, what fills the route, and its options, and calls do, exec, stream
// or list. They prepare a request (arguments checked, URL and body made), send it (internal/transport adds the credentials and
// repeats it where that is allowed), and decode the answer or make an *Error of it.

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

// do sends a request and decodes the object that answers it. Where GitLab only takes note of it, the object is zero.
func do[T any](ctx context.Context, c *Client, op *operation, parts path, in any, opts []RequestOption) (*T, error) {
	value := new(T)
	if err := c.read(ctx, op, parts, in, opts, value); err != nil {
		return nil, err
	}
	return value, nil
}

// doOptional is do for what need not be there: null, or nothing at all, is nil, without an error.
func doOptional[T any](ctx context.Context, c *Client, op *operation, parts path, in any, opts []RequestOption) (*T, error) {
	var value *T
	err := c.fetch(ctx, op, parts, in, opts, func(_ *http.Response, body []byte) error {
		if len(bytes.TrimSpace(body)) == 0 || codec.IsNull(body) {
			return nil
		}
		value = new(T)
		return codec.UnmarshalObject(body, value)
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// slice sends a request and decodes the array that answers it, for the few lists that GitLab does not page.
func slice[T any](ctx context.Context, c *Client, op *operation, parts path, in any, opts []RequestOption) (pointers []*T, err error) {
	err = c.fetch(ctx, op, parts, in, opts, func(_ *http.Response, body []byte) error {
		items, err := codec.UnmarshalArray[T](body)
		for i := range items {
			pointers = append(pointers, &items[i])
		}
		return err
	})
	return pointers, err
}

// read sends a request and decodes the object that answers it into what value points to.
func (c *Client) read(ctx context.Context, op *operation, parts path, in any, opts []RequestOption, value any) error {
	return c.fetch(ctx, op, parts, in, opts, func(resp *http.Response, body []byte) error {
		if resp.StatusCode == http.StatusAccepted && len(body) == 0 {
			return nil
		}
		return codec.UnmarshalObject(body, value)
	})
}

// exec sends a request whose answer says nothing but that it was done.
func exec(ctx context.Context, c *Client, op *operation, parts path, in any, opts []RequestOption) error {
	return c.fetch(ctx, op, parts, in, opts, func(resp *http.Response, body []byte) error {
		if isPage(resp.Header.Get("Content-Type"), string(body[:min(len(body), 16)])) {
			return errPage
		}
		return nil
	})
}

// stream sends a request and hands its answer's body to the caller.
func stream(ctx context.Context, c *Client, op *operation, parts path, in any, opts []RequestOption) (*Download, error) {
	r, err := c.prepare(ctx, op, parts, in, raw(op, opts))
	if err != nil {
		return nil, err
	}
	return r.open(func(resp *http.Response) bool {
		return resp.Request != nil && strings.HasSuffix(resp.Request.URL.Path, "/users/sign_in") // a RoundTripper may not tell
	})
}

// streamData is stream for what is never a page to look at.
func streamData(ctx context.Context, c *Client, op *operation, parts path, in any, opts []RequestOption) (*Download, error) {
	r, err := c.prepare(ctx, op, parts, in, raw(op, opts))
	if err != nil {
		return nil, err
	}
	return r.open(func(resp *http.Response) bool { return isPage(resp.Header.Get("Content-Type"), "") })
}

// raw asks for an answer of any type, before what the caller asks for.
func raw(op *operation, opts []RequestOption) []RequestOption {
	return append([]RequestOption{func(r *request) {
		delete(r.header, "Accept")
		if op != getTrace { // logs are text, all else is packed already, and its length is worth more
			r.header["Accept-Encoding"] = asItIs
		}
	}}, opts...)
}

var errPage = errors.New("a page came instead")

// fetch sends a request and lets decode read the successful answer.
func (c *Client) fetch(ctx context.Context, op *operation, parts path, in any, opts []RequestOption, decode func(*http.Response, []byte) error) error {
	r, err := c.prepare(ctx, op, parts, in, opts)
	if err != nil {
		return err
	}
	return r.fetch(decode)
}

// request is one call on its way.
type request struct {
	ctx    context.Context
	client *Client
	op     *operation
	in     any
	policy transport.Policy
	call   *transport.Call
	path   string // escaped
	header http.Header
	query  url.Values
	body   []byte
	upload *upload // in place of body

	limited io.LimitedReader // the answer's body

	response *Response // of [WithResponse]
	prefetch int
	wrong    error // what an option was given and cannot be
}

// prepare checks the arguments of a call and makes its request. Nothing is sent if any of them is wrong.
func (c *Client) prepare(ctx context.Context, op *operation, parts path, in any, opts []RequestOption) (*request, error) {
	path, err := parts.expand(op.route)
	if err != nil {
		return nil, op.invalid(err)
	}
	return c.prepareAt(ctx, op, path, in, opts)
}

// prepareAt is prepare for a path that is escaped already.
func (c *Client) prepareAt(ctx context.Context, op *operation, path string, in any, opts []RequestOption) (*request, error) {
	if ctx == nil {
		return nil, op.invalid(errors.New("the context is nil"))
	}
	r := &request{ctx: ctx, client: c, op: op, path: path, policy: c.policy}
	r.header = http.Header{"User-Agent": c.userAgent, "Accept": acceptJSON}
	if err := r.encode(in); err != nil {
		return nil, op.invalid(err)
	}
	for _, opt := range opts {
		if opt != nil {
			opt(r)
		}
	}
	if r.wrong == nil {
		r.wrong = transport.CheckHeader(r.header)
	}
	if r.wrong != nil {
		return nil, op.invalid(r.wrong)
	}
	if r.upload != nil {
		r.header["Content-Type"] = []string{r.upload.contentType}
		if r.upload.seeker == nil {
			r.policy.MaxAttempts = 1
		}
	}
	r.call = r.newCall()
	if err := ctx.Err(); err != nil {
		return nil, r.failed(nil, nil, err)
	}
	return r, nil
}

func (r *request) newCall() *transport.Call {
	return &transport.Call{
		Name: r.op.name, Method: r.op.method, Route: r.op.route, Repeatable: r.op.repeatable, Policy: r.policy,
		Authorize: r.client.auth, Header: r.header, Options: r,
	}
}

// Secrets are the tokens and the values of variables among the options of the call, and the tokens in its query.
func (r *request) Secrets() []string {
	secrets := secretsIn(reflect.ValueOf(r.in), secretDepth)
	for name, values := range r.query {
		if slices.ContainsFunc(secretive, func(end string) bool { return strings.HasSuffix(name, end) }) {
			secrets = append(secrets, values...)
		}
	}
	return secrets
}

// secretive are the ends of the names of parameters that hold a secret, as in private_token.
var secretive = []string{"token", "secret", "password"}

// Shared by all requests: header values are read only.
var (
	acceptJSON  = []string{"application/json"}
	contentJSON = []string{"application/json"}
	asItIs      = []string{"identity"}
)

// encode puts the options of a call into the query or the body, as the method has it.
func (r *request) encode(in any) (err error) {
	r.in, err = given(in)
	form, isForm := r.in.(uploader)
	switch {
	case r.in == nil || err != nil:
	case isForm:
		r.in = nil // there are no secrets in it, and a lot to look for them in
		r.upload, err = form.upload()
	case r.op.method == http.MethodGet || r.op.method == http.MethodHead || r.op.method == http.MethodDelete:
		r.query, err = encodeQuery(r.in)
	default:
		r.header["Content-Type"] = contentJSON
		r.body, err = codec.Marshal(r.in)
	}
	return err
}

// given checks the options of a call. Options that are nil say what empty ones do, but are not sent.
func given(in any) (sent any, err error) {
	sent = in
	if v := reflect.ValueOf(in); v.Kind() == reflect.Pointer && v.IsNil() {
		in, sent = reflect.New(v.Type().Elem()).Interface(), nil
	}
	if checked, ok := in.(interface{ validate() error }); ok {
		if err := checked.validate(); err != nil {
			return nil, err
		}
	}
	return sent, nil
}

func encodeQuery(in any) (url.Values, error) {
	if values, ok := in.(url.Values); ok {
		return maps.Clone(values), nil
	}
	return query.Values(in)
}

// http makes the request for the transport.
func (r *request) http() *http.Request {
	u := r.client.base
	if u.RawPath != "" || strings.Contains(r.path, "%") {
		u.RawPath = u.EscapedPath() + r.path
		u.Path, _ = url.PathUnescape(u.RawPath) // what was escaped unescapes
	} else {
		u.Path += r.path
	}
	u.RawQuery = r.query.Encode()
	req := http.Request{Method: r.op.method, URL: &u, Host: u.Host, Header: r.header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	return req.WithContext(transport.Context(r.ctx, r.call))
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const (
	maxKeptBuffer = 4 << 20              // of a buffer that waits for the next answer
	maxFailure    = maxErrorBody + 4<<10 // of an answer that tells of a failure; more than is kept, so that no secret is cut in two
)

// maxBody is the limit of an answer that is decoded.
var maxBody int64 = 256 << 20

// payload is the body as the transport takes it.
func (r *request) payload() transport.Body {
	if r.upload != nil {
		return func() (io.Reader, error) { return r.upload.open(r.ctx) }
	}
	return transport.Bytes(r.body)
}

// fetch sends the request, reads the whole answer, and lets decode have it.
func (r *request) fetch(decode func(*http.Response, []byte) error) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= maxKeptBuffer {
			buffers.Put(buf)
		}
	}()
	var read *http.Response // whose body is in buf
	if r.upload != nil {
		defer r.upload.finish()
	}
	resp, err := r.client.transport.Do(r.call, r.http(), r.payload(), func(resp *http.Response) error {
		defer resp.Body.Close()
		limit := maxBody + 1
		if !succeeded(resp) {
			limit = maxFailure
		}
		read = resp
		buf.Reset()
		if resp.ContentLength > 0 {
			buf.Grow(int(min(resp.ContentLength, limit, maxKeptBuffer)) + bytes.MinRead)
		}
		r.limited = io.LimitedReader{R: resp.Body, N: limit}
		_, err := buf.ReadFrom(&r.limited)
		return err
	})
	if read != resp {
		buf.Reset()
	}
	r.report(resp)
	if err != nil || !succeeded(resp) {
		return r.failed(resp, buf.Bytes(), err)
	}
	if int64(buf.Len()) > maxBody {
		return r.undecodable(resp, nil, fmt.Errorf("it is longer than %d MiB", maxBody>>20))
	}
	if err := decode(resp, buf.Bytes()); err != nil {
		return r.undecodable(resp, buf.Bytes(), err)
	}
	return nil
}

// open sends the request and gives the answer's body as it comes, unless it is known not to be the one that was asked for.
func (r *request) open(wrong func(*http.Response) bool) (*Download, error) {
	resp, err := r.client.transport.Do(r.call, r.http(), r.payload(), nil)
	r.report(resp)
	if err != nil {
		return nil, r.failed(resp, nil, err)
	}
	if !succeeded(resp) {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxFailure))
		transport.Discard(resp.Body)
		return nil, r.failed(resp, body, nil)
	}
	if wrong(resp) {
		transport.Discard(resp.Body)
		return nil, r.undecodable(resp, nil, errPage)
	}
	return newDownload(r, resp), nil
}

func succeeded(resp *http.Response) bool { return resp.StatusCode >= 200 && resp.StatusCode < 300 }

// undecodable is the error for a success whose body cannot be used.
func (r *request) undecodable(resp *http.Response, body []byte, err error) *Error {
	e := r.failed(resp, body, err)
	kind := ErrDecode
	contentType, text := resp.Header.Get("Content-Type"), string(bytes.TrimSpace(e.Body[:min(len(e.Body), 128)]))
	switch {
	case err == errPage:
		kind = ErrNotGitLab
	case text == "", text[0] == '{', text[0] == '[': // it may begin with a token: do not print it
	case isPage(contentType, text), !strings.Contains(contentType, "json"):
		kind, e.Err = ErrNotGitLab, fmt.Errorf("%s: %.64q", r.call.Cleaner().Line(contentType), oneLine(text))
	}
	e.kinds = append(e.kinds, kind)
	return e
}

// Do calls any endpoint of GitLab's REST API, for those that have no method yet, with the authentication, retries and errors of all
// other calls. GET, HEAD, PUT and DELETE may be repeated, POST and PATCH may not.
//
// The path is relative to the API's root and already escaped, as in "projects/42/issues?state=opened". What in holds becomes the
// query of a GET, HEAD or DELETE ([url.Values], or a struct with url tags) and the JSON body of the others; nil sends nothing. The
// answer is decoded into what out points to, or copied to it as it comes if out is an [io.Writer]; nil drops it.
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

// checkPath refuses what would leave the API, and what net/url would escape again, and otherwise than it was meant.
func checkPath(path string) error {
	plain, err := url.PathUnescape(path)
	if err != nil || (&url.URL{Path: plain, RawPath: path}).EscapedPath() != path {
		return fmt.Errorf("path %q is not escaped", path)
	}
	for piece := range strings.SplitSeq(plain[1:], "/") {
		if piece == "" || piece == "." || piece == ".." {
			return fmt.Errorf("path %q holds an empty, \".\" or \"..\" part", path)
		}
	}
	return nil
}
