package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
	"github.com/gitlabci/gitlabci/webhook"
)

// deliver sends an event as GitLab does, and returns the status of the answer.
func deliver(handler http.Handler, secret gitlabci.Secret, event, id, body string) int {
	r := httptest.NewRequest(http.MethodPost, "/gitlab", strings.NewReader(body))
	r.Header.Set("X-Gitlab-Event", event)
	r.Header.Set("X-Gitlab-Token", string(secret))
	r.Header.Set("Idempotency-Key", id)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder.Code
}

const failedJob = `{"object_kind":"build","build_id":77,"build_name":"unit","build_status":"failed","build_failure_reason":"script_failure",
	"pipeline_id":9,"project_id":3,"project":{"id":3,"web_url":"https://gitlab.example.com/tools/release","path_with_namespace":"tools/release"}}`

const succeeded = `{"object_kind":"pipeline","object_attributes":{"id":9,"status":"success"},"project":{"id":3,"path_with_namespace":"tools/release"}}`

func ExampleHandler() {
	os.Setenv("WEBHOOK_SECRET", "from the settings of the hook")
	defer os.Unsetenv("WEBHOOK_SECRET")

	handler, err := webhook.Handler(gitlabci.Secret(os.Getenv("WEBHOOK_SECRET")), func(ctx context.Context, event webhook.Event) error {
		switch payload := event.Payload.(type) {
		case *webhook.Pipeline:
			fmt.Println(payload.Project.PathWithNamespace, "pipeline", payload.ID, payload.Status)
		case *webhook.Job:
			fmt.Println(payload.Project.PathWithNamespace, "job", payload.Name, payload.Status, payload.FailureReason)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/gitlab", handler)

	fmt.Println(deliver(mux, "from the settings of the hook", "Job Hook", "one", failedJob))
	fmt.Println(deliver(mux, "from the settings of the hook", "Job Hook", "one", failedJob)) // GitLab sends it again
	fmt.Println(deliver(mux, "from the settings of the hook", "Pipeline Hook", "two", succeeded))
	fmt.Println(deliver(mux, "guessed", "Pipeline Hook", "three", succeeded))
	// Output:
	// tools/release job unit failed script_failure
	// 204
	// 204
	// tools/release pipeline 9 success
	// 204
	// 401
}

func ExampleAnswerFirst() {
	const secret = "from the settings of the hook"
	diagnose := func(_ context.Context, event webhook.Event) error {
		if job, ok := event.Payload.(*webhook.Job); ok && job.Status == gitlabci.JobFailed {
			fmt.Println("reading the log of", job.WebURL())
		}
		return nil
	}

	var work sync.WaitGroup
	handler, err := webhook.Handler(secret, diagnose, webhook.AnswerFirst(work.Go))
	if err != nil {
		log.Fatal(err)
	}
	answer := deliver(handler, secret, "Job Hook", "one", failedJob)
	work.Wait() // after http.Server.Shutdown has returned

	fmt.Println(answer)
	// Output:
	// reading the log of https://gitlab.example.com/tools/release/-/jobs/77
	// 202
}

func ExampleWithSecrets() {
	const tokenOfBefore, signingToken = "from before", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	ignore := func(context.Context, webhook.Event) error { return nil }

	// Until the hook has its signing token, what brings the old secret token is accepted too.
	handler, err := webhook.Handler(signingToken, ignore, webhook.WithSecrets(tokenOfBefore))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(deliver(handler, tokenOfBefore, "Pipeline Hook", "one", succeeded))
	// Output: 204
}

func ExampleParse() {
	const secret = "from the settings of the hook"
	serve := func(w http.ResponseWriter, r *http.Request) {
		event, err := webhook.Parse(r, secret)
		if err != nil {
			http.Error(w, err.Error(), webhook.StatusCode(err))
			return
		}
		fmt.Println(event.Kind, event.ID)
	}
	fmt.Println(deliver(http.HandlerFunc(serve), secret, "Pipeline Hook", "one", succeeded))
	fmt.Println(deliver(http.HandlerFunc(serve), secret, "Pipeline Hook", "two", "status=success"))
	// Output:
	// pipeline one
	// 200
	// 400
}

func ExampleParseBody() {
	header := http.Header{}
	header.Set("X-Gitlab-Event", "Pipeline Hook")
	event, err := webhook.ParseBody(header, []byte(succeeded))
	if errors.Is(err, webhook.ErrNotGitLab) {
		log.Fatal(err)
	}
	pipeline := event.Payload.(*webhook.Pipeline)
	fmt.Println(pipeline.ID, pipeline.Status.Finished())
	// Output: 9 true
}

func ExampleEvent_LogValue() {
	header := http.Header{}
	header.Set("X-Gitlab-Event", "Job Hook")
	header.Set("Idempotency-Key", "one")
	event, err := webhook.ParseBody(header, []byte(failedJob))
	if err != nil {
		log.Fatal(err)
	}
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})).Info("got", "event", event)
	// Output:
	// level=INFO msg=got event.kind=build event.event_id=one event.project=tools/release event.job_id=77 event.name=unit event.status=failed event.pipeline_id=9 event.ref="" event.sha=""
}

func ExampleHub() {
	const secret = "from the settings of the hook"
	var hub webhook.Hub
	handler, err := webhook.Handler(secret, hub.Publish)
	if err != nil {
		log.Fatal(err)
	}

	changed := make(chan struct{}, 1)
	stop := hub.OnPipeline(9, func(gitlabci.PipelineStatus) {
		select {
		case changed <- struct{}{}:
		default: // it knows already
		}
	})
	defer stop()

	deliver(handler, secret, "Pipeline Hook", "one", succeeded)
	<-changed
	fmt.Println("pipeline 9 has changed: time to get it")
	// Output: pipeline 9 has changed: time to get it
}

// A hub wakes a wait, which asks GitLab for the truth.
func ExampleHub_wait() {
	srv := gitlabcitest.New()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Duration: 100 * time.Millisecond})
	started, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}
	id := started.ID
	os.Setenv("WEBHOOK_SECRET", "from the settings of the hook")
	defer os.Unsetenv("WEBHOOK_SECRET")

	var hub webhook.Hub
	handler, err := webhook.Handler(gitlabci.Secret(os.Getenv("WEBHOOK_SECRET")), hub.Publish)
	if err != nil {
		log.Fatal(err)
	}
	time.AfterFunc(400*time.Millisecond, func() {
		deliver(handler, "from the settings of the hook", "Pipeline Hook", "one",
			fmt.Sprintf(`{"object_kind":"pipeline","object_attributes":{"id":%d,"status":"success"},"project":{"id":1}}`, id))
	})

	pipeline, err := client.Pipelines.Wait(ctx, app, id, &gitlabci.WaitOptions{Events: &hub})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pipeline.Status)
	// Output: success
}
