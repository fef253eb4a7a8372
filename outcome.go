package gitlabci

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Outcomes of a wait other than success: what a [*PipelineError] or [*JobError] matches.
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

// PipelineError is the outcome of a pipeline that did not succeed. It matches [ErrPipelineFailed], [ErrPipelineCanceled],
// [ErrPipelineSkipped] or [ErrPipelineBlocked].
type PipelineError struct {
	Pipeline   *Pipeline // the one that was waited for
	Downstream *Pipeline // the first one downstream that did not succeed, where Pipeline did; else nil

	// FailedJobs are the failed jobs, also those downstream, whose project is that of Job.Pipeline.ProjectID; no trigger jobs, and none that
	// may fail.
	FailedJobs []*Job
}

// Error tells the pipeline, its outcome, and which jobs failed why.
func (e *PipelineError) Error() string {
	text := "gitlabci: pipeline did not succeed"
	p := e.unsuccessful()
	if p != nil {
		text = fmt.Sprintf("gitlabci: pipeline %d %s", p.ID, p.Status)
		outcome := pipelineOutcome(p.Status)
		if outcome != nil {
			text = strings.Replace(outcome.Error(), "pipeline", fmt.Sprintf("pipeline %d", p.ID), 1)
		}
	}
	var jobs []string
	for _, job := range e.FailedJobs {
		jobs = append(jobs, fmt.Sprintf("%s (%s)", job.Name, job.FailureReason))
	}
	if len(jobs) > 0 {
		text += ": " + strings.Join(jobs, ", ")
	}
	return oneLine(text)
}

// Unwrap returns the outcome, as the status of the pipeline has it; nil for one that is none.
func (e *PipelineError) Unwrap() error {
	p := e.unsuccessful()
	if p != nil {
		return pipelineOutcome(p.Status)
	}
	return nil
}

// unsuccessful is the pipeline whose outcome it is.
func (e *PipelineError) unsuccessful() *Pipeline { return cmp.Or(e.Downstream, e.Pipeline) }

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

// JobError is the outcome of a job that did not succeed. It matches [ErrJobFailed], [ErrJobCanceled], [ErrJobSkipped] or
// [ErrJobBlocked].
type JobError struct {
	Job *Job
}

// Error tells the job, its outcome and the reason.
func (e *JobError) Error() string {
	if e.Job == nil {
		return "gitlabci: job did not succeed"
	}
	named := fmt.Sprintf("job %d (%s)", e.Job.ID, e.Job.Name)
	text := fmt.Sprintf("gitlabci: %s %s", named, e.Job.Status)
	outcome := e.Unwrap()
	if outcome != nil {
		text = strings.Replace(outcome.Error(), "job", named, 1)
	}
	if e.Job.FailureReason != "" {
		text += ": " + string(e.Job.FailureReason)
	}
	return oneLine(text)
}

// Unwrap returns the outcome, as the status of the job has it; nil for one that is none.
func (e *JobError) Unwrap() error {
	if e.Job == nil {
		return nil
	}
	return jobOutcome(e.Job.Status)
}

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

// namesOf are the names of jobs, as far as they fit in a line.
func namesOf(jobs []*Job) string {
	const fit = 20
	var names []string
	for _, job := range slices.SortedFunc(slices.Values(jobs), olderFirst) {
		names = append(names, job.Name)
	}
	if more := len(names) - fit; more > 0 {
		names = append(names[:fit], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

func olderFirst(a, b *Job) int { return cmp.Compare(a.ID, b.ID) }
