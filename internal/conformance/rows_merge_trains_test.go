package conformance_test

import "github.com/gitlabci/gitlabci"

var mergeTrainRows = []methodRow{
	{
		method: "MergeTrains.List",
		args: in(app, &gitlabci.ListMergeTrainsOptions{
			ListOptions: pageTwo, Scope: gitlabci.MergeTrainScopeComplete, Sort: gitlabci.SortAsc,
		}),
		exchange: exchange{
			op:    "list merge trains",
			route: "GET /projects/:id/merge_trains",
			sends: "GET /projects/group%2Fapp/merge_trains",
			query: "page=2&per_page=50&scope=complete&sort=asc",
			answer: `[{"id":110,"merge_request":{"id":126,"iid":59,"title":"Fix it","description":null,"state":"merged"},"user":{"id":1,"username":"ada"},
				"pipeline":{"id":246,"ref":"refs/merge-requests/59/train","status":"success"},"target_branch":"main","status":"merged",
				"merged_at":"2026-03-14T12:00:00Z","duration":70},{"id":111,"pipeline":null,"status":"beamed","merged_at":null,"duration":null}]`,
			fails: gitlabci.ErrMergeTrainList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.MergeTrainCar{
			{
				ID:           110,
				MergeRequest: gitlabci.MergeRequest{ID: 126, IID: 59, Title: "Fix it", State: gitlabci.MergeRequestMerged},
				User:         gitlabci.UserBasic{ID: 1, Username: "ada"},
				Pipeline:     &gitlabci.PipelineBasic{ID: 246, Ref: "refs/merge-requests/59/train", Status: gitlabci.PipelineSuccess},
				TargetBranch: "main",
				Status:       gitlabci.MergeTrainMerged,
				MergedAt:     noon,
				Duration:     70,
			},
			{ID: 111, Status: "beamed"},
		},
	},
	{
		method: "MergeTrains.ListForBranch",
		args: in(app, "feature/x & y", &gitlabci.ListMergeTrainsOptions{
			ListOptions: pageTwo, Scope: gitlabci.MergeTrainScopeActive, Sort: gitlabci.SortDesc,
		}),
		exchange: exchange{
			op:     "list merge train",
			route:  "GET /projects/:id/merge_trains/:target_branch",
			sends:  "GET /projects/group%2Fapp/merge_trains/feature%2Fx%20&%20y",
			query:  "page=2&per_page=50&scope=active&sort=desc",
			answer: `[{"id":267,"target_branch":"feature/x & y","status":"fresh"}]`,
			fails:  gitlabci.ErrMergeTrainList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.MergeTrainCar{{ID: 267, TargetBranch: "feature/x & y", Status: gitlabci.MergeTrainFresh}},
	},
	{
		method: "MergeTrains.Get",
		args:   in(app, int64(8)),
		exchange: exchange{
			op:     "get merge train car",
			route:  "GET /projects/:id/merge_trains/merge_requests/:merge_request_iid",
			sends:  "GET /projects/group%2Fapp/merge_trains/merge_requests/8",
			answer: `{"id":267,"merge_request":{"id":273,"iid":8},"status":"stale","created_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrMergeTrainGet,
		},
		gives: &gitlabci.MergeTrainCar{
			ID: 267, MergeRequest: gitlabci.MergeRequest{ID: 273, IID: 8}, Status: gitlabci.MergeTrainStale, CreatedAt: noon,
		},
	},
	{
		method: "MergeTrains.Add",
		args: in(app, int64(8), &gitlabci.AddToMergeTrainOptions{
			AutoMerge: new(true), SHA: "a91957a8", Squash: new(false), WhenPipelineSucceeds: new(true),
		}),
		exchange: exchange{
			op:     "add to merge train",
			route:  "POST /projects/:id/merge_trains/merge_requests/:merge_request_iid",
			sends:  "POST /projects/group%2Fapp/merge_trains/merge_requests/8",
			body:   `{"auto_merge":true,"sha":"a91957a8","squash":false,"when_pipeline_succeeds":true}`,
			status: 201,
			answer: `[{"id":267,"merge_request":{"id":273,"iid":8},"pipeline":null,"status":"idle","duration":null},{"id":268,"status":"merging"}]`,
			fails:  gitlabci.ErrMergeTrainAdd,
		},
		gives: []*gitlabci.MergeTrainCar{
			{ID: 267, MergeRequest: gitlabci.MergeRequest{ID: 273, IID: 8}, Status: gitlabci.MergeTrainIdle},
			{ID: 268, Status: gitlabci.MergeTrainMerging},
		},
	},
	{
		method: "MergeTrains.Remove",
		args:   in(app, int64(8)),
		exchange: exchange{
			op:     "remove from merge train",
			route:  "POST /projects/:id/merge_requests/:merge_request_iid/cancel_merge_when_pipeline_succeeds",
			sends:  "POST /projects/group%2Fapp/merge_requests/8/cancel_merge_when_pipeline_succeeds",
			status: 201,
			answer: `{"status":"success"}`,
			fails:  gitlabci.ErrMergeTrainRemove,
		},
	},
	{
		method: "MergeTrains.Add",
		shows:  "to an empty train, once its checks pass",
		args:   in(app, int64(8), &gitlabci.AddToMergeTrainOptions{AutoMerge: new(true)}),
		exchange: exchange{
			op:     "add to merge train",
			route:  "POST /projects/:id/merge_trains/merge_requests/:merge_request_iid",
			sends:  "POST /projects/group%2Fapp/merge_trains/merge_requests/8",
			body:   `{"auto_merge":true}`,
			status: 202,
			answer: "[]",
			fails:  gitlabci.ErrMergeTrainAdd,
		},
		gives: []*gitlabci.MergeTrainCar(nil),
	},
}
