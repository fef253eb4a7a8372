package gitlabci_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// The name of a secure file is its own in a project, and what is deleted is gone.
func TestNamesOfSecureFiles(t *testing.T) {
	inBubble(t, nil, func(l *live) {
		create := func() (*gitlabci.SecureFile, error) {
			return l.client.SecureFiles.Create(l.Context(), liveApp, &gitlabci.CreateSecureFileOptions{Name: "key.p12", File: strings.NewReader("a key")})
		}
		file, err := create()
		require.NoError(l, err)
		_, err = create()
		require.ErrorIs(l, err, gitlabci.ErrBadRequest)
		require.ErrorIs(l, err, gitlabci.ErrSecureFileCreate)
		require.Contains(l, failureOf(l, err).Fields, "name")

		require.NoError(l, l.client.SecureFiles.Delete(l.Context(), liveApp, file.ID))
		_, err = l.client.SecureFiles.Download(l.Context(), liveApp, file.ID)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrSecureFileGet)
		files, err := l.client.SecureFiles.List(l.Context(), liveApp, nil).Collect()
		require.NoError(l, err)
		require.Empty(l, files)
	})
}
