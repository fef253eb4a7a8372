package gitlabcitest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

const jobTokenPrefix = "glcbt-"

// job is a job, a trigger job or an external status of a pipeline.
type job struct {
	id            int64
	project       *project
	pipeline      *pipeline
	spec          *Job
	stage         int // position in the pipeline's stages
	status        gitlabci.JobStatus
	allowFailure  bool
	retried       bool
	failures      int // of earlier attempts
	failureReason gitlabci.FailureReason
	user          *user
	runner        *runner
	manager       *manager   // of the runner
	variables     []variable // given when it was played
	inputs        map[string]any
	downstream    *pipeline // of a trigger job
	external      *external // of an external status
	environment   *environment
	deployment    *deployment // of a job that deploys
	held          bool        // it has to be played, by the approval rules of its environment

	createdAt, queuedAt, startedAt, finishedAt, erasedAt, scheduledAt time.Time

	stoppedAt time.Time // when its script was canceled; its log ends there
	log       *string   // in place of the one that follows from the spec
	artifacts *artifacts
}

func (w *world) addJob(p *pipeline, spec *Job, by *user) *job {
	w.jobIDs++
	j := &job{
		id: w.jobIDs, project: p.project, pipeline: p, spec: spec, stage: slices.Index(p.stages, spec.Stage), status: gitlabci.JobCreated,
		allowFailure: spec.AllowFailure, user: by, createdAt: w.now,
	}
	w.jobs[j.id] = j
	p.jobs = append(p.jobs, j)
	w.ensureResourceGroup(p.project, spec.ResourceGroup)
	if !j.bridge() {
		p.project.jobs = append(p.project.jobs, j)
	}
	w.prepareEnvironment(j)
	return j
}

// bridge reports whether it is a trigger job, which GitLab keeps apart from others under this name.
func (j *job) bridge() bool {
	return j.spec.Trigger != nil
}

// executing reports whether a runner is at it.
func (j *job) executing() bool {
	return j.status == gitlabci.JobRunning || j.status == gitlabci.JobCanceling
}

// token is the job token, good as long as the job runs.
func (j *job) token() string {
	return fmt.Sprintf("%s%d_%s", jobTokenPrefix, j.id, j.pipeline.commit.sha[:20])
}

// jobWithToken returns the job that a token belongs to, whether it is good or not.
func (w *world) jobWithToken(value string) *job {
	id, _, _ := strings.Cut(strings.TrimPrefix(value, jobTokenPrefix), "_")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	if j := w.jobs[n]; j != nil && j.token() == value {
		return j
	}
	return nil
}

// duration is how long it ran, or has run by now.
func (j *job) duration(now time.Time) *float64 {
	return between(j.startedAt, j.finishedAt, now)
}

// queuedDuration is how long it waited for a runner, or has waited by now.
func (j *job) queuedDuration(now time.Time) *float64 {
	end := j.startedAt
	if end.IsZero() {
		end = j.finishedAt
	}
	return between(j.queuedAt, end, now)
}

func between(start, end, now time.Time) *float64 {
	if start.IsZero() {
		return nil
	}
	if end.IsZero() {
		end = now
	}
	seconds := end.Sub(start).Seconds()
	return &seconds
}

// action reports whether the job waits for somebody to play it.
func (j *job) action() bool {
	return j.held || j.spec.When == Manual || j.spec.When == Delayed
}

// retryable reports whether the job can be run again.
func (j *job) retryable() bool {
	final := []gitlabci.FailureReason{gitlabci.FailureReasonPipelineLoopDetected, gitlabci.FailureReasonReachedMaxDescendantPipelinesDepth, gitlabci.FailureReasonDeploymentRejected}
	if j.retried || j.external != nil || slices.Contains(final, j.failureReason) {
		return false
	}
	return slices.Contains([]gitlabci.JobStatus{gitlabci.JobSuccess, gitlabci.JobFailed, gitlabci.JobCanceled, gitlabci.JobCanceling}, j.status)
}

// playable reports whether the job can be started by hand.
func (j *job) playable() bool {
	return j.action() && !j.awaitsApproval() && (j.status == gitlabci.JobManual || j.status == gitlabci.JobScheduled || j.retryable())
}

// erasable reports whether there is something to erase.
func (j *job) erasable(now time.Time) bool {
	ended := j.status == gitlabci.JobSuccess || j.status == gitlabci.JobFailed || j.status == gitlabci.JobCanceled
	return ended && !j.bridge() && (len(j.trace(now)) > 0 || j.artifacts != nil)
}

// takeOn starts a job, or holds it where its environment wants approvals first.
func (w *world) takeOn(j *job) {
	if j.environment.needsApproval() {
		j.held = true
		w.hold(j)
		return
	}
	w.enqueue(j)
}

// hold leaves a job to be played by hand.
func (w *world) hold(j *job) {
	j.status = gitlabci.JobManual
	w.release(j) // those that wait for its turn need not do so any more
	w.followJob(j)
}

// enqueue starts a job: it waits for its resource group or a runner.
func (w *world) enqueue(j *job) {
	if j.protectedFrom(j.user) {
		w.end(j, gitlabci.JobFailed, gitlabci.FailureReasonProtectedEnvironment)
		return
	}
	if j.spec.ResourceGroup != "" && !w.acquire(j) {
		return
	}
	w.queue(j)
}

