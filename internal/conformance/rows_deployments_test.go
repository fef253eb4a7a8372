package conformance_test

import (
	"time"

	"github.com/gitlabci/gitlabci"
)

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
