package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// WaitOptions say how to wait for a pipeline. The zero value, like nil, means the defaults.
type WaitOptions struct {
	Interval      time.Duration // the first pause between polls; 3 s if zero. Later ones grow to about three times that
	Downstream    bool          // wait also for the pipelines that this one starts, and for those that they start
	ThroughManual bool          // go on while a manual job blocks, until somebody plays it
	Patience      time.Duration // how long GitLab may be out of reach before the wait gives up; 5 min if zero

	Progress func(*Pipeline) // called with the pipeline at first, and whenever its status has changed

	Events EventSource // wakes the wait, which else asks every few minutes; it asks every few seconds without

	// ExpectEnd has the wait ask how long the last successful pipelines of the same ref and source took, and look again about then. This
	// saves requests, and shows a failure before that so much later. It is on if nil, unless there is Progress to be seen, or
	// there are Events.
	ExpectEnd *bool
}

func (o *WaitOptions) expectsEnd() bool {
	if o.ExpectEnd != nil {
		return *o.ExpectEnd
	}
	return o.Progress == nil && o.Events == nil
}

// WaitJobOptions say how to wait for a job. The zero value, like nil, means the defaults.
type WaitJobOptions struct {
	Interval      time.Duration // the first pause between polls; 3 s if zero. Later ones grow to about three times that
	ThroughManual bool          // go on while the job waits to be played
	Patience      time.Duration // how long GitLab may be out of reach before the wait gives up; 5 min if zero

	Progress func(*Job)  // called with the job at first, and whenever its status has changed
	Events   EventSource // wakes the wait, which else asks every few minutes; it asks every few seconds without
}

var (
	waitForPipeline    = &composite{"wait for pipeline", ErrPipelineGet}
	waitForNewPipeline = &composite{"wait for new pipeline", ErrPipelineList}
	waitForJob         = &composite{"wait for job", ErrJobGet}
)

// Wait waits until a pipeline has ended and returns it as it is then. Any state that is not known to be final counts as not ended. A
// pipeline that is blocked by a manual job ends the wait too, unless ThroughManual is set.
//
//	GET /projects/:id/pipelines/:pipeline_id
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	GET /projects/:id/pipelines/:pipeline_id/bridges
//	GET /projects/:id/pipelines
//
// The error is nil if the pipeline succeeded. Otherwise errors.As finds a [*PipelineError] in it, with the jobs that failed; or it is the
// [*Error] that ended the wait early, which matches [ErrPipelineGet]; the pipeline beside it is the last that was seen. Where the context
// ended the wait, errors.As finds a [*WaitError] too, which says what the pipeline waited for. Server errors, lost connections and rate limits on the way do not end the wait: see
// [WaitOptions].Patience; nor does it if what was seen before is not found once, but if it is not a few seconds later either. A pause that
// GitLab asks for is kept to, up to [RetryPolicy].MaxRateLimitWait.
//
// It asks for the pipeline every few seconds. When that seems to have ended, two more requests make sure that no job or trigger job of it is
// at work, since GitLab takes a moment to work out the status after a job was played, or came to an end; before they were answered the wait
// is not over. If the pipeline failed, another one asks for the jobs that did.
//
// With [WaitOptions].ExpectEnd, one more request at the beginning asks how long the last successful pipelines of the same ref and source
// took, and the second poll waits until about then, though no longer than 13 intervals (40 s by default).
func (s *PipelinesService) Wait(ctx context.Context, project Project, id int64, options *WaitOptions, opts ...RequestOption) (*Pipeline, error) {
	if options == nil {
		options = new(WaitOptions)
	}
	w := &pipelineWait{s: s, o: *options, opts: opts, seen: map[int64]bool{id: true}, states: atWork}
	w.poll = newPoller(waitForPipeline, w.o.Interval, w.o.Patience, s.engine.policy.MaxRateLimitWait)
	pipeline, err := w.wait(ctx, project, id, w.newPoller())
	if err != nil {
		return pipeline, err
	}
	w.poll.seen = true
	w.failure.Pipeline = pipeline
	if options.Downstream {
		w.o.ExpectEnd, w.o.Progress = new(w.o.expectsEnd()), nil
		err = w.waitDownstream(ctx, project, pipeline, false)
	} else if w.failure.Unwrap() != nil {
		err = w.findCause(ctx, project, id)
	}
	switch {
	case w.failure.Unwrap() == nil:
		return pipeline, err
	case err != nil:
		return pipeline, fmt.Errorf("%w; %w", &w.failure, err) // the outcome is known, only what came of the rest is not
	}
	return pipeline, &w.failure
}

