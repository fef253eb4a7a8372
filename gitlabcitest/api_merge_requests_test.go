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

func TestMergeRequestFields(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "a"})
		base := r.get("/projects/1/repository/commits/main").object()["id"]
		iid := r.AddMergeRequest(app, "topic")
		r.Push(app, "main")
		r.Push(app, "topic")
		const path = "/projects/1/merge_requests/1"
		shown := r.get(path).is(200).object()
		require.Equal(t, map[string]any{"short": "!1", "relative": "!1", "full": "group/app!1"}, shown["references"])
		require.Equal(t, map[string]any{"base_sha": base, "start_sha": base, "head_sha": shown["sha"]}, shown["diff_refs"])
		require.Equal(t, "2", shown["changes_count"])
		require.Equal(t, map[string]any{"can_merge": true}, shown["user"])
		for name, want := range map[string]any{
			"labels": []any{}, "assignees": []any{}, "reviewers": []any{}, "assignee": nil, "milestone": nil, "description": nil, "draft": false,
			"work_in_progress": false, "merge_status": "can_be_merged", "detailed_merge_status": "mergeable", "source_project_id": 1.0,
			"target_project_id": 1.0, "merged_by": nil, "merge_user": nil, "closed_at": nil, "has_conflicts": false, "squash": false,
			"merge_when_pipeline_succeeds": false, "reference": "!1",
		} {
			value, ok := shown[name]
			require.True(t, ok, name)
			require.Equal(t, want, value, name)
		}
		listed := r.get("/projects/1/merge_requests").array()[0]
		for name, value := range listed {
			require.Equal(t, shown[name], value, name)
		}
		require.NotContains(t, listed, "diff_refs")
		require.NotContains(t, listed, "head_pipeline")

		r.ask("PUT", "/projects/1", `{"only_allow_merge_if_pipeline_succeeds":true}`).is(200)
		require.Equal(t, "ci_still_running", r.member(path, "detailed_merge_status"))
		settle()
		require.Equal(t, "mergeable", r.member(path, "detailed_merge_status"))
		r.AddMergeRequest(app, "untested")
		require.Equal(t, "ci_must_pass", r.member("/projects/1/merge_requests/2", "detailed_merge_status"))
		merged := r.MergeMergeRequest(app, iid)
		shown = r.get(path).is(200).object()
		require.Equal(t, "not_open", shown["detailed_merge_status"])
		require.Equal(t, merged, shown["merge_commit_sha"])
		require.Equal(t, "root", shown["merged_by"].(map[string]any)["username"])
		require.Equal(t, base, shown["diff_refs"].(map[string]any)["base_sha"])
	})
}
