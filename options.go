package gitlabci

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// A RequestOption changes one call.
type RequestOption func(*request)

// WithHeader sets a header of the request. It wins over the headers that the client sets, those of its authentication included.
func WithHeader(name, value string) RequestOption {
	return func(r *request) { r.ownHeader()[http.CanonicalHeaderKey(name)] = []string{value} }
}

// WithQuery sets a parameter of the request's query, for what has no field in the call's options. Several values repeat the parameter.
func WithQuery(name string, values ...string) RequestOption {
	return withValues(url.Values{name: values})
}

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

// WithSudo makes the call in the name of another user, given by id or username. It needs an administrator's token with the scope
// sudo.
//
// GitLab docs: https://docs.gitlab.com/api/rest/authentication/#sudo
func WithSudo(user string) RequestOption {
	return func(r *request) {
		if r.ownHeader()["Sudo"] = []string{user}; user == "" { // GitLab would take the call for the administrator's own
			r.wrong = errors.New("the user of WithSudo is empty")
		}
	}
}

// WithResponse fills in the status, headers and so on of the answer: after every call, failed or not, and in a list each time that the loop
// comes to another page. A call that sends several requests leaves that of the last one. Do not share one Response among calls that run at
// the same time.
func WithResponse(response *Response) RequestOption {
	return func(r *request) { r.response = response }
}

// WithPrefetch lets a list ask for up to n pages at once, ahead of the loop. The items keep their order. A loop that is left early has
// asked for up to n pages in vain. For an n above 1 a list that GitLab can page by keyset, where each page names the next, is paged by number;
// one that has no numbers runs one page ahead, whatever n is. An n above 100 is 100. Calls that are no lists ignore it.
func WithPrefetch(n int) RequestOption {
	return func(r *request) { r.prefetch = min(n, maxPrefetch) }
}

// maxPrefetch is for the lists that do not tell how long they are.
const maxPrefetch = 100

// WithoutRetry sends the call at most once, whatever comes back.
func WithoutRetry() RequestOption {
	return func(r *request) { r.policy.MaxAttempts = 1 }
}

// Response is what came back besides the result of a call.
type Response struct {
	StatusCode int         // 0 if nothing came back
	Header     http.Header // read only
	RequestID  string      // GitLab's id of the request
	Attempts   int         // how often the request was sent

	// Where a page stands in its list. GitLab leaves out the totals of long lists, and all but PerPage of lists paged by keyset.
	Page, PerPage, NextPage, PrevPage int
	TotalPages, Total                 int

	RateLimit RateLimit
}

// RateLimit is the state of a rate limit, as GitLab's RateLimit-... headers tell it. It is zero, and so is its Reset, unless they tell in a
// way that can be read both how many requests remain and until when.
type RateLimit struct {
	Limit, Observed, Remaining int       // requests in the current window
	Reset                      time.Time // the end of the window
}

// maxReset is the last second that a date can tell in four digits of the year.
const maxReset = 253402300799

// rateLimitOf reads the RateLimit-... headers. Proxies write a window or a policy behind a number, as in "599;w=60".
func rateLimitOf(h http.Header) RateLimit {
	number := func(name string) (int64, bool) {
		value := h.Get(name)
		if end := strings.IndexAny(value, ",;"); end > 0 {
			value = strings.TrimSpace(value[:end])
		}
		n, err := strconv.ParseInt(value, 10, 64)
		return n, err == nil
	}
	remaining, known := number("RateLimit-Remaining")
	reset, ends := number("RateLimit-Reset")
	if !known || !ends || reset <= 0 || reset > maxReset {
		return RateLimit{}
	}
	most, _ := number("RateLimit-Limit")
	observed, _ := number("RateLimit-Observed")
	return RateLimit{int(most), int(observed), int(remaining), time.Unix(reset, 0)}
}

// report fills in the response of [WithResponse].
func (r *request) report(resp *http.Response) {
	if r.response != nil {
		*r.response = responseOf(r.call, resp)
	}
}

func responseOf(call *transport.Call, resp *http.Response) Response {
	if resp == nil {
		return Response{Attempts: call.Attempts}
	}
	number := func(name string) int {
		n, err := strconv.Atoi(resp.Header.Get(name))
		if err != nil {
			return 0
		}
		return n
	}
	return Response{
		StatusCode: resp.StatusCode, Header: resp.Header, RequestID: resp.Header.Get("X-Request-Id"), Attempts: call.Attempts,
		Page: number("X-Page"), PerPage: number("X-Per-Page"), NextPage: number("X-Next-Page"), PrevPage: number("X-Prev-Page"),
		TotalPages: number("X-Total-Pages"), Total: number("X-Total"),
		RateLimit: rateLimitOf(resp.Header),
	}
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