// expectEnd puts off the next poll until a pipeline has run for as long as the last successful ones of its kind took, by their median, and
// a little longer. A pipeline may fail any time, so that poll is put off for four of the longest pauses at most.
func (s *PipelinesService) expectEnd(ctx context.Context, project Project, p *Pipeline, poll *poller, opts []RequestOption) {
	like := &ListPipelinesOptions{ListOptions: ListOptions{Page: 1, PerPage: 5}, Ref: p.Ref, Source: p.Source, Status: PipelineSuccess}
	soon := func(r *request) { r.policy.Stall = min(r.policy.Stall, poll.maxPause) } // it is worth no more than it saves
	done, err := s.List(ctx, project, like, append(poll.options(opts), soon)...).Collect()
	poll.note(err)
	if len(done) == 0 {
		return // there are none, or it does not matter why they cannot be had
	}
	slices.SortFunc(done, func(a, b *Pipeline) int { return cmp.Compare(a.took(), b.took()) })
	took := done[len(done)/2].took()
	took += min(took/20, 2500*time.Millisecond)
	poll.putOff(min(took-poll.since(p.StartedAt, p.CreatedAt), 4*poll.maxPause))
}

// took is how long a pipeline of a list took, queue and all; lists do not tell more.
func (p *Pipeline) took() time.Duration { return p.UpdatedAt.Sub(p.CreatedAt) }

// pipelineWait waits for a pipeline and finds out what came of it.
type pipelineWait struct {
	s       *PipelinesService
	o       WaitOptions
	opts    []RequestOption
	poll    *poller        // of what comes after the end
	seen    map[int64]bool // pipelines
	states  []JobStatus    // of jobs at work, as far as this GitLab knows them
	failure PipelineError  // what came of it, if that is no success

	bridges []*Bridge // all those of the pipeline that ended last, if the wait goes downstream
}

func (w *pipelineWait) newPoller() *poller {
	return newWaitPoller(waitForPipeline, w.o.Interval, w.o.Patience, w.s.engine.policy.MaxRateLimitWait)
}

// wait waits for a pipeline, whatever it starts downstream.
func (w *pipelineWait) wait(ctx context.Context, project Project, id int64, poll *poller) (*Pipeline, error) {
	get := func(opts ...RequestOption) (*Pipeline, error) { return w.s.Get(ctx, project, id, opts...) }
	report := poll.reportOn(func(ctx context.Context) ([]*Job, []*StuckJob) {
		return w.s.lookAt(ctx, project, id, poll.options(w.opts))
	})
	defer poll.events.listen(w.o.Events, func(source EventSource, notify func()) func() {
		return source.OnPipeline(id, func(status PipelineStatus) {
			if w.o.Progress != nil || w.ends(status) {
				notify()
			}
		})
	})()
	var status PipelineStatus
	expected := !w.o.expectsEnd()
	pipeline, err := await(ctx, poll, w.opts, get, func(p *Pipeline) (bool, time.Duration, error) {
		if status != p.Status && w.o.Progress != nil {
			w.o.Progress(p)
		}
		status = p.Status
		if w.ends(status) {
			goesOn, err := w.goesOn(ctx, project, id, poll)
			return !goesOn && err == nil, 0, err
		}
		if !expected {
			expected = true
			w.s.expectEnd(ctx, project, p, poll, w.opts)
		}
		return false, poll.since(p.StartedAt, p.CreatedAt), nil
	})
	return pipeline, report.of(ctx, WaitError{Pipeline: pipeline}, err)
}

