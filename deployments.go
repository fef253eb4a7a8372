package gitlabci

import (
	"context"
	"errors"
	"time"
)

// DeploymentsService manages deployments to environments and their approvals.
//
// GitLab docs: https://docs.gitlab.com/api/deployments/
type DeploymentsService service

// A Deployment is one commit put onto an environment, by a job or by hand. Lists leave out the approvals; [DeploymentsService.Get] has
// them, in GitLab Premium.
type Deployment struct {
	ID          int64            `json:"id"`
	IID         int64            `json:"iid"` // counted per project
	Ref         string           `json:"ref"`
	SHA         string           `json:"sha"`
	CreatedAt   time.Time        `json:"created_at,omitzero"`
	UpdatedAt   time.Time        `json:"updated_at,omitzero"`
	Status      DeploymentStatus `json:"status"`
	User        *UserBasic       `json:"user,omitzero"` // nil where that account is gone
	Environment EnvironmentBasic `json:"environment"`
	Deployable  *Job             `json:"deployable,omitzero"` // the job that deploys; nil for one created by a call

	PendingApprovalCount int                        `json:"pending_approval_count"` // how many are still needed; 0 in lists
	Approvals            []DeploymentApproval       `json:"approvals"`
	ApprovalSummary      *DeploymentApprovalSummary `json:"approval_summary,omitzero"` // by rule; nil where there are none
}

func (d *Deployment) identity() identity { return byID(d.ID) }

// DeploymentApproval is what somebody said to a deployment that waits for approval.
type DeploymentApproval struct {
	User      UserBasic                `json:"user"`
	Status    DeploymentApprovalStatus `json:"status"`
	CreatedAt time.Time                `json:"created_at,omitzero"`
	Comment   string                   `json:"comment"`
}

func (a *DeploymentApproval) identity() identity { return byIDIn("user", a.User.ID) }

// DeploymentApprovalSummary tells how far each rule is met.
type DeploymentApprovalSummary struct {
	Rules []DeploymentApprovalRule `json:"rules"`
}

// DeploymentApprovalRule is a rule with the approvals that were given by it.
type DeploymentApprovalRule struct {
	ApprovalRule

	DeploymentApprovals []DeploymentApproval `json:"deployment_approvals"`
}

// DeploymentStatus is the state of a deployment.
type DeploymentStatus string

// States of a deployment.
const (
	DeploymentCreated  DeploymentStatus = "created"
	DeploymentRunning  DeploymentStatus = "running"
	DeploymentSuccess  DeploymentStatus = "success"
	DeploymentFailed   DeploymentStatus = "failed"
	DeploymentCanceled DeploymentStatus = "canceled"
	DeploymentSkipped  DeploymentStatus = "skipped"
	DeploymentBlocked  DeploymentStatus = "blocked" // its job waits: for approvals, or for somebody to play it
)

// DeploymentOrder is what a list of deployments is ordered by.
type DeploymentOrder string

// Orders of a list of deployments.
const (
	DeploymentOrderID         DeploymentOrder = "id"
	DeploymentOrderIID        DeploymentOrder = "iid"
	DeploymentOrderCreatedAt  DeploymentOrder = "created_at"
	DeploymentOrderUpdatedAt  DeploymentOrder = "updated_at"
	DeploymentOrderFinishedAt DeploymentOrder = "finished_at"
	DeploymentOrderRef        DeploymentOrder = "ref" // of older versions
)

// DeploymentApprovalStatus is what somebody says to a deployment.
type DeploymentApprovalStatus string

// Answers to a deployment that waits for approval.
const (
	DeploymentApprovalApproved DeploymentApprovalStatus = "approved"
	DeploymentApprovalRejected DeploymentApprovalStatus = "rejected"
)

