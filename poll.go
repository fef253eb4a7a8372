package gitlabci

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// What is waited for is asked for again and again. The pauses between are made here: short at first, longer while nothing changes, never
// shorter than GitLab asks for, and cut short by the context.

const (
	defaultInterval = 3 * time.Second
	maxInterval     = 10 * time.Second
	defaultPatience = 5 * time.Minute
	recheck         = 3 * time.Second // between two looks that make sure that something is gone
)

// poller paces the requests of one wait. Requests of a wait are sent once: the next poll is their retry, so that the two do not
// multiply.
//
// It keeps to what GitLab asks for, in a Retry-After or by the rest of a rate limit, up to the ceiling that the client's policy sets for it.
type poller struct {
	call     *composite
	interval time.Duration // the first pause
	maxPause time.Duration // that later ones grow to
	maxAsked time.Duration // the longest pause that GitLab may ask for
	patience time.Duration // how long GitLab may be out of reach

	pause     time.Duration // the next one
	notBefore time.Time     // the next request comes
	ahead     time.Duration // of our clock is GitLab's
	asked     time.Time     // when the latest request was sent, or brought something
	failing   time.Time     // since when nothing but passing errors came back; zero if they do not
	failure   error         // the last of them
	seen      bool          // what is waited for was there once
	missing   time.Time     // since when it is not; zero if it is
	response  Response      // to the latest request

	events    events
	lastPause func(context.Context) // what is done, once, in the pause that the context's deadline will end
}

func newPoller(call *composite, interval, patience, maxAsked time.Duration) *poller {
	if interval <= 0 {
		interval = defaultInterval
	}
	if patience <= 0 {
		patience = defaultPatience
	}
	return &poller{
		call: call, interval: interval, maxPause: max(interval, maxInterval), maxAsked: maxAsked, patience: patience, pause: interval,
	}
}

// newWaitPoller is newPoller for what ends, at a time that nobody knows. Its pauses grow to a good three intervals, so that three times fewer
// requests than one an interval suffice to see the end one and a half intervals late on the average.
func newWaitPoller(call *composite, interval, patience, maxAsked time.Duration) *poller {
	p := newPoller(call, interval, patience, maxAsked)
	p.maxPause = p.interval * 16 / 5
	return p
}

// options are those of a request of the wait, with what the caller gave to it.
func (p *poller) options(opts []RequestOption) []RequestOption {
	options := append(make([]RequestOption, 0, len(opts)+3), opts...) // room for one more, so that the caller's slice is never written to
	return append(options, WithoutRetry(), func(r *request) {
		r.reports.latest = &p.response
		p.asked = time.Now()
		left := p.left()
		r.policy.Stall = min(r.policy.Stall, left)
		if r.policy.Total > 0 {
			r.policy.Total = min(r.policy.Total, left)
		}
	})
}

// left is how long the wait still has patience with a request that brings nothing.
func (p *poller) left() time.Duration {
	if p.failing.IsZero() {
		return p.patience
	}
	return max(1, p.patience-time.Since(p.failing))
}

// survives reports whether the wait goes on after a request that ended with err. What it does not survive it makes an error of the wait.
func (p *poller) survives(ctx context.Context, err error) (bool, error) {
	p.note(err)
	switch {
	case err == nil:
		p.failing, p.missing, p.failure = time.Time{}, time.Time{}, nil
		return true, nil
	case ctx.Err() != nil:
		p.failure = err
		return false, p.ended(ctx)
	case p.seen && errors.Is(err, ErrNotFound) && !p.gone():
		p.failure = err
		return true, nil
	case !passing(err):
		return false, p.call.wrap(err)
	}
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > p.patience {
		return false, p.call.wrap(err)
	}
	p.missing = time.Time{}
	p.failure = err
	if p.failing.IsZero() {
		p.failing = cmp.Or(p.asked, time.Now())
	}
	out := time.Since(p.failing)
	if out >= p.patience {
		return false, p.call.wrap(fmt.Errorf("GitLab is out of reach for %v: %w", out.Round(time.Second), err))
	}
	return true, nil
}

