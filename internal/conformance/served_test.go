package conformance_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// TestEveryMethodIsServed tests that the stand-in has an endpoint for each request of the table, and takes none of them for another one.
func TestEveryMethodIsServed(t *testing.T) {
	t.Parallel()
	srv := gitlabcitest.New()
	defer srv.Close()
	client := srv.HTTPClient()
	for i := range table {
		for _, e := range table[i].exchanges() {
			verb, path, _ := strings.Cut(e.sends, " ")
			req, err := http.NewRequestWithContext(t.Context(), verb, srv.URL()+"/api/v4"+path, nil)
			require.NoError(t, err)
			req.Header.Set("Private-Token", srv.Token())
			srv.ResetRequests()
			resp, err := client.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			requests := srv.Requests()
			require.Len(t, requests, 1)
			if served := verb + " " + requests[0].Route; bareRoute(served) != bareRoute(e.route) {
				t.Errorf("%s sends %s to %s, which the stand-in serves as %q", table[i].name(), e.sends, e.route, served)
			}
		}
	}
}

// bareRoute is a route as in "GET /projects/:id", without the names of its placeholders.
func bareRoute(route string) string {
	verb, path, _ := strings.Cut(route, " ")
	return bare(verb, path)
}
