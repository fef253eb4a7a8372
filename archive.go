package gitlabci

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
)

// An Archive is the archive of a job's artifacts as a file system ([fs.FS], for [fs.ReadFile], [fs.WalkDir] and all that takes one). It
// is safe for concurrent use. The caller closes it.
type Archive struct {
	Size int64 // of the archive, in bytes

	zip    *zip.Reader
	cancel context.CancelFunc
	source io.Closer
}

var _ fs.FS = (*Archive)(nil)

const (
	archiveTail   = 64 << 10 // what is read first: the end of an archive holds its directory
	maxDirectory  = 32 << 20 // bytes that the directory of an archive may take
	maxEntries    = 100_000  // files and directories that an archive may hold
	maxName       = 4096     // bytes of the path of a file in an archive
	maxDepth      = 100      // directories above a file in an archive
	maxIdle       = 8        // ranges that stay open between two reads, each for one of the files that are read at the same time
	firstWindow   = 64 << 10 // what is asked for at first of a file; four times as much each time that it is read on
	largestWindow = 64 << 20
	largestSkip   = 16 << 10 // what is rather read and dropped than asked for anew
)

var (
	openArtifacts = &operation{"open artifacts", http.MethodGet, "/projects/:id/jobs/:job_id/artifacts", ErrArtifactsGet, repeatable, ""}
	readArtifacts = &operation{"read artifacts", http.MethodGet, "/projects/:id/jobs/:job_id/artifacts", ErrArtifactsGet, repeatable, ""}
)

// OpenArtifacts opens the archive of a job's artifacts. Only its directory is transferred, and later the files that are read, if the
// server knows ranges; otherwise the archive is spooled to a temporary file, which Close deletes.
//
//	GET /projects/:id/jobs/:job_id/artifacts
//
// An archive of up to 64 KiB takes one request. Of others, a file that is read from its beginning to its end takes one request, or a few
// if it is long, each of them streamed. Lost connections are made anew as in [JobsService.SaveArtifacts], and an archive that is replaced
// by another one while it is read is an error.
//
// The context serves all later reading. The errors, also those of the connection while reading, answer to [ErrArtifactsGet]; to [ErrNotFound] where the job has
// no archive, to [ErrNotGitLab] where a page came instead of one, and to [ErrDecode] where that is no zip file, or one with more than
// 100,000 entries, a directory longer than 32 MiB, or paths of more than 4096 bytes or 100 directories.
func (s *JobsService) OpenArtifacts(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Archive, error) {
	ctx, cancel := context.WithCancel(ctx)
	whole := s.resumable(ctx, project, id, "", opts)
	archive, err := openArchive(ctx, whole)
	if err != nil {
		cancel()
		return nil, openArtifacts.wrap(err)
	}
	archive.cancel = cancel
	return archive, nil
}

func openArchive(ctx context.Context, whole *resumable) (*Archive, error) {
	tail, err := whole.ask(WithHeader("Range", fmt.Sprintf("bytes=-%d", archiveTail)))
	if err != nil {
		return nil, err
	}
	var source interface {
		io.ReaderAt
		io.Closer
	}
	if whole.poll.response.StatusCode == http.StatusPartialContent {
		source, err = openRemote(whole, tail)
	} else {
		source, err = spool(whole, tail)
	}
	if err != nil {
		return nil, err
	}
	archive := &Archive{Size: whole.size, source: source}
	if archive.zip, err = readDirectory(ctx, source, whole.size); err != nil {
		source.Close()
		return nil, err
	}
	return archive, nil
}

// openRemote reads the tail of an archive, whose first answer has come.
func openRemote(whole *resumable, download *Download) (*remote, error) {
	start, _, size, err := parseContentRange(whole.poll.response.Header.Get("Content-Range"))
	if err == nil && size < 0 {
		err = errors.New("the size of the archive is not known")
	}
	if err != nil {
		download.Close()
		return nil, download.told(err)
	}
	whole.at, whole.end = max(start, size-archiveTail), size
	defer whole.Close()
	if err := whole.take(download); err != nil {
		return nil, err
	}
	r := &remote{whole: whole, tailAt: whole.at, tail: make([]byte, size-whole.at)}
	_, err = io.ReadFull(whole, r.tail)
	return r, err
}

