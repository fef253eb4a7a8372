package gitlabcitest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const schedules = "/projects/1/pipeline_schedules"

// addNightly makes a schedule of project 1 that runs at two o'clock, and returns its path.
func (r *rig) addNightly() string {
	r.Helper()
	id := r.post(schedules, `{"description":"nightly","ref":"main","cron":"0 2 * * *"}`).is(201).object()["id"]
	return fmt.Sprintf("%s/%v", schedules, id)
}

func TestSchedules(t *testing.T) {
	inBubble(t, func(r *rig) { // begins on the first of January 2000 at midnight
		r.project("group/app", Job{Name: "a"})
		r.get(schedules).is(200, `[]`)
		shown := r.post(schedules, `{"description":"nightly","ref":"main","cron":"0 2 * * *"}`).is(201).object()
		owner := shown["owner"].(map[string]any)
		require.Equal(r, "root", owner["username"])
		require.Equal(r, map[string]any{
			"id": 1.0, "description": "nightly", "ref": "refs/heads/main", "cron": "0 2 * * *", "cron_timezone": "UTC",
			"next_run_at": "2000-01-01T02:00:00.000Z", "active": true,
			"created_at": "2000-01-01T00:00:00.000Z", "updated_at": "2000-01-01T00:00:00.000Z",
			"owner": owner, "last_pipeline": nil, "variables": []any{}, "inputs": []any{},
		}, shown)
		require.Equal(r, shown, r.get(schedules+"/1").is(200).object())

		listed := r.get(schedules).is(200).array()
		require.Len(r, listed, 1)
		require.NotContains(r, listed[0], "variables")
		require.NotContains(r, listed[0], "last_pipeline")

		changed := r.ask("PUT", schedules+"/1", `{"description":"d","cron":"30 9 * * mon-fri","cron_timezone":"Asia/Tokyo","active":false}`).is(200).object()
		require.Equal(r, "2000-01-03T00:30:00.000Z", changed["next_run_at"])
		require.Equal(r, "Asia/Tokyo", changed["cron_timezone"])
		require.Equal(r, "d", changed["description"])

		r.addNightly()
		require.Len(r, r.get(schedules+"?scope=active").array(), 1)
		require.Len(r, r.get(schedules+"?scope=inactive").array(), 1)
		require.Len(r, r.get(schedules+"?per_page=1").is(200).array(), 1)
		r.get(schedules+"?scope=all").is(400, `{"error":"scope does not have a valid value"}`)

		r.ask("DELETE", schedules+"/1", "", "If-Unmodified-Since", "Mon, 02 Jan 1999 15:04:05 GMT").is(412)
		r.ask("DELETE", schedules+"/1", "").is(204, "")
		for _, path := range []string{"/1", "/1/pipelines", "/1/variables/KEY"} {
			r.get(schedules+path).is(404, `{"message":"404 Pipeline Schedule Not Found"}`)
		}
	})
}

func TestSchedulesRunPipelines(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		nightly := r.addNightly()
		r.post(nightly+"/variables", `{"key":"DEPTH","value":"full"}`).is(201)
		require.Empty(r, r.get(nightly+"/pipelines").is(200).array())

		time.Sleep(2*time.Hour + time.Minute)
		started := r.get(nightly + "/pipelines").is(200).array()
		require.Len(r, started, 1)
		require.Equal(r, "schedule", started[0]["source"])
		require.Equal(r, "main", started[0]["ref"])
		require.Equal(r, "success", started[0]["status"])
		require.Equal(r, "2000-01-01T02:00:00.000Z", started[0]["created_at"])
		require.Equal(r, "DEPTH", r.get("/projects/1/pipelines/1/variables").array()[0]["key"])
		shown := r.get(nightly).object()
		require.Equal(r, 1.0, shown["last_pipeline"].(map[string]any)["id"])
		require.Equal(r, "2000-01-02T02:00:00.000Z", shown["next_run_at"])

		time.Sleep(72 * time.Hour)
		require.Len(r, r.get(nightly+"/pipelines").array(), 4)

		r.ask("PUT", nightly, `{"active":false}`).is(200)
		time.Sleep(72 * time.Hour)
		require.Len(r, r.get(nightly+"/pipelines").array(), 4)

		// However often it was changed, it runs once at a time.
		for range 3 {
			r.ask("PUT", nightly, `{"active":true,"cron":"@hourly"}`).is(200)
		}
		time.Sleep(time.Hour)
		require.Len(r, r.get(nightly+"/pipelines").array(), 5)

		r.ask("DELETE", nightly, "").is(204)
		time.Sleep(72 * time.Hour)
		require.Len(r, r.get("/projects/1/pipelines").array(), 5)
	})
}

func TestSchedulesOfSomebodyWhoLeft(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		nightly := r.people()[Developer].addNightly()
		time.Sleep(24 * time.Hour)
		require.Equal(r, "developer", r.get("/projects/1/pipelines/1").is(200).object()["user"].(map[string]any)["username"])
		r.mustUser("developer").memberships = nil
		time.Sleep(24 * time.Hour)
		require.Len(r, r.get(nightly+"/pipelines").array(), 1)
	})
}

