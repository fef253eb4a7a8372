package gitlabci

import (
	"fmt"
	"math"
	"time"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// Seconds is a duration in seconds, as GitLab sends and takes it. It prints as a duration, as in 1m30s.
type Seconds float64

// String returns the duration, to the millisecond.
func (s Seconds) String() string { return s.Duration().Round(time.Millisecond).String() }

// Duration returns the seconds as a [time.Duration], the longest there is for what no Duration can hold.
func (s Seconds) Duration() time.Duration {
	nanoseconds := float64(s) * float64(time.Second)
	switch {
	case nanoseconds >= math.MaxInt64:
		return math.MaxInt64
	case nanoseconds <= math.MinInt64:
		return math.MinInt64
	default:
		return time.Duration(nanoseconds)
	}
}

// UserBasic is a user, in the short form that GitLab sends within other things.
type UserBasic struct {
	ID               int64             `json:"id"`
	Username         string            `json:"username"`
	Name             string            `json:"name"`
	State            string            `json:"state"` // active, blocked, deactivated, ...
	Locked           bool              `json:"locked"`
	PublicEmail      string            `json:"public_email"`
	AvatarURL        string            `json:"avatar_url"`
	AvatarPath       string            `json:"avatar_path"`
	WebURL           string            `json:"web_url"`
	CustomAttributes []CustomAttribute `json:"custom_attributes"`
}

// User is a user with their profile.
type User struct {
	UserBasic

	CreatedAt       time.Time `json:"created_at,omitzero"`
	Bio             string    `json:"bio"`
	Location        string    `json:"location"`
	LinkedIn        string    `json:"linkedin"`
	Twitter         string    `json:"twitter"`
	Discord         string    `json:"discord"`
	GitHub          string    `json:"github"`
	Skype           string    `json:"skype"` // of older versions
	WebsiteURL      string    `json:"website_url"`
	Organization    string    `json:"organization"`
	JobTitle        string    `json:"job_title"`
	Pronouns        string    `json:"pronouns"`
	Bot             bool      `json:"bot"`
	WorkInformation string    `json:"work_information"`
	Followers       int       `json:"followers"`
	Following       int       `json:"following"`
	IsFollowed      bool      `json:"is_followed"`
	LocalTime       string    `json:"local_time"`
}

// CustomAttribute is a key and value that an administrator attached to a user or project.
type CustomAttribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Commit is the commit that a job runs for.
type Commit struct {
	ID               string           `json:"id"`
	ShortID          string           `json:"short_id"`
	CreatedAt        time.Time        `json:"created_at,omitzero"`
	ParentIDs        []string         `json:"parent_ids"`
	Title            string           `json:"title"`
	Message          string           `json:"message"`
	AuthorName       string           `json:"author_name"`
	AuthorEmail      string           `json:"author_email"`
	AuthoredDate     time.Time        `json:"authored_date,omitzero"`
	CommitterName    string           `json:"committer_name"`
	CommitterEmail   string           `json:"committer_email"`
	CommittedDate    time.Time        `json:"committed_date,omitzero"`
	Trailers         Trailers         `json:"trailers"`
	ExtendedTrailers ExtendedTrailers `json:"extended_trailers"`
	WebURL           string           `json:"web_url"`
}

// Trailers are the lines at the end of a commit's message, as in "Reviewed-by: Ada", by their keys.
type Trailers map[string]string

// UnmarshalJSON takes nothing for an empty object: most commits have no trailers.
func (t *Trailers) UnmarshalJSON(data []byte) error {
	return unmarshalFilled(data, (*map[string]string)(t))
}

// ExtendedTrailers are trailers whose keys may stand more than once.
type ExtendedTrailers map[string][]string

// UnmarshalJSON takes nothing for an empty object: most commits have no trailers.
func (t *ExtendedTrailers) UnmarshalJSON(data []byte) error {
	return unmarshalFilled(data, (*map[string][]string)(t))
}

func unmarshalFilled(data []byte, value any) error {
	if string(data) == "{}" {
		return nil
	}
	return codec.Unmarshal(data, value)
}

// ProjectIdentity tells which project something belongs to.
type ProjectIdentity struct {
	ID                int64     `json:"id"`
	Description       string    `json:"description"`
	Name              string    `json:"name"`
	NameWithNamespace string    `json:"name_with_namespace"`
	Path              string    `json:"path"`
	PathWithNamespace string    `json:"path_with_namespace"`
	CreatedAt         time.Time `json:"created_at,omitzero"`
}

// ProjectBasic is a project, in the short form that GitLab sends in the lists of other things.
type ProjectBasic struct {
	ID                int64             `json:"id"`
	Description       string            `json:"description"`
	Name              string            `json:"name"`
	NameWithNamespace string            `json:"name_with_namespace"`
	Path              string            `json:"path"`
	PathWithNamespace string            `json:"path_with_namespace"`
	CreatedAt         time.Time         `json:"created_at,omitzero"`
	DefaultBranch     string            `json:"default_branch"`
	TagList           []string          `json:"tag_list"` // see Topics, which replaces it
	Topics            []string          `json:"topics"`
	SSHURLToRepo      string            `json:"ssh_url_to_repo"`
	HTTPURLToRepo     string            `json:"http_url_to_repo"`
	WebURL            string            `json:"web_url"`
	ReadmeURL         string            `json:"readme_url"`
	LicenseURL        string            `json:"license_url"`
	License           *License          `json:"license,omitzero"` // nil where GitLab does not say
	RepositoryStorage string            `json:"repository_storage"`
	Visibility        string            `json:"visibility"`
	CustomAttributes  []CustomAttribute `json:"custom_attributes"`
	ForksCount        int               `json:"forks_count"`
	StarCount         int               `json:"star_count"`
	AvatarURL         string            `json:"avatar_url"`
	LastActivityAt    time.Time         `json:"last_activity_at,omitzero"`
	Namespace         Namespace         `json:"namespace"`
}

func (p *ProjectBasic) identity() identity { return byID(p.ID) }

// License is the licence of a project.
type License struct {
	Key       string `json:"key"`
	Name      string `json:"name"`
	Nickname  string `json:"nickname"`
	HTMLURL   string `json:"html_url"`
	SourceURL string `json:"source_url"`
}

// Namespace is the group or user that a project belongs to.
type Namespace struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Path      string `json:"path"`
	Kind      string `json:"kind"` // group or user
	FullPath  string `json:"full_path"`
	ParentID  int64  `json:"parent_id"` // 0 at the top
	AvatarURL string `json:"avatar_url"`
	WebURL    string `json:"web_url"`
}

