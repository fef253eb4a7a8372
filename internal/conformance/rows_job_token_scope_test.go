package conformance_test

import "github.com/gitlabci/gitlabci"

var jobTokenScopeRows = []methodRow{
	{
		method: "JobTokenScope.Get",
		args:   in(app),
		exchange: exchange{
			op:     "get job token scope",
			route:  "GET /projects/:id/job_token_scope",
			sends:  "GET /projects/group%2Fapp/job_token_scope",
			answer: `{"inbound_enabled":true,"outbound_enabled":false}`,
			fails:  gitlabci.ErrJobTokenScopeGet,
		},
		gives: &gitlabci.JobTokenScope{InboundEnabled: true},
	},
	{
		method: "JobTokenScope.Update",
		args:   in(app, &gitlabci.UpdateJobTokenScopeOptions{Enabled: new(false)}),
		needs:  []string{"Enabled"},
		exchange: exchange{
			op:     "update job token scope",
			route:  "PATCH /projects/:id/job_token_scope",
			sends:  "PATCH /projects/group%2Fapp/job_token_scope",
			body:   `{"enabled":false}`,
			status: 204,
			fails:  gitlabci.ErrJobTokenScopeUpdate,
		},
	},
	{
		method: "JobTokenScope.Projects",
		args:   in(app, &gitlabci.ListAllowlistOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:    "list allowlist projects",
			route: "GET /projects/:id/job_token_scope/allowlist",
			sends: "GET /projects/group%2Fapp/job_token_scope/allowlist",
			query: "page=2&per_page=50",
			answer: `[{"id":4,"description":null,"path_with_namespace":"group/lib","created_at":"2026-03-14T12:00:00.000Z","topics":["go"],
				"namespace":{"id":9,"kind":"group"},"visibility":"secret"}]`,
			fails: gitlabci.ErrAllowlistList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.ProjectBasic{{
			ID: 4, PathWithNamespace: "group/lib", CreatedAt: noon, Topics: []string{"go"}, Namespace: gitlabci.Namespace{ID: 9, Kind: "group"}, Visibility: "secret",
		}},
	},
	{
		method: "JobTokenScope.AddProject",
		args:   in(gitlabci.ProjectID(42), int64(7)),
		exchange: exchange{
			op:     "add project to allowlist",
			route:  "POST /projects/:id/job_token_scope/allowlist",
			sends:  "POST /projects/42/job_token_scope/allowlist",
			body:   `{"target_project_id":7}`,
			status: 201,
			answer: `{"source_project_id":42,"target_project_id":7}`,
			fails:  gitlabci.ErrAllowlistAdd,
		},
		gives: &gitlabci.ProjectScopeLink{SourceProjectID: 42, TargetProjectID: 7},
	},
	{
		method: "JobTokenScope.RemoveProject",
		args:   in(gitlabci.ProjectID(42), int64(7)),
		exchange: exchange{
			op:     "remove project from allowlist",
			route:  "DELETE /projects/:id/job_token_scope/allowlist/:target_project_id",
			sends:  "DELETE /projects/42/job_token_scope/allowlist/7",
			status: 204,
			fails:  gitlabci.ErrAllowlistRemove,
		},
	},
	{
		method: "JobTokenScope.Groups",
		args:   in(app, &gitlabci.ListAllowlistOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list allowlist groups",
			route:  "GET /projects/:id/job_token_scope/groups_allowlist",
			sends:  "GET /projects/group%2Fapp/job_token_scope/groups_allowlist",
			query:  "page=2&per_page=50",
			answer: `[{"id":4,"web_url":"https://gitlab.example.com/groups/diaspora","name":"diaspora"},{"id":5,"name":null}]`,
			fails:  gitlabci.ErrAllowlistList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.GroupBasic{{ID: 4, Name: "diaspora", WebURL: "https://gitlab.example.com/groups/diaspora"}, {ID: 5}},
	},
	{
		method: "JobTokenScope.AddGroup",
		args:   in(gitlabci.ProjectID(42), int64(9)),
		exchange: exchange{
			op:     "add group to allowlist",
			route:  "POST /projects/:id/job_token_scope/groups_allowlist",
			sends:  "POST /projects/42/job_token_scope/groups_allowlist",
			body:   `{"target_group_id":9}`,
			status: 201,
			answer: `{"source_project_id":42,"target_group_id":9}`,
			fails:  gitlabci.ErrAllowlistAdd,
		},
		gives: &gitlabci.GroupScopeLink{SourceProjectID: 42, TargetGroupID: 9},
	},
	{
		method: "JobTokenScope.RemoveGroup",
		args:   in(gitlabci.ProjectID(42), int64(9)),
		exchange: exchange{
			op:     "remove group from allowlist",
			route:  "DELETE /projects/:id/job_token_scope/groups_allowlist/:target_group_id",
			sends:  "DELETE /projects/42/job_token_scope/groups_allowlist/9",
			status: 204,
			fails:  gitlabci.ErrAllowlistRemove,
		},
	},
}
