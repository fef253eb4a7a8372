package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	resumeInterval = 300 * time.Millisecond // the first pause before a lost connection is made anew
	resumePatience = time.Minute            // how long a download may bring nothing new
	resumeMaxAsked = time.Minute            // the longest pause that GitLab may ask for
	maxVersions    = 4                      // of a file whose bytes count as new, though as many of another one came before
)

// resumable reads a file, or a range of one, and goes on when the connection is lost. What it reads is of one and the same file: it goes
// on at the byte that it had come to only where a strong validator proves that what comes is of the same file, and begins anew where
// nothing does.
type resumable struct {
	ctx  context.Context
	open func(opts ...RequestOption) (*Download, error)
	poll *poller
	anew func() error // drops what was read, before the first byte comes again; nil for what cannot begin anew, such as a range

	at, end   int64  // the next byte, and the one after the last; end is -1 until the size is known
	size      int64  // of the whole file, -1 until it is known
	validator string // of the file, as If-Range takes it; empty if there is none that proves anything
	answers   int    // that the bytes up to at are of
	body      io.ReadCloser
	passing   int64 // bytes that come again, before the next one
	partial   bool  // one of several downloads of one file
	begun     bool  // an answer was taken

	reached  int64     // the furthest byte ever
	versions []string  // the validators of the files that reached is counted for
	flowed   time.Time // when bytes came that had come before
	grew     bool      // bytes came since the connection was last lost that had not come before
}

// downloadArtifacts is getting artifacts, in as many requests as it takes.
var downloadArtifacts = &composite{"get artifacts", ErrArtifactsGet}

// newResumable is a download of the whole file that open opens.
func newResumable(ctx context.Context, open func(opts ...RequestOption) (*Download, error)) *resumable {
	return &resumable{ctx: ctx, open: open, poll: newDownloadPoller(), end: -1, size: -1}
}

// resumable is a download of a file of a job that survives lost connections.
func (s *JobsService) resumable(ctx context.Context, project Project, id int64, fileType ArtifactType, opts []RequestOption) *resumable {
	return newResumable(ctx, func(more ...RequestOption) (*Download, error) {
		return s.Artifacts(ctx, project, id, &ArtifactsOptions{FileType: fileType}, append(append([]RequestOption(nil), opts...), more...)...)
	})
}

func newDownloadPoller() *poller {
	return newPoller(downloadArtifacts, resumeInterval, resumePatience, resumeMaxAsked)
}

// part is a download of the bytes from at to end of a file that has a validator.
func (r *resumable) part(at, end int64) resumable {
	return resumable{ctx: r.ctx, open: r.open, poll: newDownloadPoller(), at: at, end: end,
		size: r.size, validator: r.validator, partial: true}
}

func (r *resumable) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if r.end >= 0 && r.at >= r.end {
			return 0, io.EOF
		}
		if r.body == nil {
			if err := r.connect(); err != nil {
				return 0, err
			}
			continue // it may be another file, which has an end of its own
		}
		n, err := r.body.Read(r.room(p))
		switch {
		case n > 0 && r.passing > 0:
			r.passing -= int64(n)
			r.repeats()
		case n > 0:
			r.at += int64(n)
			r.advance()
			return n, nil // an error comes again with the next read
		case err == io.EOF && r.end < 0 && r.passing == 0:
			r.end, r.size = r.at, r.at
		case err != nil:
			if err := r.lost(err); err != nil {
				return 0, err
			}
		}
	}
	return 0, nil
}

// room is the part of p that the next bytes have a place in.
func (r *resumable) room(p []byte) []byte {
	most := int64(len(p))
	if r.passing > 0 {
		most = min(most, r.passing)
	} else if r.end >= 0 {
		most = min(most, r.end-r.at)
	}
	return p[:most]
}

// advance notes that bytes came. Patience ends where none come that are new; those that come once more cost none, and restore none.
func (r *resumable) advance() {
	if r.at <= r.reached {
		r.repeats()
		return
	}
	r.reached, r.grew = r.at, true
	if !r.poll.failing.IsZero() {
		r.poll.survives(r.ctx, nil)
	}
}

func (r *resumable) repeats() {
	if r.poll.failing.IsZero() {
		return
	}
	now := time.Now()
	r.poll.failing = r.poll.failing.Add(now.Sub(r.flowed))
	r.flowed = now
}

// Close ends the download. It may be read on.
func (r *resumable) Close() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body, r.passing = nil, 0
	return body.Close()
}

// whole reports whether the next request is for the whole file: the first one, and each for which it cannot be proven that it would go on
// with the same file.
func (r *resumable) whole() bool { return r.validator == "" || r.at == 0 && r.anew != nil }

