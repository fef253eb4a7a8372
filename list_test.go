package gitlabci_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// pages is a list of a server, and what was asked of it.
type pages struct {
	mu      sync.Mutex
	queries []url.Values
	flight  int // requests under way, and the most of them
	most    int
	answer  func(w http.ResponseWriter, query url.Values)
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query, _ := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B"))
	p.mu.Lock()
	p.queries = append(p.queries, query)
	p.flight++
	p.most = max(p.most, p.flight)
	p.mu.Unlock()
	defer func() { p.mu.Lock(); p.flight--; p.mu.Unlock() }()
	p.answer(w, query)
}

func (p *pages) asked() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.queries)
}

// together is the most requests that were under way at once.
func (p *pages) together() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}

func (p *pages) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queries, p.most = nil, 0
}

// each returns one parameter of each query.
func (p *pages) each(name string) (values []string) {
	for _, query := range p.asked() {
		values = append(values, query.Get(name))
	}
	return values
}

func listOn(t testing.TB, answer func(w http.ResponseWriter, query url.Values), opts ...gitlabci.Option) (*pages, *gitlabci.Client) {
	t.Helper()
	p := &pages{answer: answer}
	srv := serveWith(t, p.ServeHTTP)
	return p, clientOf(t, srv.URL, append([]gitlabci.Option{atOnce}, opts...)...)
}

// pageOf is the number of the page that a query asks for.
func pageOf(query url.Values) int {
	n, _ := strconv.Atoi(query.Get("page"))
	return max(n, 1)
}

func writeIDs(w io.Writer, ids ...int) {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = fmt.Sprintf(`{"id":%d}`, id)
	}
	fmt.Fprintf(w, "[%s]", strings.Join(items, ","))
}

// numbered answers with pages of two items, as GitLab does, with or without totals.
func numbered(total int, totals bool) func(http.ResponseWriter, url.Values) {
	return func(w http.ResponseWriter, query url.Values) {
		page := pageOf(query)
		w.Header().Set("X-Page", strconv.Itoa(page))
		w.Header().Set("X-Per-Page", "2")
		if totals {
			w.Header().Set("X-Total-Pages", strconv.Itoa(total))
			w.Header().Set("X-Total", strconv.Itoa(total*2))
		}
		switch {
		case page > total:
			writeIDs(w)
			return
		case page < total:
			w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
			next := url.Values{"page": {strconv.Itoa(page + 1)}, "per_page": {query.Get("per_page")}, "id": {"1"}}
			w.Header().Set("Link", fmt.Sprintf(`<https://gitlab.internal/api/v4/x?page=1>; rel="first", <https://gitlab.internal/api/v4/x?%s>; rel="next"`, next.Encode()))
		}
		writeIDs(w, 2*page-1, 2*page)
	}
}

