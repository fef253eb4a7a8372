package conformance_test

import "github.com/gitlabci/gitlabci"

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
