package gitlabcitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const trains = "/projects/1/merge_trains"

// withTrains makes project 1, whose pipelines take a minute, and merge requests of these branches.
func (r *rig) withTrains(branches ...string) gitlabci.Project {
	r.Helper()
	app := r.AddProject("group/app", Job{Name: "unit", Duration: time.Minute})
	r.Configure(app, ProjectSettings{MergeTrains: true})
	for _, branch := range branches {
		r.AddMergeRequest(app, branch)
	}
	return app
}

func (r *rig) board(iid int) reply {
	r.Helper()
	return r.post(fmt.Sprintf("%s/merge_requests/%d", trains, iid), "")
}

// cars returns iid=status of a train, in the order of boarding.
func (r *rig) cars() string {
	r.Helper()
	var words []string
	for _, k := range r.get(trains + "/main?sort=asc").is(200).array() {
		words = append(words, fmt.Sprintf("%v=%s", k["merge_request"].(map[string]any)["iid"], k["status"]))
	}
	return strings.Join(words, " ")
}

func TestMergeTrain(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.withTrains("topic")
		client := r.Client()
		added, err := client.MergeTrains.Add(r.Context(), app, 1, nil)
		require.NoError(r, err)
		require.Len(r, added, 1)
		require.Equal(r, gitlabci.MergeTrainIdle, added[0].Status)
		require.Nil(r, added[0].Pipeline)

		const car = trains + "/merge_requests/1"
		time.Sleep(10 * time.Second)
		shown := r.get(car).is(200).object()
		require.Equal(r, map[string]any{
			"id": 1.0, "target_branch": "main", "status": "fresh", "merged_at": nil, "duration": nil,
			"created_at": "2000-01-01T00:00:00.000Z", "updated_at": "2000-01-01T00:00:00.000Z", "user": shown["user"], "pipeline": shown["pipeline"],
			"merge_request": map[string]any{
				"id": 1.0, "iid": 1.0, "project_id": 1.0, "title": "Add topic", "description": nil, "state": "opened",
				"created_at": "2000-01-01T00:00:00.000Z", "updated_at": "2000-01-01T00:00:00.000Z", "web_url": "http://gitlab.test/group/app/-/merge_requests/1",
			},
		}, shown)
		require.Equal(r, "root", shown["user"].(map[string]any)["username"])
		pipeline := shown["pipeline"].(map[string]any)
		require.Equal(r, []any{"running", "merge_request_event", "refs/merge-requests/1/train"}, []any{pipeline["status"], pipeline["source"], pipeline["ref"]})
		require.Equal(r, pipeline["id"], r.get("/projects/1/merge_requests/1/pipelines").array()[0]["id"])

		time.Sleep(50*time.Second + 200*time.Millisecond)
		require.Equal(r, "1=merging", r.cars())
		require.Equal(r, "opened", r.get("/projects/1/merge_requests/1").object()["state"])
		time.Sleep(2 * time.Second)
		merged, err := client.MergeTrains.Get(r.Context(), app, 1)
		require.NoError(r, err)
		require.Equal(r, gitlabci.MergeTrainMerged, merged.Status)
		require.Equal(r, gitlabci.MergeRequestMerged, merged.MergeRequest.State)
		require.Equal(r, gitlabci.Seconds(61), merged.Duration)
		require.Equal(r, merged.MergedAt, merged.CreatedAt.Add(61*time.Second+100*time.Millisecond))

		mr := r.get("/projects/1/merge_requests/1").object()
		require.Equal(r, "merged", mr["state"])
		require.Equal(r, "root", mr["merge_user"].(map[string]any)["username"])
		require.Equal(r, mr["merge_commit_sha"], r.get("/projects/1/repository/branches/main").object()["commit"].(map[string]any)["id"])
		require.Empty(r, r.get("/projects/1/merge_requests?state=opened").array())
		require.Len(r, r.get("/projects/1/merge_requests?state=merged").array(), 1)
		r.ask("DELETE", fmt.Sprintf("/projects/1/pipelines/%v", pipeline["id"]), "").is(204)
		require.Nil(r, r.get(car).is(200).object()["pipeline"])
		newest := r.get("/projects/1/pipelines").array()[0]
		require.Equal(r, []any{"main", "push", mr["merge_commit_sha"]}, []any{newest["ref"], newest["source"], newest["sha"]})
	})
}

