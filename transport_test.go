package gitlabci_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

var (
	wireApp   = gitlabci.ProjectPath("group/app")
	wireGroup = gitlabci.GroupPath("group")
)

// atOnce repeats without a pause worth speaking of.
var atOnce = gitlabci.WithRetry(gitlabci.RetryPolicy{MinWait: 1, MaxWait: 1})

// roundTrip is an http.RoundTripper in one function. It reports nothing of connections.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return f(r)
}

// through makes a client of a function that answers in its place.
func through(t testing.TB, f roundTrip, opts ...gitlabci.Option) *gitlabci.Client {
	t.Helper()
	return clientOf(t, "http://gitlab.test", append([]gitlabci.Option{gitlabci.WithHTTPClient(&http.Client{Transport: f})}, opts...)...)
}

// answerTo is a response, with headers as in "Retry-After: 7".
func answerTo(r *http.Request, status int, body string, headers ...string) *http.Response {
	header := http.Header{"Content-Type": {"application/json"}}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		header.Set(name, value)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

// failureOf is the *Error in err.
func failureOf(t testing.TB, err error) *gitlabci.Error {
	t.Helper()
	var e *gitlabci.Error
	require.ErrorAs(t, err, &e)
	return e
}

// apiCall is one call of the SDK, whatever it returns.
type apiCall struct {
	name    string
	failure error
	do      func(context.Context, *gitlabci.Client, ...gitlabci.RequestOption) error
}

func ignore[T any](_ T, err error) error { return err }

// drain reads a download to its end.
func drain(body io.ReadCloser, err error) error {
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(io.Discard, body)
	return err
}

// onceCalls are the calls that must never be sent twice.
var onceCalls = []apiCall{
	{"create pipeline", gitlabci.ErrPipelineCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Pipelines.Create(ctx, wireApp, &gitlabci.CreatePipelineOptions{Ref: "main"}, o...))
	}},
	{"create merge request pipeline", gitlabci.ErrPipelineCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Pipelines.CreateForMergeRequest(ctx, wireApp, 7, nil, o...))
	}},
	{"retry pipeline", gitlabci.ErrPipelineRetry, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Pipelines.Retry(ctx, wireApp, 7, nil, o...))
	}},
	{"retry job", gitlabci.ErrJobRetry, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Jobs.Retry(ctx, wireApp, 7, nil, o...))
	}},
	{"play job", gitlabci.ErrJobPlay, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Jobs.Play(ctx, wireApp, 7, nil, o...))
	}},
	{"erase job", gitlabci.ErrJobErase, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Jobs.Erase(ctx, wireApp, 7, o...))
	}},
	{"run trigger", gitlabci.ErrTriggerRun, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Triggers.Run(ctx, wireApp, &gitlabci.RunTriggerOptions{Token: "glptt-hush", Ref: "main"}, o...))
	}},
	{"create trigger", gitlabci.ErrTriggerCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Triggers.Create(ctx, wireApp, &gitlabci.CreateTriggerOptions{Description: "d"}, o...))
	}},
	{"create runner", gitlabci.ErrRunnerCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Runners.Create(ctx, &gitlabci.CreateRunnerOptions{RunnerType: gitlabci.RunnerTypeInstance}, o...))
	}},
	{"register runner", gitlabci.ErrRunnerRegister, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Runners.Register(ctx, &gitlabci.RegisterRunnerOptions{Token: "GR-hush"}, o...))
	}},
	{"enable runner", gitlabci.ErrRunnerEnable, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Runners.Enable(ctx, wireApp, 7, o...))
	}},
	{"reset runner token", gitlabci.ErrRunnerResetToken, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Runners.ResetToken(ctx, 7, o...))
	}},
	{"reset runner token by token", gitlabci.ErrRunnerResetToken, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Runners.ResetTokenByToken(ctx, "glrt-hush", o...))
	}},
	{"reset registration token", gitlabci.ErrRunnerResetToken, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Runners.ResetRegistrationToken(ctx, wireGroup, o...))
	}},
	{"create variable of a project", gitlabci.ErrVariableCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Variables.Create(ctx, wireApp, &gitlabci.CreateVariableOptions{Key: "K"}, o...))
	}},
	{"create variable of a group", gitlabci.ErrVariableCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Variables.Create(ctx, wireGroup, &gitlabci.CreateVariableOptions{Key: "K"}, o...))
	}},
	{"create variable of the instance", gitlabci.ErrVariableCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Variables.Create(ctx, gitlabci.Instance, &gitlabci.CreateVariableOptions{Key: "K"}, o...))
	}},
	{"create schedule", gitlabci.ErrScheduleCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Schedules.Create(ctx, wireApp, &gitlabci.CreateScheduleOptions{Description: "d", Ref: "main", Cron: "* * * * *"}, o...))
	}},
	{"play schedule", gitlabci.ErrSchedulePlay, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return c.Schedules.Play(ctx, wireApp, 7, nil, o...)
	}},
	{"create schedule variable", gitlabci.ErrVariableCreate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Schedules.CreateVariable(ctx, wireApp, 7, &gitlabci.CreateScheduleVariableOptions{Key: "K"}, o...))
	}},
	{"any POST", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return c.Do(ctx, "POST", "projects/1/issues", map[string]string{"title": "t"}, new(map[string]any), o...)
	}},
	{"any PATCH", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return c.Do(ctx, "PATCH", "projects/1/job_token_scope", map[string]bool{"enabled": true}, new(map[string]any), o...)
	}},
	{"any POST with a streamed answer", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return c.Do(ctx, "POST", "projects/1/export", nil, io.Discard, o...)
	}},
}

