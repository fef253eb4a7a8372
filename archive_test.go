package gitlabci_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// zipped makes an archive of names and contents in turn.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	for i := 0; i < len(files); i += 2 {
		entry, err := w.Create(files[i])
		require.NoError(t, err)
		_, err = io.WriteString(entry, files[i+1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return buffer.Bytes()
}

// inTemp makes the temporary files of a test its own, and sees that none is left.
func inTemp(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() { requireFiles(t, dir) })
	return dir
}

// proof is the ETag that ranges are of no use without.
func proof(ranges bool) string {
	if ranges {
		return `"v1"`
	}
	return ""
}

func readAll(t testing.TB, fsys fs.FS, name string) []byte {
	t.Helper()
	content, err := fs.ReadFile(fsys, name)
	require.NoError(t, err)
	return content
}

func TestOpenArtifactsIsAFileSystem(t *testing.T) {
	files := []string{"empty", "", "readme.md", "read me\n", "a/b/c/deep.txt", "deep\n", "a/b/other", "other\n", "big", string(randomBytes(200_000)), "dir/", ""}
	for name, ranges := range map[string]bool{"by ranges": true, "spooled": false} {
		t.Run(name, func(t *testing.T) {
			temp := inTemp(t)
			s := &fileServer{content: zipped(t, files...), ranges: ranges, etag: proof(ranges)}
			archive, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
			require.NoError(t, err)
			require.EqualValues(t, len(s.content), archive.Size)
			require.NoError(t, fstest.TestFS(archive, "empty", "readme.md", "a/b/c/deep.txt", "a/b/other", "big", "dir"))
			require.Equal(t, files[9], string(readAll(t, archive, "big")))
			if ranges {
				requireFiles(t, temp)
			} else {
				require.Len(t, s.asked, 1)
			}
			_, err = archive.Open("missing")
			require.ErrorIs(t, err, fs.ErrNotExist)
			asked := len(s.asked)
			info, err := fs.Stat(archive, "big")
			require.NoError(t, err)
			require.EqualValues(t, 200_000, info.Size())
			require.Len(t, s.asked, asked, "nothing is transferred to describe a file")
			open, err := archive.Open("big")
			require.NoError(t, err)
			require.NoError(t, archive.Close())
			_, err = io.ReadAll(open)
			require.Error(t, err)
			_, err = fs.ReadFile(archive, "a/b/other")
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}

// A small archive comes whole with the one request that asks for the end of it.
func TestOpenArtifactsOfASmallArchive(t *testing.T) {
	for _, files := range [][]string{{}, {"a", "b"}, {"a", strings.Repeat("x", 100), "b", string(randomBytes(60_000))}} {
		s := &fileServer{content: zipped(t, files...), ranges: true, etag: `"v1"`}
		archive, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
		require.NoError(t, err)
		for i := 0; i < len(files); i += 2 {
			require.Equal(t, files[i+1], string(readAll(t, archive, files[i])))
		}
		entries, err := fs.ReadDir(archive, ".")
		require.NoError(t, err)
		require.Len(t, entries, len(files)/2)
		dir := filepath.Join(t.TempDir(), "new")
		require.NoError(t, archive.Extract(dir, nil))
		require.Len(t, s.asked, 1)
		require.Equal(t, "bytes=-65536", s.asked[0].Get("Range"))
		require.NoError(t, archive.Close())
	}
}

func TestOpenArtifactsRefuses(t *testing.T) {
	good := zipped(t, "a", "b", "c", string(randomBytes(1000)))
	lying := func(change func(end []byte)) []byte {
		b := bytes.Clone(good)
		change(b[len(b)-22:])
		return b
	}
	for name, content := range map[string][]byte{
		"nothing":                     {},
		"no zip file":                 []byte("{}"),
		"no zip file, long":           randomBytes(100_000),
		"cut":                         good[:len(good)-1],
		"cut in the middle":           good[:len(good)/2],
		"an end alone":                good[len(good)-22:],
		"a directory that is longer":  lying(func(end []byte) { binary.LittleEndian.PutUint32(end[12:], 1<<30) }),
		"more entries than there are": lying(func(end []byte) { binary.LittleEndian.PutUint16(end[10:], 60_000) }),
		"fewer":                       lying(func(end []byte) { binary.LittleEndian.PutUint16(end[10:], 1) }),
		"10^6 entries":                millionEntries(1_000_000),
		"10^6 entries, called few":    millionEntries(100),
		"10^9 entries claimed":        zip64(1_000_000_000, 0, 0),
		"10^18 bytes claimed":         zip64(1, 1<<60, 0),
		"an offset beyond all":        zip64(1, 46, 1<<63),
		"a long name":                 zipped(t, strings.Repeat("n", 5000), ""),
		"a deep name":                 zipped(t, strings.Repeat("d/", 200)+"f", ""),
		"a long directory":            longComments(t),
		"many deep names":             deepNames(t),
	} {
		for _, ranges := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", ranges: ", ranges), func(t *testing.T) {
				if !ranges && len(content) > 10<<20 {
					t.Skip("it is the same, and takes long")
				}
				inTemp(t)
				s := &fileServer{content: content, ranges: ranges, etag: proof(ranges)}
				c := newLab(t, s.ServeHTTP)
				heap := liveHeap()
				archive, err := c.Jobs.OpenArtifacts(t.Context(), app, 7, nil)
				require.Nil(t, archive)
				require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
				require.ErrorAs(t, err, new(*gitlabci.Error))
				require.ErrorIs(t, err, gitlabci.ErrDecode)
				require.ErrorContains(t, err, "gitlabci: open artifacts: cannot decode the answer: ")
				require.Less(t, liveHeap()-heap, int64(4<<20))
				if ranges {
					require.Less(t, s.sent.Load(), int64(40<<20))
				}
			})
		}
	}
}

