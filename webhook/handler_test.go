package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/webhook"
)

func nothing(context.Context, webhook.Event) error { return nil }

const running = `{"object_kind":"pipeline","object_attributes":{"id":5,"status":"running"},"project":{"id":3}}`

// protocols are those that GitLab, and what stands before the receiver, may speak.
var protocols = map[string]func(http.Handler) *httptest.Server{
	"HTTP/1.1": httptest.NewServer,
	"HTTP/2": func(handler http.Handler) *httptest.Server {
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = true
		server.StartTLS()
		return server
	},
}

// overEach runs a test over each protocol, on a socket. What it asks is answered by a handler.
func overEach(t *testing.T, handle func(context.Context, webhook.Event) error, opts []webhook.Option, test func(t *testing.T, server *httptest.Server)) {
	for name, serve := range protocols {
		t.Run(name, func(t *testing.T) {
			handler, err := webhook.Handler(signing, handle, opts...)
			require.NoError(t, err)
			server := serve(handler)
			defer server.Close()
			test(t, server)
		})
	}
}

// send sends a request, and returns the answer with its body read.
func send(t *testing.T, server *httptest.Server, method string, header http.Header, body io.Reader) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL, body)
	require.NoError(t, err)
	r.Header = header
	response, err := server.Client().Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

func post(t *testing.T, server *httptest.Server, header http.Header, body string) int {
	t.Helper()
	response, _ := send(t, server, http.MethodPost, header, strings.NewReader(body))
	return response.StatusCode
}

