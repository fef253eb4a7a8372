package gitlabcitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const controllers = "/runner_controllers"

func TestRunnerControllers(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.get(controllers).is(200, `[]`)
		r.post(controllers, "").is(201,
			`{"id":1,"description":null,"state":"disabled","created_at":"2000-01-01T00:00:00.000Z","updated_at":"2000-01-01T00:00:00.000Z"}`)
		time.Sleep(time.Hour)
		r.ask("PUT", controllers+"/1", `{"description":"d","state":"dry_run"}`).is(200,
			`{"id":1,"description":"d","state":"dry_run","created_at":"2000-01-01T00:00:00.000Z","updated_at":"2000-01-01T01:00:00.000Z"}`)
		shown := r.ask("PUT", controllers+"/1", "").is(200).object()
		require.Equal(r, "d", shown["description"], "stays")
		require.Equal(r, "dry_run", shown["state"], "stays")
		require.Equal(r, false, r.get(controllers + "/1").is(200).object()["connected"])
		require.NotContains(r, shown, "connected")

		r.post(controllers, `{"state":"enabled"}`).is(201)
		listed := r.get(controllers + "?per_page=1&page=2").is(200)
		require.Equal(r, "enabled", listed.array()[0]["state"])
		require.NotContains(r, listed.array()[0], "connected")
		require.Equal(r, "2", listed.header.Get("X-Total"))

		r.ask("DELETE", controllers+"/1", "", "If-Unmodified-Since", "Mon, 02 Jan 1999 15:04:05 GMT").is(412)
		r.ask("DELETE", controllers+"/1", "").is(204, "")
		r.get(controllers+"/1").is(404, `{"message":"404 Not Found"}`)
		require.Len(r, r.get(controllers).array(), 1)
		require.Equal(r, 3.0, r.post(controllers, "").object()["id"], "ids are not used again")
	})
}

func TestRunnerControllerRefused(t *testing.T) {
	r := newRig(t)
	r.post(controllers, `{"state":"on"}`).is(400, `{"error":"state does not have a valid value"}`)
	r.post(controllers, "").is(201)
	r.ask("PUT", controllers+"/1", `{"state":"on"}`).is(400, `{"error":"state does not have a valid value"}`)
	r.get(controllers+"/one").is(400, `{"error":"id is invalid"}`)
	dev, anonymous := r.as(r.AddUser("dev", Owner.In("group"))), r.as("")
	routes := 0
	for _, route := range r.routes {
		if !strings.HasPrefix(route.template, controllers) {
			continue
		}
		routes++
		path := strings.NewReplacer(":runner_controller_id", "9", ":runner_id", "1", ":id", "9").Replace(route.template)
		anonymous.ask(route.method, path, "").is(401, `{"message":"401 Unauthorized"}`)
		dev.ask(route.method, path, "").is(403, `{"message":"403 Forbidden"}`)
		switch {
		case path == controllers:
		case strings.Contains(path, "scopes"):
			r.ask(route.method, path, "").is(404, `{"message":"404 Not found"}`)
		default:
			r.ask(route.method, path, "").is(404, `{"message":"404 Not Found"}`)
		}
	}
	require.Equal(t, 15, routes)
}

func TestRunnerControllerScopes(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app")
		ofProject := r.AddRunner(Runner{Projects: []string{"group/app"}})
		second := r.AddRunner(Runner{})
		r.post(controllers, "").is(201)
		const scopes = controllers + "/1/scopes"
		const at = `"created_at":"2000-01-01T00:00:00.000Z","updated_at":"2000-01-01T00:00:00.000Z"`
		conflict := func(reply reply, text string) { r.Helper(); reply.is(409, `{"message":"`+text+`"}`) }

		r.get(scopes).is(200, `{"instance_level_scopings":[],"runner_level_scopings":[]}`)
		r.post(scopes+"/instance", "").is(201, `{`+at+`}`)
		r.get(scopes).is(200, `{"instance_level_scopings":[{`+at+`}],"runner_level_scopings":[]}`)
		conflict(r.post(scopes+"/instance", ""), "Instance-level scope already exists for this runner controller")
		conflict(r.post(scopes+"/runners/1", ""), "Runner controller already has instance-level scope. Remove it before adding runner scopes.")
		r.ask("DELETE", scopes+"/instance", "").is(204, "")
		r.ask("DELETE", scopes+"/instance", "").is(204, "")

		r.post(scopes+"/runners/1", "").is(201, `{"runner_id":1,`+at+`}`)
		r.post(fmt.Sprintf("%s/runners/%d", scopes, second), "").is(201)
		conflict(r.post(scopes+"/runners/1", ""), "Runner scope already exists for this runner controller")
		conflict(r.post(scopes+"/instance", ""), "Runner controller already has runner-level scopes. Remove them before adding instance-level scope.")
		r.post(fmt.Sprintf("%s/runners/%d", scopes, ofProject), "").is(422, `{"message":"Only instance-type runners can be scoped"}`)
		r.post(scopes+"/runners/99", "").is(404, `{"message":"404 Not found"}`)
		r.ask("DELETE", scopes+"/runners/99", "").is(404, `{"message":"404 Not found"}`)
		r.ask("DELETE", fmt.Sprintf("%s/runners/%d", scopes, ofProject), "").is(204)
		r.ask("DELETE", scopes+"/runners/1", "").is(204, "")

		scoped, err := r.Client().RunnerControllers.Scopes(r.Context(), 1)
		require.NoError(r, err)
		require.Empty(r, scoped.InstanceLevelScopings)
		require.Len(r, scoped.RunnerLevelScopings, 1)
		require.Equal(r, second, scoped.RunnerLevelScopings[0].RunnerID)

		// The scope of a deleted runner goes with it.
		r.ask("DELETE", fmt.Sprintf("/runners/%d", second), "").is(204)
		r.post(scopes+"/instance", "").is(201)
	})
}

