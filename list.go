package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Seq is a list that is read as it is ranged over: every item of every page, each page when it is reached.
//
//	for job, err := range client.Jobs.List(ctx, project, nil) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(job.Name)
//	}
//
// An error ends the list; the items yielded before it are good. A list without items yields nothing. Leaving the loop stops the requests,
// ranging again reads the list anew, and several goroutines may range over one Seq. An item whose place shifted to a later page while the
// list was read is not yielded twice; one that shifted to an earlier page is not seen: where the loop itself takes items out of the list, as
// by stopping what is listed as available, read it whole first, with Collect.
type Seq[T any] func(yield func(*T, error) bool)

// Collect reads the whole list. Beside an error it returns the items that came before it.
func (s Seq[T]) Collect() (items []*T, err error) {
	s(func(item *T, failure error) bool {
		err = failure
		if err != nil {
			return false
		}
		items = append(items, item)
		return true
	})
	return items, err
}

// Take returns the first n items of the list. Pages that hold none of them are not asked for.
func (s Seq[T]) Take(n int) Seq[T] {
	return func(yield func(*T, error) bool) {
		if n <= 0 {
			return
		}
		left := n
		s(func(item *T, err error) bool {
			left--
			return yield(item, err) && left > 0
		})
	}
}

// SeqOf returns a list of these items, for the tests of what takes a list.
func SeqOf[T any](items ...*T) Seq[T] {
	return func(yield func(*T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// ListOptions say which page of a list to read. The zero value reads all of them.
type ListOptions struct {
	Page    int `url:"page,omitempty"`     // this page alone, counted from 1; 0 reads all pages
	PerPage int `url:"per_page,omitempty"` // items a page, at most 100; 0 means 100
}

const maxPerPage = 100

func (o ListOptions) validate() error {
	if o.Page < 0 || o.PerPage < 0 || o.PerPage > maxPerPage {
		return fmt.Errorf("page %d of %d items: pages are counted from 1 and hold 1 to %d", o.Page, o.PerPage, maxPerPage)
	}
	return nil
}

// list returns the items of all pages of a list. It is compiled for every type of item: what does not know the type is elsewhere.
func list[T any, P identified[T]](ctx context.Context, e *engine, op *operation, parts path, in any, opts []RequestOption) Seq[T] {
	l := newLister(ctx, e, op, parts, in, opts)
	decode := func(body []byte) (any, error) { return decodeItems[T, P](body) }
	return func(yield func(*T, error) bool) {
		var seen seenItems
		l.read(decode, func(p *page) bool {
			items, _ := p.items.([]T)
			for i := range items {
				item := &items[i]
				if !seen.add(P(item).identity().key, p) {
					continue
				}
				p.fresh++
				if !yield(item, nil) {
					return false
				}
			}
			return p.err == nil || yield(nil, p.err)
		})
	}
}

// A lister is what a list was asked for. That is fixed when it is made: its options may change before the list is ranged over.
type lister struct {
	ctx     context.Context
	engine  *engine
	op      *operation
	parts   path
	at      string // in place of parts: a path that is escaped already
	options encoded
	opts    []RequestOption
	invalid error
}

func newLister(ctx context.Context, e *engine, op *operation, parts path, in any, opts []RequestOption) *lister {
	l := &lister{ctx: ctx, engine: e, op: op, parts: parts, opts: slices.Clone(opts)}
	l.options, l.invalid = op.encode(in)
	l.options.settle()
	return l
}

// read returns the pages of the list, in order, each as the caller's [Response] tells of it.
func (l *lister) read(decode decoder, yield func(*page) bool) {
	if l.invalid != nil {
		yield(&page{err: l.op.invalid(l.invalid)})
		return
	}
	first, err := l.first()
	if err != nil {
		yield(&page{err: err})
		return
	}
	reports, fruitless := first.reports, 0
	for p := range pages(first, decode) {
		if reports.wanted() {
			reports.fill(*p.request.reports.latest)
		}
		if !yield(p) {
			return
		}
		fruitless++
		if p.fresh > 0 {
			fruitless = 0
		}
		if fruitless >= maxFruitless && p.next != nil {
			yield(p.endless(fmt.Errorf("%d pages in a row brought nothing new, and each names another one", fruitless)))
			return
		}
	}
}

// first is the request for the first page.
func (l *lister) first() (*request, error) {
	var err error
	path := l.at
	if path == "" {
		path, err = l.parts.expand(l.op.route)
	}
	if err != nil {
		return nil, l.op.invalid(err)
	}
	options := l.options
	options.query = maps.Clone(options.query) // each reading of the list completes its own
	first, err := l.engine.prepareEncoded(l.ctx, l.op, path, options, l.opts)
	if err != nil {
		return nil, err
	}
	first.startPaging()
	return first, nil
}

// maxFruitless is how many pages in a row may bring nothing new. GitLab leaves out of a page what the caller may not see, and so may send
// some that are empty.
const maxFruitless = 20

// seenItems are the items of a list that came. Of a list paged by keyset only the latest are kept: its next page begins behind this one's
// end, so that an item which comes again tells of a server that goes in circles.
type seenItems struct{ keys, older map[itemKey]struct{} }

const maxSeen = 5000 // items of a list paged by keyset that are kept, and as many older ones

// add remembers an item of a page, and reports whether it is new.
func (seen *seenItems) add(key itemKey, p *page) bool {
	if p.alone {
		return true
	}
	if p.keyset && len(seen.keys) >= maxSeen {
		seen.keys, seen.older = nil, seen.keys
	}
	if seen.keys == nil {
		seen.keys = make(map[itemKey]struct{}, maxPerPage)
	}
	before := len(seen.keys)
	seen.keys[key] = struct{}{}
	_, known := seen.older[key]
	return len(seen.keys) > before && !known
}

// startPaging completes the query of a list's first page.
func (r *request) startPaging() {
	if r.query == nil {
		r.query = make(url.Values)
	}
	if !r.query.Has("per_page") {
		r.query.Set("per_page", strconv.Itoa(maxPerPage))
	}
	if r.op.keyset == "" {
		return
	}
	if r.query.Get("order_by") == "" { // without it, pages with numbers have no order
		r.query.Set("order_by", r.op.keyset)
	}
	byNumber := r.query.Has("page") || r.prefetch > 1 || r.query.Get("sort") == string(SortAsc) // keyset goes down only
	byNumber = byNumber && !r.op.unnumbered                                                     // whose pages have none
	if !byNumber && r.query.Get("order_by") == r.op.keyset {
		r.query.Set("pagination", "keyset")
		if !r.query.Has("sort") {
			r.query.Set("sort", string(SortDesc))
		}
	}
}

// at is the request for another page of the list.
func (r *request) at(ctx context.Context, query url.Values) *request {
	next := *r
	next.ctx, next.query = ctx, query
	next.call = next.newCall()
	return &next
}

// A decoder makes a slice of items of a page's body. Beside an error it returns those that came before it.
type decoder func(body []byte) (items any, err error)

// page is one page of a list as it came.
type page struct {
	request *request
	items   any        // a slice; beside an error, those that came before it
	next    url.Values // the query of the next page, nil on the last
	total   int        // of the list's pages, 0 if GitLab does not say
	alone   bool       // it is the whole list
	keyset  bool       // the next one begins behind its end
	fresh   int        // how many of its items were not on a page before
	err     error
}

// readPage asks for a page.
func readPage(r *request, decode decoder) *page {
	p := &page{request: r}
	if r.reports.wanted() {
		r.reports = reports{latest: new(Response)} // pages may be read ahead of the loop, whose own is for the page that it is at
	}
	p.err = r.fetch(func(resp *http.Response, body []byte) (err error) {
		p.items, err = decode(body)
		p.next = nextPage(resp.Header, r.query)
		p.keyset = r.query.Get("pagination") == "keyset" && !p.next.Has("page")
		p.total, _ = strconv.Atoi(resp.Header.Get("X-Total-Pages"))
		return err
	})
	return p
}

// pages returns the pages of a list, in order.
func pages(first *request, decode decoder) iter.Seq[*page] {
	return func(yield func(*page) bool) {
		ctx, cancel := context.WithCancel(first.ctx)
		var ahead sync.WaitGroup
		defer ahead.Wait()
		defer cancel()
		start := func(query url.Values) <-chan *page {
			coming := make(chan *page, 1)
			ahead.Go(func() { coming <- readPage(first.at(ctx, query), decode) })
			return coming
		}

		p := readPage(first, decode)
		if first.query.Has("page") {
			p.next = nil
		}
		p.alone = p.next == nil
		if first.prefetch > 1 && p.next.Has("page") {
			byNumber(p, first.prefetch, start, yield)
			return
		}
		visited := map[string]bool{first.query.Encode(): true}
		for {
			var coming <-chan *page
			if p.next != nil && first.prefetch > 0 {
				coming = start(p.next)
			}
			if !yield(p) || p.err != nil || p.next == nil {
				return
			}
			query := p.next.Encode()
			if visited[query] {
				yield(p.endless(errLoop))
				return
			}
			visited[query] = true
			if coming != nil {
				p = <-coming
			} else {
				p = readPage(first.at(ctx, p.next), decode)
			}
		}
	}
}

// byNumber returns the pages of a list whose pages have numbers, n of them under way at once. It goes by the list's total where there
// is one, and by the pages' own word for being the last.
func byNumber(first *page, n int, start func(url.Values) <-chan *page, yield func(*page) bool) {
	if !yield(first) || first.err != nil {
		return
	}
	number := func(query url.Values) int { n, _ := strconv.Atoi(query.Get("page")); return n }
	next, last := number(first.next), first.total
	if last == 0 {
		last = math.MaxInt
	}
	var coming []<-chan *page
	p := first
	for {
		last = max(last, next-len(coming)) // the list may have grown
		for ; len(coming) < n && next <= last; next++ {
			query := maps.Clone(first.next)
			query.Set("page", strconv.Itoa(next))
			coming = append(coming, start(query))
		}
		own := next - len(coming)
		p, coming = <-coming[0], coming[1:]
		if !yield(p) || p.err != nil || p.next == nil {
			return
		}
		if number(p.next) <= own {
			yield(p.endless(errLoop))
			return
		}
	}
}

var errLoop = errors.New("the link to the next page leads to one that was read before")

// endless is the end of a list that would have none.
func (p *page) endless(reason error) *page {
	err := p.request.failed(nil, nil, reason)
	err.kinds = append(err.kinds, ErrDecode)
	return &page{request: p.request, err: err}
}

// nextPage is the query of the page after the one that query asked for: that of the link called next, whose host may be any name
// that the server has for itself, or else the number in X-Next-Page. What a link leaves out of the query stays as it was.
func nextPage(header http.Header, query url.Values) url.Values {
	for _, links := range header["Link"] {
		for links != "" {
			var target string
			var isNext bool
			target, isNext, links = cutLink(links)
			if !isNext {
				continue
			}
			target, _, _ = strings.Cut(target, "#")
			_, linked, _ := strings.Cut(target, "?")
			values, _ := url.ParseQuery(strings.ReplaceAll(linked, ";", "%3B")) // which would refuse what holds a semicolon
			if len(values) > 0 {
				next := maps.Clone(query)
				maps.Copy(next, values)
				return next
			}
		}
	}
	number := header.Get("X-Next-Page")
	if number != "" {
		next := maps.Clone(query)
		next.Set("page", number)
		return next
	}
	return nil
}

// cutLink cuts the first link off the value of a Link header, as in
//
//	<https://gitlab.example.com/api/v4/projects?page=2>; rel="next", <...>; rel="last"
//
// Its target may hold commas and semicolons, and rel may stand anywhere among its parameters.
func cutLink(links string) (target string, isNext bool, rest string) {
	_, rest, ok := strings.Cut(links, "<")
	if !ok {
		return "", false, ""
	}
	target, rest, _ = strings.Cut(rest, ">")
	end := byte(';')
	for end == ';' {
		var parameter string
		parameter, end, rest = cutParameter(rest)
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			relations := strings.Fields(strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`)))
			isNext = isNext || slices.Contains(relations, "next")
		}
	}
	return strings.TrimSpace(target), isNext, rest
}

// cutParameter cuts text at the first semicolon or comma that stands outside of quotes, and returns which it was.
func cutParameter(text string) (parameter string, end byte, rest string) {
	quoted := false
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ';' || c == ','):
			return text[:i], c, text[i+1:]
		}
	}
	return text, 0, ""
}

// Sort is the direction of a list.
type Sort string

// Directions of a list.
const (
	SortAsc  Sort = "asc"
	SortDesc Sort = "desc"
)
