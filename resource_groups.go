package gitlabci

import (
	"context"
	"time"
)

// ResourceGroupsService manages resource groups, each of which lets one of its jobs run at a time.
//
// GitLab docs: https://docs.gitlab.com/api/resource_groups/
type ResourceGroupsService service

// A ResourceGroup lets its jobs run one after the other, across pipelines. GitLab creates it with the first job that names it.
type ResourceGroup struct {
	ID          int64       `json:"id"`
	Key         string      `json:"key"` // its name in .gitlab-ci.yml
	ProcessMode ProcessMode `json:"process_mode"`
	CreatedAt   time.Time   `json:"created_at,omitzero"`
	UpdatedAt   time.Time   `json:"updated_at,omitzero"`
}

func (g *ResourceGroup) identity() identity { return byID(g.ID) }

// ProcessMode is which of the jobs that wait for a resource group is next.
type ProcessMode string

// Process modes of resource groups.
const (
	ProcessModeUnordered        ProcessMode = "unordered" // the first that is ready
	ProcessModeOldestFirst      ProcessMode = "oldest_first"
	ProcessModeNewestFirst      ProcessMode = "newest_first"
	ProcessModeNewestReadyFirst ProcessMode = "newest_ready_first"
)

// ListResourceGroupsOptions say which page of the resource groups to read.
type ListResourceGroupsOptions struct{ ListOptions }

// ListUpcomingJobsOptions say which page of the waiting jobs to read.
type ListUpcomingJobsOptions struct{ ListOptions }

// UpdateResourceGroupOptions say what to change of a resource group.
type UpdateResourceGroupOptions struct {
	ProcessMode ProcessMode `json:"process_mode"` // required
}

func (o *UpdateResourceGroupOptions) validate() error {
	return required("ProcessMode", string(o.ProcessMode))
}

var (
	listResourceGroups  = get("list resource groups", "/projects/:id/resource_groups", ErrResourceGroupList)
	getResourceGroup    = get("get resource group", "/projects/:id/resource_groups/:key", ErrResourceGroupGet)
	updateResourceGroup = put("update resource group", "/projects/:id/resource_groups/:key", ErrResourceGroupUpdate)
	getCurrentJobOf     = get("get current job of resource group", "/projects/:id/resource_groups/:key/current_job", ErrJobGet)
	listUpcomingJobs    = get("list upcoming jobs", "/projects/:id/resource_groups/:key/upcoming_jobs", ErrJobList)
)

func resourceGroupPath(project Project, key string) path {
	return path{project.name, name("resource group key", key)}
}

// List lists the resource groups of a project, the oldest first.
//
//	GET /projects/:id/resource_groups
//
// Its errors match [ErrResourceGroupList].
//
// GitLab docs: https://docs.gitlab.com/api/resource_groups/#list-all-resource-groups
func (s *ResourceGroupsService) List(ctx context.Context, project Project, options *ListResourceGroupsOptions, opts ...RequestOption) Seq[ResourceGroup] {
	return list[ResourceGroup](ctx, s.engine, listResourceGroups, path{project.name}, options, opts)
}

// Get reads a resource group.
//
//	GET /projects/:id/resource_groups/:key
//
// Its errors match [ErrResourceGroupGet], and [ErrNotFound] where there is no such resource group.
//
// GitLab docs: https://docs.gitlab.com/api/resource_groups/#retrieve-a-resource-group
func (s *ResourceGroupsService) Get(ctx context.Context, project Project, key string, opts ...RequestOption) (*ResourceGroup, error) {
	return do[ResourceGroup](ctx, s.engine, getResourceGroup, resourceGroupPath(project, key), nil, opts)
}

// Update changes the process mode of a resource group, and returns it.
//
//	PUT /projects/:id/resource_groups/:key
//
// Its errors match [ErrResourceGroupUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/resource_groups/#update-a-resource-group
func (s *ResourceGroupsService) Update(ctx context.Context, project Project, key string, options *UpdateResourceGroupOptions, opts ...RequestOption) (*ResourceGroup, error) {
	return do[ResourceGroup](ctx, s.engine, updateResourceGroup, resourceGroupPath(project, key), options, opts)
}

// CurrentJob reads the job that holds a resource group. It is nil, without an error, where none does. It needs GitLab 18.6.
//
//	GET /projects/:id/resource_groups/:key/current_job
//
// Its errors match [ErrJobGet], and [ErrNotFound] where there is no such resource group.
//
// GitLab docs: https://docs.gitlab.com/api/resource_groups/#retrieve-current-job-for-a-resource-group
func (s *ResourceGroupsService) CurrentJob(ctx context.Context, project Project, key string, opts ...RequestOption) (*Job, error) {
	return doOptional[Job](ctx, s.engine, getCurrentJobOf, resourceGroupPath(project, key), nil, opts)
}

// UpcomingJobs lists the jobs that wait for a resource group, in the order of its process mode, the next one first; in no order where that is
// [ProcessModeUnordered].
//
//	GET /projects/:id/resource_groups/:key/upcoming_jobs
//
// Its errors match [ErrJobList].
//
// GitLab docs: https://docs.gitlab.com/api/resource_groups/#list-upcoming-jobs-for-a-specific-resource-group
func (s *ResourceGroupsService) UpcomingJobs(ctx context.Context, project Project, key string, options *ListUpcomingJobsOptions, opts ...RequestOption) Seq[Job] {
	return list[Job](ctx, s.engine, listUpcomingJobs, resourceGroupPath(project, key), options, opts)
}
