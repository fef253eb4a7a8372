package gitlabci

import (
	"context"
	"errors"
	"fmt"
)

// ProtectedEnvironmentsService manages who may deploy to environments: to those of a project by name, to those of all projects of a group
// by tier. It needs GitLab Premium.
//
// GitLab docs: https://docs.gitlab.com/api/protected_environments/ and https://docs.gitlab.com/api/group_protected_environments/
type ProtectedEnvironmentsService service

// A ProtectedEnvironment says who may deploy to an environment, and who has to approve.
type ProtectedEnvironment struct {
	Name                  string              `json:"name"` // in a group the tier
	DeployAccessLevels    []DeployAccessLevel `json:"deploy_access_levels"`
	RequiredApprovalCount int                 `json:"required_approval_count"` // deprecated by GitLab for ApprovalRules
	ApprovalRules         []ApprovalRule      `json:"approval_rules"`
}

func (e *ProtectedEnvironment) identity() identity { return byText("name", e.Name) }

// DeployAccessLevel is somebody who may deploy: a user, the members of a group, everybody of a role, or a deploy key. The ids that do not
// apply are 0.
type DeployAccessLevel struct {
	ID                     int64                `json:"id"`
	AccessLevel            AccessLevel          `json:"access_level"`
	AccessLevelDescription string               `json:"access_level_description"` // as in "Maintainers"
	UserID                 int64                `json:"user_id"`
	GroupID                int64                `json:"group_id"`
	DeployKeyID            int64                `json:"deploy_key_id"`
	MemberRoleID           int64                `json:"member_role_id"`
	MemberRoleName         string               `json:"member_role_name"`
	GroupInheritanceType   GroupInheritanceType `json:"group_inheritance_type"`
}

// ApprovalRule is somebody who has to approve a deployment: a user, members of a group, or somebody of a role. The ids that do not apply
// are 0.
type ApprovalRule struct {
	ID                     int64                `json:"id"`
	AccessLevel            AccessLevel          `json:"access_level"`
	AccessLevelDescription string               `json:"access_level_description"` // as in "qa-group"
	UserID                 int64                `json:"user_id"`
	GroupID                int64                `json:"group_id"`
	RequiredApprovals      int                  `json:"required_approvals"`
	GroupInheritanceType   GroupInheritanceType `json:"group_inheritance_type"`
}

// GroupInheritanceType is which members of a group are meant.
type GroupInheritanceType int

// Members of a group.
const (
	GroupInheritanceDirect    GroupInheritanceType = 0 // its own
	GroupInheritanceInherited GroupInheritanceType = 1 // also those of its parent groups
)

// ListProtectedEnvironmentsOptions say which page of the protected environments to read.
type ListProtectedEnvironmentsOptions struct{ ListOptions }

// DeployAccessLevelOptions name somebody who may deploy: one of AccessLevel, UserID and GroupID. In an update, ID says which level to
// change, or with Destroy to take away; without it, one is added.
type DeployAccessLevelOptions struct {
	ID                   int64                 `json:"id,omitzero"`
	AccessLevel          AccessLevel           `json:"access_level,omitzero"`
	UserID               int64                 `json:"user_id,omitzero"`
	GroupID              int64                 `json:"group_id,omitzero"`
	GroupInheritanceType *GroupInheritanceType `json:"group_inheritance_type,omitzero"` // of a group; direct if nil
	Destroy              bool                  `json:"_destroy,omitzero"`
}

// ApprovalRuleOptions name somebody who has to approve: one of AccessLevel, UserID and GroupID. In an update, ID says which rule to change,
// or with Destroy to take away; without it, one is added.
type ApprovalRuleOptions struct {
	ID                   int64                 `json:"id,omitzero"`
	AccessLevel          AccessLevel           `json:"access_level,omitzero"`
	UserID               int64                 `json:"user_id,omitzero"`
	GroupID              int64                 `json:"group_id,omitzero"`
	RequiredApprovals    int                   `json:"required_approvals,omitzero"`     // 1 if 0
	GroupInheritanceType *GroupInheritanceType `json:"group_inheritance_type,omitzero"` // of a group; direct if nil
	Destroy              bool                  `json:"_destroy,omitzero"`
}

