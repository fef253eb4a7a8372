package gitlabci

import (
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

	index  *index
	cancel context.CancelFunc
	source io.Closer
}

var _ fs.FS = (*Archive)(nil)

const (
	archiveTail   = 64 << 10 // what is read first: the end of an archive holds its directory
	maxIdle       = 8        // ranges that stay open between two reads, each for one of the files that are read at the same time
	firstWindow   = 64 << 10 // what is asked for at first of a file; four times as much each time that it is read on
	largestWindow = 64 << 20
	largestSkip   = 16 << 10 // what is rather read and dropped than asked for anew
)

var openArtifacts = &composite{"open artifacts", ErrArtifactsGet}

// OpenArtifactsOptions say how to open an archive.
type OpenArtifactsOptions struct {
	SpoolDir string // the directory for an archive that cannot be read by ranges; that of temporary files if empty
}

// OpenArtifacts opens the archive of a job's artifacts. Only its directory is transferred, and later the files that are read, if the
// server knows ranges and sends a strong validator (a strong ETag or, where there is no ETag, a Last-Modified that is older than a second),
// which proves that all of them are of one archive; otherwise the archive is spooled to a temporary file, which Close deletes.
//
//	GET /projects/:id/jobs/:job_id/artifacts
//
// An archive of up to 64 KiB takes one request, and one more or two where the server refuses a range that counts from the end. Of others,
// a file that is read from its beginning to its end takes one request, or a few if it is long, each of them streamed. Lost connections are
// made anew, for as long as a minute brings something new, and an archive that is replaced by another one while it is read by ranges is an
// error.
//
// The context serves all later reading. The errors, also those of the connection while reading, match [ErrArtifactsGet]; [ErrNotFound]
// where the job has no archive, [ErrNotGitLab] where a page came instead of one, and [ErrDecode] where that is no zip file, or one with
// more than 100,000 entries, a directory longer than 32 MiB, or paths of more than 4096 bytes or 100 directories.
func (s *JobsService) OpenArtifacts(ctx context.Context, project Project, id int64, options *OpenArtifactsOptions, opts ...RequestOption) (*Archive, error) {
	if options == nil {
		options = new(OpenArtifactsOptions)
	}
	ctx, cancel := context.WithCancel(ctx)
	whole := s.resumable(ctx, project, id, "", opts)
	archive, err := openArchive(ctx, whole, options.SpoolDir)
	if err != nil {
		cancel()
		return nil, openArtifacts.wrap(err)
	}
	archive.cancel = cancel
	return archive, nil
}

func openArchive(ctx context.Context, whole *resumable, spoolDir string) (*Archive, error) {
	source, err := openSource(whole, spoolDir)
	if err != nil {
		return nil, err
	}
	archive := &Archive{Size: whole.size, source: source}
	if err := archive.read(ctx, source); err != nil {
		source.Close()
		return nil, err
	}
	return archive, nil
}

// read reads the directory of an archive and makes an index of it.
func (a *Archive) read(ctx context.Context, source io.ReaderAt) error {
	directory, err := readDirectory(ctx, source, a.Size)
	if err != nil {
		return err
	}
	a.index, err = newIndex(directory.File)
	return blame(err)
}

// archiveSource is where the bytes of an archive are read.
type archiveSource interface {
	io.ReaderAt
	io.Closer
}

// openSource asks for the end of an archive, to go on by ranges from there, or for all of it where ranges are of no use: where the server
// does not know them, or sends nothing that proves that they are of one archive.
func openSource(whole *resumable, spoolDir string) (archiveSource, error) {
	came, err := whole.ask(WithHeader("Range", fmt.Sprintf("bytes=-%d", archiveTail)))
	if refusesRange(err) { // not every object storage counts from the end
		came, err = whole.ask(WithHeader("Range", fmt.Sprintf("bytes=0-%d", archiveTail-1)))
	}
	if refusesRange(err) { // and an empty file has no range at all
		return spool(whole, nil, spoolDir)
	}
	if err != nil {
		return nil, err
	}
	first, err := came.answer()
	tailAt := max(0, first.size-archiveTail)
	all := err == nil && first.start == 0 && (!first.partial || first.end == first.size)
	useless := first.validator == "" || came.response.Header.Get("Accept-Ranges") == "none"
	switch {
	case all && (useless || !first.partial && first.size <= archiveTail):
		return spool(whole, came, spoolDir)
	case err != nil || useless || first.size < 0:
		came.Close()
		return spool(whole, nil, spoolDir)
	}
	whole.at, whole.end, whole.size, whole.validator = tailAt, first.size, first.size, first.validator
	if !first.partial || first.start != tailAt || first.end != first.size {
		came.Close()
		came, err = whole.next()
		if refusesRange(err) {
			return spool(whole, nil, spoolDir)
		}
		if err != nil {
			return nil, err
		}
		if came.response.StatusCode != http.StatusPartialContent { // all of it, of this archive or of another one
			return spool(whole, came, spoolDir)
		}
	}
	source, err := openRemote(whole, came)
	if err != nil && !errors.As(err, new(*Error)) { // it is another archive by now
		return spool(whole, nil, spoolDir)
	}
	return source, err
}