func ids[T any](items []*T) (ids []int) {
	for _, item := range items {
		var it struct{ ID int }
		switch item := any(item).(type) {
		case *gitlabci.Job:
			it.ID = int(item.ID)
		case *gitlabci.Pipeline:
			it.ID = int(item.ID)
		}
		ids = append(ids, it.ID)
	}
	return ids
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

func TestNextPage(t *testing.T) {
	for name, test := range map[string]struct {
		headers []string
		next    string // of the next page's query, empty for none
	}{
		"absolute":                     {[]string{`Link: <https://gitlab.example.com/api/v4/x?page=2&per_page=100>; rel="next"`}, "page=2&per_page=100"},
		"relative":                     {[]string{`Link: </api/v4/x?page=2>; rel="next"`}, "page=2&per_page=100"},
		"the query alone":              {[]string{`Link: <?page=2>; rel="next"`}, "page=2&per_page=100"},
		"a foreign host":               {[]string{`Link: <https://evil.example.com/x?page=2>; rel="next"`}, "page=2&per_page=100"},
		"a host that is none":          {[]string{`Link: <https://git lab:port/x?page=2>; rel="next"`}, "page=2&per_page=100"},
		"a fragment":                   {[]string{`Link: </x?page=2#?page=3>; rel="next"`}, "page=2&per_page=100"},
		"commas":                       {[]string{`Link: </x?scope=a,b&page=2>; rel="next", </x?page=9>; rel="last"`}, "page=2&per_page=100&scope=a%2Cb"},
		"semicolons":                   {[]string{`Link: </x?a=1;2&page=2>; rel="next"`}, "a=1%3B2&page=2&per_page=100"},
		"rel last of the parameters":   {[]string{`Link: </x?page=2>; title="more; of it"; rel="next"`}, "page=2&per_page=100"},
		"rel in capitals":              {[]string{`Link: </x?page=2>; REL="NEXT"`}, "page=2&per_page=100"},
		"rel without quotes":           {[]string{`Link: </x?page=2>; rel=next`}, "page=2&per_page=100"},
		"rel without quotes and more":  {[]string{`Link: </x?page=2>; rel=next, </x?page=7>; rel=last`}, "page=2&per_page=100"},
		"several relations":            {[]string{`Link: </x?page=2>; rel="next last"`}, "page=2&per_page=100"},
		"spaces":                       {[]string{"Link:  <\t/x?page=2> ;\trel = \"next\" "}, "page=2&per_page=100"},
		"no spaces":                    {[]string{`Link: </x?page=1>;rel="prev",</x?page=2>;rel="next"`}, "page=2&per_page=100"},
		"next last of all":             {[]string{`Link: </x?page=1>; rel="first", </x?page=9>; rel="last", </x?page=2>; rel="next"`}, "page=2&per_page=100"},
		"several headers":              {[]string{`Link: </x?page=1>; rel="first"`, `Link: </x?page=2>; rel="next"`}, "page=2&per_page=100"},
		"the number alone":             {[]string{`X-Next-Page: 2`}, "page=2&per_page=100"},
		"the link before the number":   {[]string{`Link: </x?page=2&z=1>; rel="next"`, `X-Next-Page: 3`}, "page=2&per_page=100&z=1"},
		"an empty number":              {[]string{`X-Next-Page: `}, ""},
		"prev only":                    {[]string{`Link: </x?page=1>; rel="prev"`}, ""},
		"a relation that begins so":    {[]string{`Link: </x?page=2>; rel="nextish"`}, ""},
		"no rel":                       {[]string{`Link: </x?page=2>`}, ""},
		"no equals sign":               {[]string{`Link: </x?page=2>; next`}, ""},
		"an empty parameter":           {[]string{`Link: </x?page=2>;`}, ""},
		"a semicolon":                  {[]string{`Link: ;`}, ""},
		"no end":                       {[]string{`Link: </x?page=2`}, ""},
		"no beginning":                 {[]string{`Link: /x?page=2>; rel="next"`}, ""},
		"empty":                        {[]string{`Link: `}, ""},
		"angle brackets":               {[]string{`Link: <<<>>><>;;,,`}, ""},
		"next without a query":         {[]string{`Link: </x>; rel="next"`}, ""},
		"next without one, and number": {[]string{`Link: </x>; rel="next"`, `X-Next-Page: 2`}, "page=2&per_page=100"},
		"rel in another's value":       {[]string{`Link: </x?page=2>; title="a; rel=next"`}, ""},
		"a bracket in a value":         {[]string{`Link: </x?page=2>; title="<b>"; rel="next"`}, "page=2&per_page=100"},
	} {
		t.Run(name, func(t *testing.T) {
			p, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
				if pageOf(query) > 1 {
					writeIDs(w, 2)
					return
				}
				for _, line := range test.headers {
					name, value, _ := strings.Cut(line, ": ")
					w.Header().Add(name, value)
				}
				writeIDs(w, 1)
			})
			jobs, err := client.Pipelines.Jobs(t.Context(), wireApp, 7, nil).Collect()
			require.NoError(t, err)
			asked := p.asked()
			require.Equal(t, "per_page=100", asked[0].Encode())
			if test.next == "" {
				require.Len(t, asked, 1)
				require.Equal(t, upTo(1), ids(jobs))
				return
			}
			require.Len(t, asked, 2)
			require.Equal(t, test.next, asked[1].Encode())
			require.Equal(t, upTo(2), ids(jobs))
		})
	}
}

// What the call asked for stays, also where the link forgets it.
func TestFiltersStay(t *testing.T) {
	p, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
		if pageOf(query) == 1 {
			w.Header().Set("Link", `</x?page=2>; rel="next"`)
		}
		writeIDs(w, pageOf(query))
	})
	_, err := client.Pipelines.List(t.Context(), wireApp, &gitlabci.ListPipelinesOptions{Ref: "a;b,c"}, gitlabci.WithQuery("mine", "1", "2")).Collect()
	require.NoError(t, err)
	for _, query := range p.asked() {
		require.Equal(t, "a;b,c", query.Get("ref"))
		require.Equal(t, []string{"1", "2"}, query["mine"])
		require.Equal(t, "100", query.Get("per_page"))
	}
}

func TestPageAndPerPage(t *testing.T) {
	p, client := listOn(t, numbered(5, true))
	pipelines, err := client.Pipelines.List(t.Context(), wireApp, nil).Collect()
	require.NoError(t, err)
	require.Equal(t, upTo(10), ids(pipelines))
	require.Equal(t, []string{"100", "100", "100", "100", "100"}, p.each("per_page"))
	require.Equal(t, []string{"", "2", "3", "4", "5"}, p.each("page"))

	p.forget()
	options := &gitlabci.ListPipelinesOptions{ListOptions: gitlabci.ListOptions{Page: 3, PerPage: 2}}
	pipelines, err = client.Pipelines.List(t.Context(), wireApp, options, gitlabci.WithPrefetch(4)).Collect()
	require.NoError(t, err)
	require.Equal(t, []int{5, 6}, ids(pipelines))
	require.Equal(t, []string{"page=3&per_page=2"}, []string{p.asked()[0].Encode()})
	require.Len(t, p.asked(), 1)

	for _, wrong := range []gitlabci.ListOptions{{Page: -1}, {PerPage: -1}, {PerPage: 101}} {
		p.forget()
		_, err = client.Pipelines.List(t.Context(), wireApp, &gitlabci.ListPipelinesOptions{ListOptions: wrong}).Collect()
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorIs(t, err, gitlabci.ErrPipelineList)
		require.Empty(t, p.asked())
	}
}

