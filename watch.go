package gitlabci

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"
)

// WatchOptions say how to watch a pipeline. The zero value, like nil, means the defaults.
type WatchOptions struct {
	// Interval is the first pause between polls; 3 s if zero. Later ones grow to about three times that, to twice while the last jobs run.
	Interval time.Duration

	ThroughManual bool          // go on while a manual job blocks, until somebody plays it
	Patience      time.Duration // how long GitLab may be out of reach before the watch gives up; 5 min if zero
	Events        EventSource   // wakes the watch, which else asks every few minutes; it asks every few seconds without
}

// PipelineEvent is a change of the status of a pipeline, or of one of its jobs or trigger jobs.
type PipelineEvent struct {
	Time     time.Time // when it happened, by GitLab's clock; when it was seen where GitLab does not tell
	Pipeline *Pipeline // as it was last seen; all events have it
	Job      *Job      // the job whose status changed, as it was last seen; nil if it is no job's
	Bridge   *Bridge   // the trigger job whose status changed, as it was last seen; nil if it is no trigger job's
	From, To string    // the [PipelineStatus] or [JobStatus] before, empty in the first event of each, and after
}

var watchPipeline = &composite{"watch pipeline", ErrPipelineGet}

// Watch returns every change of the status of a pipeline and of its jobs and trigger jobs, each once and in order, beginning with the
// status that each of them has when the watch begins. Attempts that are retried are jobs of their own.
//
//	GET /projects/:id/pipelines/:pipeline_id
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	GET /projects/:id/pipelines/:pipeline_id/bridges
//
// What happened between two polls is told as well, as far as the times of a job prove it: that it was pending and that it ran. The watch
// ends by itself after the pipeline has, which is the last event, or when a manual job blocks it, unless ThroughManual is set; a pipeline
// has not while a job or trigger job of it is at work, whatever its status. An error ends the watch too, and matches [ErrPipelineGet]; the
// event beside it holds the pipeline as it was last seen. Server errors, lost connections and rate limits do not end it: see
// [WatchOptions].Patience; nor does a pipeline that was there and is not found once. Nothing is sent while the body of the loop runs, or
// after the loop; a change that comes and goes meanwhile may be missed.
//
// A poll takes a request for each hundred jobs, one more for the pipeline while no job is at work, and one for the trigger jobs as long
// as there are some that have not ended.
func (s *PipelinesService) Watch(ctx context.Context, project Project, id int64, options *WatchOptions, opts ...RequestOption) iter.Seq2[*PipelineEvent, error] {
	return func(yield func(*PipelineEvent, error) bool) {
		w := watcher{s: s, project: project, id: id, opts: opts, told: make(map[subject]state)}
		if options != nil {
			w.WatchOptions = *options
		}
		w.poll = newWaitPoller(watchPipeline, w.Interval, w.Patience, s.engine.policy.MaxRateLimitWait)
		defer w.poll.events.listen(w.Events, func(source EventSource, notify func()) func() {
			stopPipeline := source.OnPipeline(id, func(PipelineStatus) { notify() })
			stopJobs := source.OnJobsOf(id, func(int64, JobStatus) { notify() })
			return func() { stopPipeline(); stopJobs() }
		})()
		for {
			settled := w.settled()
			events, err := w.look(ctx)
			ok, failure := w.poll.survives(ctx, err)
			for _, event := range events {
				if !yield(event, nil) {
					return
				}
			}
			switch {
			case err == nil && w.ended():
				return
			case err == nil && settled && !w.settled(): // the pipeline may have ended: see at once
			case ok:
				failure = w.rest(ctx, len(events) > 0)
			}
			if failure != nil {
				yield(&PipelineEvent{Pipeline: w.seen.value}, failure)
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

	seen     conditional[Pipeline]
	told     map[subject]state
	looked   bool // at least once
	busy     bool // a job is pending or runs: then the pipeline runs
	atWork   bool // a job runs or is about to
	waiting  bool // a job waits for others to end
	bridges  bool // there are trigger jobs: a pipeline has those that it was created with
	bridging bool // some of them have not ended
}

// subject is what changes its status: a job or trigger job of the pipeline, or the pipeline itself.
type subject struct {
	job      int64
	pipeline bool
}

var thePipeline = subject{pipeline: true}

// state is what was told of a subject last.
type state struct {
	status  string
	started time.Time
}

// rest pauses: for less while the last jobs run, since the end comes with them, and a look then takes one request. What has come to a
// stop just now is about to go on.
func (w *watcher) rest(ctx context.Context, changed bool) error {
	limit := w.poll.maxPause
	if w.busy && !w.waiting {
		limit = w.poll.interval * 9 / 5
	}
	return w.poll.restWithin(ctx, changed && !w.busy, limit)
}

// ended reports whether the pipeline has ended, or is blocked. While a job is at work it has not, whatever its status says: GitLab works that
// out a moment after a job was played or retried, or has come to an end.
func (w *watcher) ended() bool {
	status := w.seen.value.Status
	return !w.atWork && (status.Finished() || status == PipelineManual && !w.ThroughManual)
}

// settled reports whether the pipeline stays as it is for as long as its jobs do: with one that is pending or runs, it runs.
func (w *watcher) settled() bool {
	return w.looked && w.busy && w.seen.value.Status == PipelineRunning
}

// look reads the pipeline, if it may have changed, and then its jobs: what these do after the pipeline was read is told now or after the
// next look, and when the end of the pipeline is told nothing of them can be missing.
func (w *watcher) look(ctx context.Context) ([]*PipelineEvent, error) {
	if !w.settled() {
		get := func(opts ...RequestOption) (*Pipeline, error) { return w.s.Get(ctx, w.project, w.id, opts...) }
		if err := w.seen.ask(w.poll, w.opts, get); err != nil {
			return nil, err
		}
	}
	jobs, err := w.s.Jobs(ctx, w.project, w.id, &ListPipelineJobsOptions{IncludeRetried: true}, w.poll.options(w.opts)...).Collect()
	if err != nil {
		return nil, err
	}
	w.busy, w.atWork, w.waiting = false, false, false
	for _, job := range jobs {
		w.count(job.Status)
	}
	var bridges []*Bridge
	if !w.looked || w.bridging || w.bridges && (w.ended() || string(w.seen.value.Status) != w.told[thePipeline].status) {
		all := &ListBridgesOptions{IncludeRetried: true}
		bridges, err = w.s.Bridges(ctx, w.project, w.id, all, w.poll.options(w.opts)...).Collect()
		if err != nil {
			return nil, err
		}
		w.bridges = len(bridges) > 0
		w.bridging = slices.ContainsFunc(bridges, func(b *Bridge) bool { return !b.Status.Finished() })
	}
	for _, bridge := range bridges {
		w.count(bridge.Status)
	}
	return w.changes(jobs, bridges), nil
}

func (w *watcher) count(status JobStatus) {
	w.busy = w.busy || status == JobPending || status == JobRunning
	w.atWork = w.atWork || slices.Contains(atWork, status)
	w.waiting = w.waiting || status == JobCreated
}

// changes are the events since the last look: in order, those of the jobs before those of the pipeline, its end last.
func (w *watcher) changes(jobs []*Job, bridges []*Bridge) (events []*PipelineEvent) {
	now := w.poll.now()
	for _, job := range slices.Backward(jobs) {
		queued := cmp.Or(job.StartedAt, now).Add(-job.QueuedDuration.Duration())
		times := history{job.CreatedAt, queued, job.StartedAt, job.FinishedAt, now}
		for _, event := range w.steps(subject{job: job.ID}, string(job.Status), times) {
			event.Job = job
			events = append(events, event)
		}
	}
	for _, bridge := range slices.Backward(bridges) {
		queued := cmp.Or(bridge.StartedAt, now).Add(-bridge.QueuedDuration.Duration())
		times := history{bridge.CreatedAt, queued, bridge.StartedAt, bridge.FinishedAt, now}
		for _, event := range w.steps(subject{job: bridge.ID}, string(bridge.Status), times) {
			event.Bridge = bridge
			events = append(events, event)
		}
	}
	p := w.seen.value
	own := w.steps(thePipeline, string(p.Status), history{p.CreatedAt, time.Time{}, p.StartedAt, p.FinishedAt, cmp.Or(p.UpdatedAt, now)})
	var end []*PipelineEvent
	n := len(own)
	if n > 0 && w.ended() {
		own, end = own[:n-1], own[n-1:]
	}
	events = append(events, own...)
	slices.SortStableFunc(events, func(a, b *PipelineEvent) int { return a.Time.Compare(b.Time) })
	w.looked = true
	return append(events, end...)
}

// history is what is known of when a job, or the pipeline, came to be in its states.
type history struct{ created, queued, started, finished, changed time.Time }

// steps are the changes that took a job, or the pipeline, from the status that was told to the one that it has.
func (w *watcher) steps(of subject, to string, h history) (steps []*PipelineEvent) {
	last, known := w.told[of]
	w.told[of] = state{to, h.started}
	from := last.status
	if known && from == to {
		return nil
	}
	step := func(status string, at time.Time) {
		at = cmp.Or(at, h.changed).Round(time.Millisecond) // as precise as GitLab's times are; those that are reckoned here are more so
		steps = append(steps, &PipelineEvent{Time: at, Pipeline: w.seen.value, From: from, To: status})
		from = status
	}
	// A start that is news proves what was between two looks: a job was pending, and ran. What was before the first look is not told.
	news := !h.started.IsZero() && !h.started.Equal(last.started)
	if news && w.looked {
		if progress(from) < progress(string(JobPending)) && progress(string(JobPending)) < progress(to) && !h.queued.IsZero() {
			step(string(JobPending), h.queued)
		}
		if progress(from) < progress(string(JobRunning)) && progress(string(JobRunning)) < progress(to) {
			step(string(JobRunning), h.started)
		}
	}
	switch {
	case JobStatus(to).Finished():
		step(to, h.finished)
	case to == string(JobRunning) && news:
		step(to, h.started)
	case to == string(JobPending):
		step(to, h.queued)
	case !known:
		step(to, h.created)
	default:
		step(to, h.changed)
	}
	return steps
}

// progress orders the states that every job that runs goes through. What was skipped may yet go through them.
func progress(status string) int {
	switch JobStatus(status) {
	case JobPending:
		return 1
	case JobRunning:
		return 2
	case JobCanceling:
		return 3
	case JobSuccess, JobFailed, JobCanceled:
		return 4
	}
	return 0
}