// againCalls are calls that may be sent as often as it takes, and what answers them well.
var againCalls = []struct {
	apiCall
	method, good string
}{
	{apiCall{"get job", gitlabci.ErrJobGet, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Jobs.Get(ctx, wireApp, 7, o...))
	}}, "GET", `{"id":7}`},
	{apiCall{"list jobs", gitlabci.ErrJobList, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Jobs.List(ctx, wireApp, nil, o...).Collect())
	}}, "GET", `[{"id":7}]`},
	{apiCall{"get trace", gitlabci.ErrTraceGet, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return drain(c.Jobs.Trace(ctx, wireApp, 7, nil, o...))
	}}, "GET", `a line of a log`},
	{apiCall{"update variable", gitlabci.ErrVariableUpdate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Variables.Update(ctx, wireApp, gitlabci.Key("K"), &gitlabci.UpdateVariableOptions{Value: new(gitlabci.Secret("v"))}, o...))
	}}, "PUT", `{"key":"K"}`},
	{apiCall{"delete pipeline", gitlabci.ErrPipelineDelete, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return c.Pipelines.Delete(ctx, wireApp, 7, o...)
	}}, "DELETE", ``},
	{apiCall{"delete runner by token", gitlabci.ErrRunnerDelete, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return c.Runners.DeleteByToken(ctx, "glrt-hush", o...)
	}}, "DELETE", ``},
	{apiCall{"cancel pipeline", gitlabci.ErrPipelineCancel, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Pipelines.Cancel(ctx, wireApp, 7, nil, o...))
	}}, "POST", `{"id":7}`},
	{apiCall{"cancel job", gitlabci.ErrJobCancel, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Jobs.Cancel(ctx, wireApp, 7, &gitlabci.CancelJobOptions{Force: true}, o...))
	}}, "POST", `{"id":7}`},
	{apiCall{"keep artifacts", gitlabci.ErrArtifactsKeep, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Jobs.KeepArtifacts(ctx, wireApp, 7, o...))
	}}, "POST", `{"id":7}`},
	{apiCall{"take ownership", gitlabci.ErrScheduleTakeOwnership, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return ignore(c.Schedules.TakeOwnership(ctx, wireApp, 7, o...))
	}}, "POST", `{"id":7}`},
	{apiCall{"any PUT", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
		return c.Do(ctx, "PUT", "projects/1", map[string]any{"name": "n"}, nil, o...)
	}}, "PUT", `{"id":7}`},
}

// wire is a server that speaks TCP, so that it can fail at any moment of an exchange.
type wire struct {
	URL                   string
	connections, requests atomic.Int32
}

func newWire(t testing.TB, f tcpFault) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{URL: "http://" + listener.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.connections.Add(1)
			serving.Go(func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				f(conn, func() bool {
					req, err := http.ReadRequest(in)
					if err == nil {
						_, err = io.Copy(io.Discard, req.Body)
					}
					if err == nil {
						w.requests.Add(1)
					}
					return err == nil
				})
			})
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return w
}

func bareStatus(code int, headers string) tcpFault {
	return says(fmt.Sprintf("HTTP/1.1 %d %s\r\n%sContent-Length: 2\r\n\r\n{}", code, http.StatusText(code), headers))
}

func TestOnceIsNeverSentTwice(t *testing.T) {
	faults := map[string]tcpFault{"500": bareStatus(500, ""), "502": bareStatus(502, ""), "503": bareStatus(503, "Retry-After: 0\r\n"), "504": bareStatus(504, "")}
	for name, f := range lostBy {
		faults[name] = f
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, f)
			for i, call := range onceCalls {
				client := clientOf(t, w.URL, atOnce)
				err := call.do(t.Context(), client)
				if call.failure != nil {
					require.ErrorIs(t, err, call.failure, call.name)
				}
				require.LessOrEqual(t, w.requests.Load(), int32(i+1), call.name)
				client.CloseIdleConnections()
				if name == unread { // where not even the connection took a byte, it is made anew
					continue
				}
				require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown, call.name)
				require.Equal(t, 1, failureOf(t, err).Attempts, call.name)
				require.EqualValues(t, i+1, w.connections.Load(), call.name)
			}
		})
	}
}

func TestOnceOnAReusedConnection(t *testing.T) {
	for _, name := range []string{"dropped after the request was read", "dropped in the answer's header", "dropped in the answer's body"} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, func(conn net.Conn, read func() bool) {
				if read() {
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"+`{"id":7}`)
					lostBy[name](conn, read)
				}
			})
			client := clientOf(t, w.URL, atOnce)
			_, err := client.Jobs.Get(t.Context(), wireApp, 7)
			require.NoError(t, err)
			_, err = client.Jobs.Play(t.Context(), wireApp, 7, nil)
			require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.EqualValues(t, 2, w.requests.Load())
		})
	}
}

