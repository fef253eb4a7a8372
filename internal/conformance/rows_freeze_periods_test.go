package conformance_test

import "github.com/gitlabci/gitlabci"

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
