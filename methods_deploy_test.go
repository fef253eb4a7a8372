package gitlabci_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/codec"
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

var deploymentRows = []methodRow{
	{
		method: "Deployments.List",
		args: in(app, &gitlabci.ListDeploymentsOptions{
			ListOptions: pageTwo,
			Environment: "review/app & co",
			Status:      gitlabci.DeploymentBlocked,
			OrderBy:     gitlabci.DeploymentOrderIID,
			Sort:        gitlabci.SortDesc,
		}),
		exchange: exchange{
			op:    "list deployments",
			route: "GET /projects/:id/deployments",
			sends: "GET /projects/group%2Fapp/deployments",
			query: "page=2&per_page=50&environment=review/app %26 co&status=blocked&order_by=iid&sort=desc",
			answer: `[{"id":41,"iid":1,"ref":"main","sha":"a91957a8","created_at":"2026-03-14T12:00:00Z","status":"blocked",
				"user":{"id":1,"username":"ada"},"environment":{"id":9,"name":"review/app & co"},"deployable":{"id":664,"name":"deploy"}},
				{"id":42,"iid":2,"status":"beamed","user":null,"deployable":null}]`,
			fails: gitlabci.ErrDeploymentList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Deployment{
			{
				ID: 41, IID: 1, Ref: "main", SHA: "a91957a8", CreatedAt: noon, Status: gitlabci.DeploymentBlocked,
				User:        &gitlabci.UserBasic{ID: 1, Username: "ada"},
				Environment: gitlabci.EnvironmentBasic{ID: 9, Name: "review/app & co"},
				Deployable:  &gitlabci.Job{ID: 664, Name: "deploy"},
			},
			{ID: 42, IID: 2, Status: "beamed"},
		},
	},
	{
		method: "Deployments.List",
		shows:  "by when they changed",
		args: in(app, &gitlabci.ListDeploymentsOptions{
			UpdatedAfter: noon, UpdatedBefore: noon.Add(time.Hour), OrderBy: gitlabci.DeploymentOrderUpdatedAt,
		}),
		goesWith: []string{"OrderBy"},
		exchange: exchange{
			op:     "list deployments",
			route:  "GET /projects/:id/deployments",
			sends:  "GET /projects/group%2Fapp/deployments",
			query:  "per_page=100&updated_after=2026-03-14T12:00:00Z&updated_before=2026-03-14T13:00:00Z&order_by=updated_at",
			answer: `[{"id":41,"updated_at":"2026-03-14T12:00:00Z"}]`,
			fails:  gitlabci.ErrDeploymentList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Deployment{{ID: 41, UpdatedAt: noon}},
	},
	{
		method: "Deployments.List",
		shows:  "by when they finished",
		args: in(app, &gitlabci.ListDeploymentsOptions{
			Status:         gitlabci.DeploymentSuccess,
			FinishedAfter:  noon.Add(1500 * time.Millisecond),
			FinishedBefore: noon.In(time.FixedZone("", 2*60*60)),
			OrderBy:        gitlabci.DeploymentOrderFinishedAt,
		}),
		goesWith: []string{"Status", "OrderBy"},
		exchange: exchange{
			op:    "list deployments",
			route: "GET /projects/:id/deployments",
			sends: "GET /projects/group%2Fapp/deployments",
			query: "per_page=100&status=success&finished_after=2026-03-14T12:00:01.5Z&finished_before=2026-03-14T14:00:00%2B02:00" +
				"&order_by=finished_at",
			answer: `[{"id":41,"status":"success"}]`,
			fails:  gitlabci.ErrDeploymentList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Deployment{{ID: 41, Status: gitlabci.DeploymentSuccess}},
	},
	{
		method: "Deployments.Get",
		args:   in(app, int64(41)),
		exchange: exchange{
			op:    "get deployment",
			route: "GET /projects/:id/deployments/:deployment_id",
			sends: "GET /projects/group%2Fapp/deployments/41",
			answer: `{"id":41,"status":"blocked","pending_approval_count":1,
				"approvals":[{"user":{"id":49,"username":"grace"},"status":"approved","created_at":"2026-03-14T12:00:00Z","comment":null}],
				"approval_summary":{"rules":[{"user_id":null,"group_id":134,"access_level":null,"access_level_description":"qa-group",
				"required_approvals":2,"deployment_approvals":[{"user":{"id":49},"status":"abstained"}]}]}}`,
			fails: gitlabci.ErrDeploymentGet,
		},
		gives: &gitlabci.Deployment{
			ID: 41, Status: gitlabci.DeploymentBlocked, PendingApprovalCount: 1,
			Approvals: []gitlabci.DeploymentApproval{
				{User: gitlabci.UserBasic{ID: 49, Username: "grace"}, Status: gitlabci.DeploymentApprovalApproved, CreatedAt: noon},
			},
			ApprovalSummary: &gitlabci.DeploymentApprovalSummary{Rules: []gitlabci.DeploymentApprovalRule{{
				ApprovalRule:        gitlabci.ApprovalRule{GroupID: 134, AccessLevelDescription: "qa-group", RequiredApprovals: 2},
				DeploymentApprovals: []gitlabci.DeploymentApproval{{User: gitlabci.UserBasic{ID: 49}, Status: "abstained"}},
			}}},
		},
	},
	{
		method: "Deployments.Create",
		args: in(app, &gitlabci.CreateDeploymentOptions{
			Environment: "review/app", SHA: "a91957a8", Ref: "v1.0", Tag: true, Status: gitlabci.DeploymentRunning,
		}),
		needs: []string{"Environment", "SHA", "Ref", "Status"},
		exchange: exchange{
			op:     "create deployment",
			route:  "POST /projects/:id/deployments",
			sends:  "POST /projects/group%2Fapp/deployments",
			body:   `{"environment":"review/app","sha":"a91957a8","ref":"v1.0","tag":true,"status":"running"}`,
			status: 201,
			answer: `{"id":56,"iid":3,"sha":"a91957a8","ref":"v1.0","status":"running","deployable":null,"environment":{"id":9,"name":"review/app"}}`,
			fails:  gitlabci.ErrDeploymentCreate,
		},
		gives: &gitlabci.Deployment{
			ID: 56, IID: 3, SHA: "a91957a8", Ref: "v1.0", Status: gitlabci.DeploymentRunning,
			Environment: gitlabci.EnvironmentBasic{ID: 9, Name: "review/app"},
		},
	},
	{
		method: "Deployments.Create",
		shows:  "of a branch",
		args: in(app, &gitlabci.CreateDeploymentOptions{
			Environment: "production", SHA: "a91957a8", Ref: "main", Status: gitlabci.DeploymentCanceled,
		}),
		needs: []string{"Environment", "SHA", "Ref", "Status"},
		exchange: exchange{
			op:     "create deployment",
			route:  "POST /projects/:id/deployments",
			sends:  "POST /projects/group%2Fapp/deployments",
			body:   `{"environment":"production","sha":"a91957a8","ref":"main","tag":false,"status":"canceled"}`,
			status: 201,
			answer: `{"id":57,"status":"canceled"}`,
			fails:  gitlabci.ErrDeploymentCreate,
		},
		gives: &gitlabci.Deployment{ID: 57, Status: gitlabci.DeploymentCanceled},
	},
	{
		method: "Deployments.Update",
		args:   in(app, int64(56), &gitlabci.UpdateDeploymentOptions{Status: gitlabci.DeploymentFailed}),
		needs:  []string{"Status"},
		exchange: exchange{
			op:     "update deployment",
			route:  "PUT /projects/:id/deployments/:deployment_id",
			sends:  "PUT /projects/group%2Fapp/deployments/56",
			body:   `{"status":"failed"}`,
			answer: `{"id":56,"status":"failed"}`,
			fails:  gitlabci.ErrDeploymentUpdate,
		},
		gives: &gitlabci.Deployment{ID: 56, Status: gitlabci.DeploymentFailed},
	},
	{
		method: "Deployments.Delete",
		args:   in(app, int64(56)),
		exchange: exchange{
			op:     "delete deployment",
			route:  "DELETE /projects/:id/deployments/:deployment_id",
			sends:  "DELETE /projects/group%2Fapp/deployments/56",
			status: 204,
			fails:  gitlabci.ErrDeploymentDelete,
		},
	},
	{
		method: "Deployments.SetApproval",
		args: in(app, int64(41), &gitlabci.SetDeploymentApprovalOptions{
			Status: gitlabci.DeploymentApprovalRejected, Comment: "not on a Friday", RepresentedAs: "security",
		}),
		needs: []string{"Status"},
		exchange: exchange{
			op:     "set deployment approval",
			route:  "POST /projects/:id/deployments/:deployment_id/approval",
			sends:  "POST /projects/group%2Fapp/deployments/41/approval",
			body:   `{"status":"rejected","comment":"not on a Friday","represented_as":"security"}`,
			status: 201,
			answer: `{"user":{"id":100,"username":"ada"},"status":"rejected","created_at":"2026-03-14T12:00:00Z","comment":"not on a Friday"}`,
			fails:  gitlabci.ErrDeploymentApprovalSet,
		},
		gives: &gitlabci.DeploymentApproval{
			User: gitlabci.UserBasic{ID: 100, Username: "ada"}, Status: gitlabci.DeploymentApprovalRejected, CreatedAt: noon, Comment: "not on a Friday",
		},
	},
	{
		method: "Deployments.MergeRequests",
		args: in(app, int64(41), &gitlabci.ListMergeRequestsOptions{
			ListOptions: pageTwo,
			MergeRequestFilter: gitlabci.MergeRequestFilter{
				AuthorID:         1,
				AuthorUsername:   "ada",
				AssigneeID:       "Any",
				AssigneeUsername: []string{"grace", "joan"},
				ReviewerID:       "None",
				ReviewerUsername: "hedy",
				Labels:           []string{"bug", "to do"},
				Milestone:        "1.0 & up",
				MyReactionEmoji:  "star",
			},
			State:                  gitlabci.MergeRequestMerged,
			Scope:                  gitlabci.MergeRequestScopeAssignedToMe,
			SourceBranch:           "feature/x",
			SourceProjectID:        3,
			TargetBranch:           "main",
			Search:                 "fix it",
			In:                     "title,description",
			Draft:                  new(false),
			WIP:                    "no",
			ApproverIDs:            []int64{5, 6},
			ApprovedByIDs:          []int64{7, 8},
			MergeUserID:            9,
			MergeUserUsername:      "mary",
			Environment:            "review/app",
			DeployedAfter:          noon.Add(1 * time.Hour),
			DeployedBefore:         noon.Add(2 * time.Hour),
			MergedAfter:            noon.Add(3 * time.Hour),
			MergedBefore:           noon.Add(4 * time.Hour),
			UpdatedAfter:           noon.Add(5 * time.Hour),
			UpdatedBefore:          noon.Add(6 * time.Hour),
			CreatedAfter:           noon.Add(7 * time.Hour),
			CreatedBefore:          noon.Add(8 * time.Hour),
			WithMergeStatusRecheck: new(true),
			View:                   gitlabci.MergeRequestViewSimple,
			OrderBy:                gitlabci.MergeRequestOrderMergedAt,
			Sort:                   gitlabci.SortAsc,
			Not: &gitlabci.MergeRequestFilter{
				AuthorID:         11,
				AuthorUsername:   "bob",
				AssigneeID:       "12",
				AssigneeUsername: []string{"carl", "dan"},
				ReviewerID:       "13",
				ReviewerUsername: "eve",
				Labels:           []string{"later", "never"},
				Milestone:        "2.0",
				MyReactionEmoji:  "zzz",
			},
		}),
		exchange: exchange{
			op:    "list deployment merge requests",
			route: "GET /projects/:id/deployments/:deployment_id/merge_requests",
			sends: "GET /projects/group%2Fapp/deployments/41/merge_requests",
			query: "page=2&per_page=50&author_id=1&author_username=ada&assignee_id=Any&assignee_username[]=grace&assignee_username[]=joan" +
				"&reviewer_id=None&reviewer_username=hedy&labels=bug,to do&milestone=1.0 %26 up&my_reaction_emoji=star" +
				"&state=merged&scope=assigned_to_me&source_branch=feature/x&source_project_id=3&target_branch=main&search=fix it" +
				"&in=title,description&draft=false&wip=no&approver_ids[]=5&approver_ids[]=6&approved_by_ids[]=7&approved_by_ids[]=8" +
				"&merge_user_id=9&merge_user_username=mary&environment=review/app" +
				"&deployed_after=2026-03-14T13:00:00Z&deployed_before=2026-03-14T14:00:00Z" +
				"&merged_after=2026-03-14T15:00:00Z&merged_before=2026-03-14T16:00:00Z" +
				"&updated_after=2026-03-14T17:00:00Z&updated_before=2026-03-14T18:00:00Z" +
				"&created_after=2026-03-14T19:00:00Z&created_before=2026-03-14T20:00:00Z" +
				"&with_merge_status_recheck=true&view=simple&order_by=merged_at&sort=asc" +
				"&not[author_id]=11&not[author_username]=bob&not[assignee_id]=12&not[assignee_username][]=carl&not[assignee_username][]=dan" +
				"&not[reviewer_id]=13&not[reviewer_username]=eve&not[labels]=later,never&not[milestone]=2.0&not[my_reaction_emoji]=zzz",
			answer: `[{"id":273,"iid":8,"title":"Fix it","state":"merged","author":{"id":1,"username":"ada"},"assignee":null,"labels":["bug"],
				"milestone":{"id":5,"title":"1.0","group_id":null,"due_date":"2026-03-31"},"merged_at":"2026-03-14T12:00:00Z","closed_at":null,
				"detailed_merge_status":"not_open","references":{"short":"!8","full":"group/app!8"},
				"time_stats":{"time_estimate":3600,"human_time_estimate":"1h","human_total_time_spent":null},
				"task_completion_status":{"count":2,"completed_count":1}},{"id":274,"state":"beamed"}]`,
			fails: gitlabci.ErrMergeRequestList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.MergeRequest{
			{
				ID: 273, IID: 8, Title: "Fix it", State: gitlabci.MergeRequestMerged,
				Author:               gitlabci.UserBasic{ID: 1, Username: "ada"},
				Labels:               []string{"bug"},
				Milestone:            &gitlabci.Milestone{ID: 5, Title: "1.0", DueDate: "2026-03-31"},
				MergedAt:             noon,
				DetailedMergeStatus:  "not_open",
				References:           gitlabci.References{Short: "!8", Full: "group/app!8"},
				TimeStats:            gitlabci.TimeStats{TimeEstimate: 3600, HumanTimeEstimate: "1h"},
				TaskCompletionStatus: gitlabci.TaskCompletionStatus{Count: 2, CompletedCount: 1},
			},
			{ID: 274, State: "beamed"},
		},
	},
}

var (
	newProtection = &gitlabci.CreateProtectedEnvironmentOptions{
		Name: "review/app",
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{
			{AccessLevel: gitlabci.AccessMaintainer}, {UserID: 5}, {GroupID: 138, GroupInheritanceType: new(gitlabci.GroupInheritanceInherited)},
		},
		ApprovalRules: []gitlabci.ApprovalRuleOptions{
			{AccessLevel: gitlabci.AccessDeveloper}, {UserID: 6},
			{GroupID: 134, RequiredApprovals: 2, GroupInheritanceType: new(gitlabci.GroupInheritanceDirect)},
		},
		RequiredApprovalCount: new(1),
	}
	newProtectionBody = `{"name":"review/app","deploy_access_levels":[{"access_level":40},{"user_id":5},{"group_id":138,"group_inheritance_type":1}],
		"approval_rules":[{"access_level":30},{"user_id":6},{"group_id":134,"required_approvals":2,"group_inheritance_type":0}],
		"required_approval_count":1}`

	protectionChanges = &gitlabci.UpdateProtectedEnvironmentOptions{
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{
			{ID: 12, GroupID: 139, GroupInheritanceType: new(gitlabci.GroupInheritanceDirect)}, {ID: 13, Destroy: true},
			{AccessLevel: gitlabci.AccessAdmin}, {UserID: 5},
		},
		ApprovalRules: []gitlabci.ApprovalRuleOptions{
			{ID: 38, GroupID: 135, RequiredApprovals: 3, GroupInheritanceType: new(gitlabci.GroupInheritanceInherited)}, {ID: 39, Destroy: true},
			{AccessLevel: gitlabci.AccessReporter}, {UserID: 6},
		},
		RequiredApprovalCount: new(0),
	}
	protectionChangesBody = `{"deploy_access_levels":[{"id":12,"group_id":139,"group_inheritance_type":0},{"id":13,"_destroy":true},
		{"access_level":60},{"user_id":5}],
		"approval_rules":[{"id":38,"group_id":135,"required_approvals":3,"group_inheritance_type":1},{"id":39,"_destroy":true},
		{"access_level":20},{"user_id":6}],"required_approval_count":0}`
)

var protectedEnvironmentRows = []methodRow{
	{
		method: "ProtectedEnvironments.List",
		shows:  "of a project",
		args:   in(app, &gitlabci.ListProtectedEnvironmentsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:    "list protected environments",
			route: "GET /projects/:id/protected_environments",
			sends: "GET /projects/group%2Fapp/protected_environments",
			query: "page=2&per_page=50",
			answer: `[{"name":"production","deploy_access_levels":[{"id":12,"access_level":40,"access_level_description":"Maintainers","user_id":null,
				"group_id":null,"group_inheritance_type":0},{"id":13,"access_level":35}],"required_approval_count":0}]`,
			fails: gitlabci.ErrProtectedEnvironmentList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.ProtectedEnvironment{{Name: "production", DeployAccessLevels: []gitlabci.DeployAccessLevel{
			{ID: 12, AccessLevel: gitlabci.AccessMaintainer, AccessLevelDescription: "Maintainers"}, {ID: 13, AccessLevel: 35},
		}}},
	},
	{
		method: "ProtectedEnvironments.List",
		shows:  "of a group",
		args:   in(group, &gitlabci.ListProtectedEnvironmentsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list protected environments",
			route:  "GET /groups/:id/protected_environments",
			sends:  "GET /groups/group%2Fsub/protected_environments",
			query:  "page=2&per_page=50",
			answer: `[{"name":"staging","approval_rules":null},{"name":"production"}]`,
			fails:  gitlabci.ErrProtectedEnvironmentList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.ProtectedEnvironment{{Name: "staging"}, {Name: "production"}},
	},
	{
		method: "ProtectedEnvironments.Get",
		shows:  "of a project",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:    "get protected environment",
			route: "GET /projects/:id/protected_environments/:name",
			sends: "GET /projects/group%2Fapp/protected_environments/review%2Fapp",
			answer: `{"name":"review/app","approval_rules":[{"id":38,"user_id":null,"group_id":134,"access_level":null,
				"access_level_description":"qa-group","required_approvals":1,"group_inheritance_type":1}]}`,
			fails: gitlabci.ErrProtectedEnvironmentGet,
		},
		gives: &gitlabci.ProtectedEnvironment{Name: "review/app", ApprovalRules: []gitlabci.ApprovalRule{{
			ID: 38, GroupID: 134, AccessLevelDescription: "qa-group", RequiredApprovals: 1, GroupInheritanceType: gitlabci.GroupInheritanceInherited,
		}}},
	},
	{
		method: "ProtectedEnvironments.Get",
		shows:  "of a group",
		args:   in(group, string(gitlabci.EnvironmentTierProduction)),
		exchange: exchange{
			op:    "get protected environment",
			route: "GET /groups/:id/protected_environments/:name",
			sends: "GET /groups/group%2Fsub/protected_environments/production",
			answer: `{"name":"production","deploy_access_levels":[{"id":12,"deploy_key_id":3,"member_role_id":4,"member_role_name":"Deployer"}],
				"required_approval_count":2}`,
			fails: gitlabci.ErrProtectedEnvironmentGet,
		},
		gives: &gitlabci.ProtectedEnvironment{
			Name:                  "production",
			DeployAccessLevels:    []gitlabci.DeployAccessLevel{{ID: 12, DeployKeyID: 3, MemberRoleID: 4, MemberRoleName: "Deployer"}},
			RequiredApprovalCount: 2,
		},
	},
	{
		method: "ProtectedEnvironments.Create",
		shows:  "in a project",
		args:   in(app, newProtection),
		needs:  []string{"Name", "DeployAccessLevels"},
		exchange: exchange{
			op:     "create protected environment",
			route:  "POST /projects/:id/protected_environments",
			sends:  "POST /projects/group%2Fapp/protected_environments",
			body:   newProtectionBody,
			status: 201,
			answer: `{"name":"review/app","deploy_access_levels":[{"id":14,"user_id":5}]}`,
			fails:  gitlabci.ErrProtectedEnvironmentCreate,
		},
		gives: &gitlabci.ProtectedEnvironment{Name: "review/app", DeployAccessLevels: []gitlabci.DeployAccessLevel{{ID: 14, UserID: 5}}},
	},
	{
		method: "ProtectedEnvironments.Create",
		shows:  "in a group",
		args:   in(group, newProtection),
		needs:  []string{"Name", "DeployAccessLevels"},
		exchange: exchange{
			op:     "create protected environment",
			route:  "POST /groups/:id/protected_environments",
			sends:  "POST /groups/group%2Fsub/protected_environments",
			body:   newProtectionBody,
			status: 201,
			answer: `{"name":"other","deploy_access_levels":[{"id":15,"group_id":138}]}`,
			fails:  gitlabci.ErrProtectedEnvironmentCreate,
		},
		gives: &gitlabci.ProtectedEnvironment{Name: "other", DeployAccessLevels: []gitlabci.DeployAccessLevel{{ID: 15, GroupID: 138}}},
	},
	{
		method:  "ProtectedEnvironments.Update",
		shows:   "of a project",
		args:    in(app, "review/app", protectionChanges),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update protected environment",
			route:  "PUT /projects/:id/protected_environments/:name",
			sends:  "PUT /projects/group%2Fapp/protected_environments/review%2Fapp",
			body:   protectionChangesBody,
			answer: `{"name":"review/app","deploy_access_levels":[]}`,
			fails:  gitlabci.ErrProtectedEnvironmentUpdate,
		},
		gives: &gitlabci.ProtectedEnvironment{Name: "review/app", DeployAccessLevels: []gitlabci.DeployAccessLevel{}},
	},
	{
		method:  "ProtectedEnvironments.Update",
		shows:   "of a group",
		args:    in(group, "production", protectionChanges),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update protected environment",
			route:  "PUT /groups/:id/protected_environments/:name",
			sends:  "PUT /groups/group%2Fsub/protected_environments/production",
			body:   protectionChangesBody,
			answer: `{"name":"production","approval_rules":[{"id":38,"group_id":135,"required_approvals":3}]}`,
			fails:  gitlabci.ErrProtectedEnvironmentUpdate,
		},
		gives: &gitlabci.ProtectedEnvironment{
			Name: "production", ApprovalRules: []gitlabci.ApprovalRule{{ID: 38, GroupID: 135, RequiredApprovals: 3}},
		},
	},
	{
		method: "ProtectedEnvironments.Delete",
		shows:  "of a project",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:     "delete protected environment",
			route:  "DELETE /projects/:id/protected_environments/:name",
			sends:  "DELETE /projects/group%2Fapp/protected_environments/review%2Fapp",
			status: 204,
			fails:  gitlabci.ErrProtectedEnvironmentDelete,
		},
	},
	{
		method: "ProtectedEnvironments.Delete",
		shows:  "of a group",
		args:   in(group, "production"),
		exchange: exchange{
			op:     "delete protected environment",
			route:  "DELETE /groups/:id/protected_environments/:name",
			sends:  "DELETE /groups/group%2Fsub/protected_environments/production",
			status: 204,
			fails:  gitlabci.ErrProtectedEnvironmentDelete,
		},
	},
}

var freezePeriodRows = []methodRow{
	{
		method: "FreezePeriods.List",
		args:   in(app, &gitlabci.ListFreezePeriodsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list freeze periods",
			route:  "GET /projects/:id/freeze_periods",
			sends:  "GET /projects/group%2Fapp/freeze_periods",
			query:  "page=2&per_page=50",
			answer: `[{"id":1,"freeze_start":"0 23 * * 5","freeze_end":"0 8 * * 1","cron_timezone":"UTC","created_at":"2026-03-14T12:00:00Z","updated_at":null}]`,
			fails:  gitlabci.ErrFreezePeriodList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.FreezePeriod{{ID: 1, FreezeStart: "0 23 * * 5", FreezeEnd: "0 8 * * 1", CronTimezone: "UTC", CreatedAt: noon}},
	},
	{
		method: "FreezePeriods.Get",
		args:   in(app, int64(1)),
		exchange: exchange{
			op:     "get freeze period",
			route:  "GET /projects/:id/freeze_periods/:freeze_period_id",
			sends:  "GET /projects/group%2Fapp/freeze_periods/1",
			answer: `{"id":1,"freeze_start":"0 23 * * 5","updated_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrFreezePeriodGet,
		},
		gives: &gitlabci.FreezePeriod{ID: 1, FreezeStart: "0 23 * * 5", UpdatedAt: noon},
	},
	{
		method: "FreezePeriods.Create",
		args: in(app, &gitlabci.CreateFreezePeriodOptions{
			FreezeStart: "0 23 * * 5", FreezeEnd: "0 7 * * 1", CronTimezone: "Europe/Berlin",
		}),
		needs: []string{"FreezeStart", "FreezeEnd"},
		exchange: exchange{
			op:     "create freeze period",
			route:  "POST /projects/:id/freeze_periods",
			sends:  "POST /projects/group%2Fapp/freeze_periods",
			body:   `{"freeze_start":"0 23 * * 5","freeze_end":"0 7 * * 1","cron_timezone":"Europe/Berlin"}`,
			status: 201,
			answer: `{"id":2,"cron_timezone":"Europe/Berlin"}`,
			fails:  gitlabci.ErrFreezePeriodCreate,
		},
		gives: &gitlabci.FreezePeriod{ID: 2, CronTimezone: "Europe/Berlin"},
	},
	{
		method: "FreezePeriods.Update",
		args: in(app, int64(2), &gitlabci.UpdateFreezePeriodOptions{
			FreezeStart: "0 22 * * 5", FreezeEnd: "0 9 * * 1", CronTimezone: "America/New_York",
		}),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update freeze period",
			route:  "PUT /projects/:id/freeze_periods/:freeze_period_id",
			sends:  "PUT /projects/group%2Fapp/freeze_periods/2",
			body:   `{"freeze_start":"0 22 * * 5","freeze_end":"0 9 * * 1","cron_timezone":"America/New_York"}`,
			answer: `{"id":2,"freeze_end":"0 9 * * 1"}`,
			fails:  gitlabci.ErrFreezePeriodUpdate,
		},
		gives: &gitlabci.FreezePeriod{ID: 2, FreezeEnd: "0 9 * * 1"},
	},
	{
		method: "FreezePeriods.Delete",
		args:   in(app, int64(2)),
		exchange: exchange{
			op:     "delete freeze period",
			route:  "DELETE /projects/:id/freeze_periods/:freeze_period_id",
			sends:  "DELETE /projects/group%2Fapp/freeze_periods/2",
			status: 204,
			fails:  gitlabci.ErrFreezePeriodDelete,
		},
	},
}

var resourceGroupRows = []methodRow{
	{
		method: "ResourceGroups.List",
		args:   in(app, &gitlabci.ListResourceGroupsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list resource groups",
			route:  "GET /projects/:id/resource_groups",
			sends:  "GET /projects/group%2Fapp/resource_groups",
			query:  "page=2&per_page=50",
			answer: `[{"id":3,"key":"production","process_mode":"unordered","created_at":"2026-03-14T12:00:00Z"},{"id":4,"key":"review/app","process_mode":"random"}]`,
			fails:  gitlabci.ErrResourceGroupList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.ResourceGroup{
			{ID: 3, Key: "production", ProcessMode: gitlabci.ProcessModeUnordered, CreatedAt: noon},
			{ID: 4, Key: "review/app", ProcessMode: "random"},
		},
	},
	{
		method: "ResourceGroups.Get",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:     "get resource group",
			route:  "GET /projects/:id/resource_groups/:key",
			sends:  "GET /projects/group%2Fapp/resource_groups/review%2Fapp",
			answer: `{"id":4,"key":"review/app","process_mode":"newest_ready_first"}`,
			fails:  gitlabci.ErrResourceGroupGet,
		},
		gives: &gitlabci.ResourceGroup{ID: 4, Key: "review/app", ProcessMode: gitlabci.ProcessModeNewestReadyFirst},
	},
	{
		method: "ResourceGroups.Update",
		args:   in(app, "review/app", &gitlabci.UpdateResourceGroupOptions{ProcessMode: gitlabci.ProcessModeOldestFirst}),
		needs:  []string{"ProcessMode"},
		exchange: exchange{
			op:     "update resource group",
			route:  "PUT /projects/:id/resource_groups/:key",
			sends:  "PUT /projects/group%2Fapp/resource_groups/review%2Fapp",
			body:   `{"process_mode":"oldest_first"}`,
			answer: `{"id":4,"process_mode":"oldest_first"}`,
			fails:  gitlabci.ErrResourceGroupUpdate,
		},
		gives: &gitlabci.ResourceGroup{ID: 4, ProcessMode: gitlabci.ProcessModeOldestFirst},
	},
	{
		method: "ResourceGroups.CurrentJob",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:     "get current job of resource group",
			route:  "GET /projects/:id/resource_groups/:key/current_job",
			sends:  "GET /projects/group%2Fapp/resource_groups/review%2Fapp/current_job",
			answer: `{"id":1154,"name":"deploy","status":"running","duration":null}`,
			fails:  gitlabci.ErrJobGet,
		},
		gives: &gitlabci.Job{ID: 1154, Name: "deploy", Status: gitlabci.JobRunning},
	},
	{
		method: "ResourceGroups.CurrentJob",
		shows:  "of a group that no job holds",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:     "get current job of resource group",
			route:  "GET /projects/:id/resource_groups/:key/current_job",
			sends:  "GET /projects/group%2Fapp/resource_groups/review%2Fapp/current_job",
			answer: "null",
			fails:  gitlabci.ErrJobGet,
		},
		gives: (*gitlabci.Job)(nil),
	},
	{
		method: "ResourceGroups.UpcomingJobs",
		args:   in(app, "review/app", &gitlabci.ListUpcomingJobsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list upcoming jobs",
			route:  "GET /projects/:id/resource_groups/:key/upcoming_jobs",
			sends:  "GET /projects/group%2Fapp/resource_groups/review%2Fapp/upcoming_jobs",
			query:  "page=2&per_page=50",
			answer: `[{"id":1155,"status":"waiting_for_resource"},{"id":1156,"status":"beamed"}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Job{{ID: 1155, Status: gitlabci.JobWaitingForResource}, {ID: 1156, Status: "beamed"}},
	},
}

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

var lintRows = []methodRow{
	{
		method: "Lint.Content",
		args:   in(app, &gitlabci.LintContentOptions{Content: "job:\n  script: \"a < b\"\n", DryRun: true, IncludeJobs: true, Ref: "feature/x"}),
		needs:  []string{"Content"},
		exchange: exchange{
			op:    "lint content",
			route: "POST /projects/:id/ci/lint",
			sends: "POST /projects/group%2Fapp/ci/lint",
			body:  `{"content":"job:\n  script: \"a < b\"\n","dry_run":true,"include_jobs":true,"ref":"feature/x"}`,
			answer: `{"valid":true,"errors":[],"warnings":["be brief"],"merged_yaml":"---\njob: {}\n","includes":[],"jobs":[{"name":"job","stage":"test",
				"before_script":[],"script":["a < b"],"tag_list":["docker"],"only":{"refs":["branches","tags"]},"except":null,"environment":null,
				"when":"on_success","allow_failure":false,"needs":null},{"name":"later","environment":"review/app","when":"someday","allow_failure":true,
				"except":{"variables":["$CI"],"changes":["*.md"],"kubernetes":"active"},"needs":[{"name":"job","artifacts":true,"optional":true}]}]}`,
			fails: gitlabci.ErrLintContent,
		},
		gives: &gitlabci.LintResult{
			Valid: true, Errors: []string{}, Warnings: []string{"be brief"}, MergedYAML: "---\njob: {}\n", Includes: []gitlabci.LintInclude{},
			Jobs: []gitlabci.LintJob{
				{
					Name: "job", Stage: "test", BeforeScript: []string{}, Script: []string{"a < b"}, TagList: []string{"docker"},
					Only: gitlabci.LintPolicy{Refs: []string{"branches", "tags"}},
					When: gitlabci.JobWhenOnSuccess,
				},
				{
					Name: "later", Environment: "review/app", When: "someday", AllowFailure: true,
					Except: gitlabci.LintPolicy{Variables: []string{"$CI"}, Changes: []string{"*.md"}, Kubernetes: "active"},
					Needs:  []gitlabci.LintNeed{{Name: "job", Artifacts: true, Optional: true}},
				},
			},
		},
	},
	{
		method: "Lint.Project",
		args: in(app, &gitlabci.LintProjectOptions{
			ContentRef: "feature/x & y", DryRun: true, DryRunRef: "feature/z", IncludeJobs: true,
		}),
		exchange: exchange{
			op:    "lint project",
			route: "GET /projects/:id/ci/lint",
			sends: "GET /projects/group%2Fapp/ci/lint",
			query: "content_ref=feature/x %26 y&dry_run=true&dry_run_ref=feature/z&include_jobs=true",
			answer: `{"valid":true,"includes":[{"type":"file","location":"ci.yml","blob":"https://gitlab.example.com/b","raw":"https://gitlab.example.com/r",
				"extra":{"project":"group/ci","ref":"main"},"context_project":"group/app","context_sha":"a91957a8"},
				{"type":"beam","location":"child.yml","extra":{"job_name":"generate"}},{"type":"remote","blob":null,"extra":{}}]}`,
			fails: gitlabci.ErrLintProject,
		},
		gives: &gitlabci.LintResult{Valid: true, Includes: []gitlabci.LintInclude{
			{
				Type: gitlabci.LintIncludeFile, Location: "ci.yml", Blob: "https://gitlab.example.com/b", Raw: "https://gitlab.example.com/r",
				Extra:          gitlabci.LintIncludeExtra{Project: "group/ci", Ref: "main"},
				ContextProject: "group/app", ContextSHA: "a91957a8",
			},
			{Type: "beam", Location: "child.yml", Extra: gitlabci.LintIncludeExtra{JobName: "generate"}},
			{Type: gitlabci.LintIncludeRemote},
		}},
	},
	{
		method: "Lint.Project",
		shows:  "by the older names, of one that is not valid",
		args:   in(app, &gitlabci.LintProjectOptions{SHA: "a91957a8", Ref: "main"}),
		exchange: exchange{
			op:     "lint project",
			route:  "GET /projects/:id/ci/lint",
			sends:  "GET /projects/group%2Fapp/ci/lint",
			query:  "sha=a91957a8&ref=main",
			answer: `{"valid":false,"errors":["jobs config should contain at least one visible job"],"warnings":[],"merged_yaml":null,"includes":null}`,
			fails:  gitlabci.ErrLintProject,
		},
		gives: &gitlabci.LintResult{Errors: []string{"jobs config should contain at least one visible job"}, Warnings: []string{}},
	},
}

func TestLintResultErr(t *testing.T) {
	t.Parallel()
	require.NoError(t, (&gitlabci.LintResult{Valid: true, Warnings: []string{"be brief"}}).Err())
	err := (&gitlabci.LintResult{Errors: []string{"no script", "no\nstages"}}).Err()
	require.ErrorIs(t, err, gitlabci.ErrLintInvalid)
	require.ErrorContains(t, err, "no script; no")
	require.NotContains(t, err.Error(), "\n")
	require.Equal(t, gitlabci.ErrLintInvalid, (&gitlabci.LintResult{Errors: []string{" "}}).Err())
}

// TestLintJobForms tests that members of a job are understood in each of the forms that a configuration has for them.
func TestLintJobForms(t *testing.T) {
	t.Parallel()
	want := gitlabci.LintJob{
		Environment: "production", Only: gitlabci.LintPolicy{Refs: []string{"main"}, Changes: []string{"*.go"}}, Needs: []gitlabci.LintNeed{{Name: "build"}},
	}
	for _, text := range []string{
		`{"environment":"production","only":{"refs":["main"],"changes":["*.go"]},"needs":[{"name":"build"}]}`,
		`{"environment":{"name":"production","url":"https://example.com"},"only":{"refs":["main"],"changes":{"paths":["*.go"]}},"needs":["build"]}`,
	} {
		var job gitlabci.LintJob
		require.NoError(t, codec.Unmarshal([]byte(text), &job), text)
		require.Equal(t, want, job, text)
	}
	var job gitlabci.LintJob
	require.NoError(t, codec.Unmarshal([]byte(`{"only":["main"],"except":null,"environment":null,"needs":null}`), &job))
	require.Equal(t, gitlabci.LintJob{Only: gitlabci.LintPolicy{Refs: []string{"main"}}}, job)
}

// TestNullOfOptions tests that what 0 takes away is sent as null, whatever way the options are encoded.
func TestNullOfOptions(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]any{
		`{"cluster_agent_id":null}`:               gitlabci.UpdateEnvironmentOptions{ClusterAgentID: new(int64(0))},
		`{"cluster_agent_id":7}`:                  gitlabci.UpdateEnvironmentOptions{ClusterAgentID: new(int64(7))},
		`{"ci_delete_pipelines_in_seconds":null}`: gitlabci.UpdateProjectSettingsOptions{CIDeletePipelinesInSeconds: new(gitlabci.Seconds(0))},
	} {
		text, err := json.Marshal(options)
		require.NoError(t, err)
		require.JSONEq(t, want, string(text))
	}
}

// What GitLab answers with the status of a success although it refused.
func TestNotRemovedFromAMergeTrain(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"message":"Can't cancel the automatic merge","status":"error","http_status":406}`, "\ufeff" + `{"status":"error","message":"Can't cancel the automatic merge"}`,
	} {
		sent := 0
		client := through(t, func(r *http.Request) (*http.Response, error) {
			sent++
			return answerTo(r, http.StatusCreated, body, "X-Request-Id: 01ABC"), nil
		})
		err := client.MergeTrains.Remove(t.Context(), wireApp, 8)
		require.EqualError(t, err, "gitlabci: remove from merge train: POST /projects/group%2Fapp/merge_requests/8/cancel_merge_when_pipeline_succeeds: "+
			"201 Created: Can't cancel the automatic merge (request 01ABC)")
		require.ErrorIs(t, err, gitlabci.ErrMergeTrainRemove)
		require.ErrorIs(t, err, gitlabci.ErrConflict)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.NotErrorIs(t, err, gitlabci.ErrDecode)
		require.Equal(t, body, string(failureOf(t, err).Body))
		require.Equal(t, 1, sent)
	}
	for body, fine := range map[string]bool{"": true, "null": true, "201": true, `{"status":"success"}`: true, `{"id":273,"state":"opened"}`: true, `{"status":"er`: false, "[]": false} {
		client := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, http.StatusCreated, body), nil })
		err := client.MergeTrains.Remove(t.Context(), wireApp, 8)
		require.Equal(t, fine, err == nil, "%s: %v", body, err)
		require.Equal(t, !fine, errors.Is(err, gitlabci.ErrOutcomeUnknown), body)
	}
}

// The bounds of settings, both ends of which are within.
func TestBoundsOfProjectSettings(t *testing.T) {
	t.Parallel()
	for _, o := range []*gitlabci.UpdateProjectSettingsOptions{
		{CIDefaultGitDepth: new(0)}, {CIDefaultGitDepth: new(1000)}, {BuildTimeout: 600}, {BuildTimeout: 2_629_745},
		{CIDeletePipelinesInSeconds: new(gitlabci.Seconds(0))}, {CIDeletePipelinesInSeconds: new(gitlabci.Seconds(86_400))}, {CIDeletePipelinesInSeconds: new(gitlabci.Seconds(3 * 31_556_952))},
	} {
		client := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, http.StatusOK, `{"id":1}`), nil })
		_, err := client.ProjectSettings.Update(t.Context(), wireApp, o)
		require.NoError(t, err)
	}
}
