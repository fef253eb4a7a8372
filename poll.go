package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// What is waited for is asked for again and again. The pauses between are the same everywhere: soon at first, longer while nothing
// changes, never shorter than GitLab asks for, and cut short by the context.

const (
	defaultInterval = 3 * time.Second
	maxInterval     = 10 * time.Second
	defaultPatience = 5 * time.Minute
)

// poller paces the requests of one wait. Requests of a wait are sent once: the next poll is their retry, so that the two do not
// multiply.
type poller struct {
	op       *operation
	interval time.Duration // the first pause
	longest  time.Duration
	patience time.Duration // how long GitLab may be out of reach

	pause    time.Duration
	failing  time.Time // since when nothing but passing trouble came back; zero if it does not
	response Response
}

func newPoller(op *operation, interval, patience time.Duration) *poller {
	if interval <= 0 {
		interval = defaultInterval
	}
	if patience <= 0 {
		patience = defaultPatience
	}
	return &poller{op: op, interval: interval, longest: max(interval, maxInterval), patience: patience, pause: interval}
}

// options are those of a request of the wait, with what the caller gave to it.
func (p *poller) options(opts []RequestOption, more ...RequestOption) []RequestOption {
	options := append(make([]RequestOption, 0, len(opts)+len(more)+2), opts...)
	return append(append(options, WithoutRetry(), WithResponse(&p.response)), more...)
}

// survives says whether the wait goes on after what a request gave. What it does not survive it makes an error of the wait.
func (p *poller) survives(ctx context.Context, err error) (bool, error) {
	switch {
	case err == nil:
		p.failing = time.Time{}
		return true, nil
	case ctx.Err() != nil:
		return false, p.op.wrap(err)
	case !passing(err):
		return false, p.op.wrap(err)
	}
	if p.failing.IsZero() {
		p.failing = time.Now()
	}
	if out := time.Since(p.failing); out >= p.patience {
		return false, p.op.wrap(fmt.Errorf("nothing else for %v: %w", out.Round(time.Second), err))
	}
	p.response.RateLimit = RateLimit{}
	if e := (*Error)(nil); errors.As(err, &e) {
		p.pause = max(p.pause, e.RetryAfter)
	}
	return true, nil
}

// passing says whether an error may not come back with the next request.
func passing(err error) bool {
	var e *Error
	if !errors.As(err, &e) || errors.Is(err, ErrInvalidArgument) || errors.Is(err, ErrRedirected) {
		return false
	}
	switch e.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return e.StatusCode < 300 && e.Err != nil && !errors.Is(err, ErrDecode) // the connection was lost, before or within the answer
}

// rest pauses. changed says that something happened since the last pause.
func (p *poller) rest(ctx context.Context, changed bool) error {
	if changed {
		p.pause = p.interval
	}
	pause := p.pause
	p.pause = min(p.pause*3/2, p.longest)
	return p.sleep(ctx, pause)
}

// sleep pauses for about as long, but not shorter than the rate limit allows for the requests that are left in its window.
func (p *poller) sleep(ctx context.Context, pause time.Duration) error {
	pause = pause*9/10 + rand.N(pause/5+1)
	if limit := p.response.RateLimit; !limit.Reset.IsZero() && limit.Remaining < limit.Limit/10 {
		pause = max(pause, time.Until(limit.Reset)/time.Duration(limit.Remaining+1))
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return p.op.wrap(ctx.Err())
	case <-timer.C:
		return nil
	}
}

// conditional asks for an object again only if it changed.
type conditional[T any] struct {
	etag  string
	value *T
}

// ask sends one request and gives the object as it is, and whether it differs from the last answer.
func (c *conditional[T]) ask(p *poller, opts []RequestOption, get func(...RequestOption) (*T, error)) (changed bool, err error) {
	options := p.options(opts)
	if c.etag != "" {
		options = append(options, WithHeader("If-None-Match", c.etag))
	}
	value, err := get(options...)
	if e := (*Error)(nil); errors.As(err, &e) && e.StatusCode == http.StatusNotModified {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	c.value, c.etag = value, p.response.Header.Get("Etag")
	return true, nil
}
