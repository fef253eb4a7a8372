package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Policy says how often and how patiently a call is repeated.
type Policy struct {
	MaxAttempts      int           // the first one included
	MinWait, MaxWait time.Duration // bounds of the backoff
	MaxRateLimitWait time.Duration // the longest wait that a server may ask for

	Stall time.Duration // how long a server may be silent; 0 is for ever
	Total time.Duration // how long an answer may take to come whole; 0 is for ever
}

// Call is one API call: what the transport has to know of it, and what became of it. It serves one [Transport.Do].
type Call struct {
	context.Context // of [Call.Within]

	Name, Method, Route string
	Path                string // what fills the route
	Repeatable          bool   // it does no harm if the server acts twice
	Policy              Policy
	Authorize           func(context.Context, http.Header) error // adds the credentials
	Header              http.Header                              // of the request; read only
	Options             interface{ Secrets() []string }          // of the call; nil if there are none

	Attempts   int
	RetryAfter time.Duration // what the last answer asked to wait
	Status     int           // of the answer to the last attempt, 0 if none came
	Unsettled  bool          // the server may have acted on the last attempt, and did not say that it would not

	wait   time.Duration
	began  time.Time
	unread error // what went wrong with reading the latest answer

	mu         sync.Mutex // the caller's RoundTrippers may use goroutines, and leave some behind
	trip       *trip      // the latest
	first      trip       // which is the only one of most calls
	connection connection
	secrets    []string
	room       [2]string // for as many secrets as there mostly are
}

// connection is how near an attempt came to the server.
type connection int

const (
	connectionUnknown connection = iota // nothing was said of it: assume the worst
	connectionSought                    // and not made: the server cannot have acted
	connectionUnused                    // made, and lost before anything was written to it
	connectionMade
	requestWritten
)

type callKey struct{}

// Within makes the call the context of the requests that serve it, which then ends with ctx.
func (c *Call) Within(ctx context.Context) context.Context {
	c.Context = ctx
	return c
}

// Value returns the call to [CallFrom], and else what its context has.
func (c *Call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// CallFrom returns the call that a request's context serves.
func CallFrom(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

func (c *Call) reached(state connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connection = max(c.connection, state)
}

// unreached notes that the trip which has failed wrote nothing. What an earlier one did stands.
func (c *Call) unreached() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connection == connectionMade {
		c.connection = connectionUnused
	}
}

// hurry lets no more than this pass until the latest answer has ended.
func (c *Call) hurry(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trip.hurry(d)
}

func (c *Call) begin() {
	c.Attempts++
	c.began = time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connection, c.trip = connectionUnknown, nil
}

// sent reports whether the server may have acted on the latest attempt, which ended with err.
func (c *Call) sent(err error) bool {
	if errors.As(err, new(*AuthError)) || refusals.MatchString(bare(err).Error()) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connection != connectionSought && c.connection != connectionUnused
}

// judge reports whether another attempt follows, after c.wait, the one that ended with this answer, this error or both.
func (c *Call) judge(ctx context.Context, resp *http.Response, err error) bool {
	c.RetryAfter = 0
	if resp != nil {
		c.Status = resp.StatusCode
		c.RetryAfter = retryAfter(resp.StatusCode, resp.Header, time.Now())
	}
	switch {
	case resp != nil:
		c.Unsettled = c.Status >= 500 || err != nil && c.Status < 300
	default:
		c.Unsettled = c.sent(err)
		if unsent := (*AuthError)(nil); errors.As(err, &unsent) && !unsent.redirected {
			c.Attempts--
		} else {
			c.Status = 0
		}
	}
	return c.again(ctx, resp, err)
}

// again is the retry contract. The package doc of gitlabci states it in words.
func (c *Call) again(ctx context.Context, resp *http.Response, err error) bool {
	if c.Attempts >= c.Policy.MaxAttempts {
		return false
	}
	switch limited := resp != nil && resp.StatusCode == http.StatusTooManyRequests; {
	case err != nil && permanent(ctx, err):
		return false
	case limited && c.RetryAfter > 0:
		c.wait = c.RetryAfter
	case limited:
		c.wait = c.backoff()
	case !c.Repeatable && (resp != nil || c.Unsettled), err == nil && !transient(resp):
		return false
	default:
		c.wait = max(c.backoff(), c.RetryAfter)
	}
	if c.RetryAfter > c.Policy.MaxRateLimitWait {
		return false
	}
	deadline, ok := ctx.Deadline()
	return !ok || c.wait <= time.Until(deadline)
}

// backoff doubles with each attempt; the jitter keeps clients that failed together from coming back together.
func (c *Call) backoff() time.Duration {
	wait := min(c.Policy.MinWait, c.Policy.MaxWait)
	for attempt := 1; attempt < c.Attempts && wait < c.Policy.MaxWait; attempt++ {
		wait += min(wait, c.Policy.MaxWait-wait)
	}
	return wait/2 + rand.N(wait/2+1)
}

func (c *Call) log(ctx context.Context, logger *slog.Logger, resp *http.Response, err error, again bool) {
	level, message := slog.LevelDebug, "gitlabci: answered"
	attrs := append(make([]slog.Attr, 0, 9), slog.String("operation", c.Name), slog.String("method", c.Method), slog.String("route", c.Route),
		slog.String("path", c.Cleaner().Line(c.Path)),
		slog.Int("attempt", c.Attempts), slog.Duration("took", time.Since(c.began)))
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode))
	}
	if err != nil {
		message = "gitlabci: failed"
		attrs = append(attrs, slog.String("error", c.Cleaner().Cause(bare(err).Error())))
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

// transient answers are those of a server that may work a moment later. The body of a conflict that may be one is read and put back.
func transient(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusConflict:
		body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		buffered(resp, body)
		return err != nil || bytes.Contains(body, []byte("Resource lock")) // one that broke off may have gone on to say so
	}
	return false
}

// retryAfter is how long an answer tells to wait: Retry-After in seconds or as a date; RateLimit-Reset, in Unix seconds, only where
// the limit was hit, since GitLab.com sends it with every answer.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if value := h.Get("Retry-After"); value != "" {
		if n, ok := parseSeconds(value); ok {
			return time.Duration(n) * time.Second
		}
		if date, err := http.ParseTime(value); err == nil {
			return max(0, date.Sub(now))
		}
	}
	if status != http.StatusTooManyRequests {
		return 0
	}
	if reset, ok := parseSeconds(h.Get("RateLimit-Reset")); ok {
		return max(0, time.Unix(reset, 0).Sub(now))
	}
	return 0
}

// parseSeconds reads a number of seconds. One that no integer holds is a long time, not garbage.
func parseSeconds(text string) (int64, bool) {
	const centuries = 1 << 33
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false // which ParseUint does not say where the digits before it are too many
		}
	}
	n, err := strconv.ParseUint(text, 10, 64) // the largest of all beside ErrRange
	return int64(min(n, centuries)), err == nil || errors.Is(err, strconv.ErrRange)
}
