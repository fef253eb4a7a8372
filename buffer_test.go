package gitlabci

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// TestBufferFill tests that a buffer holds what comes, up to the limit, whatever is said of its length and however it comes.
func TestBufferFill(t *testing.T) {
	const limit = 3 << 20
	for name, text := range map[string]string{
		"nothing": "", "a little": "[]", "a good deal": strings.Repeat("0123456789", 1000), "the limit": strings.Repeat("x", limit),
		"more than the limit": strings.Repeat("x", limit+100),
	} {
		for _, length := range []int64{-1, 0, 1, int64(len(text)), 1 << 50} {
			for _, source := range []io.Reader{strings.NewReader(text), iotest.HalfReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
				b := buffer("of the answer before")
				require.NoError(t, b.fill(&io.LimitedReader{R: source, N: limit + 1}, length), name)
				require.True(t, text[:min(len(text), limit+1)] == string(b), "%s, said to be %d long: %d bytes", name, length, len(b))
				require.Less(t, cap(b), 2*maxKept, "%s, said to be %d long", name, length)
			}
		}
	}
}

// TestBufferOfALostConnection tests that what came before an error is there beside it, and nothing of the answer before.
func TestBufferOfALostConnection(t *testing.T) {
	lost := errors.New("lost")
	b := buffer("of the answer before")
	source := io.MultiReader(strings.NewReader(`{"id":`), iotest.ErrReader(lost))
	require.ErrorIs(t, b.fill(&io.LimitedReader{R: source, N: 100}, 50), lost)
	require.Equal(t, `{"id":`, string(b))
}
