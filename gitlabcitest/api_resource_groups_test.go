package gitlabcitest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const production = "/projects/1/resource_groups/production"

// jobWords returns pipeline:name=status of listed jobs.
func (r reply) jobWords() string {
	r.Helper()
	var words []string
	for _, j := range r.is(200).array() {
		words = append(words, fmt.Sprintf("%v:%s=%s", j["pipeline"].(map[string]any)["iid"], j["name"], j["status"]))
	}
	return strings.Join(words, " ")
}

func TestResourceGroups(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app",
			Job{Name: "review", Stage: "build", ResourceGroup: "review/app"},
			Job{Name: "again", Stage: "build", ResourceGroup: "review/app"},
			Job{Name: "deploy", Stage: "deploy", ResourceGroup: "production", When: Manual})
		r.get("/projects/1/resource_groups").is(200, `[]`)
		r.start()
		r.get("/projects/1/resource_groups").is(200, `[`+
			`{"id":1,"key":"review/app","process_mode":"unordered","created_at":"2000-01-01T00:00:00.000Z","updated_at":"2000-01-01T00:00:00.000Z"},`+
			`{"id":2,"key":"production","process_mode":"unordered","created_at":"2000-01-01T00:00:00.000Z","updated_at":"2000-01-01T00:00:00.000Z"}]`)
		r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
		require.Equal(r, []float64{2}, ids(r.get("/projects/1/resource_groups?page=2&per_page=1")))

		time.Sleep(time.Minute)
		client := r.Client()
		group, err := client.ResourceGroups.Get(r.Context(), app, "review/app")
		require.NoError(r, err)
		require.Equal(r, int64(1), group.ID)
		group, err = client.ResourceGroups.Update(r.Context(), app, "review/app", &gitlabci.UpdateResourceGroupOptions{ProcessMode: gitlabci.ProcessModeNewestReadyFirst})
		require.NoError(r, err)
		require.Equal(r, gitlabci.ProcessModeNewestReadyFirst, group.ProcessMode)
		require.Equal(r, time.Minute, group.UpdatedAt.Sub(group.CreatedAt))
		r.ask("PUT", "/projects/1/resource_groups/review%2Fapp", "").is(200)
		job, err := client.ResourceGroups.CurrentJob(r.Context(), app, "review/app")
		require.NoError(r, err)
		require.Nil(r, job)
		r.get(production+"/current_job").is(200, `null`)
	})
}

func TestCurrentAndUpcomingJobs(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "deploy", ResourceGroup: "production", Duration: time.Minute})
		for range 3 {
			r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
		}
		time.Sleep(30 * time.Second)
		client := r.Client()
		current, err := client.ResourceGroups.CurrentJob(r.Context(), app, "production")
		require.NoError(r, err)
		require.Equal(r, int64(1), current.ID)
		require.Equal(r, gitlabci.JobStatus("running"), current.Status)
		upcoming, err := client.ResourceGroups.UpcomingJobs(r.Context(), app, "production", nil).Collect()
		require.NoError(r, err)
		require.Len(r, upcoming, 2)
		require.Equal(r, []float64{3}, ids(r.get(production+"/upcoming_jobs?per_page=1&page=2")))

		// One that is canceled leaves the line; one that ends passes the resource on.
		r.post("/projects/1/jobs/2/cancel", "").is(201)
		require.Equal(r, "3:deploy=waiting_for_resource", r.get(production+"/upcoming_jobs").jobWords())
		r.post("/projects/1/jobs/1/cancel", "").is(201)
		time.Sleep(time.Second)
		require.Equal(r, 3.0, r.get(production + "/current_job").is(200).object()["id"])
		require.Equal(r, "", r.get(production+"/upcoming_jobs").jobWords())
		settle()
		r.get(production+"/current_job").is(200, `null`)
	})
}

