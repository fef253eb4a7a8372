package gitlabcitest

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	storagePath = "/object-storage/"
	signedFor   = 10 * time.Minute
)

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

// plainName is a file name that needs no more than quotes.
var plainName = regexp.MustCompile(`^[ !#-\[\]-~]*$`)

// attachment is the Content-Disposition of a file, whose name GitLab quotes also where it need not.
func attachment(name string) string {
	if plainName.MatchString(name) {
		return `attachment; filename="` + name + `"`
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}

// sendContent serves ranges too, as the web server in front of a real GitLab does.
func (c *call) sendContent(a *artifacts, name string, content []byte) error {
	header := c.answer.header
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Disposition", attachment(name))
	header.Set("Content-Transfer-Encoding", "binary")
	header.Set("ETag", strconv.Quote(strconv.FormatInt(a.createdAt.UnixNano(), 36)+"-"+strconv.Itoa(len(content))))
	return c.serveContent(content, a.createdAt)
}
