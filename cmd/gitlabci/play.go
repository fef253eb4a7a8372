package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

func (a *app) playCommand() *cobra.Command {
	var (
		which             chosen
		variables, inputs []string
		whenReady, wait   bool
	)
	cmd := a.verb("play JOB [flags]", "Start a manual job", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		vars, err := pipelineVariables(variables)
		if err != nil {
			return err
		}
		values, err := inputValues(inputs)
		if err != nil {
			return err
		}
		project, id, err := a.find(ctx, which, whenReady)
		if err != nil {
			return err
		}
		if whenReady {
			if job, err := a.client.Pipelines.WaitPlayable(context.WithValue(ctx, repeating{}, true), project, id, args[0], a.waitJobOptions()); err != nil {
				err = outcome(err, job != nil)
				return errors.Join(err, a.jobResult(job, err))
			}
		}
		job, err := a.client.Pipelines.PlayJob(ctx, project, id, args[0], &gitlabci.PlayJobOptions{Variables: vars, Inputs: values})
		if err == nil && wait {
			return a.awaitJob(ctx, project, job)
		}
		return errors.Join(err, a.jobResult(job, err))
	})
	cmd.Long = cmd.Short + ` of a pipeline, by its name.

With --when-ready it waits until the jobs before it have ended, so that it can
be played: exit code 4 if it was skipped, as after one of them failed.`
	cmd.Example = "  gitlabci play production --sha \"$CI_COMMIT_SHA\" --when-ready --wait"
	flags := cmd.Flags()
	flags.BoolVar(&whenReady, "when-ready", false, "wait until it can be played")
	flags.BoolVar(&wait, "wait", false, "wait until it has ended; the exit code is its outcome")
	flags.StringArrayVar(&variables, "var", nil, "variable of the job, as `KEY=VALUE`; may be repeated")
	flags.StringArrayVar(&inputs, "input", nil, "input of the job, as `NAME=VALUE`, the value in JSON or a text; may be repeated")
	return which.addFlags(cmd)
}

func (a *app) retryCommand() *cobra.Command {
	var (
		which                 chosen
		reasons               []string
		max                   int
		failed, allowed, wait bool
		how                   waiting
	)
	cmd := a.verb("retry (JOB... | --failed) [flags]", "Run jobs again", cobra.ArbitraryArgs, func(ctx context.Context, names []string) error {
		if failed == (len(names) > 0) {
			return usagef("which jobs? Name them, or say --failed")
		}
		if !failed && (len(reasons) > 0 || max > 0 || allowed) {
			return usagef("--reason, --max and --allowed go with --failed")
		}
		project, id, err := a.find(ctx, which, false)
		if err != nil {
			return err
		}
		var jobs []*gitlabci.Job
		if failed {
			options := &gitlabci.RetryFailedOptions{MaxAttempts: max, Allowed: allowed}
			for _, reason := range reasons {
				options.Reasons = append(options.Reasons, gitlabci.FailureReason(reason))
			}
			jobs, err = a.client.Pipelines.RetryFailed(ctx, project, id, options)
		} else {
			jobs, err = a.retryNamed(ctx, project, id, names)
		}
		if err == nil && wait && len(jobs) > 0 {
			return a.await(ctx, project, id, nil, how, false)
		}
		return errors.Join(err, a.retried(jobs))
	})
	cmd.Long = cmd.Short + ` of a pipeline: those that are named, or with --failed
all that failed and pass the other flags.

Trigger jobs are not run again: for a failure downstream, retry in that
pipeline. Where no job is to be retried, the exit code is 0.`
	cmd.Example = "  gitlabci retry --failed --reason runner_system_failure --max 2 -r main --wait"
	flags := cmd.Flags()
	flags.BoolVar(&failed, "failed", false, "all jobs that failed")
	flags.StringArrayVar(&reasons, "reason", nil, "only those that failed for this `reason`, as GitLab calls it; may be repeated")
	flags.IntVar(&max, "max", 0, "only those with fewer attempts than this `number` so far")
	flags.BoolVar(&allowed, "allowed", false, "also those that are allowed to fail")
	flags.BoolVar(&wait, "wait", false, "wait until the pipeline has ended; the exit code is its outcome")
	return how.addFlags(which.addFlags(cmd))
}

// retryNamed retries jobs by name. With an error come those that were.
func (a *app) retryNamed(ctx context.Context, project gitlabci.Project, id int64, names []string) ([]*gitlabci.Job, error) {
	found, err := a.named(ctx, project, id, names)
	if err != nil {
		return nil, err // before anything was started
	}
	var retried []*gitlabci.Job
	var failures []error
	for _, job := range found {
		next, err := a.client.Jobs.Retry(ctx, project, job.ID, nil)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", job.Name, err))
			continue
		}
		retried = append(retried, next)
	}
	return retried, errors.Join(failures...)
}

// retried tells which jobs run again.
func (a *app) retried(jobs []*gitlabci.Job) error {
	if a.format == "json" {
		return a.out.json(struct {
			Jobs []*jobView `json:"jobs"`
		}{viewJobs(jobs)})
	}
	if len(jobs) == 0 {
		return a.notes.note("no job was retried")
	}
	for _, job := range jobs {
		if err := a.printJob(job); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) waitJobOptions() *gitlabci.WaitJobOptions {
	options := &gitlabci.WaitJobOptions{Interval: a.interval, Patience: a.patience}
	if !a.quiet && a.format == "text" {
		options.Progress = func(job *gitlabci.Job) { a.change(time.Now(), string(job.Status), job.Name) }
	}
	return options
}

// awaitJob waits until a job has ended, and tells its outcome.
func (a *app) awaitJob(ctx context.Context, project gitlabci.Project, started *gitlabci.Job) error {
	options := a.waitJobOptions()
	options.ThroughManual = true // until GitLab has noticed that it was played
	job, err := a.client.Jobs.Wait(context.WithValue(ctx, repeating{}, true), project, started.ID, options)
	if job == nil {
		job = started
	}
	err = outcome(err, true)
	return errors.Join(err, a.jobResult(job, err))
}

// jobResult tells how a job is, or how it ended. The error is that of the output.
func (a *app) jobResult(job *gitlabci.Job, err error) error {
	if a.format == "json" {
		view := resultView{ExitCode: exitCode(err), Job: viewJob(job)}
		if err != nil {
			view.Error = told(err)
		}
		return a.out.json(view)
	}
	if job == nil {
		return nil
	}
	return a.printJob(job)
}

func (a *app) printJob(job *gitlabci.Job) error {
	_, err := fmt.Fprintf(a.out, "job %d (%s) %s  %s\n", job.ID, plain(job.Name), a.out.status(string(job.Status), 0), job.WebURL)
	return err
}
