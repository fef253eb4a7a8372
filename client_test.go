package gitlabci_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestNewClient(t *testing.T) {
	_, err := gitlabci.NewClient("https://gitlab.example.com", nil)
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	client, err := gitlabci.NewClient("https://gitlab.example.com/git", gitlabci.Anonymous(), nil, gitlabci.WithHTTPClient(nil), gitlabci.WithLogger(nil), gitlabci.WithUserAgent(""))
	require.NoError(t, err)
	require.Equal(t, "gitlabci.Client(https://gitlab.example.com/git/api/v4)", fmt.Sprint(client))
	client.CloseIdleConnections()
}

// environment is what NewClientFromEnv and ProjectFromEnv read.
var environment = []string{"GITLAB_URL", "CI_API_V4_URL", "CI_SERVER_URL", "GITLAB_TOKEN", "GITLAB_PRIVATE_TOKEN", "GITLAB_OAUTH_TOKEN", "CI_JOB_TOKEN", "CI_SERVER_TLS_CA_FILE", "GITLAB_PROJECT", "CI_PROJECT_ID"}

func setEnvironment(t *testing.T, settings ...string) {
	t.Helper()
	for _, name := range environment {
		t.Setenv(name, "")
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
}

func TestNewClientFromEnv(t *testing.T) {
	var got string
	capture := gitlabci.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r.URL.Scheme + "://" + r.URL.Host
		for _, name := range []string{"Private-Token", "Authorization", "Job-Token"} {
			if value := r.Header.Get(name); value != "" {
				got += " " + name + ": " + value
			}
		}
		return answerTo(r, 200, `{"id":1}`), nil
	})})
	for _, test := range []struct {
		settings []string
		want     string
	}{
		{nil, "https://gitlab.com"},
		{[]string{"GITLAB_URL=https://a.test", "CI_API_V4_URL=https://b.test/api/v4", "CI_SERVER_URL=https://c.test"}, "https://a.test"},
		{[]string{"CI_API_V4_URL=https://b.test/api/v4", "CI_SERVER_URL=https://c.test"}, "https://b.test"},
		{[]string{"CI_SERVER_URL=https://c.test:8443"}, "https://c.test:8443"},
		{[]string{"GITLAB_TOKEN=1", "GITLAB_PRIVATE_TOKEN=2", "GITLAB_OAUTH_TOKEN=3", "CI_JOB_TOKEN=4"}, "https://gitlab.com Private-Token: 1"},
		{[]string{"GITLAB_PRIVATE_TOKEN=2", "GITLAB_OAUTH_TOKEN=3", "CI_JOB_TOKEN=4"}, "https://gitlab.com Private-Token: 2"},
		{[]string{"GITLAB_OAUTH_TOKEN=3", "CI_JOB_TOKEN=4"}, "https://gitlab.com Authorization: Bearer 3"},
		{[]string{"CI_JOB_TOKEN=4", "CI_SERVER_URL=https://c.test"}, "https://c.test Job-Token: 4"},
	} {
		setEnvironment(t, test.settings...)
		client, err := gitlabci.NewClientFromEnv(capture)
		require.NoError(t, err)
		_, err = client.Jobs.Get(t.Context(), wireApp, 1)
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
	setEnvironment(t, "GITLAB_TOKEN="+hush+"\n")
	client, err := gitlabci.NewClientFromEnv(capture)
	require.NoError(t, err)
	_, err = client.Jobs.Get(t.Context(), wireApp, 1)
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	require.NotContains(t, err.Error(), hush)
}

// caFile holds the certificate of a server.
func caFile(t testing.TB, srv *httptest.Server) string {
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600))
	return file
}

// TestDefaultTransportSpeaksHTTP2 to a server that has it, as gitlab.com does.
func TestDefaultTransportSpeaksHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", r.Proto)
		io.WriteString(w, `{"id":1}`)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	setEnvironment(t, "GITLAB_URL="+srv.URL, "CI_SERVER_TLS_CA_FILE="+caFile(t, srv))
	client, err := gitlabci.NewClientFromEnv()
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	var response gitlabci.Response
	_, err = client.Jobs.Get(t.Context(), wireApp, 1, gitlabci.WithResponse(&response))
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", response.RequestID)

}

