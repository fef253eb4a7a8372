package conformance_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/testnet"
)

var allFaults = flag.Bool("faults", os.Getenv("GITLABCI_FAULTS") != "",
	"run the whole fault suite: every method with every fault over every protocol")

// What an answer leaves open of whether the server acted.
type effect int

const (
	acted   effect = iota // it may have acted
	refused               // it surely did not, and another attempt may do better
	settled               // it said what became of the call
	lost                  // it acted, and what it said of that is of no use
	open                  // whatever becomes of it is right for some method, or some of the time
)

// A fault is what a server does to each request.
type fault struct {
	name   string
	effect effect
	answer http.HandlerFunc              // over every protocol
	first  testnet.TCPFault              // over HTTP/1.1 alone
	second func(*testnet.Frames, uint32) // over HTTP/2 alone; the connection goes on
	final  bool                          // it does not
	hops   bool                          // a request of the client may be several to servers
}

// echoing answers with what it was sent, wherever an answer has room for it.
func echoing(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Private-Token")
		split := token[:6] + "\u200b" + token[6:]
		for _, name := range []string{"Content-Type", "X-Request-Id", "Etag", "Content-Range", "Retry-After", "Location", "Link", "Content-Disposition"} {
			w.Header().Set(name, token)
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"message":{"%s":["%s","\u001b[31m%s"]},"error":"%s"}`, token, split, token, split)
	}
}

var faults = []fault{
	{name: "500", effect: acted, answer: testnet.Status(500, `{"message":"500 Internal Server Error"}`)},
	{name: "502", effect: acted, answer: testnet.Status(502, `<html><TITLE lang="en">502</TITLE></html>`, "Content-Type: text/html")},
	{name: "503 with a pause", effect: acted, answer: testnet.Status(503, `{}`, "Retry-After: 1")},
	{name: "504", effect: acted, answer: testnet.Status(504, ``)},
	{name: "503 whose body stands still", effect: acted, answer: func(w http.ResponseWriter, r *http.Request) { testnet.Part(w, 503, `{"message":`); testnet.Gone(r) }},
	{name: "429", effect: refused, answer: testnet.Status(429, `Retry later`, "Retry-After: 2", "Content-Type: text/plain")},
	{name: "429 whose body stands still", effect: refused, answer: func(w http.ResponseWriter, r *http.Request) { testnet.Part(w, 429, `{"message":`); testnet.Gone(r) }},
	{name: "429 with a pause that cannot be read", effect: refused, answer: testnet.Status(429, `{}`, "Retry-After: 1.5")},
	{name: "429 for years", effect: settled, answer: testnet.Status(429, `{}`, "Retry-After: 86400000")},
	{name: "400", effect: settled, answer: testnet.Status(400, `{"error":"ref is missing"}`)},
	{name: "401", effect: settled, answer: testnet.Status(401, `{"error":"invalid_token","error_description":"Token was revoked."}`)},
	{name: "403", effect: settled, answer: testnet.Status(403, `{"message":"403 Forbidden"}`)},
	{name: "404", effect: settled, answer: testnet.Status(404, "\ufeff"+`{"message":"404 Project Not Found"}`)},
	{name: "409", effect: settled, answer: testnet.Status(409, `{"message":"409 Conflict"}`)},
	{name: "422", effect: settled, answer: testnet.Status(422, `{"message":{"base":["no"]}}`)},
	{name: "400 with a wide body", effect: settled, answer: testnet.Status(400, strings.Repeat("x\x1b[2J\u202e", 1<<16))},
	{name: "echo in a refusal", effect: settled, answer: echoing(403)},
	{name: "echo in a success", effect: open, answer: echoing(200)},
	{name: "a redirect elsewhere", effect: open, hops: true, answer: testnet.Status(302, ``, "Location: https://elsewhere.test/")},
	{name: "a redirect to itself", effect: open, hops: true, answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Path)
		w.WriteHeader(307)
	}},
	{name: "a page", effect: lost, answer: testnet.Status(200, `<!DOCTYPE html><title>Sign in</title>`, "Content-Type: text/html")},
	{name: "nothing", effect: open, answer: testnet.Status(200, ``)},
	{name: "no content", effect: open, answer: testnet.Status(204, ``)},
	{name: "null", effect: open, answer: testnet.Status(200, `null`)},
	{name: "an error as a success", effect: open, answer: testnet.Status(200, `{"error":"invalid_token"}`)},
	{name: "half of an answer", effect: open, answer: func(w http.ResponseWriter, _ *http.Request) {
		testnet.Part(w, 200, `{"id":1,"na`)
		panic(http.ErrAbortHandler)
	}},
	{name: "an answer that breaks off", effect: acted, answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	{name: "silence", effect: acted, answer: func(_ http.ResponseWriter, r *http.Request) { testnet.Gone(r) }},
	{name: "silence in the body", effect: open, answer: func(w http.ResponseWriter, r *http.Request) { testnet.Part(w, 200, `{"id":`); testnet.Gone(r) }},
	{name: "drops", effect: open, answer: testnet.Drip},
	{name: "depth", effect: open, answer: testnet.Status(200, strings.Repeat(`[{"a":`, 1<<16))},

	{name: "dropped before it was read", effect: open, first: func(net.Conn, func() bool) {}},
	{name: "dropped once it was read", effect: acted, first: func(_ net.Conn, read func() bool) { read() }},
	{name: "dropped in the header", effect: acted, first: testnet.LostBy["dropped in the answer's header"]},
	{name: "not HTTP", effect: acted, first: testnet.Says("SSH-2.0-OpenSSH_9.2\r\n")},

	{name: "PROTOCOL_ERROR", effect: acted, second: func(f *testnet.Frames, s uint32) { f.Reset(s, testnet.ProtocolError) }},
	{name: "INTERNAL_ERROR", effect: acted, second: func(f *testnet.Frames, s uint32) { f.Reset(s, testnet.InternalError) }},
	{name: "CANCEL", effect: acted, second: func(f *testnet.Frames, s uint32) { f.Reset(s, testnet.CancelStream) }},
	{name: "ENHANCE_YOUR_CALM", effect: acted, second: func(f *testnet.Frames, s uint32) { f.Reset(s, testnet.EnhanceCalm) }},
	{name: "REFUSED_STREAM", effect: refused, second: func(f *testnet.Frames, s uint32) { f.Reset(s, testnet.RefusedStream) }},
	{name: "GOAWAY before the stream", effect: refused, second: func(f *testnet.Frames, s uint32) { f.GoAway(s-1, testnet.NoError) }, final: true},
	{name: "GOAWAY before the stream, for an error", effect: refused, second: func(f *testnet.Frames, s uint32) { f.GoAway(s-1, testnet.EnhanceCalm) }, final: true},
	{name: "GOAWAY behind the stream", effect: acted, second: func(f *testnet.Frames, s uint32) { f.GoAway(s, testnet.NoError) }, final: true},
	{name: "GOAWAY behind the stream, for an error", effect: acted, second: func(f *testnet.Frames, s uint32) { f.GoAway(s, testnet.InternalError) }, final: true},
	{name: "the connection gone", effect: acted, second: func(*testnet.Frames, uint32) {}, final: true},
}

// over returns the wiring of a fault over a protocol, nil where it has none, and counts the requests that came.
func (f fault) over(t testing.TB, p testnet.Protocol, sent *testnet.Sends) *testnet.Wiring {
	switch {
	case f.answer != nil:
		return p.Handle(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			sent.Add()
			f.answer(w, r)
		})
	case f.first != nil && !p.Second:
		return p.Serve(t, func(conn net.Conn) {
			in := bufio.NewReader(conn)
			f.first(conn, func() bool {
				req, err := http.ReadRequest(in)
				if err == nil {
					_, err = io.Copy(io.Discard, req.Body)
				}
				if err == nil {
					sent.Add()
				}
				return err == nil
			})
		})
	case f.second != nil && p.Second:
		return p.Serve(t, func(conn net.Conn) {
			testnet.Speak(conn, func(fs *testnet.Frames, stream uint32) bool {
				sent.Add()
				f.second(fs, stream)
				return !f.final
			})
		})
	}
	return nil
}

// TestFaults calls every method while everything goes wrong, over every protocol. Whatever comes, there is no panic, nothing is sent twice
// that may not be, each send counts, waits and ends, nothing is left behind and no token is told.
func TestFaults(t *testing.T) {
	t.Parallel()
	testnet.Identity()
	var calls, skipped atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d calls of methods x faults x protocols, %d left out: -faults runs them too", calls.Load(), skipped.Load())
	})
	for n, f := range faults {
		for m, p := range testnet.Protocols {
			t.Run(p.Name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				for i, row := range table {
					if !*allFaults && (i+n+m)%8 != 0 {
						skipped.Add(1)
						continue
					}
					synctest.Test(t, func(t *testing.T) {
						if endure(t, &row, f, p) {
							calls.Add(1)
						}
					})
					if t.Failed() {
						t.Fatalf("%s", row.name())
					}
				}
			})
		}
	}
}

