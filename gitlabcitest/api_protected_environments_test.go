package gitlabcitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// protectedEnvironments are the paths of both levels, which answer alike.
var protectedEnvironments = map[string]string{"project": "/projects/1/protected_environments", "group": "/groups/1/protected_environments"}

func TestProtectedEnvironments(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.AddUser("dev", Developer.In("group")) // user 2
	for level, all := range protectedEnvironments {
		t.Run(level, func(t *testing.T) {
			r := r.in(t)
			r.get(all).is(200, `[]`)
			created := r.post(all, `{"name":"staging","deploy_access_levels":[{"user_id":2},{"group_id":1,"group_inheritance_type":1}],
				"approval_rules":[{"access_level":40,"required_approvals":2},{"group_id":1}]}`).is(201).object()
			first := created["deploy_access_levels"].([]any)[0].(map[string]any)
			rule := created["approval_rules"].([]any)[0].(map[string]any)
			require.Equal(t, map[string]any{
				"name": "staging", "required_approval_count": 0.0,
				"deploy_access_levels": []any{
					map[string]any{"id": first["id"], "access_level": nil, "access_level_description": "dev", "user_id": 2.0, "group_id": nil,
						"group_inheritance_type": 0.0, "deploy_key_id": nil, "member_role_id": nil, "member_role_name": nil},
					map[string]any{"id": first["id"].(float64) + 1, "access_level": nil, "access_level_description": "group", "user_id": nil, "group_id": 1.0,
						"group_inheritance_type": 1.0, "deploy_key_id": nil, "member_role_id": nil, "member_role_name": nil},
				},
				"approval_rules": []any{
					map[string]any{"id": rule["id"], "access_level": 40.0, "access_level_description": "Maintainers", "user_id": nil, "group_id": nil,
						"group_inheritance_type": 0.0, "required_approvals": 2.0},
					map[string]any{"id": rule["id"].(float64) + 1, "access_level": nil, "access_level_description": "group", "user_id": nil, "group_id": 1.0,
						"group_inheritance_type": 0.0, "required_approvals": 1.0},
				},
			}, created)
			require.Equal(t, created, r.get(all+"/staging").is(200).object())

			body := fmt.Sprintf(`{"deploy_access_levels":[{"id":%v,"_destroy":true},{"access_level":30}],"approval_rules":[{"id":%v,"required_approvals":3}]}`,
				first["id"], rule["id"])
			changed := r.ask("PUT", all+"/staging", body).is(200).object()
			levels, rules := changed["deploy_access_levels"].([]any), changed["approval_rules"].([]any)
			require.Len(t, levels, 2)
			require.Equal(t, 1.0, levels[0].(map[string]any)["group_id"])
			require.Equal(t, "Developers + Maintainers", levels[1].(map[string]any)["access_level_description"])
			require.Len(t, rules, 2)
			require.Equal(t, 3.0, rules[0].(map[string]any)["required_approvals"])
			require.Equal(t, 40.0, rules[0].(map[string]any)["access_level"])

			body = fmt.Sprintf(`{"deploy_access_levels":[{"id":%v,"user_id":2}]}`, levels[0].(map[string]any)["id"])
			changed = r.ask("PUT", all+"/staging", body).is(200).object()["deploy_access_levels"].([]any)[0].(map[string]any)
			require.Equal(t, 2.0, changed["user_id"])
			require.Nil(t, changed["group_id"])

			r.post(all, `{"name":"production","deploy_access_levels":[{"access_level":60}]}`).is(201)
			require.Equal(t, []string{"production", "staging"}, r.names(all))
			require.Equal(t, []string{"staging"}, r.names(all+"?per_page=1&page=2"))
			r.ask("DELETE", all+"/staging", "").is(204, "")
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				r.ask(method, all+"/staging", "").is(404, `{"message":"404 Not found"}`)
			}
		})
	}
}

func TestProtectedEnvironmentsThroughTheClient(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app", Job{Name: "a"})
	client := r.Client().ProtectedEnvironments
	created, err := client.Create(t.Context(), app, &gitlabci.CreateProtectedEnvironmentOptions{
		Name:               "review/main",
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
	})
	require.NoError(t, err)
	got, err := client.Get(t.Context(), app, "review/main")
	require.NoError(t, err)
	require.Equal(t, created, got)
	_, err = client.Update(t.Context(), app, "review/main", &gitlabci.UpdateProtectedEnvironmentOptions{
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{ID: got.DeployAccessLevels[0].ID, Destroy: true}},
	})
	require.ErrorIs(t, err, gitlabci.ErrUnprocessable)
	require.NoError(t, client.Delete(t.Context(), app, "review/main"))
	_, err = client.Get(t.Context(), app, "review/main")
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
}

