package gitlabcitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const environments = "/projects/1/environments"

// addEnvironments makes environments of project 1 by their names.
func (r *rig) addEnvironments(names ...string) {
	r.Helper()
	for _, name := range names {
		r.post(environments, fmt.Sprintf(`{"name":%q}`, name)).is(201)
	}
}

// names returns the names of what a list holds, in its order.
func (r *rig) names(path string) []string {
	r.Helper()
	names := []string{}
	for _, element := range r.get(path).is(200).array() {
		names = append(names, element["name"].(string))
	}
	return names
}

// member returns a member of an object.
func (r *rig) member(path, name string) any {
	r.Helper()
	return r.get(path).is(200).object()[name]
}

func TestEnvironments(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		r.get(environments).is(200, `[]`)
		body := `{"name":"review/fix-foo","description":"d","external_url":"https://foo.test","tier":"testing","auto_stop_setting":"with_action"}`
		shown := r.post(environments, body).is(201).object()
		require.Equal(r, "group/app", shown["project"].(map[string]any)["path_with_namespace"])
		delete(shown, "project")
		require.Equal(r, map[string]any{
			"id": 1.0, "name": "review/fix-foo", "slug": "review-fix-foo-v25cyx", "description": "d", "external_url": "https://foo.test",
			"state": "available", "tier": "testing", "auto_stop_at": nil, "auto_stop_setting": "with_action",
			"created_at": "2000-01-01T00:00:00.000Z", "updated_at": "2000-01-01T00:00:00.000Z",
			"cluster_agent": nil, "kubernetes_namespace": nil, "flux_resource_path": nil,
		}, shown)

		time.Sleep(time.Hour)
		changed := r.ask("PUT", environments+"/1", `{"external_url":"","tier":"staging","name":"other"}`).is(200).object()
		require.Equal(r, "review/fix-foo", changed["name"])
		require.Equal(r, "staging", changed["tier"])
		require.Equal(r, "d", changed["description"])
		require.Nil(r, changed["external_url"])
		require.Equal(r, "2000-01-01T01:00:00.000Z", changed["updated_at"])
		time.Sleep(time.Hour)
		require.Equal(r, changed["updated_at"], r.ask("PUT", environments+"/1", `{"name":"other"}`).is(200).object()["updated_at"])

		alone := r.get(environments + "/1").is(200).object()
		require.Contains(r, alone, "last_deployment")
		require.Nil(r, alone["last_deployment"])
		listed := r.get(environments).is(200).array()
		require.NotContains(r, listed[0], "last_deployment")
		require.Contains(r, listed[0], "project")

		r.ask("DELETE", environments+"/1", "").is(403, `{"message":"403 Forbidden"}`)
		require.Equal(r, "stopped", r.post(environments+"/1/stop", `{"force":true}`).is(200).object()["state"])
		r.ask("DELETE", environments+"/1", "", "If-Unmodified-Since", "Mon, 02 Jan 1999 15:04:05 GMT").is(412)
		r.ask("DELETE", environments+"/1", "").is(204, "")
		for _, path := range []string{"/1", "/9"} {
			r.get(environments+path).is(404, `{"message":"404 Not found"}`)
		}
	})
}

func TestEnvironmentsThroughTheClient(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "deploy", Environment: "production", EnvironmentURL: "https://app.test"})
		environments := r.Client().Environments
		_, err := r.Client().Pipelines.Create(r.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.NoError(r, err)
		settle()
		found, err := environments.Get(r.Context(), app, 1)
		require.NoError(r, err)
		require.Equal(r, gitlabci.EnvironmentTierProduction, found.Tier)
		require.Equal(r, "https://app.test", found.ExternalURL)
		require.Equal(r, gitlabci.DeploymentSuccess, found.LastDeployment.Status)
		require.Equal(r, "deploy", found.LastDeployment.Deployable.Name)
		require.Equal(r, "root", found.LastDeployment.User.Username)
		stopped, err := environments.Stop(r.Context(), app, 1, nil)
		require.NoError(r, err)
		require.Equal(r, gitlabci.EnvironmentStopped, stopped.State)
		require.NoError(r, environments.Delete(r.Context(), app, 1))
		_, err = environments.Get(r.Context(), app, 1)
		require.ErrorIs(r, err, gitlabci.ErrNotFound)
		_, err = environments.DeleteReviewApps(r.Context(), app, nil)
		require.ErrorIs(r, err, gitlabci.ErrBadRequest)
	})
}

