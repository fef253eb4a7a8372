package gitlabcitest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCrossOriginRequests(t *testing.T) {
	r := newRig(t, WithExternalURL("https://gitlab.example.com/git"))
	r.project("group/app", Job{Name: "a"})
	const origin = "https://page.example.com"
	nobody := r.as("")
	preflight := nobody.ask("OPTIONS", "/projects/1/pipeline", "", "Origin", origin,
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "private-token, content-type").is(200, "")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "private-token, content-type", "Access-Control-Max-Age": "7200",
	} {
		require.Equal(t, want, preflight.header.Get(name), name)
	}
	require.Contains(t, preflight.header.Get("Access-Control-Allow-Methods"), "POST")
	require.Empty(t, preflight.header.Get("Access-Control-Allow-Credentials"))

	for path, status := range map[string]int{"/projects/1": 200, "/projects/9": 404, "/nothing": 404, "/projects/1/jobs?scope=x": 400} {
		answer := r.get(path, "Origin", origin).is(status)
		require.Equal(t, "*", answer.header.Get("Access-Control-Allow-Origin"), path)
		require.Equal(t, "Origin", answer.header.Get("Vary"), path)
		require.Contains(t, strings.Split(answer.header.Get("Access-Control-Expose-Headers"), ", "), "X-Next-Page")
		require.Empty(t, r.get(path).is(status).header.Get("Access-Control-Allow-Origin"), path)
	}
	require.Equal(t, "*", nobody.get("/user", "Origin", origin).is(401).header.Get("Access-Control-Allow-Origin"))
	r.ask("OPTIONS", "/projects/1", "").is(405)
}
