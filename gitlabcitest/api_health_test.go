package gitlabcitest

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// page asks for a page outside of the API.
func (r *rig) page(method, path string, body io.Reader, header ...string) reply {
	r.Helper()
	request, err := http.NewRequest(method, r.URL()+path, body)
	require.NoError(r, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := r.HTTPClient().Do(request)
	require.NoError(r, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(r, err)
	return reply{r, response.StatusCode, response.Header, string(text)}
}

func TestHealth(t *testing.T) {
	for _, external := range []string{"", "https://gitlab.example.com/git"} {
		r := newRig(t, WithExternalURL(external))
		require.Equal(t, "text/plain", r.page("GET", "/-/health", nil).is(200, "GitLab OK").header.Get("Content-Type"))
		r.page("GET", "/-/liveness", nil, "Private-Token", "guess").is(200, `{"status":"ok"}`)
		r.page("GET", "/-/readiness", nil).is(200, `{"status":"ok","master_check":[{"status":"ok"}]}`)
		require.Equal(t, "/-/readiness", r.Requests()[2].Route)
		r.Fail("GET", "/-/readiness", Status(503, `{"status":"failed"}`))
		r.page("GET", "/-/readiness", nil).is(503)
		r.page("GET", "/-/nothing", nil).is(404)
		r.get("/-/health").is(404)
	}
}