func TestHandler(t *testing.T) {
	t.Parallel()
	got := make(chan webhook.Event, 10)
	handle := func(_ context.Context, event webhook.Event) error {
		got <- event
		return nil
	}
	overEach(t, handle, nil, func(t *testing.T, server *httptest.Server) {
		require.Equal(t, http.StatusNoContent, post(t, server, signed(signing, "one", running), running))
		event := <-got
		require.Equal(t, webhook.KindPipeline, event.Kind)
		require.Equal(t, gitlabci.PipelineRunning, event.Payload.(*webhook.Pipeline).Status)
		require.Equal(t, gitlabci.ProjectID(3), event.Project())
		require.Equal(t, running, string(event.Body))

		const issue = `{"object_kind":"issue"}`
		header := signed(signing, "two", issue)
		header.Set("X-Gitlab-Event", "Issue Hook")
		require.Equal(t, http.StatusNoContent, post(t, server, header, issue), "what is not wanted is no failure of the hook")
		event = <-got
		require.Equal(t, webhook.Kind("issue"), event.Kind)
		require.Nil(t, event.Payload)
		require.Empty(t, got)
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	handle := func(_ context.Context, event webhook.Event) error {
		t.Errorf("handled: %v", event)
		return nil
	}
	unnamed := signed(signing, delivery, running)
	unnamed.Del("X-Gitlab-Event")
	large := `{"text":"` + strings.Repeat("x", 2000) + `"}`
	bomb := `{"object_attributes":{"id":` + strings.Repeat("[", 900)
	overEach(t, handle, []webhook.Option{webhook.WithMaxBody(1000)}, func(t *testing.T, server *httptest.Server) {
		for _, test := range []struct {
			method string
			header http.Header
			body   io.Reader
			status int
			text   string
		}{
			{http.MethodGet, signed(signing, delivery, ""), nil, 405, "webhook: GitLab sends webhooks by POST\n"},
			{http.MethodPut, signed(signing, delivery, running), strings.NewReader(running), 405, "webhook: GitLab sends webhooks by POST\n"},
			{http.MethodPost, named("Pipeline Hook"), strings.NewReader(running), 401, "webhook: the request does not have the secret: it is not signed\n"},
			{http.MethodPost, signed(rotated, delivery, running), strings.NewReader(running), 401,
				"webhook: the request does not have the secret: the signature is not of the signing token\n"},
			{http.MethodPost, signed(signing, delivery, large), strings.NewReader(large), 413, "webhook: the body is too large\n"},
			{http.MethodPost, signed(signing, delivery, large), io.MultiReader(strings.NewReader(large)), 413, "webhook: the body is too large\n"},
			{http.MethodPost, unnamed, strings.NewReader(running), 400, "webhook: the request is not what GitLab sends: there is no X-Gitlab-Event\n"},
			{http.MethodPost, signed(signing, delivery, "ref=main"), strings.NewReader("ref=main"), 400, "webhook: the request is not what GitLab sends: the body is not JSON\n"},
			{http.MethodPost, signed(signing, delivery, bomb), strings.NewReader(bomb), 400, "webhook: the request is not what GitLab sends: the body is not JSON\n"},
		} {
			response, text := send(t, server, test.method, test.header, test.body)
			require.Equal(t, test.status, response.StatusCode, text)
			require.Equal(t, test.text, text)
			if test.status == http.StatusMethodNotAllowed {
				require.Equal(t, http.MethodPost, response.Header.Get("Allow"))
			}
		}
		response, _ := send(t, server, http.MethodHead, signed(signing, delivery, ""), nil)
		require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	})
}

// A reader that fails the test when it is read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// TestNoBodyOfAStrangerIsRead tests that a stranger is refused by the header, where that shows one.
func TestNoBodyOfAStrangerIsRead(t *testing.T) {
	t.Parallel()
	old := named("Pipeline Hook", "webhook-id", delivery, "webhook-timestamp", "1744578123", "webhook-signature", sign(signing, delivery, "1744578123", ""))
	for _, header := range []http.Header{named("Pipeline Hook"), named("Pipeline Hook", "X-Gitlab-Token", "wrong"), old} {
		r := request(header, "")
		r.Body = io.NopCloser(untouched{t})
		_, err := webhook.Parse(r, signing, webhook.WithSecrets(token))
		require.ErrorIs(t, err, webhook.ErrUnauthorized)
	}
	r := request(signed(signing, delivery, ""), "")
	r.Body, r.ContentLength = io.NopCloser(untouched{t}), 25<<20+1
	_, err := webhook.Parse(r, signing)
	require.ErrorIs(t, err, webhook.ErrTooLarge)
}

func TestAsLargeAsGitLabSends(t *testing.T) {
	t.Parallel()
	sizes := make(chan int, 1)
	handle := func(_ context.Context, event webhook.Event) error {
		sizes <- len(event.Body)
		return nil
	}
	overEach(t, handle, nil, func(t *testing.T, server *httptest.Server) {
		body := running + strings.Repeat(" ", 25<<20-len(running))
		require.Equal(t, http.StatusNoContent, post(t, server, signed(signing, delivery, body), body))
		require.Equal(t, 25<<20, <-sizes)
	})
}

// TestReplays tests that a delivery is handled once, however often it comes, unless handling it failed.
func TestReplays(t *testing.T) {
	t.Parallel()
	var fails atomic.Bool
	var calls atomic.Int64
	handle := func(context.Context, webhook.Event) error {
		calls.Add(1)
		if fails.Load() {
			return errors.New("the table is locked")
		}
		return nil
	}
	log := slog.New(slog.DiscardHandler)
	overEach(t, handle, []webhook.Option{webhook.WithLogger(log)}, func(t *testing.T, server *httptest.Server) {
		calls.Store(0)
		fails.Store(true)
		header := signed(signing, delivery, running)
		response, text := send(t, server, http.MethodPost, header, strings.NewReader(running))
		require.Equal(t, http.StatusInternalServerError, response.StatusCode)
		require.Equal(t, "webhook: the event could not be handled\n", text, "what went wrong inside is not for outside")
		fails.Store(false)
		require.Equal(t, http.StatusNoContent, post(t, server, header, running), "somebody resends it")
		require.EqualValues(t, 2, calls.Load())
		for range 3 {
			require.Equal(t, http.StatusNoContent, post(t, server, header, running))
		}
		// One who listens in cannot make a new delivery of it.
		header.Set("Idempotency-Key", "another")
		require.Equal(t, http.StatusNoContent, post(t, server, header, running))
		require.EqualValues(t, 2, calls.Load())
		require.Equal(t, http.StatusNoContent, post(t, server, signed(signing, "another", running), running))
		require.EqualValues(t, 3, calls.Load())
	})
}

// TestManyAtOnce sends each of many deliveries several times at once: each is handled once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	handled := make(map[string]int)
	handle := func(_ context.Context, event webhook.Event) error {
		mu.Lock()
		defer mu.Unlock()
		handled[event.ID]++
		return nil
	}
	overEach(t, handle, nil, func(t *testing.T, server *httptest.Server) {
		clear(handled)
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				id := fmt.Sprintf("delivery %d", i%50)
				r := request(signed(signing, id, running), running)
				recorder := httptest.NewRecorder()
				server.Config.Handler.ServeHTTP(recorder, r)
				if recorder.Code != http.StatusNoContent {
					t.Errorf("%s: %d", id, recorder.Code)
				}
			})
		}
		wg.Wait()
		require.Len(t, handled, 50)
		for id, times := range handled {
			require.Equal(t, 1, times, id)
		}
	})
}

