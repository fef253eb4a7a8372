package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

var errNoPipeline = errors.New("there is no such pipeline")

// waiting says how to wait for a pipeline.
type waiting struct{ ownOnly, throughManual bool }

func (w *waiting) addFlags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&w.ownOnly, "no-downstream", false, "do not wait for the pipelines that it starts")
	cmd.Flags().BoolVar(&w.throughManual, "through-manual", false, "go on while a manual job blocks, until somebody plays it")
	return cmd
}

func (a *app) runCommand() *cobra.Command {
	var (
		ref               string
		mr                int64
		variables, inputs []string
		detach            bool
		how               waiting
	)
	cmd := a.verb("run [flags]", "Create a pipeline, and wait for its end", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		vars, err := pipelineVariables(variables)
		if err != nil {
			return err
		}
		values, err := inputValues(inputs)
		if err != nil {
			return err
		}
		if ref == "" && mr == 0 {
			ref, err = branch(ctx)
			if err != nil {
				return err
			}
		}
		var pipeline *gitlabci.Pipeline
		if mr != 0 {
			pipeline, err = a.client.Pipelines.CreateForMergeRequest(ctx, a.in, mr, nil)
		} else {
			pipeline, err = a.client.Pipelines.Create(ctx, a.in, &gitlabci.CreatePipelineOptions{Ref: ref, Variables: vars, Inputs: values})
		}
		if err != nil {
			return errors.Join(err, a.result(nil, err))
		}
		if detach {
			return a.result(pipeline, nil)
		}
		if !a.quiet {
			a.notes.note("pipeline %d of %s: %s", pipeline.ID, pipeline.Ref, pipeline.WebURL)
		}
		project := a.in
		if mr != 0 && pipeline.ProjectID != 0 {
			project = gitlabci.ProjectID(pipeline.ProjectID)
		}
		return a.await(ctx, project, pipeline.ID, pipeline, how, false)
	})
	cmd.Long = cmd.Short + `, and for that of all that it starts
downstream. The exit code is its outcome: see gitlabci help.`
	cmd.Example = "  gitlabci run --ref main --var DEPLOY_ENV=staging --timeout 1h"
	flags := cmd.Flags()
	flags.StringVarP(&ref, "ref", "r", "", "`branch` or tag (default the branch that is checked out)")
	flags.Int64Var(&mr, "mr", 0, "a pipeline of the merge request of this `number`")
	flags.StringArrayVar(&variables, "var", nil, "pipeline variable, as `KEY=VALUE`; may be repeated")
	flags.StringArrayVar(&inputs, "input", nil, "input of the pipeline, as `NAME=VALUE`, the value in JSON or a text; may be repeated")
	flags.BoolVar(&detach, "detach", false, "do not wait")
	cmd.MarkFlagsMutuallyExclusive("ref", "mr")
	cmd.MarkFlagsMutuallyExclusive("var", "mr") // GitLab takes neither for those
	cmd.MarkFlagsMutuallyExclusive("input", "mr")
	return how.addFlags(cmd)
}

func (a *app) waitCommand() *cobra.Command {
	var (
		which chosen
		how   waiting
	)
	cmd := a.verb("wait [PIPELINE] [flags]", "Wait until there is a pipeline and it has ended",
		cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error { return a.awaitChosen(ctx, args, &which, how, false) })
	cmd.Long = cmd.Short + `, and all that it started
downstream. The exit code is its outcome: see gitlabci help.`
	cmd.Example = "  gitlabci wait --sha \"$(git rev-parse HEAD)\" --timeout 30m\n  gitlabci wait --mr 42"
	return how.addFlags(which.addFlags(cmd))
}

// awaitChosen is await for the pipeline that the arguments choose, once there is one.
func (a *app) awaitChosen(ctx context.Context, args []string, which *chosen, how waiting, jobs bool) error {
	if err := which.parse(args); err != nil {
		return err
	}
	project, id, err := a.find(ctx, *which, true)
	if err != nil {
		return err
	}
	return a.await(ctx, project, id, nil, how, jobs)
}

// await waits until a pipeline has ended, and tells its outcome. On a terminal, and if it is told to, it shows the jobs meanwhile.
func (a *app) await(ctx context.Context, project gitlabci.Project, id int64, last *gitlabci.Pipeline, how waiting, jobs bool) error {
	options := &gitlabci.WaitOptions{Interval: a.interval, Patience: a.patience, Downstream: !how.ownOnly, ThroughManual: how.throughManual}
	if !a.quiet && a.format == "text" {
		jobs = jobs || a.out.file != nil
		if !jobs {
			options.Progress = func(p *gitlabci.Pipeline) { a.change(time.Now(), string(p.Status), fmt.Sprintf("pipeline %d", p.ID)) }
		}
	}
	ctx = context.WithValue(ctx, repeating{}, true)
	if jobs {
		seen, err := a.show(a.client.Pipelines.Watch(ctx, project, id, &gitlabci.WatchOptions{
			Interval: a.interval, Patience: a.patience, ThroughManual: how.throughManual,
		}))
		last = cmp.Or(seen, last)
		if err != nil {
			err = outcome(err, last != nil)
			return errors.Join(err, a.result(last, err))
		}
	}
	pipeline, err := a.client.Pipelines.Wait(ctx, project, id, options)
	last = cmp.Or(pipeline, last)
	err = outcome(err, last != nil)
	return errors.Join(err, a.result(last, err))
}

// result tells how a pipeline ended. The error is that of the output.
func (a *app) result(pipeline *gitlabci.Pipeline, err error) error {
	failure, _ := errors.AsType[*gitlabci.PipelineError](err)
	if a.format == "json" {
		view := resultView{ExitCode: exitCode(err), Pipeline: viewPipeline(pipeline)}
		if failure != nil {
			view.Downstream, view.FailedJobs = viewPipeline(failure.Downstream), viewJobs(failure.FailedJobs)
		}
		if err != nil {
			view.Error = told(err)
		}
		return a.out.json(view)
	}
	if pipeline == nil {
		return nil
	}
	duration := ""
	if pipeline.Duration > 0 {
		duration = " in " + length(pipeline.Duration.Duration())
	}
	_, out := fmt.Fprintf(a.out, "pipeline %d %s%s  %s\n", pipeline.ID, a.out.status(string(pipeline.Status), 0), duration, pipeline.WebURL)
	if failure != nil {
		for _, job := range failure.FailedJobs {
			fmt.Fprintf(a.out, "  %s %s (%s)  %s\n", a.out.status(string(job.Status), 0), plain(job.Name), job.FailureReason, job.WebURL)
		}
	}
	return out
}

// length is a duration as people read it.
func length(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func pipelineVariables(pairs []string) ([]gitlabci.PipelineVariable, error) {
	var variables []gitlabci.PipelineVariable
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, usagef("a variable is KEY=VALUE") // without the value, which may be a secret
		}
		variables = append(variables, gitlabci.PipelineVariable{Key: key, Value: gitlabci.Secret(value)})
	}
	return variables, nil
}

// inputValues reads inputs: a value that is JSON is what that says, and any other is a text.
func inputValues(pairs []string) (map[string]any, error) {
	var inputs map[string]any
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usagef("an input is NAME=VALUE")
		}
		if inputs == nil {
			inputs = make(map[string]any)
		}
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			value = text
		}
		inputs[name] = value
	}
	return inputs, nil
}
