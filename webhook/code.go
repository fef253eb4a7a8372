package webhook

import (
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

// A Push is sent when commits are pushed to a branch, or when a branch or tag is created or deleted, with the fields that CI/CD needs. A
// push to more than three branches or tags at once sends none.
type Push struct {
	Ref               string  `json:"ref"`          // in full, as in refs/heads/main
	Before            string  `json:"before"`       // a SHA; zeros if the ref is new
	After             string  `json:"after"`        // a SHA; zeros if the ref was deleted
	CheckoutSHA       string  `json:"checkout_sha"` // the commit; empty if the ref was deleted
	RefProtected      bool    `json:"ref_protected"`
	TotalCommitsCount int     `json:"total_commits_count"`
	UserID            int64   `json:"user_id"`
	UserUsername      string  `json:"user_username"`
	ProjectID         int64   `json:"project_id"`
	Project           Project `json:"project"`
}

const (
	branchPrefix = "refs/heads/"
	tagPrefix    = "refs/tags/"
)

// Branch returns the branch that was pushed to, or "" for a tag.
func (p *Push) Branch() string { return after(p.Ref, branchPrefix) }

// Tag returns the tag that was created or deleted, or "" for a branch.
func (p *Push) Tag() string { return after(p.Ref, tagPrefix) }

func after(ref, prefix string) string {
	name, found := strings.CutPrefix(ref, prefix)
	if !found {
		return ""
	}
	return name
}

// Deleted reports whether the branch or tag is gone.
func (p *Push) Deleted() bool { return p.After != "" && strings.Trim(p.After, "0") == "" }

func (p *Push) projectID() int64 { return p.ProjectID }

func (p *Push) settle() error {
	if p.Ref == "" {
		return errors.New("it has no ref")
	}
	return nil
}

func (p *Push) about() []slog.Attr {
	return []slog.Attr{slog.String("project", p.Project.PathWithNamespace), slog.String("ref", p.Ref), slog.String("sha", p.CheckoutSHA)}
}

// A MergeRequest is sent when a merge request is opened, changed, approved, merged or closed, with the fields that CI/CD needs. Project is
// that of its target.
type MergeRequest struct {
	MergeRequestAttributes `json:"object_attributes"`

	Project Project `json:"project"`
}

// MergeRequestAttributes are what a [MergeRequest] is itself.
type MergeRequestAttributes struct {
	ID              int64                      `json:"id"`
	IID             int64                      `json:"iid"` // counted per project
	SourceBranch    string                     `json:"source_branch"`
	SourceProjectID int64                      `json:"source_project_id"` // 0 where the fork is gone
	TargetBranch    string                     `json:"target_branch"`
	TargetProjectID int64                      `json:"target_project_id"`
	LastCommit      MergeRequestCommit         `json:"last_commit"`
	Action          string                     `json:"action"` // open, close, reopen, update, approved, unapproved, approval, unapproval or merge
	OldRev          string                     `json:"oldrev"` // what LastCommit was before; empty unless commits were pushed
	State           gitlabci.MergeRequestState `json:"state"`
	Draft           bool                       `json:"draft"`
	CreatedAt       time.Time                  `json:"created_at,omitzero"`
	HeadPipelineID  int64                      `json:"head_pipeline_id"` // 0 for none, and where GitLab does not say
	URL             string                     `json:"url"`
}

// MergeRequestCommit is the last commit of a merge request.
type MergeRequestCommit struct {
	ID string `json:"id"` // its SHA
}

func (m *MergeRequest) projectID() int64 { return m.Project.ID }
func (m *MergeRequest) settle() error    { return requireID(m.ID) }

func (m *MergeRequest) about() []slog.Attr {
	return []slog.Attr{
		slog.String("project", m.Project.PathWithNamespace), slog.Int64("merge_request_iid", m.IID), slog.String("action", m.Action),
		slog.String("state", string(m.State)), slog.String("sha", m.LastCommit.ID),
	}
}
