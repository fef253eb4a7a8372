package gitlabci

import (
	"context"
	"time"
)

// RunnerControllersService manages runner controllers, which decide whether a runner may take a job. They are an experiment of GitLab, in
// GitLab Ultimate, behind a feature flag: calls and fields may change in any version. All calls need the token of an administrator, and
// GitLab 18.9.
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/
type RunnerControllersService service

// A RunnerController decides whether runners may take jobs.
type RunnerController struct {
	ID          int64                 `json:"id"`
	Description string                `json:"description"`
	State       RunnerControllerState `json:"state"`
	CreatedAt   time.Time             `json:"created_at,omitzero"`
	UpdatedAt   time.Time             `json:"updated_at,omitzero"`
	Connected   bool                  `json:"connected"` // in the last hour; of [RunnerControllersService.Get] only
}

func (c *RunnerController) identity() identity { return byID(c.ID) }

// RunnerControllerScopes are the runners that a controller decides for: all of the instance, or some.
type RunnerControllerScopes struct {
	InstanceLevelScopings []RunnerControllerScope `json:"instance_level_scopings"` // one, if it decides for all
	RunnerLevelScopings   []RunnerControllerScope `json:"runner_level_scopings"`
}

func (*RunnerControllerScopes) identity() identity {
	return byMembers("instance_level_scopings runner_level_scopings")
}

