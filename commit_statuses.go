package gitlabci

import (
	"context"
	"time"
)

// CommitStatusesService manages the statuses of commits: those of jobs, and those that other systems report.
//
// GitLab docs: https://docs.gitlab.com/api/commits/#commit-status
type CommitStatusesService service

// A CommitStatus is how a job, or something outside GitLab, stands for a commit.
type CommitStatus struct {
	ID           int64     `json:"id"`
	SHA          string    `json:"sha"`
	Ref          string    `json:"ref"`
	Status       JobStatus `json:"status"`
	Name         string    `json:"name"`
	TargetURL    string    `json:"target_url"`
	Description  string    `json:"description"`
	CreatedAt    time.Time `json:"created_at,omitzero"`
	StartedAt    time.Time `json:"started_at,omitzero"`
	FinishedAt   time.Time `json:"finished_at,omitzero"`
	AllowFailure bool      `json:"allow_failure"`
	Coverage     *float64  `json:"coverage,omitzero"` // in percent; nil if there is none
	PipelineID   int64     `json:"pipeline_id"`
	Author       UserBasic `json:"author"`
}

func (s *CommitStatus) identity() identity { return byID(s.ID) }

// CommitStatusOrder is what a list of commit statuses is ordered by.
type CommitStatusOrder string

// Orders of a list of commit statuses.
const (
	CommitStatusOrderID         CommitStatusOrder = "id"
	CommitStatusOrderPipelineID CommitStatusOrder = "pipeline_id"
)

// ListCommitStatusesOptions say which statuses of a commit to list. A zero field leaves none out.
type ListCommitStatusesOptions struct {
	ListOptions
	Ref        string            `url:"ref,omitempty"`
	Stage      string            `url:"stage,omitempty"` // "external" for those that were reported
	Name       string            `url:"name,omitempty"`
	PipelineID int64             `url:"pipeline_id,omitempty"`
	All        bool              `url:"all,omitempty"`      // also those that a later one of the same name replaced
	OrderBy    CommitStatusOrder `url:"order_by,omitempty"` // by ID if empty
	Sort       Sort              `url:"sort,omitempty"`     // ascending if empty
}

// SetCommitStatusOptions say how something outside GitLab stands for a commit.
type SetCommitStatusOptions struct {
	State       JobStatus `json:"state"` // required: pending, running, success, failed, canceled or skipped
	Ref         string    `json:"ref,omitzero"`
	Name        string    `json:"name,omitzero"`    // of what reports; "default" if empty
	Context     string    `json:"context,omitzero"` // another name of Name
	TargetURL   string    `json:"target_url,omitzero"`
	Description string    `json:"description,omitzero"`
	Coverage    *float64  `json:"coverage,omitzero"`    // in percent
	PipelineID  int64     `json:"pipeline_id,omitzero"` // where the commit has several; the latest if 0
}

func (o *SetCommitStatusOptions) validate() error { return required("State", string(o.State)) }

var (
	listCommitStatuses = get("list commit statuses", "/projects/:id/repository/commits/:sha/statuses", ErrCommitStatusList)
	setCommitStatus    = post("set commit status", "/projects/:id/statuses/:sha", ErrCommitStatusSet)
)

func commitPath(project Project, sha string) path {
	return path{project.name, name("commit SHA", sha)}
}

// List lists the statuses of a commit, the oldest first: of all jobs of its pipelines, and those that were reported. A commit without
// pipelines has none. The SHA has to be in full.
//
//	GET /projects/:id/repository/commits/:sha/statuses
//
// Its errors match [ErrCommitStatusList], and [ErrNotFound] where there is no such commit.
//
// GitLab docs: https://docs.gitlab.com/api/commits/#list-commit-statuses
func (s *CommitStatusesService) List(ctx context.Context, project Project, sha string, options *ListCommitStatusesOptions, opts ...RequestOption) Seq[CommitStatus] {
	return list[CommitStatus](ctx, s.engine, listCommitStatuses, commitPath(project, sha), options, opts)
}

// Set reports the status of a commit: it creates one of that name, or changes the caller's own that has not ended yet. A commit without a
// pipeline gets one. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/statuses/:sha
//
// Its errors match [ErrCommitStatusSet], [ErrNotFound] where there is no such commit, [ErrBadRequest] where the state is the one
// that it has already, [ErrForbidden] on a protected branch that the caller may not push to, [ErrUnprocessable] where the pipeline has
// too many jobs, and [ErrConflict] while another report for the commit is under way.
//
// GitLab docs: https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
func (s *CommitStatusesService) Set(ctx context.Context, project Project, sha string, options *SetCommitStatusOptions, opts ...RequestOption) (*CommitStatus, error) {
	return do[CommitStatus](ctx, s.engine, setCommitStatus, commitPath(project, sha), options, opts)
}
