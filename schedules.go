package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SchedulesService manages pipeline schedules and their variables.
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/
type SchedulesService service

// A Schedule starts a pipeline again and again. Lists leave out its last pipeline, variables and inputs; [SchedulesService.Get] has them.
type Schedule struct {
	ID           int64              `json:"id"`
	Description  string             `json:"description"`
	Ref          string             `json:"ref"` // in full in newer versions, as in refs/heads/main
	Cron         string             `json:"cron"`
	CronTimezone string             `json:"cron_timezone"`
	NextRunAt    time.Time          `json:"next_run_at,omitzero"`
	Active       bool               `json:"active"`
	CreatedAt    time.Time          `json:"created_at,omitzero"`
	UpdatedAt    time.Time          `json:"updated_at,omitzero"`
	Owner        UserBasic          `json:"owner"`                  // in whose name it runs
	LastPipeline *PipelineBasic     `json:"last_pipeline,omitzero"` // nil before the first run
	Variables    []PipelineVariable `json:"variables"`              // for those who may see them
	Inputs       []ScheduleInput    `json:"inputs"`
}

func (s *Schedule) identity() identity { return byID(s.ID) }

// ScheduleInput is an input that a schedule passes to its pipelines.
type ScheduleInput struct {
	Name    string `json:"name"`
	Value   any    `json:"value,omitzero"`   // a string, number, bool or array
	Destroy bool   `json:"destroy,omitzero"` // in an update: remove the input from the schedule
}

// ScheduleScope chooses schedules of a list.
type ScheduleScope string

// Scopes of a list of schedules.
const (
	ScheduleScopeActive   ScheduleScope = "active"
	ScheduleScopeInactive ScheduleScope = "inactive"
)

// ListSchedulesOptions say which schedules of a project to list. A zero field leaves none out.
type ListSchedulesOptions struct {
	ListOptions
	Scope ScheduleScope `url:"scope,omitempty"`
}

// PlayScheduleOptions say how to play a schedule. GitLab offers no choice.
type PlayScheduleOptions struct{}