func TestCarsMergeInTheirOrder(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.withTrains("slow", "quick")
		r.board(1).is(201)
		r.Define(app, Job{Name: "unit", Duration: 10 * time.Second})
		time.Sleep(time.Second)
		require.Equal(r, []float64{2, 1}, ids(reply{rig: r, status: 200, body: r.board(2).is(201).body}), "the whole train")
		time.Sleep(30 * time.Second)
		require.Equal(r, "1=fresh 2=fresh", r.cars(), "the second one is tested, and waits")
		time.Sleep(30*time.Second + 500*time.Millisecond)
		require.Equal(r, "1=merged 2=merging", r.cars())
		time.Sleep(time.Second)
		require.Equal(r, "1=merged 2=merged", r.cars())

		require.Equal(r, []float64{2, 1}, ids(r.get(trains)))
		require.Equal(r, []float64{1}, ids(r.get(trains+"?per_page=1&page=2")))
		require.Equal(r, []float64{2, 1}, ids(r.get(trains+"?scope=complete")))
		require.Empty(r, ids(r.get(trains+"?scope=active")))
		require.Empty(r, ids(r.get(trains+"/release%2F1")))
		r.AddMergeRequest(app, "third")
		r.board(3).is(201)
		active, err := r.Client().MergeTrains.ListForBranch(r.Context(), app, "main", &gitlabci.ListMergeTrainsOptions{Scope: gitlabci.MergeTrainScopeActive}).Collect()
		require.NoError(r, err)
		require.Len(r, active, 1)
		require.Equal(r, int64(3), active[0].MergeRequest.IID)
	})
}

func TestFailedCarIsDropped(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.withTrains("good", "bad", "third", "fourth")
		r.board(1).is(201)
		time.Sleep(time.Second)
		r.Define(app, Job{Name: "unit", Duration: 30 * time.Second, Fails: 1})
		r.board(2).is(201)
		time.Sleep(time.Second)
		r.Define(app, Job{Name: "unit", Duration: 2 * time.Minute})
		r.board(3).is(201)
		r.board(4).is(201)
		time.Sleep(29*time.Second + 500*time.Millisecond)
		require.Equal(r, "1=fresh 3=stale 4=stale", r.cars())
		r.get(trains+"/merge_requests/2").is(404, `{"message":"404 Merge Train Merge Request Not Found"}`)
		require.Equal(r, "opened", r.get("/projects/1/merge_requests/2").object()["state"])
		time.Sleep(2 * time.Second)
		require.Equal(r, "1=fresh 3=fresh 4=fresh", r.cars())
		for iid, tested := range map[int]float64{3: 5, 4: 6} {
			pipelines := r.get(fmt.Sprintf("/projects/1/merge_requests/%d/pipelines", iid)).array()
			require.Len(r, pipelines, 2)
			require.Equal(r, tested, pipelines[0]["id"], "once more, and once only")
			require.Equal(r, "canceled", pipelines[1]["status"])
		}
		settle()
		require.Equal(r, "1=merged 3=merged 4=merged", r.cars())
		r.Define(app, Job{Name: "unit"})
		r.board(2).is(201)
		settle()
		require.Equal(r, "1=merged 3=merged 4=merged 2=merged", r.cars())
	})
}