func TestOnceCancelledWhileWaiting(t *testing.T) {
	for _, call := range onceCalls {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWire(t, func(_ net.Conn, read func() bool) {
			if read() {
				cancel()
				read()
			}
		})
		err := call.do(ctx, clientOf(t, w.URL, atOnce))
		require.ErrorIs(t, err, context.Canceled, call.name)
		require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown, call.name)
		require.EqualValues(t, 1, w.requests.Load(), call.name)
	}
}

// memoryNet is a network in memory, for servers in a bubble of synctest.
type memoryNet struct {
	dials atomic.Int32
	serve tcpFault
	dead  func(dial int32) error // what befalls a dial
}

func (m *memoryNet) client() *http.Client {
	return &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: time.Minute, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		n := m.dials.Add(1)
		if m.dead != nil {
			if err := m.dead(n); err != nil {
				return nil, err
			}
		}
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			in := bufio.NewReader(far)
			m.serve(far, func() bool {
				req, err := http.ReadRequest(in)
				if err == nil {
					_, err = io.Copy(io.Discard, req.Body)
				}
				return err == nil
			})
		}()
		return near, nil
	}}}
}

func TestOnceWithoutAnAnswer(t *testing.T) {
	for _, call := range onceCalls {
		synctest.Test(t, func(t *testing.T) {
			var requests atomic.Int32
			m := &memoryNet{serve: func(_ net.Conn, read func() bool) {
				for read() {
					requests.Add(1)
				}
			}}
			client := clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(m.client()))
			began := time.Now()
			err := call.do(t.Context(), client)
			require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown, call.name)
			require.EqualValues(t, 1, requests.Load(), call.name)
			require.Equal(t, 30*time.Second, time.Since(began))
		})
	}
}

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

func TestConnectionNeverMade(t *testing.T) {
	for _, call := range onceCalls {
		synctest.Test(t, func(t *testing.T) {
			m := &memoryNet{dead: func(int32) error { return errRefused }}
			client := clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(m.client()))
			err := call.do(t.Context(), client)
			require.Error(t, err, call.name)
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, call.name)
			require.EqualValues(t, 5, m.dials.Load(), call.name)
			require.Equal(t, 5, failureOf(t, err).Attempts)
		})
	}
	t.Run("then made", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := &memoryNet{serve: bareStatus(201, ""), dead: func(n int32) error {
				if n < 4 {
					return errRefused
				}
				return nil
			}}
			client := clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(m.client()))
			require.NoError(t, client.Schedules.Play(t.Context(), wireApp, 7, nil))
			require.EqualValues(t, 4, m.dials.Load())
		})
	})
	t.Run("then lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := &memoryNet{serve: func(_ net.Conn, read func() bool) { read() }, dead: func(n int32) error {
				if n == 1 {
					return errRefused
				}
				return nil
			}}
			client := clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(m.client()))
			err := client.Schedules.Play(t.Context(), wireApp, 7, nil)
			require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.EqualValues(t, 2, m.dials.Load())
		})
	})
	t.Run("a port that nobody listens on", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		listener.Close()
		_, err = clientOf(t, "http://"+listener.Addr().String(), atOnce).Jobs.Play(t.Context(), wireApp, 7, nil)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.Equal(t, 5, failureOf(t, err).Attempts)
	})
}

func TestCancelledBeforeTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		client := clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(&http.Client{Transport: transport}))
		_, err := client.Jobs.Play(ctx, wireApp, 7, nil)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)

		_, err = client.Jobs.Play(ctx, wireApp, 7, nil)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.Zero(t, failureOf(t, err).Attempts)
	})
}

// What is known of a connection must be known of all attempts that were made beneath ours.
func TestATransportThatRepeats(t *testing.T) {
	var requests atomic.Int32
	m := &memoryNet{
		serve: func(_ net.Conn, read func() bool) {
			if read() {
				requests.Add(1)
			}
		},
		dead: func(n int32) error {
			if n > 1 {
				return errRefused
			}
			return nil
		},
	}
	synctest.Test(t, func(t *testing.T) {
		beneath := m.client().Transport
		twice := roundTrip(func(r *http.Request) (*http.Response, error) {
			r.Body, r.ContentLength = nil, 0
			if resp, err := beneath.RoundTrip(r); err == nil {
				return resp, nil
			}
			return beneath.RoundTrip(r)
		})
		_, err := through(t, twice).Jobs.Play(t.Context(), wireApp, 7, nil)
		require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.EqualValues(t, 1, requests.Load())
		require.EqualValues(t, 2, m.dials.Load())
	})
}

