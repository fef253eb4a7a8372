package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// What keeps a version from the catalog: there is no release of it, or it is there already.
func TestVersionsThatAreNotPublished(t *testing.T) {
	inBubble(t, nil, func(l *live) {
		publish := func() error {
			_, err := l.client.Catalog.Publish(l.Context(), liveApp, &gitlabci.PublishVersionOptions{
				Version: "1.0.0", Metadata: map[string]any{"components": []any{}},
			})
			return err
		}
		err := publish()
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrCatalogPublish)

		l.srv.AddTag(liveApp, "1.0.0")
		l.srv.AddRelease(liveApp, "1.0.0")
		require.NoError(l, publish())
		require.ErrorIs(l, publish(), gitlabci.ErrUnprocessable)
	})
}
