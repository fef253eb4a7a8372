package main

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/gitlabci/gitlabci"
)

// A listCase reads all jobs of a project, from a server that takes 30 ms for each answer.
type listCase struct {
	name string
	read func(clients) (int, error)
	goal time.Duration // 0 for none
	took time.Duration
}

const listed = 5000

func measureLists(rounds int) []listCase {
	cases := []listCase{
		{name: "gitlabci", goal: 1900 * time.Millisecond, read: func(c clients) (int, error) { return count(c.ours.Jobs.List(ctx, app, nil)) }},
		{name: "gitlabci, `WithPrefetch(8)`", goal: 400 * time.Millisecond, read: func(c clients) (int, error) {
			return count(c.ours.Jobs.List(ctx, app, nil, gitlabci.WithPrefetch(8)))
		}},
		{name: "client-go, `ScanAndCollect`", read: func(c clients) (int, error) {
			jobs, err := gitlab.ScanAndCollect(func(p gitlab.PaginationOptionFunc) ([]*gitlab.Job, *gitlab.Response, error) {
				return c.theirs.Jobs.ListProjectJobs(42, nil, p)
			})
			return len(jobs), err
		}},
	}
	server := pagedServer(listed, 30*time.Millisecond)
	defer server.Close()
	c := newClients(server.URL, nil)
	samples := make([][]time.Duration, len(cases))
	for range (rounds + 2) / 3 { // the pauses make it steady
		for i := range cases {
			began := time.Now()
			if n, err := cases[i].read(c); err != nil || n != listed {
				panic(err)
			}
			samples[i] = append(samples[i], time.Since(began))
		}
	}
	for i := range cases {
		cases[i].took = time.Duration(median(samples[i], func(d time.Duration) float64 { return float64(d) }))
	}
	return cases
}

// growth is what it costs to read a list of a length.
type growth struct {
	items         int
	perItem       time.Duration
	bytes, allocs float64 // an item
	held          uint64  // the most of the heap that was in use on the way, beyond that at the beginning
}

// measureGrowth reads lists of more and more jobs, page by page. The pages come from memory and are all the same, so that little of the cost
// is that of making them.
func measureGrowth() (all []growth) {
	page := array(100, jobJSON)
	var ids []int
	for at := bytes.Index(page, []byte(pageID)); len(ids) < 100; at += 1 + bytes.Index(page[at+1:], []byte(pageID)) {
		ids = append(ids, at)
	}
	for _, items := range []int{100, 1_000, 10_000, 100_000} {
		read := func(each func(n int)) {
			c := newClients("http://gitlab.example.com", &samePages{canned(page), ids, items / 100})
			n := 0
			for _, err := range c.ours.Jobs.List(ctx, app, nil) {
				need(0, err)
				n++
				each(n)
			}
			if n != items {
				panic(n)
			}
		}
		g := growth{items: items}
		before := memory()
		began := time.Now()
		read(func(int) {})
		took, after := time.Since(began), memory()
		g.perItem, g.bytes, g.allocs = took/time.Duration(items), float64(after.TotalAlloc-before.TotalAlloc)/float64(items), float64(after.Mallocs-before.Mallocs)/float64(items)
		read(func(n int) {
			if n%(items/10) == 0 {
				runtime.GC()
				if now := memory(); now.HeapAlloc > before.HeapAlloc {
					g.held = max(g.held, now.HeapAlloc-before.HeapAlloc)
				}
			}
		})
		all = append(all, g)
	}
	return all
}

func memory() (m runtime.MemStats) {
	runtime.ReadMemStats(&m)
	return m
}

// samePages answers with the same page of a keyset list again and again, but for the ids: written into the one copy of it, so that making
// them costs nothing.
type samePages struct {
	page  canned
	ids   []int // where they are in it
	pages int
}

// pageID is what the ids of the items of a page begin with.
const pageID = `{"id":10000`

func (p *samePages) RoundTrip(req *http.Request) (*http.Response, error) {
	number := fmt.Appendf(nil, `{"id":1%04d`, p.pages)
	for _, at := range p.ids {
		copy(p.page[at:], number)
	}
	resp, err := p.page.RoundTrip(req)
	if p.pages--; p.pages > 0 {
		resp.Header.Set("Link", fmt.Sprintf(`<http://gitlab.example.com/x?cursor=%d>; rel="next"`, p.pages))
	}
	return resp, err
}