func TestRateLimit(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	unix := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
	const backoff = -1
	tests := []struct {
		name    string
		headers func() []string
		wait    time.Duration // backoff: the ordinary pause; 0: not begun
		asked   time.Duration
	}{
		{"seconds", func() []string { return []string{"Retry-After: 7"} }, 7 * time.Second, 7 * time.Second},
		{"the longest", func() []string { return []string{"Retry-After: 60"} }, time.Minute, time.Minute},
		{"a date", func() []string { return []string{"Retry-After: " + in(30*time.Second)} }, 30 * time.Second, 30 * time.Second},
		{"the window's end", func() []string { return []string{"RateLimit-Reset: " + unix(12*time.Second)} }, 12 * time.Second, 12 * time.Second},
		{"both", func() []string { return []string{"Retry-After: 3", "RateLimit-Reset: " + unix(12*time.Second)} }, 3 * time.Second, 3 * time.Second},
		{"garbage and the window's end", func() []string { return []string{"Retry-After: soon", "RateLimit-Reset: " + unix(12*time.Second)} }, 12 * time.Second, 12 * time.Second},
		{"nothing", func() []string { return nil }, backoff, 0},
		{"zero", func() []string { return []string{"Retry-After: 0"} }, backoff, 0},
		{"empty", func() []string { return []string{"Retry-After: "} }, backoff, 0},
		{"negative", func() []string { return []string{"Retry-After: -5"} }, backoff, 0},
		{"a fraction", func() []string { return []string{"Retry-After: 1.5"} }, backoff, 0},
		{"twice in one", func() []string { return []string{"Retry-After: 1, 1"} }, backoff, 0},
		{"with a window", func() []string { return []string{"Retry-After: 30;w=60"} }, backoff, 0},
		{"garbage", func() []string { return []string{"Retry-After: \x01soon", "RateLimit-Reset: later"} }, backoff, 0},
		{"a date gone by", func() []string { return []string{"Retry-After: " + in(-time.Hour)} }, backoff, 0},
		{"a window gone by", func() []string { return []string{"RateLimit-Reset: " + unix(-time.Hour)} }, backoff, 0},
		{"too long", func() []string { return []string{"Retry-After: 61"} }, 0, 61 * time.Second},
		{"a day", func() []string { return []string{"Retry-After: 86400"} }, 0, 24 * time.Hour},
		{"a day, as a date", func() []string { return []string{"Retry-After: " + in(24*time.Hour)} }, 0, 24 * time.Hour},
		{"a day, as the window's end", func() []string { return []string{"RateLimit-Reset: " + unix(24*time.Hour)} }, 0, 24 * time.Hour},
		{"more than 64 bits", func() []string { return []string{"Retry-After: 99999999999999999999999"} }, 0, 0},
		{"all of 64 bits", func() []string { return []string{"Retry-After: 18446744073709551615"} }, 0, 0},
		{"a window of 63 bits", func() []string { return []string{"RateLimit-Reset: 9223372036854775807"} }, 0, 0},
		{"a window of more", func() []string { return []string{"RateLimit-Reset: 99999999999999999999999"} }, 0, 0},
	}
	for _, test := range tests {
		for _, call := range []apiCall{againCalls[0].apiCall, againCalls[6].apiCall, onceCalls[0], onceCalls[18]} {
			t.Run(test.name+"/"+call.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					attempts := 0
					client := through(t, func(r *http.Request) (*http.Response, error) {
						if attempts++; attempts == 1 {
							return answerTo(r, 429, "Retry later\n", append(test.headers(), "Content-Type: text/plain")...), nil
						}
						return answerTo(r, 200, `{"id":1}`), nil
					})
					began := time.Now()
					err := call.do(t.Context(), client)
					waited := time.Since(began)
					switch test.wait {
					case 0:
						require.ErrorIs(t, err, gitlabci.ErrRateLimited)
						require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
						require.Zero(t, waited)
						require.Equal(t, 1, attempts)
						e := failureOf(t, err)
						require.Equal(t, "Retry later", e.Message)
						if test.asked > 0 {
							require.Equal(t, test.asked, e.RetryAfter)
						} else {
							require.Greater(t, e.RetryAfter, 24*time.Hour)
						}
					case backoff:
						require.NoError(t, err)
						require.GreaterOrEqual(t, waited, 150*time.Millisecond)
						require.LessOrEqual(t, waited, 301*time.Millisecond)
					default:
						require.NoError(t, err)
						require.Equal(t, test.wait, waited)
						require.Equal(t, 2, attempts)
					}
				})
			})
		}
	}
}

