package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRoles(t *testing.T) {
	const p, j = "/projects/1/pipelines/1", "/projects/1/jobs/1"
	// The least status each role gets, from a stranger without a token up to the owner.
	tests := []struct {
		method, path, body                                              string
		nobody, stranger, guest, reporter, developer, maintainer, owner int
	}{
		{"GET", "/projects/1", "", 404, 404, 200, 200, 200, 200, 200},
		{"GET", "/projects/1/pipelines", "", 404, 404, 200, 200, 200, 200, 200},
		{"GET", "/projects/1/jobs", "", 401, 404, 200, 200, 200, 200, 200},
		{"GET", p + "/variables", "", 404, 404, 403, 403, 200, 200, 200},
		{"POST", "/projects/1/pipeline", `{"ref":"main"}`, 401, 404, 403, 403, 201, 201, 201},
		{"POST", p + "/retry", "", 401, 404, 403, 403, 201, 201, 201},
		{"POST", p + "/cancel", "", 401, 404, 403, 403, 200, 200, 200},
		{"PUT", p + "/metadata", `{"name":"n"}`, 401, 404, 403, 403, 200, 200, 200},
		{"POST", j + "/cancel", "", 401, 404, 403, 403, 201, 201, 201},
		{"POST", j + "/erase", "", 401, 404, 403, 403, 403, 201, 403},
		{"DELETE", j + "/artifacts", "", 401, 404, 403, 403, 403, 204, 204},
		{"DELETE", "/projects/1/artifacts", "", 401, 404, 403, 403, 403, 202, 202},
		{"DELETE", p, "", 401, 404, 403, 403, 403, 403, 204},
	}
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		r.start()
		settle()
		tokens := []string{
			"", r.AddUser("stranger"), r.AddUser("guest", Guest.In("group/app")), r.AddUser("reporter", Reporter.In("group")),
			r.AddUser("developer", Developer.In("group/app")), r.AddUser("maintainer", Maintainer.In("group")), r.AddUser("owner", Owner.In("group")),
		}
		for _, test := range tests {
			for i, want := range []int{test.nobody, test.stranger, test.guest, test.reporter, test.developer, test.maintainer, test.owner} {
				got := r.as(tokens[i]).ask(test.method, test.path, test.body)
				assert.Equal(t, want, got.status, "%s %s by %q: %s", test.method, test.path, tokens[i], got.body)
			}
		}
	})
}

func TestDeveloperErasesOwnJobsOnly(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		r.start()
		dev := r.as(r.AddUser("dev", Developer.In("group")))
		dev.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
		settle()
		dev.post("/projects/1/jobs/1/erase", "").is(403, `{"message":"403 Forbidden"}`)
		dev.post("/projects/1/jobs/2/erase", "").is(201)
	})
}

func TestVisibility(t *testing.T) {
	r := newRig(t)
	p := r.project("group/app", Job{Name: "a"})
	stranger, nobody := r.as(r.AddUser("stranger")), r.as("")
	guest := r.as(r.AddUser("guest", Guest.In("group")))

	p.Visibility = Internal
	stranger.get("/projects/1/pipelines").is(200)
	nobody.get("/projects/1/pipelines").is(404, `{"message":"404 Project Not Found"}`)
	p.Visibility = Public
	nobody.get("/projects/1/pipelines").is(200)
	nobody.post("/projects/1/pipeline", `{"ref":"main"}`).is(401)
	stranger.post("/projects/1/pipeline", `{"ref":"main"}`).is(403)
	p.PrivatePipelines = true
	nobody.get("/projects/1/pipelines").is(403)
	guest.get("/projects/1/pipelines").is(403)
	guest.get("/projects/1").is(200)
}

