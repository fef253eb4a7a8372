package gitlabci

import (
	"context"
	"errors"
	"time"
)

// RunnersService manages runners and their tokens.
//
// GitLab docs: https://docs.gitlab.com/api/runners/
type RunnersService service

// RunnerToken is what a new or verified runner authenticates with. GitLab shows it this once.
type RunnerToken struct {
	ID             int64     `json:"id"` // 0 where a token was reset
	Token          Secret    `json:"token"`
	TokenExpiresAt time.Time `json:"token_expires_at,omitzero"` // zero if never
}

func (r *RunnerToken) identity() identity { return byText("token", string(r.Token)) }

// RegistrationToken is what runners were registered with before [RunnersService.Create].
type RegistrationToken struct {
	Token          Secret    `json:"token"`
	TokenExpiresAt time.Time `json:"token_expires_at,omitzero"` // zero if never
}

func (r *RegistrationToken) identity() identity { return byText("token", string(r.Token)) }

// JobRouter is where runners ask for jobs, if not GitLab itself.
type JobRouter struct {
	ServerURL string `json:"server_url"` // as in wss://kas.example.com
}

func (r *JobRouter) identity() identity { return byText("server_url", r.ServerURL) }

// RunnerScope chooses runners of a list: a type or a status. Type and Status replace it.
type RunnerScope string

// Scopes of a list of runners, which GitLab deprecates for the types and states of the same names.
const (
	RunnerScopeSpecific       RunnerScope = "specific"
	RunnerScopeShared         RunnerScope = "shared"
	RunnerScopeInstanceType   RunnerScope = "instance_type"
	RunnerScopeGroupType      RunnerScope = "group_type"
	RunnerScopeProjectType    RunnerScope = "project_type"
	RunnerScopeActive         RunnerScope = "active"
	RunnerScopePaused         RunnerScope = "paused"
	RunnerScopeOnline         RunnerScope = "online"
	RunnerScopeOffline        RunnerScope = "offline"
	RunnerScopeNeverContacted RunnerScope = "never_contacted"
	RunnerScopeStale          RunnerScope = "stale"
)

// ListRunnersOptions say which runners to list. A zero field leaves none out.
type ListRunnersOptions struct {
	ListOptions
	Type          RunnerType   `url:"type,omitempty"`
	Status        RunnerStatus `url:"status,omitempty"`
	Paused        *bool        `url:"paused,omitempty"`
	TagList       []string     `url:"tag_list,omitempty,comma"` // with all of these
	VersionPrefix string       `url:"version_prefix,omitempty"`
	Scope         RunnerScope  `url:"scope,omitempty"` // deprecated by GitLab; groups do not have it
}

// GetRunnerOptions say whether to read the projects of a runner, too.
type GetRunnerOptions struct {
	IncludeProjects *bool `url:"include_projects,omitempty"` // true if nil
}

// ListRunnerJobsOptions say which jobs of a runner to list. A zero field leaves none out.
type ListRunnerJobsOptions struct {
	ListOptions
	SystemID string    `url:"system_id,omitempty"` // of the manager that ran them
	Status   JobStatus `url:"status,omitempty"`
	OrderBy  JobOrder  `url:"order_by,omitempty"`
	Sort     Sort      `url:"sort,omitempty"` // descending if empty; ascending, GitLab lists the first 50,000, if it is not set up otherwise, and then answers 405
}

// ListRunnerProjectsOptions say which page of the projects of a runner to read.
type ListRunnerProjectsOptions struct{ ListOptions }

// CreateRunnerOptions describe a runner to create.
type CreateRunnerOptions struct {
	RunnerType            RunnerType        `json:"runner_type"`         // required
	GroupID               int64             `json:"group_id,omitzero"`   // required for group runners
	ProjectID             int64             `json:"project_id,omitzero"` // required for project runners
	Description           string            `json:"description,omitzero"`
	Paused                *bool             `json:"paused,omitzero"`
	Locked                *bool             `json:"locked,omitzero"`
	RunUntagged           *bool             `json:"run_untagged,omitzero"` // true if nil
	TagList               []string          `json:"tag_list,omitzero"`
	AccessLevel           RunnerAccessLevel `json:"access_level,omitzero"`
	MaximumTimeout        Seconds           `json:"maximum_timeout,omitzero"` // of a job
	MaintenanceNote       string            `json:"maintenance_note,omitzero"`
	TokenExpiresAt        time.Time         `json:"token_expires_at,omitzero"`        // in GitLab Premium
	TokenRotationDeadline time.Time         `json:"token_rotation_deadline,omitzero"` // in GitLab Premium
}

