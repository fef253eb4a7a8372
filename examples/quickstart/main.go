// Quickstart takes one pipeline from its creation to its end: it shows the jobs while they run, prints why one failed, retries it, plays
// the manual job, and saves a file of the artifacts.
//
// It needs nothing to run. Without GITLAB_URL it starts a stand-in GitLab in memory:
//
//	go run ./examples/quickstart
//
// With a real GitLab it creates a real pipeline. A pipeline in which nothing fails, or that has no manual job or no artifacts, is fine
// too. Manual jobs are manual for a reason: there it plays the one that -play names, and no other.
//
//	export GITLAB_URL=https://gitlab.example.com GITLAB_TOKEN=glpat-... GITLAB_PROJECT=group/app
//	go run ./examples/quickstart -ref main -var DEPLOY_ENV=staging -play production
//
// In a terminal the jobs are a table, drawn again in place and without colors if NO_COLOR is set; elsewhere they are a line for each event.
// The exit code is 0 if the pipeline succeeded.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
	"github.com/gitlabci/gitlabci/joblog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	if ctx.Err() != nil {
		err = errors.New("interrupted; what GitLab has begun goes on")
	}
	stop()
	demo.PrintError("quickstart", err)
	os.Exit(demo.ExitCode(err))
}

const about = `Quickstart takes one pipeline from its creation to its end: it shows the jobs
while they run, prints why one failed, retries it, plays the manual job, and saves
a file of the artifacts. On a real GitLab it creates a real pipeline, and plays no
manual job but that of -play. The exit code is 0 if the pipeline succeeded.`

const environment = demo.Environment + `
  NO_COLOR        without colors, if it is set
  COLUMNS, LINES  size of the terminal (default what the terminal says)`

func run(ctx context.Context, args []string, out io.Writer) error {
	var variables demo.Variables
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	ref := flags.String("ref", "main", "branch or tag to create a pipeline for")
	flags.Var(&variables, "var", "pipeline variable, as `KEY=VALUE`; may be repeated")
	play := flags.String("play", "", "`name` of the manual job to play; those of the stand-in are played anyway")
	dir := flags.String("out", "", "`directory` to save a file of the artifacts to (default a temporary one)")
	interval := flags.Duration("interval", 0, "first pause between two polls (default what the SDK finds good)")
	if err := demo.Parse(flags, args, out, about, environment); err != nil {
		return err
	}

	gitlab, err := demo.Open(out, "demo/shop", demo.Shop(1)...)
	if err != nil {
		return err
	}
	defer gitlab.Close()
	if gitlab.StandIn != nil && len(variables) == 0 {
		_ = variables.Set("DEPLOY_ENV=staging")
	}

	pipeline, err := gitlab.Client.Pipelines.Create(ctx, gitlab.Project, &gitlabci.CreatePipelineOptions{Ref: *ref, Variables: variables})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Pipeline %d of %s at %.8s", pipeline.ID, pipeline.Ref, pipeline.SHA)
	if len(variables) > 0 {
		fmt.Fprintf(out, ", with %s", &variables)
	}
	fmt.Fprintf(out, "\n%s\n\n", pipeline.WebURL)

	q := &quickstart{
		client: gitlab.Client, project: gitlab.Project, id: pipeline.ID, out: out,
		interval: cmp.Or(*interval, gitlab.Interval), progress: newProgress(out),
	}
	if err := q.watch(ctx); err != nil {
		return err
	}
	if err := q.retryFailed(ctx); err != nil {
		return err
	}
	if err := q.playManual(ctx, *play, gitlab.StandIn != nil); err != nil {
		return err
	}
	if err := q.saveArtifacts(ctx, *dir); err != nil {
		return err
	}
	// The pipeline has ended: Wait returns at once, with an error that says how if not well.
	pipeline, err = q.client.Pipelines.Wait(ctx, q.project, q.id, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nPipeline %d: %s\n", pipeline.ID, pipeline.Status)
	return nil
}

// quickstart is one pipeline and where to tell of it.
type quickstart struct {
	client   *gitlabci.Client
	project  gitlabci.Project
	id       int64
	out      io.Writer
	interval time.Duration
	progress *progress
}

// watch shows the pipeline until it has ended, or goes no further unless somebody plays a manual job.
func (q *quickstart) watch(ctx context.Context) error {
	defer q.explain(ctx)()
	return q.progress.show(q.client.Pipelines.Watch(ctx, q.project, q.id, &gitlabci.WatchOptions{Interval: q.interval}))
}

// longWait is how long a job waits before it is worth a word.
const longWait = 20 * time.Second

// explain tells now and then why jobs wait, until it is stopped.
func (q *quickstart) explain(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(longWait):
			}
			// What cannot be found out, for want of a role perhaps, goes untold.
			if stuck, err := q.client.Pipelines.Stuck(ctx, q.project, q.id, &gitlabci.StuckOptions{MinWait: longWait}); err == nil {
				q.progress.waitsFor(stuck)
			}
		}
	})
	return func() {
		cancel()
		looking.Wait()
	}
}

// retryFailed prints why jobs failed and gives each of them another attempt.
func (q *quickstart) retryFailed(ctx context.Context) error {
	failed, err := q.client.Pipelines.Jobs(ctx, q.project, q.id, &gitlabci.ListPipelineJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobFailed}}).Collect()
	if err != nil {
		return err
	}
	retried := false
	for _, job := range failed {
		if job.AllowFailure {
			continue
		}
		fmt.Fprintf(q.out, "\n%s failed (%s). Its log says:\n\n", job.Name, job.FailureReason)
		if err := q.printLog(ctx, job); err != nil {
			return err
		}
		again, err := q.client.Jobs.Retry(ctx, q.project, job.ID, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(q.out, "\nRetrying %s: job %d goes on as job %d.\n\n", job.Name, job.ID, again.ID)
		retried = true
	}
	if !retried {
		return nil
	}
	return q.watch(ctx)
}

// printLog prints the last lines of a job's log that matter.
func (q *quickstart) printLog(ctx context.Context, job *gitlabci.Job) error {
	trace, err := q.client.Jobs.Trace(ctx, q.project, job.ID, nil)
	if err != nil {
		return err
	}
	defer trace.Close()
	lines, err := joblog.Tail(trace, q.progress.logLines())
	for _, line := range lines {
		fmt.Fprintf(q.out, "    %s\n", line.Text)
	}
	return err
}

// playManual plays the manual job of this name, or all that there are.
func (q *quickstart) playManual(ctx context.Context, name string, all bool) error {
	played := false
	for job, err := range q.client.Pipelines.Jobs(ctx, q.project, q.id, &gitlabci.ListPipelineJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobManual}}) {
		if err != nil {
			return err
		}
		if !all && job.Name != name {
			fmt.Fprintf(q.out, "\n%s is manual and left alone: -play %q would play it.\n", job.Name, job.Name)
			continue
		}
		if _, err := q.client.Jobs.Play(ctx, q.project, job.ID, nil); err != nil {
			return err
		}
		fmt.Fprintf(q.out, "\nPlaying %s.\n\n", job.Name)
		played = true
	}
	if !played {
		return nil
	}
	return q.watch(ctx)
}
