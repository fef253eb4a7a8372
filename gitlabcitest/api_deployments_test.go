package gitlabcitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const deployments = "/projects/1/deployments"

// deployment is the body that creates one of main's head.
func (r *rig) deployment(environment, status string) string {
	r.Helper()
	return fmt.Sprintf(`{"environment":%q,"ref":"main","tag":false,"sha":%q,"status":%q}`, environment, r.head("main"), status)
}

// deploymentStatuses returns id=status of the deployments that a list holds, in its order.
func (r *rig) deploymentStatuses(query string) string {
	r.Helper()
	var words []string
	for _, d := range r.get(deployments + query).is(200).array() {
		words = append(words, fmt.Sprintf("%v=%v", d["id"], d["status"]))
	}
	return strings.Join(words, " ")
}

func TestDeploymentsFollowTheirJobs(t *testing.T) {
	tests := []struct {
		name      string
		job       Job
		act       string // on job 1 after a minute
		begins    string
		ends      string
		deploying string // the statuses of all deployments at the end
	}{
		{"success", Job{}, "", "running", "success", "1=success"},
		{"failure", Job{Fails: 1}, "", "running", "failed", "1=failed"},
		{"canceled", Job{Duration: time.Hour}, "cancel", "running", "canceled", "1=canceled"},
		{"cancel with after_script", Job{Duration: time.Hour, AfterScript: time.Minute}, "cancel", "running", "canceled", "1=canceled"},
		{"pending", Job{Queue: time.Hour}, "", "created", "success", "1=success"},
		{"delayed", Job{When: Delayed, StartIn: 2 * time.Hour}, "", "created", "success", "1=success"},
		{"manual", Job{When: Manual}, "", "blocked", "blocked", "1=blocked"},
		{"played", Job{When: Manual}, "play", "blocked", "success", "1=success"},
		{"manual canceled", Job{When: Manual}, "cancel", "blocked", "canceled", "1=canceled"},
		{"skipped", Job{When: OnFailure}, "", "skipped", "skipped", "1=skipped"},
		{"retried", Job{Fails: 1}, "retry", "running", "failed", "1=failed 2=success"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				test.job.Name, test.job.Environment = "deploy", "production"
				r.project("group/app", test.job)
				r.start()
				time.Sleep(500 * time.Millisecond)
				require.Equal(r, test.begins, r.member(deployments+"/1", "status"))
				time.Sleep(time.Minute)
				if test.act != "" {
					r.post("/projects/1/jobs/1/"+test.act, "")
				}
				time.Sleep(5 * time.Hour)
				require.Equal(r, test.ends, r.member(deployments+"/1", "status"))
				require.Equal(r, test.deploying, r.deploymentStatuses(""))
			})
		})
	}
}

func TestSkippedDeploymentsBeginAgain(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "build", Stage: "build", Fails: 1}, Job{Name: "deploy", Stage: "deploy", Environment: "production", When: Manual})
		r.start()
		settle()
		require.Equal(r, "1=skipped", r.deploymentStatuses(""))
		r.post("/projects/1/jobs/1/retry", "").is(201)
		require.Equal(r, "1=created", r.deploymentStatuses(""))
		settle()
		require.Equal(r, "1=blocked", r.deploymentStatuses(""))
	})
}

func TestDeploymentOfAJob(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production"})
		r.start()
		settle()
		shown := r.get(deployments + "/1").is(200).object()
		require.Equal(r, r.member("/projects/1/jobs/1", "web_url"), shown["deployable"].(map[string]any)["web_url"])
		require.Equal(r, "root", shown["user"].(map[string]any)["username"])
		environment := shown["environment"].(map[string]any)
		for _, nested := range []string{"deployable", "user", "environment"} {
			delete(shown, nested)
		}
		require.Equal(r, map[string]any{
			"id": 1.0, "iid": 1.0, "ref": "main", "sha": r.head("main"), "status": "success",
			"created_at": "2000-01-01T00:00:00.000Z", "updated_at": "2000-01-01T00:00:01.100Z",
			"pending_approval_count": 0.0, "approvals": []any{},
		}, shown)
		require.Equal(r, "production", environment["name"])
		require.Equal(r, "production", environment["slug"])
		require.NotContains(r, environment, "state")
		require.NotContains(r, r.get(deployments).array()[0], "approvals")

		r.ask("PUT", deployments+"/1", `{"status":"failed"}`).is(403,
			`{"message":"403 Forbidden - Deployments created using GitLab CI can not be updated using the API"}`)
		r.ask("DELETE", "/projects/1/pipelines/1", "").is(204)
		require.Nil(r, r.member(deployments+"/1", "deployable"))
	})
}

