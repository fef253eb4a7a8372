package gitlabcitest

import (
	"fmt"

	"github.com/gitlabci/gitlabci"
)

// deploymentEntity is GitLab's entity Deployment.
type deploymentEntity struct {
	ID          int64                     `json:"id"`
	IID         int64                     `json:"iid"`
	Ref         string                    `json:"ref"`
	SHA         string                    `json:"sha"`
	CreatedAt   *string                   `json:"created_at"`
	UpdatedAt   *string                   `json:"updated_at"`
	User        *basicUser                `json:"user"`
	Environment *basicEnvironment         `json:"environment,omitzero"` // absent within an environment
	Deployable  *fullJob                  `json:"deployable"`
	Status      gitlabci.DeploymentStatus `json:"status"`
}

// fullDeployment is GitLab's entity DeploymentExtended.
type fullDeployment struct {
	deploymentEntity
	PendingApprovalCount int64            `json:"pending_approval_count"`
	Approvals            []approvalEntity `json:"approvals"`
	ApprovalSummary      *approvalSummary `json:"approval_summary,omitzero"` // absent where there are no rules
}

type approvalEntity struct {
	User      *basicUser `json:"user"`
	Status    string     `json:"status"`
	CreatedAt *string    `json:"created_at"`
	Comment   *string    `json:"comment"`
}

type approvalSummary struct {
	Rules []approvalRuleSummary `json:"rules"`
}

type approvalRuleSummary struct {
	approvalRuleEntity
	DeploymentApprovals []approvalEntity `json:"deployment_approvals"`
}

func (c *call) showDeployment(d *deployment) deploymentEntity {
	shown := deploymentEntity{
		ID: d.id, IID: d.iid, Ref: d.ref, SHA: d.commit.sha, CreatedAt: stamp(d.createdAt), UpdatedAt: stamp(d.updatedAt),
		User: c.showBasicUser(d.user), Environment: new(c.showBasicEnvironment(d.environment)), Status: d.status,
	}
	if d.job != nil {
		shown.Deployable = new(c.showJob(d.job))
	}
	return shown
}

func (c *call) showFullDeployment(d *deployment) fullDeployment {
	full := fullDeployment{
		deploymentEntity: c.showDeployment(d), PendingApprovalCount: d.pendingApprovals(), Approvals: shown(d.approvals, c.showApproval),
	}
	if rules := d.environment.rules(); len(rules) > 0 {
		full.ApprovalSummary = &approvalSummary{shown(rules, func(r boundRule) approvalRuleSummary {
			return approvalRuleSummary{showApprovalRule(r.grantee), shown(d.approvalsBy(r.id), c.showApproval)}
		})}
	}
	return full
}

func (c *call) showApproval(a *approval) approvalEntity {
	answer := "rejected"
	if a.approved {
		answer = "approved"
	}
	return approvalEntity{User: c.showBasicUser(a.user), Status: answer, CreatedAt: stamp(a.createdAt), Comment: optional(a.comment)}
}

// deployedMergeRequest is the part that the stand-in knows of GitLab's entity MergeRequestBasic.
type deployedMergeRequest struct {
	ID              int64                      `json:"id"`
	IID             int64                      `json:"iid"`
	ProjectID       int64                      `json:"project_id"`
	Title           string                     `json:"title"`
	State           gitlabci.MergeRequestState `json:"state"`
	CreatedAt       *string                    `json:"created_at"`
	UpdatedAt       *string                    `json:"updated_at"`
	MergedBy        *basicUser                 `json:"merged_by"`
	MergeUser       *basicUser                 `json:"merge_user"`
	MergedAt        *string                    `json:"merged_at"`
	TargetBranch    string                     `json:"target_branch"`
	SourceBranch    string                     `json:"source_branch"`
	Author          *basicUser                 `json:"author"`
	Assignees       []*basicUser               `json:"assignees"`
	Reviewers       []*basicUser               `json:"reviewers"`
	SourceProjectID int64                      `json:"source_project_id"`
	TargetProjectID int64                      `json:"target_project_id"`
	Labels          []string                   `json:"labels"`
	SHA             string                     `json:"sha"`
	MergeCommitSHA  string                     `json:"merge_commit_sha"`
	Reference       string                     `json:"reference"`
	References      deployedReferences         `json:"references"`
	WebURL          string                     `json:"web_url"`
}

type deployedReferences struct {
	Short    string `json:"short"`
	Relative string `json:"relative"`
	Full     string `json:"full"`
}

func (c *call) showDeployedMergeRequest(p *project, mr *mergeRequest) deployedMergeRequest {
	short := fmt.Sprintf("!%d", mr.iid)
	by := c.showBasicUser(mr.mergedBy)
	return deployedMergeRequest{
		ID: mr.id, IID: mr.iid, ProjectID: p.id, Title: mr.title, State: mr.state, CreatedAt: stamp(mr.createdAt), UpdatedAt: stamp(mr.mergedAt),
		MergedBy: by, MergeUser: by, MergedAt: stamp(mr.mergedAt), TargetBranch: mr.target, SourceBranch: mr.source,
		Author: c.showBasicUser(mr.author), Assignees: []*basicUser{}, Reviewers: []*basicUser{}, SourceProjectID: p.id, TargetProjectID: p.id,
		Labels: []string{}, SHA: mr.commit.sha, MergeCommitSHA: mr.mergeCommit.sha,
		Reference: short, References: deployedReferences{short, short, p.path + short}, WebURL: c.mergeRequestURL(p, mr),
	}
}
