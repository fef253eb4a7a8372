package gitlabci_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// arrived is an upload as a server reads it.
type arrived struct {
	length                 int64 // as announced; -1 if in chunks
	name, filename, file   string
	contentType, fieldType string // of the file, and of the name
}

func readUpload(r *http.Request) (a arrived, err error) {
	a.length = r.ContentLength
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return a, err
	}
	counted := &countedBody{Reader: r.Body}
	form := multipart.NewReader(counted, params["boundary"])
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return a, err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return a, err
		}
		switch part.FormName() {
		case "name":
			a.name, a.fieldType = string(value), part.Header.Get("Content-Type")
		case "file":
			a.file, a.filename, a.contentType = string(value), part.FileName(), part.Header.Get("Content-Type")
		default:
			return a, fmt.Errorf("field %q", part.FormName())
		}
	}
	if _, err := io.Copy(io.Discard, counted); err != nil {
		return a, err
	}
	if a.length >= 0 && a.length != counted.n {
		return a, fmt.Errorf("%d bytes in place of %d", counted.n, a.length)
	}
	return a, nil
}

type countedBody struct {
	io.Reader
	n int64
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

const goodUpload = `{"id":1,"name":"debug.keystore"}`

// upload uploads a file.
func upload(ctx context.Context, client *gitlabci.Client, file io.Reader, opts ...gitlabci.RequestOption) error {
	return ignore(client.SecureFiles.Create(ctx, wireApp, &gitlabci.CreateSecureFileOptions{Name: "debug.keystore", File: file}, opts...))
}

// onlyReader hides everything of a reader but that.
type onlyReader struct{ io.Reader }

func TestUpload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	open := func(at int64) io.Reader {
		file, err := os.Open(path)
		require.NoError(t, err)
		t.Cleanup(func() { file.Close() })
		_, err = file.Seek(at, io.SeekStart)
		require.NoError(t, err)
		return file
	}
	standsAt := func(at int64) io.Reader {
		r := strings.NewReader("0123456789")
		_, err := r.Seek(at, io.SeekStart)
		require.NoError(t, err)
		return r
	}
	piped := func() io.Reader {
		r, w := io.Pipe()
		go func() { io.WriteString(w, "01234"); io.WriteString(w, "56789"); w.Close() }()
		return r
	}
	systemPipe := func() io.Reader {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		t.Cleanup(func() { r.Close() })
		go func() { io.WriteString(w, "0123456789"); w.Close() }()
		return r
	}
	var got arrived
	var wrong error
	client := clientOf(t, serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		got, wrong = readUpload(r)
		io.WriteString(w, goodUpload)
	}).URL)
	for name, test := range map[string]struct {
		file    io.Reader
		want    string
		chunked bool
	}{
		"text":                          {strings.NewReader("0123456789"), "0123456789", false},
		"bytes":                         {bytes.NewReader([]byte("0123456789")), "0123456789", false},
		"a buffer":                      {bytes.NewBufferString("0123456789"), "0123456789", false},
		"what does not begin at 0":      {standsAt(3), "3456789", false},
		"a file":                        {open(0), "0123456789", false},
		"a file that was read in":       {open(4), "456789", false},
		"a pipe":                        {piped(), "0123456789", true},
		"a pipe of the system":          {systemPipe(), "0123456789", true},
		"a reader":                      {onlyReader{strings.NewReader("0123456789")}, "0123456789", true},
		"a reader that has nothing":     {onlyReader{strings.NewReader("")}, "", true},
		"a reader of single bytes":      {iotest.OneByteReader(strings.NewReader("0123456789")), "0123456789", true},
		"a reader that ends with bytes": {iotest.DataErrReader(strings.NewReader("0123456789")), "0123456789", true},
		"bytes that are none of text":   {strings.NewReader("\x00\xff\r\n--\r\n"), "\x00\xff\r\n--\r\n", false},
		"more than fits into a buffer":  {&generated{size: 1 << 20}, strings.Repeat("\x00", 1<<20), false},
	} {
		got, wrong = arrived{}, errors.New("nothing came")
		require.NoError(t, upload(t.Context(), client, test.file), name)
		require.NoError(t, wrong, name)
		require.Equal(t, test.want, got.file, name)
		require.Equal(t, test.chunked, got.length < 0, name)
		require.Equal(t, []string{"debug.keystore", "debug.keystore"}, []string{got.name, got.filename}, name)
		require.Equal(t, []string{"", "application/octet-stream"}, []string{got.fieldType, got.contentType}, name)
	}
	for _, name := range []string{`quotes " and \ .p12`, "line\r\nbreak: x", "schlüssel.jks", "a;b=c"} {
		_, err := client.SecureFiles.Create(t.Context(), wireApp, &gitlabci.CreateSecureFileOptions{Name: name, File: strings.NewReader("k")},
			gitlabci.WithHeader("Content-Type", "text/plain"))
		require.NoError(t, err)
		require.NoError(t, wrong)
		require.Equal(t, name, got.name)
		require.Equal(t, "k", got.file)
	}
}

