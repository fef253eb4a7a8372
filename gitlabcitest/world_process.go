package gitlabcitest

import (
	"slices"

	"github.com/gitlabci/gitlabci"
)

// process starts, skips or holds each job that waits, by what came of those before it, and sets the pipeline's gitlabci.JobStatus by it. It is
// called after every change of a job.
func (w *world) process(p *pipeline) {
	for w.processOnce(p) {
	}
	w.setStatus(p, gitlabci.PipelineStatus(composite(p.current(), false)))
}

// processOnce reports whether a job changed, which may let others change.
func (w *world) processOnce(p *pipeline) (changed bool) {
	stages := make([][]*job, len(p.stages))
	waiting := false
	for _, j := range p.jobs {
		if !j.retried {
			stages[j.stage] = append(stages[j.stage], j)
			waiting = waiting || j.status == gitlabci.JobCreated
		}
	}
	if !waiting {
		return false
	}
	var earlier []*job
	for _, stage := range stages {
		before := composite(earlier, false)
		for _, j := range stage {
			if j.status != gitlabci.JobCreated {
				continue
			}
			previous := before
			if j.spec.Needs != nil {
				previous = composite(p.named(j.spec.Needs), true)
			}
			if w.decide(j, previous) {
				changed = true
			}
		}
		earlier = append(earlier, stage...)
	}
	return changed
}

// named are the current jobs with these names.
func (p *pipeline) named(names []string) []*job {
	var found []*job
	for _, j := range p.jobs {
		if !j.retried && slices.Contains(names, j.spec.Name) {
			found = append(found, j)
		}
	}
	return found
}

// decide takes a waiting job on once the jobs before it are over.
func (w *world) decide(j *job, previous gitlabci.JobStatus) bool {
	if previous == "" {
		previous = gitlabci.JobSuccess
	}
	switch {
	case !previous.Finished():
		return false
	case !slices.Contains(j.admits(), previous):
		w.end(j, gitlabci.JobSkipped, "")
	case j.spec.When == Manual:
		w.hold(j)
	case j.spec.When == Delayed && !j.environment.needsApproval():
		w.schedule(j)
	default:
		w.takeOn(j)
	}
	return true
}

// admits are the statuses of the jobs before it at which the job is started.
func (j *job) admits() []gitlabci.JobStatus {
	switch {
	case j.spec.When == Always:
		return []gitlabci.JobStatus{gitlabci.JobSuccess, gitlabci.JobFailed, gitlabci.JobSkipped}
	case j.spec.When == OnFailure:
		return []gitlabci.JobStatus{gitlabci.JobFailed}
	case j.spec.Needs != nil:
		return []gitlabci.JobStatus{gitlabci.JobSuccess}
	}
	return []gitlabci.JobStatus{gitlabci.JobSuccess, gitlabci.JobSkipped}
}

// schedule lets a delayed job wait for its time.
func (w *world) schedule(j *job) {
	j.status, j.scheduledAt = gitlabci.JobScheduled, w.now.Add(j.spec.StartIn)
	w.after(j.spec.StartIn, func() {
		if j.status == gitlabci.JobScheduled {
			w.enqueue(j)
			w.process(j.pipeline)
		}
	})
}
