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
//	GET /projects/:id/jobs/:job_id/artifacts
//
// The file is there once it is whole, and replaces one that was there before, or the link that was: until then the bytes go to a temporary
// file beside it, which an error takes away. The directory must exist. What is there and is no file, such as a directory or a device, is
// left alone and is an error.
//
// Where the connection is lost the download goes on at the byte that it had come to, for as long as a minute brings something new. A
// server that knows no ranges begins anew, and what was read is passed over. If the file is another one by then, by its ETag, its time or
// its size, that is an error: two files are never mixed.
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
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return saveArtifacts.wrap(&os.PathError{Op: "save", Path: path, Err: errors.New("it is there and is no file")})
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
	return newResumable(ctx, func(more ...RequestOption) (*Download, error) {
		return s.Artifacts(ctx, project, id, &ArtifactsOptions{FileType: fileType}, append(append([]RequestOption(nil), opts...), more...)...)
	})
}

// saveFile writes all of source to a new file and puts it in the place of path.
func saveFile(path string, source *resumable, progress func(written, total int64)) error {
	temporary := filepath.Join(filepath.Dir(path), ".gitlabci-"+strconv.FormatUint(rand.Uint64(), 36)+".part")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // not os.CreateTemp, whose files are for nobody else
	if err != nil {
		return err
	}
	saved := false
	defer func() {
		if !saved {
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
	err = os.Rename(temporary, path)
	saved = err == nil
	return err
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
