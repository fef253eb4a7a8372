// Timeline draws the jobs of a pipeline over time, as an SVG: how long each waited for a runner and how long it ran, all its attempts, the
// pipelines downstream, and the critical path, which is what to shorten so that the pipeline ends sooner.
//
// Without GITLAB_URL it draws a pipeline that it runs on a stand-in GitLab in memory:
//
//	go run ./examples/timeline -out timeline.svg
//
// On a real GitLab it draws the pipeline given by -pipeline, or the latest of a branch, and changes nothing:
//
//	export GITLAB_URL=https://gitlab.example.com GITLAB_TOKEN=glpat-... GITLAB_PROJECT=group/app
//	go run ./examples/timeline -ref main -out timeline.svg
//	go run ./examples/timeline -pipeline 4711 -out - > timeline.svg
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	demo.PrintError("timeline", err)
	os.Exit(demo.ExitCode(err))
}

const about = `Timeline draws the jobs of a pipeline over time, as an SVG: how long each waited
for a runner and how long it ran, all its attempts, the pipelines downstream, and
the critical path. On a real GitLab it changes nothing.`

// run writes the drawing where it is asked for, and what there is to say to notes.
func run(ctx context.Context, args []string, out, notes io.Writer) error {
	flags := flag.NewFlagSet("timeline", flag.ContinueOnError)
	id := flags.Int64("pipeline", 0, "`id` of the pipeline (default the latest of -ref)")
	ref := flags.String("ref", "main", "branch or tag, of which to take the latest pipeline")
	file := flags.String("out", "timeline.svg", "`file` to write, - for the standard output")
	if err := demo.Parse(flags, args, out, about, demo.Environment); err != nil {
		return err
	}

	gitlab, err := demo.Open(notes, "demo/monorepo", demo.Monorepo(1)...)
	if err != nil {
		return err
	}
	defer gitlab.Close()
	if gitlab.StandIn != nil {
		if err := runPipeline(ctx, gitlab, notes); err != nil {
			return err
		}
	}
	if *id == 0 {
		latest, err := gitlab.Client.Pipelines.Latest(ctx, gitlab.Project, &gitlabci.LatestPipelineOptions{Ref: *ref})
		if err != nil {
			return err
		}
		*id = latest.ID
	}
	tree, err := gitlab.Client.Pipelines.Tree(ctx, gitlab.Project, *id, &gitlabci.TreeOptions{IncludeRetried: true})
	if err != nil {
		return err
	}
	if *file == "-" {
		_, err = out.Write(render(tree))
		return err
	}
	if err := os.WriteFile(*file, render(tree), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(notes, "Pipeline %d of %s is drawn in %s.\n%s\n", tree.Pipeline.ID, tree.Pipeline.Ref, *file, tree.Pipeline.WebURL)
	return nil
}

// runPipeline lets a pipeline happen on the stand-in, with a retry of what failed.
func runPipeline(ctx context.Context, gitlab *demo.GitLab, notes io.Writer) error {
	fmt.Fprintln(notes, "Its pipeline takes a few seconds.")
	pipeline, err := gitlab.Client.Pipelines.Create(ctx, gitlab.Project, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		return err
	}
	wait := &gitlabci.WaitOptions{Interval: gitlab.Interval, Downstream: true}
	_, err = gitlab.Client.Pipelines.Wait(ctx, gitlab.Project, pipeline.ID, wait)
	if errors.Is(err, gitlabci.ErrPipelineFailed) {
		if _, err := gitlab.Client.Pipelines.Retry(ctx, gitlab.Project, pipeline.ID, nil); err != nil {
			return err
		}
		_, err = gitlab.Client.Pipelines.Wait(ctx, gitlab.Project, pipeline.ID, wait)
	}
	return err
}
