package gitlabcitest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci"
)

// merge brings a merge request into its target branch, with a commit that starts the pipeline of a push.
func (w *world) merge(mr *mergeRequest, by *user) {
	mr.mergeCommit = w.commit(mr.project, mr.target, fmt.Sprintf("Merge branch '%s' into '%s'", mr.source, mr.target))
	mr.mergeCommit.author = by
	mr.autoMerge, mr.state, mr.mergedBy, mr.mergedAt, mr.updatedAt = nil, gitlabci.MergeRequestMerged, by, w.now, w.now
	// A project without jobs merges all the same.
	_, _ = w.createPipeline(mr.project, pipelineRequest{ref: mr.target, source: gitlabci.PipelineSourcePush, user: by})
}

// setToAutoMerge reports whether it is on a train, or will be.
func (mr *mergeRequest) setToAutoMerge() bool {
	k := mr.project.carOf(mr)
	return mr.autoMerge != nil || k != nil && k.status != gitlabci.MergeTrainMerged
}

// inProgress reports whether its newest pipeline may still end in either way.
func (mr *mergeRequest) inProgress() bool {
	head := mr.headPipeline()
	return head != nil && !head.status.Finished() && head.status != gitlabci.PipelineManual
}

// draft reports whether the title says that it is not to be merged yet.
func (mr *mergeRequest) draft() bool {
	return strings.HasPrefix(mr.title, "Draft:")
}

// detailedStatus says whether it can be merged, and if not, the first thing in the way.
func (mr *mergeRequest) detailedStatus() string {
	head, s := mr.headPipeline(), mr.project.settings
	allowed := head != nil && (head.status == gitlabci.PipelineSuccess ||
		head.status == gitlabci.PipelineSkipped && s.AllowMergeOnSkippedPipeline != nil && *s.AllowMergeOnSkippedPipeline)
	switch {
	case mr.state != gitlabci.MergeRequestOpened:
		return "not_open"
	case s.OnlyAllowMergeIfPipelineSucceeds && mr.inProgress():
		return "ci_still_running"
	case s.OnlyAllowMergeIfPipelineSucceeds && !allowed:
		return "ci_must_pass"
	case mr.draft():
		return "draft_status"
	}
	return "mergeable"
}

// base is the commit at which its branch left the target branch.
func (mr *mergeRequest) base() *commit {
	onTarget := make(map[*commit]bool)
	for k := mr.project.branches[mr.target]; k != nil; k = k.parent {
		onTarget[k] = true
	}
	k := mr.commit
	for k.parent != nil && !onTarget[k] {
		k = k.parent
	}
	return k
}

// ahead is the number of its commits that are not on the target branch. Each changes one file.
func (mr *mergeRequest) ahead() int {
	n := 0
	for k, base := mr.commit, mr.base(); k != base; k = k.parent {
		n++
	}
	return n
}

// headPipeline is the newest pipeline of a merge request, nil where it has none.
func (mr *mergeRequest) headPipeline() *pipeline {
	if pipelines := mr.project.pipelinesOf(mr); len(pipelines) > 0 {
		return pipelines[0]
	}
	return nil
}

// pipelinesOf are the pipelines of a merge request and of its branch, newest first.
func (p *project) pipelinesOf(mr *mergeRequest) []*pipeline {
	return slices.DeleteFunc(newestFirst(p.pipelines), func(candidate *pipeline) bool {
		branch := candidate.ref == mr.source && !candidate.tag
		return candidate.child() || candidate.mergeRequest != mr && !branch
	})
}
