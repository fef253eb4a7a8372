package gitlabci_test

import (
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
