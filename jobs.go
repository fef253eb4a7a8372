package gitlabci

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// JobsService reads and controls jobs, their logs and their artifacts.
//
// GitLab docs: https://docs.gitlab.com/api/jobs/
type JobsService service

// A Job is one attempt at a job of a pipeline. A retried job is a new Job with a new ID.
type Job struct {
	ID             int64         `json:"id"`
	Name           string        `json:"name"`
	Stage          string        `json:"stage"`
	Status         JobStatus     `json:"status"`
	Ref            string        `json:"ref"`
	Tag            bool          `json:"tag"`
	AllowFailure   bool          `json:"allow_failure"`
	FailureReason  FailureReason `json:"failure_reason"` // of failed jobs
	Source         JobSource     `json:"source"`
	CreatedAt      time.Time     `json:"created_at,omitzero"`
	StartedAt      time.Time     `json:"started_at,omitzero"`
	FinishedAt     time.Time     `json:"finished_at,omitzero"`
	ErasedAt       time.Time     `json:"erased_at,omitzero"`
	Duration       Seconds       `json:"duration"`          // of the run, up to now if it goes on
	QueuedDuration Seconds       `json:"queued_duration"`   // before the run, up to now if it goes on
	Coverage       *float64      `json:"coverage,omitzero"` // percent; nil where the job reports none
	WebURL         string        `json:"web_url"`
	TagList        []string      `json:"tag_list"` // what its runner has to offer
	Archived       bool          `json:"archived"`

	User     User          `json:"user"`
	ErasedBy *UserBasic    `json:"erased_by,omitzero"` // nil unless GitLab says who erased the job
	Commit   Commit        `json:"commit"`
	Pipeline PipelineBasic `json:"pipeline"`
	Project  JobProject    `json:"project"`

	Runner        *Runner        `json:"runner,omitzero"`         // nil before one took the job
	RunnerManager *RunnerManager `json:"runner_manager,omitzero"` // nil before one took the job

	ArtifactsFile     JobArtifactFile `json:"artifacts_file"` // the archive; no Filename where there is none
	Artifacts         []JobArtifact   `json:"artifacts"`      // all files that the job left, the archive and the log among them
	ArtifactsExpireAt time.Time       `json:"artifacts_expire_at,omitzero"`
}

func (j *Job) identity() identity { return byID(j.ID) }

// JobProject is the project of a job. The lists of a runner's jobs identify it, others tell a setting of it.
type JobProject struct {
	ProjectIdentity
	CIJobTokenScopeEnabled bool `json:"ci_job_token_scope_enabled"`
}

// A Bridge is a job that starts a downstream pipeline, in the same project or in another.
type Bridge struct {
	ID             int64         `json:"id"`
	Name           string        `json:"name"`
	Stage          string        `json:"stage"`
	Status         JobStatus     `json:"status"`
	Ref            string        `json:"ref"`
	Tag            bool          `json:"tag"`
	AllowFailure   bool          `json:"allow_failure"`
	FailureReason  FailureReason `json:"failure_reason"` // of failed ones
	Source         JobSource     `json:"source"`
	CreatedAt      time.Time     `json:"created_at,omitzero"`
	StartedAt      time.Time     `json:"started_at,omitzero"`
	FinishedAt     time.Time     `json:"finished_at,omitzero"`
	ErasedAt       time.Time     `json:"erased_at,omitzero"`
	Duration       Seconds       `json:"duration"`
	QueuedDuration Seconds       `json:"queued_duration"`
	Coverage       *float64      `json:"coverage,omitzero"`
	WebURL         string        `json:"web_url"`
	Archived       bool          `json:"archived"`

	User     User          `json:"user"`
	Commit   Commit        `json:"commit"`
	Pipeline PipelineBasic `json:"pipeline"`
	Project  JobProject    `json:"project"`

	DownstreamPipeline *PipelineBasic `json:"downstream_pipeline,omitzero"` // nil before it is created
}

