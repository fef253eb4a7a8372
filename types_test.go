package gitlabci_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// Seconds are a number to GitLab and a duration to whoever reads them, however many there are.
func TestSeconds(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[gitlabci.Seconds]time.Duration{
		0: 0, 90: 90 * time.Second, 1.5: 1500 * time.Millisecond, -2: -2 * time.Second, 1e12: math.MaxInt64, -1e12: math.MinInt64,
	} {
		require.Equal(t, want, seconds.Duration())
		require.Equal(t, want.Round(time.Millisecond).String(), seconds.String())
		text, err := json.Marshal(seconds)
		require.NoError(t, err)
		var again gitlabci.Seconds
		require.NoError(t, json.Unmarshal(text, &again))
		require.Equal(t, seconds, again)
	}
}

// Of a commit without trailers no empty map is kept.
func TestTrailers(t *testing.T) {
	t.Parallel()
	var commit gitlabci.Commit
	require.NoError(t, json.Unmarshal([]byte(`{"id":"a91957a8","trailers":{},"extended_trailers":{}}`), &commit))
	require.Equal(t, gitlabci.Commit{ID: "a91957a8"}, commit)
	text := `{"trailers":{"Reviewed-by":"Ada"},"extended_trailers":{"Reviewed-by":["Ada","Grace"]}}`
	require.NoError(t, json.Unmarshal([]byte(text), &commit))
	require.Equal(t, gitlabci.Trailers{"Reviewed-by": "Ada"}, commit.Trailers)
	require.Equal(t, gitlabci.ExtendedTrailers{"Reviewed-by": {"Ada", "Grace"}}, commit.ExtendedTrailers)
}
