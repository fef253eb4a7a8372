package gitlabcitest

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// site is the instance as requests reach it: its endpoints, and its world behind a lock.
type site struct {
	routes   []*route
	external string // the URL that the instance is configured with, empty for none
	storage  string // base URL of the object storage, empty for none

	// mu guards all below: whoever holds it is alone with the world.
	mu sync.Mutex
	world
	files   []*os.File // that hold large uploads
	answers int64      // given so far
	graphQL func(GraphQLRequest) (any, error)
}

// enter takes the lock and brings the world up to the present. Every exported method and every request begins with it.
func (s *site) enter() (leave func()) {
	s.mu.Lock()
	s.advance(time.Now().Round(0).UTC())
	return s.mu.Unlock
}

// prefix is the path part of the external URL.
func (s *site) prefix() string {
	external, err := url.Parse(s.external)
	if err != nil {
		return ""
	}
	return external.Path
}

// slashes are those that the web server in front of a GitLab takes for one.
var slashes = regexp.MustCompile("//+")

// apiPath is the part of the escaped path behind /api/v4. What lies outside of it, such as /-/health, has the whole path.
func (s *site) apiPath(u *url.URL) (path string, inside bool) {
	path, _ = strings.CutPrefix(slashes.ReplaceAllString(u.EscapedPath(), "/"), s.prefix())
	path = strings.TrimSuffix(path, "/")
	if api, ok := strings.CutPrefix(path, "/api/v4"); ok {
		return api, true
	}
	return path, false
}