func (b *Bridge) identity() identity { return byID(b.ID) }

// asJob returns the trigger job with the fields that it shares with a job.
func (b *Bridge) asJob() *Job {
	return &Job{
		ID: b.ID, Name: b.Name, Stage: b.Stage, Status: b.Status, Ref: b.Ref, Tag: b.Tag, AllowFailure: b.AllowFailure, FailureReason: b.FailureReason,
		Source: b.Source, CreatedAt: b.CreatedAt, StartedAt: b.StartedAt, FinishedAt: b.FinishedAt, ErasedAt: b.ErasedAt, Duration: b.Duration,
		QueuedDuration: b.QueuedDuration, Coverage: b.Coverage, WebURL: b.WebURL, Archived: b.Archived, User: b.User, Commit: b.Commit,
		Pipeline: b.Pipeline, Project: b.Project,
	}
}

// JobArtifactFile is the archive of a job's artifacts.
type JobArtifactFile struct {
	Filename string `json:"filename"`
	Size     int64  `json:"size"` // in bytes
}

// JobArtifact is a file that a job left.
type JobArtifact struct {
	FileType   ArtifactType   `json:"file_type"`
	FileFormat ArtifactFormat `json:"file_format"`
	Filename   string         `json:"filename"`
	Size       int64          `json:"size"` // in bytes
}

// JobStatus is the state of a job. GitLab may send others than those named here.
type JobStatus string

// States of a job.
const (
	JobCreated            JobStatus = "created"
	JobWaitingForResource JobStatus = "waiting_for_resource"
	JobPreparing          JobStatus = "preparing"
	JobWaitingForCallback JobStatus = "waiting_for_callback"
	JobPending            JobStatus = "pending"
	JobRunning            JobStatus = "running"
	JobSuccess            JobStatus = "success"
	JobFailed             JobStatus = "failed"
	JobCanceling          JobStatus = "canceling"
	JobCanceled           JobStatus = "canceled"
	JobSkipped            JobStatus = "skipped"
	JobManual             JobStatus = "manual"    // waits for somebody to play it
	JobScheduled          JobStatus = "scheduled" // waits for its delay to pass
)

// Finished reports whether the job has ended: success, failed, canceled or skipped. It is false for every state that is not known to be
// final.
func (s JobStatus) Finished() bool {
	switch s {
	case JobSuccess, JobFailed, JobCanceled, JobSkipped:
		return true
	}
	return false
}

// JobSource is how a job came to be: as its pipeline, or by a policy or scan of its own.
type JobSource = PipelineSource

// FailureReason is why a job failed. GitLab may send others than those named here.
type FailureReason string

// Is reports whether a reason is the other one, or one of those into which GitLab has split it: newer versions say no_updates_running where
// older ones say stuck_or_timeout_failure.
func (r FailureReason) Is(other FailureReason) bool {
	return r == other || slices.Contains(splitReasons[other], r)
}

// splitReasons are those that newer versions of GitLab send in place of an older one.
var splitReasons = map[FailureReason][]FailureReason{
	FailureReasonStuckOrTimeout: {
		FailureReasonStuckPendingWithMatchingRunners, FailureReasonStuckPendingNoMatchingRunners, FailureReasonNoUpdatesRunning, FailureReasonNoUpdatesCanceling,
	},
	FailureReasonJobExecutionTimeout:       {FailureReasonJobExecutionServerTimeout, FailureReasonServerTimeoutRunning, FailureReasonServerTimeoutCanceling},
	FailureReasonJobExecutionServerTimeout: {FailureReasonServerTimeoutRunning, FailureReasonServerTimeoutCanceling},
	FailureReasonRunnerSystem:              {FailureReasonRunnerExternalDependency, FailureReasonRunnerInterrupted},
	FailureReasonScript:                    {FailureReasonRunnerConfigurationError},
	FailureReasonForwardDeployment:         {FailureReasonFailedOutdatedDeploymentJob},
}

