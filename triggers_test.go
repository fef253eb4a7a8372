package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A trigger token is all that starting a pipeline needs; one that is not the project's is not found, and not told.
func TestTriggerTokens(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "build"}}, func(l *live) {
		trigger, err := l.client.Triggers.Create(l.Context(), liveApp, &gitlabci.CreateTriggerOptions{Description: "from outside"})
		require.NoError(l, err)
		anonymous := l.client.WithAuth(gitlabci.Anonymous())
		run := func(token gitlabci.Secret, ref string) error {
			_, err := anonymous.Triggers.Run(l.Context(), liveApp, &gitlabci.RunTriggerOptions{Token: token, Ref: ref})
			return err
		}
		require.NoError(l, run(trigger.Token, "main"))
		err = run(trigger.Token, "nowhere")
		require.ErrorIs(l, err, gitlabci.ErrBadRequest)
		requireSecret(l, string(trigger.Token), err)
		err = run("glptt-somebody-elses", "main")
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrTriggerRun)
		requireSecret(l, "glptt-somebody-elses", err)

		require.NoError(l, l.client.Triggers.Delete(l.Context(), liveApp, trigger.ID))
		_, err = l.client.Triggers.Get(l.Context(), liveApp, trigger.ID)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
	})
}
