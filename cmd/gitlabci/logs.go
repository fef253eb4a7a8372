package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/joblog"
)

type logView struct {
	Job  string `json:"job"`
	Text string `json:"text"`
}

func (a *app) logsCommand() *cobra.Command {
	var (
		which  chosen
		follow bool
	)
	cmd := a.verb("logs [JOB...] [flags]", "Print the logs of jobs, or of all jobs", cobra.ArbitraryArgs,
		func(ctx context.Context, names []string) error {
			project, id, err := a.find(ctx, which, follow)
			if err != nil {
				return err
			}
			switch {
			case follow && len(names) == 0:
				return a.followAll(ctx, project, id)
			case follow:
				return a.followJobs(ctx, project, id, names)
			}
			return a.printLogs(ctx, project, id, names)
		})
	cmd.Long = cmd.Short + `.

Where there are several, each line begins with the name of its job. With -f they
are read as they grow, until the jobs have ended. Section markers and timestamps
are left out, and colors too where the output is no terminal.

The exit code is 0 if all was read, whatever became of the jobs.`
	cmd.Example = "  gitlabci logs -f --ref main\n  gitlabci logs -p 4711 unit 'test: [linux, amd64]'"
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "read the logs as they grow")
	return which.addFlags(cmd)
}

// followAll follows the logs of all jobs of a pipeline.
func (a *app) followAll(ctx context.Context, project gitlabci.Project, id int64) error {
	logs := a.client.Pipelines.FollowTraces(context.WithValue(ctx, repeating{}, true), project, id, a.followOptions())
	defer logs.Close()
	lines := bufio.NewScanner(logs)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " | ")
		if err := a.copyLog(strings.NewReader(text), name, true); err != nil {
			return err
		}
	}
	return lines.Err()
}

// longestLine is more than FollowTraces makes a line, with the name of its job.
const longestLine = 1 << 20

func (a *app) followOptions() *gitlabci.FollowOptions {
	return &gitlabci.FollowOptions{Interval: a.interval, Patience: a.patience}
}

// followJobs follows the logs of some jobs, all at once.
func (a *app) followJobs(ctx context.Context, project gitlabci.Project, id int64, names []string) error {
	jobs, err := a.named(ctx, project, id, names)
	if err != nil {
		return err
	}
	failures := make([]error, len(jobs))
	var following sync.WaitGroup
	for i, job := range jobs {
		following.Go(func() {
			log := a.client.Jobs.FollowTrace(context.WithValue(ctx, repeating{}, true), project, job.ID, a.followOptions())
			defer log.Close()
			failures[i] = a.copyLog(log, job.Name, len(jobs) > 1)
		})
	}
	following.Wait()
	return errors.Join(failures...)
}

// printLogs prints the logs of jobs as far as they are there, one after the other.
func (a *app) printLogs(ctx context.Context, project gitlabci.Project, id int64, names []string) error {
	jobs, err := a.named(ctx, project, id, names)
	if err != nil {
		return err
	}
	for _, job := range jobs {
		log, err := a.client.Jobs.Trace(ctx, project, job.ID, nil)
		if err != nil {
			return err
		}
		err = a.copyLog(log, job.Name, len(jobs) > 1)
		log.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// named finds jobs by their names or groups; without names, those that have begun, in the order in which they did.
func (a *app) named(ctx context.Context, project gitlabci.Project, id int64, names []string) ([]*gitlabci.Job, error) {
	var found []*gitlabci.Job
	for _, name := range names {
		jobs, err := a.client.Pipelines.JobGroup(ctx, project, id, name)
		if err != nil {
			return nil, err
		}
		found = append(found, jobs...)
	}
	if len(names) > 0 {
		return found, nil
	}
	all, err := a.client.Pipelines.Jobs(ctx, project, id, nil).Collect()
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(all, func(j *gitlabci.Job) bool { return j.StartedAt.IsZero() })
	slices.SortFunc(found, func(x, y *gitlabci.Job) int { return x.StartedAt.Compare(y.StartedAt) })
	return found, nil
}

// copyLog prints the lines of a log, or of a part of one, with the name of the job if there are several.
func (a *app) copyLog(log io.Reader, name string, several bool) error {
	var options []joblog.Option
	if a.out.colors && a.format == "text" {
		options = append(options, joblog.KeepColors())
	}
	for line, err := range joblog.Lines(log, options...) {
		if err != nil {
			return err
		}
		switch {
		case a.format == "json":
			err = a.out.json(logView{name, line.Text})
		case several:
			_, err = fmt.Fprintf(a.out, "%s %s\n", a.out.paint(blue, plain(name)+" |"), line.Text)
		default:
			_, err = fmt.Fprintln(a.out, line.Text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
