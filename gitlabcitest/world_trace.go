package gitlabcitest

import (
	"fmt"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

// trace is the log as it is now. It grows by whole lines while the job runs.
func (j *job) trace(now time.Time) string {
	if j.log != nil {
		return *j.log
	}
	if j.startedAt.IsZero() || j.bridge() {
		return ""
	}
	text := j.spec.Log
	if j.spec.FailLog != "" && (j.failing() || j.status == gitlabci.JobFailed) {
		text = j.spec.FailLog
	}
	if text == "" {
		text = j.defaultLog()
	}
	switch {
	case j.status == gitlabci.JobSuccess:
		return text
	case j.status == gitlabci.JobFailed:
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		return text + j.verdict() + "\n"
	}
	until := now
	if !j.stoppedAt.IsZero() {
		until = j.stoppedAt
	}
	lines := strings.SplitAfter(text, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	elapsed := min(until.Sub(j.startedAt), j.spec.Duration)
	shown := int(float64(len(lines)) * float64(elapsed) / float64(j.spec.Duration))
	return strings.Join(lines[:min(shown, len(lines))], "")
}

// verdict is what a runner writes last of a job that failed.
func (j *job) verdict() string {
	switch j.failureReason {
	case gitlabci.FailureReasonScript:
		return "ERROR: Job failed: exit code 1"
	case gitlabci.FailureReasonJobExecutionTimeout:
		return "ERROR: Job failed: execution took longer than 1h0m0s seconds"
	case gitlabci.FailureReasonRunnerSystem:
		return "ERROR: Job failed (system failure): the runner lost its executor"
	}
	return fmt.Sprintf("ERROR: Job failed (%s)", j.failureReason)
}

func (j *job) defaultLog() string {
	return fmt.Sprintf("Running with gitlab-runner 19.5.0\n"+
		"Fetching changes with git depth set to 20...\n"+
		"Checking out %s as detached HEAD (ref is %s)...\n"+
		"$ ./%s\n"+
		"Done\n", j.pipeline.commit.sha[:8], j.pipeline.ref, j.spec.Name)
}

// debugs reports whether the log may hold secrets, because CI_DEBUG_TRACE was set.
func (j *job) debugs() bool {
	for _, given := range [][]variable{j.variables, j.pipeline.variables} {
		for _, v := range given {
			if v.key == "CI_DEBUG_TRACE" && v.value == "true" {
				return true
			}
		}
	}
	return false
}
