package gitlabcitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// head returns the SHA of a branch of project 1.
func (r *rig) head(branch string) string {
	r.Helper()
	return r.get("/projects/1/repository/branches/" + branch).is(200).object()["commit"].(map[string]any)["id"].(string)
}

// report sends a status of main's commit.
func (r *rig) report(name, state string) reply {
	r.Helper()
	return r.post("/projects/1/statuses/"+r.as(r.Token()).head("main"), fmt.Sprintf(`{"name":%q,"state":%q}`, name, state))
}

// statuses returns name=status of main's commit.
func (r *rig) statuses(query string) string {
	r.Helper()
	var words []string
	for _, j := range r.get("/projects/1/repository/commits/" + r.head("main") + "/statuses" + query).is(200).array() {
		words = append(words, j["name"].(string)+"="+j["status"].(string))
	}
	return strings.Join(words, " ")
}

func TestExternalPipeline(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app")
		sha := r.head("main")
		client := r.Client()
		none, err := client.CommitStatuses.List(r.Context(), app, sha, nil).Collect()
		require.NoError(r, err)
		require.Empty(r, none)

		coverage := 98.29
		set, err := client.CommitStatuses.Set(r.Context(), app, sha, &gitlabci.SetCommitStatusOptions{
			State: "running", Name: "jenkins", TargetURL: "https://jenkins.test/1", Description: "builds", Coverage: &coverage,
		})
		require.NoError(r, err)
		require.Equal(r, gitlabci.JobStatus("running"), set.Status)
		shown := r.get("/projects/1/repository/commits/" + sha + "/statuses").array()[0]
		require.Equal(r, map[string]any{
			"id": 1.0, "sha": sha, "ref": "main", "status": "running", "name": "jenkins", "target_url": "https://jenkins.test/1", "description": "builds",
			"created_at": "2000-01-01T00:00:00.000Z", "started_at": "2000-01-01T00:00:00.000Z", "finished_at": nil, "allow_failure": false,
			"coverage": 98.29, "pipeline_id": 1.0, "author": shown["author"],
		}, shown)
		require.Equal(r, "root", shown["author"].(map[string]any)["username"])
		pipeline := r.get("/projects/1/pipelines/1").is(200).object()
		require.Equal(r, []any{"external", "running", "main", sha, 1.0}, []any{pipeline["source"], pipeline["status"], pipeline["ref"], pipeline["sha"], pipeline["iid"]})

		time.Sleep(time.Minute)
		require.Equal(r, 1.0, r.report("jenkins", "success").is(201).object()["id"])
		pipeline = r.get("/projects/1/pipelines/1").object()
		require.Equal(r, []any{"success", 60.0, "98.29"}, []any{pipeline["status"], pipeline["duration"], pipeline["coverage"]})
		kept := r.get("/projects/1/repository/commits/" + sha + "/statuses").array()[0]
		require.Equal(r, "builds", kept["description"], "what is not sent stays")
		require.Equal(r, "2000-01-01T00:01:00.000Z", kept["finished_at"])

		// None of this is a job.
		require.Equal(r, "", r.states("/projects/1/pipelines/1"))
		r.get("/projects/1/jobs").is(200, `[]`)
		r.get("/projects/1/jobs/1").is(404)
		r.post("/projects/1/jobs/1/retry", "").is(404)
	})
}

func TestStatusJoinsThePipeline(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "unit"}, Job{Name: "child", Stage: "deploy", Trigger: &Downstream{Jobs: []Job{{Name: "x"}}}})
		p := r.start()
		settle()
		require.Equal(r, "success", r.status(p))
		require.Equal(r, "pending", r.report("scan", "pending").is(201).object()["status"])
		require.Equal(r, "running", r.status(p), "it was under way before")
		require.Equal(r, "unit=success child=success scan=pending", r.statuses(""))
		require.Equal(r, "failed", r.report("scan", "failed").is(201).object()["status"])
		require.Equal(r, "failed", r.status(p))
		require.Equal(r, "unit=success child=success", r.states(p))

		// Nothing of the pipeline's own can be done with it.
		r.post(p+"/retry", "").is(201)
		require.Equal(r, "failed", r.status(p))
		require.Equal(r, "unit=success child=success scan=failed", r.statuses("?all=true"))
		r.report("unit", "success").is(400, `{"message":{"name":["has already been taken"]}}`)

		require.Equal(r, "skipped", r.report("scan", "skipped").is(201).object()["status"])
		r.post("/projects/1/pipelines/1/retry", "").is(201)
		settle()
		require.Equal(r, "unit=success child=success scan=skipped", r.statuses(""))
		require.Equal(r, "success", r.status(p))
		r.ask("DELETE", p, "").is(204)
		require.Equal(r, "", r.statuses(""))
	})
}

