package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// EnvironmentsService manages the environments that jobs deploy to.
//
// GitLab docs: https://docs.gitlab.com/api/environments/
type EnvironmentsService service

// An Environment is where jobs deploy to. Lists leave out its last deployment. [EnvironmentsService.Get] has it, and leaves out the project
// and, in the deployment, the environment.
type Environment struct {
	EnvironmentBasic

	Description         string           `json:"description"`
	State               EnvironmentState `json:"state"`
	Tier                EnvironmentTier  `json:"tier"`
	AutoStopAt          time.Time        `json:"auto_stop_at,omitzero"` // zero if never
	AutoStopSetting     AutoStopSetting  `json:"auto_stop_setting"`
	KubernetesNamespace string           `json:"kubernetes_namespace"`
	FluxResourcePath    string           `json:"flux_resource_path"`
	ClusterAgent        *ClusterAgent    `json:"cluster_agent,omitzero"`   // nil for none
	LastDeployment      *Deployment      `json:"last_deployment,omitzero"` // the last that succeeded; nil before it
	Project             *ProjectBasic    `json:"project,omitzero"`         // nil where GitLab does not say

	EnableAdvancedLogsQuerying bool   `json:"enable_advanced_logs_querying"` // of older versions
	LogsAPIPath                string `json:"logs_api_path"`                 // of older versions
}

func (e *Environment) identity() identity { return byID(e.ID) }

// ClusterAgent is the agent for Kubernetes that shows an environment's cluster.
type ClusterAgent struct {
	ID              int64           `json:"id"`
	Name            string          `json:"name"`
	ConfigProject   ProjectIdentity `json:"config_project"`
	CreatedAt       time.Time       `json:"created_at,omitzero"`
	CreatedByUserID int64           `json:"created_by_user_id"`
	IsReceptive     bool            `json:"is_receptive"` // GitLab connects to it, not it to GitLab
}

// ReviewAppsResult tells which environments GitLab is about to delete.
type ReviewAppsResult struct {
	ScheduledEntries     []EnvironmentBasic `json:"scheduled_entries"`     // will be deleted, or would be, had it not been a dry run
	UnprocessableEntries []EnvironmentBasic `json:"unprocessable_entries"` // could not be
}

func (*ReviewAppsResult) identity() identity {
	return byMembers("scheduled_entries unprocessable_entries")
}

// EnvironmentState is whether an environment is in use.
type EnvironmentState string

// States of an environment.
const (
	EnvironmentAvailable EnvironmentState = "available"
	EnvironmentStopping  EnvironmentState = "stopping" // its stop jobs run
	EnvironmentStopped   EnvironmentState = "stopped"
)

// EnvironmentTier is what an environment is for.
type EnvironmentTier string

// Tiers of environments. Those of a group are protected by tier: see [ProtectedEnvironmentsService].
const (
	EnvironmentTierProduction  EnvironmentTier = "production"
	EnvironmentTierStaging     EnvironmentTier = "staging"
	EnvironmentTierTesting     EnvironmentTier = "testing"
	EnvironmentTierDevelopment EnvironmentTier = "development"
	EnvironmentTierOther       EnvironmentTier = "other"
)

// AutoStopSetting is when GitLab stops an environment by itself.
type AutoStopSetting string

// Settings of stopping by itself.
const (
	AutoStopSettingAlways     AutoStopSetting = "always"
	AutoStopSettingWithAction AutoStopSetting = "with_action" // only where a job is defined that stops it
)

// ListEnvironmentsOptions say which environments to list. A zero field leaves none out.
type ListEnvironmentsOptions struct {
	ListOptions
	Name   string           `url:"name,omitempty"`   // the whole name; not beside Search
	Search string           `url:"search,omitempty"` // how the name begins, or what follows its first slash; at least 3 characters
	States EnvironmentState `url:"states,omitempty"` // one of them
}

func (o *ListEnvironmentsOptions) validate() error {
	if o.Name != "" && o.Search != "" {
		return errors.New("the fields Name and Search exclude each other")
	}
	n := utf8.RuneCountInString(o.Search)
	if n > 0 && n < 3 {
		return errors.New("the search is for less than 3 characters")
	}
	return o.ListOptions.validate()
}

