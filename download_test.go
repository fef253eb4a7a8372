package gitlabci_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// pour writes size bytes, a piece at a time.
func pour(w io.Writer, size int64) {
	piece := bytes.Repeat([]byte("0123456789abcde\n"), 4<<10)
	for size > 0 {
		n, err := w.Write(piece[:min(size, int64(len(piece)))])
		if err != nil {
			return
		}
		size -= int64(n)
	}
}

// growth reads to the end, and tells how many bytes came and how much the heap grew at most on the way.
func growth(t testing.TB, body io.Reader) (size int64, heap uint64) {
	t.Helper()
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before := stats.HeapAlloc
	piece := make([]byte, 64<<10)
	for next := int64(0); ; {
		n, err := body.Read(piece)
		if size += int64(n); size >= next || err != nil {
			runtime.ReadMemStats(&stats)
			heap = max(heap, stats.HeapAlloc-min(before, stats.HeapAlloc))
			next = size + 4<<20
		}
		if err == io.EOF {
			return size, heap
		}
		require.NoError(t, err)
	}
}

func TestStreamsTakeNoMemory(t *testing.T) {
	const archive, log = 512 << 20, 64 << 20
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/trace") {
			w.Header().Set("Content-Type", "text/plain")
			pour(w, log)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(archive))
		pour(w, archive)
	})
	client := clientOf(t, srv.URL)

	download, err := client.Jobs.Artifacts(t.Context(), wireApp, 7, nil)
	require.NoError(t, err)
	require.EqualValues(t, archive, download.Size)
	size, heap := growth(t, download)
	require.NoError(t, download.Close())
	require.EqualValues(t, archive, size)
	t.Logf("%d MiB of artifacts: the heap grew by %d KiB", archive>>20, heap>>10)
	require.Less(t, heap, uint64(4<<20))

	trace, err := client.Jobs.Trace(t.Context(), wireApp, 7, nil)
	require.NoError(t, err)
	size, heap = growth(t, trace)
	require.NoError(t, trace.Close())
	require.EqualValues(t, log, size)
	t.Logf("%d MiB of a log: the heap grew by %d KiB", log>>20, heap>>10)
	require.Less(t, heap, uint64(4<<20))

	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before := stats.TotalAlloc
	require.NoError(t, client.Do(t.Context(), "GET", "projects/1/jobs/7/trace", nil, io.Discard))
	runtime.ReadMemStats(&stats)
	t.Logf("%d MiB through Do: %d KiB allocated in all", log>>20, (stats.TotalAlloc-before)>>10)
	require.Less(t, stats.TotalAlloc-before, uint64(4<<20))
}

func TestDownload(t *testing.T) {
	var header http.Header
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Content-Disposition", `attachment; filename="artifacts.zip"`)
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "bytes")
	})
	download, err := clientOf(t, srv.URL).Jobs.Artifacts(t.Context(), wireApp, 7, nil)
	require.NoError(t, err)
	require.EqualValues(t, 5, download.Size)
	require.Equal(t, "artifacts.zip", download.Filename)
	require.Equal(t, "application/zip", download.ContentType)
	body, err := io.ReadAll(download)
	require.NoError(t, err)
	require.Equal(t, "bytes", string(body))
	require.NoError(t, download.Close())
	require.Equal(t, "identity", header.Get("Accept-Encoding"), "packed already, and its length is worth more")
	require.Empty(t, header.Get("Accept"))
	_, err = clientOf(t, srv.URL).Jobs.Trace(t.Context(), wireApp, 7, nil)
	require.NoError(t, err)
	require.Equal(t, "gzip", header.Get("Accept-Encoding"))
}

