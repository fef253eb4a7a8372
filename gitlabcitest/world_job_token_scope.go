package gitlabcitest

import (
	"cmp"
	"slices"
)

// maxScopeLinks is how many projects an allowlist may hold.
const maxScopeLinks = 200

// jobTokenScope says from where job tokens reach a project. The zero value, as GitLab's default, lets those of the project itself do so.
type jobTokenScope struct {
	open     bool       // to all job tokens: the allowlist does not count
	projects []*project // the allowlist, without the project itself
	groups   []*group
}

// admits reports whether the job tokens of another project reach this one.
func (s *jobTokenScope) admits(from *project) bool {
	return s.open || slices.Contains(s.projects, from) ||
		slices.ContainsFunc(s.groups, func(g *group) bool { return within(from.path, g.path) })
}

// allowlist are the projects whose job tokens reach this one, itself among them.
func (p *project) allowlist() []*project {
	all := append([]*project{p}, p.jobTokenScope.projects...)
	slices.SortFunc(all, func(a, b *project) int { return cmp.Compare(a.id, b.id) })
	return all
}
