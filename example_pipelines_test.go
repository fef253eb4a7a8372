package gitlabci_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func ExamplePipelinesService_List() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)

	for pipeline, err := range client.Pipelines.List(ctx, app, &gitlabci.ListPipelinesOptions{
		Status: gitlabci.PipelineFailed, Ref: "main", OrderBy: gitlabci.PipelineOrderUpdatedAt,
	}) {
		check(err)
		fmt.Println(pipeline.Ref, pipeline.Status)
	}
	// Output: main failed
}

func ExamplePipelinesService_Cancel() {
	ctx, client, app, done := standIn()
	defer done()
	pipeline := failedPipeline(ctx, client, app)

	_, err := client.Pipelines.Cancel(ctx, app, pipeline.ID, nil)
	check(err)
	pipeline, err = client.Pipelines.Retry(ctx, app, pipeline.ID, nil)
	check(err)
	fmt.Println(pipeline.Status)
	// Output: running
}

func ExamplePipelinesService_Jobs() {
	ctx, client, app, done := standIn()
	defer done()
	pipeline := failedPipeline(ctx, client, app)

	for job, err := range client.Pipelines.Jobs(ctx, app, pipeline.ID, &gitlabci.ListPipelineJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobFailed}}) {
		check(err)
		again, err := client.Jobs.Retry(ctx, app, job.ID, nil)
		check(err)
		fmt.Println(job.Name, again.ID != job.ID)
	}
	// Output: unit true
}

// The error of a wait is the outcome of the pipeline; any other error is that of the wait itself.
func ExamplePipelinesService_Wait() {
	ctx, client, app, done := standIn()
	defer done()
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()

	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}
	pipeline, err = client.Pipelines.Wait(ctx, app, pipeline.ID, &gitlabci.WaitOptions{Downstream: true})
	switch {
	case err == nil:
		fmt.Println("all is well")
	case errors.Is(err, gitlabci.ErrPipelineFailed):
		fmt.Println(pipeline.Status, err)
	case errors.Is(err, gitlabci.ErrPipelineBlocked):
		fmt.Println("a manual job has to be played at", pipeline.WebURL)
	default: // canceled, skipped, past the deadline, or GitLab is out of reach
		log.Fatal(err)
	}
	// Output: failed gitlabci: pipeline 1 failed: unit (script_failure)
}

// Each change of a status is one event. The first event of each job tells the status that it has by then.
func ExamplePipelinesService_Watch() {
	ctx, client, app, done := standIn()
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}

	for event, err := range client.Pipelines.Watch(ctx, app, pipeline.ID, nil) {
		if err != nil {
			log.Fatal(err)
		}
		if event.Job != nil {
			fmt.Println(event.Job.Name, event.To)
		} else {
			fmt.Println("pipeline", event.To)
		}
	}
	// Unordered output:
	// compile success
	// unit failed
	// production skipped
	// pipeline failed
}

// A push starts a pipeline a moment later: wait until it is there, and then for its end.
func ExamplePipelinesService_WaitFor() {
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Queue: time.Nanosecond, Duration: time.Nanosecond})
	ctx, client := context.Background(), srv.Client()
	sha := srv.Push(app, "main")

	pipeline, err := client.Pipelines.WaitFor(ctx, app, &gitlabci.WaitForOptions{
		SHA: sha, Ref: "main", Source: gitlabci.PipelineSourcePush,
	})
	if err != nil {
		log.Fatal(err)
	}
	pipeline, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pipeline.SHA == sha, pipeline.Status)
	// Output: true success
}

