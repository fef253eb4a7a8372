package gitlabci_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestWithAuthSharesConnections(t *testing.T) {
	var tokens []string
	srv, connections := counting(t, func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("Private-Token")+r.Header.Get("Job-Token")+r.Header.Get("Authorization"))
		io.WriteString(w, `{"id":1}`)
	})
	client := clientOf(t, srv.URL)
	for _, c := range []*gitlabci.Client{client, client.WithAuth(gitlabci.JobToken("job")), client.WithAuth(gitlabci.OAuthToken("oauth")), client.WithAuth(gitlabci.Anonymous()), client} {
		_, err := c.Jobs.Get(t.Context(), wireApp, 1)
		require.NoError(t, err)
	}
	require.Equal(t, []string{hush, "job", "Bearer oauth", "", hush}, tokens)
	require.EqualValues(t, 1, connections.Load())
}
