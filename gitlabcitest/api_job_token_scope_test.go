package gitlabcitest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const tokenScope = "/projects/1/job_token_scope"

func TestJobTokenScope(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	r.get(tokenScope).is(200, `{"inbound_enabled":true,"outbound_enabled":false}`)
	r.ask("PATCH", "/projects/group%2Fapp/job_token_scope", `{"enabled":false}`).is(204, "")
	r.get(tokenScope).is(200, `{"inbound_enabled":false,"outbound_enabled":false}`)
	for body, answer := range map[string]string{
		`{}`:                `{"error":"enabled is missing"}`,
		`{"other":true}`:    `{"error":"enabled is missing"}`,
		`{"enabled":null}`:  `{"error":"enabled is missing"}`,
		`{"enabled":""}`:    `{"error":"enabled is empty"}`,
		`{"enabled":"may"}`: `{"error":"enabled is invalid"}`,
	} {
		r.ask("PATCH", tokenScope, body).is(400, answer)
	}
}

func TestEnforcedAllowlists(t *testing.T) {
	r := newRig(t, WithEnforcedAllowlists())
	r.project("group/app")
	r.ask("PATCH", tokenScope, `{"enabled":true}`).is(204)
	r.ask("PATCH", tokenScope, `{"enabled":false}`).is(400,
		`{"message":"400 Bad request - Job token scope cannot be disabled for this project because it is enforced for the instance."}`)
	require.Equal(t, true, r.get(tokenScope).object()["inbound_enabled"])
}

func TestAllowlists(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	r.project("other/b")
	r.project("other/c")
	client, app := r.Client(), gitlabci.ProjectID(1)

	require.Equal(t, []float64{1}, ids(r.get(tokenScope+"/allowlist")), "itself")
	r.get(tokenScope+"/groups_allowlist").is(200, `[]`)
	r.post(tokenScope+"/allowlist", `{"target_project_id":3}`).is(201, `{"source_project_id":1,"target_project_id":3}`)
	link, err := client.JobTokenScope.AddProject(t.Context(), app, 2)
	require.NoError(t, err)
	require.Equal(t, gitlabci.ProjectScopeLink{SourceProjectID: 1, TargetProjectID: 2}, *link)
	require.Equal(t, []float64{1, 2, 3}, ids(r.get("/projects/group%2Fapp/job_token_scope/allowlist")))
	require.Equal(t, "3", r.get(tokenScope+"/allowlist?per_page=2").header.Get("X-Total"))

	other := r.groupByPath("other").id
	group := fmt.Sprintf(`{"target_group_id":%d}`, other)
	r.post(tokenScope+"/groups_allowlist", group).is(201, fmt.Sprintf(`{"source_project_id":1,"target_group_id":%d}`, other))
	r.post(tokenScope+"/groups_allowlist", group).is(400, `{"message":"400 Bad request - This group is already in the job token allowlist."}`)
	r.get(tokenScope+"/groups_allowlist").is(200, fmt.Sprintf(`[{"id":%d,"web_url":"http://gitlab.test/groups/other","name":"other"}]`, other))

	require.NoError(t, client.JobTokenScope.RemoveProject(t.Context(), app, 2))
	require.Equal(t, []float64{1, 3}, ids(r.get(tokenScope+"/allowlist")))
	require.NoError(t, client.JobTokenScope.RemoveGroup(t.Context(), app, other))
	r.get(tokenScope+"/groups_allowlist").is(200, `[]`)
}

func TestAllowlistRefused(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	r.project("group/b")
	r.post(tokenScope+"/allowlist", `{"target_project_id":2}`).is(201)
	bad := func(text string) string { return `{"message":"400 Bad request - ` + text + `"}` }
	projects, groups := tokenScope+"/allowlist", tokenScope+"/groups_allowlist"
	tests := []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"POST", "/projects/group%2Fapp/job_token_scope/allowlist", `{"target_project_id":2}`, 400, `{"error":"id is invalid"}`},
		{"DELETE", "/projects/group%2Fapp/job_token_scope/allowlist/2", "", 400, `{"error":"id is invalid"}`},
		{"POST", "/projects/group%2Fapp/job_token_scope/groups_allowlist", `{"target_group_id":1}`, 400, `{"error":"id is invalid"}`},
		{"DELETE", "/projects/group%2Fapp/job_token_scope/groups_allowlist/1", "", 400, `{"error":"id is invalid"}`},
		{"POST", projects, `{}`, 400, `{"error":"target_project_id is missing"}`},
		{"POST", projects, `{"target_project_id":""}`, 400, `{"error":"target_project_id is empty"}`},
		{"POST", projects, `{"target_project_id":"group/b"}`, 400, `{"error":"target_project_id is invalid"}`},
		{"POST", projects, `{"target_project_id":9}`, 404, `{"message":"404 target_project_id not found Not Found"}`},
		{"POST", projects, `{"target_project_id":1}`, 400, bad("Validation failed: Target project can't be the same as the source project")},
		{"POST", projects, `{"target_project_id":2}`, 400, bad("This project is already in the job token allowlist.")},
		{"DELETE", projects + "/9", "", 404, `{"message":"404 Project Not Found"}`},
		{"DELETE", projects + "/1", "", 400, bad("Source project cannot be removed from the job token scope")},
		{"DELETE", "/projects/2/job_token_scope/allowlist/1", "", 400, bad("Target project is not in the job token scope")},
		{"POST", groups, `{}`, 400, `{"error":"target_group_id is missing"}`},
		{"POST", groups, `{"target_group_id":""}`, 400, `{"error":"target_group_id is empty"}`},
		{"POST", groups, `{"target_group_id":9}`, 404, `{"message":"404 target_group_id not found Not Found"}`},
		{"DELETE", groups + "/9", "", 404, `{"message":"404 target_group_id not found Not Found"}`},
		{"DELETE", groups + "/1", "", 400, bad("Target group is not in the job token scope")},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path+" "+test.body, func(t *testing.T) {
			r.in(t).ask(test.method, test.path, test.body).is(test.status, test.answer)
		})
	}
}

