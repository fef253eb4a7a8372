package conformance_test

import (
	"time"

	"github.com/gitlabci/gitlabci"
)

var scheduleRows = []methodRow{
	{
		method: "Schedules.List",
		args:   in(app, &gitlabci.ListSchedulesOptions{ListOptions: pageTwo, Scope: gitlabci.ScheduleScopeInactive}),
		exchange: exchange{
			op:     "list schedules",
			route:  "GET /projects/:id/pipeline_schedules",
			sends:  "GET /projects/group%2Fapp/pipeline_schedules",
			query:  "page=2&per_page=50&scope=inactive",
			answer: `[{"id":13,"description":"Nightly","cron":"0 2 * * *","active":false,"next_run_at":null,"owner":{"id":1}}]`,
			fails:  gitlabci.ErrScheduleList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Schedule{{ID: 13, Description: "Nightly", Cron: "0 2 * * *", Owner: gitlabci.UserBasic{ID: 1}}},
	},
	{
		method: "Schedules.Get",
		args:   in(app, int64(13)),
		exchange: exchange{
			op:    "get schedule",
			route: "GET /projects/:id/pipeline_schedules/:pipeline_schedule_id",
			sends: "GET /projects/group%2Fapp/pipeline_schedules/13",
			answer: `{"id":13,"ref":"refs/heads/main","last_pipeline":{"id":332,"status":"pending"},
				"variables":[{"key":"TEST","variable_type":"env_var","value":"1"}],"inputs":[{"name":"deploy","value":["eu",2,true]}]}`,
			fails: gitlabci.ErrScheduleGet,
		},
		gives: &gitlabci.Schedule{
			ID: 13, Ref: "refs/heads/main", LastPipeline: &gitlabci.PipelineBasic{ID: 332, Status: gitlabci.PipelinePending},
			Variables: []gitlabci.PipelineVariable{{Key: "TEST", Value: "1", VariableType: gitlabci.VariableEnv}},
			Inputs:    []gitlabci.ScheduleInput{{Name: "deploy", Value: []any{"eu", 2.0, true}}},
		},
	},
	{
		method: "Schedules.Create",
		args: in(app, &gitlabci.CreateScheduleOptions{
			Description:  "Nightly",
			Ref:          "main",
			Cron:         "0 2 * * *",
			CronTimezone: "Europe/Berlin",
			Active:       new(false),
			Inputs:       []gitlabci.ScheduleInput{{Name: "deploy", Value: false}},
		}),
		needs: []string{"Description", "Ref", "Cron"},
		exchange: exchange{
			op:    "create schedule",
			route: "POST /projects/:id/pipeline_schedules",
			sends: "POST /projects/group%2Fapp/pipeline_schedules",
			body: `{"description":"Nightly","ref":"main","cron":"0 2 * * *","cron_timezone":"Europe/Berlin","active":false,
				"inputs":[{"name":"deploy","value":false}]}`,
			status: 201,
			answer: `{"id":14,"description":"Nightly","next_run_at":"2026-03-14T12:00:00Z","last_pipeline":null}`,
			fails:  gitlabci.ErrScheduleCreate,
		},
		gives: &gitlabci.Schedule{ID: 14, Description: "Nightly", NextRunAt: noon},
	},
	{
		method: "Schedules.Update",
		args: in(app, int64(13), &gitlabci.UpdateScheduleOptions{
			Description:  "Weekly",
			Ref:          "main",
			Cron:         "0 2 * * 1",
			CronTimezone: "UTC",
			Active:       new(true),
			Inputs:       []gitlabci.ScheduleInput{{Name: "deploy", Destroy: true}, {Name: "level", Value: 3}},
		}),
		exchange: exchange{
			op:    "update schedule",
			route: "PUT /projects/:id/pipeline_schedules/:pipeline_schedule_id",
			sends: "PUT /projects/group%2Fapp/pipeline_schedules/13",
			body: `{"description":"Weekly","ref":"main","cron":"0 2 * * 1","cron_timezone":"UTC","active":true,
				"inputs":[{"name":"deploy","destroy":true},{"name":"level","value":3}]}`,
			answer: `{"id":13,"description":"Weekly","active":true}`,
			fails:  gitlabci.ErrScheduleUpdate,
		},
		gives: &gitlabci.Schedule{ID: 13, Description: "Weekly", Active: true},
	},
	{
		method: "Schedules.Delete",
		args:   in(app, int64(13)),
		exchange: exchange{
			op:     "delete schedule",
			route:  "DELETE /projects/:id/pipeline_schedules/:pipeline_schedule_id",
			sends:  "DELETE /projects/group%2Fapp/pipeline_schedules/13",
			status: 204,
			fails:  gitlabci.ErrScheduleDelete,
		},
	},
	{
		method: "Schedules.Play",
		args:   in(app, int64(13), (*gitlabci.PlayScheduleOptions)(nil)),
		exchange: exchange{
			op:     "play schedule",
			route:  "POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/play",
			sends:  "POST /projects/group%2Fapp/pipeline_schedules/13/play",
			status: 201,
			answer: `{"message":"201 Created"}`,
			fails:  gitlabci.ErrSchedulePlay,
		},
	},
	{
		method: "Schedules.TakeOwnership",
		args:   in(app, int64(13)),
		exchange: exchange{
			op:     "take ownership of schedule",
			route:  "POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/take_ownership",
			sends:  "POST /projects/group%2Fapp/pipeline_schedules/13/take_ownership",
			status: 201,
			answer: `{"id":13,"owner":{"id":50,"username":"ada"}}`,
			fails:  gitlabci.ErrScheduleTakeOwnership,
		},
		gives: &gitlabci.Schedule{ID: 13, Owner: gitlabci.UserBasic{ID: 50, Username: "ada"}},
	},
	{
		method: "Schedules.Pipelines",
		args: in(app, int64(13), &gitlabci.ListSchedulePipelinesOptions{
			ListOptions:   pageTwo,
			Scope:         gitlabci.PipelineScopeRunning,
			Status:        gitlabci.PipelineRunning,
			UpdatedAfter:  noon,
			UpdatedBefore: noon.Add(time.Hour),
			CreatedAfter:  noon,
			CreatedBefore: noon.Add(time.Hour),
			Sort:          gitlabci.SortDesc,
		}),
		exchange: exchange{
			op:    "list schedule pipelines",
			route: "GET /projects/:id/pipeline_schedules/:pipeline_schedule_id/pipelines",
			sends: "GET /projects/group%2Fapp/pipeline_schedules/13/pipelines",
			query: "page=2&per_page=50&scope=running&status=running&updated_after=2026-03-14T12:00:00Z&updated_before=2026-03-14T13:00:00Z" +
				"&created_after=2026-03-14T12:00:00Z&created_before=2026-03-14T13:00:00Z&sort=desc",
			answer: `[{"id":48,"source":"schedule"}]`,
			fails:  gitlabci.ErrPipelineList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Pipeline{{ID: 48, Source: gitlabci.PipelineSourceSchedule}},
	},
	{
		method: "Schedules.GetVariable",
		args:   in(app, int64(13), "NEW VARIABLE"),
		exchange: exchange{
			op:     "get schedule variable",
			route:  "GET /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key",
			sends:  "GET /projects/group%2Fapp/pipeline_schedules/13/variables/NEW%20VARIABLE",
			answer: `{"key":"NEW VARIABLE","value":"new value","variable_type":"file"}`,
			fails:  gitlabci.ErrVariableGet,
		},
		gives: &gitlabci.PipelineVariable{Key: "NEW VARIABLE", Value: "new value", VariableType: gitlabci.VariableFile},
	},
	{
		method: "Schedules.CreateVariable",
		args: in(app, int64(13), &gitlabci.CreateScheduleVariableOptions{
			Key: "NEW_VARIABLE", Value: "new value", VariableType: gitlabci.VariableFile,
		}),
		needs: []string{"Key"},
		exchange: exchange{
			op:     "create schedule variable",
			route:  "POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables",
			sends:  "POST /projects/group%2Fapp/pipeline_schedules/13/variables",
			body:   `{"key":"NEW_VARIABLE","value":"new value","variable_type":"file"}`,
			status: 201,
			answer: `{"key":"NEW_VARIABLE","value":"new value"}`,
			fails:  gitlabci.ErrVariableCreate,
		},
		gives: &gitlabci.PipelineVariable{Key: "NEW_VARIABLE", Value: "new value"},
	},
	{
		method: "Schedules.UpdateVariable",
		args: in(app, int64(13), "NEW_VARIABLE", &gitlabci.UpdateScheduleVariableOptions{
			Value: new(gitlabci.Secret("")), VariableType: gitlabci.VariableEnv,
		}),
		exchange: exchange{
			op:     "update schedule variable",
			route:  "PUT /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key",
			sends:  "PUT /projects/group%2Fapp/pipeline_schedules/13/variables/NEW_VARIABLE",
			body:   `{"value":"","variable_type":"env_var"}`,
			answer: `{"key":"NEW_VARIABLE","value":""}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		gives: &gitlabci.PipelineVariable{Key: "NEW_VARIABLE"},
	},
	{
		method: "Schedules.DeleteVariable",
		args:   in(app, int64(13), "NEW_VARIABLE"),
		exchange: exchange{
			op:     "delete schedule variable",
			route:  "DELETE /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key",
			sends:  "DELETE /projects/group%2Fapp/pipeline_schedules/13/variables/NEW_VARIABLE",
			status: 202,
			answer: `{"key":"NEW_VARIABLE","value":"updated value"}`,
			fails:  gitlabci.ErrVariableDelete,
		},
	},
}