// GroupBasic is a group, in the short form that GitLab sends in the lists of other things.
type GroupBasic struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	WebURL string `json:"web_url"`
}

func (g *GroupBasic) identity() identity { return byID(g.ID) }

// AccessLevel is the role of a member, as a number.
type AccessLevel int

// Roles of members.
const (
	AccessGuest      AccessLevel = 10
	AccessPlanner    AccessLevel = 15
	AccessReporter   AccessLevel = 20
	AccessDeveloper  AccessLevel = 30
	AccessMaintainer AccessLevel = 40
	AccessOwner      AccessLevel = 50
	AccessAdmin      AccessLevel = 60 // administrators of the instance
)

// PipelineBasic is a pipeline as it stands within other things: jobs, bridges and schedules.
type PipelineBasic struct {
	ID        int64          `json:"id"`
	IID       int64          `json:"iid"`
	ProjectID int64          `json:"project_id"`
	SHA       string         `json:"sha"`
	Ref       string         `json:"ref"`
	Status    PipelineStatus `json:"status"`
	Source    PipelineSource `json:"source"`
	CreatedAt time.Time      `json:"created_at,omitzero"`
	UpdatedAt time.Time      `json:"updated_at,omitzero"`
	WebURL    string         `json:"web_url"`
}

// PipelineStatus is the state of a pipeline. GitLab may send others than those named here.
type PipelineStatus string

