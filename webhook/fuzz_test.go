package webhook_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/webhook"
)

// FuzzWebhookBody reads any body as any event: it is refused, or it can be used without a panic.
func FuzzWebhookBody(f *testing.F) {
	for _, name := range []string{"Pipeline Hook", "Job Hook", "Deployment Hook", "Merge Request Hook", "Push Hook", "Tag Push Hook", "System Hook", "Note Hook"} {
		for _, body := range []string{
			running, `{}`, `null`, `[`, `{"object_kind":"build","build_id":"7","build_status":null,"commit":null,"runner":{"tags":"docker"}}`,
			`{"deployment_id":7,"commit_url":"/","approval":{"approval_rule":{"access_level":"40"}}}`, `{"ref":"refs/tags/","after":""}`,
			`{"object_attributes":{"id":5,"variables":[{"key":"K","value":null}],"created_at":"2026-05-06 07:08:09 UTC","duration":"12"},"builds":[null,{}]}`,
		} {
			f.Add(name, body)
		}
	}
	var hub webhook.Hub
	f.Fuzz(func(t *testing.T, name, body string) {
		event, err := webhook.ParseBody(http.Header{"X-Gitlab-Event": {name}}, []byte(body))
		if err != nil {
			require.ErrorIs(t, err, webhook.ErrNotGitLab)
			return
		}
		require.False(t, event.Payload != nil && event.Err != nil)
		require.Equal(t, body, string(event.Body))
		_ = event.Project()
		_ = fmt.Sprintf("%v %+v %#v", event, event, event)
		_ = event.LogValue().Resolve().String()
		require.NoError(t, hub.Publish(t.Context(), event))
		switch payload := event.Payload.(type) {
		case *webhook.Pipeline:
			require.Positive(t, payload.ID)
		case *webhook.Job:
			require.Positive(t, payload.ID)
			_ = payload.WebURL()
		case *webhook.Deployment:
			_ = payload.SHA()
		case *webhook.Push:
			require.False(t, payload.Branch() != "" && payload.Tag() != "")
			_ = payload.Deleted()
		}
	})
}

// FuzzWebhookRequest sends anything to a handler: nothing but what has the secret is handled, and the answer is one of those that are documented.
func FuzzWebhookRequest(f *testing.F) {
	good := signed(signing, delivery, running)
	f.Add("POST", "Pipeline Hook", "", good.Get("webhook-id"), good.Get("webhook-timestamp"), good.Get("webhook-signature"), running)
	f.Add("POST", "Pipeline Hook", string(token), "", "", "", running)
	f.Add("POST", "", string(token), "", "", "", "{")
	f.Add("GET", "Job Hook", "", "a", "1", "v1,", "")
	f.Add("POST", "Job Hook", "", "a.b", "-9223372036854775808", "v1,a v1,b", "{}")
	handled := false
	handler, err := webhook.Handler(signing, func(context.Context, webhook.Event) error {
		handled = true
		return nil
	}, webhook.WithSecrets(token), webhook.WithMemory(webhook.NewMemory(1)), webhook.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, method, event, sent, id, timestamp, signature, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Method = method
		r.Header = named(event, "X-Gitlab-Token", sent, "webhook-id", id, "webhook-timestamp", timestamp, "webhook-signature", signature)
		recorder := httptest.NewRecorder()
		handled = false
		handler.ServeHTTP(recorder, r)
		switch recorder.Code {
		case http.StatusNoContent:
			known := sent == string(token) || strings.Contains(" "+strings.Join(strings.Fields(signature), " ")+" ", " "+sign(signing, id, timestamp, body)+" ")
			require.True(t, known, "it has no secret")
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusMethodNotAllowed:
			require.False(t, handled)
			require.NotContains(t, recorder.Body.String(), string(token))
		default:
			t.Fatalf("%d: %s", recorder.Code, recorder.Body)
		}
	})
}
