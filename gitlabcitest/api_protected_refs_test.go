package gitlabcitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestProtectedRefs(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app")
	r.AddBranch(app, "release/1/x")
	r.AddBranch(app, "Main")
	r.AddTag(app, "v1")
	r.AddTag(app, "w1")
	r.ProtectBranch(app, "release/*")
	r.ProtectTag(app, "v*")
	protected := func(path string) any { return r.get("/projects/1/repository/" + path).is(200).object()["protected"] }
	require.Equal(t, true, protected("branches/main"))
	require.Equal(t, true, protected("branches/release%2F1%2Fx"))
	require.Equal(t, false, protected("branches/Main"))
	require.Equal(t, true, protected("tags/v1"))
	require.Equal(t, false, protected("tags/w1"))
	r.get("/projects/1/repository/tags/v2").is(404, `{"message":"404 Tag Not Found"}`)
	r.get("/projects/1/protected_branches").is(200, `[{"name":"main"},{"name":"release/*"}]`)
	r.get("/projects/1/protected_tags").is(200, `[{"name":"v*"}]`)
	people := r.people()
	people[Reporter].get("/projects/1/protected_tags").is(403)
	people[Developer].get("/projects/1/protected_branches").is(200)
}

func TestVariablesOfJobs(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("a/b/app", Job{Name: "deploy", Environment: "production", When: Manual}, Job{Name: "unit"})
	for _, v := range []struct{ owner, body string }{
		{"/admin/ci", `{"key":"A","value":"instance"}`},
		{"/admin/ci", `{"key":"B","value":"instance","protected":true}`},
		{"/groups/a", `{"key":"A","value":"root","environment_scope":"production"}`},
		{"/groups/a%2Fb", `{"key":"C","value":"nearest","environment_scope":"prod*"}`},
		{"/groups/a%2Fb", `{"key":"C","value":"all"}`},
		{"/groups/a", `{"key":"C","value":"root","environment_scope":"production"}`},
		{"/projects/1", `{"key":"D","value":"project"}`},
	} {
		r.post(v.owner+"/variables", v.body).is(201)
	}
	given := func(ref, job string) map[string]string {
		pipeline, err := r.Client().Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: ref, Variables: []gitlabci.PipelineVariable{{Key: "D", Value: "given"}}})
		require.NoError(t, err)
		found, err := r.Client().Pipelines.Job(t.Context(), app, pipeline.ID, job)
		require.NoError(t, err)
		return r.JobVariables(found.ID)
	}
	r.AddBranch(app, "feature")
	require.Equal(t, map[string]string{"A": "root", "B": "instance", "C": "nearest", "D": "given"}, given("main", "deploy"))
	require.Equal(t, map[string]string{"A": "instance", "C": "all", "D": "given"}, given("feature", "unit"))
}
