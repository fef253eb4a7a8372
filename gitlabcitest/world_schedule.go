package gitlabcitest

import (
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

// schedule starts a pipeline of a project again and again.
type schedule struct {
	scheduleSettings
	id        int64
	project   *project
	owner     *user
	variables []variable
	pipelines []*pipeline // by id, also deleted ones

	createdAt, updatedAt, nextRunAt time.Time

	// plan counts how often the next run was set. An event of an earlier plan is void.
	plan int
}

// scheduleSettings are what the owner of a schedule decides.
type scheduleSettings struct {
	description string
	ref         string // in full
	cron        string
	timezone    string
	active      bool
	inputs      []scheduleInput
}

type scheduleInput struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// check completes the ref and returns the texts of what is not valid, by field.
func (s *scheduleSettings) check(p *project) map[string][]string {
	faults := make(map[string][]string)
	if strings.TrimSpace(s.description) == "" {
		faults["description"] = append(faults["description"], "can't be blank")
	}
	if _, ok := parseCron(s.cron); !ok {
		faults["cron"] = append(faults["cron"], " is invalid syntax")
	}
	if _, ok := timezone(s.timezone); !ok {
		faults["cron_timezone"] = append(faults["cron_timezone"], " is invalid syntax")
	}
	full, fault := p.fullRef(s.ref)
	if fault != "" {
		faults["ref"] = append(faults["ref"], fault)
	}
	s.ref = full
	return faults
}

// timezone finds a zone by its name in the time zone database. The names that Rails has besides are not known here.
func timezone(name string) (*time.Location, bool) {
	if name == "" || name == "Local" {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// fullRef completes the name of a branch or tag, or says why it cannot be completed.
func (p *project) fullRef(name string) (full, fault string) {
	if strings.HasPrefix(name, "refs/heads/") || strings.HasPrefix(name, "refs/tags/") {
		return name, ""
	}
	_, branch := p.branches[name]
	_, tag := p.tags[name]
	switch {
	case branch && tag:
		return name, "is ambiguous"
	case branch:
		return "refs/heads/" + name, ""
	case tag:
		return "refs/tags/" + name, ""
	}
	return name, "is not a branch or tag"
}

func (w *world) addSchedule(p *project, owner *user, settings scheduleSettings) *schedule {
	w.scheduleIDs++
	s := &schedule{scheduleSettings: settings, id: w.scheduleIDs, project: p, owner: owner, createdAt: w.now, updatedAt: w.now}
	p.schedules = append(p.schedules, s)
	w.planRun(s)
	return s
}

// deleteSchedule leaves the pipelines that it started alone.
func (w *world) deleteSchedule(s *schedule) {
	s.plan++
	s.project.schedules = slices.DeleteFunc(s.project.schedules, func(other *schedule) bool { return other == s })
}

// planRun computes the next run and, of an active schedule, enters it into the agenda.
func (w *world) planRun(s *schedule) {
	s.plan++
	times, _ := parseCron(s.cron)
	zone, _ := timezone(s.timezone)
	s.nextRunAt = times.next(w.now.In(zone)).UTC()
	if !s.active {
		return
	}
	plan := s.plan
	w.after(s.nextRunAt.Sub(w.now), func() {
		if s.plan == plan {
			w.runSchedule(s, s.owner)
			w.planRun(s)
		}
	})
}

// runSchedule starts a pipeline in somebody's name. Where that does not go, nothing comes of it: there is nobody to be told.
func (w *world) runSchedule(s *schedule, by *user) {
	if by.level(s.project.path) < Developer {
		return
	}
	inputs := make(map[string]any, len(s.inputs))
	for _, input := range s.inputs {
		inputs[input.Name] = input.Value
	}
	started, err := w.createPipeline(s.project, pipelineRequest{
		ref: s.ref, source: gitlabci.PipelineSourceSchedule, user: by, variables: slices.Clone(s.variables), inputs: inputs,
	})
	if err == nil {
		s.pipelines = append(s.pipelines, started)
	}
}

// pipelinesOf are the pipelines that a schedule started and nobody deleted, by id.
func (w *world) pipelinesOf(s *schedule) []*pipeline {
	return slices.DeleteFunc(slices.Clone(s.pipelines), func(p *pipeline) bool { return w.pipelines[p.id] != p })
}

// owns reports whether somebody may change a schedule, which its owner may and nobody else but an administrator.
func (u *user) owns(s *schedule) bool {
	return u != nil && (u.admin || u == s.owner && u.level(s.project.path) >= Developer)
}

// manages reports whether somebody may delete a schedule, take it over and read its variables.
func (u *user) manages(s *schedule) bool {
	return u.level(s.project.path) >= Maintainer || u.owns(s)
}