func TestKeyset(t *testing.T) {
	keyset := func(w http.ResponseWriter, query url.Values) {
		at, _ := strconv.Atoi(query.Get("cursor"))
		if query.Get("pagination") != "keyset" {
			numbered(3, false)(w, query)
			return
		}
		if at < 2 {
			next := url.Values{"pagination": {"keyset"}, "per_page": {query.Get("per_page")}, "order_by": {"id"}, "sort": {query.Get("sort")}, "cursor": {strconv.Itoa(at + 1)}, "id": {"1"}}
			w.Header().Set("Link", fmt.Sprintf(`<http://gitlab.internal/x?%s>; rel="next"`, next.Encode()))
		}
		writeIDs(w, 2*at+1, 2*at+2)
	}
	p, client := listOn(t, keyset)
	for _, options := range [][]gitlabci.RequestOption{nil, {gitlabci.WithPrefetch(1)}} {
		p.forget()
		jobs, err := client.Jobs.List(t.Context(), wireApp, nil, options...).Collect()
		require.NoError(t, err)
		require.Equal(t, upTo(6), ids(jobs))
		asked := p.asked()
		require.Len(t, asked, 3)
		require.Equal(t, "order_by=id&pagination=keyset&per_page=100&sort=desc", asked[0].Encode())
		require.Equal(t, "cursor=1&id=1&order_by=id&pagination=keyset&per_page=100&sort=desc", asked[1].Encode())
		require.Equal(t, "cursor=2&id=1&order_by=id&pagination=keyset&per_page=100&sort=desc", asked[2].Encode())
		require.Equal(t, 1, p.together())
	}

	for name, test := range map[string]struct {
		options *gitlabci.ListJobsOptions
		more    gitlabci.RequestOption
		want    string
	}{
		"a page":        {&gitlabci.ListJobsOptions{ListOptions: gitlabci.ListOptions{Page: 2}}, nil, "order_by=id&page=2&per_page=100"},
		"a query's":     {nil, gitlabci.WithQuery("page", "2"), "order_by=id&page=2&per_page=100"},
		"another order": {&gitlabci.ListJobsOptions{OrderBy: "created_at"}, nil, "order_by=created_at&per_page=100"},
		"downwards":     {&gitlabci.ListJobsOptions{OrderBy: gitlabci.JobOrderID, Sort: "desc"}, nil, "order_by=id&pagination=keyset&per_page=100&sort=desc"},
		"upwards":       {nil, gitlabci.WithQuery("sort", "asc"), "order_by=id&per_page=100&sort=asc"},
		"many at once":  {nil, gitlabci.WithPrefetch(8), "order_by=id&per_page=100"},
		"a scope":       {&gitlabci.ListJobsOptions{Scope: []gitlabci.JobStatus{"failed", "manual"}}, nil, "order_by=id&pagination=keyset&per_page=100&scope%5B%5D=failed&scope%5B%5D=manual&sort=desc"},
	} {
		p, client := listOn(t, keyset) // of its own: what was prefetched may arrive late
		_, err := client.Jobs.List(t.Context(), wireApp, test.options, test.more).Collect()
		require.NoError(t, err, name)
		require.Equal(t, test.want, p.asked()[0].Encode(), name)
	}

	for name, test := range map[string]struct {
		options *gitlabci.ListRunnerJobsOptions
		more    gitlabci.RequestOption
		want    string
	}{
		"as it is":     {nil, nil, "order_by=id&pagination=keyset&per_page=100&sort=desc"},
		"downwards":    {&gitlabci.ListRunnerJobsOptions{Sort: gitlabci.SortDesc}, nil, "order_by=id&pagination=keyset&per_page=100&sort=desc"},
		"upwards":      {&gitlabci.ListRunnerJobsOptions{Sort: gitlabci.SortAsc}, nil, "order_by=id&per_page=100&sort=asc"},
		"a page of it": {&gitlabci.ListRunnerJobsOptions{ListOptions: gitlabci.ListOptions{Page: 2}, Sort: gitlabci.SortAsc}, nil, "order_by=id&page=2&per_page=100&sort=asc"},
		"many at once": {nil, gitlabci.WithPrefetch(8), "order_by=id&per_page=100"},
	} {
		p, client := listOn(t, keyset)
		_, err := client.Runners.Jobs(t.Context(), 6, test.options, test.more).Collect()
		require.NoError(t, err, name)
		require.Equal(t, test.want, p.asked()[0].Encode(), name)
	}

	p.forget()
	_, err := client.Pipelines.ListOwn(t.Context(), nil, gitlabci.WithPrefetch(8)).Collect() // has no pages with numbers
	require.NoError(t, err)
	require.Equal(t, "order_by=created_at&pagination=keyset&per_page=100&sort=desc", p.asked()[0].Encode())
}

