package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// WaitOptions say how to wait for a pipeline or a job. The zero value is a good choice.
type WaitOptions struct {
	Interval      time.Duration // the first pause between polls; 3 s if zero. Later ones grow while nothing changes
	Downstream    bool          // wait for the pipelines that the pipeline starts, and for those that they start; not for jobs
	ThroughManual bool          // go on while a manual job blocks, until somebody plays it
	Patience      time.Duration // how long GitLab may be out of reach before the wait gives up; 5 min if zero

	Progress func(*Pipeline) // told of the pipeline whenever its status changes, the first one included; not for jobs
}

// Outcomes of a wait that are not success.
var (
	ErrPipelineFailed   = errors.New("gitlabci: pipeline failed")
	ErrPipelineCanceled = errors.New("gitlabci: pipeline canceled")
	ErrPipelineSkipped  = errors.New("gitlabci: pipeline skipped")
	ErrPipelineBlocked  = errors.New("gitlabci: pipeline blocked by a manual job")

	ErrJobFailed   = errors.New("gitlabci: job failed")
	ErrJobCanceled = errors.New("gitlabci: job canceled")
	ErrJobSkipped  = errors.New("gitlabci: job skipped")
	ErrJobBlocked  = errors.New("gitlabci: job waits to be played")
)

// PipelineError is the outcome of a pipeline that did not succeed. It answers to [ErrPipelineFailed], [ErrPipelineCanceled],
// [ErrPipelineSkipped] or [ErrPipelineBlocked].
type PipelineError struct {
	Pipeline   *Pipeline // the one that was waited for
	Downstream *Pipeline // the one downstream that did not succeed, where Pipeline did; else nil
	FailedJobs []*Job    // those that failed and were not allowed to, downstream ones among them

	outcome error
}

// Error tells the pipeline, its outcome, and which jobs failed why.
func (e *PipelineError) Error() string {
	p := e.Pipeline
	if e.Downstream != nil {
		p = e.Downstream
	}
	text := strings.Replace(e.outcome.Error(), "pipeline", fmt.Sprintf("pipeline %d", p.ID), 1)
	var jobs []string
	for _, job := range e.FailedJobs {
		jobs = append(jobs, fmt.Sprintf("%s (%s)", job.Name, job.FailureReason))
	}
	if len(jobs) > 0 {
		text += ": " + strings.Join(jobs, ", ")
	}
	return oneLine(text)
}

// Unwrap gives the outcome.
func (e *PipelineError) Unwrap() error { return e.outcome }

func pipelineOutcome(status PipelineStatus) error {
	switch status {
	case PipelineFailed:
		return ErrPipelineFailed
	case PipelineCanceled:
		return ErrPipelineCanceled
	case PipelineSkipped:
		return ErrPipelineSkipped
	case PipelineManual:
		return ErrPipelineBlocked
	}
	return nil
}

// JobError is the outcome of a job that did not succeed. It answers to [ErrJobFailed], [ErrJobCanceled], [ErrJobSkipped] or
// [ErrJobBlocked].
type JobError struct {
	Job     *Job
	outcome error
}

// Error tells the job, its outcome and the reason.
func (e *JobError) Error() string {
	text := strings.Replace(e.outcome.Error(), "job", fmt.Sprintf("job %d (%s)", e.Job.ID, e.Job.Name), 1)
	if e.Job.FailureReason != "" {
		text += ": " + string(e.Job.FailureReason)
	}
	return oneLine(text)
}

// Unwrap gives the outcome.
func (e *JobError) Unwrap() error { return e.outcome }

func jobOutcome(status JobStatus) error {
	switch status {
	case JobFailed:
		return ErrJobFailed
	case JobCanceled:
		return ErrJobCanceled
	case JobSkipped:
		return ErrJobSkipped
	case JobManual:
		return ErrJobBlocked
	}
	return nil
}

var (
	waitForPipeline    = &operation{"wait for pipeline", http.MethodGet, "/projects/:id/pipelines/:pipeline_id", ErrPipelineGet, repeatable, ""}
	waitForNewPipeline = &operation{"wait for new pipeline", http.MethodGet, "/projects/:id/pipelines", ErrPipelineList, repeatable, ""}
	waitForJob         = &operation{"wait for job", http.MethodGet, "/projects/:id/jobs/:job_id", ErrJobGet, repeatable, ""}
)

