package gitlabci_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/testnet"
)

// newLabOver is a lab whose connections speak HTTP/1.1, or HTTP/2 without TLS.
func newLabOver(t testing.TB, http2 bool, handler http.HandlerFunc) *gitlabci.Client {
	t.Helper()
	if !http2 {
		return newLab(t, handler).Client
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	listener := testnet.NewPipeListener()
	server := &http.Server{Handler: handler, Protocols: protocols}
	go server.Serve(listener)
	transport := &http.Transport{Protocols: protocols, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return listener.Dial(ctx)
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	client, err := gitlabci.NewClient("http://gitlab.test", gitlabci.PrivateToken("glpat-lab"), gitlabci.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	return client
}

// validators are the headers by which a server tells one version of a file from another.
type validators struct {
	etag     string
	modified time.Duration // ago; 0 is none
}

const fresh = time.Nanosecond // within the second in which the answer is made

func (v validators) set(h http.Header) {
	if v.etag != "" {
		h.Set("Etag", v.etag)
	}
	if v.modified > 0 {
		h.Set("Last-Modified", serverEpoch.Add(-v.modified).UTC().Format(http.TimeFormat))
	}
}

// serverEpoch is when the bubbles of synctest begin.
var serverEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// proves reports whether answers with the one and with the other are of the same file, if the server is to be believed.
func (v validators) proves(other validators) bool {
	return v == other && (strings.HasPrefix(v.etag, `"`) || v.etag == "" && v.modified > time.Second)
}

var before = map[string]validators{
	"none":                        {},
	"weak ETag":                   {etag: `W/"v1"`},
	"strong ETag":                 {etag: `"v1"`},
	"old time":                    {modified: time.Hour},
	"fresh time":                  {modified: fresh},
	"strong ETag and old time":    {`"v1"`, time.Hour},
	"weak ETag and old time":      {`W/"v1"`, time.Hour},
	"malformed ETag and old time": {`v1`, time.Hour},
}

var after = map[string]func(validators) validators{
	"same": func(v validators) validators { return v },
	"differing": func(v validators) validators {
		other := validators{etag: strings.Replace(v.etag, "v1", "v2", 1)}
		if v.modified > 0 {
			other.modified = v.modified + 10*time.Minute
		}
		if v == (validators{}) {
			other.etag = `"v2"`
		}
		return other
	},
	"none": func(validators) validators { return validators{} },
	"weak": func(v validators) validators { return validators{`W/"v1"`, v.modified} },
}

// changing serves one file to the first questions, and after that another one, with a first answer of its own kind.
type changing struct {
	old, new       []byte
	before, after  validators
	changesAt      int    // the number of the first question that is answered of the new one, counted from 1
	then           string // how
	cut            int64  // bytes of the first answer; 0 is all of them
	ignoresIfRange bool

	mu    sync.Mutex
	asked []http.Header
}

func (s *changing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Header.Clone())
	n := len(s.asked)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/octet-stream")
	switch {
	case n < s.changesAt:
		s.before.set(w.Header())
		if n == 1 && s.cut > 0 {
			w = cut(w, s.cut)
		}
		sendRange(w, r, s.old, s.before, s.ignoresIfRange)
		return
	case n == s.changesAt && s.then != "":
		s.after.set(w.Header())
		start, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Range"), "bytes="), "-")
		at, _ := strconv.Atoi(start)
		switch s.then {
		case "200":
			r.Header.Del("Range")
		case "206":
			r.Header.Del("If-Range")
		case "206 of an earlier range":
			r.Header.Set("Range", fmt.Sprintf("bytes=%d-", at/2))
			r.Header.Del("If-Range")
		case "206 of a later range":
			r.Header.Set("Range", fmt.Sprintf("bytes=%d-", at+100))
			r.Header.Del("If-Range")
		case "416":
			w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(s.new)))
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
	default:
		s.after.set(w.Header())
	}
	sendRange(w, r, s.new, s.after, s.ignoresIfRange)
}

// sendRange sends what is asked for of a file. Unlike [http.ServeContent] it can be made to ignore If-Range, the worst that a server does.
func sendRange(w http.ResponseWriter, r *http.Request, content []byte, v validators, ignoresIfRange bool) {
	start, end := 0, len(content)
	asked, ranged := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if condition := r.Header.Get("If-Range"); condition != "" && !ignoresIfRange {
		h := http.Header{}
		v.set(h)
		ranged = ranged && (condition == h.Get("Etag") || condition == h.Get("Last-Modified"))
	}
	if ranged {
		first, last, _ := strings.Cut(asked, "-")
		switch {
		case first == "":
			n, _ := strconv.Atoi(last)
			start = max(0, end-n)
		default:
			start, _ = strconv.Atoi(first)
			if n, err := strconv.Atoi(last); err == nil {
				end = min(end, n+1)
			}
		}
		if start >= end {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, len(content)))
	}
	w.Header().Set("Content-Length", strconv.Itoa(end-start))
	if ranged {
		w.WriteHeader(http.StatusPartialContent)
	}
	w.Write(content[start:end])
}

