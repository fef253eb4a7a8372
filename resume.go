package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBreaks is how often in a row a download may break without a byte having come.
const maxBreaks = 5

// resumable reads a range of a download, and goes on where it was when the connection is lost. It is one and the same file all the
// time: a part of another one is refused.
type resumable struct {
	ctx  context.Context
	open func(opts ...RequestOption) (*Download, error)

	at, end int64 // the next byte, and the one after the last; end is -1 until the size is known
	size    int64 // of the whole file, -1 until it is known
	version string
	body    io.ReadCloser
	breaks  int
}

var errChanged = errors.New("the artifacts changed while they were read")

func (r *resumable) Read(p []byte) (int, error) {
	for {
		if r.body == nil {
			if r.end >= 0 && r.at >= r.end {
				return 0, io.EOF
			}
			if err := r.connect(); err != nil {
				if r.breaks++; r.breaks > maxBreaks || !passing(err) || r.ctx.Err() != nil {
					return 0, err
				}
				continue
			}
		}
		n, err := r.body.Read(p)
		r.at += int64(n)
		if n > 0 {
			r.breaks = 0
		}
		if err == nil || n > 0 && err == io.EOF {
			return n, nil
		}
		if err == io.EOF && (r.end < 0 || r.at >= r.end) {
			return 0, io.EOF
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		} else if !passing(err) || r.ctx.Err() != nil {
			return n, err
		}
		r.Close()
		if r.breaks++; r.breaks > maxBreaks {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
	}
}

// Close ends the download. It may be read on.
func (r *resumable) Close() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	return body.Close()
}

// connect asks for what is left.
func (r *resumable) connect() error {
	if r.breaks > 0 {
		if err := sleep(r.ctx, time.Duration(r.breaks)*200*time.Millisecond); err != nil {
			return err
		}
	}
	var response Response
	options := []RequestOption{WithResponse(&response)}
	if r.at > 0 || r.end >= 0 {
		asked := "bytes=" + strconv.FormatInt(r.at, 10) + "-"
		if r.end >= 0 {
			asked += strconv.FormatInt(r.end-1, 10)
		}
		options = append(options, WithHeader("Range", asked))
		if r.version != "" {
			options = append(options, WithHeader("If-Range", r.version))
		}
	}
	download, err := r.open(options...)
	if err != nil {
		return err
	}
	if err := r.accept(download, &response); err != nil {
		download.Close()
		return err
	}
	return nil
}

// accept takes an answer if it goes on with the file that was read so far. A server that does not know ranges begins anew, and what was
// read is passed.
func (r *resumable) accept(download *Download, response *Response) error {
	start, size := int64(0), download.Size
	if response.StatusCode == http.StatusPartialContent {
		var err error
		if start, size, err = parseContentRange(response.Header.Get("Content-Range")); err != nil {
			return err
		}
	}
	version := fileVersion(response.Header)
	if r.size >= 0 && size >= 0 && size != r.size || r.version != "" && version != "" && version != r.version || start > r.at {
		return errChanged
	}
	if r.version == "" {
		r.version = version
	}
	if r.size < 0 {
		r.size = size
	}
	if r.end < 0 {
		r.end = r.size
	}
	if _, err := io.CopyN(io.Discard, download, r.at-start); err != nil {
		return err
	}
	r.body = download
	if r.end >= 0 {
		r.body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(download, r.end-r.at), download}
	}
	return nil
}

// fileVersion is what If-Range can compare: a strong ETag, or else the time of the last change.
func fileVersion(header http.Header) string {
	if etag := header.Get("Etag"); etag != "" && !strings.HasPrefix(etag, "W/") {
		return etag
	}
	return header.Get("Last-Modified")
}

// parseContentRange reads a header such as "bytes 200-1000/67589". The size is -1 where it is "*".
func parseContentRange(value string) (start, size int64, err error) {
	var end int64
	unit, rest, _ := strings.Cut(value, " ")
	span, total, ok := strings.Cut(rest, "/")
	first, last, ranged := strings.Cut(span, "-")
	start, err1 := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	size = -1
	var err3 error
	if total != "*" {
		size, err3 = strconv.ParseInt(total, 10, 64)
	}
	if !ok || !ranged || unit != "bytes" || errors.Join(err1, err2, err3) != nil || start < 0 || end < start || size >= 0 && end >= size {
		return 0, 0, fmt.Errorf("%.64q is no range of bytes", value)
	}
	return start, size, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