// ends reports whether a status ends the wait.
func (w *pipelineWait) ends(status PipelineStatus) bool {
	return status.Finished() || status == PipelineManual && !w.o.ThroughManual
}

// atWork are the states of a job that runs or is about to, the latest addition to GitLab first.
var atWork = []JobStatus{JobCanceling, JobWaitingForCallback, JobWaitingForResource, JobPreparing, JobPending, JobRunning}

// goesOn reports whether a job or trigger job of a pipeline is at work though the pipeline's status says that it has ended: GitLab works that
// out a moment after a job was played or retried, or has come to an end.
func (w *pipelineWait) goesOn(ctx context.Context, project Project, id int64, poll *poller) (bool, error) {
	newest := ListOptions{Page: 1, PerPage: 1}
	jobs := func(states []JobStatus) Seq[Job] {
		return w.s.Jobs(ctx, project, id, &ListPipelineJobsOptions{ListOptions: newest, Scope: states}, poll.options(w.opts)...)
	}
	bridges := func(states []JobStatus) Seq[Bridge] {
		return w.s.Bridges(ctx, project, id, &ListBridgesOptions{ListOptions: newest, Scope: states}, poll.options(w.opts)...)
	}
	goesOn, err := anyAtWork(&w.states, jobs, func(j *Job) JobStatus { return j.Status })
	switch {
	case goesOn || err != nil:
		return goesOn, err
	case w.o.Downstream:
		w.bridges, err = w.s.Bridges(ctx, project, id, nil, poll.options(w.opts)...).Collect()
		return slices.ContainsFunc(w.bridges, func(b *Bridge) bool { return slices.Contains(atWork, b.Status) }), err
	}
	return anyAtWork(&w.states, bridges, func(b *Bridge) JobStatus { return b.Status })
}

// anyAtWork reports whether a list has something in one of the states of jobs at work. A GitLab that refuses to list by a state has nothing
// in it, since it is older than the state: that is taken out of the states for good.
func anyAtWork[T any](states *[]JobStatus, list func([]JobStatus) Seq[T], status func(*T) JobStatus) (bool, error) {
	for {
		found, err := list(*states).Collect()
		if !errors.Is(err, ErrBadRequest) || len(*states) == 2 { // all know pending and running
			return slices.ContainsFunc(found, func(item *T) bool { return slices.Contains(*states, status(item)) }), err
		}
		*states = (*states)[1:]
	}
}

// failedJobs reads the jobs of a pipeline that failed and were not allowed to.
func (w *pipelineWait) failedJobs(ctx context.Context, project Project, id int64) error {
	failed, err := insist(ctx, w.poll, w.opts, func(opts ...RequestOption) Seq[Job] {
		return w.s.Jobs(ctx, project, id, &ListPipelineJobsOptions{Scope: []JobStatus{JobFailed}}, opts...)
	})
	for _, job := range failed {
		if !job.AllowFailure {
			w.failure.FailedJobs = append(w.failure.FailedJobs, job)
		}
	}
	return err
}

// started returns the trigger jobs that started what no other one did before.
func (w *pipelineWait) started(bridges []*Bridge) (started []*Bridge, err error) {
	for _, bridge := range bridges {
		down := bridge.DownstreamPipeline
		if down != nil && !w.seen[down.ID] {
			w.seen[down.ID] = true
			started = append(started, bridge)
		}
	}
	if len(w.seen) > maxPipelines {
		err = waitForPipeline.wrap(errTooManyPipelines)
	}
	return started, err
}