// versions says for each version of HTTP whether it is the second.
func versions() []bool {
	if testing.Short() {
		return []bool{false}
	}
	return []bool{false, true}
}

// Whatever comes after a connection is lost, what is saved is one file or the other, and never a part of each.
func TestSaveArtifactsOverAllValidators(t *testing.T) {
	t.Parallel()
	type kind struct{ same, other, larger []byte }
	kinds := map[string]kind{
		"an archive": {
			zipped(t, "a", string(randomBytes(3000)), "b", string(randomBytes(4000))),
			zipped(t, "a", string(randomBytes(6000)[3000:]), "b", string(randomBytes(8000)[4000:])),
			zipped(t, "a", string(randomBytes(3500)), "b", string(randomBytes(5000))),
		},
		"no archive": {randomBytes(7000), randomBytes(14_000)[7000:], randomBytes(9000)},
	}
	require.Len(t, kinds["an archive"].other, len(kinds["an archive"].same))
	combinations, results, believed := 0, map[string]int{}, 0
	var spliced, needless []string
	for _, http2 := range versions() {
		for kindName, files := range kinds {
			for beforeName, had := range before {
				for afterName, change := range after {
					for _, then := range []string{"206", "200", "206 of an earlier range", "206 of a later range", "416"} {
						for fileName, file := range map[string][]byte{"same": files.same, "other": files.other, "larger": files.larger} {
							combinations++
							has := change(had)
							name := fmt.Sprintf("HTTP/2: %v, %s, %s then %s, %s, %s file", http2, kindName, beforeName, afterName, then, fileName)
							s := &changing{old: files.same, new: file, before: had, after: has, changesAt: 2, then: then, ignoresIfRange: true,
								cut: int64(len(files.same) / 3)}
							synctest.Test(t, func(t *testing.T) {
								c := newLabOver(t, http2, s.ServeHTTP)
								dir := t.TempDir()
								path := filepath.Join(dir, "saved")
								err := c.Jobs.SaveArtifacts(t.Context(), app, 7, path, nil)
								if err != nil {
									require.ErrorIs(t, err, gitlabci.ErrArtifactsGet, name)
									requireFiles(t, dir)
									unasked := s.asked[1].Get("Range") == "" && (then == "206 of a later range" || then == "416")
									if results["error"]++; !unasked {
										needless = append(needless, name)
									}
									return
								}
								requireFiles(t, dir, "saved")
								got, err := os.ReadFile(path)
								require.NoError(t, err)
								switch {
								case bytes.Equal(got, file):
									results["what is there"]++
								case bytes.Equal(got, files.same):
									results["what was there"]++
								case kindName == "no archive" && had.proves(has):
									believed++ // a server that calls two files the same by a strong validator, of bytes that have no checksum
								default:
									spliced = append(spliced, name)
								}
								for _, header := range s.asked {
									if header.Get("Range") != "" && header.Get("If-Range") == "" {
										results["a range without a condition"]++
									}
								}
							})
						}
					}
				}
			}
		}
	}
	t.Logf("%d combinations: %d splices, %v; %d times a strong validator was the same for different bytes that nothing else tells apart", combinations, len(spliced), results, believed)
	require.Empty(t, spliced)
	require.Empty(t, needless, "one whole file can be had of all servers but those that answer with a range that was not asked for")
	require.Zero(t, results["a range without a condition"])
}

