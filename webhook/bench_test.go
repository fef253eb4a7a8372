package webhook_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gitlabci/gitlabci/webhook"
)

// manyJobs is the body of a pipeline with so many jobs, with times as background jobs of GitLab spell them or, as its Test button does.
func manyJobs(jobs int, layout string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"object_kind":"pipeline","object_attributes":{"id":5,"iid":2,"status":"running","ref":"main","created_at":%[1]q,"finished_at":%[1]q,"duration":63,
		"variables":[{"key":"DEPLOY","value":"staging"}]},"project":{"id":3,"path_with_namespace":"tools/release"},"builds":[`, layout)
	for i := range jobs {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"stage":"test","name":"unit %d/100","status":"success","created_at":%[3]q,"started_at":%[3]q,"finished_at":%[3]q,"duration":17.5,
			"queued_duration":1.25,"failure_reason":null,"when":"on_success","manual":false,"allow_failure":false,"user":{"id":1,"name":"Ada","username":"ada"},
			"runner":{"id":9,"description":"shared","runner_type":"instance_type","active":true,"is_shared":true,"tags":["linux","docker"]},
			"artifacts_file":{"filename":null,"size":null},"environment":null}`, 100+i, i, layout)
	}
	b.WriteString(`]}`)
	return b.String()
}

// BenchmarkHandler takes deliveries of a pipeline of ten jobs, signed, each a new one.
func BenchmarkHandler(b *testing.B) {
	for name, spelled := range map[string]string{"ruby": "2026-05-06 07:08:09 UTC", "iso": "2026-05-06T07:08:09Z"} {
		b.Run(name, func(b *testing.B) {
			handler, err := webhook.Handler(token, nothing)
			if err != nil {
				b.Fatal(err)
			}
			body := manyJobs(10, spelled)
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header = named("Pipeline Hook", "X-Gitlab-Token", string(token))
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				r.Header["Webhook-Id"] = []string{strconv.Itoa(n)}
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
				recorder := &httptest.ResponseRecorder{Body: new(bytes.Buffer)}
				handler.ServeHTTP(recorder, r)
				if recorder.Code != http.StatusNoContent {
					b.Fatal(recorder.Code)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
