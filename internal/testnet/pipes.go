package testnet

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
)

// NoLog is the log of servers whose handlers abort on purpose.
var NoLog = log.New(io.Discard, "", 0)

// A RoundTripper is an http.RoundTripper in one function.
type RoundTripper func(*http.Request) (*http.Response, error)

func (f RoundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// WatchBodies counts the bodies of answers that are not closed.
func WatchBodies(open *atomic.Int64) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err == nil {
				open.Add(1)
				resp.Body = &watchedBody{ReadCloser: resp.Body, open: open}
			}
			return resp, err
		})
	}
}

type watchedBody struct {
	io.ReadCloser
	once sync.Once
	open *atomic.Int64
}

func (b *watchedBody) Close() error {
	b.once.Do(func() { b.open.Add(-1) })
	return b.ReadCloser.Close()
}

// A PipeListener joins clients and a server by pipes in memory.
type PipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   *sync.Once
}

// NewPipeListener returns a listener that nobody has dialed yet.
func NewPipeListener() PipeListener {
	return PipeListener{make(chan net.Conn), make(chan struct{}), new(sync.Once)}
}

// Dial returns the client's end of a new connection.
func (l PipeListener) Dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept returns the server's end of the next one.
func (l PipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close makes both return net.ErrClosed.
func (l PipeListener) Close() error { l.once.Do(func() { close(l.closed) }); return nil }

// Addr is a name that no network has.
func (l PipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "gitlab.test"} }

// LiveHeap is what the heap holds, garbage apart.
func LiveHeap() int64 {
	runtime.GC()
	runtime.GC() // what a pool holds outlives the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
