package gitlabci

import (
	"context"
	"errors"
	"time"
)

// FreezePeriodsService manages the times in which a project is not to be deployed. GitLab sets the variable CI_DEPLOY_FREEZE in pipelines
// that are created in one; the rules of the jobs say what comes of it.
//
// GitLab docs: https://docs.gitlab.com/api/freeze_periods/
type FreezePeriodsService service

// A FreezePeriod is a span of time that comes again and again, from one cron expression to another.
type FreezePeriod struct {
	ID           int64     `json:"id"`
	FreezeStart  string    `json:"freeze_start"`  // as in "0 23 * * 5"
	FreezeEnd    string    `json:"freeze_end"`    // as in "0 8 * * 1"
	CronTimezone string    `json:"cron_timezone"` // as in "Europe/Berlin"
	CreatedAt    time.Time `json:"created_at,omitzero"`
	UpdatedAt    time.Time `json:"updated_at,omitzero"`
}

func (f *FreezePeriod) identity() identity { return byID(f.ID) }

// ListFreezePeriodsOptions say which page of the freeze periods to read.
type ListFreezePeriodsOptions struct{ ListOptions }

// CreateFreezePeriodOptions describe a freeze period to create.
type CreateFreezePeriodOptions struct {
	FreezeStart  string `json:"freeze_start"`           // required: when it begins, as in "0 23 * * 5"
	FreezeEnd    string `json:"freeze_end"`             // required: when it ends, as in "0 8 * * 1"
	CronTimezone string `json:"cron_timezone,omitzero"` // as in "Europe/Berlin"; UTC if empty
}

func (o *CreateFreezePeriodOptions) validate() error {
	return errors.Join(required("FreezeStart", o.FreezeStart), required("FreezeEnd", o.FreezeEnd))
}

// UpdateFreezePeriodOptions say what to change of a freeze period. Empty fields stay as they are; at least one has to be set.
type UpdateFreezePeriodOptions struct {
	FreezeStart  string `json:"freeze_start,omitzero"`
	FreezeEnd    string `json:"freeze_end,omitzero"`
	CronTimezone string `json:"cron_timezone,omitzero"`
}

func (o *UpdateFreezePeriodOptions) validate() error { return requireChange(o) }

var (
	listFreezePeriods  = get("list freeze periods", "/projects/:id/freeze_periods", ErrFreezePeriodList)
	getFreezePeriod    = get("get freeze period", "/projects/:id/freeze_periods/:freeze_period_id", ErrFreezePeriodGet)
	createFreezePeriod = post("create freeze period", "/projects/:id/freeze_periods", ErrFreezePeriodCreate)
	updateFreezePeriod = put("update freeze period", "/projects/:id/freeze_periods/:freeze_period_id", ErrFreezePeriodUpdate)
	deleteFreezePeriod = del("delete freeze period", "/projects/:id/freeze_periods/:freeze_period_id", ErrFreezePeriodDelete)
)

func freezePeriodPath(project Project, id int64) path {
	return path{project.name, number("freeze period id", id)}
}

// List lists the freeze periods of a project, the oldest first.
//
//	GET /projects/:id/freeze_periods
//
// Its errors match [ErrFreezePeriodList].
//
// GitLab docs: https://docs.gitlab.com/api/freeze_periods/#list-freeze-periods
func (s *FreezePeriodsService) List(ctx context.Context, project Project, options *ListFreezePeriodsOptions, opts ...RequestOption) Seq[FreezePeriod] {
	return list[FreezePeriod](ctx, s.engine, listFreezePeriods, path{project.name}, options, opts)
}

// Get reads a freeze period.
//
//	GET /projects/:id/freeze_periods/:freeze_period_id
//
// Its errors match [ErrFreezePeriodGet], and [ErrNotFound] where there is no such freeze period.
//
// GitLab docs: https://docs.gitlab.com/api/freeze_periods/#retrieve-a-freeze-period
func (s *FreezePeriodsService) Get(ctx context.Context, project Project, id int64, opts ...RequestOption) (*FreezePeriod, error) {
	return do[FreezePeriod](ctx, s.engine, getFreezePeriod, freezePeriodPath(project, id), nil, opts)
}

// Create creates a freeze period. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/freeze_periods
//
// Its errors match [ErrFreezePeriodCreate], and [ErrBadRequest] where GitLab does not understand a cron expression or the time zone
// (Fields["freeze_start"] and so on).
//
// GitLab docs: https://docs.gitlab.com/api/freeze_periods/#create-a-freeze-period
func (s *FreezePeriodsService) Create(ctx context.Context, project Project, options *CreateFreezePeriodOptions, opts ...RequestOption) (*FreezePeriod, error) {
	return do[FreezePeriod](ctx, s.engine, createFreezePeriod, path{project.name}, options, opts)
}

// Update changes a freeze period and returns it.
//
//	PUT /projects/:id/freeze_periods/:freeze_period_id
//
// Its errors match [ErrFreezePeriodUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/freeze_periods/#update-a-freeze-period
func (s *FreezePeriodsService) Update(ctx context.Context, project Project, id int64, options *UpdateFreezePeriodOptions, opts ...RequestOption) (*FreezePeriod, error) {
	return do[FreezePeriod](ctx, s.engine, updateFreezePeriod, freezePeriodPath(project, id), options, opts)
}

// Delete deletes a freeze period.
//
//	DELETE /projects/:id/freeze_periods/:freeze_period_id
//
// Its errors match [ErrFreezePeriodDelete].
//
// GitLab docs: https://docs.gitlab.com/api/freeze_periods/#delete-a-freeze-period
func (s *FreezePeriodsService) Delete(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteFreezePeriod, freezePeriodPath(project, id), nil, opts)
}
