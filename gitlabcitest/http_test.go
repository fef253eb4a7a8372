package gitlabcitest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestErrorBodies(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a", Duration: time.Hour})
	r.project("group/empty")
	r.project("group/ruled", Job{Name: "a", When: Never})
	r.project("group/faulty", Job{Name: "a"}).ConfigError = "jobs:a config contains unknown keys: skript"
	r.project("group/needy", Job{Name: "a", Needs: []string{"b"}})
	r.start()

	tests := []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"GET", "/nowhere", "", 404, `{"error":"404 Not Found"}`},
		{"DELETE", "/version", "", 405, `{"error":"405 Not Allowed"}`},
		{"GET", "/projects/99", "", 404, `{"message":"404 Project Not Found"}`},
		{"GET", "/projects/1/jobs/99", "", 404, `{"message":"404 Not found"}`},
		{"GET", "/projects/2/jobs/1", "", 404, `{"message":"404 Not found"}`},
		{"GET", "/projects/1/pipelines/99", "", 404, `{"message":"404 Not found"}`},
		{"GET", "/projects/1/jobs/first", "", 400, `{"error":"job_id is invalid"}`},
		{"GET", "/projects/1/jobs?scope=done", "", 400, `{"error":"scope does not have a valid value"}`},
		{"GET", "/projects/1/pipelines?scope=done&page=x", "", 400, `{"error":"scope does not have a valid value, page is invalid"}`},
		{"GET", "/projects/1/jobs?pagination=keyset&order_by=name", "", 405, `{"error":"Keyset pagination is not yet available for this type of request"}`},
		{"GET", "/pipelines?per_page=101", "", 400, `{"error":"per_page does not have a valid value"}`},
		{"GET", "/projects/2/pipelines/latest", "", 403, `{"message":"403 Forbidden"}`},
		{"GET", "/projects/1/pipelines/latest?ref=nowhere", "", 403, `{"message":"403 Forbidden"}`},
		{"GET", "/job", "", 404, `{"message":"404 Job Not Found"}`},
		{"POST", "/projects/1/pipeline", "", 400, `{"error":"ref is missing"}`},
		{"POST", "/projects/1/pipeline", `{"ref":`, 400, `{"error":"The request's body is not valid JSON"}`},
		{"POST", "/projects/1/pipeline", `{"ref":"nowhere"}`, 400, `{"message":{"base":["Reference not found"]}}`},
		{"POST", "/projects/1/pipeline", `{"ref":"main","variables":[{"value":"v"}]}`, 400, `{"error":"variables[0][key] is missing"}`},
		{"POST", "/projects/1/pipeline", `{"ref":"main","variables":"v"}`, 400, `{"error":"variables is invalid"}`},
		{"POST", "/projects/2/pipeline", `{"ref":"main"}`, 400, `{"message":{"base":["Missing CI config file"]}}`},
		{"POST", "/projects/3/pipeline", `{"ref":"main"}`, 400,
			`{"message":{"base":["Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to the pipeline."]}}`},
		{"POST", "/projects/4/pipeline", `{"ref":"main"}`, 400, `{"message":{"base":["jobs:a config contains unknown keys: skript"]}}`},
		{"POST", "/projects/5/pipeline", `{"ref":"main"}`, 400, `{"message":{"base":["'a' job needs 'b' job, but 'b' does not exist in the pipeline."]}}`},
		{"GET", "/projects/1/jobs/1/artifacts", "", 404, `{"message":"404 Not Found"}`},
		{"GET", "/projects/1/jobs/artifacts/main/download", "", 400, `{"error":"job is missing"}`},
		{"GET", "/projects/1/jobs/artifacts/main/download?job=a", "", 404, `{"message":"404 Not found"}`},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			reply := r.ask(test.method, test.path, test.body)
			assert.Equal(t, test.status, reply.status)
			assert.Equal(t, test.answer, reply.body)
			assert.NotEmpty(t, reply.header.Get("X-Request-Id"))
			assert.Equal(t, "application/json", reply.header.Get("Content-Type"))
		})
	}
}

