package gitlabcitest

import (
	"net/http"
	"strings"
)

// Web pages of any origin may call the API, without cookies. What they are told of it is what GitLab tells them.
const (
	allowedMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
	exposedHeaders = "ETag, Link, X-Total, X-Total-Pages, X-Per-Page, X-Page, X-Next-Page, X-Prev-Page, X-Gitlab-Blob-Id, X-Gitlab-Commit-Id, " +
		"X-Gitlab-Content-Sha256, X-Gitlab-Encoding, X-Gitlab-File-Name, X-Gitlab-File-Path, X-Gitlab-Last-Commit-Id, X-Gitlab-Ref, X-Gitlab-Size, " +
		"X-Request-Id"
	preflightAge = "7200" // seconds
)

// preflightRoute answers what a browser asks before it sends a request that is more than a form could send.
var preflightRoute = &route{isOpen: true, handler: func(c *call) error {
	if wanted := c.request.Header.Get("Access-Control-Request-Headers"); wanted != "" {
		c.answer.header.Set("Access-Control-Allow-Headers", wanted)
	}
	return c.plain("text/plain", nil)
}}

// preflight reports whether a browser asks whether it may send a request.
func (c *call) preflight() bool {
	return c.request.Method == http.MethodOptions && c.fromElsewhere() && c.request.Header.Get("Access-Control-Request-Method") != ""
}

// fromElsewhere reports whether a request is one to the API by a page of some origin.
func (c *call) fromElsewhere() bool {
	return c.request.Header.Get("Origin") != "" && strings.HasPrefix(strings.TrimPrefix(c.request.URL.Path, c.prefix()), "/api/")
}

// allowOrigin lets the page that sent the request read the answer.
func (c *call) allowOrigin() {
	if !c.fromElsewhere() {
		return
	}
	header := c.answer.header
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Methods", allowedMethods)
	header.Set("Access-Control-Expose-Headers", exposedHeaders)
	header.Set("Access-Control-Max-Age", preflightAge)
	header.Set("Vary", "Origin")
}