// endure calls the method of a row while a fault befalls each request. It reports false for a fault that the protocol does not have.
func endure(t *testing.T, r *methodRow, f fault, p testnet.Protocol) bool {
	t.Helper()
	var sent testnet.Sends
	w := f.over(t, p, &sent)
	if w == nil {
		return false
	}
	var bodies atomic.Int64
	client, err := gitlabci.NewClient(w.URL(), gitlabci.PrivateToken(testnet.Hush), gitlabci.WithHTTPClient(w.Client), gitlabci.WithTransport(testnet.WatchBodies(&bodies)),
		gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: testnet.FaultAttempts, MinWait: testnet.FaultPause, MaxWait: 10 * testnet.FaultPause}))
	require.NoError(t, err)
	began := time.Now()
	_, err = invoke(t.Context(), client, r.method, r.args)
	at := sent.All()

	if err != nil {
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%q", err)} {
			require.NotContains(t, text, testnet.Hush, r.name())
			require.NotContains(t, strings.ReplaceAll(text, "\u200b", ""), testnet.Hush, r.name())
			require.Less(t, len(text), 8<<10, r.name())
		}
	}
	op := r.exchanges()[0]
	e := (*gitlabci.Error)(nil)
	if err != nil {
		require.ErrorAs(t, err, &e, r.name())
		if !f.hops && len(r.exchanges()) == 1 {
			testnet.RequireOneSendAnAttempt(t, at, e.Attempts)
		}
	}
	unknown := errors.Is(err, gitlabci.ErrOutcomeUnknown)
	effect := f.effect
	switch {
	case f.name == "a page" && (r.method == "Jobs.ArtifactFile" || r.method == "Artifacts.FileByRef"):
		effect = open // which may be a page
	case f.second != nil && !op.repeatable() && strings.HasPrefix(op.route, "DELETE "):
		effect = open // only of a request that has a body does net/http tell that its stream was refused
	}
	switch effect {
	case refused:
		require.Error(t, err, r.name())
		require.Equal(t, testnet.FaultAttempts, e.Attempts, "%s: %v", r.name(), err)
		require.False(t, unknown, r.name())
	case acted:
		require.Error(t, err, r.name())
		want := 1
		if op.repeatable() && !op.form {
			want = testnet.FaultAttempts
		}
		require.Equal(t, want, e.Attempts, "%s: %v", r.name(), err)
		require.Equal(t, !op.repeatable(), unknown, "%s: %v", r.name(), err)
	case settled:
		require.Error(t, err, r.name())
		require.Len(t, at, 1, "%s: %v", r.name(), err)
		require.False(t, unknown, "%s: %v", r.name(), err)
	case lost:
		require.Error(t, err, r.name())
		require.Len(t, at, 1, "%s: %v", r.name(), err)
		require.ErrorIs(t, err, gitlabci.ErrNotGitLab, r.name())
		require.Equal(t, !op.repeatable(), unknown, "%s: %v", r.name(), err)
	}
	if !op.repeatable() && f.effect != refused {
		require.LessOrEqual(t, len(at), len(r.exchanges()), "%s: %v", r.name(), err)
	}
	if f.name != "drops" || err != nil { // a download may take as long as something comes
		require.Less(t, time.Since(began), time.Hour, "%s: %v", r.name(), err)
	}
	require.Zero(t, bodies.Load(), "%s: bodies left open", r.name())
	return true
}
