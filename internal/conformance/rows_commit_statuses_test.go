package conformance_test

import "github.com/gitlabci/gitlabci"

var commitStatusRows = []methodRow{
	{
		method: "CommitStatuses.List",
		args: in(app, "18f3e63d", &gitlabci.ListCommitStatusesOptions{
			ListOptions: pageTwo,
			Ref:         "feature/x",
			Stage:       "external",
			Name:        "bundler:audit & co",
			PipelineID:  46,
			All:         true,
			OrderBy:     gitlabci.CommitStatusOrderPipelineID,
			Sort:        gitlabci.SortDesc,
		}),
		exchange: exchange{
			op:    "list commit statuses",
			route: "GET /projects/:id/repository/commits/:sha/statuses",
			sends: "GET /projects/group%2Fapp/repository/commits/18f3e63d/statuses",
			query: "page=2&per_page=50&ref=feature/x&stage=external&name=bundler:audit %26 co&pipeline_id=46&all=true&order_by=pipeline_id&sort=desc",
			answer: `[{"id":91,"sha":"18f3e63d","status":"pending","name":"bundler:audit","target_url":null,"started_at":null,"allow_failure":true,
				"coverage":null,"author":{"id":28,"username":"ada"}},{"id":90,"status":"teleported","coverage":0,"author":null}]`,
			fails: gitlabci.ErrCommitStatusList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.CommitStatus{
			{
				ID: 91, SHA: "18f3e63d", Status: gitlabci.JobPending, Name: "bundler:audit", AllowFailure: true,
				Author: gitlabci.UserBasic{ID: 28, Username: "ada"},
			},
			{ID: 90, Status: "teleported", Coverage: new(0.0)},
		},
	},
	{
		method: "CommitStatuses.Set",
		args: in(app, "18f3e63d", &gitlabci.SetCommitStatusOptions{
			State:       gitlabci.JobSuccess,
			Ref:         "main",
			Name:        "coverage",
			Context:     "ci/coverage",
			TargetURL:   "https://ci.example.com/7",
			Description: "all is well",
			Coverage:    new(0.0),
			PipelineID:  46,
		}),
		needs: []string{"State"},
		exchange: exchange{
			op:    "set commit status",
			route: "POST /projects/:id/statuses/:sha",
			sends: "POST /projects/group%2Fapp/statuses/18f3e63d",
			body: `{"state":"success","ref":"main","name":"coverage","context":"ci/coverage","target_url":"https://ci.example.com/7",
				"description":"all is well","coverage":0,"pipeline_id":46}`,
			status: 201,
			answer: `{"id":93,"sha":"18f3e63d","ref":"main","status":"success","name":"coverage","target_url":"https://ci.example.com/7","description":"all is well",
				"created_at":"2026-03-14T12:00:00.000Z","finished_at":"2026-03-14T12:00:00Z","coverage":"99.5","pipeline_id":46}`,
			fails: gitlabci.ErrCommitStatusSet,
		},
		gives: &gitlabci.CommitStatus{
			ID: 93, SHA: "18f3e63d", Ref: "main", Status: gitlabci.JobSuccess, Name: "coverage", TargetURL: "https://ci.example.com/7",
			Description: "all is well", CreatedAt: noon, FinishedAt: noon, Coverage: new(99.5), PipelineID: 46,
		},
	},
}
