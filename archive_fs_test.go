package gitlabci

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// contents returns all that an archive lists, directories with a slash at the end, each file with what is in it.
func contents(t testing.TB, archive *Archive) map[string]string {
	t.Helper()
	found := make(map[string]string)
	require.NoError(t, fs.WalkDir(archive, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if d.IsDir() {
			found[name+"/"] = ""
			return nil
		}
		content, err := fs.ReadFile(archive, name)
		found[name] = string(content)
		return err
	}))
	return found
}

func TestArchiveErrors(t *testing.T) {
	long := string(noise(10_000))
	whole := zipOf(t, zipEntry{name: "stored", content: long, stored: true}, zipEntry{name: "packed", content: strings.Repeat("text and "+long[:50], 100)}, zipEntry{name: "d/e", content: "end"})
	archive, err := openBytes(t, whole)
	require.NoError(t, err)

	var path *fs.PathError
	for name, is := range map[string]error{
		"missing": fs.ErrNotExist, "d/missing": fs.ErrNotExist, "d/e/f": fs.ErrNotExist, `d\e`: fs.ErrNotExist,
		"": fs.ErrInvalid, "/d": fs.ErrInvalid, "d/": fs.ErrInvalid, "./d": fs.ErrInvalid, "d//e": fs.ErrInvalid, "../d": fs.ErrInvalid, "\xff": fs.ErrInvalid,
	} {
		for op, do := range map[string]func() error{
			"open": func() error { _, err := archive.Open(name); return err },
			"stat": func() error { _, err := archive.Stat(name); return err },
		} {
			err := do()
			require.ErrorIs(t, err, is, name)
			require.NotErrorIs(t, err, ErrDecode)
			require.ErrorAs(t, err, &path)
			require.Equal(t, fs.PathError{Op: op, Path: name, Err: is}, *path)
		}
	}

	open, err := archive.Open("stored")
	require.NoError(t, err)
	info, err := open.Stat()
	require.NoError(t, err)
	require.Equal(t, "-rw-r--r-- 10000 0001-01-01 00:00:00 stored", strings.Replace(fs.FormatFileInfo(info), "1979-11-30", "0001-01-01", 1))
	require.IsType(t, new(zip.FileHeader), info.Sys())
	require.NoError(t, open.Close())
	for _, do := range []func() error{open.Close, func() error { _, err := open.Read(make([]byte, 1)); return err }} {
		err := do()
		require.ErrorIs(t, err, fs.ErrClosed)
		require.ErrorAs(t, err, &path)
		require.NotErrorIs(t, err, ErrDecode)
	}
	_, err = archive.ReadFile("d")
	require.ErrorAs(t, err, &path)
	require.Equal(t, "read d: is a directory", err.Error())

	// Wherever a byte is flipped, what is read is what was there, or the error is the archive's.
	good := map[string]string{"stored": long, "packed": strings.Repeat("text and "+long[:50], 100), "d/e": "end"}
	directory := bytes.Index(whole, entrySignature)
	faults := 0
	for i := range directory {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x55
		archive, err := openBytes(t, damaged)
		require.NoError(t, err)
		for name, content := range good {
			got, err := archive.ReadFile(name)
			if err == nil {
				require.True(t, content == string(got), "byte %d of %s", i, name)
				continue
			}
			faults++
			requireFault(t, err)
			require.ErrorAs(t, err, &path)
			require.Equal(t, name, path.Path)
			require.Contains(t, []string{"open", "read"}, path.Op)
		}
	}
	require.Greater(t, faults, len(long))
}

// What an archive says of the length of a file costs nothing until as much has come.
func TestArchiveThatSaysTooMuch(t *testing.T) {
	for _, says := range []uint64{1 << 20, 1 << 40, math.MaxInt64, math.MaxUint64} {
		for _, packed := range []uint64{0, 1 << 40, math.MaxUint64} {
			archive, err := openBytes(t, zipOf(t, zipEntry{name: "a", content: "content", lie: func(h *zip.FileHeader) {
				h.UncompressedSize64 = says
				if packed > 0 {
					h.CompressedSize64 = packed
				}
			}}))
			require.NoError(t, err)
			info, err := archive.Stat("a")
			require.NoError(t, err)
			require.Equal(t, int64(min(says, math.MaxInt64)), info.Size())
			heap := testing.AllocsPerRun(1, func() {
				content, err := fs.ReadFile(archive, "a")
				requireFault(t, err)
				require.Less(t, cap(content), 2<<20)
			})
			require.Less(t, heap, float64(1000))
		}
	}
}

// FuzzArchive reads whatever it is told is an archive.
func FuzzArchive(f *testing.F) {
	f.Add(zipOf(f))
	f.Add(zipOf(f, zipEntry{name: "a", content: "content"}, zipEntry{name: "./b//c", content: "x", stored: true}, zipEntry{name: "d/", mode: fs.ModeDir | 0o755}))
	f.Add(zipOf(f, zipEntry{name: `a\b`, content: "1", lie: onWindows}, zipEntry{name: "\xff", lie: saysUTF8}, zipEntry{name: "a", content: "b", mode: fs.ModeSymlink | 0o777}))
	f.Fuzz(func(t *testing.T, b []byte) {
		archive, err := openBytes(t, b)
		if err != nil {
			require.ErrorIs(t, err, ErrDecode)
			return
		}
		read := 0
		err = fs.WalkDir(archive, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			file, err := archive.Open(name)
			if err == nil {
				var n int64
				n, err = io.Copy(io.Discard, io.LimitReader(file, 1<<16))
				read += int(n)
				file.Close()
			}
			if err != nil {
				requireFault(t, err)
			}
			if read > 1<<20 {
				return fs.SkipAll
			}
			return nil
		})
		require.NoError(t, err)
		for _, entry := range archive.Refused() {
			requireFault(t, entry.Err)
		}
	})
}
