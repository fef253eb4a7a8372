package gitlabcitest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTestReports(t *testing.T) {
	inBubble(t, func(r *rig) {
		withArtifacts(r)
		report := r.get("/projects/1/pipelines/1/test_report").is(200).object()
		require.Equal(t, 3.0, report["total_count"])
		require.Equal(t, 1.0, report["failed_count"])
		suite := report["test_suites"].([]any)[0].(map[string]any)
		require.Equal(t, "a", suite["name"])
		require.Equal(t, "by zero", suite["test_cases"].([]any)[1].(map[string]any)["system_output"])
		summary := r.get("/projects/1/pipelines/1/test_report_summary").is(200).object()
		require.Equal(t, 1.0, summary["total"].(map[string]any)["skipped"])
		require.Equal(t, []any{1.0}, summary["test_suites"].([]any)[0].(map[string]any)["build_ids"])
	})
}
