package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// origin is what credentials belong to.
type origin struct{ scheme, host, port string }

func originOf(u *url.URL) origin {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return origin{u.Scheme, strings.ToLower(u.Hostname()), port}
}

// SameOrigin reports whether credentials for one URL are for the other too.
func SameOrigin(a, b *url.URL) bool { return originOf(a) == originOf(b) }

// AuthError says that the credentials could not be had. The request was not sent.
type AuthError struct {
	Err        error
	redirected bool // what led to the request was sent
}

func (e *AuthError) Error() string { return "credentials: " + e.Err.Error() }
func (e *AuthError) Unwrap() error { return e.Err }

// credentials is the last that a call's request passes through before the wire. It adds what Authorize sets, below redirects and below
// the caller's own RoundTrippers, so that neither ever holds it, and it lets only harmless headers go to other hosts.
type credentials struct {
	home origin
	next http.RoundTripper
}

func (t *credentials) RoundTrip(req *http.Request) (*http.Response, error) {
	call := CallFrom(req.Context())
	if call == nil {
		return t.next.RoundTrip(req)
	}
	header, err := call.header(req, t.atHome(req))
	if err == nil && req.Context().Err() != nil {
		call.reached(connectionSought) // never made, which net/http would not tell
		err = context.Cause(req.Context())
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	out, trip := call.depart(req, t.next)
	out.Header = header
	resp, err := trip.arrive(t.next.RoundTrip(out))
	if resp == nil {
		return resp, err
	}
	resp.Request = req // not the one with the credentials
	if resp.StatusCode >= 300 {
		trip.hurry(failureTime)
	}
	if to := resp.Header.Get("Location"); resp.StatusCode/100 == 3 && to != "" {
		if _, err := req.URL.Parse(to); err != nil { // net/http would print it, query and all
			resp.Body.Close()
			return nil, &RedirectError{Reason: "the answer pointed", To: "what is no address"}
		}
	}
	return resp, err
}

// header is what a request sends: all that the caller set and its credentials at home, what names nobody elsewhere.
func (c *Call) header(req *http.Request, atHome bool) (http.Header, error) {
	header := make(http.Header, len(req.Header)+1)
	if !atHome {
		for name, values := range req.Header {
			if harmless[name] {
				header[name] = values
			}
		}
		return header, nil
	}
	if c.Authorize != nil {
		err := c.Authorize(req.Context(), header)
		if err == nil {
			err = CheckHeader(header)
		}
		c.keepAll(header)
		if err != nil {
			return nil, &AuthError{err, req.Response != nil}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, values := range req.Header { // what the caller set itself wins
		header[name] = values
		if isSecretive(name) {
			c.keep(name, values)
		}
	}
	return header, nil
}

// atHome reports whether a request, and whatever redirected to it, went to the origin: another host must not choose what is asked with
// our credentials.
func (t *credentials) atHome(req *http.Request) bool {
	for req != nil {
		if originOf(req.URL) != t.home {
			return false
		}
		if req.Response == nil {
			return true
		}
		req = req.Response.Request
	}
	return false
}

// ErrHeader says that a header cannot be sent.
var ErrHeader = errors.New("is not valid")

// CheckHeader refuses what net/http would refuse only when it sends it. It prints no value.
func CheckHeader(header http.Header) error {
	for name, values := range header {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) }) {
			return fmt.Errorf("the name of header %q %w", name, ErrHeader)
		}
		for _, value := range values {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return fmt.Errorf("the value of header %s %w", name, ErrHeader)
			}
		}
	}
	return nil
}

// RedirectError says that an answer pointed elsewhere and was not followed.
type RedirectError struct {
	Reason string
	To     string // without its query, which may hold a signature
}

func (e *RedirectError) Error() string { return fmt.Sprintf("%s to %s", e.Reason, e.To) }

// harmless headers may go to another host: they name nobody.
var harmless = map[string]bool{"Accept": true, "Accept-Encoding": true, "If-None-Match": true, "If-Range": true, "Range": true, "User-Agent": true}

// checkRedirect lets reading calls follow, never from https to http.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first, last := via[0], via[len(via)-1]
	refuse := func(reason string) error {
		return &RedirectError{reason, Line((&url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path}).String())}
	}
	switch {
	case first.Method != http.MethodGet && first.Method != http.MethodHead:
		return refuse(first.Method + " was redirected")
	case last.URL.Scheme == "https" && req.URL.Scheme != "https":
		return refuse("refused to go from https")
	case len(via) >= 10:
		return refuse("the tenth redirect led")
	}
	req.Header.Del("Referer")
	return nil
}
