package gitlabci

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
)

// An Archive is the archive of a job's artifacts as a file system ([fs.FS], for [fs.ReadFile], [fs.WalkDir] and all that takes one). It
// is safe for concurrent use. The caller closes it.
type Archive struct {
	Size int64 // of the archive, in bytes

	zip    *zip.Reader
	source interface {
		io.ReaderAt
		io.Closer
	}
}

var _ fs.FS = (*Archive)(nil)

const (
	archiveTail   = 64 << 10 // what is read first: the end of an archive holds its directory
	maxDirectory  = 32 << 20 // bytes that the directory of an archive may take
	maxEntries    = 100_000  // files and directories that an archive may hold
	maxWindows    = 4        // parts of an archive that are read at the same time
	firstWindow   = 64 << 10 // what is asked for at first of a part; twice as much each time that it is read on
	largestWindow = 8 << 20
	largestSkip   = 16 << 10 // what is rather read and dropped than asked for anew
)

var openArtifacts = &operation{"open artifacts", http.MethodGet, "/projects/:id/jobs/:job_id/artifacts", ErrArtifactsGet, repeatable, ""}

// OpenArtifacts opens the archive of a job's artifacts. Only its directory is transferred, and later the files that are read, if the
// server knows ranges; otherwise the archive is spooled to a temporary file, which Close deletes.
//
// The context serves all later reading. Its errors answer to [ErrArtifactsGet]; to [ErrNotFound] where the job has no archive, and to
// [ErrDecode] where that is no zip file or holds more than 100,000 entries.
func (s *JobsService) OpenArtifacts(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Archive, error) {
	archive, err := s.openArtifacts(ctx, project, id, opts)
	if err != nil {
		return nil, openArtifacts.wrap(err)
	}
	return archive, nil
}

func (s *JobsService) openArtifacts(ctx context.Context, project Project, id int64, opts []RequestOption) (*Archive, error) {
	var response Response
	whole := s.resumable(ctx, project, id, "", opts)
	tail, err := whole.open(WithResponse(&response), WithHeader("Range", fmt.Sprintf("bytes=-%d", archiveTail)))
	if err != nil {
		return nil, err
	}
	var archive *Archive
	if response.StatusCode == http.StatusPartialContent {
		archive, err = openRemote(whole, tail, &response)
	} else {
		archive, err = spool(whole, tail, &response)
	}
	if err != nil {
		return nil, err
	}
	if err := archive.readDirectory(); err != nil {
		archive.Close()
		return nil, err
	}
	return archive, nil
}

// openRemote opens an archive of which the tail has come.
func openRemote(whole *resumable, tail *Download, response *Response) (*Archive, error) {
	defer tail.Close()
	start, size, err := parseContentRange(response.Header.Get("Content-Range"))
	if err != nil {
		return nil, err
	}
	if size < 0 {
		return nil, errors.New("the size of the archive is not known")
	}
	r := &remote{whole: *whole, tailAt: start}
	r.whole.size, r.whole.version = size, fileVersion(response.Header)
	if r.tail, err = io.ReadAll(io.LimitReader(tail, archiveTail)); err != nil {
		return nil, err
	}
	return &Archive{Size: size, source: r}, nil
}

// spool copies an archive to a temporary file.
func spool(whole *resumable, download *Download, response *Response) (*Archive, error) {
	defer whole.Close()
	if err := whole.accept(download, response); err != nil {
		download.Close()
		return nil, err
	}
	file, err := os.CreateTemp("", "gitlabci-*.zip")
	if err != nil {
		return nil, err
	}
	spooled := temporaryFile{file}
	size, err := io.Copy(file, whole)
	if err != nil {
		spooled.Close()
		return nil, err
	}
	return &Archive{Size: size, source: spooled}, nil
}

// temporaryFile is deleted when it is closed.
type temporaryFile struct{ *os.File }

func (f temporaryFile) Close() error { return errors.Join(f.File.Close(), os.Remove(f.Name())) }

