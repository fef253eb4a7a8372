package gitlabci_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// fileServer serves the artifacts of job 7.
type fileServer struct {
	content  []byte
	etag     string
	modified time.Time
	ranges   bool // it knows them
	chunked  bool // it does not tell the size of a whole file
	noRanges bool // it says that it knows none

	// fault may answer the nth request, counted from 1: then it says so. The writer counts.
	fault func(n int, w http.ResponseWriter, r *http.Request) bool

	asked []http.Header
	sent  atomic.Int64 // bytes of bodies
}

func (s *fileServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.Header.Clone()) // a fault may change what was asked for
	w = &countedWriter{w, &s.sent}
	w.Header().Set("Content-Type", "application/octet-stream")
	if s.etag != "" {
		w.Header().Set("Etag", s.etag)
	}
	if s.noRanges {
		w.Header().Set("Accept-Ranges", "none")
	}
	if s.fault == nil || !s.fault(len(s.asked), w, r) {
		s.serve(w, r)
	}
}

func (s *fileServer) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.ranges:
		http.ServeContent(w, r, "", s.modified, bytes.NewReader(s.content))
	case s.chunked:
		http.NewResponseController(w).Flush()
		w.Write(s.content)
	default:
		w.Header().Set("Content-Length", strconv.Itoa(len(s.content)))
		w.Write(s.content)
	}
}

type countedWriter struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (c *countedWriter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

func (c *countedWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// random returns bytes that do not repeat themselves.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	random := rand.NewChaCha8([32]byte{byte(n)})
	random.Read(b)
	return b
}

// save downloads into a new directory, where the file is, or nothing.
func (s *fileServer) save(t *testing.T, o *gitlabci.SaveOptions) (content []byte, err error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "artifacts.zip")
	err = newLab(t, s.ServeHTTP).Jobs.SaveArtifacts(t.Context(), app, 7, path, o)
	if err != nil {
		requireFiles(t, dir)
		require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
		require.ErrorAs(t, err, new(*gitlabci.Error))
		return nil, err
	}
	requireFiles(t, dir, "artifacts.zip")
	content, err = os.ReadFile(path)
	require.NoError(t, err)
	return content, nil
}

// requireFiles says what a directory holds, and nothing else.
func requireFiles(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	found := []string{}
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	require.ElementsMatch(t, names, found)
}

func TestSaveArtifactsThroughTenDroppedConnections(t *testing.T) {
	const size = 20_000_000
	content := randomBytes(size)
	for name, test := range map[string]struct {
		*fileServer
		resumes bool
	}{
		"ETag":        {&fileServer{ranges: true, etag: `"v1"`}, true},
		"time":        {&fileServer{ranges: true, modified: serverEpoch.Add(-time.Hour)}, true},
		"length":      {&fileServer{ranges: true}, false},
		"fresh time":  {&fileServer{ranges: true, modified: serverEpoch.Add(time.Hour)}, false},
		"weak ETag":   {&fileServer{ranges: true, etag: `W/"v1"`}, false},
		"no ranges":   {&fileServer{}, false},
		"no length":   {&fileServer{chunked: true}, false},
		"ETag, whole": {&fileServer{etag: `"v1"`, chunked: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := test.fileServer
				s.content = content
				s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					if n <= 10 {
						most := int64(size / 11)
						if !test.resumes {
							most *= int64(n)
						}
						s.serve(cut(w, most), r)
					}
					return false
				}
				var last, total int64
				anew := 0
				got, err := s.save(t, &gitlabci.SaveOptions{Progress: func(written, of int64) {
					if written <= last {
						anew++
						require.Less(t, written, int64(size/11))
					}
					last, total = written, of
				}})
				require.NoError(t, err)
				require.Equal(t, sha256.Sum256(content), sha256.Sum256(got))
				require.Len(t, s.asked, 11)
				require.EqualValues(t, size, last)
				if !s.chunked {
					require.EqualValues(t, size, total)
				}
				if test.resumes {
					require.Zero(t, anew)
					require.LessOrEqual(t, s.sent.Load(), int64(size+10*32<<10), "nothing comes twice")
					t.Logf("%d bytes, of which the server sent %d", size, s.sent.Load())
				} else {
					require.Equal(t, 10, anew)
				}
				proven := strings.HasPrefix(s.etag, `"`) || test.resumes
				for i, header := range s.asked {
					require.Equal(t, i > 0 && proven, header.Get("Range") != "")
					require.Equal(t, i > 0 && proven, header.Get("If-Range") != "")
				}
			})
		})
	}
}

