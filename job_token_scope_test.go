package gitlabci_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// The allowlists are changed below the id of a project alone.
func TestAllowlistsOfAProjectByPath(t *testing.T) {
	t.Parallel()
	client := through(t, func(*http.Request) (*http.Response, error) { panic("something was sent") })
	for _, err := range []error{
		ignore(client.JobTokenScope.AddProject(t.Context(), app, 7)),
		client.JobTokenScope.RemoveProject(t.Context(), app, 7),
		ignore(client.JobTokenScope.AddGroup(t.Context(), app, 9)),
		client.JobTokenScope.RemoveGroup(t.Context(), app, 9),
	} {
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorContains(t, err, `GitLab takes no path here: name the project "group/app" with ProjectID`)
	}
}