// readDirectory reads what the archive holds, within bounds: the counts that an archive claims need not be true.
func (a *Archive) readDirectory() error {
	bounded := &boundedReaderAt{ReaderAt: a.source, left: maxDirectory}
	directory, err := zip.NewReader(bounded, a.Size)
	switch {
	case bounded.left < 0:
		err = fmt.Errorf("its directory is longer than %d MiB", maxDirectory>>20)
	case err == nil && len(directory.File) > maxEntries:
		err = fmt.Errorf("it holds %d entries, more than %d", len(directory.File), maxEntries)
	}
	if err != nil && !errors.As(err, new(*Error)) {
		return &Error{Op: openArtifacts.name, Err: fmt.Errorf("archive: %w", err), kinds: []error{ErrDecode}}
	}
	bounded.left = 1<<63 - 1 // files may be of any length
	a.zip = directory
	return err
}

// boundedReaderAt fails once it was asked for more than it may read.
type boundedReaderAt struct {
	io.ReaderAt
	mu   sync.Mutex
	left int64
}

func (b *boundedReaderAt) ReadAt(p []byte, off int64) (int, error) {
	b.mu.Lock()
	b.left -= int64(len(p))
	over := b.left < 0
	b.mu.Unlock()
	if over {
		return 0, errors.New("the bound is reached")
	}
	return b.ReaderAt.ReadAt(p, off)
}

// Open opens a file or directory of the archive.
func (a *Archive) Open(name string) (fs.File, error) { return a.zip.Open(name) }

// Close ends the reading of the archive and of all files in it.
func (a *Archive) Close() error { return a.source.Close() }

// remote reads an archive over the network, by ranges. It keeps a few of them open, so that files that are read at the same time, each
// from its beginning to its end, take a few requests and no more memory than a connection does.
type remote struct {
	whole  resumable // what all ranges have in common
	tailAt int64
	tail   []byte

	mu      sync.Mutex
	windows []*window // the one that was read last is the last
	closed  bool
}

// window is a range that is being read.
type window struct {
	resumable
	length int64
}

func (r *remote) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	size := r.whole.size
	if off >= size {
		return 0, io.EOF
	}
	short := int64(len(p)) > size-off
	p = p[:min(int64(len(p)), size-off)]
	n, err := len(p), error(nil)
	if off >= r.tailAt && off+int64(len(p)) <= r.tailAt+int64(len(r.tail)) {
		copy(p, r.tail[off-r.tailAt:])
	} else {
		n, err = r.readWindow(p, off)
	}
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}

func (r *remote) readWindow(p []byte, off int64) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, fs.ErrClosed
	}
	for n < len(p) && err == nil {
		w := r.windowAt(off + int64(n))
		if _, err = io.CopyN(io.Discard, w, off+int64(n)-w.at); err != nil {
			break
		}
		var m int
		m, err = io.ReadFull(w, p[n:min(int64(len(p)), int64(n)+w.end-w.at)])
		n += m
	}
	return n, err
}

// windowAt gives a range that reaches or is about to reach a byte.
func (r *remote) windowAt(off int64) *window {
	length := int64(firstWindow)
	for i, w := range r.windows {
		if off == w.end && w.at == w.end { // it is read on
			length = min(2*w.length, largestWindow)
			r.drop(i)
			break
		}
		if w.at <= off && off < w.end && off-w.at <= largestSkip {
			r.windows = append(append(r.windows[:i:i], r.windows[i+1:]...), w)
			return w
		}
	}
	if len(r.windows) >= maxWindows {
		r.drop(0)
	}
	w := &window{r.whole, length}
	w.at, w.end = off, min(off+length, r.whole.size)
	r.windows = append(r.windows, w)
	return w
}

func (r *remote) drop(i int) {
	r.windows[i].Close()
	r.windows = append(r.windows[:i:i], r.windows[i+1:]...)
}

func (r *remote) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.windows) > 0 {
		r.drop(0)
	}
	r.closed = true
	return nil
}
