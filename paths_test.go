package gitlabci_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// pathServer tells what path arrived, as it was sent and as it is read.
type pathServer struct {
	*gitlabci.Client
	sent, read, query string
	requests          int
}

func newPathServer(t testing.TB, below string) *pathServer {
	t.Helper()
	p := new(pathServer)
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		p.requests++
		p.sent, _, _ = strings.Cut(r.RequestURI, "?")
		p.read, p.query = r.URL.Path, r.URL.RawQuery
		io.WriteString(w, `{"id":1,"key":"K"}`)
	})
	p.Client = clientOf(t, srv.URL+below)
	return p
}

// Texts that one part of a path holds: what becomes of them where slashes are escaped, and where they stay. Empty: refused.
var pathTexts = []struct{ text, segment, segments string }{
	{"main", "main", "main"},
	{"feature/x", "feature%2Fx", "feature/x"},
	{"a/b/c", "a%2Fb%2Fc", "a/b/c"},
	{"with space", "with%20space", "with%20space"},
	{"fix#12", "fix%2312", "fix%2312"},
	{"a?job=evil&b=c", "a%3Fjob=evil&b=c", "a%3Fjob=evil&b=c"},
	{"100%", "100%25", "100%25"},
	{"a%2Fb", "a%252Fb", "a%252Fb"},
	{"%2e%2e", "%252e%252e", "%252e%252e"},
	{"%2e%2e/x", "%252e%252e%2Fx", "%252e%252e/x"},
	{"feature/x y#?%", "feature%2Fx%20y%23%3F%25", "feature/x%20y%23%3F%25"},
	{"v1.0", "v1.0", "v1.0"},
	{"...", "...", "..."},
	{"..a", "..a", "..a"},
	{".hidden", ".hidden", ".hidden"},
	{"dir/é.txt", "dir%2F%C3%A9.txt", "dir/%C3%A9.txt"},
	{"日本", "%E6%97%A5%E6%9C%AC", "%E6%97%A5%E6%9C%AC"},
	{"a;b,c:d@e+f=g$h!i*j(k)'l", "a%3Bb%2Cc:d@e+f=g$h%21i%2Aj%28k%29%27l", "a%3Bb%2Cc:d@e+f=g$h%21i%2Aj%28k%29%27l"},
	{`back\slash`, "back%5Cslash", "back%5Cslash"},
	{`..\..\x`, "..%5C..%5Cx", "..%5C..%5Cx"},
	{"[x]{y}|^`<>\"", "%5Bx%5D%7By%7D%7C%5E%60%3C%3E%22", "%5Bx%5D%7By%7D%7C%5E%60%3C%3E%22"},
	{"tab\there", "tab%09here", "tab%09here"},
	{"line\r\nbreak", "line%0D%0Abreak", "line%0D%0Abreak"},
	{"nul\x00", "nul%00", "nul%00"},
	{"\xff\xfe", "%FF%FE", "%FF%FE"},
	{" ", "%20", "%20"},
	{"http://evil.example.com", "", ""},
	{"", "", ""},
	{".", "", ""},
	{"..", "", ""},
	{"/", "", ""},
	{"/a", "", ""},
	{"a/", "", ""},
	{"a//b", "", ""},
	{"a/./b", "", ""},
	{"a/../b", "", ""},
	{"../trace", "", ""},
	{"../../../../2/variables?", "", ""},
	{"a/..", "", ""},
}

func TestPaths(t *testing.T) {
	p := newPathServer(t, "")
	ctx := t.Context()
	for _, place := range []struct {
		name, before, after string
		whole               bool // slashes stay
		call                func(text string) error
	}{
		{"project path", "/projects/", "/jobs/7", false, func(s string) error { return ignore(p.Jobs.Get(ctx, gitlabci.ProjectPath(s), 7)) }},
		{"group path", "/groups/", "/variables/K", false, func(s string) error {
			return ignore(p.Variables.Get(ctx, gitlabci.GroupPath(s), gitlabci.Key("K")))
		}},
		{"ref of artifacts", "/projects/1/jobs/artifacts/", "/download", false, func(s string) error {
			return drain(p.Artifacts.ByRef(ctx, gitlabci.ProjectID(1), s, "j", nil))
		}},
		{"artifact path", "/projects/1/jobs/7/artifacts/", "", true, func(s string) error {
			return drain(p.Jobs.ArtifactFile(ctx, gitlabci.ProjectID(1), 7, s))
		}},
		{"artifact path by ref", "/projects/1/jobs/artifacts/a%2Fb/raw/", "", true, func(s string) error {
			return drain(p.Artifacts.FileByRef(ctx, gitlabci.ProjectID(1), "a/b", "j", s, nil))
		}},
		{"variable key", "/projects/1/variables/", "", false, func(s string) error {
			return p.Variables.Delete(ctx, gitlabci.ProjectID(1), gitlabci.Key(s))
		}},
		{"variable key of the instance", "/admin/ci/variables/", "", false, func(s string) error {
			return ignore(p.Variables.Update(ctx, gitlabci.Instance, gitlabci.Key(s), &gitlabci.UpdateVariableOptions{Value: new(gitlabci.Secret("v"))}))
		}},
		{"schedule variable key", "/projects/1/pipeline_schedules/7/variables/", "", false, func(s string) error {
			return ignore(p.Schedules.GetVariable(ctx, gitlabci.ProjectID(1), 7, s))
		}},
	} {
		for _, test := range pathTexts {
			t.Run(place.name+"/"+test.text, func(t *testing.T) {
				want := test.segment
				if place.whole {
					want = test.segments
				}
				before := p.requests
				err := place.call(test.text)
				if want == "" {
					require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
					require.Equal(t, before, p.requests, "nothing is sent")
					require.NotContains(t, err.Error(), "\n")
					return
				}
				require.NoError(t, err)
				require.Equal(t, "/api/v4"+place.before+want+place.after, p.sent)
				read, err := url.PathUnescape(place.before)
				require.NoError(t, err)
				require.Equal(t, "/api/v4"+read+test.text+place.after, p.read)
			})
		}
	}
}