// TestKeysetThatIsIgnored tests that a job that moved to another page comes once where the server pages by number, whatever it is asked for.
func TestKeysetThatIsIgnored(t *testing.T) {
	_, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
		page := pageOf(query)
		if page < 3 {
			w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
		}
		writeIDs(w, page, page+1)
	})
	jobs, err := client.Jobs.List(t.Context(), wireApp, nil).Collect()
	require.NoError(t, err)
	require.Equal(t, upTo(4), ids(jobs))
}

// A keyset list whose page holds fewer items than were asked for, or none, goes on while there is a link.
func TestShortPagesAreNotTheEnd(t *testing.T) {
	_, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
		at, _ := strconv.Atoi(query.Get("cursor"))
		if at < 3 {
			w.Header().Set("Link", fmt.Sprintf(`</x?cursor=%d>; rel="next"`, at+1))
		}
		writeIDs(w, [][]int{{}, {1}, {}, {2}}[at]...)
	})
	pipelines, err := client.Pipelines.ListOwn(t.Context(), nil).Collect()
	require.NoError(t, err)
	require.Equal(t, upTo(2), ids(pipelines))
}

func TestBreakAndAgain(t *testing.T) {
	p, client := listOn(t, numbered(5, true))
	list := client.Pipelines.List(t.Context(), wireApp, nil)
	require.Empty(t, p.asked(), "nothing is sent before the list is ranged over")
	for range 2 {
		p.forget()
		n := 0
		for pipeline, err := range list {
			require.NoError(t, err)
			if n++; pipeline.ID == 3 {
				break
			}
		}
		require.Equal(t, 3, n)
		require.Len(t, p.asked(), 2)
	}
	p.forget()
	for range list {
		break
	}
	require.Len(t, p.asked(), 1)
	all, err := list.Collect()
	require.NoError(t, err)
	require.Equal(t, upTo(10), ids(all))
}

func TestTwoGoroutines(t *testing.T) {
	_, client := listOn(t, numbered(5, true))
	for _, options := range [][]gitlabci.RequestOption{nil, {gitlabci.WithPrefetch(1)}, {gitlabci.WithPrefetch(3)}} {
		list := client.Pipelines.List(t.Context(), wireApp, nil, options...)
		var ranging sync.WaitGroup
		for range 4 {
			ranging.Go(func() {
				all, err := list.Collect()
				if err != nil || !slices.Equal(ids(all), upTo(10)) {
					t.Error(ids(all), err)
				}
			})
		}
		ranging.Wait()
	}
}

// New pipelines shift the others to later pages while the list is read.
func TestShiftedItemsComeOnce(t *testing.T) {
	_, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
		page := pageOf(query)
		if page < 3 {
			w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
		}
		writeIDs(w, [][]int{{9, 8, 7}, {7, 6, 5}, {6, 5, 4}, {}}[min(page-1, 3)]...)
	})
	for _, options := range [][]gitlabci.RequestOption{nil, {gitlabci.WithPrefetch(2)}} {
		pipelines, err := client.Pipelines.List(t.Context(), wireApp, nil, options...).Collect()
		require.NoError(t, err)
		require.Equal(t, []int{9, 8, 7, 6, 5, 4}, ids(pipelines))
	}
}

func TestListsThatLeadBack(t *testing.T) {
	for name, next := range map[string]func(page int) string{
		"to itself":     func(page int) string { return strconv.Itoa(page) },
		"to the second": func(int) string { return "2" },
		"to and fro":    func(page int) string { return strconv.Itoa(5 - page) },
	} {
		for _, options := range [][]gitlabci.RequestOption{nil, {gitlabci.WithPrefetch(1)}, {gitlabci.WithPrefetch(3)}} {
			t.Run(fmt.Sprint(name, len(options)), func(t *testing.T) {
				p, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
					w.Header().Set("X-Next-Page", next(pageOf(query)))
					writeIDs(w, pageOf(query))
				})
				_, err := client.Pipelines.List(t.Context(), wireApp, nil, options...).Collect()
				require.ErrorIs(t, err, gitlabci.ErrDecode)
				require.ErrorIs(t, err, gitlabci.ErrPipelineList)
				require.ErrorContains(t, err, "the link to the next page leads to one that was read before")
				require.LessOrEqual(t, len(p.asked()), 10)
			})
		}
	}
	t.Run("a cursor", func(t *testing.T) {
		p, client := listOn(t, func(w http.ResponseWriter, _ url.Values) {
			w.Header().Set("Link", `</x?cursor=a>; rel="next"`)
			writeIDs(w, 1)
		})
		_, err := client.Jobs.List(t.Context(), wireApp, nil).Collect()
		require.ErrorIs(t, err, gitlabci.ErrDecode)
		require.Len(t, p.asked(), 2)
	})
}

