package gitlabci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestParseContentRange(t *testing.T) {
	for value, expected := range map[string][3]int64{
		"bytes 0-0/1":                   {0, 1, 1},
		"bytes 200-999/67589":           {200, 1000, 67589},
		"bytes 200-999/*":               {200, 1000, -1},
		"bytes 0-4611686018427387903/*": {0, 1 << 62, -1},
	} {
		start, end, size, err := parseContentRange(value)
		require.NoError(t, err)
		require.Equal(t, expected, [3]int64{start, end, size}, value)
	}
	for _, value := range []string{
		"", "bytes", "bytes ", "bytes */100", "bytes */*", "bytes 0-99", "bytes 0-99/", "bytes 0-99/99", "bytes 9-5/100", "bytes 5-4/100",
		"bytes -5-9/100", "bytes 0--9/100", "bytes 0-9/-100", "bytes +0-9/100", "bytes 0-9/100/2", "bytes 0x0-0x9/100", "bytes 0-9,20-29/100",
		"bytes  0-9/100", "bytes 0-9 /100", "bytes 0-9/100 ", "items 0-9/100", "bytes=0-9/100", "bytes 0-9223372036854775807/*",
		"bytes 0-99999999999999999999/*", "bytes 4611686018427387904-4611686018427387905/*", "bytes 1_0-2_0/100",
	} {
		_, _, _, err := parseContentRange(value)
		require.Error(t, err, value)
	}
}

func TestStrongValidator(t *testing.T) {
	const modified, later, same = "Thu, 01 Jan 2026 10:00:00 GMT", "Thu, 01 Jan 2026 10:00:02 GMT", "Thu, 01 Jan 2026 10:00:01 GMT"
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, test := range []struct {
		header   http.Header
		expected string
	}{
		{header(), ""},
		{header("ETag", `"v1"`), `"v1"`},
		{header("ETag", `"v1"`, "Last-Modified", modified, "Date", later), `"v1"`},
		{header("ETag", `"W/v1-gzip"`), `"W/v1-gzip"`},
		{header("ETag", `W/"v1"`), ""},
		{header("ETag", `w/"v1"`), ""},
		{header("ETag", `v1`), ""},
		{header("ETag", `"v1`), ""},
		{header("ETag", `"`), ""},
		{header("ETag", `""`), ""},
		{header("ETag", `"v1", "v2"`), ""},
		{header("ETag", ""), ""},
		{header("ETag", `"v1"`, "ETag", `"v2"`), ""},
		{header("Last-Modified", modified, "Date", later), modified},
		{header("Last-Modified", modified, "Date", same), ""},
		{header("Last-Modified", modified, "Date", modified), ""},
		{header("Last-Modified", later, "Date", modified), ""},
		{header("Last-Modified", modified), ""},
		{header("Last-Modified", modified, "Date", "today"), ""},
		{header("Last-Modified", "yesterday", "Date", later), ""},
		{header("ETag", `W/"v1"`, "Last-Modified", modified, "Date", later), ""},
		{header("ETag", "", "Last-Modified", modified, "Date", later), ""},
	} {
		require.Equal(t, test.expected, strongValidator(test.header), "%v", test.header)
	}
}

func FuzzContentRange(f *testing.F) {
	f.Add("bytes 200-999/67589", int64(200), int64(-1), int64(-1), int64(800), `"v1"`, `"v1"`, true)
	f.Add("bytes 0-0/*", int64(0), int64(1), int64(1), int64(-1), "", "", false)
	f.Add("", int64(50), int64(100), int64(100), int64(100), "", `"v2"`, true)
	f.Add("bytes 0-9223372036854775807/9223372036854775807", int64(0), int64(-1), int64(-1), int64(-1), "", "", false)
	f.Fuzz(func(t *testing.T, value string, at, end, size, length int64, had, has string, partial bool) {
		at = max(at, 0)
		size = max(size, -1)
		end = max(end, -1)
		if size >= 0 {
			end = min(end, size)
		}
		status := http.StatusOK
		if partial {
			status = http.StatusPartialContent
		}
		response := Response{StatusCode: status, Header: http.Header{"Content-Range": {value}, "Etag": {has}}}
		a, err := (&arrival{&Download{Size: max(length, -1)}, response}).answer()
		if err != nil {
			return
		}
		r := &resumable{at: at, end: end, size: size, validator: had}
		before := *r
		if r.follow(a) != nil {
			require.Equal(t, before, *r, "what is refused changes nothing")
			return
		}
		require.True(t, had != "" && had == has && r.validator == had)
		require.GreaterOrEqual(t, a.start, int64(0))
		require.LessOrEqual(t, a.start, at)
		if before.size >= 0 {
			require.Equal(t, before.size, r.size)
		}
		if before.end >= 0 {
			require.Equal(t, before.end, r.end)
		}
		if !partial {
			require.Zero(t, a.start)
			return
		}
		var first, last int64
		var total string
		_, scanErr := fmt.Sscanf(value, "bytes %d-%d/%s", &first, &last, &total)
		require.NoError(t, scanErr)
		require.True(t, first == a.start && last >= at)
		if total != "*" {
			require.Equal(t, strings.TrimLeft(total, "0"), strings.TrimLeft(strconv.FormatInt(r.size, 10), "0"))
		}
	})
}

// resumeServer has two files, of which it sends the one or the other. It labels right what it sends, if at all, but may send another
// range than was asked for, and break off.
type resumeServer struct {
	files  [2][]byte
	script []byte
}