// CreateProtectedEnvironmentOptions describe a protection.
type CreateProtectedEnvironmentOptions struct {
	Name                  string                     `json:"name"`                 // required: an environment's name, in a group a tier
	DeployAccessLevels    []DeployAccessLevelOptions `json:"deploy_access_levels"` // required
	ApprovalRules         []ApprovalRuleOptions      `json:"approval_rules,omitzero"`
	RequiredApprovalCount *int                       `json:"required_approval_count,omitzero"` // deprecated by GitLab for ApprovalRules
}

func (o *CreateProtectedEnvironmentOptions) validate() error {
	if len(o.DeployAccessLevels) == 0 {
		return errors.Join(required("Name", o.Name), missing("DeployAccessLevels"))
	}
	return errors.Join(required("Name", o.Name), checkAccess(o.DeployAccessLevels, o.ApprovalRules, true))
}

// UpdateProtectedEnvironmentOptions say what to change of a protection. Levels and rules that are not among these stay as they are; at
// least one has to be among them.
type UpdateProtectedEnvironmentOptions struct {
	DeployAccessLevels    []DeployAccessLevelOptions `json:"deploy_access_levels,omitzero"`
	ApprovalRules         []ApprovalRuleOptions      `json:"approval_rules,omitzero"`
	RequiredApprovalCount *int                       `json:"required_approval_count,omitzero"` // deprecated by GitLab for ApprovalRules
}

func (o *UpdateProtectedEnvironmentOptions) validate() error {
	return errors.Join(requireChange(o), checkAccess(o.DeployAccessLevels, o.ApprovalRules, false))
}

// checkAccess refuses levels and rules that name nobody or several, or of which there is nothing yet to change.
func checkAccess(levels []DeployAccessLevelOptions, rules []ApprovalRuleOptions, areNew bool) error {
	check := func(what string, i int, id int64, destroy bool, named ...bool) error {
		n := 0
		for _, isNamed := range named {
			if isNamed {
				n++
			}
		}
		switch {
		case areNew && (id != 0 || destroy):
			return fmt.Errorf("%s %d is new: it has no ID", what, i)
		case destroy && id == 0:
			return fmt.Errorf("%s %d is to be taken away, but has no ID", what, i)
		case n > 1:
			return fmt.Errorf("%s %d names more than one of AccessLevel, UserID and GroupID", what, i)
		case id == 0 && n == 0:
			return fmt.Errorf("%s %d names nobody", what, i)
		}
		return nil
	}
	for i, l := range levels {
		if err := check("deploy access level", i, l.ID, l.Destroy, l.AccessLevel != 0, l.UserID != 0, l.GroupID != 0); err != nil {
			return err
		}
	}
	for i, r := range rules {
		if err := check("approval rule", i, r.ID, r.Destroy, r.AccessLevel != 0, r.UserID != 0, r.GroupID != 0); err != nil {
			return err
		}
	}
	return nil
}

var (
	listProtectedEnvironments  = inScopes(get, "list protected environments", ErrProtectedEnvironmentList, "/projects/:id/protected_environments", "/groups/:id/protected_environments", "")
	getProtectedEnvironment    = inScopes(get, "get protected environment", ErrProtectedEnvironmentGet, "/projects/:id/protected_environments/:name", "/groups/:id/protected_environments/:name", "")
	createProtectedEnvironment = inScopes(post, "create protected environment", ErrProtectedEnvironmentCreate, "/projects/:id/protected_environments", "/groups/:id/protected_environments", "")
	updateProtectedEnvironment = inScopes(put, "update protected environment", ErrProtectedEnvironmentUpdate, "/projects/:id/protected_environments/:name", "/groups/:id/protected_environments/:name", "").once()
	deleteProtectedEnvironment = inScopes(del, "delete protected environment", ErrProtectedEnvironmentDelete, "/projects/:id/protected_environments/:name", "/groups/:id/protected_environments/:name", "")
)

