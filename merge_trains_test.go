package gitlabci_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// What GitLab answers with the status of a success although it refused.
func TestNotRemovedFromAMergeTrain(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"message":"Can't cancel the automatic merge","status":"error","http_status":406}`, "\ufeff" + `{"status":"error","message":"Can't cancel the automatic merge"}`,
	} {
		sent := 0
		client := through(t, func(r *http.Request) (*http.Response, error) {
			sent++
			return answerTo(r, http.StatusCreated, body, "X-Request-Id: 01ABC"), nil
		})
		err := client.MergeTrains.Remove(t.Context(), wireApp, 8)
		require.EqualError(t, err, "gitlabci: remove from merge train: POST /projects/group%2Fapp/merge_requests/8/cancel_merge_when_pipeline_succeeds: "+
			"201 Created: Can't cancel the automatic merge (request 01ABC)")
		require.ErrorIs(t, err, gitlabci.ErrMergeTrainRemove)
		require.ErrorIs(t, err, gitlabci.ErrConflict)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		require.NotErrorIs(t, err, gitlabci.ErrDecode)
		require.Equal(t, body, string(failureOf(t, err).Body))
		require.Equal(t, 1, sent)
	}
	for body, fine := range map[string]bool{"": true, "null": true, "201": true, `{"status":"success"}`: true, `{"id":273,"state":"opened"}`: true, `{"status":"er`: false, "[]": false} {
		client := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, http.StatusCreated, body), nil })
		err := client.MergeTrains.Remove(t.Context(), wireApp, 8)
		require.Equal(t, fine, err == nil, "%s: %v", body, err)
		require.Equal(t, !fine, errors.Is(err, gitlabci.ErrOutcomeUnknown), body)
	}
}
