package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const freezePeriods = "/projects/1/freeze_periods"

func TestFreezePeriods(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "a"})
		freezes := r.Client().FreezePeriods
		created, err := freezes.Create(r.Context(), app, &gitlabci.CreateFreezePeriodOptions{FreezeStart: " 0 23 * * 5", FreezeEnd: "0 8 * * 1 "})
		require.NoError(r, err)
		require.Equal(r, &gitlabci.FreezePeriod{
			ID: 1, FreezeStart: "0 23 * * 5", FreezeEnd: "0 8 * * 1", CronTimezone: "UTC", CreatedAt: time.Now().UTC(), UpdatedAt: time.Now().UTC(),
		}, created)
		got, err := freezes.Get(r.Context(), app, 1)
		require.NoError(r, err)
		require.Equal(r, created, got)
		time.Sleep(time.Hour)
		changed, err := freezes.Update(r.Context(), app, 1, &gitlabci.UpdateFreezePeriodOptions{CronTimezone: "Asia/Tokyo"})
		require.NoError(r, err)
		require.Equal(r, "Asia/Tokyo", changed.CronTimezone)
		require.Equal(r, "0 23 * * 5", changed.FreezeStart)
		require.Equal(r, time.Hour, changed.UpdatedAt.Sub(changed.CreatedAt))

		r.post(freezePeriods, `{"freeze_start":"0 1 * * *","freeze_end":"0 2 * * *","cron_timezone":"Europe/Berlin"}`).is(201)
		listed := r.get(freezePeriods).is(200).array()
		require.Len(r, listed, 2)
		require.Equal(r, 1.0, listed[0]["id"])
		require.Len(r, r.get(freezePeriods+"?per_page=1&page=2").array(), 1)

		r.ask("DELETE", freezePeriods+"/1", "", "If-Unmodified-Since", "Mon, 02 Jan 1999 15:04:05 GMT").is(412)
		require.NoError(r, freezes.Delete(r.Context(), app, 1))
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			r.ask(method, freezePeriods+"/1", "").is(404, `{"message":"404 Not found"}`)
		}
	})
}

func TestFreezePeriodRefused(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.post(freezePeriods, `{"freeze_start":"0 1 * * *","freeze_end":"0 2 * * *"}`).is(201)
	tests := []struct{ body, answer string }{
		{`{"freeze_start":"often","freeze_end":"0 8 * * 1"}`, `{"message":{"freeze_start":["syntax is invalid"]}}`},
		{`{"freeze_start":"0 8 * * 1","freeze_end":""}`, `{"message":{"freeze_end":["syntax is invalid"]}}`},
		{`{"freeze_start":"a","freeze_end":"b"}`, `{"message":{"freeze_end":["syntax is invalid"],"freeze_start":["syntax is invalid"]}}`},
		{`{"freeze_start":"0 0 30 2 *","freeze_end":"0 8 * * 1"}`, `{"message":{"freeze_start":["syntax is invalid"]}}`},
		{`{"freeze_start":"0 8 * * 1","freeze_end":"0 8 * * 1","cron_timezone":"Atlantis"}`, `{"message":{"cron_timezone":["syntax is invalid"]}}`},
	}
	for _, test := range tests {
		r.post(freezePeriods, test.body).is(400, test.answer)
		r.ask("PUT", freezePeriods+"/1", test.body).is(400, test.answer)
	}
	r.post(freezePeriods, `{"freeze_start":"0 8 * * 1"}`).is(400, `{"error":"freeze_end is missing"}`)
	require.Equal(t, "0 1 * * *", r.member(freezePeriods+"/1", "freeze_start"))
	require.Len(t, r.get(freezePeriods).array(), 1)
}

func TestFreezePeriodRoles(t *testing.T) {
	r := newRig(t)
	app := r.project("group/app", Job{Name: "a"})
	people := r.people()
	const body, denied = `{"freeze_start":"0 1 * * *","freeze_end":"0 2 * * *"}`, `{"message":"403 Forbidden"}`
	people[Developer].post(freezePeriods, body).is(403, denied)
	people[Maintainer].post(freezePeriods, body).is(201)
	people[Guest].get(freezePeriods).is(403, denied)
	people[Reporter].get(freezePeriods).is(200)
	people[Reporter].get(freezePeriods + "/1").is(200)
	people[Developer].ask("PUT", freezePeriods+"/1", body).is(403, denied)
	people[Developer].ask("DELETE", freezePeriods+"/1", "").is(403, denied)
	stranger := r.as(r.AddUser("stranger"))
	stranger.get(freezePeriods).is(404)
	app.Visibility = Public
	stranger.get(freezePeriods).is(403, denied)
}

