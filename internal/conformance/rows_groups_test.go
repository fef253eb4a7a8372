package conformance_test

import "github.com/gitlabci/gitlabci"

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
