package gitlabci_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
	"github.com/gitlabci/gitlabci/joblog"
)

// These are the snippets of the README, run against the stand-in GitLab.

// standIn is a GitLab with the project group/app, whose pipelines build, test and deploy.
func standIn() (ctx context.Context, client *gitlabci.Client, app gitlabci.Project, close func()) {
	srv := gitlabcitest.New()
	app = srv.AddProject("group/app",
		gitlabcitest.Job{Name: "compile", Stage: "build", Duration: 20 * time.Millisecond, Queue: time.Millisecond, Artifacts: map[string]string{"bin/app": "#!/bin/true\n"}},
		gitlabcitest.Job{Name: "unit", Stage: "test", Duration: 20 * time.Millisecond, Queue: time.Millisecond, Fails: 1, Log: "--- FAIL: TestClock (0.00s)\n    clock_test.go:12: it is late\n"},
		gitlabcitest.Job{Name: "production", Stage: "deploy", When: gitlabcitest.Manual, Duration: 20 * time.Millisecond},
	)
	return context.Background(), srv.Client(), app, srv.Close
}

// failedPipeline is a pipeline of group/app whose job unit failed.
func failedPipeline(ctx context.Context, client *gitlabci.Client, app gitlabci.Project) *gitlabci.Pipeline {
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}
	pipeline, err = client.Pipelines.Wait(ctx, app, pipeline.ID, &gitlabci.WaitOptions{Interval: 10 * time.Millisecond})
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

func ExampleJobsService_Play() {
	ctx, client, app, done := standIn()
	defer done()
	pipeline := failedPipeline(ctx, client, app)

	for job, err := range client.Pipelines.Jobs(ctx, app, pipeline.ID, nil) {
		check(err)
		if job.Status == gitlabci.JobManual {
			_, err = client.Jobs.Play(ctx, app, job.ID, &gitlabci.PlayJobOptions{
				Variables: []gitlabci.PipelineVariable{{Key: "DRY_RUN", Value: "1"}},
			})
			check(err)
		}
	}
	// Output:
}

func ExampleJobsService_FollowTrace() {
	ctx, client, app, done := standIn()
	defer done()
	jobs, err := client.Pipelines.Jobs(ctx, app, failedPipeline(ctx, client, app).ID, nil).Collect()
	check(err)
	job := jobs[len(jobs)-1]

	trace := client.Jobs.FollowTrace(ctx, app, job.ID, nil)
	defer trace.Close()
	_, err = io.Copy(io.Discard, joblog.NewReader(trace, joblog.KeepColors()))
	check(err)
	// Output:
}

func ExampleJobsService_SaveArtifacts() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)
	jobs, err := client.Jobs.List(ctx, app, &gitlabci.ListJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobSuccess}}).Collect()
	check(err)
	job := jobs[0]
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)

	err = client.Jobs.SaveArtifacts(ctx, app, job.ID, filepath.Join(dir, "artifacts.zip"), nil)
	check(err)

	archive, err := client.Jobs.OpenArtifacts(ctx, app, job.ID, nil)
	check(err)
	defer archive.Close()
	program, err := fs.ReadFile(archive, "bin/app")
	check(err)
	fmt.Printf("%s", program)
	// Output: #!/bin/true
}

func ExampleArchive_Extract() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)
	jobs, err := client.Jobs.List(ctx, app, &gitlabci.ListJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobSuccess}}).Collect()
	check(err)
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)

	archive, err := client.Jobs.OpenArtifacts(ctx, app, jobs[0].ID, nil)
	check(err)
	defer archive.Close()
	err = archive.Extract(dir, &gitlabci.ExtractOptions{
		Links:   gitlabci.MakeLinks, // such as those of node_modules/.bin
		Skipped: func(name string, reason error) { fmt.Printf("%s is left out: %v\n", name, reason) },
	})
	check(err)
	program, err := os.ReadFile(filepath.Join(dir, "bin", "app"))
	check(err)
	fmt.Printf("%s", program)
	// Output: #!/bin/true
}

func ExampleRunnersService_List() {
	ctx, client, app, done := standIn()
	defer done()

	for runner, err := range client.Runners.List(ctx, &gitlabci.ListRunnersOptions{
		Status: gitlabci.RunnerOnline, Type: gitlabci.RunnerTypeProject,
	}) {
		check(err)
		_, err = client.Runners.Enable(ctx, app, runner.ID)
		check(err)
	}
	// Output:
}

