package gitlabci_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

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

func TestDoWithAWriter(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "missing") {
			w.WriteHeader(404)
			io.WriteString(w, `{"message":"404 File Not Found"}`)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<p>%s %s", r.Method, r.URL.RawQuery)
	})
	client := clientOf(t, srv.URL)
	var out bytes.Buffer
	require.NoError(t, client.Do(t.Context(), "GET", "projects/1/repository/archive?sha=a", nil, &out))
	require.Equal(t, "<p>GET sha=a", out.String())
	out.Reset()
	err := client.Do(t.Context(), "GET", "missing", nil, &out)
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
	require.Empty(t, out.String(), "an error is not written")

	full := errors.New("the disk is full")
	err = client.Do(t.Context(), "GET", "x", nil, writerFunc(func([]byte) (int, error) { return 0, full }))
	require.ErrorIs(t, err, full)
	require.Equal(t, "gitlabci: call: GET /x: the disk is full", err.Error())

	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	require.NoError(t, client.Do(t.Context(), "GET", "x", nil, file))
	require.NoError(t, file.Close())
	err = client.Do(t.Context(), "GET", "x", nil, file)
	require.ErrorIs(t, err, os.ErrClosed)
	failureOf(t, err)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestListOfAnyPath(t *testing.T) {
	type issue struct {
		ID    int    `json:"id"`
		Title string `json:"title"`
	}
	var asked []string
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		page := pageOf(r.URL.Query())
		if page < 3 {
			w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
		}
		fmt.Fprintf(w, `[{"id":%d,"title":"a"},{"id":%d,"title":""}]`, 2*page, 2*page+1)
	})
	client := clientOf(t, srv.URL)
	issues, err := gitlabci.List[issue](t.Context(), client, "projects/"+wireApp.Escaped()+"/issues?state=opened", url.Values{"labels": {"a,b"}}).Collect()
	require.NoError(t, err)
	require.Len(t, issues, 6)
	require.Equal(t, issue{7, ""}, *issues[5])
	require.Equal(t, []string{
		"/api/v4/projects/group%2Fapp/issues?labels=a%2Cb&per_page=100&state=opened",
		"/api/v4/projects/group%2Fapp/issues?labels=a%2Cb&page=2&per_page=100&state=opened",
		"/api/v4/projects/group%2Fapp/issues?labels=a%2Cb&page=3&per_page=100&state=opened",
	}, asked)

	first, err := gitlabci.List[issue](t.Context(), client, "issues", nil).Take(1).Collect()
	require.NoError(t, err)
	require.Len(t, first, 1)
	for _, path := range []string{"", "a//b", "a/../b", "a b", "a?%zz"} {
		_, err := gitlabci.List[issue](t.Context(), client, path, nil).Collect()
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, path)
	}
	_, err = gitlabci.List[issue](t.Context(), clientOf(t, serveWith(t, status(200, `{"error":"invalid_token"}`)).URL), "issues", nil).Collect()
	require.ErrorIs(t, err, gitlabci.ErrDecode)

	require.Equal(t, "42", gitlabci.ProjectID(42).Escaped())
	require.Equal(t, "a%2Fb%20c", gitlabci.GroupPath("a/b c").Escaped())
	require.Empty(t, gitlabci.Project{}.Escaped())
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
