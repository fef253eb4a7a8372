package gitlabcitest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// addTriggerFor makes a trigger of project 1 and returns its token.
func (r *rig) addTriggerFor(description string) string {
	r.Helper()
	return r.post("/projects/1/triggers", `{"description":"`+description+`"}`).is(201).object()["token"].(string)
}

func TestTriggers(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	people := r.people()
	const all = "/projects/1/triggers"

	r.get(all).is(200, `[]`)
	r.post(all, `{}`).is(400, `{"error":"description is missing"}`)
	first := r.post(all, `{"description":"nightly","expires_at":"2999-01-01T00:00:00Z"}`).is(201).object()
	token := first["token"].(string)
	require.Regexp(t, `^glptt-[0-9a-f]{40}$`, token)
	require.NotEqual(t, token, r.addTriggerFor("other"))
	require.Equal(t, "2999-01-01T00:00:00.000Z", first["expires_at"])
	require.Equal(t, "root", first["owner"].(map[string]any)["username"])
	require.Contains(t, first, "last_used")
	require.Nil(t, first["last_used"])

	// In full for its owner, otherwise four characters.
	require.Equal(t, token, r.get(all + "/1").is(200).object()["token"])
	require.Equal(t, "glpt", people[Maintainer].get(all + "/1").is(200).object()["token"])
	require.Equal(t, "glpt", people[Owner].get(all).is(200).array()[0]["token"])
	people[Developer].get(all).is(403, `{"message":"403 Forbidden"}`)
	people[Developer].post(all, `{"description":"x"}`).is(403)
	r.as("").get(all).is(401)

	require.Equal(t, "weekly", r.ask("PUT", all+"/1", `{"description":"weekly"}`).is(200).object()["description"])
	people[Owner].ask("PUT", all+"/1", `{"description":"mine"}`).is(403, `{"message":"403 Forbidden - The current user is not authorized to update the pipeline trigger token"}`)
	r.ask("DELETE", all+"/1", "", "If-Unmodified-Since", "Mon, 02 Jan 2006 15:04:05 GMT").is(412, `{"message":"412 Precondition Failed"}`)
	people[Maintainer].ask("DELETE", all+"/1", "").is(204, "")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		r.ask(method, all+"/1", "").is(404, `{"message":"404 Not found"}`)
	}
	r.get(all+"/x").is(400, `{"error":"trigger_id is invalid"}`)
	require.Len(t, r.get(all).array(), 1)
}

func TestRunTrigger(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	tests := []struct{ name, path, body, kind string }{
		{"JSON", "/projects/1/trigger/pipeline", `{"token":"TOKEN","ref":"main","variables":{"B":"2","A":"1 & 2"},"inputs":{"level":3}}`, "application/json"},
		{"form", "/projects/group%2Fapp/trigger/pipeline", `token=TOKEN&ref=main&variables[A]=1+%26+2&variables[B]=2`, form},
		{"query", "/projects/1/trigger/pipeline?token=TOKEN&ref=main&variables%5BA%5D=1%20%26%202&variables%5BB%5D=2", ``, ""},
		{"ref in the path", "/projects/1/ref/main/trigger/pipeline", `token=TOKEN&variables[A]=1+%26+2&variables[B]=2`, form},
		{"full ref in the path", "/projects/1/ref/refs%2Fheads%2Fmain/trigger/pipeline", `{"token":"TOKEN","variables":{"A":"1 & 2","B":"2"}}`, "application/json"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			r.project("group/app", Job{Name: "a"}).Inputs = []string{"level"}
			token := r.addTriggerFor("x")
			fill := strings.NewReplacer("TOKEN", token).Replace
			started := r.as("").ask("POST", fill(test.path), fill(test.body), "Content-Type", test.kind).is(201).object()
			require.Equal(t, "trigger", started["source"])
			require.Equal(t, "main", started["ref"])
			require.Equal(t, "root", started["user"].(map[string]any)["username"])
			require.NotNil(t, r.get("/projects/1/triggers/1").object()["last_used"])

			variables := r.get("/projects/1/pipelines/1/variables").is(200).array()
			require.Len(t, variables, 3)
			require.Equal(t, map[string]any{"key": "A", "value": "1 & 2", "variable_type": "env_var", "raw": false}, variables[0])
			require.Equal(t, map[string]any{"key": "B", "value": "2", "variable_type": "env_var", "raw": false}, variables[1])
			require.Equal(t, "TRIGGER_PAYLOAD", variables[2]["key"])
			require.Equal(t, "file", variables[2]["variable_type"])
			require.NotContains(t, variables[2]["value"], token)
			var payload map[string]any
			require.NoError(t, codec.Unmarshal([]byte(variables[2]["value"].(string)), &payload))
			require.Equal(t, map[string]any{"A": "1 & 2", "B": "2"}, payload["variables"])
			require.Contains(t, payload, "ref")
		})
	}
}

