package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestChildPipeline(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app",
			Job{Name: "child", Stage: "1", Trigger: &Downstream{Strategy: Depend, Jobs: []Job{{Name: "inner", Fails: 1, Duration: time.Minute}}}},
			Job{Name: "after", Stage: "2"})
		p := r.start()
		time.Sleep(10 * time.Second)
		require.Equal(t, "after=created child=running", r.states(p))
		bridge := r.get(p + "/bridges").array()[0]
		downstream := bridge["downstream_pipeline"].(map[string]any)
		require.Equal(t, "parent_pipeline", downstream["source"])

		require.Len(t, r.get("/projects/1/pipelines").array(), 1, "child pipelines have to be asked for")
		require.Len(t, r.get("/projects/1/pipelines?source=parent_pipeline").array(), 1)
		require.Len(t, r.get(p+"/trigger_jobs").array(), 1)
		require.NotContains(t, r.get("/projects/1/jobs").body, `"name":"child"`)
		r.get("/projects/1/jobs/1").is(404, `{"message":"404 Not found"}`)

		settle()
		require.Equal(t, "after=skipped child=failed", r.states(p))
		require.Equal(t, "failed", r.status(p))

		child := "/projects/1/pipelines/2"
		r.post(child+"/retry", "").is(201)
		require.Equal(t, "after=created child=running", r.states(p), "the trigger job waits again")
		settle()
		require.Equal(t, "after=success child=success", r.states(p))
		require.Equal(t, "success", r.status(p))
	})
}

func TestRetryTriggerJobStartsAnotherPipeline(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "child", Trigger: &Downstream{Strategy: Depend, Jobs: []Job{{Name: "inner", Fails: 1}}}})
		p := r.start()
		settle()
		clone := r.post("/projects/1/jobs/1/retry", "").is(201).object()
		for _, path := range []string{p + "/bridges", p + "/trigger_jobs"} {
			require.Equal(t, []float64{3}, ids(r.get(path)))
			for _, sent := range []string{"true", "1", "false"} { // as it is: GitLab does not know that it is a boolean
				require.Equal(t, []float64{3, 1}, ids(r.get(path+"?include_retried="+sent)), sent)
			}
			require.Equal(t, []float64{1}, ids(r.get(path+"?include_retried=true&scope[]=failed")))
		}
		require.Equal(t, "child", clone["name"])
		require.Contains(t, clone, "downstream_pipeline")
		settle()
		require.Equal(t, 3.0, r.get(p + "/bridges").array()[0]["downstream_pipeline"].(map[string]any)["id"])
		require.Len(t, r.get(p+"/bridges").array(), 1)
		require.Len(t, r.get(p+"/bridges?include_retried=true").array(), 2)
	})
}

func TestPlayTriggerJob(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "child", When: Manual, Trigger: &Downstream{Strategy: Depend, Jobs: []Job{{Name: "inner"}}}})
		p := r.start()
		require.Equal(t, "child=manual", r.states(p))
		played := r.post("/projects/1/jobs/1/play", `{"job_variables_attributes":[{"key":"K","value":"v"}]}`).is(200).object()
		require.Equal(t, "pending", played["status"])
		require.Contains(t, played, "downstream_pipeline")
		settle()
		require.Equal(t, "child=success", r.states(p))
	})
}

func TestMultiProjectPipeline(t *testing.T) {
	tests := []struct {
		strategy        Strategy
		during, atEnd   string
		downstreamFails int
	}{
		{"", "success", "success", 1},
		{Depend, "running", "failed", 1},
		{Depend, "running", "success", 0},
		{Mirror, "running", "success", 0},
	}
	for _, test := range tests {
		inBubble(t, func(r *rig) {
			r.project("group/app", Job{Name: "deploy", Trigger: &Downstream{Project: "group/ops/deploy", Strategy: test.strategy}})
			r.project("group/ops/deploy", Job{Name: "go", Duration: time.Minute, Fails: test.downstreamFails})
			p := r.start()
			time.Sleep(10 * time.Second)
			require.Equal(t, "deploy="+test.during, r.states(p))
			settle()
			require.Equal(t, "deploy="+test.atEnd, r.states(p))
			require.Equal(t, "pipeline", r.get("/projects/2/pipelines").array()[0]["source"])
		})
	}
}

func TestMirrorShowsABlockedPipeline(t *testing.T) {
	inBubble(t, func(r *rig) {
		gate := []Job{{Name: "gate", When: Manual, Blocking: true}}
		r.project("group/app",
			Job{Name: "mirror", Trigger: &Downstream{Strategy: Mirror, Jobs: gate}},
			Job{Name: "depend", Trigger: &Downstream{Strategy: Depend, Jobs: gate}})
		p := r.start()
		settle()
		require.Equal(t, "mirror=manual depend=running", r.states(p))
	})
}

func TestTriggerFailures(t *testing.T) {
	child := func(jobs ...Job) *Downstream { return &Downstream{Strategy: Depend, Jobs: jobs} }
	tests := []struct {
		reason  string
		trigger *Downstream
	}{
		{"downstream_bridge_project_not_found", &Downstream{Project: "group/nowhere"}},
		{"downstream_pipeline_creation_failed", &Downstream{Project: "group/empty"}},
		{"downstream_pipeline_creation_failed", child()},
	}
	for _, test := range tests {
		inBubble(t, func(r *rig) {
			r.project("group/app", Job{Name: "trigger", Trigger: test.trigger})
			r.project("group/empty")
			p := r.start()
			settle()
			require.Equal(t, test.reason, r.get(p + "/bridges").array()[0]["failure_reason"])
			require.Equal(t, "failed", r.status(p))
		})
	}
}

func TestTriggerDepthAndLoop(t *testing.T) {
	inBubble(t, func(r *rig) {
		child := func(name string, jobs ...Job) Job {
			return Job{Name: name, Trigger: &Downstream{Strategy: Depend, Jobs: jobs}}
		}
		r.project("group/app", child("1", child("2", child("3", Job{Name: "x"}))))
		r.start()
		settle()
		require.Equal(t, "reached_max_descendant_pipelines_depth", r.get("/projects/1/pipelines/3/bridges").array()[0]["failure_reason"])
	})
	inBubble(t, func(r *rig) {
		r.project("group/a", Job{Name: "b", Trigger: &Downstream{Project: "group/b"}})
		r.project("group/b", Job{Name: "a", Trigger: &Downstream{Project: "group/a"}})
		r.start()
		settle()
		require.Len(t, r.get("/projects/1/pipelines").array(), 2)
		require.Equal(t, "pipeline_loop_detected", r.get("/projects/1/pipelines/3/bridges").array()[0]["failure_reason"])
		r.post("/projects/1/jobs/3/retry", "").is(403)
	})
}

func TestCancelReachesChildPipelines(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "child", Trigger: &Downstream{Strategy: Depend, Jobs: []Job{{Name: "inner", Duration: time.Minute}}}})
		p := r.start()
		time.Sleep(10 * time.Second)
		require.Equal(t, "canceled", r.post(p+"/cancel", "").is(200).object()["status"])
		require.Equal(t, "canceled", r.status("/projects/1/pipelines/2"))
		r.ask("DELETE", p, "").is(204)
		r.get("/projects/1/pipelines/2").is(404)
	})
}