func TestAPanicIsNoAnswer(t *testing.T) {
	t.Parallel()
	calls := 0
	handler, err := webhook.Handler(token, func(context.Context, webhook.Event) error {
		calls++
		if calls == 1 {
			panic("no such column")
		}
		return nil
	})
	require.NoError(t, err)
	header := named("Pipeline Hook", "X-Gitlab-Token", string(token), "webhook-id", "one")
	require.PanicsWithValue(t, "no such column", func() { handler.ServeHTTP(httptest.NewRecorder(), request(header, running)) })
	handler.ServeHTTP(httptest.NewRecorder(), request(header, running))
	handler.ServeHTTP(httptest.NewRecorder(), request(header, running))
	require.Equal(t, 2, calls, "it was forgotten as it panicked")
}

// A broken memory remembers nothing.
type broken struct{ forgotten chan string }

func (b broken) Remember(context.Context, string) (bool, error) {
	return false, errors.New("no route to host")
}

func (b broken) Forget(ctx context.Context, id string) error {
	b.forgotten <- id
	return errors.New("no route to host")
}

func TestABrokenMemoryLosesNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var failure error
	calls := 0
	memory := broken{make(chan string, 1)}
	handler, err := webhook.Handler(token, func(context.Context, webhook.Event) error {
		calls++
		return failure
	}, webhook.WithMemory(memory), webhook.WithLogger(slog.New(slog.NewTextHandler(&out, nil))))
	require.NoError(t, err)
	header := named("Pipeline Hook", "X-Gitlab-Token", string(token), "webhook-id", "one")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request(header, running))
	require.Equal(t, http.StatusNoContent, recorder.Code)
	require.Equal(t, 1, calls)
	require.Contains(t, out.String(), "no route to host")
	failure = errors.New("the table is locked")
	out.Reset()
	recorder = httptest.NewRecorder()
	handler.ServeHTTP(recorder, request(header, running))
	require.Equal(t, http.StatusInternalServerError, recorder.Code)
	require.Equal(t, "one", <-memory.forgotten)
	require.Contains(t, out.String(), "the table is locked")
	require.Contains(t, out.String(), "event.pipeline_id=5")
}

func TestAnswerFirst(t *testing.T) {
	t.Parallel()
	for name, serve := range protocols {
		t.Run(name, func(t *testing.T) {
			var work sync.WaitGroup
			answered, done := make(chan struct{}), make(chan error, 1)
			handler, err := webhook.Handler(signing, func(ctx context.Context, _ webhook.Event) error {
				<-answered
				done <- ctx.Err()
				return errors.New("nobody is there to be told")
			}, webhook.AnswerFirst(work.Go), webhook.WithLogger(slog.New(slog.DiscardHandler)))
			require.NoError(t, err)
			server := serve(handler)
			defer server.Close()
			header := signed(signing, delivery, running)
			require.Equal(t, http.StatusAccepted, post(t, server, header, running))
			require.Equal(t, http.StatusNoContent, post(t, server, header, running), "it is under way")
			close(answered)
			work.Wait()
			require.NoError(t, <-done, "the work outlives the request")
			require.Equal(t, http.StatusAccepted, post(t, server, header, running), "it failed, and may be sent again")
			work.Wait()
		})
	}
}

