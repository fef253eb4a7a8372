package gitlabci

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// An upload is the body of a request that holds a file: a form that is read as it is sent.
type upload struct {
	contentType string
	head, tail  []byte // what stands around the file
	file        io.Reader
	seeker      io.Seeker // the file, if it can be read again
	prompt      bool      // it answers each read at once
	start       int64     // where in it the upload begins
	size        int64     // of the whole; -1 if the file does not tell

	reading *uploadReader // of the current attempt
}

// field is a plain member of a form.
type field struct{ name, value string }

// uploader are the options of a call that sends a form and not JSON.
type uploader interface{ upload() (*upload, error) }

func newUpload(fields []field, fileField, filename string, file io.Reader) (*upload, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, f := range fields {
		if err := w.WriteField(f.name, f.value); err != nil {
			return nil, err
		}
	}
	if _, err := w.CreateFormFile(fileField, filename); err != nil {
		return nil, err
	}
	headLen := form.Len()
	if err := w.Close(); err != nil {
		return nil, err
	}
	u := &upload{contentType: w.FormDataContentType(), head: form.Bytes()[:headLen], tail: form.Bytes()[headLen:], file: file, size: -1}
	switch known := file.(type) {
	case *bytes.Buffer:
		u.file, u.prompt = bytes.NewReader(known.Bytes()), true // which can be read again
	case *bytes.Reader, *strings.Reader, *os.File:
		u.prompt = true
	}
	seeker, ok := u.file.(io.Seeker)
	if !ok {
		return u, nil
	}
	start, end, err := extent(seeker)
	if err != nil { // as of a pipe, which has the method and cannot do it
		return u, nil
	}
	if start == end {
		return nil, errNothingLeft
	}
	u.seeker, u.start, u.size = seeker, start, int64(form.Len())+end-start
	return u, nil
}

var errNothingLeft = errors.New("the file has nothing left to read: seek to its beginning")

// extent tells where a file stands and where it ends.
func extent(file io.Seeker) (start, end int64, err error) {
	start, err = file.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, 0, err
	}
	end, err = file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, 0, err
	}
	_, err = file.Seek(start, io.SeekStart)
	return start, max(start, end), err
}

var errOnlyOnce = errors.New("the file cannot be read from its beginning again")

// open returns the body for the next attempt. The one before must not read on: net/http may be at it still when it returns an answer.
func (u *upload) open(ctx context.Context) (io.Reader, error) {
	u.finish()
	switch {
	case u.reading == nil || !u.reading.begun.Load():
	case u.seeker == nil:
		return nil, errOnlyOnce
	default:
		if err := u.reading.aside.wait(ctx); err != nil {
			return nil, err
		}
		if _, err := u.seeker.Seek(u.start, io.SeekStart); err != nil {
			return nil, err
		}
	}
	u.reading = &uploadReader{size: u.size}
	file := u.file
	if u.seeker == nil || !u.prompt {
		u.reading.aside = &aside{ctx: ctx, source: file}
		file = u.reading.aside
	}
	u.reading.parts = io.MultiReader(bytes.NewReader(u.head), file, bytes.NewReader(u.tail))
	return u.reading, nil
}

// finish ends the current attempt's reading. The last read of a file that can be read again is waited for, as long as the context lasts;
// that of another may let nobody know when it ends, and is left.
func (u *upload) finish() {
	if u.reading == nil {
		return
	}
	u.reading.finished.Store(true)
	if u.reading.aside != nil {
		u.reading.aside.leave(io.ErrClosedPipe)
		if u.seeker != nil {
			_ = u.reading.aside.wait(u.reading.aside.ctx) // whose end is told otherwise
		}
	}
	u.reading.mu.Lock()
	defer u.reading.mu.Unlock()
}

// partial reports whether an upload broke off before all of it was taken, so that nobody can act on it.
func (u *upload) partial() bool { return u != nil && u.reading != nil && !u.reading.whole.Load() }

// uploadReader reads the form for one attempt.
type uploadReader struct {
	size  int64 // as of the upload
	parts io.Reader
	aside *aside // the file, unless it answers at once

	begun, finished, whole atomic.Bool

	mu   sync.Mutex
	read int64
}

// Len tells net/http how much there is; 0 stands for as much as comes.
func (r *uploadReader) Len() int { return int(max(r.size, 0)) }

func (r *uploadReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.finished.Load() {
		return 0, io.ErrClosedPipe
	}
	r.begun.Store(true)
	n, err := r.parts.Read(p)
	r.read += int64(n)
	if r.read == r.size || err == io.EOF && r.size < 0 {
		r.whole.Store(true)
	}
	return n, err
}

// aside is a source that may let wait for ever. It is read in a goroutine of its own, so that a call which ends does not wait for it, as
// net/http would.
type aside struct {
	ctx    context.Context
	source io.Reader

	mu   sync.Mutex
	out  *io.PipeReader // nil until it is read or left
	in   *io.PipeWriter
	done chan struct{} // closed when the source is no longer read; nil before it is
}

func (a *aside) Read(p []byte) (int, error) { return a.begin().Read(p) }

func (a *aside) begin() *io.PipeReader {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.out == nil {
		a.out, a.in = io.Pipe()
		stop := context.AfterFunc(a.ctx, func() { a.leave(a.ctx.Err()) })
		a.done = make(chan struct{})
		go func() {
			defer close(a.done)
			defer stop()
			_, err := io.Copy(a.in, struct{ io.Reader }{a.source})
			a.in.CloseWithError(err)
		}()
	}
	return a.out
}

// leave ends the reading with this error. What the source returns to a read that is under way is dropped.
func (a *aside) leave(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.out == nil {
		a.out, a.in = io.Pipe()
	}
	a.in.CloseWithError(err)
}

// wait waits until the source is no longer read.
func (a *aside) wait(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	done := a.done
	a.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
