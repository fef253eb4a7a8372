package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTags(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "release"})
		dev := r.as(r.AddUser("dev", Developer.In("group")))
		const tags = "/projects/1/repository/tags"

		created := dev.post(tags, `{"tag_name":"v1.2.0","ref":"main","message":"Version 1.2"}`).is(201).object()
		head := created["commit"].(map[string]any)["id"]
		require.Equal(t, "Version 1.2", created["message"])
		require.Equal(t, "2000-01-01T00:00:00.000Z", created["created_at"])
		require.NotEqual(t, head, created["target"])
		pipeline := r.get("/projects/1/pipelines/1").is(200).object()
		require.Equal(t, "v1.2.0", pipeline["ref"])
		require.Equal(t, true, pipeline["tag"])
		require.Equal(t, "push", pipeline["source"])
		require.Equal(t, "dev", pipeline["user"].(map[string]any)["username"])

		time.Sleep(time.Hour)
		r.Push(app, "main")
		light := dev.post(tags, `{"tag_name":"v1.10.0","ref":"main"}`).is(201).object()
		require.Equal(t, light["commit"].(map[string]any)["id"], light["target"])
		require.Nil(t, light["created_at"])
		require.Empty(t, light["message"])
		dev.post(tags, `{"tag_name":"nightly/1","ref":"v1.2.0"}`).is(201)
		require.Equal(t, head, r.get(tags + "/nightly%2F1").is(200).object()["target"])

		for query, names := range map[string][]string{
			"": {"v1.10.0", "v1.2.0", "nightly/1"}, "?sort=asc": {"nightly/1", "v1.2.0", "v1.10.0"},
			"?order_by=name": {"v1.2.0", "v1.10.0", "nightly/1"}, "?order_by=version&search=^v": {"v1.10.0", "v1.2.0"},
			"?search=1$": {"nightly/1"}, "?per_page=1&page=2": {"v1.2.0"},
		} {
			require.Equal(t, names, r.get(tags+query).names(), query)
		}

		require.Nil(t, r.get(tags + "/v1.2.0").object()["release"])
		r.AddRelease(app, "v1.2.0")
		require.Equal(t, "v1.2.0", r.get(tags + "/v1.2.0").object()["release"].(map[string]any)["tag_name"])

		dev.post(tags, `{"tag_name":"v1.2.0","ref":"main"}`).is(400, `{"message":"Tag v1.2.0 already exists"}`)
		dev.post(tags, `{"tag_name":"v2","ref":"nowhere"}`).is(400, `{"message":"Target nowhere is invalid"}`)
		dev.post(tags, `{"tag_name":"v 2","ref":"main"}`).is(400, `{"message":"Tag name invalid"}`)
		dev.post(tags, `{"tag_name":"v2"}`).is(400, `{"error":"ref is missing"}`)
		r.get(tags+"/v3").is(404, `{"message":"404 Tag Not Found"}`)
		r.as(r.AddUser("reporter", Reporter.In("group"))).post(tags, `{"tag_name":"v2","ref":"main"}`).is(403)
		r.as(r.AddUser("guest", Guest.In("group"))).get(tags).is(403)
	})
}