// Whatever breaks the connection wherever, the file is the one that the server has.
func TestSaveArtifactsProperty(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 6))
		synctest.Test(t, func(t *testing.T) {
			s := &fileServer{content: randomBytes(random.IntN(300_000)), ranges: random.IntN(3) > 0, chunked: random.IntN(3) == 0}
			if random.IntN(2) == 0 || s.chunked {
				s.etag = `"v1"`
			}
			s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
				switch random.IntN(5) {
				case 0:
					w.Header().Del("Etag")
					w.WriteHeader([]int{500, 502, 503, 504, 429}[random.IntN(5)])
				case 1:
					panic(http.ErrAbortHandler)
				case 2, 3:
					if len(s.content) > 0 {
						s.serve(cut(w, random.Int64N(int64(len(s.content)))), r)
					}
					return false
				default:
					return false
				}
				return true
			}
			got, err := s.save(t, nil)
			if err == nil {
				require.True(t, bytes.Equal(s.content, got), "seed %d", seed)
			} else {
				// What always begins anew need not come to its end, and what never began is not more patient than any call.
				require.True(t, !s.ranges || s.etag == "" || len(s.asked) == 5, "seed %d: %v", seed, err)
			}
		})
	}
}

func TestSaveArtifactsNeverMixesTwoFiles(t *testing.T) {
	old, other := randomBytes(100_000), bytes.Repeat([]byte("other"), 20_000)
	type answers = func(s *fileServer, n int, w http.ResponseWriter, r *http.Request)
	partial := func(w http.ResponseWriter, contentRange string, body []byte) {
		w.Header().Set("Content-Range", contentRange)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(body)
	}
	// secondly returns one answer after the one that broke, and then those that are right.
	secondly := func(answer func(w http.ResponseWriter)) answers {
		return func(s *fileServer, n int, w http.ResponseWriter, r *http.Request) {
			if n > 2 {
				s.serve(w, r)
				return
			}
			answer(w)
		}
	}
	becomes := func(content []byte, etag string) answers {
		return func(s *fileServer, n int, w http.ResponseWriter, r *http.Request) {
			if w.Header().Del("Etag"); etag != "" {
				w.Header().Set("Etag", etag)
			}
			s.content = content
			s.serve(w, r)
		}
	}
	refuses := func(answer func(w http.ResponseWriter)) answers {
		return func(s *fileServer, n int, w http.ResponseWriter, r *http.Request) { answer(w) }
	}
	for name, test := range map[string]struct {
		server *fileServer
		then   answers
		gets   []byte
		says   string // where it gets nothing
		asked  int
	}{
		"another ETag":                          {&fileServer{ranges: true, etag: `"v1"`}, becomes(other, `"v2"`), other, "", 2},
		"another size":                          {&fileServer{ranges: true}, becomes(other[:80_000], ""), other[:80_000], "", 2},
		"shorter than what was read":            {&fileServer{ranges: true, etag: `"v1"`}, becomes(other[:10_000], `"v1"`), other[:10_000], "", 3},
		"longer, called the same":               {&fileServer{ranges: true, etag: `"v1"`}, becomes(append([]byte("x"), other...), `"v1"`), append([]byte("x"), other...), "", 3},
		"another size, whole":                   {&fileServer{}, becomes(other[:10_000], ""), other[:10_000], "", 2},
		"nothing to tell by":                    {&fileServer{chunked: true}, becomes(other, ""), other, "", 2},
		"nothing to tell by any more":           {&fileServer{etag: `"v1"`, chunked: true}, becomes(other, ""), other, "", 2},
		"shorter, of a length that nobody knew": {&fileServer{etag: `"v1"`, chunked: true}, becomes(other[:10_000], ""), other[:10_000], "", 2},
		"empty":                                 {&fileServer{etag: `"v1"`, ranges: true}, becomes([]byte{}, `"v2"`), []byte{}, "", 2},
		"another ETag of a part": {&fileServer{ranges: true, etag: `"v1"`}, secondly(func(w http.ResponseWriter) {
			w.Header().Set("Etag", `"v2"`)
			partial(w, "bytes 50000-99999/100000", other[50_000:])
		}), old, "", 3},
		"a part that begins later": {&fileServer{ranges: true, etag: `"v1"`}, secondly(func(w http.ResponseWriter) {
			partial(w, "bytes 60000-99999/100000", old[60_000:])
		}), old, "", 3},
		"a part that ends before": {&fileServer{ranges: true, etag: `"v1"`}, secondly(func(w http.ResponseWriter) {
			partial(w, "bytes 0-49999/100000", old[:50_000])
		}), old, "", 3},
		"a part that is shorter than it says": {&fileServer{ranges: true, etag: `"v1"`}, secondly(func(w http.ResponseWriter) {
			partial(w, "bytes 50000-99999/100000", old[50_000:60_000])
		}), old, "", 3},
		"a part of nothing": {&fileServer{ranges: true, etag: `"v1"`}, secondly(func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusPartialContent)
			w.Write(old[50_000:])
		}), old, "", 3},
		"several parts": {&fileServer{ranges: true, etag: `"v1"`}, secondly(func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "multipart/byteranges; boundary=x")
			w.WriteHeader(http.StatusPartialContent)
		}), old, "", 3},
		"a range that is refused": {&fileServer{ranges: true, etag: `"v1"`}, secondly(func(w http.ResponseWriter) {
			http.Error(w, "", http.StatusBadRequest)
		}), old, "", 3},
		"a part that nobody asked for": {&fileServer{}, refuses(func(w http.ResponseWriter) {
			partial(w, "bytes 50000-99999/100000", old[50_000:])
		}), nil, "nothing proves that it is still the same file", 2},
		"a later part that nobody asked for": {&fileServer{}, refuses(func(w http.ResponseWriter) {
			partial(w, "bytes 60000-99999/100000", old[60_000:])
		}), nil, "the bytes 60000 to 99999 came, asked for were those from", 2},
		"a page": {&fileServer{ranges: true}, refuses(func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>sign in</html>")
		}), nil, "the answer is not GitLab's", 2},
		"gone": {&fileServer{ranges: true}, refuses(func(w http.ResponseWriter) {
			http.Error(w, `{"message":"404 Not Found"}`, http.StatusNotFound)
		}), nil, "404 Not Found", 2},
		"refused, with a range and without": {&fileServer{ranges: true, etag: `"v1"`}, refuses(func(w http.ResponseWriter) {
			http.Error(w, `{"message":"400 Bad Request"}`, http.StatusBadRequest)
		}), nil, "400 Bad Request", 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := test.server
				s.content = old
				s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					if n == 1 {
						s.serve(cut(w, 50_000), r)
					}
					test.then(s, n, w, r)
					return true
				}
				got, err := s.save(t, nil)
				require.Len(t, s.asked, test.asked)
				if test.says != "" {
					require.ErrorContains(t, err, test.says)
					require.ErrorContains(t, err, "gitlabci: save artifacts: after 50000 bytes: ")
					return
				}
				require.NoError(t, err)
				require.True(t, bytes.Equal(test.gets, got))
			})
		})
	}
}