// States of a pipeline.
const (
	PipelineCreated            PipelineStatus = "created"
	PipelineWaitingForResource PipelineStatus = "waiting_for_resource"
	PipelinePreparing          PipelineStatus = "preparing"
	PipelineWaitingForCallback PipelineStatus = "waiting_for_callback"
	PipelinePending            PipelineStatus = "pending"
	PipelineRunning            PipelineStatus = "running"
	PipelineSuccess            PipelineStatus = "success"
	PipelineFailed             PipelineStatus = "failed"
	PipelineCanceling          PipelineStatus = "canceling"
	PipelineCanceled           PipelineStatus = "canceled"
	PipelineSkipped            PipelineStatus = "skipped"
	PipelineManual             PipelineStatus = "manual" // waits for somebody to play a job
	PipelineScheduled          PipelineStatus = "scheduled"
)

// Finished reports whether the pipeline has ended by itself: success, failed, canceled or skipped. It is false for every state that is
// not known to be final. A retry or a played job can start a finished pipeline again.
func (s PipelineStatus) Finished() bool {
	switch s {
	case PipelineSuccess, PipelineFailed, PipelineCanceled, PipelineSkipped:
		return true
	}
	return false
}

// PipelineSource is what started a pipeline. GitLab may send others than those named here.
type PipelineSource string

// Sources of a pipeline.
const (
	PipelineSourceUnknown                            PipelineSource = "unknown"
	PipelineSourcePush                               PipelineSource = "push"
	PipelineSourceWeb                                PipelineSource = "web"
	PipelineSourceTrigger                            PipelineSource = "trigger"
	PipelineSourceSchedule                           PipelineSource = "schedule"
	PipelineSourceAPI                                PipelineSource = "api"
	PipelineSourceExternal                           PipelineSource = "external"
	PipelineSourcePipeline                           PipelineSource = "pipeline" // of another project
	PipelineSourceChat                               PipelineSource = "chat"
	PipelineSourceWebIDE                             PipelineSource = "webide"
	PipelineSourceMergeRequestEvent                  PipelineSource = "merge_request_event"
	PipelineSourceExternalPullRequestEvent           PipelineSource = "external_pull_request_event"
	PipelineSourceParentPipeline                     PipelineSource = "parent_pipeline"
	PipelineSourceOndemandDASTScan                   PipelineSource = "ondemand_dast_scan"
	PipelineSourceOndemandDASTValidation             PipelineSource = "ondemand_dast_validation"
	PipelineSourceSecurityOrchestrationPolicy        PipelineSource = "security_orchestration_policy"
	PipelineSourceContainerRegistryPush              PipelineSource = "container_registry_push"
	PipelineSourceDuoWorkflow                        PipelineSource = "duo_workflow"
	PipelineSourcePipelineExecutionPolicySchedule    PipelineSource = "pipeline_execution_policy_schedule"
	PipelineSourceDependencyManagementSecurityUpdate PipelineSource = "dependency_management_security_update"
)

// PipelineVariable is a variable that was given to a pipeline, a job or a schedule.
type PipelineVariable struct {
	Key          string       `json:"key"`
	Value        Secret       `json:"value"`
	VariableType VariableType `json:"variable_type,omitzero"` // [VariableEnv] if empty
	Raw          bool         `json:"raw,omitzero"`           // not expanded; read only
}

func (v *PipelineVariable) identity() identity { return byText("key", v.Key) }

func requireKeys(variables []PipelineVariable) error {
	for i := range variables {
		if variables[i].Key == "" {
			return fmt.Errorf("variable %d has no key", i)
		}
	}
	return nil
}

// VariableType is how a job gets a variable.
type VariableType string