func TestLastDeploymentIsTheOneThatFinishedLast(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		for range 3 {
			r.post(deployments, r.deployment("production", "running")).is(201)
		}
		require.Nil(r, r.member(environments+"/1", "last_deployment"))
		last := func() any { return r.member(environments+"/1", "last_deployment").(map[string]any)["id"] }
		for _, id := range []float64{3, 1, 2} {
			time.Sleep(time.Minute)
			r.ask("PUT", fmt.Sprintf("%s/%v", deployments, id), `{"status":"success"}`).is(200)
			require.Equal(r, id, last())
		}
		time.Sleep(time.Minute)
		r.ask("PUT", deployments+"/2", `{"status":"failed"}`).is(200)
		require.Equal(r, 1.0, last())
	})
}

func TestOutdatedDeploymentJobsFail(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production", When: Manual})
		app := gitlabci.ProjectPath("group/app")
		r.start()
		r.start()
		r.Push(app, "main")
		r.post("/projects/1/jobs/3/play", "").is(200)
		settle()
		r.post("/projects/1/jobs/1/play", "").is(200)
		settle()
		require.Equal(r, "forward_deployment_failure", r.member("/projects/1/jobs/1", "failure_reason"))
		require.Equal(r, "1=failed 2=blocked 3=success", r.deploymentStatuses(""))

		// Running it again makes a new deployment, which is how to roll back.
		r.post("/projects/1/jobs/1/retry", "").is(201)
		settle()
		require.Equal(r, "1=failed 2=blocked 3=success 4=success", r.deploymentStatuses(""))
		// An older one of the same commit does not go back.
		r.post("/projects/1/jobs/2/play", "").is(200)
		settle()
		require.Equal(r, "1=failed 2=success 3=success 4=success", r.deploymentStatuses(""))
	})
}

func TestCreateDeployment(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "a"})
		r.AddTag(app, "v1")
		client := r.Client().Deployments
		created, err := client.Create(r.Context(), app, &gitlabci.CreateDeploymentOptions{
			Environment: "production", SHA: r.head("main"), Ref: "v1", Tag: true, Status: gitlabci.DeploymentRunning,
		})
		require.NoError(r, err)
		require.Equal(r, gitlabci.DeploymentRunning, created.Status)
		require.Equal(r, "v1", created.Ref)
		require.Nil(r, created.Deployable)
		require.Equal(r, "production", created.Environment.Name)
		r.post(environments+"/1/stop", "").is(200)
		updated, err := client.Update(r.Context(), app, created.ID, &gitlabci.UpdateDeploymentOptions{Status: gitlabci.DeploymentSuccess})
		require.NoError(r, err)
		require.Equal(r, gitlabci.DeploymentSuccess, updated.Status)
		require.Equal(r, "available", r.member(environments+"/1", "state"))

		// The same again is the one that is there.
		same, err := client.Create(r.Context(), app, &gitlabci.CreateDeploymentOptions{
			Environment: "production", SHA: r.head("main"), Ref: "v1", Tag: true, Status: gitlabci.DeploymentSuccess,
		})
		require.NoError(r, err)
		require.Equal(r, created.ID, same.ID)
		r.post(deployments, r.deployment("production", "success")).is(201) // of another ref
		require.Equal(r, "1=success 2=success", r.deploymentStatuses(""))
		_, err = client.Get(r.Context(), app, 9)
		require.ErrorIs(r, err, gitlabci.ErrNotFound)
	})
}