func TestPushTakesFromTheTrain(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.withTrains("first", "second")
		r.board(1).is(201)
		r.board(2).is(201)
		time.Sleep(10 * time.Second)
		r.Push(app, "first")
		require.Equal(r, "2=stale", r.cars())
		time.Sleep(10 * time.Second)
		require.Equal(r, "2=fresh", r.cars())
		r.Push(app, "main")
		require.Equal(r, "2=stale", r.cars(), "what it is to be merged into changed")
		time.Sleep(61*time.Second + 500*time.Millisecond)
		require.Equal(r, "2=merging", r.cars())
		r.Push(app, "main")
		r.Push(app, "second")
		require.Equal(r, "2=merging", r.cars(), "it is too late")
		settle()
		require.Equal(r, "2=merged", r.cars())
	})
}

func TestDroppedCarIsNotTestedAnew(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.withTrains("topic")
		r.board(1).is(201)
		time.Sleep(10 * time.Second)
		r.Push(app, "main")
		r.Push(app, "topic")
		settle()
		require.Len(r, r.get("/projects/1/pipelines?source=merge_request_event").is(200).array(), 1)
		require.Equal(r, "", r.cars())
	})
}

func TestMergedAsideOfTheTrain(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.withTrains("first", "second", "third")
		for iid := range 3 {
			r.board(iid + 1).is(201)
		}
		time.Sleep(10 * time.Second)
		first := r.MergeMergeRequest(app, 1)
		require.Equal(r, "2=stale 3=stale", r.cars())
		time.Sleep(61*time.Second + 500*time.Millisecond)
		require.Equal(r, "2=merging 3=fresh", r.cars())
		second := r.MergeMergeRequest(app, 2)
		settle()
		require.Equal(r, "3=merged", r.cars())
		require.Equal(r, first, r.MergeMergeRequest(app, 1))
		require.Equal(r, second, r.MergeMergeRequest(app, 2))
		require.Len(r, r.get("/projects/1/pipelines?source=push").array(), 3, "each is merged once")
	})
}

func TestTrainsSwitchedOff(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.withTrains("first", "second")
		r.board(1).is(201)
		r.board(2).is(201)
		time.Sleep(10 * time.Second)
		r.ask("PUT", "/projects/1", `{"merge_trains_enabled":false}`).is(200)
		settle()
		r.ask("PUT", "/projects/1", `{"merge_trains_enabled":true}`).is(200)
		require.Equal(r, "", r.cars())
		require.Equal(r, "opened", r.get("/projects/1/merge_requests/1").object()["state"])
		require.Len(r, r.get("/projects/1/pipelines").array(), 2, "none is tested anew")
	})
}

func TestCarWithoutPipeline(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.withTrains("topic")
		r.Define(app)
		r.board(1).is(201)
		require.Equal(r, "", r.cars())
	})
}

func TestBoardOncePipelineSucceeded(t *testing.T) {
	for _, name := range []string{"auto_merge", "when_pipeline_succeeds"} {
		inBubble(t, func(r *rig) {
			app := r.withTrains("topic")
			r.post("/projects/1/merge_requests/1/pipelines", "").is(201)
			r.Define(app, Job{Name: "unit"})
			r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
			r.Define(app, Job{Name: "unit", Duration: time.Minute})
			const car = trains + "/merge_requests/1"
			r.post(car, `{"`+name+`":true}`).is(202, `[]`)
			r.get(car).is(404)
			r.post(car, "").is(409, `{"message":"Merge request is already set to Auto-Merge"}`)
			time.Sleep(10 * time.Second)
			require.Equal(r, "", r.cars(), "the pipeline that is over is none of its own")
			time.Sleep(52 * time.Second)
			require.Equal(r, "1=fresh", r.cars())
			settle()
			require.Equal(r, "1=merged", r.cars())
		})
	}
	inBubble(t, func(r *rig) {
		r.withTrains("topic", "other")
		r.post("/projects/1/merge_requests/1/pipelines", "").is(201)
		r.post(trains+"/merge_requests/2", `{"auto_merge":true}`).is(201)                       // there is nothing to wait for
		r.board(1).is(400, `{"message":"400 Bad request - No available merge train strategy"}`) // it has to, and does not want to
		require.Equal(r, "2=fresh", r.cars())
		settle()
		r.board(1).is(201)
		require.Equal(r, "2=merged 1=fresh", r.cars())
	})
}

