package gitlabcitest

import (
	"archive/zip"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func archiveOf(r *rig) string {
	return r.get("/projects/1/jobs/1/artifacts").is(200).body
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
		require.Equal(t, `attachment; filename="artifacts.zip"`, reply.header.Get("Content-Disposition"))
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
