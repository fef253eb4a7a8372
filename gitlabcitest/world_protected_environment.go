package gitlabcitest

import (
	"slices"
	"strings"
)

// protectedEnvironment says who may deploy to an environment of a project, or to those of a tier in a group, and who has to approve.
type protectedEnvironment struct {
	name   string // in a group the tier
	owner  string // full path of the project or group
	levels []*grantee
	rules  []*grantee
}

// grantee is somebody who may deploy or approve: a role, a user or the members of a group.
type grantee struct {
	id        int64
	role      AccessLevel
	user      *user
	group     *group
	inherited bool  // members of the groups above count too
	required  int64 // approvals, of a rule
}

// includes reports whether somebody is meant. Administrators always are.
func (g *grantee) includes(u *user, owner string) bool {
	switch {
	case u == nil:
		return false
	case u.admin:
		return true
	case g.user != nil:
		return g.user == u
	case g.group != nil && g.inherited:
		return u.level(g.group.path) > noAccess
	case g.group != nil:
		return slices.ContainsFunc(u.memberships, func(m Membership) bool { return m.path == g.group.path })
	}
	return u.level(owner) >= g.role
}

// name is what GitLab calls somebody who is meant. For reporters and administrators it has no word.
func (g *grantee) name() string {
	switch {
	case g.user != nil:
		return g.user.name
	case g.group != nil:
		return g.group.name
	}
	return map[AccessLevel]string{Developer: "Developers + Maintainers", Maintainer: "Maintainers"}[g.role]
}

// admits reports whether somebody may deploy.
func (p *protectedEnvironment) admits(u *user) bool {
	return slices.ContainsFunc(p.levels, func(g *grantee) bool { return g.includes(u, p.owner) })
}

func protectionNamed(all []*protectedEnvironment, name string) *protectedEnvironment {
	if i := slices.IndexFunc(all, func(p *protectedEnvironment) bool { return p.name == name }); i >= 0 {
		return all[i]
	}
	return nil
}

// protections are what the environment is protected by: its own in the project, and that of its tier in each group above.
func (e *environment) protections() []*protectedEnvironment {
	var found []*protectedEnvironment
	if own := protectionNamed(e.project.protections, e.name); own != nil {
		found = append(found, own)
	}
	for g := e.project.group; g != nil; g = g.parent {
		if ofTier := protectionNamed(g.protections, string(e.tier)); ofTier != nil {
			found = append(found, ofTier)
		}
	}
	return found
}

// protectedFrom reports whether one of the protections keeps somebody from deploying.
func (e *environment) protectedFrom(u *user) bool {
	return slices.ContainsFunc(e.protections(), func(p *protectedEnvironment) bool { return !p.admits(u) })
}

// protectedFrom reports whether the job's environment is protected from somebody.
func (j *job) protectedFrom(u *user) bool {
	return j.environment != nil && j.environment.protectedFrom(u)
}

// guarded reports whether the job's environment is protected at all.
func (j *job) guarded() bool {
	return j.environment != nil && len(j.environment.protections()) > 0
}

// boundRule is an approval rule with the path by which roles count.
type boundRule struct {
	*grantee
	owner string
}

// rules are the approval rules of all protections.
func (e *environment) rules() []boundRule {
	var rules []boundRule
	for _, p := range e.protections() {
		for _, rule := range p.rules {
			rules = append(rules, boundRule{rule, p.owner})
		}
	}
	return rules
}

// needsApproval reports whether deployments to the environment have to be approved. There may be no environment.
func (e *environment) needsApproval() bool {
	return e != nil && len(e.rules()) > 0
}

// ruleFor is the first rule by which somebody may approve, of those whose name contains a text.
func (e *environment) ruleFor(u *user, name string) *grantee {
	for _, rule := range e.rules() {
		if rule.includes(u, rule.owner) && strings.Contains(rule.name(), name) {
			return rule.grantee
		}
	}
	return nil
}