func TestProtectedEnvironmentRefused(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.AddUser("stranger") // user 2
	const tooShort = `{"message":["Deploy access levels is too short (minimum is 1 character)"]}`
	tests := []struct {
		name, body string
		status     int
		answer     string
	}{
		{"no levels", `{"name":"staging"}`, 400, `{"error":"deploy_access_levels is missing"}`},
		{"no name", `{"deploy_access_levels":[{"access_level":40}]}`, 400, `{"error":"name is missing"}`},
		{"owner's level", `{"name":"staging","deploy_access_levels":[{"access_level":50}]}`, 400,
			`{"error":"deploy_access_levels[0][access_level] does not have a valid value"}`},
		{"inheritance", `{"name":"staging","deploy_access_levels":[{"group_id":1,"group_inheritance_type":2}]}`, 400,
			`{"error":"deploy_access_levels[0][group_inheritance_type] does not have a valid value"}`},
		{"nobody deploys", `{"name":"staging","deploy_access_levels":[{}]}`, 400,
			`{"error":"deploy_access_levels[0][access_level], deploy_access_levels[0][user_id], deploy_access_levels[0][group_id] are missing, at least one parameter must be provided"}`},
		{"nobody approves", `{"name":"staging","deploy_access_levels":[{"access_level":40}],"approval_rules":[{"required_approvals":1}]}`, 400,
			`{"error":"approval_rules[0][access_level], approval_rules[0][user_id], approval_rules[0][group_id] are missing, at least one parameter must be provided"}`},
		{"nothing to take away", `{"name":"staging","deploy_access_levels":[{"access_level":40,"_destroy":true}]}`, 422, tooShort},
		{"empty levels", `{"name":"staging","deploy_access_levels":[]}`, 422, tooShort},
		{"not a member", `{"name":"staging","deploy_access_levels":[{"user_id":2}]}`, 422, tooShort},
		{"no such user", `{"name":"staging","deploy_access_levels":[{"user_id":99}]}`, 422, tooShort},
		{"no such group", `{"name":"staging","deploy_access_levels":[{"group_id":99}]}`, 422, tooShort},
		{"no approvals", `{"name":"staging","deploy_access_levels":[{"access_level":40}],"approval_rules":[{"access_level":40,"required_approvals":0}]}`, 422,
			`{"message":["Approval rules required approvals must be greater than 0"]}`},
		{"count", `{"name":"staging","deploy_access_levels":[{"access_level":40}],"required_approval_count":1}`, 422, `{"message":"` + countGivenUp + `"}`},
		{"no such level", `{"name":"staging","deploy_access_levels":[{"access_level":40},{"id":7,"access_level":30}]}`, 404, `{"message":"404 Not found"}`},
	}
	for level, all := range protectedEnvironments {
		for _, test := range tests {
			t.Run(level+" "+test.name, func(t *testing.T) { r.in(t).post(all, test.body).is(test.status, test.answer) })
		}
		require.Empty(t, r.get(all).array())
		r.post(all, `{"name":"staging","deploy_access_levels":[{"access_level":40}]}`).is(201)
	}
	again := `{"name":"staging","deploy_access_levels":[{"access_level":40}]}`
	r.post(protectedEnvironments["project"], again).is(409, `{"message":"Environment 'staging' is already protected"}`)
	r.post(protectedEnvironments["group"], again).is(409, `{"message":"Protected environment 'staging' already exists"}`)
	r.post(protectedEnvironments["project"], `{"name":"","deploy_access_levels":[{"access_level":40}]}`).is(422, `{"message":["Name can't be blank"]}`)
	r.post(protectedEnvironments["group"], `{"name":"mine","deploy_access_levels":[{"access_level":40}]}`).is(400, `{"error":"name does not have a valid value"}`)

	// An update that is refused changes nothing.
	path := protectedEnvironments["project"] + "/staging"
	id := r.get(path).object()["deploy_access_levels"].([]any)[0].(map[string]any)["id"]
	r.ask("PUT", path, fmt.Sprintf(`{"deploy_access_levels":[{"id":%v,"access_level":30},{"id":99,"_destroy":true}]}`, id)).is(404)
	r.ask("PUT", path, fmt.Sprintf(`{"deploy_access_levels":[{"id":%v,"_destroy":true},{"id":%v,"_destroy":true}]}`, id, id)).is(404)
	r.ask("PUT", path, fmt.Sprintf(`{"deploy_access_levels":[{"id":%v,"_destroy":true}]}`, id)).is(422, tooShort)
	require.Equal(t, 40.0, r.get(path).object()["deploy_access_levels"].([]any)[0].(map[string]any)["access_level"])
}

