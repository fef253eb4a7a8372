package webhook_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/webhook"
)

// named is the header of a delivery, with further pairs of names and values.
func named(event string, pairs ...string) http.Header {
	header := http.Header{}
	header.Set("X-Gitlab-Event", event)
	for i := 0; i+1 < len(pairs); i += 2 {
		header.Set(pairs[i], pairs[i+1])
	}
	return header
}

// parse returns the event of a delivery that has to be one.
func parse(t testing.TB, header http.Header, body string) webhook.Event {
	t.Helper()
	event, err := webhook.ParseBody(header, []byte(body))
	require.NoError(t, err)
	return event
}

func TestKinds(t *testing.T) {
	t.Parallel()
	const pipeline, build = `{"object_kind":"pipeline","object_attributes":{"id":5}}`, `{"object_kind":"build","build_id":6}`
	for _, test := range []struct {
		name, body string
		kind       webhook.Kind
		payload    webhook.Payload
	}{
		{"Pipeline Hook", pipeline, webhook.KindPipeline, &webhook.Pipeline{}},
		{"Job Hook", build, webhook.KindJob, &webhook.Job{}},
		{"Deployment Hook", `{"object_kind":"deployment","deployment_id":7}`, webhook.KindDeployment, &webhook.Deployment{}},
		{"Deployment Hook", `{"environment":"staging"}`, webhook.KindDeployment, &webhook.Deployment{}},
		{"Merge Request Hook", `{"object_attributes":{"id":8}}`, webhook.KindMergeRequest, &webhook.MergeRequest{}},
		{"Push Hook", `{"ref":"refs/heads/main"}`, webhook.KindPush, &webhook.Push{}},
		{"Tag Push Hook", `{"ref":"refs/tags/v1"}`, webhook.KindTagPush, &webhook.Push{}},
		{"System Hook", pipeline, webhook.KindPipeline, &webhook.Pipeline{}},
		{"System Hook", build, webhook.KindJob, &webhook.Job{}},
		{"System Hook", `{"event_name":"project_create"}`, "project_create", nil},
		{"System Hook", `{}`, "", nil},
		{"Issue Hook", `{"object_kind":"issue","object_attributes":{"id":1}}`, "issue", nil},
		{"Wiki Page Hook", `{}`, "wiki_page", nil},
		{"Some Brand New Hook", `[{"made":"by a template"}]`, "some_brand_new", nil},
		{"Some Brand New Hook", `{"object_kind":{"of":"another type"}}`, `{"of":"another type"}`, nil},
		// What the header says goes, whatever a template wrote.
		{"Pipeline Hook", `{"object_kind":"build","object_attributes":{"id":5}}`, webhook.KindPipeline, &webhook.Pipeline{}},
	} {
		event := parse(t, named(test.name), test.body)
		require.Equal(t, test.kind, event.Kind, "%s %s", test.name, test.body)
		require.Equal(t, reflect.TypeOf(test.payload), reflect.TypeOf(event.Payload), "%s %s", test.name, test.body)
		require.NoError(t, event.Err)
		require.Equal(t, test.name, event.Name)
		require.Equal(t, test.body, string(event.Body))
	}
}

func TestABodyThatATemplateMade(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `null`, `[]`, `"done"`, `17`, `{"object_attributes":"done"}`, `{"object_attributes":{"id":null}}`, `{"object_attributes":{"id":{}}}`,
		`{"text":"pipeline 5"}`, `{"object_attributes":{"id":5,"created_at":"tomorrow"}}`} {
		event := parse(t, named("Pipeline Hook"), body)
		require.Nil(t, event.Payload, body)
		require.ErrorContains(t, event.Err, "webhook: the body is no pipeline: ", body)
		require.Equal(t, webhook.KindPipeline, event.Kind)
		require.Equal(t, gitlabci.Project{}, event.Project())
	}
	for _, name := range []string{"Job Hook", "Deployment Hook", "Merge Request Hook", "Push Hook", "Tag Push Hook"} {
		require.Error(t, parse(t, named(name), `{"text":"done"}`).Err, name)
	}
}