func TestAllowlistAccess(t *testing.T) {
	r := newRig(t)
	r.project("group/app").Visibility = Public
	r.project("hidden/b")
	people := r.people()
	calls := [][3]string{
		{"GET", "", ""}, {"PATCH", "", `{"enabled":true}`}, {"GET", "/allowlist", ""}, {"POST", "/allowlist", `{"target_project_id":1}`},
		{"DELETE", "/allowlist/1", ""}, {"GET", "/groups_allowlist", ""}, {"POST", "/groups_allowlist", `{"target_group_id":1}`},
		{"DELETE", "/groups_allowlist/1", ""},
	}
	for _, call := range calls {
		people[Developer].ask(call[0], tokenScope+call[1], call[2]).is(403, `{"message":"403 Forbidden"}`)
		r.as("").ask(call[0], tokenScope+call[1], call[2]).is(401, `{"message":"401 Unauthorized"}`)
	}
	people[Maintainer].post(tokenScope+"/allowlist", `{"target_project_id":2}`).is(400, `{"message":"400 Bad request - The target_project `+
		`that you are attempting to access does not exist or you don't have permission to perform this action"}`)
	people[Maintainer].post(tokenScope+"/groups_allowlist", fmt.Sprintf(`{"target_group_id":%d}`, r.groupByPath("hidden").id)).is(400,
		`{"message":"400 Bad request - The target_group that you are attempting to access does not exist or you don't have permission `+
			`to perform this action"}`)
	// What is said of the target comes before what is said of the source.
	people[Developer].ask("DELETE", tokenScope+"/allowlist/2", "").is(404, `{"message":"404 Project Not Found"}`)
}

func TestAllowlistLimit(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	for i := range maxScopeLinks + 1 {
		r.project(fmt.Sprintf("group/p%d", i))
		if i < maxScopeLinks {
			r.post(tokenScope+"/allowlist", fmt.Sprintf(`{"target_project_id":%d}`, i+2)).is(201)
		}
	}
	r.post(tokenScope+"/allowlist", fmt.Sprintf(`{"target_project_id":%d}`, maxScopeLinks+2)).is(400,
		`{"message":"400 Bad request - Validation failed: Source project exceeds the allowable number of project links in this direction"}`)
}

// A job of group/sub/from asks for the secure files of other/app, which its user may read.
func TestJobTokenScopeDecides(t *testing.T) {
	tests := []struct {
		name   string
		before func(*rig)
		status int
	}{
		{"by default", func(*rig) {}, 403},
		{"open", func(r *rig) { r.ask("PATCH", tokenScope, `{"enabled":false}`).is(204) }, 200},
		{"open and closed", func(r *rig) {
			r.ask("PATCH", tokenScope, `{"enabled":false}`).is(204)
			r.ask("PATCH", tokenScope, `{"enabled":true}`).is(204)
		}, 403},
		{"project", func(r *rig) { r.allow("allowlist", "project", 2) }, 200},
		{"another project", func(r *rig) { r.allow("allowlist", "project", 3) }, 403},
		{"project removed", func(r *rig) {
			r.allow("allowlist", "project", 2)
			r.ask("DELETE", tokenScope+"/allowlist/2", "").is(204)
		}, 403},
		{"group", func(r *rig) { r.allow("groups_allowlist", "group", r.groupByPath("group/sub").id) }, 200},
		{"group above", func(r *rig) { r.allow("groups_allowlist", "group", r.groupByPath("group").id) }, 200},
		{"another group", func(r *rig) { r.allow("groups_allowlist", "group", r.groupByPath("group/subordinate").id) }, 403},
		{"open to a user who does not see it", func(r *rig) {
			r.ask("PATCH", tokenScope, `{"enabled":false}`).is(204)
			r.mustUser("dev").memberships = []Membership{Developer.In("group/sub")}
		}, 404},
		{"listed to a user without the role", func(r *rig) {
			r.allow("allowlist", "project", 2)
			r.mustUser("dev").memberships = []Membership{Developer.In("group/sub"), Guest.In("other")}
		}, 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.project("other/app")
				r.project("group/sub/from", Job{Name: "a", Duration: time.Hour})
				r.project("group/subordinate/third")
				dev := r.as(r.AddUser("dev", Developer.In("group/sub"), Developer.In("other")))
				dev.post("/projects/2/pipeline", `{"ref":"main"}`).is(201)
				time.Sleep(time.Minute)
				test.before(r)
				r.as("").get(secureFiles, "Job-Token", r.JobToken(1)).is(test.status)
				r.as("").get("/projects/2/secure_files", "Job-Token", r.JobToken(1)).is(200)
			})
		})
	}
}

func (r *rig) allow(list, kind string, id int64) {
	r.Helper()
	r.post(tokenScope+"/"+list, fmt.Sprintf(`{"target_%s_id":%d}`, kind, id)).is(201)
}
