package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

// archived says whose artifacts are meant.
type archived struct {
	which      chosen
	job        int64
	downstream string
}

func (c *archived) addFlags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Int64Var(&c.job, "job-id", 0, "the job of this `id`; JOB is then left out")
	cmd.Flags().StringVarP(&c.downstream, "downstream", "d", "", "a job of the pipeline that this `trigger job` started")
	for _, other := range []string{"downstream", "pipeline", "ref", "sha", "mr"} {
		cmd.MarkFlagsMutuallyExclusive("job-id", other)
	}
	return cmd
}

// take takes the name of the job from the arguments, which may be so many besides.
func (c *archived) take(args []string, besides int) (name string, rest []string, err error) {
	if c.job == 0 {
		if len(args) == 0 {
			return "", nil, usagef("which job? Name it, or say --job-id")
		}
		name, args = args[0], args[1:]
	}
	if len(args) > besides {
		return "", nil, usagef("unknown argument %q", args[besides])
	}
	return name, args, nil
}

// findArchive finds the job whose artifacts are meant.
func (a *app) findArchive(ctx context.Context, c archived, name string) (*gitlabci.ArtifactJob, error) {
	if c.job != 0 {
		return a.client.Artifacts.Select(ctx, a.in, gitlabci.ArtifactsOfJob(c.job))
	}
	if c.which == (chosen{}) {
		ref, err := branch(ctx)
		if err != nil {
			return nil, err
		}
		c.which.ref = ref
	}
	if c.which == (chosen{ref: c.which.ref}) && c.downstream == "" {
		return a.client.Artifacts.Select(ctx, a.in, gitlabci.ArtifactsOfLatestSuccessfulPipeline(c.which.ref, name))
	}
	project, id, err := a.find(ctx, c.which, false)
	if err != nil {
		return nil, err
	}
	selector := gitlabci.ArtifactsOfPipeline(id, name)
	if c.downstream != "" {
		selector = gitlabci.ArtifactsOfDownstream(id, c.downstream, name)
	}
	return a.client.Artifacts.Select(ctx, project, selector)
}

func (a *app) artifactsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "artifacts COMMAND", DisableFlagsInUseLine: true, Short: "List, print and save the artifacts of a job", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return usagef("say what to do: ls, cat or get") },
	}
	cmd.Long = cmd.Short + `.

The job is that of the pipeline that --pipeline, --sha or --mr means, or of the
latest successful one of --ref, or else of the branch that is checked out. With
--downstream it is that of the pipeline that a trigger job there started, in
whatever project. Of an archive only what is read is transferred, where the
server sends parts of files.`
	cmd.AddCommand(a.artifactsList(), a.artifactsCat(), a.artifactsGet())
	return cmd
}

type fileView struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
}

func (a *app) artifactsList() *cobra.Command {
	var from archived
	cmd := a.verb("ls [JOB] [flags]", "List the files of an archive", cobra.ArbitraryArgs, func(ctx context.Context, args []string) error {
		name, _, err := from.take(args, 0)
		if err != nil {
			return err
		}
		archive, err := a.openArchive(ctx, from, name)
		if err != nil {
			return err
		}
		defer archive.Close()
		return fs.WalkDir(archive, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			if a.format == "json" {
				return a.out.json(fileView{name, info.Size()})
			}
			_, err = fmt.Fprintf(a.out, "%12d  %s\n", info.Size(), plain(name))
			return err
		})
	})
	cmd.Example = "  gitlabci artifacts ls package --ref main"
	return from.addFlags(from.which.addFlags(cmd))
}

func (a *app) openArchive(ctx context.Context, from archived, name string) (*gitlabci.Archive, error) {
	job, err := a.findArchive(ctx, from, name)
	if err != nil {
		return nil, err
	}
	return a.client.Jobs.OpenArtifacts(ctx, job.Project, job.Job.ID, nil)
}

