package gitlabcitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// ids returns the ids of a list, as they come.
func (r reply) ids() string {
	r.Helper()
	var ids []string
	for _, item := range r.is(200).array() {
		ids = append(ids, fmt.Sprint(item["id"]))
	}
	return strings.Join(ids, " ")
}

// fleet is a server with the projects 1 (group/app), 2 (group/other) and 3 (else/where), and a runner of each kind besides its own:
// 2 for the instance, 3 for the group, 4 for project 1, 5 for projects 1 and 2.
func fleet(r *rig) *rig {
	for _, path := range []string{"group/app", "group/other", "else/where"} {
		r.project(path, Job{Name: "a"}, Job{Name: "tagged", Tags: []string{"docker"}})
	}
	r.AddRunner(Runner{Description: "shared", Status: gitlabci.RunnerOffline, Managers: []RunnerManager{{SystemID: "r_old", Version: "15.1.0", Status: gitlabci.RunnerOffline}}})
	r.AddRunner(Runner{Description: "of the group", Group: "group", Status: gitlabci.RunnerStale})
	r.AddRunner(Runner{Description: "of one", Projects: []string{"group/app"}, Tags: []string{"docker", "linux"}, TaggedOnly: true, Paused: true,
		MaximumTimeout: time.Hour, MaintenanceNote: "handle with care", Protected: true,
		Managers: []RunnerManager{{SystemID: "r_a"}, {SystemID: "r_b", Platform: "darwin", Architecture: "arm64", Version: "17.0.1", Status: gitlabci.RunnerOffline}}})
	r.AddRunner(Runner{Description: "of two", Projects: []string{"group/app", "group/other"}, Tags: []string{"docker"}, Status: gitlabci.RunnerNeverContacted})
	return r
}

func TestListsOfRunners(t *testing.T) {
	r := fleet(newRig(t))
	people := r.people()
	for query, ids := range map[string]string{
		"": "1 2 3 4 5", "?type=instance_type": "1 2", "?type=group_type": "3", "?type=project_type": "4 5",
		"?status=online": "1 4", "?status=offline": "2 3", "?status=stale": "3", "?status=never_contacted": "5", "?status=active": "1 2 3 5",
		"?status=paused": "4", "?paused=true": "4", "?paused=false": "1 2 3 5", "?scope=shared": "1 2", "?scope=specific": "3 4 5", "?scope=stale": "3",
		"?tag_list=docker": "4 5", "?tag_list=docker,linux": "4", "?tag_list[]=docker&tag_list[]=linux": "4", "?tag_list=macos": "",
		"?version_prefix=15.": "2", "?version_prefix=17": "4", "?type=project_type&paused=true": "4", "?per_page=2&page=2": "3 4",
	} {
		require.Equal(t, ids, r.get("/runners/all"+query).ids(), query)
	}
	require.Equal(t, "1 2 3 4 5", r.get("/projects/1/runners").ids())
	require.Equal(t, "1 2 3 5", people[Maintainer].get("/projects/group%2Fother/runners").ids())
	require.Equal(t, "1 2", r.get("/projects/3/runners?type=instance_type").ids())
	require.Equal(t, "1 2 3", people[Maintainer].get("/groups/group/runners").ids())
	require.Equal(t, "1 2", r.get("/groups/else/runners").ids())
	require.Equal(t, "4 5", people[Maintainer].get("/runners").ids())
	require.Equal(t, "3 4 5", people[Owner].get("/runners").ids())
	require.Equal(t, "4", people[Owner].get("/runners?scope=paused").ids())
	require.Empty(t, people[Developer].get("/runners").ids())

	people[Owner].get("/runners/all").is(403, `{"message":"403 Forbidden"}`)
	people[Developer].get("/projects/1/runners").is(403, `{"message":"403 Forbidden"}`)
	people[Developer].get("/groups/1/runners").is(403, `{"message":"403 Forbidden"}`)
	r.get("/runners?scope=shared").is(400, `{"message":"Scope contains invalid value"}`)
	r.get("/runners?scope=none").is(400, `{"error":"scope does not have a valid value"}`)
	r.get("/runners/all?version_prefix=v1").is(400, `{"error":"version_prefix is invalid"}`)
	r.as("").get("/runners").is(401)
}

