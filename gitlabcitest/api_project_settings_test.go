package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/codec"
)

// openDefaults are what everybody is told of a new project.
const openDefaults = `{"jobs_enabled":true,"builds_access_level":"enabled","environments_access_level":"enabled","public_jobs":true,
	"shared_runners_enabled":true,"max_artifacts_size":null,"ci_restrict_pipeline_cancellation_role":"developer","cicd_catalog_enabled":false,
	"allow_pipeline_trigger_approve_deployment":false,"only_allow_merge_if_pipeline_succeeds":false,"allow_merge_on_skipped_pipeline":null,
	"merge_pipelines_enabled":false,"merge_trains_enabled":false,"merge_trains_skip_train_allowed":false,
	"merge_train_enforcement":"allow_bypass","max_pipelines_per_merge_train":20,"mirror_trigger_builds":false}`

// maintainerDefaults are what maintainers are told besides.
const maintainerDefaults = `{"build_git_strategy":"fetch","build_timeout":3600,"auto_cancel_pending_pipelines":"enabled","ci_default_git_depth":20,
	"ci_delete_pipelines_in_seconds":null,"ci_forward_deployment_enabled":true,"ci_forward_deployment_rollback_allowed":true,
	"ci_separated_caches":true,"ci_allow_fork_pipelines_to_run_in_parent_project":true,
	"ci_id_token_sub_claim_components":["project_path","ref_type","ref"],"ci_pipeline_variables_minimum_override_role":"developer",
	"restrict_user_defined_variables":false,"ci_push_repository_for_job_token_allowed":false,"ci_display_pipeline_variables":false,
	"ci_skip_branch_pipelines_for_mrs":false,"protect_merge_request_pipelines":true,"keep_latest_artifact":true,"group_runners_enabled":true,
	"resource_group_default_process_mode":"unordered","auto_devops_enabled":false,"auto_devops_deploy_strategy":"continuous",
	"ci_job_token_scope_enabled":false,"runner_token_expiration_interval":null}`

func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	var members map[string]any
	require.NoError(t, codec.Unmarshal([]byte(text), &members))
	return members
}

// project is what is shown of a project, but for when it was changed, and for what GET alone tells.
func (r reply) project() map[string]any {
	r.Helper()
	shown := r.object()
	delete(shown, "updated_at")
	delete(shown, "permissions")
	return shown
}

func TestProjectSettingsByDefault(t *testing.T) {
	r := newRig(t)
	r.project("group/app").Visibility = Public
	r.project("group/private")
	people := r.people()
	open, closed := decoded(t, openDefaults), decoded(t, maintainerDefaults)
	for path, blind := range map[string][]*rig{"/projects/1": nil, "/projects/2": {people[Guest]}} {
		for _, rig := range []*rig{people[Guest], people[Reporter], people[Developer], people[Maintainer], r} {
			shown := rig.get(path).is(200).object()
			require.Subset(t, shown, open)
			if rig == people[Maintainer] || rig == r {
				require.Subset(t, shown, closed)
				require.Contains(t, shown["runners_token"], "GR1348941")
			} else {
				for name := range closed {
					require.NotContains(t, shown, name)
				}
				require.NotContains(t, shown, "runners_token")
			}
			if len(blind) > 0 && rig == blind[0] {
				require.NotContains(t, shown, "ci_config_path")
			} else {
				require.Equal(t, "", shown["ci_config_path"])
			}
		}
	}
	require.Subset(t, r.as("").get("/projects/1").is(200).object(), open)
}

