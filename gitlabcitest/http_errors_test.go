package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestErrorBodies(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a", Duration: time.Hour})
	r.project("group/empty")
	r.project("group/ruled", Job{Name: "a", When: Never})
	r.project("group/faulty", Job{Name: "a"}).ConfigError = "jobs:a config contains unknown keys: skript"
	r.project("group/needy", Job{Name: "a", Needs: []string{"b"}})
	r.start()

	tests := []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"GET", "/nowhere", "", 404, `{"error":"404 Not Found"}`},
		{"DELETE", "/version", "", 405, `{"error":"405 Not Allowed"}`},
		{"GET", "/projects/99", "", 404, `{"message":"404 Project Not Found"}`},
		{"GET", "/projects/1/jobs/99", "", 404, `{"message":"404 Not found"}`},
		{"GET", "/projects/2/jobs/1", "", 404, `{"message":"404 Not found"}`},
		{"GET", "/projects/1/pipelines/99", "", 404, `{"message":"404 Not found"}`},
		{"GET", "/projects/1/jobs/first", "", 400, `{"error":"job_id is invalid"}`},
		{"GET", "/projects/1/jobs?scope=done", "", 400, `{"error":"scope does not have a valid value"}`},
		{"GET", "/projects/1/pipelines?scope=done&page=x", "", 400, `{"error":"scope does not have a valid value, page is invalid"}`},
		{"GET", "/projects/1/jobs?pagination=keyset&order_by=name", "", 405, `{"error":"Keyset pagination is not yet available for this type of request"}`},
		{"GET", "/pipelines?per_page=101", "", 400, `{"error":"per_page does not have a valid value"}`},
		{"GET", "/projects/2/pipelines/latest", "", 403, `{"message":"403 Forbidden"}`},
		{"GET", "/projects/1/pipelines/latest?ref=nowhere", "", 403, `{"message":"403 Forbidden"}`},
		{"GET", "/job", "", 404, `{"message":"404 Job Not Found"}`},
		{"POST", "/projects/1/pipeline", "", 400, `{"error":"ref is missing"}`},
		{"POST", "/projects/1/pipeline", `{"ref":`, 400, `{"error":"The request's body is not valid JSON"}`},
		{"POST", "/projects/1/pipeline", `{"ref":"nowhere"}`, 400, `{"message":{"base":["Reference not found"]}}`},
		{"POST", "/projects/1/pipeline", `{"ref":"main","variables":[{"value":"v"}]}`, 400, `{"error":"variables[0][key] is missing"}`},
		{"POST", "/projects/1/pipeline", `{"ref":"main","variables":"v"}`, 400, `{"error":"variables is invalid"}`},
		{"POST", "/projects/2/pipeline", `{"ref":"main"}`, 400, `{"message":{"base":["Missing CI config file"]}}`},
		{"POST", "/projects/3/pipeline", `{"ref":"main"}`, 400,
			`{"message":{"base":["Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to the pipeline."]}}`},
		{"POST", "/projects/4/pipeline", `{"ref":"main"}`, 400, `{"message":{"base":["jobs:a config contains unknown keys: skript"]}}`},
		{"POST", "/projects/5/pipeline", `{"ref":"main"}`, 400, `{"message":{"base":["'a' job needs 'b' job, but 'b' does not exist in the pipeline."]}}`},
		{"GET", "/projects/1/jobs/1/artifacts", "", 404, `{"message":"404 Not Found"}`},
		{"GET", "/projects/1/jobs/artifacts/main/download", "", 400, `{"error":"job is missing"}`},
		{"GET", "/projects/1/jobs/artifacts/main/download?job=a", "", 404, `{"message":"404 Not found"}`},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			reply := r.ask(test.method, test.path, test.body)
			assert.Equal(t, test.status, reply.status)
			assert.Equal(t, test.answer, reply.body)
			assert.NotEmpty(t, reply.header.Get("X-Request-Id"))
			assert.Equal(t, "application/json", reply.header.Get("Content-Type"))
		})
	}
}