func TestLogsOfRefusals(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	handler, err := webhook.Handler(token, nothing, webhook.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	require.NoError(t, err)
	handler.ServeHTTP(httptest.NewRecorder(), request(named("Pipeline Hook", "X-Gitlab-Token", hush), running))
	require.Contains(t, out.String(), "X-Gitlab-Token is not the secret token")
	require.NotContains(t, out.String(), hush)
	require.NotContains(t, out.String(), string(token))
}

// A pipes is a listener in memory, whose connections keep deadlines by the clock of the test.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// inMemory runs a test with a server in memory, whose clock is that of the test.
func inMemory(t *testing.T, handle func(context.Context, webhook.Event) error, test func(t *testing.T, conn net.Conn), opts ...webhook.Option) {
	synctest.Test(t, func(t *testing.T) {
		handler, err := webhook.Handler(token, handle, opts...)
		require.NoError(t, err)
		listener := newPipes()
		server := &http.Server{Handler: handler}
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		conn := listener.dial()
		defer func() {
			conn.Close()
			server.Close()
			require.ErrorIs(t, <-served, http.ErrServerClosed)
			time.Sleep(time.Second) // a connection that is refused lingers for half of one
		}()
		test(t, conn)
	})
}

// TestSlowBodies tests that a body which comes by drops is given up in time, from strangers and from others.
func TestSlowBodies(t *testing.T) {
	for _, test := range []struct {
		secret string
		opts   []webhook.Option
		status int
		after  time.Duration
	}{
		{string(token), nil, http.StatusRequestTimeout, 10 * time.Second},
		{string(token), []webhook.Option{webhook.WithBodyTimeout(3 * time.Second)}, http.StatusRequestTimeout, 3 * time.Second},
		{"wrong", nil, http.StatusUnauthorized, 10 * time.Second}, // the server waits for the rest of the body
	} {
		inMemory(t, func(context.Context, webhook.Event) error {
			t.Error("handled")
			return nil
		}, func(t *testing.T, conn net.Conn) {
			start := time.Now()
			var writing sync.WaitGroup
			writing.Go(func() {
				fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: ci\r\nX-Gitlab-Event: Pipeline Hook\r\nX-Gitlab-Token: %s\r\nContent-Length: 5000\r\n\r\n", test.secret)
				for {
					time.Sleep(time.Second / 2)
					if _, err := io.WriteString(conn, " "); err != nil {
						return
					}
				}
			})
			defer writing.Wait()
			defer conn.Close()
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			require.Equal(t, test.status, response.StatusCode)
			require.InDelta(t, test.after, time.Since(start), float64(time.Second/2))
			require.True(t, response.Close)
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NotContains(t, string(text), "pipe")
		}, test.opts...)
	}
}

// TestABodyThatNeverEnds tests the same on sockets, over each protocol.
func TestABodyThatNeverEnds(t *testing.T) {
	t.Parallel()
	handle := func(_ context.Context, event webhook.Event) error {
		t.Errorf("handled: %v", event)
		return nil
	}
	overEach(t, handle, []webhook.Option{webhook.WithBodyTimeout(50 * time.Millisecond)}, func(t *testing.T, server *httptest.Server) {
		body, end := io.Pipe()
		defer end.Close()
		go io.WriteString(end, running[:10])
		response, text := send(t, server, http.MethodPost, signed(signing, delivery, running), body)
		require.Equal(t, http.StatusRequestTimeout, response.StatusCode)
		require.Equal(t, "webhook: the body did not come whole, in time\n", text)
	})
}

// TestTheDeadlineIsOfTheBody tests that a function which takes longer than a body may, and a second delivery on the connection, are not
// disturbed.
func TestTheDeadlineIsOfTheBody(t *testing.T) {
	inMemory(t, func(ctx context.Context, _ webhook.Event) error {
		time.Sleep(time.Minute)
		return ctx.Err()
	}, func(t *testing.T, conn net.Conn) {
		reader := bufio.NewReader(conn)
		for i := range 2 {
			go fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: ci\r\nX-Gitlab-Event: Pipeline Hook\r\nX-Gitlab-Token: %s\r\nwebhook-id: %d\r\nContent-Length: %d\r\n\r\n%s",
				string(token), i, len(running), running)
			response, err := http.ReadResponse(reader, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, response.StatusCode)
			time.Sleep(time.Hour)
		}
	})
}

// TestAHangUpEndsTheContext tests that the function learns when GitLab does not wait any more.
func TestAHangUpEndsTheContext(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}, 1), make(chan error, 1)
	handle := func(ctx context.Context, _ webhook.Event) error {
		began <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}
	overEach(t, handle, []webhook.Option{webhook.WithLogger(slog.New(slog.DiscardHandler))}, func(t *testing.T, server *httptest.Server) {
		ctx, hangUp := context.WithCancel(t.Context())
		r := request(signed(signing, delivery, running), running).WithContext(ctx)
		url, err := r.URL.Parse(server.URL)
		require.NoError(t, err)
		r.URL = url
		go func() {
			<-began
			hangUp()
		}()
		_, err = server.Client().Do(r)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// TestABodyThatIsCut tests a length that promises more than comes.
func TestABodyThatIsCut(t *testing.T) {
	t.Parallel()
	r := request(named("Pipeline Hook", "X-Gitlab-Token", string(token)), "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(running[:10]), &failing{io.ErrUnexpectedEOF}))
	_, err := webhook.Parse(r, token)
	require.ErrorIs(t, err, webhook.ErrIncomplete)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, http.StatusRequestTimeout, webhook.StatusCode(err))
	require.Equal(t, http.StatusOK, webhook.StatusCode(nil))

	r.Body = nil
	_, err = webhook.Parse(r, token)
	require.ErrorIs(t, err, webhook.ErrNotGitLab)
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