func TestNobodyIsNamed(t *testing.T) {
	p := newPathServer(t, "")
	ctx := t.Context()
	for name, err := range map[string]error{
		"zero project":      ignore(p.Jobs.Get(ctx, gitlabci.Project{}, 7)),
		"zero group":        ignore(p.Variables.Get(ctx, gitlabci.Group{}, gitlabci.Key("K"))),
		"no scope":          ignore(p.Variables.Get(ctx, nil, gitlabci.Key("K"))),
		"no scope to set":   ignore(p.Variables.Set(ctx, nil, &gitlabci.CreateVariableOptions{Key: "K"})),
		"no scope to reset": ignore(p.Runners.ResetRegistrationToken(ctx, nil)),
		"project 0":         ignore(p.Jobs.Get(ctx, gitlabci.ProjectID(0), 7)),
		"project -1":        ignore(p.Jobs.Get(ctx, gitlabci.ProjectID(-1), 7)),
		"job 0":             ignore(p.Jobs.Get(ctx, wireApp, 0)),
		"job -7":            drain(p.Jobs.Trace(ctx, wireApp, -7, nil)),
		"pipeline 0":        p.Pipelines.Delete(ctx, wireApp, 0),
		"list of nobody":    ignore(p.Jobs.List(ctx, gitlabci.Project{}, nil).Collect()),
	} {
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, name)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, name)
		require.Zero(t, failureOf(t, err).Attempts, name)
	}
	require.Zero(t, p.requests)
}

func TestDoPaths(t *testing.T) {
	p := newPathServer(t, "")
	for path, want := range map[string]string{
		"version":                                "/api/v4/version",
		"/version":                               "/api/v4/version",
		"projects/group%2Fapp/issues":            "/api/v4/projects/group%2Fapp/issues",
		"projects/group%2fapp":                   "/api/v4/projects/group%2fapp",
		"projects/1/repository/files/a%20b%3F":   "/api/v4/projects/1/repository/files/a%20b%3F",
		"projects/1/issues?state=opened&x=a%26b": "/api/v4/projects/1/issues",
		"projects/1/-/x:y@z+a=b;c,d":             "/api/v4/projects/1/-/x:y@z+a=b;c,d",
		"projects/%E6%97%A5":                     "/api/v4/projects/%E6%97%A5",
		"projects/a%00b":                         "/api/v4/projects/a%00b",
		"projects/1/x%":                          "",
		"projects/g%2Fa b/x":                     "",
		"projects/a b":                           "",
		"projects/é":                             "",
		"projects/1#fragment":                    "",
		"projects/1\n":                           "",
		"projects/1\x00":                         "",
		`projects\1`:                             "",
		"":                                       "",
		"/":                                      "",
		"//evil.example.com/x":                   "",
		"https://evil.example.com/x":             "",
		"projects//x":                            "",
		"projects/":                              "",
		"../../etc":                              "",
		"projects/..":                            "",
		"projects/./x":                           "",
		"projects/%2e%2e/x":                      "",
		"projects/a%2F..%2Fb":                    "",
		"projects/a%2F%2Fb":                      "",
		"projects/1?a=%zz":                       "",
		"projects/1?a;b":                         "",
	} {
		t.Run(path, func(t *testing.T) {
			before := p.requests
			err := p.Do(t.Context(), "GET", path, nil, nil)
			if want == "" {
				require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
				require.Equal(t, before, p.requests)
				require.NotContains(t, err.Error(), "\n")
				return
			}
			require.NoError(t, err)
			require.Equal(t, want, p.sent)
		})
	}
	require.NoError(t, p.Do(t.Context(), "GET", "projects/1/issues?state=opened&x=a%26b", url.Values{"y": {"1"}}, nil, gitlabci.WithQuery("z", "2")))
	require.Equal(t, "state=opened&x=a%26b&y=1&z=2", p.query)
}

