package gitlabci_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestHowCallsAuthenticate(t *testing.T) {
	var got http.Header
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		require.Empty(t, r.URL.RawQuery)
		io.WriteString(w, `{"id":1}`)
	})
	for _, test := range []struct {
		auth gitlabci.Auth
		want string
	}{
		{gitlabci.PrivateToken("a"), "Private-Token: a"},
		{gitlabci.OAuthToken("b"), "Authorization: Bearer b"},
		{gitlabci.JobToken("c"), "Job-Token: c"},
		{gitlabci.DeployToken("f"), "Deploy-Token: f"},
		{gitlabci.Anonymous(), ""},
	} {
		client, err := gitlabci.NewClient(srv.URL, test.auth)
		require.NoError(t, err)
		_, err = client.Jobs.Get(t.Context(), wireApp, 1)
		require.NoError(t, err)
		var sent []string
		for _, name := range []string{"Private-Token", "Authorization", "Job-Token", "Deploy-Token"} {
			if value := got.Get(name); value != "" {
				sent = append(sent, name+": "+value)
			}
		}
		require.Equal(t, test.want, strings.Join(sent, ", "))
		require.True(t, strings.HasPrefix(got.Get("User-Agent"), "gitlabci/"))
		require.Empty(t, got.Get("Content-Type"), "there is no body")
	}
}

func TestTokenSource(t *testing.T) {
	var got []string
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
		if len(got) < 3 {
			w.WriteHeader(502)
			return
		}
		io.WriteString(w, `{"id":1}`)
	})
	asked := 0
	client, err := gitlabci.NewClient(srv.URL, gitlabci.OAuthTokenSource(func(context.Context) (string, error) {
		asked++
		return fmt.Sprintf("token-%d", asked), nil
	}), atOnce)
	require.NoError(t, err)
	_, err = client.Jobs.Get(t.Context(), wireApp, 1)
	require.NoError(t, err)
	require.Equal(t, []string{"Bearer token-1", "Bearer token-2", "Bearer token-3"}, got)
}

func TestTokenSourceFails(t *testing.T) {
	var requests atomic.Int32
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) { requests.Add(1); w.WriteHeader(429) })
	noToken := errors.New("the vault is sealed")
	for _, call := range []apiCall{againCalls[0].apiCall, onceCalls[0]} {
		asked := 0
		client, err := gitlabci.NewClient(srv.URL, gitlabci.OAuthTokenSource(func(context.Context) (string, error) { asked++; return "", noToken }), atOnce)
		require.NoError(t, err)
		err = call.do(t.Context(), client)
		require.ErrorIs(t, err, noToken)
		require.ErrorIs(t, err, call.failure)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.Equal(t, 1, asked)
		require.Zero(t, failureOf(t, err).Attempts)
		require.Zero(t, requests.Load())
	}
	t.Run("the second time", func(t *testing.T) {
		asked := 0
		client, err := gitlabci.NewClient(srv.URL, gitlabci.OAuthTokenSource(func(context.Context) (string, error) {
			if asked++; asked > 1 {
				return "", noToken
			}
			return hush, nil
		}), atOnce)
		require.NoError(t, err)
		_, err = client.Jobs.Play(t.Context(), wireApp, 1, nil)
		require.ErrorIs(t, err, noToken)
		require.ErrorIs(t, err, gitlabci.ErrRateLimited)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.Equal(t, 1, failureOf(t, err).Attempts)
	})
}

func TestWithAuthOfNil(t *testing.T) {
	srv := serveWith(t, func(http.ResponseWriter, *http.Request) { t.Error("sent without a token") })
	_, err := clientOf(t, srv.URL).WithAuth(nil).Jobs.Get(t.Context(), wireApp, 1)
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
}

// The traffic of a token source, which has the call's context, says nothing of the call.
func TestATokenSourceOfItsOwnTraffic(t *testing.T) {
	idp := serveWith(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, hush) })
	source := gitlabci.OAuthTokenSource(func(ctx context.Context) (string, error) {
		req, _ := http.NewRequestWithContext(ctx, "GET", idp.URL, nil)
		resp, err := idp.Client().Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		token, err := io.ReadAll(resp.Body)
		return string(token), err
	})
	var dials atomic.Int32
	refusing := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { dials.Add(1); return nil, errRefused }}
	client, err := gitlabci.NewClient("http://gitlab.test", source, atOnce, gitlabci.WithHTTPClient(&http.Client{Transport: refusing}))
	require.NoError(t, err)
	_, err = client.Jobs.Play(t.Context(), wireApp, 7, nil)
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
	require.EqualValues(t, 5, dials.Load())
}

// A token source that is slow and does not watch its context must not make the call look as if it had been sent.
func TestCancelledWhileTheTokenIsFetched(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	ctx, cancel := context.WithCancel(t.Context())
	slow := gitlabci.OAuthTokenSource(func(context.Context) (string, error) { cancel(); return hush, nil })
	client, err := gitlabci.NewClient(srv.URL, slow)
	require.NoError(t, err)
	_, err = client.Jobs.Play(ctx, wireApp, 7, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
}

func TestTokenWithALineBreak(t *testing.T) {
	srv := serveWith(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for _, auth := range []gitlabci.Auth{gitlabci.PrivateToken(hush + "\n"), gitlabci.OAuthToken(hush + "\r\n"), gitlabci.JobToken(hush + "\n"),
		gitlabci.OAuthTokenSource(func(context.Context) (string, error) { return hush + "\n", nil })} {
		client, err := gitlabci.NewClient(srv.URL, auth)
		require.NoError(t, err)
		_, err = client.Jobs.Play(t.Context(), wireApp, 1, nil)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorIs(t, err, gitlabci.ErrJobPlay)
		require.ErrorContains(t, err, "the token is empty or holds a line break")
		requireSecret(t, hush, err)
	}
}