func TestSaveArtifactsTakesWhatIsRight(t *testing.T) {
	content := randomBytes(100_000)
	for name, s := range map[string]*fileServer{
		"empty":            {content: []byte{}},
		"empty, no length": {content: []byte{}, chunked: true},
		"no length":        {content: content, chunked: true},
		"a length":         {content: content},
		"a part of all of it": {content: content, fault: func(n int, w http.ResponseWriter, r *http.Request) bool {
			r.Header.Set("Range", "bytes=0-")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
			return true
		}},
		"less than was asked for, again and again": {content: content, ranges: true, etag: `"v1"`, fault: func(n int, w http.ResponseWriter, r *http.Request) bool {
			if asked := r.Header.Get("Range"); asked != "" {
				first, _, _ := strings.Cut(strings.TrimPrefix(asked, "bytes="), "-")
				at, _ := strconv.Atoi(first)
				r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, at+9_999))
			}
			if n == 1 {
				w = cut(w, 50_000)
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
			return true
		}},
		"a part that begins before": {content: content, ranges: true, etag: `"v1"`, fault: func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				w = cut(w, 50_000)
			} else {
				r.Header.Set("Range", "bytes=32768-")
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
			return true
		}},
		"trouble on the way back": {content: content, ranges: true, fault: func(n int, w http.ResponseWriter, r *http.Request) bool {
			switch {
			case n == 1:
				http.ServeContent(cut(w, 50_000), r, "", time.Time{}, bytes.NewReader(content))
			case n < 9:
				w.Header().Set("Retry-After", "5")
				w.WriteHeader([]int{503, 429, 502}[n%3])
				return true
			}
			return false
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				last, total := int64(0), int64(0)
				got, err := s.save(t, &gitlabci.SaveOptions{Progress: func(written, of int64) { last, total = written, of }})
				require.NoError(t, err)
				require.True(t, bytes.Equal(s.content, got))
				require.EqualValues(t, len(s.content), last)
				if s.chunked {
					require.LessOrEqual(t, total, int64(0))
				} else {
					require.EqualValues(t, len(s.content), total)
				}
			})
		})
	}
}

