package transport

import (
	"context"
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

// AuthError says that the credentials could not be had. The request was not sent.
type AuthError struct{ Err error }

func (e *AuthError) Error() string { return "credentials: " + e.Err.Error() }
func (e *AuthError) Unwrap() error { return e.Err }

// credentials adds what a call's Authorize sets, below redirects and below the caller's own RoundTrippers: neither ever holds it.
type credentials struct {
	home origin
	next http.RoundTripper
}

func (t *credentials) RoundTrip(req *http.Request) (*http.Response, error) {
	call := CallFrom(req.Context())
	if call == nil || call.Authorize == nil || !t.atHome(req) {
		return t.next.RoundTrip(req)
	}
	header := make(http.Header, len(req.Header)+1)
	if err := call.authorize(req.Context(), header); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	for name, values := range req.Header { // what the caller set itself wins
		header[name] = values
	}
	authorized := *req
	authorized.Header = header
	return t.next.RoundTrip(&authorized)
}

func (c *Call) authorize(ctx context.Context, header http.Header) error {
	if err := c.Authorize(ctx, header); err != nil {
		c.Attempts-- // this one was not sent
		c.connection.Store(connectionSought)
		return &AuthError{err}
	}
	for _, values := range header {
		for _, value := range values {
			c.secrets = append(c.secrets, strings.TrimPrefix(value, "Bearer "))
		}
	}
	return nil
}

// atHome says whether a request, and whatever redirected to it, went to the origin: another host must not choose what is asked with
// our credentials.
func (t *credentials) atHome(req *http.Request) bool {
	for {
		if originOf(req.URL) != t.home {
			return false
		}
		if req.Response == nil {
			return true
		}
		req = req.Response.Request
	}
}

// RedirectError says that an answer pointed elsewhere and was not followed.
type RedirectError struct {
	Reason string
	To     string // without its query, which may hold a signature
}

func (e *RedirectError) Error() string { return fmt.Sprintf("%s to %s", e.Reason, e.To) }

// harmless headers may go to another host: they name nobody.
var harmless = map[string]bool{"Accept": true, "Accept-Encoding": true, "If-None-Match": true, "If-Range": true, "Range": true, "User-Agent": true}

// checkRedirect lets reading calls follow, never from https to http, and sends other hosts only harmless headers.
func (home origin) checkRedirect(req *http.Request, via []*http.Request) error {
	first, last := via[0], via[len(via)-1]
	refuse := func(reason string) error {
		return &RedirectError{reason, (&url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path}).String()}
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
	if originOf(req.URL) != home {
		for name := range req.Header {
			if !harmless[name] {
				req.Header.Del(name)
			}
		}
	}
	return nil
}

// Redact removes each of the secrets from text.
func Redact(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return text
}
