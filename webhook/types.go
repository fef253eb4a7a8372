package webhook

import (
	"time"

	"github.com/gitlabci/gitlabci"
)

// Project is the project that an event is about.
type Project struct {
	ID                int64  `json:"id"`
	Name              string `json:"name"`
	Description       string `json:"description"`
	WebURL            string `json:"web_url"`
	AvatarURL         string `json:"avatar_url"`
	GitSSHURL         string `json:"git_ssh_url"`
	GitHTTPURL        string `json:"git_http_url"`
	Namespace         string `json:"namespace"`        // its name, not its path
	VisibilityLevel   int    `json:"visibility_level"` // 0 is private, 10 internal, 20 public
	PathWithNamespace string `json:"path_with_namespace"`
	DefaultBranch     string `json:"default_branch"`
	CIConfigPath      string `json:"ci_config_path"`
	Homepage          string `json:"homepage"` // deprecated by GitLab for WebURL
	URL               string `json:"url"`      // deprecated by GitLab for GitSSHURL
	SSHURL            string `json:"ssh_url"`  // deprecated by GitLab for GitSSHURL
	HTTPURL           string `json:"http_url"` // deprecated by GitLab for GitHTTPURL
}

// User is who did what an event is about.
type User struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Username  string `json:"username"`
	AvatarURL string `json:"avatar_url"`
	Email     string `json:"email"` // [REDACTED], in these letters, for users without a public address
}

// Runner is the runner of a job.
type Runner struct {
	ID          int64               `json:"id"`
	Description string              `json:"description"`
	RunnerType  gitlabci.RunnerType `json:"runner_type"`
	Active      bool                `json:"active"` // the opposite of what the API calls paused
	IsShared    bool                `json:"is_shared"`
	Tags        []string            `json:"tags"`
}

// JobEnvironment is what a job does to an environment.
type JobEnvironment struct {
	Name           string                   `json:"name"`
	Action         string                   `json:"action"`          // start, prepare, stop, verify or access
	DeploymentTier gitlabci.EnvironmentTier `json:"deployment_tier"` // of a pipeline's jobs; empty until the environment is there
}

// SourcePipeline is the pipeline that started another one.
type SourcePipeline struct {
	Project    SourceProject `json:"project"`
	PipelineID int64         `json:"pipeline_id"`
	JobID      int64         `json:"job_id"`    // 0 if a trigger job started it
	BridgeID   int64         `json:"bridge_id"` // the trigger job; newer versions send it, behind a feature flag
}

// SourceProject is the project of a [SourcePipeline].
type SourceProject struct {
	ID                int64  `json:"id"`
	WebURL            string `json:"web_url"`
	PathWithNamespace string `json:"path_with_namespace"`
}

// Commit is the commit that a pipeline runs for.
type Commit struct {
	ID        string       `json:"id"` // its SHA
	Message   string       `json:"message"`
	Title     string       `json:"title"`
	Timestamp time.Time    `json:"timestamp,omitzero"`
	URL       string       `json:"url"`
	Author    CommitAuthor `json:"author"`
}

// CommitAuthor is who wrote a commit, as the commit says.
type CommitAuthor struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}