// TestUploadOfNothing tests that a file that was read to its end, or could not be opened, is refused before anything is sent.
func TestUploadOfNothing(t *testing.T) {
	client := clientOf(t, serveWith(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }).URL)
	read := strings.NewReader("0123456789")
	_, err := io.Copy(io.Discard, read)
	require.NoError(t, err)
	for _, file := range []io.Reader{read, strings.NewReader(""), new(bytes.Buffer), (*os.File)(nil), nil} {
		err := upload(t.Context(), client, file)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate)
	}
}

// stuck is a file that can be read again, and whose reading never ends.
type stuck struct {
	*strings.Reader
	reading chan struct{} // closed by the first read
	release chan struct{}
}

func (s *stuck) Read([]byte) (int, error) {
	close(s.reading)
	<-s.release
	return 0, io.ErrUnexpectedEOF
}

// TestUploadOfAStuckFile tests that a call ends with its context, whatever its file does.
func TestUploadOfAStuckFile(t *testing.T) {
	client := clientOf(t, serveWith(t, func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }).URL)
	file := &stuck{strings.NewReader("0123456789"), make(chan struct{}), make(chan struct{})}
	defer close(file.release)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { <-file.reading; cancel() }()
	require.ErrorIs(t, upload(ctx, client, file), context.Canceled)
}

func TestUploadAgainAfterARateLimit(t *testing.T) {
	for _, answersEarly := range []bool{false, true} {
		var requests int
		var got arrived
		client := clientOf(t, serveWith(t, func(w http.ResponseWriter, r *http.Request) {
			if requests++; requests%2 == 1 {
				if !answersEarly {
					io.Copy(io.Discard, r.Body)
				}
				w.WriteHeader(429)
				io.WriteString(w, `{"message":"429 Too Many Requests"}`)
				return
			}
			var err error
			if got, err = readUpload(r); err != nil {
				w.WriteHeader(400)
				io.WriteString(w, err.Error())
				return
			}
			io.WriteString(w, goodUpload)
		}).URL, atOnce)

		const size = 3 << 20
		for name, file := range map[string]io.ReadSeeker{"generated": &generated{size: size}, "bytes": bytes.NewReader(make([]byte, size))} {
			_, err := file.Seek(5, io.SeekStart)
			require.NoError(t, err)
			require.NoError(t, upload(t.Context(), client, file), name)
			require.Len(t, got.file, size-5, name)
		}
		require.NoError(t, upload(t.Context(), client, bytes.NewBufferString("key")))
		require.Equal(t, "key", got.file)
		require.Equal(t, 6, requests)

		err := upload(t.Context(), client, onlyReader{strings.NewReader("key")})
		require.ErrorIs(t, err, gitlabci.ErrRateLimited)
		require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.Equal(t, 1, failureOf(t, err).Attempts)
		require.Equal(t, 7, requests)
	}
}