func TestWhatIsNotFromGitLab(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Pipeline Hook", "Issue Hook", "System Hook"} {
		for _, body := range []string{``, ` `, `{`, `{"a":}`, `ref=main`, `{"object_attributes":{"id":5}}{}`, "\x00"} {
			_, err := webhook.ParseBody(named(name), []byte(body))
			require.ErrorIs(t, err, webhook.ErrNotGitLab, "%s %q", name, body)
			require.Equal(t, http.StatusBadRequest, webhook.StatusCode(err))
		}
	}
	_, err := webhook.ParseBody(http.Header{}, []byte(`{"object_kind":"pipeline","object_attributes":{"id":5}}`))
	require.ErrorIs(t, err, webhook.ErrNotGitLab)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	const body = `{"object_kind":"pipeline","object_attributes":{"id":5},"project":{"id":3}}`
	event := parse(t, named("Pipeline Hook", "X-Gitlab-Instance", "https://gitlab.example.com", "X-Gitlab-Event-UUID", "chain", "Idempotency-Key", "again",
		"webhook-timestamp", "1774000000"), body)
	require.Equal(t, "https://gitlab.example.com", event.Instance)
	require.Equal(t, "chain", event.Chain)
	require.Equal(t, "again", event.ID)
	require.Equal(t, time.Date(2026, 3, 20, 9, 46, 40, 0, time.UTC), event.SentAt)
	require.Equal(t, gitlabci.ProjectID(3), event.Project())
	// A signature covers webhook-id, and nothing else that the delivery could be known by.
	require.Equal(t, "signed", parse(t, named("Pipeline Hook", "Idempotency-Key", "again", "webhook-id", "signed"), body).ID)

	old := parse(t, named("Pipeline Hook"), body)
	require.Len(t, old.ID, 64)
	require.Zero(t, old.SentAt)
	require.Equal(t, old.ID, parse(t, named("Pipeline Hook"), body).ID)
	require.NotEqual(t, old.ID, parse(t, named("System Hook"), body).ID)
	require.NotEqual(t, old.ID, parse(t, named("Pipeline Hook"), body+" ").ID)
}

// GitLab spells a time in four ways.
func TestTimes(t *testing.T) {
	t.Parallel()
	for _, spelled := range []string{"2026-05-06 07:08:09 UTC", "2026-05-06 09:08:09 +0200", "2026-05-06 00:08:09 -0700", "2026-05-06T07:08:09.000Z",
		"2026-05-06T15:08:09.000+08:00", "2026-05-06T09:08:09+02:00", "2026-05-06T07:08:09Z"} {
		want := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
		body := fmt.Sprintf(`{"object_attributes":{"id":5,"created_at":%[1]q,"finished_at":null},"commit":{"timestamp":%[1]q},
			"builds":[{"id":6,"created_at":%[1]q,"started_at":%[1]q,"finished_at":""}]}`, spelled)
		pipeline := parse(t, named("Pipeline Hook"), body).Payload.(*webhook.Pipeline)
		for _, got := range []time.Time{pipeline.CreatedAt, pipeline.Commit.Timestamp, pipeline.Jobs[0].CreatedAt, pipeline.Jobs[0].StartedAt} {
			require.True(t, want.Equal(got), "%s: %s", spelled, got)
		}
		require.Zero(t, pipeline.FinishedAt)
		require.Zero(t, pipeline.Jobs[0].FinishedAt)
		job := parse(t, named("Job Hook"), fmt.Sprintf(`{"build_id":5,"build_created_at":%q}`, spelled)).Payload.(*webhook.Job)
		require.True(t, want.Equal(job.CreatedAt), spelled)
		deployment := parse(t, named("Deployment Hook"), fmt.Sprintf(`{"deployment_id":5,"status_changed_at":%q}`, spelled)).Payload.(*webhook.Deployment)
		require.True(t, want.Equal(deployment.StatusChangedAt), spelled)
	}
}

func TestJob(t *testing.T) {
	t.Parallel()
	job := parse(t, named("Job Hook"), `{"object_kind":"build","build_id":77,"build_status":"success","build_failure_reason":"unknown_failure",
		"build_created_at":"2026-05-06 07:08:09 CEST","build_created_at_iso":"2026-05-06T05:08:09Z","pipeline_id":9,"project_id":3,
		"project_name":"Tools / Release","commit":{"id":9,"status":"running","started_at_iso":"2026-05-06T05:08:10Z"},
		"repository":{"homepage":"https://gitlab.example.com/tools/release"},"environment":null,"runner":null}`).Payload.(*webhook.Job)
	require.Empty(t, job.FailureReason, "it did not fail")
	require.Equal(t, time.Date(2026, 5, 6, 5, 8, 9, 0, time.UTC), job.CreatedAt.UTC(), "no machine knows every zone by its letters")
	require.Equal(t, time.Date(2026, 5, 6, 5, 8, 10, 0, time.UTC), job.Commit.StartedAt.UTC())
	require.EqualValues(t, 9, job.Commit.PipelineID)
	require.EqualValues(t, 3, job.Project.ID)
	require.Equal(t, "https://gitlab.example.com/tools/release/-/jobs/77", job.WebURL())
	require.Nil(t, job.Environment)
	require.Nil(t, job.Runner)

	job.Project.WebURL = "https://gitlab.example.com/moved/release"
	require.Equal(t, "https://gitlab.example.com/moved/release/-/jobs/77", job.WebURL())
	require.Empty(t, (&webhook.Job{ID: 77}).WebURL())
	failed := parse(t, named("Job Hook"), `{"build_id":77,"build_status":"failed","build_failure_reason":"script_failure"}`).Payload.(*webhook.Job)
	require.Equal(t, gitlabci.FailureReason("script_failure"), failed.FailureReason)
}