// millionEntries is an archive of a million empty files, and what its end says of their count.
func millionEntries(count uint64) []byte {
	const length = 46 + 7
	b := make([]byte, 0, length*1_000_000+200)
	entry := append([]byte("PK\x01\x02"), make([]byte, 42)...)
	entry[28] = 7 // the length of the name
	for i := range 1_000_000 {
		b = strconv.AppendInt(append(b, entry...), int64(1_000_000+i), 10)
	}
	return append(b, endOf(count, uint64(len(b)), 0, uint64(len(b)))...)
}

// zip64 is an archive of nothing but its end, in the form for large ones.
func zip64(count, size, offset uint64) []byte { return endOf(count, size, offset, 0) }

func endOf(count, size, offset, at uint64) []byte {
	b := make([]byte, 56+20+22)
	le := binary.LittleEndian
	copy(b, "PK\x06\x06")
	le.PutUint64(b[4:], 44)
	le.PutUint64(b[24:], count)
	le.PutUint64(b[32:], count)
	le.PutUint64(b[40:], size)
	le.PutUint64(b[48:], offset)
	locator := b[56:]
	copy(locator, "PK\x06\x07")
	le.PutUint64(locator[8:], at)
	le.PutUint32(locator[16:], 1)
	end := locator[20:]
	copy(end, "PK\x05\x06")
	for i := 8; i < 20; i++ {
		end[i] = 0xff
	}
	return b
}

// deepNames has few entries and many directories.
func deepNames(t testing.TB) []byte {
	var files []string
	for i := range 1500 {
		files = append(files, fmt.Sprint(i, "/")+strings.Repeat("d/", 90)+"f", "")
	}
	return zipped(t, files...)
}

// longComments has few entries and a directory of 36 MB.
func longComments(t testing.TB) []byte {
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	for i := range 600 {
		_, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i), Comment: strings.Repeat("c", 60_000)})
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return buffer.Bytes()
}

