package gitlabcitest

import "slices"

// status is the state of a job or a pipeline.
type status string

const (
	statusCreated            status = "created"
	statusWaitingForResource status = "waiting_for_resource"
	statusPreparing          status = "preparing"
	statusWaitingForCallback status = "waiting_for_callback"
	statusPending            status = "pending"
	statusRunning            status = "running"
	statusSuccess            status = "success"
	statusFailed             status = "failed"
	statusCanceling          status = "canceling"
	statusCanceled           status = "canceled"
	statusSkipped            status = "skipped"
	statusManual             status = "manual"
	statusScheduled          status = "scheduled"
)

var (
	completedStatuses  = []status{statusSuccess, statusFailed, statusCanceled, statusSkipped}
	activeStatuses     = []status{statusWaitingForResource, statusPreparing, statusWaitingForCallback, statusPending, statusRunning}
	cancelableStatuses = append([]status{statusCreated, statusScheduled}, activeStatuses...)
)

// statusNames are all statuses, as parameters name them.
var statusNames = []string{
	"created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "success", "failed", "canceling",
	"canceled", "skipped", "manual", "scheduled",
}

func (s status) completed() bool  { return slices.Contains(completedStatuses, s) }
func (s status) cancelable() bool { return slices.Contains(cancelableStatuses, s) }

// Two values that only the composite status knows: a failure that is allowed, and a manual job that nobody waits for.
const (
	statusWarning status = "success_with_warnings"
	statusIgnored status = "ignored"
)

// composite is the status that jobs have together. Without jobs it is empty, which counts as success. A job that needs others looks
// at them with forNeeds: one of them skipped or left to be played by hand makes the whole count as skipped.
func composite(jobs []*job, forNeeds bool) status {
	if len(jobs) == 0 {
		return ""
	}
	found := make(map[status]bool, 4)
	for _, j := range jobs {
		switch {
		case j.allowFailure && (j.status == statusFailed || j.status == statusCanceled):
			found[statusWarning] = true
		case j.allowFailure && j.status == statusManual:
			found[statusIgnored] = true
		default:
			found[j.status] = true
		}
	}
	only := func(allowed ...status) bool {
		n := 0
		for _, s := range allowed {
			if found[s] {
				n++
			}
		}
		return n == len(found)
	}
	switch {
	case forNeeds && (found[statusSkipped] || found[statusIgnored]):
		return statusSkipped
	case only(statusSkipped, statusIgnored):
		return statusSkipped
	case only(statusSuccess, statusSkipped, statusWarning, statusIgnored):
		return statusSuccess
	case only(statusCreated, statusWarning, statusIgnored):
		return statusCreated
	case only(statusPreparing, statusWarning, statusIgnored):
		return statusPreparing
	case only(statusCanceled, statusSuccess, statusSkipped, statusWarning, statusIgnored):
		return statusCanceled
	case only(statusPending, statusCreated, statusSkipped, statusWarning, statusIgnored):
		return statusPending
	case found[statusRunning] || found[statusPending]:
		return statusRunning
	}
	for _, s := range []status{statusWaitingForResource, statusWaitingForCallback, statusManual, statusScheduled, statusPreparing} {
		if found[s] {
			return s
		}
	}
	switch {
	case found[statusCreated]:
		return statusRunning
	case found[statusCanceling]:
		return statusCanceling
	}
	return statusFailed
}
