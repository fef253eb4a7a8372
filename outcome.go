package gitlabci

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
	"github.com/gitlabci/gitlabci/internal/transport"
)

func succeeded(resp *http.Response) bool { return resp.StatusCode >= 200 && resp.StatusCode < 300 }

// failed is the error of a call that was sent, or was about to be, and for which err or an unsuccessful answer came back.
func (r *request) failed(resp *http.Response, body []byte, err error) *Error {
	call := r.call
	e := &Error{Op: call.Name, Method: call.Method, Route: call.Route, StatusCode: call.Status, RetryAfter: call.RetryAfter, Attempts: call.Attempts,
		Err: err, kinds: r.op.kinds()}
	clean := call.Cleaner()
	e.clean = func() transport.Cleaner { return clean }
	if resp != nil {
		e.RequestID = clean.Line(resp.Header.Get("X-Request-Id"))
		e.Body = clean.Body(body, maxErrorBody)
		e.Message, e.Fields = parseMessage(resp.Header.Get("Content-Type"), e.Body, !succeeded(resp))
		e.Message, e.Fields = clean.Line(e.Message), cleanFields(e.Fields, clean)
	}
	if cause := r.ctx.Err(); err != nil && cause != nil && !errors.Is(err, cause) {
		e.Err = fmt.Errorf("%w: %w", cause, err) // net/http gives the context's own cause, which need not say that it ended
	}
	e.Err = told(e.Err, clean)
	e.kinds = append(e.kinds, r.natures(e)...)
	return e
}

// cleanFields cleans what was said of attributes, and their names.
func cleanFields(fields map[string][]string, clean transport.Cleaner) map[string][]string {
	if fields == nil {
		return nil
	}
	cleaned := make(map[string][]string, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		own := clean.Line(name)
		for _, text := range fields[name] {
			cleaned[own] = append(cleaned[own], clean.Line(text))
		}
	}
	return cleaned
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

var errPage = errors.New("a page came instead")

// strayed is why an answer says that nobody is known, where a redirect to another origin took the credentials off the request.
func (r *request) strayed(resp *http.Response) error {
	if resp == nil || resp.StatusCode != http.StatusUnauthorized || resp.Request == nil || transport.SameOrigin(resp.Request.URL, &r.client.base) {
		return nil
	}
	to := *resp.Request.URL
	base, ok := strings.CutSuffix(to.EscapedPath(), r.path)
	if !ok {
		base = ""
	}
	return fmt.Errorf("a redirect to another origin took the credentials off: use %s://%s%s as the base URL", to.Scheme, to.Host, strings.TrimSuffix(base, apiPath))
}

const maxErrorBody = 64 << 10
