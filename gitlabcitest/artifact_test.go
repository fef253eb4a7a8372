package gitlabcitest

import (
	"archive/zip"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTraceGrows(t *testing.T) {
	const log = "one\ntwo\nthree\nfour\n"
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Queue: time.Second, Duration: 40 * time.Second, Log: log})
		r.start()
		reply := r.get("/projects/1/jobs/1/trace").is(200, "")
		require.Equal(t, "text/plain", reply.header.Get("Content-Type"))
		require.Equal(t, `infile; filename="1.log"`, reply.header.Get("Content-Disposition"))
		time.Sleep(11 * time.Second)
		r.get("/projects/1/jobs/1/trace").is(200, "one\n")
		time.Sleep(15 * time.Second)
		r.get("/projects/1/jobs/1/trace").is(200, "one\ntwo\n")
		r.get("/projects/1/jobs/1/trace", "Range", "bytes=1-").is(200, "one\ntwo\n")
		settle()
		r.get("/projects/1/jobs/1/trace").is(200, log)

		r.get("/projects/1/jobs/1/trace?byte_offset=4").is(200, "two\nthree\nfour\n")
		r.get("/projects/1/jobs/1/trace?byte_offset=4&byte_limit=3").is(200, "two")
		r.get("/projects/1/jobs/1/trace?byte_offset=999").is(200, "")
		r.get("/projects/1/jobs/1/trace?byte_limit=512001").is(400, `{"error":"byte_limit does not have a valid value"}`)
		r.SetLog(1, "anew\n")
		r.get("/projects/1/jobs/1/trace").is(200, "anew\n")
	})
}

func TestTraceOfOldVersions(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Log: "one\ntwo\n", Artifacts: map[string]string{"tree": "oak", "x": "y"}, Reports: map[string]string{"sast": "{}"}})
		r.start()
		settle()
		r.get("/projects/1/jobs/1/trace?byte_offset=4&byte_limit=0").is(200, "one\ntwo\n")
		r.get("/projects/1/jobs/1/artifacts/tree").is(200, "oak")
		require.Equal(t, archiveOf(r), r.get("/projects/1/jobs/1/artifacts?file_type=sast").is(200).body)
		r.get("/pipelines").is(404)
		r.get("/projects/1/pipelines/1/trigger_jobs").is(404)
		require.Equal(t, "17.0", r.get("/version").object()["version"])
	}, WithVersion("17.0"))
}

func archiveOf(r *rig) string {
	return r.get("/projects/1/jobs/1/artifacts").is(200).body
}

func TestTraceOfFailedAndCanceled(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Log: "half a line", Fails: 1}, Job{Name: "b", Log: "one\ntwo\n", Duration: 10 * time.Second}, Job{Name: "c"})
		r.start()
		time.Sleep(6 * time.Second)
		r.post("/projects/1/jobs/2/cancel", "").is(201)
		settle()
		r.get("/projects/1/jobs/1/trace").is(200, "half a line\nERROR: Job failed: exit code 1\n")
		r.get("/projects/1/jobs/2/trace").is(200, "one\n")
		require.Greater(t, strings.Count(r.get("/projects/1/jobs/3/trace").is(200).body, "\n"), 2)
	})
}

func TestTraceOfFailingAttempts(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "unit", Duration: time.Minute, Fails: 1, FailureReason: "runner_system_failure", Log: "ok\n", FailLog: "one\ntwo\n"})
		r.start()
		time.Sleep(31 * time.Second)
		r.get("/projects/1/jobs/1/trace").is(200, "one\n")
		settle()
		r.get("/projects/1/jobs/1/trace").is(200, "one\ntwo\nERROR: Job failed (system failure): the runner lost its executor\n")
		r.post("/projects/1/jobs/1/retry", "").is(201)
		settle()
		r.get("/projects/1/jobs/2/trace").is(200, "ok\n")
	})
}

func TestTraceWithSecretsIsForDevelopers(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.post("/projects/1/pipeline", `{"ref":"main","variables":[{"key":"CI_DEBUG_TRACE","value":"true"}]}`).is(201)
	r.as(r.AddUser("reporter", Reporter.In("group"))).get("/projects/1/jobs/1/trace").is(403)
	r.as(r.AddUser("dev", Developer.In("group"))).get("/projects/1/jobs/1/trace").is(200)
}

func withArtifacts(r *rig) {
	r.project("group/app", Job{
		Name:      "a",
		Artifacts: map[string]string{"index.html": "<p>", "coverage/a.txt": "aaaa", "coverage/deep/b.txt": "b", "empty": ""},
		Reports:   map[string]string{"codequality": "[]", "dotenv": "A=1\n"},
		Tests:     []TestCase{{Name: "adds", Class: "Sum", Duration: time.Second}, {Name: "divides", Status: "failed", Output: "by zero"}, {Name: "later", Status: "skipped"}},
	})
	r.start()
	settle()
}