// Reasons for a job to fail.
const (
	FailureReasonUnknown                               FailureReason = "unknown_failure"
	FailureReasonScript                                FailureReason = "script_failure"
	FailureReasonAPI                                   FailureReason = "api_failure"
	FailureReasonStuckOrTimeout                        FailureReason = "stuck_or_timeout_failure"
	FailureReasonRunnerSystem                          FailureReason = "runner_system_failure"
	FailureReasonMissingDependency                     FailureReason = "missing_dependency_failure"
	FailureReasonRunnerUnsupported                     FailureReason = "runner_unsupported"
	FailureReasonStaleSchedule                         FailureReason = "stale_schedule"
	FailureReasonJobExecutionTimeout                   FailureReason = "job_execution_timeout"
	FailureReasonArchived                              FailureReason = "archived_failure"
	FailureReasonUnmetPrerequisites                    FailureReason = "unmet_prerequisites"
	FailureReasonScheduler                             FailureReason = "scheduler_failure"
	FailureReasonDataIntegrity                         FailureReason = "data_integrity_failure"
	FailureReasonForwardDeployment                     FailureReason = "forward_deployment_failure"
	FailureReasonUserBlocked                           FailureReason = "user_blocked"
	FailureReasonProjectDeleted                        FailureReason = "project_deleted"
	FailureReasonCIQuotaExceeded                       FailureReason = "ci_quota_exceeded"
	FailureReasonPipelineLoopDetected                  FailureReason = "pipeline_loop_detected"
	FailureReasonNoMatchingRunner                      FailureReason = "no_matching_runner"
	FailureReasonTraceSizeExceeded                     FailureReason = "trace_size_exceeded"
	FailureReasonBuildsDisabled                        FailureReason = "builds_disabled"
	FailureReasonEnvironmentCreation                   FailureReason = "environment_creation_failure"
	FailureReasonDeploymentRejected                    FailureReason = "deployment_rejected"
	FailureReasonFailedOutdatedDeploymentJob           FailureReason = "failed_outdated_deployment_job"
	FailureReasonJobExecutionServerTimeout             FailureReason = "job_execution_server_timeout"
	FailureReasonStuckPendingWithMatchingRunners       FailureReason = "stuck_pending_with_matching_runners"
	FailureReasonStuckPendingNoMatchingRunners         FailureReason = "stuck_pending_no_matching_runners"
	FailureReasonNoUpdatesRunning                      FailureReason = "no_updates_running"
	FailureReasonNoUpdatesCanceling                    FailureReason = "no_updates_canceling"
	FailureReasonServerTimeoutRunning                  FailureReason = "server_timeout_running"
	FailureReasonServerTimeoutCanceling                FailureReason = "server_timeout_canceling"
	FailureReasonRunnerConfigurationError              FailureReason = "runner_configuration_error"
	FailureReasonRunnerExternalDependency              FailureReason = "runner_external_dependency_failure"
	FailureReasonRunnerInterrupted                     FailureReason = "runner_interrupted"
	FailureReasonProtectedEnvironment                  FailureReason = "protected_environment_failure"
	FailureReasonInsufficientBridgePermissions         FailureReason = "insufficient_bridge_permissions"
	FailureReasonDownstreamBridgeProjectNotFound       FailureReason = "downstream_bridge_project_not_found"
	FailureReasonInvalidBridgeTrigger                  FailureReason = "invalid_bridge_trigger"
	FailureReasonUpstreamBridgeProjectNotFound         FailureReason = "upstream_bridge_project_not_found"
	FailureReasonInsufficientUpstreamPermissions       FailureReason = "insufficient_upstream_permissions"
	FailureReasonBridgePipelineIsChildPipeline         FailureReason = "bridge_pipeline_is_child_pipeline"
	FailureReasonDownstreamPipelineCreation            FailureReason = "downstream_pipeline_creation_failed"
	FailureReasonSecretsProviderNotFound               FailureReason = "secrets_provider_not_found"
	FailureReasonReachedMaxDescendantPipelinesDepth    FailureReason = "reached_max_descendant_pipelines_depth"
	FailureReasonIPRestriction                         FailureReason = "ip_restriction_failure"
	FailureReasonReachedMaxPipelineHierarchySize       FailureReason = "reached_max_pipeline_hierarchy_size"
	FailureReasonReachedDownstreamPipelineTriggerLimit FailureReason = "reached_downstream_pipeline_trigger_rate_limit"
	FailureReasonDuoWorkflowNotAllowed                 FailureReason = "duo_workflow_not_allowed"
	FailureReasonJobRouter                             FailureReason = "job_router_failure"
	FailureReasonJobTokenExpired                       FailureReason = "job_token_expired"
	FailureReasonIDTokenBurnedProjectPath              FailureReason = "id_token_burned_project_path"
	FailureReasonDownstreamProjectTriggerEmpty         FailureReason = "downstream_project_trigger_resolved_to_empty"
	FailureReasonSecretsManagerAccessDenied            FailureReason = "secrets_manager_access_denied"
	FailureReasonDuoWorkflowConnection                 FailureReason = "duo_workflow_connection_failure"
)