func TestRateLimitAndPatience(t *testing.T) {
	limited := func(retryAfter string) roundTrip {
		return func(r *http.Request) (*http.Response, error) {
			return answerTo(r, 429, `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`, "Retry-After: "+retryAfter), nil
		}
	}
	t.Run("past the deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			began := time.Now()
			_, err := through(t, limited("7")).Pipelines.Create(ctx, wireApp, &gitlabci.CreatePipelineOptions{Ref: "main"})
			require.ErrorIs(t, err, gitlabci.ErrRateLimited)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.Zero(t, time.Since(began))
			require.Equal(t, 7*time.Second, failureOf(t, err).RetryAfter)
			require.Contains(t, err.Error(), "429 Too Many Requests: This endpoint has been requested too many times.")
		})
	})
	t.Run("a policy with less patience", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := through(t, limited("6"), gitlabci.WithRetry(gitlabci.RetryPolicy{MaxRateLimitWait: 5 * time.Second})).Jobs.Get(t.Context(), wireApp, 1)
			require.ErrorIs(t, err, gitlabci.ErrRateLimited)
			require.Zero(t, time.Since(began))
		})
	})
	t.Run("a policy with more", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := through(t, limited("3600"), gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 3, MaxRateLimitWait: 2 * time.Hour})).Jobs.Get(t.Context(), wireApp, 1)
			require.ErrorIs(t, err, gitlabci.ErrRateLimited)
			require.Equal(t, 2*time.Hour, time.Since(began))
			require.Equal(t, 3, failureOf(t, err).Attempts)
			require.Equal(t, time.Hour, failureOf(t, err).RetryAfter)
		})
	})
	t.Run("cancelled while it waits", func(t *testing.T) {
		for _, call := range []apiCall{onceCalls[0], againCalls[0].apiCall} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Second, cancel)
				began := time.Now()
				err := call.do(ctx, through(t, limited("30")))
				require.Equal(t, 10*time.Second, time.Since(began))
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorIs(t, err, gitlabci.ErrRateLimited)
				require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, "GitLab refused it")
			})
		}
	})
	t.Run("then lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			attempts := 0
			_, err := through(t, func(r *http.Request) (*http.Response, error) {
				if attempts++; attempts == 1 {
					return limited("1")(r)
				}
				return nil, io.ErrUnexpectedEOF
			}).Jobs.Retry(t.Context(), wireApp, 1, nil)
			require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, 2, attempts)
		})
	})
	t.Run("a server in trouble that says when to come back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			attempts := 0
			began := time.Now()
			_, err := through(t, func(r *http.Request) (*http.Response, error) {
				if attempts++; attempts == 1 {
					return answerTo(r, 503, "", "Retry-After: 3"), nil
				}
				return answerTo(r, 200, `{"id":1}`), nil
			}).Jobs.Get(t.Context(), wireApp, 1)
			require.NoError(t, err)
			require.Equal(t, 3*time.Second, time.Since(began))
		})
	})
}

func TestAgain(t *testing.T) {
	for _, test := range againCalls {
		good := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(test.good), test.good)
		for name, bad := range map[string]tcpFault{"500": bareStatus(500, ""), "502": bareStatus(502, ""), "503": bareStatus(503, ""), "504": bareStatus(504, ""), "429": bareStatus(429, ""),
			"409 lock":                            says("HTTP/1.1 409 Conflict\r\nContent-Length: 40\r\n\r\n" + `{"message":"409 Conflict: Resource lock"}`[:40]),
			"dropped before the request was read": lostBy["dropped before the request was read"],
			"dropped after the request was read":  lostBy["dropped after the request was read"],
			"dropped in the answer's header":      lostBy["dropped in the answer's header"],
		} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				var failed atomic.Bool
				w := newWire(t, func(conn net.Conn, read func() bool) {
					if failed.CompareAndSwap(false, true) {
						bad(conn, func() bool { return read() })
						return
					}
					says(good)(conn, read)
				})
				// The bad answers keep their connection, and would be heard again on it.
				client := clientOf(t, w.URL, atOnce, gitlabci.WithHTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
				var response gitlabci.Response
				require.NoError(t, test.do(t.Context(), client, gitlabci.WithResponse(&response)))
				require.Equal(t, 2, response.Attempts)
			})
		}
		t.Run(test.name+"/reused connection", func(t *testing.T) {
			var answered atomic.Int32
			w := newWire(t, func(conn net.Conn, read func() bool) {
				for read() {
					if answered.Add(1) == 2 {
						return
					}
					io.WriteString(conn, good)
				}
			})
			client := clientOf(t, w.URL, atOnce)
			require.NoError(t, test.do(t.Context(), client))
			require.NoError(t, test.do(t.Context(), client))
			require.EqualValues(t, 3, w.requests.Load())
		})
		if test.good != "" && test.name != "get trace" && test.name != "any PUT" {
			t.Run(test.name+"/truncated body", func(t *testing.T) {
				var n atomic.Int32
				srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
					if n.Add(1) == 1 {
						w.Header().Set("Content-Length", strconv.Itoa(len(test.good)))
						io.WriteString(w, test.good[:3])
						return
					}
					io.WriteString(w, test.good)
				})
				require.NoError(t, test.do(t.Context(), clientOf(t, srv.URL, atOnce)))
				require.EqualValues(t, 2, n.Load())
			})
		}
		t.Run(test.name+"/in vain", func(t *testing.T) {
			var n atomic.Int32
			srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) { n.Add(1); w.WriteHeader(502) })
			err := test.do(t.Context(), clientOf(t, srv.URL, atOnce))
			require.EqualValues(t, 5, n.Load())
			require.ErrorIs(t, err, gitlabci.ErrServer)
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.Equal(t, 5, failureOf(t, err).Attempts)
			require.True(t, strings.HasSuffix(err.Error(), ": 502 Bad Gateway (5 attempts)"), err)
		})
	}
}

func TestNotAgain(t *testing.T) {
	for name, respond := range map[string]http.HandlerFunc{
		"409": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(409)
			io.WriteString(w, `{"message":"409 Conflict"}`)
		},
		"409 once": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(409)
			io.WriteString(w, `{"message":"409 Conflict: Resource lock"}`)
		},
		"404":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
		"501":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(501) },
		"not JSON":     func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"id`) },
		"null":         func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `null`) },
		"408":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(408) },
		"not modified": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) },
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) { n.Add(1); respond(w, r) })
			call := againCalls[0].apiCall
			if name == "409 once" {
				call = onceCalls[0]
			}
			err := call.do(t.Context(), clientOf(t, srv.URL, atOnce))
			require.Error(t, err)
			require.ErrorIs(t, err, call.failure)
			require.EqualValues(t, 1, n.Load())
		})
	}
}

func TestBackoffGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		_, err := through(t, func(r *http.Request) (*http.Response, error) {
			at = append(at, time.Now())
			return answerTo(r, 500, ""), nil
		}, gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 8, MinWait: time.Second, MaxWait: 8 * time.Second})).Jobs.Get(t.Context(), wireApp, 1)
		require.ErrorIs(t, err, gitlabci.ErrServer)
		for i, most := range []time.Duration{1, 2, 4, 8, 8, 8, 8} {
			pause := at[i+1].Sub(at[i])
			require.LessOrEqual(t, pause, most*time.Second)
			require.GreaterOrEqual(t, pause, most*time.Second/2)
		}
	})
}

func TestCancelledInBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(4*time.Second, cancel)
		began := time.Now()
		_, err := through(t, func(r *http.Request) (*http.Response, error) {
			return answerTo(r, 503, `{"message":"503 Service Unavailable"}`), nil
		}, gitlabci.WithRetry(gitlabci.RetryPolicy{MinWait: 10 * time.Second})).Jobs.Get(ctx, wireApp, 1)
		require.Equal(t, 4*time.Second, time.Since(began))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, gitlabci.ErrServer)
		require.Equal(t, 503, failureOf(t, err).StatusCode)
		require.Equal(t, "gitlabci: get job: GET /projects/group%2Fapp/jobs/1: 503 Service Unavailable: context canceled", err.Error())
	})
}

func TestCancelledWithACause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the shop is closed")
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) { cancel(why); <-r.Context().Done() })
	_, err := clientOf(t, srv.URL).Jobs.Get(ctx, wireApp, 1)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, why)
}

func TestDeadlineShorterThanTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		_, err := through(t, func(r *http.Request) (*http.Response, error) {
			return answerTo(r, 503, ""), nil
		}, gitlabci.WithRetry(gitlabci.RetryPolicy{MinWait: 10 * time.Second})).Jobs.Get(ctx, wireApp, 1)
		require.Zero(t, time.Since(began))
		require.ErrorIs(t, err, gitlabci.ErrServer)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestBadCertificate(t *testing.T) {
	var connections atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	for i, call := range []apiCall{againCalls[0].apiCall, onceCalls[0]} {
		err := call.do(t.Context(), clientOf(t, srv.URL, atOnce))
		require.ErrorContains(t, err, "certificate")
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.Equal(t, 1, failureOf(t, err).Attempts)
		require.EqualValues(t, i+1, connections.Load())
	}
}

// counting counts the connections that a server has seen.
func counting(t testing.TB, handler http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	connections := new(atomic.Int32)
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, connections
}

func TestFailingCallsLeaveTheConnectionsOfOthers(t *testing.T) {
	srv, connections := counting(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "POST":
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		case strings.HasSuffix(r.URL.Path, "/1"):
			io.WriteString(w, `{"id":1}`)
		default:
			w.WriteHeader(503)
		}
	})
	var leave func()
	client := clientOf(t, srv.URL, gitlabci.WithRetry(gitlabci.RetryPolicy{MinWait: time.Hour, MaxWait: time.Hour}),
		gitlabci.WithTransport(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(r)
				if err == nil && resp.StatusCode == 503 {
					leave() // the wait that follows
				}
				return resp, err
			})
		}))
	for range 20 {
		_, err := client.Jobs.Get(t.Context(), wireApp, 1)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		leave = cancel
		_, err = client.Jobs.Get(ctx, wireApp, 2)
		cancel()
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, gitlabci.ErrServer)
		_, err = client.Jobs.Play(t.Context(), wireApp, 2, nil)
		require.ErrorIs(t, err, gitlabci.ErrRedirected)
	}
	require.EqualValues(t, 1, connections.Load())
}

func TestFailingCallsLeaveNothingBehind(t *testing.T) {
	const calls = 5000
	srv, connections := counting(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path[len(r.URL.Path)-1] % 6 {
		case 0:
			w.WriteHeader(400)
			io.WriteString(w, `{"error":"ref is missing"}`)
		case 1:
			w.WriteHeader(404)
		case 2:
			io.WriteString(w, `{"id":`)
		case 3:
			w.WriteHeader(502)
			io.WriteString(w, `<html><title>GitLab is not responding</title>`)
		case 4:
			w.WriteHeader(429)
			w.Header().Set("Retry-After", "86400")
			io.WriteString(w, "Retry later\n")
		default:
			io.WriteString(w, `null`)
		}
	})
	client := clientOf(t, srv.URL)
	_, err := client.Jobs.Get(t.Context(), wireApp, 1, gitlabci.WithoutRetry())
	require.Error(t, err)
	before := runtime.NumGoroutine()
	for i := range calls {
		if _, err := client.Jobs.Get(t.Context(), wireApp, int64(i+1), gitlabci.WithoutRetry()); err == nil {
			t.Fatal("no error")
		}
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before+2)
	require.LessOrEqual(t, connections.Load(), int32(2))
}

