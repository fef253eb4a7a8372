package gitlabci

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// A Scope is where variables and registration tokens belong: a [Project], a [Group] or [Instance].
type Scope interface {
	level() level
	path(parts ...part) path
}

type level int

const (
	projectLevel level = iota
	groupLevel
	instanceLevel
)

// A Project names a project, by id or by path. The zero value names none and is refused with [ErrInvalidArgument].
type Project struct{ name part }

// ProjectID names a project by its numeric id.
func ProjectID(id int64) Project { return Project{number("project id", id)} }

// ProjectPath names a project by its full path, as in "group/subgroup/app". The path is escaped when it is sent: give it as it is.
func ProjectPath(path string) Project { return Project{name("project path", path)} }

// String gives the path or the id.
func (p Project) String() string { return p.name.String() }

// byID is the project for the few calls that take no path.
func (p Project) byID() part {
	if p.name.kind == segment {
		return part{kind: numberless, what: p.name.text}
	}
	return p.name
}

// A Group names a group, by id or by path. The zero value names none and is refused with [ErrInvalidArgument].
type Group struct{ name part }

// GroupID names a group by its numeric id.
func GroupID(id int64) Group { return Group{number("group id", id)} }

// GroupPath names a group by its full path, as in "group/subgroup".
func GroupPath(path string) Group { return Group{name("group path", path)} }

// String gives the path or the id.
func (g Group) String() string { return g.name.String() }

// Instance is the whole GitLab instance, as a [Scope].
const Instance instance = 0

type instance int

// String gives "instance".
func (instance) String() string { return "instance" }

func (Project) level() level  { return projectLevel }
func (Group) level() level    { return groupLevel }
func (instance) level() level { return instanceLevel }

func (p Project) path(parts ...part) path { return append(path{p.name}, parts...) }
func (g Group) path(parts ...part) path   { return append(path{g.name}, parts...) }
func (instance) path(parts ...part) path  { return parts }

// scopeLevel is the level of a scope that may be nil.
func scopeLevel(s Scope) level {
	if s == nil {
		return projectLevel // the path refuses it
	}
	return s.level()
}

// scopePath is the path in a scope that may be nil.
func scopePath(s Scope, parts ...part) path {
	if s == nil {
		return path{part{what: "scope"}}
	}
	return s.path(parts...)
}

// scoped is one operation in each of the places that have it. Where the instance does not, its route is empty.
type scoped [instanceLevel + 1]*operation

func scopedOperation(name, method string, failure error, repeatable bool, project, group, instance string) scoped {
	return scoped{
		{name, method, project, failure, repeatable, ""},
		{name, method, group, failure, repeatable, ""},
		{name, method, instance, failure, repeatable, ""},
	}
}

// in is the operation in a scope.
func (ops scoped) in(scope Scope) *operation { return ops[scopeLevel(scope)] }

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
		if end := strings.IndexByte(route, '/'); end >= 0 {
			route = route[end:]
		} else {
			route = ""
		}
		var err error
		if url, err = parts[0].appendTo(url); err != nil {
			return "", err
		}
		parts = parts[1:]
	}
	return string(append(url, route...)), nil
}
