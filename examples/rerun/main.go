// Rerun gives the failed jobs of a pipeline another attempt, as long as they are worth it, and tells the flaky from the broken: for each it
// prints the reason, the verdict of its attempts, and the last lines of its log.
//
// Without GITLAB_URL it runs a pipeline on a stand-in GitLab in memory, on a bad day. One of its jobs fails for a reason, which no attempt
// cures, so that the program ends with exit code 1:
//
//	go run ./examples/rerun
//
// On a real GitLab it takes up the pipeline given by -pipeline, or the latest of a branch, also while that still runs:
//
//	export GITLAB_URL=https://gitlab.example.com GITLAB_TOKEN=glpat-... GITLAB_PROJECT=group/app
//	go run ./examples/rerun -ref main -attempts 3
//	go run ./examples/rerun -pipeline 4711 -reasons runner_system_failure,stuck_or_timeout_failure
//
// The exit code is 0 if the pipeline succeeded in the end.
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
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	demo.PrintError("rerun", err)
	os.Exit(demo.ExitCode(err))
}

const about = `Rerun gives the failed jobs of a pipeline another attempt, as long as they are
worth it, and tells the flaky from the broken: for each it prints the reason, the
verdict of its attempts, and the last lines of its log.

The exit code is 0 if the pipeline succeeded in the end.`

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rerun", flag.ContinueOnError)
	id := flags.Int64("pipeline", 0, "`id` of the pipeline (default the latest of -ref)")
	ref := flags.String("ref", "main", "branch or tag, of which to take the latest pipeline")
	reasons := flags.String("reasons", "", "retry only jobs that failed for one of these `reasons`, with commas between (default any)")
	attempts := flags.Int("attempts", 2, "attempts that a job has in all")
	lines := flags.Int("lines", 6, "lines to print of the log of a failed job")
	interval := flags.Duration("interval", 0, "first pause between two polls (default what the SDK finds good)")
	if err := demo.Parse(flags, args, out, about, demo.Environment); err != nil {
		return err
	}

	gitlab, err := demo.Open(out, "demo/shop", demo.Flaky(1)...)
	if err != nil {
		return err
	}
	defer gitlab.Close()
	if gitlab.StandIn != nil {
		gitlab.StandIn.Push(gitlab.Project, "main") // which starts a pipeline
	}
	r := &rerun{client: gitlab.Client, project: gitlab.Project, id: *id, out: out, lines: *lines, interval: cmp.Or(*interval, gitlab.Interval)}
	r.worth.MaxAttempts = max(*attempts, 1)
	for reason := range strings.FieldsFuncSeq(*reasons, func(letter rune) bool { return letter == ',' }) {
		r.worth.Reasons = append(r.worth.Reasons, gitlabci.FailureReason(reason))
	}
	if r.id == 0 {
		latest, err := r.client.Pipelines.Latest(ctx, r.project, &gitlabci.LatestPipelineOptions{Ref: *ref})
		if err != nil {
			return err
		}
		r.id = latest.ID
	}
	return r.untilSettled(ctx)
}

// rerun is a pipeline and which of its failed jobs are worth another attempt.
type rerun struct {
	client   *gitlabci.Client
	project  gitlabci.Project
	id       int64
	worth    gitlabci.RetryFailedOptions
	out      io.Writer
	lines    int
	interval time.Duration
}

// untilSettled retries failed jobs until the pipeline has succeeded, or no failed job is worth it.
func (r *rerun) untilSettled(ctx context.Context) error {
	for {
		pipeline, failure := r.client.Pipelines.Wait(ctx, r.project, r.id, &gitlabci.WaitOptions{Interval: r.interval, Downstream: true})
		if failure != nil && !errors.Is(failure, gitlabci.ErrPipelineFailed) {
			return failure // it was canceled, it waits for a manual job, GitLab is out of reach
		}
		fmt.Fprintf(r.out, "\nPipeline %d of %s: %s\n%s\n", pipeline.ID, pipeline.Ref, pipeline.Status, pipeline.WebURL)

		diagnosis, err := r.client.Pipelines.Diagnose(ctx, r.project, r.id, &gitlabci.DiagnoseOptions{Lines: r.lines})
		if err != nil {
			return err
		}
		r.print(diagnosis)
		if failure == nil {
			return nil
		}
		if again, err := r.retry(ctx, diagnosis.Tree); err != nil || !again {
			return errors.Join(err, failure)
		}
	}
}

// retry retries what is worth it, in the pipeline and downstream, and waits for these jobs. It reports whether there was any.
func (r *rerun) retry(ctx context.Context, tree *gitlabci.PipelineTree) (again bool, err error) {
	type job struct {
		project gitlabci.Project
		*gitlabci.Job
	}
	var retried []job
	for t := range tree.Pipelines() {
		jobs, err := r.client.Pipelines.RetryFailed(ctx, t.Project, t.Pipeline.ID, &r.worth)
		for _, j := range jobs {
			fmt.Fprintf(r.out, "\nRetrying %s as job %d.", j.Name, j.ID)
			retried = append(retried, job{t.Project, j})
		}
		if err != nil {
			return len(retried) > 0, err
		}
	}
	if len(retried) > 0 {
		fmt.Fprintln(r.out)
	}
	// GitLab may reckon the status of the pipeline only after it has started a job: the jobs first, the pipeline then.
	for _, j := range retried {
		_, err := r.client.Jobs.Wait(ctx, j.project, j.ID, &gitlabci.WaitJobOptions{Interval: r.interval})
		if outcome := (*gitlabci.JobError)(nil); err != nil && !errors.As(err, &outcome) {
			return true, err
		}
	}
	return len(retried) > 0, nil
}

// print prints which jobs failed and why, and which only did so at times.
func (r *rerun) print(diagnosis *gitlabci.Diagnosis) {
	for _, job := range diagnosis.Jobs {
		fmt.Fprintf(r.out, "\n  %s failed: %s; %s\n", job.Job.Name, job.Job.FailureReason, verdict(job))
		for _, line := range job.Log {
			fmt.Fprintf(r.out, "      %s\n", line)
		}
		if job.LogErr != nil {
			fmt.Fprintf(r.out, "      (no log: %v)\n", job.LogErr)
		}
	}
	for _, job := range diagnosis.Flaky {
		fmt.Fprintf(r.out, "\n  %s succeeded; %s\n", job.Job.Name, verdict(job))
	}
}

// verdict writes for people what the attempts of a job tell.
func verdict(job *gitlabci.JobDiagnosis) string {
	switch job.Verdict {
	case gitlabci.VerdictReal:
		return fmt.Sprintf("real: %d attempts failed alike", job.Attempts)
	case gitlabci.VerdictFlaky:
		return fmt.Sprintf("flaky: %d attempts, not all alike", job.Attempts)
	}
	return "flaky or real: one attempt does not tell"
}
