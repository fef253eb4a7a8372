package gitlabcitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestProjectsAndGroupsAreMadeOverHTTP(t *testing.T) {
	r := newRig(t)
	dev := r.as(r.AddUser("dev"))
	group := dev.post("/groups", `{"name":"The Team","path":"team","description":"d","visibility":"public"}`).is(201).object()
	require.Subset(t, group, map[string]any{"id": 1.0, "name": "The Team", "path": "team", "full_path": "team", "description": "d", "visibility": "public"})
	require.Equal(t, 1.0, dev.post("/groups", `{"name":"sub","path":"sub","parent_id":1}`).is(201).object()["parent_id"])
	require.Equal(t, "team/sub", dev.member("/groups/team%2Fsub", "full_path"))

	made := dev.post("/projects", `{"name":"My App","namespace_id":2,"description":"d","visibility":"internal","topics":["go"],"default_branch":"trunk"}`).
		is(201).object()
	require.Subset(t, made, map[string]any{
		"name": "My App", "path": "my-app", "path_with_namespace": "team/sub/my-app", "description": "d", "visibility": "internal",
		"topics": []any{"go"}, "default_branch": "trunk", "creator_id": 2.0,
	})
	require.Len(t, dev.get("/projects/1/repository/branches").is(200).array(), 1)
	r.Define(gitlabci.ProjectPath("team/sub/my-app"), Job{Name: "a"})
	dev.post("/projects/1/pipeline", `{"ref":"trunk"}`).is(201)
	dev.ask("PUT", "/projects/1", `{"visibility":"private"}`).is(200)

	own := dev.post("/projects", `{"path":"mine"}`).is(201).object()
	require.Equal(t, []any{"dev/mine", "mine"}, []any{own["path_with_namespace"], own["name"]})
	dev.post("/projects", `{"path":"other"}`).is(201)
	stranger := r.as(r.AddUser("stranger"))
	stranger.get("/projects/dev%2Fmine").is(404)

	dev.post("/projects", `{}`).is(400, `{"error":"name, path are missing, at least one parameter must be provided"}`)
	dev.post("/projects", `{"path":"mine"}`).
		is(400, `{"message":{"name":["has already been taken"],"path":["has already been taken"],"project_namespace.name":["has already been taken"]}}`)
	dev.post("/projects", `{"path":"a b"}`).is(400)
	dev.post("/projects", `{"name":"-"}`).is(400)
	for _, id := range []string{"1", "9"} {
		stranger.post("/projects", `{"name":"x","namespace_id":`+id+`}`).is(400, `{"message":{"namespace":["is not valid"]}}`)
	}
	r.as("").post("/projects", `{"name":"x"}`).is(401)

	dev.post("/groups", `{}`).is(400, `{"error":"name is missing, path is missing"}`)
	dev.post("/groups", `{"name":"team","path":"team"}`).is(400, `{"message":"Failed to save group {:path=>[\"has already been taken\"]}"}`)
	dev.post("/groups", `{"name":"x","path":"-x"}`).is(400)
	stranger.post("/groups", `{"name":"x","path":"x","parent_id":2}`).is(404, `{"message":"404 Group Not Found"}`)
	r.as(r.AddUser("guest", Guest.In("team"))).post("/groups", `{"name":"x","path":"x","parent_id":1}`).is(403)
}
