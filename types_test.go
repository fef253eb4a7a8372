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

// GitLab sends an empty list for trailers where there are none.
func TestCommitWithoutTrailers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"id":"a91957a8","trailers":[],"extended_trailers":[]}`, `{"id":"a91957a8","trailers":{},"extended_trailers":null}`} {
		var commit gitlabci.Commit
		require.NoError(t, json.Unmarshal([]byte(text), &commit), text)
		require.Empty(t, commit.Trailers)
		require.Empty(t, commit.ExtendedTrailers)
	}
}