func TestFormsOfParameters(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a", Queue: time.Hour})
	want := `[{"key":"A","variable_type":"env_var","value":"1","raw":false},{"key":"B","variable_type":"file","value":"2 &","raw":false}]`
	form := "application/x-www-form-urlencoded"
	multipart := "--x\r\nContent-Disposition: form-data; name=\"ref\"\r\n\r\nmain\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][key]\"\r\n\r\nA\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][value]\"\r\n\r\n1\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][key]\"\r\n\r\nB\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][value]\"\r\n\r\n2 &\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][variable_type]\"\r\n\r\nfile\r\n--x--\r\n"
	tests := []struct{ name, query, body, kind string }{
		{"json", "", `{"ref":"main","variables":[{"key":"A","value":1},{"key":"B","value":"2 &","variable_type":"file"}]}`, "application/json"},
		{"query", "?ref=main&variables[][key]=A&variables[][value]=1&variables[][key]=B&variables[][value]=2+%26&variables[][variable_type]=file", "", ""},
		{"form", "", "ref=main&variables[][key]=A&variables[][value]=1&variables[][key]=B&variables[][value]=2+%26&variables[][variable_type]=file", form},
		{"numbered", "", "ref=main&variables[0][key]=A&variables[0][value]=1&variables[1][key]=B&variables[1][value]=2+%26&variables[1][variable_type]=file", form},
		{"multipart", "", multipart, "multipart/form-data; boundary=x"},
	}
	for _, test := range tests {
		created := r.ask("POST", "/projects/group%2Fapp/pipeline"+test.query, test.body, "Content-Type", test.kind).is(201).object()
		got := r.get(fmt.Sprintf("/projects/1/pipelines/%v/variables", created["id"])).is(200)
		assert.JSONEq(t, want, got.body, test.name)
	}
	r.ask("POST", "/projects/1/pipeline", "ref: main", "Content-Type", "application/yaml").is(415)
	for _, scope := range []string{"scope=pending", "scope[]=pending&scope[]=running", "scope%5B%5D=pending", "scope[0]=pending"} {
		require.Len(t, r.get("/projects/1/jobs?"+scope).is(200).array(), len(tests), scope)
	}
	require.Empty(t, r.get("/projects/1/jobs?scope=failed").is(200).array())
}

func TestOffsetPaging(t *testing.T) {
	r := newRig(t, WithExternalURL("https://gitlab.example.com/gitlab"))
	r.project("group/app", Job{Name: "a"})
	for range 5 {
		r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
	}
	reply := r.get("/projects/group%2Fapp/pipelines?per_page=2&page=2&ref=main").is(200)
	require.Len(t, reply.array(), 2)
	require.Equal(t, 3.0, reply.array()[0]["id"], "newest first")
	for name, value := range map[string]string{
		"X-Per-Page": "2", "X-Page": "2", "X-Prev-Page": "1", "X-Next-Page": "3", "X-Total": "5", "X-Total-Pages": "3",
	} {
		require.Equal(t, value, reply.header.Get(name), name)
	}
	link := func(page int, rel string) string {
		return fmt.Sprintf(`<https://gitlab.example.com/gitlab/api/v4/projects/group%%2Fapp/pipelines?id=group%%2Fapp&page=%d&per_page=2&ref=main>; rel="%s"`, page, rel)
	}
	require.Equal(t, strings.Join([]string{link(1, "prev"), link(3, "next"), link(1, "first"), link(3, "last")}, ", "), reply.header.Get("Link"))

	last := r.get("/projects/1/pipelines?per_page=2&page=3").is(200)
	require.Len(t, last.array(), 1)
	require.Equal(t, []string{""}, last.header.Values("X-Next-Page"))
	require.Equal(t, []string{"4"}, r.get("/projects/1/pipelines?per_page=2&page=5").is(200, "[]").header.Values("X-Prev-Page"))
	require.Equal(t, "100", r.get("/projects/1/pipelines?per_page=1000").is(200).header.Get("X-Per-Page"))

	jobs := r.get("/projects/1/jobs?per_page=2").is(200)
	require.Equal(t, "2", jobs.header.Get("X-Next-Page"))
	require.Empty(t, jobs.header.Values("X-Total"))
	require.Empty(t, jobs.header.Values("X-Total-Pages"))
	require.NotContains(t, jobs.header.Get("Link"), `rel="last"`)
	require.Empty(t, r.get("/projects/2/jobs").header.Get("Link"))
}

func TestManyRecordsAreNotCounted(t *testing.T) {
	srv := New()
	defer srv.Close()
	c := &call{site: &srv.site, request: new(http.Request), params: map[string]any{}}
	c.request.URL = new(url.URL)
	c.answer.header = make(http.Header)
	require.NoError(t, list(c, make([]int, maxCounted+1), func(i int) int { return i }))
	require.Equal(t, "2", c.answer.header.Get("X-Next-Page"))
	require.Empty(t, c.answer.header.Values("X-Total"))
}

