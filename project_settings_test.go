package gitlabci_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// The bounds of settings, both ends of which are within.
func TestBoundsOfProjectSettings(t *testing.T) {
	t.Parallel()
	for _, o := range []*gitlabci.UpdateProjectSettingsOptions{
		{CIDefaultGitDepth: new(0)}, {CIDefaultGitDepth: new(1000)}, {BuildTimeout: 600}, {BuildTimeout: 2_629_745},
		{CIDeletePipelinesInSeconds: new(gitlabci.Seconds(0))}, {CIDeletePipelinesInSeconds: new(gitlabci.Seconds(86_400))}, {CIDeletePipelinesInSeconds: new(gitlabci.Seconds(3 * 31_556_952))},
	} {
		client := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, http.StatusOK, `{"id":1}`), nil })
		_, err := client.ProjectSettings.Update(t.Context(), wireApp, o)
		require.NoError(t, err)
	}
}

func TestNoSettingOrControllerPrintsASecret(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"ProjectSettings":        gitlabci.ProjectSettings{ID: 1, RunnersToken: hush},
		"*ProjectSettings":       &gitlabci.ProjectSettings{ID: 1, RunnersToken: hush},
		"RunnerControllerToken":  gitlabci.RunnerControllerToken{ID: 1, Token: hush},
		"*RunnerControllerToken": &gitlabci.RunnerControllerToken{ID: 1, Token: hush},
	} {
		t.Run(name, func(t *testing.T) { requireSecret(t, hush, value) })
	}
}
