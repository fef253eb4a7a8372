package gitlabci_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// What is told of a rate limit in a way that cannot be read is not known, rather than none.
func TestRateLimitOfAResponse(t *testing.T) {
	end := time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		limit, observed, remaining, reset string
		want                              gitlabci.RateLimit
	}{
		{"600", "1", "599", "1700000000", gitlabci.RateLimit{Limit: 600, Observed: 1, Remaining: 599, Reset: end}},
		{"600", "601", "0", "1700000000", gitlabci.RateLimit{Limit: 600, Observed: 601, Remaining: 0, Reset: end}},
		{"600, 600;w=60", "", "599;w=60", "1700000000", gitlabci.RateLimit{Limit: 600, Remaining: 599, Reset: end}},
		{"600;w=60", "", "599 ;w=60", "1700000000;w=60", gitlabci.RateLimit{Limit: 600, Remaining: 599, Reset: end}},
		{"", "", "7", "1700000000", gitlabci.RateLimit{Remaining: 7, Reset: end}},
		{"many", "some", "7", "1700000000", gitlabci.RateLimit{Remaining: 7, Reset: end}},
		{"600", "", "-5", "1700000000", gitlabci.RateLimit{Limit: 600, Remaining: -5, Reset: end}},
		{"600", "1", "", "1700000000", gitlabci.RateLimit{}},
		{"600", "1", ";w=60", "1700000000", gitlabci.RateLimit{}},
		{"600", "1", "w=60", "1700000000", gitlabci.RateLimit{}},
		{"600", "1", "5.5", "1700000000", gitlabci.RateLimit{}},
		{"600", "1", "99999999999999999999", "1700000000", gitlabci.RateLimit{}},
		{"600", "1", "599", "", gitlabci.RateLimit{}},
		{"600", "1", "599", "soon", gitlabci.RateLimit{}},
		{"600", "1", "599", "0", gitlabci.RateLimit{}},
		{"600", "1", "599", "-1", gitlabci.RateLimit{}},
		{"600", "1", "599", "9223372036854775807", gitlabci.RateLimit{}},
		{"", "", "", "", gitlabci.RateLimit{}},
	} {
		var response gitlabci.Response
		client := through(t, func(r *http.Request) (*http.Response, error) {
			return answerTo(r, 200, `{"id":1}`, "RateLimit-Limit: "+test.limit, "RateLimit-Observed: "+test.observed,
				"RateLimit-Remaining: "+test.remaining, "RateLimit-Reset: "+test.reset), nil
		})
		_, err := client.Jobs.Get(t.Context(), wireApp, 1, gitlabci.WithResponse(&response))
		require.NoError(t, err)
		require.Equal(t, test.want, response.RateLimit, "%+v", test)
	}
}