func TestEverySettingChanges(t *testing.T) {
	// Each sets something else than the default. Where the answer differs from what was sent, it is given.
	tests := []struct{ sent, answer string }{
		{`{"allow_merge_on_skipped_pipeline":true}`, ""},
		{`{"allow_pipeline_trigger_approve_deployment":true}`, ""},
		{`{"auto_cancel_pending_pipelines":"disabled"}`, ""},
		{`{"auto_devops_deploy_strategy":"timed_incremental"}`, ""},
		{`{"auto_devops_enabled":true}`, ""},
		{`{"build_git_strategy":"clone"}`, ""},
		{`{"build_timeout":600}`, ""},
		{`{"build_timeout":2629745}`, ""},
		{`{"builds_access_level":"private"}`, ""},
		{`{"builds_access_level":"disabled"}`, `{"builds_access_level":"disabled","jobs_enabled":false}`},
		{`{"ci_allow_fork_pipelines_to_run_in_parent_project":false}`, ""},
		{`{"ci_config_path":"ci/main.yml"}`, ""},
		{`{"ci_default_git_depth":0}`, ""},
		{`{"ci_default_git_depth":1000}`, ""},
		{`{"ci_default_git_depth":null}`, ""},
		{`{"ci_delete_pipelines_in_seconds":86400}`, ""},
		{`{"ci_delete_pipelines_in_seconds":31556952}`, ""},
		{`{"ci_display_pipeline_variables":true}`, ""},
		{`{"ci_forward_deployment_enabled":false}`, ""},
		{`{"ci_forward_deployment_rollback_allowed":false}`, ""},
		{`{"ci_id_token_sub_claim_components":["project_path","deployment_tier"]}`, ""},
		{`{"ci_pipeline_variables_minimum_override_role":"owner"}`,
			`{"ci_pipeline_variables_minimum_override_role":"owner","restrict_user_defined_variables":true}`},
		{`{"ci_pipeline_variables_minimum_override_role":"no_one_allowed"}`, ""},
		{`{"ci_push_repository_for_job_token_allowed":true}`, ""},
		{`{"ci_restrict_pipeline_cancellation_role":"maintainer"}`, ""},
		{`{"ci_restrict_pipeline_cancellation_role":"no_one"}`, ""},
		{`{"ci_separated_caches":false}`, ""},
		{`{"ci_skip_branch_pipelines_for_mrs":true}`, ""},
		{`{"cicd_catalog_enabled":true}`, ""},
		{`{"environments_access_level":"disabled"}`, ""},
		{`{"group_runners_enabled":false}`, ""},
		{`{"jobs_enabled":false}`, `{"builds_access_level":"disabled","jobs_enabled":false}`},
		{`{"jobs_enabled":true,"builds_access_level":"disabled"}`, `{"builds_access_level":"disabled","jobs_enabled":false}`},
		{`{"keep_latest_artifact":false}`, ""},
		{`{"max_artifacts_size":100}`, ""},
		{`{"max_pipelines_per_merge_train":5}`, ""},
		{`{"merge_pipelines_enabled":true}`, ""},
		{`{"merge_train_enforcement":"enforce_for_all_users"}`, ""},
		{`{"merge_trains_enabled":true}`, ""},
		{`{"merge_trains_skip_train_allowed":true}`, ""},
		{`{"mirror_trigger_builds":true}`, ""},
		{`{"only_allow_merge_if_pipeline_succeeds":true}`, ""},
		{`{"protect_merge_request_pipelines":false}`, ""},
		{`{"public_builds":false}`, `{"public_jobs":false}`},
		{`{"public_jobs":false}`, ""},
		{`{"public_jobs":false,"public_builds":true}`, `{"public_jobs":false}`},
		{`{"resource_group_default_process_mode":"newest_ready_first"}`, ""},
		{`{"restrict_user_defined_variables":true}`,
			`{"ci_pipeline_variables_minimum_override_role":"maintainer","restrict_user_defined_variables":true}`},
		{`{"restrict_user_defined_variables":true,"ci_pipeline_variables_minimum_override_role":"owner"}`,
			`{"ci_pipeline_variables_minimum_override_role":"owner","restrict_user_defined_variables":true}`},
		{`{"shared_runners_enabled":false}`, ""},
	}
	seen := make(map[string]bool)
	for _, test := range tests {
		t.Run(test.sent, func(t *testing.T) {
			r := newRig(t)
			r.project("group/app")
			r.project("group/other")
			before, other := r.get("/projects/1").project(), r.get("/projects/2").project()
			want := decoded(t, test.sent)
			for name := range want {
				seen[name] = true
			}
			if test.answer != "" {
				want = decoded(t, test.answer)
			}
			require.NotSubset(t, before, want)
			for name, value := range want {
				before[name] = value
			}
			if _, ok := want["ci_pipeline_variables_minimum_override_role"]; ok {
				before["restrict_user_defined_variables"] = true
			}
			require.Equal(t, before, r.ask("PUT", "/projects/1", test.sent).is(200).project(), "that changes, and no other")
			require.Equal(t, before, r.get("/projects/group%2Fapp").project())
			require.Equal(t, other, r.get("/projects/2").project())
		})
	}
	for _, p := range settingParams {
		require.True(t, seen[p.name], p.name)
	}
}

