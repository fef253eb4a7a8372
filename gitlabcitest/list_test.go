package gitlabcitest

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ids(reply reply) []float64 {
	found := []float64{}
	for _, item := range reply.is(200).array() {
		found = append(found, item["id"].(float64))
	}
	return found
}

func TestPipelineFilters(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.project("group/app", Job{Name: "a"})
		func() {
			defer r.enter()()
			r.commit(p, "beta", "Begin")
			p.tags["v1"] = p.branches["main"]
		}()
		dev := r.as(r.AddUser("dev", Developer.In("group")))
		r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
		time.Sleep(time.Hour)
		noon := time.Now().UTC().Format(time.RFC3339)
		dev.post("/projects/1/pipeline", `{"ref":"beta"}`).is(201)
		r.post("/projects/1/pipeline", `{"ref":"v1"}`).is(201)
		time.Sleep(time.Hour)
		r.post("/projects/1/pipeline", `{"ref":"refs/heads/main"}`).is(201)
		r.ask("PUT", "/projects/1/pipelines/2/metadata", `{"name":"Nightly"}`).is(200)

		tests := []struct {
			query string
			ids   []float64
		}{
			{"", []float64{4, 3, 2, 1}},
			{"sort=asc", []float64{1, 2, 3, 4}},
			{"order_by=ref&sort=asc", []float64{2, 1, 4, 3}},
			{"order_by=user_id", []float64{2, 4, 3, 1}},
			{"order_by=status&sort=asc", []float64{4, 1, 2, 3}},
			{"order_by=updated_at", []float64{4, 2, 3, 1}},
			{"ref=main", []float64{4, 1}},
			{"status=pending", []float64{4}},
			{"scope=pending", []float64{4}},
			{"scope=running", []float64{}},
			{"scope=finished", []float64{3, 2, 1}},
			{"scope=branches", []float64{4, 2}},
			{"scope=tags", []float64{3}},
			{"username=dev", []float64{2}},
			{"name=Nightly", []float64{2}},
			{"source=push", []float64{}},
			{"source=api", []float64{4, 3, 2, 1}},
			{"yaml_errors=true", []float64{}},
			{"sha=" + p.branches["beta"].sha, []float64{2}},
			{"created_before=" + url.QueryEscape(noon), []float64{1}},
			{"updated_after=" + url.QueryEscape(noon), []float64{4, 3, 2}},
		}
		for _, test := range tests {
			assert.Equal(t, test.ids, ids(r.get("/projects/1/pipelines?"+test.query)), test.query)
		}
		r.get("/projects/1/pipelines?created_after=noon").is(400, `{"error":"created_after is invalid"}`)
		require.Equal(t, []float64{2}, ids(dev.get("/pipelines")))
		require.Equal(t, []float64{4}, ids(r.get("/projects/1/jobs?ref=main&scope=pending")))
		require.Equal(t, 4.0, r.get("/projects/1/pipelines/latest").is(200).object()["id"])
		require.Equal(t, 2.0, r.get("/projects/1/pipelines/latest?ref=beta").is(200).object()["id"])
		long := make([]byte, 300)
		for i := range long {
			long[i] = 'n'
		}
		r.ask("PUT", "/projects/1/pipelines/2/metadata", `{"name":"`+string(long)+`"}`).
			is(400, `{"message":"Failed to update pipeline - Name is too long (maximum is 255 characters)"}`)
	})
}

func TestMergeRequestPipelines(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.project("group/app", Job{Name: "a"})
		func() {
			defer r.enter()()
			r.addMergeRequest(p, "topic")
		}()
		const pipelines = "/projects/1/merge_requests/1/pipelines"
		r.get("/projects/1/merge_requests/2/pipelines").is(404, `{"message":"404 Not found"}`)
		require.Empty(t, ids(r.get(pipelines)))
		created := r.post(pipelines, "").is(201).object()
		require.Equal(t, "refs/merge-requests/1/head", created["ref"])
		require.Equal(t, "merge_request_event", created["source"])
		r.post(pipelines, `{"async":true}`).is(202, "")
		r.post("/projects/1/pipeline", `{"ref":"topic"}`).is(201)
		r.start()
		require.Equal(t, []float64{3, 2, 1}, ids(r.get(pipelines)))
		shown := r.get("/projects/1/merge_requests/1").is(200).object()
		require.Equal(t, 3.0, shown["head_pipeline"].(map[string]any)["id"])
		require.Len(t, r.get("/projects/1/merge_requests?source_branch=topic").is(200).array(), 1)
		require.Empty(t, r.get("/projects/1/merge_requests?target_branch=topic").is(200).array())
		require.Equal(t, 1.0, r.get("/pipelines").array()[2]["merge_request"].(map[string]any)["iid"])

		func() {
			defer r.enter()()
			p.config = nil
		}()
		r.post(pipelines, "").is(405, `{"message":"405 Method Not Allowed"}`)
	})
}