func TestUploadWithoutAConnection(t *testing.T) {
	for _, test := range []struct {
		file  io.Reader
		dials int32
	}{{strings.NewReader("key"), 5}, {onlyReader{strings.NewReader("key")}, 1}} {
		synctest.Test(t, func(t *testing.T) {
			m := &memoryNet{dead: func(int32) error { return errRefused }}
			err := upload(t.Context(), clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(m.client())), test.file)
			require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate)
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.Equal(t, test.dials, m.dials.Load())
			require.EqualValues(t, test.dials, failureOf(t, err).Attempts)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		m := &memoryNet{serve: says("HTTP/1.1 201 Created\r\nContent-Length: 32\r\n\r\n" + goodUpload), dead: func(n int32) error {
			if n < 4 {
				return errRefused
			}
			return nil
		}}
		require.NoError(t, upload(t.Context(), clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(m.client())), strings.NewReader("key")))
		require.EqualValues(t, 4, m.dials.Load())
	})
}

// An upload that arrived in full may have been acted on, and one that broke off cannot.
func TestUploadWhoseConnectionIsLost(t *testing.T) {
	sources := map[string]func(int64) io.Reader{
		"seekable": func(size int64) io.Reader { return &generated{size: size} },
		"reader":   func(size int64) io.Reader { return onlyReader{&generated{size: size}} },
	}
	for name, fault := range lostBy {
		if name == "dropped before the request was read" {
			continue // it may have been taken whole, or not
		}
		w := newWire(t, fault)
		for kind, source := range sources {
			before := w.requests.Load()
			err := upload(t.Context(), clientOf(t, w.URL, atOnce), source(100))
			require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown, "%s, %s", name, kind)
			require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate, name)
			require.Equal(t, before+1, w.requests.Load(), name)
			require.Equal(t, 1, failureOf(t, err).Attempts, name)
		}
	}
	for _, answer := range []string{"", "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"} {
		for kind, source := range sources {
			w := newWire(t, func(conn net.Conn, _ func() bool) {
				io.ReadFull(conn, make([]byte, 1<<20))
				io.WriteString(conn, answer)
			})
			err := upload(t.Context(), clientOf(t, w.URL, atOnce), source(64<<20))
			require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate, kind)
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, kind)
			require.EqualValues(t, 1, w.connections.Load(), kind)
		}
	}
}