func TestUnchangedSettings(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	before := r.get("/projects/1").project()
	for _, body := range []string{
		`{"build_timeout":null}`, `{"jobs_enabled":null}`, `{"build_git_strategy":null}`, `{"restrict_user_defined_variables":false}`,
	} {
		require.Equal(t, before, r.ask("PUT", "/projects/1", body).is(200).project(), body)
	}
	r.ask("PUT", "/projects/1", "build_timeout=7200&public_jobs=0", "Content-Type", "application/x-www-form-urlencoded").is(200)
	r.ask("PUT", "/projects/1", `{"ci_default_git_depth":50,"ci_id_token_sub_claim_components":["ref"]}`).is(400)
	before["build_timeout"], before["public_jobs"] = 7200.0, false
	require.Equal(t, before, r.get("/projects/1").project(), "all of it or nothing")
}

func TestProjectSettingsRefused(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	people := r.people()
	tests := []struct{ body, answer string }{
		{`{"auto_cancel_pending_pipelines":true}`, `{"error":"auto_cancel_pending_pipelines does not have a valid value"}`},
		{`{"build_git_strategy":"copy"}`, `{"error":"build_git_strategy does not have a valid value"}`},
		{`{"builds_access_level":"public"}`, `{"error":"builds_access_level does not have a valid value"}`},
		{`{"ci_restrict_pipeline_cancellation_role":"owner"}`, `{"error":"ci_restrict_pipeline_cancellation_role does not have a valid value"}`},
		{`{"ci_id_token_sub_claim_components":["project_path","sha"]}`, `{"error":"ci_id_token_sub_claim_components does not have a valid value"}`},
		{`{"public_jobs":"perhaps"}`, `{"error":"public_jobs is invalid"}`},
		{`{"build_timeout":"1h"}`, `{"error":"build_timeout is invalid"}`},
		{`{"build_timeout":599}`, `{"message":{"build_timeout":["needs to be between 10 minutes and 1 month"]}}`},
		{`{"build_timeout":2629746}`, `{"message":{"build_timeout":["needs to be between 10 minutes and 1 month"]}}`},
		{`{"ci_default_git_depth":-1}`, `{"message":{"ci_cd_settings.default_git_depth":["must be greater than or equal to 0"]}}`},
		{`{"ci_default_git_depth":1001}`, `{"message":{"ci_cd_settings.default_git_depth":["must be less than or equal to 1000"]}}`},
		{`{"ci_delete_pipelines_in_seconds":60}`, `{"message":{"ci_cd_settings.delete_pipelines_in_seconds":["must be between 1 day and 1 year"]}}`},
		{`{"ci_delete_pipelines_in_seconds":31556953}`, `{"message":{"ci_cd_settings.delete_pipelines_in_seconds":["must be between 1 day and 1 year"]}}`},
		{`{"max_artifacts_size":0}`, `{"message":{"max_artifacts_size":["must be greater than 0"]}}`},
		{`{"ci_id_token_sub_claim_components":["ref","project_path"]}`,
			`{"message":{"ci_cd_settings.id_token_sub_claim_components":["project_path must be the first element of the sub claim"]}}`},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) { r.in(t).ask("PUT", "/projects/1", test.body).is(400, test.answer) })
	}
	for _, body := range []string{``, `{}`, `{"ci_job_token_scope_enabled":true}`, `{"runners_token":"t"}`} {
		require.Regexp(t, `^{"error":"allow_merge_on_skipped_pipeline, .*, topics, visibility are missing, at least one parameter must be provided"}$`,
			r.ask("PUT", "/projects/1", body).is(400).body)
	}
	const change = `{"public_jobs":false}`
	r.ask("PUT", "/projects/9", change).is(404, `{"message":"404 Project Not Found"}`)
	r.as("").ask("PUT", "/projects/1", change).is(401, `{"message":"401 Unauthorized"}`)
	people[Developer].ask("PUT", "/projects/1", change).is(403, `{"message":"403 Forbidden"}`)
	people[Maintainer].ask("PUT", "/projects/1", change).is(200)
}