func TestRunner(t *testing.T) {
	inBubble(t, func(r *rig) {
		fleet(r)
		shown := r.get("/runners/4").is(200).object()
		root, projects := shown["created_by"], shown["projects"].([]any)
		require.Equal(r, map[string]any{
			"id": 4.0, "uuid": "5f0c1a52-7b1e-4c43-9d6a-000000000004", "description": "of one", "ip_address": "", "active": false, "paused": true, "is_shared": false, "runner_type": "project_type",
			"name": nil, "online": true, "created_by": root, "created_at": "2000-01-01T00:00:00.000Z", "status": "online", "job_execution_status": "idle",
			"tag_list": []any{"docker", "linux"}, "run_untagged": false, "locked": false, "maximum_timeout": 3600.0, "access_level": "ref_protected",
			"version": nil, "revision": nil, "platform": nil, "architecture": nil, "contacted_at": "2000-01-01T00:00:00.000Z",
			"maintenance_note": "handle with care", "projects": projects,
		}, shown)
		require.Len(r, projects, 1)
		require.Equal(r, "group/app", projects[0].(map[string]any)["path_with_namespace"])
		require.NotContains(r, r.get("/runners/4?include_projects=false").is(200).object(), "projects")
		require.Nil(r, r.get("/runners/5").object()["online"])

		group := r.get("/runners/3").is(200).object()
		require.Equal(r, []any{map[string]any{"id": 1.0, "name": "group", "web_url": "http://gitlab.test/groups/group"}}, group["groups"])
		require.Equal(r, "stale", group["status"])
		require.Equal(r, false, group["online"])

		require.Equal(r, "1 2", r.get("/runners/5/projects").ids())
		managers := r.get("/runners/4/managers").is(200).array()
		require.Len(r, managers, 2)
		require.Equal(r, map[string]any{
			"id": 5.0, "system_id": "r_b", "version": "17.0.1", "revision": "5a1b2c3d", "platform": "darwin", "architecture": "arm64",
			"created_at": "1999-12-31T20:00:00.000Z", "contacted_at": "1999-12-31T21:00:00.000Z", "ip_address": "127.0.0.1", "status": "offline",
			"job_execution_status": "idle",
		}, managers[1])
		r.get("/runners/5/managers").is(200, `[]`)

		// One that was never heard of is stale after a week, as is one that was heard of once.
		time.Sleep(8 * 24 * time.Hour)
		require.Equal(r, "stale", r.get("/runners/5").object()["status"])
		require.Equal(r, "stale", r.get("/runners/2").object()["status"])
		require.Equal(r, "online", r.get("/runners/4").object()["status"])
	})
}

func TestWhoMayDoWhatWithRunners(t *testing.T) {
	const refused = `{"message":"403 Forbidden - No access granted"}`
	r := fleet(newRig(t))
	people := r.people()
	for _, path := range []string{"/runners/9", "/runners/9/managers", "/runners/9/projects", "/runners/9/jobs"} {
		r.get(path).is(404, `{"message":"404 Runner Not Found"}`)
	}
	r.get("/runners/x").is(400, `{"error":"id is invalid"}`)

	for _, path := range []string{"/runners/3", "/runners/4", "/runners/4/managers", "/runners/4/projects", "/runners/4/jobs", "/runners/1/jobs"} {
		people[Developer].get(path).is(403, refused)
	}
	people[Developer].get("/runners/1").is(200)
	people[Maintainer].get("/runners/3").is(200)
	people[Maintainer].get("/runners/4/jobs").is(200)
	for _, id := range []string{"1", "3"} {
		people[Maintainer].ask("PUT", "/runners/"+id, `{"paused":true}`).is(403, refused)
		people[Maintainer].ask("DELETE", "/runners/"+id, "").is(403, refused)
		people[Maintainer].post("/runners/"+id+"/reset_authentication_token", "").is(403, refused)
	}
	people[Owner].ask("PUT", "/runners/3", `{"paused":true}`).is(200)
	people[Owner].ask("DELETE", "/runners/5", "").is(403, `{"message":"403 Forbidden - Runner associated with more than one project"}`)
	people[Maintainer].ask("DELETE", "/runners/4", "", "If-Unmodified-Since", "Mon, 02 Jan 1999 15:04:05 GMT").is(412)
	people[Maintainer].ask("DELETE", "/runners/4", "").is(204, "")
	r.ask("DELETE", "/runners/5", "").is(204)
	require.Equal(t, "1 2 3", r.get("/runners/all").ids())

	manage := r.as(r.AddToken("owner", Token{Scopes: []string{"manage_runner"}}))
	manage.get("/runners/3").is(200)
	manage.ask("PUT", "/runners/3", `{"paused":false}`).is(200)
	manage.get("/runners").is(403)
	manage.post("/user/runners", `{"runner_type":"group_type","group_id":1}`).is(403)
	create := r.as(r.AddToken("owner", Token{Scopes: []string{"create_runner"}}))
	create.post("/user/runners", `{"runner_type":"group_type","group_id":1}`).is(201)
	create.get("/runners/3").is(403)
}