func TestFailingPage(t *testing.T) {
	for name, test := range map[string]struct {
		third func(w http.ResponseWriter)
		want  []int
		is    error
	}{
		"refused": {func(w http.ResponseWriter) { w.WriteHeader(403) }, upTo(4), gitlabci.ErrForbidden},
		"cut": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `[{"id":5},{"id":6},{"id":7,"na`)
		}, upTo(4), io.ErrUnexpectedEOF},
		"cut unseen":        {func(w http.ResponseWriter) { io.WriteString(w, `[{"id":5},{"id":6},{"id":7,"na`) }, upTo(6), gitlabci.ErrDecode},
		"cut between items": {func(w http.ResponseWriter) { io.WriteString(w, `[{"id":5},{"id":6}`) }, upTo(6), gitlabci.ErrDecode},
		"cut after a comma": {func(w http.ResponseWriter) { io.WriteString(w, `[{"id":5},{"id":6},`) }, upTo(6), gitlabci.ErrDecode},
		"a wrong item":      {func(w http.ResponseWriter) { io.WriteString(w, `[{"id":5},{"id":{}},{"id":7}]`) }, upTo(5), gitlabci.ErrDecode},
		"a null item":       {func(w http.ResponseWriter) { io.WriteString(w, `[{"id":5},null,{"id":7}]`) }, upTo(5), gitlabci.ErrDecode},
		"an empty item":     {func(w http.ResponseWriter) { io.WriteString(w, `[{"id":5},{},{"id":7}]`) }, upTo(5), gitlabci.ErrDecode},
		"null":              {func(w http.ResponseWriter) { io.WriteString(w, `null`) }, upTo(4), gitlabci.ErrDecode},
		"an object":         {func(w http.ResponseWriter) { io.WriteString(w, `{}`) }, upTo(4), gitlabci.ErrDecode},
		"a message":         {func(w http.ResponseWriter) { io.WriteString(w, `{"message":"no"}`) }, upTo(4), gitlabci.ErrDecode},
		"nothing":           {func(w http.ResponseWriter) {}, upTo(4), gitlabci.ErrDecode},
		"garbage behind":    {func(w http.ResponseWriter) { io.WriteString(w, `[{"id":5},{"id":6}] x`) }, upTo(5), gitlabci.ErrDecode},
		"a page":            {func(w http.ResponseWriter) { io.WriteString(w, `<html><title>Sign in</title>`) }, upTo(4), gitlabci.ErrNotGitLab},
	} {
		for _, prefetch := range []int{0, 1, 2, 8} {
			t.Run(fmt.Sprint(name, " ", prefetch), func(t *testing.T) {
				_, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
					if pageOf(query) == 3 {
						w.Header().Set("X-Next-Page", "4")
						test.third(w)
						return
					}
					numbered(5, true)(w, query)
				})
				var last error
				var yielded []int
				for pipeline, err := range client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(prefetch)) {
					require.NoError(t, last, "an error is the end")
					if last = err; err == nil {
						yielded = append(yielded, int(pipeline.ID))
					} else {
						require.Nil(t, pipeline)
					}
				}
				require.ErrorIs(t, last, test.is)
				require.ErrorIs(t, last, gitlabci.ErrPipelineList)
				require.Equal(t, test.want, yielded)
				collected, err := client.Pipelines.List(t.Context(), wireApp, nil).Collect()
				require.ErrorIs(t, err, test.is)
				require.Equal(t, test.want, ids(collected))
			})
		}
	}
}

func TestListsOfNothing(t *testing.T) {
	for body, is := range map[string]error{"[]": nil, " [ ] \n": nil, "null": gitlabci.ErrDecode, "{}": gitlabci.ErrDecode, "[null]": gitlabci.ErrDecode, "[{}]": gitlabci.ErrDecode, "": gitlabci.ErrDecode, `"x"`: gitlabci.ErrDecode} {
		_, client := listOn(t, func(w http.ResponseWriter, _ url.Values) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, body)
		})
		jobs, err := client.Jobs.List(t.Context(), wireApp, nil).Collect()
		require.Empty(t, jobs)
		managers, err2 := client.Runners.Managers(t.Context(), 7)
		require.Empty(t, managers)
		if is == nil {
			require.NoError(t, err)
			require.NoError(t, err2)
			continue
		}
		require.ErrorIs(t, err, is, body)
		require.NotErrorIs(t, err, gitlabci.ErrNotGitLab, body)
		require.ErrorIs(t, err2, is, body)
	}
}

