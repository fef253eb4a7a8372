package gitlabcitest

import (
	"fmt"

	"github.com/gitlabci/gitlabci"
)

// mergeRequestEntity is the part of a merge request that clients need to find its pipelines.
type mergeRequestEntity struct {
	ID           int64                      `json:"id"`
	IID          int64                      `json:"iid"`
	ProjectID    int64                      `json:"project_id"`
	Title        string                     `json:"title"`
	State        gitlabci.MergeRequestState `json:"state"`
	MergeUser    *basicUser                 `json:"merge_user"`
	MergedAt     *string                    `json:"merged_at"`
	MergeCommit  *string                    `json:"merge_commit_sha"`
	SourceBranch string                     `json:"source_branch"`
	TargetBranch string                     `json:"target_branch"`
	SourceID     int64                      `json:"source_project_id"`
	TargetID     int64                      `json:"target_project_id"`
	SHA          string                     `json:"sha"`
	Author       *basicUser                 `json:"author"`
	CreatedAt    *string                    `json:"created_at"`
	UpdatedAt    *string                    `json:"updated_at"`
	WebURL       string                     `json:"web_url"`
	HeadPipeline *basicPipeline             `json:"head_pipeline"`
}

func (c *call) showMergeRequest(p *project, mr *mergeRequest) mergeRequestEntity {
	shown := mergeRequestEntity{
		ID: mr.id, IID: mr.iid, ProjectID: p.id, Title: mr.title, State: mr.state, SourceBranch: mr.source, TargetBranch: mr.target,
		SourceID: p.id, TargetID: p.id,
		SHA: mr.commit.sha, Author: c.showBasicUser(mr.author), CreatedAt: stamp(mr.createdAt), UpdatedAt: stamp(mr.updatedAt),
		MergeUser: c.showBasicUser(mr.mergedBy), MergedAt: stamp(mr.mergedAt), WebURL: c.mergeRequestURL(p, mr),
	}
	if mr.mergeCommit != nil {
		shown.MergeCommit = &mr.mergeCommit.sha
	}
	if head := mr.headPipeline(); head != nil {
		shown.HeadPipeline = new(c.showBasicPipeline(head))
	}
	return shown
}

func (c *call) mergeRequestURL(p *project, mr *mergeRequest) string {
	return fmt.Sprintf("%s/%s/-/merge_requests/%d", c.base(), p.path, mr.iid)
}