func TestCertificatesFromEnv(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"id":1}`) }))
	defer srv.Close()
	file := caFile(t, srv)
	setEnvironment(t, "GITLAB_URL="+srv.URL, "CI_SERVER_TLS_CA_FILE="+file)
	for _, opts := range [][]gitlabci.Option{nil, {gitlabci.WithHTTPClient(&http.Client{Timeout: time.Minute})}} {
		client, err := gitlabci.NewClientFromEnv(opts...)
		require.NoError(t, err)
		_, err = client.Jobs.Get(t.Context(), wireApp, 1)
		require.NoError(t, err)
		client.CloseIdleConnections()
	}
	_, err := gitlabci.NewClientFromEnv(gitlabci.WithHTTPClient(&http.Client{Transport: new(http.Transport)}))
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	require.ErrorContains(t, err, "CI_SERVER_TLS_CA_FILE cannot be used")
	require.NoError(t, os.WriteFile(file, []byte("no certificate"), 0o600))
	for _, name := range []string{file, file + ".missing"} {
		setEnvironment(t, "GITLAB_URL="+srv.URL, "CI_SERVER_TLS_CA_FILE="+name)
		_, err := gitlabci.NewClientFromEnv()
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorContains(t, err, "CI_SERVER_TLS_CA_FILE")
	}
	require.ErrorIs(t, func() error { _, err := gitlabci.NewClientFromEnv(); return err }(), os.ErrNotExist)
}

func TestProjectFromEnv(t *testing.T) {
	for settings, want := range map[string]gitlabci.Project{
		"CI_PROJECT_ID=42":                                gitlabci.ProjectID(42),
		"GITLAB_PROJECT=7":                                gitlabci.ProjectID(7),
		"GITLAB_PROJECT=group/sub/app":                    gitlabci.ProjectPath("group/sub/app"),
		"GITLAB_PROJECT=group/app CI_PROJECT_ID=42":       gitlabci.ProjectPath("group/app"),
		"GITLAB_PROJECT=group/app CI_PROJECT_ID=whatever": gitlabci.ProjectPath("group/app"),
	} {
		setEnvironment(t, strings.Fields(settings)...)
		project, err := gitlabci.ProjectFromEnv()
		require.NoError(t, err, settings)
		require.Equal(t, want, project, settings)
	}
	for _, bad := range []string{"", "0", "-1", "group/app", "42 ", "99999999999999999999"} {
		setEnvironment(t, "CI_PROJECT_ID="+bad)
		_, err := gitlabci.ProjectFromEnv()
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, bad)
		require.ErrorContains(t, err, "CI_PROJECT_ID", bad)
	}
	for _, bad := range []string{"0", "-1", "app", "42 ", "99999999999999999999"} {
		setEnvironment(t, "GITLAB_PROJECT="+bad, "CI_PROJECT_ID=42") // which does not stand in for what is wrong
		_, err := gitlabci.ProjectFromEnv()
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, bad)
		require.ErrorContains(t, err, "GITLAB_PROJECT is neither", bad)
	}
}

func TestCloseIdleConnections(t *testing.T) {
	closed := make(chan struct{}, 2)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"id":1}`) }))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	srv.Start()
	defer srv.Close()
	shared := &http.Client{}
	for _, opts := range [][]gitlabci.Option{nil, {gitlabci.WithHTTPClient(shared)}} {
		client := clientOf(t, srv.URL, opts...)
		_, err := client.Jobs.Get(t.Context(), wireApp, 1)
		require.NoError(t, err)
		client.CloseIdleConnections()
		<-closed
	}
	require.Nil(t, shared.Transport, "the caller's client stays as it is")
}

