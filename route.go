package gitlabci

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// checkPath refuses what would leave the API, and what net/url would escape again, and otherwise than it was meant.
func checkPath(path string) error {
	plain, err := url.PathUnescape(path)
	if err != nil || (&url.URL{Path: plain, RawPath: path}).EscapedPath() != path {
		return fmt.Errorf("path %q is not escaped", path)
	}
	for piece := range strings.SplitSeq(plain[1:], "/") {
		if piece == "" || piece == "." || piece == ".." {
			return fmt.Errorf("path %q holds an empty, \".\" or \"..\" part", path)
		}
	}
	return nil
}

// A part fills one placeholder of a route.
type part struct {
	kind partKind
	what string // what it is, for error messages
	id   int64
	text string
}

type partKind int

const (
	nothing    partKind = iota // of the zero Project and Group
	decimal                    // an id
	segment                    // text that becomes one segment, whatever it holds
	segments                   // a file path, whose slashes stay
	numberless                 // a project named by its path where GitLab wants its id
)

// path is what fills the placeholders of a route, in order.
type path []part

func number(what string, id int64) part { return part{decimal, what, id, ""} }
func name(what, text string) part       { return part{segment, what, 0, text} }
func filePath(what, text string) part   { return part{segments, what, 0, text} }

func (p part) String() string {
	if p.kind == decimal {
		return strconv.FormatInt(p.id, 10)
	}
	return p.text
}

// escaped is the part as it goes into a URL, and nothing where it cannot.
func (p part) escaped() string {
	text, err := p.appendTo(nil)
	if err != nil {
		return ""
	}
	return string(text)
}

// appendTo writes the part as it goes into a URL.
func (p part) appendTo(url []byte) ([]byte, error) {
	switch {
	case p.kind == nothing:
		what := p.what
		if what == "" {
			what = "project or group"
		}
		return nil, fmt.Errorf("no %s is named", what)
	case p.kind == numberless:
		return nil, fmt.Errorf("GitLab takes no path here: name the project %q with ProjectID", p.what)
	case p.kind == decimal && p.id < 1:
		return nil, fmt.Errorf("%s %d is below 1", p.what, p.id)
	case p.kind == decimal:
		return strconv.AppendInt(url, p.id, 10), nil
	}
	return p.appendText(url)
}

// appendText escapes text. Even where its slashes are escaped it must not climb: proxies have been seen to resolve %2F.. as well.
func (p part) appendText(to []byte) ([]byte, error) {
	start := len(to)
	for piece := range strings.SplitSeq(p.text, "/") {
		switch piece {
		case "", ".", "..":
			return nil, fmt.Errorf("%s %q holds an empty, \".\" or \"..\" part", p.what, p.text)
		}
		if len(to) > start && p.kind == segments {
			to = append(to, '/')
		} else if len(to) > start {
			to = append(to, "%2F"...)
		}
		to = append(to, url.PathEscape(piece)...)
	}
	return to, nil
}

// check says what is wrong with a part that goes into a body.
func (p part) check() error {
	_, err := p.appendTo(nil)
	return err
}

var errNoRoute = errors.New("the instance has none of these: name a project or a group")

// expand fills the placeholders of a route, as in "/projects/:id/jobs/:job_id".
func (parts path) expand(route string) (string, error) {
	if route == "" {
		return "", errNoRoute
	}
	url := make([]byte, 0, len(route)+32)
	for len(route) > 0 {
		mark := strings.IndexAny(route, ":*")
		if mark < 0 {
			break
		}
		url = append(url, route[:mark]...)
		route = route[mark:]
		end := strings.IndexByte(route, '/')
		if end < 0 {
			end = len(route)
		}
		route = route[end:]
		var err error
		url, err = parts[0].appendTo(url)
		if err != nil {
			return "", err
		}
		parts = parts[1:]
	}
	return string(append(url, route...)), nil
}