// spool copies an archive to a temporary file.
func spool(whole *resumable, download *Download) (*temporaryFile, error) {
	defer whole.Close()
	if err := whole.take(download); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "gitlabci-*.zip")
	if err != nil {
		return nil, err
	}
	spooled := &temporaryFile{file}
	if _, err := io.Copy(file, whole); err != nil {
		spooled.Close()
		return nil, err
	}
	return spooled, nil
}

// temporaryFile is deleted when it is closed.
type temporaryFile struct{ *os.File }

func (f *temporaryFile) Close() error { return errors.Join(f.File.Close(), os.Remove(f.Name())) }

// readDirectory reads what an archive holds, within bounds: what an archive says of itself need not be true.
func readDirectory(ctx context.Context, source io.ReaderAt, size int64) (*zip.Reader, error) {
	g := &guard{ctx: ctx, source: source, directory: true, left: maxDirectory}
	archive, err := zip.NewReader(g, size)
	if err == nil {
		err = checkTree(archive.File)
	}
	if err != nil {
		return nil, blame(err)
	}
	g.directory = false
	return archive, nil
}

// blame makes an [ErrDecode] of what is the archive's own fault, which is all that did not go wrong on the way to it.
func blame(err error) error {
	if err == nil || errors.As(err, new(*Error)) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDecode, err)
}

// checkTree bounds the tree that the names make, directories that are not named themselves among them. Package zip makes this tree as
// soon as a file is opened, in a time that grows with the square of the length of a name.
func checkTree(files []*zip.File) error {
	if len(files) > maxEntries {
		return errEntries
	}
	directories := make(map[string]bool)
	for _, file := range files {
		name := strings.TrimRight(file.Name, "/")
		if len(name) > maxName || strings.Count(name, "/") > maxDepth {
			return fmt.Errorf("the path %.64q... is longer than %d bytes or %d directories", name, maxName, maxDepth)
		}
		for i := strings.LastIndexByte(name, '/'); i > 0 && !directories[name[:i]]; i = strings.LastIndexByte(name[:i], '/') {
			directories[name[:i]] = true
		}
		if len(directories) > maxEntries {
			return errEntries
		}
	}
	return nil
}

var errEntries = fmt.Errorf("more than %d files and directories", maxEntries)

// guard stands between package zip and an archive. It bounds what is read of the directory, and makes an *Error of what goes wrong on the
// way, so that all other errors are those of the archive.
type guard struct {
	ctx    context.Context
	source io.ReaderAt

	directory bool // it is being read, by one goroutine
	left      int  // bytes of it
	entries   int
}

func (g *guard) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, zip.ErrFormat
	}
	if err := g.ctx.Err(); err != nil {
		return 0, readArtifacts.wrap(err)
	}
	n, err := g.source.ReadAt(p, off)
	if err != nil && err != io.EOF {
		return n, readArtifacts.wrap(err)
	}
	if g.directory {
		if err := g.inspect(p[:n]); err != nil {
			return 0, err
		}
	}
	return n, err
}

// Signatures of the records of an archive that tell how much there is to hold in memory.
var (
	entrySignature = []byte("PK\x01\x02")
	end64Signature = []byte("PK\x06\x06")
)

// inspect stops the reading of the directory while it does no harm: package zip allocates memory for as many entries as the end of the
// directory claims, and then for all that there are.
func (g *guard) inspect(p []byte) error {
	g.left -= len(p)
	g.entries += bytes.Count(p, entrySignature)
	claims := len(p) >= 40 && bytes.HasPrefix(p, end64Signature) && binary.LittleEndian.Uint64(p[32:]) > maxEntries
	switch {
	case g.left < 0:
		return fmt.Errorf("the directory is longer than %d MiB", maxDirectory>>20)
	case claims || g.entries > 2*maxEntries: // its end is read more than once
		return errEntries
	}
	return nil
}

// Open opens a file or directory of the archive. Names are those of [fs.ValidPath].
func (a *Archive) Open(name string) (fs.File, error) { return a.zip.Open(name) }

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
	if _, err = io.CopyN(io.Discard, w, off-w.at); err == nil {
		n, err = io.ReadFull(w, p[:min(int64(len(p)), w.end-w.at)])
	}
	r.put(w, err)
	return n, err
}

// take gives a range that holds a byte, or is about to reach it: an idle one, the next of an idle one, or a new one.
func (r *remote) take(off int64) (*window, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fs.ErrClosed
	}
	length := int64(firstWindow)
	for i, w := range r.idle {
		if skip := off - w.at; skip < 0 || skip > largestSkip {
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
