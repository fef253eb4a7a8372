package gitlabcitest

import (
	"fmt"
	"slices"

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
