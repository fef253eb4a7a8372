package gitlabci_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

var createMain = &gitlabci.CreatePipelineOptions{Ref: "main"}

// TestOnceIsSentOnceOverHTTP2 is the fault at its plainest: a server that resets what it has read, and then answers well.
func TestOnceIsSentOnceOverHTTP2(t *testing.T) {
	for _, test := range []struct {
		name     string
		code     uint32
		creates  int32
		attempts int
		unknown  bool
	}{
		{"it may have acted", protocolError, 1, 1, true},
		{"it did not act", refusedStream, 4, 4, false},
	} {
		for _, p := range protocols {
			if !p.Second {
				continue
			}
			t.Run(test.name+"/"+p.Name, func(t *testing.T) {
				var creates atomic.Int32
				w := p.Serve(t, func(conn net.Conn) {
					speak(conn, func(f *frames, stream uint32) bool {
						if creates.Add(1) <= 3 {
							f.Reset(stream, test.code)
						} else {
							f.Respond(stream, 201, `{"id":1}`)
						}
						return true
					})
				})
				client := clientOf(t, w.URL(), gitlabci.WithHTTPClient(w.Client), atOnce)
				var response gitlabci.Response
				create := func(opts ...gitlabci.RequestOption) error {
					creates.Store(0)
					_, err := client.Pipelines.Create(t.Context(), wireApp, createMain, append(opts, gitlabci.WithResponse(&response))...)
					return err
				}
				require.Equal(t, test.unknown, errors.Is(create(), gitlabci.ErrOutcomeUnknown))
				require.Equal(t, test.creates, creates.Load())
				require.Equal(t, test.attempts, response.Attempts)
				require.Error(t, create(gitlabci.WithoutRetry()))
				require.EqualValues(t, 1, creates.Load())
				require.Equal(t, 1, response.Attempts)
			})
		}
	}
}

// TestAnUploadIsSentOnceOverHTTP2: a file, too, whether it can be read again or not.
func TestAnUploadIsSentOnceOverHTTP2(t *testing.T) {
	overEach(t, func(t *testing.T, p protocol) {
		if !p.Second {
			return
		}
		for _, file := range []io.Reader{&slowFile{0, 8 << 10}, bytes.NewReader(make([]byte, 8<<10))} {
			var sent sends
			w := p.Serve(t, func(conn net.Conn) {
				speak(conn, func(f *frames, stream uint32) bool { sent.Add(); f.Reset(stream, protocolError); return true })
			})
			client := clientOf(t, w.URL(), gitlabci.WithHTTPClient(w.Client))
			_, err := client.SecureFiles.Create(t.Context(), wireApp, &gitlabci.CreateSecureFileOptions{Name: "n", File: file})
			require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.Len(t, sent.All(), 1)
		}
	})
}

// TestReadingWaitsItsBackoffOverHTTP2: what may be repeated is, as often and as patiently as the policy says.
func TestReadingWaitsItsBackoffOverHTTP2(t *testing.T) {
	overEach(t, func(t *testing.T, p protocol) {
		if !p.Second {
			return
		}
		var sent sends
		w := p.Serve(t, func(conn net.Conn) {
			speak(conn, func(f *frames, stream uint32) bool { sent.Add(); f.Reset(stream, protocolError); return true })
		})
		client := clientOf(t, w.URL(), gitlabci.WithHTTPClient(w.Client), gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 4, MinWait: faultPause}))
		_, err := client.Jobs.Get(t.Context(), wireApp, 7)
		require.ErrorContains(t, err, "4 attempts")
		require.Len(t, sent.All(), 4)
		requireOneSendAnAttempt(t, sent.All(), 4)
	})
}

// closing answers on each connection once and closes it when it is told to, as a server does with one that was idle for long.
type closing struct {
	conns    chan net.Conn
	requests atomic.Int32
}

func (c *closing) serve(conn net.Conn, read func() bool) {
	for read() {
		c.requests.Add(1)
		io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n"+`{"id":1}`)
		c.conns <- conn
	}
}

// TestAnIdleConnectionThatIsClosing: the server closes a connection while the client takes it for the next request. Every pipeline that is
// asked for is created once, or the outcome is unknown and it was created at most once.
func TestAnIdleConnectionThatIsClosing(t *testing.T) {
	c := &closing{conns: make(chan net.Conn, 1)}
	w := newWire(t, c.serve)
	client := clientOf(t, w.URL, atOnce)
	var unknown, created int
	for range 500 {
		before := c.requests.Load()
		_, err := client.Pipelines.Create(t.Context(), wireApp, createMain)
		switch after := c.requests.Load(); {
		case err == nil:
			require.Equal(t, before+1, after)
			created++
		default:
			require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.LessOrEqual(t, after, before+1)
			unknown++
		}
		select {
		case conn := <-c.conns:
			conn.Close() // at about the moment of the next call
		default:
		}
	}
	require.NotZero(t, created)
	t.Logf("%d created, %d unknown", created, unknown)
}

