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
)

// newLabOver is a lab whose connections speak HTTP/1.1, or HTTP/2 without TLS.
func newLabOver(t testing.TB, http2 bool, handler http.HandlerFunc) *gitlabci.Client {
	t.Helper()
	if !http2 {
		return newLab(t, handler).Client
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	listener := pipeListener{make(chan net.Conn), make(chan struct{}), new(sync.Once)}
	server := &http.Server{Handler: handler, Protocols: protocols}
	go server.Serve(listener)
	transport := &http.Transport{Protocols: protocols, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case listener.conns <- theirs:
			return ours, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
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

// proves says whether answers with the one and with the other are of the same file, if the server is to be believed.
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

// Whatever comes after a connection is lost, what is saved is one file or the other, and never a part of each.
func TestSaveArtifactsOverAllValidators(t *testing.T) {
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
	for _, http2 := range []bool{false, true} {
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

// readFile gives also what is read before an error.
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
	largerFiles, largerBytes := archive(20)
	largerFiles["a"] += "more"
	largerBytes = zipped(t, "a", largerFiles["a"], "b", largerFiles["b"], "c", largerFiles["c"])
	require.Len(t, newBytes, len(oldBytes))
	type version struct {
		files map[string]string
		bytes []byte
	}
	combinations, results := 0, map[string]int{}
	var spliced []string
	for _, http2 := range []bool{false, true} {
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
								archive, err := newLabOver(t, http2, s.ServeHTTP).Jobs.OpenArtifacts(t.Context(), app, 7)
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