func TestArchive(t *testing.T) {
	inBubble(t, func(r *rig) {
		withArtifacts(r)
		reply := r.get("/projects/1/jobs/1/artifacts").is(200)
		require.Equal(t, "application/octet-stream", reply.header.Get("Content-Type"))
		require.Equal(t, "attachment; filename=artifacts.zip", reply.header.Get("Content-Disposition"))
		archive, err := zip.NewReader(strings.NewReader(reply.body), int64(len(reply.body)))
		require.NoError(t, err)
		require.Len(t, archive.File, 4)
		content, err := archive.Open("coverage/deep/b.txt")
		require.NoError(t, err)
		text, err := io.ReadAll(content)
		require.NoError(t, err)
		require.Equal(t, "b", string(text))

		part := r.get("/projects/1/jobs/1/artifacts", "Range", "bytes=4-9", "If-Range", reply.header.Get("ETag")).is(206, reply.body[4:10])
		require.Equal(t, reply.header.Get("ETag"), part.header.Get("ETag"))
		r.get("/projects/1/jobs/1/artifacts", "Range", "bytes=4-9", "If-Range", `"other"`).is(200, reply.body)
		r.get("/projects/1/jobs/1/artifacts", "Range", "bytes=999999-").is(416)
		r.ask("HEAD", "/projects/1/jobs/1/artifacts", "").is(200, "")

		shown := r.get("/projects/1/jobs/1").object()
		require.Equal(t, map[string]any{"filename": "artifacts.zip", "size": float64(len(reply.body))}, shown["artifacts_file"])
		var types []string
		for _, a := range shown["artifacts"].([]any) {
			types = append(types, a.(map[string]any)["file_type"].(string))
		}
		require.Equal(t, []string{"archive", "metadata", "codequality", "dotenv", "junit", "trace"}, types)
	})
}

func TestSingleFilesTreeAndReports(t *testing.T) {
	inBubble(t, func(r *rig) {
		withArtifacts(r)
		r.get("/projects/1/jobs/1/artifacts/coverage/a.txt", "Range", "bytes=1-2").is(200, "aaaa")
		r.get("/projects/1/jobs/1/artifacts/nothing").is(404)
		byRef := r.get("/projects/1/jobs/artifacts/main/raw/index.html?job=a").is(200, "<p>")
		require.Contains(t, byRef.header.Get("Content-Type"), "text/html")

		paths := func(query string) (paths []string) {
			for _, entry := range r.get("/projects/1/jobs/1/artifacts/tree" + query).is(200).array() {
				paths = append(paths, entry["type"].(string)+" "+entry["path"].(string))
			}
			return paths
		}
		require.Equal(t, []string{"directory coverage", "file empty", "file index.html"}, paths(""))
		require.Equal(t, []string{"directory coverage/deep", "file coverage/a.txt"}, paths("?path=coverage/"))
		require.Equal(t, []string{"directory coverage", "directory coverage/deep", "file coverage/a.txt", "file coverage/deep/b.txt", "file empty", "file index.html"}, paths("?recursive=true"))
		require.Equal(t, []string{"file index.html"}, paths("?per_page=2&page=2"))
		r.get("/projects/1/jobs/1/artifacts/tree?path=nothing").is(404)

		r.get("/projects/1/jobs/1/artifacts?file_type=codequality").is(200, "[]")
		r.get("/projects/1/jobs/1/artifacts?file_type=sast").is(404)
		r.get("/projects/1/jobs/1/artifacts?file_type=poem").is(400, `{"error":"file_type does not have a valid value"}`)
		zipped, err := gzip.NewReader(strings.NewReader(r.get("/projects/1/jobs/1/artifacts?file_type=junit").is(200).body))
		require.NoError(t, err)
		junit, err := io.ReadAll(zipped)
		require.NoError(t, err)
		require.Contains(t, string(junit), "<failure>by zero</failure>")
	})
}

func TestTestReports(t *testing.T) {
	inBubble(t, func(r *rig) {
		withArtifacts(r)
		report := r.get("/projects/1/pipelines/1/test_report").is(200).object()
		require.Equal(t, 3.0, report["total_count"])
		require.Equal(t, 1.0, report["failed_count"])
		suite := report["test_suites"].([]any)[0].(map[string]any)
		require.Equal(t, "a", suite["name"])
		require.Equal(t, "by zero", suite["test_cases"].([]any)[1].(map[string]any)["system_output"])
		summary := r.get("/projects/1/pipelines/1/test_report_summary").is(200).object()
		require.Equal(t, 1.0, summary["total"].(map[string]any)["skipped"])
		require.Equal(t, []any{1.0}, summary["test_suites"].([]any)[0].(map[string]any)["build_ids"])
	})
}

