package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPathsAreDecodedOnce(t *testing.T) {
	r := newRig(t)
	r.project("group/sub/app", Job{Name: "a", Queue: 1, Duration: 1, Artifacts: map[string]string{"a b/100%.txt": "x", "%2e": "y"}})
	r.get("/projects/group%2Fsub%2Fapp").is(200)
	r.get("/projects/group/sub/app").is(404, `{"error":"404 Not Found"}`)
	r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
	require.Eventually(t, func() bool { return r.status("/projects/1/pipelines/1") == "success" }, time.Second, time.Millisecond)
	r.get("/projects/1/jobs/1/artifacts/a%20b/100%25.txt").is(200, "x")
	r.get("/projects/1/jobs/1/artifacts/a%20b%2F100%25.txt").is(200, "x")
	r.get("/projects/1/jobs/1/artifacts/%252e").is(200, "y")
	r.get("/projects/1/jobs/1/artifacts/a/../x").is(400, `{"message":"400 Bad request"}`)
}

func TestSlashesAreSqueezed(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	for _, path := range []string{"/projects/1/", "//projects//1", "/projects/1//", "/projects/group%2Fapp/"} {
		require.Equal(t, 1.0, r.get(path).is(200).object()["id"], path)
	}
	r.Fail("GET", "/projects/1/jobs", Status(418, ""))
	r.get("/projects//1/jobs/").is(418)
	require.Contains(t, r.get("/projects//1/jobs/?per_page=1").is(200).header.Get("Link"), "/api/v4/projects/1/jobs?")
	require.Equal(t, "/projects/:id/jobs", r.Requests()[len(r.Requests())-1].Route)
	r.get("/projects/group%2F%2Fapp").is(404)
	r.get("/projects/1/%2F").is(404)
}
