package gitlabcitest

import (
	"net/url"
	"os"
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

// apiPath is the part of the escaped path behind /api/v4.
func (s *site) apiPath(u *url.URL) string {
	path, _ := strings.CutPrefix(u.EscapedPath(), s.prefix())
	path, ok := strings.CutPrefix(path, "/api/v4")
	if !ok {
		return ""
	}
	return path
}