// CreateEnvironmentOptions describe an environment to create.
type CreateEnvironmentOptions struct {
	Name                string          `json:"name"` // required: letters, digits, spaces and - _ / $ { } .
	Description         string          `json:"description,omitzero"`
	ExternalURL         string          `json:"external_url,omitzero"`
	Tier                EnvironmentTier `json:"tier,omitzero"`              // guessed from the name if empty
	AutoStopSetting     AutoStopSetting `json:"auto_stop_setting,omitzero"` // AutoStopSettingAlways if empty
	ClusterAgentID      int64           `json:"cluster_agent_id,omitzero"`  // to show its cluster
	KubernetesNamespace string          `json:"kubernetes_namespace,omitzero"`
	FluxResourcePath    string          `json:"flux_resource_path,omitzero"`
}

func (o *CreateEnvironmentOptions) validate() error { return required("Name", o.Name) }

// UpdateEnvironmentOptions say what to change of an environment; its name is for good. Nil and empty fields stay as they are; at least one
// has to be set.
type UpdateEnvironmentOptions struct {
	Description         *string         `json:"description,omitzero"`
	ExternalURL         *string         `json:"external_url,omitzero"`
	Tier                EnvironmentTier `json:"tier,omitzero"`
	AutoStopSetting     AutoStopSetting `json:"auto_stop_setting,omitzero"`
	ClusterAgentID      *int64          `json:"cluster_agent_id,omitzero"` // 0 takes the agent away
	KubernetesNamespace *string         `json:"kubernetes_namespace,omitzero"`
	FluxResourcePath    *string         `json:"flux_resource_path,omitzero"`
}

func (o *UpdateEnvironmentOptions) validate() error { return requireChange(o) }

// MarshalJSON writes the cluster agent 0 as null: GitLab would look for an agent of that id.
func (o UpdateEnvironmentOptions) MarshalJSON() ([]byte, error) {
	type plain UpdateEnvironmentOptions
	if o.ClusterAgentID == nil || *o.ClusterAgentID != 0 {
		return codec.Marshal(plain(o))
	}
	return codec.Marshal(struct {
		plain
		ClusterAgentID *int64 `json:"cluster_agent_id"`
	}{plain: plain(o)})
}

// StopEnvironmentOptions say how to stop an environment.
type StopEnvironmentOptions struct {
	Force bool `json:"force,omitzero"` // without running the jobs that stop it
}

// StopStaleEnvironmentsOptions say which environments to stop.
type StopStaleEnvironmentsOptions struct {
	Before time.Time `json:"before,omitzero"` // required: those last changed or deployed to before it, between 10 years and a week ago
}

func (o *StopStaleEnvironmentsOptions) validate() error {
	if o.Before.IsZero() {
		return missing("Before")
	}
	return nil
}

// DeleteReviewAppsOptions say which stopped review apps to delete.
type DeleteReviewAppsOptions struct {
	Before time.Time `url:"before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"` // those created before it; 30 days ago if zero
	Limit  int       `url:"limit,omitempty"`                                            // at most that many, 1 to 1000; 100 if 0
	DryRun *bool     `url:"dry_run,omitempty"`                                          // true if nil: only tell which
}

func (o *DeleteReviewAppsOptions) validate() error {
	if o.Limit < 0 || o.Limit > 1000 {
		return fmt.Errorf("the limit %d is not between 1 and 1000", o.Limit)
	}
	return nil
}

var (
	listEnvironments      = get("list environments", "/projects/:id/environments", ErrEnvironmentList)
	getEnvironment        = get("get environment", "/projects/:id/environments/:environment_id", ErrEnvironmentGet)
	createEnvironment     = post("create environment", "/projects/:id/environments", ErrEnvironmentCreate)
	updateEnvironment     = put("update environment", "/projects/:id/environments/:environment_id", ErrEnvironmentUpdate)
	stopEnvironment       = post("stop environment", "/projects/:id/environments/:environment_id/stop", ErrEnvironmentStop).repeats()
	stopStaleEnvironments = post("stop stale environments", "/projects/:id/environments/stop_stale", ErrEnvironmentStop).repeats()
	deleteEnvironment     = del("delete environment", "/projects/:id/environments/:environment_id", ErrEnvironmentDelete)
	deleteReviewApps      = del("delete review apps", "/projects/:id/environments/review_apps", ErrEnvironmentDelete).once()
)

func environmentPath(project Project, id int64) path {
	return path{project.name, number("environment id", id)}
}

