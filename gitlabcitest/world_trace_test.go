package gitlabcitest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTraceGrows(t *testing.T) {
	const log = "one\ntwo\nthree\nfour\n"
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Queue: time.Second, Duration: 40 * time.Second, Log: log})
		r.start()
		reply := r.get("/projects/1/jobs/1/trace").is(200, "")
		require.Equal(t, "text/plain", reply.header.Get("Content-Type"))
		require.Equal(t, `infile; filename="1.log"`, reply.header.Get("Content-Disposition"))
		time.Sleep(11 * time.Second)
		r.get("/projects/1/jobs/1/trace").is(200, "one\n")
		time.Sleep(15 * time.Second)
		r.get("/projects/1/jobs/1/trace").is(200, "one\ntwo\n")
		r.get("/projects/1/jobs/1/trace", "Range", "bytes=1-").is(200, "one\ntwo\n")
		settle()
		r.get("/projects/1/jobs/1/trace").is(200, log)

		r.get("/projects/1/jobs/1/trace?byte_offset=4").is(200, "two\nthree\nfour\n")
		r.get("/projects/1/jobs/1/trace?byte_offset=4&byte_limit=3").is(200, "two")
		r.get("/projects/1/jobs/1/trace?byte_offset=999").is(200, "")
		r.get("/projects/1/jobs/1/trace?byte_limit=512001").is(400, `{"error":"byte_limit does not have a valid value"}`)
		r.SetLog(1, "anew\n")
		r.get("/projects/1/jobs/1/trace").is(200, "anew\n")
	})
}

func TestTraceOfOldVersions(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Log: "one\ntwo\n", Artifacts: map[string]string{"tree": "oak", "x": "y"}, Reports: map[string]string{"sast": "{}"}})
		r.start()
		settle()
		r.get("/projects/1/jobs/1/trace?byte_offset=4&byte_limit=0").is(200, "one\ntwo\n")
		r.get("/projects/1/jobs/1/artifacts/tree").is(200, "oak")
		require.Equal(t, archiveOf(r), r.get("/projects/1/jobs/1/artifacts?file_type=sast").is(200).body)
		r.get("/pipelines").is(404)
		r.get("/projects/1/pipelines/1/trigger_jobs").is(404)
		require.Equal(t, "17.0", r.get("/version").object()["version"])
	}, WithVersion("17.0"))
}

func TestTraceOfFailedAndCanceled(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Log: "half a line", Fails: 1}, Job{Name: "b", Log: "one\ntwo\n", Duration: 10 * time.Second}, Job{Name: "c"})
		r.start()
		time.Sleep(6 * time.Second)
		r.post("/projects/1/jobs/2/cancel", "").is(201)
		settle()
		r.get("/projects/1/jobs/1/trace").is(200, "half a line\nERROR: Job failed: exit code 1\n")
		r.get("/projects/1/jobs/2/trace").is(200, "one\n")
		require.Greater(t, strings.Count(r.get("/projects/1/jobs/3/trace").is(200).body, "\n"), 2)
	})
}

func TestTraceOfFailingAttempts(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "unit", Duration: time.Minute, Fails: 1, FailureReason: "runner_system_failure", Log: "ok\n", FailLog: "one\ntwo\n"})
		r.start()
		time.Sleep(31 * time.Second)
		r.get("/projects/1/jobs/1/trace").is(200, "one\n")
		settle()
		r.get("/projects/1/jobs/1/trace").is(200, "one\ntwo\nERROR: Job failed (system failure): the runner lost its executor\n")
		r.post("/projects/1/jobs/1/retry", "").is(201)
		settle()
		r.get("/projects/1/jobs/2/trace").is(200, "ok\n")
	})
}

func TestTraceWithSecretsIsForDevelopers(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	r.post("/projects/1/pipeline", `{"ref":"main","variables":[{"key":"CI_DEBUG_TRACE","value":"true"}]}`).is(201)
	r.as(r.AddUser("reporter", Reporter.In("group"))).get("/projects/1/jobs/1/trace").is(403)
	r.as(r.AddUser("dev", Developer.In("group"))).get("/projects/1/jobs/1/trace").is(200)
}
