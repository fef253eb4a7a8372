package gitlabcitest

import (
	"time"

	"github.com/gitlabci/gitlabci"
)

// maxChildDepth is how deep child pipelines may be nested.
const maxChildDepth = 2

// trigger starts the pipeline of a trigger job.
func (w *world) trigger(j *job) {
	if j.status != gitlabci.JobPending {
		return
	}
	target := j.spec.Trigger
	p, request := j.project, pipelineRequest{
		ref: j.pipeline.ref, source: gitlabci.PipelineSourceParentPipeline, user: j.user, upstream: j, config: append([]Job{}, target.Jobs...),
	}
	if target.Project != "" {
		p = w.projectByPath(target.Project)
		request.source, request.config, request.ref = gitlabci.PipelineSourcePipeline, nil, target.Ref
	} else {
		request.mergeRequest = j.pipeline.mergeRequest
	}
	if reason := w.refuseTrigger(j, p, &request); reason != "" {
		w.end(j, gitlabci.JobFailed, reason)
		w.process(j.pipeline)
		return
	}
	j.startedAt = w.now
	if target.Strategy != "" {
		j.status = gitlabci.JobRunning
	}
	created, err := w.createPipeline(p, request)
	switch {
	case err != nil:
		w.end(j, gitlabci.JobFailed, gitlabci.FailureReasonDownstreamPipelineCreation)
	case target.Strategy == "":
		j.downstream = created
		w.end(j, gitlabci.JobSuccess, "")
	default:
		j.downstream = created
		w.inherit(j)
	}
	w.process(j.pipeline)
}

// refuseTrigger returns the reason why a trigger job cannot start its pipeline, empty when it can.
func (w *world) refuseTrigger(j *job, p *project, r *pipelineRequest) gitlabci.FailureReason {
	switch {
	case p == nil:
		return gitlabci.FailureReasonDownstreamBridgeProjectNotFound
	case p != j.project && j.user.level(p.path) < Developer:
		return gitlabci.FailureReasonInsufficientBridgePermissions
	case r.source == gitlabci.PipelineSourceParentPipeline && j.pipeline.depth() >= maxChildDepth:
		return gitlabci.FailureReasonReachedMaxDescendantPipelinesDepth
	}
	if r.ref == "" {
		r.ref = p.defaultBranch
	}
	if r.source != gitlabci.PipelineSourceParentPipeline {
		for above := j.pipeline; above != nil; above = above.above() {
			if above.project == p && above.ref == r.ref && above.source == r.source {
				return gitlabci.FailureReasonPipelineLoopDetected
			}
		}
	}
	return ""
}

// above is the pipeline whose trigger job started this one.
func (p *pipeline) above() *pipeline {
	if p.upstream == nil {
		return nil
	}
	return p.upstream.pipeline
}

// tellUpstream lets the trigger job that waits for a pipeline follow its status.
func (w *world) tellUpstream(p *pipeline) {
	j := p.upstream
	if j == nil || j.downstream != p || j.status.Finished() || j.spec.Trigger.Strategy == "" {
		return
	}
	w.inherit(j)
	w.process(j.pipeline)
}

// inherit takes over the status of the pipeline that a trigger job waits for.
func (w *world) inherit(j *job) {
	switch s := j.downstream.status; {
	case s == gitlabci.PipelineSuccess || s == gitlabci.PipelineCanceled:
		w.end(j, gitlabci.JobStatus(s), "")
	case s == gitlabci.PipelineFailed || s == gitlabci.PipelineSkipped:
		w.end(j, gitlabci.JobFailed, gitlabci.FailureReasonUnknown)
	case j.spec.Trigger.Strategy == Mirror && s != gitlabci.PipelineCreated:
		j.status = gitlabci.JobStatus(s)
	}
}

// resetUpstream makes the trigger job wait again for a pipeline that goes on.
func (w *world) resetUpstream(p *pipeline, by *user) {
	j := p.upstream
	if j == nil || j.retried || j.spec.Trigger.Strategy == "" || !j.status.Finished() {
		return
	}
	j.status, j.finishedAt, j.failureReason = gitlabci.JobRunning, time.Time{}, ""
	w.reopenFollowers(j, by)
	w.resetUpstream(j.pipeline, by)
	w.process(j.pipeline)
}
