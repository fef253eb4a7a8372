package gitlabcitest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

// zeroSHA stands for the state before a ref's first commit.
const zeroSHA = "0000000000000000000000000000000000000000"

// minSHA is how many digits of a SHA stand for all of it.
const minSHA = 7

type commit struct {
	sha       string
	parent    *commit // nil for the first one
	message   string
	author    *user
	createdAt time.Time
}

func (c *commit) parentSHA() string {
	if c.parent == nil {
		return zeroSHA
	}
	return c.parent.sha
}

func (c *commit) parentSHAs() []string {
	if c.parent == nil {
		return nil
	}
	return []string{c.parent.sha}
}

// commit adds a commit to a branch, a new one starting at the default branch.
func (w *world) commit(p *project, branch, message string) *commit {
	w.commits++
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d", p.path, w.commits))
	parent := p.branches[branch]
	if parent == nil {
		parent = p.branches[p.defaultBranch]
	}
	added := &commit{sha: hex.EncodeToString(sum[:]), parent: parent, message: message, author: w.root(), createdAt: w.now}
	p.commits[added.sha] = added
	p.branches[branch] = added
	return added
}

// reference is a branch or tag.
type reference struct {
	name   string // short
	tag    bool
	commit *commit
}

// reference finds a ref by its short or full name.
func (p *project) reference(name string) (reference, bool) {
	if short, ok := strings.CutPrefix(name, "refs/tags/"); ok {
		return reference{short, true, p.tags[short]}, p.tags[short] != nil
	}
	short := strings.TrimPrefix(name, "refs/heads/")
	if c, ok := p.branches[short]; ok {
		return reference{short, false, c}, true
	}
	c, ok := p.tags[name]
	return reference{name, true, c}, ok
}

// revision finds a commit by its SHA, in full or its first digits, or by a ref.
func (p *project) revision(name string) *commit {
	if ref, ok := p.reference(name); ok {
		return ref.commit
	}
	if len(name) >= minSHA {
		for sha, k := range p.commits {
			if strings.HasPrefix(sha, name) {
				return k
			}
		}
	}
	return nil
}

// branchNames are the names of all branches, sorted.
func (p *project) branchNames() []string {
	return slices.Sorted(maps.Keys(p.branches))
}

type mergeRequest struct {
	id, iid      int64
	project      *project
	title        string
	state        gitlabci.MergeRequestState
	source       string
	target       string
	commit       *commit
	author       *user
	pipelineHead string

	autoMerge   *user // who asked to add it to a merge train once its pipeline succeeded
	mergedBy    *user
	mergeCommit *commit

	createdAt, updatedAt, mergedAt time.Time
}

// addMergeRequest opens a merge request of a branch into the default one. The branch is made when it is not there.
func (w *world) addMergeRequest(p *project, branch string) *mergeRequest {
	head, ok := p.branches[branch]
	if !ok {
		head = w.commit(p, branch, "Add "+branch)
	}
	w.mergeRequestIDs++
	iid := int64(len(p.mergeRequests) + 1)
	mr := &mergeRequest{
		id: w.mergeRequestIDs, iid: iid, project: p, title: "Add " + branch, state: gitlabci.MergeRequestOpened,
		source: branch, target: p.defaultBranch, commit: head, author: w.root(), createdAt: w.now, updatedAt: w.now, pipelineHead: fmt.Sprintf("refs/merge-requests/%d/head", iid),
	}
	p.mergeRequests = append(p.mergeRequests, mr)
	return mr
}

// push adds a commit to a branch and starts the pipeline that a push starts, where there is one to start.
func (w *world) push(p *project, branch string) *commit {
	added := w.commit(p, branch, "Change something")
	for _, mr := range p.mergeRequests {
		if mr.source == branch && mr.state == gitlabci.MergeRequestOpened {
			mr.commit = added
		}
	}
	w.pushed(p, branch)
	// A push to a project without jobs is a push all the same.
	_, _ = w.createPipeline(p, pipelineRequest{ref: branch, source: gitlabci.PipelineSourcePush, user: w.root()})
	return added
}