func TestSettingsAct(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "a", Duration: time.Hour})
		people := r.people()
		change := func(body string) { r.Helper(); r.ask("PUT", "/projects/1", body).is(200) }
		const withVariables = `{"ref":"main","variables":[{"key":"K","value":"v"}]}`

		people[Developer].post("/projects/1/pipeline", withVariables).is(201)
		change(`{"restrict_user_defined_variables":true}`)
		people[Developer].post("/projects/1/pipeline", withVariables).is(400)
		people[Maintainer].post("/projects/1/pipeline", withVariables).is(201)
		change(`{"ci_pipeline_variables_minimum_override_role":"no_one_allowed"}`)
		r.post("/projects/1/pipeline", withVariables).is(400)
		change(`{"restrict_user_defined_variables":false}`)
		people[Developer].post("/projects/1/pipeline", withVariables).is(201)

		people[Guest].get("/projects/1/pipelines").is(200)
		change(`{"public_jobs":false}`)
		people[Guest].get("/projects/1/pipelines").is(403)

		change(`{"ci_restrict_pipeline_cancellation_role":"maintainer"}`)
		for _, cancel := range []string{"/projects/1/jobs/1/cancel", "/projects/1/pipelines/1/cancel"} {
			people[Developer].post(cancel, "").is(403, `{"message":"403 Forbidden"}`)
		}
		people[Maintainer].post("/projects/1/jobs/1/cancel", "").is(201)
		change(`{"ci_restrict_pipeline_cancellation_role":"no_one"}`)
		people[Owner].post("/projects/1/pipelines/1/cancel", "").is(403)
		change(`{"ci_restrict_pipeline_cancellation_role":"developer"}`)
		people[Developer].post("/projects/1/pipelines/2/cancel", "").is(200)

		change(`{"merge_trains_enabled":true,"allow_pipeline_trigger_approve_deployment":true}`)
		require.True(r, r.projects[0].MergeTrains)
		require.True(r, r.projects[0].AllowPipelineTriggerApproveDeployment)
		r.Configure(app, ProjectSettings{PipelineVariablesRole: Owner, CancellationRole: Maintainer})
		require.Subset(r, r.get("/projects/1").object(), map[string]any{
			"ci_pipeline_variables_minimum_override_role": "owner", "ci_restrict_pipeline_cancellation_role": "maintainer",
			"public_jobs": true, "merge_trains_enabled": false, "allow_pipeline_trigger_approve_deployment": false,
		})
	})
}

func TestRunnersToken(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	token := r.get("/projects/1").object()["runners_token"].(string)
	r.as("").post("/runners", `{"token":"`+token+`"}`).is(201)
	require.Equal(t, token, r.get("/projects/1").object()["runners_token"])
	reset := r.post("/projects/1/runners/reset_registration_token", "").is(201).object()["token"]
	require.NotEqual(t, token, reset)
	require.Equal(t, reset, r.get("/projects/1").object()["runners_token"])

	without := newRig(t, WithoutRunnerRegistration())
	without.project("group/app")
	shown := without.get("/projects/1").object()
	require.Contains(t, shown, "runners_token")
	require.Nil(t, shown["runners_token"])
}