func (o *CreateRunnerOptions) validate() error {
	switch {
	case o.RunnerType == RunnerTypeGroup && o.GroupID < 1:
		return errors.New("GroupID is missing")
	case o.RunnerType == RunnerTypeProject && o.ProjectID < 1:
		return errors.New("ProjectID is missing")
	}
	return required("RunnerType", string(o.RunnerType))
}

// RegisterRunnerOptions describe a runner to register.
type RegisterRunnerOptions struct {
	Token           Secret            `json:"token"` // required: a registration token
	Description     string            `json:"description,omitzero"`
	Info            RunnerInfo        `json:"info,omitzero"`
	Paused          *bool             `json:"paused,omitzero"`
	Active          *bool             `json:"active,omitzero"` // deprecated by GitLab for Paused
	Locked          *bool             `json:"locked,omitzero"`
	RunUntagged     *bool             `json:"run_untagged,omitzero"`
	TagList         []string          `json:"tag_list,omitzero"`
	AccessLevel     RunnerAccessLevel `json:"access_level,omitzero"`
	MaximumTimeout  Seconds           `json:"maximum_timeout,omitzero"` // of a job
	MaintenanceNote string            `json:"maintenance_note,omitzero"`
	MaintainerNote  string            `json:"maintainer_note,omitzero"` // deprecated by GitLab for MaintenanceNote
}

func (o *RegisterRunnerOptions) validate() error { return required("Token", string(o.Token)) }

// RunnerInfo is what a runner says of itself.
type RunnerInfo struct {
	Name         string `json:"name,omitzero"`
	Version      string `json:"version,omitzero"`
	Revision     string `json:"revision,omitzero"`
	Platform     string `json:"platform,omitzero"`
	Architecture string `json:"architecture,omitzero"`
}

// VerifyRunnerOptions say which manager of a runner asks.
type VerifyRunnerOptions struct {
	SystemID string
}

// UpdateRunnerOptions say what to change of a runner. Nil and empty fields stay as they are, but a TagList that is empty and not nil takes
// all tags away; at least one field must be set.
type UpdateRunnerOptions struct {
	Description     *string           `json:"description,omitzero"`
	Paused          *bool             `json:"paused,omitzero"`
	Active          *bool             `json:"active,omitzero"` // deprecated by GitLab for Paused, beside which it must be nil
	TagList         []string          `json:"tag_list,omitzero"`
	RunUntagged     *bool             `json:"run_untagged,omitzero"`
	Locked          *bool             `json:"locked,omitzero"`
	AccessLevel     RunnerAccessLevel `json:"access_level,omitzero"`
	MaximumTimeout  *Seconds          `json:"maximum_timeout,omitzero"` // of a job
	MaintenanceNote *string           `json:"maintenance_note,omitzero"`
}

func (o *UpdateRunnerOptions) validate() error {
	if o.Active != nil && o.Paused != nil {
		return errors.New("the fields Active and Paused exclude each other")
	}
	return requireChange(o)
}

// Bodies and queries of the calls that take tokens and ids as arguments.
type (
	runnerTokenBody struct {
		Token    Secret `json:"token" url:"token"`
		SystemID string `json:"system_id,omitzero" url:"system_id,omitempty"`
	}
	runnerManagerQuery struct{ runnerTokenBody }
	runnerIDBody       struct {
		RunnerID int64 `json:"runner_id"`
	}
)

func (b *runnerTokenBody) validate() error { return required("token", string(b.Token)) }

func (q *runnerManagerQuery) validate() error {
	return errors.Join(q.runnerTokenBody.validate(), required("system id", q.SystemID))
}

func (b *runnerIDBody) validate() error { return number("runner id", b.RunnerID).check() }

