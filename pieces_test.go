package gitlabci_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// The directory and the checksums of an archive tell what a strong validator does not.
func TestSaveArtifactsChecksThePiecesOfAnArchive(t *testing.T) {
	old := zipped(t, "a", string(randomBytes(30_000)), "b", string(randomBytes(40_000)))
	other := zipped(t, "a", string(randomBytes(60_000)[30_000:]), "b", string(randomBytes(80_000)[40_000:]))
	require.Len(t, other, len(old))
	truncated := append(bytes.Clone(old[:len(old)/2]), make([]byte, len(old)-len(old)/2)...)
	encrypted, compressed := bytes.Clone(old), bytes.Clone(old)
	for _, change := range []struct {
		b      []byte
		at     int // in a header of the directory, counted from its beginning
		is     byte
		inside int // in the header before the file
	}{{encrypted, 8, 9, 6}, {compressed, 10, 99, 8}} {
		for i := range change.b {
			switch {
			case bytes.HasPrefix(change.b[i:], []byte("PK\x01\x02")):
				change.b[i+change.at] = change.is
			case bytes.HasPrefix(change.b[i:], []byte("PK\x03\x04")):
				change.b[i+change.inside] = change.is
			}
		}
	}
	for name, test := range map[string]struct {
		server *fileServer
		gets   []byte // nothing if it is an error
		asked  int
	}{
		"the same":                      {lyingServer(2, old, old), old, 3},
		"another one":                   {lyingServer(1, old, other), other, 3},
		"another one, broken once more": {lyingServer(2, old, other), other, 4},
		"a broken one, in one answer":   {lyingServer(0, truncated, truncated), truncated, 1},
		"a broken one, in pieces":       {lyingServer(1, truncated, truncated), truncated, 3},
		"an empty one":                  {lyingServer(1, zipped(t), zipped(t)), zipped(t), 2},
		"encrypted":                     {lyingServer(1, encrypted, encrypted), encrypted, 2},
		"packed in a way of its own":    {lyingServer(1, compressed, compressed), compressed, 2},
		"a directory beyond the limits": {lyingServer(1, longComments(t), longComments(t)), longComments(t), 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := test.server.save(t, nil)
				require.NoError(t, err)
				require.True(t, bytes.Equal(test.gets, got))
				require.Len(t, test.server.asked, test.asked)
			})
		})
	}
	t.Run("never right", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &fileServer{content: truncated, ranges: true, etag: `"v1"`}
			s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Range") == "" {
					s.serve(cut(w, int64(len(truncated)/3)), r)
				}
				return false
			}
			_, err := s.save(t, nil)
			require.ErrorIs(t, err, gitlabci.ErrDecode)
			require.ErrorContains(t, err, fmt.Sprintf("after %d bytes: cannot decode the answer: the pieces that came do not belong together: ", len(truncated)))
			require.Len(t, s.asked, 4)
		})
	})
	t.Run("canceled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := lyingServer(1, old, old)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			dir := t.TempDir()
			err := newLab(t, s.ServeHTTP).Jobs.SaveArtifacts(ctx, app, 7, filepath.Join(dir, "saved"), &gitlabci.SaveOptions{Progress: func(written, total int64) {
				if written == total {
					cancel()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
			requireFiles(t, dir)
		})
	})
}
