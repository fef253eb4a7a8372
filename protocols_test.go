package gitlabci_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A protocol is what a client and a server speak.
type protocol struct {
	name   string
	secure bool
	second bool // HTTP/2
}

var protocols = []protocol{{name: "HTTP/1.1"}, {"HTTP/1.1 over TLS", true, false}, {"HTTP/2", true, true}, {"HTTP/2 without TLS", false, true}}

// A peer serves one connection.
type peer func(net.Conn)

// identity is a certificate of example.com and the pool that trusts it. It is made outside of every bubble.
var identity = sync.OnceValue(func() *httptest.Server {
	srv := httptest.NewTLSServer(nil)
	srv.Close()
	return srv
})

// inTime is a test in a bubble of synctest, whose hours pass at once.
func inTime(test func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}

// wiring joins a client and a server by pipes in memory, so that both live in a bubble of synctest.
type wiring struct {
	protocol
	client      *http.Client
	connections atomic.Int32
	listener    pipeListener
}

func (p protocol) wire(t testing.TB) *wiring {
	w := &wiring{protocol: p, listener: pipeListener{make(chan net.Conn), make(chan struct{}), new(sync.Once)}}
	roots := x509.NewCertPool()
	roots.AddCert(identity().Certificate())
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			select {
			case w.listener.conns <- theirs:
				w.connections.Add(1)
				return ours, nil
			case <-w.listener.closed:
				return nil, net.ErrClosed
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com"},
		Protocols:       p.protocols(),
	}
	w.client = &http.Client{Transport: transport}
	t.Cleanup(transport.CloseIdleConnections)
	return w
}

func (p protocol) protocols() *http.Protocols {
	spoken := new(http.Protocols)
	spoken.SetHTTP1(!p.second)
	spoken.SetHTTP2(p.second && p.secure)
	spoken.SetUnencryptedHTTP2(p.second && !p.secure)
	return spoken
}

func (w *wiring) url() string {
	if w.secure {
		return "https://gitlab.test"
	}
	return "http://gitlab.test"
}

func (p protocol) tls() *tls.Config {
	config := &tls.Config{Certificates: identity().TLS.Certificates, SessionTicketsDisabled: true} // a pipe does not hold tickets that nobody reads
	if p.second {
		config.NextProtos = []string{"h2"}
	}
	return config
}

// handle lets the server of the standard library answer.
func (p protocol) handle(t testing.TB, handler http.HandlerFunc) *wiring {
	w := p.wire(t)
	server := &http.Server{Handler: handler, ErrorLog: noLog, Protocols: p.protocols(), TLSConfig: p.tls()}
	var served sync.WaitGroup
	server.ConnState = func(_ net.Conn, state http.ConnState) { // a connection whose request was not read to its end is left half a second later
		switch state {
		case http.StateNew:
			served.Add(1)
		case http.StateClosed:
			served.Done()
		}
	}
	served.Go(func() {
		if p.secure {
			server.ServeTLS(w.listener, "", "")
		} else {
			server.Serve(w.listener)
		}
	})
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		server.Close()
		served.Wait()
	})
	return w
}

// serve lets a peer have each connection.
func (p protocol) serve(t testing.TB, serve peer) *wiring {
	w := p.wire(t)
	var serving sync.WaitGroup
	closing, hangUp := context.WithCancel(context.Background())
	serving.Go(func() {
		for {
			conn, err := w.listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(closing, func() { conn.Close() }) // one that is not idle, as after a reset stream, is not the client's to close
			if p.secure {
				conn = tls.Server(conn, p.tls())
			}
			serving.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		w.listener.Close()
		hangUp()
		serving.Wait()
	})
	return w
}

// Frames of HTTP/2, and what the tests need of them.
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	framePing     = 0x6
	frameGoAway   = 0x7
	frameWindow   = 0x8

	flagAck       = 0x1
	flagEndStream = 0x1
	flagEndHeader = 0x4

	noError       = 0x0
	protocolError = 0x1
	internalError = 0x2
	refusedStream = 0x7
	cancelStream  = 0x8
	enhanceCalm   = 0xb
)

// frames speaks HTTP/2 frame by frame, as no server of the standard library would.
type frames struct {
	out  chan []byte // written by a goroutine of its own: over a pipe, both sides may be writing
	gone chan struct{}
}

// speak returns each whole request to answer, by its stream, until that returns false.
func speak(conn net.Conn, answer func(f *frames, stream uint32) bool) {
	in := bufio.NewReader(conn)
	if _, err := io.CopyN(io.Discard, in, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	f := &frames{make(chan []byte, 64), make(chan struct{})}
	var writing sync.WaitGroup
	writing.Go(func() {
		defer close(f.gone)
		for frame := range f.out {
			if _, err := conn.Write(frame); err != nil {
				return
			}
		}
	})
	defer func() {
		close(f.out)
		go io.Copy(io.Discard, conn) // until it is closed: the other side may be writing too
		writing.Wait()
	}()
	f.write(frameSettings, 0, 0, nil)
	header := make([]byte, 9)
	for {
		if _, err := io.ReadFull(in, header); err != nil {
			return
		}
		length, kind, flags := int(header[0])<<16|int(header[1])<<8|int(header[2]), header[3], header[4]
		stream := binary.BigEndian.Uint32(header[5:])
		payload := make([]byte, length)
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			f.write(frameSettings, flagAck, 0, nil)
		case kind == framePing && flags&flagAck == 0:
			f.write(framePing, flagAck, 0, payload)
		case kind == frameData && length > 0:
			f.write(frameWindow, 0, 0, binary.BigEndian.AppendUint32(nil, uint32(length)))
		}
		if (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0 && !answer(f, stream) {
			return
		}
	}
}

func (f *frames) write(kind, flags byte, stream uint32, payload []byte) {
	frame := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	frame = append(binary.BigEndian.AppendUint32(frame, stream), payload...)
	select {
	case f.out <- frame:
	case <-f.gone:
	}
}

// reset ends a stream.
func (f *frames) reset(stream, code uint32) {
	f.write(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code))
}

// goAway ends a connection. Streams above the last are not acted on.
func (f *frames) goAway(last, code uint32) {
	f.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code))
}

// respond answers with JSON.
func (f *frames) respond(stream uint32, status int, body string) {
	const statusName, contentTypeName = 0x08, 0x0f // literals that are not indexed; the second's index goes on in the next byte
	header := append([]byte{statusName, 3}, strconv.Itoa(status)...)
	header = append(append(header, contentTypeName, 31-15, byte(len("application/json"))), "application/json"...)
	f.write(frameHeaders, flagEndHeader, stream, header)
	f.write(frameData, flagEndStream, stream, []byte(body))
}

// TestProtocols tests that the tests speak what they say.
func TestProtocols(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			w := p.handle(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
			for range 2 {
				resp, err := w.client.Get(w.url())
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[p.second], string(text))
				require.Equal(t, p.secure, resp.TLS != nil)
			}
			require.EqualValues(t, 1, w.connections.Load())
		})
		if p.second {
			t.Run(p.name+", frame by frame", func(t *testing.T) {
				w := p.serve(t, func(conn net.Conn) {
					speak(conn, func(f *frames, stream uint32) bool { f.respond(stream, 201, `{"id":1}`); return true })
				})
				resp, err := w.client.Get(w.url())
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, `{"id":1}`, string(text))
				require.Equal(t, 201, resp.StatusCode)
				require.Equal(t, "HTTP/2.0", resp.Proto)
			})
		}
	}
}