func (a *app) artifactsCat() *cobra.Command {
	var from archived
	cmd := a.verb("cat [JOB] PATH [flags]", "Print a file of an archive", cobra.MinimumNArgs(1), func(ctx context.Context, args []string) error {
		name, rest, err := from.take(args, 1)
		if err != nil {
			return err
		}
		if len(rest) == 0 {
			return usagef("which file? Say its path in the archive")
		}
		archive, err := a.openArchive(ctx, from, name)
		if err != nil {
			return err
		}
		defer archive.Close()
		if a.format == "json" {
			text, err := archive.ReadFile(rest[0])
			if err != nil {
				return err
			}
			return a.out.json(struct {
				Path    string `json:"path"`
				Content []byte `json:"content_base64"`
			}{rest[0], text})
		}
		return copyFile(a.out, archive, rest[0])
	})
	cmd.Example = "  gitlabci artifacts cat package dist/SHA256SUMS --downstream build-all -p 4711"
	return from.addFlags(from.which.addFlags(cmd))
}

func copyFile(out io.Writer, archive fs.FS, name string) error {
	file, err := archive.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(out, file)
	return err
}

func (a *app) artifactsGet() *cobra.Command {
	var (
		from        archived
		to, extract string
	)
	cmd := a.verb("get [JOB] [PATH] [flags]", "Save an archive, or one file of it", cobra.ArbitraryArgs, func(ctx context.Context, args []string) error {
		name, rest, err := from.take(args, 1)
		if err != nil {
			return err
		}
		if extract != "" && len(rest) > 0 {
			return usagef("--extract takes the whole archive, and no path")
		}
		job, err := a.findArchive(ctx, from, name)
		if err != nil {
			return err
		}
		var target string
		switch {
		case extract != "":
			target, err = extract, a.extract(ctx, job, extract)
		case len(rest) > 0:
			target = cmp.Or(to, path.Base(rest[0]))
			err = a.saveFile(ctx, job, rest[0], target)
		default:
			target = cmp.Or(to, filepath.Base(job.Job.ArtifactsFile.Filename))
			err = a.client.Jobs.SaveArtifacts(ctx, job.Project, job.Job.ID, target, &gitlabci.SaveOptions{Progress: a.progress(target)})
		}
		if err := errors.Join(err, a.out.setBottom("")); err != nil {
			return err
		}
		if a.format == "json" {
			return a.out.json(struct {
				Job  *jobView `json:"job"`
				Path string   `json:"path"`
			}{viewJob(job.Job), target})
		}
		_, err = fmt.Fprintf(a.out, "%s of job %d (%s)\n", target, job.Job.ID, plain(job.Job.Name))
		return err
	})
	cmd.Long = cmd.Short + `.

An archive whose download broke off goes on where it stopped, if it is surely
the same.`
	cmd.Example = "  gitlabci artifacts get package --ref main --to package.zip\n  gitlabci artifacts get package dist/app.tar.gz -p 4711\n" +
		"  gitlabci artifacts get package --ref main --extract out"
	cmd.Flags().StringVar(&to, "to", "", "`file` to write (default what GitLab calls it)")
	cmd.Flags().StringVar(&extract, "extract", "", "unpack the archive in this `directory`")
	cmd.MarkFlagsMutuallyExclusive("to", "extract")
	return from.addFlags(from.which.addFlags(cmd))
}

// progress shows on a terminal how much of a file is there.
func (a *app) progress(name string) func(written, total int64) {
	if a.quiet || a.out.file == nil || a.format != "text" {
		return nil
	}
	shown := int64(-1)
	return func(written, total int64) {
		text, step := fmt.Sprintf("%s: %d MiB", name, written>>20), written>>20
		if total > 0 {
			text, step = fmt.Sprintf("%s: %d%% of %d MiB", name, 100*written/total, total>>20), 100*written/total
		}
		if step != shown {
			shown = step
			_ = a.out.setBottom(text) // what was saved counts
		}
	}
}

func (a *app) extract(ctx context.Context, job *gitlabci.ArtifactJob, dir string) error {
	archive, err := a.client.Jobs.OpenArtifacts(ctx, job.Project, job.Job.ID, nil)
	if err != nil {
		return err
	}
	defer archive.Close()
	return archive.Extract(dir, nil)
}

// saveFile saves one file of an archive: whole, or not at all.
func (a *app) saveFile(ctx context.Context, job *gitlabci.ArtifactJob, name, target string) error {
	archive, err := a.client.Jobs.OpenArtifacts(ctx, job.Project, job.Job.ID, nil)
	if err != nil {
		return err
	}
	defer archive.Close()
	temporary, err := os.CreateTemp(filepath.Dir(target), ".gitlabci-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // which is gone where all went well
	err = copyFile(temporary, archive, name)
	if err := errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), target)
}