func TestPipelineVariablesRole(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "play", When: Manual}).PipelineVariablesRole = Maintainer
		dev := r.as(r.AddUser("dev", Developer.In("group")))
		dev.post("/projects/1/pipeline", `{"ref":"main","variables":[{"key":"K","value":"v"}]}`).
			is(400, `{"message":{"base":["Insufficient permissions to set pipeline variables"]}}`)
		dev.start()
		dev.post("/projects/1/jobs/1/play", `{"job_variables_attributes":[{"key":"K","value":"v"}]}`).is(403, `{"message":"403 Forbidden"}`)
		dev.post("/projects/1/jobs/1/play", "").is(200)
	})
}

func TestTokens(t *testing.T) {
	r := newRig(t, WithToken("glpat-demo"))
	require.Equal(t, "glpat-demo", r.Token())
	r.project("group/app", Job{Name: "a"})
	anonymous := r.as("")

	unauthorized := `{"message":"401 Unauthorized"}`
	anonymous.get("/user").is(401, unauthorized)
	reply := r.as("wrong").get("/projects/1/pipelines").is(401, unauthorized)
	require.NotEmpty(t, reply.header.Get("WWW-Authenticate"))
	anonymous.get("/user?private_token=glpat-demo").is(200)
	anonymous.get("/user", "Authorization", "Bearer glpat-demo").is(200)
	anonymous.get("/user", "Authorization", "Bearer wrong").is(401, `{"error":"invalid_token","error_description":"Bad Access Token."}`)

	oauth := r.AddToken("root", Token{OAuth: true})
	anonymous.get("/user", "Authorization", "Bearer "+oauth).is(200)
	r.as(oauth).get("/user").is(401)

	r.as(r.AddToken("root", Token{Revoked: true})).get("/user").
		is(401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`)
	r.as(r.AddToken("root", Token{ExpiresAt: time.Now()})).get("/user").
		is(401, `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`)
	reader := r.as(r.AddToken("root", Token{Scopes: []string{"read_api"}}))
	reader.get("/projects/1/jobs").is(200)
	reader.post("/projects/1/pipeline", `{"ref":"main"}`).is(403,
		`{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`)
}

func TestSudo(t *testing.T) {
	r := newRig(t)
	dev := r.as(r.AddUser("dev"))
	require.Equal(t, "dev", r.get("/user", "Sudo", "dev").is(200).object()["username"])
	require.Equal(t, "dev", r.get("/user?sudo=2").is(200).object()["username"])
	r.get("/user", "Sudo", "123").is(404, `{"message":"404 User with ID or username '123' Not Found"}`)
	dev.get("/user", "Sudo", "root").is(403, `{"message":"403 Forbidden - Must be admin to use sudo"}`)
	r.as(r.AddToken("root", Token{})).get("/user", "Sudo", "dev").is(403,
		`{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"sudo"}`)
}

func TestJobToken(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/sub/app", Job{Name: "a", Duration: time.Minute})
		r.project("group/other", Job{Name: "a"})
		p := r.start()
		token := r.JobToken(1)
		runs := r.as("")
		runs.get("/job", "Job-Token", token).is(401)
		time.Sleep(10 * time.Second)
		require.Equal(t, 1.0, runs.get("/job", "Job-Token", token).is(200).object()["id"])
		require.Equal(t, 1.0, runs.get("/job?job_token=" + token).is(200).object()["id"])
		require.Equal(t, 1.0, runs.get("/job", "Authorization", "Bearer "+token).is(200).object()["id"])
		agents := runs.get("/job/allowed_agents", "Job-Token", token).is(200).object()
		require.Len(t, agents["project"].(map[string]any)["groups"], 2)
		runs.get(p+"/jobs", "Job-Token", token).is(200)
		runs.get("/projects/1/jobs", "Job-Token", token).is(401)
		runs.ask("POST", p+"/cancel", "", "Job-Token", token).is(401)
		runs.get("/projects/2/pipelines", "Job-Token", token).is(403)
		runs.get("/job", "Job-Token", "glcbt-1_guess").is(401)
		settle()
		runs.get("/job", "Job-Token", token).is(401)
	})
}
