package gitlabci

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listSecretOptions are options of a list that hold a secret, as those of no list of GitLab's do yet.
type listSecretOptions struct {
	ListOptions
	Phrase Secret `url:"phrase,omitempty"`
}

// TestSecretOfAList tests that a secret among the options of a list is sent, and told by nothing, also where GitLab's answer repeats it, the
// answer is that of another page, and the options have changed since.
func TestSecretOfAList(t *testing.T) {
	const phrase = "open-sesame-4711"
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("phrase"))
		if r.URL.Query().Get("page") == "" {
			w.Header().Set("X-Next-Page", "2")
			fmt.Fprint(w, `[{"id": 1}]`)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"message": {"phrase": ["%s is wrong"]}}`, r.URL.Query().Get("phrase"))
	}))
	defer srv.Close()
	var logged bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := NewClient(srv.URL, Anonymous(), WithLogger(logger))
	require.NoError(t, err)
	options := &listSecretOptions{Phrase: phrase}
	jobs := list[Job](t.Context(), &client.engine, listJobs, ProjectID(1).path(), options, nil)
	options.Phrase = ""
	found, err := jobs.Collect()
	require.Len(t, found, 1)
	require.Equal(t, []string{phrase, phrase}, asked)

	e, ok := err.(*Error)
	require.True(t, ok)
	logger.Error("list", "err", err)
	require.Contains(t, err.Error(), "is wrong")
	require.Contains(t, logged.String(), "is wrong")
	for _, told := range []string{err.Error(), fmt.Sprintf("%+v %#v", e, e), e.Message, string(e.Body), fmt.Sprint(e.Fields), logged.String()} {
		require.NotContains(t, told, phrase)
	}
}

func FuzzCutLink(f *testing.F) {
	for _, seed := range []string{
		`<https://gitlab.example.com/api/v4/projects?page=2>; rel="next", <https://x/?page=9>; rel="last"`,
		`</x?a=1,2;3&page=2>; title="a; \"b\", <c>"; rel=next`, `<u>; next`, `<u>;`, `;`, `<`, `>`, `<>`, `"`, `<a>;rel="next`, "<a>\x00;rel=\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, links string) {
		left := links
		for left != "" {
			target, _, rest := cutLink(left)
			if len(rest) >= len(left) || !strings.HasSuffix(left, rest) {
				t.Fatalf("%q leaves %q", left, rest)
			}
			if !strings.Contains(left, target) {
				t.Fatalf("%q is no part of %q", target, left)
			}
			left = rest
		}
	})
}

func FuzzNextPage(f *testing.F) {
	f.Add(`</x?page=2>; rel="next"`, "", "per_page=100")
	f.Add(`</x?a=%zz&b=1;2&page=2>; rel="next"`, "3", "page=1&scope[]=a&scope[]=b")
	f.Add(`</x>; rel="next"`, "2", "")
	f.Fuzz(func(t *testing.T, links, number, query string) {
		asked, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		before := asked.Encode()
		next := nextPage(http.Header{"Link": {links}, "X-Next-Page": {number}}, asked)
		if asked.Encode() != before {
			t.Fatal("the query of the page before has changed")
		}
		for name := range asked {
			if next != nil && !next.Has(name) {
				t.Fatalf("%q is lost", name)
			}
		}
		if number == "" && !strings.Contains(links, "?") && next != nil {
			t.Fatalf("there is no next page: %v", next)
		}
	})
}