// findCause reads which jobs made a pipeline fail. Where none of its own did, those did that the pipelines consist of that it started
// and depends on.
func (w *pipelineWait) findCause(ctx context.Context, project Project, id int64) error {
	before := len(w.failure.FailedJobs)
	if err := w.failedJobs(ctx, project, id); err != nil || len(w.failure.FailedJobs) > before {
		return err
	}
	failed, err := insist(ctx, w.poll, w.opts, func(opts ...RequestOption) Seq[Bridge] {
		return w.s.Bridges(ctx, project, id, &ListBridgesOptions{Scope: []JobStatus{JobFailed}}, opts...)
	})
	if err != nil {
		return err
	}
	bridges, err := w.started(slices.DeleteFunc(failed, func(b *Bridge) bool { return b.AllowFailure }))
	if err != nil {
		return err
	}
	for _, bridge := range bridges {
		if err := w.findCause(ctx, bridge.downstreamProject(project), bridge.DownstreamPipeline.ID); err != nil {
			return err
		}
	}
	return nil
}

// waitDownstream notes it if a pipeline did not succeed and was not allowed to fail, waits for all that the pipeline started, and for all
// that this started.
func (w *pipelineWait) waitDownstream(ctx context.Context, project Project, pipeline *Pipeline, allowed bool) error {
	if pipelineOutcome(pipeline.Status) != nil && !allowed {
		if w.failure.Unwrap() == nil {
			w.failure.Downstream = pipeline
		}
		if err := w.failedJobs(ctx, project, pipeline.ID); err != nil {
			return err
		}
	}
	bridges, err := w.started(w.bridges)
	if err != nil {
		return err
	}
	for _, bridge := range bridges {
		project := bridge.downstreamProject(project)
		poll := w.newPoller()
		poll.seen = true // by the trigger job
		down, err := w.wait(ctx, project, bridge.DownstreamPipeline.ID, poll)
		if err != nil {
			return err
		}
		if err := w.waitDownstream(ctx, project, down, allowed || bridge.AllowFailure); err != nil {
			return err
		}
	}
	return nil
}

// WaitForOptions say which pipeline to wait for: the newest that fits all fields that are set. At least one of Ref, SHA and MergeRequest
// must be set.
type WaitForOptions struct {
	Ref          string         // a branch or tag, or the pipeline's own ref for a merge request, as in refs/merge-requests/1/head
	SHA          string         // the full id of a commit
	MergeRequest int64          // the number (IID) of a merge request in the project
	Source       PipelineSource // what started it; any if empty
	After        int64          // the ID of a pipeline: only newer ones count; 0 takes any

	Interval time.Duration // the first pause between polls; 3 s if zero. Later ones grow to 10 s
	Patience time.Duration // how long GitLab may be out of reach before the wait gives up; 5 min if zero
}

func (o *WaitForOptions) validate() error {
	switch {
	case o.Ref == "" && o.SHA == "" && o.MergeRequest == 0:
		return errors.New("none of Ref, SHA and MergeRequest is set")
	case o.SHA != "" && len(o.SHA) < 40:
		return fmt.Errorf("SHA %q is not the full id of a commit", o.SHA) // GitLab would not find it, ever
	}
	return nil
}

// WaitFor waits until there is a pipeline of a ref, a commit or a merge request, and returns it with the fields that lists have. It may be
// in any state, and one that was there before counts too: set After to leave it out. The pipeline of a merge request from a fork may be in
// the fork: see its ProjectID.
//
//	GET /projects/:id/pipelines
//	GET /projects/:id/merge_requests/:merge_request_iid/pipelines
//
// It waits until the context ends: give it a deadline, since such a pipeline may never come. Its errors match [ErrPipelineList];
// [ErrInvalidArgument] where none of Ref, SHA and MergeRequest is set, or SHA is not the full id. Server errors,
// lost connections and rate limits do not end the wait: see [WaitForOptions].Patience. It sends a request every few seconds.
func (s *PipelinesService) WaitFor(ctx context.Context, project Project, options *WaitForOptions, opts ...RequestOption) (*Pipeline, error) {
	if options == nil {
		options = new(WaitForOptions)
	}
	if err := options.validate(); err != nil {
		return nil, waitForNewPipeline.invalid(err)
	}
	poll := newPoller(waitForNewPipeline, options.Interval, options.Patience, s.engine.policy.MaxRateLimitWait)
	for {
		found, err := insist(ctx, poll, opts, func(opts ...RequestOption) Seq[Pipeline] { return s.candidates(ctx, project, options, opts) })
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(found, options.fits)
		if i >= 0 {
			return found[i], nil
		}
		if err := poll.rest(ctx, false); err != nil {
			return nil, err
		}
	}
}

