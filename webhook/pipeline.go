package webhook

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/format"
)

// A Pipeline is sent whenever the status of a pipeline has changed, but not when one is created. GitLab composes it some time later, when the
// status may be yet another one. Pipelines that others start send events of their own, from the hooks of their projects.
type Pipeline struct {
	PipelineAttributes `json:"object_attributes"`

	MergeRequest   *PipelineMergeRequest `json:"merge_request,omitzero"` // nil unless it runs for one
	User           *User                 `json:"user,omitzero"`
	Project        Project               `json:"project"`
	Commit         *Commit               `json:"commit,omitzero"`          // nil where it is gone
	Jobs           []PipelineJob         `json:"builds"`                   // the latest of each name, in no order, without trigger jobs
	Bridges        []PipelineJob         `json:"bridges"`                  // the trigger jobs; newer versions send them, behind a feature flag
	SourcePipeline *SourcePipeline       `json:"source_pipeline,omitzero"` // what started it; nil unless that was a pipeline
}

// PipelineAttributes are what a [Pipeline] is itself.
type PipelineAttributes struct {
	ID             int64                       `json:"id"`
	IID            int64                       `json:"iid"`              // counted per project
	RootPipelineID int64                       `json:"root_pipeline_id"` // the topmost in its project; newer versions send it, behind a feature flag
	Name           string                      `json:"name"`
	Ref            string                      `json:"ref"`             // a branch or tag; the source branch for merge requests
	RefStatusName  string                      `json:"ref_status_name"` // of all pipelines of the ref, as in still_failing
	Tag            bool                        `json:"tag"`
	ProtectedRef   bool                        `json:"protected_ref"`
	DefaultBranch  bool                        `json:"default_branch"` // whether it runs for the default branch; newer versions send it
	SHA            string                      `json:"sha"`
	BeforeSHA      string                      `json:"before_sha"` // zeros for none
	Source         gitlabci.PipelineSource     `json:"source"`
	Status         gitlabci.PipelineStatus     `json:"status"`
	DetailedStatus string                      `json:"detailed_status"` // in words, as in passed
	Stages         []string                    `json:"stages"`
	CreatedAt      time.Time                   `json:"created_at,omitzero"`
	FinishedAt     time.Time                   `json:"finished_at,omitzero"`
	Duration       gitlabci.Seconds            `json:"duration"`
	QueuedDuration gitlabci.Seconds            `json:"queued_duration"`
	Variables      []gitlabci.PipelineVariable `json:"variables"` // what it was started with; GitLab sends their values in clear
	URL            string                      `json:"url"`
}

// PipelineMergeRequest is the merge request that a pipeline runs for.
type PipelineMergeRequest struct {
	ID                  int64                      `json:"id"`
	IID                 int64                      `json:"iid"` // counted per project
	Title               string                     `json:"title"`
	SourceBranch        string                     `json:"source_branch"`
	SourceProjectID     int64                      `json:"source_project_id"` // 0 where the fork is gone
	TargetBranch        string                     `json:"target_branch"`
	TargetProjectID     int64                      `json:"target_project_id"`
	State               gitlabci.MergeRequestState `json:"state"`
	MergeStatus         string                     `json:"merge_status"` // deprecated by GitLab for DetailedMergeStatus
	DetailedMergeStatus string                     `json:"detailed_merge_status"`
	URL                 string                     `json:"url"`
}

// PipelineJob is a job of a [Pipeline], or a trigger job.
type PipelineJob struct {
	ID             int64                  `json:"id"`
	Stage          string                 `json:"stage"`
	Name           string                 `json:"name"`
	Status         gitlabci.JobStatus     `json:"status"`
	CreatedAt      time.Time              `json:"created_at,omitzero"`
	StartedAt      time.Time              `json:"started_at,omitzero"`
	FinishedAt     time.Time              `json:"finished_at,omitzero"`
	Duration       gitlabci.Seconds       `json:"duration"`
	QueuedDuration gitlabci.Seconds       `json:"queued_duration"`
	FailureReason  gitlabci.FailureReason `json:"failure_reason"` // empty unless it failed
	When           gitlabci.JobWhen       `json:"when"`
	Manual         bool                   `json:"manual"` // whether it waits to be played, or for its time
	AllowFailure   bool                   `json:"allow_failure"`
	Bridge         bool                   `json:"bridge"` // whether it is a trigger job
	User           *User                  `json:"user,omitzero"`
	Runner         *Runner                `json:"runner,omitzero"` // nil until there is one
	ArtifactsFile  ArtifactsFile          `json:"artifacts_file"`
	Environment    *JobEnvironment        `json:"environment,omitzero"` // nil for none
}

// ArtifactsFile is the archive of a job's artifacts, without a name if there is none.
type ArtifactsFile struct {
	Filename string `json:"filename"`
	Size     int64  `json:"size"` // in bytes
}

func (p *Pipeline) projectID() int64 { return p.Project.ID }
func (p *Pipeline) settle() error    { return requireID(p.ID) }

func (p *Pipeline) about() []slog.Attr {
	return []slog.Attr{
		slog.String("project", p.Project.PathWithNamespace), slog.Int64("pipeline_id", p.ID), slog.String("status", string(p.Status)),
		slog.String("ref", p.Ref), slog.String("sha", p.SHA), slog.String("source", string(p.Source)),
	}
}

// Format hides the values of the variables, whatever the verb.
func (p Pipeline) Format(f fmt.State, _ rune) { format.Struct(f, p) }

// LogValue returns what tells the pipeline from others.
func (p Pipeline) LogValue() slog.Value { return slog.GroupValue(p.about()...) }

// Format hides the values of the variables, whatever the verb.
func (a PipelineAttributes) Format(f fmt.State, _ rune) { format.Struct(f, a) }

// LogValue returns what tells the pipeline from others.
func (a PipelineAttributes) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("pipeline_id", a.ID), slog.String("status", string(a.Status)), slog.String("ref", a.Ref))
}
