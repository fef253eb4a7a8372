package gitlabcitest

import "github.com/gitlabci/gitlabci"

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