func TestUpdateRunner(t *testing.T) {
	r := fleet(newRig(t))
	r.ask("PUT", "/runners/4", `{}`).is(400, `{"error":"description, active, paused, tag_list, run_untagged, locked, access_level, maximum_timeout, maintenance_note are missing, at least one parameter must be provided"}`)
	r.ask("PUT", "/runners/4", `{"active":true,"paused":false}`).is(400, `{"error":"active, paused are mutually exclusive"}`)
	r.ask("PUT", "/runners/4", `{"access_level":"none"}`).is(400, `{"error":"access_level does not have a valid value"}`)
	r.ask("PUT", "/runners/4", `{"tag_list":[]}`).is(400, `{"message":{"tags_list":["can not be empty when runner is not allowed to pick untagged jobs"]}}`)
	r.ask("PUT", "/runners/4", `{"maximum_timeout":599}`).is(400, `{"message":{"maximum_timeout":["needs to be at least 10 minutes"]}}`)
	r.ask("PUT", "/runners/4", `{"maintenance_note":"`+strings.Repeat("n", 1025)+`"}`).is(400, `{"message":{"maintenance_note":["is too long (maximum is 1024 characters)"]}}`)

	shown := r.ask("PUT", "/runners/4", `{"description":"new","paused":false,"tag_list":["a","b"],"run_untagged":true,"locked":true,
		"access_level":"not_protected","maximum_timeout":600,"maintenance_note":""}`).is(200).object()
	for name, value := range map[string]any{
		"description": "new", "paused": false, "active": true, "tag_list": []any{"a", "b"}, "run_untagged": true, "locked": true,
		"access_level": "not_protected", "maximum_timeout": 600.0, "maintenance_note": nil,
	} {
		require.Equal(t, value, shown[name], name)
	}
	require.Equal(t, true, r.ask("PUT", "/runners/4", `active=false`, "Content-Type", "application/x-www-form-urlencoded").is(200).object()["paused"])
	require.Equal(t, []any{"c", "d"}, r.ask("PUT", "/runners/4", `{"tag_list":"c, d,c"}`).is(200).object()["tag_list"])
	require.Nil(t, r.ask("PUT", "/runners/4", `{"maximum_timeout":null}`).is(200).object()["maximum_timeout"])
}