// ListSchedulePipelinesOptions say which pipelines of a schedule to list. A zero field leaves none out.
type ListSchedulePipelinesOptions struct {
	ListOptions
	Scope         PipelineScope  `url:"scope,omitempty"`
	Status        PipelineStatus `url:"status,omitempty"`
	UpdatedAfter  time.Time      `url:"updated_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	UpdatedBefore time.Time      `url:"updated_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	CreatedAfter  time.Time      `url:"created_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	CreatedBefore time.Time      `url:"created_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	Sort          Sort           `url:"sort,omitempty"` // ascending if empty
}

// CreateScheduleOptions describe a schedule to create.
type CreateScheduleOptions struct {
	Description  string          `json:"description"`            // required
	Ref          string          `json:"ref"`                    // required: a branch or tag
	Cron         string          `json:"cron"`                   // required, as in "0 2 * * *"
	CronTimezone string          `json:"cron_timezone,omitzero"` // as in "Europe/Berlin"; UTC if empty
	Active       *bool           `json:"active,omitzero"`        // true if nil
	Inputs       []ScheduleInput `json:"inputs,omitzero"`
}

func (o *CreateScheduleOptions) validate() error {
	return errors.Join(required("Description", o.Description), required("Ref", o.Ref), required("Cron", o.Cron), requireNames(o.Inputs))
}

// UpdateScheduleOptions say what to change of a schedule. Empty fields stay as they are; at least one has to be set.
type UpdateScheduleOptions struct {
	Description  string          `json:"description,omitzero"`
	Ref          string          `json:"ref,omitzero"`
	Cron         string          `json:"cron,omitzero"`
	CronTimezone string          `json:"cron_timezone,omitzero"`
	Active       *bool           `json:"active,omitzero"`
	Inputs       []ScheduleInput `json:"inputs,omitzero"` // those whose names are not among these stay as they are
}

func (o *UpdateScheduleOptions) validate() error {
	return errors.Join(requireChange(o), requireNames(o.Inputs))
}

func requireNames(inputs []ScheduleInput) error {
	for i := range inputs {
		if inputs[i].Name == "" {
			return fmt.Errorf("input %d has no name", i)
		}
	}
	return nil
}

// CreateScheduleVariableOptions describe a variable of a schedule.
type CreateScheduleVariableOptions struct {
	Key          string       `json:"key"`                    // required
	Value        Secret       `json:"value"`                  // required, but may be empty
	VariableType VariableType `json:"variable_type,omitzero"` // VariableEnv if empty
}

func (o *CreateScheduleVariableOptions) validate() error { return required("Key", o.Key) }

// UpdateScheduleVariableOptions say what to change of a variable of a schedule. Nil and empty fields stay as they are; at least one has
// to be set.
type UpdateScheduleVariableOptions struct {
	Value        *Secret      `json:"value,omitzero"`
	VariableType VariableType `json:"variable_type,omitzero"`
}

func (o *UpdateScheduleVariableOptions) validate() error { return requireChange(o) }

var (
	listSchedules          = get("list schedules", "/projects/:id/pipeline_schedules", ErrScheduleList)
	getSchedule            = get("get schedule", "/projects/:id/pipeline_schedules/:pipeline_schedule_id", ErrScheduleGet)
	createSchedule         = post("create schedule", "/projects/:id/pipeline_schedules", ErrScheduleCreate)
	updateSchedule         = put("update schedule", "/projects/:id/pipeline_schedules/:pipeline_schedule_id", ErrScheduleUpdate)
	deleteSchedule         = del("delete schedule", "/projects/:id/pipeline_schedules/:pipeline_schedule_id", ErrScheduleDelete)
	playSchedule           = post("play schedule", "/projects/:id/pipeline_schedules/:pipeline_schedule_id/play", ErrSchedulePlay)
	takeScheduleOwnership  = post("take ownership of schedule", "/projects/:id/pipeline_schedules/:pipeline_schedule_id/take_ownership", ErrScheduleTakeOwnership).repeats()
	listSchedulePipelines  = get("list schedule pipelines", "/projects/:id/pipeline_schedules/:pipeline_schedule_id/pipelines", ErrPipelineList)
	getScheduleVariable    = get("get schedule variable", "/projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key", ErrVariableGet)
	createScheduleVariable = post("create schedule variable", "/projects/:id/pipeline_schedules/:pipeline_schedule_id/variables", ErrVariableCreate)
	updateScheduleVariable = put("update schedule variable", "/projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key", ErrVariableUpdate)
	deleteScheduleVariable = del("delete schedule variable", "/projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key", ErrVariableDelete)
)

func schedulePath(project Project, id int64, more ...part) path {
	return append(path{project.name, number("schedule id", id)}, more...)
}

// List lists the schedules of a project.
//
//	GET /projects/:id/pipeline_schedules
//
// Its errors match [ErrScheduleList].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#get-all-pipeline-schedules
func (s *SchedulesService) List(ctx context.Context, project Project, options *ListSchedulesOptions, opts ...RequestOption) Seq[Schedule] {
	return list[Schedule](ctx, s.engine, listSchedules, path{project.name}, options, opts)
}

// Get reads a schedule with its variables and inputs.
//
//	GET /projects/:id/pipeline_schedules/:pipeline_schedule_id
//
// Its errors match [ErrScheduleGet], and [ErrNotFound] where there is no such schedule.
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#get-a-single-pipeline-schedule
func (s *SchedulesService) Get(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Schedule, error) {
	return do[Schedule](ctx, s.engine, getSchedule, schedulePath(project, id), nil, opts)
}

// Create creates a schedule that belongs to the caller, in whose name its pipelines run. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/pipeline_schedules
//
// Its errors match [ErrScheduleCreate], and [ErrBadRequest] where GitLab does not understand the cron expression
// (Fields["cron"]).
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#create-a-new-pipeline-schedule
func (s *SchedulesService) Create(ctx context.Context, project Project, options *CreateScheduleOptions, opts ...RequestOption) (*Schedule, error) {
	return do[Schedule](ctx, s.engine, createSchedule, path{project.name}, options, opts)
}

// Update changes a schedule.
//
//	PUT /projects/:id/pipeline_schedules/:pipeline_schedule_id
//
// Its errors match [ErrScheduleUpdate], and [ErrForbidden] for a schedule that belongs to another user: see
// [SchedulesService.TakeOwnership].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#edit-a-pipeline-schedule
func (s *SchedulesService) Update(ctx context.Context, project Project, id int64, options *UpdateScheduleOptions, opts ...RequestOption) (*Schedule, error) {
	return do[Schedule](ctx, s.engine, updateSchedule, schedulePath(project, id), options, opts)
}

// Delete deletes a schedule.
//
//	DELETE /projects/:id/pipeline_schedules/:pipeline_schedule_id
//
// Its errors match [ErrScheduleDelete].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#delete-a-pipeline-schedule
func (s *SchedulesService) Delete(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteSchedule, schedulePath(project, id), nil, opts)
}

// Play runs a schedule now. GitLab creates the pipeline a little later and does not tell its ID: [SchedulesService.Pipelines] lists it once
// it is there. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/play
//
// Its errors match [ErrSchedulePlay].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#run-a-scheduled-pipeline-immediately
func (s *SchedulesService) Play(ctx context.Context, project Project, id int64, options *PlayScheduleOptions, opts ...RequestOption) error {
	return exec(ctx, s.engine, playSchedule, schedulePath(project, id), options, opts)
}

// TakeOwnership makes the caller the owner of a schedule, and returns it.
//
//	POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/take_ownership
//
// Its errors match [ErrScheduleTakeOwnership].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#take-ownership-of-a-pipeline-schedule
func (s *SchedulesService) TakeOwnership(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Schedule, error) {
	return do[Schedule](ctx, s.engine, takeScheduleOwnership, schedulePath(project, id), nil, opts)
}

// Pipelines lists the pipelines that a schedule started, the oldest first.
//
//	GET /projects/:id/pipeline_schedules/:pipeline_schedule_id/pipelines
//
// Its errors match [ErrPipelineList].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#get-all-pipelines-triggered-by-a-pipeline-schedule
func (s *SchedulesService) Pipelines(ctx context.Context, project Project, id int64, options *ListSchedulePipelinesOptions, opts ...RequestOption) Seq[Pipeline] {
	return list[Pipeline](ctx, s.engine, listSchedulePipelines, schedulePath(project, id), options, opts)
}

// GetVariable reads a variable of a schedule. It needs GitLab 19; on older ones [SchedulesService.Get] reads them all.
//
//	GET /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key
//
// Its errors match [ErrVariableGet], and [ErrNotFound] where there is no such variable.
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/
func (s *SchedulesService) GetVariable(ctx context.Context, project Project, id int64, key string, opts ...RequestOption) (*PipelineVariable, error) {
	return do[PipelineVariable](ctx, s.engine, getScheduleVariable, schedulePath(project, id, name("variable key", key)), nil, opts)
}

// CreateVariable adds a variable to a schedule. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables
//
// Its errors match [ErrVariableCreate].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#create-a-new-pipeline-schedule-variable
func (s *SchedulesService) CreateVariable(ctx context.Context, project Project, id int64, options *CreateScheduleVariableOptions, opts ...RequestOption) (*PipelineVariable, error) {
	return do[PipelineVariable](ctx, s.engine, createScheduleVariable, schedulePath(project, id), options, opts)
}

// UpdateVariable changes a variable of a schedule.
//
//	PUT /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key
//
// Its errors match [ErrVariableUpdate], and [ErrNotFound] where there is no such variable.
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#edit-a-pipeline-schedule-variable
func (s *SchedulesService) UpdateVariable(ctx context.Context, project Project, id int64, key string, options *UpdateScheduleVariableOptions, opts ...RequestOption) (*PipelineVariable, error) {
	return do[PipelineVariable](ctx, s.engine, updateScheduleVariable, schedulePath(project, id, name("variable key", key)), options, opts)
}

// SetVariable creates a variable of a schedule or, where the schedule has one of that key, updates that one. It takes one request, or two.
//
//	POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables
//
// and where there is one
//
//	PUT /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key
//
// Its errors match [ErrVariableCreate] or [ErrVariableUpdate], and [ErrNotFound] where there is no such schedule.
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#create-a-new-pipeline-schedule-variable
func (s *SchedulesService) SetVariable(ctx context.Context, project Project, id int64, options *CreateScheduleVariableOptions, opts ...RequestOption) (*PipelineVariable, error) {
	created, err := s.CreateVariable(ctx, project, id, options, opts...)
	if !taken(err) {
		return created, err
	}
	return s.UpdateVariable(ctx, project, id, options.Key, &UpdateScheduleVariableOptions{Value: &options.Value, VariableType: options.VariableType}, opts...)
}

// DeleteVariable takes a variable from a schedule.
//
//	DELETE /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key
//
// Its errors match [ErrVariableDelete], and [ErrNotFound] where there is no such variable.
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_schedules/#delete-a-pipeline-schedule-variable
func (s *SchedulesService) DeleteVariable(ctx context.Context, project Project, id int64, key string, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteScheduleVariable, schedulePath(project, id, name("variable key", key)), nil, opts)
}
