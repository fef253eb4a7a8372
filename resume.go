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

const (
	resumeInterval = 300 * time.Millisecond // the first pause before a lost connection is made anew
	resumePatience = time.Minute            // how long a download may bring nothing new
)

// resumable reads a range of a download, and goes on where it was when the connection is lost. It is one and the same file all the
// time: a part of another one is refused.
type resumable struct {
	ctx  context.Context
	open func(opts ...RequestOption) (*Download, error)
	poll *poller

	at, end int64  // the next byte, and the one after the last; end is -1 until the size is known
	size    int64  // of the whole file, -1 until it is known
	version string // of the file, as If-Range takes it; empty if the server does not tell
	body    io.ReadCloser
	partial bool // one of several downloads of one file
	begun   bool // an answer was taken
	grew    bool // bytes came since the connection was last lost
}

// newResumable is a download of the whole file that open opens.
func newResumable(ctx context.Context, open func(opts ...RequestOption) (*Download, error)) *resumable {
	return &resumable{ctx: ctx, open: open, poll: newPoller(getArtifacts, resumeInterval, resumePatience), end: -1, size: -1}
}

// part is a download of the bytes from at to end of a file of which something is known already.
func (r *resumable) part(at, end int64) resumable {
	return resumable{ctx: r.ctx, open: r.open, poll: newPoller(getArtifacts, resumeInterval, resumePatience), at: at, end: end,
		size: r.size, version: r.version, partial: true}
}

func (r *resumable) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if r.end >= 0 && r.at >= r.end {
			return 0, io.EOF
		}
		if err := r.connect(); err != nil {
			return 0, err
		}
		if r.end >= 0 {
			p = p[:min(int64(len(p)), r.end-r.at)]
		}
		n, err := r.body.Read(p)
		if n > 0 {
			r.at += int64(n)
			r.grew = true
			if !r.poll.failing.IsZero() {
				r.poll.survives(r.ctx, nil)
			}
			return n, nil // an error comes again with the next read
		}
		if err == io.EOF && r.end < 0 {
			r.end, r.size = r.at, r.at
		} else if err != nil {
			if err := r.lost(err); err != nil {
				return 0, err
			}
		}
	}
	return 0, nil
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

// connect opens what is left of the download, if it is not open. The first request is repeated as the client repeats all requests; those
// that go on with the download are paced here.
func (r *resumable) connect() error {
	for r.body == nil {
		var options []RequestOption
		if r.begun {
			options = append(options, WithoutRetry())
		}
		if r.at > 0 || r.end >= 0 {
			options = append(options, WithHeader("Range", fmt.Sprintf("bytes=%d-%s", r.at, r.last())))
			if r.version != "" {
				options = append(options, WithHeader("If-Range", r.version))
			}
		}
		download, err := r.ask(options...)
		if err == nil {
			err = r.take(download)
		} else if r.begun {
			err = r.lost(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ask sends a request. Its response is also the caller's, of [WithResponse], but for parts: they may be read at the same time.
func (r *resumable) ask(options ...RequestOption) (*Download, error) {
	var callers *Response
	download, err := r.open(append(options, func(q *request) { callers, q.response = q.response, &r.poll.response })...)
	if callers != nil && !r.partial {
		*callers = r.poll.response
	}
	return download, err
}

func (r *resumable) last() string {
	if r.end < 0 {
		return ""
	}
	return strconv.FormatInt(r.end-1, 10)
}

// lost pauses after a connection was lost. An error says that it is no use to make another one.
func (r *resumable) lost(err error) error {
	r.Close()
	if r.size < 0 && r.version == "" { // nothing would tell the file from another one
		return err
	}
	if err == io.EOF { // less came than was said
		err = &Error{Op: getArtifacts.name, Method: getArtifacts.method, Route: getArtifacts.route, Err: io.ErrUnexpectedEOF, kinds: getArtifacts.kinds()}
	}
	if e := (*Error)(nil); errors.As(err, &e) && e.RetryAfter > resumePatience {
		return err
	}
	if ok, err := r.poll.survives(r.ctx, err); !ok {
		return err
	}
	grew := r.grew
	r.grew = false
	return r.poll.rest(r.ctx, grew)
}

// take reads on from an answer, if it is of the file that was read so far. What was read already is passed, where a server that does not
// know ranges begins anew.
func (r *resumable) take(download *Download) error {
	start, err := r.accept(&r.poll.response, download.Size)
	if err != nil {
		download.Close()
		return download.told(err)
	}
	r.begun = true
	r.body = download
	switch passed, err := io.CopyN(io.Discard, download, r.at-start); {
	case err == io.EOF && r.size < 0:
		r.Close()
		return fmt.Errorf("%w: it ends after %d bytes, of which %d were read", errChanged, start+passed, r.at)
	case err != nil:
		return r.lost(err)
	}
	return nil
}

var errChanged = errors.New("the file changed while it was read")

// accept says at which byte an answer begins, if that is of use and nothing speaks against its being of the same file.
func (r *resumable) accept(response *Response, length int64) (start int64, err error) {
	size := length
	if response.StatusCode == http.StatusPartialContent {
		var end int64
		if start, end, size, err = parseContentRange(response.Header.Get("Content-Range")); err != nil {
			return 0, err
		}
		if start > r.at || end <= r.at {
			return 0, fmt.Errorf("the bytes %d to %d came, asked for were those from %d", start, end-1, r.at)
		}
		if size < 0 && r.size < 0 { // a part may be shorter than what was asked for
			return 0, errors.New("nothing tells how long the file is")
		}
		if length >= 0 && length != end-start {
			return 0, fmt.Errorf("%d bytes came as the bytes %d to %d", length, start, end-1)
		}
	}
	version := fileVersion(response.Header)
	switch {
	case r.size >= 0 && size >= 0 && r.size != size:
		return 0, fmt.Errorf("%w: it has %d bytes, and had %d", errChanged, size, r.size)
	case r.version != "" && version != "" && r.version != version:
		return 0, fmt.Errorf("%w: it is the version %.64q, and was %.64q", errChanged, version, r.version)
	case (r.size >= 0 || r.version != "") && (r.size < 0 || size < 0) && (r.version == "" || version == ""):
		return 0, errors.New("nothing tells whether it is still the same file")
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
	return start, nil
}

// fileVersion is what If-Range can compare: a strong ETag, or else the time of the last change.
func fileVersion(header http.Header) string {
	if etag := header.Get("Etag"); etag != "" && !strings.HasPrefix(etag, "W/") {
		return etag
	}
	return header.Get("Last-Modified")
}

// parseContentRange reads a header such as "bytes 200-999/67589", which gives 200, 1000 and 67589. The size is -1 where it is "*".
func parseContentRange(value string) (start, end, size int64, err error) {
	unit, rest, _ := strings.Cut(value, " ")
	span, total, _ := strings.Cut(rest, "/")
	first, last, _ := strings.Cut(span, "-")
	number := func(digits string) int64 {
		n, parseErr := strconv.ParseUint(digits, 10, 62)
		if parseErr != nil {
			err = parseErr
		}
		return int64(n)
	}
	start, end, size = number(first), number(last)+1, -1
	if total != "*" {
		size = number(total)
	}
	if err != nil || unit != "bytes" || end <= start || size >= 0 && end > size {
		return 0, 0, 0, fmt.Errorf("%w: %.64q is no range of bytes", ErrDecode, value)
	}
	return start, end, size, nil
}
