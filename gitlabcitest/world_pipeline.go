package gitlabcitest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

type variable struct {
	key, value, kind string
	raw              bool
}

type pipeline struct {
	id, iid      int64
	project      *project
	ref          string
	tag          bool
	commit       *commit
	source       gitlabci.PipelineSource
	status       gitlabci.PipelineStatus
	name         string
	user         *user
	variables    []variable
	inputs       map[string]any
	mergeRequest *mergeRequest
	upstream     *job // the trigger job that started it

	stages []string
	jobs   []*job // by id, also retried ones, trigger jobs and external statuses

	createdAt, updatedAt, startedAt, finishedAt time.Time
	duration                                    time.Duration // of the jobs together, set when finished
}

// pipelineRequest is what a new pipeline is asked to be.
type pipelineRequest struct {
	ref          string
	source       gitlabci.PipelineSource
	user         *user
	variables    []variable
	inputs       map[string]any
	config       []Job // of a child pipeline; nil for the project's own
	mergeRequest *mergeRequest
	upstream     *job
}

// createPipeline makes a pipeline and lets it begin. The error is one of a record that does not validate.
func (w *world) createPipeline(p *project, r pipelineRequest) (*pipeline, error) {
	ref, ok := p.reference(r.ref)
	if r.mergeRequest != nil {
		ref, ok = reference{name: r.ref, commit: r.mergeRequest.commit}, true
	}
	if !ok {
		return nil, invalid("base", noReference)
	}
	config := p.config
	if r.config != nil {
		config = r.config
	}
	switch {
	case len(config) == 0:
		return nil, invalid("base", "Missing CI config file")
	case p.inputFault(r.inputs) != "":
		return nil, invalid("base", p.inputFault(r.inputs))
	case p.ConfigError != "":
		return nil, invalid("base", p.ConfigError)
	}
	config, reason := p.included(config, w.now)
	if reason != "" {
		return nil, invalid("base", reason)
	}
	if faults := givenFaults(r.variables); len(faults) > 0 {
		return nil, invalidRecord(map[string][]string{
			"variables.key": faults,
			"base":          {"Failed to persist the pipeline: Validation failed: Variables key " + strings.Join(faults, ", Variables key ")},
		})
	}

	created := w.addPipeline(p, ref, r)
	for i := range config {
		if !slices.Contains(created.stages, config[i].Stage) {
			created.stages = append(created.stages, config[i].Stage)
		}
		w.addJob(created, &config[i], r.user)
	}
	w.process(created)
	return created, nil
}

// inputFault is what is wrong with the inputs given to a pipeline, empty where nothing is.
func (p *project) inputFault(inputs map[string]any) string {
	unknown := slices.DeleteFunc(slices.Sorted(maps.Keys(inputs)), func(name string) bool { return slices.Contains(p.Inputs, name) })
	switch {
	case len(unknown) == 0:
		return ""
	case len(p.Inputs) == 0:
		return "`.gitlab-ci.yml`: Given inputs not defined in the `spec` section of the included configuration file"
	}
	return "`.gitlab-ci.yml`: unknown input arguments: " + strings.Join(unknown, ", ")
}

// givenFaults are the texts of what is wrong with the keys of variables given to a pipeline or job, each once.
func givenFaults(variables []variable) []string {
	var faults []string
	for _, v := range variables {
		for _, text := range keyFaults(v.key)["key"] {
			if !slices.Contains(faults, text) {
				faults = append(faults, text)
			}
		}
	}
	return faults
}

// included are the jobs of a configuration that a pipeline has if it is created now, or the reason why it cannot be.
func (p *project) included(config []Job, now time.Time) (jobs []Job, reason string) {
	jobs = slices.Clone(config)
	if p.frozen(now) {
		freeze(jobs)
	}
	jobs = slices.DeleteFunc(jobs, func(j Job) bool { return j.When == Never })
	if len(jobs) == 0 {
		return nil, noJobs
	}
	for _, j := range jobs {
		for _, need := range j.Needs {
			if !slices.ContainsFunc(jobs, func(other Job) bool { return other.Name == need }) {
				return nil, fmt.Sprintf("'%s' job needs '%s' job, but '%s' does not exist in the pipeline.", j.Name, need, need)
			}
		}
	}
	return jobs, ""
}

// addPipeline makes a pipeline without jobs.
func (w *world) addPipeline(p *project, ref reference, r pipelineRequest) *pipeline {
	w.pipelineIDs++
	p.pipelineIIDs++
	created := &pipeline{
		id: w.pipelineIDs, iid: p.pipelineIIDs, project: p, ref: ref.name, tag: ref.tag, commit: ref.commit,
		source: r.source, status: gitlabci.PipelineCreated, user: r.user, variables: r.variables, inputs: r.inputs,
		mergeRequest: r.mergeRequest, upstream: r.upstream,
		createdAt: w.now, updatedAt: w.now,
	}
	w.pipelines[created.id] = created
	p.pipelines = append(p.pipelines, created)
	return created
}

// current are the jobs that count: those not retried.
func (p *pipeline) current() []*job {
	return slices.DeleteFunc(slices.Clone(p.jobs), func(j *job) bool { return j.retried })
}

// child reports whether the pipeline belongs to another one of the same project.
func (p *pipeline) child() bool {
	return p.source == gitlabci.PipelineSourceParentPipeline
}

// depth is the number of pipelines of the same project above a child pipeline.
func (p *pipeline) depth() int {
	if !p.child() {
		return 0
	}
	return 1 + p.upstream.pipeline.depth()
}