// FuzzResume downloads from a server that answers each question in a way of its own: all that comes is one of its files.
func FuzzResume(f *testing.F) {
	f.Add(uint16(1000), uint16(1000), []byte{0, 0, 0, 0, 1, 0, 0, 9, 2, 3, 4, 5})
	f.Add(uint16(300), uint16(200), []byte{1, 10, 100, 1, 1, 9, 50, 2, 5, 1, 1, 1, 3, 0, 0, 0})
	f.Add(uint16(1000), uint16(1000), []byte{0, 0, 4, 200, 16, 0, 4, 0})
	f.Add(uint16(1000), uint16(1000), []byte{0, 0, 0, 200, 16, 0, 4, 0})
	f.Fuzz(func(t *testing.T, size, other uint16, script []byte) {
		s := &resumeServer{script: script}
		s.files[0] = bytes.Repeat([]byte("0123456789abcdefghijklmnopq"), int(size)/27+1)[:size]
		s.files[1] = bytes.Repeat([]byte("OTHER"), int(other)/5+1)[:other]
		synctest.Test(t, func(t *testing.T) {
			var got bytes.Buffer
			r := newResumable(t.Context(), s.open)
			r.anew = func() error { got.Reset(); return nil }
			_, err := io.Copy(struct{ io.Writer }{&got}, r)
			require.NoError(t, r.Close())
			if err == nil {
				require.True(t, bytes.Equal(s.files[0], got.Bytes()) || bytes.Equal(s.files[1], got.Bytes()), "a splice of %d bytes", got.Len())
				require.True(t, r.at == int64(got.Len()) && r.end == r.at)
			}
		})
	})
}

// open is one answer: what it does with the range, with the header, and where it breaks off. All zeros is what is right.
func (s *resumeServer) open(options ...RequestOption) (*Download, error) {
	q := &request{header: make(http.Header)}
	for _, option := range options {
		option(q)
	}
	step := [4]byte{}
	s.script = s.script[copy(step[:], s.script):]
	version := int(step[0] / 16 % 2)
	content := s.files[version]
	start, end := 0, len(content)
	asked, ranged := strings.CutPrefix(q.header.Get("Range"), "bytes=")
	if first, last, _ := strings.Cut(asked, "-"); ranged {
		start, _ = strconv.Atoi(first)
		if n, err := strconv.Atoi(last); err == nil {
			end = min(end, n+1)
		}
	}
	header := http.Header{}
	q.reports.latest.Header, q.reports.latest.StatusCode = header, http.StatusOK
	status := func(code int) (*Download, error) {
		q.reports.latest.StatusCode = code
		return nil, &Error{StatusCode: code}
	}
	partial := ranged
	kind := step[0] % 8
	if !ranged && kind%2 == 1 { // a whole file is whole
		kind = 0
	}
	switch kind {
	case 1:
		start = max(0, start-int(step[1]))
	case 2:
		partial, start, end = false, 0, len(content)
	case 3:
		end = max(start, end-int(step[1]))
	case 4:
		return status(http.StatusBadGateway)
	case 5:
		start = min(len(content), start+int(step[1]))
	}
	if partial && start >= end {
		return status(http.StatusRequestedRangeNotSatisfiable)
	}
	length, total := int64(end-start), strconv.Itoa(len(content))
	switch step[2] % 4 {
	case 1:
		length = -1
	case 2:
		total = "*"
	case 3:
		length, total = -1, "*"
	}
	header.Set("Date", "Thu, 01 Jan 2026 10:00:00 GMT")
	switch step[2] / 4 % 8 {
	case 0, 1, 2:
		header.Set("Etag", fmt.Sprintf(`"v%d"`, version))
	case 3:
		header.Set("Etag", `W/"v"`)
	case 4:
		header.Set("Last-Modified", "Thu, 01 Jan 2026 10:00:00 GMT")
	case 5:
		header.Set("Last-Modified", fmt.Sprintf("Thu, 01 Jan 2026 09:00:0%d GMT", version))
	case 6:
		header.Set("Etag", `W/"v"`)
		header.Set("Last-Modified", "Thu, 01 Jan 2026 09:00:00 GMT")
	}
	if partial {
		q.reports.latest.StatusCode = http.StatusPartialContent
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", start, end-1, total))
	}
	body := io.Reader(bytes.NewReader(content[start:end]))
	if step[3] > 0 {
		broken := &Error{StatusCode: 200, Err: io.ErrUnexpectedEOF}
		body = io.MultiReader(io.LimitReader(body, 4*int64(step[3]-1)), failingReader{broken})
	}
	return &Download{ReadCloser: io.NopCloser(body), Size: length}, nil
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// A body that is read on after it was closed is asked for again.
func TestResumableMayBeReadOn(t *testing.T) {
	s := &resumeServer{files: [2][]byte{[]byte("0123456789")}}
	asked := []string{}
	open := func(options ...RequestOption) (*Download, error) {
		q := &request{header: make(http.Header)}
		for _, option := range options {
			option(q)
		}
		asked = append(asked, q.header.Get("Range"))
		return s.open(options...)
	}
	r := newResumable(context.Background(), open)
	_, err := io.ReadFull(r, make([]byte, 4))
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.NoError(t, r.Close())
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "456789", string(rest))
	require.Equal(t, []string{"", "bytes=4-9"}, asked)
	n, err := r.Read(nil)
	require.True(t, n == 0 && err == nil)

	part := r.part(3, 5)
	got, err := io.ReadAll(&part)
	require.NoError(t, err)
	require.Equal(t, "34", string(got))
	require.Equal(t, "bytes=3-4", asked[2])
}

func TestResumableErrors(t *testing.T) {
	wrong := errors.New("wrong")
	r := newResumable(t.Context(), func(...RequestOption) (*Download, error) { return nil, wrong })
	_, err := r.Read(make([]byte, 1))
	require.Equal(t, wrong, err)
}
