package gitlabcitest

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

// annotation is what an annotated tag holds besides its commit.
type annotation struct {
	sha, message string
	createdAt    time.Time
}

// createTag tags what a branch, tag or SHA names and starts the pipeline of that push, where there is one to start. A message makes the tag an
// annotated one.
func (w *world) createTag(p *project, name, target, message string, by *user) error {
	tagged := p.revision(target)
	switch {
	case strings.ContainsAny(name, " ~^:?*[\\") || strings.HasPrefix(name, "-") || strings.HasSuffix(name, "/"):
		return refuse("Tag name invalid")
	case p.tags[name] != nil:
		return refuse("Tag " + name + " already exists")
	case tagged == nil:
		return refuse("Target " + target + " is invalid")
	}
	p.tags[name] = tagged
	if message != "" {
		sum := sha1.Sum(fmt.Appendf(nil, "%s tag %s", p.path, name))
		p.annotations[name] = annotation{hex.EncodeToString(sum[:]), message, w.now}
	}
	// A tag of a project without jobs is a tag all the same.
	_, _ = w.createPipeline(p, pipelineRequest{ref: "refs/tags/" + name, source: gitlabci.PipelineSourcePush, user: by})
	return nil
}

// updatedAt is when a tag was made, or else its commit.
func (p *project) updatedAt(tag string) time.Time {
	if a, ok := p.annotations[tag]; ok {
		return a.createdAt
	}
	return p.tags[tag].createdAt
}

// tagNames are the names of all tags in an order that GitLab has for them: name, updated or version, ascending.
func (p *project) tagNames(order gitlabci.TagOrder) []string {
	return slices.SortedFunc(maps.Keys(p.tags), func(a, b string) int {
		switch order {
		case gitlabci.TagOrderUpdated:
			return cmp.Or(p.updatedAt(a).Compare(p.updatedAt(b)), strings.Compare(a, b))
		case gitlabci.TagOrderVersion:
			return cmp.Or(slices.Compare(versionNumbers(a), versionNumbers(b)), strings.Compare(a, b))
		}
		return strings.Compare(a, b)
	})
}

// versionNumbers are the numbers in the name of a tag, as in v1.10.0.
func versionNumbers(name string) []int {
	var numbers []int
	for _, digits := range strings.FieldsFunc(name, func(r rune) bool { return r < '0' || r > '9' }) {
		n := 0
		_, _ = fmt.Sscan(digits, &n) // what is too large for a number is none of a version
		numbers = append(numbers, n)
	}
	return numbers
}
