package gitlabci_test

import (
	"github.com/gitlabci/gitlabci"
)

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

var groupRows = []methodRow{
	{
		method: "Groups.List",
		args: in(&gitlabci.ListGroupsOptions{
			ListOptions: pageTwo, AllAvailable: new(false), MinAccessLevel: gitlabci.AccessOwner, Search: "gro", TopLevelOnly: true,
		}),
		exchange: exchange{
			op:     "list groups",
			route:  "GET /groups",
			sends:  "GET /groups",
			query:  "page=2&per_page=50&all_available=false&min_access_level=50&search=gro&top_level_only=true",
			answer: `[{"id":2,"name":"Group","path":"group","full_path":"group","parent_id":null,"visibility":"private"}]`,
			fails:  gitlabci.ErrGroupList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.GroupDetails{{
			GroupBasic: gitlabci.GroupBasic{ID: 2, Name: "Group"}, Path: "group", FullPath: "group", Visibility: "private",
		}},
	},
	{
		method: "Groups.Get",
		args:   in(group),
		exchange: exchange{
			op:     "get group",
			route:  "GET /groups/:id",
			sends:  "GET /groups/group%2Fsub",
			query:  "with_projects=false",
			answer: `{"id":7,"name":"Sub","path":"sub","full_path":"group/sub","full_name":"Group / Sub","parent_id":2,"created_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrGroupGet,
		},
		gives: &gitlabci.GroupDetails{
			GroupBasic: gitlabci.GroupBasic{ID: 7, Name: "Sub"}, Path: "sub", FullPath: "group/sub", FullName: "Group / Sub", ParentID: 2, CreatedAt: noon,
		},
	},
	{
		method: "Groups.Subgroups",
		args: in(group, &gitlabci.ListSubgroupsOptions{
			ListOptions: pageTwo, AllAvailable: new(true), MinAccessLevel: gitlabci.AccessGuest, Search: "x",
		}),
		exchange: exchange{
			op:     "list subgroups",
			route:  "GET /groups/:id/subgroups",
			sends:  "GET /groups/group%2Fsub/subgroups",
			query:  "page=2&per_page=50&all_available=true&min_access_level=10&search=x",
			answer: `[{"id":8,"full_path":"group/sub/x","parent_id":7}]`,
			fails:  gitlabci.ErrGroupList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.GroupDetails{{GroupBasic: gitlabci.GroupBasic{ID: 8}, FullPath: "group/sub/x", ParentID: 7}},
	},
	{
		method: "Groups.Descendants",
		args: in(group, &gitlabci.ListSubgroupsOptions{
			ListOptions: pageTwo, AllAvailable: new(true), MinAccessLevel: gitlabci.AccessPlanner, Search: "y",
		}),
		exchange: exchange{
			op:     "list descendant groups",
			route:  "GET /groups/:id/descendant_groups",
			sends:  "GET /groups/group%2Fsub/descendant_groups",
			query:  "page=2&per_page=50&all_available=true&min_access_level=15&search=y",
			answer: `[{"id":9,"full_path":"group/sub/x/y","parent_id":8}]`,
			fails:  gitlabci.ErrGroupList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.GroupDetails{{GroupBasic: gitlabci.GroupBasic{ID: 9}, FullPath: "group/sub/x/y", ParentID: 8}},
	},
	{
		method: "Groups.Projects",
		args: in(group, &gitlabci.ListGroupProjectsOptions{
			ListOptions: pageTwo, IncludeSubgroups: true, WithShared: new(false), MinAccessLevel: gitlabci.AccessDeveloper, Search: "app", Archived: new(true),
		}),
		exchange: exchange{
			op:     "list group projects",
			route:  "GET /groups/:id/projects",
			sends:  "GET /groups/group%2Fsub/projects",
			query:  "page=2&per_page=50&include_subgroups=true&with_shared=false&min_access_level=30&search=app&archived=true",
			answer: `[{"id":3,"path_with_namespace":"group/sub/app","archived":true}]`,
			fails:  gitlabci.ErrProjectList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.ProjectDetails{{
			ProjectBasic: gitlabci.ProjectBasic{ID: 3, PathWithNamespace: "group/sub/app"}, Archived: true,
		}},
	},
}

var branchRows = []methodRow{
	{
		method: "Branches.List",
		args: in(app, &gitlabci.ListBranchesOptions{
			ListOptions: pageTwo, Search: "^fea", Regex: "^feature/[a-z]+$", Sort: gitlabci.BranchSortUpdatedDesc,
		}),
		exchange: exchange{
			op:     "list branches",
			route:  "GET /projects/:id/repository/branches",
			sends:  "GET /projects/group%2Fapp/repository/branches",
			query:  "page=2&per_page=50&search=^fea&regex=^feature/[a-z]%2B$&sort=updated_desc",
			answer: `[{"name":"feature/x","merged":true,"can_push":true,"commit":{"id":"a91957a8","title":"Add x"}}]`,
			fails:  gitlabci.ErrBranchList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Branch{{
			Name: "feature/x", Merged: true, CanPush: true, Commit: gitlabci.Commit{ID: "a91957a8", Title: "Add x"},
		}},
	},
	{
		method: "Branches.Get",
		args:   in(app, "feature/x"),
		exchange: exchange{
			op:     "get branch",
			route:  "GET /projects/:id/repository/branches/:branch",
			sends:  "GET /projects/group%2Fapp/repository/branches/feature%2Fx",
			answer: `{"name":"feature/x","default":true,"protected":true,"developers_can_push":true,"developers_can_merge":true,"web_url":"https://example.com/x"}`,
			fails:  gitlabci.ErrBranchGet,
		},
		gives: &gitlabci.Branch{
			Name: "feature/x", Default: true, Protected: true, DevelopersCanPush: true, DevelopersCanMerge: true, WebURL: "https://example.com/x",
		},
	},
}

var tagRows = []methodRow{
	{
		method: "Tags.List",
		args: in(app, &gitlabci.ListTagsOptions{
			ListOptions: pageTwo, Search: "^v1", OrderBy: gitlabci.TagOrderVersion, Sort: gitlabci.SortAsc,
		}),
		exchange: exchange{
			op:     "list tags",
			route:  "GET /projects/:id/repository/tags",
			sends:  "GET /projects/group%2Fapp/repository/tags",
			query:  "page=2&per_page=50&search=^v1&order_by=version&sort=asc",
			answer: `[{"name":"v1.0","message":"","target":"a91957a8","commit":{"id":"a91957a8"},"release":null,"protected":false,"created_at":null}]`,
			fails:  gitlabci.ErrTagList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Tag{{Name: "v1.0", Target: "a91957a8", Commit: gitlabci.Commit{ID: "a91957a8"}}},
	},
	{
		method: "Tags.Get",
		args:   in(app, "release/v1.0"),
		exchange: exchange{
			op:     "get tag",
			route:  "GET /projects/:id/repository/tags/:tag_name",
			sends:  "GET /projects/group%2Fapp/repository/tags/release%2Fv1.0",
			answer: `{"name":"release/v1.0","protected":true,"release":{"tag_name":"release/v1.0","description":"What is new"}}`,
			fails:  gitlabci.ErrTagGet,
		},
		gives: &gitlabci.Tag{
			Name: "release/v1.0", Protected: true, Release: &gitlabci.TagRelease{TagName: "release/v1.0", Description: "What is new"},
		},
	},
	{
		method: "Tags.Create",
		args:   in(app, &gitlabci.CreateTagOptions{TagName: "v1.1", Ref: "main", Message: "Version 1.1"}),
		needs:  []string{"TagName", "Ref"},
		exchange: exchange{
			op:     "create tag",
			route:  "POST /projects/:id/repository/tags",
			sends:  "POST /projects/group%2Fapp/repository/tags",
			body:   `{"tag_name":"v1.1","ref":"main","message":"Version 1.1"}`,
			status: 201,
			answer: `{"name":"v1.1","message":"Version 1.1","target":"2c1e5f3a","created_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrTagCreate,
		},
		gives: &gitlabci.Tag{Name: "v1.1", Message: "Version 1.1", Target: "2c1e5f3a", CreatedAt: noon},
	},
}