// readFile returns also what is read before an error.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// What is read of an archive is all of one archive, whatever is there when its ranges are asked for.
func TestOpenArtifactsOverAllValidators(t *testing.T) {
	files := []string{"a", "b", "c"}
	archive := func(seed int) (map[string]string, []byte) {
		contents, list := map[string]string{}, []string{}
		for i, name := range files {
			contents[name] = string(randomBytes(100_000 + i + seed)[seed:])
			list = append(list, name, contents[name])
		}
		return contents, zipped(t, list...)
	}
	oldFiles, oldBytes := archive(0)
	newFiles, newBytes := archive(10)
	largerFiles, _ := archive(20)
	largerFiles["a"] += "more"
	largerBytes := zipped(t, "a", largerFiles["a"], "b", largerFiles["b"], "c", largerFiles["c"])
	require.Len(t, newBytes, len(oldBytes))
	type version struct {
		files map[string]string
		bytes []byte
	}
	combinations, results := 0, map[string]int{}
	var spliced []string
	for _, http2 := range versions() {
		for beforeName, had := range before {
			for afterName, change := range after {
				for _, then := range []string{"206", "200", "206 of an earlier range", "416"} {
					for _, changesAt := range []int{2, 3, 4} {
						for versionName, v := range map[string]version{"same": {oldFiles, oldBytes}, "other": {newFiles, newBytes}, "larger": {largerFiles, largerBytes}} {
							combinations++
							name := fmt.Sprintf("HTTP/2: %v, %s then %s from request %d, %s, %s file", http2, beforeName, afterName, changesAt, then, versionName)
							s := &changing{old: oldBytes, new: v.bytes, before: had, after: change(had), changesAt: changesAt, then: then, ignoresIfRange: true}
							inTemp(t)
							synctest.Test(t, func(t *testing.T) {
								archive, err := newLabOver(t, http2, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
								if err != nil {
									require.ErrorIs(t, err, gitlabci.ErrArtifactsGet, name)
									results["not opened"]++
									return
								}
								defer archive.Close()
								of := map[string]int{}
								for _, file := range files {
									got, err := readFile(archive, file)
									switch {
									case err != nil:
										of["error"]++
									case string(got) == oldFiles[file]:
										of["old"]++
									case string(got) == v.files[file]:
										of["new"]++
									}
									if !strings.HasPrefix(oldFiles[file], string(got)) && !strings.HasPrefix(v.files[file], string(got)) {
										if s.before.proves(s.after) && err != nil { // the server lies, and the checksum tells, at the end of a file
											of["a splice that its checksum gives away"]++
										} else {
											of["a splice"]++
										}
									}
								}
								if of["old"] > 0 && of["new"] > 0 || of["a splice"] > 0 {
									spliced = append(spliced, name)
								}
								for kind, n := range of {
									results[kind] += n
								}
							})
						}
					}
				}
			}
		}
	}
	t.Logf("%d combinations, of 3 files each: %d splices, %v", combinations, len(spliced), results)
	require.Empty(t, spliced)
}

// A download goes on for as long as it makes progress, however often the connection is lost and however long it takes.
func TestSaveArtifactsForHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, step = 4 << 20, 4 << 10
		s := &fileServer{content: randomBytes(size), ranges: true, etag: `"v1"`}
		s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
			time.Sleep(20 * time.Second)
			s.serve(cut(w, step), r)
			return false
		}
		began := time.Now()
		got, err := s.save(t, nil)
		require.NoError(t, err)
		require.True(t, bytes.Equal(s.content, got))
		require.Len(t, s.asked, size/step)
		require.Greater(t, time.Since(began), 5*time.Hour)
		t.Logf("%d connections were lost in %v", size/step-1, time.Since(began).Round(time.Minute))
	})
}

