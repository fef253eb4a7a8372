package conformance_test

import "github.com/gitlabci/gitlabci"

var templateRows = []methodRow{
	{
		method: "Templates.List",
		args:   in(&gitlabci.ListTemplatesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list templates",
			route:  "GET /templates/gitlab_ci_ymls",
			sends:  "GET /templates/gitlab_ci_ymls",
			query:  "page=2&per_page=50",
			answer: `[{"key":"Android","name":"Android"},{"key":"C++","name":null}]`,
			fails:  gitlabci.ErrTemplateList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Template{{Key: "Android", Name: "Android"}, {Key: "C++"}},
	},
	{
		method: "Templates.Get",
		args:   in("Jobs/SAST.latest"),
		exchange: exchange{
			op:     "get template",
			route:  "GET /templates/gitlab_ci_ymls/:key",
			sends:  "GET /templates/gitlab_ci_ymls/Jobs%2FSAST.latest",
			answer: `{"name":"Jobs/SAST.latest","content":"stages:\n  - test\n"}`,
			fails:  gitlabci.ErrTemplateGet,
		},
		gives: &gitlabci.Template{Name: "Jobs/SAST.latest", Content: "stages:\n  - test\n"},
	},
	{
		method: "Templates.ListForProject",
		args:   in(app, &gitlabci.ListTemplatesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list project templates",
			route:  "GET /projects/:id/templates/gitlab_ci_ymls",
			sends:  "GET /projects/group%2Fapp/templates/gitlab_ci_ymls",
			query:  "page=2&per_page=50",
			answer: `[{"key":"ours","name":"Ours"}]`,
			fails:  gitlabci.ErrTemplateList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Template{{Key: "ours", Name: "Ours"}},
	},
	{
		method: "Templates.GetForProject",
		args:   in(app, "Go & more", &gitlabci.GetProjectTemplateOptions{SourceTemplateProjectID: 12}),
		exchange: exchange{
			op:     "get project template",
			route:  "GET /projects/:id/templates/gitlab_ci_ymls/:name",
			sends:  "GET /projects/group%2Fapp/templates/gitlab_ci_ymls/Go%20&%20more",
			query:  "source_template_project_id=12",
			answer: `{"name":"Go & more","content":""}`,
			fails:  gitlabci.ErrTemplateGet,
		},
		gives: &gitlabci.Template{Name: "Go & more"},
	},
}
