package gitlabcitest

import (
	"slices"
	"time"

	"github.com/gitlabci/gitlabci"
)

// deployment is one commit put onto an environment.
type deployment struct {
	id, iid     int64
	environment *environment
	job         *job // nil for one made by a call
	user        *user
	ref         string
	tag         bool
	commit      *commit
	status      gitlabci.DeploymentStatus

	createdAt, updatedAt, finishedAt time.Time

	approvals     []*approval
	mergeRequests []*mergeRequest // that it brought along, by id
}

// addDeployment completes a deployment and adds it.
func (w *world) addDeployment(e *environment, d deployment) *deployment {
	w.deploymentIDs++
	e.project.deploymentIIDs++
	d.id, d.iid, d.environment, d.status = w.deploymentIDs, e.project.deploymentIIDs, e, gitlabci.DeploymentCreated
	d.createdAt, d.updatedAt = w.now, w.now
	e.deployments = append(e.deployments, &d)
	e.project.deployments = append(e.project.deployments, &d)
	return &d
}

// deleteDeployment leaves its job alone, which is one without a deployment then.
func (w *world) deleteDeployment(d *deployment) {
	isIt := func(other *deployment) bool { return other == d }
	if d.job != nil {
		d.job.deployment = nil
	}
	e := d.environment
	e.deployments = slices.DeleteFunc(e.deployments, isIt)
	e.project.deployments = slices.DeleteFunc(e.project.deployments, isIt)
}

func (d *deployment) finished() bool {
	return d.status == gitlabci.DeploymentSuccess || d.status == gitlabci.DeploymentFailed || d.status == gitlabci.DeploymentCanceled
}

// admits reports whether a deployment can have a status after the one that it has.
func (d *deployment) admits(next gitlabci.DeploymentStatus) bool {
	switch next {
	case gitlabci.DeploymentRunning:
		return d.status == gitlabci.DeploymentCreated || d.status == gitlabci.DeploymentBlocked
	case gitlabci.DeploymentBlocked:
		return d.status == gitlabci.DeploymentCreated
	case gitlabci.DeploymentCreated:
		return d.status == gitlabci.DeploymentSkipped
	}
	return d.status != next
}

// setDeployment brings a deployment into a status, with what follows from it. False says that it cannot have that now.
func (w *world) setDeployment(d *deployment, s gitlabci.DeploymentStatus) bool {
	if !d.admits(s) {
		return false
	}
	d.status, d.updatedAt = s, w.now
	if d.finished() {
		d.finishedAt = w.now
	}
	if s == gitlabci.DeploymentSuccess {
		w.deployed(d)
	}
	return true
}

// followJob brings the deployment of a job to where the job is. Deployments do not tell waiting jobs apart.
func (w *world) followJob(j *job) {
	if j.deployment == nil {
		return
	}
	switch j.status {
	case gitlabci.JobManual:
		w.setDeployment(j.deployment, gitlabci.DeploymentBlocked)
	case gitlabci.JobCreated, gitlabci.JobRunning, gitlabci.JobSuccess, gitlabci.JobFailed, gitlabci.JobCanceled, gitlabci.JobSkipped:
		w.setDeployment(j.deployment, gitlabci.DeploymentStatus(j.status))
	}
}

// deployed is what a success does to the environment.
func (w *world) deployed(d *deployment) {
	e := d.environment
	d.linkMergeRequests()
	w.setState(e, gitlabci.EnvironmentAvailable)
	if d.job == nil {
		return
	}
	spec := d.job.spec
	if spec.EnvironmentURL != "" {
		e.externalURL = d.job.expand(spec.EnvironmentURL)
	}
	if spec.EnvironmentTier != "" {
		e.tier = spec.EnvironmentTier
	}
	w.autoStopAfter(e, spec.AutoStopIn)
}

// linkMergeRequests finds the merge requests that came with a deployment: those merged since the one before, or all into its ref if it is
// the first. GitLab leaves review apps and the like out.
func (d *deployment) linkMergeRequests() {
	e := d.environment
	if e.folder() != "" && e.tier != gitlabci.EnvironmentTierProduction && e.tier != gitlabci.EnvironmentTierStaging {
		return
	}
	previous := d.previous()
	for _, mr := range e.project.mergeRequests {
		switch {
		case mr.mergedAt.IsZero() || slices.Contains(d.mergeRequests, mr):
		case previous == nil && mr.target == d.ref, previous != nil && mr.mergeCommit.between(previous.commit, d.commit):
			d.mergeRequests = append(d.mergeRequests, mr)
		}
	}
}

// previous is the newest success among the deployments made before this one.
func (d *deployment) previous() *deployment {
	for _, other := range slices.Backward(d.environment.deployments) {
		if other.id < d.id && other.status == gitlabci.DeploymentSuccess {
			return other
		}
	}
	return nil
}

// between reports whether a commit is part of the second one's history and not of the first one's.
func (c *commit) between(first, second *commit) bool {
	return c.before(second) && !c.before(first)
}

// before reports whether a commit is part of another one's history, which begins with itself.
func (c *commit) before(other *commit) bool {
	for ; other != nil; other = other.parent {
		if other == c {
			return true
		}
	}
	return false
}

// outdated reports whether the environment has a newer deployment of another commit. Unless the project says otherwise, GitLab does not let a job
// go back behind that.
func (j *job) outdated() bool {
	if j.deployment == nil || !j.project.settings.CIForwardDeploymentEnabled {
		return false
	}
	last := j.environment.lastDeployment()
	return last != nil && j.deployment.id < last.id && j.deployment.commit != last.commit
}
