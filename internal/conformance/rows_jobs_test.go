package conformance_test

import "github.com/gitlabci/gitlabci"

var jobRows = []methodRow{
	{
		method: "Jobs.List",
		shows:  "the whole list, by keyset",
		args: in(app, &gitlabci.ListJobsOptions{
			ListOptions: gitlabci.ListOptions{PerPage: 50},
			Scope:       []gitlabci.JobStatus{gitlabci.JobFailed},
			Ref:         "main",
		}),
		exchange: exchange{
			op:     "list jobs",
			route:  "GET /projects/:id/jobs",
			sends:  "GET /projects/group%2Fapp/jobs",
			query:  "pagination=keyset&order_by=id&sort=desc&per_page=50&scope[]=failed&ref=main",
			answer: `[{"id":7,"coverage":null},{"id":6,"coverage":0}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "pagination=keyset&order_by=id&sort=desc&per_page=100",
		gives:    []*gitlabci.Job{{ID: 7}, {ID: 6, Coverage: new(0.0)}},
	},
	{
		method: "Jobs.List",
		shows:  "one page of it",
		args:   in(app, &gitlabci.ListJobsOptions{ListOptions: pageTwo, OrderBy: gitlabci.JobOrderID, Sort: gitlabci.SortDesc}),
		exchange: exchange{
			op:     "list jobs",
			route:  "GET /projects/:id/jobs",
			sends:  "GET /projects/group%2Fapp/jobs",
			query:  "page=2&per_page=50&order_by=id&sort=desc",
			answer: `[]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "pagination=keyset&order_by=id&sort=desc&per_page=100",
		gives:    []*gitlabci.Job(nil),
	},
	{
		method: "Jobs.Get",
		args:   in(app, int64(42)),
		exchange: exchange{
			op:    "get job",
			route: "GET /projects/:id/jobs/:job_id",
			sends: "GET /projects/group%2Fapp/jobs/42",
			answer: `{"id":42,"name":"rspec","status":"success","started_at":"2026-03-14T12:00:00Z","duration":97.5,"tag_list":["docker"],
				"pipeline":{"id":46,"project_id":3},"project":{"ci_job_token_scope_enabled":true},"user":{"id":1,"username":"root","bio":null},
				"artifacts":[{"file_type":"junit","size":1024,"filename":"junit.xml.gz","file_format":"gzip"}],"runner":{"id":5,"name":null}}`,
			fails: gitlabci.ErrJobGet,
		},
		gives: &gitlabci.Job{
			ID: 42, Name: "rspec", Status: gitlabci.JobSuccess, StartedAt: noon, Duration: 97.5, TagList: []string{"docker"},
			Pipeline: gitlabci.PipelineBasic{ID: 46, ProjectID: 3}, Project: gitlabci.JobProject{CIJobTokenScopeEnabled: true},
			User:      gitlabci.User{UserBasic: gitlabci.UserBasic{ID: 1, Username: "root"}},
			Artifacts: []gitlabci.JobArtifact{{FileType: gitlabci.ArtifactJUnit, Size: 1024, Filename: "junit.xml.gz", FileFormat: gitlabci.ArtifactFormatGzip}},
			Runner:    &gitlabci.Runner{ID: 5},
		},
	},
	{
		method: "Jobs.Current",
		exchange: exchange{
			op:     "get current job",
			route:  "GET /job",
			sends:  "GET /job",
			answer: `{"id":42,"status":"running"}`,
			fails:  gitlabci.ErrJobGet,
		},
		gives: &gitlabci.Job{ID: 42, Status: gitlabci.JobRunning},
	},
	{
		method: "Jobs.AllowedAgents",
		exchange: exchange{
			op:    "get allowed agents",
			route: "GET /job/allowed_agents",
			sends: "GET /job/allowed_agents",
			answer: `{"allowed_agents":[{"id":5,"config_project":{"id":1},"configuration":{"default_namespace":"app","access_as":{"agent":{}}}},{"id":6,"configuration":null}],` +
				`"job":{"id":42},"project":{"id":3,"groups":[{"id":9}]},"environment":{"tier":"production"},"user":{"id":2,"username":"ada","roles_in_project":["guest","developer"]}}`,
			fails: gitlabci.ErrJobGet,
		},
		gives: &gitlabci.AllowedAgents{
			AllowedAgents: []gitlabci.AllowedAgent{
				{ID: 5, ConfigProject: gitlabci.ProjectIdentity{ID: 1}, Configuration: map[string]any{"default_namespace": "app", "access_as": map[string]any{"agent": map[string]any{}}}},
				{ID: 6},
			},
			User:        gitlabci.AgentsUser{UserBasic: gitlabci.UserBasic{ID: 2, Username: "ada"}, RolesInProject: []string{"guest", "developer"}},
			Job:         gitlabci.Reference{ID: 42},
			Project:     gitlabci.AgentsProject{ID: 3, Groups: []gitlabci.Reference{{ID: 9}}},
			Environment: gitlabci.AgentsScope{Tier: "production"},
		},
	},
	{
		method: "Jobs.Cancel",
		args:   in(app, int64(42), &gitlabci.CancelJobOptions{Force: true}),
		exchange: exchange{
			op:     "cancel job",
			route:  "POST /projects/:id/jobs/:job_id/cancel",
			sends:  "POST /projects/group%2Fapp/jobs/42/cancel",
			body:   `{"force":true}`,
			status: 201,
			answer: `{"id":42,"status":"canceled"}`,
			fails:  gitlabci.ErrJobCancel,
		},
		gives: &gitlabci.Job{ID: 42, Status: gitlabci.JobCanceled},
	},
	{
		method: "Jobs.Retry",
		args:   in(app, int64(42), &gitlabci.RetryJobOptions{Inputs: map[string]any{"level": "debug"}}),
		exchange: exchange{
			op:     "retry job",
			route:  "POST /projects/:id/jobs/:job_id/retry",
			sends:  "POST /projects/group%2Fapp/jobs/42/retry",
			body:   `{"inputs":{"level":"debug"},"job_inputs":{"level":"debug"}}`,
			status: 201,
			answer: `{"id":43,"status":"pending"}`,
			fails:  gitlabci.ErrJobRetry,
		},
		gives: &gitlabci.Job{ID: 43, Status: gitlabci.JobPending},
	},
	{
		method: "Jobs.Play",
		args: in(app, int64(42), &gitlabci.PlayJobOptions{
			Variables: []gitlabci.PipelineVariable{{Key: "TEST_VAR_1", Value: "test1"}},
			Inputs:    map[string]any{"replicas": 3},
		}),
		exchange: exchange{
			op:     "play job",
			route:  "POST /projects/:id/jobs/:job_id/play",
			sends:  "POST /projects/group%2Fapp/jobs/42/play",
			body:   `{"job_variables_attributes":[{"key":"TEST_VAR_1","value":"test1"}],"job_inputs":{"replicas":3}}`,
			answer: `{"id":42,"status":"pending"}`,
			fails:  gitlabci.ErrJobPlay,
		},
		gives: &gitlabci.Job{ID: 42, Status: gitlabci.JobPending},
	},
	{
		method: "Jobs.Erase",
		args:   in(app, int64(42)),
		exchange: exchange{
			op:     "erase job",
			route:  "POST /projects/:id/jobs/:job_id/erase",
			sends:  "POST /projects/group%2Fapp/jobs/42/erase",
			status: 201,
			answer: `{"id":42,"erased_at":"2026-03-14T12:00:00Z","erased_by":{"id":1}}`,
			fails:  gitlabci.ErrJobErase,
		},
		gives: &gitlabci.Job{ID: 42, ErasedAt: noon, ErasedBy: &gitlabci.UserBasic{ID: 1}},
	},
	{
		method: "Jobs.Trace",
		args:   in(app, int64(42), &gitlabci.TraceOptions{ByteOffset: 1024, ByteLimit: 512_000}),
		exchange: exchange{
			op:     "get trace",
			route:  "GET /projects/:id/jobs/:job_id/trace",
			sends:  "GET /projects/group%2Fapp/jobs/42/trace",
			query:  "byte_offset=1024&byte_limit=512000",
			answer: "\x1b[0KRunning with gitlab-runner\n",
			fails:  gitlabci.ErrTraceGet,
		},
		gives: "\x1b[0KRunning with gitlab-runner\n",
	},
}