func TestWithResponsePerPage(t *testing.T) {
	_, client := listOn(t, numbered(3, true))
	for _, prefetch := range []int{0, 1, 3} {
		var response gitlabci.Response
		for pipeline, err := range client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithResponse(&response), gitlabci.WithPrefetch(prefetch)) {
			require.NoError(t, err)
			page := (int(pipeline.ID) + 1) / 2
			require.Equal(t, page, response.Page)
			require.Equal(t, 200, response.StatusCode)
			require.Equal(t, 1, response.Attempts)
			require.Equal(t, 2, response.PerPage)
			require.Equal(t, 3, response.TotalPages)
			require.Equal(t, 6, response.Total)
			require.Equal(t, strconv.Itoa(page), response.Header.Get("X-Page"))
			require.Equal(t, map[int]int{1: 2, 2: 3, 3: 0}[page], response.NextPage)
		}
	}
	var response gitlabci.Response
	_, client = listOn(t, func(w http.ResponseWriter, _ url.Values) {
		w.Header().Set("X-Request-Id", "01ABC")
		w.Header().Set("X-Total", "99999999999999999999999")
		w.Header().Set("RateLimit-Limit", "600")
		w.Header().Set("RateLimit-Remaining", "-5")
		w.Header().Set("RateLimit-Reset", "1700000000")
		w.WriteHeader(404)
	})
	_, err := client.Jobs.List(t.Context(), wireApp, nil, gitlabci.WithResponse(&response)).Collect()
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
	require.Equal(t, 404, response.StatusCode)
	require.Equal(t, "01ABC", response.RequestID)
	require.Zero(t, response.Total)
	require.Equal(t, 600, response.RateLimit.Limit)
	require.Equal(t, time.Unix(1700000000, 0), response.RateLimit.Reset)
}

func TestPrefetch(t *testing.T) {
	const total = 20
	for _, totals := range []bool{true, false} {
		for _, n := range []int{-1, 0, 1, 2, 5, 100} {
			t.Run(fmt.Sprint(totals, n), func(t *testing.T) {
				p, client := listOn(t, numbered(total, totals))
				pipelines, err := client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(n)).Collect()
				require.NoError(t, err)
				require.Equal(t, upTo(2*total), ids(pipelines))
				require.LessOrEqual(t, p.together(), max(n, 1))
				asked := len(p.asked())
				require.GreaterOrEqual(t, asked, total)
				if totals {
					require.Equal(t, total, asked, "no page is asked for in vain")
				} else {
					require.LessOrEqual(t, asked, total+max(n, 0))
				}
			})
		}
	}
}

// Pages that take virtual time show how many of them are under way at once, and that their order stays.
func TestPrefetchTakesTurns(t *testing.T) {
	for _, test := range []struct {
		n    int
		want time.Duration
	}{{0, 9 * time.Second}, {1, 9 * time.Second}, {2, 5 * time.Second}, {4, 3 * time.Second}, {8, 2 * time.Second}, {50, 2 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			var flight, most atomic.Int32
			client := through(t, func(r *http.Request) (*http.Response, error) {
				most.Store(max(most.Load(), flight.Add(1)))
				defer flight.Add(-1)
				time.Sleep(time.Second)
				page := pageOf(r.URL.Query())
				headers := []string{"X-Total-Pages: 9"}
				if page < 9 {
					headers = append(headers, fmt.Sprintf("X-Next-Page: %d", page+1))
				}
				return answerTo(r, 200, fmt.Sprintf(`[{"id":%d}]`, page), headers...), nil
			})
			began := time.Now()
			pipelines, err := client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(test.n)).Collect()
			require.NoError(t, err)
			require.Equal(t, upTo(9), ids(pipelines))
			require.Equal(t, test.want, time.Since(began))
			require.LessOrEqual(t, most.Load(), int32(max(test.n, 1)))
		})
	}
	t.Run("one page is slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client := through(t, func(r *http.Request) (*http.Response, error) {
				page := pageOf(r.URL.Query())
				time.Sleep(time.Second)
				if page == 4 {
					time.Sleep(time.Minute)
				}
				headers := []string{"X-Total-Pages: 9"}
				if page < 9 {
					headers = append(headers, fmt.Sprintf("X-Next-Page: %d", page+1))
				}
				return answerTo(r, 200, fmt.Sprintf(`[{"id":%d}]`, page), headers...), nil
			})
			pipelines, err := client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(3)).Collect()
			require.NoError(t, err)
			require.Equal(t, upTo(9), ids(pipelines))
		})
	})
	t.Run("keyset runs one ahead", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client := through(t, func(r *http.Request) (*http.Response, error) {
				time.Sleep(time.Second)
				at, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
				var headers []string
				if at < 4 {
					headers = []string{fmt.Sprintf(`Link: </x?cursor=%d>; rel="next"`, at+1)}
				}
				return answerTo(r, 200, fmt.Sprintf(`[{"id":%d}]`, at+1), headers...), nil
			})
			for n, want := range map[int]time.Duration{0: 9 * time.Second, 1: 5 * time.Second, 6: 5 * time.Second} {
				began := time.Now()
				items := 0
				for _, err := range client.Jobs.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(n)) {
					require.NoError(t, err)
					if items++; items < 5 {
						time.Sleep(time.Second) // of work with the item, while the next page is on its way
					}
				}
				require.Equal(t, 5, items)
				require.Equal(t, want, time.Since(began), n)
			}
		})
	})
}