func TestEnableAndDisableRunner(t *testing.T) {
	r := fleet(newRig(t))
	people := r.people()
	const other = "/projects/2/runners"
	people[Maintainer].post(other, `{}`).is(400, `{"error":"runner_id is missing"}`)
	people[Maintainer].post(other, `{"runner_id":9}`).is(404, `{"message":"404 Runner Not Found"}`)
	people[Maintainer].post(other, `{"runner_id":3}`).is(403, `{"message":"403 Forbidden - Runner is a group runner"}`)
	people[Maintainer].post(other, `{"runner_id":1}`).is(403, `{"message":"403 Forbidden - No access granted"}`)
	people[Developer].post(other, `{"runner_id":4}`).is(403, `{"message":"403 Forbidden"}`)
	people[Maintainer].post(other, `{"runner_id":5}`).is(400, `{"message":"failed to assign runner to project - runner_error"}`)
	r.ask("PUT", "/runners/4", `{"locked":true}`).is(200)
	people[Maintainer].post(other, `{"runner_id":4}`).is(403, `{"message":"403 Forbidden - Runner is locked"}`)
	r.ask("PUT", "/runners/4", `{"locked":false}`).is(200)
	shown := people[Maintainer].post(other, `{"runner_id":4}`).is(201).object()
	require.Equal(t, "of one", shown["description"])
	require.NotContains(t, shown, "projects")
	require.Equal(t, "1 2", r.get("/runners/4/projects").ids())

	r.AddRunner(Runner{Projects: []string{"else/where"}})
	r.AddRoles("maintainer", Maintainer.In("else/where"))
	people[Maintainer].ask("DELETE", other+"/6", "").is(404, `{"message":"404 Runner Not Found"}`)
	people[Maintainer].ask("DELETE", other+"/9", "").is(404, `{"message":"404 Runner Not Found"}`)
	people[Maintainer].ask("DELETE", "/projects/1/runners/4", "").is(403,
		`{"message":"403 Forbidden - You cannot unassign a runner from the owner project. Delete the runner instead"}`)
	r.ask("PUT", "/runners/4", `{"locked":true}`).is(200)
	people[Maintainer].ask("DELETE", other+"/4", "").is(403, `{"message":"403 Forbidden - Runner is locked"}`)
	r.ask("DELETE", other+"/4", "").is(204, "")
	require.Equal(t, "1", r.get("/runners/4/projects").ids())
}

func TestCreateRunner(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	people := r.people()
	tests := []struct {
		who        AccessLevel
		body       string
		status     int
		answer     string
		runnerType string
	}{
		{Owner, `{}`, 400, `{"error":"runner_type is missing"}`, ""},
		{Owner, `{"runner_type":"any"}`, 400, `{"error":"runner_type does not have a valid value"}`, ""},
		{Owner, `{"runner_type":"group_type"}`, 400, `{"error":"group_id is missing"}`, ""},
		{Owner, `{"runner_type":"project_type"}`, 400, `{"error":"project_id is missing"}`, ""},
		{Owner, `{"runner_type":"group_type","group_id":9}`, 400, `{"message":"400 Bad request - Missing/invalid scope"}`, ""},
		{Owner, `{"runner_type":"project_type","project_id":9}`, 400, `{"message":"400 Bad request - Missing/invalid scope"}`, ""},
		{Owner, `{"runner_type":"instance_type"}`, 403, `{"message":"403 Forbidden - Insufficient permissions"}`, ""},
		{Maintainer, `{"runner_type":"group_type","group_id":1}`, 403, `{"message":"403 Forbidden - Insufficient permissions"}`, ""},
		{Developer, `{"runner_type":"project_type","project_id":1}`, 403, `{"message":"403 Forbidden - Insufficient permissions"}`, ""},
		{Maintainer, `{"runner_type":"project_type","project_id":1,"run_untagged":false,"maximum_timeout":1}`, 400,
			`{"message":"400 Bad request - Maximum timeout needs to be at least 10 minutes and Tags list can not be empty when runner is not allowed to pick untagged jobs"}`, ""},
		{Maintainer, `{"runner_type":"project_type","project_id":1,"tag_list":"a,b","locked":true}`, 201, "", "project_type"},
		{Owner, `{"runner_type":"group_type","group_id":1,"token_expires_at":"2999-01-01"}`, 201, "", "group_type"},
		{noAccess, `{"runner_type":"instance_type","paused":true}`, 201, "", "instance_type"},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			who := r
			if test.who != noAccess {
				who = people[test.who]
			}
			answer := who.in(t).post("/user/runners", test.body).is(test.status)
			if test.answer != "" {
				answer.is(test.status, test.answer)
				return
			}
			created := answer.object()
			require.Len(t, created, 3)
			require.Regexp(t, `^glrt-[0-9a-f]{20}$`, created["token"])
			require.Equal(t, strings.Contains(test.body, "token_expires_at"), created["token_expires_at"] != nil)
			shown := r.get(fmt.Sprintf("/runners/%v", created["id"])).is(200).object()
			require.Equal(t, "never_contacted", shown["status"])
			require.Equal(t, test.runnerType, shown["runner_type"])
			require.NotNil(t, shown["created_by"])
			require.Nil(t, shown["contacted_at"])
		})
	}
}