var (
	listRunners            = get("list runners", "/runners", ErrRunnerList)
	listAllRunners         = get("list all runners", "/runners/all", ErrRunnerList)
	listProjectRunners     = get("list project runners", "/projects/:id/runners", ErrRunnerList)
	listGroupRunners       = get("list group runners", "/groups/:id/runners", ErrRunnerList)
	getRunner              = get("get runner", "/runners/:id", ErrRunnerGet)
	createRunner           = post("create runner", "/user/runners", ErrRunnerCreate)
	registerRunner         = post("register runner", "/runners", ErrRunnerRegister)
	verifyRunner           = post("verify runner", "/runners/verify", ErrRunnerVerify)
	updateRunner           = put("update runner", "/runners/:id", ErrRunnerUpdate)
	deleteRunner           = del("delete runner", "/runners/:id", ErrRunnerDelete)
	deleteRunnerByToken    = del("delete runner by token", "/runners", ErrRunnerDelete)
	listRunnerJobs         = get("list runner jobs", "/runners/:id/jobs", ErrJobList).keysetBy("id")
	listRunnerProjects     = get("list runner projects", "/runners/:id/projects", ErrRunnerList)
	listRunnerManagers     = get("list runner managers", "/runners/:id/managers", ErrRunnerList)
	deleteRunnerManager    = del("delete runner manager", "/runners/managers", ErrRunnerDelete)
	enableRunner           = post("enable runner", "/projects/:id/runners", ErrRunnerEnable)
	disableRunner          = del("disable runner", "/projects/:id/runners/:runner_id", ErrRunnerDisable)
	resetRunnerToken       = post("reset runner token", "/runners/:id/reset_authentication_token", ErrRunnerResetToken)
	resetTokenByToken      = post("reset runner token by token", "/runners/reset_authentication_token", ErrRunnerResetToken)
	discoverRouter         = get("discover job router", "/runners/router/discovery", ErrRunnerGet)
	resetRegistrationToken = inScopes(post, "reset registration token", ErrRunnerResetToken,
		"/projects/:id/runners/reset_registration_token", "/groups/:id/runners/reset_registration_token", "/runners/reset_registration_token")
)

func runnerPath(id int64) path { return path{number("runner id", id)} }

// List lists the runners that the caller may manage.
//
//	GET /runners
//
// Its errors match [ErrRunnerList].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#list-available-runners
func (s *RunnersService) List(ctx context.Context, options *ListRunnersOptions, opts ...RequestOption) Seq[Runner] {
	return list[Runner](ctx, s.engine, listRunners, nil, options, opts)
}

// ListAll lists all runners of the instance. It needs the token of an administrator or auditor.
//
//	GET /runners/all
//
// Its errors match [ErrRunnerList].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#list-all-runners
func (s *RunnersService) ListAll(ctx context.Context, options *ListRunnersOptions, opts ...RequestOption) Seq[Runner] {
	return list[Runner](ctx, s.engine, listAllRunners, nil, options, opts)
}

// ListForProject lists the runners that a project can use.
//
//	GET /projects/:id/runners
//
// Its errors match [ErrRunnerList].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#list-projects-runners
func (s *RunnersService) ListForProject(ctx context.Context, project Project, options *ListRunnersOptions, opts ...RequestOption) Seq[Runner] {
	return list[Runner](ctx, s.engine, listProjectRunners, path{project.name}, options, opts)
}

// ListForGroup lists the runners that a group can use.
//
//	GET /groups/:id/runners
//
// Its errors match [ErrRunnerList].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#list-groups-runners
func (s *RunnersService) ListForGroup(ctx context.Context, group Group, options *ListRunnersOptions, opts ...RequestOption) Seq[Runner] {
	return list[Runner](ctx, s.engine, listGroupRunners, path{group.name}, options, opts)
}

// Get reads a runner.
//
//	GET /runners/:id
//
// Its errors match [ErrRunnerGet], and [ErrNotFound] where there is no such runner.
//
// GitLab docs: https://docs.gitlab.com/api/runners/#get-runners-details
func (s *RunnersService) Get(ctx context.Context, id int64, options *GetRunnerOptions, opts ...RequestOption) (*Runner, error) {
	return do[Runner](ctx, s.engine, getRunner, runnerPath(id), options, opts)
}

