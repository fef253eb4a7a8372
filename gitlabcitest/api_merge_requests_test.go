package gitlabcitest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

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