// AllowedAgents are the Kubernetes agents that a job token may use, and what the token belongs to.
type AllowedAgents struct {
	AllowedAgents []AllowedAgent `json:"allowed_agents"`
	Job           Reference      `json:"job"`
	Pipeline      Reference      `json:"pipeline"`
	Project       AgentsProject  `json:"project"`
	Environment   AgentsScope    `json:"environment"` // empty for a job without one
	User          AgentsUser     `json:"user"`
}

func (a *AllowedAgents) identity() identity { return byIDIn("job", a.Job.ID) }

// AllowedAgent is a Kubernetes agent and the project that configures it.
type AllowedAgent struct {
	ID            int64           `json:"id"`
	ConfigProject ProjectIdentity `json:"config_project"`
	Configuration map[string]any  `json:"configuration"` // what its project allows, as in {"default_namespace": "app"}
}

// AgentsUser is whom a job runs for.
type AgentsUser struct {
	UserBasic
	RolesInProject []string `json:"roles_in_project"` // each that they have at least, as in guest, reporter, developer
}

// AgentsProject is the project of a job token and the groups that it is in.
type AgentsProject struct {
	ID     int64       `json:"id"`
	Groups []Reference `json:"groups"`
}

// AgentsScope is the environment of a job token.
type AgentsScope struct {
	Slug string `json:"slug"`
	Tier string `json:"tier"`
}

// Reference names something by its id.
type Reference struct {
	ID int64 `json:"id"`
}

// JobOrder is the order of a list of jobs.
type JobOrder string

// JobOrderID orders jobs by id, the only order that GitLab has for them.
const JobOrderID JobOrder = "id"

// ListJobsOptions say which jobs of a project to list. A zero field leaves none out.
type ListJobsOptions struct {
	ListOptions
	Scope   []JobStatus `url:"scope,omitempty,brackets"` // any of these
	Ref     string      `url:"ref,omitempty"`            // a branch; needs GitLab 19.5, older ones ignore it
	OrderBy JobOrder    `url:"order_by,omitempty"`
	Sort    Sort        `url:"sort,omitempty"` // descending if empty, and GitLab has no other direction here
}

func (o *ListJobsOptions) validate() error {
	if o.Sort != "" && o.Sort != SortDesc { // it would be passed over, and the newest job taken for the oldest
		return fmt.Errorf("the jobs of a project cannot be listed in the direction %q: GitLab has %q only", o.Sort, SortDesc)
	}
	return o.ListOptions.validate()
}

// ListPipelineJobsOptions say which jobs of a pipeline to list. A zero field leaves none out.
type ListPipelineJobsOptions struct {
	ListOptions
	Scope          []JobStatus `url:"scope,omitempty,brackets"`  // any of these
	IncludeRetried bool        `url:"include_retried,omitempty"` // list attempts that were retried, too
}

