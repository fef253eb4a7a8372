package gitlabcitest

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// rig is a server and somebody who asks it, as the administrator unless token says otherwise.
type rig struct {
	*testing.T
	*Server
	token string
}

func newRig(t *testing.T, opts ...Option) *rig {
	t.Helper()
	r := &rig{T: t, Server: New(opts...)}
	r.token = r.Token()
	t.Cleanup(r.Close)
	return r
}

// inBubble runs a test whose time is synctest's.
func inBubble(t *testing.T, test func(*rig), opts ...Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newRig(t, opts...)) })
}

func (r *rig) project(path string, jobs ...Job) *project {
	defer r.enter()()
	return r.addProject(path, jobs)
}

// as returns the same server to somebody with another token.
func (r *rig) as(token string) *rig {
	return &rig{T: r.T, Server: r.Server, token: token}
}

type reply struct {
	*rig
	status int
	header http.Header
	body   string
}

// ask sends a request. The body is JSON unless header, names and values in turn, says otherwise.
func (r *rig) ask(method, path, body string, header ...string) reply {
	r.Helper()
	request, err := http.NewRequest(method, r.URL()+"/api/v4"+path, strings.NewReader(body))
	require.NoError(r, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		request.Header.Set("Private-Token", r.token)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := r.Transport().RoundTrip(request)
	require.NoError(r, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(r, err)
	return reply{r, response.StatusCode, response.Header, string(text)}
}

func (r *rig) get(path string, header ...string) reply {
	r.Helper()
	return r.ask("GET", path, "", header...)
}

func (r *rig) post(path, body string) reply {
	r.Helper()
	return r.ask("POST", path, body)
}

// is checks status and, where given, body.
func (r reply) is(status int, body ...string) reply {
	r.Helper()
	require.Equal(r, status, r.status, r.body)
	for _, expected := range body {
		require.Equal(r, expected, r.body)
	}
	return r
}

func (r reply) object() map[string]any {
	r.Helper()
	var v map[string]any
	require.NoError(r, codec.Unmarshal([]byte(r.body), &v), r.body)
	return v
}

func (r reply) array() []map[string]any {
	r.Helper()
	var v []map[string]any
	require.NoError(r, codec.Unmarshal([]byte(r.body), &v), r.body)
	return v
}

// start creates a pipeline on main of project 1 and returns its path.
func (r *rig) start() string {
	r.Helper()
	r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
	return "/projects/1/pipelines/1"
}

// states returns name=status of the jobs of a pipeline, in the order of their ids, trigger jobs last.
func (r *rig) states(pipeline string) string {
	r.Helper()
	var words []string
	for _, what := range []string{"/jobs", "/bridges"} {
		jobs := r.get(pipeline + what + "?per_page=100").is(200).array()
		for i := len(jobs) - 1; i >= 0; i-- {
			words = append(words, jobs[i]["name"].(string)+"="+jobs[i]["status"].(string))
		}
	}
	return strings.Join(words, " ")
}

func (r *rig) status(pipeline string) string {
	r.Helper()
	return r.get(pipeline).is(200).object()["status"].(string)
}

// settle lets more time pass than any pipeline of these tests takes.
func settle() { time.Sleep(time.Hour) }

func ids(reply reply) []float64 {
	found := []float64{}
	for _, item := range reply.is(200).array() {
		found = append(found, item["id"].(float64))
	}
	return found
}