func TestWithTransport(t *testing.T) {
	var n atomic.Int32
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "trace", r.Header.Get("X-Trace"))
		require.Equal(t, hush, r.Header.Get("Private-Token"))
		if n.Add(1) < 3 {
			w.WriteHeader(502)
			return
		}
		io.WriteString(w, `{"id":1}`)
	})
	var order []string
	seen := 0
	wrap := func(name string) gitlabci.Option {
		return gitlabci.WithTransport(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				seen++
				order = append(order, name)
				op, ok := gitlabci.OperationFrom(r.Context())
				require.True(t, ok)
				require.Equal(t, gitlabci.Operation{Name: "get job", Method: "GET", Route: "/projects/:id/jobs/:job_id"}, op)
				require.NotContains(t, fmt.Sprint(r.Header), hush)
				r.Header.Set("X-Trace", "trace") // it should clone the request, but many do not
				resp, err := next.RoundTrip(r)
				if resp != nil && resp.Request != nil {
					require.NotContains(t, fmt.Sprint(resp.Request.Header), hush, "the request of the answer")
				}
				return resp, err
			})
		})
	}
	_, err := clientOf(t, srv.URL, atOnce, wrap("inner"), wrap("outer")).Jobs.Get(t.Context(), wireApp, 1)
	require.NoError(t, err)
	require.Equal(t, 6, seen)
	require.Equal(t, []string{"outer", "inner", "outer", "inner", "outer", "inner"}, order)
	_, ok := gitlabci.OperationFrom(t.Context())
	require.False(t, ok)
}

func TestWithLogger(t *testing.T) {
	var n atomic.Int32
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "DELETE":
			panic(http.ErrAbortHandler)
		case strings.HasSuffix(r.URL.Path, "/play"):
			w.WriteHeader(403)
			fmt.Fprintf(w, `{"message":"403 %s"}`, hush)
		case n.Add(1) < 3:
			w.WriteHeader(502)
		default:
			io.WriteString(w, `{"id":1}`)
		}
	})
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := clientOf(t, srv.URL, gitlabci.WithLogger(logger), gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 3, MinWait: 1, MaxWait: 1}))

	_, err := client.Jobs.Get(t.Context(), wireApp, 1)
	require.NoError(t, err)
	_, err = client.Jobs.Play(t.Context(), wireApp, 1, nil)
	require.ErrorIs(t, err, gitlabci.ErrForbidden)
	err = client.Runners.DeleteByToken(t.Context(), "glrt-hush-of-a-runner")
	require.Error(t, err)

	type record struct {
		Level, Msg, Operation, Method, Route, Path, Error string
		Attempt, Status                                   int
	}
	var got []record
	decoder := json.NewDecoder(bytes.NewReader(out.Bytes()))
	for decoder.More() {
		var r record
		require.NoError(t, decoder.Decode(&r))
		got = append(got, r)
	}
	get := record{Operation: "get job", Method: "GET", Route: "/projects/:id/jobs/:job_id", Path: "/projects/group%2Fapp/jobs/1"}
	with := func(r record, level, msg string, attempt, status int, err string) record {
		r.Level, r.Msg, r.Attempt, r.Status, r.Error = level, msg, attempt, status, err
		return r
	}
	play := record{Operation: "play job", Method: "POST", Route: "/projects/:id/jobs/:job_id/play", Path: "/projects/group%2Fapp/jobs/1/play"}
	remove := record{Operation: "delete runner by token", Method: "DELETE", Route: "/runners", Path: "/runners"}
	require.Equal(t, []record{
		with(get, "WARN", "gitlabci: answered", 1, 502, ""),
		with(get, "WARN", "gitlabci: answered", 2, 502, ""),
		with(get, "DEBUG", "gitlabci: answered", 3, 200, ""),
		with(play, "DEBUG", "gitlabci: answered", 1, 403, ""),
		with(remove, "WARN", "gitlabci: failed", 1, 0, "EOF"),
		with(remove, "WARN", "gitlabci: failed", 2, 0, "EOF"),
		with(remove, "DEBUG", "gitlabci: failed", 3, 0, "EOF"),
	}, got)
	for _, never := range []string{"hush", "http://", "127.0.0.1", "token="} {
		require.NotContains(t, out.String(), never)
	}
}

func TestCookieJar(t *testing.T) {
	var n atomic.Int32
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "session=1", r.Header.Get("Cookie"))
		if n.Add(1) == 1 {
			w.WriteHeader(502)
			return
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		if page++; page < 20 {
			w.Header().Set("X-Next-Page", strconv.Itoa(max(page, 2)))
		}
		fmt.Fprintf(w, `[{"id":%d}]`, page)
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	home, _ := url.Parse(srv.URL)
	jar.SetCookies(home, []*http.Cookie{{Name: "session", Value: "1"}})
	client := clientOf(t, srv.URL, atOnce, gitlabci.WithHTTPClient(&http.Client{Jar: jar}))
	_, err = client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(8)).Collect()
	require.NoError(t, err)
}

