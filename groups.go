package gitlabci

import (
	"context"
	"time"
)

// GroupsService lists groups with what is in them, and reads them. It is as much of GitLab's groups API as CI/CD scripts need, and no full
// coverage of it: [Client.Do] and [List] reach the rest.
//
// GitLab docs: https://docs.gitlab.com/api/groups/
type GroupsService service

// GroupDetails is a group, as much of it as CI/CD scripts need: GitLab tells more.
type GroupDetails struct {
	GroupBasic

	Path        string    `json:"path"`      // as in "sub"
	FullPath    string    `json:"full_path"` // as in "group/sub"
	FullName    string    `json:"full_name"`
	Description string    `json:"description"`
	Visibility  string    `json:"visibility"`
	ParentID    int64     `json:"parent_id"` // 0 at the top
	CreatedAt   time.Time `json:"created_at,omitzero"`
}

// ListGroupsOptions say which groups to list. A zero field leaves none out, but for AllAvailable.
type ListGroupsOptions struct {
	ListOptions
	AllAvailable   *bool       `url:"all_available,omitempty"`    // also those that the caller is no member of; if nil, for administrators alone
	MinAccessLevel AccessLevel `url:"min_access_level,omitempty"` // the caller's least role
	Search         string      `url:"search,omitempty"`           // part of the name or path
	TopLevelOnly   bool        `url:"top_level_only,omitempty"`
}

// ListSubgroupsOptions say which of the groups in a group to list. A zero field leaves none out, but for AllAvailable.
type ListSubgroupsOptions struct {
	ListOptions
	AllAvailable   *bool       `url:"all_available,omitempty"`    // also those that the caller is no member of; if nil, for administrators alone
	MinAccessLevel AccessLevel `url:"min_access_level,omitempty"` // the caller's least role
	Search         string      `url:"search,omitempty"`           // part of the name or path
}

// ListGroupProjectsOptions say which projects of a group to list. A zero field leaves none out, but for IncludeSubgroups.
type ListGroupProjectsOptions struct {
	ListOptions
	IncludeSubgroups bool        `url:"include_subgroups,omitempty"`
	WithShared       *bool       `url:"with_shared,omitempty"`      // those of elsewhere that are shared with the group; true if nil
	MinAccessLevel   AccessLevel `url:"min_access_level,omitempty"` // the caller's least role
	Search           string      `url:"search,omitempty"`           // part of the name, path or description
	Archived         *bool       `url:"archived,omitempty"`
}

// groupQuery keeps GitLab from sending the first hundred projects of a group with it.
type groupQuery struct {
	WithProjects bool `url:"with_projects"`
}

var (
	listGroups           = get("list groups", "/groups", ErrGroupList)
	getGroup             = get("get group", "/groups/:id", ErrGroupGet)
	listSubgroups        = get("list subgroups", "/groups/:id/subgroups", ErrGroupList)
	listDescendantGroups = get("list descendant groups", "/groups/:id/descendant_groups", ErrGroupList)
	listGroupProjects    = get("list group projects", "/groups/:id/projects", ErrProjectList)
)

// List lists groups, by name.
//
//	GET /groups
//
// Its errors match [ErrGroupList].
//
// GitLab docs: https://docs.gitlab.com/api/groups/
func (s *GroupsService) List(ctx context.Context, options *ListGroupsOptions, opts ...RequestOption) Seq[GroupDetails] {
	return list[GroupDetails](ctx, s.engine, listGroups, nil, options, opts)
}

// Get reads a group.
//
//	GET /groups/:id
//
// Its errors match [ErrGroupGet], and [ErrNotFound] where there is no such group, or the caller cannot see it.
//
// GitLab docs: https://docs.gitlab.com/api/groups/
func (s *GroupsService) Get(ctx context.Context, group Group, opts ...RequestOption) (*GroupDetails, error) {
	return do[GroupDetails](ctx, s.engine, getGroup, path{group.name}, new(groupQuery), opts)
}

// Subgroups lists the groups that are directly in a group, by name.
//
//	GET /groups/:id/subgroups
//
// Its errors match [ErrGroupList].
//
// GitLab docs: https://docs.gitlab.com/api/groups/#list-subgroups
func (s *GroupsService) Subgroups(ctx context.Context, group Group, options *ListSubgroupsOptions, opts ...RequestOption) Seq[GroupDetails] {
	return list[GroupDetails](ctx, s.engine, listSubgroups, path{group.name}, options, opts)
}

// Descendants lists the groups that are anywhere in a group, by name.
//
//	GET /groups/:id/descendant_groups
//
// Its errors match [ErrGroupList].
//
// GitLab docs: https://docs.gitlab.com/api/groups/#list-descendant-groups
func (s *GroupsService) Descendants(ctx context.Context, group Group, options *ListSubgroupsOptions, opts ...RequestOption) Seq[GroupDetails] {
	return list[GroupDetails](ctx, s.engine, listDescendantGroups, path{group.name}, options, opts)
}

// Projects lists the projects of a group, the newest first.
//
//	GET /groups/:id/projects
//
// Its errors match [ErrProjectList].
//
// GitLab docs: https://docs.gitlab.com/api/groups/
func (s *GroupsService) Projects(ctx context.Context, group Group, options *ListGroupProjectsOptions, opts ...RequestOption) Seq[ProjectDetails] {
	return list[ProjectDetails](ctx, s.engine, listGroupProjects, path{group.name}, options, opts)
}