func TestDoArguments(t *testing.T) {
	p := newPathServer(t, "")
	ctx := t.Context()
	type answer struct {
		ID int64 `json:"id"`
	}
	for name, err := range map[string]error{
		"no method":          p.Do(ctx, "", "version", nil, nil),
		"in lower case":      p.Do(ctx, "get", "version", nil, nil),
		"no method of HTTP":  p.Do(ctx, "GET /admin\r\n", "version", nil, nil),
		"TRACE":              p.Do(ctx, "TRACE", "version", nil, nil),
		"a value":            p.Do(ctx, "GET", "version", nil, answer{}),
		"a map":              p.Do(ctx, "GET", "version", nil, map[string]any{}),
		"a nil pointer":      p.Do(ctx, "GET", "version", nil, (*answer)(nil)),
		"no query":           p.Do(ctx, "GET", "version", map[string]any{"a": 1}, nil),
		"no JSON":            p.Do(ctx, "POST", "version", map[string]any{"a": make(chan int)}, nil),
		"no JSON in a query": p.Do(ctx, "GET", "version", 5, nil),
	} {
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, name)
		require.NotContains(t, err.Error(), "\n")
	}
	require.Zero(t, p.requests)
	var got answer
	require.NoError(t, p.Do(ctx, "PUT", "version", (*answer)(nil), &got))
	require.Equal(t, answer{1}, got)
}

func TestBaseURLs(t *testing.T) {
	for below, want := range map[string]string{
		"":                      "/api/v4",
		"/":                     "/api/v4",
		"///":                   "/api/v4",
		"/api/v4":               "/api/v4",
		"/api/v4/":              "/api/v4",
		"/git":                  "/git/api/v4",
		"/git/":                 "/git/api/v4",
		"/git/api/v4":           "/git/api/v4",
		"/git/api/v4//":         "/git/api/v4",
		"/git//api/v4":          "/git/api/v4",
		"/a/b":                  "/a/b/api/v4",
		"/git%2Flab":            "/git%2Flab/api/v4",
		"/git%2Flab/api/v4":     "/git%2Flab/api/v4",
		"/with%20space/":        "/with%20space/api/v4",
		"/%C3%A9":               "/%C3%A9/api/v4",
		"/mapi/v4":              "/mapi/v4/api/v4",
		"/gitlab%3Fx%23/api/v4": "/gitlab%3Fx%23/api/v4",
	} {
		t.Run(below, func(t *testing.T) {
			p := newPathServer(t, below)
			require.NoError(t, ignore(p.Jobs.Get(t.Context(), gitlabci.ProjectID(1), 7)))
			require.Equal(t, want+"/projects/1/jobs/7", p.sent)
			require.NoError(t, ignore(p.Jobs.Get(t.Context(), gitlabci.ProjectPath("a/b c"), 7)))
			require.Equal(t, want+"/projects/a%2Fb%20c/jobs/7", p.sent)
		})
	}
	for _, good := range []string{"", "http://gitlab.example.com", "HTTPS://GitLab.Example.com:8443", "https://[::1]:8080/git", "https://gitlab.example.com/api/v4/"} {
		_, err := gitlabci.NewClient(good, gitlabci.Anonymous())
		require.NoError(t, err, good)
	}
	client, err := gitlabci.NewClient("", gitlabci.Anonymous())
	require.NoError(t, err)
	require.Equal(t, "gitlabci.Client(https://gitlab.com/api/v4)", fmt.Sprint(client))
	for _, bad := range []string{
		"gitlab.example.com", "gitlab.example.com:8080", "localhost:8080", "//gitlab.example.com", "/api/v4", "ftp://gitlab.example.com", "https://", "https:///git",
		"https://:8080", "https://gitlab.example.com?", "https://gitlab.example.com?x=y", "https://gitlab.example.com#top", "https://gitlab.example.com:port",
		"https://gitlab.example.com/%zz", " https://gitlab.example.com", "https://gitlab example.com", "https://gitlab.example.com\n", "https:gitlab.example.com",
	} {
		client, err := gitlabci.NewClient(bad, gitlabci.Anonymous())
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, bad)
		require.Nil(t, client)
	}
}

// The parts of a path are checked before the context, and both before the network.
func TestCancelledBeforehand(t *testing.T) {
	p := newPathServer(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.Jobs.Get(ctx, wireApp, 7)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, gitlabci.ErrJobGet)
	_, err = p.Jobs.Get(ctx, wireApp, 0)
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	for _, err := range p.Jobs.List(ctx, wireApp, nil) {
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Zero(t, p.requests)
}

// TestDoDecodesTypesOfTheCallers: without tags, their fields match members of any case.
func TestDoDecodesTypesOfTheCallers(t *testing.T) {
	type issue struct {
		IID   int64
		Title string
	}
	client := through(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/issues") {
			return answerTo(r, 200, `[{"iid":4,"title":"a"},{"iid":5,"title":"b"}]`), nil
		}
		return answerTo(r, 200, `{"iid":4,"title":"a"}`), nil
	})
	var one issue
	require.NoError(t, client.Do(t.Context(), "GET", "projects/1/issues/4", nil, &one))
	require.Equal(t, issue{4, "a"}, one)
	all, err := gitlabci.List[issue](t.Context(), client, "projects/1/issues", nil).Collect()
	require.NoError(t, err)
	require.Equal(t, []*issue{{4, "a"}, {5, "b"}}, all)
}
