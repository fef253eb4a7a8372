package gitlabci_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// TestNullOfOptions tests that what 0 takes away is sent as null, whatever way the options are encoded.
func TestNullOfOptions(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]any{
		`{"cluster_agent_id":null}`:               gitlabci.UpdateEnvironmentOptions{ClusterAgentID: new(int64(0))},
		`{"cluster_agent_id":7}`:                  gitlabci.UpdateEnvironmentOptions{ClusterAgentID: new(int64(7))},
		`{"ci_delete_pipelines_in_seconds":null}`: gitlabci.UpdateProjectSettingsOptions{CIDeletePipelinesInSeconds: new(gitlabci.Seconds(0))},
	} {
		text, err := json.Marshal(options)
		require.NoError(t, err)
		require.JSONEq(t, want, string(text))
	}
}