// List lists the protected environments of a project or group. [Instance] has none and is [ErrInvalidArgument], as in all calls of this
// service.
//
//	GET /projects/:id/protected_environments
//	GET /groups/:id/protected_environments
//
// Its errors match [ErrProtectedEnvironmentList].
//
// GitLab docs: https://docs.gitlab.com/api/protected_environments/#list-protected-environments
func (s *ProtectedEnvironmentsService) List(ctx context.Context, scope Scope, options *ListProtectedEnvironmentsOptions, opts ...RequestOption) Seq[ProtectedEnvironment] {
	return list[ProtectedEnvironment](ctx, s.engine, listProtectedEnvironments.in(scope), scopePath(scope), options, opts)
}

// Get reads a protected environment.
//
//	GET /projects/:id/protected_environments/:name
//	GET /groups/:id/protected_environments/:name
//
// Its errors match [ErrProtectedEnvironmentGet], and [ErrNotFound] where no environment of that name is protected.
//
// GitLab docs: https://docs.gitlab.com/api/protected_environments/#get-a-single-protected-environment
func (s *ProtectedEnvironmentsService) Get(ctx context.Context, scope Scope, environment string, opts ...RequestOption) (*ProtectedEnvironment, error) {
	return do[ProtectedEnvironment](ctx, s.engine, getProtectedEnvironment.in(scope), scopePath(scope, name("environment name", environment)), nil, opts)
}

// Create protects an environment, which need not exist yet. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/protected_environments
//	POST /groups/:id/protected_environments
//
// Its errors match [ErrProtectedEnvironmentCreate], [ErrConflict] where it is protected already, and [ErrUnprocessable] where
// somebody who is named may not deploy.
//
// GitLab docs: https://docs.gitlab.com/api/protected_environments/#protect-a-single-environment
func (s *ProtectedEnvironmentsService) Create(ctx context.Context, scope Scope, options *CreateProtectedEnvironmentOptions, opts ...RequestOption) (*ProtectedEnvironment, error) {
	return do[ProtectedEnvironment](ctx, s.engine, createProtectedEnvironment.in(scope), scopePath(scope), options, opts)
}

// Update changes who may deploy to an environment and who has to approve, and returns it. It is never sent twice, unlike other updates: a
// level or rule without ID would be added twice; see [ErrOutcomeUnknown].
//
//	PUT /projects/:id/protected_environments/:name
//	PUT /groups/:id/protected_environments/:name
//
// Its errors match [ErrProtectedEnvironmentUpdate], and [ErrUnprocessable] where somebody who is named may not deploy.
//
// GitLab docs: https://docs.gitlab.com/api/protected_environments/#update-a-protected-environment
func (s *ProtectedEnvironmentsService) Update(ctx context.Context, scope Scope, environment string, options *UpdateProtectedEnvironmentOptions, opts ...RequestOption) (*ProtectedEnvironment, error) {
	return do[ProtectedEnvironment](ctx, s.engine, updateProtectedEnvironment.in(scope), scopePath(scope, name("environment name", environment)), options, opts)
}

// Delete takes the protection from an environment, which stays.
//
//	DELETE /projects/:id/protected_environments/:name
//	DELETE /groups/:id/protected_environments/:name
//
// Its errors match [ErrProtectedEnvironmentDelete].
//
// GitLab docs: https://docs.gitlab.com/api/protected_environments/#unprotect-a-single-environment
func (s *ProtectedEnvironmentsService) Delete(ctx context.Context, scope Scope, environment string, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteProtectedEnvironment.in(scope), scopePath(scope, name("environment name", environment)), nil, opts)
}