// Create creates a runner and returns the token that it authenticates with, which GitLab shows only this once. It is never sent twice: see
// [ErrOutcomeUnknown].
//
//	POST /user/runners
//
// Its errors match [ErrRunnerCreate].
//
// GitLab docs: https://docs.gitlab.com/api/users/#create-a-runner-linked-to-a-user
func (s *RunnersService) Create(ctx context.Context, options *CreateRunnerOptions, opts ...RequestOption) (*RunnerToken, error) {
	return do[RunnerToken](ctx, s.engine, createRunner, nil, options, opts)
}

// Register creates a runner with a registration token, as it was done before [RunnersService.Create]. It needs no other credentials. It
// is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /runners
//
// Its errors match [ErrRunnerRegister]; where registration is switched off GitLab answers 410.
//
// GitLab docs: https://docs.gitlab.com/api/runners/#create-a-runner
func (s *RunnersService) Register(ctx context.Context, options *RegisterRunnerOptions, opts ...RequestOption) (*RunnerToken, error) {
	return do[RunnerToken](ctx, s.engine, registerRunner, nil, options, opts)
}

// Verify checks the token of a runner and returns it with the runner's ID and its expiry, which old versions do not tell. It needs no other
// credentials.
//
//	POST /runners/verify
//
// Its errors match [ErrRunnerVerify], and [ErrForbidden] where the token is not valid.
//
// GitLab docs: https://docs.gitlab.com/api/runners/#verify-authentication-for-a-registered-runner
func (s *RunnersService) Verify(ctx context.Context, token Secret, options *VerifyRunnerOptions, opts ...RequestOption) (*RunnerToken, error) {
	body := &runnerTokenBody{Token: token}
	if options != nil {
		body.SystemID = options.SystemID
	}
	verified, err := doOptional[RunnerToken](ctx, s.engine, verifyRunner, nil, body, opts)
	if verified == nil && err == nil {
		verified = &RunnerToken{Token: token}
	}
	return verified, err
}

// Update changes a runner and returns it.
//
//	PUT /runners/:id
//
// Its errors match [ErrRunnerUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#update-runners-details
func (s *RunnersService) Update(ctx context.Context, id int64, options *UpdateRunnerOptions, opts ...RequestOption) (*Runner, error) {
	return do[Runner](ctx, s.engine, updateRunner, runnerPath(id), options, opts)
}

// Delete deletes a runner.
//
//	DELETE /runners/:id
//
// Its errors match [ErrRunnerDelete], and [ErrForbidden] for a runner of several projects.
//
// GitLab docs: https://docs.gitlab.com/api/runners/#delete-a-runner-by-id
func (s *RunnersService) Delete(ctx context.Context, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteRunner, runnerPath(id), nil, opts)
}

// DeleteByToken deletes the runner that a token belongs to. It needs no other credentials.
//
//	DELETE /runners
//
// Its errors match [ErrRunnerDelete], and [ErrForbidden] where the token is not valid.
//
// GitLab docs: https://docs.gitlab.com/api/runners/#delete-a-runner-by-authentication-token
func (s *RunnersService) DeleteByToken(ctx context.Context, token Secret, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteRunnerByToken, nil, &runnerTokenBody{Token: token}, opts)
}

// Jobs lists the jobs that a runner ran, the newest first.
//
//	GET /runners/:id/jobs
//
// Its errors match [ErrJobList].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#list-jobs-processed-by-a-runner
func (s *RunnersService) Jobs(ctx context.Context, id int64, options *ListRunnerJobsOptions, opts ...RequestOption) Seq[Job] {
	return list[Job](ctx, s.engine, listRunnerJobs, runnerPath(id), options, opts)
}

// Projects lists the projects that a runner serves.
//
//	GET /runners/:id/projects
//
// Its errors match [ErrRunnerList].
//
// GitLab docs: https://docs.gitlab.com/api/runners/
func (s *RunnersService) Projects(ctx context.Context, id int64, options *ListRunnerProjectsOptions, opts ...RequestOption) Seq[RunnerProject] {
	return list[RunnerProject](ctx, s.engine, listRunnerProjects, runnerPath(id), options, opts)
}

// Managers reads the managers of a runner. One that never contacted GitLab has none.
//
//	GET /runners/:id/managers
//
// Its errors match [ErrRunnerList].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#list-all-runners-managers
func (s *RunnersService) Managers(ctx context.Context, id int64, opts ...RequestOption) ([]*RunnerManager, error) {
	return slice[RunnerManager](ctx, s.engine, listRunnerManagers, runnerPath(id), nil, opts)
}

