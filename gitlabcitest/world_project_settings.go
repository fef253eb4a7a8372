package gitlabcitest

import "github.com/gitlabci/gitlabci"

// settings are the CI/CD settings of a project, under GitLab's names. Those that have an effect here stand in [ProjectSettings], from where
// [project.allSettings] takes them.
type settings struct {
	openSettings
	maintainerSettings
	CIConfigPath string `json:"ci_config_path"` // told to those who may read the repository
}

// openSettings are told to everybody who sees the project.
type openSettings struct {
	JobsEnabled                           bool   `json:"jobs_enabled"`
	BuildsAccessLevel                     string `json:"builds_access_level"`
	EnvironmentsAccessLevel               string `json:"environments_access_level"`
	PublicJobs                            bool   `json:"public_jobs"`
	SharedRunnersEnabled                  bool   `json:"shared_runners_enabled"`
	MaxArtifactsSize                      *int64 `json:"max_artifacts_size"`
	CIRestrictPipelineCancellationRole    string `json:"ci_restrict_pipeline_cancellation_role"`
	CICDCatalogEnabled                    bool   `json:"cicd_catalog_enabled"`
	AllowPipelineTriggerApproveDeployment bool   `json:"allow_pipeline_trigger_approve_deployment"`
	OnlyAllowMergeIfPipelineSucceeds      bool   `json:"only_allow_merge_if_pipeline_succeeds"`
	AllowMergeOnSkippedPipeline           *bool  `json:"allow_merge_on_skipped_pipeline"`
	MergePipelinesEnabled                 bool   `json:"merge_pipelines_enabled"`
	MergeTrainsEnabled                    bool   `json:"merge_trains_enabled"`
	MergeTrainsSkipTrainAllowed           bool   `json:"merge_trains_skip_train_allowed"`
	MergeTrainEnforcement                 string `json:"merge_train_enforcement"`
	MaxPipelinesPerMergeTrain             int64  `json:"max_pipelines_per_merge_train"`
	MirrorTriggerBuilds                   bool   `json:"mirror_trigger_builds"`
}

// maintainerSettings are told to maintainers.
type maintainerSettings struct {
	BuildGitStrategy                         string               `json:"build_git_strategy"`
	BuildTimeout                             int64                `json:"build_timeout"`
	AutoCancelPendingPipelines               string               `json:"auto_cancel_pending_pipelines"`
	CIDefaultGitDepth                        *int64               `json:"ci_default_git_depth"`
	CIDeletePipelinesInSeconds               *int64               `json:"ci_delete_pipelines_in_seconds"`
	CIForwardDeploymentEnabled               bool                 `json:"ci_forward_deployment_enabled"`
	CIForwardDeploymentRollbackAllowed       bool                 `json:"ci_forward_deployment_rollback_allowed"`
	CISeparatedCaches                        bool                 `json:"ci_separated_caches"`
	CIAllowForkPipelinesToRunInParentProject bool                 `json:"ci_allow_fork_pipelines_to_run_in_parent_project"`
	CIIDTokenSubClaimComponents              []string             `json:"ci_id_token_sub_claim_components"`
	CIPipelineVariablesMinimumOverrideRole   string               `json:"ci_pipeline_variables_minimum_override_role"`
	RestrictUserDefinedVariables             bool                 `json:"restrict_user_defined_variables"`
	CIPushRepositoryForJobTokenAllowed       bool                 `json:"ci_push_repository_for_job_token_allowed"`
	CIDisplayPipelineVariables               bool                 `json:"ci_display_pipeline_variables"`
	CISkipBranchPipelinesForMRs              bool                 `json:"ci_skip_branch_pipelines_for_mrs"`
	ProtectMergeRequestPipelines             bool                 `json:"protect_merge_request_pipelines"`
	KeepLatestArtifact                       bool                 `json:"keep_latest_artifact"`
	GroupRunnersEnabled                      bool                 `json:"group_runners_enabled"`
	ResourceGroupDefaultProcessMode          gitlabci.ProcessMode `json:"resource_group_default_process_mode"`
	AutoDevOpsEnabled                        bool                 `json:"auto_devops_enabled"`
	AutoDevOpsDeployStrategy                 string               `json:"auto_devops_deploy_strategy"`
}

// defaultSettings are GitLab's of a new project.
func defaultSettings() settings {
	return settings{
		openSettings: openSettings{
			BuildsAccessLevel: "enabled", EnvironmentsAccessLevel: "enabled", SharedRunnersEnabled: true,
			MergeTrainEnforcement: "allow_bypass", MaxPipelinesPerMergeTrain: 20,
		},
		maintainerSettings: maintainerSettings{
			BuildGitStrategy: "fetch", BuildTimeout: 3600, AutoCancelPendingPipelines: "enabled", CIDefaultGitDepth: new(int64(20)),
			CIForwardDeploymentEnabled: true, CIForwardDeploymentRollbackAllowed: true, CISeparatedCaches: true,
			CIAllowForkPipelinesToRunInParentProject: true, CIIDTokenSubClaimComponents: []string{"project_path", "ref_type", "ref"},
			ProtectMergeRequestPipelines: true, KeepLatestArtifact: true, GroupRunnersEnabled: true,
			ResourceGroupDefaultProcessMode: gitlabci.ProcessModeUnordered, AutoDevOpsDeployStrategy: "continuous",
		},
	}
}

// allSettings returns the settings with those that have an effect.
func (p *project) allSettings() settings {
	s := p.settings
	s.JobsEnabled = s.BuildsAccessLevel != "disabled"
	s.PublicJobs = !p.PrivatePipelines
	s.CIRestrictPipelineCancellationRole = leastRole(p.CancellationRole, "no_one")
	s.CIPipelineVariablesMinimumOverrideRole = leastRole(p.PipelineVariablesRole, "no_one_allowed")
	s.RestrictUserDefinedVariables = p.PipelineVariablesRole > Developer
	s.AllowPipelineTriggerApproveDeployment = p.AllowPipelineTriggerApproveDeployment
	s.MergeTrainsEnabled = p.MergeTrains
	return s
}

// setAll is the other way round.
func (p *project) setAll(s settings) {
	p.settings = s
	p.PrivatePipelines = !s.PublicJobs
	p.CancellationRole = roleNamed(s.CIRestrictPipelineCancellationRole)
	p.PipelineVariablesRole = roleNamed(s.CIPipelineVariablesMinimumOverrideRole)
	p.AllowPipelineTriggerApproveDeployment = s.AllowPipelineTriggerApproveDeployment
	p.MergeTrains = s.MergeTrainsEnabled
}

// leastRole is GitLab's word for a role that something needs, with the one for a role that nobody has.
func leastRole(level AccessLevel, nobody string) string {
	switch {
	case level > Owner:
		return nobody
	case level > Maintainer:
		return "owner"
	case level > Developer:
		return "maintainer"
	}
	return "developer"
}

func roleNamed(name string) AccessLevel {
	switch name {
	case "developer":
		return Developer
	case "maintainer":
		return Maintainer
	case "owner":
		return Owner
	}
	return noOne
}