// Types of variables.
const (
	VariableEnv  VariableType = "env_var" // as an environment variable
	VariableFile VariableType = "file"    // as the path of a file that holds the value
)

// ArtifactType is what a file that a job left is for. GitLab may send others than those named here.
type ArtifactType string

// Types of artifacts.
const (
	ArtifactArchive              ArtifactType = "archive"
	ArtifactMetadata             ArtifactType = "metadata"
	ArtifactTrace                ArtifactType = "trace"
	ArtifactJUnit                ArtifactType = "junit"
	ArtifactSAST                 ArtifactType = "sast"
	ArtifactDependencyScanning   ArtifactType = "dependency_scanning"
	ArtifactContainerScanning    ArtifactType = "container_scanning"
	ArtifactDAST                 ArtifactType = "dast"
	ArtifactCodeQuality          ArtifactType = "codequality"
	ArtifactLicenseScanning      ArtifactType = "license_scanning"
	ArtifactPerformance          ArtifactType = "performance"
	ArtifactMetrics              ArtifactType = "metrics"
	ArtifactMetricsReferee       ArtifactType = "metrics_referee"
	ArtifactNetworkReferee       ArtifactType = "network_referee"
	ArtifactLSIF                 ArtifactType = "lsif"
	ArtifactDotenv               ArtifactType = "dotenv"
	ArtifactCobertura            ArtifactType = "cobertura"
	ArtifactTerraform            ArtifactType = "terraform"
	ArtifactAccessibility        ArtifactType = "accessibility"
	ArtifactClusterApplications  ArtifactType = "cluster_applications"
	ArtifactSecretDetection      ArtifactType = "secret_detection"
	ArtifactRequirements         ArtifactType = "requirements"
	ArtifactCoverageFuzzing      ArtifactType = "coverage_fuzzing"
	ArtifactBrowserPerformance   ArtifactType = "browser_performance"
	ArtifactLoadPerformance      ArtifactType = "load_performance"
	ArtifactAPIFuzzing           ArtifactType = "api_fuzzing"
	ArtifactClusterImageScanning ArtifactType = "cluster_image_scanning"
	ArtifactCycloneDX            ArtifactType = "cyclonedx"
	ArtifactRequirementsV2       ArtifactType = "requirements_v2"
	ArtifactAnnotations          ArtifactType = "annotations"
	ArtifactRepositoryXray       ArtifactType = "repository_xray"
	ArtifactJaCoCo               ArtifactType = "jacoco"
	ArtifactSARIF                ArtifactType = "sarif"
)

// ArtifactFormat is how a file that a job left is packed.
type ArtifactFormat string

// Formats of artifacts.
const (
	ArtifactFormatRaw  ArtifactFormat = "raw"
	ArtifactFormatZip  ArtifactFormat = "zip"
	ArtifactFormatGzip ArtifactFormat = "gzip"
)

