package gitlabcitest

import (
	"fmt"
	"slices"
	"time"
)

// AccessLevel is a role in a project or group.
type AccessLevel int

// The roles, with GitLab's numbers.
const (
	noAccess   AccessLevel = 0
	Guest      AccessLevel = 10
	Planner    AccessLevel = 15
	Reporter   AccessLevel = 20
	Developer  AccessLevel = 30
	Maintainer AccessLevel = 40
	Owner      AccessLevel = 50
	noOne      AccessLevel = 100 // a least role that nobody has
)

// Membership is a role in one project or group: see [AccessLevel.In].
type Membership struct {
	level AccessLevel
	path  string
}

// In returns the role in the project or group with this full path. A role in a group holds for all that is in it.
func (l AccessLevel) In(path string) Membership {
	return Membership{level: l, path: path}
}

// Token says what a token made by [Server.AddToken] is like. The zero value is a personal access token with scope api.
type Token struct {
	Value     string   // one is made up when empty
	Scopes    []string // api when empty
	OAuth     bool     // for Authorization: Bearer only
	ExpiresAt time.Time
	Revoked   bool
}

type user struct {
	id          int64
	username    string
	name        string
	admin       bool
	memberships []Membership
	createdAt   time.Time
}

type token struct {
	Token
	user *user
}

// AddUser makes a user with these roles, as in Developer.In("group/app"), and returns a token of theirs. A private project in which they
// have no role is not found with it.
func (s *Server) AddUser(username string, roles ...Membership) string {
	defer s.enter()()
	u := s.addUser(username)
	u.memberships = roles
	return s.addToken(u, Token{})
}

// AddRoles gives a user more roles.
func (s *Server) AddRoles(username string, roles ...Membership) {
	defer s.enter()()
	u := s.mustUser(username)
	u.memberships = append(u.memberships, roles...)
}

// AddToken makes another token for a user and gives its value. The administrator is called root.
func (s *Server) AddToken(username string, t Token) string {
	defer s.enter()()
	return s.addToken(s.mustUser(username), t)
}

func (w *world) addUser(username string) *user {
	if w.findUser(username) != nil {
		panic("gitlabcitest: user " + username + " is already there")
	}
	u := &user{id: int64(len(w.users) + 1), username: username, name: username, createdAt: w.now}
	w.users = append(w.users, u)
	return u
}

func (w *world) addToken(u *user, t Token) string {
	if t.Value == "" {
		t.Value = fmt.Sprintf("glpat-%s-%d", u.username, len(w.tokens)+1)
	}
	if len(t.Scopes) == 0 {
		t.Scopes = []string{"api"}
	}
	w.tokens[t.Value] = &token{Token: t, user: u}
	return t.Value
}

func (w *world) findUser(username string) *user {
	if i := slices.IndexFunc(w.users, func(u *user) bool { return u.username == username }); i >= 0 {
		return w.users[i]
	}
	return nil
}

func (w *world) mustUser(username string) *user {
	u := w.findUser(username)
	if u == nil {
		panic("gitlabcitest: no user " + username)
	}
	return u
}

// level is a user's role in a project, the highest of their own and those inherited from groups.
func (u *user) level(path string) AccessLevel {
	switch {
	case u == nil:
		return noAccess
	case u.admin:
		return Owner
	}
	highest := noAccess
	for _, m := range u.memberships {
		if within(path, m.path) {
			highest = max(highest, m.level)
		}
	}
	return highest
}

func (w *world) userWithID(id int64) *user {
	if id < 1 || id > int64(len(w.users)) {
		return nil
	}
	return w.users[id-1]
}