func TestWhatClientsAskFirst(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.project("demo/sub/app", Job{Name: "a", Coverage: new(87.5)}, Job{Name: "b", Coverage: new(50.0), Fails: 1, AllowFailure: true})
		r.project("demo/lib")
		var pushed *commit
		func() {
			defer r.enter()()
			pushed = r.push(p, "feature/x")
		}()
		settle()
		stranger := r.as(r.AddUser("stranger"))

		require.Equal(t, true, r.get("/metadata").is(200).object()["enterprise"])
		require.Equal(t, true, r.get("/user").is(200).object()["is_admin"])
		require.NotContains(t, stranger.get("/user").is(200).object(), "is_admin")

		require.Equal(t, []float64{2, 1}, ids(r.get("/projects")))
		require.Equal(t, []float64{1}, ids(r.get("/projects?search=APP&membership=true")))
		require.Empty(t, ids(stranger.get("/projects")))
		shown := r.get("/projects/demo%2FSub%2Fapp").is(200).object()
		require.Equal(t, "demo/sub/app", shown["path_with_namespace"])
		require.Equal(t, "demo / sub / app", shown["name_with_namespace"])
		require.Equal(t, "demo/sub", shown["namespace"].(map[string]any)["full_path"])

		require.Equal(t, []float64{1, 2}, ids(r.get("/groups")))
		require.Empty(t, ids(stranger.get("/groups")))
		require.Equal(t, "demo/sub", r.get("/groups/demo%2Fsub").is(200).object()["full_path"])
		require.Equal(t, 1.0, r.get("/groups/2").is(200).object()["parent_id"])
		stranger.get("/groups/1").is(404, `{"message":"404 Group Not Found"}`)
		require.Equal(t, []float64{2}, ids(r.get("/groups/demo/projects")))

		require.Len(t, r.get("/projects/1/repository/branches").is(200).array(), 2)
		require.Len(t, r.get("/projects/1/repository/branches?search=feat").is(200).array(), 1)
		require.Equal(t, pushed.sha, r.get("/projects/1/repository/branches/feature%2Fx").is(200).object()["commit"].(map[string]any)["id"])
		r.get("/projects/1/repository/branches/nowhere").is(404, `{"message":"404 Branch Not Found"}`)

		require.Len(t, r.get("/projects/1/repository/commits?ref_name=feature/x").is(200).array(), 2)
		require.Len(t, r.get("/projects/1/repository/commits").is(200).array(), 1)
		r.get("/projects/1/repository/commits?ref_name=nowhere").is(404)
		commit := r.get("/projects/1/repository/commits/" + pushed.sha).is(200).object()
		require.Equal(t, "success", commit["status"])
		require.Equal(t, 1.0, commit["last_pipeline"].(map[string]any)["id"])
		require.Equal(t, pushed.sha, r.get("/projects/1/repository/commits/feature%2Fx").is(200).object()["id"])
		r.get("/projects/1/repository/commits/0000").is(404, `{"message":"404 Commit Not Found"}`)

		pipeline := r.get("/projects/1/pipelines/1").is(200).object()
		require.Equal(t, "68.75", pipeline["coverage"])
		require.Equal(t, pushed.parent.sha, pipeline["before_sha"])
		detailed := pipeline["detailed_status"].(map[string]any)
		require.Equal(t, "passed with warnings", detailed["label"])
		require.Equal(t, "/demo/sub/app/-/pipelines/1", detailed["details_path"])
	})
}

func TestPagesBeyondAllNumbers(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "unit"})
		for _, query := range []string{"page=9223372036854775807", "page=4611686018427387904&per_page=2", "page=-9223372036854775808"} {
			require.Empty(t, ids(r.get("/projects/1/jobs?"+query)), query)
			require.Empty(t, ids(r.get("/projects/1/pipelines?"+query)), query)
		}
	})
}
