package webhook_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/webhook"
)

// published is the event of a payload.
func published(payload webhook.Payload) webhook.Event { return webhook.Event{Payload: payload} }

func pipelineOf(project, id int64, status gitlabci.PipelineStatus, jobs ...webhook.PipelineJob) webhook.Event {
	return published(&webhook.Pipeline{
		PipelineAttributes: webhook.PipelineAttributes{ID: id, Status: status}, Project: webhook.Project{ID: project}, Jobs: jobs,
	})
}

func TestHub(t *testing.T) {
	t.Parallel()
	var hub webhook.Hub
	var got []string
	note := func(format string) func(status string) {
		return func(status string) { got = append(got, fmt.Sprintf(format, status)) }
	}
	stops := []func(){
		hub.OnPipeline(5, func(s gitlabci.PipelineStatus) { note("pipeline 5 %s")(string(s)) }),
		hub.OnPipeline(6, func(s gitlabci.PipelineStatus) { note("pipeline 6 %s")(string(s)) }),
		hub.OnJob(50, func(s gitlabci.JobStatus) { note("job 50 %s")(string(s)) }),
		hub.OnJob(5, func(s gitlabci.JobStatus) { note("job 5 %s")(string(s)) }),
		hub.OnDeployment(5, func(s gitlabci.DeploymentStatus) { note("deployment 5 %s")(string(s)) }),
		hub.OnJobsOf(5, func(job int64, s gitlabci.JobStatus) { note(fmt.Sprint("of pipeline 5: ", job, " %s"))(string(s)) }),
		hub.OnPipelinesOf(3, func(id int64, s gitlabci.PipelineStatus) { note(fmt.Sprint("of project 3: ", id, " %s"))(string(s)) }),
		hub.OnEvent(func(e webhook.Event) { note("event %s")(fmt.Sprintf("%T", e.Payload)) }),
	}
	publish := func(event webhook.Event) []string {
		got = nil
		require.NoError(t, hub.Publish(t.Context(), event))
		slices.Sort(got)
		return got
	}
	skipped := webhook.PipelineJob{ID: 50, Status: gitlabci.JobSkipped}
	require.Equal(t, []string{"event *webhook.Pipeline", "job 50 skipped", "of pipeline 5: 50 skipped", "of project 3: 5 success", "pipeline 5 success"},
		publish(pipelineOf(3, 5, gitlabci.PipelineSuccess, skipped)))
	require.Equal(t, []string{"event *webhook.Pipeline", "of project 3: 7 beamed"}, publish(pipelineOf(3, 7, "beamed")))
	bridged := pipelineOf(4, 8, gitlabci.PipelineRunning)
	bridged.Payload.(*webhook.Pipeline).Bridges = []webhook.PipelineJob{{ID: 50, Status: gitlabci.JobPending}}
	require.Equal(t, []string{"event *webhook.Pipeline", "job 50 pending"}, publish(bridged))
	require.Equal(t, []string{"event *webhook.Job", "job 50 failed", "of pipeline 5: 50 failed"},
		publish(published(&webhook.Job{ID: 50, PipelineID: 5, Status: gitlabci.JobFailed})))
	require.Equal(t, []string{"deployment 5 approved", "event *webhook.Deployment"}, publish(published(&webhook.Deployment{ID: 5, Status: webhook.DeploymentApproved})))
	require.Equal(t, []string{"event *webhook.Push"}, publish(published(&webhook.Push{Ref: "refs/heads/main"})))
	require.Equal(t, []string{"event <nil>"}, publish(webhook.Event{Kind: "issue"}))

	for _, stop := range stops {
		stop()
		stop()
	}
	require.Empty(t, publish(pipelineOf(3, 5, gitlabci.PipelineSuccess, skipped)))
}

// TestHubFromWithin tests that what is called may subscribe, stop and publish.
func TestHubFromWithin(t *testing.T) {
	t.Parallel()
	var hub webhook.Hub
	var got []gitlabci.PipelineStatus
	var stop func()
	stop = hub.OnPipeline(5, func(status gitlabci.PipelineStatus) {
		got = append(got, status)
		stop()
		stop = hub.OnPipeline(5, func(status gitlabci.PipelineStatus) { got = append(got, "again "+status) })
		require.NoError(t, hub.Publish(t.Context(), pipelineOf(3, 5, "inner")))
	})
	require.NoError(t, hub.Publish(t.Context(), pipelineOf(3, 5, "outer")))
	require.Equal(t, []gitlabci.PipelineStatus{"outer", "again inner"}, got)
	stop()
}

// TestHubOfMany publishes while others subscribe and leave: whoever is there all the time misses nothing.
func TestHubOfMany(t *testing.T) {
	t.Parallel()
	var hub webhook.Hub
	const pipelines, events = 20, 200
	var counts [pipelines]atomic.Int64
	for i := range counts {
		defer hub.OnPipeline(int64(i), func(gitlabci.PipelineStatus) { counts[i].Add(1) })()
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range events {
				hub.OnPipeline(1, func(gitlabci.PipelineStatus) {})()
				hub.OnEvent(func(webhook.Event) {})()
			}
		})
		wg.Go(func() {
			for n := range events {
				_ = hub.Publish(t.Context(), pipelineOf(3, int64(n%pipelines), gitlabci.PipelineRunning))
			}
		})
	}
	wg.Wait()
	for i := range counts {
		require.EqualValues(t, 4*events/pipelines, counts[i].Load())
	}
}

// TestHubOfAHandler takes an event all the way.
func TestHubOfAHandler(t *testing.T) {
	t.Parallel()
	var hub webhook.Hub
	told := make(chan gitlabci.PipelineStatus, 1)
	defer hub.OnPipeline(5, func(status gitlabci.PipelineStatus) { told <- status })()
	handler, err := webhook.Handler(signing, hub.Publish)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	require.Equal(t, http.StatusNoContent, post(t, server, signed(signing, delivery, running), running))
	require.Equal(t, gitlabci.PipelineRunning, <-told)
}
