package main

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

// change prints one change of a status.
func (a *app) change(when time.Time, status, name string) {
	const column = 10
	taken := len(time.TimeOnly) + max(len(status), column) + 3
	fmt.Fprintf(a.out, "%s  %s %s\n", a.out.paint(gray, when.Local().Format(time.TimeOnly)), a.out.status(status, column), a.out.fit(plain(name), taken))
}

func (a *app) watchCommand() *cobra.Command {
	var (
		which chosen
		how   waiting
	)
	cmd := a.verb("watch [PIPELINE] [flags]", "Wait, and show what the jobs do meanwhile",
		cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error { return a.awaitChosen(ctx, args, &which, how, true) })
	cmd.Long = cmd.Short + `: every change of the status of
a pipeline and its jobs. The exit code is the outcome, as that of wait.`
	cmd.Example = "  gitlabci watch --ref main -o json | jq -r 'select(.to == \"failed\").name'"
	return how.addFlags(which.addFlags(cmd))
}

// show prints every change of a pipeline and its jobs, and returns the pipeline as it was last seen.
func (a *app) show(events iter.Seq2[*gitlabci.PipelineEvent, error]) (*gitlabci.Pipeline, error) {
	var last *gitlabci.Pipeline
	jobs := newTally()
	defer a.out.setBottom("")
	for event, err := range events {
		if event.Pipeline != nil {
			last = event.Pipeline
		}
		if err != nil {
			return last, err
		}
		id, name := int64(0), ""
		switch {
		case event.Job != nil:
			id, name = event.Job.ID, event.Job.Name
		case event.Bridge != nil:
			id, name = event.Bridge.ID, event.Bridge.Name
		}
		if a.format == "json" {
			if err := a.out.json(eventView{event.Time, last.ID, id, name, event.From, event.To}); err != nil {
				return last, err
			}
			continue
		}
		if name == "" {
			a.change(event.Time, event.To, fmt.Sprintf("pipeline %d", last.ID))
			continue
		}
		a.change(event.Time, event.To, name)
		jobs.count(id, name, event.To)
		if err := a.out.setBottom(jobs.String()); err != nil {
			return last, err
		}
	}
	return last, nil
}

// tally is how far the jobs of a pipeline are.
type tally struct {
	names    map[int64]string
	statuses map[int64]string
}

func newTally() *tally { return &tally{make(map[int64]string), make(map[int64]string)} }

func (t *tally) count(id int64, name, status string) { t.names[id], t.statuses[id] = name, status }

func (t *tally) String() string {
	var running []string
	ended := 0
	for id, status := range t.statuses {
		switch {
		case status == string(gitlabci.JobRunning):
			running = append(running, t.names[id])
		case gitlabci.JobStatus(status).Finished():
			ended++
		}
	}
	text := fmt.Sprintf("%d of %d jobs have ended", ended, len(t.statuses))
	if len(running) > 0 {
		slices.Sort(running)
		text += ", running: " + plain(strings.Join(running, ", "))
	}
	return text
}