func TestEnvironmentFilters(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.addEnvironments("production", "review/fix", "Review/pro", "staging")
	r.post(environments+"/4/stop", "").is(200)
	tests := []struct {
		query string
		names []string
	}{
		{"", []string{"production", "review/fix", "Review/pro", "staging"}},
		{"?search=", []string{"production", "review/fix", "Review/pro", "staging"}},
		{"?name=production", []string{"production"}},
		{"?name=prod", []string{}},
		{"?search=PRO", []string{"production", "Review/pro"}},
		{"?search=rev", []string{"review/fix", "Review/pro"}},
		{"?search=duction", []string{}},
		{"?states=available", []string{"production", "review/fix", "Review/pro"}},
		{"?states=stopped", []string{"staging"}},
		{"?states=stopping", []string{}},
		{"?per_page=2&page=2", []string{"Review/pro", "staging"}},
	}
	for _, test := range tests {
		require.Equal(t, test.names, r.names(environments+test.query), test.query)
	}
	r.get(environments+"?name=production&search=pro").is(400, `{"error":"name, search cannot be used together"}`)
	r.get(environments+"?search=pr").is(400, `{"message":"400 Bad request - Search query is less than 3 characters"}`)
	r.get(environments+"?states=gone").is(400, `{"error":"states does not have a valid value"}`)
}

