package gitlabci_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
	"github.com/gitlabci/gitlabci/joblog"
)

// The examples run against a stand-in GitLab, and the snippets of the README and of docs are taken from them.

// standIn is a GitLab with the project group/app, whose pipelines have these jobs; without any, they build, test and deploy. What takes no
// time of its own is over at the next call.
func standIn(jobs ...gitlabcitest.Job) (ctx context.Context, client *gitlabci.Client, app gitlabci.Project, close func()) {
	if len(jobs) == 0 {
		jobs = []gitlabcitest.Job{
			{Name: "compile", Stage: "build", Artifacts: map[string]string{"bin/app": "#!/bin/true\n"}},
			{Name: "unit", Stage: "test", Fails: 1, Log: "--- FAIL: TestClock (0.00s)\n    clock_test.go:12: it is late\n"},
			{Name: "production", Stage: "deploy", When: gitlabcitest.Manual},
		}
	}
	srv := gitlabcitest.New()
	app = srv.AddProject("group/app", quick(jobs)...)
	return context.Background(), srv.Client(), app, srv.Close
}

// quick are these jobs, in no time where they say nothing of it.
func quick(jobs []gitlabcitest.Job) []gitlabcitest.Job {
	for i := range jobs {
		job := &jobs[i]
		job.Queue, job.Duration = cmp.Or(job.Queue, time.Nanosecond), cmp.Or(job.Duration, time.Nanosecond)
		if job.Trigger != nil {
			quick(job.Trigger.Jobs)
		}
	}
	return jobs
}

// failedPipeline is a pipeline of group/app whose job unit failed.
func failedPipeline(ctx context.Context, client *gitlabci.Client, app gitlabci.Project) *gitlabci.Pipeline {
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}
	pipeline, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
	if !errors.Is(err, gitlabci.ErrPipelineFailed) {
		log.Fatal(err)
	}
	return pipeline
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Start a pipeline, wait for it, and see what failed and why.
func Example() {
	ctx, client, app, done := standIn()
	defer done()

	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{
		Ref:       "main",
		Variables: []gitlabci.PipelineVariable{{Key: "DEPLOY_ENV", Value: "staging"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
	var failure *gitlabci.PipelineError
	if errors.As(err, &failure) {
		for _, job := range failure.FailedJobs {
			fmt.Println(job.Name, "failed:", job.FailureReason)
			trace, err := client.Jobs.Trace(ctx, gitlabci.ProjectID(job.Pipeline.ProjectID), job.ID, nil)
			if err != nil {
				log.Fatal(err)
			}
			io.Copy(os.Stdout, joblog.NewReader(trace))
			trace.Close()
		}
	} else if err != nil {
		log.Fatal(err) // the wait ended early, as when the context did
	}
	// Output:
	// unit failed: script_failure
	// --- FAIL: TestClock (0.00s)
	//     clock_test.go:12: it is late
	// ERROR: Job failed: exit code 1
}

func ExampleTriggersService_Run() {
	ctx, client, app, done := standIn()
	defer done()

	trigger, err := client.Triggers.Create(ctx, app, &gitlabci.CreateTriggerOptions{Description: "External deployment trigger"})
	check(err)
	pipeline, err := client.Triggers.Run(ctx, app, &gitlabci.RunTriggerOptions{
		Token: trigger.Token, Ref: "main", Variables: []gitlabci.PipelineVariable{{Key: "DEPLOY_ENV", Value: "staging"}},
	})
	check(err)
	fmt.Println(pipeline.Source, trigger.Token)
	// Output: trigger [redacted]
}

// deployedTo is a GitLab with a deployment to production that waits for an approval, and a review app.
func deployedTo() (ctx context.Context, client *gitlabci.Client, app gitlabci.Project, close func()) {
	srv := gitlabcitest.New()
	app = srv.AddProject("group/app",
		gitlabcitest.Job{Name: "review", Environment: "review/login", Queue: time.Nanosecond, Duration: time.Nanosecond},
		gitlabcitest.Job{Name: "production", Stage: "deploy", Environment: "production"},
	)
	ctx, client = context.Background(), srv.Client()
	_, err := client.ProtectedEnvironments.Create(ctx, app, &gitlabci.CreateProtectedEnvironmentOptions{
		Name:               "production",
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
		ApprovalRules:      []gitlabci.ApprovalRuleOptions{{AccessLevel: gitlabci.AccessMaintainer}},
	})
	check(err)
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
	if !errors.Is(err, gitlabci.ErrPipelineBlocked) && err != nil {
		log.Fatal(err)
	}
	return ctx, srv.ClientAs(srv.AddUser("grace", gitlabcitest.Maintainer.In("group"))), app, srv.Close
}

func ExampleDeploymentsService_SetApproval() {
	ctx, client, app, done := deployedTo()
	defer done()

	for deployment, err := range client.Deployments.List(ctx, app, &gitlabci.ListDeploymentsOptions{
		Environment: "production", Status: gitlabci.DeploymentBlocked,
	}) {
		check(err)
		deployment, err = client.Deployments.Get(ctx, app, deployment.ID)
		check(err)
		if deployment.PendingApprovalCount == 0 {
			continue // it waits for somebody to play its job
		}
		_, err = client.Deployments.SetApproval(ctx, app, deployment.ID, &gitlabci.SetDeploymentApprovalOptions{
			Status: gitlabci.DeploymentApprovalApproved, Comment: "Looks good",
		})
		check(err)
	}
	environments, err := client.Environments.List(ctx, app, &gitlabci.ListEnvironmentsOptions{
		Search: "review/", States: gitlabci.EnvironmentAvailable,
	}).Collect() // whole: those that are stopped drop out of the list
	check(err)
	for _, environment := range environments {
		environment, err = client.Environments.Stop(ctx, app, environment.ID, nil)
		check(err)
		fmt.Println(environment.Name, environment.State)
	}
	// Output:
	// review/login stopped
}

func ExampleSecureFilesService_Create() {
	ctx, client, app, done := standIn()
	defer done()
	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(dir)
	keystore := filepath.Join(dir, "app.keystore")
	check(os.WriteFile(keystore, []byte("secret"), 0o600))
	content := `{".hidden": {"script": "true"}}` // JSON is YAML

	file, err := os.Open(keystore)
	check(err)
	defer file.Close()
	secure, err := client.SecureFiles.Create(ctx, app, &gitlabci.CreateSecureFileOptions{Name: "app.keystore", File: file})
	check(err)
	download, err := client.SecureFiles.Download(ctx, app, secure.ID) // its checksum is verified as it is read
	check(err)
	defer download.Close()

	result, err := client.Lint.Content(ctx, app, &gitlabci.LintContentOptions{Content: content})
	check(err)
	if err := result.Err(); errors.Is(err, gitlabci.ErrLintInvalid) {
		fmt.Println(result.Errors)
	}
	_, err = io.Copy(os.Stdout, download)
	check(err)
	// Output:
	// [jobs config should contain at least one visible job]
	// secret
}