func TestExternalStatusStaysWhenJobsGoOn(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "unit", Fails: 1}, Job{Name: "deploy", Stage: "deploy"})
		p := r.start()
		settle()
		r.report("scan", "skipped").is(201)
		r.post("/projects/1/jobs/1/retry", "").is(201)
		require.Equal(r, "deploy=created scan=skipped unit=pending", r.statuses(""))
		r.report("long", "running").is(201)
		require.Equal(r, "canceled", r.post(p+"/cancel", "").is(200).object()["status"])
		require.Equal(r, "deploy=canceled scan=skipped unit=canceled long=canceled", r.statuses(""))
		r.post(p+"/retry", "").is(201)
		settle()
		require.Equal(r, "scan=skipped long=canceled deploy=success unit=success", r.statuses(""))
	})
}

func TestStatusTransitions(t *testing.T) {
	refused := func(event, from string) string {
		return fmt.Sprintf(`{"message":"Cannot transition status via :%s from :%s (Reason(s): Status cannot transition via \"%s\")"}`, event, from, event)
	}
	tests := []struct {
		first, second string
		answer        string // empty where it is accepted
		rows          int
	}{
		{"pending", "running", "", 1},
		{"pending", "skipped", "", 1},
		{"running", "success", "", 1},
		{"running", "canceled", "", 1},
		{"failed", "success", "", 2},
		{"success", "success", "", 2},
		{"canceled", "pending", "", 2},
		{"skipped", "running", "", 2},
		{"pending", "pending", refused("enqueue", "pending"), 1},
		{"running", "running", refused("run", "running"), 1},
		{"running", "pending", refused("enqueue", "running"), 1},
		{"running", "skipped", refused("skip", "running"), 1},
	}
	for _, test := range tests {
		t.Run(test.first+" to "+test.second, func(t *testing.T) {
			r := newRig(t)
			r.project("group/app")
			r.report("ci", test.first).is(201)
			reply := r.report("ci", test.second)
			if test.answer == "" {
				reply.is(201)
				require.Equal(t, "ci="+test.second, r.statuses(""))
			} else {
				reply.is(400, test.answer)
				require.Equal(t, "ci="+test.first, r.statuses(""))
			}
			require.Len(t, strings.Fields(r.statuses("?all=1")), test.rows)
			require.Len(t, r.get("/projects/1/pipelines").array(), 1)
		})
	}
}

func TestListCommitStatuses(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "unit", Fails: 1})
		r.AddTag(app, "v1")
		r.start()
		r.post("/projects/1/pipeline", `{"ref":"v1"}`).is(201)
		settle()
		r.post("/projects/1/jobs/1/retry", "").is(201)
		settle()
		sha := r.head("main")
		r.post("/projects/1/statuses/"+sha, `{"state":"success","ref":"main","context":"lint"}`).is(201)
		r.post("/projects/1/statuses/"+sha[:8], `{"state":"success"}`).is(201)

		path := "/projects/1/repository/commits/" + sha + "/statuses"
		tests := []struct {
			query string
			ids   []float64
		}{
			{"", []float64{2, 3, 4, 5}},
			{"?sort=desc", []float64{5, 4, 3, 2}},
			{"?all=true", []float64{1, 2, 3, 4, 5}},
			{"?order_by=pipeline_id", []float64{3, 4, 2, 5}},
			{"?order_by=pipeline_id&sort=desc", []float64{5, 2, 4, 3}},
			{"?ref=main", []float64{3, 4}},
			{"?ref=v1", []float64{2, 5}},
			{"?stage=external", []float64{4, 5}},
			{"?stage=test&all=true", []float64{1, 2, 3}},
			{"?name=lint", []float64{4}},
			{"?name=default", []float64{5}},
			{"?pipeline_id=2", []float64{2, 5}},
			{"?per_page=2&page=2", []float64{4, 5}},
		}
		for _, test := range tests {
			require.Equal(r, test.ids, ids(r.get(path+test.query)), test.query)
		}
		require.Equal(r, "4", r.get(path).header.Get("X-Total"))
		r.get("/projects/1/repository/commits/main/statuses").is(200, `[]`) // no pipeline has a SHA of that name
		r.get("/projects/1/repository/commits/nope/statuses").is(404, `{"message":"404 Commit Not Found"}`)
		r.get(path+"?order_by=name").is(400, `{"error":"order_by does not have a valid value"}`)
	})
}

func TestCommitStatusRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.project("group/app", Job{Name: "unit"})
		r.start()
		sha := r.head("main")
		path := "/projects/1/statuses/" + sha
		long := strings.Repeat("x", 256)
		tests := []struct {
			name, path, body string
			status           int
			answer           string
		}{
			{"no state", path, `{}`, 400, `{"error":"state is missing"}`},
			{"a state that is none", path, `{"state":"manual"}`, 400, `{"error":"state does not have a valid value"}`},
			{"coverage", path, `{"state":"success","coverage":"much"}`, 400, `{"error":"coverage is invalid"}`},
			{"coverage that is no number", path, `{"state":"success","coverage":"NaN"}`, 400, `{"error":"coverage is invalid"}`},
			{"coverage without end", path, `{"state":"success","coverage":"-Inf"}`, 400, `{"error":"coverage is invalid"}`},
			{"coverage of a kind that is none", path, `{"state":"success","coverage":[1]}`, 400, `{"error":"coverage is invalid"}`},
			{"no commit", "/projects/1/statuses/1234567", `{"state":"success"}`, 404, `{"message":"404 Commit Not Found"}`},
			{"no pipeline", path, `{"state":"success","pipeline_id":9}`, 404, `{"message":"404 Pipeline for pipeline_id, sha and ref Not Found"}`},
			{"pipeline of another ref", path, `{"state":"success","pipeline_id":1,"ref":"v1"}`, 404, `{"message":"404 Pipeline for pipeline_id, sha and ref Not Found"}`},
			{"address", path, `{"state":"success","target_url":"ftp://x"}`, 400, `{"message":{"target_url":["is blocked: Only allowed schemes are http, https"]}}`},
			{"long description", path, `{"state":"success","description":"` + long + `"}`, 400, `{"message":{"description":["is too long (maximum is 255 characters)"]}}`},
		}
		for _, test := range tests {
			r.post(test.path, test.body).is(test.status, test.answer)
		}
		require.Equal(r, "unit=pending", r.statuses(""))

		r.post(path, `{"state":"success","pipeline_id":1,"ref":"refs/heads/main","target_url":""}`).is(201)
		for sent, shown := range map[string]any{"": nil, "98.5": 98.5} {
			form := r.ask("POST", path, "state=success&coverage="+sent, "Content-Type", "application/x-www-form-urlencoded")
			require.Equal(r, shown, form.is(201).object()["coverage"])
		}
		require.Equal(r, 2.0, r.post(path, `{"state":"success","ref":"v1"}`).is(201).object()["pipeline_id"], "a ref without a pipeline gets one")

		func() {
			defer r.enter()()
			k := p.branches["main"]
			p.commits["abcdef0123456789"] = &commit{sha: "abcdef0123456789", parent: k, author: k.author}
		}()
		r.post("/projects/1/statuses/abcdef0", `{"state":"success"}`).is(404, `{"message":"404 References for commit Not Found"}`)

		people := r.people()
		list := "/projects/1/repository/commits/" + sha + "/statuses"
		people[Guest].get(list).is(403, `{"message":"403 Forbidden"}`)
		people[Reporter].get(list).is(200)
		people[Reporter].report("ci", "success").is(403, `{"message":"403 Forbidden"}`)
		people[Developer].report("ci", "success").is(201)
		r.as("").get(list).is(401)
		r.as("").post(path, `{"state":"success"}`).is(401)
		stranger := r.as(r.AddUser("stranger"))
		stranger.get(list).is(404, `{"message":"404 Project Not Found"}`)
		r.Configure(gitlabci.ProjectID(1), ProjectSettings{Visibility: Public})
		stranger.get(list).is(200)
		stranger.post(path, `{"state":"success"}`).is(403)
	})
}
