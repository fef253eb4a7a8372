package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/gitlabci/gitlabci"
)

const token = "glpat-bench"

// jobJSON is a job with all that GitLab's lists of jobs tell of one.
func jobJSON(id int) string {
	return fmt.Sprintf(`{"id":%d,"name":"rspec unit %d/20","stage":"test","status":"success","ref":"feature/faster-lists","tag":false,"coverage":91.4,
"allow_failure":false,"created_at":"2026-05-04T08:15:30.123Z","started_at":"2026-05-04T08:16:01.456Z","finished_at":"2026-05-04T08:20:59.789Z","erased_at":null,
"duration":298.333,"queued_duration":31.333,"archived":false,"source":"push","web_url":"https://gitlab.example.com/group/app/-/jobs/%[1]d",
"user":{"id":7,"username":"ada","name":"Ada Example","state":"active","locked":false,"public_email":"ada@example.com","avatar_url":"https://gitlab.example.com/uploads/-/system/user/avatar/7/avatar.png",
"web_url":"https://gitlab.example.com/ada","created_at":"2019-02-03T04:05:06.789Z","bio":"Writes tests","location":"Zürich","linkedin":"","twitter":"","discord":"","website_url":"https://example.com",
"github":"","organization":"Example","job_title":"Engineer","pronouns":null,"bot":false,"work_information":"Engineer at Example","followers":12,"following":3,"is_followed":false,"local_time":"10:20 AM"},
"commit":{"id":"2f1b7c9d8e6a5f4b3c2d1e0f9a8b7c6d5e4f3a2b","short_id":"2f1b7c9d","created_at":"2026-05-04T10:15:00.000+02:00","parent_ids":["0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"],
"title":"Read lists a page ahead","message":"Read lists a page ahead\n\nThe next page is asked for while this one is used.\n","author_name":"Ada Example","author_email":"ada@example.com",
"authored_date":"2026-05-04T10:15:00.000+02:00","committer_name":"Ada Example","committer_email":"ada@example.com","committed_date":"2026-05-04T10:15:00.000+02:00","trailers":{},"extended_trailers":{},
"web_url":"https://gitlab.example.com/group/app/-/commit/2f1b7c9d8e6a5f4b3c2d1e0f9a8b7c6d5e4f3a2b"},
"pipeline":{"id":4711,"iid":815,"project_id":42,"sha":"2f1b7c9d8e6a5f4b3c2d1e0f9a8b7c6d5e4f3a2b","ref":"feature/faster-lists","status":"success","source":"push",
"created_at":"2026-05-04T08:15:29.000Z","updated_at":"2026-05-04T08:31:12.000Z","web_url":"https://gitlab.example.com/group/app/-/pipelines/4711"},
"project":{"ci_job_token_scope_enabled":false},"artifacts_file":{"filename":"artifacts.zip","size":182733},
"artifacts":[{"file_type":"archive","size":182733,"filename":"artifacts.zip","file_format":"zip"},{"file_type":"metadata","size":812,"filename":"metadata.gz","file_format":"gzip"},
{"file_type":"trace","size":91822,"filename":"job.log","file_format":null},{"file_type":"junit","size":11822,"filename":"junit.xml.gz","file_format":"gzip"}],
"runner":{"id":12,"description":"linux-large-3","ip_address":"","active":true,"paused":false,"is_shared":true,"runner_type":"instance_type","name":"gitlab-runner","online":true,"status":"online",
"created_by":null,"created_at":"2025-11-01T00:00:00.000Z","job_execution_status":"idle"},
"runner_manager":{"id":77,"system_id":"s_89e5e9956577","version":"19.2.0","revision":"5a4b3c2d","platform":"linux","architecture":"amd64","created_at":"2025-11-01T00:00:00.000Z",
"contacted_at":"2026-05-04T08:20:00.000Z","ip_address":"10.0.0.12","status":"online","job_execution_status":"idle"},
"artifacts_expire_at":"2026-06-03T08:20:59.000Z","tag_list":["linux","large"]}`, id, id%20)
}

