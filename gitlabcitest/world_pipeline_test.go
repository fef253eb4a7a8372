package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetryPipeline(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app",
			Job{Name: "a", Stage: "1"}, Job{Name: "b", Stage: "1", Fails: 1},
			Job{Name: "c", Stage: "2"}, Job{Name: "play", Stage: "2", When: Manual})
		p := r.start()
		settle()
		require.Equal(t, "a=success b=failed c=skipped play=skipped", r.states(p))
		shown := r.post(p+"/retry", "").is(201).object()
		require.Equal(t, "running", shown["status"])
		require.Nil(t, shown["finished_at"])
		settle()
		require.Equal(t, "a=success c=success play=manual b=success", r.states(p))
		require.Equal(t, "success", r.status(p))
		finished := r.get(p).object()["finished_at"]
		require.Equal(t, finished, r.post(p+"/retry", "").is(201).object()["finished_at"], "nothing to retry")
	})
}

func TestCancelPipeline(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app",
			Job{Name: "done", Stage: "1"},
			Job{Name: "runs", Stage: "2", Duration: time.Minute},
			Job{Name: "tidies", Stage: "2", Duration: time.Minute, AfterScript: 10 * time.Second},
			Job{Name: "waits", Stage: "3"},
			Job{Name: "play", Stage: "2", When: Manual})
		p := r.start()
		time.Sleep(5 * time.Second)
		require.Equal(t, "canceling", r.post(p+"/cancel", "").is(200).object()["status"])
		require.Equal(t, "done=success runs=canceled tidies=canceling waits=canceled play=manual", r.states(p))
		time.Sleep(10 * time.Second)
		require.Equal(t, "done=success runs=canceled tidies=canceled waits=canceled play=manual", r.states(p))
		require.Equal(t, "canceled", r.status(p))
		require.Equal(t, "canceled", r.post(p+"/cancel", "").is(200).object()["status"], "canceling what is over is no error")
	})
}