func TestOpenArtifactsGivesUp(t *testing.T) {
	for name, test := range map[string]struct {
		fault func(n int, w http.ResponseWriter, r *http.Request) bool
		is    error
		most  int // requests
	}{
		"a page": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>")
			return true
		}, gitlabci.ErrNotGitLab, 1},
		"nothing there": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusNotFound)
			return true
		}, gitlabci.ErrNotFound, 1},
		"a part of a file of no known size": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Range", "bytes 0-9/*")
			w.WriteHeader(http.StatusPartialContent)
			return true
		}, gitlabci.ErrArtifactsGet, 2},
		"a part of nothing": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusPartialContent)
			return true
		}, gitlabci.ErrArtifactsGet, 2},
		"a part in the middle": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Range", "bytes 0-9/1000000")
			w.WriteHeader(http.StatusPartialContent)
			w.Write(make([]byte, 10))
			return true
		}, gitlabci.ErrArtifactsGet, 20},
	} {
		t.Run(name, func(t *testing.T) {
			inTemp(t)
			synctest.Test(t, func(t *testing.T) {
				s := &fileServer{fault: test.fault}
				_, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
				require.ErrorIs(t, err, test.is)
				require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
				require.ErrorAs(t, err, new(*gitlabci.Error))
				require.LessOrEqual(t, len(s.asked), test.most)
			})
		})
	}
}

// Connections that break are made anew, while spooling as while reading.
func TestOpenArtifactsThroughDroppedConnections(t *testing.T) {
	big := string(randomBytes(3_000_000))
	content := zipped(t, "a", big, "b", "small", "c", big)
	for _, ranges := range []bool{true, false} {
		t.Run(fmt.Sprint("ranges: ", ranges), func(t *testing.T) {
			inTemp(t)
			synctest.Test(t, func(t *testing.T) {
				s := &fileServer{content: content, ranges: ranges, etag: proof(ranges)}
				s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					if n < 20 && n%3 > 0 {
						s.serve(cut(w, int64(30_000*n)), r)
					}
					return false
				}
				archive, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
				require.NoError(t, err)
				require.True(t, big == string(readAll(t, archive, "c")))
				require.Equal(t, "small", string(readAll(t, archive, "b")))
				require.True(t, big == string(readAll(t, archive, "a")))
				require.NoError(t, archive.Close())
			})
		})
	}
}

func TestOpenArtifactsThatChange(t *testing.T) {
	big := string(randomBytes(500_000))
	for name, change := range map[string]func(s *fileServer){
		"another version": func(s *fileServer) { s.etag = `"v2"` },
		"another size":    func(s *fileServer) { s.etag, s.content = "", append([]byte("x"), s.content...) },
		"gone": func(s *fileServer) {
			s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(404); return true }
		},
		"no ranges any more": func(s *fileServer) {
			s.ranges, s.etag, s.content = false, "", s.content[:400_000]
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &fileServer{content: zipped(t, "a", big, "b", big), ranges: true, etag: `"v1"`}
			archive, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
			require.NoError(t, err)
			defer archive.Close()
			change(s)
			_, err = fs.ReadFile(archive, "a")
			require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
			require.ErrorAs(t, err, new(*gitlabci.Error))
			require.ErrorAs(t, err, new(*fs.PathError))
			require.Regexp(t, "changed|404", err.Error())
			require.NotErrorIs(t, err, gitlabci.ErrDecode)
			dir := t.TempDir()
			err = archive.Extract(dir, nil)
			require.ErrorContains(t, err, `gitlabci: extract artifacts: "a": `)
			require.NotErrorIs(t, err, gitlabci.ErrDecode)
			requireFiles(t, dir)
		})
	}
}

func TestOpenArtifactsOfSeveralFilesAtOnce(t *testing.T) {
	var files []string
	for i := range 8 {
		files = append(files, fmt.Sprint("file ", i), string(randomBytes(400_000+i)))
	}
	content := zipped(t, files...)
	var mu sync.Mutex
	asked := 0
	c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked++
		mu.Unlock()
		w.Header().Set("Etag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
	archive, err := c.Jobs.OpenArtifacts(t.Context(), app, 7, nil)
	require.NoError(t, err)
	defer archive.Close()
	var readers sync.WaitGroup
	for i := 0; i < len(files); i += 2 {
		readers.Go(func() {
			content, err := fs.ReadFile(archive, files[i])
			if err != nil || string(content) != files[i+1] {
				t.Errorf("%s: %d bytes, %v", files[i], len(content), err)
			}
		})
	}
	readers.Wait()
	require.LessOrEqual(t, asked, 1+8*3)

	// A reader that stands still does not hold up the others, nor Close.
	open, err := archive.Open("file 0")
	require.NoError(t, err)
	_, err = io.ReadFull(open, make([]byte, 10))
	require.NoError(t, err)
	readAll(t, archive, "file 1")
}

func TestOpenArtifactsClosesWhileReading(t *testing.T) {
	for name, end := range map[string]func(archive *gitlabci.Archive, cancel func()){
		"closed":   func(archive *gitlabci.Archive, _ func()) { archive.Close() },
		"canceled": func(_ *gitlabci.Archive, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &fileServer{content: zipped(t, "a", string(randomBytes(500_000))), ranges: true, etag: `"v1"`}
				s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					if n > 1 {
						<-r.Context().Done()
					}
					return n > 1
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				archive, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(ctx, app, 7, nil)
				require.NoError(t, err)
				defer archive.Close()
				done := make(chan error)
				go func() {
					_, err := fs.ReadFile(archive, "a")
					done <- err
				}()
				time.Sleep(time.Minute)
				end(archive, cancel)
				err = <-done
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
				_, err = fs.ReadFile(archive, "a")
				require.ErrorIs(t, err, context.Canceled)
			})
		})
	}
	t.Run("spooled", func(t *testing.T) { // the context ends the reading of a file on disk too
		inTemp(t)
		s := &fileServer{content: zipped(t, "a", string(randomBytes(500_000)))}
		ctx, cancel := context.WithCancel(t.Context())
		archive, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(ctx, app, 7, nil)
		require.NoError(t, err)
		cancel()
		_, err = fs.ReadFile(archive, "a")
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, archive.Extract(t.TempDir(), nil), context.Canceled)
		require.NoError(t, archive.Close())
	})
}

// Spooling that cannot come to its end leaves nothing.
func TestOpenArtifactsSpoolFails(t *testing.T) {
	inTemp(t)
	s := &fileServer{content: zipped(t, "a", "b"), chunked: true}
	s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
		s.serve(cut(w, 50), r)
		return true
	}
	synctest.Test(t, func(t *testing.T) {
		_, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
	})
	s.fault = nil
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	for _, proven := range []bool{true, false} { // with an answer that is of no use, and without
		s.etag = proof(proven)
		_, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
	}
	t.Setenv("TMPDIR", os.TempDir())
}

func TestOpenArtifactsThroughGitLab(t *testing.T) {
	for name, options := range map[string][]gitlabcitest.Option{
		"from GitLab":         nil,
		"from object storage": {gitlabcitest.WithObjectStorage("http://storage.test")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := gitlabcitest.New(options...)
				defer srv.Close()
				content := string(randomBytes(300_000))
				project := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Artifacts: map[string]string{"a/big": content, "b": "small"}})
				srv.Push(project, "main")
				time.Sleep(time.Hour)
				srv.ResetRequests()
				var response gitlabci.Response
				archive, err := srv.Client().Jobs.OpenArtifacts(t.Context(), project, 1, nil, gitlabci.WithResponse(&response))
				require.NoError(t, err)
				defer archive.Close()
				require.Equal(t, 206, response.StatusCode)
				require.Equal(t, "small", string(readAll(t, archive, "b")))
				require.True(t, content == string(readAll(t, archive, "a/big")))
				for _, asked := range srv.Requests() {
					if asked.Host == "storage.test" {
						require.Empty(t, asked.Header.Get("Private-Token"))
						require.NotEmpty(t, asked.Header.Get("Range"))
					}
				}
			})
		})
	}
}

// sparseFile leaves a hole where it is told that zeros come.
type sparseFile struct {
	*os.File
	zeros bool
}

func (f *sparseFile) Write(p []byte) (int, error) {
	if !f.zeros {
		return f.File.Write(p)
	}
	_, err := f.Seek(int64(len(p)), io.SeekCurrent)
	return len(p), err
}

// gigabyte is an archive of 1 GiB on disk: small files between large ones of zeros.
func gigabyte(t testing.TB, small []byte) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "gigabyte.zip"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	sparse, zeros := &sparseFile{File: file}, make([]byte, 4<<20)
	w := zip.NewWriter(sparse)
	for i, size := range []uint64{500 << 20, 100 << 20, 424 << 20} {
		h := &zip.FileHeader{Name: fmt.Sprintf("huge/%d", size>>20), CompressedSize64: size, UncompressedSize64: size}
		for range size / uint64(len(zeros)) {
			h.CRC32 = crc32.Update(h.CRC32, crc32.IEEETable, zeros)
		}
		huge, err := w.CreateRaw(h)
		require.NoError(t, err)
		require.NoError(t, w.Flush())
		sparse.zeros = true
		for range size / uint64(len(zeros)) {
			_, err = huge.Write(zeros)
			require.NoError(t, err)
		}
		require.NoError(t, w.Flush())
		sparse.zeros = false
		for j := range 500 {
			little, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("small/%d/%d", i, j), Method: zip.Store})
			require.NoError(t, err)
			_, err = little.Write(small)
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return file
}

func TestOpenArtifactsFigures(t *testing.T) {
	small := randomBytes(10_000)
	file := gigabyte(t, small)
	info, err := file.Stat()
	require.NoError(t, err)
	require.Greater(t, info.Size(), int64(1<<30))
	requests := 0
	c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", info.ModTime().Add(-time.Hour), io.NewSectionReader(file, 0, info.Size()))
	})
	t.Logf("an archive of %.3f GiB that holds 1503 files:", float64(info.Size())/(1<<30))
	t.Logf("%-34s %12s %9s %10s", "", "transferred", "requests", "live heap")
	measure := func(what string, maxSent, maxHeap int64, maxRequests int, act func()) {
		t.Helper()
		sent, heap := c.sent.Load(), liveHeap()
		requests = 0
		act()
		sent, heap = c.sent.Load()-sent, liveHeap()-heap
		t.Logf("%-34s %8.1f KiB %9d %6.2f MiB", what, float64(sent)/(1<<10), requests, float64(heap)/(1<<20))
		require.Less(t, sent, maxSent)
		require.Less(t, heap, maxHeap)
		require.LessOrEqual(t, requests, maxRequests)
	}
	var archive *gitlabci.Archive
	measure("open", 512<<10, 8<<20, 3, func() {
		archive, err = c.Jobs.OpenArtifacts(t.Context(), app, 7, nil)
		require.NoError(t, err)
	})
	defer archive.Close()
	measure("read a file of 10 kB", 512<<10, 2<<20, 1, func() {
		require.True(t, bytes.Equal(small, readAll(t, archive, "small/1/250")))
	})
	measure("read a file of 100 MiB", 101<<20, 2<<20, 8, func() {
		huge, err := archive.Open("huge/100")
		require.NoError(t, err)
		defer huge.Close()
		before := liveHeap()
		for range 10 {
			n, err := io.CopyN(io.Discard, huge, 10<<20)
			require.NoError(t, err)
			require.EqualValues(t, 10<<20, n)
			require.Less(t, liveHeap()-before, int64(1<<20))
		}
		n, err := huge.Read(make([]byte, 1))
		require.True(t, n == 0 && err == io.EOF, "with the right checksum")
	})
	measure("read 500 files of 10 kB in order", 8<<20, 2<<20, 8, func() {
		for i := range 500 {
			require.True(t, bytes.Equal(small, readAll(t, archive, fmt.Sprint("small/0/", i))))
		}
	})
	measure("read 20 files of 10 kB at random", 4<<20, 2<<20, 20, func() {
		random := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			require.True(t, bytes.Equal(small, readAll(t, archive, fmt.Sprintf("small/%d/%d", random.IntN(2), random.IntN(500)))))
		}
	})
}

func TestOpenArtifactsSpoolsWhereItIsTold(t *testing.T) {
	dir := t.TempDir()
	packed := zipped(t, "a", "content")
	c := newLab(t, func(w http.ResponseWriter, r *http.Request) { w.Write(packed) }) // which knows no ranges, and has no validator
	archive, err := c.Jobs.OpenArtifacts(t.Context(), app, 7, &gitlabci.OpenArtifactsOptions{SpoolDir: dir})
	require.NoError(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	text, err := fs.ReadFile(archive, "a")
	require.NoError(t, err)
	require.Equal(t, "content", string(text))
	require.NoError(t, archive.Close())
	entries, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)

	_, err = c.Jobs.OpenArtifacts(t.Context(), app, 7, &gitlabci.OpenArtifactsOptions{SpoolDir: filepath.Join(dir, "missing")})
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
}
