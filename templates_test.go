package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// The templates that come with GitLab need no token; those of a project are among what it can use.
func TestTemplatesWithoutAToken(t *testing.T) {
	inBubble(t, nil, func(l *live) {
		anonymous := l.client.WithAuth(gitlabci.Anonymous())
		template, err := anonymous.Templates.Get(l.Context(), "Go")
		require.NoError(l, err)
		require.NotEmpty(l, template.Content)
		_, err = anonymous.Templates.Get(l.Context(), "Abacus")
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrTemplateGet)
		_, err = anonymous.Templates.ListForProject(l.Context(), liveApp, nil).Collect()
		require.ErrorIs(l, err, gitlabci.ErrTemplateList)
	})
}
