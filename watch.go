package gitlabci

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"slices"
	"time"
)

// WatchOptions say how to watch a pipeline. The zero value is a good choice.
type WatchOptions struct {
	Interval      time.Duration // the first pause between polls; 3 s if zero. Later ones grow while nothing changes
	ThroughManual bool          // go on while a manual job blocks, until somebody plays it
	Patience      time.Duration // how long GitLab may be out of reach before the watch gives up; 5 min if zero
}

// PipelineEvent is a change of the status of a pipeline, or of one of its jobs or trigger jobs.
type PipelineEvent struct {
	Time     time.Time // when it happened, by GitLab's clock; when it was seen where GitLab does not tell
	Pipeline *Pipeline // as it was last seen
	Job      *Job      // whose status changed, as it was last seen; nil if it is the pipeline's or a trigger job's
	Bridge   *Bridge   // likewise for a trigger job
	From, To string    // the status before, empty at first, and after
}

var watchPipeline = &operation{"watch pipeline", http.MethodGet, "/projects/:id/pipelines/:pipeline_id", ErrPipelineGet, repeatable, ""}

// Watch gives every change of the status of a pipeline and of its jobs and trigger jobs, once and in order, beginning with the status
// that each of them has when it is first seen. Attempts that are retried are jobs of their own.
//
// What happened between two polls is told as well, as far as the times of a job prove it: that it was pending and that it ran. The watch
// ends by itself after the pipeline has, or when a manual job blocks it, unless ThroughManual is set. An error ends it too. Server errors,
// lost connections and rate limits do not: see [WatchOptions].Patience.
func (s *PipelinesService) Watch(ctx context.Context, project Project, id int64, o *WatchOptions, opts ...RequestOption) iter.Seq2[PipelineEvent, error] {
	return func(yield func(PipelineEvent, error) bool) {
		w := watcher{s: s, project: project, id: id, opts: opts, status: make(map[int64]string)}
		if o != nil {
			w.WatchOptions = *o
		}
		w.poll = newPoller(watchPipeline, w.Interval, w.Patience)
		for {
			events, err := w.look(ctx)
			if ok, err := w.poll.survives(ctx, err); !ok {
				yield(PipelineEvent{Pipeline: w.seen.value}, err)
				return
			}
			for _, event := range events {
				if !yield(event, nil) {
					return
				}
			}
			if err == nil && w.ended() {
				return
			}
			if err := w.poll.rest(ctx, len(events) > 0); err != nil {
				yield(PipelineEvent{Pipeline: w.seen.value}, err)
				return
			}
		}
	}
}

type watcher struct {
	WatchOptions
	s       *PipelinesService
	project Project
	id      int64
	opts    []RequestOption
	poll    *poller

	seen      conditional[Pipeline]
	pipeline  string           // its status as it was told
	status    map[int64]string // of each job, as it was told
	noBridges bool             // a pipeline has the trigger jobs that it was created with
}

func (w *watcher) ended() bool {
	status := w.seen.value.Status
	return status.Finished() || status == PipelineManual && !w.ThroughManual
}

// look reads the pipeline and then its jobs: what the jobs do after the pipeline was read is told now or after the next look, and
// before the end of the pipeline is told nothing of them can be missing.
func (w *watcher) look(ctx context.Context) ([]PipelineEvent, error) {
	_, err := w.seen.ask(w.poll, w.opts, func(opts ...RequestOption) (*Pipeline, error) { return w.s.Get(ctx, w.project, w.id, opts...) })
	if err != nil {
		return nil, err
	}
	jobs, err := w.s.Jobs(ctx, w.project, w.id, &ListPipelineJobsOptions{IncludeRetried: new(true)}, w.poll.options(w.opts)...).Collect()
	if err != nil {
		return nil, err
	}
	var bridges []*Bridge
	if !w.noBridges {
		if bridges, err = w.s.Bridges(ctx, w.project, w.id, nil, w.poll.options(w.opts)...).Collect(); err != nil {
			return nil, err
		}
		w.noBridges = len(bridges) == 0
	}
	return w.changes(jobs, bridges), nil
}

// changes are the events since the last look, in order.
func (w *watcher) changes(jobs []*Job, bridges []*Bridge) (events []PipelineEvent) {
	pipeline := w.seen.value
	for _, job := range jobs {
		for _, step := range w.steps(job.ID, string(job.Status), job.CreatedAt, job.StartedAt, job.FinishedAt, job.QueuedDuration) {
			step.Pipeline, step.Job = pipeline, job
			events = append(events, step)
		}
	}
	for _, bridge := range bridges {
		for _, step := range w.steps(bridge.ID, string(bridge.Status), bridge.CreatedAt, bridge.StartedAt, bridge.FinishedAt, bridge.QueuedDuration) {
			step.Pipeline, step.Bridge = pipeline, bridge
			events = append(events, step)
		}
	}
	slices.SortStableFunc(events, func(a, b PipelineEvent) int { return a.Time.Compare(b.Time) })
	if to := string(pipeline.Status); to != w.pipeline {
		at := pipeline.UpdatedAt
		if pipeline.Status.Finished() {
			at = cmp.Or(pipeline.FinishedAt, at)
		}
		events = append(events, PipelineEvent{Time: cmp.Or(at, time.Now()), Pipeline: pipeline, From: w.pipeline, To: to})
		w.pipeline = to
	}
	return events
}

// steps are the changes that took a job from the status that was told to the one that it has.
func (w *watcher) steps(id int64, to string, created, started, finished time.Time, queued Seconds) (steps []PipelineEvent) {
	from, known := w.status[id]
	if known && from == to {
		return nil
	}
	step := func(status string, at time.Time) {
		steps = append(steps, PipelineEvent{Time: cmp.Or(at, time.Now()), From: from, To: status})
		from = status
	}
	// A job that is done, or runs, has been in the states before; its times say when.
	over := JobStatus(to).Finished() && !started.IsZero()
	if known && !started.IsZero() && (over || to == string(JobRunning)) {
		if rank(from) < rank(string(JobPending)) {
			step(string(JobPending), started.Add(-queued.Duration()))
		}
		if over && rank(from) < rank(string(JobRunning)) {
			step(string(JobRunning), started)
		}
	}
	switch {
	case JobStatus(to).Finished():
		step(to, finished)
	case to == string(JobRunning):
		step(to, started)
	case !known:
		step(to, created)
	default:
		step(to, time.Time{})
	}
	w.status[id] = from
	return steps
}

// rank orders the states that every job that runs goes through.
func rank(status string) int {
	switch JobStatus(status) {
	case JobPending:
		return 1
	case JobRunning, JobCanceling, JobSuccess, JobFailed, JobCanceled, JobSkipped:
		return 2
	}
	return 0
}
