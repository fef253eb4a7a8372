package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Policy says how often and how patiently a call is repeated.
type Policy struct {
	MaxAttempts      int           // the first one included
	MinWait, MaxWait time.Duration // bounds of the backoff
	MaxRateLimitWait time.Duration // the longest wait that a server may ask for
}

// Call is one API call: what the transport has to know of it, and what became of it. It serves one [Transport.Do].
type Call struct {
	Name, Method, Route string
	Repeatable          bool // it does no harm if the server acts twice
	Policy              Policy
	Authorize           func(context.Context, http.Header) error // adds the credentials

	Attempts   int
	RetryAfter time.Duration // what the last answer asked to wait
	Status     int           // of the last answer, 0 before the first

	wait       time.Duration
	began      time.Time
	connection atomic.Int32 // of the latest attempt: one of the states below
	secrets    []string
}

const (
	connectionUnknown int32 = iota // nothing was said of it: assume the worst
	connectionSought
	connectionMade
)

type callKey struct{}

// CallFrom gives the call that a request's context serves.
func CallFrom(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

// Sent says whether the server may have seen the last attempt.
func (c *Call) Sent() bool { return c.Attempts > 0 && c.connection.Load() != connectionSought }

// Secrets are the credentials that went along.
func (c *Call) Secrets() []string { return c.secrets }

// traceConnection watches for the proof that an attempt never reached the server. A RoundTripper that reports nothing proves nothing.
func (c *Call) traceConnection() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { c.connection.Store(connectionSought) },
		GotConn: func(httptrace.GotConnInfo) { c.connection.Store(connectionMade) },
	}
}

func (c *Call) begin() {
	c.Attempts++
	c.connection.Store(connectionUnknown)
	c.began = time.Now()
}

// end judges an attempt, logs it, and says whether another one follows after c.wait.
func (c *Call) end(ctx context.Context, logger *slog.Logger, resp *http.Response, err error) bool {
	c.RetryAfter = 0
	if resp != nil {
		c.Status = resp.StatusCode
		c.RetryAfter = retryAfter(resp.StatusCode, resp.Header, time.Now())
	}
	again := c.again(ctx, resp, err)
	if logger != nil {
		c.log(ctx, logger, again, err)
	}
	return again
}

// again is the retry contract. The package doc of gitlabci states it in words.
func (c *Call) again(ctx context.Context, resp *http.Response, err error) bool {
	if ctx.Err() != nil || c.Attempts >= c.Policy.MaxAttempts {
		return false
	}
	c.wait = c.backoff()
	switch {
	case err != nil:
		if permanent(ctx, err) || c.Sent() && !c.Repeatable {
			return false
		}
	case resp.StatusCode == http.StatusTooManyRequests:
		if c.RetryAfter > 0 {
			c.wait = c.RetryAfter
		}
	case !c.Repeatable || !transient(resp):
		return false
	default:
		c.wait = max(c.wait, c.RetryAfter)
	}
	if c.RetryAfter > c.Policy.MaxRateLimitWait {
		return false
	}
	deadline, ok := ctx.Deadline()
	return !ok || c.wait <= time.Until(deadline)
}

// backoff doubles with each attempt; the jitter keeps clients that failed together from coming back together.
func (c *Call) backoff() time.Duration {
	wait := c.Policy.MaxWait
	if doublings := c.Attempts - 1; doublings < 32 && c.Policy.MinWait<<doublings < wait {
		wait = c.Policy.MinWait << doublings
	}
	return wait/2 + rand.N(wait/2+1)
}

func (c *Call) log(ctx context.Context, logger *slog.Logger, again bool, err error) {
	level, message := slog.LevelDebug, "gitlabci: answered"
	attrs := append(make([]slog.Attr, 0, 8), slog.String("operation", c.Name), slog.String("method", c.Method), slog.String("route", c.Route),
		slog.Int("attempt", c.Attempts), slog.Duration("took", time.Since(c.began)))
	if err != nil {
		message = "gitlabci: failed"
		attrs = append(attrs, slog.String("error", Redact(err.Error(), c.secrets)))
	} else {
		attrs = append(attrs, slog.Int("status", c.Status))
	}
	if again {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Duration("retry_in", c.wait))
	}
	logger.LogAttrs(ctx, level, message, attrs...)
}

// permanent errors come back however often the call is repeated.
func permanent(ctx context.Context, err error) bool {
	if errors.As(err, new(*RedirectError)) || errors.As(err, new(*AuthError)) {
		return true
	}
	again, _ := retryablehttp.DefaultRetryPolicy(ctx, nil, err) // knows bad certificates, schemes and headers
	return !again
}

// transient answers are those of a server in passing trouble. The body of a conflict that may be one is read and put back.
func transient(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusConflict:
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		buffered(resp, body)
		return bytes.Contains(body, []byte("Resource lock"))
	}
	return false
}

// retryAfter is how long an answer tells to wait: Retry-After in seconds or as a date; RateLimit-Reset, in Unix seconds, only where
// the limit was hit, since GitLab.com sends it with every answer.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if value := h.Get("Retry-After"); value != "" {
		if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
			return time.Duration(min(seconds, math.MaxInt32)) * time.Second
		}
		if date, err := http.ParseTime(value); err == nil {
			return max(0, date.Sub(now))
		}
	}
	if reset, err := strconv.ParseInt(h.Get("RateLimit-Reset"), 10, 64); err == nil && status == http.StatusTooManyRequests {
		return max(0, time.Unix(reset, 0).Sub(now))
	}
	return 0
}
