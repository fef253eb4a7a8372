package joblog_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/joblog"
)

func tail(t *testing.T, log string, n int) []string {
	t.Helper()
	lines, err := joblog.Tail(strings.NewReader(log), n)
	require.NoError(t, err)
	var got []string
	for _, line := range lines {
		got = append(got, line.Text)
	}
	return got
}

// stage is a section as the runner writes it.
func stage(name, title string, body ...string) string {
	return "section_start:1:" + name + eol + "\x1b[0K\x1b[36;1m" + title + "\x1b[0;m\x1b[0;m\n" +
		strings.Join(append(body, ""), "\n") + "section_end:2:" + name + eol + "\x1b[0K"
}

func TestTail(t *testing.T) {
	const failed = "\x1b[31;1mERROR: Job failed: exit code 1\n\x1b[0;m\n\x1b[0;m\n"
	prepare := stage("prepare_executor", "Preparing the executor", "Using Docker") + stage("get_sources", "Getting source", "Fetching", "Checking out")
	script := stage("step_script", "Executing", "$ make", "", "boom")
	cleanup := stage("cleanup_file_variables", "Cleaning up project directory and file based variables", "removing")

	tests := []struct {
		name, log string
		n         int
		want      []string
	}{
		{"empty", "", 5, nil},
		{"none wanted", "a\n", 0, nil},
		{"fewer wanted", "a\nb\n\nc\n", 2, []string{"b", "c"}},
		{"ring goes round", "a\nb\nc\nd\ne\n", 3, []string{"c", "d", "e"}},

		{"script failed", prepare + script + cleanup + failed, 10, []string{"$ make", "boom", "ERROR: Job failed: exit code 1"}},
		{"script failed, two lines", prepare + script + cleanup + failed, 2, []string{"boom", "ERROR: Job failed: exit code 1"}},
		{
			"everything that follows a failure",
			script + stage("after_script", "Running after_script", "$ true") + stage("archive_cache_on_failure", "Saving cache", "saved") +
				stage("upload_artifacts_on_failure", "Uploading artifacts for failed job", "ERROR: No files to upload") + cleanup + failed,
			10,
			[]string{"$ make", "boom", "ERROR: Job failed: exit code 1"},
		},
		{
			"preparation failed",
			stage("prepare_executor", "Preparing", "ok") + stage("get_sources", "Getting source", "fatal: unable to access") +
				stage("get_sources", "Getting source", "fatal: unable to access, again") + cleanup + failed,
			10,
			[]string{"fatal: unable to access, again", "ERROR: Job failed: exit code 1"},
		},
		{
			"executor failed",
			"Running with gitlab-runner\n" + stage("prepare_executor", "Preparing", "ERROR: Failed to pull image") +
				"\nERROR: Job failed (system failure): image not found\n\n",
			10,
			[]string{"ERROR: Failed to pull image", "ERROR: Job failed (system failure): image not found"},
		},
		{
			"upload failed",
			script + stage("archive_cache", "Saving cache", "saved") +
				stage("upload_artifacts_on_success", "Uploading artifacts for successful job", "Uploading artifacts...", "\x1b[31;1mERROR: Uploading artifacts... 413 too large", "FATAL: too large") +
				cleanup + failed,
			10,
			[]string{"$ make", "boom", "ERROR: Uploading artifacts... 413 too large", "FATAL: too large", "ERROR: Job failed: exit code 1"},
		},
		{
			"timed out",
			"section_start:1:step_script" + eol + "Executing\n$ sleep 9999\nWARNING: step_script could not run to completion\nsection_end:9:step_script" + eol +
				cleanup + "ERROR: Job failed: execution took longer than 1h0m0s seconds\n",
			10,
			[]string{"$ sleep 9999", "WARNING: step_script could not run to completion", "ERROR: Job failed: execution took longer than 1h0m0s seconds"},
		},
		{"succeeded", prepare + script + stage("upload_artifacts_on_success", "Uploading", "201 Created") + cleanup + "Job succeeded\n", 10, []string{"$ make", "boom", "Job succeeded"}},
		{"still running", prepare + "section_start:1:step_script" + eol + "Executing\n$ make\n", 10, []string{"$ make"}},
		{
			"sections of the script",
			"section_start:1:step_script" + eol + "Executing\n$ make\nsection_start:1:unit" + eol + "Unit tests\nboom\n" +
				"section_end:2:step_script" + eol + cleanup + failed,
			10,
			[]string{"$ make", "Unit tests", "boom", "ERROR: Job failed: exit code 1"},
		},
		{
			"no sections",
			"Running with gitlab-runner\nExecuting \"step_script\" stage of the job script\n$ make\nboom\nRunning after_script\n$ true\n" +
				"Uploading artifacts for failed job\nUploading artifacts...\nCleaning up project directory and file based variables\nERROR: Job failed: exit code 1\n",
			10,
			[]string{"$ make", "boom", "ERROR: Job failed: exit code 1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, tail(t, tt.log, tt.n))
		})
	}
}

func TestTailOfFailedLog(t *testing.T) {
	log, err := os.ReadFile("testdata/failed.log")
	require.NoError(t, err)
	assert.Equal(t, []string{
		"--- FAIL: TestTotal (0.00s)",
		"    total_test.go:31: total of 3 × 0.10 € is 0.30000000000000004 €, want 0.30 €",
		"FAIL",
		"FAIL\texample.com/app/cart\t0.006s",
		"ERROR: Job failed: exit code 1",
	}, tail(t, string(log), 5))
}