func TestInFreeze(t *testing.T) {
	weekend := freezeSettings{start: "0 23 * * 5", end: "0 8 * * 1", timezone: "UTC"}
	tokyo := freezeSettings{start: "0 23 * * 5", end: "0 8 * * 1", timezone: "Asia/Tokyo"} // 14:00 UTC to Sunday 23:00 UTC
	nightly := freezeSettings{start: "0 22 * * *", end: "0 6 * * 1-5", timezone: "UTC"}    // starts again within a freeze
	yearly := freezeSettings{start: "0 0 24 12 *", end: "0 0 2 1 *", timezone: "UTC"}
	tests := []struct {
		freeze freezeSettings
		at     string
		frozen bool
	}{
		{weekend, "2026-03-06T22:59:59Z", false}, // a Friday
		{weekend, "2026-03-06T23:00:00Z", true},
		{weekend, "2026-03-08T12:00:00Z", true},
		{weekend, "2026-03-09T08:00:00Z", true},
		{weekend, "2026-03-09T08:00:01Z", false},
		{weekend, "2026-03-11T00:00:00Z", false},
		{tokyo, "2026-03-06T13:59:00Z", false},
		{tokyo, "2026-03-06T14:00:00Z", true},
		{tokyo, "2026-03-08T23:01:00Z", false},
		{nightly, "2026-03-07T12:00:00Z", true}, // Saturday: Friday's start has no end before Monday
		{nightly, "2026-03-09T05:00:00Z", true},
		{nightly, "2026-03-09T07:00:00Z", false},
		{yearly, "2026-01-01T12:00:00Z", true},
		{yearly, "2026-06-01T12:00:00Z", false},
	}
	for _, test := range tests {
		at, err := time.Parse(time.RFC3339, test.at)
		require.NoError(t, err)
		require.Equal(t, test.frozen, test.freeze.active(at), "%v at %s", test.freeze, test.at)
	}
}

func TestPipelinesInAFreeze(t *testing.T) {
	inBubble(t, func(r *rig) { // begins on the first of January 2000, a Saturday
		r.project("group/app",
			Job{Name: "test", Stage: "test"},
			Job{Name: "deploy", Stage: "deploy", Environment: "production", DuringFreeze: Never},
			Job{Name: "ask", Stage: "deploy", Environment: "staging", DuringFreeze: Manual},
			Job{Name: "after", Stage: "last"},
		)
		r.post(freezePeriods, `{"freeze_start":"0 23 * * 5","freeze_end":"0 8 * * 1"}`).is(201)
		r.start()
		settle()
		require.Equal(r, "test=success ask=manual after=created", r.states("/projects/1/pipelines/1"))
		require.Equal(r, []string{"staging"}, r.names(environments))
		time.Sleep(3 * 24 * time.Hour)
		r.start()
		settle()
		require.Equal(r, "test=success deploy=success ask=success after=success", r.states("/projects/1/pipelines/2"))

		r.Define(gitlabci.ProjectPath("group/app"), Job{Name: "deploy", DuringFreeze: Never})
		time.Sleep(4 * 24 * time.Hour)
		require.Contains(r, r.post("/projects/1/pipeline", `{"ref":"main"}`).is(400).body, "rules configuration prevented")
	})
}

func TestPreviousIsTheCounterpartOfNext(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, text := range []string{"*/7 * * * *", "0 23 * * 5", "30 2 * * *", "0 0 29 2 *", "15 6-8 1 */3 mon"} {
		c, ok := parseCron(text)
		require.True(t, ok)
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, berlin)
		for range 50 {
			next := c.next(at)
			require.Equal(t, next, c.previous(next), text)
			require.Equal(t, next, c.previous(c.next(next).Add(-time.Minute)), text)
			at = next
		}
	}
}