func TestRegisterRunner(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	people := r.people()
	register := func(token string) reply {
		return r.as("").post("/runners", `{"token":"`+token+`","description":"d","tag_list":"a,b","info":{"name":"gitlab-runner"},"maintainer_note":"old"}`)
	}
	reset := func(who *rig, path string) string {
		answer := who.post(path+"/reset_registration_token", "").is(201).object()
		require.Contains(t, answer, "token_expires_at")
		require.Regexp(t, `^GR1348941[0-9a-f]{20}$`, answer["token"])
		return answer["token"].(string)
	}
	r.as("").post("/runners", `{}`).is(400, `{"error":"token is missing"}`)
	register("").is(403, `{"message":"403 Forbidden - invalid token supplied"}`)
	register("GR1348941x").is(403, `{"message":"403 Forbidden - invalid token supplied"}`)
	for path, kind := range map[string]string{"/runners": "instance_type", "/groups/1/runners": "group_type", "/projects/1/runners": "project_type"} {
		old := reset(r, path)
		token := reset(r, path)
		register(old).is(403)
		registered := register(token).is(201).object()
		require.Regexp(t, `^glrtr-`, registered["token"])
		shown := r.get(fmt.Sprintf("/runners/%v", registered["id"])).is(200).object()
		require.Equal(t, kind, shown["runner_type"])
		require.Equal(t, []any{"a", "b"}, shown["tag_list"])
		require.Equal(t, "old", shown["maintenance_note"])
		require.Equal(t, "gitlab-runner", shown["name"])
		require.Nil(t, shown["created_by"])
		again := r.post(fmt.Sprintf("/runners/%v/reset_authentication_token", registered["id"]), "").is(201).object()
		require.Regexp(t, `^glrtr-`, again["token"])
	}
	reset(people[Owner], "/groups/1/runners")
	reset(people[Maintainer], "/projects/1/runners")
	people[Owner].post("/runners/reset_registration_token", "").is(403, `{"message":"403 Forbidden"}`)
	people[Maintainer].post("/groups/1/runners/reset_registration_token", "").is(403, `{"message":"403 Forbidden"}`)
	people[Developer].post("/projects/1/runners/reset_registration_token", "").is(403, `{"message":"403 Forbidden"}`)
}

func TestRegistrationSwitchedOff(t *testing.T) {
	r := newRig(t, WithoutRunnerRegistration())
	token := r.post("/runners/reset_registration_token", "").is(201).object()["token"].(string)
	r.as("").post("/runners", `{"token":"`+token+`"}`).is(410, `{"message":"410 Gone - runner registration disallowed"}`)
}