func TestPrefetchOfAListThatChanges(t *testing.T) {
	for name, test := range map[string]struct{ total, pages int }{"grows": {3, 6}, "shrinks": {9, 4}, "total is wrong": {-1, 5}, "total is absurd": {1 << 40, 3}} {
		for _, n := range []int{2, 3, 10} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				p, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
					numbered(test.pages, false)(w, query)
				})
				answer := p.answer
				p.answer = func(w http.ResponseWriter, query url.Values) {
					w.Header().Set("X-Total-Pages", strconv.Itoa(test.total))
					answer(w, query)
				}
				pipelines, err := client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(n)).Collect()
				require.NoError(t, err)
				require.Equal(t, upTo(2*test.pages), ids(pipelines))
			})
		}
	}
}

func TestPrefetchLeavesNothingBehind(t *testing.T) {
	for _, n := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) { // which fails if a goroutine outlives it
			var began, ended atomic.Int32
			client := through(t, func(r *http.Request) (*http.Response, error) {
				page := pageOf(r.URL.Query())
				if page > 2 {
					began.Add(1)
					<-r.Context().Done()
					ended.Add(1)
					return nil, r.Context().Err()
				}
				return answerTo(r, 200, fmt.Sprintf(`[{"id":%d}]`, page), fmt.Sprintf("X-Next-Page: %d", page+1)), nil
			})
			for pipeline, err := range client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(n)) {
				require.NoError(t, err)
				if pipeline.ID == 2 {
					synctest.Wait() // for the pages ahead
					break
				}
			}
			require.Equal(t, began.Load(), ended.Load(), "a loop that is left waits for what it started")
		})
	}
	t.Run("after a panic", func(t *testing.T) {
		before := runtime.NumGoroutine()
		_, client := listOn(t, numbered(50, true))
		func() {
			defer func() { require.Equal(t, "mine", recover()) }()
			for range client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(4)) {
				panic("mine")
			}
		}()
		client.CloseIdleConnections()
		require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+2 }, 5*time.Second, time.Millisecond)
	})
}

func TestCancelledList(t *testing.T) {
	for _, n := range []int{0, 1, 4} {
		ctx, cancel := context.WithCancel(t.Context())
		_, client := listOn(t, numbered(50, true))
		var last error
		count := 0
		for _, err := range client.Pipelines.List(ctx, wireApp, nil, gitlabci.WithPrefetch(n)) {
			if last = err; err != nil {
				break
			}
			if count++; count == 3 {
				cancel()
			}
		}
		cancel()
		require.ErrorIs(t, last, context.Canceled)
		require.ErrorIs(t, last, gitlabci.ErrPipelineList)
	}
}

func TestItemsPointIntoOneSlice(t *testing.T) {
	_, client := listOn(t, numbered(3, true))
	pipelines, err := client.Pipelines.List(t.Context(), wireApp, nil).Collect()
	require.NoError(t, err)
	pipelines[0].Ref = "mine"
	require.Empty(t, pipelines[1].Ref)
	again, err := json.Marshal(ids(pipelines))
	require.NoError(t, err)
	require.Equal(t, "[1,2,3,4,5,6]", string(again))
}

func TestErrorsOfListsAreErrors(t *testing.T) {
	_, client := listOn(t, func(w http.ResponseWriter, _ url.Values) { w.WriteHeader(500) })
	_, err := client.Jobs.List(t.Context(), wireApp, nil, gitlabci.WithoutRetry()).Collect()
	var e *gitlabci.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, "gitlabci: list jobs: GET /projects/group%2Fapp/jobs: 500 Internal Server Error", err.Error())
}

func TestPrefetchHasABound(t *testing.T) {
	p, client := listOn(t, numbered(3, false))
	items, err := client.Pipelines.List(t.Context(), wireApp, nil, gitlabci.WithPrefetch(1<<40)).Collect()
	require.NoError(t, err)
	require.Equal(t, upTo(6), ids(items))
	require.LessOrEqual(t, p.together(), 100)
}