func TestProjectSettingsOfTheClient(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app")
	client := r.Client().ProjectSettings
	changed, err := client.Update(t.Context(), app, &gitlabci.UpdateProjectSettingsOptions{
		CIConfigPath: new("ci.yml"), CIDeletePipelinesInSeconds: new(gitlabci.Seconds(172800)), BuildTimeout: 7200, MergeTrainsEnabled: new(true),
		CIRestrictPipelineCancellationRole: gitlabci.CancellationRoleNoOne, CIIDTokenSubClaimComponents: []string{"project_path"},
	})
	require.NoError(t, err)
	read, err := client.Get(t.Context(), app)
	require.NoError(t, err)
	require.Equal(t, changed, read)
	require.Equal(t, "ci.yml", read.CIConfigPath)
	require.Equal(t, 2*time.Hour, read.BuildTimeout.Duration())
	require.Equal(t, 48*time.Hour, read.CIDeletePipelinesInSeconds.Duration())
	require.True(t, *read.MergeTrainsEnabled)
	require.Equal(t, gitlabci.CancellationRoleNoOne, read.CIRestrictPipelineCancellationRole)
	require.Equal(t, []string{"project_path"}, read.CIIDTokenSubClaimComponents)
	require.NotEmpty(t, string(read.RunnersToken))
}

func TestSettingsOfDeployments(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production", ResourceGroup: "production", When: Manual})
		r.ask("PUT", "/projects/1", `{"resource_group_default_process_mode":"newest_first","ci_forward_deployment_enabled":false}`).is(200)
		r.start()
		require.Equal(r, "newest_first", r.member("/projects/1/resource_groups/production", "process_mode"))
		r.Push(gitlabci.ProjectPath("group/app"), "main")
		for _, job := range []string{"2", "1"} { // the older after the newer
			r.post("/projects/1/jobs/"+job+"/play", "").is(200)
			settle()
			require.Equal(r, "success", r.member("/projects/1/jobs/"+job, "status"))
		}
	})
}

func TestProjectProfile(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app")
		r.AddProject("group/other")
		r.AddBranch(app, "develop")
		people := r.people()
		before := r.get("/projects/1").object()
		require.Equal(t, []any{nil, []any{}, "private"}, []any{before["description"], before["topics"], before["visibility"]})
		time.Sleep(time.Second)
		shown := r.ask("PUT", "/projects/1", `{"description":"What it is","name":"My App","topics":["go","ci"],"visibility":"internal","default_branch":"develop"}`).
			is(200).object()
		require.Equal(t, r.get("/projects/1").project(), r.ask("PUT", "/projects/1", `{"default_branch":""}`).is(200).project())
		require.Subset(t, shown, map[string]any{
			"description": "What it is", "name": "My App", "name_with_namespace": "group / My App", "path": "app", "path_with_namespace": "group/app",
			"topics": []any{"go", "ci"}, "tag_list": []any{"go", "ci"}, "visibility": "internal", "default_branch": "develop",
		})
		require.NotEqual(t, before["updated_at"], shown["updated_at"])
		r.as(r.AddUser("stranger")).get("/projects/1").is(200)
		require.Equal(t, "develop", r.post("/projects/1/triggers", `{"description":"d"}`).is(201).get("/projects/1").object()["default_branch"])

		r.ask("PUT", "/projects/1", "topics=a,b&description=", "Content-Type", "application/x-www-form-urlencoded").is(200)
		require.Equal(t, []any{"a", "b"}, r.member("/projects/1", "topics"))
		require.Nil(t, r.member("/projects/1", "description"))

		for body, answer := range map[string]string{
			`{"visibility":"secret"}`:                     `{"error":"visibility does not have a valid value"}`,
			`{"default_branch":"nope","description":"x"}`: `{"message":{"base":["Could not change HEAD: branch 'nope' does not exist"]}}`,
			`{"name":"other"}`:                            `{"message":{"name":["has already been taken"]}}`,
		} {
			r.ask("PUT", "/projects/1", body).is(400, answer)
		}
		require.Contains(t, r.ask("PUT", "/projects/1", `{"name":"-x"}`).is(400).body, `{"message":{"name":["can contain only letters`)
		people[Maintainer].ask("PUT", "/projects/1", `{"description":"x"}`).is(200)
		people[Maintainer].ask("PUT", "/projects/1", `{"visibility":"public"}`).is(403)
		people[Maintainer].ask("PUT", "/projects/1", `{"name":"x"}`).is(403)
		people[Owner].ask("PUT", "/projects/1", `{"visibility":"public"}`).is(200)
		people[Developer].ask("PUT", "/projects/1", `{"description":"x"}`).is(403)
	})
}