// Bytes that come once more cost no patience: a slow download that must begin anew comes to its end.
func TestSaveArtifactsBeginsAnewSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := randomBytes(1_000_000)
		cuts := []int{800_000, 700_000, 750_000, 500_000, 100_000}
		asked := 0
		c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			end := len(content)
			if asked < len(cuts) {
				w = cut(w, int64(cuts[asked]))
			}
			asked++
			for at := 0; at < end; at += 10_000 {
				time.Sleep(5 * time.Second)
				w.Write(content[at : at+10_000])
				http.NewResponseController(w).Flush()
			}
		})
		path := filepath.Join(t.TempDir(), "saved")
		began := time.Now()
		require.NoError(t, c.Jobs.SaveArtifacts(t.Context(), app, 7, path, nil))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, got))
		require.Equal(t, len(cuts)+1, asked)
		require.Greater(t, time.Since(began), 30*time.Minute)
	})
}

// What comes of another file is progress, though as many bytes of the first one came before.
func TestSaveArtifactsOfAnotherFileInManyPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fileServer{content: randomBytes(1_000_000), ranges: true, etag: `"v1"`}
		other := randomBytes(1_000_001)
		s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				s.serve(cut(w, 900_000), r)
			}
			w.Header().Set("Etag", `"v2"`)
			s.content = other
			if n < 40 {
				s.serve(cut(w, 20_000), r)
			}
			return false
		}
		got, err := s.save(t, nil)
		require.NoError(t, err)
		require.True(t, bytes.Equal(other, got))
		require.Len(t, s.asked, 40)
	})
}

// A server whose file is another one each time comes to an end as well.
func TestSaveArtifactsOfAFileThatNeverStays(t *testing.T) {
	for name, cuts := range map[string]func(n int) int64{
		"broken at once":     func(int) int64 { return 10_000 },
		"broken ever sooner": func(n int) int64 { return max(1000, int64(90_000-1000*n)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &fileServer{ranges: true}
				s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					w.Header().Set("Etag", fmt.Sprintf(`"v%d"`, n))
					s.content = bytes.Repeat([]byte{byte(n)}, 100_000)
					s.serve(cut(w, cuts(n)), r)
					return true
				}
				began := time.Now()
				_, err := s.save(t, nil)
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				require.Less(t, time.Since(began), 5*time.Minute)
				require.Less(t, len(s.asked), 60)
			})
		})
	}
}

// lyingServer says by a strong validator that the file is still the same. It breaks off in each of the first answers.
func lyingServer(breaks int, old, other []byte) *fileServer {
	s := &fileServer{content: old, ranges: true, etag: `"v1"`}
	s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			s.content = other
		}
		if n <= breaks {
			s.serve(cut(w, int64(len(old)/3)), r)
		}
		return false
	}
	return s
}