func TestListsKeepWhatTheyWereAskedFor(t *testing.T) {
	p, client := listOn(t, numbered(1, true))
	o := &gitlabci.ListJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobFailed}}
	opts := []gitlabci.RequestOption{gitlabci.WithQuery("option", "first")}
	jobs := client.Jobs.List(t.Context(), wireApp, o, opts...)
	o.Scope[0], o.Sort, opts[0] = gitlabci.JobSuccess, gitlabci.SortAsc, gitlabci.WithQuery("option", "second")
	for range 2 {
		_, err := jobs.Collect()
		require.NoError(t, err)
	}
	require.Equal(t, []string{"failed", "failed"}, p.each("scope[]"))
	require.Equal(t, []string{"desc", "desc"}, p.each("sort"))
	require.Equal(t, []string{"first", "first"}, p.each("option"))
}

// TestListsThatBringNothing: a server that names one page after the other and brings nothing new is left after a few.
func TestListsThatBringNothing(t *testing.T) {
	for name, test := range map[string]struct {
		items func(page int) []int
		want  []int
	}{
		"empty pages":            {func(int) []int { return nil }, nil},
		"the same item":          {func(int) []int { return []int{7} }, []int{7}},
		"a circle of pages":      {func(page int) []int { return []int{1 + page%3} }, []int{1, 2, 3}},
		"something, then a ring": {func(page int) []int { return []int{1 + min(page, 50+page%3)} }, nil},
	} {
		for list, collect := range map[string]func(*gitlabci.Client, ...gitlabci.RequestOption) (int, error){
			"keyset by id": func(c *gitlabci.Client, o ...gitlabci.RequestOption) (int, error) {
				jobs, err := c.Jobs.List(t.Context(), wireApp, nil, o...).Collect()
				return len(jobs), err
			},
			"keyset by time": func(c *gitlabci.Client, o ...gitlabci.RequestOption) (int, error) {
				pipelines, err := c.Pipelines.ListOwn(t.Context(), nil, o...).Collect()
				return len(pipelines), err
			},
			"no keyset": func(c *gitlabci.Client, o ...gitlabci.RequestOption) (int, error) {
				pipelines, err := c.Pipelines.List(t.Context(), wireApp, nil, o...).Collect()
				return len(pipelines), err
			},
		} {
			for _, prefetch := range []int{0, 1} {
				var requests atomic.Int32
				_, client := listOn(t, func(w http.ResponseWriter, query url.Values) {
					requests.Add(1)
					at, _ := strconv.Atoi(query.Get("cursor"))
					w.Header().Set("Link", fmt.Sprintf(`</x?cursor=%d>; rel="next"`, at+1))
					writeIDs(w, test.items(at)...)
				})
				n, err := collect(client, gitlabci.WithPrefetch(prefetch))
				require.ErrorIs(t, err, gitlabci.ErrDecode, "%s, %s", name, list)
				require.ErrorContains(t, err, "20 pages in a row brought nothing new", "%s, %s", name, list)
				if test.want != nil || name == "empty pages" {
					require.Equal(t, len(test.want), n, "%s, %s", name, list)
					require.LessOrEqual(t, requests.Load(), int32(20+len(test.want)+prefetch), "%s, %s", name, list)
				}
				require.LessOrEqual(t, requests.Load(), int32(100), "%s, %s", name, list)
			}
		}
	}
}

func TestTake(t *testing.T) {
	p, client := listOn(t, numbered(4, false))
	for n, pages := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 1, 3: 2, 8: 4, 100: 4} {
		p.forget()
		pipelines, err := client.Pipelines.List(t.Context(), wireApp, nil).Take(n).Collect()
		require.NoError(t, err)
		require.Len(t, pipelines, max(0, min(n, 8)), n)
		require.True(t, slices.Equal(upTo(len(pipelines)), ids(pipelines)), n)
		require.Len(t, p.asked(), pages, n)
	}
	first := client.Pipelines.List(t.Context(), wireApp, nil).Take(3)
	for range 2 { // it begins anew each time
		pipelines, err := first.Collect()
		require.NoError(t, err)
		require.Equal(t, upTo(3), ids(pipelines))
	}
	for range first {
		break
	}

	failing := client.Pipelines.List(t.Context(), gitlabci.Project{}, nil).Take(3)
	_, err := failing.Collect()
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
}

func TestSeqOf(t *testing.T) {
	jobs, err := gitlabci.SeqOf(&gitlabci.Job{ID: 1}, &gitlabci.Job{ID: 2}, &gitlabci.Job{ID: 3}).Take(2).Collect()
	require.NoError(t, err)
	require.Equal(t, []*gitlabci.Job{{ID: 1}, {ID: 2}}, jobs)
	none, err := gitlabci.SeqOf[gitlabci.Job]().Collect()
	require.NoError(t, err)
	require.Empty(t, none)
	for range gitlabci.SeqOf(new(gitlabci.Job), new(gitlabci.Job)) {
		break
	}
}
