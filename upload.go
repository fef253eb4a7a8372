package gitlabci

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"sync"
	"sync/atomic"
)

// An upload is the body of a request that holds a file: a form that is read as it is sent.
type upload struct {
	contentType string
	head, tail  []byte // what stands around the file
	file        io.Reader
	seeker      io.Seeker // the file, if it can be read again
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
	if seeker, ok := file.(io.Seeker); ok {
		if start, end, err := extent(seeker); err == nil { // a pipe has the method and cannot do it
			u.seeker, u.start, u.size = seeker, start, int64(form.Len())+end-start
		}
	}
	return u, nil
}

// extent tells where a file stands and where it ends.
func extent(file io.Seeker) (start, end int64, err error) {
	if start, err = file.Seek(0, io.SeekCurrent); err != nil {
		return 0, 0, err
	}
	if end, err = file.Seek(0, io.SeekEnd); err != nil {
		return 0, 0, err
	}
	_, err = file.Seek(start, io.SeekStart)
	return start, max(start, end), err
}

var errOnlyOnce = errors.New("the file cannot be read from its beginning again")

// open gives the body for the next attempt. The one before must not read on: net/http may be at it still when it gives an answer.
func (u *upload) open() (io.Reader, error) {
	u.finish()
	switch {
	case u.reading == nil || !u.reading.begun.Load():
	case u.seeker == nil:
		return nil, errOnlyOnce
	default:
		if _, err := u.seeker.Seek(u.start, io.SeekStart); err != nil {
			return nil, err
		}
	}
	u.reading = &uploadReader{upload: u, parts: io.MultiReader(bytes.NewReader(u.head), u.file, bytes.NewReader(u.tail))}
	return u.reading, nil
}

// finish ends the current attempt's reading. A file that can be read again is one that answers at once, so its last read is waited for;
// another may let nobody know when.
func (u *upload) finish() {
	if u.reading == nil {
		return
	}
	u.reading.finished.Store(true)
	if u.seeker != nil {
		u.reading.mu.Lock()
		defer u.reading.mu.Unlock()
	}
}

// uploadReader reads the form for one attempt.
type uploadReader struct {
	upload          *upload
	parts           io.Reader
	begun, finished atomic.Bool
	mu              sync.Mutex
}

// Len tells net/http how much there is; 0 stands for as much as comes.
func (r *uploadReader) Len() int { return int(max(r.upload.size, 0)) }

func (r *uploadReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.finished.Load() {
		return 0, io.ErrClosedPipe
	}
	r.begun.Store(true)
	return r.parts.Read(p)
}
