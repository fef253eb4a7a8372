package gitlabcitest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gitlabci/gitlabci"
)

func TestComposite(t *testing.T) {
	// A status with an exclamation mark is that of a job allowed to fail.
	tests := []struct {
		jobs          string
		whole, needed gitlabci.JobStatus
	}{
		{"", "", ""},
		{"success", "success", "success"},
		{"success success", "success", "success"},
		{"success skipped", "success", "skipped"},
		{"skipped skipped", "skipped", "skipped"},
		{"skipped manual!", "skipped", "skipped"},
		{"success manual!", "success", "skipped"},
		{"success failed!", "success", "success"},
		{"success canceled!", "success", "success"},
		{"failed!", "success", "success"},
		{"created created", "created", "created"},
		{"created failed!", "created", "created"},
		{"created manual!", "created", "skipped"},
		{"created success", "running", "running"},
		{"preparing preparing", "preparing", "preparing"},
		{"preparing created", "preparing", "preparing"},
		{"canceled success", "canceled", "canceled"},
		{"canceled skipped success", "canceled", "skipped"},
		{"canceled failed", "failed", "failed"},
		{"pending created", "pending", "pending"},
		{"pending skipped", "pending", "skipped"},
		{"pending success", "running", "running"},
		{"running failed", "running", "running"},
		{"waiting_for_resource success", "waiting_for_resource", "waiting_for_resource"},
		{"waiting_for_resource manual", "waiting_for_resource", "waiting_for_resource"},
		{"waiting_for_callback success", "waiting_for_callback", "waiting_for_callback"},
		{"manual success", "manual", "manual"},
		{"manual created", "manual", "manual"},
		{"manual scheduled", "manual", "manual"},
		{"manual canceled", "manual", "manual"},
		{"scheduled success", "scheduled", "scheduled"},
		{"preparing success", "preparing", "preparing"},
		{"created failed", "running", "running"},
		{"canceling success", "canceling", "canceling"},
		{"canceling failed", "canceling", "canceling"},
		{"failed success", "failed", "failed"},
		{"failed skipped", "failed", "skipped"},
	}
	for _, test := range tests {
		var jobs []*job
		for word := range strings.FieldsSeq(test.jobs) {
			name, allowed := strings.CutSuffix(word, "!")
			jobs = append(jobs, &job{status: gitlabci.JobStatus(name), allowFailure: allowed})
		}
		assert.Equal(t, test.whole, composite(jobs, false), test.jobs)
		assert.Equal(t, test.needed, composite(jobs, true), "needs: %s", test.jobs)
	}
}

func TestPipelineEvents(t *testing.T) {
	tests := []struct{ from, to, becomes gitlabci.PipelineStatus }{
		{gitlabci.PipelineCreated, gitlabci.PipelinePending, gitlabci.PipelinePending},
		{gitlabci.PipelineManual, gitlabci.PipelinePending, gitlabci.PipelinePending},
		{gitlabci.PipelineSkipped, gitlabci.PipelinePending, gitlabci.PipelinePending},
		{gitlabci.PipelineRunning, gitlabci.PipelinePending, gitlabci.PipelineRunning},
		{gitlabci.PipelineSuccess, gitlabci.PipelinePending, gitlabci.PipelineRunning},
		{gitlabci.PipelineFailed, gitlabci.PipelinePending, gitlabci.PipelineRunning},
		{gitlabci.PipelineCanceled, gitlabci.PipelinePending, gitlabci.PipelineRunning},
		{gitlabci.PipelineRunning, gitlabci.PipelineCreated, gitlabci.PipelineRunning},
		{gitlabci.PipelineSuccess, gitlabci.PipelineFailed, gitlabci.PipelineFailed},
	}
	for _, test := range tests {
		w := newWorld()
		p := &pipeline{project: &project{}, status: test.from}
		w.setStatus(p, test.to)
		assert.Equal(t, test.becomes, p.status, "%s and then %s", test.from, test.to)
	}
}