// Where a range that counts from the end is refused, or passed over, others are asked for; where none is of use, all of the archive.
func TestOpenArtifactsWithoutRangesFromTheEnd(t *testing.T) {
	files := []string{"a", string(randomBytes(100_000)), "b", string(randomBytes(200_000))}
	big, small := zipped(t, files...), zipped(t, "a", "little")
	suffix := func(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("Range"), "bytes=-") }
	refusing := func(status int, what func(r *http.Request) bool) func(n int, w http.ResponseWriter, r *http.Request) bool {
		return func(n int, w http.ResponseWriter, r *http.Request) bool {
			if what(r) {
				w.Header().Del("Etag")
				http.Error(w, "<Error><Code>InvalidHeaderValue</Code></Error>", status)
			}
			return what(r)
		}
	}
	ranged := func(r *http.Request) bool { return r.Header.Get("Range") != "" }
	passedOver := func(what func(r *http.Request) bool) func(n int, w http.ResponseWriter, r *http.Request) bool {
		return func(n int, w http.ResponseWriter, r *http.Request) bool {
			if what(r) {
				r.Header.Del("Range")
			}
			return false
		}
	}
	const toOpen = 4
	for name, test := range map[string]struct {
		server  *fileServer
		asked   []string // to open it
		spooled bool
	}{
		"400":       {&fileServer{ranges: true, etag: `"v1"`, fault: refusing(400, suffix)}, []string{"bytes=-65536", "bytes=0-65535", "bytes=%d-%d"}, false},
		"416":       {&fileServer{ranges: true, etag: `"v1"`, fault: refusing(416, suffix)}, []string{"bytes=-65536", "bytes=0-65535", "bytes=%d-%d"}, false},
		"501":       {&fileServer{ranges: true, etag: `"v1"`, fault: refusing(501, suffix)}, []string{"bytes=-65536", "bytes=0-65535", "bytes=%d-%d"}, false},
		"416, time": {&fileServer{ranges: true, modified: time.Now().Add(-time.Hour), fault: refusing(416, suffix)}, []string{"bytes=-65536", "bytes=0-65535", "bytes=%d-%d"}, false},
		"200":       {&fileServer{ranges: true, etag: `"v1"`, fault: passedOver(suffix)}, []string{"bytes=-65536", "bytes=%d-%d"}, false},
		"as a start": {&fileServer{ranges: true, etag: `"v1"`, fault: func(n int, w http.ResponseWriter, r *http.Request) bool {
			if suffix(r) {
				r.Header.Set("Range", "bytes=0-65536")
			}
			return false
		}}, []string{"bytes=-65536", "bytes=%d-%d"}, false},
		"not for that much": {&fileServer{ranges: true, etag: `"v1"`, fault: func(n int, w http.ResponseWriter, r *http.Request) bool {
			if suffix(r) {
				r.Header.Set("Range", "bytes=-1000")
			}
			return false
		}}, []string{"bytes=-65536", "bytes=%d-%d"}, false},
		"any range: 400":                 {&fileServer{ranges: true, etag: `"v1"`, fault: refusing(400, ranged)}, []string{"bytes=-65536", "bytes=0-65535", ""}, true},
		"any range: 200":                 {&fileServer{etag: `"v1"`}, []string{"bytes=-65536", "bytes=%d-%d"}, true},
		"any range: 200, nothing strong": {&fileServer{etag: `W/"v1"`}, []string{"bytes=-65536"}, true},
		"any range: 200, no length":      {&fileServer{etag: `"v1"`, chunked: true}, []string{"bytes=-65536"}, true},
		"any range: 200, and says so":    {&fileServer{etag: `"v1"`, noRanges: true}, []string{"bytes=-65536"}, true},
		"ranges, nothing strong":         {&fileServer{etag: `W/"v1"`, ranges: true}, []string{"bytes=-65536", ""}, true},
		"ranges, nothing":                {&fileServer{ranges: true}, []string{"bytes=-65536", ""}, true},
		"400, nothing strong":            {&fileServer{ranges: true, fault: refusing(400, suffix)}, []string{"bytes=-65536", "bytes=0-65535", ""}, true},
		"refused once the size is known": {&fileServer{ranges: true, etag: `"v1"`, fault: refusing(416, func(r *http.Request) bool {
			return ranged(r) && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-")
		})}, []string{"bytes=-65536", "bytes=0-65535", "bytes=%d-%d", ""}, true},
	} {
		for _, content := range [][]byte{big, small} {
			t.Run(fmt.Sprintf("%s, %d bytes", name, len(content)), func(t *testing.T) {
				temp := inTemp(t)
				s := test.server
				s.content, s.asked = content, nil
				archive, err := newLab(t, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7, nil)
				require.NoError(t, err)
				defer archive.Close()
				asked := []string{}
				for _, header := range s.asked {
					asked = append(asked, header.Get("Range"))
				}
				parts, err := filepath.Glob(filepath.Join(temp, "*"))
				require.NoError(t, err)
				if len(content) == len(small) {
					require.LessOrEqual(t, len(asked), toOpen)
					require.Equal(t, "little", string(readAll(t, archive, "a")))
					require.Len(t, s.asked, len(asked), "all of it has come")
					return
				}
				expected := strings.ReplaceAll(strings.Join(test.asked, "\n"), "%d-%d", fmt.Sprintf("%d-%d", len(content)-65536, len(content)-1))
				require.Equal(t, expected, strings.Join(asked, "\n"))
				require.Equal(t, test.spooled, len(parts) == 1)
				for i := 0; i < len(files); i += 2 {
					require.True(t, files[i+1] == string(readAll(t, archive, files[i])))
				}
				require.Equal(t, test.spooled, len(s.asked) == len(asked))
				if !test.spooled { // no more than that costs what was closed
					require.Less(t, s.sent.Load(), int64(3*len(content)))
				}
			})
		}
	}
}