// RunnerControllerScope says for which runner a controller decides.
type RunnerControllerScope struct {
	RunnerID  int64     `json:"runner_id"` // 0 for all of the instance
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

func (*RunnerControllerScope) identity() identity { return byMembers("created_at runner_id") }

// RunnerControllerToken is what a controller authenticates with.
type RunnerControllerToken struct {
	ID                 int64     `json:"id"`
	RunnerControllerID int64     `json:"runner_controller_id"`
	Description        string    `json:"description"`
	LastUsedAt         time.Time `json:"last_used_at,omitzero"`
	CreatedAt          time.Time `json:"created_at,omitzero"`
	UpdatedAt          time.Time `json:"updated_at,omitzero"`
	Token              Secret    `json:"token"` // of new tokens only: GitLab shows it this once
}

func (t *RunnerControllerToken) identity() identity { return byID(t.ID) }

// RunnerControllerState is whether a controller is asked.
type RunnerControllerState string

// States of a runner controller.
const (
	RunnerControllerDisabled RunnerControllerState = "disabled"
	RunnerControllerEnabled  RunnerControllerState = "enabled"
	RunnerControllerDryRun   RunnerControllerState = "dry_run" // it is asked, and its decision logged only
)

// ListRunnerControllersOptions say which page of the runner controllers to read.
type ListRunnerControllersOptions struct{ ListOptions }

// CreateRunnerControllerOptions describe a runner controller to create.
type CreateRunnerControllerOptions struct {
	Description string                `json:"description,omitzero"`
	State       RunnerControllerState `json:"state,omitzero"` // RunnerControllerDisabled if empty
}

// UpdateRunnerControllerOptions say what to change of a runner controller. Nil and empty fields stay as they are; at least one has to be set.
type UpdateRunnerControllerOptions struct {
	Description *string               `json:"description,omitzero"`
	State       RunnerControllerState `json:"state,omitzero"`
}

func (o *UpdateRunnerControllerOptions) validate() error { return requireChange(o) }

// ListRunnerControllerTokensOptions say which page of the tokens to read.
type ListRunnerControllerTokensOptions struct{ ListOptions }

// CreateRunnerControllerTokenOptions describe a token to create.
type CreateRunnerControllerTokenOptions struct {
	Description string `json:"description,omitzero"`
}

var (
	listRunnerControllers          = get("list runner controllers", "/runner_controllers", ErrRunnerControllerList)
	getRunnerController            = get("get runner controller", "/runner_controllers/:id", ErrRunnerControllerGet)
	createRunnerController         = post("create runner controller", "/runner_controllers", ErrRunnerControllerCreate)
	updateRunnerController         = put("update runner controller", "/runner_controllers/:id", ErrRunnerControllerUpdate)
	deleteRunnerController         = del("delete runner controller", "/runner_controllers/:id", ErrRunnerControllerDelete)
	getRunnerControllerScopes      = get("get runner controller scopes", "/runner_controllers/:id/scopes", ErrRunnerControllerGet)
	addRunnerControllerInstance    = post("add instance to runner controller", "/runner_controllers/:id/scopes/instance", ErrRunnerControllerUpdate)
	removeRunnerControllerInstance = del("remove instance from runner controller", "/runner_controllers/:id/scopes/instance", ErrRunnerControllerUpdate)
	addRunnerControllerRunner      = post("add runner to runner controller", "/runner_controllers/:id/scopes/runners/:runner_id", ErrRunnerControllerUpdate)
	removeRunnerControllerRunner   = del("remove runner from runner controller", "/runner_controllers/:id/scopes/runners/:runner_id", ErrRunnerControllerUpdate)
	listRunnerControllerTokens     = get("list runner controller tokens", "/runner_controllers/:runner_controller_id/tokens", ErrRunnerControllerTokenList)
	getRunnerControllerToken       = get("get runner controller token", "/runner_controllers/:runner_controller_id/tokens/:id", ErrRunnerControllerTokenGet)
	createRunnerControllerToken    = post("create runner controller token", "/runner_controllers/:runner_controller_id/tokens", ErrRunnerControllerTokenCreate)
	rotateRunnerControllerToken    = post("rotate runner controller token", "/runner_controllers/:runner_controller_id/tokens/:id/rotate", ErrRunnerControllerTokenRotate)
	revokeRunnerControllerToken    = del("revoke runner controller token", "/runner_controllers/:runner_controller_id/tokens/:id", ErrRunnerControllerTokenRevoke)
)

func runnerControllerPath(id int64, more ...part) path {
	return append(path{number("runner controller id", id)}, more...)
}

// List lists the runner controllers of the instance.
//
//	GET /runner_controllers
//
// Its errors match [ErrRunnerControllerList].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#list-all-runner-controllers
func (s *RunnerControllersService) List(ctx context.Context, options *ListRunnerControllersOptions, opts ...RequestOption) Seq[RunnerController] {
	return list[RunnerController](ctx, s.engine, listRunnerControllers, nil, options, opts)
}

// Get reads a runner controller, and whether it is connected.
//
//	GET /runner_controllers/:id
//
// Its errors match [ErrRunnerControllerGet], and [ErrNotFound] where there is no such controller.
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#retrieve-a-single-runner-controller
func (s *RunnerControllersService) Get(ctx context.Context, id int64, opts ...RequestOption) (*RunnerController, error) {
	return do[RunnerController](ctx, s.engine, getRunnerController, runnerControllerPath(id), nil, opts)
}

// Create creates a runner controller. Until it is given runners to decide for it is not asked, whatever its state. It is never sent twice:
// see [ErrOutcomeUnknown].
//
//	POST /runner_controllers
//
// Its errors match [ErrRunnerControllerCreate].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#register-a-runner-controller
func (s *RunnerControllersService) Create(ctx context.Context, options *CreateRunnerControllerOptions, opts ...RequestOption) (*RunnerController, error) {
	return do[RunnerController](ctx, s.engine, createRunnerController, nil, options, opts)
}

// Update changes a runner controller and returns it.
//
//	PUT /runner_controllers/:id
//
// Its errors match [ErrRunnerControllerUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#update-a-runner-controller
func (s *RunnerControllersService) Update(ctx context.Context, id int64, options *UpdateRunnerControllerOptions, opts ...RequestOption) (*RunnerController, error) {
	return do[RunnerController](ctx, s.engine, updateRunnerController, runnerControllerPath(id), options, opts)
}

// Delete deletes a runner controller.
//
//	DELETE /runner_controllers/:id
//
// Its errors match [ErrRunnerControllerDelete].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#delete-a-runner-controller
func (s *RunnerControllersService) Delete(ctx context.Context, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteRunnerController, runnerControllerPath(id), nil, opts)
}

// Scopes reads which runners a controller decides for.
//
//	GET /runner_controllers/:id/scopes
//
// Its errors match [ErrRunnerControllerGet].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#list-all-scopes-for-a-runner-controller
func (s *RunnerControllersService) Scopes(ctx context.Context, id int64, opts ...RequestOption) (*RunnerControllerScopes, error) {
	return do[RunnerControllerScopes](ctx, s.engine, getRunnerControllerScopes, runnerControllerPath(id), nil, opts)
}

// AddInstance lets a controller decide for all runners of the instance. It is never sent twice: see
// [ErrOutcomeUnknown].
//
//	POST /runner_controllers/:id/scopes/instance
//
// Its errors match [ErrRunnerControllerUpdate], and [ErrConflict] where it decides for them or for some already.
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#add-instance-scope
func (s *RunnerControllersService) AddInstance(ctx context.Context, id int64, opts ...RequestOption) (*RunnerControllerScope, error) {
	return do[RunnerControllerScope](ctx, s.engine, addRunnerControllerInstance, runnerControllerPath(id), nil, opts)
}