func TestBaseURLs(t *testing.T) {
	for below, want := range map[string]string{
		"":                      "/api/v4",
		"/":                     "/api/v4",
		"///":                   "/api/v4",
		"/api/v4":               "/api/v4",
		"/api/v4/":              "/api/v4",
		"/git":                  "/git/api/v4",
		"/git/":                 "/git/api/v4",
		"/git/api/v4":           "/git/api/v4",
		"/git/api/v4//":         "/git/api/v4",
		"/git//api/v4":          "/git/api/v4",
		"/a/b":                  "/a/b/api/v4",
		"/git%2Flab":            "/git%2Flab/api/v4",
		"/git%2Flab/api/v4":     "/git%2Flab/api/v4",
		"/with%20space/":        "/with%20space/api/v4",
		"/%C3%A9":               "/%C3%A9/api/v4",
		"/mapi/v4":              "/mapi/v4/api/v4",
		"/gitlab%3Fx%23/api/v4": "/gitlab%3Fx%23/api/v4",
	} {
		t.Run(below, func(t *testing.T) {
			p := newPathServer(t, below)
			require.NoError(t, ignore(p.Jobs.Get(t.Context(), gitlabci.ProjectID(1), 7)))
			require.Equal(t, want+"/projects/1/jobs/7", p.sent)
			require.NoError(t, ignore(p.Jobs.Get(t.Context(), gitlabci.ProjectPath("a/b c"), 7)))
			require.Equal(t, want+"/projects/a%2Fb%20c/jobs/7", p.sent)
		})
	}
	for _, good := range []string{"", "http://gitlab.example.com", "HTTPS://GitLab.Example.com:8443", "https://[::1]:8080/git", "https://gitlab.example.com/api/v4/"} {
		_, err := gitlabci.NewClient(good, gitlabci.Anonymous())
		require.NoError(t, err, good)
	}
	client, err := gitlabci.NewClient("", gitlabci.Anonymous())
	require.NoError(t, err)
	require.Equal(t, "gitlabci.Client(https://gitlab.com/api/v4)", fmt.Sprint(client))
	for _, bad := range []string{
		"gitlab.example.com", "gitlab.example.com:8080", "localhost:8080", "//gitlab.example.com", "/api/v4", "ftp://gitlab.example.com", "https://", "https:///git",
		"https://:8080", "https://gitlab.example.com?", "https://gitlab.example.com?x=y", "https://gitlab.example.com#top", "https://gitlab.example.com:port",
		"https://gitlab.example.com/%zz", " https://gitlab.example.com", "https://gitlab example.com", "https://gitlab.example.com\n", "https:gitlab.example.com",
	} {
		client, err := gitlabci.NewClient(bad, gitlabci.Anonymous())
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, bad)
		require.Nil(t, client)
	}
}

func TestBaseURLsWithAPassword(t *testing.T) {
	for _, bad := range []string{
		"https://jane:hush@gitlab.example.com", "https://jane:hush@gitlab.example.com:port", "https://jane:hush@[::1", "jane:hush@gitlab.example.com",
		"//jane:hush@gitlab.example.com", "http//jane:hush@gitlab.example.com", "ftp://jane:hush@gitlab.example.com", "https://jane:hush@", "https:jane:hush@host",
		"https://gitlab.example.com/?private_token=hush", "https://gitlab.example.com/#hush", "https://jane:hush%zz@gitlab.example.com", "https://gitlab.example.com/\x00hush",
		" https://jane:hush@gitlab.example.com", "hush", "/hush", "mailto:hush",
	} {
		client, err := gitlabci.NewClient(bad, gitlabci.PrivateToken(hush))
		require.Nil(t, client)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, bad)
		require.NotContains(t, prints(err), "hush", bad)
		if !strings.Contains(bad, "\x00") {
			t.Setenv("GITLAB_URL", bad)
			_, err = gitlabci.NewClientFromEnv()
			require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, bad)
			require.NotContains(t, prints(err), "hush", bad)
		}
	}
}