func TestTriggerJobHoldsAResourceGroup(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app",
			Job{Name: "child", ResourceGroup: "production", Trigger: &Downstream{Strategy: Depend, Jobs: []Job{{Name: "x", Duration: time.Minute}}}},
			Job{Name: "deploy", ResourceGroup: "production"})
		p := r.start()
		time.Sleep(10 * time.Second)
		require.Equal(r, "child", r.get(production + "/current_job").is(200).object()["name"])
		require.Equal(r, "deploy=waiting_for_resource child=running", r.states(p))
		settle()
		require.Equal(r, "deploy=success child=success", r.states(p))
	})
}

// TestProcessModes has a deployment that holds the resource for an hour, and three after it that get ready each at its own time.
func TestProcessModes(t *testing.T) {
	tests := []struct {
		mode     gitlabci.ProcessMode
		upcoming string // after half an hour
		order    string // of the deployments, by pipeline
	}{
		{gitlabci.ProcessModeUnordered, "3:deploy=waiting_for_resource 2:deploy=waiting_for_resource", "1 3 2 4"},
		{gitlabci.ProcessModeOldestFirst, "2:deploy=waiting_for_resource 3:deploy=waiting_for_resource 4:deploy=created", "1 2 3 4"},
		{gitlabci.ProcessModeNewestFirst, "4:deploy=created 3:deploy=waiting_for_resource 2:deploy=waiting_for_resource", "1 4 3 2"},
		{gitlabci.ProcessModeNewestReadyFirst, "3:deploy=waiting_for_resource 2:deploy=waiting_for_resource", "1 3 2 4"},
	}
	for _, test := range tests {
		t.Run(string(test.mode), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				deploy := Job{Name: "deploy", Stage: "deploy", ResourceGroup: "production", Duration: time.Hour}
				app := r.AddProject("group/app", deploy)
				r.start()
				r.ask("PUT", production, `{"process_mode":"`+string(test.mode)+`"}`).is(200)
				for _, build := range []time.Duration{20 * time.Minute, 10 * time.Minute, 4 * time.Hour} {
					r.Define(app, Job{Name: "build", Stage: "build", Duration: build}, deploy)
					r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
				}
				time.Sleep(30 * time.Minute)
				require.Equal(r, test.upcoming, r.get(production+"/upcoming_jobs").jobWords())

				var order []string
				for range 60 {
					if current := r.get(production + "/current_job").is(200); current.body != "null" {
						order = append(order, fmt.Sprint(current.object()["pipeline"].(map[string]any)["iid"]))
					}
					time.Sleep(10 * time.Minute)
				}
				require.Equal(r, test.order, strings.Join(slices.Compact(order), " "))
			})
		})
	}
}

func TestStrictModesWaitForJobsThatAreNotReady(t *testing.T) {
	ready := Job{Name: "deploy", ResourceGroup: "production", Stage: "deploy"}
	tests := []struct {
		name   string
		mode   gitlabci.ProcessMode
		first  []Job // of the older pipeline
		second []Job
		before string // status of the deployment that waits, after a minute
	}{
		{"oldest first waits for an older one", gitlabci.ProcessModeOldestFirst, []Job{{Name: "build", Stage: "build", Duration: time.Hour}, ready}, []Job{ready}, "waiting_for_resource"},
		{"newest first waits for a newer one", gitlabci.ProcessModeNewestFirst, []Job{ready}, []Job{{Name: "build", Stage: "build", Duration: time.Hour}, ready}, "waiting_for_resource"},
		{"newest ready first does not", gitlabci.ProcessModeNewestReadyFirst, []Job{ready}, []Job{{Name: "build", Stage: "build", Duration: time.Hour}, ready}, "success"},
		{"unordered does not", gitlabci.ProcessModeUnordered, []Job{{Name: "build", Stage: "build", Duration: time.Hour}, ready}, []Job{ready}, "success"},
		{"an older one that is skipped frees the others", gitlabci.ProcessModeOldestFirst,
			[]Job{{Name: "build", Stage: "build", Duration: 20 * time.Second, Fails: 1}, ready}, []Job{ready}, "success"},
		{"an older one that is manual does so, too", gitlabci.ProcessModeOldestFirst,
			[]Job{{Name: "build", Stage: "build", Duration: 20 * time.Second}, {Name: "deploy", Stage: "deploy", ResourceGroup: "production", When: Manual}},
			[]Job{ready}, "success"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				// The resource group has to be there, and held, before the pipelines that are to meet in it.
				app := r.AddProject("group/app", Job{Name: "deploy", ResourceGroup: "production", Duration: 10 * time.Second})
				r.start()
				r.ask("PUT", production, `{"process_mode":"`+string(test.mode)+`"}`).is(200)
				r.Define(app, test.first...)
				r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
				r.Define(app, test.second...)
				r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
				time.Sleep(time.Minute)
				waits := "/projects/1/pipelines/3"
				if len(test.second) > 1 {
					waits = "/projects/1/pipelines/2"
				}
				require.Equal(r, "deploy="+test.before, r.states(waits))
				time.Sleep(2 * time.Hour)
				require.Equal(r, "deploy=success", r.states(waits))
			})
		})
	}
}