func TestKeysetPaging(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	for range 5 {
		r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
	}
	tests := []struct {
		path string
		ids  []float64
	}{
		{"/projects/1/jobs?pagination=keyset&per_page=2", []float64{5, 4, 3, 2, 1}},
		{"/projects/1/jobs?pagination=keyset&per_page=2&order_by=id&sort=desc", []float64{5, 4, 3, 2, 1}},
		{"/projects/1/jobs?pagination=keyset&per_page=5", []float64{5, 4, 3, 2, 1}},
		{"/pipelines?per_page=3", []float64{5, 4, 3, 2, 1}},
	}
	for _, test := range tests {
		var ids []float64
		path := test.path
		for path != "" {
			reply := r.get(path).is(200)
			require.Empty(t, reply.header.Values("X-Page"))
			for _, item := range reply.array() {
				ids = append(ids, item["id"].(float64))
			}
			link := reply.header.Get("Link")
			path, _, _ = strings.Cut(strings.TrimPrefix(link, "<http://gitlab.test/api/v4"), ">")
			if link != "" {
				require.Contains(t, link, "cursor=")
				require.True(t, strings.HasSuffix(link, `>; rel="next"`), link)
			}
		}
		require.Equal(t, test.ids, ids, test.path)
	}
	r.get("/projects/1/jobs?pagination=keyset&cursor=!").is(400)
	for _, order := range []string{"sort=asc", "order_by=id&sort=asc", "order_by=name", "sort=asc&cursor=!"} {
		for _, path := range []string{"/projects/1/jobs", "/runners/1/jobs"} {
			if order == "order_by=name" && path == "/runners/1/jobs" {
				continue // refused as a parameter
			}
			r.get(path+"?pagination=keyset&"+order).is(405, `{"error":"Keyset pagination is not yet available for this type of request"}`)
		}
	}
	r.get("/pipelines?sort=asc").is(400, `{"error":"sort does not have a valid value"}`)
	for _, sort := range []string{"asc", "desc"} { // which the list by numbers has not
		require.Equal(t, []float64{5, 4, 3, 2, 1}, ids(r.get("/projects/1/jobs?sort="+sort)))
	}
}

func TestETag(t *testing.T) {
	r := newRig(t)
	first := r.get("/version").is(200)
	tag := first.header.Get("ETag")
	require.True(t, strings.HasPrefix(tag, `W/"`), tag)
	second := r.get("/version", "If-None-Match", tag).is(304, "")
	require.Equal(t, tag, second.header.Get("ETag"))
	r.get("/version", "If-None-Match", `W/"other"`).is(200)
	head := r.ask("HEAD", "/version", "").is(200, "")
	require.Equal(t, tag, head.header.Get("ETag"))
}

func TestIfUnmodifiedSince(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		before := time.Now().UTC().Format(http.TimeFormat)
		p := r.start()
		settle()
		r.ask("DELETE", p, "", "If-Unmodified-Since", before).is(412, `{"message":"412 Precondition Failed"}`)
		r.ask("DELETE", p, "", "If-Unmodified-Since", time.Now().UTC().Format(http.TimeFormat)).is(204, "")
		r.get(p).is(404)
	})
}

func TestSocketServesTheSameState(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	base, err := r.Listen("127.0.0.1:0")
	require.NoError(t, err)
	r.start()
	client := &http.Client{Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	response, err := client.Get(base + "/api/v4/projects/1/pipelines?per_page=1&private_token=" + r.token)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, string(body), base+"/group/app/-/pipelines/1")
	require.Contains(t, response.Header.Get("Link"), base+"/api/v4/projects/1/pipelines?")
	require.NotContains(t, response.Header.Get("Link"), r.token)
	_, err = r.Listen(strings.TrimPrefix(base, "http://"))
	require.Error(t, err)
}

