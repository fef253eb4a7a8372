package gitlabci

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

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