func TestPlaySchedule(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		people := r.people()
		nightly := r.addNightly()
		r.ask("PUT", nightly, `{"active":false}`).is(200)
		people[Developer].post(nightly+"/play", "").is(201, `{"message":"201 Created"}`)
		started := r.get(nightly + "/pipelines").is(200).array()
		require.Len(r, started, 1)
		require.Equal(r, "developer", r.get("/projects/1/pipelines/1").object()["user"].(map[string]any)["username"])
		people[Reporter].post(nightly+"/play", "").is(403, `{"message":"403 Forbidden"}`)
		r.post(schedules+"/9/play", "").is(404, `{"message":"404 Pipeline Schedule Not Found"}`)
		r.ask("DELETE", "/projects/1/pipelines/1", "").is(204)
		require.Empty(r, r.get(nightly+"/pipelines").array())
		require.Nil(r, r.get(nightly).object()["last_pipeline"])
	})
}

func TestPipelinesOfASchedule(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Fails: 1})
		nightly := r.addNightly()
		time.Sleep(50 * time.Hour)
		r.Define(gitlabci.ProjectPath("group/app"), Job{Name: "a"})
		time.Sleep(25 * time.Hour)
		r.post(nightly+"/play", "").is(201)
		ids := func(query string) (ids []any) {
			for _, p := range r.get(nightly + "/pipelines" + query).is(200).array() {
				ids = append(ids, p["id"])
			}
			return ids
		}
		require.Equal(r, []any{1.0, 2.0, 3.0, 4.0, 5.0}, ids(""))
		require.Equal(r, []any{5.0, 4.0, 3.0, 2.0, 1.0}, ids("?sort=desc"))
		require.Equal(r, []any{1.0, 2.0, 3.0}, ids("?status=failed"))
		require.Equal(r, []any{1.0, 2.0, 3.0, 4.0}, ids("?scope=finished"))
		require.Equal(r, []any{5.0}, ids("?scope=branches"))
		require.Empty(r, ids("?scope=tags"))
		require.Equal(r, []any{3.0, 4.0}, ids("?created_after=2000-01-02T12:00:00Z&created_before=2000-01-04T02:30:00Z"))
		require.Equal(r, []any{1.0, 2.0}, ids("?updated_before=2000-01-03T00:00:00Z"))
		require.Equal(r, []any{3.0, 2.0}, ids("?per_page=2&page=2&sort=desc"))
		r.get(nightly+"/pipelines?status=done").is(400, `{"error":"status does not have a valid value"}`)
	})
}

