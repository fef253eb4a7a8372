package gitlabci_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// keystore is what a secure file holds, and keystoreSum its checksum.
const keystore = "\xfe\xed\xfe\xed debug"

var keystoreSum = fmt.Sprintf("%x", sha256.Sum256([]byte(keystore)))

var secureFileRows = []methodRow{
	{
		method: "SecureFiles.List",
		args:   in(app, &gitlabci.ListSecureFilesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:    "list secure files",
			route: "GET /projects/:id/secure_files",
			sends: "GET /projects/group%2Fapp/secure_files",
			query: "page=2&per_page=50",
			answer: `[{"id":1,"name":"debug.keystore","checksum_algorithm":"sha256","expires_at":null,"metadata":null,"file_extension":null},
				{"id":2,"name":"dist.cer","expires_at":"2026-03-14T12:00:00Z","file_extension":"cer","metadata":{"issuer":{"C":"US"},"expires_at":null}}]`,
			fails: gitlabci.ErrSecureFileList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.SecureFile{
			{ID: 1, Name: "debug.keystore", ChecksumAlgorithm: "sha256"},
			{ID: 2, Name: "dist.cer", ExpiresAt: noon, FileExtension: "cer", Metadata: map[string]any{"issuer": map[string]any{"C": "US"}, "expires_at": nil}},
		},
	},
	{
		method: "SecureFiles.Get",
		args:   in(app, int64(1)),
		exchange: exchange{
			op:     "get secure file",
			route:  "GET /projects/:id/secure_files/:secure_file_id",
			sends:  "GET /projects/group%2Fapp/secure_files/1",
			answer: `{"id":1,"name":"debug.keystore","checksum":"16630b18","checksum_algorithm":"sha256","created_at":"2026-03-14T12:00:00.000Z"}`,
			fails:  gitlabci.ErrSecureFileGet,
		},
		gives: &gitlabci.SecureFile{ID: 1, Name: "debug.keystore", Checksum: "16630b18", ChecksumAlgorithm: "sha256", CreatedAt: noon},
	},
	{
		method: "SecureFiles.Create",
		args:   in(app, &gitlabci.CreateSecureFileOptions{Name: "debug.keystore", File: content("the \"content\"\n")}),
		needs:  []string{"Name", "File"},
		exchange: exchange{
			op:     "create secure file",
			route:  "POST /projects/:id/secure_files",
			sends:  "POST /projects/group%2Fapp/secure_files",
			body:   `{"name":"debug.keystore","file":"the \"content\"\n"}`,
			form:   true,
			status: 201,
			answer: `{"id":1,"name":"debug.keystore","checksum":"16630b18","file_extension":"keystore"}`,
			fails:  gitlabci.ErrSecureFileCreate,
		},
		gives: &gitlabci.SecureFile{ID: 1, Name: "debug.keystore", Checksum: "16630b18", FileExtension: "keystore"},
	},
	{
		method: "SecureFiles.Download",
		args:   in(app, int64(1)),
		first: []exchange{{
			op:     "get secure file",
			route:  "GET /projects/:id/secure_files/:secure_file_id",
			sends:  "GET /projects/group%2Fapp/secure_files/1",
			answer: `{"id":1,"name":"debug.keystore","checksum":"` + keystoreSum + `","checksum_algorithm":"sha256"}`,
			fails:  gitlabci.ErrSecureFileGet,
		}},
		exchange: exchange{
			op:     "download secure file",
			route:  "GET /projects/:id/secure_files/:secure_file_id/download",
			sends:  "GET /projects/group%2Fapp/secure_files/1/download",
			answer: keystore,
			fails:  gitlabci.ErrSecureFileGet,
		},
		gives: keystore,
	},
	{
		method: "SecureFiles.Delete",
		args:   in(app, int64(1)),
		exchange: exchange{
			op:     "delete secure file",
			route:  "DELETE /projects/:id/secure_files/:secure_file_id",
			sends:  "DELETE /projects/group%2Fapp/secure_files/1",
			status: 204,
			fails:  gitlabci.ErrSecureFileDelete,
		},
	},
}

var jobTokenScopeRows = []methodRow{
	{
		method: "JobTokenScope.Get",
		args:   in(app),
		exchange: exchange{
			op:     "get job token scope",
			route:  "GET /projects/:id/job_token_scope",
			sends:  "GET /projects/group%2Fapp/job_token_scope",
			answer: `{"inbound_enabled":true,"outbound_enabled":false}`,
			fails:  gitlabci.ErrJobTokenScopeGet,
		},
		gives: &gitlabci.JobTokenScope{InboundEnabled: true},
	},
	{
		method: "JobTokenScope.Update",
		args:   in(app, &gitlabci.UpdateJobTokenScopeOptions{Enabled: new(false)}),
		needs:  []string{"Enabled"},
		exchange: exchange{
			op:     "update job token scope",
			route:  "PATCH /projects/:id/job_token_scope",
			sends:  "PATCH /projects/group%2Fapp/job_token_scope",
			body:   `{"enabled":false}`,
			status: 204,
			fails:  gitlabci.ErrJobTokenScopeUpdate,
		},
	},
	{
		method: "JobTokenScope.Projects",
		args:   in(app, &gitlabci.ListAllowlistOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:    "list allowlist projects",
			route: "GET /projects/:id/job_token_scope/allowlist",
			sends: "GET /projects/group%2Fapp/job_token_scope/allowlist",
			query: "page=2&per_page=50",
			answer: `[{"id":4,"description":null,"path_with_namespace":"group/lib","created_at":"2026-03-14T12:00:00.000Z","topics":["go"],
				"namespace":{"id":9,"kind":"group"},"visibility":"secret"}]`,
			fails: gitlabci.ErrAllowlistList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.ProjectBasic{{
			ID: 4, PathWithNamespace: "group/lib", CreatedAt: noon, Topics: []string{"go"}, Namespace: gitlabci.Namespace{ID: 9, Kind: "group"}, Visibility: "secret",
		}},
	},
	{
		method: "JobTokenScope.AddProject",
		args:   in(gitlabci.ProjectID(42), int64(7)),
		exchange: exchange{
			op:     "add project to allowlist",
			route:  "POST /projects/:id/job_token_scope/allowlist",
			sends:  "POST /projects/42/job_token_scope/allowlist",
			body:   `{"target_project_id":7}`,
			status: 201,
			answer: `{"source_project_id":42,"target_project_id":7}`,
			fails:  gitlabci.ErrAllowlistAdd,
		},
		gives: &gitlabci.ProjectScopeLink{SourceProjectID: 42, TargetProjectID: 7},
	},
	{
		method: "JobTokenScope.RemoveProject",
		args:   in(gitlabci.ProjectID(42), int64(7)),
		exchange: exchange{
			op:     "remove project from allowlist",
			route:  "DELETE /projects/:id/job_token_scope/allowlist/:target_project_id",
			sends:  "DELETE /projects/42/job_token_scope/allowlist/7",
			status: 204,
			fails:  gitlabci.ErrAllowlistRemove,
		},
	},
	{
		method: "JobTokenScope.Groups",
		args:   in(app, &gitlabci.ListAllowlistOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list allowlist groups",
			route:  "GET /projects/:id/job_token_scope/groups_allowlist",
			sends:  "GET /projects/group%2Fapp/job_token_scope/groups_allowlist",
			query:  "page=2&per_page=50",
			answer: `[{"id":4,"web_url":"https://gitlab.example.com/groups/diaspora","name":"diaspora"},{"id":5,"name":null}]`,
			fails:  gitlabci.ErrAllowlistList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.GroupBasic{{ID: 4, Name: "diaspora", WebURL: "https://gitlab.example.com/groups/diaspora"}, {ID: 5}},
	},
	{
		method: "JobTokenScope.AddGroup",
		args:   in(gitlabci.ProjectID(42), int64(9)),
		exchange: exchange{
			op:     "add group to allowlist",
			route:  "POST /projects/:id/job_token_scope/groups_allowlist",
			sends:  "POST /projects/42/job_token_scope/groups_allowlist",
			body:   `{"target_group_id":9}`,
			status: 201,
			answer: `{"source_project_id":42,"target_group_id":9}`,
			fails:  gitlabci.ErrAllowlistAdd,
		},
		gives: &gitlabci.GroupScopeLink{SourceProjectID: 42, TargetGroupID: 9},
	},
	{
		method: "JobTokenScope.RemoveGroup",
		args:   in(gitlabci.ProjectID(42), int64(9)),
		exchange: exchange{
			op:     "remove group from allowlist",
			route:  "DELETE /projects/:id/job_token_scope/groups_allowlist/:target_group_id",
			sends:  "DELETE /projects/42/job_token_scope/groups_allowlist/9",
			status: 204,
			fails:  gitlabci.ErrAllowlistRemove,
		},
	},
}

var commitStatusRows = []methodRow{
	{
		method: "CommitStatuses.List",
		args: in(app, "18f3e63d", &gitlabci.ListCommitStatusesOptions{
			ListOptions: pageTwo,
			Ref:         "feature/x",
			Stage:       "external",
			Name:        "bundler:audit & co",
			PipelineID:  46,
			All:         true,
			OrderBy:     gitlabci.CommitStatusOrderPipelineID,
			Sort:        gitlabci.SortDesc,
		}),
		exchange: exchange{
			op:    "list commit statuses",
			route: "GET /projects/:id/repository/commits/:sha/statuses",
			sends: "GET /projects/group%2Fapp/repository/commits/18f3e63d/statuses",
			query: "page=2&per_page=50&ref=feature/x&stage=external&name=bundler:audit %26 co&pipeline_id=46&all=true&order_by=pipeline_id&sort=desc",
			answer: `[{"id":91,"sha":"18f3e63d","status":"pending","name":"bundler:audit","target_url":null,"started_at":null,"allow_failure":true,
				"coverage":null,"author":{"id":28,"username":"ada"}},{"id":90,"status":"teleported","coverage":0,"author":null}]`,
			fails: gitlabci.ErrCommitStatusList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.CommitStatus{
			{
				ID: 91, SHA: "18f3e63d", Status: gitlabci.JobPending, Name: "bundler:audit", AllowFailure: true,
				Author: gitlabci.UserBasic{ID: 28, Username: "ada"},
			},
			{ID: 90, Status: "teleported", Coverage: new(0.0)},
		},
	},
	{
		method: "CommitStatuses.Set",
		args: in(app, "18f3e63d", &gitlabci.SetCommitStatusOptions{
			State:       gitlabci.JobSuccess,
			Ref:         "main",
			Name:        "coverage",
			Context:     "ci/coverage",
			TargetURL:   "https://ci.example.com/7",
			Description: "all is well",
			Coverage:    new(0.0),
			PipelineID:  46,
		}),
		needs: []string{"State"},
		exchange: exchange{
			op:    "set commit status",
			route: "POST /projects/:id/statuses/:sha",
			sends: "POST /projects/group%2Fapp/statuses/18f3e63d",
			body: `{"state":"success","ref":"main","name":"coverage","context":"ci/coverage","target_url":"https://ci.example.com/7",
				"description":"all is well","coverage":0,"pipeline_id":46}`,
			status: 201,
			answer: `{"id":93,"sha":"18f3e63d","ref":"main","status":"success","name":"coverage","target_url":"https://ci.example.com/7","description":"all is well",
				"created_at":"2026-03-14T12:00:00.000Z","finished_at":"2026-03-14T12:00:00Z","coverage":"99.5","pipeline_id":46}`,
			fails: gitlabci.ErrCommitStatusSet,
		},
		gives: &gitlabci.CommitStatus{
			ID: 93, SHA: "18f3e63d", Ref: "main", Status: gitlabci.JobSuccess, Name: "coverage", TargetURL: "https://ci.example.com/7",
			Description: "all is well", CreatedAt: noon, FinishedAt: noon, Coverage: new(99.5), PipelineID: 46,
		},
	},
}

var templateRows = []methodRow{
	{
		method: "Templates.List",
		args:   in(&gitlabci.ListTemplatesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list templates",
			route:  "GET /templates/gitlab_ci_ymls",
			sends:  "GET /templates/gitlab_ci_ymls",
			query:  "page=2&per_page=50",
			answer: `[{"key":"Android","name":"Android"},{"key":"C++","name":null}]`,
			fails:  gitlabci.ErrTemplateList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Template{{Key: "Android", Name: "Android"}, {Key: "C++"}},
	},
	{
		method: "Templates.Get",
		args:   in("Jobs/SAST.latest"),
		exchange: exchange{
			op:     "get template",
			route:  "GET /templates/gitlab_ci_ymls/:key",
			sends:  "GET /templates/gitlab_ci_ymls/Jobs%2FSAST.latest",
			answer: `{"name":"Jobs/SAST.latest","content":"stages:\n  - test\n"}`,
			fails:  gitlabci.ErrTemplateGet,
		},
		gives: &gitlabci.Template{Name: "Jobs/SAST.latest", Content: "stages:\n  - test\n"},
	},
	{
		method: "Templates.ListForProject",
		args:   in(app, &gitlabci.ListTemplatesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list project templates",
			route:  "GET /projects/:id/templates/gitlab_ci_ymls",
			sends:  "GET /projects/group%2Fapp/templates/gitlab_ci_ymls",
			query:  "page=2&per_page=50",
			answer: `[{"key":"ours","name":"Ours"}]`,
			fails:  gitlabci.ErrTemplateList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Template{{Key: "ours", Name: "Ours"}},
	},
	{
		method: "Templates.GetForProject",
		args:   in(app, "Go & more", &gitlabci.GetProjectTemplateOptions{SourceTemplateProjectID: 12}),
		exchange: exchange{
			op:     "get project template",
			route:  "GET /projects/:id/templates/gitlab_ci_ymls/:name",
			sends:  "GET /projects/group%2Fapp/templates/gitlab_ci_ymls/Go%20&%20more",
			query:  "source_template_project_id=12",
			answer: `{"name":"Go & more","content":""}`,
			fails:  gitlabci.ErrTemplateGet,
		},
		gives: &gitlabci.Template{Name: "Go & more"},
	},
}

var projectSettingsRows = []methodRow{
	{
		method: "ProjectSettings.Get",
		args:   in(app),
		exchange: exchange{
			op:    "get project settings",
			route: "GET /projects/:id",
			sends: "GET /projects/group%2Fapp",
			answer: `{"id":3,"path_with_namespace":"group/app","description":"not a setting","jobs_enabled":true,"public_jobs":false,"builds_access_level":"friends",
				"ci_config_path":null,"ci_default_git_depth":0,"build_timeout":3600,"ci_delete_pipelines_in_seconds":null,"max_artifacts_size":null,
				"ci_id_token_sub_claim_components":["project_path"],"runners_token":"GR1348941","runner_token_expiration_interval":86400,
				"merge_train_enforcement":"allow_bypass","merge_trains_enabled":null,"max_pipelines_per_merge_train":20}`,
			fails: gitlabci.ErrProjectSettingsGet,
		},
		gives: &gitlabci.ProjectSettings{
			ID: 3, PathWithNamespace: "group/app", JobsEnabled: new(true), PublicJobs: new(false), BuildsAccessLevel: "friends",
			CIDefaultGitDepth: new(0), BuildTimeout: 3600, CIIDTokenSubClaimComponents: []string{"project_path"},
			RunnersToken: "GR1348941", RunnerTokenExpirationInterval: 86400,
			MergeTrainEnforcement: gitlabci.MergeTrainEnforcementAllowBypass, MaxPipelinesPerMergeTrain: new(20),
		},
	},
	{
		method: "ProjectSettings.Update",
		args: in(app, &gitlabci.UpdateProjectSettingsOptions{
			JobsEnabled:                              new(true),
			BuildsAccessLevel:                        gitlabci.FeatureAccessPrivate,
			PublicJobs:                               new(false),
			CIConfigPath:                             new("ci/main.yml@group/ci"),
			BuildGitStrategy:                         gitlabci.GitStrategyClone,
			CIDefaultGitDepth:                        new(0),
			BuildTimeout:                             7200,
			AutoCancelPendingPipelines:               gitlabci.AutoCancelDisabled,
			CIRestrictPipelineCancellationRole:       gitlabci.CancellationRoleNoOne,
			CISkipBranchPipelinesForMRs:              new(true),
			CIAllowForkPipelinesToRunInParentProject: new(false),
			ProtectMergeRequestPipelines:             new(true),
			CISeparatedCaches:                        new(false),
			CIDeletePipelinesInSeconds:               new(gitlabci.Seconds(0)),
			KeepLatestArtifact:                       new(true),
			MaxArtifactsSize:                         new(500),
			RestrictUserDefinedVariables:             new(false),
			CIPipelineVariablesMinimumOverrideRole:   gitlabci.OverrideRoleNoOneAllowed,
			CIDisplayPipelineVariables:               new(true),
			CIPushRepositoryForJobTokenAllowed:       new(false),
			CIIDTokenSubClaimComponents:              []string{"project_path", "ref_type"},
			SharedRunnersEnabled:                     new(true),
			GroupRunnersEnabled:                      new(false),
			EnvironmentsAccessLevel:                  gitlabci.FeatureAccessDisabled,
			CIForwardDeploymentEnabled:               new(true),
			CIForwardDeploymentRollbackAllowed:       new(false),
			AllowPipelineTriggerApproveDeployment:    new(true),
			ResourceGroupDefaultProcessMode:          gitlabci.ProcessModeOldestFirst,
			AutoDevOpsEnabled:                        new(false),
			AutoDevOpsDeployStrategy:                 gitlabci.AutoDevOpsDeployTimedIncremental,
			CICDCatalogEnabled:                       new(true),
			OnlyAllowMergeIfPipelineSucceeds:         new(false),
			AllowMergeOnSkippedPipeline:              new(true),
			MergePipelinesEnabled:                    new(false),
			MergeTrainsEnabled:                       new(true),
			MergeTrainsSkipTrainAllowed:              new(false),
			MergeTrainEnforcement:                    gitlabci.MergeTrainEnforcementOwnerOverride,
			MaxPipelinesPerMergeTrain:                new(4),
			MirrorTriggerBuilds:                      new(false),
		}),
		refuses: "nothing to change",
		exchange: exchange{
			op:    "update project settings",
			route: "PUT /projects/:id",
			sends: "PUT /projects/group%2Fapp",
			body: `{"jobs_enabled":true,"builds_access_level":"private","public_jobs":false,"ci_config_path":"ci/main.yml@group/ci",
				"build_git_strategy":"clone","ci_default_git_depth":0,"build_timeout":7200,"auto_cancel_pending_pipelines":"disabled",
				"ci_restrict_pipeline_cancellation_role":"no_one","ci_skip_branch_pipelines_for_mrs":true,
				"ci_allow_fork_pipelines_to_run_in_parent_project":false,"protect_merge_request_pipelines":true,"ci_separated_caches":false,
				"ci_delete_pipelines_in_seconds":null,"keep_latest_artifact":true,"max_artifacts_size":500,
				"restrict_user_defined_variables":false,"ci_pipeline_variables_minimum_override_role":"no_one_allowed",
				"ci_display_pipeline_variables":true,"ci_push_repository_for_job_token_allowed":false,
				"ci_id_token_sub_claim_components":["project_path","ref_type"],"shared_runners_enabled":true,"group_runners_enabled":false,
				"environments_access_level":"disabled","ci_forward_deployment_enabled":true,"ci_forward_deployment_rollback_allowed":false,
				"allow_pipeline_trigger_approve_deployment":true,"resource_group_default_process_mode":"oldest_first",
				"auto_devops_enabled":false,"auto_devops_deploy_strategy":"timed_incremental","cicd_catalog_enabled":true,
				"only_allow_merge_if_pipeline_succeeds":false,"allow_merge_on_skipped_pipeline":true,"merge_pipelines_enabled":false,
				"merge_trains_enabled":true,"merge_trains_skip_train_allowed":false,"merge_train_enforcement":"enforce_with_owner_override",
				"max_pipelines_per_merge_train":4,"mirror_trigger_builds":false}`,
			answer: `{"id":3,"jobs_enabled":true,"build_git_strategy":"clone","ci_delete_pipelines_in_seconds":604800}`,
			fails:  gitlabci.ErrProjectSettingsUpdate,
		},
		gives: &gitlabci.ProjectSettings{ID: 3, JobsEnabled: new(true), BuildGitStrategy: gitlabci.GitStrategyClone, CIDeletePipelinesInSeconds: 604800},
	},
}

var catalogRows = []methodRow{
	{
		method: "Catalog.Publish",
		args: in(app, &gitlabci.PublishVersionOptions{
			Version:  "1.0.0",
			Metadata: map[string]any{"components": []any{map[string]any{"name": "scan", "spec": map[string]any{"inputs": nil}}}},
		}),
		needs: []string{"Version", "Metadata"},
		exchange: exchange{
			op:     "publish version",
			route:  "POST /projects/:id/catalog/publish",
			sends:  "POST /projects/group%2Fapp/catalog/publish",
			body:   `{"version":"1.0.0","metadata":{"components":[{"name":"scan","spec":{"inputs":null}}]}}`,
			status: 201,
			answer: `{"catalog_url":"https://gitlab.example.com/explore/catalog/group/app"}`,
			fails:  gitlabci.ErrCatalogPublish,
		},
		gives: &gitlabci.CatalogVersion{CatalogURL: "https://gitlab.example.com/explore/catalog/group/app"},
	},
}

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

// The allowlists are changed below the id of a project alone.
func TestAllowlistsOfAProjectByPath(t *testing.T) {
	t.Parallel()
	client := through(t, func(*http.Request) (*http.Response, error) { panic("something was sent") })
	for _, err := range []error{
		ignore(client.JobTokenScope.AddProject(t.Context(), app, 7)),
		client.JobTokenScope.RemoveProject(t.Context(), app, 7),
		ignore(client.JobTokenScope.AddGroup(t.Context(), app, 9)),
		client.JobTokenScope.RemoveGroup(t.Context(), app, 9),
	} {
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorContains(t, err, `GitLab takes no path here: name the project "group/app" with ProjectID`)
	}
}

func TestRunnerTokenInAHeader(t *testing.T) {
	t.Parallel()
	const token = gitlabci.Secret("glrt-hush0123456789")
	var sent http.Header
	client := through(t, func(r *http.Request) (*http.Response, error) {
		sent = r.Header
		return answerTo(r, 403, `{"message":"403 Forbidden - glrt-hush0123456789 is no runner"}`), nil
	})
	_, err := client.Runners.DiscoverRouter(t.Context(), token)
	require.ErrorIs(t, err, gitlabci.ErrForbidden)
	require.Equal(t, string(token), sent.Get("Runner-Token"))
	requireSecret(t, string(token), err)
	require.ErrorContains(t, err, "[redacted] is no runner")

	_, err = client.Runners.DiscoverRouter(t.Context(), token+"\n")
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	requireSecret(t, string(token), err)
}

func TestNoSettingOrControllerPrintsASecret(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"ProjectSettings":        gitlabci.ProjectSettings{ID: 1, RunnersToken: hush},
		"*ProjectSettings":       &gitlabci.ProjectSettings{ID: 1, RunnersToken: hush},
		"RunnerControllerToken":  gitlabci.RunnerControllerToken{ID: 1, Token: hush},
		"*RunnerControllerToken": &gitlabci.RunnerControllerToken{ID: 1, Token: hush},
	} {
		t.Run(name, func(t *testing.T) { requireSecret(t, hush, value) })
	}
}
