package gitlabci_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// lab is a client and a server of which the test makes every answer. They are joined by pipes in memory, so that both live in a bubble of
// synctest as well, and their bytes are counted. When the test ends no body may be open.
type lab struct {
	*gitlabci.Client
	base string
	sent atomic.Int64 // bytes that came from the server, headers included
	open atomic.Int64 // bodies that the client has not closed yet
}

// noLog is the log of servers whose handlers abort on purpose.
var noLog = log.New(io.Discard, "", 0)

func newLab(t testing.TB, handler http.HandlerFunc, opts ...gitlabci.Option) *lab {
	t.Helper()
	l := &lab{base: "http://gitlab.test"}
	listener := pipeListener{make(chan net.Conn), make(chan struct{}), new(sync.Once)}
	server := &http.Server{Handler: handler, ErrorLog: noLog}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(listener)
	}()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case listener.conns <- theirs:
			return countedConn{ours, &l.sent}, nil
		case <-listener.closed:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	opts = append([]gitlabci.Option{gitlabci.WithHTTPClient(&http.Client{Transport: transport}), gitlabci.WithTransport(watchBodies(&l.open))}, opts...)
	client, err := gitlabci.NewClient(l.base, gitlabci.PrivateToken("glpat-lab"), opts...)
	require.NoError(t, err)
	l.Client = client
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		<-served
		require.Zero(t, l.open.Load(), "bodies left open")
	})
	return l
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// watchBodies counts the bodies of answers that are not closed.
func watchBodies(open *atomic.Int64) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
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

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   *sync.Once
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "gitlab.test"} }

type countedConn struct {
	net.Conn
	sent *atomic.Int64
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.sent.Add(int64(n))
	return n, err
}

// cut lets so many bytes of an answer's body out, and then drops the connection.
func cut(w http.ResponseWriter, n int64) http.ResponseWriter { return &cutWriter{w, n} }

type cutWriter struct {
	http.ResponseWriter
	left int64
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if int64(len(p)) < c.left {
		c.left -= int64(len(p))
		return c.ResponseWriter.Write(p)
	}
	c.ResponseWriter.Write(p[:c.left])
	http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// liveHeap is what the heap holds, garbage apart.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // what a pool holds outlives the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