// ListBridgesOptions say which trigger jobs of a pipeline to list. A zero field leaves none out.
type ListBridgesOptions struct {
	ListOptions
	Scope          []JobStatus `url:"scope,omitempty,brackets"`  // any of these
	IncludeRetried bool        `url:"include_retried,omitempty"` // list attempts that were retried, too
}

// CancelJobOptions say how to cancel a job.
type CancelJobOptions struct {
	Force bool `json:"force,omitzero"` // end a job at once that is stuck in the status canceling
}

// RetryJobOptions are given to the new job.
type RetryJobOptions struct {
	Inputs map[string]any // by name, with values of the types that the job declares
}

// MarshalJSON writes the inputs under both names that versions of GitLab have for them; each ignores the other's.
func (o *RetryJobOptions) MarshalJSON() ([]byte, error) {
	return codec.Marshal(struct {
		Inputs    map[string]any `json:"inputs,omitzero"`
		JobInputs map[string]any `json:"job_inputs,omitzero"`
	}{o.Inputs, o.Inputs})
}

// PlayJobOptions are given to the job that is played.
type PlayJobOptions struct {
	Variables []PipelineVariable `json:"job_variables_attributes,omitzero"`
	Inputs    map[string]any     `json:"job_inputs,omitzero"` // by name, with values of the types that the job declares
}

func (o *PlayJobOptions) validate() error { return requireKeys(o.Variables) }

// TraceOptions choose a part of a log. They need GitLab 19.5: older ones ignore them and send the whole log.
type TraceOptions struct {
	ByteOffset int64 `url:"byte_offset,omitempty"` // the first byte, counted from 0
	ByteLimit  int64 `url:"byte_limit,omitempty"`  // at most this many bytes, 1 to 512,000; 0 is to the end
}

func (o *TraceOptions) validate() error {
	if o.ByteOffset < 0 || o.ByteLimit < 0 || o.ByteLimit > 512_000 {
		return fmt.Errorf("%d bytes from byte %d: the offset is counted from 0, the limit is 512000", o.ByteLimit, o.ByteOffset)
	}
	return nil
}

var (
	listJobs         = get("list jobs", "/projects/:id/jobs", ErrJobList).keysetBy("id")
	listPipelineJobs = get("list pipeline jobs", "/projects/:id/pipelines/:pipeline_id/jobs", ErrJobList)
	listBridges      = get("list bridges", "/projects/:id/pipelines/:pipeline_id/bridges", ErrJobList)
	listTriggerJobs  = get("list bridges", "/projects/:id/pipelines/:pipeline_id/trigger_jobs", ErrJobList)
	getJob           = get("get job", "/projects/:id/jobs/:job_id", ErrJobGet)
	getCurrentJob    = get("get current job", "/job", ErrJobGet)
	getAllowedAgents = get("get allowed agents", "/job/allowed_agents", ErrJobGet)
	cancelJob        = post("cancel job", "/projects/:id/jobs/:job_id/cancel", ErrJobCancel).repeats()
	retryJob         = post("retry job", "/projects/:id/jobs/:job_id/retry", ErrJobRetry)
	playJob          = post("play job", "/projects/:id/jobs/:job_id/play", ErrJobPlay)
	eraseJob         = post("erase job", "/projects/:id/jobs/:job_id/erase", ErrJobErase)
	getTrace         = get("get trace", "/projects/:id/jobs/:job_id/trace", ErrTraceGet).asText()
)

func jobPath(project Project, id int64) path {
	return path{project.name, number("job id", id)}
}

// List lists the jobs of a project, the newest first. Attempts that were retried since are among them, trigger jobs are not.
//
//	GET /projects/:id/jobs
//
// Its errors match [ErrJobList].
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#list-project-jobs
func (s *JobsService) List(ctx context.Context, project Project, options *ListJobsOptions, opts ...RequestOption) Seq[Job] {
	return list[Job](ctx, s.engine, listJobs, path{project.name}, options, opts)
}

