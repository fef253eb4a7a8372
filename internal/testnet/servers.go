// Package testnet has what tests of several packages share: servers that answer, or do not, as a test wants it, over every protocol.
package testnet

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// Hush is the token of clients: it must appear nowhere but in a header sent home.
const Hush = "glpat-hush0123456789abcd"

// ClientOf is a client of a server, with Hush as its token.
func ClientOf(t testing.TB, baseURL string, opts ...gitlabci.Option) *gitlabci.Client {
	t.Helper()
	client, err := gitlabci.NewClient(baseURL, gitlabci.PrivateToken(Hush), opts...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// ServeWith answers on 127.0.0.1.
func ServeWith(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv
}
