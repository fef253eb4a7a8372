package webhook

import (
	"context"
	"sync"

	"github.com/gitlabci/gitlabci"
)

// A Hub passes events on to whoever waits for them in this process. Its zero value is ready, and its [Hub.Publish] is a function for [Handler]:
//
//	var hub webhook.Hub
//	handler, err := webhook.Handler(secret, hub.Publish)
//
// A subscription is a function, which is called in the goroutine of the handler: it has to return at once, and mostly does nothing but
// wake another goroutine. It may subscribe and end subscriptions itself. An event that comes before the subscription, or never, calls nothing: so
// ask the API once after subscribing, and now and then after that.
//
// It is the [gitlabci.EventSource] of a wait, as in WaitOptions{Events: &hub}. GitLab's ids are unique within an instance, so each instance
// needs a hub of its own.
type Hub struct {
	mu          sync.RWMutex
	subscribers map[subject]map[*subscriber]struct{}
	all         map[*listener]struct{}
}

var _ gitlabci.EventSource = (*Hub)(nil)

// A subject is what somebody waits for.
type subject struct {
	kind subjectKind
	id   int64
}

type subjectKind int

const (
	aPipeline subjectKind = iota
	aJob
	aDeployment
	jobsOfPipeline
	pipelinesOfProject
)

// A change is what an event tells of a subject: the status that an object has now.
type change struct {
	subject
	object int64
	status string
}

type subscriber struct {
	notify func(object int64, status string)
}

type listener struct{ notify func(Event) }

// Publish passes an event on. Its error is always nil.
func (h *Hub) Publish(_ context.Context, event Event) error {
	h.mu.RLock()
	var calls []func()
	for listener := range h.all {
		calls = append(calls, func() { listener.notify(event) })
	}
	if len(h.subscribers) > 0 && event.Payload != nil {
		for _, told := range changes(event.Payload) {
			for subscriber := range h.subscribers[told.subject] {
				calls = append(calls, func() { subscriber.notify(told.object, told.status) })
			}
		}
	}
	h.mu.RUnlock()
	for _, call := range calls {
		call()
	}
	return nil
}

// changes are what a payload tells. An event of a pipeline also tells of its jobs, among them the manual and the skipped ones, which have no
// events of their own.
func changes(payload Payload) []change {
	switch payload := payload.(type) {
	case *Pipeline:
		status := string(payload.Status)
		told := []change{{subject{aPipeline, payload.ID}, payload.ID, status}, {subject{pipelinesOfProject, payload.Project.ID}, payload.ID, status}}
		for _, jobs := range [][]PipelineJob{payload.Jobs, payload.Bridges} {
			for i := range jobs {
				told = append(told, changesOfJob(jobs[i].ID, payload.ID, jobs[i].Status)...)
			}
		}
		return told
	case *Job:
		return changesOfJob(payload.ID, payload.PipelineID, payload.Status)
	case *Deployment:
		return []change{{subject{aDeployment, payload.ID}, payload.ID, string(payload.Status)}}
	}
	return nil
}

func changesOfJob(job, pipeline int64, status gitlabci.JobStatus) []change {
	return []change{{subject{aJob, job}, job, string(status)}, {subject{jobsOfPipeline, pipeline}, job, string(status)}}
}

// OnPipeline calls a function with the status that each event tells of a pipeline. Stop ends that; a call that is under way may still be.
func (h *Hub) OnPipeline(id int64, notify func(status gitlabci.PipelineStatus)) (stop func()) {
	return h.subscribe(subject{aPipeline, id}, func(_ int64, status string) { notify(gitlabci.PipelineStatus(status)) })
}

// OnJob calls a function with the status that each event tells of a job: the job's own and those of its pipeline.
func (h *Hub) OnJob(id int64, notify func(status gitlabci.JobStatus)) (stop func()) {
	return h.subscribe(subject{aJob, id}, func(_ int64, status string) { notify(gitlabci.JobStatus(status)) })
}

// OnDeployment calls a function with the status that each event tells of a deployment.
func (h *Hub) OnDeployment(id int64, notify func(status gitlabci.DeploymentStatus)) (stop func()) {
	return h.subscribe(subject{aDeployment, id}, func(_ int64, status string) { notify(gitlabci.DeploymentStatus(status)) })
}

// OnJobsOf calls a function with each job of a pipeline that an event tells of, and its status.
func (h *Hub) OnJobsOf(pipeline int64, notify func(job int64, status gitlabci.JobStatus)) (stop func()) {
	return h.subscribe(subject{jobsOfPipeline, pipeline}, func(job int64, status string) { notify(job, gitlabci.JobStatus(status)) })
}

// OnPipelinesOf calls a function with each pipeline of a project, by the project's id, that an event tells of, and its status.
func (h *Hub) OnPipelinesOf(project int64, notify func(pipeline int64, status gitlabci.PipelineStatus)) (stop func()) {
	return h.subscribe(subject{pipelinesOfProject, project}, func(pipeline int64, status string) { notify(pipeline, gitlabci.PipelineStatus(status)) })
}

// OnEvent calls a function with every event.
func (h *Hub) OnEvent(notify func(event Event)) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = make(map[*listener]struct{})
	}
	added := &listener{notify}
	h.all[added] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.all, added)
	}
}

func (h *Hub) subscribe(to subject, notify func(object int64, status string)) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subscribers == nil {
		h.subscribers = make(map[subject]map[*subscriber]struct{})
	}
	if h.subscribers[to] == nil {
		h.subscribers[to] = make(map[*subscriber]struct{})
	}
	added := &subscriber{notify}
	h.subscribers[to][added] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subscribers[to], added)
		if len(h.subscribers[to]) == 0 {
			delete(h.subscribers, to)
		}
	}
}
