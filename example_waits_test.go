package gitlabci_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A deployment behind a manual gate: wait until the gate can be played, play it alone, and wait for what comes after it.
func ExamplePipelinesService_PlayJob() {
	ctx, client, app, done := standIn(
		gitlabcitest.Job{Name: "build", Stage: "build"},
		gitlabcitest.Job{Name: "gate", Stage: "gate", When: gitlabcitest.Manual, Blocking: true},
		gitlabcitest.Job{Name: "rollback", Stage: "gate", When: gitlabcitest.Manual},
		gitlabcitest.Job{Name: "production", Stage: "deploy"},
	)
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)

	quickly := &gitlabci.WaitJobOptions{Interval: 10 * time.Millisecond}
	_, err = client.Pipelines.WaitPlayable(ctx, app, pipeline.ID, "gate", quickly)
	check(err)
	_, err = client.Pipelines.PlayJob(ctx, app, pipeline.ID, "gate", nil)
	check(err)
	job, err := client.Pipelines.WaitJob(ctx, app, pipeline.ID, "production", quickly)
	check(err)
	fmt.Println(job.Name, job.Status)
	// Output: production success
}

func ExamplePipelinesService_WaitPlayable() {
	ctx, client, app, done := standIn(
		gitlabcitest.Job{Name: "build", Stage: "build", Fails: 1}, gitlabcitest.Job{Name: "gate", Stage: "gate", When: gitlabcitest.Manual},
	)
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)

	_, err = client.Pipelines.WaitPlayable(ctx, app, pipeline.ID, "gate", &gitlabci.WaitJobOptions{Interval: 10 * time.Millisecond})
	fmt.Println(errors.Is(err, gitlabci.ErrJobSkipped), err)
	// Output: true gitlabci: job 2 (gate) skipped
}

// withoutRunners is a stand-in whose only runner is paused.
func withoutRunners(jobs ...gitlabcitest.Job) (ctx context.Context, client *gitlabci.Client, app gitlabci.Project, close func()) {
	ctx, client, app, close = standIn(jobs...)
	_, err := client.Runners.Update(ctx, 1, &gitlabci.UpdateRunnerOptions{Paused: new(true)})
	check(err)
	return ctx, client, app, close
}

func ExamplePipelinesService_Stuck() {
	ctx, client, app, done := withoutRunners(gitlabcitest.Job{Name: "gpu", Tags: []string{"gpu", "large"}}, gitlabcitest.Job{Name: "unit"})
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)

	jobs, err := client.Pipelines.Stuck(ctx, app, pipeline.ID, nil)
	check(err)
	for _, job := range jobs {
		fmt.Println(job)
	}
	// Output:
	// gpu waits for a runner with the tags gpu, large: there is none
	// unit waits for a runner that takes jobs without tags: all are paused
}

// A deadline says what was waited for.
func ExampleWaitError() {
	ctx, client, app, done := withoutRunners(gitlabcitest.Job{Name: "gpu", Tags: []string{"gpu"}})
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)

	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
	var waited *gitlabci.WaitError
	if errors.As(err, &waited) {
		for _, job := range waited.Stuck {
			fmt.Println(waited.Pipeline.Status, job.Job.Name, job.Reason)
		}
	}
	// Output: pending gpu no_runner
}

func ExamplePipelinesService_Flakiness() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "build"}, gitlabcitest.Job{Name: "e2e", Fails: 1})
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)
	quickly := &gitlabci.WaitOptions{Interval: 10 * time.Millisecond}
	client.Pipelines.Wait(ctx, app, pipeline.ID, quickly)
	_, err = client.Pipelines.RetryFailed(ctx, app, pipeline.ID, nil)
	check(err)
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, quickly)
	check(err)

	found, err := client.Pipelines.Flakiness(ctx, app, &gitlabci.FlakyOptions{Ref: "main", Last: 50})
	check(err)
	for _, job := range found.Jobs {
		fmt.Printf("%s: %d of %d runs failed, flaky on %d of %d commits\n", job.Name, job.Failures, job.Runs, job.Flaky, job.Commits)
	}
	// Output: e2e: 1 of 2 runs failed, flaky on 1 of 1 commits
}

func ExampleDeploymentsService_Wait() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "deploy", Environment: "production"})
	defer done()
	_, err := client.ProtectedEnvironments.Create(ctx, app, &gitlabci.CreateProtectedEnvironmentOptions{
		Name:               "production",
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
		ApprovalRules:      []gitlabci.ApprovalRuleOptions{{AccessLevel: gitlabci.AccessMaintainer, RequiredApprovals: 2}},
	})
	check(err)
	_, err = client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)

	for deployment, err := range client.Deployments.List(ctx, app, nil) {
		check(err)
		_, err = client.Deployments.Wait(ctx, app, deployment.ID, nil)
		fmt.Println(err)
	}
	// Output: gitlabci: deployment 1 to production blocked: it needs 2 of 2 approvals of Maintainers
}

// A wait of one's own, for what has no call that waits: until no job holds a resource group.
func ExamplePoll() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "deploy", ResourceGroup: "production"})
	defer done()
	_, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)

	job, err := gitlabci.Poll(ctx, client, &gitlabci.PollOptions{Interval: 10 * time.Millisecond},
		func(ctx context.Context, opts ...gitlabci.RequestOption) (*gitlabci.Job, bool, error) {
			job, err := client.ResourceGroups.CurrentJob(ctx, app, "production", opts...)
			return job, job == nil, err
		})
	check(err)
	fmt.Println(job == nil)
	// Output: true
}

// What a job needs is told by GraphQL alone.
func ExampleClient_GraphQL() {
	srv := gitlabcitest.New()
	defer srv.Close()
	srv.HandleGraphQL(func(gitlabcitest.GraphQLRequest) (data any, err error) { // the stand-in does not speak GraphQL by itself
		return json.RawMessage(`{"project": {"pipeline": {"jobs": {"nodes": [{"name": "deploy", "needs": {"nodes": [{"name": "build"}, {"name": "unit"}]}}]}}}}`), nil
	})
	client := srv.Client()

	type named struct{ Name string }
	var answer struct {
		Project struct {
			Pipeline struct {
				Jobs struct {
					Nodes []struct {
						Name  string
						Needs struct{ Nodes []named }
					}
				}
			}
		}
	}
	err := client.GraphQL(context.Background(), `query($project: ID!, $pipeline: CiPipelineID!) {
		project(fullPath: $project) { pipeline(id: $pipeline) { jobs { nodes { name needs { nodes { name } } } } } }
	}`, map[string]any{"project": "group/app", "pipeline": "gid://gitlab/Ci::Pipeline/47"}, &answer)
	var failures gitlabci.GraphQLErrors
	if errors.As(err, &failures) {
		log.Fatal(failures[0].Path, failures[0].Message)
	}
	for _, job := range answer.Project.Pipeline.Jobs.Nodes {
		fmt.Println(job.Name, "needs", job.Needs.Nodes)
	}
	// Output: deploy needs [{build} {unit}]
}