func TestBridges(t *testing.T) {
	t.Parallel()
	pipeline := parse(t, named("Pipeline Hook"), `{"object_attributes":{"id":31,"root_pipeline_id":30,"source":"parent_pipeline","status":"beamed"},
		"builds":[],"bridges":[{"id":380,"name":"downstream","status":"pending","bridge":true,"runner":null}],
		"source_pipeline":{"project":{"id":41},"pipeline_id":30,"job_id":null,"bridge_id":379}}`).Payload.(*webhook.Pipeline)
	require.EqualValues(t, 30, pipeline.RootPipelineID)
	require.Equal(t, gitlabci.PipelineSourceParentPipeline, pipeline.Source)
	require.Equal(t, gitlabci.PipelineStatus("beamed"), pipeline.Status, "a state that is not known survives")
	require.Len(t, pipeline.Bridges, 1)
	require.True(t, pipeline.Bridges[0].Bridge)
	require.Equal(t, gitlabci.JobPending, pipeline.Bridges[0].Status)
	require.Equal(t, &webhook.SourcePipeline{Project: webhook.SourceProject{ID: 41}, PipelineID: 30, BridgeID: 379}, pipeline.SourcePipeline)
	require.Nil(t, pipeline.MergeRequest)
}

func TestDeploymentSHA(t *testing.T) {
	t.Parallel()
	deployment := webhook.Deployment{ShortSHA: "1f2e3d4c"}
	require.Equal(t, "1f2e3d4c", deployment.SHA())
	deployment.CommitURL = "https://gitlab.example.com/tools/release/-/commit/1f2e3d4c5b6a79880912a3b4c5d6e7f8091a2b3c"
	require.Equal(t, "1f2e3d4c5b6a79880912a3b4c5d6e7f8091a2b3c", deployment.SHA())
}

func TestPush(t *testing.T) {
	t.Parallel()
	branch := parse(t, named("Push Hook"), `{"ref":"refs/heads/fix/it","after":"0000000000000000000000000000000000000000","checkout_sha":null,"project_id":3}`)
	push := branch.Payload.(*webhook.Push)
	require.Equal(t, "fix/it", push.Branch())
	require.Empty(t, push.Tag())
	require.True(t, push.Deleted())
	require.Equal(t, gitlabci.ProjectID(3), branch.Project())
	tag := parse(t, named("Tag Push Hook"), `{"ref":"refs/tags/v1.0","after":"1f2e3d4c5b6a79880912a3b4c5d6e7f8091a2b3c"}`).Payload.(*webhook.Push)
	require.Equal(t, "v1.0", tag.Tag())
	require.Empty(t, tag.Branch())
	require.False(t, tag.Deleted())
}

// TestExamplesOfTheDocumentation reads the examples of GitLab's pages, and those made of them.
func TestExamplesOfTheDocumentation(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(contractDir + "/examples/webhook-*.json")
	require.NoError(t, err)
	if files == nil {
		t.Skip("SKIPPED: the examples of GitLab's documentation are not here")
	}
	names := map[string]string{"pipeline": "Pipeline Hook", "build": "Job Hook", "deployment": "Deployment Hook", "push": "Push Hook", "tag_push": "Tag Push Hook",
		"merge_request": "Merge Request Hook"}
	seen := make(map[string]int)
	for _, file := range files {
		if strings.Contains(file, "webhook-api-") {
			continue
		}
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		var general struct {
			Kind string `json:"object_kind"`
		}
		require.NoError(t, json.Unmarshal(body, &general))
		event := parse(t, named(names[general.Kind]), string(body))
		require.NoError(t, event.Err, file)
		require.Equal(t, general.Kind, string(event.Kind))
		require.NotZero(t, event.Project(), file)
		seen[general.Kind]++
		switch payload := event.Payload.(type) {
		case *webhook.Pipeline:
			require.NotZero(t, payload.CreatedAt, file)
			require.NotEmpty(t, payload.Jobs, file)
			require.NotZero(t, payload.Jobs[0].CreatedAt, file)
			require.NotEmpty(t, payload.Status, file)
		case *webhook.Job:
			require.NotZero(t, payload.CreatedAt, file)
			require.NotEmpty(t, payload.WebURL(), file)
		case *webhook.Deployment:
			require.NotZero(t, payload.StatusChangedAt, file)
			require.Len(t, payload.SHA(), 40, file)
		case *webhook.MergeRequest:
			require.NotEmpty(t, payload.LastCommit.ID, file)
			require.NotZero(t, payload.CreatedAt, file)
		case *webhook.Push:
			require.NotEmpty(t, payload.CheckoutSHA, file)
		}
	}
	require.Len(t, seen, len(names))
	require.Greater(t, seen["pipeline"], 4)
}