func TestFilename(t *testing.T) {
	for disposition, want := range map[string]string{
		`attachment; filename="artifacts.zip"`:                    "artifacts.zip",
		`infile; filename="42.log"`:                               "42.log",
		`attachment; filename=plain.txt`:                          "plain.txt",
		`attachment; filename="a  b.zip"`:                         "a  b.zip",
		`attachment; filename="a b.zip"`:                          "a b.zip",
		`attachment; filename*=UTF-8''%C3%A9t%C3%A9.zip`:          "été.zip",
		`attachment; filename="x.zip"; filename*=UTF-8''y.zip`:    "y.zip",
		`attachment; filename="../../etc/passwd"`:                 "passwd",
		`attachment; filename="/etc/passwd"`:                      "passwd",
		`attachment; filename="..\\..\\windows\\system.ini"`:      "system.ini",
		`attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd`:     "passwd",
		`attachment; filename*=UTF-8''..%5C..%5Cboot.ini`:         "boot.ini",
		`attachment; filename="C:\\boot.ini"`:                     "boot.ini",
		`attachment; filename="C:boot.ini"`:                       "",
		`attachment; filename=".."`:                               "",
		`attachment; filename="."`:                                "",
		`attachment; filename="a/.."`:                             "",
		`attachment; filename="a/"`:                               "",
		`attachment; filename*=UTF-8''a%00b`:                      "",
		`attachment; filename*=UTF-8''a%0Ab`:                      "",
		`attachment; filename*=UTF-8''a%1B%5B31m`:                 "",
		`attachment; filename*=UTF-8''%E2%80%AEgpj.exe`:           "",
		`attachment; filename*=UTF-8''%FF`:                        "",
		`attachment; filename="a"; filename="b"`:                  "",
		`attachment`:                                              "",
		``:                                                        "",
		`;;;"`:                                                    "",
		`attachment; filename="` + strings.Repeat("a", 300) + `"`: strings.Repeat("a", 300),
	} {
		srv := serveWith(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Disposition", disposition) })
		download, err := clientOf(t, srv.URL).Jobs.Artifacts(t.Context(), wireApp, 7, nil)
		require.NoError(t, err)
		require.Equal(t, want, download.Filename, disposition)
		download.Close()
	}
}

func TestErrorsWhileReading(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "the beginning")
	})
	client := clientOf(t, srv.URL)
	for name, call := range map[string]struct {
		is   error
		open func() (io.ReadCloser, error)
	}{
		"archive": {gitlabci.ErrArtifactsGet, func() (io.ReadCloser, error) { return client.Jobs.Artifacts(t.Context(), wireApp, 7, nil) }},
		"file":    {gitlabci.ErrArtifactsGet, func() (io.ReadCloser, error) { return client.Jobs.ArtifactFile(t.Context(), wireApp, 7, "a") }},
		"by ref":  {gitlabci.ErrArtifactsGet, func() (io.ReadCloser, error) { return client.Artifacts.ByRef(t.Context(), wireApp, "r", "j", nil) }},
		"trace":   {gitlabci.ErrTraceGet, func() (io.ReadCloser, error) { return client.Jobs.Trace(t.Context(), wireApp, 7, nil) }},
	} {
		body, err := call.open()
		require.NoError(t, err, name)
		read, err := io.ReadAll(body)
		require.Equal(t, "the beginning", string(read), name)
		require.ErrorIs(t, err, call.is, name)
		require.ErrorIs(t, err, gitlabci.ErrGet, name)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, name)
		require.Equal(t, 200, failureOf(t, err).StatusCode, name)
		require.NoError(t, body.Close(), name)
	}
	err := client.Do(t.Context(), "GET", "projects/1/jobs/7/trace", nil, new(bytes.Buffer))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, "/projects/1/jobs/7/trace", failureOf(t, err).Route)
}

func TestCancelledWhileReading(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "the beginning")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	trace, err := clientOf(t, srv.URL).Jobs.Trace(ctx, wireApp, 7, nil)
	require.NoError(t, err)
	_, err = io.ReadFull(trace, make([]byte, 13))
	require.NoError(t, err)
	cancel()
	_, err = trace.Read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, gitlabci.ErrTraceGet)
	require.NoError(t, trace.Close())
}

func TestPagesInPlaceOfFiles(t *testing.T) {
	signIn := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/users/sign_in") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, "<html><title>Sign in</title>")
			return
		}
		http.Redirect(w, r, "/users/sign_in", http.StatusFound)
	}
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<html><title>coverage</title>")
	}
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		file    bool // whether a file may be that
	}{{"a page", page, true}, {"the sign-in page", signIn, false}} {
		client := clientOf(t, serveWith(t, test.handler).URL)
		for name, err := range map[string]error{
			"archive":        drain(client.Jobs.Artifacts(t.Context(), wireApp, 7, nil)),
			"archive by ref": drain(client.Artifacts.ByRef(t.Context(), wireApp, "main", "j", nil)),
			"trace":          drain(client.Jobs.Trace(t.Context(), wireApp, 7, nil)),
			"job":            ignore(client.Jobs.Get(t.Context(), wireApp, 7)),
			"delete":         client.Jobs.DeleteArtifacts(t.Context(), wireApp, 7),
		} {
			if name == "delete" && test.file == false {
				require.ErrorIs(t, err, gitlabci.ErrRedirected)
				continue
			}
			require.ErrorIs(t, err, gitlabci.ErrNotGitLab, test.name+" "+name)
			require.ErrorIs(t, err, gitlabci.ErrDecode, test.name+" "+name)
		}
		for _, err := range []error{
			drain(client.Jobs.ArtifactFile(t.Context(), wireApp, 7, "coverage/index.html")),
			drain(client.Artifacts.FileByRef(t.Context(), wireApp, "main", "j", "coverage/index.html", nil)),
		} {
			if test.file {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, gitlabci.ErrNotGitLab)
			}
		}
	}
}

func TestUnreadBodies(t *testing.T) {
	var written atomic.Int64
	srv := serveWith(t, func(w http.ResponseWriter, _ *http.Request) {
		piece := make([]byte, 1<<20)
		for {
			n, err := w.Write(piece)
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	})
	client := clientOf(t, srv.URL)
	for range 3 {
		download, err := client.Jobs.Artifacts(t.Context(), wireApp, 7, nil)
		require.NoError(t, err)
		require.NoError(t, download.Close()) // the body has no end: to drain it would take for ever
		_, err = download.Read(make([]byte, 1))
		require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
	}
}

func TestAnswersThatNameNoRequest(t *testing.T) {
	client := clientOf(t, "http://gitlab.test", gitlabci.WithTransport(func(http.RoundTripper) http.RoundTripper {
		return roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("text"))}, nil
		})
	}))
	download, err := client.Jobs.ArtifactFile(t.Context(), wireApp, 7, "a.txt")
	require.NoError(t, err)
	require.NoError(t, download.Close())
}
