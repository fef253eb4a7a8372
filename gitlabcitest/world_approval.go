package gitlabcitest

import (
	"slices"
	"time"

	"github.com/gitlabci/gitlabci"
)

// approval is what somebody said to a deployment.
type approval struct {
	user      *user
	rule      int64 // id
	approved  bool
	comment   string
	createdAt time.Time
}

// pendingApprovals is how many approvals are missing, each rule counted by itself.
func (d *deployment) pendingApprovals() int64 {
	if d.status != gitlabci.DeploymentBlocked {
		return 0
	}
	var pending int64
	for _, rule := range d.environment.rules() {
		given := slices.DeleteFunc(d.approvalsBy(rule.id), func(a *approval) bool { return !a.approved })
		pending += max(rule.required-int64(len(given)), 0)
	}
	return pending
}

// approvalsBy are the answers given by a rule.
func (d *deployment) approvalsBy(rule int64) []*approval {
	return slices.DeleteFunc(slices.Clone(d.approvals), func(a *approval) bool { return a.rule != rule })
}

// awaitsApproval reports whether the job may not be played yet.
func (j *job) awaitsApproval() bool {
	return j.status == gitlabci.JobManual && j.deployment != nil && j.deployment.pendingApprovals() > 0
}

// refuseApproval returns GitLab's reason why somebody cannot approve or reject a deployment, empty when they can.
func (d *deployment) refuseApproval(by *user, approved bool, representedAs string) string {
	e := d.environment
	switch {
	case len(e.protections()) == 0:
		return "This environment is not protected."
	case approved && d.user == by && !e.project.AllowPipelineTriggerApproveDeployment:
		return "You cannot approve your own deployment. This configuration can be adjusted in the protected environment settings."
	case !e.needsApproval():
		return "Deployment approvals is not configured for this environment."
	case d.pendingApprovals() == 0:
		return "This deployment is not waiting for approvals."
	case e.ruleFor(by, "") == nil:
		return "You don't have permission to approve this deployment. Contact the project or group owner for help."
	case e.ruleFor(by, representedAs) == nil:
		return "There are no approval rules for the given `represent_as` parameter. Use a valid User/Group/Role name instead."
	}
	return ""
}

// approve takes somebody's answer to a deployment. A rejection fails the job; after the last approval the job still has to be played.
func (w *world) approve(d *deployment, by *user, approved bool, comment, representedAs string) (*approval, error) {
	if reason := d.refuseApproval(by, approved, representedAs); reason != "" {
		return nil, refuse(reason)
	}
	rule := d.environment.ruleFor(by, representedAs)
	i := slices.IndexFunc(d.approvals, func(a *approval) bool { return a.user == by && a.rule == rule.id })
	if i < 0 {
		i = len(d.approvals)
		d.approvals = append(d.approvals, &approval{user: by, rule: rule.id, approved: approved, comment: comment, createdAt: w.now})
	}
	given := d.approvals[i]
	if given.approved != approved {
		given.approved, given.comment = approved, comment
	}
	if !approved && d.job != nil {
		w.end(d.job, gitlabci.JobFailed, gitlabci.FailureReasonDeploymentRejected)
		w.process(d.job.pipeline)
	}
	return given, nil
}