// TestReadingOnAClosedConnection: net/http would send a GET again by itself, without a pause and without counting.
func TestReadingOnAClosedConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent sends
		m := &memoryNet{serve: func(conn net.Conn, read func() bool) {
			for n := 0; read(); n++ {
				sent.Add()
				if n > 0 {
					return // the second request on each connection has no answer
				}
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n"+`{"id":7}`)
			}
		}}
		client := clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(m.client()), gitlabci.WithRetry(gitlabci.RetryPolicy{MinWait: faultPause}))
		var response gitlabci.Response
		for range 4 {
			before := len(sent.All())
			_, err := client.Jobs.Get(t.Context(), wireApp, 7, gitlabci.WithResponse(&response))
			require.NoError(t, err)
			at := sent.All()[before:]
			require.Len(t, at, response.Attempts)
			requireOneSendAnAttempt(t, at, response.Attempts)
		}
		_, err := client.Jobs.Get(t.Context(), wireApp, 7, gitlabci.WithoutRetry())
		require.ErrorContains(t, err, "the connection was lost before the answer came")
		require.Len(t, sent.All(), 8)
	})
}

// tunnel is a proxy that joins connections, as CONNECT asks for.
type tunnel struct {
	*httptest.Server
	connects atomic.Int32
	refuse   atomic.Bool
}

func newTunnel(t testing.TB) *tunnel {
	p := new(tunnel)
	var mu sync.Mutex // orders what is joined before the wait for it
	var closed bool
	var joined sync.WaitGroup
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.connects.Add(1)
		if r.Method != http.MethodConnect || p.refuse.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		there, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			there.Close()
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if closed {
			here.Close()
			there.Close()
			return
		}
		io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		for _, pair := range [][2]net.Conn{{here, there}, {there, here}} {
			joined.Go(func() { io.Copy(pair[0], pair[1]); pair[0].Close(); pair[1].Close() })
		}
	}))
	t.Cleanup(func() {
		p.Close()
		mu.Lock()
		closed = true
		mu.Unlock()
		joined.Wait()
	})
	return p
}

func TestThroughAProxy(t *testing.T) {
	for _, second := range []bool{false, true} {
		proto := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[second]
		t.Run(proto, func(t *testing.T) {
			var creates, fails atomic.Int32
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				creates.Add(1)
				if r.Proto != proto {
					w.WriteHeader(http.StatusTeapot)
				} else if fails.Add(-1) >= 0 {
					panic(http.ErrAbortHandler)
				}
				io.WriteString(w, `{"id":1}`)
			}))
			srv.EnableHTTP2 = second
			srv.Config.ErrorLog = noLog
			srv.StartTLS()
			t.Cleanup(srv.Close)
			proxy := newTunnel(t)
			to, err := url.Parse(proxy.URL)
			require.NoError(t, err)
			transport := srv.Client().Transport.(*http.Transport).Clone()
			transport.Proxy = http.ProxyURL(to)
			client := clientOf(t, srv.URL, gitlabci.WithHTTPClient(&http.Client{Transport: transport}), atOnce)

			_, err = client.Pipelines.Create(t.Context(), wireApp, createMain)
			require.NoError(t, err)
			require.EqualValues(t, 1, creates.Load())
			require.EqualValues(t, 1, proxy.connects.Load())

			fails.Store(1)
			_, err = client.Pipelines.Create(t.Context(), wireApp, createMain)
			require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.EqualValues(t, 2, creates.Load())

			// What the proxy does not let through was not sent.
			client.CloseIdleConnections()
			proxy.refuse.Store(true)
			proxy.connects.Store(0)
			_, err = client.Pipelines.Create(t.Context(), wireApp, createMain)
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.Equal(t, 5, failureOf(t, err).Attempts)
			require.EqualValues(t, 5, proxy.connects.Load())
			require.EqualValues(t, 2, creates.Load())
		})
	}
}

// TestExpectContinue: a server that has only seen the header of a request, and goes, was not asked for anything yet; that is not known.
func TestExpectContinue(t *testing.T) {
	for name, test := range map[string]struct {
		answer  string
		body    bool // is sent
		unknown bool
		status  int
	}{
		"goes on":                  {"HTTP/1.1 100 Continue\r\n\r\n", true, false, 201},
		"refuses it":               {"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n", false, false, 417},
		"has no room for it":       {"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n", false, false, 429},
		"closes without a word":    {"", false, true, 0},
		"closes once it continued": {"HTTP/1.1 100 Continue\r\n\r\n", true, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bodies, headers atomic.Int32
				transport := &http.Transport{ExpectContinueTimeout: time.Second, DialContext: func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go func() {
						defer far.Close()
						in := bufio.NewReader(far)
						req, err := http.ReadRequest(in)
						if err != nil {
							return
						}
						headers.Add(1)
						io.WriteString(far, test.answer)
						if test.status >= 400 {
							io.Copy(io.Discard, far) // until the client is gone
						}
						if !test.body {
							return
						}
						if n, _ := io.Copy(io.Discard, req.Body); n > 0 {
							bodies.Add(1)
						}
						if test.status == 201 {
							io.WriteString(far, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n"+`{"id":1}`)
						}
					}()
					return near, nil
				}}
				client := clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(&http.Client{Transport: transport}), atOnce)
				_, err := client.Pipelines.Create(t.Context(), wireApp, createMain, gitlabci.WithHeader("Expect", "100-continue"))
				require.Equal(t, test.status == 201, err == nil, err)
				require.Equal(t, test.unknown, errors.Is(err, gitlabci.ErrOutcomeUnknown), err)
				if err != nil {
					require.Equal(t, test.status, failureOf(t, err).StatusCode)
				}
				require.EqualValues(t, 1, headers.Load())
				require.Equal(t, test.body, bodies.Load() == 1)
			})
		})
	}
}