// RemoveInstance lets a controller no longer decide for all runners of the instance.
//
//	DELETE /runner_controllers/:id/scopes/instance
//
// Its errors match [ErrRunnerControllerUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#remove-instance-scope
func (s *RunnerControllersService) RemoveInstance(ctx context.Context, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, removeRunnerControllerInstance, runnerControllerPath(id), nil, opts)
}

// AddRunner lets a controller decide for a runner, which has to be one of the instance. It is never sent
// twice: see [ErrOutcomeUnknown].
//
//	POST /runner_controllers/:id/scopes/runners/:runner_id
//
// Its errors match [ErrRunnerControllerUpdate], [ErrConflict] where it decides for that one or for all already, and
// [ErrUnprocessable] where the runner is not one of the instance.
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#add-runner-scope
func (s *RunnerControllersService) AddRunner(ctx context.Context, id, runner int64, opts ...RequestOption) (*RunnerControllerScope, error) {
	return do[RunnerControllerScope](ctx, s.engine, addRunnerControllerRunner, runnerControllerPath(id, number("runner id", runner)), nil, opts)
}

// RemoveRunner lets a controller no longer decide for a runner.
//
//	DELETE /runner_controllers/:id/scopes/runners/:runner_id
//
// Its errors match [ErrRunnerControllerUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controllers/#remove-runner-scope
func (s *RunnerControllersService) RemoveRunner(ctx context.Context, id, runner int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, removeRunnerControllerRunner, runnerControllerPath(id, number("runner id", runner)), nil, opts)
}

// Tokens lists the tokens of a runner controller that are not revoked, without what they authenticate with.
//
//	GET /runner_controllers/:runner_controller_id/tokens
//
// Its errors match [ErrRunnerControllerTokenList].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controller_tokens/#list-all-runner-controller-tokens
func (s *RunnerControllersService) Tokens(ctx context.Context, id int64, options *ListRunnerControllerTokensOptions, opts ...RequestOption) Seq[RunnerControllerToken] {
	return list[RunnerControllerToken](ctx, s.engine, listRunnerControllerTokens, runnerControllerPath(id), options, opts)
}

// GetToken reads a token's details, but not what it authenticates with.
//
//	GET /runner_controllers/:runner_controller_id/tokens/:id
//
// Its errors match [ErrRunnerControllerTokenGet], and [ErrNotFound] where there is no such token or it is revoked.
//
// GitLab docs: https://docs.gitlab.com/api/runner_controller_tokens/#retrieve-a-single-runner-controller-token
func (s *RunnerControllersService) GetToken(ctx context.Context, id, token int64, opts ...RequestOption) (*RunnerControllerToken, error) {
	return do[RunnerControllerToken](ctx, s.engine, getRunnerControllerToken, runnerControllerPath(id, number("token id", token)), nil, opts)
}

// CreateToken creates a token for a runner controller, which GitLab shows only this once. It is never sent
// twice: see [ErrOutcomeUnknown].
//
//	POST /runner_controllers/:runner_controller_id/tokens
//
// Its errors match [ErrRunnerControllerTokenCreate].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controller_tokens/#create-a-runner-controller-token
func (s *RunnerControllersService) CreateToken(ctx context.Context, id int64, options *CreateRunnerControllerTokenOptions, opts ...RequestOption) (*RunnerControllerToken, error) {
	return do[RunnerControllerToken](ctx, s.engine, createRunnerControllerToken, runnerControllerPath(id), options, opts)
}

// RotateToken revokes a token of a runner controller and creates another in its place, which GitLab shows only this once. It is
// never sent twice: see [ErrOutcomeUnknown].
//
//	POST /runner_controllers/:runner_controller_id/tokens/:id/rotate
//
// Its errors match [ErrRunnerControllerTokenRotate].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controller_tokens/#rotate-a-runner-controller-token
func (s *RunnerControllersService) RotateToken(ctx context.Context, id, token int64, opts ...RequestOption) (*RunnerControllerToken, error) {
	return do[RunnerControllerToken](ctx, s.engine, rotateRunnerControllerToken, runnerControllerPath(id, number("token id", token)), nil, opts)
}

// RevokeToken revokes a token of a runner controller.
//
//	DELETE /runner_controllers/:runner_controller_id/tokens/:id
//
// Its errors match [ErrRunnerControllerTokenRevoke].
//
// GitLab docs: https://docs.gitlab.com/api/runner_controller_tokens/#revoke-a-runner-controller-token
func (s *RunnerControllersService) RevokeToken(ctx context.Context, id, token int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, revokeRunnerControllerToken, runnerControllerPath(id, number("token id", token)), nil, opts)
}
