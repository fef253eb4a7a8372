package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A controller decides for all runners of the instance or for some, never for both.
func TestScopesOfARunnerController(t *testing.T) {
	inBubble(t, nil, func(l *live) {
		_, err := l.client.RunnerControllers.Get(l.Context(), 1)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrRunnerControllerGet)

		controller, err := l.client.RunnerControllers.Create(l.Context(), nil)
		require.NoError(l, err)
		_, err = l.client.RunnerControllers.AddInstance(l.Context(), controller.ID)
		require.NoError(l, err)
		_, err = l.client.RunnerControllers.AddInstance(l.Context(), controller.ID)
		require.ErrorIs(l, err, gitlabci.ErrConflict)
		_, err = l.client.RunnerControllers.AddRunner(l.Context(), controller.ID, l.srv.AddRunner(gitlabcitest.Runner{Description: "linux"}))
		require.ErrorIs(l, err, gitlabci.ErrConflict)
		require.ErrorIs(l, err, gitlabci.ErrRunnerControllerUpdate)

		scopes, err := l.client.RunnerControllers.Scopes(l.Context(), controller.ID)
		require.NoError(l, err)
		require.Len(l, scopes.InstanceLevelScopings, 1)
		require.Empty(l, scopes.RunnerLevelScopings)
	})
}

// GitLab shows a controller's token once; what is rotated is gone.
func TestTokensOfARunnerController(t *testing.T) {
	inBubble(t, nil, func(l *live) {
		controller, err := l.client.RunnerControllers.Create(l.Context(), nil)
		require.NoError(l, err)
		created, err := l.client.RunnerControllers.CreateToken(l.Context(), controller.ID, nil)
		require.NoError(l, err)
		require.NotEmpty(l, created.Token)
		requireSecret(l, string(created.Token), created)
		read, err := l.client.RunnerControllers.GetToken(l.Context(), controller.ID, created.ID)
		require.NoError(l, err)
		require.Empty(l, read.Token)

		rotated, err := l.client.RunnerControllers.RotateToken(l.Context(), controller.ID, created.ID)
		require.NoError(l, err)
		require.NotEqual(l, created.Token, rotated.Token)
		_, err = l.client.RunnerControllers.GetToken(l.Context(), controller.ID, created.ID)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrRunnerControllerTokenGet)
	})
}
