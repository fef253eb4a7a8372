package gitlabci

import (
	"context"
	"time"
)

// ProjectsService lists projects and reads them. It is as much of GitLab's projects API as CI/CD scripts need, and no full coverage of it:
// [Client.Do] and [List] reach the rest. What of a project's settings is about CI/CD is in [ProjectSettingsService].
//
// GitLab docs: https://docs.gitlab.com/api/projects/
type ProjectsService service

// ProjectDetails is a project, as much of it as CI/CD scripts need: GitLab tells more.
type ProjectDetails struct {
	ProjectBasic

	Archived          bool          `json:"archived"`
	EmptyRepo         bool          `json:"empty_repo"`
	BuildsAccessLevel FeatureAccess `json:"builds_access_level"` // to pipelines and jobs; empty where GitLab does not say
}

// ListProjectsOptions say which projects to list. A zero field leaves none out.
type ListProjectsOptions struct {
	ListOptions
	Membership        bool        `url:"membership,omitempty"`       // only those that the caller is a member of
	MinAccessLevel    AccessLevel `url:"min_access_level,omitempty"` // the caller's least role
	Search            string      `url:"search,omitempty"`           // part of the name, path or description
	Archived          *bool       `url:"archived,omitempty"`
	LastActivityAfter time.Time   `url:"last_activity_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
}

var (
	listProjects = get("list projects", "/projects", ErrProjectList).keysetBy("id")
	getProject   = get("get project", "/projects/:id", ErrProjectGet)
)

// List lists the projects that the caller can see, the newest first. All public ones are among them, which on GitLab.com are millions:
// Membership and MinAccessLevel leave those out.
//
//	GET /projects
//
// Its errors match [ErrProjectList].
//
// GitLab docs: https://docs.gitlab.com/api/projects/#list-all-projects
func (s *ProjectsService) List(ctx context.Context, options *ListProjectsOptions, opts ...RequestOption) Seq[ProjectDetails] {
	return list[ProjectDetails](ctx, s.engine, listProjects, nil, options, opts)
}

// Get reads a project.
//
//	GET /projects/:id
//
// Its errors match [ErrProjectGet], and [ErrNotFound] where there is no such project, or the caller cannot see it.
//
// GitLab docs: https://docs.gitlab.com/api/projects/#retrieve-a-project
func (s *ProjectsService) Get(ctx context.Context, project Project, opts ...RequestOption) (*ProjectDetails, error) {
	return do[ProjectDetails](ctx, s.engine, getProject, path{project.name}, nil, opts)
}