// A server that answers before it has read all is heard, and when the call is over the source is the caller's again.
func TestUploadThatIsTooLarge(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(413)
		io.WriteString(w, "<html><head><title>413 Request Entity Too Large</title></head></html>")
	})
	client := clientOf(t, srv.URL, atOnce)
	for range 3 {
		file := &generated{size: 64 << 20}
		err := upload(t.Context(), client, file)
		reads := file.reads // the race detector finds a read that goes on
		require.Equal(t, 413, failureOf(t, err).StatusCode)
		require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate)
		require.ErrorContains(t, err, "413 Request Entity Too Large")
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.Equal(t, 1, failureOf(t, err).Attempts)
		file.at = 0
		client.CloseIdleConnections()
		require.Equal(t, reads, file.reads)

		buffer := bytes.NewBuffer(make([]byte, 4<<20))
		require.Equal(t, 413, failureOf(t, upload(t.Context(), client, buffer)).StatusCode)
		buffer.Reset()
		buffer.WriteString("the caller's again")

		err = upload(t.Context(), client, onlyReader{&generated{size: 64 << 20}})
		require.Equal(t, 413, failureOf(t, err).StatusCode)
	}
	// The read that waits is not waited for, and no other follows.
	var reads atomic.Int32
	waits, enough := make(chan struct{}), make(chan struct{})
	source := readerFunc(func(p []byte) (int, error) {
		if reads.Add(1) == 3 {
			close(waits)
			<-enough
		}
		return len(p), nil
	})
	w := newWire(t, func(conn net.Conn, _ func() bool) {
		go func() {
			<-waits
			io.WriteString(conn, "HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}()
		io.Copy(io.Discard, conn)
	})
	err := upload(t.Context(), clientOf(t, w.URL), source)
	require.Equal(t, 413, failureOf(t, err).StatusCode)
	close(enough)
	require.EqualValues(t, 3, reads.Load())
}

// A source that fails is what the error tells of, and what GitLab got of it is nothing to act on.
func TestUploadOfABrokenSource(t *testing.T) {
	broken := errors.New("the disk is broken")
	var requests atomic.Int32
	reads := func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if _, err := readUpload(r); err != nil {
			w.WriteHeader(400)
		}
		io.WriteString(w, goodUpload)
	}
	for name, file := range map[string]io.Reader{
		"at once":                    iotest.ErrReader(broken),
		"in the middle":              io.MultiReader(&generated{size: 1 << 20}, iotest.ErrReader(broken)),
		"in a file":                  &generated{size: 2 << 20, ends: 1 << 20, with: broken},
		"in a file, from its start":  &generated{size: 2 << 20, ends: 0, with: broken},
		"with the last of its bytes": &generated{size: 100, ends: 99, with: broken},
	} {
		requests.Store(0)
		srv := serveWith(t, reads)
		err := upload(t.Context(), clientOf(t, srv.URL, atOnce), file)
		require.ErrorIs(t, err, broken, name)
		require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate, name)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, name)
		require.Equal(t, 1, failureOf(t, err).Attempts, name)
		srv.Close()
		require.LessOrEqual(t, requests.Load(), int32(1), name)
	}
	short := &generated{size: 2 << 20, ends: 1 << 20, with: io.EOF}
	err := upload(t.Context(), clientOf(t, serveWith(t, reads).URL, atOnce), short)
	require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate)
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "ContentLength")
}

func TestUploadOfASourceThatCannotGoBack(t *testing.T) {
	gone := errors.New("no way back")
	client := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, 429, `{}`), nil }, atOnce)
	err := upload(t.Context(), client, &seekOnce{strings.NewReader("key"), gone, 0})
	require.ErrorIs(t, err, gone)
	require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate)
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
}

// seekOnce tells of its extent, which takes three calls of Seek, and then goes nowhere.
type seekOnce struct {
	*strings.Reader
	err   error
	seeks int
}

func (s *seekOnce) Seek(offset int64, whence int) (int64, error) {
	if s.seeks++; s.seeks > 3 {
		return 0, s.err
	}
	return s.Reader.Seek(offset, whence)
}

func TestUploadThatIsCancelled(t *testing.T) {
	for name, seekable := range map[string]bool{"seekable": true, "reader": false} {
		ctx, cancel := context.WithCancel(t.Context())
		file := &generated{size: 64 << 20, at: 0}
		file.onRead = func() {
			if file.at > 8<<20 {
				cancel()
			}
		}
		var source io.Reader = file
		if !seekable {
			source = onlyReader{file}
		}
		client := clientOf(t, serveWith(t, func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }).URL)
		err := upload(ctx, client, source)
		require.ErrorIs(t, err, context.Canceled, name)
		require.ErrorIs(t, err, gitlabci.ErrSecureFileCreate, name)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, name)
	}
	// A pipe that nobody writes to keeps no call from ending.
	synctest.Test(t, func(t *testing.T) {
		m := &memoryNet{serve: func(_ net.Conn, read func() bool) { read() }}
		r, w := io.Pipe()
		go w.Write(make([]byte, 1<<20))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		err := upload(ctx, clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(m.client())), r)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.Equal(t, time.Hour, time.Since(began))
		w.Close()
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := &generated{size: 10}
	err := upload(ctx, through(t, func(*http.Request) (*http.Response, error) { panic("sent") }), file)
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, file.reads)
}

