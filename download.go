package gitlabci

import (
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Download is a file as it comes from GitLab. Read it, then close it; an error of reading is an [*Error].
type Download struct {
	io.ReadCloser
	Size        int64  // in bytes; -1 if GitLab does not say
	Filename    string // as GitLab names it, without a directory; empty if it sends none that is safe
	ContentType string
}

// newDownload is what an answer holds. What goes wrong on the way failed makes the call's error of, and undecodable what is wrong in itself.
func newDownload(resp *http.Response, failed, undecodable func(error) *Error) *Download {
	_, disposition, _ := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	body := &downloadBody{resp, failed, undecodable}
	return &Download{body, resp.ContentLength, safeFilename(disposition["filename"]), resp.Header.Get("Content-Type")}
}

// safeFilename is a filename without a directory; empty if it is not safe to use.
func safeFilename(filename string) string {
	filename = filename[strings.LastIndexAny(filename, `/\`)+1:]
	if filename == "." || filename == ".." || strings.ContainsFunc(filename, notInFilenames) {
		return ""
	}
	return filename
}

// notInFilenames is what chooses another drive, or does something to a terminal.
func notInFilenames(r rune) bool { return r == ':' || r == utf8.RuneError || !unicode.IsGraphic(r) }

// downloadBody makes an *Error of what goes wrong on the way.
type downloadBody struct {
	response            *http.Response
	failed, undecodable func(error) *Error
}

func (b *downloadBody) Read(p []byte) (int, error) {
	n, err := b.response.Body.Read(p)
	if err != nil && err != io.EOF {
		err = b.failed(err)
	}
	return n, err
}

func (b *downloadBody) Close() error { return b.response.Body.Close() }
