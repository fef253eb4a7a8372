package conformance_test

import (
	"time"

	"github.com/gitlabci/gitlabci"
)

var runnerControllerRows = []methodRow{
	{
		method: "RunnerControllers.List",
		args:   in(&gitlabci.ListRunnerControllersOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list runner controllers",
			route:  "GET /runner_controllers",
			sends:  "GET /runner_controllers",
			query:  "page=2&per_page=50",
			answer: `[{"id":1,"description":"policy","state":"enabled","created_at":"2026-03-14T12:00:00Z"},{"id":2,"description":null,"state":"asleep"}]`,
			fails:  gitlabci.ErrRunnerControllerList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.RunnerController{
			{ID: 1, Description: "policy", State: gitlabci.RunnerControllerEnabled, CreatedAt: noon},
			{ID: 2, State: "asleep"},
		},
	},
	{
		method: "RunnerControllers.Get",
		args:   in(int64(1)),
		exchange: exchange{
			op:     "get runner controller",
			route:  "GET /runner_controllers/:id",
			sends:  "GET /runner_controllers/1",
			answer: `{"id":1,"state":"dry_run","updated_at":"2026-03-14T12:00:00Z","connected":true}`,
			fails:  gitlabci.ErrRunnerControllerGet,
		},
		gives: &gitlabci.RunnerController{ID: 1, State: gitlabci.RunnerControllerDryRun, UpdatedAt: noon, Connected: true},
	},
	{
		method: "RunnerControllers.Create",
		args:   in(&gitlabci.CreateRunnerControllerOptions{Description: "policy", State: gitlabci.RunnerControllerDryRun}),
		exchange: exchange{
			op:     "create runner controller",
			route:  "POST /runner_controllers",
			sends:  "POST /runner_controllers",
			body:   `{"description":"policy","state":"dry_run"}`,
			status: 201,
			answer: `{"id":3,"description":"policy","state":"dry_run"}`,
			fails:  gitlabci.ErrRunnerControllerCreate,
		},
		gives: &gitlabci.RunnerController{ID: 3, Description: "policy", State: gitlabci.RunnerControllerDryRun},
	},
	{
		method:  "RunnerControllers.Update",
		args:    in(int64(1), &gitlabci.UpdateRunnerControllerOptions{Description: new(""), State: gitlabci.RunnerControllerDisabled}),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update runner controller",
			route:  "PUT /runner_controllers/:id",
			sends:  "PUT /runner_controllers/1",
			body:   `{"description":"","state":"disabled"}`,
			answer: `{"id":1,"description":"","state":"disabled"}`,
			fails:  gitlabci.ErrRunnerControllerUpdate,
		},
		gives: &gitlabci.RunnerController{ID: 1, State: gitlabci.RunnerControllerDisabled},
	},
	{
		method: "RunnerControllers.Delete",
		args:   in(int64(1)),
		exchange: exchange{
			op:     "delete runner controller",
			route:  "DELETE /runner_controllers/:id",
			sends:  "DELETE /runner_controllers/1",
			status: 204,
			fails:  gitlabci.ErrRunnerControllerDelete,
		},
	},
	{
		method: "RunnerControllers.Scopes",
		args:   in(int64(1)),
		exchange: exchange{
			op:     "get runner controller scopes",
			route:  "GET /runner_controllers/:id/scopes",
			sends:  "GET /runner_controllers/1/scopes",
			answer: `{"instance_level_scopings":[{"created_at":"2026-03-14T12:00:00Z"}],"runner_level_scopings":[{"runner_id":6,"updated_at":null}]}`,
			fails:  gitlabci.ErrRunnerControllerGet,
		},
		gives: &gitlabci.RunnerControllerScopes{
			InstanceLevelScopings: []gitlabci.RunnerControllerScope{{CreatedAt: noon}},
			RunnerLevelScopings:   []gitlabci.RunnerControllerScope{{RunnerID: 6}},
		},
	},
	{
		method: "RunnerControllers.AddInstance",
		args:   in(int64(1)),
		exchange: exchange{
			op:     "add instance to runner controller",
			route:  "POST /runner_controllers/:id/scopes/instance",
			sends:  "POST /runner_controllers/1/scopes/instance",
			status: 201,
			answer: `{"created_at":"2026-03-14T12:00:00Z","updated_at":"2026-03-14T13:00:00Z"}`,
			fails:  gitlabci.ErrRunnerControllerUpdate,
		},
		gives: &gitlabci.RunnerControllerScope{CreatedAt: noon, UpdatedAt: noon.Add(time.Hour)},
	},
	{
		method: "RunnerControllers.RemoveInstance",
		args:   in(int64(1)),
		exchange: exchange{
			op:     "remove instance from runner controller",
			route:  "DELETE /runner_controllers/:id/scopes/instance",
			sends:  "DELETE /runner_controllers/1/scopes/instance",
			status: 204,
			fails:  gitlabci.ErrRunnerControllerUpdate,
		},
	},
	{
		method: "RunnerControllers.AddRunner",
		args:   in(int64(1), int64(6)),
		exchange: exchange{
			op:     "add runner to runner controller",
			route:  "POST /runner_controllers/:id/scopes/runners/:runner_id",
			sends:  "POST /runner_controllers/1/scopes/runners/6",
			status: 201,
			answer: `{"runner_id":6,"created_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrRunnerControllerUpdate,
		},
		gives: &gitlabci.RunnerControllerScope{RunnerID: 6, CreatedAt: noon},
	},
	{
		method: "RunnerControllers.RemoveRunner",
		args:   in(int64(1), int64(6)),
		exchange: exchange{
			op:     "remove runner from runner controller",
			route:  "DELETE /runner_controllers/:id/scopes/runners/:runner_id",
			sends:  "DELETE /runner_controllers/1/scopes/runners/6",
			status: 204,
			fails:  gitlabci.ErrRunnerControllerUpdate,
		},
	},
	{
		method: "RunnerControllers.Tokens",
		args:   in(int64(1), &gitlabci.ListRunnerControllerTokensOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list runner controller tokens",
			route:  "GET /runner_controllers/:runner_controller_id/tokens",
			sends:  "GET /runner_controllers/1/tokens",
			query:  "page=2&per_page=50",
			answer: `[{"id":8,"runner_controller_id":1,"description":"first","last_used_at":null}]`,
			fails:  gitlabci.ErrRunnerControllerTokenList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.RunnerControllerToken{{ID: 8, RunnerControllerID: 1, Description: "first"}},
	},
	{
		method: "RunnerControllers.GetToken",
		args:   in(int64(1), int64(8)),
		exchange: exchange{
			op:     "get runner controller token",
			route:  "GET /runner_controllers/:runner_controller_id/tokens/:id",
			sends:  "GET /runner_controllers/1/tokens/8",
			answer: `{"id":8,"runner_controller_id":1,"last_used_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrRunnerControllerTokenGet,
		},
		gives: &gitlabci.RunnerControllerToken{ID: 8, RunnerControllerID: 1, LastUsedAt: noon},
	},
	{
		method: "RunnerControllers.CreateToken",
		args:   in(int64(1), &gitlabci.CreateRunnerControllerTokenOptions{Description: "second"}),
		exchange: exchange{
			op:     "create runner controller token",
			route:  "POST /runner_controllers/:runner_controller_id/tokens",
			sends:  "POST /runner_controllers/1/tokens",
			body:   `{"description":"second"}`,
			status: 201,
			answer: `{"id":9,"runner_controller_id":1,"description":"second","token":"glrct-9"}`,
			fails:  gitlabci.ErrRunnerControllerTokenCreate,
		},
		gives: &gitlabci.RunnerControllerToken{ID: 9, RunnerControllerID: 1, Description: "second", Token: "glrct-9"},
	},
	{
		method: "RunnerControllers.RotateToken",
		args:   in(int64(1), int64(8)),
		exchange: exchange{
			op:     "rotate runner controller token",
			route:  "POST /runner_controllers/:runner_controller_id/tokens/:id/rotate",
			sends:  "POST /runner_controllers/1/tokens/8/rotate",
			status: 201,
			answer: `{"id":10,"runner_controller_id":1,"token":"glrct-10"}`,
			fails:  gitlabci.ErrRunnerControllerTokenRotate,
		},
		gives: &gitlabci.RunnerControllerToken{ID: 10, RunnerControllerID: 1, Token: "glrct-10"},
	},
	{
		method: "RunnerControllers.RevokeToken",
		args:   in(int64(1), int64(8)),
		exchange: exchange{
			op:     "revoke runner controller token",
			route:  "DELETE /runner_controllers/:runner_controller_id/tokens/:id",
			sends:  "DELETE /runner_controllers/1/tokens/8",
			status: 204,
			fails:  gitlabci.ErrRunnerControllerTokenRevoke,
		},
	},
}
