package gitlabci_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestRunnerTokenInAHeader(t *testing.T) {
	t.Parallel()
	const token = gitlabci.Secret("glrt-hush0123456789")
	var sent http.Header
	client := through(t, func(r *http.Request) (*http.Response, error) {
		sent = r.Header
		return answerTo(r, 403, `{"message":"403 Forbidden - glrt-hush0123456789 is no runner"}`), nil
	})
	_, err := client.Runners.DiscoverRouter(t.Context(), token)
	require.ErrorIs(t, err, gitlabci.ErrForbidden)
	require.Equal(t, string(token), sent.Get("Runner-Token"))
	requireSecret(t, string(token), err)
	require.ErrorContains(t, err, "[redacted] is no runner")

	_, err = client.Runners.DiscoverRouter(t.Context(), token+"\n")
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	requireSecret(t, string(token), err)
}

// Old versions of GitLab verify a runner's token without a word.
func TestATokenThatIsVerifiedSilently(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "200", `"200"`, "\ufeff"} {
		client := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, http.StatusOK, body), nil })
		verified, err := client.Runners.Verify(t.Context(), "glrt-1", nil)
		require.NoError(t, err, body)
		require.Equal(t, &gitlabci.RunnerToken{Token: "glrt-1"}, verified)
	}
}