func TestKeepExpireDelete(t *testing.T) {
	inBubble(t, func(r *rig) {
		job := Job{Artifacts: map[string]string{"x": "y"}, ArtifactsExpireIn: 2 * time.Hour}
		kept, expiring, failing, always := job, job, job, job
		kept.Name, expiring.Name, failing.Name, always.Name = "kept", "expiring", "failing", "always"
		failing.Fails, failing.AllowFailure = 1, true
		always.Fails, always.AllowFailure, always.ArtifactsWhen, always.ArtifactsExpireIn = 1, true, Always, -1
		r.project("group/app", kept, expiring, failing, always)
		r.start()
		settle()
		require.NotNil(t, r.get("/projects/1/jobs/1").object()["artifacts_expire_at"])
		require.Nil(t, r.post("/projects/1/jobs/1/artifacts/keep", "").is(200).object()["artifacts_expire_at"])
		r.post("/projects/1/jobs/3/artifacts/keep", "").is(404, `{"message":"404 Not Found"}`)
		settle()
		settle()
		r.get("/projects/1/jobs/1/artifacts").is(200)
		r.get("/projects/1/jobs/2/artifacts").is(404, `{"message":"404 Not Found"}`)
		r.get("/projects/1/jobs/3/artifacts").is(404)
		r.get("/projects/1/jobs/4/artifacts").is(200)
		r.ask("DELETE", "/projects/1/jobs/4/artifacts", "").is(204, "")
		r.get("/projects/1/jobs/4/artifacts").is(404)

		r.start()
		settle()
		r.ask("DELETE", "/projects/1/artifacts", "").is(202, `{"message":"202 Accepted"}`)
		r.get("/projects/1/jobs/1/artifacts").is(404)
		r.get("/projects/1/jobs/5/artifacts").is(200)
	})
}

func TestArtifactsByRef(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.project("group/app", Job{Name: "a", Artifacts: map[string]string{"dir/x": "y"}})
		func() {
			defer r.enter()()
			r.commit(p, "feature/x", "Begin")
		}()
		r.post("/projects/1/pipeline", `{"ref":"feature/x"}`).is(201)
		settle()
		for _, ref := range []string{"feature/x", "feature%2Fx"} {
			r.get("/projects/1/jobs/artifacts/" + ref + "/download?job=a").is(200)
			r.get("/projects/1/jobs/artifacts/"+ref+"/raw/dir/x?job=a").is(200, "y")
		}
		r.get("/projects/1/jobs/artifacts/main/download?job=a").is(404, `{"message":"404 Not found"}`)
		r.get("/projects/1/jobs/artifacts/feature%2Fx/download?job=b").is(404, `{"message":"404 Not found"}`)

		func() {
			defer r.enter()()
			p.config = completeJobs([]Job{{Name: "other"}})
		}()
		r.post("/projects/1/pipeline", `{"ref":"feature/x"}`).is(201)
		settle()
		r.get("/projects/1/jobs/artifacts/feature%2Fx/download?job=a").is(404)
		r.get("/projects/1/jobs/artifacts/feature%2Fx/download?job=a&search_recent_successful_pipelines=true").is(200)
		r.get("/projects/1/jobs/artifacts/feature%2Fx/download?job=other").is(404, `{"message":"404 Not Found"}`)
	})
}

func TestObjectStorage(t *testing.T) {
	inBubble(t, func(r *rig) {
		withArtifacts(r)
		proxied := r.get("/projects/1/jobs/1/artifacts?download_mode=proxy").is(200)
		location := r.get("/projects/1/jobs/1/artifacts?download_mode=direct").is(302).header.Get("Location")
		require.True(t, strings.HasPrefix(location, "http://storage.test/object-storage/1/artifacts.zip?"), location)
		r.get("/projects/1/jobs/1/artifacts/index.html").is(200, "<p>")
		r.ResetRequests()

		ask := func(url string, header ...string) (int, string) {
			request, err := http.NewRequest("GET", url, nil)
			require.NoError(t, err)
			for i := 0; i < len(header); i += 2 {
				request.Header.Set(header[i], header[i+1])
			}
			response, err := r.Transport().RoundTrip(request)
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			return response.StatusCode, string(body)
		}
		status, body := ask(location)
		require.Equal(t, 200, status)
		require.Equal(t, proxied.body, body)
		require.Equal(t, "storage.test", r.Requests()[0].Host)
		status, body = ask(location, "Range", "bytes=2-3")
		require.Equal(t, 206, status)
		require.Equal(t, proxied.body[2:4], body)

		report := r.get("/projects/1/jobs/1/artifacts?file_type=codequality").is(302).header.Get("Location")
		_, body = ask(report)
		require.Equal(t, "[]", body)

		status, _ = ask(location, "Authorization", "Bearer x")
		require.Equal(t, 400, status)
		status, _ = ask(location + "x")
		require.Equal(t, 403, status)
		r.ask("DELETE", "/projects/1/jobs/1/artifacts", "").is(204)
		status, _ = ask(location)
		require.Equal(t, 404, status)
		settle()
		status, body = ask(location)
		require.Equal(t, 403, status)
		require.Contains(t, body, "AccessDenied")
	}, WithObjectStorage("http://storage.test"))
}
