package gitlabcitest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestFaultsOfNoEndpointPanic(t *testing.T) {
	srv := New()
	defer srv.Close()
	require.Panics(t, func() { srv.Fail(http.MethodPost, "/projects/:id/pipelines", DropAfter()) })
	require.NotPanics(t, func() { srv.Fail(http.MethodPost, "/projects/:id/pipeline", DropAfter()) })
	require.NotPanics(t, func() { srv.Fail("", "/projects/:id/pipelines", DropAfter()) })
	require.NotPanics(t, func() { srv.Fail("", "/projects/1/nothing", DropAfter()) })
}

func TestFaults(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	const create = "/projects/:id/pipeline"
	try := func() (*http.Response, string, error) {
		request, err := http.NewRequest("POST", r.URL()+"/api/v4/projects/1/pipeline", strings.NewReader("ref=main"))
		require.NoError(t, err)
		request.Header.Set("Private-Token", r.token)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := r.Transport().RoundTrip(request)
		if err != nil {
			return nil, "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return response, string(body), err
	}
	pipelines := func() int { return len(r.get("/projects/1/pipelines").is(200).array()) }

	r.Fail("POST", create, DropBefore(), DropAfter(), Truncate(10), Status(502, `{"message":"502"}`, "X-Proxy", "yes").Times(2),
		TooManyRequests(90*time.Second), HTML(503), Redirect(302, "https://elsewhere.example/"))

	_, _, err := try()
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, 0, pipelines(), "dropped before: no effect")
	_, _, err = try()
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, 1, pipelines(), "dropped after: it had its effect")
	response, body, err := try()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, 201, response.StatusCode)
	require.Len(t, body, 10)
	for range 2 {
		response, body, err = try()
		require.NoError(t, err)
		require.Equal(t, 502, response.StatusCode)
		require.Equal(t, `{"message":"502"}`, body)
		require.Equal(t, "yes", response.Header.Get("X-Proxy"))
	}
	response, body, err = try()
	require.NoError(t, err)
	require.Equal(t, 429, response.StatusCode)
	require.Equal(t, "Retry later\n", body)
	require.Equal(t, "90", response.Header.Get("Retry-After"))
	require.NotEmpty(t, response.Header.Get("RateLimit-Reset"))
	response, body, err = try()
	require.NoError(t, err)
	require.Equal(t, 503, response.StatusCode)
	require.Contains(t, body, "<!DOCTYPE html>")
	response, _, err = try()
	require.NoError(t, err)
	require.Equal(t, 302, response.StatusCode)
	require.Equal(t, "https://elsewhere.example/", response.Header.Get("Location"))
	require.Equal(t, 2, pipelines())
	response, _, err = try()
	require.NoError(t, err)
	require.Equal(t, 201, response.StatusCode, "and all is normal again")

	sent := 0
	for _, request := range r.Requests() {
		if request.Route == create {
			sent++
			require.Equal(t, "/api/v4/projects/1/pipeline", request.Path)
			require.Equal(t, "ref=main", string(request.Body))
		}
	}
	require.Equal(t, 9, sent)
	r.ResetRequests()
	require.Empty(t, r.Requests())
}

func TestFaultsByPathForeverAndHealed(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"}, Job{Name: "b"})
		r.start()
		r.Fail("GET", "/projects/1/jobs/2", Status(500, "").Forever())
		for range 3 {
			r.get("/projects/1/jobs/1").is(200)
			r.get("/projects/1/jobs/2").is(500, "")
		}
		r.Heal()
		r.get("/projects/1/jobs/2").is(200)

		r.Fail("", "", Delay(time.Minute))
		begin := time.Now()
		require.Equal(t, "success", r.get("/projects/1/jobs/1").object()["status"], "what is due meanwhile happens")
		require.Equal(t, time.Minute, time.Since(begin))
	})
}

// protocols are the ways to reach a server: each has a client, the base URL, and what HTTP it speaks.
var protocols = []struct {
	name  string
	major int
	open  func(t *testing.T, r *rig) (*http.Client, string)
}{
	{"memory HTTP/1.1", 1, func(_ *testing.T, r *rig) (*http.Client, string) { return r.HTTPClient(), r.URL() }},
	{"memory HTTP/2", 2, func(_ *testing.T, r *rig) (*http.Client, string) { return r.HTTPClient(), r.URL() }},
	{"socket HTTP/1.1", 1, func(t *testing.T, r *rig) (*http.Client, string) { return listenTo(t, r, false) }},
	{"socket HTTP/2", 2, func(t *testing.T, r *rig) (*http.Client, string) { return listenTo(t, r, true) }},
	{"TLS HTTP/1.1", 1, func(t *testing.T, r *rig) (*http.Client, string) { return serveTLS(t, r, false) }},
	{"TLS HTTP/2", 2, func(t *testing.T, r *rig) (*http.Client, string) { return serveTLS(t, r, true) }},
}