func TestUploadTakesNoMemory(t *testing.T) {
	const size = 300 << 20
	var came atomic.Int64
	client := clientOf(t, serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		came.Store(n)
		io.WriteString(w, goodUpload)
	}).URL)
	require.NoError(t, upload(t.Context(), client, strings.NewReader("warm up")))
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"a file":   func(r io.Reader) io.Reader { return r },
		"a reader": func(r io.Reader) io.Reader { return onlyReader{r} },
	} {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		before, heap, next := stats.HeapAlloc, uint64(0), int64(0)
		file := &generated{size: size}
		file.onRead = func() {
			if file.at >= next {
				runtime.ReadMemStats(&stats)
				heap = max(heap, stats.HeapAlloc-min(before, stats.HeapAlloc))
				next = file.at + 4<<20
			}
		}
		require.NoError(t, upload(t.Context(), client, wrap(file)))
		require.Greater(t, came.Load(), int64(size))
		t.Logf("%d MiB of %s: the heap grew by %d KiB", size>>20, name, heap>>10)
		require.Less(t, heap, uint64(4<<20))
	}
}

// generated is a file of zeros that takes no memory.
type generated struct {
	size, at int64
	ends     int64 // where reading ends all the same
	with     error // in that
	onRead   func()
	reads    int
}

func (g *generated) Read(p []byte) (int, error) {
	g.reads++
	if g.onRead != nil {
		g.onRead()
	}
	end, err := g.size, io.EOF
	if g.with != nil {
		end, err = g.ends, g.with
	}
	if g.at >= end {
		return 0, err
	}
	n := min(int64(len(p)), end-g.at)
	clear(p[:n])
	g.at += n
	return int(n), nil
}

func (g *generated) Seek(offset int64, whence int) (int64, error) {
	g.at = []int64{0, g.at, g.size}[whence] + offset
	return g.at, nil
}

func TestSecureFileDownload(t *testing.T) {
	const text = "the content of a keystore"
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	for _, test := range []struct {
		name, algorithm, checksum string
		content                   func(http.ResponseWriter)
		gives                     string
		is                        error
		says                      string
	}{
		{name: "fine", algorithm: "sha256", checksum: sum, gives: text},
		{name: "upper-case", algorithm: "SHA256", checksum: strings.ToUpper(sum), gives: text},
		{
			name: "another content", algorithm: "sha256", checksum: sum, content: func(w http.ResponseWriter) { io.WriteString(w, "!"+text[1:]) },
			gives: "!" + text[1:], is: gitlabci.ErrDecode, says: "should be " + sum,
		},
		{
			name: "nothing", algorithm: "sha256", checksum: sum, content: func(http.ResponseWriter) {}, is: gitlabci.ErrDecode, says: "should be " + sum,
		},
		{
			name: "less, and nobody says how much there is", algorithm: "sha256", checksum: sum,
			content: func(w http.ResponseWriter) { io.WriteString(w, text[:9]); w.(http.Flusher).Flush() },
			gives:   text[:9], is: gitlabci.ErrDecode, says: "should be " + sum,
		},
		{
			name: "less than announced", algorithm: "sha256", checksum: sum,
			content: func(w http.ResponseWriter) { w.Header().Set("Content-Length", "25"); io.WriteString(w, text[:9]) },
			gives:   text[:9], is: io.ErrUnexpectedEOF,
		},
		{name: "another algorithm", algorithm: "md5", checksum: sum[:32], is: gitlabci.ErrDecode, says: `of algorithm "md5" is not known`},
		{name: "no algorithm", checksum: sum, is: gitlabci.ErrDecode, says: `of algorithm "" is not known`},
		{name: "no checksum", algorithm: "sha256", is: gitlabci.ErrDecode, says: `checksum "" of algorithm "sha256" is not known`},
		{name: "half a checksum", algorithm: "sha256", checksum: sum[:32], is: gitlabci.ErrDecode, says: "is not known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := clientOf(t, serveWith(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case !strings.HasSuffix(r.URL.Path, "/download"):
					fmt.Fprintf(w, `{"id":1,"name":"debug.keystore","checksum":%q,"checksum_algorithm":%q}`, test.checksum, test.algorithm)
				case test.content != nil:
					w.Header().Set("Content-Type", "application/octet-stream")
					test.content(w)
				default:
					w.Header().Set("Content-Disposition", `attachment; filename="debug.keystore"`)
					w.Header().Set("Content-Type", "application/octet-stream")
					io.WriteString(w, text)
				}
			}).URL)
			download, err := client.SecureFiles.Download(t.Context(), wireApp, 1)
			var read []byte
			if err == nil {
				read, err = io.ReadAll(download)
				_, again := download.Read(make([]byte, 1))
				require.Equal(t, err == nil, again == io.EOF, "the end stays the end")
				require.NoError(t, download.Close())
			}
			require.Equal(t, test.gives, string(read))
			if test.is == nil {
				require.NoError(t, err)
				require.Equal(t, "debug.keystore", download.Filename)
				require.EqualValues(t, len(text), download.Size)
				return
			}
			require.ErrorIs(t, err, test.is)
			require.ErrorIs(t, err, gitlabci.ErrSecureFileGet)
			require.NotErrorIs(t, err, gitlabci.ErrNotGitLab)
			require.ErrorContains(t, err, test.says)
			require.Equal(t, "download secure file", failureOf(t, err).Op)
			require.NotContains(t, err.Error(), text[:9])
		})
	}
}