func TestSaveArtifactsGivesUp(t *testing.T) {
	for name, test := range map[string]struct {
		fault func(n int, w http.ResponseWriter, r *http.Request) bool
		is    error
		asked int
	}{
		"a page": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, "<html>sign in</html>")
			return true
		}, gitlabci.ErrNotGitLab, 1},
		"nothing there": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			http.Error(w, `{"message":"404 Not Found"}`, http.StatusNotFound)
			return true
		}, gitlabci.ErrNotFound, 1},
		"not allowed": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			http.Error(w, `{"message":"403 Forbidden"}`, http.StatusForbidden)
			return true
		}, gitlabci.ErrForbidden, 1},
		"out of order": {func(n int, w http.ResponseWriter, r *http.Request) bool { // as often as every other call
			w.WriteHeader(http.StatusBadGateway)
			return true
		}, gitlabci.ErrServer, 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &fileServer{fault: test.fault}
				_, err := s.save(t, nil)
				require.ErrorIs(t, err, test.is)
				require.Len(t, s.asked, test.asked)
			})
		})
	}
	t.Run("to come back in an hour", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &fileServer{content: randomBytes(100_000), ranges: true}
			s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
				if n == 1 {
					s.serve(cut(w, 50_000), r)
				}
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			}
			began := time.Now()
			_, err := s.save(t, nil)
			require.ErrorIs(t, err, gitlabci.ErrRateLimited)
			require.Less(t, time.Since(began), time.Minute)
		})
	})
	t.Run("no progress for a minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for _, chunked := range []bool{false, true} {
				s := &fileServer{content: randomBytes(100_000), chunked: chunked}
				s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					s.serve(cut(w, 50_000), r)
					return true
				}
				began := time.Now()
				_, err := s.save(t, nil)
				require.ErrorContains(t, err, "after 50000 bytes")
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				require.Less(t, time.Since(began), 2*time.Minute)
				require.Less(t, len(s.asked), 20)
			}
		})
	})
}

