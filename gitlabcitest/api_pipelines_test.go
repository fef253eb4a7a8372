package gitlabcitest

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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

func TestLastPipelineOfACommit(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "child", Trigger: &Downstream{Jobs: []Job{{Name: "x"}}}})
		const commit = "/projects/1/repository/commits/main"
		require.Nil(t, r.member(commit, "last_pipeline"))
		r.start()
		settle()
		require.Len(t, r.get("/projects/1/pipelines?source=parent_pipeline").array(), 1)
		require.Equal(t, 1.0, r.member(commit, "last_pipeline").(map[string]any)["id"])
		require.Equal(t, "success", r.member(commit, "status"))
		require.Equal(t, map[string]any{"additions": 1.0, "deletions": 0.0, "total": 1.0}, r.member(commit, "stats"))
		require.NotContains(t, r.get(commit+"?stats=false").is(200).object(), "stats")
	})
}

// badKey is the answer to a pipeline whose variables have keys with other characters than there may be.
const badKey = `{"message":{"base":["Failed to persist the pipeline: Validation failed: Variables key can contain only letters, digits and '_'."],` +
	`"variables.key":["can contain only letters, digits and '_'."]}}`

func TestWhatIsGivenToAPipelineIsChecked(t *testing.T) {
	r := newRig(t)
	app := r.project("group/app", Job{Name: "play", When: Manual})
	const create = "/projects/1/pipeline"
	for _, key := range []string{"A-B", "A B", "A.B", "ä", "A\\n"} {
		r.post(create, `{"ref":"main","variables":[{"key":"GOOD","value":"1"},{"key":"`+key+`","value":"1"}]}`).is(400, badKey)
	}
	require.Contains(t, r.post(create, `{"ref":"main","variables":[{"key":"","value":"1"}]}`).is(400).body, `"variables.key":["can't be blank",`)

	const given = `{"ref":"main","inputs":{"level":3,"colour":"red"}}`
	base := func(answer reply) any { return answer.is(400).object()["message"].(map[string]any)["base"] }
	require.Equal(t, []any{"`.gitlab-ci.yml`: Given inputs not defined in the `spec` section of the included configuration file"}, base(r.post(create, given)))
	app.Inputs = []string{"level"}
	require.Equal(t, []any{"`.gitlab-ci.yml`: unknown input arguments: colour"}, base(r.post(create, given)))
	require.Empty(t, r.get("/projects/1/pipelines").array())
	app.Inputs = []string{"colour", "level"}
	r.post(create, given).is(201)

	const play = "/projects/1/jobs/1/play"
	r.post(play, `{"job_variables_attributes":[{"key":"A-B","value":"1"}]}`).
		is(400, `{"message":{"job_variables.key":["can contain only letters, digits and '_'."]}}`)
	require.Equal(t, "manual", r.member("/projects/1/jobs/1", "status"))
	r.post(play, `{"job_variables_attributes":[{"key":"A_1","value":"1"}]}`).is(200)
}
