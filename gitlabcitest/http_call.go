package gitlabcitest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxBody bounds what is read of a request, files aside.
	maxBody = 64 << 20

	// maxURI and maxHeader are the bounds of the web server in front of a GitLab.
	maxURI    = 8 << 10
	maxHeader = 32 << 10
)

// call is one request on its way through a handler.
type call struct {
	*site
	request *http.Request
	route   *route
	path    map[string]string // path parameters as sent
	sent    map[string]any    // every parameter as sent: query, body, path
	params  map[string]any    // the declared ones, checked and typed

	user  *user // nil for an anonymous request
	token *token
	job   *job // whose token it is, nil for other tokens

	answer answer
}

// respond lets the world catch up and returns the answer to a request. What has to be sent is fixed when it returns. What strangers can make
// expensive comes before the lock, so that nobody else waits for it.
func (s *site) respond(r *http.Request, b body) *answer {
	c := &call{site: s, request: r}
	err := c.parse(b)
	defer s.enter()()
	if err == nil {
		err = c.run()
	}
	if err != nil {
		refused := toAPI(err)
		c.answer = answer{status: refused.status, header: make(http.Header)}
		for key, value := range refused.header {
			c.answer.header.Set(key, value)
		}
		c.answer.encode(refused.body)
	}
	s.answers++
	c.allowOrigin()
	id := fmt.Sprintf("01STANDIN%017d", s.answers)
	c.answer.header.Set("X-Request-Id", id)
	c.answer.header.Set("X-Gitlab-Meta", `{"correlation_id":"`+id+`","version":"1"}`)
	return &c.answer
}

// parse finds the route of a request and its parameters.
func (c *call) parse(b body) (err error) {
	c.answer.header = make(http.Header)
	switch {
	case c.toStorage():
		return nil
	case c.preflight():
		c.route = preflightRoute
		return nil
	}
	path, inside := c.apiPath(c.request.URL)
	if c.route, c.path, err = c.match(c.request.Method, path, inside); err != nil {
		return err
	}
	c.sent, err = collect(c.request, b)
	return err
}

// run answers a request that was parsed.
func (c *call) run() (err error) {
	if c.toStorage() {
		return c.serveStorage(strings.TrimPrefix(c.request.URL.Path, storagePath))
	}
	if err := c.authenticate(); err != nil {
		return cmp.Or(c.route.denial, err)
	}
	for name, value := range c.path {
		c.sent[name] = value
	}
	if c.params, err = validate(c.route.params, c.sent); err != nil {
		return err
	}
	return c.route.handler(c)
}

// toStorage reports whether the request is to the object storage.
func (c *call) toStorage() bool {
	return c.storage != "" && strings.HasPrefix(c.request.URL.Path, storagePath)
}

// base is the URL of the instance, without a slash at the end.
func (c *call) base() string {
	if c.external != "" {
		return c.external
	}
	scheme := "http"
	if c.request.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.request.Host
}

// basePath is the path part of base.
func (c *call) basePath() string {
	u, err := url.Parse(c.base())
	if err != nil {
		return ""
	}
	return u.Path
}

// json answers with an entity.
func (c *call) json(status int, entity any) error {
	c.answer.status = status
	return c.answer.encode(entity)
}

// message answers {"message": text}, as created! and accepted! do.
func (c *call) message(status int, text string) error {
	return c.json(status, messageBody{text})
}

// noContent answers 204.
func (c *call) noContent() error {
	c.answer.status = http.StatusNoContent
	return nil
}

// plain answers 200 with text or bytes as they are.
func (c *call) plain(contentType string, body []byte) error {
	c.answer.status = http.StatusOK
	c.answer.header.Set("Content-Type", contentType)
	c.answer.body = body
	return nil
}

// serveContent answers with a file of which ranges can be asked.
func (c *call) serveContent(content []byte, modified time.Time) error {
	c.answer.status = http.StatusOK
	c.answer.body = content
	c.answer.ranged = true
	c.answer.modified = modified
	return nil
}

// download answers 200 with an uploaded file.
func (c *call) download(b *blob) error {
	c.answer.status = http.StatusOK
	c.answer.header.Set("Content-Type", "application/octet-stream")
	c.answer.header.Set("Content-Length", strconv.FormatInt(b.size, 10))
	c.answer.stream = b.reader()
	return nil
}

// unchangedSince is GitLab's check of If-Unmodified-Since before it destroys something.
func (c *call) unchangedSince(updated time.Time) error {
	since, err := http.ParseTime(c.request.Header.Get("If-Unmodified-Since"))
	if err == nil && updated.Truncate(time.Second).After(since) {
		return problem(http.StatusPreconditionFailed, "412 Precondition Failed")
	}
	return nil
}

// answer is what goes out when the lock is released.
type answer struct {
	later    func() error // encodes the answer once nobody is kept from the world
	status   int
	header   http.Header
	body     []byte
	stream   io.Reader // in place of body
	ranged   bool
	modified time.Time
}

// finish completes an answer that was left for later.
func (a *answer) finish() {
	if a.later == nil {
		return
	}
	if err := a.later(); err != nil {
		refused := toAPI(err)
		a.status = refused.status
		_ = a.encode(refused.body) // a text always marshals
	}
}

func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	if a.stream != nil {
		w.WriteHeader(a.status)
		_, _ = io.Copy(w, a.stream) // a client that went away needs no more of it
		return
	}
	if a.ranged {
		http.ServeContent(w, r, "", a.modified, bytes.NewReader(a.body))
		return
	}
	if tag := a.header.Get("ETag"); tag != "" && a.status == http.StatusOK && r.Header.Get("If-None-Match") == tag {
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that went away needs no answer
}