// openRemote reads the tail of an archive, whose first answer has come.
func openRemote(whole *resumable, came *arrival) (archiveSource, error) {
	defer whole.Close()
	if err := whole.take(came); err != nil {
		return nil, err
	}
	r := &remote{whole: whole, tailAt: whole.at, tail: make([]byte, whole.size-whole.at)}
	_, err := io.ReadFull(whole, r.tail)
	return r, err
}

// spool copies an archive to a temporary file. The answer that brings all of it may have come.
func spool(whole *resumable, came *arrival, dir string) (archiveSource, error) {
	defer whole.Close()
	file, err := os.CreateTemp(dir, "gitlabci-*.zip")
	if err != nil {
		if came != nil {
			came.Close()
		}
		return nil, err
	}
	spooled := &temporaryFile{file}
	whole.at, whole.end, whole.size, whole.validator = 0, -1, -1, ""
	whole.anew = func() error { return emptied(file) }
	if came != nil {
		err = whole.take(came)
	}
	if err == nil {
		_, err = io.Copy(file, whole)
	}
	if err != nil {
		spooled.Close()
		return nil, err
	}
	return spooled, nil
}

// temporaryFile is deleted when it is closed.
type temporaryFile struct{ *os.File }

func (f *temporaryFile) Close() error { return errors.Join(f.File.Close(), os.Remove(f.Name())) }

// Close ends the reading of the archive and of all files in it.
func (a *Archive) Close() error {
	a.cancel()
	return a.source.Close()
}

// remote reads an archive over the network, by ranges. It keeps a few of them open, so that files that are read at the same time, each
// from its beginning to its end, take a few requests and no more memory than a connection does.
type remote struct {
	whole  *resumable // what all ranges have in common
	tailAt int64
	tail   []byte

	mu     sync.Mutex
	idle   []*window // the one that was read last is the last
	closed bool
}

// window is a range that is being read, by one reader at a time.
type window struct {
	resumable
	length int64
}

func (r *remote) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		at := off + int64(n)
		m := 0
		switch {
		case at >= r.whole.size:
			err = io.EOF
		case at >= r.tailAt:
			m = copy(p[n:], r.tail[at-r.tailAt:])
		default:
			m, err = r.readWindow(p[n:], at)
		}
		n += m
	}
	return n, err
}

func (r *remote) readWindow(p []byte, off int64) (n int, err error) {
	w, err := r.take(off)
	if err != nil {
		return 0, err
	}
	_, err = io.CopyN(io.Discard, w, off-w.at)
	if err == nil {
		n, err = io.ReadFull(w, p[:min(int64(len(p)), w.end-w.at)])
	}
	r.put(w, err)
	return n, err
}

// take returns a range that holds a byte, or is about to reach it: an idle one, the next of an idle one, or a new one.
func (r *remote) take(off int64) (*window, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fs.ErrClosed
	}
	length := int64(firstWindow)
	for i, w := range r.idle {
		skip := off - w.at
		if skip < 0 || skip > largestSkip {
			continue
		}
		r.idle = append(r.idle[:i:i], r.idle[i+1:]...)
		if off < w.end {
			return w, nil
		}
		w.Close()
		length = min(4*w.length, largestWindow)
		break
	}
	return &window{r.whole.part(off, min(off+length, r.tailAt)), length}, nil
}

// put keeps a range for the next read.
func (r *remote) put(w *window, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || r.closed {
		w.Close()
		return
	}
	r.idle = append(r.idle, w)
	if len(r.idle) > maxIdle {
		r.idle[0].Close()
		r.idle = append(r.idle[:0:0], r.idle[1:]...)
	}
}

func (r *remote) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.idle {
		w.Close()
	}
	r.idle, r.closed = nil, true
	return nil
}
