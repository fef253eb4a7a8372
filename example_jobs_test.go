package gitlabci_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
	"github.com/gitlabci/gitlabci/joblog"
)

// A manual job is played, with a variable for this run of it.
func ExampleJobsService_Play() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "production", When: gitlabcitest.Manual})
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)

	for job, err := range client.Pipelines.Jobs(ctx, app, pipeline.ID, nil) {
		check(err)
		if job.Status == gitlabci.JobManual {
			_, err = client.Jobs.Play(ctx, app, job.ID, &gitlabci.PlayJobOptions{
				Variables: []gitlabci.PipelineVariable{{Key: "DRY_RUN", Value: "1"}},
			})
			check(err)
			job, err = client.Jobs.Wait(ctx, app, job.ID, nil)
			check(err)
			fmt.Println(job.Name, job.Status)
		}
	}
	// Output: production success
}

// A job that was played before is retried: what a button in a chat needs.
func ExampleJobsService_PlayOrRetry() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "production", When: gitlabcitest.Manual})
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}
	jobs, err := client.Pipelines.Jobs(ctx, app, pipeline.ID, nil).Collect()
	if err != nil {
		log.Fatal(err)
	}

	job := jobs[0]
	for range 2 {
		job, err = client.Jobs.PlayOrRetry(ctx, app, job.ID, nil)
		if err != nil {
			log.Fatal(err)
		}
		job, err = client.Jobs.Wait(ctx, app, job.ID, nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(job.Name, "is job", job.ID, "now:", job.Status)
	}
	// Output:
	// production is job 1 now: success
	// production is job 2 now: success
}

// How a job ended is the error of its wait.
func ExampleJobsService_Wait() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "unit", Fails: 1})
	defer done()
	job := failedJob(ctx, client, app)

	_, err := client.Jobs.Wait(ctx, app, job.ID, nil)
	var failure *gitlabci.JobError
	switch {
	case err == nil:
		fmt.Println("all is well")
	case errors.As(err, &failure):
		fmt.Println(failure.Job.Name, failure.Job.Status, failure.Job.FailureReason)
	default:
		log.Fatal(err)
	}
	// Output: unit failed script_failure
}

// The log of a job while it grows, without the colors and sections that a runner writes.
func ExampleJobsService_FollowTrace() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "unit", Fails: 1,
		Log: "\x1b[31;1m--- FAIL: TestClock (0.00s)\x1b[0m\n    clock_test.go:12: it is late\n",
	})
	defer done()
	job, err := client.Jobs.Get(ctx, app, failedJob(ctx, client, app).ID)
	check(err)

	trace := client.Jobs.FollowTrace(ctx, app, job.ID, nil)
	defer trace.Close()
	_, err = io.Copy(os.Stdout, joblog.NewReader(trace))
	check(err)
	// Output:
	// --- FAIL: TestClock (0.00s)
	//     clock_test.go:12: it is late
	// ERROR: Job failed: exit code 1
}

// failedJob is the job of a pipeline that failed.
func failedJob(ctx context.Context, client *gitlabci.Client, app gitlabci.Project) *gitlabci.Job {
	jobs, err := client.Pipelines.Jobs(ctx, app, failedPipeline(ctx, client, app).ID, nil).Collect()
	check(err)
	return jobs[0]
}