func listenTo(t *testing.T, r *rig, http2 bool) (*http.Client, string) {
	base, err := r.Listen("127.0.0.1:0")
	require.NoError(t, err)
	transport := &http.Transport{DisableKeepAlives: !http2, Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(!http2)
	transport.Protocols.SetUnencryptedHTTP2(http2)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, base
}

// serveTLS puts the stand-in into a server of the test's own. The connections are kept, as HTTP/2 means it.
func serveTLS(t *testing.T, r *rig, http2 bool) (*http.Client, string) {
	ts := httptest.NewUnstartedServer(r.Server)
	ts.EnableHTTP2 = http2
	ts.StartTLS()
	t.Cleanup(ts.Close)
	return ts.Client(), ts.URL
}

// onEachProtocol runs a test with project 1, which has a job, and a function that creates a pipeline in it.
func onEachProtocol(t *testing.T, test func(t *testing.T, r *rig, create func(context.Context) (*http.Response, string, error))) {
	for _, protocol := range protocols {
		t.Run(protocol.name, func(t *testing.T) {
			var opts []Option
			if protocol.major == 2 {
				opts = append(opts, WithHTTP2())
			}
			r := newRig(t, opts...)
			r.project("group/app", Job{Name: "a", Queue: time.Hour})
			client, base := protocol.open(t, r)
			test(t, r, func(ctx context.Context) (*http.Response, string, error) {
				// A body that cannot be read twice, for net/http not to send it twice.
				body := io.MultiReader(strings.NewReader("ref=main"))
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v4/projects/1/pipeline", body)
				require.NoError(t, err)
				request.Header.Set("Private-Token", r.token)
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				response, err := client.Do(request)
				if err != nil {
					return nil, "", err
				}
				defer response.Body.Close()
				require.Equal(t, protocol.major, response.ProtoMajor)
				text, err := io.ReadAll(response.Body)
				return response, string(text), err
			})
		})
	}
}

const createPipeline = "/projects/:id/pipeline"

func (r *rig) pipelineCount() int {
	r.Helper()
	return len(r.get("/projects/1/pipelines?per_page=100").is(200).array())
}

func TestDropsOnEachProtocol(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, r *rig, create func(context.Context) (*http.Response, string, error)) {
		r.Fail("POST", createPipeline, DropBefore(), DropAfter(), Truncate(10), Truncate(0), Truncate(1<<20))
		_, _, err := create(t.Context())
		require.Error(t, err)
		require.Equal(t, 0, r.pipelineCount(), "dropped before: no effect")
		_, _, err = create(t.Context())
		require.Error(t, err)
		require.Equal(t, 1, r.pipelineCount(), "dropped after: it had its effect")
		for _, length := range []int{10, 0} {
			response, text, err := create(t.Context())
			require.Error(t, err)
			require.NotErrorIs(t, err, io.EOF)
			require.Equal(t, 201, response.StatusCode)
			require.Len(t, text, length)
		}
		response, text, err := create(t.Context())
		require.NoError(t, err, "what is shorter comes whole")
		require.Equal(t, 201, response.StatusCode)
		require.Contains(t, text, `"id":4`)
		require.Equal(t, 4, r.pipelineCount())

		sent := 0
		for _, request := range r.Requests() {
			if request.Route == createPipeline {
				sent++
				require.Equal(t, "ref=main", string(request.Body))
			}
		}
		require.Equal(t, 5, sent, "each was sent once")
	})
}

func TestStallOnEachProtocol(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, r *rig, create func(context.Context) (*http.Response, string, error)) {
		for i, n := range []int{-1, 0, 10} {
			r.Fail("POST", createPipeline, Stall(n))
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				for ctx.Err() == nil && r.pipelineCount() <= i { // it acts, whatever comes of its answer
					time.Sleep(time.Millisecond)
				}
				cancel()
			}()
			response, text, err := create(ctx)
			cancel()
			<-done
			require.ErrorIs(t, err, context.Canceled)
			if response != nil {
				require.LessOrEqual(t, len(text), max(n, 0))
			}
			require.Equal(t, i+1, r.pipelineCount())
		}
		r.Fail("POST", createPipeline, Stall(1<<20))
		_, text, err := create(t.Context())
		require.NoError(t, err, "what is shorter comes whole")
		require.Contains(t, text, `"id":4`)
	})
}