func TestRunnerWithItsOwnToken(t *testing.T) {
	inBubble(t, func(r *rig) {
		created := r.post("/user/runners", `{"runner_type":"instance_type"}`).is(201).object()
		runner := fmt.Sprintf("/runners/%v", created["id"])
		token := created["token"].(string)
		require.Equal(r, token, r.RunnerToken(2))
		anybody := r.as("")
		const refused = `{"message":"403 Forbidden"}`

		anybody.post("/runners/verify", `{}`).is(400, `{"error":"token is missing"}`)
		anybody.post("/runners/verify", `{"token":"glrt-x"}`).is(403, refused)
		anybody.post("/runners/verify", `{"token":"`+token+`","system_id":"r_1"}`).is(200, fmt.Sprintf(`{"id":2,"token":%q,"token_expires_at":null}`, token))
		require.Equal(r, "online", r.get(runner).object()["status"])
		require.Equal(r, "r_1", r.get(runner + "/managers").array()[0]["system_id"])
		anybody.post("/runners/verify", `{"token":"`+token+`"}`).is(200)
		anybody.post("/runners/verify", `{"token":"`+token+`","system_id":""}`).is(200)
		require.Len(r, r.get(runner+"/managers").array(), 2)
		require.Equal(r, "<legacy>", r.get(runner + "/managers").array()[1]["system_id"])
		anybody.ask("DELETE", "/runners/managers?token="+token+"&system_id=%3Clegacy%3E", "").is(204)
		time.Sleep(3 * time.Hour)
		require.Equal(r, "offline", r.get(runner).object()["status"])

		anybody.post("/runners/reset_authentication_token", `{"token":"glrt-x"}`).is(403, refused)
		second := anybody.post("/runners/reset_authentication_token", `{"token":"`+token+`"}`).is(201).object()["token"].(string)
		anybody.post("/runners/verify", `{"token":"`+token+`"}`).is(403, refused)
		reset := r.post(runner+"/reset_authentication_token", "").is(201).object()
		third := reset["token"].(string)
		require.Equal(r, map[string]any{"token": third, "token_expires_at": nil}, reset)
		anybody.post("/runners/verify", `{"token":"`+second+`"}`).is(403, refused)

		anybody.ask("DELETE", "/runners/managers?token="+third, "").is(400, `{"error":"system_id is missing"}`)
		anybody.ask("DELETE", "/runners/managers?token=x&system_id=r_1", "").is(403, refused)
		anybody.ask("DELETE", "/runners/managers?token="+third+"&system_id=r_2", "").is(404, `{"message":"404 Not found"}`)
		anybody.ask("DELETE", "/runners/managers?token="+third+"&system_id=r_1", "").is(204, "")
		r.get(runner+"/managers").is(200, `[]`)
		anybody.ask("DELETE", "/runners?token=x", "").is(403, refused)
		anybody.ask("DELETE", "/runners", `{"token":"`+third+`"}`).is(204, "")
		r.get(runner).is(404)
	})
}

func TestRunnerTokensExpire(t *testing.T) {
	inBubble(t, func(r *rig) {
		token := r.post("/user/runners", `{"runner_type":"instance_type","token_expires_at":"2000-01-02T00:00:00Z"}`).is(201).object()["token"].(string)
		r.post("/runners/verify", `{"token":"`+token+`"}`).is(200)
		time.Sleep(24 * time.Hour)
		r.post("/runners/verify", `{"token":"`+token+`"}`).is(403)
	})
}