func TestProtectedEnvironmentRoles(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	people := r.people()
	const denied = `{"message":"403 Forbidden"}`
	for _, method := range []string{"GET", "POST"} {
		people[Developer].ask(method, protectedEnvironments["project"], `{"name":"production","deploy_access_levels":[]}`).is(403, denied)
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		people[Developer].ask(method, protectedEnvironments["project"]+"/production", "").is(403, denied)
	}
	people[Maintainer].get(protectedEnvironments["project"]).is(200)
	people[Maintainer].get(protectedEnvironments["group"]).is(403, denied)
	people[Owner].get(protectedEnvironments["group"]).is(200)
	stranger := r.as(r.AddUser("stranger"))
	stranger.get(protectedEnvironments["project"]).is(404, `{"message":"404 Project Not Found"}`)
	stranger.get(protectedEnvironments["group"]).is(404, `{"message":"404 Group Not Found"}`)
}

// TestWhoMayDeploy lets people play a job of an environment with several protections: all have to let them.
func TestWhoMayDeploy(t *testing.T) {
	const maintainers, developers = `{"access_level":40}`, `{"access_level":30}`
	tests := []struct {
		name, project, group string // access levels, empty for no protection
		may                  []string
	}{
		{"unprotected", "", "", []string{"root", "inherited", "dev", "maintainer"}},
		{"maintainers", maintainers, "", []string{"root", "maintainer"}},
		{"administrators", `{"access_level":60}`, "", []string{"root"}},
		{"a user", `{"user_id":DEV}`, "", []string{"root", "dev"}},
		{"a reporter", `{"user_id":REPORTER}`, "", []string{"root", "reporter"}},
		{"members of a group", `{"group_id":SUB}`, "", []string{"root", "dev"}},
		{"inherited members", `{"group_id":SUB,"group_inheritance_type":1}`, "", []string{"root", "inherited", "dev"}},
		{"one of two", maintainers + `,{"user_id":DEV}`, "", []string{"root", "dev", "maintainer"}},
		{"tier", "", maintainers, []string{"root", "maintainer"}},
		{"both", `{"user_id":DEV}`, maintainers, []string{"root"}},
		{"both again", developers, maintainers, []string{"root", "maintainer"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.project("group/app", Job{Name: "deploy", Environment: "prod", When: Manual}) // tier production
				r.project("top/sub/x")
				people := map[string]*rig{"root": r}
				for name, roles := range map[string][]Membership{
					"guest":      {Guest.In("group"), Guest.In("top/sub")},
					"reporter":   {Reporter.In("group")},
					"dev":        {Developer.In("group"), Guest.In("top/sub")},
					"maintainer": {Maintainer.In("group")},
					"inherited":  {Developer.In("group"), Guest.In("top")},
				} {
					people[name] = r.as(r.AddUser(name, roles...))
				}
				id := func(name string) string { return fmt.Sprint(r.mustUser(name).id) }
				named := strings.NewReplacer("REPORTER", id("reporter"), "DEV", id("dev"), "SUB", fmt.Sprint(r.groupByPath("top/sub").id)).Replace(test.project)
				if test.project != "" {
					r.protect(`{"name":"prod","deploy_access_levels":[%s]}`, named)
				}
				if test.group != "" {
					r.post(protectedEnvironments["group"], `{"name":"production","deploy_access_levels":[`+test.group+`]}`).is(201)
				}
				var may []string
				for _, name := range []string{"root", "guest", "reporter", "inherited", "dev", "maintainer"} {
					id := r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201).object()["id"]
					played := people[name].post(fmt.Sprintf("/projects/1/jobs/%v/play", id), "")
					if played.status == 200 {
						may = append(may, name)
					} else {
						played.is(403, `{"message":"403 Forbidden"}`)
					}
				}
				require.Equal(r, test.may, may)
			})
		})
	}
}