// ListDeploymentsOptions say which deployments of a project to list. A zero field leaves none out.
type ListDeploymentsOptions struct {
	ListOptions
	Environment    string           `url:"environment,omitempty"` // its name
	Status         DeploymentStatus `url:"status,omitempty"`
	UpdatedAfter   time.Time        `url:"updated_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`   // needs OrderBy DeploymentOrderUpdatedAt
	UpdatedBefore  time.Time        `url:"updated_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`  // needs OrderBy DeploymentOrderUpdatedAt
	FinishedAfter  time.Time        `url:"finished_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`  // needs DeploymentOrderFinishedAt and Status DeploymentSuccess
	FinishedBefore time.Time        `url:"finished_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"` // needs DeploymentOrderFinishedAt and Status DeploymentSuccess
	OrderBy        DeploymentOrder  `url:"order_by,omitempty"`                                                  // by ID if empty
	Sort           Sort             `url:"sort,omitempty"`                                                      // ascending if empty
}

func (o *ListDeploymentsOptions) validate() error {
	updated := !o.UpdatedAfter.IsZero() || !o.UpdatedBefore.IsZero()
	finished := !o.FinishedAfter.IsZero() || !o.FinishedBefore.IsZero()
	switch {
	case updated && o.OrderBy != DeploymentOrderUpdatedAt:
		return errors.New("the fields UpdatedAfter and UpdatedBefore need OrderBy DeploymentOrderUpdatedAt")
	case finished && (o.OrderBy != DeploymentOrderFinishedAt || o.Status != DeploymentSuccess):
		return errors.New("the fields FinishedAfter and FinishedBefore need OrderBy DeploymentOrderFinishedAt and Status DeploymentSuccess")
	}
	return o.ListOptions.validate()
}

// CreateDeploymentOptions describe a deployment that was not made by a job.
type CreateDeploymentOptions struct {
	Environment string           `json:"environment"` // required: its name; GitLab creates it if need be
	SHA         string           `json:"sha"`         // required
	Ref         string           `json:"ref"`         // required: the branch or tag
	Tag         bool             `json:"tag"`         // whether Ref is a tag
	Status      DeploymentStatus `json:"status"`      // required: running, success, failed or canceled
}

func (o *CreateDeploymentOptions) validate() error {
	return errors.Join(required("Environment", o.Environment), required("SHA", o.SHA), required("Ref", o.Ref), required("Status", string(o.Status)))
}

// UpdateDeploymentOptions say what became of a deployment.
type UpdateDeploymentOptions struct {
	Status DeploymentStatus `json:"status"` // required: running, success, failed or canceled
}

func (o *UpdateDeploymentOptions) validate() error { return required("Status", string(o.Status)) }

// SetDeploymentApprovalOptions approve or reject a deployment.
type SetDeploymentApprovalOptions struct {
	Status        DeploymentApprovalStatus `json:"status"` // required
	Comment       string                   `json:"comment,omitzero"`
	RepresentedAs string                   `json:"represented_as,omitzero"` // the name of the user, group or role of the rule to answer for, where several fit
}

func (o *SetDeploymentApprovalOptions) validate() error { return required("Status", string(o.Status)) }

var (
	listDeployments             = get("list deployments", "/projects/:id/deployments", ErrDeploymentList)
	getDeployment               = get("get deployment", "/projects/:id/deployments/:deployment_id", ErrDeploymentGet)
	createDeployment            = post("create deployment", "/projects/:id/deployments", ErrDeploymentCreate)
	updateDeployment            = put("update deployment", "/projects/:id/deployments/:deployment_id", ErrDeploymentUpdate)
	deleteDeployment            = del("delete deployment", "/projects/:id/deployments/:deployment_id", ErrDeploymentDelete)
	setDeploymentApproval       = post("set deployment approval", "/projects/:id/deployments/:deployment_id/approval", ErrDeploymentApprovalSet)
	listDeploymentMergeRequests = get("list deployment merge requests", "/projects/:id/deployments/:deployment_id/merge_requests", ErrMergeRequestList)
)

func deploymentPath(project Project, id int64) path {
	return path{project.name, number("deployment id", id)}
}