func pipelineJSON(id int) string {
	return fmt.Sprintf(`{"id":%d,"iid":%d,"project_id":42,"name":"Merge train","sha":"2f1b7c9d8e6a5f4b3c2d1e0f9a8b7c6d5e4f3a2b","ref":"refs/merge-requests/12/train","status":"success",
"source":"merge_request_event","created_at":"2026-05-04T08:15:29.000Z","updated_at":"2026-05-04T08:31:12.000Z","web_url":"https://gitlab.example.com/group/app/-/pipelines/%[1]d"}`, id, id-100)
}

// array is a page of items.
func array(n int, item func(int) string) []byte {
	items := make([]string, n)
	for i := range items {
		items[i] = item(1_000_000 + i)
	}
	return []byte("[" + strings.Join(items, ",") + "]")
}

// canned answers every request with the same body, without a connection.
type canned []byte

func (body canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		io.Copy(io.Discard, req.Body)
		req.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(bytes.NewReader(body)),
	}, nil
}

// respond answers every request with the same body.
func respond(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	}
}

// clients are what is measured, for the same server.
type clients struct {
	ours   *gitlabci.Client
	theirs *gitlab.Client
	bare   *http.Client
	base   string
}

// newClients returns clients over a transport; over one of their own each if it is nil.
func newClients(base string, transport http.RoundTripper) clients {
	c := clients{bare: &http.Client{Transport: transport}, base: base}
	var options []gitlabci.Option
	theirs := []gitlab.ClientOptionFunc{gitlab.WithBaseURL(base)}
	if transport != nil {
		options = append(options, gitlabci.WithHTTPClient(c.bare))
		theirs = append(theirs, gitlab.WithHTTPClient(c.bare))
	}
	c.ours = need(gitlabci.NewClient(base, gitlabci.PrivateToken(token), options...))
	c.theirs = need(gitlab.NewClient(token, theirs...))
	return c
}

// get is a call by hand: net/http and encoding/json.
func (c clients) get(path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/api/v4"+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Private-Token", token)
	resp, err := c.bare.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// need is for what cannot fail, or makes measuring pointless.
func need[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// pagedServer serves a list of jobs page by page, each answer after a pause.
func pagedServer(total int, pause time.Duration) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(pause)
		servePage(w, r, total)
	}))
}

// servePage answers with a page of jobs: by keyset where it is asked to, and else by number.
func servePage(w http.ResponseWriter, r *http.Request, total int) {
	query := r.URL.Query()
	perPage, _ := strconv.Atoi(query.Get("per_page"))
	if perPage == 0 {
		perPage = 20
	}
	start, _ := strconv.Atoi(query.Get("cursor"))
	header := w.Header()
	if query.Get("pagination") == "keyset" {
		query.Set("cursor", strconv.Itoa(start+perPage))
	} else {
		page, _ := strconv.Atoi(query.Get("page"))
		page = max(page, 1)
		start = (page - 1) * perPage
		query.Set("page", strconv.Itoa(page+1))
		header.Set("X-Page", strconv.Itoa(page))
		header.Set("X-Total-Pages", strconv.Itoa((total+perPage-1)/perPage))
		if start+perPage < total {
			header.Set("X-Next-Page", strconv.Itoa(page+1))
		}
	}
	if start+perPage < total {
		header.Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.EscapedPath(), query.Encode()))
	}
	header.Set("Content-Type", "application/json")
	w.Write(jobsFrom(start, min(start+perPage, total)))
}

// jobsFrom is a page of jobs.
func jobsFrom(start, end int) []byte {
	items := make([]string, 0, end-start)
	for i := start; i < end; i++ {
		items = append(items, jobJSON(1_000_000+i))
	}
	return []byte("[" + strings.Join(items, ",") + "]")
}