func TestScheduleRefused(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.AddTag(gitlabci.ProjectPath("group/app"), "v1")
	r.AddTag(gitlabci.ProjectPath("group/app"), "both")
	r.AddBranch(gitlabci.ProjectPath("group/app"), "both")
	nightly := r.addNightly()
	body := func(ref, cron, zone string) string {
		return fmt.Sprintf(`{"description":"d","ref":%q,"cron":%q,"cron_timezone":%q}`, ref, cron, zone)
	}
	tests := []struct{ name, body, answer string }{
		{"bad cron", body("main", "every day", "UTC"), `{"message":{"cron":[" is invalid syntax"]}}`},
		{"a day that is none", body("main", "0 0 31 2 *", "UTC"), `{"message":{"cron":[" is invalid syntax"]}}`},
		{"blank description", `{"description":" ","ref":"main","cron":"0 2 * * *"}`, `{"message":{"description":["can't be blank"]}}`},
		{"bad zone", body("main", "0 2 * * *", "Atlantis"), `{"message":{"cron_timezone":[" is invalid syntax"]}}`},
		{"local zone", body("main", "0 2 * * *", "Local"), `{"message":{"cron_timezone":[" is invalid syntax"]}}`},
		{"branch and tag", body("both", "0 2 * * *", "UTC"), `{"message":{"ref":["is ambiguous"]}}`},
		{"no such ref", body("nope", "0 2 * * *", "UTC"), `{"message":{"ref":["is not a branch or tag"]}}`},
		{"input without a name", `{"description":"d","ref":"main","cron":"0 2 * * *","inputs":[{"value":1}]}`, `{"error":"inputs[0][name] is missing"}`},
		{"input without a value", `{"description":"d","ref":"main","cron":"0 2 * * *","inputs":[{"name":"a","value":1},{"name":"b"}]}`, `{"error":"inputs[1][value] is missing"}`},
		{"input of a kind that is none", `{"description":"d","ref":"main","cron":"0 2 * * *","inputs":[{"name":"a","value":{}}]}`, `{"error":"inputs[0][value] is invalid"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r.in(t).post(schedules, test.body).is(400, test.answer)
			r.in(t).ask("PUT", nightly, test.body).is(400, test.answer)
		})
	}
	r.post(schedules, `{}`).is(400, `{"error":"description is missing, ref is missing, cron is missing"}`)
	require.Len(t, r.get(schedules).array(), 1)
	require.Equal(t, "0 2 * * *", r.get(nightly).object()["cron"])

	for given, full := range map[string]string{"v1": "refs/tags/v1", "refs/tags/both": "refs/tags/both", "refs/heads/both": "refs/heads/both"} {
		require.Equal(t, full, r.post(schedules, body(given, "0 2 * * *", "UTC")).is(201).object()["ref"])
	}
}

func TestScheduleInputs(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	shown := r.post(schedules, `{"description":"d","ref":"main","cron":"@daily","inputs":[
		{"name":"word","value":"blue"},{"name":"list","value":["a",2]},{"name":"flag","value":false}]}`).is(201).object()
	require.Equal(t, []any{
		map[string]any{"name": "word", "value": "blue"}, map[string]any{"name": "list", "value": []any{"a", 2.0}}, map[string]any{"name": "flag", "value": false},
	}, shown["inputs"])
	shown = r.ask("PUT", schedules+"/1", `{"inputs":[{"name":"list","destroy":true},{"name":"none","destroy":true},{"name":"word","value":7},{"name":"new","value":"x"}]}`).is(200).object()
	require.Equal(t, []any{
		map[string]any{"name": "word", "value": 7.0}, map[string]any{"name": "flag", "value": false}, map[string]any{"name": "new", "value": "x"},
	}, shown["inputs"])
	require.Equal(t, shown["inputs"], r.get(schedules).array()[0]["inputs"])
	form := "inputs[][name]=word&inputs[][destroy]=true&inputs[][name]=flag&inputs[][value]=on"
	shown = r.ask("PUT", schedules+"/1", form, "Content-Type", "application/x-www-form-urlencoded").is(200).object()
	require.Equal(t, []any{map[string]any{"name": "flag", "value": "on"}, map[string]any{"name": "new", "value": "x"}}, shown["inputs"])
}

func TestScheduleOwnership(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	people := r.people()
	people[Reporter].post(schedules, `{"description":"d","ref":"main","cron":"@daily"}`).is(403, `{"message":"403 Forbidden"}`)
	nightly := people[Developer].addNightly()
	people[Developer].post(nightly+"/variables", `{"key":"KEY","value":"v"}`).is(201)

	// Maintainers see all of it, but have to take it over before they change it.
	require.Contains(t, people[Maintainer].get(nightly).is(200).object(), "variables")
	require.NotContains(t, people[Reporter].get(nightly).is(200).object(), "variables")
	people[Reporter].get(nightly+"/variables/KEY").is(403, `{"message":"403 Forbidden"}`)
	people[Maintainer].ask("PUT", nightly, `{"cron":"@hourly"}`).is(403, `{"message":"403 Forbidden"}`)
	people[Maintainer].post(nightly+"/variables", `{"key":"OTHER","value":"v"}`).is(403)
	people[Reporter].post(nightly+"/take_ownership", "").is(403)
	people[Developer].post(nightly+"/take_ownership", "").is(200)
	require.Equal(t, "maintainer", people[Maintainer].post(nightly+"/take_ownership", "").is(201).object()["owner"].(map[string]any)["username"])
	people[Maintainer].post(nightly+"/take_ownership", "").is(200)
	people[Maintainer].ask("PUT", nightly, `{"cron":"@hourly"}`).is(200)
	people[Developer].ask("PUT", nightly, `{"cron":"@daily"}`).is(403)
	people[Developer].ask("DELETE", nightly, "").is(403)
	people[Owner].ask("DELETE", nightly, "").is(204)
}

func TestScheduleVariables(t *testing.T) {
	r := newRig(t)
	app := r.project("group/app", Job{Name: "a"})
	nightly := r.addNightly()
	all, one := nightly+"/variables", nightly+"/variables/KEY"
	const gone = `{"message":"404 Pipeline Schedule Variable Not Found"}`

	r.post(all, `{}`).is(400, `{"error":"key is missing, value is missing"}`)
	r.post(all, `{"key":"A-B","value":"v"}`).is(400, `{"message":{"key":["can contain only letters, digits and '_'."]}}`)
	shown := `{"key":"KEY","variable_type":"env_var","value":"v","raw":false}`
	r.post(all, `{"key":"KEY","value":"v"}`).is(201, shown)
	r.post(all, `{"key":"KEY","value":"w"}`).is(400, `{"message":{"key":["has already been taken"]}}`)
	r.get(one).is(200, shown)
	require.Len(t, r.get(nightly).object()["variables"], 1)
	changed := `{"key":"KEY","variable_type":"file","value":"","raw":false}`
	r.ask("PUT", one, `{"value":"","variable_type":"file"}`).is(200, changed)
	r.ask("DELETE", one, "").is(202, changed)
	r.get(one).is(404, gone)
	r.ask("PUT", one, `{"value":"x"}`).is(404, gone)
	r.ask("DELETE", one, "").is(404, gone)

	app.PipelineVariablesRole = Owner
	maintainer := r.people()[Maintainer]
	maintainer.post(nightly+"/take_ownership", "").is(201)
	maintainer.post(all, `{"key":"KEY","value":"v"}`).is(403, `{"message":"403 Forbidden"}`)
}