func TestConcurrency(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("RateLimit-Limit", "600")
		w.Header().Set("RateLimit-Reset", strconv.FormatInt(time.Now().Unix(), 10))
		isList := r.Method == "GET" && !strings.HasSuffix(r.URL.Path, "/7") && !strings.HasSuffix(r.URL.Path, "/K")
		switch page := r.URL.Query().Get("page"); {
		case !isList:
			io.WriteString(w, `{"id":7,"key":"K"}`)
		case page == "" || page == "2":
			n, _ := strconv.Atoi(cmp.Or(page, "1"))
			w.Header().Set("X-Next-Page", strconv.Itoa(n+1))
			w.Header().Set("X-Total-Pages", "3")
			fmt.Fprintf(w, `[{"id":%d,"key":"a%d"},{"id":%d,"key":"b%d"}]`, n*10, n, n*10+1, n)
		default:
			io.WriteString(w, `[{"id":99,"key":"z"}]`)
		}
	})
	client := clientOf(t, srv.URL)
	shared := client.Jobs.List(t.Context(), wireApp, &gitlabci.ListJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobFailed}})
	ahead := client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(3))
	var calls sync.WaitGroup
	for i := range 8 {
		calls.Go(func() {
			derived := client.WithAuth(gitlabci.JobToken(fmt.Sprint("job", i)))
			for range 5 {
				jobs, err := shared.Collect()
				if err != nil || len(jobs) != 5 {
					t.Errorf("%d jobs, %v", len(jobs), err)
				}
				pipelines, err := ahead.Collect()
				if err != nil || len(pipelines) != 5 {
					t.Errorf("%d pipelines, %v", len(pipelines), err)
				}
				for _, err := range []error{
					ignore(client.Pipelines.Create(t.Context(), wireApp, &gitlabci.CreatePipelineOptions{Ref: "main"})),
					ignore(derived.Jobs.Get(t.Context(), wireApp, 7)),
					ignore(client.Runners.Get(t.Context(), 7, nil)),
					ignore(client.Variables.Get(t.Context(), wireGroup, gitlabci.Key("K").In("*"))),
					ignore(client.Variables.List(t.Context(), gitlabci.Instance, nil).Collect()),
					ignore(derived.Triggers.Run(t.Context(), wireApp, &gitlabci.RunTriggerOptions{Token: "t", Ref: "main"})),
					ignore(client.Schedules.List(t.Context(), wireApp, nil).Collect()),
					client.Do(t.Context(), "PUT", "projects/7", map[string]any{"a": 1}, nil, gitlabci.WithHeader("X-Mine", fmt.Sprint(i))),
					drain(client.Jobs.Artifacts(t.Context(), wireApp, 7, nil)),
				} {
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	calls.Wait()
}

func TestOnceRefusedByHalfAnAnswer(t *testing.T) {
	for _, code := range []int{302, 400, 403, 404, 408, 409, 422} {
		w := newWire(t, func(conn net.Conn, read func() bool) {
			if read() {
				fmt.Fprintf(conn, "HTTP/1.1 %d X\r\nContent-Length: 200\r\n\r\n{", code)
			}
		})
		_, err := clientOf(t, w.URL, atOnce).Jobs.Play(t.Context(), wireApp, 7, nil)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, code, failureOf(t, err).StatusCode)
		require.EqualValues(t, 1, w.requests.Load(), code)
	}
}

// net/http sends a call with this header again by itself when a connection that was used before is lost.
func TestOnceWithAnIdempotencyKey(t *testing.T) {
	for _, header := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		keys := make(chan string, 9)
		w := newWire(t, func(conn net.Conn, _ func() bool) {
			in := bufio.NewReader(conn)
			for {
				req, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				keys <- req.Header.Get(header)
				if req.Method == http.MethodPost {
					return
				}
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"+`{"id":7}`)
			}
		})
		client := clientOf(t, w.URL, atOnce)
		_, err := client.Jobs.Get(t.Context(), wireApp, 7)
		require.NoError(t, err)
		_, err = client.Jobs.Play(t.Context(), wireApp, 7, nil, gitlabci.WithHeader(header, "once"))
		require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.EqualValues(t, 1, w.connections.Load())
		require.Empty(t, <-keys)
		require.Equal(t, "once", <-keys)
		require.Empty(t, keys)
	}
}

func TestRateLimitThenLost(t *testing.T) {
	var sent atomic.Int32
	client := through(t, func(r *http.Request) (*http.Response, error) {
		if sent.Add(1) == 1 {
			return answerTo(r, 429, `{"message":"429 Too Many Requests"}`), nil
		}
		return nil, io.ErrUnexpectedEOF
	}, atOnce)
	_, err := client.Jobs.Play(t.Context(), wireApp, 7, nil)
	require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
	require.NotErrorIs(t, err, gitlabci.ErrRateLimited) // it would say that nothing was done
	require.Zero(t, failureOf(t, err).StatusCode)
}

func TestRateLimitInHalfAnAnswer(t *testing.T) {
	w := newWire(t, func(conn net.Conn, read func() bool) {
		if read() {
			io.WriteString(conn, "HTTP/1.1 429 X\r\nRetry-After: 30\r\nContent-Length: 200\r\n\r\n{")
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := clientOf(t, w.URL, atOnce).Jobs.Get(ctx, wireApp, 7)
	require.ErrorIs(t, err, gitlabci.ErrRateLimited)
	require.Equal(t, 30*time.Second, failureOf(t, err).RetryAfter)
	require.EqualValues(t, 1, w.requests.Load())
}