// Wait waits until a pipeline has ended and returns it as it is then. Any state that is not known to be final counts as not ended. A
// pipeline that is blocked by a manual job ends the wait too, unless ThroughManual is set.
//
// The error is nil if the pipeline succeeded. Otherwise it is a [*PipelineError] with the jobs that failed, or the error that ended the
// wait early, as when the context did; the pipeline beside it is the last that was seen. Server errors, lost connections and rate limits
// on the way do not end the wait: see [WaitOptions].Patience.
func (s *PipelinesService) Wait(ctx context.Context, project Project, id int64, o *WaitOptions, opts ...RequestOption) (*Pipeline, error) {
	if o == nil {
		o = new(WaitOptions)
	}
	pipeline, err := s.waitForOne(ctx, project, id, o, opts)
	if err != nil {
		return pipeline, err
	}
	if !o.Downstream {
		return pipeline, s.outcome(ctx, project, pipeline, nil, opts)
	}
	return s.waitForTree(ctx, project, pipeline, o, opts)
}

// waitForOne waits for a pipeline, whatever it starts downstream.
func (s *PipelinesService) waitForOne(ctx context.Context, project Project, id int64, o *WaitOptions, opts []RequestOption) (*Pipeline, error) {
	poll := newPoller(waitForPipeline, o.Interval, o.Patience)
	var seen conditional[Pipeline]
	var status PipelineStatus
	var expected *time.Time
	for {
		changed, err := seen.ask(poll, opts, func(opts ...RequestOption) (*Pipeline, error) { return s.Get(ctx, project, id, opts...) })
		if ok, err := poll.survives(ctx, err); !ok {
			return seen.value, err
		}
		if changed && seen.value.Status != status {
			status = seen.value.Status
			if o.Progress != nil {
				o.Progress(seen.value)
			}
		}
		if status.Finished() || status == PipelineManual && !o.ThroughManual {
			return seen.value, nil
		}
		if expected == nil && seen.value != nil {
			expected = s.expectedEnd(ctx, project, seen.value, poll, opts)
		}
		if err := poll.restUntil(ctx, expected); err != nil {
			return seen.value, err
		}
	}
}

// expectedEnd guesses when a pipeline ends, from how long the last successful one of its ref took; zero is no guess. The request that it
// takes saves many: far from the end polls may be rare, so that they can be close together where it is near.
func (s *PipelinesService) expectedEnd(ctx context.Context, project Project, p *Pipeline, poll *poller, opts []RequestOption) *time.Time {
	now, err := http.ParseTime(poll.response.Header.Get("Date")) // the server's clock, as its times are by that
	if err != nil {
		now = time.Now()
	}
	var expected time.Time
	last := &ListPipelinesOptions{ListOptions: ListOptions{Page: 1, PerPage: 1}, Ref: p.Ref, Status: PipelineSuccess}
	for done, err := range s.List(ctx, project, last, poll.options(opts)...) {
		if err == nil && done.ID != p.ID && done.UpdatedAt.After(done.CreatedAt) {
			expected = time.Now().Add(done.UpdatedAt.Sub(done.CreatedAt) - now.Sub(p.CreatedAt))
		}
	}
	return &expected
}

// restUntil pauses between polls for something that may end at any time, but is expected to at one.
func (p *poller) restUntil(ctx context.Context, expected *time.Time) error {
	if expected == nil || expected.IsZero() || time.Until(*expected) <= 0 {
		return p.rest(ctx, false)
	}
	p.pause = p.interval // what is overdue is asked for often at first
	return p.sleep(ctx, min(max(time.Until(*expected), p.interval), p.longest*3/2))
}

// waitForTree waits until nothing that an ended pipeline started goes on.
func (s *PipelinesService) waitForTree(ctx context.Context, project Project, pipeline *Pipeline, o *WaitOptions, opts []RequestOption) (*Pipeline, error) {
	poll := newPoller(waitForPipeline, o.Interval, o.Patience)
	quiet := *o
	quiet.Progress = nil
	for {
		tree, err := s.Tree(ctx, project, pipeline.ID, nil, poll.options(opts)...)
		if ok, err := poll.survives(ctx, err); !ok {
			return pipeline, err
		}
		if err != nil {
			if err := poll.rest(ctx, false); err != nil {
				return pipeline, err
			}
			continue
		}
		open := tree.find(func(t *PipelineTree) bool {
			return !t.Pipeline.Status.Finished() && (t.Pipeline.Status != PipelineManual || o.ThroughManual)
		})
		if open == nil {
			return tree.Pipeline, s.outcome(ctx, project, tree.Pipeline, tree, opts)
		}
		if _, err := s.waitForOne(ctx, open.Project, open.Pipeline.ID, &quiet, opts); err != nil {
			return tree.Pipeline, err
		}
	}
}

