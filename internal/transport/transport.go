// Package transport carries one API call over HTTP: it adds the credentials, keeps them at home, follows what may be followed
// and repeats what may be repeated. It knows HTTP and nothing of GitLab's objects.
package transport

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Transport sends calls to one origin. It is safe for concurrent use.
type Transport struct {
	client *http.Client
	logger *slog.Logger
	adding bool // something adds to the headers of a request
}

// New returns a Transport for the origin of base. What wrap makes sees each attempt of a call, without its credentials.
func New(base *url.URL, client *http.Client, logger *slog.Logger, wrap ...func(http.RoundTripper) http.RoundTripper) *Transport {
	home := originOf(base)
	own := *client
	own.Transport = &credentials{home, own.Transport}
	for _, w := range wrap {
		own.Transport = w(own.Transport)
	}
	// go-retryablehttp closes the idle connections of its client when a call fails, also those of all other calls.
	own.Transport = justRoundTrip{own.Transport}
	own.CheckRedirect = checkRedirect
	return &Transport{&own, logger, own.Jar != nil || len(wrap) > 0}
}

// justRoundTrip hides every method of a RoundTripper but the one.
type justRoundTrip struct{ http.RoundTripper }

// Default is the transport of a client that brings none: proxy from the environment, HTTP/2, limits on connecting. How long an answer may
// take is the call's policy.
func Default() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second}, // or a dead connection is used again and again
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       50 * time.Second, // before nginx (75 s) and most balancers (60 s) close it under a request
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// A Body opens what a request sends, anew for each attempt; nil sends nothing. A reader with a method Len tells how long it is.
type Body func() (io.Reader, error)

// Bytes is a Body of what b holds.
func Bytes(b []byte) Body {
	if b == nil {
		return nil
	}
	return func() (io.Reader, error) { return bytes.NewReader(b), nil }
}

// Do sends req, whose context is of [Context], with body, as often as the call's policy allows, and returns the last answer, its body still
// open.
//
// If read is not nil it reads each answer that would be the last one, so that a connection lost in the middle of a body counts
// as an attempt that failed. Beside an error stands the answer that it befell, if there was one.
func (t *Transport) Do(call *Call, req *http.Request, body Body, read func(*http.Response) error) (*http.Response, error) {
	repeating, err := retryablehttp.FromRequest(req)
	if err != nil {
		return nil, err
	}
	if body != nil {
		if err := repeating.SetBody(retryablehttp.ReaderFunc(body)); err != nil {
			return nil, err
		}
	}
	header := req.Header // cookie jars add to that of an attempt, and some RoundTrippers
	client := retryablehttp.Client{
		HTTPClient: t.client,
		RetryMax:   math.MaxInt, // the call counts for itself
		RequestLogHook: func(_ retryablehttp.Logger, attempt *http.Request, _ int) {
			if t.adding {
				attempt.Header = maps.Clone(header)
			}
			call.begin()
		},
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			call.unread = nil
			again := call.judge(ctx, resp, err)
			if !again && err == nil && read != nil {
				if call.unread = read(resp); call.unread != nil {
					err = call.unread
					again = call.judge(ctx, resp, err)
				}
			}
			if again {
				call.hurry(drainTime)
			}
			if t.logger != nil {
				call.log(ctx, t.logger, resp, err, again)
			}
			return again, nil
		},
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return call.wait },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := client.Do(repeating)
	if err == nil {
		err = call.unread
	}
	return resp, bare(err)
}

// bare takes off an error what net/http put around it: it prints the URL, query and all.
func bare(err error) error {
	if outer, ok := err.(*url.Error); ok && outer.Err != nil {
		return bare(outer.Err)
	}
	return err
}

// Discard reads a little of a body that nobody wants, so that its connection can serve again, and closes it.
func Discard(body io.ReadCloser) {
	io.Copy(io.Discard, io.LimitReader(body, 4<<10))
	body.Close()
}

// buffered replaces the body of resp by what b holds.
func buffered(resp *http.Response, b []byte) {
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(b))
}
