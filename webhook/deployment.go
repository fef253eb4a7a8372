package webhook

import (
	"log/slog"
	"path"
	"time"

	"github.com/gitlabci/gitlabci"
)

// A Deployment is sent when a deployment starts, has ended or is blocked, and when somebody approves or rejects it. It has
// [gitlabci.DeploymentRunning], Success, Failed, Canceled or Blocked for a status, or one of the two below. Its status is that of the event
// and not, as with pipelines, one of later.
type Deployment struct {
	ID              int64                     `json:"deployment_id"`
	Status          gitlabci.DeploymentStatus `json:"status"`
	StatusChangedAt time.Time                 `json:"status_changed_at,omitzero"`

	Environment            string                   `json:"environment"` // its name
	EnvironmentTier        gitlabci.EnvironmentTier `json:"environment_tier"`
	EnvironmentSlug        string                   `json:"environment_slug"`
	EnvironmentExternalURL string                   `json:"environment_external_url"`

	JobID       int64               `json:"deployable_id"` // 0 for one created by a call
	JobURL      string              `json:"deployable_url"`
	Ref         string              `json:"ref"` // empty in the versions that are known
	ShortSHA    string              `json:"short_sha"`
	CommitURL   string              `json:"commit_url"`
	CommitTitle string              `json:"commit_title"`
	Project     Project             `json:"project"`
	User        *User               `json:"user,omitzero"`
	UserURL     string              `json:"user_url"`
	Approver    *User               `json:"approver,omitzero"` // of DeploymentApproved and DeploymentRejected; nil for the others
	Approval    *DeploymentApproval `json:"approval,omitzero"` // of DeploymentApproved and DeploymentRejected; nil for the others
}

// What else the events of a deployment tell. A rejection fails the deployment, with another event.
const (
	DeploymentApproved gitlabci.DeploymentStatus = "approved"
	DeploymentRejected gitlabci.DeploymentStatus = "rejected"
)

// DeploymentApproval is what somebody said to a deployment that waits for approval.
type DeploymentApproval struct {
	ID           int64                             `json:"id"`
	Status       gitlabci.DeploymentApprovalStatus `json:"status"`
	Comment      string                            `json:"comment"`
	CreatedAt    time.Time                         `json:"created_at,omitzero"`
	ApprovalRule *gitlabci.ApprovalRule            `json:"approval_rule,omitzero"` // nil where the environment has no rules
}

// SHA returns the whole SHA of the commit, from its URL, or the short one where the commit is gone.
func (d *Deployment) SHA() string {
	if d.CommitURL == "" {
		return d.ShortSHA
	}
	return path.Base(d.CommitURL)
}

func (d *Deployment) projectID() int64 { return d.Project.ID }

// settle accepts deployments without an id, which old versions send, if it says where to.
func (d *Deployment) settle() error {
	if d.Environment == "" {
		return requireID(d.ID)
	}
	return nil
}

func (d *Deployment) about() []slog.Attr {
	return []slog.Attr{
		slog.String("project", d.Project.PathWithNamespace), slog.Int64("deployment_id", d.ID), slog.String("environment", d.Environment),
		slog.String("status", string(d.Status)), slog.Int64("job_id", d.JobID), slog.String("sha", d.SHA()),
	}
}
