package gitlabcitest

import (
	"fmt"
	"strconv"

	"github.com/gitlabci/gitlabci"
)

// basicMergeRequest is GitLab's entity MergeRequestBasic.
type basicMergeRequest struct {
	ID                          int64                      `json:"id"`
	IID                         int64                      `json:"iid"`
	ProjectID                   int64                      `json:"project_id"`
	Title                       string                     `json:"title"`
	Description                 *string                    `json:"description"`
	State                       gitlabci.MergeRequestState `json:"state"`
	CreatedAt                   *string                    `json:"created_at"`
	UpdatedAt                   *string                    `json:"updated_at"`
	MergedBy                    *basicUser                 `json:"merged_by"`
	MergeUser                   *basicUser                 `json:"merge_user"`
	MergedAt                    *string                    `json:"merged_at"`
	ClosedBy                    *basicUser                 `json:"closed_by"`
	ClosedAt                    *string                    `json:"closed_at"`
	TargetBranch                string                     `json:"target_branch"`
	SourceBranch                string                     `json:"source_branch"`
	UserNotesCount              int64                      `json:"user_notes_count"`
	Upvotes                     int64                      `json:"upvotes"`
	Downvotes                   int64                      `json:"downvotes"`
	Author                      *basicUser                 `json:"author"`
	Assignees                   []*basicUser               `json:"assignees"`
	Assignee                    *basicUser                 `json:"assignee"`
	Reviewers                   []*basicUser               `json:"reviewers"`
	SourceProjectID             int64                      `json:"source_project_id"`
	TargetProjectID             int64                      `json:"target_project_id"`
	Labels                      []string                   `json:"labels"`
	Draft                       bool                       `json:"draft"`
	Imported                    bool                       `json:"imported"`
	ImportedFrom                string                     `json:"imported_from"`
	WorkInProgress              bool                       `json:"work_in_progress"`
	Milestone                   *struct{}                  `json:"milestone"`
	MergeWhenPipelineSucceeds   bool                       `json:"merge_when_pipeline_succeeds"`
	MergeStatus                 string                     `json:"merge_status"`
	DetailedMergeStatus         string                     `json:"detailed_merge_status"`
	MergeAfter                  *string                    `json:"merge_after"`
	SHA                         string                     `json:"sha"`
	MergeCommitSHA              *string                    `json:"merge_commit_sha"`
	SquashCommitSHA             *string                    `json:"squash_commit_sha"`
	DiscussionLocked            *bool                      `json:"discussion_locked"`
	ShouldRemoveSourceBranch    *bool                      `json:"should_remove_source_branch"`
	ForceRemoveSourceBranch     bool                       `json:"force_remove_source_branch"`
	PreparedAt                  *string                    `json:"prepared_at"`
	Reference                   string                     `json:"reference"`
	References                  references                 `json:"references"`
	WebURL                      string                     `json:"web_url"`
	TimeStats                   timeStats                  `json:"time_stats"`
	Squash                      bool                       `json:"squash"`
	SquashOnMerge               bool                       `json:"squash_on_merge"`
	TaskCompletionStatus        taskCompletion             `json:"task_completion_status"`
	HasConflicts                bool                       `json:"has_conflicts"`
	BlockingDiscussionsResolved bool                       `json:"blocking_discussions_resolved"`
	ApprovalsBeforeMerge        *int64                     `json:"approvals_before_merge"`
}

// references are the names of an object: within its project, as seen from the request, and in full.
type references struct {
	Short    string `json:"short"`
	Relative string `json:"relative"`
	Full     string `json:"full"`
}

type timeStats struct {
	TimeEstimate        int64   `json:"time_estimate"`
	TotalTimeSpent      int64   `json:"total_time_spent"`
	HumanTimeEstimate   *string `json:"human_time_estimate"`
	HumanTotalTimeSpent *string `json:"human_total_time_spent"`
}

type taskCompletion struct {
	Count          int64 `json:"count"`
	CompletedCount int64 `json:"completed_count"`
}

// fullMergeRequest is GitLab's entity MergeRequest.
type fullMergeRequest struct {
	basicMergeRequest
	Subscribed                  bool             `json:"subscribed"`
	ChangesCount                string           `json:"changes_count"`
	LatestBuildStartedAt        *string          `json:"latest_build_started_at"`
	LatestBuildFinishedAt       *string          `json:"latest_build_finished_at"`
	FirstDeployedToProductionAt *string          `json:"first_deployed_to_production_at"`
	Pipeline                    *basicPipeline   `json:"pipeline"` // the newest one of its head
	HeadPipeline                *fullPipeline    `json:"head_pipeline"`
	DiffRefs                    diffRefs         `json:"diff_refs"`
	MergeError                  *string          `json:"merge_error"`
	User                        mergeRequestUser `json:"user"`
}

type diffRefs struct {
	BaseSHA  string `json:"base_sha"`
	HeadSHA  string `json:"head_sha"`
	StartSHA string `json:"start_sha"`
}

type mergeRequestUser struct {
	CanMerge bool `json:"can_merge"`
}

func (c *call) showBasicMergeRequest(mr *mergeRequest) basicMergeRequest {
	p, short := mr.project, fmt.Sprintf("!%d", mr.iid)
	shown := basicMergeRequest{
		ID: mr.id, IID: mr.iid, ProjectID: p.id, Title: mr.title, State: mr.state, CreatedAt: stamp(mr.createdAt), UpdatedAt: stamp(mr.updatedAt),
		MergedBy: c.showBasicUser(mr.mergedBy), MergeUser: c.showBasicUser(mr.mergedBy), MergedAt: stamp(mr.mergedAt),
		TargetBranch: mr.target, SourceBranch: mr.source, SourceProjectID: p.id, TargetProjectID: p.id,
		Author: c.showBasicUser(mr.author), Assignees: []*basicUser{}, Reviewers: []*basicUser{}, Labels: []string{},
		Draft: mr.draft(), WorkInProgress: mr.draft(), ImportedFrom: "none", MergeWhenPipelineSucceeds: mr.autoMerge != nil,
		MergeStatus: "can_be_merged", DetailedMergeStatus: mr.detailedStatus(), SHA: mr.commit.sha, PreparedAt: stamp(mr.createdAt),
		Reference: short, References: references{short, short, p.path + short}, WebURL: c.mergeRequestURL(p, mr), BlockingDiscussionsResolved: true,
	}
	if mr.mergeCommit != nil {
		shown.MergeCommitSHA = &mr.mergeCommit.sha
	}
	return shown
}

func (c *call) showMergeRequest(mr *mergeRequest) fullMergeRequest {
	base := mr.base().sha
	shown := fullMergeRequest{
		basicMergeRequest: c.showBasicMergeRequest(mr), Subscribed: c.user != nil && c.user == mr.author, ChangesCount: strconv.Itoa(mr.ahead()),
		DiffRefs: diffRefs{base, mr.commit.sha, base}, User: mergeRequestUser{c.role(mr.project.path) >= Developer},
	}
	if head := mr.headPipeline(); head != nil {
		shown.LatestBuildStartedAt, shown.LatestBuildFinishedAt = stamp(head.startedAt), stamp(head.finishedAt)
		shown.Pipeline, shown.HeadPipeline = new(c.showBasicPipeline(head)), new(c.showPipeline(head))
	}
	return shown
}

func (c *call) mergeRequestURL(p *project, mr *mergeRequest) string {
	return fmt.Sprintf("%s/%s/-/merge_requests/%d", c.base(), p.path, mr.iid)
}
