package gitlabci_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A commit has no latest pipeline until there is one; and a pipeline has neither variables nor reports that it was not given.
func TestAPipelineOfNothing(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "build"}}, func(l *live) {
		_, err := l.client.Pipelines.Latest(l.Context(), liveApp, nil)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.ErrorIs(l, err, gitlabci.ErrPipelineGet)

		id := l.start()
		latest, err := l.client.Pipelines.Latest(l.Context(), liveApp, nil)
		require.NoError(l, err)
		require.Equal(l, id, latest.ID)
		variables, err := l.client.Pipelines.Variables(l.Context(), liveApp, id)
		require.NoError(l, err)
		require.Empty(l, variables)
		report, err := l.client.Pipelines.TestReport(l.Context(), liveApp, id)
		require.NoError(l, err)
		require.Zero(l, report.TotalCount)
		played, err := l.client.Pipelines.Play(l.Context(), liveApp, id, nil)
		require.NoError(l, err)
		require.Empty(l, played, "it has no manual job")
	})
}

// A pipeline of no branch is refused, with the reason.
func TestAPipelineThatIsRefused(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "build"}}, func(l *live) {
		_, err := l.client.Pipelines.Create(l.Context(), liveApp, &gitlabci.CreatePipelineOptions{Ref: "nowhere"})
		require.ErrorIs(l, err, gitlabci.ErrBadRequest)
		require.ErrorIs(l, err, gitlabci.ErrPipelineCreate)
		require.NotErrorIs(l, err, gitlabci.ErrOutcomeUnknown)
		require.NotEmpty(l, failureOf(l, err).Fields["base"])
	})
}

// GitLab creates a pipeline for a merge request later, if it is told so, and then there is nothing to tell of it yet.
func TestAPipelineThatIsYetToCome(t *testing.T) {
	t.Parallel()
	for body, fine := range map[string]bool{"": true, " \n": true, "null": true, "202": true, `"202"`: true, `{"error":"invalid_token"}`: false, "203": false, "{}": false} {
		for _, status := range []int{http.StatusAccepted, http.StatusCreated} {
			client := through(t, func(r *http.Request) (*http.Response, error) {
				return answerTo(r, status, body, "Content-Type: application/json"), nil
			})
			pipeline, err := client.Pipelines.CreateForMergeRequest(t.Context(), wireApp, 8, &gitlabci.CreateMergeRequestPipelineOptions{Async: true})
			if fine && status == http.StatusAccepted {
				require.NoError(t, err, body)
				require.Equal(t, &gitlabci.Pipeline{}, pipeline)
			} else {
				require.ErrorIs(t, err, gitlabci.ErrDecode, "%d %s", status, body)
				require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown, "%d %s", status, body)
				require.Nil(t, pipeline)
			}
		}
	}
}
