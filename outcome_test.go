package gitlabci_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// Outcomes that a test of a user makes are like those of a wait.
func TestOutcomesThatAUserMakes(t *testing.T) {
	failed, canceled := &gitlabci.Pipeline{ID: 7, Status: gitlabci.PipelineFailed}, &gitlabci.Pipeline{ID: 8, Status: gitlabci.PipelineCanceled}
	good := &gitlabci.Pipeline{ID: 9, Status: gitlabci.PipelineSuccess}
	unit := &gitlabci.Job{ID: 3, Name: "unit\x1b[31m", Status: gitlabci.JobFailed, FailureReason: gitlabci.FailureReasonScript}
	for _, test := range []struct {
		err  error
		is   error
		text string
	}{
		{&gitlabci.PipelineError{Pipeline: failed, FailedJobs: []*gitlabci.Job{unit}}, gitlabci.ErrPipelineFailed, "gitlabci: pipeline 7 failed: unit [31m (script_failure)"},
		{&gitlabci.PipelineError{Pipeline: good, Downstream: canceled}, gitlabci.ErrPipelineCanceled, "gitlabci: pipeline 8 canceled"},
		{&gitlabci.PipelineError{Pipeline: &gitlabci.Pipeline{ID: 1, Status: gitlabci.PipelineSkipped}}, gitlabci.ErrPipelineSkipped, "gitlabci: pipeline 1 skipped"},
		{&gitlabci.PipelineError{Pipeline: &gitlabci.Pipeline{ID: 1, Status: gitlabci.PipelineManual}}, gitlabci.ErrPipelineBlocked, "gitlabci: pipeline 1 blocked by a manual job"},
		{&gitlabci.PipelineError{Pipeline: good}, nil, "gitlabci: pipeline 9 success"},
		{new(gitlabci.PipelineError), nil, "gitlabci: pipeline did not succeed"},
		{&gitlabci.JobError{Job: unit}, gitlabci.ErrJobFailed, "gitlabci: job 3 (unit [31m) failed: script_failure"},
		{&gitlabci.JobError{Job: &gitlabci.Job{ID: 4, Name: "a", Status: gitlabci.JobManual}}, gitlabci.ErrJobBlocked, "gitlabci: job 4 (a) waits to be played"},
		{&gitlabci.JobError{Job: &gitlabci.Job{ID: 4, Name: "a", Status: "dozing"}}, nil, "gitlabci: job 4 (a) dozing"},
		{new(gitlabci.JobError), nil, "gitlabci: job did not succeed"},
	} {
		wrapped := fmt.Errorf("deploy: %w", test.err)
		require.EqualError(t, test.err, test.text)
		require.NotPanics(t, func() { errors.Is(wrapped, gitlabci.ErrPipelineFailed) })
		if test.is != nil {
			require.ErrorIs(t, wrapped, test.is)
		} else {
			require.NoError(t, errors.Unwrap(test.err))
		}
	}
}