func TestRunnerControllerTokens(t *testing.T) {
	inBubble(t, func(r *rig) {
		client := r.Client().RunnerControllers
		r.post(controllers, "").is(201)
		r.post(controllers, "").is(201)
		made, err := client.CreateToken(r.Context(), 1, &gitlabci.CreateRunnerControllerTokenOptions{Description: "d"})
		require.NoError(r, err)
		require.True(r, strings.HasPrefix(string(made.Token), "glrct-"))
		require.Equal(r, "d", made.Description)
		const at = `"created_at":"2000-01-01T00:00:00.000Z","updated_at":"2000-01-01T00:00:00.000Z"`
		const tokens = controllers + "/1/tokens"
		r.get(tokens+"/1").is(200, `{"id":1,"runner_controller_id":1,"description":"d","last_used_at":null,`+at+`}`)
		r.get(controllers+"/2/tokens/1").is(404, `{"message":"404 Not Found"}`)

		connected := func() any { return r.get(controllers + "/1").object()["connected"] }
		require.Equal(r, false, connected())
		time.Sleep(time.Minute)
		r.ConnectRunnerController(string(made.Token))
		require.Equal(r, true, connected())
		require.Equal(r, "2000-01-01T00:01:00.000Z", r.get(tokens + "/1").object()["last_used_at"])
		time.Sleep(time.Hour)
		require.Equal(r, false, connected())
		r.ConnectRunnerController(string(made.Token))

		rotated := r.post(tokens+"/1/rotate", "").is(200).object()
		require.Equal(r, 2.0, rotated["id"])
		require.Equal(r, "d", rotated["description"])
		require.NotEqual(r, string(made.Token), rotated["token"])
		require.Equal(r, false, connected(), "by a revoked token")
		require.Panics(r, func() { r.ConnectRunnerController(string(made.Token)) })
		for _, method := range []string{"GET", "DELETE"} {
			r.ask(method, tokens+"/1", "").is(404, `{"message":"404 Not Found"}`)
		}
		r.post(tokens+"/1/rotate", "").is(404, `{"message":"404 Not Found"}`)

		r.post(tokens, "").is(201)
		listed := r.get(tokens)
		require.Equal(r, []float64{2, 3}, ids(listed))
		require.NotContains(r, listed.array()[0], "token")
		r.ask("DELETE", tokens+"/2", "").is(204, "")
		require.Equal(r, []float64{3}, ids(r.get(tokens)))
	})
}

func TestJobRouter(t *testing.T) {
	const discovery = "/runners/router/discovery"
	r := newRig(t, WithJobRouter("wss://kas.example.com"))
	router, err := r.Client().Runners.DiscoverRouter(t.Context(), gitlabci.Secret(r.RunnerToken(1)))
	require.NoError(t, err)
	require.Equal(t, "wss://kas.example.com", router.ServerURL)
	r.as("").get(discovery, "Runner-Token", r.RunnerToken(1)).is(200, `{"server_url":"wss://kas.example.com"}`)

	without := newRig(t)
	without.as("").get(discovery, "Runner-Token", without.RunnerToken(1)).is(501,
		`{"message":"Job Router is not available. Please contact your administrator."}`)
	for _, rig := range []*rig{r, without} {
		rig.as("").get(discovery).is(403, `{"message":"403 Forbidden"}`)
		rig.get(discovery, "Runner-Token", "glrt-wrong").is(403, `{"message":"403 Forbidden"}`)
	}
}
