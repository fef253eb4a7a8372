package gitlabci_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestWithHeaderWins(t *testing.T) {
	var got http.Header
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header; io.WriteString(w, `{"id":1}`) })
	client := clientOf(t, srv.URL, gitlabci.WithUserAgent("robot/1"))
	options := []gitlabci.RequestOption{
		gitlabci.WithHeader("private-token", "another"), gitlabci.WithHeader("accept", "text/plain"), gitlabci.WithHeader("Accept-Encoding", "br"),
		gitlabci.WithHeader("User-Agent", "mine"), gitlabci.WithSudo("jane"), nil,
	}
	for _, do := range []func() error{
		func() error { return ignore(client.Jobs.Get(t.Context(), wireApp, 1, options...)) },
		func() error { return drain(client.Jobs.ArtifactFile(t.Context(), wireApp, 1, "a", options...)) },
		func() error { return drain(client.Jobs.Trace(t.Context(), wireApp, 1, nil, options...)) },
		func() error { return client.Do(t.Context(), "GET", "version", nil, io.Discard, options...) },
	} {
		require.NoError(t, do())
		require.Equal(t, []string{"another"}, got["Private-Token"])
		require.Equal(t, []string{"text/plain"}, got["Accept"])
		require.Equal(t, []string{"br"}, got["Accept-Encoding"])
		require.Equal(t, []string{"mine"}, got["User-Agent"])
		require.Equal(t, []string{"jane"}, got["Sudo"])
	}
	_, err := client.Jobs.Get(t.Context(), wireApp, 1)
	require.NoError(t, err)
	require.Equal(t, "robot/1", got.Get("User-Agent"))
	require.Equal(t, "application/json", got.Get("Accept"))
}

func TestWithoutRetryAndMaxAttempts(t *testing.T) {
	var n atomic.Int32
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) { n.Add(1); w.WriteHeader(503) })
	for _, test := range []struct {
		want    int32
		client  *gitlabci.Client
		options []gitlabci.RequestOption
	}{
		{1, clientOf(t, srv.URL, atOnce), []gitlabci.RequestOption{gitlabci.WithoutRetry()}},
		{1, clientOf(t, srv.URL, gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 1})), nil},
		{3, clientOf(t, srv.URL, gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 3, MinWait: 1, MaxWait: 1})), nil},
		{5, clientOf(t, srv.URL, gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: -1, MinWait: 1, MaxWait: 1})), nil},
	} {
		n.Store(0)
		_, err := test.client.Jobs.Get(t.Context(), wireApp, 1, test.options...)
		require.EqualValues(t, test.want, n.Load())
		require.EqualValues(t, test.want, failureOf(t, err).Attempts)
		require.Equal(t, test.want > 1, strings.Contains(err.Error(), fmt.Sprintf("(%d attempts)", test.want)))
	}
}

func TestWrongHeaders(t *testing.T) {
	srv := serveWith(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	custom := func(name, value string) gitlabci.Auth {
		return func(_ context.Context, h http.Header) error { h[name] = []string{value}; return nil }
	}
	for _, call := range []apiCall{againCalls[0].apiCall, onceCalls[0]} {
		for _, option := range []gitlabci.RequestOption{
			gitlabci.WithHeader("X-Mine", "a\nb"), gitlabci.WithHeader("X-Mine", "a\x00b"), gitlabci.WithHeader("X Mine", "a"), gitlabci.WithHeader("", "a"),
			gitlabci.WithHeader("X-Mine\r\nHost", "a"), gitlabci.WithSudo("root\r\n"), gitlabci.WithSudo(""),
		} {
			err := call.do(t.Context(), clientOf(t, srv.URL, atOnce), option)
			require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
			require.ErrorIs(t, err, call.failure)
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.Zero(t, failureOf(t, err).Attempts)
		}
		for _, auth := range []gitlabci.Auth{custom("X-Mine", hush+"\n"), custom("X Mine", hush), gitlabci.PrivateToken(hush + "\n"), gitlabci.OAuthToken(hush + "\x01"), gitlabci.JobToken("")} {
			client, err := gitlabci.NewClient(srv.URL, auth, atOnce)
			require.NoError(t, err)
			err = call.do(t.Context(), client)
			require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.Zero(t, failureOf(t, err).Attempts)
			require.NotContains(t, err.Error(), hush)
		}
	}
}
