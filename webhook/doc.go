// Package webhook receives what GitLab tells by webhook: that a pipeline, a job or a deployment has another status, and what was pushed or
// is to be merged.
//
//	handler, err := webhook.Handler(gitlabci.Secret(os.Getenv("WEBHOOK_SECRET")), func(ctx context.Context, event webhook.Event) error {
//		switch payload := event.Payload.(type) {
//		case *webhook.Pipeline:
//			slog.Info("pipeline", "project", payload.Project.PathWithNamespace, "id", payload.ID, "status", payload.Status)
//		case *webhook.Job:
//			slog.Info("job", "project", payload.Project.PathWithNamespace, "name", payload.Name, "status", payload.Status)
//		}
//		return nil
//	})
//	if err != nil {
//		return err
//	}
//	http.Handle("/gitlab", handler)
//
// [Handler] verifies the secret, bounds what it reads, drops what GitLab sends twice, and answers with the status that GitLab understands.
// [Parse] does so much of it as fits one request, and [ParseBody] reads what was verified and kept elsewhere, in a queue for one. A [Hub]
// passes events on to any number of goroutines that wait for them.
//
// # What an event is worth
//
// GitLab sends each event once. When the receiver is away, slow or answers with an error, the event is lost, unless somebody resends it by
// hand; after four failures in a row GitLab may stop sending for a while. Events come in no order, and may come twice. Most of them are
// composed after the fact: two may tell of the same status, and a short one may never be told. A pipeline that succeeded runs again after
// a retry. So take an event for a reason to look, and ask the API where it matters.
//
// GitLab docs: https://docs.gitlab.com/user/project/integrations/webhooks/
package webhook
