package main

import (
	"context"
	"errors"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// furnished is what is worth telling of what was put into the stand-in.
type furnished struct {
	pipelines, jobs int
	trigger         string
}

// furnish puts into the stand-in what a project that is in use has.
func furnish(ctx context.Context, server *gitlabcitest.Server, pace demo.Pace) (*furnished, error) {
	const hurry = 0.01 // what is in the past already need not take long
	app := server.AddProject("demo/app", demo.Shop(hurry)...)
	server.AddUser("dana", gitlabcitest.Developer.In("demo/app"))
	server.AddRunner(gitlabcitest.Runner{Description: "docker-1", Tags: []string{"docker"}})
	server.AddRunner(gitlabcitest.Runner{Description: "docker-2", Tags: []string{"docker"}, Paused: true, MaintenanceNote: "disk is full"})
	server.AddRunner(gitlabcitest.Runner{Description: "deploy", Projects: []string{"demo/app"}, Tags: []string{"production"}, TaggedOnly: true, Locked: true})

	client := server.Client()
	if err := history(ctx, server, client, app); err != nil {
		return nil, err
	}
	server.Define(app, demo.Shop(pace)...)

	for _, variable := range []*gitlabci.CreateVariableOptions{
		{Key: "REGISTRY", Value: "registry.example.com/demo"},
		{Key: "DATABASE_URL", Value: "postgres://staging.example.com/shop", EnvironmentScope: "staging"},
		{Key: "DATABASE_URL", Value: "postgres://db.example.com/shop", EnvironmentScope: "production", Protected: new(true)},
		{Key: "DEPLOY_TOKEN", Value: "s3cr3t-t0ken", Masked: new(true)},
	} {
		if _, err := client.Variables.Set(ctx, app, variable); err != nil {
			return nil, err
		}
	}
	nightly, err := client.Schedules.Create(ctx, app, &gitlabci.CreateScheduleOptions{
		Description: "nightly", Ref: "main", Cron: "0 2 * * *", CronTimezone: "Europe/Berlin",
	})
	if err != nil {
		return nil, err
	}
	if _, err := client.Schedules.CreateVariable(ctx, app, nightly.ID, &gitlabci.CreateScheduleVariableOptions{Key: "SUITE", Value: "full"}); err != nil {
		return nil, err
	}
	trigger, err := client.Triggers.Create(ctx, app, &gitlabci.CreateTriggerOptions{Description: "demo"})
	if err != nil {
		return nil, err
	}

	f := &furnished{trigger: string(trigger.Token)}
	for _, err := range client.Pipelines.List(ctx, app, nil) {
		if err != nil {
			return nil, err
		}
		f.pipelines++
	}
	for _, err := range client.Jobs.List(ctx, app, nil) {
		if err != nil {
			return nil, err
		}
		f.jobs++
	}
	return f, nil
}

// history lets pipelines happen: one that went well at the second attempt and was deployed, one that failed, one of a merge request, and
// one that was canceled.
func history(ctx context.Context, server *gitlabcitest.Server, client *gitlabci.Client, app gitlabci.Project) error {
	soon := &gitlabci.WaitOptions{Interval: 10 * time.Millisecond}

	first, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		return err
	}
	if _, err := client.Pipelines.Wait(ctx, app, first.ID, soon); !errors.Is(err, gitlabci.ErrPipelineFailed) {
		return err
	}
	if _, err := client.Pipelines.Retry(ctx, app, first.ID, nil); err != nil {
		return err
	}
	if _, err := client.Pipelines.Wait(ctx, app, first.ID, soon); err != nil {
		return err
	}
	if _, err := client.Pipelines.Play(ctx, app, first.ID, nil); err != nil {
		return err
	}
	if _, err := client.Pipelines.Wait(ctx, app, first.ID, soon); err != nil {
		return err
	}

	server.Push(app, "main")
	merge := server.AddMergeRequest(app, "saved-cards")
	if _, err := client.Pipelines.CreateForMergeRequest(ctx, app, merge, nil); err != nil {
		return err
	}
	for pipeline, err := range client.Pipelines.List(ctx, app, nil) {
		if err != nil {
			return err
		}
		if _, err := client.Pipelines.Wait(ctx, app, pipeline.ID, soon); err != nil && !errors.Is(err, gitlabci.ErrPipelineFailed) {
			return err
		}
	}

	server.Define(app, demo.Shop(1)...) // slow enough to be canceled
	server.Push(app, "saved-cards")
	last, err := client.Pipelines.Latest(ctx, app, &gitlabci.LatestPipelineOptions{Ref: "saved-cards"})
	if err != nil {
		return err
	}
	_, err = client.Pipelines.Cancel(ctx, app, last.ID, nil)
	return err
}
