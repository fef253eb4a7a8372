package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

// SaveOptions say what to save of a job and whom to tell.
type SaveOptions struct {
	FileType ArtifactType               // the archive if empty; GitLab 19.4 has it
	Progress func(written, total int64) // told of the bytes as they come; total is -1 if GitLab does not say
}

var saveArtifacts = &operation{"save artifacts", http.MethodGet, "/projects/:id/jobs/:job_id/artifacts", ErrArtifactsGet, repeatable, ""}

// SaveArtifacts downloads the archive of a job's artifacts to a file, or with FileType another file that the job left.
//
// The file is there once it is whole, and replaces one that was there before: until then the bytes go to a temporary file beside it,
// which an error takes away. Where the connection is lost the download goes on at the byte that it had come to, if the server knows
// ranges.
//
// Its errors answer to [ErrArtifactsGet]; to [ErrNotFound] where the job has no archive, and to [ErrNotGitLab] where a page came instead
// of one.
func (s *JobsService) SaveArtifacts(ctx context.Context, project Project, id int64, path string, o *SaveOptions, opts ...RequestOption) error {
	if o == nil {
		o = new(SaveOptions)
	}
	if path == "" {
		return saveArtifacts.invalid(errors.New("path is missing"))
	}
	source := s.resumable(ctx, project, id, o.FileType, opts)
	defer source.Close()
	if err := source.connect(); err != nil { // before a file is made for it
		return saveArtifacts.wrap(err)
	}
	if err := saveFile(path, source, o.Progress); err != nil {
		return saveArtifacts.wrap(fmt.Errorf("after %d bytes: %w", source.at, err))
	}
	return nil
}

// resumable is a download of a file of a job that survives lost connections.
func (s *JobsService) resumable(ctx context.Context, project Project, id int64, fileType ArtifactType, opts []RequestOption) *resumable {
	open := func(more ...RequestOption) (*Download, error) {
		return s.Artifacts(ctx, project, id, &ArtifactsOptions{FileType: fileType}, append(append([]RequestOption(nil), opts...), more...)...)
	}
	return &resumable{ctx: ctx, open: open, end: -1, size: -1}
}

// saveFile writes all of source to a new file and puts it in the place of path.
func saveFile(path string, source *resumable, progress func(written, total int64)) (err error) {
	dir, name := filepath.Split(path)
	temporary := filepath.Join(dir, "."+name+"."+strconv.FormatUint(rand.Uint64(), 36)+".part")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(temporary)
		}
	}()
	var to io.Writer = file
	if progress != nil {
		to = &meter{file, source, progress}
	}
	if _, err := io.Copy(to, source); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// meter tells how far a download is.
type meter struct {
	io.Writer
	source *resumable
	tell   func(written, total int64)
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.Writer.Write(p)
	m.tell(m.source.at, m.source.size)
	return n, err
}
