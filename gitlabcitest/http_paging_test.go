package gitlabcitest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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

func TestPagesBeyondAllNumbers(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "unit"})
		for _, query := range []string{"page=9223372036854775807", "page=4611686018427387904&per_page=2", "page=-9223372036854775808"} {
			require.Empty(t, ids(r.get("/projects/1/jobs?"+query)), query)
			require.Empty(t, ids(r.get("/projects/1/pipelines?"+query)), query)
		}
	})
}
