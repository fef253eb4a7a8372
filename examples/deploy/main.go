// Deploy starts a pipeline, waits until all is well, also in the pipelines downstream, plays the manual job that deploys, and shows its log
// while it runs.
//
// Without GITLAB_URL it does so on a stand-in GitLab in memory:
//
//	go run ./examples/deploy
//
// On a real GitLab it deploys for real. It starts the pipeline with a trigger token where there is one, else in its own name:
//
//	export GITLAB_URL=https://gitlab.example.com GITLAB_TOKEN=glpat-... GITLAB_PROJECT=group/app
//	export GITLAB_TRIGGER_TOKEN=glptt-...
//	go run ./examples/deploy -ref main -job production
//
// Manual jobs that have to be played on the way are named by -gate, in their order.
//
// The exit code tells the outcome: 0 it is deployed and the pipeline succeeded, 1 something failed, 3 it was canceled or interrupted, 4
// the pipeline waits for yet another manual job. (2 is a wrong flag.)
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
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
	"github.com/gitlabci/gitlabci/joblog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	demo.PrintError("deploy", err)
	os.Exit(exitCode(err))
}

const about = `Deploy starts a pipeline, waits until all is well, also in the pipelines
downstream, plays the manual job that deploys, and shows its log while it runs.
On a real GitLab it deploys for real.

The exit code is 0 if it is deployed and the pipeline succeeded, 1 if something
failed, 2 for a wrong flag, 3 if it was canceled or interrupted, 4 if the pipeline
waits for yet another manual job.`

const environment = demo.Environment + `
  GITLAB_TRIGGER_TOKEN
                  trigger token to start the pipeline with; without it, the
                  pipeline is started in the name of GITLAB_TOKEN
  NO_COLOR        the log without colors, if it is set`

func exitCode(err error) int {
	switch {
	case errors.Is(err, gitlabci.ErrPipelineCanceled), errors.Is(err, gitlabci.ErrJobCanceled), errors.Is(err, context.Canceled):
		return 3
	case errors.Is(err, gitlabci.ErrPipelineBlocked):
		return 4
	}
	return demo.ExitCode(err)
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var variables demo.Variables
	flags := flag.NewFlagSet("deploy", flag.ContinueOnError)
	ref := flags.String("ref", "main", "branch or tag to deploy")
	name := flags.String("job", "production", "`name` of the manual job that deploys")
	var gates []string
	flags.Func("gate", "`name` of a manual job to play before that one; may be repeated", func(gate string) error {
		gates = append(gates, gate)
		return nil
	})
	flags.Var(&variables, "var", "variable for that job, as `KEY=VALUE`; may be repeated")
	interval := flags.Duration("interval", 0, "first pause between two polls (default what the SDK finds good)")
	if err := demo.Parse(flags, args, out, about, environment); err != nil {
		return err
	}

	gitlab, err := demo.Open(out, "demo/shop", demo.Release(1)...)
	if err != nil {
		return err
	}
	defer gitlab.Close()
	token, err := triggerToken(ctx, gitlab)
	if err != nil {
		return err
	}
	d := &deployment{client: gitlab.Client, project: gitlab.Project, out: out, interval: cmp.Or(*interval, gitlab.Interval)}

	pipeline, err := d.start(ctx, *ref, token)
	if err != nil {
		return err
	}
	for _, gate := range gates {
		if err := d.pass(ctx, pipeline.ID, gate); err != nil {
			return err
		}
	}
	if err := d.wait(ctx, pipeline.ID); err != nil && !errors.Is(err, gitlabci.ErrPipelineBlocked) {
		return err
	}
	if err := d.promote(ctx, pipeline.ID, *name, variables); err != nil {
		return err
	}
	return d.wait(ctx, pipeline.ID) // for what comes after the deployment
}

// triggerToken is the token to start the pipeline with; none if it is empty. The stand-in has to make one first.
func triggerToken(ctx context.Context, gitlab *demo.GitLab) (gitlabci.Secret, error) {
	if gitlab.StandIn == nil {
		return gitlabci.Secret(os.Getenv("GITLAB_TRIGGER_TOKEN")), nil
	}
	trigger, err := gitlab.Client.Triggers.Create(ctx, gitlab.Project, &gitlabci.CreateTriggerOptions{Description: "deploy"})
	if err != nil {
		return "", err
	}
	return trigger.Token, nil
}

type deployment struct {
	client   *gitlabci.Client
	project  gitlabci.Project
	out      io.Writer
	interval time.Duration
}

// start starts a pipeline: by a trigger token, or without one in the name of the client's token.
func (d *deployment) start(ctx context.Context, ref string, token gitlabci.Secret) (pipeline *gitlabci.Pipeline, err error) {
	if token != "" {
		pipeline, err = d.client.Triggers.Run(ctx, d.project, &gitlabci.RunTriggerOptions{Token: token, Ref: ref})
	} else {
		pipeline, err = d.client.Pipelines.Create(ctx, d.project, &gitlabci.CreatePipelineOptions{Ref: ref})
	}
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(d.out, "Pipeline %d of %s at %.8s, by %s\n%s\n", pipeline.ID, pipeline.Ref, pipeline.SHA, pipeline.Source, pipeline.WebURL)
	return pipeline, nil
}

// wait waits for the pipeline and all that it starts downstream. Where it ends badly the error names the jobs that failed.
func (d *deployment) wait(ctx context.Context, pipeline int64) error {
	_, err := d.client.Pipelines.Wait(ctx, d.project, pipeline, &gitlabci.WaitOptions{
		Interval:   d.interval,
		Downstream: true,
		Progress:   func(p *gitlabci.Pipeline) { fmt.Fprintf(d.out, "Pipeline %d: %s\n", p.ID, p.Status) },
	})
	return err
}

// pass plays a manual job once all before it has ended, and waits for its end.
func (d *deployment) pass(ctx context.Context, pipeline int64, gate string) error {
	options := &gitlabci.WaitJobOptions{Interval: d.interval}
	_, err := d.client.Pipelines.WaitPlayable(ctx, d.project, pipeline, gate, options)
	if errors.Is(err, gitlabci.ErrJobSkipped) {
		return cmp.Or(d.wait(ctx, pipeline), err) // which jobs failed before it
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "Passing %s\n", gate)
	if _, err := d.client.Pipelines.PlayJob(ctx, d.project, pipeline, gate, nil); err != nil {
		return err
	}
	_, err = d.client.Pipelines.WaitJob(ctx, d.project, pipeline, gate, options)
	return err
}

// promote plays the manual job of this name and follows its log until it has ended.
func (d *deployment) promote(ctx context.Context, pipeline int64, name string, variables []gitlabci.PipelineVariable) error {
	job, err := d.client.Pipelines.PlayJob(ctx, d.project, pipeline, name, &gitlabci.PlayJobOptions{Variables: variables})
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nPlaying %s, job %d:\n\n", job.Name, job.ID)

	trace := d.client.Jobs.FollowTrace(ctx, d.project, job.ID, &gitlabci.FollowOptions{Interval: d.interval})
	defer trace.Close()
	var look []joblog.Option
	if demo.Colors(d.out) {
		look = append(look, joblog.KeepColors())
	}
	if _, err := io.Copy(d.out, joblog.NewReader(trace, look...)); err != nil {
		return err
	}
	fmt.Fprintln(d.out)
	_, err = d.client.Jobs.Wait(ctx, d.project, job.ID, &gitlabci.WaitJobOptions{Interval: d.interval}) // it has ended; the error says how
	return err
}