// outcome is nil for a pipeline that succeeded, with all that it started if tree is not nil.
func (s *PipelinesService) outcome(ctx context.Context, project Project, pipeline *Pipeline, tree *PipelineTree, opts []RequestOption) error {
	e := &PipelineError{Pipeline: pipeline, outcome: pipelineOutcome(pipeline.Status)}
	if tree != nil && e.outcome == nil {
		if bad := tree.find(func(t *PipelineTree) bool { return pipelineOutcome(t.Pipeline.Status) != nil && !t.allowedToFail }); bad != nil {
			e.Downstream, e.outcome = bad.Pipeline, pipelineOutcome(bad.Pipeline.Status)
		}
	}
	if e.outcome == nil {
		return nil
	}
	if tree == nil {
		failed, err := s.Jobs(ctx, project, pipeline.ID, &ListPipelineJobsOptions{Scope: []JobStatus{JobFailed}}, opts...).Collect()
		if err != nil && len(failed) == 0 {
			return errors.Join(e, err) // the outcome is known, only the jobs are not
		}
		e.FailedJobs = dropAllowed(failed)
		return e
	}
	for node := range tree.Nodes() {
		if node.Job != nil && node.Job.Status == JobFailed && !node.Job.AllowFailure {
			e.FailedJobs = append(e.FailedJobs, node.Job)
		}
	}
	return e
}

func dropAllowed(failed []*Job) (kept []*Job) {
	for _, job := range failed {
		if !job.AllowFailure {
			kept = append(kept, job)
		}
	}
	return kept
}

// WaitForOptions say which pipeline to wait for: the newest that fits all that is set. One of Ref, SHA and MergeRequest must be.
type WaitForOptions struct {
	Ref          string         // a branch or tag
	SHA          string         // a commit
	MergeRequest int64          // the number of a merge request in the project
	Source       PipelineSource // what started it; any if empty
	After        int64          // a pipeline ID: older pipelines and this one do not count

	Interval time.Duration // the first pause between polls; 3 s if zero
	Patience time.Duration // how long GitLab may be out of reach before the wait gives up; 5 min if zero
}

func (o *WaitForOptions) validate() error {
	if o.Ref == "" && o.SHA == "" && o.MergeRequest == 0 {
		return errors.New("Ref, SHA or MergeRequest is missing")
	}
	return nil
}

// WaitFor waits until there is a pipeline of a ref, a commit or a merge request, and returns it, at whatever state it is. It waits
// until the context ends: give it a deadline if there may never be one.
func (s *PipelinesService) WaitFor(ctx context.Context, project Project, o *WaitForOptions, opts ...RequestOption) (*Pipeline, error) {
	if o == nil {
		o = new(WaitForOptions)
	}
	if err := o.validate(); err != nil {
		return nil, waitForNewPipeline.invalid(err)
	}
	poll := newPoller(waitForNewPipeline, o.Interval, o.Patience)
	for {
		found, err := s.newest(ctx, project, o, poll.options(opts))
		if ok, err := poll.survives(ctx, err); !ok || found != nil {
			return found, err
		}
		if err := poll.rest(ctx, false); err != nil {
			return nil, err
		}
	}
}

// newest is the newest pipeline that fits, nil if there is none.
func (s *PipelinesService) newest(ctx context.Context, project Project, o *WaitForOptions, opts []RequestOption) (*Pipeline, error) {
	candidates := s.List(ctx, project, &ListPipelinesOptions{ListOptions: ListOptions{Page: 1, PerPage: 20}, Ref: o.Ref, SHA: o.SHA, Source: o.Source}, opts...)
	if o.MergeRequest != 0 {
		candidates = s.ListForMergeRequest(ctx, project, o.MergeRequest, nil, opts...)
	}
	for p, err := range candidates {
		if err != nil {
			return nil, err
		}
		if p.ID > o.After && (o.Ref == "" || p.Ref == o.Ref) && (o.SHA == "" || p.SHA == o.SHA) && (o.Source == "" || p.Source == o.Source) {
			return p, nil
		}
	}
	return nil, nil
}

// Wait waits until a job has ended and returns it as it is then. Any state that is not known to be final counts as not ended. A manual
// job that nobody played ends the wait too, unless ThroughManual is set. A job that is retried goes on as another job: this one has
// ended.
//
// The error is nil if the job succeeded. Otherwise it is a [*JobError], or the error that ended the wait early, as when the context did;
// the job beside it is the last that was seen.
func (s *JobsService) Wait(ctx context.Context, project Project, id int64, o *WaitOptions, opts ...RequestOption) (*Job, error) {
	if o == nil {
		o = new(WaitOptions)
	}
	poll := newPoller(waitForJob, o.Interval, o.Patience)
	var seen conditional[Job]
	for {
		_, err := seen.ask(poll, opts, func(opts ...RequestOption) (*Job, error) { return s.Get(ctx, project, id, opts...) })
		if ok, err := poll.survives(ctx, err); !ok {
			return seen.value, err
		}
		if job := seen.value; job != nil && (job.Status.Finished() || job.Status == JobManual && !o.ThroughManual) {
			if outcome := jobOutcome(job.Status); outcome != nil {
				return job, &JobError{job, outcome}
			}
			return job, nil
		}
		if err := poll.rest(ctx, false); err != nil {
			return seen.value, err
		}
	}
}
