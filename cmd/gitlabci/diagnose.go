package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

type diagnosisView struct {
	Pipeline *pipelineView `json:"pipeline"`
	Failed   []failureView `json:"failed"`
	Flaky    []failureView `json:"flaky"`
	Bridges  []bridgeView  `json:"bridges"` // trigger jobs that failed
	Stuck    []stuckView   `json:"stuck"`   // jobs that wait, of pipelines that have not ended
}

type failureView struct {
	jobView
	Project  string       `json:"project"`
	Attempts int          `json:"attempts"`
	Verdict  string       `json:"verdict"` // real, flaky or unknown
	History  *historyView `json:"history,omitzero"`
	Log      []string     `json:"log,omitzero"` // the last lines that matter
	LogError string       `json:"log_error,omitzero"`
}

// historyView is how a job fared before.
type historyView struct {
	Runs     int `json:"runs"`
	Failures int `json:"failures"`
	Commits  int `json:"commits"`
	Flaky    int `json:"flaky_commits"` // on which it both failed and succeeded
}

type bridgeView struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Reason     string `json:"failure_reason,omitzero"`
	Downstream int64  `json:"downstream_pipeline_id,omitzero"`
}

type stuckView struct {
	Job    *jobView `json:"job"`
	Reason string   `json:"reason"`
	Waited float64  `json:"waited"` // in seconds
	Text   string   `json:"text"`
}

func (a *app) diagnoseCommand() *cobra.Command {
	var (
		which          chosen
		lines, history int
	)
	cmd := a.verb("diagnose [PIPELINE] [flags]", "Tell why a pipeline failed, or what keeps it waiting",
		cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
			if err := which.parse(args); err != nil {
				return err
			}
			project, id, err := a.find(ctx, which, false)
			if err != nil {
				return err
			}
			return a.diagnose(ctx, project, id, lines, history)
		})
	cmd.Long = cmd.Short + `.

Pipelines downstream are read too. A failure is real where every attempt of the
job failed for the same reason, flaky where they ended in different ways, and
unknown where there was one alone: --history asks how the job fared before.

The exit code is 0 if all could be read, whatever is told of the pipeline.`
	cmd.Flags().IntVar(&lines, "lines", 10, "how many lines of each log to tell; 0 is none")
	cmd.Flags().IntVar(&history, "history", 0, "read so `many` pipelines of the same ref, and tell how the jobs fared there")
	return which.addFlags(cmd)
}

func (a *app) diagnose(ctx context.Context, project gitlabci.Project, id int64, lines, history int) error {
	if lines == 0 {
		lines = -1
	}
	found, err := a.client.Pipelines.Diagnose(ctx, project, id, &gitlabci.DiagnoseOptions{Lines: lines})
	if found.Tree == nil {
		return err
	}
	view := diagnosisView{Pipeline: viewPipeline(found.Tree.Pipeline), Failed: viewFailures(found.Jobs), Flaky: viewFailures(found.Flaky)}
	view.Bridges, view.Stuck = []bridgeView{}, []stuckView{}
	for _, bridge := range found.Bridges {
		b := bridgeView{ID: bridge.ID, Name: bridge.Name, Reason: string(bridge.FailureReason)}
		if bridge.DownstreamPipeline != nil {
			b.Downstream = bridge.DownstreamPipeline.ID
		}
		view.Bridges = append(view.Bridges, b)
	}
	for tree := range found.Tree.Pipelines() {
		if tree.Pipeline.Status.Finished() {
			continue
		}
		stuck, stuckErr := a.client.Pipelines.Stuck(ctx, tree.Project, tree.Pipeline.ID, nil)
		err = errors.Join(err, stuckErr)
		for _, s := range stuck {
			view.Stuck = append(view.Stuck, stuckView{viewJob(s.Job), string(s.Reason), s.Waited.Seconds(), s.String()})
		}
	}
	if history > 0 {
		err = errors.Join(err, a.addHistory(ctx, project, found.Tree.Pipeline.Ref, history, view.Failed))
	}
	if a.format == "json" {
		return errors.Join(err, a.out.json(view))
	}
	a.printDiagnosis(&view)
	return err
}

func viewFailures(jobs []*gitlabci.JobDiagnosis) []failureView {
	views := make([]failureView, 0, len(jobs))
	for _, job := range jobs {
		view := failureView{jobView: *viewJob(job.Job), Project: job.Project.String(), Attempts: job.Attempts, Verdict: string(job.Verdict), Log: job.Log}
		if job.LogErr != nil {
			view.LogError = told(job.LogErr)
		}
		views = append(views, view)
	}
	return views
}

// addHistory tells of the failed jobs how those of the same name fared before.
func (a *app) addHistory(ctx context.Context, project gitlabci.Project, ref string, last int, failed []failureView) error {
	before, err := a.client.Pipelines.Flakiness(ctx, project, &gitlabci.FlakyOptions{Ref: ref, Last: last})
	if before == nil {
		return err
	}
	for _, job := range before.Jobs {
		for i := range failed {
			if failed[i].Name == job.Name {
				failed[i].History = &historyView{job.Runs, job.Failures, job.Commits, job.Flaky}
			}
		}
	}
	return err
}

func (a *app) printDiagnosis(d *diagnosisView) {
	p := d.Pipeline
	fmt.Fprintf(a.out, "pipeline %d of %s %s  %s\n", p.ID, p.Ref, a.out.status(p.Status, 0), p.URL)
	for _, job := range d.Failed {
		fmt.Fprintf(a.out, "\n%s %s: %s, %s\n", a.out.paint(red, "failed"), plain(job.Name), job.Reason, verdict(job))
		fmt.Fprintf(a.out, "  %s\n", a.out.paint(gray, job.URL))
		if h := job.History; h != nil {
			fmt.Fprintf(a.out, "  it failed in %d of %d runs; on %d of %d commits it also succeeded\n", h.Failures, h.Runs, h.Flaky, h.Commits)
		}
		for _, line := range job.Log {
			fmt.Fprintf(a.out, "  %s %s\n", a.out.paint(gray, "|"), a.out.fit(line, 4))
		}
		if job.LogError != "" {
			fmt.Fprintf(a.out, "  the log could not be read: %s\n", job.LogError)
		}
	}
	for _, bridge := range d.Bridges {
		reason := bridge.Reason
		if bridge.Downstream != 0 {
			reason = strings.TrimPrefix(fmt.Sprintf("%s, downstream pipeline %d", reason, bridge.Downstream), ", ")
		}
		fmt.Fprintf(a.out, "\n%s %s: %s\n", a.out.paint(red, "failed"), plain(bridge.Name), reason)
	}
	for _, job := range d.Flaky {
		fmt.Fprintf(a.out, "\n%s %s: succeeded after %d attempts\n", a.out.paint(yellow, "flaky"), plain(job.Name), job.Attempts)
	}
	for _, job := range d.Stuck {
		fmt.Fprintf(a.out, "\n%s %s\n", a.out.paint(yellow, "stuck"), job.Text)
	}
	if len(d.Failed)+len(d.Bridges)+len(d.Flaky)+len(d.Stuck) == 0 {
		fmt.Fprintln(a.out, "Nothing failed, and no job is stuck.")
	}
}

// verdict says in words what the attempts of a job tell.
func verdict(job failureView) string {
	switch gitlabci.Verdict(job.Verdict) {
	case gitlabci.VerdictReal:
		return fmt.Sprintf("real: all %d attempts failed so", job.Attempts)
	case gitlabci.VerdictFlaky:
		return fmt.Sprintf("flaky: %d attempts ended in different ways", job.Attempts)
	}
	return "at the only attempt that ended"
}
