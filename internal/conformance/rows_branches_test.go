package conformance_test

import "github.com/gitlabci/gitlabci"

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