func TestOfOnePipelineTheJobThatIsReadyComesFirst(t *testing.T) {
	for _, mode := range []gitlabci.ProcessMode{gitlabci.ProcessModeOldestFirst, gitlabci.ProcessModeNewestFirst} {
		inBubble(t, func(r *rig) {
			r.project("group/app",
				Job{Name: "late", ResourceGroup: "production", Needs: []string{"slow"}},
				Job{Name: "slow", Duration: time.Hour},
				Job{Name: "hold", ResourceGroup: "production", Duration: 10 * time.Second},
				Job{Name: "early", ResourceGroup: "production"})
			p := r.start()
			r.ask("PUT", production, `{"process_mode":"`+string(mode)+`"}`).is(200)
			require.Equal(r, "1:early=waiting_for_resource 1:late=created", r.get(production+"/upcoming_jobs").jobWords())
			time.Sleep(time.Minute)
			require.Equal(r, "late=created slow=running hold=success early=success", r.states(p))
		})
	}
}

func TestProcessModeChangedWhileJobsWait(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "build", Stage: "build", Duration: time.Hour}, Job{Name: "deploy", Stage: "deploy", ResourceGroup: "production"})
		r.start()
		r.ask("PUT", production, `{"process_mode":"oldest_first"}`).is(200)
		r.Define(app, Job{Name: "deploy", ResourceGroup: "production"})
		r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
		time.Sleep(10 * time.Minute)
		require.Equal(r, "waiting_for_resource", r.status("/projects/1/pipelines/2"))
		r.ask("PUT", production, `{"process_mode":"unordered"}`).is(200)
		time.Sleep(10 * time.Second)
		require.Equal(r, "success", r.status("/projects/1/pipelines/2"))
	})
}

func TestResourceGroupRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", ResourceGroup: "production"})
		r.start()
		r.ask("PUT", production, `{"process_mode":"random"}`).is(400, `{"error":"process_mode does not have a valid value"}`)
		for _, path := range []string{"", "/current_job", "/upcoming_jobs"} {
			r.get("/projects/1/resource_groups/none"+path).is(404, `{"message":"404 Not found"}`)
		}
		r.ask("PUT", "/projects/1/resource_groups/none", `{}`).is(404, `{"message":"404 Not found"}`)
		people := r.people()
		for _, path := range []string{"/projects/1/resource_groups", production, production + "/current_job", production + "/upcoming_jobs"} {
			people[Reporter].get(path).is(403, `{"message":"403 Forbidden"}`)
			people[Developer].get(path).is(200)
		}
		people[Reporter].ask("PUT", production, `{}`).is(403)
		people[Developer].ask("PUT", production, `{}`).is(200)
		r.as("").get(production).is(401)
		r.as(r.AddUser("stranger")).get(production).is(404, `{"message":"404 Project Not Found"}`)
	})
	old := newRig(t, WithVersion("18.5"))
	old.project("group/app", Job{Name: "deploy", ResourceGroup: "production"})
	old.start()
	old.get(production + "/current_job").is(404)
}
