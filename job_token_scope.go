package gitlabci

import (
	"context"
)

// JobTokenScopeService manages from where job tokens may reach a project: which projects and groups are on its allowlist.
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/
type JobTokenScopeService service

// JobTokenScope says how far job tokens reach.
type JobTokenScope struct {
	InboundEnabled  bool `json:"inbound_enabled"`  // only job tokens of what is on the allowlist may reach this project
	OutboundEnabled bool `json:"outbound_enabled"` // deprecated by GitLab: the project's own job tokens reach certain projects only
}

func (*JobTokenScope) identity() identity { return byMembers("inbound_enabled outbound_enabled") }

// ProjectScopeLink says that the job tokens of one project may reach another.
type ProjectScopeLink struct {
	SourceProjectID int64 `json:"source_project_id"` // that has the allowlist
	TargetProjectID int64 `json:"target_project_id"` // that is on it
}

func (l *ProjectScopeLink) identity() identity { return byIDIn("target_project_id", l.TargetProjectID) }

// GroupScopeLink says that the job tokens of the projects of a group may reach a project.
type GroupScopeLink struct {
	SourceProjectID int64 `json:"source_project_id"` // that has the allowlist
	TargetGroupID   int64 `json:"target_group_id"`   // that is on it
}

func (l *GroupScopeLink) identity() identity { return byIDIn("target_group_id", l.TargetGroupID) }

// UpdateJobTokenScopeOptions say how far job tokens reach.
type UpdateJobTokenScopeOptions struct {
	Enabled *bool `json:"enabled,omitzero"` // required: whether the allowlist counts; if false, job tokens of all projects may reach this one
}

func (o *UpdateJobTokenScopeOptions) validate() error {
	if o.Enabled == nil {
		return missing("Enabled")
	}
	return nil
}

// ListAllowlistOptions say which page of an allowlist to read.
type ListAllowlistOptions struct{ ListOptions }

// Bodies of the calls that take ids as arguments.
type (
	targetProjectBody struct {
		TargetProjectID int64 `json:"target_project_id"`
	}
	targetGroupBody struct {
		TargetGroupID int64 `json:"target_group_id"`
	}
)

func (b *targetProjectBody) validate() error {
	return number("target project id", b.TargetProjectID).check()
}
func (b *targetGroupBody) validate() error { return number("target group id", b.TargetGroupID).check() }

var (
	getJobTokenScope           = get("get job token scope", "/projects/:id/job_token_scope", ErrJobTokenScopeGet)
	updateJobTokenScope        = patch("update job token scope", "/projects/:id/job_token_scope", ErrJobTokenScopeUpdate).repeats()
	listAllowlistProjects      = get("list allowlist projects", "/projects/:id/job_token_scope/allowlist", ErrAllowlistList)
	addProjectToAllowlist      = post("add project to allowlist", "/projects/:id/job_token_scope/allowlist", ErrAllowlistAdd)
	removeProjectFromAllowlist = del("remove project from allowlist", "/projects/:id/job_token_scope/allowlist/:target_project_id", ErrAllowlistRemove)
	listAllowlistGroups        = get("list allowlist groups", "/projects/:id/job_token_scope/groups_allowlist", ErrAllowlistList)
	addGroupToAllowlist        = post("add group to allowlist", "/projects/:id/job_token_scope/groups_allowlist", ErrAllowlistAdd)
	removeGroupFromAllowlist   = del("remove group from allowlist", "/projects/:id/job_token_scope/groups_allowlist/:target_group_id", ErrAllowlistRemove)
)

// Get reads how far job tokens reach.
//
//	GET /projects/:id/job_token_scope
//
// Its errors match [ErrJobTokenScopeGet].
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/#retrieve-the-cicd-job-token-access-settings-for-a-project
func (s *JobTokenScopeService) Get(ctx context.Context, project Project, opts ...RequestOption) (*JobTokenScope, error) {
	return do[JobTokenScope](ctx, s.engine, getJobTokenScope, path{project.name}, nil, opts)
}

