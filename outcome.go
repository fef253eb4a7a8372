package gitlabci

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Outcomes of a wait other than success: what a [*PipelineError], [*JobError] or [*DeploymentError] matches.
var (
	ErrPipelineFailed   = errors.New("gitlabci: pipeline failed")
	ErrPipelineCanceled = errors.New("gitlabci: pipeline canceled")
	ErrPipelineSkipped  = errors.New("gitlabci: pipeline skipped")
	ErrPipelineBlocked  = errors.New("gitlabci: pipeline blocked by a manual job")

	ErrJobFailed   = errors.New("gitlabci: job failed")
	ErrJobCanceled = errors.New("gitlabci: job canceled")
	ErrJobSkipped  = errors.New("gitlabci: job skipped")
	ErrJobBlocked  = errors.New("gitlabci: job waits to be played")

	ErrDeploymentFailed   = errors.New("gitlabci: deployment failed")
	ErrDeploymentCanceled = errors.New("gitlabci: deployment canceled")
	ErrDeploymentSkipped  = errors.New("gitlabci: deployment skipped")
	ErrDeploymentBlocked  = errors.New("gitlabci: deployment blocked")
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

// DeploymentError is the outcome of a deployment that did not succeed. It matches [ErrDeploymentFailed], [ErrDeploymentCanceled],
// [ErrDeploymentSkipped] or [ErrDeploymentBlocked].
type DeploymentError struct {
	Deployment *Deployment
}

// Error tells the deployment, its outcome, and which approvals are missing.
func (e *DeploymentError) Error() string {
	d := e.Deployment
	if d == nil {
		return "gitlabci: deployment did not succeed"
	}
	named := "deployment " + d.title()
	text := fmt.Sprintf("gitlabci: %s %s", named, d.Status)
	if outcome := e.Unwrap(); outcome != nil {
		text = strings.Replace(outcome.Error(), "deployment", named, 1)
	}
	missing := d.missing()
	if d.Status == DeploymentBlocked && missing != "" {
		text += ": " + missing
	}
	return oneLine(text)
}

// Unwrap returns the outcome, as the status of the deployment has it; nil for one that is none.
func (e *DeploymentError) Unwrap() error {
	if e.Deployment == nil {
		return nil
	}
	return deploymentOutcome(e.Deployment.Status)
}

func deploymentOutcome(status DeploymentStatus) error {
	switch status {
	case DeploymentFailed:
		return ErrDeploymentFailed
	case DeploymentCanceled:
		return ErrDeploymentCanceled
	case DeploymentSkipped:
		return ErrDeploymentSkipped
	case DeploymentBlocked:
		return ErrDeploymentBlocked
	}
	return nil
}

// title tells a deployment from others.
func (d *Deployment) title() string {
	if d.Environment.Name == "" {
		return strconv.FormatInt(d.ID, 10)
	}
	return fmt.Sprintf("%d to %s", d.ID, d.Environment.Name)
}

// missing tells in a few words which approvals a deployment still needs, by its rules as far as it has any.
func (d *Deployment) missing() string {
	var wanted []string
	if d.ApprovalSummary != nil {
		for _, rule := range d.ApprovalSummary.Rules {
			given := 0
			for i := range rule.DeploymentApprovals {
				if rule.DeploymentApprovals[i].Status == DeploymentApprovalApproved {
					given++
				}
			}
			if given < rule.RequiredApprovals {
				wanted = append(wanted, fmt.Sprintf("%d of %d approvals of %s", rule.RequiredApprovals-given, rule.RequiredApprovals, rule.AccessLevelDescription))
			}
		}
	}
	if len(wanted) == 0 && d.PendingApprovalCount > 0 {
		wanted = append(wanted, fmt.Sprintf("%d approvals", d.PendingApprovalCount))
	}
	if len(wanted) == 0 {
		return ""
	}
	return "it needs " + strings.Join(wanted, ", ")
}

// namesOf are the names of jobs, as far as they fit in a line.
func namesOf(jobs []*Job) string {
	const fit = 20
	var names []string
	for _, job := range slices.SortedFunc(slices.Values(jobs), olderFirst) {
		names = append(names, job.Name)
	}
	if len(names) > fit {
		names = append(names[:fit], fmt.Sprintf("%d more", len(names)-fit))
	}
	return strings.Join(names, ", ")
}

func olderFirst(a, b *Job) int { return cmp.Compare(a.ID, b.ID) }
