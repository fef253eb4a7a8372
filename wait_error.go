package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WaitError is the error of a wait whose context ended first, and says what was waited for. It wraps the [*Error] that says the rest, so that
// it matches what that does: the sentinel of the operation, and [context.DeadlineExceeded] or [context.Canceled].
//
// Which jobs run and which are stuck is asked for in the last pause before the context's deadline. Of a wait whose context has none, or ends
// while a request is under way, it is not known.
type WaitError struct {
	// What was waited for, as it was last seen; the others are nil, or empty.
	Pipeline   *Pipeline
	Job        *Job
	Stage      string
	Deployment *Deployment

	After   time.Duration // how long the wait took
	Running []*Job        // the jobs that ran
	Stuck   []*StuckJob   // the jobs that waited, and what for
	Err     error         // how the wait ended
}

// Error tells what was waited for, how it was, and what kept it so.
func (e *WaitError) Error() string {
	call, reason := "wait", ""
	if failure, ok := errors.AsType[*Error](e.Err); ok {
		call, reason = failure.Op, failure.reason()
	} else if e.Err != nil {
		reason = e.Err.Error()
	}
	status := "waiting"
	switch {
	case e.Job != nil:
		call, status = callOf(call, "job", fmt.Sprintf("%d (%s)", e.Job.ID, e.Job.Name)), string(e.Job.Status)
	case e.Stage != "":
		call = callOf(call, "stage", e.Stage)
	case e.Deployment != nil:
		call, status = callOf(call, "deployment", e.Deployment.title()), string(e.Deployment.Status)
	case e.Pipeline != nil:
		call, status = callOf(call, "pipeline", strconv.FormatInt(e.Pipeline.ID, 10)), string(e.Pipeline.Status)
	}
	parts := []string{fmt.Sprintf("still %s after %v", status, e.After.Round(precision(e.After)))}
	if e.Deployment != nil && e.Deployment.missing() != "" {
		parts = append(parts, e.Deployment.missing())
	}
	for i, job := range e.Stuck {
		if i == maxTold {
			parts = append(parts, fmt.Sprintf("%d more wait", len(e.Stuck)-i))
			break
		}
		parts = append(parts, job.String())
	}
	if len(e.Running) > 0 {
		parts = append(parts, "running: "+namesOf(e.Running))
	}
	text := "gitlabci: " + call + ": " + strings.Join(parts, "; ")
	if reason != "" {
		text += ": " + reason
	}
	return oneLine(text)
}

// callOf says in the name of a call which of a kind it was for.
func callOf(call, kind, which string) string {
	if strings.HasSuffix(call, " "+kind) {
		return call + " " + which
	}
	return call + ": " + kind + " " + which
}

// precision is what a duration is rounded to for people.
func precision(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return time.Millisecond
	}
	return time.Second
}

// maxTold is how many jobs a text tells one by one.
const maxTold = 5

// Unwrap returns how the wait ended.
func (e *WaitError) Unwrap() error { return e.Err }

// waitReport finds out what a wait waits for while there is time.
type waitReport struct {
	began time.Time
	look  func(context.Context) (running []*Job, stuck []*StuckJob)

	running []*Job
	stuck   []*StuckJob
}

// reportOn has a wait find out, in its last pause before the deadline of its context, what it waits for.
func (p *poller) reportOn(look func(context.Context) ([]*Job, []*StuckJob)) *waitReport {
	r := &waitReport{began: time.Now(), look: look}
	p.lastPause = func(ctx context.Context) { r.running, r.stuck = r.look(ctx) }
	return r
}

// of makes the error of a wait that saw something before its context ended; any other stays as it is.
func (r *waitReport) of(ctx context.Context, waited WaitError, err error) error {
	seen := waited.Pipeline != nil || waited.Job != nil || waited.Stage != "" || waited.Deployment != nil
	if err == nil || ctx.Err() == nil || !errors.Is(err, ctx.Err()) || !seen {
		return err
	}
	waited.After, waited.Running, waited.Stuck, waited.Err = time.Since(r.began), r.running, r.stuck, err
	return &waited
}

// lookAt returns the jobs of a pipeline that run, and those that are stuck. What cannot be read is left out.
func (s *PipelinesService) lookAt(ctx context.Context, project Project, id int64, opts []RequestOption) (running []*Job, stuck []*StuckJob) {
	jobs, err := s.Jobs(ctx, project, id, &ListPipelineJobsOptions{Scope: append([]JobStatus{JobRunning}, waiting...)}, opts...).Collect()
	if err != nil {
		return nil, nil
	}
	stuck, _ = s.explain(ctx, project, jobs, 0, opts)
	return runningOf(jobs), stuck
}

func runningOf(jobs []*Job) []*Job {
	return slices.DeleteFunc(slices.Clone(jobs), func(j *Job) bool { return j.Status != JobRunning })
}
