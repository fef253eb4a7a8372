package gitlabcitest

import "github.com/gitlabci/gitlabci"

// jobStatuses are all statuses of a job.
var jobStatuses = []gitlabci.JobStatus{
	gitlabci.JobCreated, gitlabci.JobWaitingForResource, gitlabci.JobPreparing, gitlabci.JobWaitingForCallback, gitlabci.JobPending,
	gitlabci.JobRunning, gitlabci.JobSuccess, gitlabci.JobFailed, gitlabci.JobCanceling, gitlabci.JobCanceled, gitlabci.JobSkipped,
	gitlabci.JobManual, gitlabci.JobScheduled,
}

// cancelable reports whether a job of this status is canceled along with its pipeline.
func cancelable(s gitlabci.JobStatus) bool {
	return !s.Finished() && s != gitlabci.JobManual && s != gitlabci.JobCanceling
}

// Two values that only the composite status knows: a failure that is allowed, and a manual job that nobody waits for.
const (
	statusWarning = "success_with_warnings"
	statusIgnored = "ignored"
)

// composite is the status that jobs have together. Without jobs it is empty, which counts as success. A job that needs others looks
// at them with forNeeds: one of them skipped or left to be played by hand makes the whole count as skipped.
func composite(jobs []*job, forNeeds bool) gitlabci.JobStatus {
	if len(jobs) == 0 {
		return ""
	}
	found := make(map[gitlabci.JobStatus]bool, 4)
	for _, j := range jobs {
		switch {
		case j.allowFailure && (j.status == gitlabci.JobFailed || j.status == gitlabci.JobCanceled):
			found[statusWarning] = true
		case j.allowFailure && j.status == gitlabci.JobManual:
			found[statusIgnored] = true
		default:
			found[j.status] = true
		}
	}
	only := func(allowed ...gitlabci.JobStatus) bool {
		n := 0
		for _, s := range allowed {
			if found[s] {
				n++
			}
		}
		return n == len(found)
	}
	switch {
	case forNeeds && (found[gitlabci.JobSkipped] || found[statusIgnored]):
		return gitlabci.JobSkipped
	case only(gitlabci.JobSkipped, statusIgnored):
		return gitlabci.JobSkipped
	case only(gitlabci.JobSuccess, gitlabci.JobSkipped, statusWarning, statusIgnored):
		return gitlabci.JobSuccess
	case only(gitlabci.JobCreated, statusWarning, statusIgnored):
		return gitlabci.JobCreated
	case only(gitlabci.JobPreparing, statusWarning, statusIgnored):
		return gitlabci.JobPreparing
	case only(gitlabci.JobCanceled, gitlabci.JobSuccess, gitlabci.JobSkipped, statusWarning, statusIgnored):
		return gitlabci.JobCanceled
	case only(gitlabci.JobPending, gitlabci.JobCreated, gitlabci.JobSkipped, statusWarning, statusIgnored):
		return gitlabci.JobPending
	case found[gitlabci.JobRunning] || found[gitlabci.JobPending]:
		return gitlabci.JobRunning
	}
	for _, s := range []gitlabci.JobStatus{
		gitlabci.JobWaitingForResource, gitlabci.JobWaitingForCallback, gitlabci.JobManual, gitlabci.JobScheduled, gitlabci.JobPreparing,
	} {
		if found[s] {
			return s
		}
	}
	switch {
	case found[gitlabci.JobCreated]:
		return gitlabci.JobRunning
	case found[gitlabci.JobCanceling]:
		return gitlabci.JobCanceling
	}
	return gitlabci.JobFailed
}
