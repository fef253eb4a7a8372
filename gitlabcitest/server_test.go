package gitlabcitest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSocketServesTheSameState(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	base, err := r.Listen("127.0.0.1:0")
	require.NoError(t, err)
	r.start()
	client := &http.Client{Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	response, err := client.Get(base + "/api/v4/projects/1/pipelines?per_page=1&private_token=" + r.token)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, string(body), base+"/group/app/-/pipelines/1")
	require.Contains(t, response.Header.Get("Link"), base+"/api/v4/projects/1/pipelines?")
	require.NotContains(t, response.Header.Get("Link"), r.token)
	_, err = r.Listen(strings.TrimPrefix(base, "http://"))
	require.Error(t, err)
}

func TestNoGoroutineOutlivesClose(t *testing.T) {
	before := runtime.NumGoroutine()
	srv := New()
	base, err := srv.Listen("127.0.0.1:0")
	require.NoError(t, err)
	srv.Fail("", "/version", Delay(time.Hour).Forever())
	client := &http.Client{Transport: new(http.Transport)}
	failed := make(chan error, 2)
	for _, ask := range []func(string) (*http.Response, error){client.Get, srv.HTTPClient().Get} {
		go func() {
			_, err := ask(base + "/api/v4/version")
			failed <- err
		}()
	}
	require.Eventually(t, func() bool { return len(srv.Requests()) == 2 }, time.Second, time.Millisecond)
	srv.Close()
	require.Error(t, <-failed)
	require.Error(t, <-failed)
	client.CloseIdleConnections()
	for range 1000 { // not Eventually, which has goroutines of its own
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines, before %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

// A server of the test's own may outlive the stand-in.
func TestHandlerAfterClose(t *testing.T) {
	before := runtime.NumGoroutine()
	srv := New()
	ts := httptest.NewServer(srv)
	response, err := ts.Client().Get(ts.URL + "/api/v4/projects")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	srv.Close()
	_, err = ts.Client().Get(ts.URL + "/api/v4/projects")
	require.Error(t, err)
	ts.Close()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, before %d", runtime.NumGoroutine(), before)
}

func TestClosesInsideBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := New()
		srv.Close()
		srv.Close()
		_, err := srv.HTTPClient().Get(srv.URL())
		require.Error(t, err)
	})
}

func TestLongAddresses(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("a/b/", maxURI/4)
	r.get("/" + long).is(414)
	r.get("/projects?search=" + long).is(414)
	require.Empty(t, r.Requests())
	r.get("/projects?search=" + long[:maxURI/2]).is(200)
	r.get("/projects", "X-Long", strings.Repeat("x", 2*maxHeader)).is(431)
}
