package testnet

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
)

// A Protocol is what a client and a server speak.
type Protocol struct {
	Name   string
	Secure bool
	Second bool // HTTP/2
}

// Protocols are all that the module speaks.
var Protocols = []Protocol{{Name: "HTTP/1.1"}, {"HTTP/1.1 over TLS", true, false}, {"HTTP/2", true, true}, {"HTTP/2 without TLS", false, true}}

// A Peer serves one connection.
type Peer func(net.Conn)

// Identity is a certificate of example.com and the pool that trusts it. It is made outside of every bubble.
var Identity = sync.OnceValue(func() *httptest.Server {
	srv := httptest.NewTLSServer(nil)
	srv.Close()
	return srv
})

// Wiring joins a client and a server by pipes in memory, so that both live in a bubble of synctest.
type Wiring struct {
	Protocol
	Client      *http.Client
	Connections atomic.Int32
	listener    PipeListener
}

func (p Protocol) wire(t testing.TB) *Wiring {
	w := &Wiring{Protocol: p, listener: NewPipeListener()}
	roots := x509.NewCertPool()
	roots.AddCert(Identity().Certificate())
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := w.listener.Dial(ctx)
			if err == nil {
				w.Connections.Add(1)
			}
			return conn, err
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com"},
		Protocols:       p.protocols(),
	}
	w.Client = &http.Client{Transport: transport}
	t.Cleanup(transport.CloseIdleConnections)
	return w
}

func (p Protocol) protocols() *http.Protocols {
	spoken := new(http.Protocols)
	spoken.SetHTTP1(!p.Second)
	spoken.SetHTTP2(p.Second && p.Secure)
	spoken.SetUnencryptedHTTP2(p.Second && !p.Secure)
	return spoken
}

// URL is where the client finds the server.
func (w *Wiring) URL() string {
	if w.Secure {
		return "https://gitlab.test"
	}
	return "http://gitlab.test"
}

func (p Protocol) tls() *tls.Config {
	config := &tls.Config{Certificates: Identity().TLS.Certificates, SessionTicketsDisabled: true} // a pipe does not hold tickets that nobody reads
	if p.Second {
		config.NextProtos = []string{"h2"}
	}
	return config
}

// Handle lets the server of the standard library answer.
func (p Protocol) Handle(t testing.TB, handler http.HandlerFunc) *Wiring {
	w := p.wire(t)
	server := &http.Server{Handler: handler, ErrorLog: NoLog, Protocols: p.protocols(), TLSConfig: p.tls()}
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
		if p.Secure {
			server.ServeTLS(w.listener, "", "")
		} else {
			server.Serve(w.listener)
		}
	})
	t.Cleanup(func() {
		w.Client.CloseIdleConnections()
		server.Close()
		served.Wait()
	})
	return w
}

// Serve lets a peer have each connection.
func (p Protocol) Serve(t testing.TB, serve Peer) *Wiring {
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
			if p.Secure {
				conn = tls.Server(conn, p.tls())
			}
			serving.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		w.Client.CloseIdleConnections()
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

	NoError       = 0x0
	ProtocolError = 0x1
	InternalError = 0x2
	RefusedStream = 0x7
	CancelStream  = 0x8
	EnhanceCalm   = 0xb
)

// Frames speaks HTTP/2 frame by frame, as no server of the standard library would.
type Frames struct {
	out  chan []byte // written by a goroutine of its own: over a pipe, both sides may be writing
	gone chan struct{}
}

// Speak returns each whole request to answer, by its stream, until that returns false.
func Speak(conn net.Conn, answer func(f *Frames, stream uint32) bool) {
	in := bufio.NewReader(conn)
	if _, err := io.CopyN(io.Discard, in, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	f := &Frames{make(chan []byte, 64), make(chan struct{})}
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

func (f *Frames) write(kind, flags byte, stream uint32, payload []byte) {
	frame := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	frame = append(binary.BigEndian.AppendUint32(frame, stream), payload...)
	select {
	case f.out <- frame:
	case <-f.gone:
	}
}

// Reset ends a stream.
func (f *Frames) Reset(stream, code uint32) {
	f.write(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code))
}

// GoAway ends a connection. Streams above the last are not acted on.
func (f *Frames) GoAway(last, code uint32) {
	f.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code))
}

// Respond answers with JSON.
func (f *Frames) Respond(stream uint32, status int, body string) {
	const statusName, contentTypeName = 0x08, 0x0f // literals that are not indexed; the second's index goes on in the next byte
	header := append([]byte{statusName, 3}, strconv.Itoa(status)...)
	header = append(append(header, contentTypeName, 31-15, byte(len("application/json"))), "application/json"...)
	f.write(frameHeaders, flagEndHeader, stream, header)
	f.write(frameData, flagEndStream, stream, []byte(body))
}
