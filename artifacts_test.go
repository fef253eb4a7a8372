package gitlabci_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// Artifacts of a ref are those of its latest successful pipeline: one that failed since is passed over, and without any there is nothing.
func TestArtifactsOfARef(t *testing.T) {
	jobs := []gitlabcitest.Job{{Name: "build", Artifacts: map[string]string{"out/app.txt": "version 1"}}}
	inBubble(t, jobs, func(l *live) {
		file := func() (string, error) {
			body, err := l.client.Artifacts.FileByRef(l.Context(), liveApp, "main", "build", "out/app.txt", nil)
			if err != nil {
				return "", err
			}
			defer body.Close()
			text, err := io.ReadAll(body)
			return string(text), err
		}
		_, err := file()
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrArtifactsGet)

		l.start()
		time.Sleep(time.Minute)
		text, err := file()
		require.NoError(l, err)
		require.Equal(l, "version 1", text)

		l.srv.Define(liveApp, gitlabcitest.Job{Name: "build", Fails: 1})
		l.start()
		time.Sleep(time.Minute)
		text, err = file()
		require.NoError(l, err)
		require.Equal(l, "version 1", text)

		_, err = l.client.Artifacts.FileByRef(l.Context(), liveApp, "main", "build", "out/other.txt", nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
	})
}