func TestRunTriggerRefused(t *testing.T) {
	const hidden = `{"message":"404 Not Found"}`
	r := newRig(t)
	app := r.project("group/app", Job{Name: "a"})
	r.project("group/other", Job{Name: "a"})
	r.project("group/bare")
	token := r.addTriggerFor("x")
	bare := r.post("/projects/3/triggers", `{"description":"x"}`).is(201).object()["token"].(string)
	expired := r.post("/projects/1/triggers", `{"description":"x","expires_at":"2001-01-01T00:00:00Z"}`).is(201).object()["token"].(string)
	deleted := r.addTriggerFor("y")
	r.ask("DELETE", "/projects/1/triggers/4", "").is(204)

	tests := []struct {
		name, path, body string
		status           int
		answer           string
	}{
		{"nothing given", "/projects/1", `{}`, 400, `{"error":"ref is missing, token is missing"}`},
		{"blank ref", "/projects/1", `{"token":"` + token + `","ref":""}`, 400, `{"error":"ref is empty"}`},
		{"unknown token", "/projects/1", `{"token":"x","ref":"main"}`, 404, hidden},
		{"unknown job token", "/projects/1", `{"token":"glcbt-1_0","ref":"main"}`, 404, hidden},
		{"deleted token", "/projects/1", `{"token":"` + deleted + `","ref":"main"}`, 404, hidden},
		{"expired token", "/projects/1", `{"token":"` + expired + `","ref":"main"}`, 404, hidden},
		{"token of another project", "/projects/2", `{"token":"` + token + `","ref":"main"}`, 404, hidden},
		{"unknown project", "/projects/99", `{"token":"` + token + `","ref":"main"}`, 404, hidden},
		{"number as value", "/projects/1", `{"token":"` + token + `","ref":"main","variables":{"A":1}}`, 400, `{"message":"variables needs to be a map of key-valued strings"}`},
		{"map as value", "/projects/1", `{"token":"` + token + `","ref":"main","variables":{"A":{"B":"c"}}}`, 400, `{"message":"variables needs to be a map of key-valued strings"}`},
		{"variables of another kind", "/projects/1", `{"token":"` + token + `","ref":"main","variables":[1]}`, 400, `{"error":"variables is invalid"}`},
		{"key that is none", "/projects/1", `{"token":"` + token + `","ref":"main","variables":{"A-B":"1"}}`, 400, badKey},
		{"undeclared input", "/projects/1", `{"token":"` + token + `","ref":"main","inputs":{"x":1}}`, 400,
			"{\"message\":{\"base\":[\"`.gitlab-ci.yml`: Given inputs not defined in the `spec` section of the included configuration file\"]}}"},
		{"unknown ref", "/projects/1", `{"token":"` + token + `","ref":"nope"}`, 400, `{"message":{"base":["Reference not found"]}}`},
		{"no configuration", "/projects/3", `{"token":"` + bare + `","ref":"main"}`, 400, `{"message":{"base":["Missing CI config file"]}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r.in(t).as("").post(test.path+"/trigger/pipeline", test.body).is(test.status, test.answer)
		})
	}
	good := `{"token":"` + token + `","ref":"main"}`
	r.ask("POST", "/projects/1/trigger/pipeline", good, "X-Gitlab-Event", "Pipeline Hook").is(403, `{"message":"403 Forbidden"}`)
	app.ConfigError = "jobs config should contain at least one visible job"
	r.post("/projects/1/trigger/pipeline", good).is(422, `{"message":{"base":["jobs config should contain at least one visible job"]}}`)
	require.Empty(t, r.get("/projects/1/pipelines").array())
}

func TestRunTriggerInSomebodysName(t *testing.T) {
	r := newRig(t)
	app := r.project("group/app", Job{Name: "a"})
	token := r.people()[Maintainer].addTriggerFor("x")
	body := `{"token":"` + token + `","ref":"main","variables":{"A":"1"}}`

	require.Equal(t, "maintainer", r.as("").post("/projects/1/trigger/pipeline", body).is(201).object()["user"].(map[string]any)["username"])
	app.PipelineVariablesRole = Owner
	r.post("/projects/1/trigger/pipeline", body).is(400, `{"message":{"base":["Insufficient permissions to set pipeline variables"]}}`)
	r.mustUser("maintainer").memberships = nil
	r.post("/projects/1/trigger/pipeline", body).is(400, `{"message":{"base":["Insufficient permissions to create a new pipeline"]}}`)
}

func TestRunTriggerWithJobToken(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Queue: time.Second, Duration: time.Minute})
		r.project("group/private", Job{Name: "a"})
		r.start()
		body := `{"token":"` + r.JobToken(1) + `","ref":"main"}`
		r.as("").post("/projects/1/trigger/pipeline", body).is(401, `{"message":"Job is not running"}`)
		time.Sleep(10 * time.Second)
		started := r.as("").post("/projects/1/trigger/pipeline", body).is(201).object()
		require.Equal(r, "pipeline", started["source"])
		require.Equal(r, "root", started["user"].(map[string]any)["username"])
		r.post("/projects/2/trigger/pipeline", body).is(404, `{"message":"404 Not Found"}`)
		settle()
		r.post("/projects/1/trigger/pipeline", body).is(401, `{"message":"Job is not running"}`)
	})
}
