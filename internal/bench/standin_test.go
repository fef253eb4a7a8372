package main

import (
	"io"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// TestOfficialClient points the official client at the stand-in GitLab, over a socket: it decodes what the stand-in answers with types of
// its own, and knows nothing of ours.
func TestOfficialClient(t *testing.T) {
	server := gitlabcitest.New(gitlabcitest.WithToken(token))
	defer server.Close()
	server.AddProject("demo/app",
		gitlabcitest.Job{Name: "build", Stage: "build", Queue: time.Millisecond, Duration: 10 * time.Millisecond, Artifacts: map[string]string{"bin/app": "app"}},
		gitlabcitest.Job{Name: "deploy", Stage: "deploy", When: gitlabcitest.Manual, Queue: time.Millisecond, Duration: 10 * time.Millisecond},
	)
	url, err := server.Listen("127.0.0.1:0")
	must(t, err)
	client, err := gitlab.NewClient(token, gitlab.WithBaseURL(url))
	must(t, err)

	project, _, err := client.Projects.GetProject("demo/app", nil)
	must(t, err)
	_, _, err = client.Users.CurrentUser()
	must(t, err)
	pipeline, _, err := client.Pipelines.CreatePipeline(project.ID, &gitlab.CreatePipelineOptions{
		Ref: new("main"), Variables: &[]*gitlab.PipelineVariableOptions{{Key: new("A"), Value: new("1")}},
	})
	must(t, err)
	for pipeline.Status != "success" {
		time.Sleep(5 * time.Millisecond) // the pipeline takes a few of these
		pipeline, _, err = client.Pipelines.GetPipeline(project.ID, pipeline.ID)
		must(t, err)
	}
	variables, _, err := client.Pipelines.GetPipelineVariables(project.ID, pipeline.ID)
	must(t, err)
	jobs, _, err := client.Jobs.ListPipelineJobs(project.ID, pipeline.ID, nil)
	must(t, err)
	if len(jobs) != 2 || len(variables) != 1 {
		t.Fatal(len(jobs), len(variables))
	}
	build, deploy := jobs[1], jobs[0]
	log, _, err := client.Jobs.GetTraceFile(project.ID, build.ID)
	must(t, err)
	if text, err := io.ReadAll(log); err != nil || len(text) == 0 {
		t.Fatal(len(text), err)
	}
	archive, _, err := client.Jobs.GetJobArtifacts(project.ID, build.ID)
	must(t, err)
	if archive.Size() == 0 {
		t.Fatal("an empty archive")
	}
	_, _, err = client.Jobs.PlayJob(project.ID, deploy.ID, nil)
	must(t, err)
	again, _, err := client.Jobs.RetryJob(project.ID, build.ID)
	must(t, err)
	_, _, err = client.Jobs.CancelJob(project.ID, again.ID)
	must(t, err)

	variable, _, err := client.ProjectVariables.CreateVariable(project.ID, &gitlab.CreateProjectVariableOptions{Key: new("K"), Value: new("v"), EnvironmentScope: new("production")})
	must(t, err)
	_, err = client.ProjectVariables.RemoveVariable(project.ID, variable.Key, &gitlab.RemoveProjectVariableOptions{Filter: &gitlab.VariableFilter{EnvironmentScope: "production"}})
	must(t, err)
	trigger, _, err := client.PipelineTriggers.AddPipelineTrigger(project.ID, &gitlab.AddPipelineTriggerOptions{Description: new("bench")})
	must(t, err)
	_, _, err = client.PipelineTriggers.RunPipelineTrigger(project.ID, &gitlab.RunPipelineTriggerOptions{Ref: new("main"), Token: new(trigger.Token), Variables: map[string]string{"B": "2"}})
	must(t, err)
	schedule, _, err := client.PipelineSchedules.CreatePipelineSchedule(project.ID, &gitlab.CreatePipelineScheduleOptions{Description: new("nightly"), Ref: new("main"), Cron: new("0 2 * * *")})
	must(t, err)
	_, err = client.PipelineSchedules.RunPipelineSchedule(project.ID, schedule.ID)
	must(t, err)
	runners, _, err := client.Runners.ListAllRunners(nil)
	must(t, err)
	if len(runners) == 0 {
		t.Fatal("no runner")
	}
	_, _, err = client.Runners.GetRunnerDetails(runners[0].ID)
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
