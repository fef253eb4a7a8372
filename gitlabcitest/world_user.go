package gitlabcitest

import (
	"fmt"
	"slices"
	"time"
)

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
	id                  int64
	user                *user
	createdAt, lastUsed time.Time
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
	w.tokens[t.Value] = &token{Token: t, id: int64(len(w.tokens) + 1), user: u, createdAt: w.now}
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

// levels are a user's role as a member of a project itself, and the highest as one of its groups. An administrator may be no member.
func (u *user) levels(p *project) (own, inherited AccessLevel) {
	for _, m := range u.memberships {
		switch {
		case m.path == p.path:
			own = max(own, m.level)
		case within(p.path, m.path):
			inherited = max(inherited, m.level)
		}
	}
	return own, inherited
}

func (w *world) userWithID(id int64) *user {
	if id < 1 || id > int64(len(w.users)) {
		return nil
	}
	return w.users[id-1]
}
