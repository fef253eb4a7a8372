package gitlabcitest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestListenTLS(t *testing.T) {
	before := runtime.NumGoroutine()
	srv := New()
	app := srv.AddProject("group/app", Job{Name: "a"})
	base, authority, err := srv.ListenTLS("127.0.0.1:0")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(base, "https://127.0.0.1:"), base)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, authority, 0o600))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var response gitlabci.Response
	client, err := gitlabci.NewClient(base, gitlabci.PrivateToken(srv.Token()), gitlabci.WithCAFile(file))
	require.NoError(t, err)
	created, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"}, gitlabci.WithResponse(&response))
	require.NoError(t, err)
	require.Equal(t, base+"/group/app/-/pipelines/1", created.WebURL)

	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(authority))
	for major, protocols := range map[int]*http.Protocols{1: new(http.Protocols), 2: new(http.Protocols)} {
		protocols.SetHTTP1(major == 1)
		protocols.SetHTTP2(major == 2)
		for _, name := range []string{"", "localhost"} {
			transport := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: name}}
			answer, err := (&http.Client{Transport: transport}).Get(base + "/-/health")
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, []int{200, major}, []int{answer.StatusCode, answer.ProtoMajor})
			transport.CloseIdleConnections()
		}
	}

	stranger := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool()}}
	_, err = (&http.Client{Transport: stranger}).Get(base + "/-/health")
	require.ErrorAs(t, err, new(x509.UnknownAuthorityError))

	_, _, err = srv.ListenTLS(strings.TrimPrefix(base, "https://"))
	require.Error(t, err, "the address is taken")
	_, _, err = srv.ListenTLS("nowhere")
	require.Error(t, err)
	srv.Close()
	_, err = client.Pipelines.Get(ctx, app, created.ID, gitlabci.WithoutRetry())
	require.Error(t, err)
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines, before %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}
