package gitlabcitest

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is something that goes wrong with a request, once unless [Fault.Times] or [Fault.Forever] says otherwise. Give it to [Server.Fail].
type Fault struct {
	delay      time.Duration
	before     bool // the request has no effect
	after      bool // the request has its effect, its answer is lost
	spoils     spoiling
	length     int           // of the answer's body until it is spoiled, or of each piece that drips
	pause      time.Duration // between the pieces
	status     int
	header     http.Header
	body       string
	retryAfter time.Duration
	uses       int // negative: without end
}

// spoiling is what goes wrong with the body of an answer.
type spoiling int

const (
	truncates spoiling = iota + 1
	stalls
	drips
)

// Status answers with a status and body instead of handling the request. The header is given as names and values in turn; without a
// Content-Type, a body that begins with { or [ is JSON, any other is plain text.
func Status(code int, body string, header ...string) Fault {
	f := Fault{before: true, status: code, body: body, header: make(http.Header), uses: 1}
	for pair := range slices.Chunk(header, 2) {
		f.header.Add(pair[0], strings.Join(pair[1:], ""))
	}
	if f.header.Get("Content-Type") == "" {
		kind := "text/plain; charset=utf-8"
		if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
			kind = "application/json"
		}
		f.header.Set("Content-Type", kind)
	}
	return f
}

// HTML answers with a web page, as a proxy or an expired session does with its sign-in form.
func HTML(code int) Fault {
	return Status(code, "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form action=\"/users/sign_in\"></form></body></html>\n",
		"Content-Type", "text/html; charset=utf-8")
}

// Redirect answers with a redirect to another URL, in place of handling the request.
func Redirect(code int, url string) Fault {
	return Status(code, "", "Location", url)
}

// TooManyRequests answers 429 as GitLab's throttle does: in plain text, with Retry-After (in whole seconds) and RateLimit headers.
func TooManyRequests(retryAfter time.Duration) Fault {
	f := Status(http.StatusTooManyRequests, "Retry later\n", "Content-Type", "text/plain")
	f.retryAfter = retryAfter
	return f
}

// DropBefore closes the connection without an answer, before the request had an effect. On HTTP/2, where a connection bears many requests, it
// and all that drop a connection reset the one request's stream instead.
func DropBefore() Fault {
	return Fault{before: true, uses: 1}
}

// DropAfter closes the connection without an answer, after the request had its effect.
func DropAfter() Fault {
	return Fault{after: true, uses: 1}
}

// Truncate closes the connection after n bytes of the answer's body. An answer with no more than these comes whole.
func Truncate(n int) Fault {
	return Fault{spoils: truncates, length: n, uses: 1}
}

// Stall lets nothing more come after n bytes of the answer's body, and keeps the connection until the client gives up or the server is
// closed. With a negative n not even the answer's header comes, although the request had its effect. An answer with no more than n bytes
// comes whole.
func Stall(n int) Fault {
	return Fault{spoils: stalls, length: n, uses: 1}
}

// Drip sends the answer's body in pieces of n bytes, with a pause before each.
func Drip(n int, pause time.Duration) Fault {
	return Fault{spoils: drips, length: max(n, 1), pause: pause, uses: 1}
}

// Delay handles the request as usual, but only after this time.
func Delay(d time.Duration) Fault {
	return Fault{delay: d, uses: 1}
}

// Times makes the fault happen to n requests; 0 is never.
func (f Fault) Times(n int) Fault {
	f.uses = n
	return f
}

// Forever makes the fault happen until [Server.Heal].
func (f Fault) Forever() Fault {
	f.uses = -1
	return f
}

// fault is a Fault with the requests it waits for.
type fault struct {
	Fault
	method, route string
}

// Fail makes the next matching requests go wrong: the first with the first fault, and so on; after that all is normal again. Calls of Fail
// add up: a request meets the oldest fault that is left and matches it.
//
// The route is one of GitLab's templates, such as "/projects/:id/pipeline", or the path of one request, such as "/projects/1/jobs/3/trace",
// without /api/v4. An empty method or route matches every one. A template that no endpoint has panics.
func (s *Server) Fail(method, route string, faults ...Fault) {
	defer s.enter()()
	if strings.ContainsAny(route, ":*") && !s.hasRoute(method, route) {
		panic("gitlabcitest: there is no endpoint " + method + " " + route)
	}
	for _, f := range faults {
		if f.uses != 0 {
			s.faults = append(s.faults, &fault{Fault: f, method: method, route: route})
		}
	}
}

// Heal forgets the faults that have not happened yet, and those that happen forever.
func (s *Server) Heal() {
	defer s.enter()()
	s.faults = nil
}

// Request is a request that arrived, also one that met a [Fault] or was refused.
type Request struct {
	Method string
	Host   string // the host that it was addressed to; after a redirect it may be another one
	Route  string // GitLab's template, such as "/projects/:id/jobs/:job_id"; empty where the server has none
	Path   string // as it was sent, with its escapes and with /api/v4
	Query  url.Values
	Header http.Header
	Body   []byte // at most 64 KiB
}

// Requests returns the requests that arrived, in order, since the start or [Server.ResetRequests]. After a hundred thousand, or 32 MiB, the
// older half is forgotten.
func (s *Server) Requests() []Request {
	defer s.enter()()
	return slices.Clone(s.requests)
}

