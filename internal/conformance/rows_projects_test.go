package conformance_test

import "github.com/gitlabci/gitlabci"

var projectRows = []methodRow{
	{
		method: "Projects.List",
		args: in(&gitlabci.ListProjectsOptions{
			ListOptions:       pageTwo,
			Membership:        true,
			MinAccessLevel:    gitlabci.AccessMaintainer,
			Search:            "app",
			Archived:          new(false),
			LastActivityAfter: noon,
		}),
		exchange: exchange{
			op:    "list projects",
			route: "GET /projects",
			sends: "GET /projects",
			query: "page=2&per_page=50&order_by=id&membership=true&min_access_level=40&search=app&archived=false&last_activity_after=2026-03-14T12:00:00Z",
			answer: `[{"id":3,"path_with_namespace":"group/app","default_branch":"main","archived":true,"empty_repo":false,"builds_access_level":"enabled",
				"last_activity_at":"2026-03-14T12:00:00Z","issues_enabled":true}]`,
			fails: gitlabci.ErrProjectList,
		},
		nilQuery: "pagination=keyset&order_by=id&sort=desc&per_page=100",
		gives: []*gitlabci.ProjectDetails{{
			ProjectBasic: gitlabci.ProjectBasic{ID: 3, PathWithNamespace: "group/app", DefaultBranch: "main", LastActivityAt: noon},
			Archived:     true, BuildsAccessLevel: gitlabci.FeatureAccessEnabled,
		}},
	},
	{
		method: "Projects.Get",
		args:   in(app),
		exchange: exchange{
			op:    "get project",
			route: "GET /projects/:id",
			sends: "GET /projects/group%2Fapp",
			answer: `{"id":3,"path_with_namespace":"group/app","default_branch":null,"empty_repo":true,
				"namespace":{"id":2,"kind":"group","full_path":"group","parent_id":null}}`,
			fails: gitlabci.ErrProjectGet,
		},
		gives: &gitlabci.ProjectDetails{
			ProjectBasic: gitlabci.ProjectBasic{
				ID: 3, PathWithNamespace: "group/app", Namespace: gitlabci.Namespace{ID: 2, Kind: "group", FullPath: "group"},
			},
			EmptyRepo: true,
		},
	},
}
