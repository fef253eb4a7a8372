package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestAllowedAgents(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/sub/app",
			Job{Name: "deploy", Duration: time.Hour, Environment: "review/one"}, Job{Name: "unit", Duration: time.Hour})
		clusters := r.AddProject("ops/clusters")
		r.AddAgent(clusters, Agent{})
		configuration := map[string]any{"default_namespace": "production", "access_as": map[string]any{"ci_job": map[string]any{}}}
		shared := r.AddAgent(clusters, Agent{Groups: []string{"group"}, Configuration: configuration})
		direct := r.AddAgent(clusters, Agent{Projects: []string{"group/sub/app"}})
		own := r.AddAgent(app, Agent{Configuration: configuration})
		r.AddAgent(clusters, Agent{Projects: []string{"group/sub/other"}, Groups: []string{"group/sub/app/x", "gro"}})

		developer := r.as(r.AddUser("dora", Developer.In("group")))
		developer.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
		time.Sleep(time.Minute)
		ask := func(job int64) reply {
			return r.as("").get("/job/allowed_agents", "Job-Token", r.JobToken(job)).is(200)
		}
		shown := ask(1).object()
		clustersShown := r.get("/projects/2").object()
		var got []any
		for _, a := range shown["allowed_agents"].([]any) {
			a := a.(map[string]any)
			got = append(got, []any{a["id"], a["config_project"].(map[string]any)["path_with_namespace"], a["configuration"]})
		}
		require.Equal(r, []any{
			[]any{float64(shared), "ops/clusters", configuration},
			[]any{float64(direct), "ops/clusters", map[string]any{}},
			[]any{float64(own), "group/sub/app", map[string]any{}},
		}, got)
		require.Equal(r, clustersShown["id"], shown["allowed_agents"].([]any)[0].(map[string]any)["config_project"].(map[string]any)["id"])
		require.Equal(r, map[string]any{"id": 1.0}, shown["job"])
		require.Equal(r, map[string]any{"id": 1.0, "groups": []any{map[string]any{"id": 2.0}, map[string]any{"id": 1.0}}}, shown["project"])
		require.Equal(r, map[string]any{"id": 2.0, "username": "dora", "roles_in_project": []any{"guest", "planner", "reporter", "developer"}}, shown["user"])
		require.Equal(r, "development", shown["environment"].(map[string]any)["tier"])
		require.Contains(r, shown["environment"].(map[string]any)["slug"], "review-one")
		require.NotContains(r, ask(2).object(), "environment")

		agents, err := r.Client().WithAuth(gitlabci.JobToken(r.JobToken(1))).Jobs.AllowedAgents(r.Context())
		require.NoError(r, err)
		require.Len(r, agents.AllowedAgents, 3)
		r.get("/job/allowed_agents").is(404, `{"message":"404 Job Not Found"}`)
	})
}

func TestUUIDsOfRunners(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.AddRunner(Runner{})
		r.AddProject("group/app", Job{Name: "unit"})
		r.start()
		settle()
		uuid := r.get("/runners/2").is(200).object()["uuid"]
		require.Regexp(r, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, uuid)
		listed := r.get("/runners/all").is(200).array()
		require.Len(r, listed, 2)
		require.NotEqual(r, listed[0]["uuid"], listed[1]["uuid"])
		require.Contains(r, []any{listed[0]["uuid"], listed[1]["uuid"]}, uuid)
		require.NotContains(r, r.get("/projects/1/jobs/1").object()["runner"], "uuid", "jobs do not bear it")
	})
	r := newRig(t, WithVersion("18.0"))
	require.NotContains(t, r.get("/runners/1").object(), "uuid")
}