func TestAnswersOfFaultsOnEachProtocol(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, r *rig, create func(context.Context) (*http.Response, string, error)) {
		r.Fail("POST", createPipeline, Status(502, `{"message":"502"}`, "X-Proxy", "yes"), TooManyRequests(90*time.Second), HTML(503), Delay(time.Millisecond),
			Drip(7, time.Microsecond))
		for _, want := range []struct {
			status int
			text   string
		}{{502, `{"message":"502"}`}, {429, "Retry later\n"}, {503, "<!DOCTYPE html>"}, {201, `"id":1`}, {201, `"id":2`}} {
			response, text, err := create(t.Context())
			require.NoError(t, err)
			require.Equal(t, want.status, response.StatusCode)
			require.Contains(t, text, want.text)
		}
	})
}

// inBothBubbles runs a test whose time is synctest's over HTTP/1.1 and over HTTP/2.
func inBothBubbles(t *testing.T, test func(r *rig)) {
	for name, opts := range map[string][]Option{"HTTP/1.1": nil, "HTTP/2": {WithHTTP2()}} {
		t.Run(name, func(t *testing.T) { inBubble(t, test, opts...) })
	}
}

func TestFaultsTakeTheirTime(t *testing.T) {
	inBothBubbles(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "unit"})
		get := func(ctx context.Context) (time.Duration, *http.Response, error) {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL()+"/api/v4/projects/1", nil)
			require.NoError(r, err)
			request.Header.Set("Private-Token", r.token)
			begin := time.Now()
			response, err := r.HTTPClient().Do(request)
			if err == nil {
				defer response.Body.Close()
				_, err = io.Copy(io.Discard, response.Body)
			}
			return time.Since(begin), response, err
		}
		for n, answered := range map[int]bool{-1: false, 0: true, 100: true} {
			r.Fail("", "/projects/:id", Stall(n))
			ctx, cancel := context.WithTimeout(r.Context(), time.Hour)
			took, response, err := get(ctx)
			cancel()
			require.ErrorIs(r, err, context.DeadlineExceeded)
			require.Equal(r, time.Hour, took)
			require.Equal(r, answered, response != nil, n)
		}
		r.Fail("", "/projects/:id", Delay(time.Minute))
		took, _, err := get(r.Context())
		require.NoError(r, err)
		require.Equal(r, time.Minute, took)

		size := len(r.get("/projects/1").body)
		r.Fail("", "/projects/:id", Drip(100, time.Second))
		took, _, err = get(r.Context())
		require.NoError(r, err)
		require.Equal(r, time.Duration((size+99)/100)*time.Second, took)

		r.Fail("", "", DropAfter())
		_, err = r.Client(gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 1})).Pipelines.Create(r.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.ErrorIs(r, err, gitlabci.ErrOutcomeUnknown)
	})
}

// What stalls or waits ends with the server.
func TestNoStallOutlivesClose(t *testing.T) {
	for name, opts := range map[string][]Option{"HTTP/1.1": nil, "HTTP/2": {WithHTTP2()}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := New(opts...)
				srv.Fail("", "/version", Stall(0), Stall(-1), Delay(time.Hour), Drip(1, time.Hour))
				failed := make(chan error)
				for range 4 {
					go func() {
						request, _ := http.NewRequest(http.MethodGet, srv.URL()+"/api/v4/version", nil)
						request.Header.Set("Private-Token", srv.Token())
						response, err := srv.HTTPClient().Do(request)
						if err == nil {
							_, err = io.Copy(io.Discard, response.Body)
							err = errors.Join(err, response.Body.Close())
						}
						failed <- err
					}()
				}
				synctest.Wait()
				require.Len(t, srv.Requests(), 4)
				srv.Close()
				for range 4 {
					require.Error(t, <-failed)
				}
			})
		})
	}
}

func TestTheRecordIsBounded(t *testing.T) {
	r := newRig(t)
	nobody := r.as("")
	const sent = 1200
	for range sent {
		nobody.post("/projects/1/pipeline", strings.Repeat("x", maxRecorded+1))
	}
	kept := r.Requests()
	size := 0
	for _, request := range kept {
		size += request.size()
	}
	require.Equal(t, size, r.recorded)
	require.LessOrEqual(t, size, maxRecord)
	require.Greater(t, len(kept), 200)
	require.Len(t, kept[len(kept)-1].Body, maxRecorded)
	r.ResetRequests()
	require.Zero(t, r.recorded)
}
