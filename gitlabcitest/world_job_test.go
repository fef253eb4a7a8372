package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetryJob(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "unit", Stage: "test", Fails: 1, FailureReason: "runner_system_failure"}, Job{Name: "deploy", Stage: "deploy"})
		p := r.start()
		settle()
		require.Equal(t, "unit=failed deploy=skipped", r.states(p))
		failed := r.get("/projects/1/jobs/1").is(200).object()
		require.Equal(t, "runner_system_failure", failed["failure_reason"])

		clone := r.post("/projects/1/jobs/1/retry", "").is(201).object()
		require.Equal(t, 3.0, clone["id"])
		require.Equal(t, "pending", clone["status"])
		require.NotContains(t, clone, "failure_reason")
		require.Equal(t, "deploy=created unit=pending", r.states(p))
		require.Equal(t, "running", r.status(p), "a pipeline that was over does not queue again")
		require.Len(t, r.get(p+"/jobs?include_retried=true").is(200).array(), 3)

		settle()
		require.Equal(t, "deploy=success unit=success", r.states(p))
		require.Equal(t, "success", r.status(p))
		r.post("/projects/1/jobs/1/retry", "").is(403, `{"message":"403 Forbidden - Job is not retryable"}`)
	})
}

func TestCancelJob(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Duration: time.Minute, AfterScript: time.Hour}, Job{Name: "b"}, Job{Name: "play", When: Manual})
		p := r.start()
		time.Sleep(10 * time.Second)
		require.Equal(t, "canceling", r.post("/projects/1/jobs/1/cancel", "").is(201).object()["status"])
		require.Equal(t, "canceling", r.post("/projects/1/jobs/1/cancel", "").is(201).object()["status"])
		r.as(r.AddUser("dora", Developer.In("group"))).post("/projects/1/jobs/1/cancel", `{"force":true}`).is(403, `{"message":"403 Forbidden"}`)
		require.Equal(t, "canceled", r.post("/projects/1/jobs/1/cancel", `{"force":true}`).is(201).object()["status"])
		require.Equal(t, "success", r.post("/projects/1/jobs/2/cancel", "").is(201).object()["status"], "a finished job stays as it is")
		require.Equal(t, "canceled", r.post("/projects/1/jobs/3/cancel", "").is(201).object()["status"])
		require.Equal(t, "canceled", r.status(p))
	})
}

func TestPlay(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app",
			Job{Name: "play", Stage: "1", When: Manual},
			Job{Name: "later", Stage: "1", When: Delayed, StartIn: 100 * time.Hour},
			Job{Name: "plain", Stage: "1"},
			Job{Name: "follower", Stage: "2", Needs: []string{"play"}})
		p := r.start()
		settle()
		require.Equal(t, "play=manual later=scheduled plain=success follower=skipped", r.states(p))

		r.post("/projects/1/jobs/3/play", "").is(400, `{"message":"400 Bad request - Unplayable Job"}`)
		r.post("/projects/1/jobs/1/play", `{"job_variables_attributes":[{"value":"x"}]}`).
			is(400, `{"error":"job_variables_attributes[0][key] is missing"}`)
		require.Equal(t, "manual", r.get("/projects/1/jobs/1").object()["status"], "and nothing started")

		played := r.post("/projects/1/jobs/1/play", `{"job_variables_attributes":[{"key":"TARGET","value":"staging"}]}`).is(200).object()
		require.Equal(t, 1.0, played["id"])
		require.Equal(t, "pending", played["status"])
		r.post("/projects/1/jobs/2/play", "").is(200)
		settle()
		require.Equal(t, "play=success later=success plain=success follower=success", r.states(p))

		again := r.post("/projects/1/jobs/1/play", "").is(200).object()
		require.Equal(t, 1.0, again["id"], "the answer is about the job looked up, not the new one")
		settle()
		require.Equal(t, "later=success plain=success follower=success play=success", r.states(p))
	})
}

func TestErase(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Log: "one\n", Artifacts: map[string]string{"x": "y"}}, Job{Name: "b", Stage: "2"})
		r.start()
		r.post("/projects/1/jobs/1/erase", "").is(403, `{"message":"403 Forbidden - Job is not erasable!"}`)
		settle()
		erased := r.post("/projects/1/jobs/1/erase", "").is(201).object()
		require.NotNil(t, erased["erased_at"])
		require.Empty(t, erased["artifacts"])
		require.NotContains(t, erased, "artifacts_file")
		r.get("/projects/1/jobs/1/trace").is(200, "")
		r.get("/projects/1/jobs/1/artifacts").is(404, `{"message":"404 Not Found"}`)
		r.post("/projects/1/jobs/1/erase", "").is(403)
	})
}