// gone reports whether what was there before was not found twice in a row, with a few seconds between: once may be because the database that
// GitLab asked is behind. Otherwise the next look comes when those have passed.
func (p *poller) gone() bool {
	if p.missing.IsZero() {
		p.missing = time.Now()
	}
	again := p.missing.Add(recheck)
	if !time.Now().Before(again) {
		return true
	}
	if again.After(p.notBefore) {
		p.notBefore = again
	}
	return false
}

// note takes from what came back of a request when to ask again, and what time it is at GitLab.
func (p *poller) note(err error) {
	p.seen = p.seen || err == nil
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > 0 {
		p.notBefore = time.Now().Add(min(e.RetryAfter, p.maxAsked))
	}
	if date, err := http.ParseTime(p.response.Header.Get("Date")); err == nil {
		p.ahead = time.Until(date)
		if p.ahead.Abs() < 5*time.Second {
			p.ahead = 0 // the header counts whole seconds, and took its time: the clocks may well agree
		}
	}
}

// now is the time by GitLab's clock.
func (p *poller) now() time.Time { return time.Now().Add(p.ahead) }

// since is how long ago, by GitLab's clock, the first of the times was that is known.
func (p *poller) since(times ...time.Time) time.Duration {
	for _, t := range times {
		if !t.IsZero() {
			return max(0, p.now().Sub(t))
		}
	}
	return 0
}

// ended is the error of a wait whose context has ended. It tells of the failure that the wait was in then.
func (p *poller) ended(ctx context.Context) error {
	err := ctx.Err()
	switch {
	case p.failure == nil:
		return p.call.wrap(err)
	case errors.Is(p.failure, err):
		return p.call.wrap(p.failure)
	default:
		return p.call.wrap(fmt.Errorf("%w: %w", err, p.failure))
	}
}

// passing reports whether an error may not come back with the next request.
func passing(err error) bool {
	var e *Error
	switch {
	case !errors.As(err, &e), errors.Is(err, ErrInvalidArgument), errors.Is(err, ErrRedirected), errors.As(err, new(*transport.AuthError)),
		errors.As(err, new(*tls.CertificateVerificationError)):
		return false
	case e.StatusCode == http.StatusTooManyRequests, e.StatusCode >= 500 && e.StatusCode != http.StatusNotImplemented:
		return true // proxies have numbers of their own for it
	}
	return e.StatusCode < 300 && e.Err != nil && !errors.Is(err, ErrDecode) // the connection was lost, before or within the answer
}

// rest pauses. changed says that something happened since the last pause.
func (p *poller) rest(ctx context.Context, changed bool) error {
	return p.restWithin(ctx, changed, p.maxPause)
}

// restWithin is rest with a limit of its own, for this pause and what the next one grows from.
func (p *poller) restWithin(ctx context.Context, changed bool, limit time.Duration) error {
	if p.events.quiet() && p.failing.IsZero() && p.missing.IsZero() {
		return p.sleep(ctx, safetyInterval*9/10+rand.N(safetyInterval/5))
	}
	p.events.alert = max(p.events.alert-1, 0)
	if changed {
		p.pause = p.interval
	}
	pause := min(p.pause, limit)
	p.pause = min(pause*3/2, limit)
	return p.sleep(ctx, pause*9/10+rand.N(pause/5+1))
}

// restAfter is rest while something runs that has run for so long: a fifth of that, but from two intervals on.
func (p *poller) restAfter(ctx context.Context, ran time.Duration) error {
	return p.restWithin(ctx, false, min(max(2*p.interval, ran/5), p.maxPause))
}

