package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
)

// saveArtifacts lists what the jobs of the pipeline left, and saves the first of the files.
func (q *quickstart) saveArtifacts(ctx context.Context, dir string) error {
	saved := false
	for job, err := range q.client.Pipelines.Jobs(ctx, q.project, q.id, nil) {
		if err != nil {
			return err
		}
		if job.ArtifactsFile.Filename == "" {
			continue
		}
		fmt.Fprintf(q.out, "\nArtifacts of %s (%s):\n\n", job.Name, size(job.ArtifactsFile.Size))
		first, err := q.listArchive(ctx, job, dir, !saved)
		if err != nil {
			return err
		}
		if first != "" {
			fmt.Fprintf(q.out, "\nSaved %s.\n", first)
			saved = true
		}
	}
	return nil
}

// listArchive lists the files of a job's archive, which is a file system like any other, and may save the first of them. It returns
// the path of the file that it saved.
func (q *quickstart) listArchive(ctx context.Context, job *gitlabci.Job, dir string, save bool) (saved string, err error) {
	archive, err := q.client.Jobs.OpenArtifacts(ctx, q.project, job.ID, nil)
	if err != nil {
		return "", err
	}
	defer archive.Close()

	most, columns := 10, 28
	if q.progress.terminal {
		width, height := q.progress.size()
		most, columns = min(max(height-6, 3), most), min(max(width-16, 12), columns)
	}
	first, files := "", 0
	err = fs.WalkDir(archive, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if files++; files > most {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if first == "" {
			first = name
		}
		shown := name
		if q.progress.terminal {
			shown = demo.Cut(name, columns)
		}
		fmt.Fprintf(q.out, "    %-*s %9s\n", columns, shown, size(info.Size()))
		return nil
	})
	if files > most {
		fmt.Fprintf(q.out, "    and %d more\n", files-most)
	}
	if err != nil || first == "" || !save {
		return "", err
	}
	return saveFile(archive, first, dir)
}

// saveFile saves one file of an archive, of which no more than this file is downloaded.
func saveFile(archive fs.FS, name, dir string) (saved string, err error) {
	if dir == "" {
		dir, err = os.MkdirTemp("", "quickstart-")
	} else {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return "", err
	}
	from, err := archive.Open(name)
	if err != nil {
		return "", err
	}
	defer from.Close()
	saved = filepath.Join(dir, path.Base(name))
	to, err := os.Create(saved)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	if closed := to.Close(); err == nil {
		err = closed
	}
	return saved, err
}

// size writes a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes < 1000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