// ResetRequests forgets the requests that arrived.
func (s *Server) ResetRequests() {
	defer s.enter()()
	s.requests, s.recorded = nil, 0
}

// maxRequests and maxRecord bound the record of a server that runs for long.
const (
	maxRequests = 100_000
	maxRecord   = 32 << 20 // bytes
)

// record keeps a request, and forgets the older half of all when they are too many or too large.
func (s *Server) record(r Request) {
	s.requests = append(s.requests, r)
	s.recorded += r.size()
	for len(s.requests) > maxRequests || s.recorded > maxRecord {
		half := (len(s.requests) + 1) / 2
		for _, forgotten := range s.requests[:half] {
			s.recorded -= forgotten.size()
		}
		s.requests = slices.Delete(s.requests, 0, half)
	}
}

// size is about how many bytes a request takes.
func (r Request) size() int {
	size := 512 + len(r.Host) + len(r.Path) + len(r.Body)
	for _, values := range []map[string][]string{r.Query, r.Header} {
		for name, all := range values {
			size += 64 + len(name)
			for _, value := range all {
				size += 16 + len(value)
			}
		}
	}
	return size
}

// receive records a request and returns the fault it meets, one without effect where there is none.
func (s *Server) receive(r *http.Request, body []byte) Fault {
	path, inside := s.apiPath(r.URL)
	template := ""
	if route, _, err := s.match(r.Method, path, inside); err == nil {
		template = route.template
	}
	arrived := Request{
		Method: r.Method,
		Host:   r.Host,
		Route:  template,
		Path:   r.URL.EscapedPath(),
		Query:  r.URL.Query(),
		Header: r.Header.Clone(),
		Body:   slices.Clone(body[:min(len(body), maxRecorded)]),
	}
	defer s.enter()()
	s.record(arrived)
	for i, f := range s.faults {
		matches := (f.method == "" || f.method == r.Method) && (f.route == "" || f.route == template || f.route == path)
		if !matches {
			continue
		}
		if f.uses--; f.uses == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f.Fault
	}
	return Fault{}
}

// play answers in place of the handler.
func (f Fault) play(w http.ResponseWriter, r *http.Request) {
	if f.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for key, values := range f.header {
		w.Header()[key] = values
	}
	if f.status == http.StatusTooManyRequests && f.retryAfter > 0 {
		throttle(w.Header(), f.retryAfter)
	}
	w.Header().Set("X-Request-Id", "01STANDINFAULT000000000000")
	w.WriteHeader(f.status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, f.body) // a client that went away needs no answer
	}
}

// throttle writes the headers of a throttled request.
func throttle(header http.Header, retryAfter time.Duration) {
	seconds := int64((retryAfter + time.Second - 1) / time.Second)
	reset := time.Now().Add(time.Duration(seconds) * time.Second)
	header.Set("Retry-After", strconv.FormatInt(seconds, 10))
	header.Set("RateLimit-Name", "throttle_authenticated_api")
	header.Set("RateLimit-Limit", "60")
	header.Set("RateLimit-Observed", "61")
	header.Set("RateLimit-Remaining", "0")
	header.Set("RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	header.Set("RateLimit-ResetTime", reset.UTC().Format(http.TimeFormat))
}

// sleep waits. A request whose client or server ends before is over.
func (s *Server) sleep(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-s.done:
		panic(http.ErrAbortHandler)
	}
}

// hang is sleep without an end of its own.
func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.done:
	}
	panic(http.ErrAbortHandler)
}

// spoil returns the writer through which an answer meets its fault.
func (s *Server) spoil(w http.ResponseWriter, r *http.Request, f Fault) http.ResponseWriter {
	switch f.spoils {
	case truncates:
		return &cut{ResponseWriter: w, left: f.length, end: func() { panic(http.ErrAbortHandler) }}
	case stalls:
		if f.length < 0 {
			s.hang(r)
		}
		return &cut{ResponseWriter: w, left: f.length, end: func() { s.hang(r) }}
	case drips:
		return &dripping{ResponseWriter: w, size: f.length, pause: func() { s.sleep(r, f.pause) }}
	}
	return w
}

// cut ends an answer in its own way once so many bytes of the body are out.
type cut struct {
	http.ResponseWriter
	left int
	end  func() // does not return
}

func (c *cut) Write(p []byte) (int, error) {
	if len(p) <= c.left {
		c.left -= len(p)
		return c.ResponseWriter.Write(p)
	}
	_, _ = c.ResponseWriter.Write(p[:c.left]) // the answer ends in a line anyway
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	c.end()
	return c.left, http.ErrAbortHandler
}

// Unwrap lets [http.ResponseController] reach the connection.
func (c *cut) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// dripping sends what is written piece by piece.
type dripping struct {
	http.ResponseWriter
	size  int
	pause func()
}

func (d *dripping) Write(p []byte) (n int, err error) {
	for piece := range slices.Chunk(p, d.size) {
		if err := http.NewResponseController(d.ResponseWriter).Flush(); err != nil {
			return n, err
		}
		d.pause()
		m, err := d.ResponseWriter.Write(piece)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Unwrap lets [http.ResponseController] reach the connection.
func (d *dripping) Unwrap() http.ResponseWriter { return d.ResponseWriter }
