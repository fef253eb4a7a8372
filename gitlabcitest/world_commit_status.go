package gitlabcitest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gitlabci/gitlabci"
)

// externalStage is where the statuses stand that something outside GitLab reports.
const externalStage = "external"

// external is what an external status has besides what it shares with jobs: a place in its pipeline, and a part in its gitlabci.JobStatus.
type external struct {
	targetURL, description string
}

// statusReport is what somebody says of a commit.
type statusReport struct {
	name                   string
	state                  gitlabci.JobStatus
	targetURL, description *string // nil leaves them as they are
	coverage               *float64
	user                   *user
}

// reports are the states to report: the event that leads to each, and the states from which it does. A new status is created first.
var reports = map[gitlabci.JobStatus]struct {
	event string
	from  []gitlabci.JobStatus
}{
	gitlabci.JobPending:  {"enqueue", []gitlabci.JobStatus{gitlabci.JobCreated}},
	gitlabci.JobRunning:  {"run", []gitlabci.JobStatus{gitlabci.JobCreated, gitlabci.JobPending}},
	gitlabci.JobSuccess:  {"success", []gitlabci.JobStatus{gitlabci.JobCreated, gitlabci.JobPending, gitlabci.JobRunning}},
	gitlabci.JobFailed:   {"drop", []gitlabci.JobStatus{gitlabci.JobCreated, gitlabci.JobPending, gitlabci.JobRunning}},
	gitlabci.JobCanceled: {"cancel", []gitlabci.JobStatus{gitlabci.JobCreated, gitlabci.JobPending, gitlabci.JobRunning}},
	gitlabci.JobSkipped:  {"skip", []gitlabci.JobStatus{gitlabci.JobCreated, gitlabci.JobPending}},
}

// report brings a status into a pipeline: a change of the one of its name that is under way, or else a new one in place of it.
func (w *world) report(p *pipeline, r statusReport) (*job, error) {
	var last *job
	for _, j := range p.current() {
		if j.spec.Name == r.name {
			last = j
		}
	}
	if last != nil && last.external == nil {
		return nil, invalid("name", "has already been taken")
	}
	j := last
	if j == nil || j.status.Finished() {
		j = w.addStatus(p, r.name, r.user)
	}
	if e := reports[r.state]; !slices.Contains(e.from, j.status) {
		return nil, refuse(fmt.Sprintf("Cannot transition status via :%s from :%s (Reason(s): Status cannot transition via %q)", e.event, j.status, e.event))
	}
	if last != nil && last != j {
		last.retried = true
	}
	j.describe(r)
	w.setReported(j, r.state)
	w.process(p)
	return j, nil
}

func (w *world) addStatus(p *pipeline, name string, by *user) *job {
	if !slices.Contains(p.stages, externalStage) {
		p.stages = append(p.stages, externalStage)
	}
	w.jobIDs++
	j := &job{
		id: w.jobIDs, project: p.project, pipeline: p, spec: &Job{Name: name, Stage: externalStage}, stage: slices.Index(p.stages, externalStage),
		status: gitlabci.JobCreated, external: &external{}, user: by, createdAt: w.now,
	}
	p.jobs = append(p.jobs, j)
	return j
}

func (j *job) describe(r statusReport) {
	if r.targetURL != nil {
		j.external.targetURL = *r.targetURL
	}
	if r.description != nil {
		j.external.description = *r.description
	}
	if r.coverage != nil {
		j.spec.Coverage = r.coverage
	}
}

func (w *world) setReported(j *job, s gitlabci.JobStatus) {
	j.status = s
	switch {
	case s == gitlabci.JobPending:
		j.queuedAt = w.now
	case s == gitlabci.JobRunning:
		j.startedAt = w.now
	default:
		j.finishedAt = w.now
	}
	if s == gitlabci.JobFailed {
		j.failureReason = gitlabci.FailureReasonAPI
	}
}

// statusesOf are all jobs and external statuses of a commit's pipelines, child pipelines left out.
func (p *project) statusesOf(sha string) []*job {
	var found []*job
	for _, candidate := range p.pipelines {
		if candidate.commit.sha == sha && !candidate.child() {
			found = append(found, candidate.jobs...)
		}
	}
	return found
}

// branchWith returns the first branch that holds a commit, empty where none does.
func (p *project) branchWith(k *commit) string {
	for _, name := range p.branchNames() {
		for c := p.branches[name]; c != nil; c = c.parent {
			if c == k {
				return name
			}
		}
	}
	return ""
}

func (r *statusReport) validate() error {
	faults := make(map[string][]string)
	for field, text := range map[string]*string{"name": &r.name, "target_url": r.targetURL, "description": r.description} {
		if text != nil && utf8.RuneCountInString(*text) > 255 {
			faults[field] = append(faults[field], tooLong255)
		}
	}
	if u := r.targetURL; u != nil && *u != "" && !strings.HasPrefix(*u, "http://") && !strings.HasPrefix(*u, "https://") {
		faults["target_url"] = append(faults["target_url"], "is blocked: Only allowed schemes are http, https")
	}
	if len(faults) > 0 {
		return invalidRecord(faults)
	}
	return nil
}
