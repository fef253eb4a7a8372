package gitlabci

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

// ProjectPath names a project by its full path, as in "group/subgroup/app". The path is escaped when it is sent: pass it as it is.
func ProjectPath(path string) Project { return Project{name("project path", path)} }

// String returns the path or the id.
func (p Project) String() string { return p.name.String() }

// Escaped returns the id, or the path as one part of a URL, for [Client.Do] and [List]; the empty string for the zero Project.
func (p Project) Escaped() string { return p.name.escaped() }

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

// String returns the path or the id.
func (g Group) String() string { return g.name.String() }

// Escaped returns the id, or the path as one part of a URL, for [Client.Do] and [List]; the empty string for the zero Group.
func (g Group) Escaped() string { return g.name.escaped() }

// Instance is the whole GitLab instance, as a [Scope].
const Instance instance = 0

type instance int

// String returns "instance".
func (instance) String() string { return "instance" }

func (Project) level() level              { return projectLevel }
func (Group) level() level                { return groupLevel }
func (instance) level() level             { return instanceLevel }
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
