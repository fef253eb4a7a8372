package testnet

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Status answers with a code, a body and headers as in "Retry-After: 7".
func Status(code int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, line := range headers {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
		if r.Method != http.MethodHead {
			io.WriteString(w, body)
		}
	}
}

// Part sends the beginning of an answer.
func Part(w http.ResponseWriter, code int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(code)
	io.WriteString(w, body)
	http.NewResponseController(w).Flush()
}

// Gone waits until the client is.
func Gone(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler) // or the server would still answer, with nothing, a client that is on its way out
}

// Drip sends a body byte by byte, never silent for as long as a client may wait.
func Drip(w http.ResponseWriter, r *http.Request) {
	Part(w, 200, "")
	for range 1000 {
		select {
		case <-time.After(20 * time.Second):
			io.WriteString(w, " ")
			http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// Sends are the moments at which a server had read a request.
type Sends struct {
	mu sync.Mutex
	at []time.Time
}

// Add notes that a request was read.
func (s *Sends) Add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, time.Now())
}

// All are the moments so far.
func (s *Sends) All() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.at...)
}

// FaultAttempts and FaultPause are how often, and after what pause, a request is sent while everything goes wrong.
const (
	FaultAttempts = 3
	FaultPause    = time.Second
)

// RequireOneSendAnAttempt tests that a server got no more than the call tells of, and that it got that after a pause each.
func RequireOneSendAnAttempt(t testing.TB, at []time.Time, attempts int) {
	t.Helper()
	require.LessOrEqual(t, len(at), attempts, "each send is an attempt")
	for i := 1; i < len(at); i++ {
		require.GreaterOrEqual(t, at[i].Sub(at[i-1]), FaultPause/2, "a pause before each attempt")
	}
}

// A TCPFault is what a server does with a connection. read waits for a whole request.
type TCPFault func(conn net.Conn, read func() bool)

// Says answers each request with the same text.
func Says(response string) TCPFault {
	return func(conn net.Conn, read func() bool) {
		for read() {
			io.WriteString(conn, response)
			if strings.Contains(response, "Connection: close") {
				return
			}
		}
	}
}

// Unread is the one of LostBy in which nothing was read.
const Unread = "dropped before the request was read"

// LostBy are the ways of a connection to end before the answer.
var LostBy = map[string]TCPFault{
	Unread:                               func(conn net.Conn, _ func() bool) {},
	"dropped after the request was read": func(_ net.Conn, read func() bool) { read() },
	"dropped in the answer's header": func(conn net.Conn, read func() bool) {
		if read() {
			io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Le")
		}
	},
	"dropped in the answer's body": func(conn net.Conn, read func() bool) {
		if read() {
			io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 200\r\n\r\n"+`{"id":1,`)
		}
	},
}
