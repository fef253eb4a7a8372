package webhook

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/gitlabci/gitlabci"
)

// A Job is sent when a job is created, waits for a runner, starts to run and has ended in success, failure or canceled. None is sent for
// manual, scheduled, skipped and trigger jobs.
type Job struct {
	ID             int64                  `json:"build_id"`
	Name           string                 `json:"build_name"`
	Stage          string                 `json:"build_stage"`
	Status         gitlabci.JobStatus     `json:"build_status"`
	CreatedAt      time.Time              `json:"build_created_at,omitzero"`
	StartedAt      time.Time              `json:"build_started_at,omitzero"`
	FinishedAt     time.Time              `json:"build_finished_at,omitzero"`
	CreatedAtISO   time.Time              `json:"build_created_at_iso,omitzero"`  // as CreatedAt; zero in older versions
	StartedAtISO   time.Time              `json:"build_started_at_iso,omitzero"`  // as StartedAt; zero in older versions
	FinishedAtISO  time.Time              `json:"build_finished_at_iso,omitzero"` // as FinishedAt; zero in older versions
	Duration       gitlabci.Seconds       `json:"build_duration"`
	QueuedDuration gitlabci.Seconds       `json:"build_queued_duration"`
	AllowFailure   bool                   `json:"build_allow_failure"`
	FailureReason  gitlabci.FailureReason `json:"build_failure_reason"` // empty unless it failed
	RetriesCount   int                    `json:"retries_count"`        // how many of its name were retried; behind a feature flag

	PipelineID     int64           `json:"pipeline_id"`
	Ref            string          `json:"ref"` // a branch or tag
	Tag            bool            `json:"tag"`
	SHA            string          `json:"sha"`
	BeforeSHA      string          `json:"before_sha"` // zeros for none
	ProjectID      int64           `json:"project_id"`
	ProjectName    string          `json:"project_name"` // with the names of its groups, as in "Tools / Release"
	Project        Project         `json:"project"`      // only its ID in older versions
	User           *User           `json:"user,omitzero"`
	Commit         JobCommit       `json:"commit"`
	Repository     Repository      `json:"repository"`
	Runner         *Runner         `json:"runner,omitzero"`          // nil until there is one
	Environment    *JobEnvironment `json:"environment,omitzero"`     // nil for none; without its tier
	SourcePipeline *SourcePipeline `json:"source_pipeline,omitzero"` // what started its pipeline; nil unless that was a pipeline
}

// JobCommit is a mixture of a job's commit and of its pipeline.
type JobCommit struct {
	PipelineID    int64                   `json:"id"`
	Name          string                  `json:"name"` // of the pipeline
	SHA           string                  `json:"sha"`
	Message       string                  `json:"message"`
	AuthorName    string                  `json:"author_name"`
	AuthorEmail   string                  `json:"author_email"`
	AuthorURL     string                  `json:"author_url"`
	Status        gitlabci.PipelineStatus `json:"status"`   // of the pipeline
	Duration      gitlabci.Seconds        `json:"duration"` // of the pipeline
	StartedAt     time.Time               `json:"started_at,omitzero"`
	FinishedAt    time.Time               `json:"finished_at,omitzero"`
	StartedAtISO  time.Time               `json:"started_at_iso,omitzero"`  // as StartedAt; zero in older versions
	FinishedAtISO time.Time               `json:"finished_at_iso,omitzero"` // as FinishedAt; zero in older versions
}

// Repository is a project as GitLab wrote one before there was [Project], which replaces it.
type Repository struct {
	Name            string `json:"name"`
	URL             string `json:"url"`
	Description     string `json:"description"`
	Homepage        string `json:"homepage"`
	GitHTTPURL      string `json:"git_http_url"`
	GitSSHURL       string `json:"git_ssh_url"`
	VisibilityLevel int    `json:"visibility_level"`
}

// WebURL returns the address of the job's page, which GitLab does not send, or "" if that of its project did not come either.
func (j *Job) WebURL() string {
	page := j.Project.WebURL
	if page == "" {
		page = j.Repository.Homepage
	}
	if page == "" {
		return ""
	}
	return page + "/-/jobs/" + strconv.FormatInt(j.ID, 10)
}

func (j *Job) projectID() int64 { return j.ProjectID }

// settle prefers the times that are in UTC whatever zone the instance is in, and clears the reason that GitLab sends for jobs that did not
// fail.
func (j *Job) settle() error {
	for _, pair := range [][2]*time.Time{
		{&j.CreatedAt, &j.CreatedAtISO}, {&j.StartedAt, &j.StartedAtISO}, {&j.FinishedAt, &j.FinishedAtISO},
		{&j.Commit.StartedAt, &j.Commit.StartedAtISO}, {&j.Commit.FinishedAt, &j.Commit.FinishedAtISO},
	} {
		if !pair[1].IsZero() {
			*pair[0] = *pair[1]
		}
	}
	if j.Status != gitlabci.JobFailed {
		j.FailureReason = ""
	}
	if j.Project.ID == 0 {
		j.Project.ID = j.ProjectID
	}
	return requireID(j.ID)
}

func (j *Job) about() []slog.Attr {
	return []slog.Attr{
		slog.String("project", j.projectPath()), slog.Int64("job_id", j.ID), slog.String("name", j.Name), slog.String("status", string(j.Status)),
		slog.Int64("pipeline_id", j.PipelineID), slog.String("ref", j.Ref), slog.String("sha", j.SHA),
	}
}

func (j *Job) projectPath() string {
	if j.Project.PathWithNamespace != "" {
		return j.Project.PathWithNamespace
	}
	return j.ProjectName
}