func TestJobsAndTheirRunners(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "plain"}, Job{Name: "docker", Tags: []string{"docker"}}, Job{Name: "odd", Tags: []string{"docker", "odd"}})
		r.project("group/other", Job{Name: "plain"})
		r.AddRunner(Runner{Group: "group"})
		r.AddRunner(Runner{Projects: []string{"group/app"}, Tags: []string{"docker", "linux"}, TaggedOnly: true, Managers: []RunnerManager{{SystemID: "r_a"}, {SystemID: "r_b"}}})
		r.AddRunner(Runner{Projects: []string{"group/app"}, Tags: []string{"odd", "docker"}, Status: gitlabci.RunnerOffline})
		r.AddRunner(Runner{Projects: []string{"group/app"}, Tags: []string{"odd", "docker"}, Protected: true, Paused: true})
		r.start()
		time.Sleep(500 * time.Millisecond)
		running := r.get("/runners/3/jobs").is(200).array()
		require.Len(r, running, 1)
		require.Equal(r, "docker", running[0]["name"])
		require.Equal(r, "group/app", running[0]["project"].(map[string]any)["path_with_namespace"])
		require.Equal(r, "active", r.get("/runners/3").object()["job_execution_status"])
		require.Equal(r, "active", r.get("/runners/3/managers").array()[0]["job_execution_status"])
		require.Equal(r, "idle", r.get("/runners/3/managers").array()[1]["job_execution_status"])

		settle()
		require.Equal(r, "idle", r.get("/runners/3").object()["job_execution_status"])
		took := func(job string) any {
			return r.get("/projects/1/jobs/" + job).object()["runner"].(map[string]any)["id"]
		}
		require.Equal(r, 2.0, took("1"))
		require.Equal(r, 3.0, took("2"))
		require.Equal(r, 1.0, took("3"))

		r.post("/projects/1/jobs/2/retry", "").is(201)
		settle()
		require.Equal(r, "4 2", r.get("/runners/3/jobs").ids())
		require.Equal(r, "2 4", r.get("/runners/3/jobs?order_by=id&sort=asc").ids())
		require.Equal(r, "4 2", r.get("/runners/3/jobs?sort=asc").ids(), "an order without what to order by is none")
		bySystem := r.get("/runners/3/jobs?system_id=r_b")
		require.Equal(r, "4", bySystem.ids())
		require.Empty(r, bySystem.header.Get("X-Total"))
		require.Equal(r, "2", r.get("/runners/3/jobs?per_page=1").header.Get("X-Total"))
		require.Empty(r, r.get("/runners/3/jobs?status=failed").ids())
		page := r.get("/runners/3/jobs?pagination=keyset&per_page=1&order_by=id&sort=desc")
		require.Equal(r, "4", page.ids())
		require.Contains(r, page.header.Get("Link"), "cursor=")
		r.get("/runners/3/jobs?order_by=name").is(400, `{"error":"order_by does not have a valid value"}`)

		r.as("").ask("DELETE", "/runners/managers?system_id=r_b&token="+r.RunnerToken(3), "").is(204)
		require.Nil(r, r.get("/projects/1/jobs/4").object()["runner_manager"])
		require.NotNil(r, r.get("/projects/1/jobs/2").object()["runner_manager"])
		r.ask("DELETE", "/runners/3", "").is(204)
		require.Nil(r, r.get("/projects/1/jobs/2").object()["runner"])
		require.Nil(r, r.get("/projects/1/jobs/2").object()["runner_manager"])
	})
}

func TestJobsThatNoRunnerFitsWait(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"}, Job{Name: "b", Tags: []string{"gpu"}})
		r.ask("PUT", "/runners/1", `{"paused":true}`).is(200)
		p := r.start()
		settle()
		require.Equal(r, "a=pending b=pending", r.states(p))

		r.AddRunner(Runner{Protected: true})
		settle()
		require.Equal(r, "a=success b=pending", r.states(p))
		r.ask("PUT", "/runners/2", `{"tag_list":"gpu"}`).is(200)
		settle()
		require.Equal(r, "a=success b=success", r.states(p))
		job := r.get("/projects/1/jobs/2").object()
		require.Equal(r, 2.0, job["runner"].(map[string]any)["id"])
		require.InDelta(r, 7200, job["queued_duration"], 1)

		// Protected runners leave other branches to others.
		r.AddBranch(gitlabci.ProjectPath("group/app"), "feature")
		r.post("/projects/1/pipeline", `{"ref":"feature"}`).is(201)
		settle()
		require.Equal(r, "a=pending b=pending", r.states("/projects/1/pipelines/2"))
		r.post("/projects/1/pipelines/2/cancel", "").is(200)
		require.Equal(r, "a=canceled b=canceled", r.states("/projects/1/pipelines/2"))

		// A runner that a user creates takes jobs once it was heard of.
		r.ask("DELETE", "/runners/2", "").is(204)
		token := r.post("/user/runners", `{"runner_type":"project_type","project_id":1}`).is(201).object()["token"].(string)
		r.post("/projects/1/jobs/1/retry", "").is(201)
		settle()
		require.Equal(r, "pending", r.get("/projects/1/jobs/5").object()["status"])
		r.post("/runners/verify", `{"token":"`+token+`","system_id":"r_1"}`).is(200)
		settle()
		job = r.get("/projects/1/jobs/5").object()
		require.Equal(r, "success", job["status"])
		require.Equal(r, "r_1", job["runner_manager"].(map[string]any)["system_id"])
	})
}

func TestAddRunnerToNowhere(t *testing.T) {
	for _, spec := range []Runner{{Group: "none"}, {Projects: []string{"no/where"}}, {Status: "asleep"}} {
		require.Panics(t, func() { newRig(t).AddRunner(spec) })
	}
	require.Panics(t, func() { newRig(t).RunnerToken(9) })
}