// Get reads a job.
//
//	GET /projects/:id/jobs/:job_id
//
// Its errors match [ErrJobGet], and [ErrNotFound] where there is no such job.
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#get-a-single-job
func (s *JobsService) Get(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Job, error) {
	return do[Job](ctx, s.engine, getJob, jobPath(project, id), nil, opts)
}

// Current reads the job that the client's [JobToken] belongs to.
//
//	GET /job
//
// Its errors match [ErrJobGet], and [ErrNotFound] for a token of another kind.
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#get-job-tokens-job
func (s *JobsService) Current(ctx context.Context, opts ...RequestOption) (*Job, error) {
	return do[Job](ctx, s.engine, getCurrentJob, nil, nil, opts)
}

// AllowedAgents reads which Kubernetes agents the client's [JobToken] may use.
//
//	GET /job/allowed_agents
//
// Its errors match [ErrJobGet].
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#get-gitlab-agent-by-ci_job_token
func (s *JobsService) AllowedAgents(ctx context.Context, opts ...RequestOption) (*AllowedAgents, error) {
	return do[AllowedAgents](ctx, s.engine, getAllowedAgents, nil, nil, opts)
}

// Cancel cancels a job and returns it as it is just then; a job that runs may take a while to end. A finished job stays as it is, and that
// is no error.
//
//	POST /projects/:id/jobs/:job_id/cancel
//
// Its errors match [ErrJobCancel].
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#cancel-a-job
func (s *JobsService) Cancel(ctx context.Context, project Project, id int64, options *CancelJobOptions, opts ...RequestOption) (*Job, error) {
	return do[Job](ctx, s.engine, cancelJob, jobPath(project, id), options, opts)
}

// Retry runs a finished job again and returns the new job, which has an ID of its own. It is never sent twice: see
// [ErrOutcomeUnknown].
//
//	POST /projects/:id/jobs/:job_id/retry
//
// Its errors match [ErrJobRetry], and [ErrForbidden] where the job cannot be retried.
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#retry-a-job
func (s *JobsService) Retry(ctx context.Context, project Project, id int64, options *RetryJobOptions, opts ...RequestOption) (*Job, error) {
	return do[Job](ctx, s.engine, retryJob, jobPath(project, id), options, opts)
}

// Play starts a manual or delayed job. A manual job that has run before is run again as a new job, while GitLab answers with the old
// one: list the pipeline's jobs to find the new one. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/jobs/:job_id/play
//
// Its errors match [ErrJobPlay], and [ErrBadRequest] where the job cannot be played.
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#run-a-job
func (s *JobsService) Play(ctx context.Context, project Project, id int64, options *PlayJobOptions, opts ...RequestOption) (*Job, error) {
	return do[Job](ctx, s.engine, playJob, jobPath(project, id), options, opts)
}

// Erase deletes the log and the artifacts of a finished job and returns it, with ErasedAt set.
//
//	POST /projects/:id/jobs/:job_id/erase
//
// Its errors match [ErrJobErase], and [ErrForbidden] where the job runs or has nothing left to erase.
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#erase-a-job
func (s *JobsService) Erase(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Job, error) {
	return do[Job](ctx, s.engine, eraseJob, jobPath(project, id), nil, opts)
}

// Trace reads the log of a job as it comes; the caller closes it. A job that has no log yet, or none any more, has an empty one. The
// log holds terminal escapes and section marks: package joblog reads them.
//
//	GET /projects/:id/jobs/:job_id/trace
//
// Its errors, also those of reading, match [ErrTraceGet].
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#get-a-log-file
func (s *JobsService) Trace(ctx context.Context, project Project, id int64, options *TraceOptions, opts ...RequestOption) (io.ReadCloser, error) {
	download, err := stream(ctx, s.engine, getTrace, jobPath(project, id), options, opts)
	if err != nil {
		return nil, err
	}
	return download, nil
}