func TestDeploymentRefused(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	sha := r.head("main")
	body := func(environment, ref, sha string) string {
		return fmt.Sprintf(`{"environment":%q,"ref":%q,"tag":false,"sha":%q,"status":"success"}`, environment, ref, sha)
	}
	tests := []struct{ name, body, answer string }{
		{"nothing", `{}`, `{"error":"environment is missing, sha is missing, ref is missing, tag is missing, status is missing"}`},
		{"status", strings.Replace(body("e", "main", sha), "success", "blocked", 1), `{"error":"status does not have a valid value"}`},
		{"ref", body("e", "nope", sha), `{"message":{"ref":["The branch or tag does not exist"]}}`},
		{"long name", body(strings.Repeat("e", 300), "main", sha), `{"message":{"name":["is too long (maximum is 255 characters)"]}}`},
		{"commit", body("e", "main", "abc"), `{"message":{"sha":["The commit does not exist"]}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { r.in(t).post(deployments, test.body).is(400, test.answer) })
	}
	require.Empty(t, r.get(deployments).array())
}

func TestDeploymentTransitions(t *testing.T) {
	events := map[string]string{"running": "run", "success": "succeed", "failed": "drop", "canceled": "cancel"}
	allowed := map[string][]string{
		"running": {"success", "failed", "canceled"}, "success": {"failed", "canceled"}, "failed": {"success", "canceled"}, "canceled": {"success", "failed"},
	}
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	for from, nexts := range allowed {
		for next, event := range events {
			id := r.post(deployments, r.deployment(from+next, from)).is(201).object()["id"]
			changed := r.ask("PUT", fmt.Sprintf("%s/%v", deployments, id), `{"status":"`+next+`"}`)
			if strings.Contains(strings.Join(nexts, " "), next) {
				require.Equal(t, next, changed.is(200).object()["status"])
			} else {
				changed.is(400, `{"message":{"status":["cannot transition via \"`+event+`\""]}}`)
			}
		}
	}
	r.ask("PUT", deployments+"/99", `{"status":"success"}`).is(404, `{"message":"404 Not found"}`)
	r.ask("PUT", deployments+"/1", `{"status":"created"}`).is(400, `{"error":"status does not have a valid value"}`)
}

func TestDeleteDeployment(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		for _, status := range []string{"running", "failed"} {
			r.post(deployments, r.deployment("production", status)).is(201)
		}
		for range 2 {
			r.Push(gitlabci.ProjectPath("group/app"), "main")
			r.post(deployments, r.deployment("production", "success")).is(201)
		}
		r.ask("DELETE", deployments+"/1", "").is(400, `{"message":"Cannot destroy running deployment"}`)
		r.ask("DELETE", deployments+"/4", "").is(400, `{"message":"Deployment currently deployed to environment"}`)
		r.ask("DELETE", deployments+"/2", "", "If-Unmodified-Since", "Mon, 02 Jan 1999 15:04:05 GMT").is(412)
		r.ask("DELETE", deployments+"/2", "").is(204, "")
		r.ask("DELETE", deployments+"/3", "").is(204, "")
		r.ask("DELETE", deployments+"/3", "").is(404, `{"message":"404 Not found"}`)
		require.Equal(r, "1=running 4=success", r.deploymentStatuses(""))

		r.post(environments+"/1/stop", "").is(200)
		r.ask("DELETE", environments+"/1", "").is(204)
		require.Empty(r, r.deploymentStatuses(""))
	})
}

func TestDeploymentFilters(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		for _, body := range []string{
			r.deployment("production", "success"), r.deployment("staging", "success"), r.deployment("production", "failed"), r.deployment("production", "running"),
		} {
			r.post(deployments, body).is(201)
			time.Sleep(time.Hour)
		}
		r.ask("PUT", deployments+"/1", `{"status":"canceled"}`).is(200)
		r.ask("PUT", deployments+"/1", `{"status":"success"}`).is(200)
		tests := []struct{ query, deployments string }{
			{"", "1=success 2=success 3=failed 4=running"},
			{"?sort=desc", "4=running 3=failed 2=success 1=success"},
			{"?order_by=iid&sort=desc", "4=running 3=failed 2=success 1=success"},
			{"?order_by=created_at", "1=success 2=success 3=failed 4=running"},
			{"?order_by=updated_at", "2=success 3=failed 4=running 1=success"},
			{"?order_by=updated_at&sort=desc", "1=success 4=running 3=failed 2=success"},
			{"?status=success", "1=success 2=success"},
			{"?status=success&order_by=finished_at", "2=success 1=success"},
			{"?environment=staging", "2=success"},
			{"?environment=none", ""},
			{"?order_by=updated_at&updated_after=2000-01-01T01:30:00Z&updated_before=2000-01-01T03:30:00Z", "3=failed 4=running"},
			{"?order_by=finished_at&status=success&finished_after=2000-01-01T02:00:00Z", "1=success"},
			{"?order_by=finished_at&status=success&finished_before=2000-01-01T02:00:00Z", "2=success"},
			{"?per_page=1&page=3", "3=failed"},
		}
		for _, test := range tests {
			require.Equal(r, test.deployments, r.deploymentStatuses(test.query), test.query)
		}
		const day = "2000-01-01"
		refused := []struct{ query, reason string }{
			{"updated_after=" + day + "&finished_after=" + day, "Both `updated_at` filter and `finished_at` filter can not be specified"},
			{"updated_after=" + day, "`updated_at` filter requires `updated_at` sort"},
			{"updated_before=" + day + "&order_by=id", "`updated_at` filter requires `updated_at` sort"},
			{"finished_before=" + day, "`finished_at` filter requires `finished_at` sort."},
			{"order_by=finished_at", "`finished_at` sort requires `finished_at` filter or a filter with at least one of the finished statuses."},
			{"order_by=finished_at&status=running", "`finished_at` sort requires `finished_at` filter or a filter with at least one of the finished statuses."},
			{"finished_after=" + day + "&order_by=finished_at&status=failed", "`finished_at` filter must be combined with `success` status filter."},
		}
		for _, test := range refused {
			r.get(deployments+"?"+test.query).is(400, `{"message":"400 Bad request - `+test.reason+`"}`)
		}
		for _, parameter := range []string{"status", "order_by", "sort"} {
			r.get(deployments+"?"+parameter+"=x").is(400, `{"error":"`+parameter+` does not have a valid value"}`)
		}
		r.get(deployments + "?order_by=ref").is(400)
	})
}

func TestDeploymentsChangedAtTheSameTime(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		r.post(deployments, r.deployment("e", "running")).is(201)
		r.post(deployments, r.deployment("e", "failed")).is(201)
		require.Equal(r, "2=failed 1=running", r.deploymentStatuses("?order_by=updated_at"))
		require.Equal(r, "2=failed 1=running", r.deploymentStatuses("?order_by=updated_at&sort=desc"))
		require.Equal(r, "1=running 2=failed", r.deploymentStatuses("?order_by=created_at"))
	})
}

func TestDeploymentsByRefInOlderVersions(t *testing.T) {
	r := newRig(t, WithVersion("19.0"))
	r.project("group/app", Job{Name: "a"})
	r.AddBranch(gitlabci.ProjectPath("group/app"), "also")
	r.post(deployments, r.deployment("e", "success")).is(201)
	r.post(deployments, strings.Replace(r.deployment("e", "failed"), "main", "also", 1)).is(201)
	require.Equal(t, "2=failed 1=success", r.deploymentStatuses("?order_by=ref"))
}

func TestDeploymentRoles(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	people := r.people()
	const denied = `{"message":"403 Forbidden"}`
	body := r.deployment("e", "running")
	people[Reporter].post(deployments, body).is(403, denied)
	people[Developer].post(deployments, body).is(201)
	people[Guest].get(deployments).is(403, denied)
	people[Guest].get(deployments+"/1").is(403, denied)
	people[Guest].get(deployments+"/1/merge_requests").is(403, denied)
	people[Guest].post(deployments+"/1/approval", `{"status":"approved"}`).is(403, denied)
	people[Reporter].get(deployments).is(200)
	people[Reporter].get(deployments+"/1/merge_requests").is(200, `[]`)
	people[Reporter].ask("PUT", deployments+"/1", `{"status":"failed"}`).is(403, denied)
	people[Developer].ask("PUT", deployments+"/1", `{"status":"failed"}`).is(200)
	people[Developer].ask("DELETE", deployments+"/1", "").is(403, denied)
	people[Maintainer].ask("DELETE", deployments+"/1", "").is(204)
	r.as(r.AddUser("stranger")).get(deployments+"/1").is(404, `{"message":"404 Project Not Found"}`)
}

func TestMergeRequestsOfADeployment(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app",
			Job{Name: "deploy", Environment: "production"},
			Job{Name: "review", Environment: "review/app"},
			Job{Name: "broken", Environment: "broken", Fails: 9, AllowFailure: true},
		)
		for _, branch := range []string{"one", "two", "three", "open"} {
			r.AddMergeRequest(app, branch)
		}
		brought := func(deployment int64) (iids []int64) {
			for mr, err := range r.Client().Deployments.MergeRequests(r.Context(), app, deployment, nil) {
				require.NoError(r, err)
				require.Equal(r, gitlabci.MergeRequestMerged, mr.State)
				iids = append(iids, mr.IID)
			}
			return iids
		}
		sha := r.MergeMergeRequest(app, 1)
		require.Equal(r, sha, r.head("main"))
		require.Equal(r, sha, r.MergeMergeRequest(app, 1)) // it stays merged
		require.Equal(r, "merged", r.member("/projects/1/merge_requests/1", "state"))
		require.Equal(r, "opened", r.member("/projects/1/merge_requests/4", "state"))
		require.Empty(r, brought(1)) // not there yet
		settle()
		r.MergeMergeRequest(app, 3)
		r.MergeMergeRequest(app, 2)
		settle()
		require.Equal(r, []int64{1}, brought(1))
		require.Empty(r, brought(2)) // a review app
		require.Empty(r, brought(3)) // failed
		require.Equal(r, []int64{3}, brought(4))
		require.Equal(r, []int64{2}, brought(7))

		r.post("/projects/1/deployments", r.deployment("new", "success")).is(201)
		require.Equal(r, []int64{3, 2, 1}, brought(10)) // the first one of its environment
		const all = deployments + "/10/merge_requests"
		require.Len(r, r.get(all+"?state=merged&per_page=2").is(200).array(), 2)
		require.Empty(r, r.get(all+"?state=opened").is(200).array())
		require.Equal(r, 1.0, r.get(all + "?sort=asc").array()[0]["iid"])
		one := r.get(all + "?source_branch=two").array()
		require.Len(r, one, 1)
		require.Equal(r, "root", one[0]["merge_user"].(map[string]any)["username"])
		require.Equal(r, map[string]any{"short": "!2", "relative": "!2", "full": "group/app!2"}, one[0]["references"])
		r.ask("PUT", deployments+"/10", `{"status":"failed"}`).is(200)
		r.ask("PUT", deployments+"/10", `{"status":"success"}`).is(200)
		require.Equal(r, []int64{3, 2, 1}, brought(10)) // each of them once
		r.Push(app, "two")
		require.Equal(r, one[0]["sha"], r.member("/projects/1/merge_requests/2", "sha")) // what is merged does not move
		require.Panics(r, func() { r.MergeMergeRequest(app, 9) })
	})
}

// protect makes a protection of project 1.
func (r *rig) protect(body string, values ...any) {
	r.Helper()
	r.post("/projects/1/protected_environments", fmt.Sprintf(body, values...)).is(201)
}

// approve returns an answer to deployment 1.
func (r *rig) approve(status, more string) reply {
	r.Helper()
	return r.post(deployments+"/1/approval", `{"status":"`+status+`"`+more+`}`)
}

func TestApprovals(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "test", Stage: "test"}, Job{Name: "deploy", Stage: "deploy", Environment: "production"}, Job{Name: "after", Stage: "end"})
		people := r.people()
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":30}],"approval_rules":[{"access_level":40,"required_approvals":2}]}`)
		people[Developer].start()
		const p = "/projects/1/pipelines/1"
		require.Equal(r, "created", r.member(deployments+"/1", "status"))
		require.Equal(r, 0.0, r.member(deployments+"/1", "pending_approval_count"))
		settle()
		require.Equal(r, "test=success deploy=manual after=created", r.states(p))
		require.Equal(r, "manual", r.status(p))
		require.Equal(r, "blocked", r.member(deployments+"/1", "status"))
		require.Equal(r, 2.0, r.member(deployments+"/1", "pending_approval_count"))
		unplayable := `{"message":"400 Bad request - Unplayable Job"}`
		people[Developer].post("/projects/1/jobs/2/play", "").is(400, unplayable)

		given := people[Maintainer].approve("approved", `,"comment":"fine"`).is(201).object()
		require.Equal(r, "maintainer", given["user"].(map[string]any)["username"])
		delete(given, "user")
		require.Equal(r, map[string]any{"status": "approved", "comment": "fine", "created_at": "2000-01-01T01:00:00.000Z"}, given)
		require.Equal(r, "fine", people[Maintainer].approve("approved", `,"comment":"again"`).is(201).object()["comment"])
		people[Developer].post("/projects/1/jobs/2/play", "").is(400, unplayable)
		require.Equal(r, 1.0, r.member(deployments+"/1", "pending_approval_count"))

		approval, err := r.Client().Deployments.SetApproval(r.Context(), gitlabci.ProjectPath("group/app"), 1,
			&gitlabci.SetDeploymentApprovalOptions{Status: gitlabci.DeploymentApprovalApproved})
		require.NoError(r, err)
		require.Equal(r, "root", approval.User.Username)
		people[Owner].approve("approved", "").is(400, `{"message":"This deployment is not waiting for approvals."}`)
		settle()
		require.Equal(r, "manual", r.status(p)) // somebody still has to play it
		require.Equal(r, "blocked", r.member(deployments+"/1", "status"))

		d, err := r.Client().Deployments.Get(r.Context(), gitlabci.ProjectPath("group/app"), 1)
		require.NoError(r, err)
		require.Zero(r, d.PendingApprovalCount)
		require.Len(r, d.Approvals, 2)
		require.Len(r, d.ApprovalSummary.Rules, 1)
		require.Equal(r, "Maintainers", d.ApprovalSummary.Rules[0].AccessLevelDescription)
		require.Len(r, d.ApprovalSummary.Rules[0].DeploymentApprovals, 2)

		people[Developer].post("/projects/1/jobs/2/play", "").is(200)
		settle()
		require.Equal(r, "test=success deploy=success after=success", r.states(p))
		require.Equal(r, "success", r.member(deployments+"/1", "status"))

		// Another run is another deployment, to be approved anew.
		people[Developer].post("/projects/1/jobs/2/retry", "").is(201)
		settle()
		require.Equal(r, "1=success 2=blocked", r.deploymentStatuses(""))
	})
}

func TestApprovalRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production"}, Job{Name: "other", Environment: "open"}, Job{Name: "third", Environment: "guarded"})
		people := r.people()
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":30}],"approval_rules":[{"access_level":40}]}`)
		r.protect(`{"name":"guarded","deploy_access_levels":[{"access_level":30}]}`)
		people[Maintainer].start()
		people[Maintainer].approve("approve", "").is(400, `{"error":"status does not have a valid value"}`)
		people[Maintainer].approve("approved", "").is(400,
			`{"message":"You cannot approve your own deployment. This configuration can be adjusted in the protected environment settings."}`)
		people[Developer].approve("approved", "").is(400,
			`{"message":"You don't have permission to approve this deployment. Contact the project or group owner for help."}`)
		people[Owner].approve("approved", `,"represented_as":"nobody"`).is(400,
			"{\"message\":\"There are no approval rules for the given `represent_as` parameter. Use a valid User/Group/Role name instead.\"}")
		people[Owner].post(deployments+"/2/approval", `{"status":"approved"}`).is(400, `{"message":"This environment is not protected."}`)
		people[Owner].post(deployments+"/3/approval", `{"status":"approved"}`).is(400, `{"message":"Deployment approvals is not configured for this environment."}`)
		people[Owner].post(deployments+"/9/approval", `{"status":"approved"}`).is(404, `{"message":"404 Not found"}`)
		require.Empty(r, r.get(deployments + "/1").object()["approvals"])

		r.projectByPath("group/app").AllowPipelineTriggerApproveDeployment = true
		people[Maintainer].approve("approved", "").is(201)
	})
}