func TestJobsOfAProtectedEnvironment(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production", EnvironmentURL: "https://a.test"}, Job{Name: "after", Stage: "end"})
		people := r.people()
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":40}]}`)
		const denied = `{"message":"403 Forbidden"}`

		people[Developer].start()
		settle()
		job := r.get("/projects/1/jobs/1").object()
		require.Equal(r, "failed", job["status"])
		require.Equal(r, "protected_environment_failure", job["failure_reason"])
		require.Equal(r, "1=failed", r.deploymentStatuses(""))
		for _, act := range []string{"retry", "cancel", "play", "erase"} {
			people[Developer].post("/projects/1/jobs/1/"+act, "").is(403, denied)
		}
		people[Developer].post("/projects/1/pipelines/1/retry", "").is(201)
		require.Len(r, r.get("/projects/1/pipelines/1/jobs?include_retried=true").array(), 2)

		people[Developer].ask("PUT", environments+"/1", `{"tier":"other"}`).is(403, denied)
		people[Developer].post(environments+"/1/stop", "").is(403, denied)
		people[Developer].post(deployments, r.deployment("production", "success")).is(403, denied)
		r.post(deployments, r.deployment("production", "running")).is(201)
		people[Developer].ask("PUT", deployments+"/2", `{"status":"success"}`).is(403, denied)

		people[Maintainer].post("/projects/1/jobs/1/retry", "").is(201)
		settle()
		require.Equal(r, "after=success deploy=success", r.states("/projects/1/pipelines/1"))
		people[Maintainer].post(environments+"/1/stop", "").is(200)
		people[Developer].ask("DELETE", environments+"/1", "").is(403, denied)
	})
}

func TestSkippedDeploymentBelongsToWhoeverRetries(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "build", Stage: "build", Fails: 2}, Job{Name: "deploy", Environment: "production"}, Job{Name: "after", Stage: "end"})
		people := r.people()
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":40}]}`)
		people[Developer].start()
		settle()
		people[Developer].post("/projects/1/pipelines/1/retry", "").is(201)
		settle()
		require.Equal(r, "deploy=skipped after=skipped build=failed", r.states("/projects/1/pipelines/1"))
		people[Maintainer].post("/projects/1/jobs/4/retry", "").is(201)
		settle()
		require.Equal(r, "deploy=success after=success build=success", r.states("/projects/1/pipelines/1"))
		require.Equal(r, "maintainer", r.get("/projects/1/jobs/2").object()["user"].(map[string]any)["username"])
	})
}

func TestMaintainersWithoutAccessDeleteNoDeployment(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.post(deployments, r.deployment("e", "failed")).is(201)
	r.protect(`{"name":"e","deploy_access_levels":[{"access_level":60}]}`)
	r.people()[Maintainer].ask("DELETE", deployments+"/1", "").is(403, `{"message":"403 Forbidden"}`)
	r.ask("DELETE", deployments+"/1", "").is(204)
}

func TestDelayedJobOfAProtectedEnvironment(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production", When: Delayed, StartIn: time.Hour})
		developer := r.people()[Developer]
		developer.start()
		require.Equal(r, "deploy=scheduled", r.states("/projects/1/pipelines/1"))
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":40}]}`)
		time.Sleep(2 * time.Hour)
		require.Equal(r, "protected_environment_failure", r.member("/projects/1/jobs/1", "failure_reason"))

		r.ask("PUT", "/projects/1/protected_environments/production", `{"approval_rules":[{"access_level":40}]}`).is(200)
		r.start()
		require.Equal(r, "deploy=manual", r.states("/projects/1/pipelines/2")) // approvals come before the delay
	})
}

func TestStopJobOfAProtectedEnvironment(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", reviewJobs(0)...)
		people := r.people()
		people[Developer].start()
		settle()
		r.protect(`{"name":"review/main","deploy_access_levels":[{"access_level":40}]}`)
		// The stop job runs in the name of whom it belongs to, who may not any more.
		require.Equal(r, "available", people[Maintainer].post(environments+"/1/stop", "").is(200).object()["state"])
		require.Equal(r, "deploy=success stop=failed", r.states("/projects/1/pipelines/1"))
		require.Equal(r, "protected_environment_failure", r.member("/projects/1/jobs/2", "failure_reason"))
	})
}