// queue puts a job before the runners.
func (w *world) queue(j *job) {
	j.status, j.queuedAt = gitlabci.JobPending, w.now
	if j.bridge() {
		w.after(j.spec.Queue, func() { w.trigger(j) })
		return
	}
	w.after(j.spec.Queue, func() { w.offer(j) })
}

// run starts a pending job, now that a runner took it.
func (w *world) run(j *job) {
	j.status, j.startedAt = gitlabci.JobRunning, w.now
	w.followJob(j)
	w.after(j.spec.Duration, func() { w.finish(j) })
	w.process(j.pipeline)
}

// finish ends a running job the way its definition says.
func (w *world) finish(j *job) {
	if j.status != gitlabci.JobRunning {
		return
	}
	w.storeArtifacts(j)
	if j.failing() {
		w.end(j, gitlabci.JobFailed, j.spec.FailureReason)
	} else {
		w.end(j, gitlabci.JobSuccess, "")
	}
	w.process(j.pipeline)
}

// failing reports whether this attempt is one of those that fail.
func (j *job) failing() bool {
	return j.failures < j.spec.Fails
}

// end brings a job into a completed state.
func (w *world) end(j *job, s gitlabci.JobStatus, reason gitlabci.FailureReason) {
	j.status, j.finishedAt, j.failureReason = s, w.now, reason
	j.letGo()
	w.release(j)
	w.followJob(j)
	w.settleStop(j)
	if s == gitlabci.JobFailed && !j.allowFailure && j.project.CancelOnFailure {
		w.cancelPipeline(j.pipeline)
	}
}

// cancelJob is the event that a person sends. What is over, or being canceled, stays as it is; force ends what is being canceled.
func (w *world) cancelJob(j *job, force bool) {
	switch {
	case j.status == gitlabci.JobCanceling && force:
		w.end(j, gitlabci.JobCanceled, "")
	case cancelable(j.status) || j.status == gitlabci.JobManual:
		w.setCanceled(j)
	default:
		return
	}
	w.process(j.pipeline)
}

// setCanceled cancels a job. One that runs an after_script takes its time.
func (w *world) setCanceled(j *job) {
	if j.status == gitlabci.JobRunning {
		j.stoppedAt = w.now
		if j.spec.AfterScript > 0 && !j.bridge() {
			j.status = gitlabci.JobCanceling
			w.after(j.spec.AfterScript, func() {
				if j.status == gitlabci.JobCanceling {
					w.end(j, gitlabci.JobCanceled, "")
					w.process(j.pipeline)
				}
			})
			return
		}
	}
	w.end(j, gitlabci.JobCanceled, "")
}

// retryJob runs a job again: as a new job, in its place.
func (w *world) retryJob(j *job, by *user, variables []variable, inputs map[string]any) *job {
	clone := w.cloneJob(j, by)
	if variables != nil {
		clone.variables = variables
	}
	if inputs != nil {
		clone.inputs = inputs
	}
	w.reopenFollowers(clone, by)
	w.resetUpstream(j.pipeline, by)
	if clone.status == gitlabci.JobCreated { // and did not fail for its environment's name
		w.takeOn(clone)
	}
	w.process(j.pipeline)
	return clone
}

// cloneJob makes the next attempt of a job and takes the old one out of the pipeline's count.
func (w *world) cloneJob(j *job, by *user) *job {
	clone := w.addJob(j.pipeline, j.spec, by)
	clone.failures = j.failures
	if j.status == gitlabci.JobFailed && !j.bridge() {
		clone.failures++
	}
	clone.variables, clone.inputs = j.variables, j.inputs
	j.retried = true
	return clone
}

// playJob starts a job by hand. One that is over is run again as a new job.
func (w *world) playJob(j *job, by *user, variables []variable, inputs map[string]any) {
	if j.status != gitlabci.JobManual && j.status != gitlabci.JobScheduled {
		w.retryJob(j, by, variables, inputs)
		return
	}
	j.user = by
	if variables != nil {
		j.variables = variables
	}
	if inputs != nil {
		j.inputs = inputs
	}
	w.reopenFollowers(j, by)
	w.resetUpstream(j.pipeline, by)
	w.enqueue(j)
	w.process(j.pipeline)
}

// erase removes log and artifacts.
func (w *world) erase(j *job) {
	empty := ""
	j.log, j.artifacts, j.erasedAt = &empty, nil, w.now
}

// reopen makes a skipped job wait again, and whoever brought that about its user.
func (w *world) reopen(j *job, by *user) {
	j.status, j.finishedAt, j.user = gitlabci.JobCreated, time.Time{}, by
	w.followJob(j)
}

// reopenFollowers makes the skipped jobs wait again that come after a job: those of later stages, and those that need it, directly
// or through others.
func (w *world) reopenFollowers(of *job, by *user) {
	reopened := []*job{of}
	for more := true; more; {
		more = false
		for _, j := range of.pipeline.current() {
			if j.status == gitlabci.JobSkipped && slices.ContainsFunc(reopened, j.follows) {
				w.reopen(j, by)
				reopened = append(reopened, j)
				more = true
			}
		}
	}
}

// follows reports whether the job waits for another one to end.
func (j *job) follows(other *job) bool {
	if j.external != nil {
		return false
	}
	if j.spec.Needs != nil {
		return slices.Contains(j.spec.Needs, other.spec.Name)
	}
	return j.stage > other.stage
}