const hush = "s3cr3t-0f-th3-d4t4b4s3"

// TestNoEventPrintsASecret tests that neither the values of variables nor the body are printed or logged.
func TestNoEventPrintsASecret(t *testing.T) {
	t.Parallel()
	event := parse(t, named("Pipeline Hook"), `{"object_attributes":{"id":5,"status":"running","variables":[{"key":"DATABASE","value":"`+hush+`"}]},
		"project":{"id":3,"path_with_namespace":"tools/release"},"builds":[{"id":6}]}`)
	pipeline := event.Payload.(*webhook.Pipeline)
	require.Equal(t, hush, string(pipeline.Variables[0].Value))
	require.Contains(t, string(event.Body), hush)
	shapes := []any{
		event, &event, []webhook.Event{event}, []*webhook.Event{&event}, &[]webhook.Event{event}, map[string]webhook.Event{"k": event}, struct{ In webhook.Event }{event},
		pipeline, *pipeline, []*webhook.Pipeline{pipeline}, []webhook.Payload{pipeline}, map[string]*webhook.Pipeline{"k": pipeline}, struct{ In webhook.Pipeline }{*pipeline},
		pipeline.PipelineAttributes, []*webhook.PipelineAttributes{&pipeline.PipelineAttributes}, pipeline.Variables,
	}
	// The body, as the numbers of its bytes, would tell as much.
	told := []string{hush, strings.Trim(fmt.Sprint([]byte(hush)), "[]"), fmt.Sprintf("%x", hush), fmt.Sprintf("%X", hush), strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(hush)), "[]byte{"), "}")}
	for _, shape := range shapes {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%10s", "%!"} {
			for _, secret := range told {
				require.NotContains(t, fmt.Sprintf(verb, shape), secret, "%T under %s", shape, verb)
			}
		}
	}
	for _, shape := range []any{event, &event, pipeline, *pipeline, pipeline.PipelineAttributes} {
		var out bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).With("with", shape).Info("m", "value", shape, slog.Group("g", "value", shape))
		}
		require.NotContains(t, out.String(), hush, "%T", shape)
		require.Contains(t, out.String(), `"pipeline_id":5`, "%T", shape)
	}
	require.Contains(t, fmt.Sprintf("%+v", pipeline), "PipelineAttributes:{ID:5")
	require.Contains(t, fmt.Sprintf("%+v", event), "Kind:pipeline")
	require.Contains(t, fmt.Sprintf("%+v", event), "Value:[redacted]")
}

// TestAbout tests what a log tells of each kind.
func TestAbout(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, body, want string }{
		{"Job Hook", `{"build_id":77,"build_name":"unit","build_status":"failed","project_name":"Tools / Release"}`, `event.project="Tools / Release" event.job_id=77 event.name=unit event.status=failed`},
		{"Deployment Hook", `{"deployment_id":8,"status":"success","environment":"staging","project":{"path_with_namespace":"a/b"}}`, `event.project=a/b event.deployment_id=8 event.environment=staging event.status=success`},
		{"Push Hook", `{"ref":"refs/heads/main","checkout_sha":"1f2e"}`, `event.ref=refs/heads/main event.sha=1f2e`},
		{"Merge Request Hook", `{"object_attributes":{"id":99,"iid":4,"action":"open","state":"opened"}}`, `event.merge_request_iid=4 event.action=open event.state=opened`},
		{"Issue Hook", `{"object_kind":"issue"}`, `event.kind=issue event.event_id=one`},
	} {
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("got", "event", parse(t, named(test.name, "webhook-id", "one"), test.body))
		require.Contains(t, out.String(), test.want)
	}
}
