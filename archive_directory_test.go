package gitlabci

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// An archive may be read as a file system by a program that has told Go to find what is insecure.
func TestArchiveDespiteInsecurePaths(t *testing.T) {
	t.Setenv("GODEBUG", "zipinsecurepath=0")
	archive, err := openBytes(t, zipOf(t, zipEntry{name: "../up", content: "1"}, zipEntry{name: `a\b`, content: "2"}, zipEntry{name: "good", content: "3"}))
	require.NoError(t, err)
	require.Equal(t, map[string]string{`a＼b`: "2", "good": "3"}, contents(t, archive))
	require.Len(t, archive.Refused(), 1)
}

func requireFault(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, ErrArtifactsGet)
	require.ErrorIs(t, err, ErrDecode)
	require.ErrorAs(t, err, new(*Error))
	require.NotErrorIs(t, err, fs.ErrNotExist)
	require.Equal(t, 1, strings.Count(err.Error(), "cannot decode the answer"), err.Error())
	if e := (*Error)(nil); errors.As(err, &e) { // around it is the path that the caller gave
		require.False(t, strings.ContainsFunc(e.Error(), unicode.IsControl), "%q", e)
	}
}

// TestGuard tests that reading the directory of an archive ends where it takes more than it may, and that what goes wrong on the way to it is
// not blamed on the archive.
func TestGuard(t *testing.T) {
	end64 := binary.LittleEndian.AppendUint64(append([]byte("PK\x06\x06"), make([]byte, 28)...), maxEntries+1)
	for name, test := range map[string]struct {
		source []byte
		guard  guard
		wrong  string
	}{
		"a short one":                        {source: make([]byte, 100), guard: guard{directory: true, left: 100}},
		"one that is too long":               {source: make([]byte, 100), guard: guard{directory: true, left: 99}, wrong: "longer than 32 MiB"},
		"entries":                            {source: entrySignature, guard: guard{directory: true, left: 100, entries: 2*maxEntries - 1}},
		"too many entries":                   {source: entrySignature, guard: guard{directory: true, left: 100, entries: 2 * maxEntries}, wrong: errEntries.Error()},
		"an end that claims too many":        {source: end64, guard: guard{directory: true, left: 100}, wrong: errEntries.Error()},
		"the same in the content of a file":  {source: end64, guard: guard{left: 1}},
		"much that is content and no matter": {source: make([]byte, 100), guard: guard{left: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			test.guard.ctx, test.guard.source = t.Context(), bytes.NewReader(test.source)
			n, err := test.guard.ReadAt(make([]byte, len(test.source)), 0)
			if test.wrong != "" {
				require.ErrorContains(t, err, test.wrong)
				require.ErrorIs(t, blame(err), ErrDecode)
				return
			}
			require.NoError(t, err)
			require.Equal(t, len(test.source), n)
		})
	}
	_, err := (&guard{ctx: t.Context(), source: bytes.NewReader(nil)}).ReadAt(nil, -1)
	require.ErrorIs(t, blame(err), ErrDecode)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = (&guard{ctx: ctx, source: bytes.NewReader(make([]byte, 9))}).ReadAt(make([]byte, 9), 0)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, ErrArtifactsGet)
	require.NotErrorIs(t, blame(err), ErrDecode)
}