// TestSecureFileReadToItsLength tests that a caller who reads no further than the file's length sees that it is another file.
func TestSecureFileReadToItsLength(t *testing.T) {
	client := clientOf(t, serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/download") {
			fmt.Fprintf(w, `{"id":1,"name":"der Schlüssel.jks","checksum":"%064d","checksum_algorithm":"sha256"}`, 0)
			return
		}
		w.Header().Set("Content-Disposition", "attachment; filename=der Schlüssel.jks") // as GitLab has it
		w.Header().Set("Content-Type", "application/octet-stream")
		io.WriteString(w, "another file")
	}).URL)
	download, err := client.SecureFiles.Download(t.Context(), wireApp, 1)
	require.NoError(t, err)
	defer download.Close()
	require.Equal(t, "der Schlüssel.jks", download.Filename)
	_, err = download.Read(make([]byte, download.Size))
	require.ErrorIs(t, err, gitlabci.ErrDecode)
}

func TestUploadOverHTTP2(t *testing.T) {
	var got arrived
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Error("not HTTP/2")
		}
		if strings.Contains(r.URL.Path, "small") {
			w.WriteHeader(413)
			return
		}
		got, _ = readUpload(r)
		io.WriteString(w, goodUpload)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	client := clientOf(t, srv.URL, gitlabci.WithHTTPClient(srv.Client()))
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"a file":   func(r io.Reader) io.Reader { return r },
		"a reader": func(r io.Reader) io.Reader { return onlyReader{r} },
	} {
		require.NoError(t, upload(t.Context(), client, wrap(&generated{size: 3 << 20})), name)
		require.Len(t, got.file, 3<<20, name)
		require.Equal(t, name == "a reader", got.length < 0, name)

		file := &generated{size: 64 << 20}
		_, err := client.SecureFiles.Create(t.Context(), gitlabci.ProjectPath("small"), &gitlabci.CreateSecureFileOptions{Name: "n", File: wrap(file)})
		require.Equal(t, 413, failureOf(t, err).StatusCode, name)
		if name == "a file" {
			file.at = 0 // the caller's again
		}
	}
	waits, _ := io.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, upload(ctx, client, waits), context.DeadlineExceeded)
}
