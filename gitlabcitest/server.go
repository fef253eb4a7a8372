// Package gitlabcitest is a stand-in GitLab: an HTTP server that lives in memory and keeps real state. Pipelines run through
// GitLab's state machine, logs grow, artifacts are real archives, and faults can be scripted.
//
//	srv := gitlabcitest.New()
//	defer srv.Close()
//	app := srv.AddProject("group/app",
//		gitlabcitest.Job{Name: "compile", Stage: "build", Duration: 2 * time.Second, Log: "compiling\n"},
//		gitlabcitest.Job{Name: "unit", Stage: "test", Fails: 1},
//		gitlabcitest.Job{Name: "production", Stage: "deploy", When: gitlabcitest.Manual},
//	)
//	pipeline, err := srv.Client().Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
//
// [New] needs no port. [Server.Listen] serves the same state over a socket, for clients in any language, and [Server.ListenTLS] over TLS. A
// Server is an [http.Handler] as well, so that a test's own server can serve it:
//
//	ts := httptest.NewServer(srv)
//	defer ts.Close()
//
// # Time
//
// Nothing runs in the background. What is to happen (a runner takes a job, a job ends, a schedule runs) has its due time, and each request
// first lets everything happen that is due by then, in order. The time is that of the standard clock, so inside a [testing/synctest] bubble
// an hour of pipeline passes in an instant. Create the server and close it inside the bubble: a defer in the function that synctest.Test
// runs is right, t.Cleanup of the outer test is not.
//
// # What it leaves out
//
// A runner takes any number of jobs at once, each after [Job.Queue]. There is no .gitlab-ci.yml: a project's jobs are given to
// [Server.AddProject]. Lint shows them as YAML, each with a script of one line, but reads YAML only as far as that goes: it knows again what it
// showed, and checks JSON, which is YAML too, for the commoner keywords. It follows neither include nor extends. What it does not understand
// is never valid: an error says that the stand-in cannot tell. Inputs are known by the names in [ProjectSettings], and are not put in anywhere.
// No variable reaches a job's log but for those in the name and URL of its environment; [Server.JobVariables] tells which it gets.
//
// A merge train tests each merge request at the head of its own branch: nothing is merged for the test with what is before it. There may be
// any number of pipelines at a time.
//
// Artifacts expire when they say so, also those of the newest pipeline, which GitLab by default keeps. Of secure files no certificates are
// read. Agents for Kubernetes have no cluster, and whether an environment or a protected ref restricts them is not looked at; runner
// controllers are never asked. A group that may deploy to a protected environment need
// not be invited to the project. Of a project's settings those in [ProjectSettings], the default process mode of resource groups and
// whether outdated jobs may deploy have an effect, the others are only kept.
//
// # What strangers may send
//
// A request without a token that the server knows has a body of at most 128 KiB, and none of its files are kept. For everybody the address has
// at most 8 KiB, a header 32 KiB, and a form 4096 parameters that are nested at most 32 deep.
//
// # Mistakes
//
// A method of [Server] that is given what cannot be, such as a project that is not there or two jobs of one name, panics: the test is
// wrong, not what it tests.
package gitlabcitest

import (
	"context"
	"log"
	"net"
	"net/http"
	"sync"
)

// Server is a GitLab with its state. All methods may be called from several goroutines at once.
type Server struct {
	site
	http      *http.Server
	memory    *memoryListener
	transport *http.Transport
	done      chan struct{}  // closed by Close
	running   sync.WaitGroup // serving goroutines and open connections
	closing   sync.Once

	http2 bool // in memory

	// What follows is guarded by the lock of the site.
	closed   bool
	faults   []*fault
	requests []Request
	recorded int // their size in bytes
}

// New starts a GitLab in memory, with the administrator root, one runner, and nothing else. Close it when done.
func New(opts ...Option) *Server {
	s := &Server{
		memory: newMemoryListener(),
		done:   make(chan struct{}),
		site:   site{world: newWorld()},
	}
	for _, opt := range opts {
		opt(s)
	}
	s.populate()
	register(&s.site)
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.serveOwn), ConnState: s.countConnections, Protocols: new(http.Protocols), MaxHeaderBytes: maxHeader,
		ErrorLog: log.New(withoutHandshakes{}, "", log.Flags()),
	}
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetHTTP2(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	s.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.memory.dial(ctx) },
		// On a connection used before, net/http itself repeats a GET whose connection was dropped. With a connection for each
		// request every scripted drop is seen by the client under test. Over HTTP/2 a drop is one of a stream, which it does not repeat.
		DisableKeepAlives: !s.http2,
		Protocols:         new(http.Protocols),
	}
	s.transport.Protocols.SetHTTP1(!s.http2)
	s.transport.Protocols.SetUnencryptedHTTP2(s.http2)
	s.serveOn(s.memory)
	return s
}

// URL returns the base URL to reach the server at through [Server.HTTPClient]. No other client finds it there: see [Server.Listen].
func (s *Server) URL() string {
	return "http://gitlab.test" + s.prefix()
}

// Token returns the administrator's token: that of [WithToken], or else "glpat-standin".
func (s *Server) Token() string {
	return s.adminToken
}

// Transport returns the transport that reaches the server in memory, whatever the host of the URL.
func (s *Server) Transport() http.RoundTripper {
	return s.transport
}

// HTTPClient returns a client over [Server.Transport].
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: s.transport}
}

// Listen serves the same state also on a TCP address such as "127.0.0.1:0", and returns the base URL. It speaks HTTP/1.1, and HTTP/2 to clients
// that begin with it. The socket closes with the server.
func (s *Server) Listen(address string) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	s.serveOn(listener)
	return "http://" + listener.Addr().String() + s.prefix(), nil
}

// Close ends the server, its connections and its goroutines. A server of the test's own that serves it is to be closed by the test.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.done)
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		_ = s.http.Close() // a listener that does not close cleanly is gone all the same
		s.transport.CloseIdleConnections()
		s.running.Wait()
		s.removeFiles()
	})
}

// ServeHTTP answers a request: record, fault before, answer, fault after, write. After [Server.Close] connections are dropped.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-s.done:
		panic(http.ErrAbortHandler)
	default:
	}
	if len(r.RequestURI) > maxURI {
		http.Error(w, "414 Request-URI Too Large", http.StatusRequestURITooLong)
		return
	}
	b, err := s.read(r)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	fault := s.receive(r, b.raw)
	if fault.delay > 0 {
		s.sleep(r, fault.delay)
	}
	if fault.before {
		fault.play(w, r)
		return
	}
	a := s.respond(r, b)
	a.finish()
	if fault.after {
		panic(http.ErrAbortHandler)
	}
	a.write(s.spoil(w, r, fault), r)
}

// serveOwn is ServeHTTP for requests on the server's own listeners: Close waits for them. Over HTTP/2 each has a goroutine that may outlive
// its connection.
func (s *Server) serveOwn(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	s.ServeHTTP(w, r)
}

func (s *Server) serveOn(listener net.Listener) {
	s.running.Go(func() { _ = s.http.Serve(listener) }) // always http.ErrServerClosed, or the socket's failure, which its client sees
}

// countConnections makes Close wait for the goroutine of each connection.
func (s *Server) countConnections(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.running.Done()
	}
}