// children are the child pipelines that jobs of the pipeline started.
func (p *pipeline) children() []*pipeline {
	var found []*pipeline
	for _, j := range p.jobs {
		if j.downstream != nil && j.downstream.child() {
			found = append(found, j.downstream)
		}
	}
	return found
}

// setStatus is the event that follows from what the jobs are together.
func (w *world) setStatus(p *pipeline, s gitlabci.PipelineStatus) {
	begun := p.status == gitlabci.PipelineRunning || p.status == gitlabci.PipelineCanceling || p.status.Finished() && p.status != gitlabci.PipelineSkipped
	if begun && s == gitlabci.PipelinePending {
		s = gitlabci.PipelineRunning // a pipeline that was under way does not queue again
	}
	if s == "" || s == gitlabci.PipelineCreated || s == p.status {
		return
	}
	p.status, p.updatedAt = s, w.now
	if s == gitlabci.PipelineRunning && p.startedAt.IsZero() {
		p.startedAt = w.now
	}
	if s.Finished() {
		p.finishedAt = w.now
		p.duration = busyTime(p.current(), w.now)
	}
	if s.Finished() {
		w.ended(p)
	}
	w.tellUpstream(p)
}

// busyTime is how long at least one job was running, with the pauses between them left out.
func busyTime(jobs []*job, now time.Time) time.Duration {
	jobs = slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.startedAt.IsZero() })
	slices.SortFunc(jobs, func(a, b *job) int { return a.startedAt.Compare(b.startedAt) })
	var total time.Duration
	var until time.Time
	for _, j := range jobs {
		start, end := j.startedAt, j.finishedAt
		if end.IsZero() {
			end = now
		}
		if start.Before(until) {
			start = until
		}
		if end.After(start) {
			total += end.Sub(start)
			until = end
		}
	}
	return total
}

// retryPipeline runs again what failed or was canceled. Manual jobs among it wait again to be played.
func (w *world) retryPipeline(p *pipeline, by *user) {
	retried := false
	for _, j := range p.current() {
		if (j.status == gitlabci.JobFailed || j.status == gitlabci.JobCanceled) && j.retryable() && !j.protectedFrom(by) {
			w.cloneJob(j, by)
			retried = true
		}
	}
	if !retried {
		return
	}
	for _, j := range p.current() {
		if j.status == gitlabci.JobSkipped && j.external == nil {
			w.reopen(j, by)
		}
	}
	p.finishedAt = time.Time{}
	w.resetUpstream(p, by)
	w.process(p)
}

// cancelPipeline ends what can be canceled, and the child pipelines with it. Manual jobs stay as they are.
func (w *world) cancelPipeline(p *pipeline) {
	for _, j := range p.current() {
		if cancelable(j.status) {
			w.setCanceled(j)
		}
	}
	for _, child := range p.children() {
		w.after(0, func() { w.cancelPipeline(child) })
	}
	w.process(p)
}

// deletePipeline removes a pipeline with its jobs and child pipelines.
func (w *world) deletePipeline(p *pipeline) {
	for _, child := range p.children() {
		w.deletePipeline(child)
	}
	w.cancelPipeline(p)
	delete(w.pipelines, p.id)
	for _, j := range p.jobs {
		delete(w.jobs, j.id)
		if j.deployment != nil {
			j.deployment.job = nil
		}
	}
	p.project.pipelines = slices.DeleteFunc(p.project.pipelines, func(other *pipeline) bool { return other == p })
	p.project.jobs = slices.DeleteFunc(p.project.jobs, func(j *job) bool { return j.pipeline == p })
}

// latestPipeline is the newest pipeline of a commit on a ref, child pipelines left out.
func (p *project) latestPipeline(ref reference) *pipeline {
	for _, candidate := range slices.Backward(p.pipelines) {
		if candidate.ref == ref.name && candidate.tag == ref.tag && candidate.commit == ref.commit && !candidate.child() {
			return candidate
		}
	}
	return nil
}

// lastPipeline is the newest pipeline of a commit on any ref, child pipelines left out.
func (p *project) lastPipeline(k *commit) *pipeline {
	for _, candidate := range slices.Backward(p.pipelines) {
		if candidate.commit == k && !candidate.child() {
			return candidate
		}
	}
	return nil
}

// successfulPipelines are the pipelines of a ref that succeeded, newest first.
func (p *project) successfulPipelines(ref string) []*pipeline {
	var found []*pipeline
	for _, candidate := range slices.Backward(p.pipelines) {
		if candidate.ref == ref && candidate.status == gitlabci.PipelineSuccess && !candidate.child() {
			found = append(found, candidate)
		}
	}
	return found
}

// tested are the jobs of a pipeline that are over and reported tests.
func (p *pipeline) tested() []*job {
	var found []*job
	for _, j := range p.current() {
		if (j.status == gitlabci.JobSuccess || j.status == gitlabci.JobFailed) && len(j.spec.Tests) > 0 && j.erasedAt.IsZero() {
			found = append(found, j)
		}
	}
	return found
}

// successfulJob finds a job by name in a pipeline and its child pipelines.
func (p *pipeline) successfulJob(name string) *job {
	for _, j := range p.current() {
		if j.spec.Name == name && j.status == gitlabci.JobSuccess && !j.bridge() {
			return j
		}
	}
	for _, child := range p.children() {
		if j := child.successfulJob(name); j != nil {
			return j
		}
	}
	return nil
}
