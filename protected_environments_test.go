package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// An environment is protected once; the instance has none.
func TestEnvironmentThatIsProtected(t *testing.T) {
	inBubble(t, nil, func(l *live) {
		_, err := l.client.ProtectedEnvironments.Get(l.Context(), liveApp, "production")
		require.ErrorIs(l, err, gitlabci.ErrNotFound)

		protection := &gitlabci.CreateProtectedEnvironmentOptions{
			Name: "production", DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
		}
		_, err = l.client.ProtectedEnvironments.Create(l.Context(), liveApp, protection)
		require.NoError(l, err)
		_, err = l.client.ProtectedEnvironments.Create(l.Context(), liveApp, protection)
		require.ErrorIs(l, err, gitlabci.ErrConflict)
		require.ErrorIs(l, err, gitlabci.ErrProtectedEnvironmentCreate)

		require.NoError(l, l.client.ProtectedEnvironments.Delete(l.Context(), liveApp, "production"))
		protected, err := l.client.ProtectedEnvironments.List(l.Context(), liveApp, nil).Collect()
		require.NoError(l, err)
		require.Empty(l, protected)

		l.srv.ResetRequests()
		_, err = l.client.ProtectedEnvironments.List(l.Context(), gitlabci.Instance, nil).Collect()
		require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
		require.Empty(l, l.srv.Requests())
	})
}