func TestRejection(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production", Fails: 0}, Job{Name: "after", Stage: "end"})
		people := r.people()
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":30}],"approval_rules":[{"access_level":40,"required_approvals":2}]}`)
		people[Maintainer].start()
		people[Owner].approve("approved", `,"comment":"yes"`).is(201)
		changed := people[Owner].approve("rejected", `,"comment":"no"`).is(201).object()
		require.Equal(r, "rejected", changed["status"])
		require.Equal(r, "no", changed["comment"])
		require.Len(r, r.get(deployments + "/1").object()["approvals"], 1)
		job := r.get("/projects/1/jobs/1").object()
		require.Equal(r, "failed", job["status"])
		require.Equal(r, "deployment_rejected", job["failure_reason"])
		require.Equal(r, "failed", r.member(deployments+"/1", "status"))
		require.Equal(r, "failed", r.status("/projects/1/pipelines/1"))
		people[Maintainer].post("/projects/1/jobs/1/retry", "").is(403, `{"message":"403 Forbidden - Job is not retryable"}`)
		people[Maintainer].post("/projects/1/jobs/1/play", "").is(400)
		people[Maintainer].post("/projects/1/pipelines/1/retry", "").is(201)
		require.Equal(r, "failed", r.status("/projects/1/pipelines/1"))

		people[Maintainer].start() // one's own deployment may be rejected
		people[Maintainer].post(deployments+"/2/approval", `{"status":"rejected"}`).is(201)
		require.Equal(r, "1=failed 2=failed", r.deploymentStatuses(""))
	})
}