func TestSaveArtifactsEndsWithItsContext(t *testing.T) {
	for name, stall := range map[string]func(s *fileServer, n int, w http.ResponseWriter, r *http.Request){
		"before the answer": func(s *fileServer, n int, w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"in the answer": func(s *fileServer, n int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			w.Write(s.content[:40_000])
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"pausing": func(s *fileServer, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.serve(cut(w, 40_000), r)
			}
			w.Header().Set("Retry-After", "50")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &fileServer{content: randomBytes(100_000)}
				s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					stall(s, n, w, r)
					return true
				}
				c := newLab(t, s.ServeHTTP)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				dir := t.TempDir()
				began := time.Now()
				err := c.Jobs.SaveArtifacts(ctx, app, 7, filepath.Join(dir, "x"), nil)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
				require.Equal(t, 10*time.Second, time.Since(began))
				requireFiles(t, dir)
			})
		})
	}
}

func TestSaveArtifactsAndTheDisk(t *testing.T) {
	s := &fileServer{content: []byte("new")}
	c := newLab(t, s.ServeHTTP)
	save := func(path string) error { return c.Jobs.SaveArtifacts(t.Context(), app, 7, path, nil) }
	failed := func(path string) error {
		err := save(path)
		require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
		require.ErrorAs(t, err, new(*gitlabci.Error))
		return err
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "artifacts.zip")
	write := func(path, text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	read := func(path string) string {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(b)
	}

	require.ErrorIs(t, failed(""), gitlabci.ErrInvalidArgument)
	require.ErrorIs(t, failed(filepath.Join(dir, "missing", "artifacts.zip")), fs.ErrNotExist)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "directory"), 0o777))
	require.ErrorContains(t, failed(filepath.Join(dir, "directory")), "it is there and is no file")
	require.ErrorContains(t, failed(os.DevNull), "it is there and is no file")
	require.ErrorIs(t, failed(filepath.Join(dir, strings.Repeat("n", 300))), syscall.ENAMETOOLONG)
	require.ErrorIs(t, failed(filepath.Join(dir, "n\x00")), syscall.EINVAL)
	require.ErrorIs(t, failed(filepath.Join(dir, "missing")+"/"), fs.ErrNotExist)
	if os.Getuid() != 0 {
		require.NoError(t, os.Chmod(dir, 0o555))
		require.ErrorIs(t, failed(path), fs.ErrPermission)
		require.NoError(t, os.Chmod(dir, 0o777))
	}
	require.Empty(t, s.asked, "nothing is asked for that cannot be written")
	requireFiles(t, dir, "directory")

	write(path, "old")
	before, err := os.Open(path)
	require.NoError(t, err)
	defer before.Close()
	require.NoError(t, save(path))
	require.Equal(t, "new", read(path))
	kept, err := io.ReadAll(before)
	require.NoError(t, err)
	require.Equal(t, "old", string(kept), "the old file was not written over")

	mode := func(path string) fs.FileMode {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.Mode()
	}
	require.Equal(t, fs.FileMode(0o600), mode(path), "the mode of the file that is replaced")
	for _, perm := range []fs.FileMode{0o644, 0o777, 0o400, 0o000, 0o666} {
		require.NoError(t, os.Chmod(path, perm))
		require.NoError(t, save(path))
		require.Equal(t, perm, mode(path))
	}
	require.NoError(t, os.Chmod(path, 0o600))
	plain := filepath.Join(dir, "plain") // of a mode that any new file gets
	file, err := os.Create(plain)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.NoError(t, save(filepath.Join(dir, "another")))
	require.Equal(t, mode(plain), mode(filepath.Join(dir, "another")))
	require.NoError(t, os.Remove(filepath.Join(dir, "another")))

	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(plain, link))
	require.NoError(t, save(link))
	require.Equal(t, "new", read(link))
	require.Empty(t, read(plain), "the link is replaced, not what it leads to")

	long := filepath.Join(dir, strings.Repeat("n", 255))
	require.NoError(t, save(long))

	t.Chdir(dir)
	require.NoError(t, save("here"))
	require.Equal(t, "new", read("here"))

	write(path, "old")
	s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusNotFound)
		return true
	}
	failed(path)
	require.Equal(t, "old", read(path))

	s.fault = nil
	require.Panics(t, func() {
		c.Jobs.SaveArtifacts(t.Context(), app, 7, path, &gitlabci.SaveOptions{Progress: func(_, _ int64) { panic("no") }})
	})
	require.Equal(t, "old", read(path))
	requireFiles(t, dir, "directory", "artifacts.zip", "plain", "link", "here", filepath.Base(long))
}