func ExampleVariablesService_Create() {
	ctx, client, app, done := standIn()
	defer done()

	variable, err := client.Variables.Create(ctx, app, &gitlabci.CreateVariableOptions{
		Key: "DATABASE_URL", Value: "postgresql://user:pass@host/db",
		Protected: new(true), EnvironmentScope: "production",
	})
	check(err)
	variable, err = client.Variables.Update(ctx, app, variable.VariableKey(), &gitlabci.UpdateVariableOptions{Value: new(gitlabci.Secret("new_value"))})
	check(err)
	fmt.Println(variable.Key, variable.EnvironmentScope, variable.Protected)

	err = client.Variables.Delete(ctx, app, gitlabci.Key("DATABASE_URL").In("production"))
	check(err)
	// Output: DATABASE_URL production true
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

func ExampleSchedulesService_Create() {
	ctx, client, app, done := standIn()
	defer done()

	schedule, err := client.Schedules.Create(ctx, app, &gitlabci.CreateScheduleOptions{
		Description: "Nightly build", Ref: "main", Cron: "0 2 * * *", CronTimezone: "UTC",
	})
	check(err)
	err = client.Schedules.Play(ctx, app, schedule.ID, nil)
	check(err)
	schedule, err = client.Schedules.TakeOwnership(ctx, app, schedule.ID)
	check(err)
	fmt.Println(schedule.Description, schedule.Active)
	// Output: Nightly build true
}

// deployedTo is a GitLab with a deployment to production that waits for an approval, and a review app.
func deployedTo() (ctx context.Context, client *gitlabci.Client, app gitlabci.Project, close func()) {
	srv := gitlabcitest.New()
	app = srv.AddProject("group/app",
		gitlabcitest.Job{Name: "review", Environment: "review/login", Queue: time.Millisecond, Duration: time.Millisecond},
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
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, &gitlabci.WaitOptions{Interval: 10 * time.Millisecond})
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

// Delete the failed pipelines of every project of a group.
func ExampleGroupsService_Projects() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)

	for project, err := range client.Groups.Projects(ctx, gitlabci.GroupPath("group"), &gitlabci.ListGroupProjectsOptions{
		IncludeSubgroups: true, Archived: new(false), MinAccessLevel: gitlabci.AccessOwner,
	}) {
		check(err)
		failed, err := client.Pipelines.List(ctx, gitlabci.ProjectID(project.ID), &gitlabci.ListPipelinesOptions{Status: gitlabci.PipelineFailed}).Collect()
		check(err) // whole: those that are deleted drop out of the list
		for _, pipeline := range failed {
			check(client.Pipelines.Delete(ctx, gitlabci.ProjectID(project.ID), pipeline.ID))
		}
		fmt.Println(project.PathWithNamespace, len(failed))
	}
	// Output: group/app 1
}

func ExampleProjectsService_List() {
	ctx, client, _, done := standIn()
	defer done()

	for project, err := range client.Projects.List(ctx, &gitlabci.ListProjectsOptions{
		Membership: true, Archived: new(false), LastActivityAfter: time.Now().AddDate(0, -1, 0),
	}) {
		check(err)
		fmt.Println(project.PathWithNamespace, project.DefaultBranch)
	}
	// Output: group/app main
}

func ExampleBranchesService_Get() {
	ctx, client, app, done := standIn()
	defer done()

	branch, err := client.Branches.Get(ctx, app, "main")
	check(err)
	fmt.Println(branch.Commit.Title, branch.Protected)
	// Output: Initial commit true
}

// Tag a version and find the pipeline that this starts.
func ExampleTagsService_Create() {
	ctx, client, app, done := standIn()
	defer done()

	tag, err := client.Tags.Create(ctx, app, &gitlabci.CreateTagOptions{TagName: "v1.0.0", Ref: "main", Message: "Version 1.0"})
	check(err)
	pipeline, err := client.Pipelines.Latest(ctx, app, &gitlabci.LatestPipelineOptions{Ref: tag.Name})
	check(err)
	fmt.Println(pipeline.Source, pipeline.Ref, pipeline.SHA == tag.Commit.ID)
	// Output: push v1.0.0 true
}

// Find the runners that a group and its subgroups can use and that need somebody to look after them.
func ExampleRunnersService_Fleet() {
	srv := gitlabcitest.New()
	defer srv.Close()
	srv.AddProject("group/app")
	srv.AddRunner(gitlabcitest.Runner{Description: "builder", Group: "group"})
	srv.AddRunner(gitlabcitest.Runner{Description: "gpu", Group: "group", Status: gitlabci.RunnerOffline, Paused: true})
	srv.AddRunner(gitlabcitest.Runner{Description: "arm", Group: "group", Managers: []gitlabcitest.RunnerManager{{SystemID: "s_1", Version: "17.0.0"}}})
	ctx, client := context.Background(), srv.Client()

	fleet, err := client.Runners.Fleet(ctx, &gitlabci.FleetOptions{
		Groups: []gitlabci.Group{gitlabci.GroupPath("group")},
		Match:  func(r *gitlabci.Runner) bool { return r.RunnerType != gitlabci.RunnerTypeInstance },
	})
	check(err)
	for _, runner := range fleet {
		if len(runner.Problems) > 0 {
			fmt.Println(runner.String())
		}
	}
	// Output:
	// runner 3 (gpu): paused, offline
	// runner 4 (arm): outdated
}

func ExampleError() {
	ctx, client, app, done := standIn()
	defer done()

	_, err := client.Jobs.Retry(ctx, app, 404, nil)
	switch {
	case errors.Is(err, gitlabci.ErrNotFound):
		fmt.Println("there is no such job")
	case errors.Is(err, gitlabci.ErrOutcomeUnknown):
		fmt.Println("it may have been retried: look before you try again")
	case errors.Is(err, gitlabci.ErrJobRetry):
		fmt.Println("it was not retried:", err)
	}
	var e *gitlabci.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, e.StatusCode, e.Message)
	}
	// Output:
	// there is no such job
	// retry job 404 404 Not found
}
