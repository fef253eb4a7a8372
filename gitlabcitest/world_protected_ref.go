package gitlabcitest

import (
	"regexp"
	"slices"
	"strings"
)

// protectedRefs are names of branches and tags that are protected, or wildcards for them.
type protectedRefs struct {
	branches, tags []string
}

// branch reports whether a branch is protected.
func (p *protectedRefs) branch(name string) bool {
	return slices.ContainsFunc(p.branches, func(pattern string) bool { return matchesPattern(pattern, name) })
}

// tag reports whether a tag is protected.
func (p *protectedRefs) tag(name string) bool {
	return slices.ContainsFunc(p.tags, func(pattern string) bool { return matchesPattern(pattern, name) })
}

// of reports whether the ref of a pipeline is protected.
func (p *protectedRefs) of(pl *pipeline) bool {
	if pl.tag {
		return p.tag(pl.ref)
	}
	return p.branch(pl.ref)
}

// matchesPattern reports whether a name is what a pattern says, in which * stands for any text.
func matchesPattern(pattern, name string) bool {
	rule := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
	return regexp.MustCompile(`(?s)\A` + rule + `\z`).MatchString(name)
}
