package gitlabci

import (
	"context"
	"fmt"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// ProjectSettingsService manages the CI/CD settings of projects.
//
// GitLab docs: https://docs.gitlab.com/api/projects/
type ProjectSettingsService service

// ProjectSettings are the CI/CD settings of a project. Most of them GitLab tells to maintainers only, and some in certain tiers and versions
// only: a nil or empty field is one that it did not tell.
type ProjectSettings struct {
	ID                int64  `json:"id"`
	PathWithNamespace string `json:"path_with_namespace"`

	// Pipelines and jobs.
	JobsEnabled                              *bool            `json:"jobs_enabled,omitzero"`
	BuildsAccessLevel                        FeatureAccess    `json:"builds_access_level"`
	PublicJobs                               *bool            `json:"public_jobs,omitzero"`
	CIConfigPath                             string           `json:"ci_config_path"` // ".gitlab-ci.yml" if empty
	BuildGitStrategy                         GitStrategy      `json:"build_git_strategy"`
	CIDefaultGitDepth                        *int             `json:"ci_default_git_depth,omitzero"` // commits; 0 fetches all
	BuildTimeout                             Seconds          `json:"build_timeout"`                 // of a job
	AutoCancelPendingPipelines               AutoCancel       `json:"auto_cancel_pending_pipelines"`
	CIRestrictPipelineCancellationRole       CancellationRole `json:"ci_restrict_pipeline_cancellation_role"`
	CISkipBranchPipelinesForMRs              *bool            `json:"ci_skip_branch_pipelines_for_mrs,omitzero"`
	CIAllowForkPipelinesToRunInParentProject *bool            `json:"ci_allow_fork_pipelines_to_run_in_parent_project,omitzero"`
	ProtectMergeRequestPipelines             *bool            `json:"protect_merge_request_pipelines,omitzero"`
	CISeparatedCaches                        *bool            `json:"ci_separated_caches,omitzero"`   // of protected branches
	CIDeletePipelinesInSeconds               Seconds          `json:"ci_delete_pipelines_in_seconds"` // when old ones are deleted; 0 is never
	KeepLatestArtifact                       *bool            `json:"keep_latest_artifact,omitzero"`
	MaxArtifactsSize                         *int             `json:"max_artifacts_size,omitzero"` // in MB

	// Variables and tokens.
	RestrictUserDefinedVariables           *bool        `json:"restrict_user_defined_variables,omitzero"` // deprecated by GitLab for the next one
	CIPipelineVariablesMinimumOverrideRole OverrideRole `json:"ci_pipeline_variables_minimum_override_role"`
	CIDisplayPipelineVariables             *bool        `json:"ci_display_pipeline_variables,omitzero"`
	CIJobTokenScopeEnabled                 *bool        `json:"ci_job_token_scope_enabled,omitzero"` // outbound; see [JobTokenScopeService]
	CIPushRepositoryForJobTokenAllowed     *bool        `json:"ci_push_repository_for_job_token_allowed,omitzero"`
	CIIDTokenSubClaimComponents            []string     `json:"ci_id_token_sub_claim_components"`

	// Runners.
	SharedRunnersEnabled          *bool   `json:"shared_runners_enabled,omitzero"` // those of the instance
	GroupRunnersEnabled           *bool   `json:"group_runners_enabled,omitzero"`
	RunnersToken                  Secret  `json:"runners_token"` // the registration token
	RunnerTokenExpirationInterval Seconds `json:"runner_token_expiration_interval"`

	// Deployments.
	EnvironmentsAccessLevel               FeatureAccess    `json:"environments_access_level"`
	CIForwardDeploymentEnabled            *bool            `json:"ci_forward_deployment_enabled,omitzero"` // keep outdated jobs from deploying
	CIForwardDeploymentRollbackAllowed    *bool            `json:"ci_forward_deployment_rollback_allowed,omitzero"`
	AllowPipelineTriggerApproveDeployment *bool            `json:"allow_pipeline_trigger_approve_deployment,omitzero"`
	ResourceGroupDefaultProcessMode       ProcessMode      `json:"resource_group_default_process_mode"`
	AutoDevOpsEnabled                     *bool            `json:"auto_devops_enabled,omitzero"`
	AutoDevOpsDeployStrategy              AutoDevOpsDeploy `json:"auto_devops_deploy_strategy"`
	CICDCatalogEnabled                    *bool            `json:"cicd_catalog_enabled,omitzero"`

	// Merging.
	OnlyAllowMergeIfPipelineSucceeds *bool                 `json:"only_allow_merge_if_pipeline_succeeds,omitzero"`
	AllowMergeOnSkippedPipeline      *bool                 `json:"allow_merge_on_skipped_pipeline,omitzero"`
	MergePipelinesEnabled            *bool                 `json:"merge_pipelines_enabled,omitzero"`
	MergeTrainsEnabled               *bool                 `json:"merge_trains_enabled,omitzero"`
	MergeTrainsSkipTrainAllowed      *bool                 `json:"merge_trains_skip_train_allowed,omitzero"`
	MergeTrainEnforcement            MergeTrainEnforcement `json:"merge_train_enforcement"`
	MaxPipelinesPerMergeTrain        *int                  `json:"max_pipelines_per_merge_train,omitzero"`
	MirrorTriggerBuilds              *bool                 `json:"mirror_trigger_builds,omitzero"` // what is mirrored into the project starts pipelines
}

func (s *ProjectSettings) identity() identity { return byID(s.ID) }

// FeatureAccess is who may use a feature of a project.
type FeatureAccess string

// Who may use a feature.
const (
	FeatureAccessDisabled FeatureAccess = "disabled" // nobody
	FeatureAccessPrivate  FeatureAccess = "private"  // members
	FeatureAccessEnabled  FeatureAccess = "enabled"  // everybody who sees the project
)

// GitStrategy is how a job gets the repository.
type GitStrategy string

// Ways to get the repository.
const (
	GitStrategyFetch GitStrategy = "fetch" // what changed since the last job
	GitStrategyClone GitStrategy = "clone" // anew
)

// AutoCancel is whether a new pipeline cancels the older ones of its branch.
type AutoCancel string

// Whether older pipelines are canceled.
const (
	AutoCancelEnabled  AutoCancel = "enabled"
	AutoCancelDisabled AutoCancel = "disabled"
)

// CancellationRole is the least role that may cancel pipelines and jobs.
type CancellationRole string

// Roles that may cancel.
const (
	CancellationRoleDeveloper  CancellationRole = "developer"
	CancellationRoleMaintainer CancellationRole = "maintainer"
	CancellationRoleNoOne      CancellationRole = "no_one"
)

// OverrideRole is the least role that may give variables to a pipeline.
type OverrideRole string

// Roles that may give variables.
const (
	OverrideRoleDeveloper    OverrideRole = "developer"
	OverrideRoleMaintainer   OverrideRole = "maintainer"
	OverrideRoleOwner        OverrideRole = "owner"
	OverrideRoleNoOneAllowed OverrideRole = "no_one_allowed"
)

// AutoDevOpsDeploy is how Auto DevOps deploys to production.
type AutoDevOpsDeploy string

// Ways to deploy to production.
const (
	AutoDevOpsDeployContinuous       AutoDevOpsDeploy = "continuous"
	AutoDevOpsDeployManual           AutoDevOpsDeploy = "manual"
	AutoDevOpsDeployTimedIncremental AutoDevOpsDeploy = "timed_incremental"
)

// MergeTrainEnforcement is who may merge past the merge train.
type MergeTrainEnforcement string

// Who may merge past the train.
const (
	MergeTrainEnforcementAllowBypass   MergeTrainEnforcement = "allow_bypass"
	MergeTrainEnforcementAllUsers      MergeTrainEnforcement = "enforce_for_all_users"
	MergeTrainEnforcementOwnerOverride MergeTrainEnforcement = "enforce_with_owner_override"
)

// UpdateProjectSettingsOptions say what to change of a project's CI/CD settings. Nil and empty fields stay as they are;
// at least one has to be set. What the fields mean stands at [ProjectSettings].
type UpdateProjectSettingsOptions struct {
	JobsEnabled                              *bool            `json:"jobs_enabled,omitzero"` // deprecated by GitLab for BuildsAccessLevel
	BuildsAccessLevel                        FeatureAccess    `json:"builds_access_level,omitzero"`
	PublicJobs                               *bool            `json:"public_jobs,omitzero"`
	CIConfigPath                             *string          `json:"ci_config_path,omitzero"`
	BuildGitStrategy                         GitStrategy      `json:"build_git_strategy,omitzero"`
	CIDefaultGitDepth                        *int             `json:"ci_default_git_depth,omitzero"` // at most 1000
	BuildTimeout                             Seconds          `json:"build_timeout,omitzero"`        // of a job, from 600 s to less than a month
	AutoCancelPendingPipelines               AutoCancel       `json:"auto_cancel_pending_pipelines,omitzero"`
	CIRestrictPipelineCancellationRole       CancellationRole `json:"ci_restrict_pipeline_cancellation_role,omitzero"`
	CISkipBranchPipelinesForMRs              *bool            `json:"ci_skip_branch_pipelines_for_mrs,omitzero"`
	CIAllowForkPipelinesToRunInParentProject *bool            `json:"ci_allow_fork_pipelines_to_run_in_parent_project,omitzero"`
	ProtectMergeRequestPipelines             *bool            `json:"protect_merge_request_pipelines,omitzero"`
	CISeparatedCaches                        *bool            `json:"ci_separated_caches,omitzero"`
	CIDeletePipelinesInSeconds               *Seconds         `json:"ci_delete_pipelines_in_seconds,omitzero"` // from a day to a year, unless the instance is set up otherwise; 0 is never
	KeepLatestArtifact                       *bool            `json:"keep_latest_artifact,omitzero"`
	MaxArtifactsSize                         *int             `json:"max_artifacts_size,omitzero"` // in MB

	RestrictUserDefinedVariables           *bool        `json:"restrict_user_defined_variables,omitzero"` // deprecated by GitLab for the next one
	CIPipelineVariablesMinimumOverrideRole OverrideRole `json:"ci_pipeline_variables_minimum_override_role,omitzero"`
	CIDisplayPipelineVariables             *bool        `json:"ci_display_pipeline_variables,omitzero"`
	CIPushRepositoryForJobTokenAllowed     *bool        `json:"ci_push_repository_for_job_token_allowed,omitzero"`
	CIIDTokenSubClaimComponents            []string     `json:"ci_id_token_sub_claim_components,omitzero"`

	SharedRunnersEnabled *bool `json:"shared_runners_enabled,omitzero"`
	GroupRunnersEnabled  *bool `json:"group_runners_enabled,omitzero"`

	EnvironmentsAccessLevel               FeatureAccess    `json:"environments_access_level,omitzero"`
	CIForwardDeploymentEnabled            *bool            `json:"ci_forward_deployment_enabled,omitzero"`
	CIForwardDeploymentRollbackAllowed    *bool            `json:"ci_forward_deployment_rollback_allowed,omitzero"`
	AllowPipelineTriggerApproveDeployment *bool            `json:"allow_pipeline_trigger_approve_deployment,omitzero"`
	ResourceGroupDefaultProcessMode       ProcessMode      `json:"resource_group_default_process_mode,omitzero"`
	AutoDevOpsEnabled                     *bool            `json:"auto_devops_enabled,omitzero"`
	AutoDevOpsDeployStrategy              AutoDevOpsDeploy `json:"auto_devops_deploy_strategy,omitzero"`
	CICDCatalogEnabled                    *bool            `json:"cicd_catalog_enabled,omitzero"`

	OnlyAllowMergeIfPipelineSucceeds *bool                 `json:"only_allow_merge_if_pipeline_succeeds,omitzero"`
	AllowMergeOnSkippedPipeline      *bool                 `json:"allow_merge_on_skipped_pipeline,omitzero"`
	MergePipelinesEnabled            *bool                 `json:"merge_pipelines_enabled,omitzero"`
	MergeTrainsEnabled               *bool                 `json:"merge_trains_enabled,omitzero"`
	MergeTrainsSkipTrainAllowed      *bool                 `json:"merge_trains_skip_train_allowed,omitzero"`
	MergeTrainEnforcement            MergeTrainEnforcement `json:"merge_train_enforcement,omitzero"`
	MaxPipelinesPerMergeTrain        *int                  `json:"max_pipelines_per_merge_train,omitzero"`
	MirrorTriggerBuilds              *bool                 `json:"mirror_trigger_builds,omitzero"`
}

const (
	maxGitDepth     = 1000
	minBuildTimeout = 10 * 60
	maxBuildTimeout = 2_629_746 - 1 // less than a month, the twelfth part of a year of 365.2425 days
	minPipelineAge  = 24 * 60 * 60
)

func (o *UpdateProjectSettingsOptions) validate() error {
	depth, age := o.CIDefaultGitDepth, o.CIDeletePipelinesInSeconds
	switch {
	case depth != nil && (*depth < 0 || *depth > maxGitDepth):
		return fmt.Errorf("CIDefaultGitDepth %d is not between 0 and %d", *depth, maxGitDepth)
	case o.BuildTimeout != 0 && (o.BuildTimeout < minBuildTimeout || o.BuildTimeout > maxBuildTimeout):
		return fmt.Errorf("BuildTimeout %v is not between %v and a month", o.BuildTimeout, Seconds(minBuildTimeout))
	case age != nil && *age != 0 && *age < minPipelineAge: // how much it may be at most is up to the instance
		return fmt.Errorf("CIDeletePipelinesInSeconds %v is neither 0 nor a day at least", *age)
	}
	return requireChange(o)
}

// MarshalJSON sends null where 0 stands for nothing: GitLab refuses the number.
func (o UpdateProjectSettingsOptions) MarshalJSON() ([]byte, error) {
	type plain UpdateProjectSettingsOptions
	if o.CIDeletePipelinesInSeconds == nil || *o.CIDeletePipelinesInSeconds != 0 {
		return codec.Marshal(plain(o))
	}
	return codec.Marshal(struct {
		plain
		CIDeletePipelinesInSeconds *Seconds `json:"ci_delete_pipelines_in_seconds"`
	}{plain: plain(o)})
}

var (
	getProjectSettings    = get("get project settings", "/projects/:id", ErrProjectSettingsGet)
	updateProjectSettings = put("update project settings", "/projects/:id", ErrProjectSettingsUpdate)
)

// Get reads the CI/CD settings of a project.
//
//	GET /projects/:id
//
// Its errors match [ErrProjectSettingsGet], and [ErrNotFound] where there is no such project.
//
// GitLab docs: https://docs.gitlab.com/api/projects/#retrieve-a-project
func (s *ProjectSettingsService) Get(ctx context.Context, project Project, opts ...RequestOption) (*ProjectSettings, error) {
	return do[ProjectSettings](ctx, s.engine, getProjectSettings, path{project.name}, nil, opts)
}

// Update changes CI/CD settings of a project, and returns all of them. At least one has to be set.
//
//	PUT /projects/:id
//
// Its errors match [ErrProjectSettingsUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/projects/#update-a-project
func (s *ProjectSettingsService) Update(ctx context.Context, project Project, options *UpdateProjectSettingsOptions, opts ...RequestOption) (*ProjectSettings, error) {
	return do[ProjectSettings](ctx, s.engine, updateProjectSettings, path{project.name}, options, opts)
}
