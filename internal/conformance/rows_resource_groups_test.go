package conformance_test

import "github.com/gitlabci/gitlabci"

var resourceGroupRows = []methodRow{
	{
		method: "ResourceGroups.List",
		args:   in(app, &gitlabci.ListResourceGroupsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list resource groups",
			route:  "GET /projects/:id/resource_groups",
			sends:  "GET /projects/group%2Fapp/resource_groups",
			query:  "page=2&per_page=50",
			answer: `[{"id":3,"key":"production","process_mode":"unordered","created_at":"2026-03-14T12:00:00Z"},{"id":4,"key":"review/app","process_mode":"random"}]`,
			fails:  gitlabci.ErrResourceGroupList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.ResourceGroup{
			{ID: 3, Key: "production", ProcessMode: gitlabci.ProcessModeUnordered, CreatedAt: noon},
			{ID: 4, Key: "review/app", ProcessMode: "random"},
		},
	},
	{
		method: "ResourceGroups.Get",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:     "get resource group",
			route:  "GET /projects/:id/resource_groups/:key",
			sends:  "GET /projects/group%2Fapp/resource_groups/review%2Fapp",
			answer: `{"id":4,"key":"review/app","process_mode":"newest_ready_first"}`,
			fails:  gitlabci.ErrResourceGroupGet,
		},
		gives: &gitlabci.ResourceGroup{ID: 4, Key: "review/app", ProcessMode: gitlabci.ProcessModeNewestReadyFirst},
	},
	{
		method: "ResourceGroups.Update",
		args:   in(app, "review/app", &gitlabci.UpdateResourceGroupOptions{ProcessMode: gitlabci.ProcessModeOldestFirst}),
		needs:  []string{"ProcessMode"},
		exchange: exchange{
			op:     "update resource group",
			route:  "PUT /projects/:id/resource_groups/:key",
			sends:  "PUT /projects/group%2Fapp/resource_groups/review%2Fapp",
			body:   `{"process_mode":"oldest_first"}`,
			answer: `{"id":4,"process_mode":"oldest_first"}`,
			fails:  gitlabci.ErrResourceGroupUpdate,
		},
		gives: &gitlabci.ResourceGroup{ID: 4, ProcessMode: gitlabci.ProcessModeOldestFirst},
	},
	{
		method: "ResourceGroups.CurrentJob",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:     "get current job of resource group",
			route:  "GET /projects/:id/resource_groups/:key/current_job",
			sends:  "GET /projects/group%2Fapp/resource_groups/review%2Fapp/current_job",
			answer: `{"id":1154,"name":"deploy","status":"running","duration":null}`,
			fails:  gitlabci.ErrJobGet,
		},
		gives: &gitlabci.Job{ID: 1154, Name: "deploy", Status: gitlabci.JobRunning},
	},
	{
		method: "ResourceGroups.CurrentJob",
		shows:  "of a group that no job holds",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:     "get current job of resource group",
			route:  "GET /projects/:id/resource_groups/:key/current_job",
			sends:  "GET /projects/group%2Fapp/resource_groups/review%2Fapp/current_job",
			answer: "null",
			fails:  gitlabci.ErrJobGet,
		},
		gives: (*gitlabci.Job)(nil),
	},
	{
		method: "ResourceGroups.UpcomingJobs",
		args:   in(app, "review/app", &gitlabci.ListUpcomingJobsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list upcoming jobs",
			route:  "GET /projects/:id/resource_groups/:key/upcoming_jobs",
			sends:  "GET /projects/group%2Fapp/resource_groups/review%2Fapp/upcoming_jobs",
			query:  "page=2&per_page=50",
			answer: `[{"id":1155,"status":"waiting_for_resource"},{"id":1156,"status":"beamed"}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Job{{ID: 1155, Status: gitlabci.JobWaitingForResource}, {ID: 1156, Status: "beamed"}},
	},
}
