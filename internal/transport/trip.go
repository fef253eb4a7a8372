package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"sync/atomic"
	"time"
)

// A trip is one request on the wire and its answer. It sees to what net/http leaves open: the request is sent once at most, and neither of
// the two may stand still for longer than the call's policy has it.
type trip struct {
	call     *Call
	ctx      context.Context
	cancel   context.CancelCauseFunc
	timer    *time.Timer     // runs while the server is waited for; nil where that may take for ever
	began    time.Time       // the trip
	waits    atomic.Int64    // since when the server is waited for, in nanoseconds of the trip
	deadline atomic.Int64    // of the whole answer, in nanoseconds of the trip; 0 if it has none
	wrote    atomic.Bool     // the request, or its beginning
	answered atomic.Int64    // when the answer's header came, in nanoseconds of the trip; 0 before
	standard *http.Transport // that the trip is made with; nil if it is another RoundTripper
	trace    httptrace.ClientTrace
	body     io.ReadCloser // of the answer
}

// StallError says that nothing came from the server for a while, or not all of an answer that is wanted whole.
type StallError struct {
	After time.Duration
	Whole bool // it did come, but too slowly
}

func (e *StallError) Error() string {
	if e.Whole {
		return fmt.Sprintf("not all of the answer came in %v", e.After.Round(time.Millisecond))
	}
	return fmt.Sprintf("nothing came for %v", e.After.Round(time.Millisecond))
}

// Timeout reports true, as [net.Error] has it.
func (e *StallError) Timeout() bool { return true }

// errLost stands for the loss of a connection that net/http would have answered with sending the request once more.
var errLost = errors.New("the connection was lost before the answer came")

const (
	failureTime = 5 * time.Second // for the body of an answer that is no success
	drainTime   = time.Second     // for the rest of one that is dropped, so that its connection can serve again
)

// smallBody is what goes into the buffers of a connection: no reading of it shows progress.
const smallBody = 64 << 10

// depart prepares a request for its trip. It shares the header with req.
func (c *Call) depart(req *http.Request, next http.RoundTripper) (*http.Request, *trip) {
	t := c.newTrip()
	t.standard, _ = next.(*http.Transport)
	if !c.Repeatable {
		t.trace.GetConn = t.seek // proves only what matters to those
	}
	t.trace.GotConn = t.got
	t.trace.WroteHeaders = t.write
	t.ctx, t.cancel = context.WithCancelCause(req.Context())
	if c.Policy.Stall > 0 {
		t.began = time.Now()
		t.timer = time.AfterFunc(t.pace(), t.stalled)
	}
	out := req.WithContext(httptrace.WithClientTrace(t.ctx, &t.trace))
	out.GetBody = nil // with it, or without a body, net/http sends a request again on HTTP/2, whatever became of the first
	if out.Body != nil && out.Body != http.NoBody && t.timer != nil && (out.ContentLength <= 0 || out.ContentLength > smallBody) {
		out.Body = &cargo{out.Body, t}
	}
	return out, t
}

// newTrip is the next trip of the call. Most calls have one.
func (c *Call) newTrip() *trip {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trip = &c.first
	if c.trip.call != nil {
		c.trip = new(trip)
	}
	c.trip.call = c
	return c.trip
}

// arrive returns the answer of a trip, whose body ends the trip, or the reason why there is none.
func (t *trip) arrive(resp *http.Response, err error) (*http.Response, error) {
	t.answered.Store(max(1, int64(time.Since(t.began))))
	t.rest()
	switch {
	case err != nil:
		if t.standard != nil && !t.wrote.Load() && t.ctx.Err() == nil {
			t.call.unreached()
		}
		err = t.reason(err)
		t.cancel(nil)
	case resp.Body == nil || resp.Body == http.NoBody:
		t.cancel(nil)
	default:
		t.hurry(t.call.Policy.Total)
		t.body = resp.Body
		resp.Body = t
	}
	return resp, err
}

// What net/http tells of the connection of a trip. Other RoundTrippers may tell only a part of it.

func (t *trip) seek(string) { t.call.reached(connectionSought) }

func (t *trip) write() {
	t.wrote.Store(true)
	t.call.reached(requestWritten)
}

// got refuses a second connection once something was written to the first: net/http is about to send the request again.
func (t *trip) got(info httptrace.GotConnInfo) {
	t.call.reached(connectionMade)
	if !t.wrote.Load() {
		return
	}
	t.cancel(errLost)
	if !t.shares(info.Conn) {
		info.Conn.Close() // HTTP/1.1 writes whatever became of the context
	}
}

// shares reports whether other requests may be on a connection, as HTTP/2 has it.
func (t *trip) shares(conn net.Conn) bool {
	if secure, ok := conn.(*tls.Conn); ok {
		return secure.ConnectionState().NegotiatedProtocol == "h2"
	}
	return t.standard == nil || t.standard.Protocols != nil && !t.standard.Protocols.HTTP1()
}

// wait begins to wait for the server, rest ends it.

func (t *trip) wait() {
	if t.timer != nil {
		t.timer.Reset(t.pace())
	}
}

func (t *trip) rest() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

// pace is how long the server may be silent from here on.
func (t *trip) pace() time.Duration {
	ran, pace := time.Since(t.began), t.call.Policy.Stall
	t.waits.Store(int64(ran))
	if deadline := time.Duration(t.deadline.Load()); deadline > 0 {
		pace = min(pace, max(0, deadline-ran))
	}
	return pace
}

func (t *trip) stalled() {
	ran := time.Since(t.began)
	if deadline := time.Duration(t.deadline.Load()); deadline > 0 && ran >= deadline {
		t.cancel(&StallError{ran - time.Duration(t.answered.Load()), true})
	} else {
		t.cancel(&StallError{ran - time.Duration(t.waits.Load()), false})
	}
}

// hurry lets no more than this pass until the answer has ended, or no more than before; 0 changes nothing.
func (t *trip) hurry(d time.Duration) {
	if t == nil || d <= 0 {
		return
	}
	deadline := int64(time.Since(t.began) + d)
	if earlier := t.deadline.Load(); earlier == 0 || deadline < earlier {
		t.deadline.Store(deadline)
	}
}

// reason is why a trip ended with err.
func (t *trip) reason(err error) error {
	cause := context.Cause(t.ctx)
	if cause == errLost || errors.As(cause, new(*StallError)) {
		return cause
	}
	return err
}

func (t *trip) Read(p []byte) (int, error) {
	t.wait()
	n, err := t.body.Read(p)
	t.rest()
	if err != nil && err != io.EOF {
		err = t.reason(err)
	}
	return n, err
}

func (t *trip) Close() error {
	err := t.body.Close()
	t.cancel(nil)
	return err
}

// cargo is a body on its way to the server. The server is waited for between the reads, the source within them.
type cargo struct {
	io.ReadCloser
	trip *trip
}

func (c *cargo) Read(p []byte) (int, error) {
	c.trip.rest()
	n, err := c.ReadCloser.Read(p)
	c.trip.wait()
	if c.trip.answered.Load() != 0 {
		c.trip.rest() // the answer came before all of the body went
	}
	return n, err
}

// refusals are what net/http says of streams that a server has not acted on, and says that it has not: those that it refused, and those
// above the last that it names when it goes away.
var refusals = regexp.MustCompile(`^(http2: Transport: cannot retry err \[)?(stream error: stream ID \d+; REFUSED_STREAM; received from peer` +
	`|http2: Transport received Server's graceful shutdown GOAWAY|http2: Transport received GOAWAY from server ErrCode:)`)
