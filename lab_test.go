package gitlabci_test

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/testnet"
)

// What the tests of this package have of those that they share with others.
type (
	roundTripper = testnet.RoundTripper
	frames       = testnet.Frames
	protocol     = testnet.Protocol
	wiring       = testnet.Wiring
	sends        = testnet.Sends
	tcpFault     = testnet.TCPFault
)

const (
	hush          = testnet.Hush
	unread        = testnet.Unread
	faultPause    = testnet.FaultPause
	noError       = testnet.NoError
	protocolError = testnet.ProtocolError
	refusedStream = testnet.RefusedStream
)

var (
	noLog                   = testnet.NoLog
	liveHeap                = testnet.LiveHeap
	watchBodies             = testnet.WatchBodies
	clientOf                = testnet.ClientOf
	serveWith               = testnet.ServeWith
	protocols               = testnet.Protocols
	identity                = testnet.Identity
	speak                   = testnet.Speak
	requireOneSendAnAttempt = testnet.RequireOneSendAnAttempt
	status                  = testnet.Status
	part                    = testnet.Part
	gone                    = testnet.Gone
	drip                    = testnet.Drip
	says                    = testnet.Says
	lostBy                  = testnet.LostBy
)

var app = gitlabci.ProjectPath("group/app")

// lab is a client and a server of which the test makes every answer. They are joined by pipes in memory, so that both live in a bubble of
// synctest as well, and their bytes are counted. When the test ends no body may be open.
type lab struct {
	*gitlabci.Client
	base string
	sent atomic.Int64 // bytes that came from the server, headers included
	open atomic.Int64 // bodies that the client has not closed yet
}

func newLab(t testing.TB, handler http.HandlerFunc, opts ...gitlabci.Option) *lab {
	t.Helper()
	l := &lab{base: "http://gitlab.test"}
	listener := testnet.NewPipeListener()
	server := &http.Server{Handler: handler, ErrorLog: noLog}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(listener)
	}()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := listener.Dial(ctx)
		if err != nil {
			return nil, err
		}
		return countedConn{conn, &l.sent}, nil
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

// inTime is a test in a bubble of synctest, whose hours pass at once.
func inTime(test func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}
