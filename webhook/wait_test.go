package webhook_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
	"github.com/gitlabci/gitlabci/webhook"
)

// TestHubWakesAWait: a wait of hours ends a moment after GitLab has delivered the event of its pipeline's end.
func TestHubWakesAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := gitlabcitest.New()
		defer srv.Close()
		client := srv.Client()
		app := srv.AddProject("group/app", gitlabcitest.Job{Name: "build", Duration: 2 * time.Hour})
		var hub webhook.Hub
		receiver, err := webhook.Handler("of-a-hook", hub.Publish)
		require.NoError(t, err)

		pipeline, err := client.Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.NoError(t, err)
		end := time.Now().Add(2*time.Hour + 200*time.Millisecond)
		time.AfterFunc(time.Until(end), func() {
			body := fmt.Sprintf(`{"object_kind":"pipeline","object_attributes":{"id":%d,"status":"success","ref":"main"},"project":{"id":1}}`, pipeline.ID)
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Gitlab-Event", "Pipeline Hook")
			r.Header.Set("X-Gitlab-Token", "of-a-hook")
			w := httptest.NewRecorder()
			receiver.ServeHTTP(w, r)
			require.Equal(t, http.StatusNoContent, w.Code, w.Body)
		})
		pipeline, err = client.Pipelines.Wait(t.Context(), app, pipeline.ID, &gitlabci.WaitOptions{Events: &hub})
		require.NoError(t, err)
		require.Equal(t, gitlabci.PipelineSuccess, pipeline.Status)
		require.WithinDuration(t, end, time.Now(), 2*time.Second)
		require.Less(t, len(srv.Requests()), 2*60/2, "a poll every three minutes, for what may be lost")
	})
}
