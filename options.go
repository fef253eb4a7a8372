package gitlabci

import (
	"errors"
	"net/http"
	"net/url"
)

// WithHeader sets a header of the request. It wins over the headers that the client sets, those of its authentication included.
func WithHeader(name, value string) RequestOption {
	return func(r *request) { r.ownHeader()[http.CanonicalHeaderKey(name)] = []string{value} }
}

// WithQuery sets a parameter of the request's query, for what has no field in the call's options. Several values repeat the parameter.
func WithQuery(name string, values ...string) RequestOption {
	return withValues(url.Values{name: values})
}

// WithSudo makes the call in the name of another user, given by id or username. It needs an administrator's token with the scope
// sudo.
//
// GitLab docs: https://docs.gitlab.com/api/rest/authentication/#sudo
func WithSudo(user string) RequestOption {
	return func(r *request) {
		r.ownHeader()["Sudo"] = []string{user}
		if user == "" { // GitLab would take the call for the administrator's own
			r.wrong = errors.New("the user of WithSudo is empty")
		}
	}
}

// WithResponse fills in the status, headers and so on of the answer: after every call, failed or not, and in a list each time that the loop
// comes to another page. A call that sends several requests leaves that of the last one. Do not share one Response among calls that run at
// the same time.
func WithResponse(response *Response) RequestOption {
	return func(r *request) { r.reports.caller = response }
}

// WithPrefetch lets a list ask for up to n pages at once, ahead of the loop. The items keep their order. A loop that is left early has
// asked for up to n pages in vain. For an n above 1 a list that GitLab can page by keyset, where each page names the next, is paged by
// number; one that has no numbers runs one page ahead, whatever n is. An n above 100 is 100. Calls that are no lists ignore it.
func WithPrefetch(n int) RequestOption {
	return func(r *request) { r.prefetch = min(n, maxPrefetch) }
}

// maxPrefetch is for the lists that do not tell how long they are.
const maxPrefetch = 100

// WithoutRetry sends the call at most once, whatever comes back.
func WithoutRetry() RequestOption {
	return func(r *request) { r.policy.MaxAttempts = 1 }
}