// A Runner runs jobs. Lists leave out some of the fields; [RunnersService.Get] fills them all.
type Runner struct {
	ID                 int64                    `json:"id"`
	UUID               string                   `json:"uuid"` // as in the logs of jobs and runners; of newer versions, and not within jobs
	Description        string                   `json:"description"`
	Name               string                   `json:"name"`
	RunnerType         RunnerType               `json:"runner_type"`
	Status             RunnerStatus             `json:"status"`
	JobExecutionStatus RunnerJobExecutionStatus `json:"job_execution_status"`
	Paused             bool                     `json:"paused"`
	Active             bool                     `json:"active"` // the opposite of Paused, which replaces it
	Online             bool                     `json:"online"` // see Status, which replaces it
	IsShared           bool                     `json:"is_shared"`
	IPAddress          string                   `json:"ip_address"` // of older versions; see [RunnersService.Managers]
	CreatedAt          time.Time                `json:"created_at,omitzero"`
	CreatedBy          *UserBasic               `json:"created_by,omitzero"` // nil for a runner that was registered

	TagList         []string          `json:"tag_list"`
	RunUntagged     bool              `json:"run_untagged"`
	Locked          bool              `json:"locked"`          // to its projects
	MaximumTimeout  Seconds           `json:"maximum_timeout"` // of a job; 0 is no limit
	AccessLevel     RunnerAccessLevel `json:"access_level"`
	ContactedAt     time.Time         `json:"contacted_at,omitzero"`
	MaintenanceNote string            `json:"maintenance_note"`
	Version         string            `json:"version"`      // of older versions; see [RunnersService.Managers]
	Revision        string            `json:"revision"`     // of older versions; see [RunnersService.Managers]
	Platform        string            `json:"platform"`     // of older versions; see [RunnersService.Managers]
	Architecture    string            `json:"architecture"` // of older versions; see [RunnersService.Managers]
	Token           Secret            `json:"token"`        // of very old versions
	Projects        []RunnerProject   `json:"projects"`     // of project runners
	Groups          []GroupBasic      `json:"groups"`       // of group runners
}

func (r *Runner) identity() identity { return byID(r.ID) }

// RunnerManager is one machine or process that runs jobs for a runner.
type RunnerManager struct {
	ID                 int64                    `json:"id"`
	SystemID           string                   `json:"system_id"`
	Version            string                   `json:"version"`
	Revision           string                   `json:"revision"`
	Platform           string                   `json:"platform"`
	Architecture       string                   `json:"architecture"`
	IPAddress          string                   `json:"ip_address"`
	Status             RunnerStatus             `json:"status"`
	JobExecutionStatus RunnerJobExecutionStatus `json:"job_execution_status"`
	CreatedAt          time.Time                `json:"created_at,omitzero"`
	ContactedAt        time.Time                `json:"contacted_at,omitzero"`
}

func (m *RunnerManager) identity() identity { return byID(m.ID) }

// RunnerProject is a project that a runner serves.
type RunnerProject = ProjectBasic

// RunnerType is whom a runner serves: the whole instance, a group, or chosen projects.
type RunnerType string

// Types of runners.
const (
	RunnerTypeInstance RunnerType = "instance_type"
	RunnerTypeGroup    RunnerType = "group_type"
	RunnerTypeProject  RunnerType = "project_type"
)

// RunnerStatus is how recently a runner contacted GitLab.
type RunnerStatus string

// States of a runner.
const (
	RunnerOnline         RunnerStatus = "online"
	RunnerOffline        RunnerStatus = "offline" // as a filter: stale ones too
	RunnerStale          RunnerStatus = "stale"
	RunnerNeverContacted RunnerStatus = "never_contacted"
	RunnerActive         RunnerStatus = "active" // of older versions: not paused
	RunnerPaused         RunnerStatus = "paused" // of older versions
)

// RunnerJobExecutionStatus is whether a runner runs a job just now.
type RunnerJobExecutionStatus string

// Whether a runner runs a job.
const (
	RunnerJobExecutionIdle   RunnerJobExecutionStatus = "idle"
	RunnerJobExecutionActive RunnerJobExecutionStatus = "active"
)

// RunnerAccessLevel is for which refs a runner takes jobs.
type RunnerAccessLevel string

// Access levels of a runner.
const (
	RunnerAccessLevelNotProtected RunnerAccessLevel = "not_protected" // all
	RunnerAccessLevelRefProtected RunnerAccessLevel = "ref_protected" // protected branches and tags only
)

// EnvironmentBasic is an environment, in the short form that GitLab sends within other things.
type EnvironmentBasic struct {
	ID          int64     `json:"id"`
	Name        string    `json:"name"` // as in "review/fix-foo"
	Slug        string    `json:"slug"` // the name, made fit for a host's name
	ExternalURL string    `json:"external_url"`
	CreatedAt   time.Time `json:"created_at,omitzero"`
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
}
