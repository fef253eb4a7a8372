package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHourOfPipelineInAnInstant(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app",
			Job{Name: "compile", Stage: "build", Queue: time.Second, Duration: 20 * time.Minute},
			Job{Name: "unit", Stage: "test", Queue: time.Second, Duration: 30 * time.Minute},
			Job{Name: "lint", Stage: "test", Queue: time.Second, Duration: time.Minute},
			Job{Name: "deploy", Stage: "deploy", Queue: time.Second, Duration: 10 * time.Minute},
		)
		begin := time.Now().UTC()
		p := r.start()
		require.Equal(t, "compile=pending unit=created lint=created deploy=created", r.states(p))
		require.Equal(t, "pending", r.status(p))

		time.Sleep(time.Second)
		require.Equal(t, "compile=running unit=created lint=created deploy=created", r.states(p))
		require.Equal(t, "running", r.status(p))

		time.Sleep(21 * time.Minute)
		require.Equal(t, "compile=success unit=running lint=running deploy=created", r.states(p))

		time.Sleep(2 * time.Hour)
		require.Equal(t, "compile=success unit=success lint=success deploy=success", r.states(p))
		shown := r.get(p).is(200).object()
		require.Equal(t, "success", shown["status"])
		// What happened while nobody asked bears the time at which it happened.
		require.Equal(t, begin.Add(time.Hour+3*time.Second).Format("2006-01-02T15:04:05.000Z"), shown["finished_at"])
		require.Equal(t, 3600.0, shown["duration"])
		require.Equal(t, 1.0, shown["queued_duration"])
		job := r.get("/projects/1/jobs/2").is(200).object()
		require.Equal(t, 1800.0, job["duration"])
		require.Equal(t, 1.0, job["queued_duration"])
		require.NotNil(t, job["runner"])
	})
}

func TestWhenAndAllowFailure(t *testing.T) {
	tests := []struct {
		name   string
		jobs   []Job
		states string
		status string
	}{
		{"a failure skips the stages after it", []Job{
			{Name: "a", Stage: "1", Fails: 1}, {Name: "b", Stage: "2"}, {Name: "c", Stage: "3"},
		}, "a=failed b=skipped c=skipped", "failed"},
		{"a failure allowed does not", []Job{
			{Name: "a", Stage: "1", Fails: 1, AllowFailure: true}, {Name: "b", Stage: "2"},
		}, "a=failed b=success", "success"},
		{"on_failure runs only then", []Job{
			{Name: "a", Stage: "1"}, {Name: "mend", Stage: "2", When: OnFailure}, {Name: "c", Stage: "3"},
		}, "a=success mend=skipped c=success", "success"},
		{"on_failure after a failure", []Job{
			{Name: "a", Stage: "1", Fails: 1}, {Name: "mend", Stage: "2", When: OnFailure}, {Name: "clean", Stage: "3", When: Always},
		}, "a=failed mend=success clean=success", "failed"},
		{"never is not created", []Job{
			{Name: "a", Stage: "1"}, {Name: "b", Stage: "2", When: Never},
		}, "a=success", "success"},
		{"a manual job is left alone", []Job{
			{Name: "a", Stage: "1"}, {Name: "play", Stage: "2", When: Manual}, {Name: "c", Stage: "3"},
		}, "a=success play=manual c=success", "success"},
		{"a blocking one holds the stages after it", []Job{
			{Name: "a", Stage: "1"}, {Name: "play", Stage: "2", When: Manual, Blocking: true}, {Name: "c", Stage: "3"},
		}, "a=success play=manual c=created", "manual"},
		{"nothing but manual jobs", []Job{{Name: "play", When: Manual}}, "play=manual", "skipped"},
		{"delayed", []Job{
			{Name: "a", Stage: "1", When: Delayed, StartIn: 100 * time.Hour}, {Name: "b", Stage: "2"},
		}, "a=scheduled b=created", "scheduled"},
		{"delayed, and the delay is over", []Job{
			{Name: "a", Stage: "1", When: Delayed, StartIn: time.Minute}, {Name: "b", Stage: "2"},
		}, "a=success b=success", "success"},
		{"needs do not wait for stages", []Job{
			{Name: "slow", Stage: "1", Duration: 100 * time.Hour}, {Name: "quick", Stage: "1"},
			{Name: "after", Stage: "2", Needs: []string{"quick"}}, {Name: "at once", Stage: "3", Needs: []string{}}, {Name: "last", Stage: "3"},
		}, "slow=running quick=success after=success at once=success last=created", "running"},
		{"needs of a failed job", []Job{
			{Name: "a", Stage: "1", Fails: 1}, {Name: "b", Stage: "1"},
			{Name: "x", Stage: "2", Needs: []string{"a"}}, {Name: "y", Stage: "2", Needs: []string{"b"}},
		}, "a=failed b=success x=skipped y=success", "failed"},
		{"needs of a manual job", []Job{
			{Name: "play", Stage: "1", When: Manual}, {Name: "x", Stage: "2", Needs: []string{"play"}}, {Name: "y", Stage: "2"},
		}, "play=manual x=skipped y=success", "success"},
		{"needs inside a stage", []Job{
			{Name: "second", Needs: []string{"first"}}, {Name: "first"},
		}, "second=success first=success", "success"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.project("group/app", test.jobs...)
				p := r.start()
				settle()
				require.Equal(t, test.states, r.states(p))
				require.Equal(t, test.status, r.status(p))
			})
		})
	}
}

func TestResourceGroupRunsOneAfterTheOther(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app",
			Job{Name: "a", ResourceGroup: "production", Duration: time.Minute},
			Job{Name: "b", ResourceGroup: "production", Duration: time.Minute})
		p := r.start()
		time.Sleep(30 * time.Second)
		require.Equal(t, "a=running b=waiting_for_resource", r.states(p))
		time.Sleep(time.Minute)
		require.Equal(t, "a=success b=running", r.states(p))
		r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
		time.Sleep(time.Second)
		require.Equal(t, "waiting_for_resource", r.status("/projects/1/pipelines/2"))
		r.ask("DELETE", p, "").is(204)
		time.Sleep(time.Second)
		require.Equal(t, "running", r.status("/projects/1/pipelines/2"))
	})
}

func TestFailureCancelsTheRest(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Fails: 1}, Job{Name: "b", Duration: time.Minute}).CancelOnFailure = true
		p := r.start()
		settle()
		require.Equal(t, "a=failed b=canceled", r.states(p))
		require.Equal(t, "failed", r.status(p))
	})
}

func TestCanceledPipelineWithBlockingManualJobEndsManual(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"}, Job{Name: "play", When: Manual, Blocking: true})
		p := r.start()
		require.Equal(t, "manual", r.post(p+"/cancel", "").is(200).object()["status"])
	})
}