// What cannot be put in its place is taken away.
func TestSaveArtifactsOverADirectoryThatCameMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "artifacts.zip")
	c := newLab(t, (&fileServer{content: []byte("new")}).ServeHTTP)
	err := c.Jobs.SaveArtifacts(t.Context(), app, 7, path, &gitlabci.SaveOptions{Progress: func(_, _ int64) {
		require.NoError(t, os.Mkdir(path, 0o777))
	}})
	require.ErrorAs(t, err, new(*os.LinkError))
	require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
	requireFiles(t, dir, "artifacts.zip")
}

func TestSaveArtifactsOptions(t *testing.T) {
	srv := gitlabcitest.New()
	defer srv.Close()
	project := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Duration: time.Nanosecond, Queue: time.Nanosecond,
		Reports: map[string]string{"codequality": "[]"}})
	srv.Push(project, "main")
	path := filepath.Join(t.TempDir(), "report")
	var response gitlabci.Response
	err := srv.Client().Jobs.SaveArtifacts(t.Context(), project, 1, path, &gitlabci.SaveOptions{FileType: gitlabci.ArtifactCodeQuality},
		gitlabci.WithHeader("X-Own", "1"), gitlabci.WithResponse(&response))
	require.NoError(t, err)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "[]", string(got))
	require.Equal(t, 200, response.StatusCode)
	asked := srv.Requests()[0]
	require.Equal(t, "codequality", asked.Query.Get("file_type"))
	require.Equal(t, "1", asked.Header.Get("X-Own"))

	err = srv.Client().Jobs.SaveArtifacts(t.Context(), project, 1, path, nil, gitlabci.WithResponse(&response))
	require.ErrorIs(t, err, gitlabci.ErrNotFound, "there is no archive")
	require.Equal(t, 404, response.StatusCode)
}

// An object storage is another host: what goes on with a download goes there with a range, and without credentials.
func TestSaveArtifactsFromAnObjectStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := gitlabcitest.New(gitlabcitest.WithObjectStorage("http://storage.test"))
		defer srv.Close()
		content := string(randomBytes(200_000))
		project := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Artifacts: map[string]string{"a": content}})
		srv.Push(project, "main")
		time.Sleep(time.Hour)
		// The first answer of the storage breaks, and the one that goes on with it.
		breaks := map[int]int64{1: 100_000, 2: 50_000}
		storage := 0
		c := srv.Client(gitlabci.WithTransport(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(r)
				if err == nil && r.URL.Host == "storage.test" {
					storage++
					if most, ok := breaks[storage]; ok {
						resp.Body = &brokenBody{resp.Body, most}
					}
				}
				return resp, err
			})
		}))
		path := filepath.Join(t.TempDir(), "artifacts.zip")
		require.NoError(t, c.Jobs.SaveArtifacts(t.Context(), project, 1, path, nil))
		got, err := os.ReadFile(path)
		require.NoError(t, err)

		whole, err := c.Jobs.Artifacts(t.Context(), project, 1, &gitlabci.ArtifactsOptions{DownloadMode: gitlabci.DownloadModeProxy})
		require.NoError(t, err)
		defer whole.Close()
		expected, err := io.ReadAll(whole)
		require.NoError(t, err)
		require.True(t, bytes.Equal(expected, got))

		var ranges []string
		for _, asked := range srv.Requests() {
			if asked.Host == "storage.test" {
				ranges = append(ranges, asked.Header.Get("Range"))
				for name := range asked.Header {
					require.Contains(t, []string{"Accept-Encoding", "Connection", "User-Agent", "Range", "If-Range"}, name)
				}
			}
		}
		require.Equal(t, []string{"", fmt.Sprintf("bytes=100000-%d", len(got)-1), fmt.Sprintf("bytes=150000-%d", len(got)-1)}, ranges)
	})
}

// brokenBody breaks after so many bytes.
type brokenBody struct {
	io.ReadCloser
	left int64
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errors.New("connection reset")
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