// sleep pauses, but not for less than GitLab asked for, nor than its rate limit allows for the requests that are left in its window. What
// GitLab asks for has a ceiling, however far ahead it says that its window ends.
func (p *poller) sleep(ctx context.Context, pause time.Duration) error {
	asked := time.Until(p.notBefore)
	limit := p.response.RateLimit
	if !limit.Reset.IsZero() && limit.Remaining < max(limit.Limit/10, 1) {
		asked = max(asked, min(time.Until(limit.Reset)/time.Duration(max(limit.Remaining, 0)+1), p.maxAsked))
	}
	if asked > 0 {
		pause = max(pause, asked+rand.N(asked/50+1)) // all waits would come back at once
	}
	now := time.Now()
	earliest, end := now.Add(asked), now.Add(pause)
	wake := p.events.wake
	if !p.failing.IsZero() {
		wake = nil // an event does not bring GitLab back
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	deadline, ok := ctx.Deadline()
	last := ok && p.lastPause != nil && p.failing.IsZero() && asked <= 0 && deadline.Before(end)
	if last {
		timer.Reset(time.Until(deadline.Add(-lastLook)))
	}
	for {
		select {
		case <-ctx.Done():
			return p.ended(ctx)
		case <-wake:
			last = false
			timer.Reset(p.woken(earliest))
		case <-timer.C:
			if !last {
				return nil
			}
			last = false
			p.lastPause(ctx)
			p.lastPause = nil
			timer.Reset(time.Until(end))
		}
	}
}

// lastLook is how long before its deadline a wait finds out what it waits for.
const lastLook = 10 * time.Second

// woken is how long to pause after an event, if the next request may come at the earliest then.
func (p *poller) woken(earliest time.Time) time.Duration {
	p.events.alert, p.pause = alertPolls, p.interval
	return max(eventPause-time.Since(p.asked), time.Until(earliest), 0)
}

// putOff lets the next request wait for so long, and further ones for the longest pause.
func (p *poller) putOff(d time.Duration) { p.pause, p.notBefore = p.maxPause, time.Now().Add(d) }

// conditional asks for an object again only if it changed.
type conditional[T any] struct {
	etag  string
	value *T
}

// ask sends one request and keeps the object that comes, if it is another one than before.
func (c *conditional[T]) ask(p *poller, opts []RequestOption, get func(...RequestOption) (*T, error)) error {
	options := p.options(opts)
	if c.etag != "" {
		options = append(options, WithHeader("If-None-Match", c.etag))
	}
	value, err := get(options...)
	if e, ok := errors.AsType[*Error](err); ok && e.StatusCode == http.StatusNotModified && c.value != nil {
		return nil
	}
	if err == nil {
		c.value, c.etag = value, p.response.Header.Get("Etag")
	}
	return err
}

// insist reads a list until that succeeds, or the wait does not survive it.
func insist[T any](ctx context.Context, p *poller, opts []RequestOption, list func(...RequestOption) Seq[T]) ([]*T, error) {
	for {
		items, err := list(p.options(opts)...).Collect()
		ok, failure := p.survives(ctx, err)
		if ok && err != nil {
			failure = p.rest(ctx, false)
		}
		if err == nil || failure != nil {
			return items, failure
		}
	}
}

// await asks for a pipeline or a job until judge says that the wait for it is over, or else how long it has run. What judge cannot find out
// counts as an error of the request. Beside an error await returns the last that was seen.
//
// A pause is a fifth of how long it has run, but from two intervals to a good three: the end, which may come at any time, is then seen a
// tenth of the run late on the average, or one and a half intervals if that is less.
func await[T any](ctx context.Context, p *poller, opts []RequestOption, get func(...RequestOption) (*T, error),
	judge func(*T) (bool, time.Duration, error)) (*T, error) {
	var seen conditional[T]
	for {
		var over bool
		var ran time.Duration
		err := seen.ask(p, opts, get)
		if err == nil {
			p.note(nil)
			over, ran, err = judge(seen.value)
		}
		ok, failure := p.survives(ctx, err)
		if !ok || over {
			return seen.value, failure
		}
		if err := p.restAfter(ctx, ran); err != nil {
			return seen.value, err
		}
	}
}