// List lists the environments of a project, the oldest first.
//
//	GET /projects/:id/environments
//
// Its errors match [ErrEnvironmentList].
//
// GitLab docs: https://docs.gitlab.com/api/environments/#list-all-environments
func (s *EnvironmentsService) List(ctx context.Context, project Project, options *ListEnvironmentsOptions, opts ...RequestOption) Seq[Environment] {
	return list[Environment](ctx, s.engine, listEnvironments, path{project.name}, options, opts)
}

// Get reads an environment with its last deployment.
//
//	GET /projects/:id/environments/:environment_id
//
// Its errors match [ErrEnvironmentGet], and [ErrNotFound] where there is no such environment.
//
// GitLab docs: https://docs.gitlab.com/api/environments/#retrieve-an-environment
func (s *EnvironmentsService) Get(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Environment, error) {
	return do[Environment](ctx, s.engine, getEnvironment, environmentPath(project, id), nil, opts)
}

// Create creates an environment. Jobs create theirs by themselves. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/environments
//
// Its errors match [ErrEnvironmentCreate], and [ErrBadRequest] where the name is taken or not valid (Fields["name"]).
//
// GitLab docs: https://docs.gitlab.com/api/environments/#create-an-environment
func (s *EnvironmentsService) Create(ctx context.Context, project Project, options *CreateEnvironmentOptions, opts ...RequestOption) (*Environment, error) {
	return do[Environment](ctx, s.engine, createEnvironment, path{project.name}, options, opts)
}

// Update changes an environment and returns it.
//
//	PUT /projects/:id/environments/:environment_id
//
// Its errors match [ErrEnvironmentUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/environments/#update-an-existing-environment
func (s *EnvironmentsService) Update(ctx context.Context, project Project, id int64, options *UpdateEnvironmentOptions, opts ...RequestOption) (*Environment, error) {
	return do[Environment](ctx, s.engine, updateEnvironment, environmentPath(project, id), options, opts)
}

// Stop stops an environment and returns it. Where jobs are defined that stop it they are played, and it is [EnvironmentStopping] until they
// have run; else, and with Force, it is [EnvironmentStopped] at once. One that is stopped stays so.
//
//	POST /projects/:id/environments/:environment_id/stop
//
// Its errors match [ErrEnvironmentStop], and [ErrForbidden] where the caller may not run those jobs.
//
// GitLab docs: https://docs.gitlab.com/api/environments/#stop-an-environment
func (s *EnvironmentsService) Stop(ctx context.Context, project Project, id int64, options *StopEnvironmentOptions, opts ...RequestOption) (*Environment, error) {
	return do[Environment](ctx, s.engine, stopEnvironment, environmentPath(project, id), options, opts)
}

// StopStale stops the environments of a project that nobody changed or deployed to for a while; protected ones stay. GitLab does it a
// little later.
//
//	POST /projects/:id/environments/stop_stale
//
// Its errors match [ErrEnvironmentStop], and [ErrBadRequest] where Before is out of range.
//
// GitLab docs: https://docs.gitlab.com/api/environments/#stop-stale-environments
func (s *EnvironmentsService) StopStale(ctx context.Context, project Project, options *StopStaleEnvironmentsOptions, opts ...RequestOption) error {
	return exec(ctx, s.engine, stopStaleEnvironments, path{project.name}, options, opts)
}

// Delete deletes an environment that is stopped.
//
//	DELETE /projects/:id/environments/:environment_id
//
// Its errors match [ErrEnvironmentDelete], and [ErrForbidden] where it is not stopped.
//
// GitLab docs: https://docs.gitlab.com/api/environments/#delete-an-environment
func (s *EnvironmentsService) Delete(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteEnvironment, environmentPath(project, id), nil, opts)
}

// DeleteReviewApps deletes stopped review apps: environments whose names begin with "review/". GitLab does it a week later. Unless DryRun is
// false it only tells which they are. It is never sent twice, unlike other deletions: each call chooses anew; see [ErrOutcomeUnknown].
//
//	DELETE /projects/:id/environments/review_apps
//
// Its errors match [ErrEnvironmentDelete], [ErrBadRequest] where there are none, or one that the caller may not delete, and
// [ErrConflict] while another such call is under way. What GitLab found besides is in the error's Body.
//
// GitLab docs: https://docs.gitlab.com/api/environments/#delete-multiple-stopped-review-apps
func (s *EnvironmentsService) DeleteReviewApps(ctx context.Context, project Project, options *DeleteReviewAppsOptions, opts ...RequestOption) (*ReviewAppsResult, error) {
	return do[ReviewAppsResult](ctx, s.engine, deleteReviewApps, path{project.name}, options, opts)
}
