package conformance_test

import (
	"time"

	"github.com/gitlabci/gitlabci"
)

var environmentRows = []methodRow{
	{
		method: "Environments.List",
		shows:  "by name",
		args: in(app, &gitlabci.ListEnvironmentsOptions{
			ListOptions: pageTwo, Name: "review/fix & foo", States: gitlabci.EnvironmentStopping,
		}),
		exchange: exchange{
			op:    "list environments",
			route: "GET /projects/:id/environments",
			sends: "GET /projects/group%2Fapp/environments",
			query: "page=2&per_page=50&name=review/fix %26 foo&states=stopping",
			answer: `[{"id":1,"name":"review/fix & foo","slug":"review-fix-foo","external_url":null,"state":"stopping","tier":"development",
				"auto_stop_at":null,"cluster_agent":null,"project":{"id":3,"path_with_namespace":"group/app"}},{"id":2,"name":"orbit","state":"beamed","tier":"space","logs_api_path":"/logs.json"}]`,
			fails: gitlabci.ErrEnvironmentList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Environment{
			{
				EnvironmentBasic: gitlabci.EnvironmentBasic{ID: 1, Name: "review/fix & foo", Slug: "review-fix-foo"},
				State:            gitlabci.EnvironmentStopping,
				Tier:             gitlabci.EnvironmentTierDevelopment,
				Project:          &gitlabci.ProjectBasic{ID: 3, PathWithNamespace: "group/app"},
			},
			{EnvironmentBasic: gitlabci.EnvironmentBasic{ID: 2, Name: "orbit"}, State: "beamed", Tier: "space", LogsAPIPath: "/logs.json"},
		},
	},
	{
		method: "Environments.List",
		shows:  "by the beginning of the name",
		args:   in(app, &gitlabci.ListEnvironmentsOptions{Search: "review/"}),
		exchange: exchange{
			op:     "list environments",
			route:  "GET /projects/:id/environments",
			sends:  "GET /projects/group%2Fapp/environments",
			query:  "per_page=100&search=review/",
			answer: `[{"id":1,"name":"review/1"}]`,
			fails:  gitlabci.ErrEnvironmentList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Environment{{EnvironmentBasic: gitlabci.EnvironmentBasic{ID: 1, Name: "review/1"}}},
	},
	{
		method: "Environments.Get",
		args:   in(app, int64(1)),
		exchange: exchange{
			op:    "get environment",
			route: "GET /projects/:id/environments/:environment_id",
			sends: "GET /projects/group%2Fapp/environments/1",
			answer: `{"id":1,"name":"production","state":"available","created_at":"2026-03-14T12:00:00Z","auto_stop_at":"2026-03-14T13:00:00Z",
				"auto_stop_setting":"with_action","kubernetes_namespace":"flux-system",
				"cluster_agent":{"id":7,"name":"agent-1","config_project":{"id":20,"path":"agents"},"created_by_user_id":42,"is_receptive":true},
				"last_deployment":{"id":100,"iid":34,"status":"success","user":null,"deployable":{"id":710,"name":"deploy","status":"success"}}}`,
			fails: gitlabci.ErrEnvironmentGet,
		},
		gives: &gitlabci.Environment{
			EnvironmentBasic:    gitlabci.EnvironmentBasic{ID: 1, Name: "production", CreatedAt: noon},
			State:               gitlabci.EnvironmentAvailable,
			AutoStopAt:          noon.Add(time.Hour),
			AutoStopSetting:     gitlabci.AutoStopSettingWithAction,
			KubernetesNamespace: "flux-system",
			ClusterAgent: &gitlabci.ClusterAgent{
				ID: 7, Name: "agent-1", ConfigProject: gitlabci.ProjectIdentity{ID: 20, Path: "agents"}, CreatedByUserID: 42, IsReceptive: true,
			},
			LastDeployment: &gitlabci.Deployment{
				ID: 100, IID: 34, Status: gitlabci.DeploymentSuccess, Deployable: &gitlabci.Job{ID: 710, Name: "deploy", Status: gitlabci.JobSuccess},
			},
		},
	},
	{
		method: "Environments.Create",
		args: in(app, &gitlabci.CreateEnvironmentOptions{
			Name:                "review/app",
			Description:         "for review",
			ExternalURL:         "https://app.example.com",
			Tier:                gitlabci.EnvironmentTierTesting,
			AutoStopSetting:     gitlabci.AutoStopSettingWithAction,
			ClusterAgentID:      7,
			KubernetesNamespace: "flux-system",
			FluxResourcePath:    "HelmRelease/flux-system",
		}),
		needs: []string{"Name"},
		exchange: exchange{
			op:    "create environment",
			route: "POST /projects/:id/environments",
			sends: "POST /projects/group%2Fapp/environments",
			body: `{"name":"review/app","description":"for review","external_url":"https://app.example.com","tier":"testing",
				"auto_stop_setting":"with_action","cluster_agent_id":7,"kubernetes_namespace":"flux-system","flux_resource_path":"HelmRelease/flux-system"}`,
			status: 201,
			answer: `{"id":3,"name":"review/app","description":"for review","state":"available","tier":"testing","auto_stop_setting":"never"}`,
			fails:  gitlabci.ErrEnvironmentCreate,
		},
		gives: &gitlabci.Environment{
			EnvironmentBasic: gitlabci.EnvironmentBasic{ID: 3, Name: "review/app"},
			Description:      "for review",
			State:            gitlabci.EnvironmentAvailable,
			Tier:             gitlabci.EnvironmentTierTesting,
			AutoStopSetting:  "never",
		},
	},
	{
		method: "Environments.Update",
		args: in(app, int64(3), &gitlabci.UpdateEnvironmentOptions{
			Description:         new(""),
			ExternalURL:         new("https://app.example.com"),
			Tier:                gitlabci.EnvironmentTierStaging,
			AutoStopSetting:     gitlabci.AutoStopSettingAlways,
			ClusterAgentID:      new(int64(8)),
			KubernetesNamespace: new("apps"),
			FluxResourcePath:    new("HelmRelease/apps"),
		}),
		refuses: "nothing to change",
		exchange: exchange{
			op:    "update environment",
			route: "PUT /projects/:id/environments/:environment_id",
			sends: "PUT /projects/group%2Fapp/environments/3",
			body: `{"description":"","external_url":"https://app.example.com","tier":"staging","auto_stop_setting":"always","cluster_agent_id":8,
				"kubernetes_namespace":"apps","flux_resource_path":"HelmRelease/apps"}`,
			answer: `{"id":3,"description":null,"tier":"staging","flux_resource_path":"HelmRelease/apps"}`,
			fails:  gitlabci.ErrEnvironmentUpdate,
		},
		gives: &gitlabci.Environment{
			EnvironmentBasic: gitlabci.EnvironmentBasic{ID: 3}, Tier: gitlabci.EnvironmentTierStaging, FluxResourcePath: "HelmRelease/apps",
		},
	},
	{
		method:  "Environments.Update",
		shows:   "without its agent",
		args:    in(app, int64(3), &gitlabci.UpdateEnvironmentOptions{ClusterAgentID: new(int64(0)), KubernetesNamespace: new("")}),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update environment",
			route:  "PUT /projects/:id/environments/:environment_id",
			sends:  "PUT /projects/group%2Fapp/environments/3",
			body:   `{"cluster_agent_id":null,"kubernetes_namespace":""}`,
			answer: `{"id":3,"cluster_agent":null}`,
			fails:  gitlabci.ErrEnvironmentUpdate,
		},
		gives: &gitlabci.Environment{EnvironmentBasic: gitlabci.EnvironmentBasic{ID: 3}},
	},
	{
		method: "Environments.Stop",
		args:   in(app, int64(3), &gitlabci.StopEnvironmentOptions{Force: true}),
		exchange: exchange{
			op:     "stop environment",
			route:  "POST /projects/:id/environments/:environment_id/stop",
			sends:  "POST /projects/group%2Fapp/environments/3/stop",
			body:   `{"force":true}`,
			answer: `{"id":3,"state":"stopped"}`,
			fails:  gitlabci.ErrEnvironmentStop,
		},
		gives: &gitlabci.Environment{EnvironmentBasic: gitlabci.EnvironmentBasic{ID: 3}, State: gitlabci.EnvironmentStopped},
	},
	{
		method: "Environments.StopStale",
		args:   in(app, &gitlabci.StopStaleEnvironmentsOptions{Before: noon}),
		needs:  []string{"Before"},
		exchange: exchange{
			op:     "stop stale environments",
			route:  "POST /projects/:id/environments/stop_stale",
			sends:  "POST /projects/group%2Fapp/environments/stop_stale",
			body:   `{"before":"2026-03-14T12:00:00Z"}`,
			answer: `{"message":"Successfully requested stop for all stale environments"}`,
			fails:  gitlabci.ErrEnvironmentStop,
		},
	},
	{
		method: "Environments.Delete",
		args:   in(app, int64(3)),
		exchange: exchange{
			op:     "delete environment",
			route:  "DELETE /projects/:id/environments/:environment_id",
			sends:  "DELETE /projects/group%2Fapp/environments/3",
			status: 204,
			fails:  gitlabci.ErrEnvironmentDelete,
		},
	},
	{
		method: "Environments.DeleteReviewApps",
		args:   in(app, &gitlabci.DeleteReviewAppsOptions{Before: noon, Limit: 1000, DryRun: new(false)}),
		exchange: exchange{
			op:    "delete review apps",
			route: "DELETE /projects/:id/environments/review_apps",
			sends: "DELETE /projects/group%2Fapp/environments/review_apps",
			query: "before=2026-03-14T12:00:00Z&limit=1000&dry_run=false",
			answer: `{"scheduled_entries":[{"id":387,"name":"review/023f1bce","slug":"review-023f1bce-3uxznk","external_url":null}],
				"unprocessable_entries":[]}`,
			fails: gitlabci.ErrEnvironmentDelete,
		},
		gives: &gitlabci.ReviewAppsResult{
			ScheduledEntries:     []gitlabci.EnvironmentBasic{{ID: 387, Name: "review/023f1bce", Slug: "review-023f1bce-3uxznk"}},
			UnprocessableEntries: []gitlabci.EnvironmentBasic{},
		},
	},
}