// List lists the deployments of a project, the oldest first.
//
//	GET /projects/:id/deployments
//
// Its errors match [ErrDeploymentList].
//
// GitLab docs: https://docs.gitlab.com/api/deployments/#list-all-project-deployments
func (s *DeploymentsService) List(ctx context.Context, project Project, options *ListDeploymentsOptions, opts ...RequestOption) Seq[Deployment] {
	return list[Deployment](ctx, s.engine, listDeployments, path{project.name}, options, opts)
}

// Get reads a deployment with its approvals.
//
//	GET /projects/:id/deployments/:deployment_id
//
// Its errors match [ErrDeploymentGet], and [ErrNotFound] where there is no such deployment.
//
// GitLab docs: https://docs.gitlab.com/api/deployments/#retrieve-a-deployment
func (s *DeploymentsService) Get(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Deployment, error) {
	return do[Deployment](ctx, s.engine, getDeployment, deploymentPath(project, id), nil, opts)
}

// Create tells GitLab of a deployment that something other than a job makes or made. Where the environment's last deployment is the same,
// that one is returned. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/deployments
//
// Its errors match [ErrDeploymentCreate].
//
// GitLab docs: https://docs.gitlab.com/api/deployments/#create-a-deployment
func (s *DeploymentsService) Create(ctx context.Context, project Project, options *CreateDeploymentOptions, opts ...RequestOption) (*Deployment, error) {
	return do[Deployment](ctx, s.engine, createDeployment, path{project.name}, options, opts)
}

// Update changes the status of a deployment that [DeploymentsService.Create] created.
//
//	PUT /projects/:id/deployments/:deployment_id
//
// Its errors match [ErrDeploymentUpdate], [ErrForbidden] for the deployment of a job, and [ErrBadRequest] for a status that cannot
// follow the one it has.
//
// GitLab docs: https://docs.gitlab.com/api/deployments/#update-a-deployment
func (s *DeploymentsService) Update(ctx context.Context, project Project, id int64, options *UpdateDeploymentOptions, opts ...RequestOption) (*Deployment, error) {
	return do[Deployment](ctx, s.engine, updateDeployment, deploymentPath(project, id), options, opts)
}

// Delete deletes a deployment that neither runs nor is the last one of its environment.
//
//	DELETE /projects/:id/deployments/:deployment_id
//
// Its errors match [ErrDeploymentDelete], and [ErrBadRequest] where it runs or is the last one.
//
// GitLab docs: https://docs.gitlab.com/api/deployments/#delete-a-deployment
func (s *DeploymentsService) Delete(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteDeployment, deploymentPath(project, id), nil, opts)
}

// SetApproval approves or rejects a deployment whose PendingApprovalCount is not 0, and returns the approval. After the last approval
// somebody has to play the job; a rejection fails it. Whoever started a deployment may reject it, but by default not approve it. It needs
// GitLab Premium. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/deployments/:deployment_id/approval
//
// Its errors match [ErrDeploymentApprovalSet], and [ErrBadRequest] where the deployment waits for no approval, or not for the caller's.
//
// GitLab docs: https://docs.gitlab.com/api/deployments/#approve-or-reject-a-deployment
func (s *DeploymentsService) SetApproval(ctx context.Context, project Project, id int64, options *SetDeploymentApprovalOptions, opts ...RequestOption) (*DeploymentApproval, error) {
	return do[DeploymentApproval](ctx, s.engine, setDeploymentApproval, deploymentPath(project, id), options, opts)
}

// MergeRequests lists the merge requests that a deployment brought to its environment. Only a successful one has any, and in an
// environment with a slash in its name only one whose tier is production or staging.
//
//	GET /projects/:id/deployments/:deployment_id/merge_requests
//
// Its errors match [ErrMergeRequestList].
//
// GitLab docs: https://docs.gitlab.com/api/deployments/#list-all-merge-requests-associated-with-a-deployment
func (s *DeploymentsService) MergeRequests(ctx context.Context, project Project, id int64, options *ListMergeRequestsOptions, opts ...RequestOption) Seq[MergeRequest] {
	return list[MergeRequest](ctx, s.engine, listDeploymentMergeRequests, deploymentPath(project, id), options, opts)
}
