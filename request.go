package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-querystring/query"

	"github.com/gitlabci/gitlabci/internal/codec"
	"github.com/gitlabci/gitlabci/internal/transport"
)

// The life of a request: a service method names its operation, what fills the route, and its options, and calls do, exec, stream
// or list. They prepare a request (arguments checked, URL and body made), send it (internal/transport adds the credentials and
// repeats it where that is allowed), and decode the answer or make an *Error of it.

// do sends a request and decodes the object that answers it. Where GitLab only takes note of it, the object is zero.
func do[T any, P identified[T]](ctx context.Context, e *engine, op *operation, parts path, in any, opts []RequestOption) (*T, error) {
	value := new(T)
	if err := e.read(ctx, op, parts, in, opts, P(value)); err != nil {
		return nil, err
	}
	return value, nil
}

// doOptional is do for what need not be there: an answer that says nothing is nil, without an error.
func doOptional[T any, P identified[T]](ctx context.Context, e *engine, op *operation, parts path, in any, opts []RequestOption) (*T, error) {
	var value *T
	err := e.call(ctx, op, parts, in, opts, func(resp *http.Response, body []byte) error {
		if saysNothing(resp, body) {
			return nil
		}
		value = new(T)
		return decodeObject(body, P(value))
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// slice sends a request and decodes the array that answers it, for the few lists that GitLab does not page.
func slice[T any, P identified[T]](ctx context.Context, e *engine, op *operation, parts path, in any, opts []RequestOption) ([]*T, error) {
	var pointers []*T
	err := e.call(ctx, op, parts, in, opts, func(_ *http.Response, body []byte) error {
		items, err := decodeItems[T, P](body)
		for i := range items {
			pointers = append(pointers, &items[i])
		}
		return err
	})
	return pointers, err
}

// read sends a request and decodes the object that answers it into what value points to.
func (e *engine) read(ctx context.Context, op *operation, parts path, in any, opts []RequestOption, value identifiable) error {
	return e.call(ctx, op, parts, in, opts, func(resp *http.Response, body []byte) error {
		if resp.StatusCode == http.StatusAccepted && saysNothing(resp, body) {
			return nil
		}
		return decodeObject(body, value)
	})
}

// saysNothing reports whether the body of an answer is blank, null, or the status once more, which some calls write into it.
func saysNothing(resp *http.Response, body []byte) bool {
	body = codec.Trim(body)
	return len(body) == 0 || codec.IsNull(body) || strings.Trim(string(body[:min(len(body), 6)]), `"`) == strconv.Itoa(resp.StatusCode)
}

// exec sends a request whose answer says nothing but that it was done.
func exec(ctx context.Context, e *engine, op *operation, parts path, in any, opts []RequestOption) error {
	return e.call(ctx, op, parts, in, append(opts[:len(opts):len(opts)], glancing), func(resp *http.Response, body []byte) error {
		if isPage(resp.Header.Get("Content-Type"), string(body[:min(len(body), 16)])) {
			return errPage
		}
		return nil
	})
}

// glancing reads no more of the answer than it takes to see what it is.
func glancing(r *request) { r.limit = glance }

// reporting tells this response too what came back.
func reporting(response *Response) RequestOption {
	return func(r *request) { r.reports.latest = response }
}

// roomy is for the few answers that are long in earnest.
func roomy(opts []RequestOption) []RequestOption {
	return append(opts[:len(opts):len(opts)], func(r *request) { r.limit = maxLongBody })
}

// stream sends a request and hands its answer's body to the caller.
func stream(ctx context.Context, e *engine, op *operation, parts path, in any, opts []RequestOption) (*Download, error) {
	r, err := e.prepare(ctx, op, parts, in, raw(op, opts))
	if err != nil {
		return nil, err
	}
	return r.open(func(resp *http.Response) bool {
		if op.file {
			return resp.Request != nil && strings.HasSuffix(resp.Request.URL.Path, "/users/sign_in") // a RoundTripper may not tell
		}
		return isPage(resp.Header.Get("Content-Type"), "")
	})
}

// raw asks for an answer of any type, before what the caller asks for.
func raw(op *operation, opts []RequestOption) []RequestOption {
	return append([]RequestOption{func(r *request) {
		delete(r.ownHeader(), "Accept")
		r.policy.Total = 0
		if !op.text { // what is packed already is better sent as it is, with its length
			r.header["Accept-Encoding"] = asItIs
		}
	}}, opts...)
}

// A decodeFunc reads the whole body of a successful answer. It must not keep it.
type decodeFunc func(resp *http.Response, body []byte) error

// call sends a request and lets decode read the successful answer.
func (e *engine) call(ctx context.Context, op *operation, parts path, in any, opts []RequestOption, decode decodeFunc) error {
	r, err := e.prepare(ctx, op, parts, in, opts)
	if err != nil {
		return err
	}
	return r.fetch(decode)
}

// request is one call on its way.
type request struct {
	ctx    context.Context
	engine *engine
	op     *operation
	policy transport.Policy
	call   *transport.Call
	path   string      // escaped
	header http.Header // see ownHeader
	owns   bool        // the header is not shared
	encoded

	limit   int64            // of the answer, if it is decoded: of its text, and of what that takes in memory; glance reads no more than that
	limited io.LimitedReader // the answer's body
	read    *http.Response   // the answer whose text is in the buffer, which may be that of an attempt before the last

	reports  reports
	prefetch int
	wrong    error // why an option is invalid; nil if none is
}

// prepare checks the arguments of a call and makes its request. Nothing is sent if any of them is wrong.
func (e *engine) prepare(ctx context.Context, op *operation, parts path, in any, opts []RequestOption) (*request, error) {
	path, err := parts.expand(op.route)
	if err != nil {
		return nil, op.invalid(err)
	}
	return e.prepareAt(ctx, op, path, in, opts)
}

// prepareAt is prepare for a path that is escaped already.
func (e *engine) prepareAt(ctx context.Context, op *operation, path string, in any, opts []RequestOption) (*request, error) {
	options, err := op.encode(in)
	if err != nil {
		return nil, op.invalid(err)
	}
	return e.prepareEncoded(ctx, op, path, options, opts)
}

// prepareEncoded is prepareAt for options that were checked and encoded before.
func (e *engine) prepareEncoded(ctx context.Context, op *operation, path string, options encoded, opts []RequestOption) (*request, error) {
	if ctx == nil {
		return nil, op.invalid(errors.New("the context is nil"))
	}
	r := &request{ctx: ctx, engine: e, op: op, path: path, policy: e.policy, header: e.header, encoded: options, limit: maxBody}
	if r.body != nil {
		r.ownHeader()["Content-Type"] = contentJSON
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
		r.ownHeader()["Content-Type"] = []string{r.upload.contentType}
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
		Name: r.op.name, Method: r.op.method, Route: r.op.route, Path: r.path, Repeatable: r.op.repeatable, Policy: r.policy,
		Authorize: r.engine.auth, Header: r.header, Options: r,
	}
}

// Secrets are the tokens and the values of variables among the options of the call, and the tokens in its query.
func (r *request) Secrets() []string {
	secrets := slices.Concat(secretsIn(reflect.ValueOf(r.in), secretDepth), r.secrets, r.engine.secrets)
	for name, values := range r.query {
		if slices.ContainsFunc(secretive, func(end string) bool { return strings.HasSuffix(name, end) }) {
			secrets = append(secrets, values...)
		}
	}
	return secrets
}

// secretive are the ends of the names of parameters that hold a secret, as in private_token.
var secretive = []string{"token", "secret", "password"}

// ownHeader is the header of the request for the changes of its own; without any it is the client's.
func (r *request) ownHeader() http.Header {
	if !r.owns {
		r.header, r.owns = maps.Clone(r.header), true
	}
	return r.header
}

// Shared by all requests: header values are read only.
var (
	contentJSON = []string{"application/json"}
	asItIs      = []string{"identity"}
)

// nothingAsked is the body of a call without options that may not be repeated. Only of a request that has one does net/http tell, on HTTP/2,
// whether the server refused it.
var nothingAsked = []byte("{}")

// encoded are the options of a call as they are sent: checked, and encoded once.
type encoded struct {
	in      any      // the options themselves, for the secrets in them
	secrets []string // of options that are not kept
	query   url.Values
	body    []byte
	upload  *upload // in place of body
}

// encode puts the options of a call into the query or the body, as the method has it.
func (op *operation) encode(in any) (options encoded, err error) {
	options.in, err = checked(in)
	form, isForm := options.in.(uploader)
	switch {
	case err != nil:
	case isForm:
		options.in = nil // there are no secrets in it, and a lot to look for them in
		options.upload, err = form.upload()
	case op.method == http.MethodGet || op.method == http.MethodHead || op.method == http.MethodDelete:
		if options.in != nil {
			options.query, err = encodeQuery(options.in)
		}
	case options.in != nil:
		options.body, err = codec.Marshal(options.in)
	case !op.repeatable:
		options.body = nothingAsked
	}
	return options, err
}

// settle keeps nothing of the options but their secrets: the caller may change them before the request is made.
func (e *encoded) settle() {
	if e.in != nil && holdsSecret(reflect.TypeOf(e.in)) {
		e.secrets = secretsIn(reflect.ValueOf(e.in), secretDepth)
	}
	e.in = nil
}

func encodeQuery(in any) (url.Values, error) {
	if values, ok := in.(url.Values); ok {
		return maps.Clone(values), nil
	}
	return query.Values(in)
}

// http makes the request for the transport.
func (r *request) http() *http.Request {
	u := r.engine.base
	if u.RawPath != "" || strings.Contains(r.path, "%") {
		u.RawPath = u.EscapedPath() + r.path
		u.Path, _ = url.PathUnescape(u.RawPath) // what was escaped unescapes
	} else {
		u.Path += r.path
	}
	u.RawQuery = r.query.Encode()
	req := http.Request{Method: r.op.method, URL: &u, Host: u.Host, Header: r.header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	return req.WithContext(r.call.Within(r.ctx))
}

// payload is the body as the transport takes it.
func (r *request) payload() transport.Body {
	if r.upload != nil {
		return func() (io.Reader, error) { return r.upload.open(r.ctx) }
	}
	return transport.Bytes(r.body)
}

// fetch sends the request, reads the whole answer, and lets decode have it.
func (r *request) fetch(decode decodeFunc) error {
	text := buffers.Get().(*buffer)
	defer text.keep()
	if r.upload != nil {
		defer r.upload.finish()
	}
	resp, err := r.engine.transport.Do(r.call, r.http(), r.payload(), func(resp *http.Response) error {
		defer resp.Body.Close()
		limit := r.limit + 1
		if !succeeded(resp) {
			limit = maxFailure
		}
		r.read = resp
		r.limited = io.LimitedReader{R: resp.Body, N: limit}
		return text.fill(&r.limited, resp.ContentLength)
	})
	var body []byte
	if resp != nil && resp == r.read {
		body = *text
	}
	r.report(resp)
	if err != nil || !succeeded(resp) {
		return r.failed(resp, body, cmp.Or(err, r.strayed(resp)))
	}
	if int64(len(body)) > r.limit && r.limit != glance {
		return r.undecodable(resp, nil, fmt.Errorf("it is longer than %d MiB", r.limit>>20))
	}
	if err := decode(resp, body); err != nil {
		return r.undecodable(resp, body, err)
	}
	return nil
}

// open sends the request and returns the answer's body as it comes, unless it is known not to be the one that was asked for.
func (r *request) open(wrong func(*http.Response) bool) (*Download, error) {
	resp, err := r.engine.transport.Do(r.call, r.http(), r.payload(), nil)
	r.report(resp)
	if err != nil {
		return nil, r.failed(resp, nil, err)
	}
	if !succeeded(resp) {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxFailure))
		transport.Discard(resp.Body)
		return nil, r.failed(resp, body, r.strayed(resp))
	}
	if wrong(resp) {
		transport.Discard(resp.Body)
		return nil, r.undecodable(resp, nil, errPage)
	}
	return newDownload(resp,
		func(err error) *Error { return r.failed(resp, nil, err) },
		func(err error) *Error { return r.undecodable(resp, nil, err) }), nil
}

// A RequestOption changes one call.
type RequestOption func(*request)

func withValues(values url.Values) RequestOption {
	return func(r *request) {
		if r.query == nil && len(values) > 0 {
			r.query = make(url.Values, len(values))
		}
		for name, value := range values {
			r.query[name] = value
		}
	}
}

// report tells those who want to know what came back.
func (r *request) report(resp *http.Response) {
	if r.reports.wanted() {
		r.reports.fill(responseOf(r.call, resp))
	}
}

func succeeded(resp *http.Response) bool { return resp.StatusCode >= 200 && resp.StatusCode < 300 }

var errPage = errors.New("a page came instead")

// undecodable is the error for a success whose body cannot be used.
func (r *request) undecodable(resp *http.Response, body []byte, err error) *Error {
	e := r.failed(resp, body, err)
	kind := ErrDecode
	contentType, text := resp.Header.Get("Content-Type"), string(codec.Trim(e.Body[:min(len(e.Body), 128)]))
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

// strayed is why an answer says that nobody is known, where a redirect to another origin took the credentials off the request.
func (r *request) strayed(resp *http.Response) error {
	if resp == nil || resp.StatusCode != http.StatusUnauthorized || resp.Request == nil {
		return nil
	}
	if transport.SameOrigin(resp.Request.URL, &r.engine.base) {
		return nil
	}
	to := *resp.Request.URL
	base, ok := strings.CutSuffix(to.EscapedPath(), r.path)
	if !ok {
		base = ""
	}
	base = strings.TrimSuffix(base, apiPath)
	return fmt.Errorf("a redirect to another origin took the credentials off: use %s://%s%s as the base URL", to.Scheme, to.Host, base)
}

// failed is the error of a call that was sent, or was about to be, and for which err or an unsuccessful answer came back.
func (r *request) failed(resp *http.Response, body []byte, err error) *Error {
	call := r.call
	e := &Error{Op: call.Name, Method: call.Method, Route: call.Route, StatusCode: call.Status, RetryAfter: call.RetryAfter,
		Attempts: call.Attempts, Err: err, kinds: r.op.kinds()}
	clean := call.Cleaner()
	e.clean = func() transport.Cleaner { return clean }
	e.Path = clean.Line(r.path)
	if resp != nil {
		e.RequestID = clean.Line(resp.Header.Get("X-Request-Id"))
		e.Body = clean.Body(body, maxErrorBody)
		e.Message, e.Fields = parseMessage(resp.Header.Get("Content-Type"), e.Body, !succeeded(resp))
		e.Message, e.Fields = clean.Line(e.Message), cleanFields(e.Fields, clean)
	}
	cause := r.ctx.Err()
	if err != nil && cause != nil && !errors.Is(err, cause) {
		e.Err = fmt.Errorf("%w: %w", cause, err) // net/http returns the context's own cause, which need not say that it ended
	}
	e.Err = told(e.Err, clean)
	e.kinds = append(e.kinds, r.natures(e)...)
	return e
}

// natures tells what a failure means beyond its status.
func (r *request) natures(e *Error) (natures []error) {
	if errors.As(e.Err, new(*transport.RedirectError)) {
		return []error{ErrRedirected}
	}
	if errors.Is(e.Err, errBadToken) || errors.Is(e.Err, errNoAuth) || errors.Is(e.Err, transport.ErrHeader) {
		return []error{ErrInvalidArgument}
	}
	unread := e.Err != nil && e.StatusCode >= 200 && e.StatusCode < 300
	if !r.op.repeatable && (r.call.Unsettled && !r.upload.partial() || unread) {
		natures = append(natures, ErrOutcomeUnknown)
	}
	if e.StatusCode == http.StatusConflict && strings.Contains(e.Message, "multiple variables") {
		natures = append(natures, ErrAmbiguousVariable)
	}
	return natures
}