// Update switches on or off whether the project's allowlist is enforced.
//
//	PATCH /projects/:id/job_token_scope
//
// Its errors match [ErrJobTokenScopeUpdate], and [ErrBadRequest] where the instance enforces allowlists.
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/#update-the-cicd-job-token-access-settings-for-a-project
func (s *JobTokenScopeService) Update(ctx context.Context, project Project, options *UpdateJobTokenScopeOptions, opts ...RequestOption) error {
	return exec(ctx, s.engine, updateJobTokenScope, path{project.name}, options, opts)
}

// Projects lists the projects on a project's allowlist, itself among them.
//
//	GET /projects/:id/job_token_scope/allowlist
//
// Its errors match [ErrAllowlistList].
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/#list-all-projects-in-a-cicd-job-token-allowlist
func (s *JobTokenScopeService) Projects(ctx context.Context, project Project, options *ListAllowlistOptions, opts ...RequestOption) Seq[ProjectBasic] {
	return list[ProjectBasic](ctx, s.engine, listAllowlistProjects, path{project.name}, options, opts)
}

// AddProject puts a project on a project's allowlist. The project with the allowlist has to be a [ProjectID]: GitLab takes
// no path here. It is never sent twice:
// see [ErrOutcomeUnknown].
//
//	POST /projects/:id/job_token_scope/allowlist
//
// Its errors match [ErrAllowlistAdd], [ErrNotFound] where there is no such target, and [ErrBadRequest] where it is on the list
// already.
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/#add-a-project-to-a-cicd-job-token-allowlist
func (s *JobTokenScopeService) AddProject(ctx context.Context, project Project, target int64, opts ...RequestOption) (*ProjectScopeLink, error) {
	return do[ProjectScopeLink](ctx, s.engine, addProjectToAllowlist, path{project.byID()}, &targetProjectBody{target}, opts)
}

// RemoveProject takes a project from a project's allowlist. The project with the allowlist has to be a [ProjectID]: GitLab takes
// no path here.
//
//	DELETE /projects/:id/job_token_scope/allowlist/:target_project_id
//
// Its errors match [ErrAllowlistRemove], and [ErrBadRequest] where it is not on the list.
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/#delete-a-project-from-a-cicd-job-token-allowlist
func (s *JobTokenScopeService) RemoveProject(ctx context.Context, project Project, target int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, removeProjectFromAllowlist, path{project.byID(), number("target project id", target)}, nil, opts)
}

// Groups lists the groups on a project's allowlist.
//
//	GET /projects/:id/job_token_scope/groups_allowlist
//
// Its errors match [ErrAllowlistList].
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/#list-all-groups-in-a-cicd-job-token-allowlist
func (s *JobTokenScopeService) Groups(ctx context.Context, project Project, options *ListAllowlistOptions, opts ...RequestOption) Seq[GroupBasic] {
	return list[GroupBasic](ctx, s.engine, listAllowlistGroups, path{project.name}, options, opts)
}

// AddGroup puts a group on a project's allowlist. The project with the allowlist has to be a [ProjectID]: GitLab takes
// no path here. It is never sent twice: see
// [ErrOutcomeUnknown].
//
//	POST /projects/:id/job_token_scope/groups_allowlist
//
// Its errors match [ErrAllowlistAdd], [ErrNotFound] where there is no such target, and [ErrBadRequest] where it is on the list
// already.
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/#add-a-group-to-a-cicd-job-token-allowlist
func (s *JobTokenScopeService) AddGroup(ctx context.Context, project Project, target int64, opts ...RequestOption) (*GroupScopeLink, error) {
	return do[GroupScopeLink](ctx, s.engine, addGroupToAllowlist, path{project.byID()}, &targetGroupBody{target}, opts)
}

// RemoveGroup takes a group from a project's allowlist. The project with the allowlist has to be a [ProjectID]: GitLab takes
// no path here.
//
//	DELETE /projects/:id/job_token_scope/groups_allowlist/:target_group_id
//
// Its errors match [ErrAllowlistRemove], and [ErrBadRequest] where it is not on the list.
//
// GitLab docs: https://docs.gitlab.com/api/project_job_token_scopes/#delete-a-group-from-a-cicd-job-token-allowlist
func (s *JobTokenScopeService) RemoveGroup(ctx context.Context, project Project, target int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, removeGroupFromAllowlist, path{project.byID(), number("target group id", target)}, nil, opts)
}
