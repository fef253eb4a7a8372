package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

type timelineView struct {
	Pipelines []timelinePipeline `json:"pipelines"` // the first is the one that was asked for
}

type timelinePipeline struct {
	pipelineView
	StartedBy string        `json:"started_by,omitzero"` // the trigger job
	Jobs      []timelineJob `json:"jobs"`
}

type timelineJob struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	Stage     string    `json:"stage"`
	Status    string    `json:"status"`
	QueuedAt  time.Time `json:"queued_at,omitzero"` // none of the times, if it has not begun
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"` // up to now, while it runs
}

func (a *app) timelineCommand() *cobra.Command {
	var which chosen
	cmd := a.verb("timeline [PIPELINE] [flags]", "Tell when each job waited and ran", cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
		if err := which.parse(args); err != nil {
			return err
		}
		project, id, err := a.find(ctx, which, false)
		if err != nil {
			return err
		}
		tree, err := a.client.Pipelines.Tree(ctx, project, id, &gitlabci.TreeOptions{IncludeRetried: true})
		if tree == nil {
			return err
		}
		view := viewTimeline(tree)
		if a.format == "json" {
			return errors.Join(err, a.out.json(view))
		}
		return errors.Join(err, a.printTimeline(view))
	})
	cmd.Long = cmd.Short + `, all attempts and the pipelines
downstream included: when it began after the first job was queued, how long it
was queued, how long it ran. A terminal shows it as bars too.`
	return which.addFlags(cmd)
}

func viewTimeline(tree *gitlabci.PipelineTree) timelineView {
	var view timelineView
	by := make(map[*gitlabci.PipelineTree]string)
	for t := range tree.Pipelines() {
		pipeline := timelinePipeline{pipelineView: *viewPipeline(t.Pipeline), StartedBy: by[t], Jobs: []timelineJob{}}
		for _, node := range t.Children {
			if node.Downstream != nil {
				by[node.Downstream] = node.Name
			}
			pipeline.Jobs = append(pipeline.Jobs, viewBar(node))
		}
		view.Pipelines = append(view.Pipelines, pipeline)
	}
	return view
}

func viewBar(node *gitlabci.PipelineNode) timelineJob {
	bar := timelineJob{ID: node.ID, Name: node.Name, Stage: node.Stage, Status: string(node.Status)}
	var queued, ran gitlabci.Seconds
	if job := node.Job; job != nil {
		bar.StartedAt, bar.EndedAt, queued, ran = job.StartedAt, job.FinishedAt, job.QueuedDuration, job.Duration
	} else {
		bridge := node.Bridge
		bar.StartedAt, bar.EndedAt, queued, ran = bridge.StartedAt, bridge.FinishedAt, bridge.QueuedDuration, bridge.Duration
	}
	if bar.StartedAt.IsZero() {
		bar.EndedAt = time.Time{} // of a job that was skipped, or canceled before it began
		return bar
	}
	if bar.EndedAt.IsZero() {
		bar.EndedAt = bar.StartedAt.Add(ran.Duration())
	}
	bar.QueuedAt = bar.StartedAt.Add(-queued.Duration())
	return bar
}

// span is the time from when the first job was queued until the last one ended.
func (v timelineView) span() (from, to time.Time) {
	for _, pipeline := range v.Pipelines {
		for _, job := range pipeline.Jobs {
			if job.StartedAt.IsZero() {
				continue
			}
			if from.IsZero() || job.QueuedAt.Before(from) {
				from = job.QueuedAt
			}
			if job.EndedAt.After(to) {
				to = job.EndedAt
			}
		}
	}
	return from, to
}

const (
	timelineName    = 18 // the columns of names
	timelineNumbers = 41 // those before
)

func (a *app) printTimeline(view timelineView) error {
	from, to := view.span()
	room := a.out.width() - timelineNumbers - timelineName - 2 // spaces
	for i, pipeline := range view.Pipelines {
		title := fmt.Sprintf("pipeline %d of %s %s", pipeline.ID, pipeline.Ref, a.out.status(pipeline.Status, 0))
		if i > 0 {
			title = fmt.Sprintf("\n%s, started by %s", title, plain(pipeline.StartedBy))
		}
		if _, err := fmt.Fprintf(a.out, "%s\n%10s %8s %8s  %-10s name\n", title, "began", "queued", "ran", "status"); err != nil {
			return err
		}
		for _, job := range pipeline.Jobs {
			if err := a.printBar(job, from, to, room); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) printBar(job timelineJob, from, to time.Time, room int) error {
	began, queued, ran := "-", "-", "-"
	if !job.StartedAt.IsZero() {
		began, queued, ran = "+"+length(job.StartedAt.Sub(from)), length(job.StartedAt.Sub(job.QueuedAt)), length(job.EndedAt.Sub(job.StartedAt))
	}
	name, bar := plain(job.Name), ""
	if a.out.file != nil {
		name = fmt.Sprintf("%-*s ", timelineName, a.out.fit(name, a.out.width()-timelineName-1))
		bar = a.bar(job, from, to, room)
	}
	_, err := fmt.Fprintf(a.out, "%10s %8s %8s  %s %s\n", began, queued, ran, a.out.status(job.Status, 10), strings.TrimRight(name+bar, " "))
	return err
}

// bar draws when a job was queued and ran, in so many columns.
func (a *app) bar(job timelineJob, from, to time.Time, room int) string {
	if job.StartedAt.IsZero() || room <= 0 || !to.After(from) {
		return ""
	}
	column := func(t time.Time) int { return int(float64(room) * float64(t.Sub(from)) / float64(to.Sub(from))) }
	queued, started := column(job.QueuedAt), min(column(job.StartedAt), room-1)
	queued = min(queued, started)
	c := green
	if job.Status != string(gitlabci.JobSuccess) {
		c = red
	}
	return strings.Repeat(" ", queued) + a.out.paint(gray, strings.Repeat("░", started-queued)) +
		a.out.paint(c, strings.Repeat("█", max(1, column(job.EndedAt)-started)))
}
