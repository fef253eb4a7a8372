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
		r := &resumable{at: at, end: end, size: size, version: had}
		before := *r
		response := &Response{StatusCode: status, Header: http.Header{"Content-Range": {value}, "Etag": {has}}}
		start, err := r.accept(response, max(length, -1))
		if err != nil {
			require.Equal(t, before, *r, "what is refused changes nothing")
			return
		}
		require.GreaterOrEqual(t, start, int64(0))
		require.LessOrEqual(t, start, at)
		if before.size >= 0 {
			require.Equal(t, before.size, r.size)
		}
		if before.end >= 0 {
			require.Equal(t, before.end, r.end)
		}
		if had != "" {
			require.Equal(t, had, r.version)
		}
		if !partial {
			require.Zero(t, start)
			return
		}
		var first, last int64
		var total string
		_, scanErr := fmt.Sscanf(value, "bytes %d-%d/%s", &first, &last, &total)
		require.NoError(t, scanErr)
		require.True(t, first == start && last >= at)
		if total != "*" {
			require.Equal(t, strings.TrimLeft(total, "0"), strings.TrimLeft(strconv.FormatInt(r.size, 10), "0"))
		}
	})
}

// FuzzResume downloads a file from a server that answers each question in a way of its own, but labels right what it sends.
func FuzzResume(f *testing.F) {
	f.Add(uint16(1000), []byte{0, 0, 0, 0, 1, 0, 0, 9, 2, 3, 4, 5})
	f.Add(uint16(300), []byte{1, 10, 100, 1, 1, 9, 50, 2, 5, 1, 1, 1, 3, 0, 0, 0})
	f.Fuzz(func(t *testing.T, size uint16, script []byte) {
		content := bytes.Repeat([]byte("0123456789abcdefghijklmnopq"), int(size)/27+1)[:size]
		synctest.Test(t, func(t *testing.T) {
			changed := false
			open := func(options ...RequestOption) (*Download, error) {
				q := &request{header: make(http.Header)}
				for _, option := range options {
					option(q)
				}
				step := [4]byte{}
				n := copy(step[:], script)
				script = script[n:]
				download, change, err := answer(q, content, step)
				changed = changed || change
				return download, err
			}
			r := newResumable(t.Context(), open)
			got, err := io.ReadAll(r)
			require.NoError(t, r.Close())
			if err == nil && !changed {
				require.True(t, bytes.Equal(content, got))
			}
			require.True(t, err != nil || r.at == int64(len(got)) && r.end == r.at)
		})
	})
}

// answer is one answer of a server: what it does with the range, with the header, and where it breaks off. All zeros is what is right.
func answer(q *request, content []byte, step [4]byte) (download *Download, change bool, err error) {
	start, end := 0, len(content)
	asked, ranged := strings.CutPrefix(q.header.Get("Range"), "bytes=")
	if first, last, _ := strings.Cut(asked, "-"); ranged {
		start, _ = strconv.Atoi(first)
		if n, err := strconv.Atoi(last); err == nil {
			end = min(end, n+1)
		}
	}
	header := http.Header{}
	q.response.Header, q.response.StatusCode = header, http.StatusOK
	status := func(code int) (*Download, bool, error) {
		q.response.StatusCode = code
		return nil, false, &Error{StatusCode: code}
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
	switch step[2] % 6 {
	case 1:
		length = -1
	case 2:
		total = "*"
	case 3:
		length, total, change = -1, "*", true
	case 4:
		header.Set("Etag", `"v2"`)
		change = true
	case 5:
		header.Set("Etag", `W/"v1"`)
	}
	if step[2]%6 < 4 && step[2] < 128 {
		header.Set("Etag", `"v1"`)
		change = false
	}
	if partial {
		q.response.StatusCode = http.StatusPartialContent
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", start, end-1, total))
	}
	body := io.Reader(bytes.NewReader(content[start:end]))
	if step[3] > 0 {
		broken := &Error{StatusCode: 200, Err: io.ErrUnexpectedEOF}
		body = io.MultiReader(io.LimitReader(body, int64(step[3]-1)), failingReader{broken})
	}
	return &Download{ReadCloser: io.NopCloser(body), Size: length}, change, nil
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// A body that is read on after it was closed is asked for again.
func TestResumableMayBeReadOn(t *testing.T) {
	content := []byte("0123456789")
	asked := []string{}
	open := func(options ...RequestOption) (*Download, error) {
		q := &request{header: make(http.Header)}
		for _, option := range options {
			option(q)
		}
		asked = append(asked, q.header.Get("Range"))
		download, _, err := answer(q, content, [4]byte{})
		return download, err
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