// candidates are the newest pipelines that may fit, the newest first.
func (s *PipelinesService) candidates(ctx context.Context, project Project, options *WaitForOptions, opts []RequestOption) Seq[Pipeline] {
	newest := ListOptions{Page: 1, PerPage: 20}
	if options.MergeRequest != 0 {
		return s.ListForMergeRequest(ctx, project, options.MergeRequest, &ListMergeRequestPipelinesOptions{newest}, opts...)
	}
	like := &ListPipelinesOptions{ListOptions: newest, Ref: options.Ref, SHA: options.SHA, Source: options.Source}
	return s.List(ctx, project, like, opts...)
}

// fits checks all, since not every list can choose by all.
func (o *WaitForOptions) fits(p *Pipeline) bool {
	return p.ID > o.After && (o.Ref == "" || p.Ref == o.Ref) && (o.SHA == "" || p.SHA == o.SHA) && (o.Source == "" || p.Source == o.Source)
}

// Wait waits until a job has ended and returns it as it is then. Any state that is not known to be final counts as not ended. A manual job
// that nobody played ends the wait too, unless ThroughManual is set. A job that is retried goes on as another job with another ID: this one
// has ended.
//
//	GET /projects/:id/jobs/:job_id
//
// The error is nil if the job succeeded. Otherwise it is a [*JobError], or the [*Error] that ended the wait early, which matches
// [ErrJobGet]; the job beside it is the last that was seen. Where the context ended the wait, errors.As finds a [*WaitError] too, which says
// what the job waited for. Server errors,
// lost connections and rate limits on the way do not end the wait: see [WaitJobOptions].Patience; nor does it if the job, seen before, is
// not found once. It sends a request every few seconds.
func (s *JobsService) Wait(ctx context.Context, project Project, id int64, options *WaitJobOptions, opts ...RequestOption) (*Job, error) {
	if options == nil {
		options = new(WaitJobOptions)
	}
	poll := newWaitPoller(waitForJob, options.Interval, options.Patience, s.engine.policy.MaxRateLimitWait)
	get := func(opts ...RequestOption) (*Job, error) { return s.Get(ctx, project, id, opts...) }
	var last *Job
	report := poll.reportOn(func(ctx context.Context) ([]*Job, []*StuckJob) {
		stuck, _ := (*PipelinesService)(s).explain(ctx, project, []*Job{last}, 0, poll.options(opts))
		return nil, stuck
	})
	ends := func(status JobStatus) bool { return status.Finished() || status == JobManual && !options.ThroughManual }
	defer poll.events.listen(options.Events, func(source EventSource, notify func()) func() {
		return source.OnJob(id, func(status JobStatus) {
			if options.Progress != nil || ends(status) {
				notify()
			}
		})
	})()
	var status JobStatus
	job, err := await(ctx, poll, opts, get, func(j *Job) (bool, time.Duration, error) {
		if status != j.Status && options.Progress != nil {
			options.Progress(j)
		}
		last, status = j, j.Status
		return ends(j.Status), poll.since(j.StartedAt, j.CreatedAt), nil
	})
	if err != nil {
		return job, report.of(ctx, WaitError{Job: job}, err)
	}
	if jobOutcome(job.Status) != nil {
		return job, &JobError{job}
	}
	return job, nil
}