func TestCancelAutoMerge(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.withTrains("first", "second")
		cancel := func(iid int) reply {
			return r.post(fmt.Sprintf("/projects/1/merge_requests/%d/cancel_merge_when_pipeline_succeeds", iid), "")
		}
		refusal := `{"message":"Can't cancel the automatic merge","status":"error","http_status":406}`
		cancel(1).is(201, refusal)
		cancel(9).is(404, `{"message":"404 Not found"}`)

		r.board(1).is(201)
		r.board(2).is(201)
		time.Sleep(10 * time.Second)
		cancel(1).is(201, `{"status":"success"}`)
		require.Equal(r, "2=stale", r.cars(), "what is behind it is tested anew")
		require.Equal(r, "opened", r.get("/projects/1/merge_requests/1").object()["state"])
		cancel(1).is(201, refusal)

		r.post("/projects/1/merge_requests/1/pipelines", "").is(201)
		r.post(trains+"/merge_requests/1", `{"auto_merge":true}`).is(202)
		cancel(1).is(201, `{"status":"success"}`)
		settle()
		require.Equal(r, "2=merged", r.cars(), "it does not board any more")
		cancel(2).is(201, refusal)

		people := r.people()
		for _, role := range []AccessLevel{Guest, Reporter} {
			people[role].post("/projects/1/merge_requests/1/cancel_merge_when_pipeline_succeeds", "").is(401, `{"message":"401 Unauthorized"}`)
		}
		people[Developer].post("/projects/1/merge_requests/1/cancel_merge_when_pipeline_succeeds", "").is(201, refusal)
	})
}

func TestMergeTrainRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.withTrains("topic")
		const car = trains + "/merge_requests/1"
		head := r.get("/projects/1/merge_requests/1").object()["sha"].(string)
		r.post(car, `{"sha":"123"}`).is(409, `{"message":"SHA does not match HEAD of source branch: `+head+`"}`)
		_, err := r.Client().MergeTrains.Add(r.Context(), app, 1, &gitlabci.AddToMergeTrainOptions{SHA: strings.Repeat("1", 40)})
		require.ErrorIs(r, err, gitlabci.ErrConflict)
		r.get(car).is(404, `{"message":"404 Merge Train Merge Request Not Found"}`)
		r.get(trains+"/merge_requests/9").is(404, `{"message":"404 Not found"}`)
		r.post(trains+"/merge_requests/9", "").is(404, `{"message":"404 Not found"}`)
		r.get(trains+"?scope=all").is(400, `{"error":"scope does not have a valid value"}`)
		r.get(trains+"?sort=up").is(400, `{"error":"sort does not have a valid value"}`)

		people := r.people()
		for _, path := range []string{trains, trains + "/main", car} {
			people[Guest].get(path).is(403, `{"message":"403 Forbidden"}`)
		}
		people[Reporter].get(trains).is(200, `[]`)
		people[Reporter].post(car, "").is(401, `{"message":"401 Unauthorized"}`)
		people[Developer].post(car, `{"sha":"`+head+`"}`).is(201)
		r.as("").get(trains).is(401)
		r.as(r.AddUser("stranger")).get(trains).is(404, `{"message":"404 Project Not Found"}`)
		settle()
		r.post(car, "").is(400, `{"message":"400 Bad request - No available merge train strategy"}`)

		second := fmt.Sprintf("%s/merge_requests/%d", trains, r.AddMergeRequest(app, "second"))
		r.post(second, "").is(201)
		r.Configure(app, ProjectSettings{})
		for _, path := range []string{trains, trains + "/main", car} {
			r.get(path).is(403, `{"message":"403 Forbidden"}`)
		}
		r.post(second, `{"sha":"1"}`).is(409)
		people[Reporter].post(second, "").is(401)
		r.post(second, "").is(409, `{"message":"Merge request is already set to Auto-Merge"}`)
		r.post(car, "").is(400, `{"message":"400 Bad request - Merge trains are not enabled for this project"}`)
	})
}
