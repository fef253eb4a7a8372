package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// SaveOptions say what to save of a job and whom to tell.
type SaveOptions struct {
	FileType ArtifactType // the archive if empty; GitLab 19.4 has it

	// Progress is told of the bytes as they come; total is -1 if GitLab does not say. A download that begins anew begins to count anew.
	Progress func(written, total int64)
}

var saveArtifacts = &composite{"save artifacts", ErrArtifactsGet}

// SaveArtifacts downloads the archive of a job's artifacts to a file, or with FileType another file that the job left.
//
//	GET /projects/:id/jobs/:job_id/artifacts
//
// The file is there once it is whole, and replaces one that was there before, whose mode it keeps, or the link that was: until then the
// bytes go to a temporary file beside it, which an error takes away. What a save that was killed left behind the next one to the same path
// takes away. The directory must exist. What is there and is no file, such as a directory or a device, is left alone and is an error.
// Nothing is asked for if the temporary file cannot be made.
//
// Where the connection is lost the download goes on, for as long as a minute brings something new: at the byte that it had come to, if a
// strong validator proves that the file is still the same (a strong ETag or, where there is no ETag, a Last-Modified that is older than a
// second), and else from the beginning. So the file is one that the server had, and never a part of one and a part of another. A zip file
// that came in several answers is also read again, up to 1 GiB of what it holds: where its directory or its checksums contradict what
// came, the download begins anew, once.
//
// Its errors match [ErrArtifactsGet]; [ErrNotFound] where the job has no archive, and [ErrNotGitLab] where a page came instead
// of one.
func (s *JobsService) SaveArtifacts(ctx context.Context, project Project, id int64, path string, options *SaveOptions, opts ...RequestOption) error {
	if options == nil {
		options = new(SaveOptions)
	}
	if path == "" {
		return saveArtifacts.invalid(errors.New("path is missing"))
	}
	file, err := newPartFile(path)
	if err != nil {
		return saveArtifacts.wrap(err)
	}
	defer file.discard()
	source := s.resumable(ctx, project, id, options.FileType, opts)
	source.anew = file.empty
	defer source.Close()
	if err := source.connect(); err != nil {
		return saveArtifacts.wrap(err)
	}
	if err := save(file, source, options.Progress); err != nil {
		return saveArtifacts.wrap(fmt.Errorf("after %d bytes: %w", source.at, err))
	}
	return nil
}

// save fills file with all of source and puts it in its place.
func save(file *partFile, source *resumable, progress func(written, total int64)) error {
	var to io.Writer = file
	if progress != nil {
		to = &meter{file, source, progress}
	}
	again := true
	for {
		if _, err := io.Copy(to, source); err != nil {
			return err
		}
		if source.answers < 2 {
			break
		}
		err := checkPieces(source.ctx, file, source.size)
		if err == nil {
			break
		}
		if !again || !errors.Is(err, errPieces) {
			return err
		}
		again = false
		if err := source.restart(); err != nil {
			return err
		}
	}
	return file.commit()
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