// The jobs of a pipeline, and those of the pipelines that its trigger jobs started.
func ExamplePipelinesService_Tree() {
	ctx, client, app, done := standIn(
		gitlabcitest.Job{Name: "compile", Stage: "build"},
		gitlabcitest.Job{Name: "browsers", Stage: "verify", Trigger: &gitlabcitest.Downstream{
			Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "firefox"}, {Name: "chromium", Fails: 1}},
		}},
	)
	defer done()
	pipeline := failedPipeline(ctx, client, app)

	tree, err := client.Pipelines.Tree(ctx, app, pipeline.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	for downstream := range tree.Pipelines() {
		fmt.Println("pipeline", downstream.Pipeline.ID, downstream.Pipeline.Status)
		for _, node := range downstream.Children {
			fmt.Println("  ", node.Name, node.Status)
		}
	}
	// Output:
	// pipeline 1 failed
	//    compile success
	//    browsers failed
	// pipeline 2 failed
	//    firefox success
	//    chromium failed
}

// What failed, why, whether another attempt might help, and what the log says.
func ExamplePipelinesService_Diagnose() {
	ctx, client, app, done := standIn()
	defer done()
	pipeline := failedPipeline(ctx, client, app)

	diagnosis, err := client.Pipelines.Diagnose(ctx, app, pipeline.ID, &gitlabci.DiagnoseOptions{Lines: 2})
	if err != nil {
		log.Fatal(err)
	}
	for _, failed := range diagnosis.Jobs {
		fmt.Printf("%s failed in %d attempt: %s\n", failed.Job.Name, failed.Attempts, failed.Job.FailureReason)
		if failed.Verdict == gitlabci.VerdictReal {
			fmt.Println("all its attempts failed alike")
		}
		for _, line := range failed.Log {
			fmt.Println("  |", line)
		}
	}
	// Output:
	// unit failed in 1 attempt: script_failure
	//   |     clock_test.go:12: it is late
	//   | ERROR: Job failed: exit code 1
}

// Another attempt for the jobs that their runner let down, and for no others.
func ExamplePipelinesService_RetryFailed() {
	ctx, client, app, done := standIn(
		gitlabcitest.Job{Name: "unit", Fails: 1},
		gitlabcitest.Job{Name: "integration", Fails: 1, FailureReason: "runner_system_failure"},
	)
	defer done()
	pipeline := failedPipeline(ctx, client, app)

	retried, err := client.Pipelines.RetryFailed(ctx, app, pipeline.ID, &gitlabci.RetryFailedOptions{
		Reasons:     []gitlabci.FailureReason{gitlabci.FailureReasonRunnerSystem, gitlabci.FailureReasonRunnerInterrupted},
		MaxAttempts: 3,
	})
	for _, job := range retried { // also beside an error
		fmt.Printf("%s goes on as job %d\n", job.Name, job.ID)
	}
	if err != nil {
		log.Fatal(err)
	}
	// Output: integration goes on as job 3
}

// Manual jobs are played by one call, with variables for all of them.
func ExamplePipelinesService_Play() {
	ctx, client, app, done := standIn(
		gitlabcitest.Job{Name: "unit"},
		gitlabcitest.Job{Name: "europe", Stage: "deploy", When: gitlabcitest.Manual},
		gitlabcitest.Job{Name: "america", Stage: "deploy", When: gitlabcitest.Manual},
	)
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}

	played, err := client.Pipelines.Play(ctx, app, pipeline.ID, &gitlabci.PlayPipelineOptions{
		Variables: []gitlabci.PipelineVariable{{Key: "DRY_RUN", Value: "1"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, job := range played {
		fmt.Println(job.Stage, job.Name)
	}
	// Unordered output:
	// deploy europe
	// deploy america
}

// The logs of all jobs as one, while they grow, until the pipeline has ended.
func ExamplePipelinesService_FollowTraces() {
	ctx, client, app, done := standIn(
		gitlabcitest.Job{Name: "compile", Stage: "build", Log: "go build ./...\n"},
		gitlabcitest.Job{Name: "unit", Log: "ok  example.com/app\n"},
	)
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}

	logs := client.Pipelines.FollowTraces(ctx, app, pipeline.ID, nil)
	defer logs.Close()
	if _, err := io.Copy(os.Stdout, logs); err != nil {
		log.Fatal(err)
	}
	// Unordered output:
	// compile | go build ./...
	// unit | ok  example.com/app
}
