package gitlabcitest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	storagePath = "/object-storage/"
	signedFor   = 10 * time.Minute
)

// WithObjectStorage keeps artifacts in an object storage at this URL, another one than GitLab's, such as "http://storage.test" in
// memory or "http://localhost:8929" where GitLab listens on "127.0.0.1:8929". Archives are then answered with a redirect to a signed
// URL there, which is good for ten minutes, unless the request asks for download_mode=proxy. The server answers for it too.
func WithObjectStorage(base string) Option {
	return func(s *Server) { s.storage = strings.TrimSuffix(base, "/") }
}

// redirectToStorage sends the client to the signed URL of an artifact.
func (c *call) redirectToStorage(j *job, name string) error {
	expires := strconv.FormatInt(c.now.Add(signedFor).Unix(), 10)
	query := url.Values{"X-Amz-Expires": {expires}, "X-Amz-Signature": {signature(j, name, expires)}}
	c.answer.status = http.StatusFound
	c.answer.header.Set("Location", fmt.Sprintf("%s%s%d/%s?%s", c.storage, storagePath, j.id, name, query.Encode()))
	return nil
}

// signature is known to nobody who has not been given it, as far as a test can tell.
func signature(j *job, name, expires string) string {
	return j.token() + "." + name + "." + expires
}

// serveStorage is the object storage's side. It knows no GitLab credentials, and refuses two kinds of them at once as S3 does.
func (c *call) serveStorage(path string) error {
	id, name, _ := strings.Cut(path, "/")
	n, _ := strconv.ParseInt(id, 10, 64) // no job has the id 0
	query := c.request.URL.Query()
	j, ok := c.jobs[n]
	if !ok || query.Get("X-Amz-Signature") != signature(j, name, query.Get("X-Amz-Expires")) {
		return c.refuseStorage(http.StatusForbidden, "SignatureDoesNotMatch")
	}
	if c.request.Header.Get("Authorization") != "" {
		return c.refuseStorage(http.StatusBadRequest, "InvalidArgument")
	}
	if expires, err := strconv.ParseInt(query.Get("X-Amz-Expires"), 10, 64); err != nil || c.now.Unix() > expires {
		return c.refuseStorage(http.StatusForbidden, "AccessDenied")
	}
	content, ok := j.artifacts.content(name)
	if !ok {
		return c.refuseStorage(http.StatusNotFound, "NoSuchKey")
	}
	return c.sendContent(j.artifacts, name, content)
}

func (c *call) refuseStorage(status int, code string) error {
	c.answer.status = status
	c.answer.header.Set("Content-Type", "application/xml")
	c.answer.body = []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>" + code + "</Code></Error>")
	return nil
}