func TestApprovalsCountByRule(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production"})
		r.project("qa-group/x")
		r.project("security-group/x")
		both := r.as(r.AddUser("both", Developer.In("group"), Developer.In("qa-group"), Developer.In("security-group")))
		qa := r.as(r.AddUser("qa", Reporter.In("group"), Developer.In("qa-group")))
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":40}],"approval_rules":[{"group_id":%d},{"group_id":%d},{"user_id":%d}]}`,
			r.groupByPath("qa-group").id, r.groupByPath("security-group").id, r.mustUser("qa").id)
		r.start()
		pending := func() any { return r.member(deployments+"/1", "pending_approval_count") }
		require.Equal(r, 3.0, pending())
		both.approve("approved", `,"represented_as":"security"`).is(201)
		require.Equal(r, 2.0, pending())
		both.approve("approved", `,"represented_as":"security"`).is(201) // the same once more
		require.Equal(r, 2.0, pending())
		both.approve("approved", "").is(201) // the first rule that fits
		require.Equal(r, 1.0, pending())
		qa.approve("approved", "").is(201) // for a rule that is met
		require.Equal(r, 1.0, pending())
		qa.approve("approved", `,"represented_as":"qa"`).is(201) // the group's name has it too
		require.Equal(r, 1.0, pending())
		rules := r.get(deployments + "/1").object()["approval_summary"].(map[string]any)["rules"].([]any)
		require.Len(r, rules, 3)
		require.Len(r, rules[0].(map[string]any)["deployment_approvals"], 2)
		require.Len(r, rules[1].(map[string]any)["deployment_approvals"], 1)
		require.Empty(r, rules[2].(map[string]any)["deployment_approvals"])
		require.Equal(r, "security-group", rules[1].(map[string]any)["access_level_description"])

		// Without its rule an approval is not asked for any more.
		id := rules[2].(map[string]any)["id"]
		r.ask("PUT", "/projects/1/protected_environments/production", fmt.Sprintf(`{"approval_rules":[{"id":%v,"_destroy":true}]}`, id)).is(200)
		require.Equal(r, 0.0, pending())
		r.post("/projects/1/jobs/1/play", "").is(200)
	})
}

func TestDeletedDeploymentNeedsNoApproval(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production"})
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":40}],"approval_rules":[{"access_level":40}]}`)
		r.start()
		r.post("/projects/1/jobs/1/play", "").is(400)
		r.ask("DELETE", deployments+"/1", "").is(204)
		r.post("/projects/1/jobs/1/play", "").is(200)
		settle()
		require.Equal(r, "success", r.status("/projects/1/pipelines/1"))
	})
}