// DeleteManager deletes one manager of the runner that a token belongs to. It needs no other credentials.
//
//	DELETE /runners/managers
//
// Its errors match [ErrRunnerDelete].
//
// GitLab docs: https://docs.gitlab.com/api/runners/
func (s *RunnersService) DeleteManager(ctx context.Context, token Secret, systemID string, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteRunnerManager, nil, &runnerManagerQuery{runnerTokenBody{token, systemID}}, opts)
}

// Enable assigns a project runner to another project, and returns the runner.
//
//	POST /projects/:id/runners
//
// Its errors match [ErrRunnerEnable], and [ErrForbidden] for a runner that is locked, or not a project runner.
//
// GitLab docs: https://docs.gitlab.com/api/runners/#assign-a-runner-to-project
func (s *RunnersService) Enable(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Runner, error) {
	return do[Runner](ctx, s.engine, enableRunner, path{project.name}, &runnerIDBody{id}, opts)
}

// Disable takes a project runner from a project. It cannot be taken from the one that it was created in.
//
//	DELETE /projects/:id/runners/:runner_id
//
// Its errors match [ErrRunnerDisable].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#unassign-a-runner-from-project
func (s *RunnersService) Disable(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, disableRunner, path{project.name, number("runner id", id)}, nil, opts)
}

// ResetToken replaces the token of a runner and returns the new one. The old one ends at once.
//
//	POST /runners/:id/reset_authentication_token
//
// Its errors match [ErrRunnerResetToken].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#reset-runners-authentication-token-by-using-the-runner-id
func (s *RunnersService) ResetToken(ctx context.Context, id int64, opts ...RequestOption) (*RunnerToken, error) {
	return do[RunnerToken](ctx, s.engine, resetRunnerToken, runnerPath(id), nil, opts)
}

// ResetTokenByToken replaces the token of a runner, given by that token, and returns the new one. The old one ends at once. It needs no other
// credentials.
//
//	POST /runners/reset_authentication_token
//
// Its errors match [ErrRunnerResetToken], and [ErrForbidden] where the token is not valid.
//
// GitLab docs: https://docs.gitlab.com/api/runners/#reset-runners-authentication-token-by-using-the-current-token
func (s *RunnersService) ResetTokenByToken(ctx context.Context, token Secret, opts ...RequestOption) (*RunnerToken, error) {
	return do[RunnerToken](ctx, s.engine, resetTokenByToken, nil, &runnerTokenBody{Token: token}, opts)
}

// ResetRegistrationToken replaces the registration token of a project, a group or the instance and returns the new one. GitLab deprecates
// these tokens: see [RunnersService.Create].
//
//	POST /projects/:id/runners/reset_registration_token
//	POST /groups/:id/runners/reset_registration_token
//	POST /runners/reset_registration_token
//
// Its errors match [ErrRunnerResetToken].
//
// GitLab docs: https://docs.gitlab.com/api/runners/#reset-projects-runner-registration-token
func (s *RunnersService) ResetRegistrationToken(ctx context.Context, scope Scope, opts ...RequestOption) (*RegistrationToken, error) {
	return do[RegistrationToken](ctx, s.engine, resetRegistrationToken.in(scope), scopePath(scope), nil, opts)
}

// DiscoverRouter reads where the instance's job router is, for the runner that a token belongs to. It needs no other credentials, and GitLab
// 18.7 with the router switched on.
//
//	GET /runners/router/discovery
//
// Its errors match [ErrRunnerGet], and [ErrForbidden] where the token is not valid; where there is no router GitLab answers 501.
//
// GitLab docs: https://docs.gitlab.com/api/runners/#discover-job-router-information
func (s *RunnersService) DiscoverRouter(ctx context.Context, token Secret, opts ...RequestOption) (*JobRouter, error) {
	return do[JobRouter](ctx, s.engine, discoverRouter, nil, nil, withRunnerToken(token, opts))
}

// withRunnerToken sends a runner's token the way that its own calls do.
func withRunnerToken(token Secret, opts []RequestOption) []RequestOption {
	return append([]RequestOption{func(r *request) {
		r.wrong = setToken(r.ownHeader(), "Runner-Token", "", string(token))
	}}, opts...)
}