// connect opens what is left of the download, if it is not open. The first request is repeated as the client repeats all requests; those
// that go on with the download are paced here.
func (r *resumable) connect() error {
	for r.body == nil {
		whole := r.whole()
		came, err := r.next()
		switch {
		case err == nil:
			err = r.take(came)
		case !whole && refusesRange(err):
			err = r.distrust(err)
		case r.begun:
			err = r.lost(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// next asks for what is left of the download.
func (r *resumable) next() (*arrival, error) {
	var options []RequestOption
	if r.begun {
		options = append(options, WithoutRetry())
	}
	if !r.whole() {
		options = append(options, WithHeader("Range", fmt.Sprintf("bytes=%d-%s", r.at, r.last())), WithHeader("If-Range", r.validator))
	}
	return r.ask(options...)
}

// arrival is a download that has begun.
type arrival struct {
	*Download
	response Response
}

// ask sends a request. Its response is also the caller's, of [WithResponse], but for parts: they may be read at the same time.
func (r *resumable) ask(options ...RequestOption) (*arrival, error) {
	if r.partial {
		options = append(options, WithResponse(nil))
	}
	came := new(arrival)
	download, err := r.open(append(options, reporting(&came.response))...)
	r.poll.response = came.response
	if err != nil {
		return nil, err
	}
	came.Download = download
	return came, nil
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
	if r.validator == "" && r.anew == nil {
		return err
	}
	if err == io.EOF { // less came than was said
		op := getArtifacts
		err = &Error{Op: op.name, Method: op.method, Route: op.route, Err: io.ErrUnexpectedEOF, kinds: op.kinds()}
	}
	if ok, err := r.poll.survives(r.ctx, err); !ok {
		return err
	}
	grew := r.grew
	r.grew = false
	return r.poll.rest(r.ctx, grew)
}

// distrust lets the next request be one for the whole file, after err made one for the rest of it useless.
func (r *resumable) distrust(err error) error {
	if r.anew == nil {
		return err
	}
	r.validator = ""
	return nil
}

// take reads on from an answer, if it is of use.
func (r *resumable) take(came *arrival) error {
	whole := r.whole()
	a, err := came.answer()
	switch {
	case err != nil:
	case a.start == 0 && (whole || !a.partial && r.anew != nil): // one answer is of one file, whichever that is
		err = r.adopt(a)
		whole = true
	default:
		err = r.follow(a)
	}
	if err != nil {
		came.Close()
		if whole {
			return err
		}
		return r.distrust(err)
	}
	r.begun = true
	r.body, r.passing = came, r.at-a.start
	r.answers++
	r.flowed = time.Now()
	return nil
}

// adopt begins anew, with the file that an answer begins.
func (r *resumable) adopt(a answer) error {
	if a.size < 0 && a.partial { // it may end anywhere
		return errors.New("nothing tells how long the file is")
	}
	if err := r.restart(); err != nil {
		return err
	}
	r.size, r.end, r.validator = a.size, a.size, a.validator
	if a.validator != "" && len(r.versions) < maxVersions && !slices.Contains(r.versions, a.validator) {
		r.versions = append(r.versions, a.validator)
		r.reached = 0
	}
	return nil
}

// restart lets the next read begin with the first byte.
func (r *resumable) restart() error {
	r.Close()
	switch {
	case r.at == 0:
	case r.anew == nil:
		return errUnproven
	default:
		if err := r.anew(); err != nil {
			return err
		}
	}
	r.at, r.end, r.size, r.validator, r.answers = 0, -1, -1, "", 0
	return nil
}

var (
	errChanged  = errors.New("the file changed while it was read")
	errUnproven = errors.New("nothing proves that it is still the same file")
)

// follow says what speaks against going on with an answer.
func (r *resumable) follow(a answer) error {
	switch {
	case r.size >= 0 && a.size >= 0 && r.size != a.size:
		return fmt.Errorf("%w: it has %d bytes, and had %d", errChanged, a.size, r.size)
	case a.start > r.at || a.partial && a.end <= r.at:
		return fmt.Errorf("the bytes %d to %d came, asked for were those from %d", a.start, a.end-1, r.at)
	case r.validator == "", a.validator == "":
		return errUnproven
	case r.validator != a.validator:
		return fmt.Errorf("%w: it is another version", errChanged)
	case r.size < 0 && a.size < 0 && a.partial: // it may end anywhere
		return errors.New("nothing tells how long the file is")
	}
	r.size = max(r.size, a.size)
	if r.end < 0 {
		r.end = r.size
	}
	return nil
}

// answer is what an answer tells of the file that it is of.
type answer struct {
	partial    bool
	start, end int64 // its bytes; end is -1 if it is not known
	size       int64 // of the file, -1 if it is not known
	validator  string
}

// answer reads the header of what came.
func (came *arrival) answer() (a answer, err error) {
	header := came.response.Header
	a = answer{end: came.Size, size: came.Size, validator: strongValidator(header)}
	a.partial = came.response.StatusCode == http.StatusPartialContent
	if a.partial {
		a.start, a.end, a.size, err = parseContentRange(header.Get("Content-Range"))
		if err == nil && came.Size >= 0 && came.Size != a.end-a.start {
			err = fmt.Errorf("%d bytes came as the bytes %d to %d", came.Size, a.start, a.end-1)
		}
	}
	return a, err
}

// strongValidator is what proves, where it is the same, that two answers are of the same bytes, and that If-Range takes: a strong ETag or,
// where there is no ETag at all, the time of the last change, if the file was that old when it was sent that it cannot have changed once
// more within the same second (RFC 9110, 8.8.2.2 and 13.1.5). It is empty where the answer has neither.
func strongValidator(header http.Header) string {
	tags := header.Values("Etag")
	if len(tags) > 0 {
		tag := tags[0]
		if len(tags) == 1 && len(tag) > 2 && strings.HasPrefix(tag, `"`) && strings.IndexByte(tag[1:], '"') == len(tag)-2 {
			return tag
		}
		return ""
	}
	modified := header.Get("Last-Modified")
	changed, err := http.ParseTime(modified)
	if err != nil {
		return ""
	}
	sent, err := http.ParseTime(header.Get("Date"))
	if err != nil || sent.Sub(changed) <= time.Second {
		return ""
	}
	return modified
}

// refusesRange reports whether an error may be due to the range that was asked for: of a file that is shorter, or in a form that the server
// does not take.
func refusesRange(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable, http.StatusNotImplemented:
		return true
	}
	return false
}

// parseContentRange reads a header such as "bytes 200-999/67589", of which it returns 200, 1000 and 67589. The size is -1 where it is "*".
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
		return 0, 0, 0, fmt.Errorf("%w: its Content-Range is no range of bytes", ErrDecode)
	}
	return start, end, size, nil
}