func TestEnvironmentRefused(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.addEnvironments("taken")
	const characters = `can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, but it cannot start or end with '/'`
	const noSlug = `{"error":"slug is automatically generated and cannot be changed"}`
	tests := []struct{ name, body, answer string }{
		{"no name", `{}`, `{"error":"name is missing"}`},
		{"blank name", `{"name":""}`, `{"message":{"name":["can't be blank"]}}`},
		{"name of spaces", `{"name":"  "}`, `{"message":{"name":["can't be blank"]}}`},
		{"taken name", `{"name":"taken"}`, `{"message":{"name":["has already been taken"]}}`},
		{"bad name", `{"name":"a:b"}`, `{"message":{"name":["` + characters + `"]}}`},
		{"backslash", `{"name":"a\\b"}`, `{"message":{"name":["` + characters + `"]}}`},
		{"slash at the end", `{"name":"a/"}`, `{"message":{"name":["` + characters + `"]}}`},
		{"long name", `{"name":"` + strings.Repeat("a", 256) + `"}`, `{"message":{"name":["is too long (maximum is 255 characters)"]}}`},
		{"slug", `{"name":"a","slug":"a"}`, noSlug},
		{"tier", `{"name":"a","tier":"gold"}`, `{"error":"tier does not have a valid value"}`},
		{"auto stop", `{"name":"a","auto_stop_setting":"never"}`, `{"error":"auto_stop_setting does not have a valid value"}`},
		{"script URL", `{"name":"a","external_url":"javascript:alert(1)"}`, `{"message":{"external_url":["javascript scheme is not allowed"]}}`},
		{"bad URL", `{"name":"a","external_url":"http://[::1"}`, `{"message":{"external_url":["URI is invalid"]}}`},
		{"long URL", `{"name":"a","external_url":"http://` + strings.Repeat("a", 255) + `"}`, `{"message":{"external_url":["is too long (maximum is 255 characters)"]}}`},
		{"namespace", `{"name":"a","kubernetes_namespace":"n"}`, `{"message":{"kubernetes_namespace":["cannot be set without a cluster agent"]}}`},
		{"flux", `{"name":"a","flux_resource_path":"f"}`, `{"message":{"flux_resource_path":["cannot be set without a kubernetes namespace"]}}`},
		{"agent", `{"name":"a","cluster_agent_id":1}`, `{"message":"400 Bad request - cluster agent doesn't exist or cannot be associated with this environment"}`},
		{"long text", `{"name":"a","description":"` + strings.Repeat("a", 10_001) + `"}`, `{"message":{"description":["is too long (maximum is 10000 characters)"]}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { r.in(t).post(environments, test.body).is(400, test.answer) })
	}
	r.ask("PUT", environments+"/1", `{"slug":"x"}`).is(400, noSlug)
	r.ask("PUT", environments+"/1", `{"external_url":"data:x"}`).is(400, `{"message":{"external_url":["data scheme is not allowed"]}}`)
	r.ask("PUT", environments+"/9", `{}`).is(404, `{"message":"404 Not found"}`)
	require.Len(t, r.get(environments).array(), 1)
}

func TestEnvironmentSlugAndTier(t *testing.T) {
	tests := []struct {
		name, slug string
		tier       gitlabci.EnvironmentTier
	}{
		{"production", "production", "production"},
		{"live", "live", "production"},
		{"preprod", "preprod", "staging"},
		{"my-demo", "my-demo", "staging"},
		{"trunk-", "trunk", "development"},
		{"print", "print", "testing"},
		{"deploy", "deploy", "other"},
		{"review/023f1bce01229c686a73", "review-023f1bce01-3uxznk", "development"}, // both of GitLab's documentation
		{"review/85d4c26a388348d3c4c0", "review-85d4c26a38-5giw1c", "development"},
	}
	for _, test := range tests {
		require.Equal(t, test.slug, environmentSlug(test.name))
		require.Equal(t, test.tier, guessTier(test.name))
	}
	for _, name := range []string{"1", "Production", "a--b", "..", strings.Repeat("x", 25)} {
		require.Regexp(t, `^[a-z][a-z0-9-]{6,23}$`, environmentSlug(name))
		require.NotContains(t, environmentSlug(name), "--")
	}
}

func TestEnvironmentRoles(t *testing.T) {
	r := newRig(t)
	app := r.project("group/app", Job{Name: "a"})
	people := r.people()
	stranger := r.as(r.AddUser("stranger"))
	r.addEnvironments("production")
	const one, denied = environments + "/1", `{"message":"403 Forbidden"}`

	people[Guest].get(environments).is(403, denied)
	people[Guest].get(one).is(403, denied)
	reporter := people[Reporter].get(one).is(200).object()
	require.NotContains(t, reporter, "cluster_agent")
	require.NotContains(t, reporter, "kubernetes_namespace")
	require.Contains(t, people[Developer].get(one).is(200).object(), "cluster_agent")
	people[Guest].ask("DELETE", environments+"/review_apps", "").is(403, denied)
	people[Reporter].post(environments, `{"name":"x"}`).is(403, denied)
	people[Reporter].ask("PUT", one, `{"tier":"other"}`).is(403, denied)
	people[Reporter].post(one+"/stop", "").is(403, denied)
	people[Developer].ask("PUT", one, `{"description":"x"}`).is(200)
	people[Developer].post(environments+"/stop_stale", `{"before":"1999-01-01"}`).is(403, denied)
	people[Developer].post(one+"/stop", "").is(200)
	people[Reporter].ask("DELETE", one, "").is(403, denied)
	people[Developer].ask("DELETE", one, "").is(204)

	stranger.get(environments).is(404, `{"message":"404 Project Not Found"}`)
	r.as("").get(environments).is(401)
	app.Visibility = Public
	stranger.get(environments).is(200)
	people[Guest].get(environments).is(200)
	stranger.post(environments, `{"name":"x"}`).is(403, denied)
	app.PrivatePipelines = true
	stranger.get(environments).is(403, denied)
}

func TestJobTokenManagesEnvironments(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Duration: time.Minute})
		r.project("group/other", Job{Name: "a"})
		r.start()
		time.Sleep(10 * time.Second)
		token := r.JobToken(1)
		runs := r.as("")
		runs.ask("POST", environments, `{"name":"x"}`, "Job-Token", token).is(201)
		sha := r.get("/projects/1/pipelines/1").object()["sha"]
		body := fmt.Sprintf(`{"environment":"x","ref":"main","tag":false,"sha":"%s","status":"success"}`, sha)
		runs.ask("POST", deployments, body, "Job-Token", token).is(201)
		runs.get(deployments, "Job-Token", token).is(200)
		runs.ask("POST", environments+"/1/stop", "", "Job-Token", token).is(200)
		runs.ask("DELETE", environments+"/1", "", "Job-Token", token).is(204)
		runs.get("/projects/2/environments", "Job-Token", token).is(403)
		runs.get(freezePeriods, "Job-Token", token).is(401)
	})
}

// reviewJobs deploy a review app of a branch and stop it.
func reviewJobs(stopFails int) []Job {
	return []Job{
		{Name: "deploy", Environment: "review/$CI_COMMIT_REF_NAME", EnvironmentURL: "https://$CI_ENVIRONMENT_SLUG.test", OnStop: "stop", AutoStopIn: 24 * time.Hour},
		{Name: "stop", Environment: "review/$CI_COMMIT_REF_NAME", EnvironmentAction: Stop, When: Manual, Fails: stopFails},
	}
}

func TestJobsMakeEnvironments(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", reviewJobs(0)...)
		r.Push(gitlabci.ProjectPath("group/app"), "foo")
		made := r.get(environments + "/1").is(200).object()
		require.Equal(r, "review/foo", made["name"])
		require.Equal(r, "development", made["tier"])
		require.Equal(r, "available", made["state"])
		require.Nil(r, made["external_url"])
		require.Nil(r, made["last_deployment"])

		time.Sleep(10 * time.Second)
		deployed := r.get(environments + "/1").is(200).object()
		require.Equal(r, "https://"+made["slug"].(string)+".test", deployed["external_url"])
		require.Equal(r, "2000-01-02T00:00:01.100Z", deployed["auto_stop_at"])
		last := deployed["last_deployment"].(map[string]any)
		require.Equal(r, "foo", last["ref"])
		require.NotContains(r, last, "environment")
		require.Len(r, r.get(deployments).array(), 1) // none of the job that stops

		r.Push(gitlabci.ProjectPath("group/app"), "foo")
		require.Len(r, r.get(environments).array(), 1)
		require.Len(r, r.get(deployments).array(), 2)
	})
}

func TestEnvironmentOfAJob(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app",
			Job{Name: "a", Environment: "site-$CI_PIPELINE_ID$NOTHING", EnvironmentTier: gitlabci.EnvironmentTierOther},
			Job{Name: "b", Environment: "$WHERE", EnvironmentAction: Verify},
			Job{Name: "c", Environment: "$CI_MERGE_REQUEST_IID"},
		)
		r.post("/projects/1/pipeline", `{"ref":"main","variables":[{"key":"WHERE","value":"here"}]}`).is(201)
		settle()
		require.Equal(r, []string{"site-1", "here"}, r.names(environments))
		require.Equal(r, "other", r.member(environments+"/1", "tier"))
		require.Len(r, r.get(deployments).array(), 1)
		failed := r.get("/projects/1/jobs/3").object()
		require.Equal(r, "failed", failed["status"])
		require.Equal(r, "environment_creation_failure", failed["failure_reason"])
		again := r.post("/projects/1/jobs/3/retry", "").is(201).object()
		require.Equal(r, "environment_creation_failure", again["failure_reason"])

		r.AddMergeRequest(gitlabci.ProjectPath("group/app"), "Fix_It")
		r.Define(gitlabci.ProjectPath("group/app"), Job{Name: "a", Environment: "mr-$CI_MERGE_REQUEST_IID/$CI_COMMIT_REF_SLUG"})
		r.post("/projects/1/merge_requests/1/pipelines", "").is(201)
		require.Equal(r, "mr-1/fix-it", r.member(environments+"/3", "name"))
	})
}

func TestStopEnvironmentByItsJob(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", reviewJobs(1)...)
		p := r.start()
		const one = environments + "/1"
		r.ask("DELETE", one, "").is(403)
		time.Sleep(10 * time.Second)
		require.Equal(r, "stopping", r.post(one+"/stop", "").is(200).object()["state"])
		require.Equal(r, "deploy=success stop=pending", r.states(p))
		require.Equal(r, "stopping", r.post(one+"/stop", "").is(200).object()["state"])
		require.Equal(r, []string{"review/main"}, r.names(environments+"?states=stopping"))
		time.Sleep(10 * time.Second)
		require.Equal(r, "deploy=success stop=failed", r.states(p))
		require.Equal(r, "available", r.member(one, "state")) // the stop job failed

		require.Equal(r, "stopping", r.post(one+"/stop", "").is(200).object()["state"])
		time.Sleep(10 * time.Second)
		require.Equal(r, "stopped", r.member(one, "state"))
		require.Nil(r, r.member(one, "auto_stop_at"))
		require.Equal(r, "stopped", r.post(one+"/stop", "").is(200).object()["state"])
		require.Equal(r, "stopped", r.post(one+"/stop", `{"force":true}`).is(200).object()["state"])

		r.post("/projects/1/jobs/1/retry", "").is(201)
		time.Sleep(10 * time.Second)
		require.Equal(r, "available", r.member(one, "state")) // deployed again
		require.Equal(r, "stopped", r.post(one+"/stop", `{"force":true}`).is(200).object()["state"])
		require.Equal(r, "stop=success deploy=success", r.states(p)) // by force no job runs
	})
}

func TestPlayedStopJobStops(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", reviewJobs(0)...)
		r.start()
		time.Sleep(10 * time.Second)
		r.post("/projects/1/jobs/2/play", "").is(200)
		require.Equal(r, "available", r.member(environments+"/1", "state"))
		time.Sleep(10 * time.Second)
		require.Equal(r, "stopped", r.member(environments+"/1", "state"))
	})
}

func TestEnvironmentsStopByThemselves(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "demo", AutoStopIn: time.Hour})
		r.start()
		time.Sleep(30 * time.Minute)
		r.post("/projects/1/jobs/1/retry", "").is(201) // puts it off
		time.Sleep(45 * time.Minute)
		require.Equal(r, "available", r.member(environments+"/1", "state"))
		time.Sleep(30 * time.Minute)
		require.Equal(r, "stopped", r.member(environments+"/1", "state"))

		r.post("/projects/1/jobs/2/retry", "").is(201)
		time.Sleep(time.Minute)
		require.Equal(r, "available", r.member(environments+"/1", "state"))
		r.ask("PUT", environments+"/1", `{"auto_stop_setting":"with_action"}`).is(200)
		time.Sleep(2 * time.Hour)
		require.Equal(r, "available", r.member(environments+"/1", "state")) // there is no job to stop it
		require.Equal(r, "available", r.post(environments+"/1/stop", "").is(200).object()["state"])
	})
}

func TestStopStaleEnvironments(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "deployed"})
		r.start()
		r.addEnvironments("old", "changed", "guarded")
		r.post("/projects/1/protected_environments", `{"name":"guarded","deploy_access_levels":[{"access_level":40}]}`).is(201)
		const stale = environments + "/stop_stale"
		for _, day := range []string{"1989-12-31", "1999-12-26", "2001-01-01"} {
			r.post(stale, `{"before":"`+day+`"}`).is(400, `{"message":"400 Bad request - Invalid Date"}`)
		}
		r.post(stale, `{}`).is(400, `{"error":"before is missing"}`)
		r.post(stale, `{"before":"soon"}`).is(400, `{"error":"before is invalid"}`)

		time.Sleep(24 * time.Hour)
		r.post("/projects/1/jobs/1/retry", "").is(201)
		r.ask("PUT", environments+"/3", `{"description":"new"}`).is(200)
		time.Sleep(10 * 24 * time.Hour)
		r.post(stale, `{"before":"2000-01-01T12:00:00Z"}`).is(200, `{"message":"Successfully requested stop for all stale environments"}`)
		require.Equal(r, []string{"old"}, r.names(environments+"?states=stopped"))
		r.post(stale, `{"before":"2000-01-03T12:00:00Z"}`).is(200)
		require.Equal(r, []string{"deployed", "old", "changed"}, r.names(environments+"?states=stopped"))
	})
}

func TestReviewApps(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		people := r.people()
		r.addEnvironments("review/a", "review/b", "review/running", "reviews/c", "production")
		for _, id := range []string{"1", "2", "4", "5"} {
			r.post(environments+"/"+id+"/stop", "").is(200)
		}
		const apps = environments + "/review_apps"
		const none = `{"message":{"scheduled_entries":[],"unprocessable_entries":[],"message":"` + noReviewApps + `"}}`
		r.ask("DELETE", apps, "").is(400, none) // they are too young
		r.ask("DELETE", apps+"?limit=0", "").is(400, `{"error":"limit does not have a valid value"}`)
		people[Reporter].ask("DELETE", apps, "").is(401,
			`{"message":{"scheduled_entries":[],"unprocessable_entries":[],"message":"You do not have permission to destroy environments in this project"}}`)

		time.Sleep(31 * 24 * time.Hour)
		scheduled := func(query string) (names []any) {
			answer := people[Developer].ask("DELETE", apps+query, "").is(200).object()
			require.Empty(r, answer["unprocessable_entries"])
			for _, entry := range answer["scheduled_entries"].([]any) {
				names = append(names, entry.(map[string]any)["name"])
			}
			return names
		}
		require.Equal(r, []any{"review/a", "review/b"}, scheduled(""))
		require.Equal(r, []any{"review/a"}, scheduled("?limit=1"))
		r.ask("DELETE", apps+"?before=1999-01-01", "").is(400, none)
		require.Equal(r, []any{"review/a", "review/b"}, scheduled("?dry_run=false"))
		r.ask("DELETE", apps, "").is(400, none) // they are about to go
		require.Len(r, r.get(environments).array(), 5)
		time.Sleep(8 * 24 * time.Hour)
		require.Equal(r, []string{"review/running", "reviews/c", "production"}, r.names(environments))
	})
}

func TestReviewAppsProtected(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		r.addEnvironments("review/a", "review/b")
		r.post(environments+"/1/stop", "").is(200)
		r.post(environments+"/2/stop", "").is(200)
		r.post("/projects/1/protected_environments", `{"name":"review/b","deploy_access_levels":[{"access_level":40}]}`).is(201)
		time.Sleep(31 * 24 * time.Hour)
		answer := r.people()[Developer].ask("DELETE", environments+"/review_apps", "").is(400).object()["message"].(map[string]any)
		require.Len(r, answer["unprocessable_entries"], 1)
		require.Empty(r, answer["scheduled_entries"])
		require.Len(r, r.ask("DELETE", environments+"/review_apps", "").is(200).object()["scheduled_entries"], 2)
	})
}

func TestEnvironmentSpecsThatCannotBe(t *testing.T) {
	deploy := Job{Name: "deploy", Environment: "e", OnStop: "stop"}
	tests := map[string][]Job{
		"no stop job":           {deploy},
		"not a stop job":        {deploy, {Name: "stop", Environment: "e"}},
		"stops another":         {deploy, {Name: "stop", Environment: "f", EnvironmentAction: Stop}},
		"no such action":        {{Name: "a", Environment: "e", EnvironmentAction: "begin"}},
		"no such tier":          {{Name: "a", Environment: "e", EnvironmentTier: "gold"}},
		"URL of nothing":        {{Name: "a", EnvironmentURL: "https://e.test"}},
		"action on nothing":     {{Name: "a", EnvironmentAction: Stop}},
		"not in a child either": {{Name: "a", Trigger: &Downstream{Jobs: []Job{deploy}}}},
	}
	for name, jobs := range tests {
		t.Run(name, func(t *testing.T) { require.Panics(t, func() { completeJobs(jobs) }) })
	}
	require.NotPanics(t, func() { completeJobs(reviewJobs(0)) })
}

func TestReviewAppInUseAgainIsKept(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		r.addEnvironments("review/a")
		r.post(environments+"/1/stop", "").is(200)
		const apps = environments + "/review_apps?before=2000-01-02&dry_run=false"
		time.Sleep(48 * time.Hour)
		r.ask("DELETE", apps, "").is(200)
		time.Sleep(24 * time.Hour)
		r.post(deployments, r.deployment("review/a", "success")).is(201)
		r.post(environments+"/1/stop", "").is(200)
		r.ask("DELETE", apps, "").is(200)
		time.Sleep(6*24*time.Hour + time.Hour) // past the first time, not the second
		require.Len(r, r.get(environments).array(), 1)
		time.Sleep(24 * time.Hour)
		require.Empty(r, r.get(environments).array())
	})
}

func TestFailedStopJobLeavesWhatIsStopped(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", reviewJobs(9)...)
		r.start()
		settle()
		r.post(environments+"/1/stop", `{"force":true}`).is(200)
		r.post("/projects/1/jobs/2/play", "").is(200)
		settle()
		require.Equal(r, "stopped", r.member(environments+"/1", "state"))
	})
}

func TestStopJobIsThatOfTheLastDeployment(t *testing.T) {
	inBubble(t, func(r *rig) {
		jobs := reviewJobs(0)
		r.project("group/app", jobs...)
		r.start()
		settle()
		jobs[0].OnStop = ""
		r.Define(gitlabci.ProjectPath("group/app"), jobs...)
		r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
		settle()
		require.Equal(r, "stopped", r.post(environments+"/1/stop", "").is(200).object()["state"])
	})
}

func TestDeploymentChangesItsEnvironment(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{
			Name: "deploy", When: Manual, Environment: "site", EnvironmentTier: gitlabci.EnvironmentTierStaging, EnvironmentURL: "https://$HOST.test",
		})
		r.addEnvironments("site")
		r.start()
		require.Equal(r, "other", r.member(environments+"/1", "tier"))
		r.post("/projects/1/jobs/1/play", `{"job_variables_attributes":[{"key":"HOST","value":"a"}]}`).is(200)
		settle()
		require.Equal(r, "staging", r.member(environments+"/1", "tier"))
		require.Equal(r, "https://a.test", r.member(environments+"/1", "external_url"))
	})
}
