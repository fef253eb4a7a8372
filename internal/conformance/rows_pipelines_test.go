package conformance_test

import (
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

var pipelineRows = []methodRow{
	{
		method: "Pipelines.List",
		args: in(app, &gitlabci.ListPipelinesOptions{
			ListOptions:   pageTwo,
			Scope:         gitlabci.PipelineScopeFinished,
			Status:        gitlabci.PipelineFailed,
			Source:        gitlabci.PipelineSourceParentPipeline,
			Ref:           "feature/x & y",
			SHA:           "a91957a8",
			YAMLErrors:    new(false),
			Username:      "ada",
			Name:          "Nightly build",
			UpdatedAfter:  noon,
			UpdatedBefore: noon.Add(time.Hour),
			CreatedAfter:  noon.Add(1500 * time.Millisecond),
			CreatedBefore: noon.In(time.FixedZone("", 2*60*60)),
			OrderBy:       gitlabci.PipelineOrderUpdatedAt,
			Sort:          gitlabci.SortAsc,
		}),
		exchange: exchange{
			op:    "list pipelines",
			route: "GET /projects/:id/pipelines",
			sends: "GET /projects/group%2Fapp/pipelines",
			query: "page=2&per_page=50&scope=finished&status=failed&source=parent_pipeline&ref=feature/x %26 y&sha=a91957a8&yaml_errors=false" +
				"&username=ada&name=Nightly build&updated_after=2026-03-14T12:00:00Z&updated_before=2026-03-14T13:00:00Z" +
				"&created_after=2026-03-14T12:00:01.5Z&created_before=2026-03-14T14:00:00%2B02:00&order_by=updated_at&sort=asc",
			answer: `[{"id":47,"iid":12,"name":"Nightly build","status":"failed"},{"id":48,"iid":13,"name":null,"status":"beamed"}]`,
			fails:  gitlabci.ErrPipelineList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Pipeline{
			{ID: 47, IID: 12, Name: "Nightly build", Status: gitlabci.PipelineFailed},
			{ID: 48, IID: 13, Status: "beamed"},
		},
	},
	{
		method: "Pipelines.ListOwn",
		args: in(&gitlabci.ListOwnPipelinesOptions{
			ListOptions:   gitlabci.ListOptions{PerPage: 50},
			Source:        gitlabci.PipelineSourceWeb,
			CreatedAfter:  noon,
			CreatedBefore: noon.Add(time.Hour),
		}),
		exchange: exchange{
			op:    "list own pipelines",
			route: "GET /pipelines",
			sends: "GET /pipelines",
			query: "pagination=keyset&order_by=created_at&sort=desc&per_page=50&source=web" +
				"&created_after=2026-03-14T12:00:00Z&created_before=2026-03-14T13:00:00Z",
			answer: `[{"id":47,"project":{"id":3,"path_with_namespace":"group/app"},"merge_request":{"iid":8,"title":"Fix it"}}]`,
			fails:  gitlabci.ErrPipelineList,
		},
		nilQuery: "pagination=keyset&order_by=created_at&sort=desc&per_page=100",
		gives: []*gitlabci.Pipeline{{
			ID:           47,
			Project:      &gitlabci.ProjectIdentity{ID: 3, PathWithNamespace: "group/app"},
			MergeRequest: &gitlabci.PipelineMergeRequest{IID: 8, Title: "Fix it"},
		}},
	},
	{
		method: "Pipelines.ListForMergeRequest",
		args:   in(app, int64(8), &gitlabci.ListMergeRequestPipelinesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list merge request pipelines",
			route:  "GET /projects/:id/merge_requests/:merge_request_iid/pipelines",
			sends:  "GET /projects/group%2Fapp/merge_requests/8/pipelines",
			query:  "page=2&per_page=50",
			answer: `[{"id":77,"ref":"refs/merge-requests/8/head","status":"success"}]`,
			fails:  gitlabci.ErrPipelineList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Pipeline{{ID: 77, Ref: "refs/merge-requests/8/head", Status: gitlabci.PipelineSuccess}},
	},
	{
		method: "Pipelines.Get",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:     "get pipeline",
			route:  "GET /projects/:id/pipelines/:pipeline_id",
			sends:  "GET /projects/group%2Fapp/pipelines/46",
			answer: `{"id":46,"status":"running","coverage":"30.5","duration":34.25,"queued_duration":null,"yaml_errors":null,"detailed_status":{"group":"running"}}`,
			fails:  gitlabci.ErrPipelineGet,
		},
		gives: &gitlabci.Pipeline{
			ID: 46, Status: gitlabci.PipelineRunning, Coverage: new(30.5), Duration: 34.25, DetailedStatus: &gitlabci.DetailedStatus{Group: "running"},
		},
	},
	{
		method: "Pipelines.Latest",
		args:   in(app, &gitlabci.LatestPipelineOptions{Ref: "feature/x"}),
		exchange: exchange{
			op:     "get latest pipeline",
			route:  "GET /projects/:id/pipelines/latest",
			sends:  "GET /projects/group%2Fapp/pipelines/latest",
			query:  "ref=feature/x",
			answer: `{"id":287,"ref":"feature/x","tag":false,"before_sha":"0000000000000000000000000000000000000000"}`,
			fails:  gitlabci.ErrPipelineGet,
		},
		gives: &gitlabci.Pipeline{ID: 287, Ref: "feature/x", BeforeSHA: strings.Repeat("0", 40)},
	},
	{
		method: "Pipelines.Create",
		args: in(app, &gitlabci.CreatePipelineOptions{
			Ref: "main",
			Variables: []gitlabci.PipelineVariable{
				{Key: "DEPLOY_ENV", Value: "staging"},
				{Key: "CONFIG", Value: "a: 1\n", VariableType: gitlabci.VariableFile},
			},
			Inputs: map[string]any{"replicas": 3, "canary": false, "regions": []string{"eu", "us"}},
		}),
		needs: []string{"Ref"},
		exchange: exchange{
			op:    "create pipeline",
			route: "POST /projects/:id/pipeline",
			sends: "POST /projects/group%2Fapp/pipeline",
			body: `{"ref":"main",
				"variables":[{"key":"DEPLOY_ENV","value":"staging"},{"key":"CONFIG","value":"a: 1\n","variable_type":"file"}],
				"inputs":{"replicas":3,"canary":false,"regions":["eu","us"]}}`,
			status: 201,
			answer: `{"id":61,"iid":21,"ref":"main","status":"created","created_at":"2026-03-14T12:00:00.000Z","user":{"id":1,"username":"root"}}`,
			fails:  gitlabci.ErrPipelineCreate,
		},
		gives: &gitlabci.Pipeline{
			ID: 61, IID: 21, Ref: "main", Status: gitlabci.PipelineCreated, CreatedAt: noon, User: gitlabci.UserBasic{ID: 1, Username: "root"},
		},
	},
	{
		method: "Pipelines.CreateForMergeRequest",
		args:   in(app, int64(8), (*gitlabci.CreateMergeRequestPipelineOptions)(nil)),
		exchange: exchange{
			op:     "create merge request pipeline",
			route:  "POST /projects/:id/merge_requests/:merge_request_iid/pipelines",
			sends:  "POST /projects/group%2Fapp/merge_requests/8/pipelines",
			status: 201,
			answer: `{"id":2,"ref":"refs/merge-requests/8/head","status":"pending"}`,
			fails:  gitlabci.ErrPipelineCreate,
		},
		gives: &gitlabci.Pipeline{ID: 2, Ref: "refs/merge-requests/8/head", Status: gitlabci.PipelinePending},
	},
	{
		method: "Pipelines.CreateForMergeRequest",
		shows:  "asynchronous: GitLab only takes note",
		args:   in(app, int64(8), &gitlabci.CreateMergeRequestPipelineOptions{Async: true}),
		exchange: exchange{
			op:     "create merge request pipeline",
			route:  "POST /projects/:id/merge_requests/:merge_request_iid/pipelines",
			sends:  "POST /projects/group%2Fapp/merge_requests/8/pipelines",
			body:   `{"async":true}`,
			status: 202,
			fails:  gitlabci.ErrPipelineCreate,
		},
		gives: &gitlabci.Pipeline{},
	},
	{
		method: "Pipelines.Update",
		args:   in(app, int64(46), &gitlabci.UpdatePipelineOptions{Name: "Nightly build"}),
		needs:  []string{"Name"},
		exchange: exchange{
			op:     "update pipeline",
			route:  "PUT /projects/:id/pipelines/:pipeline_id/metadata",
			sends:  "PUT /projects/group%2Fapp/pipelines/46/metadata",
			body:   `{"name":"Nightly build"}`,
			answer: `{"id":46,"name":"Nightly build"}`,
			fails:  gitlabci.ErrPipelineUpdate,
		},
		gives: &gitlabci.Pipeline{ID: 46, Name: "Nightly build"},
	},
	{
		method: "Pipelines.Cancel",
		args:   in(app, int64(46), (*gitlabci.CancelPipelineOptions)(nil)),
		exchange: exchange{
			op:     "cancel pipeline",
			route:  "POST /projects/:id/pipelines/:pipeline_id/cancel",
			sends:  "POST /projects/group%2Fapp/pipelines/46/cancel",
			answer: `{"id":46,"status":"canceling"}`,
			fails:  gitlabci.ErrPipelineCancel,
		},
		gives: &gitlabci.Pipeline{ID: 46, Status: gitlabci.PipelineCanceling},
	},
	{
		method: "Pipelines.Retry",
		args:   in(app, int64(46), (*gitlabci.RetryPipelineOptions)(nil)),
		exchange: exchange{
			op:     "retry pipeline",
			route:  "POST /projects/:id/pipelines/:pipeline_id/retry",
			sends:  "POST /projects/group%2Fapp/pipelines/46/retry",
			status: 201,
			answer: `{"id":46,"status":"pending","finished_at":null}`,
			fails:  gitlabci.ErrPipelineRetry,
		},
		gives: &gitlabci.Pipeline{ID: 46, Status: gitlabci.PipelinePending},
	},
	{
		method: "Pipelines.Play",
		args: in(app, int64(46), &gitlabci.PlayPipelineOptions{
			Variables: []gitlabci.PipelineVariable{{Key: "DEPLOY_ENV", Value: "staging"}},
		}),
		wraps: "play pipeline", wrapped: gitlabci.ErrPipelinePlay,
		first: []exchange{
			{
				op:     "list pipeline jobs",
				route:  "GET /projects/:id/pipelines/:pipeline_id/jobs",
				sends:  "GET /projects/group%2Fapp/pipelines/46/jobs",
				query:  "scope[]=manual&per_page=100",
				answer: `[{"id":9,"name":"production"},{"id":8,"name":"staging"}]`,
				fails:  gitlabci.ErrJobList,
			},
			{
				op:     "list bridges",
				route:  "GET /projects/:id/pipelines/:pipeline_id/bridges",
				sends:  "GET /projects/group%2Fapp/pipelines/46/bridges",
				query:  "scope[]=manual&per_page=100",
				answer: `[{"id":7,"name":"promote","downstream_pipeline":null}]`,
				fails:  gitlabci.ErrJobList,
			},
			{
				op:     "play job",
				route:  "POST /projects/:id/jobs/:job_id/play",
				sends:  "POST /projects/group%2Fapp/jobs/9/play",
				body:   `{"job_variables_attributes":[{"key":"DEPLOY_ENV","value":"staging"}]}`,
				answer: `{"id":9,"status":"pending"}`,
				fails:  gitlabci.ErrJobPlay,
			},
			{
				op:     "play job",
				route:  "POST /projects/:id/jobs/:job_id/play",
				sends:  "POST /projects/group%2Fapp/jobs/8/play",
				body:   `{"job_variables_attributes":[{"key":"DEPLOY_ENV","value":"staging"}]}`,
				answer: `{"id":8,"status":"pending"}`,
				fails:  gitlabci.ErrJobPlay,
			},
		},
		exchange: exchange{
			op:     "play job",
			route:  "POST /projects/:id/jobs/:job_id/play",
			sends:  "POST /projects/group%2Fapp/jobs/7/play",
			body:   `{"job_variables_attributes":[{"key":"DEPLOY_ENV","value":"staging"}]}`,
			answer: `{"id":7,"name":"promote","status":"pending","downstream_pipeline":null}`,
			fails:  gitlabci.ErrJobPlay,
		},
		nilBody: `{}`,
		gives:   []*gitlabci.Job{{ID: 9, Status: gitlabci.JobPending}, {ID: 8, Status: gitlabci.JobPending}, {ID: 7, Name: "promote", Status: gitlabci.JobPending}},
	},
	{
		method: "Pipelines.Delete",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:     "delete pipeline",
			route:  "DELETE /projects/:id/pipelines/:pipeline_id",
			sends:  "DELETE /projects/group%2Fapp/pipelines/46",
			status: 204,
			fails:  gitlabci.ErrPipelineDelete,
		},
	},
	{
		method: "Pipelines.Variables",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:     "get pipeline variables",
			route:  "GET /projects/:id/pipelines/:pipeline_id/variables",
			sends:  "GET /projects/group%2Fapp/pipelines/46/variables",
			answer: `[{"key":"RUN_NIGHTLY_BUILD","variable_type":"env_var","value":"true"},{"key":"foo","value":"bar","raw":true}]`,
			fails:  gitlabci.ErrPipelineGet,
		},
		gives: []*gitlabci.PipelineVariable{
			{Key: "RUN_NIGHTLY_BUILD", Value: "true", VariableType: gitlabci.VariableEnv},
			{Key: "foo", Value: "bar", Raw: true},
		},
	},
	{
		method: "Pipelines.TestReport",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:    "get test report",
			route: "GET /projects/:id/pipelines/:pipeline_id/test_report",
			sends: "GET /projects/group%2Fapp/pipelines/46/test_report",
			answer: `{"total_time":5,"total_count":1,"failed_count":1,"test_suites":[{"name":"unit","test_cases":[
				{"status":"failed","name":"adds","execution_time":0.5,"system_output":{"message":"off by one"},"recent_failures":{"count":3,"base_branch":"main"}}]}]}`,
			fails: gitlabci.ErrPipelineGet,
		},
		gives: &gitlabci.TestReport{TotalTime: 5, TotalCount: 1, FailedCount: 1, TestSuites: []gitlabci.TestSuite{{
			Name: "unit", TestCases: []gitlabci.TestCase{{
				Status: gitlabci.TestCaseFailed, Name: "adds", ExecutionTime: 0.5, SystemOutput: `{"message":"off by one"}`,
				RecentFailures: gitlabci.RecentFailures{Count: 3, BaseBranch: "main"},
			}},
		}}},
	},
	{
		method: "Pipelines.TestReportSummary",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:     "get test report summary",
			route:  "GET /projects/:id/pipelines/:pipeline_id/test_report_summary",
			sends:  "GET /projects/group%2Fapp/pipelines/46/test_report_summary",
			answer: `{"total":{"time":1904,"count":3363,"success":3351,"suite_error":null},"test_suites":[{"name":"test","build_ids":[66004]}]}`,
			fails:  gitlabci.ErrPipelineGet,
		},
		gives: &gitlabci.TestReportSummary{
			Total:      gitlabci.TestReportTotal{Time: 1904, Count: 3363, Success: 3351},
			TestSuites: []gitlabci.TestSuite{{Name: "test", BuildIDs: []int64{66004}}},
		},
	},
	{
		method: "Pipelines.Jobs",
		args: in(app, int64(46), &gitlabci.ListPipelineJobsOptions{
			ListOptions:    pageTwo,
			Scope:          []gitlabci.JobStatus{gitlabci.JobFailed, gitlabci.JobManual},
			IncludeRetried: true,
		}),
		exchange: exchange{
			op:     "list pipeline jobs",
			route:  "GET /projects/:id/pipelines/:pipeline_id/jobs",
			sends:  "GET /projects/group%2Fapp/pipelines/46/jobs",
			query:  "page=2&per_page=50&scope[]=failed&scope[]=manual&include_retried=true",
			answer: `[{"id":7,"name":"teaspoon","stage":"test","status":"failed","failure_reason":"script_failure"}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Job{
			{ID: 7, Name: "teaspoon", Stage: "test", Status: gitlabci.JobFailed, FailureReason: gitlabci.FailureReasonScript},
		},
	},
	{
		method: "Pipelines.Bridges",
		args: in(app, int64(46), &gitlabci.ListBridgesOptions{
			ListOptions: pageTwo,
			Scope:       []gitlabci.JobStatus{gitlabci.JobPending, gitlabci.JobRunning},

			IncludeRetried: true,
		}),
		exchange: exchange{
			op:     "list bridges",
			route:  "GET /projects/:id/pipelines/:pipeline_id/bridges",
			sends:  "GET /projects/group%2Fapp/pipelines/46/bridges",
			query:  "page=2&per_page=50&scope[]=pending&scope[]=running&include_retried=true",
			answer: `[{"id":7,"name":"deploy","downstream_pipeline":{"id":5,"project_id":4,"status":"pending"}},{"id":6,"downstream_pipeline":null}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Bridge{
			{ID: 7, Name: "deploy", DownstreamPipeline: &gitlabci.PipelineBasic{ID: 5, ProjectID: 4, Status: gitlabci.PipelinePending}},
			{ID: 6},
		},
	},
}
