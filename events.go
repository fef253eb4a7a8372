package gitlabci

import "time"

// EventSource tells that something may have changed, so that a wait need not ask every few seconds. The Hub of package webhook is one, which
// has it from GitLab's webhooks.
//
// An event only wakes a wait, which then asks GitLab: one that is forged, early, late, repeated or lost can do no harm, but a lost one is made
// up for by the next poll only, a few minutes later. Notify does not block, and may be called in any goroutine.
type EventSource interface {
	// OnPipeline calls notify for each event of a pipeline, with the status that the event tells, until stop is called.
	OnPipeline(id int64, notify func(status PipelineStatus)) (stop func())
	// OnJob does it for a job.
	OnJob(id int64, notify func(status JobStatus)) (stop func())
	// OnJobsOf does it for all jobs of a pipeline.
	OnJobsOf(pipeline int64, notify func(job int64, status JobStatus)) (stop func())
	// OnDeployment does it for a deployment.
	OnDeployment(id int64, notify func(status DeploymentStatus)) (stop func())
}

const (
	safetyInterval = 3 * time.Minute // between the polls of a wait that has events: one may be lost
	alertPolls     = 5               // at the usual pace after an event, whose news may be ahead of what GitLab answers
	eventPause     = time.Second     // at least between two polls, however many events come
)

// events are what wakes a wait.
type events struct {
	wake  chan struct{} // nil without a source
	alert int           // how many polls come at the usual pace
}

// listen has a source wake the wait. Where there is none, it does nothing.
func (e *events) listen(source EventSource, subscribe func(source EventSource, notify func()) (stop func())) (stop func()) {
	if source == nil {
		return func() {}
	}
	e.wake = make(chan struct{}, 1)
	return subscribe(source, func() {
		select {
		case e.wake <- struct{}{}:
		default: // it is about to wake
		}
	})
}

// quiet reports whether there is a source, and nothing has come of it lately.
func (e *events) quiet() bool { return e.wake != nil && e.alert == 0 }