func TestNoGoroutineOutlivesClose(t *testing.T) {
	before := runtime.NumGoroutine()
	srv := New()
	base, err := srv.Listen("127.0.0.1:0")
	require.NoError(t, err)
	srv.Fail("", "/version", Delay(time.Hour).Forever())
	client := &http.Client{Transport: new(http.Transport)}
	failed := make(chan error, 2)
	for _, ask := range []func(string) (*http.Response, error){client.Get, srv.HTTPClient().Get} {
		go func() {
			_, err := ask(base + "/api/v4/version")
			failed <- err
		}()
	}
	require.Eventually(t, func() bool { return len(srv.Requests()) == 2 }, time.Second, time.Millisecond)
	srv.Close()
	require.Error(t, <-failed)
	require.Error(t, <-failed)
	client.CloseIdleConnections()
	for range 1000 { // not Eventually, which has goroutines of its own
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines, before %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

func TestFaults(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	const create = "/projects/:id/pipeline"
	try := func() (*http.Response, string, error) {
		request, err := http.NewRequest("POST", r.URL()+"/api/v4/projects/1/pipeline", strings.NewReader("ref=main"))
		require.NoError(t, err)
		request.Header.Set("Private-Token", r.token)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := r.Transport().RoundTrip(request)
		if err != nil {
			return nil, "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return response, string(body), err
	}
	pipelines := func() int { return len(r.get("/projects/1/pipelines").is(200).array()) }

	r.Fail("POST", create, DropBefore(), DropAfter(), Truncate(10), Status(502, `{"message":"502"}`, "X-Proxy", "yes").Times(2),
		TooManyRequests(90*time.Second), HTML(503), Redirect(302, "https://elsewhere.example/"))

	_, _, err := try()
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, 0, pipelines(), "dropped before: no effect")
	_, _, err = try()
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, 1, pipelines(), "dropped after: it had its effect")
	response, body, err := try()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, 201, response.StatusCode)
	require.Len(t, body, 10)
	for range 2 {
		response, body, err = try()
		require.NoError(t, err)
		require.Equal(t, 502, response.StatusCode)
		require.Equal(t, `{"message":"502"}`, body)
		require.Equal(t, "yes", response.Header.Get("X-Proxy"))
	}
	response, body, err = try()
	require.NoError(t, err)
	require.Equal(t, 429, response.StatusCode)
	require.Equal(t, "Retry later\n", body)
	require.Equal(t, "90", response.Header.Get("Retry-After"))
	require.NotEmpty(t, response.Header.Get("RateLimit-Reset"))
	response, body, err = try()
	require.NoError(t, err)
	require.Equal(t, 503, response.StatusCode)
	require.Contains(t, body, "<!DOCTYPE html>")
	response, _, err = try()
	require.NoError(t, err)
	require.Equal(t, 302, response.StatusCode)
	require.Equal(t, "https://elsewhere.example/", response.Header.Get("Location"))
	require.Equal(t, 2, pipelines())
	response, _, err = try()
	require.NoError(t, err)
	require.Equal(t, 201, response.StatusCode, "and all is normal again")

	sent := 0
	for _, request := range r.Requests() {
		if request.Route == create {
			sent++
			require.Equal(t, "/api/v4/projects/1/pipeline", request.Path)
			require.Equal(t, "ref=main", string(request.Body))
		}
	}
	require.Equal(t, 9, sent)
	r.ResetRequests()
	require.Empty(t, r.Requests())
}

func TestFaultsByPathForeverAndHealed(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"}, Job{Name: "b"})
		r.start()
		r.Fail("GET", "/projects/1/jobs/2", Status(500, "").Forever())
		for range 3 {
			r.get("/projects/1/jobs/1").is(200)
			r.get("/projects/1/jobs/2").is(500, "")
		}
		r.Heal()
		r.get("/projects/1/jobs/2").is(200)

		r.Fail("", "", Delay(time.Minute))
		begin := time.Now()
		require.Equal(t, "success", r.get("/projects/1/jobs/1").object()["status"], "what is due meanwhile happens")
		require.Equal(t, time.Minute, time.Since(begin))
	})
}

func TestPathsAreDecodedOnce(t *testing.T) {
	r := newRig(t)
	r.project("group/sub/app", Job{Name: "a", Queue: 1, Duration: 1, Artifacts: map[string]string{"a b/100%.txt": "x", "%2e": "y"}})
	r.get("/projects/group%2Fsub%2Fapp").is(200)
	r.get("/projects/group/sub/app").is(404, `{"error":"404 Not Found"}`)
	r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
	require.Eventually(t, func() bool { return r.status("/projects/1/pipelines/1") == "success" }, time.Second, time.Millisecond)
	r.get("/projects/1/jobs/1/artifacts/a%20b/100%25.txt").is(200, "x")
	r.get("/projects/1/jobs/1/artifacts/a%20b%2F100%25.txt").is(200, "x")
	r.get("/projects/1/jobs/1/artifacts/%252e").is(200, "y")
	r.get("/projects/1/jobs/1/artifacts/a/../x").is(400, `{"message":"400 Bad request"}`)
}
