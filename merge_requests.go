package gitlabci

import "time"

// A MergeRequest is one that a deployment brought along, or that rides on a merge train; of the latter GitLab tells what stands before
// TargetBranch, and WebURL.
type MergeRequest struct {
	ID          int64             `json:"id"`
	IID         int64             `json:"iid"` // counted per project
	ProjectID   int64             `json:"project_id"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	State       MergeRequestState `json:"state"`
	CreatedAt   time.Time         `json:"created_at,omitzero"`
	UpdatedAt   time.Time         `json:"updated_at,omitzero"`

	TargetBranch    string      `json:"target_branch"`
	SourceBranch    string      `json:"source_branch"`
	TargetProjectID int64       `json:"target_project_id"`
	SourceProjectID int64       `json:"source_project_id"` // 0 where it is gone
	Author          UserBasic   `json:"author"`
	Assignees       []UserBasic `json:"assignees"`
	Assignee        *UserBasic  `json:"assignee,omitzero"` // deprecated by GitLab for Assignees
	Reviewers       []UserBasic `json:"reviewers"`
	MergeUser       *UserBasic  `json:"merge_user,omitzero"` // who merged it, or set it to merge; nil if nobody
	MergedBy        *UserBasic  `json:"merged_by,omitzero"`  // deprecated by GitLab for MergeUser
	MergedAt        time.Time   `json:"merged_at,omitzero"`
	ClosedBy        *UserBasic  `json:"closed_by,omitzero"` // nil if nobody
	ClosedAt        time.Time   `json:"closed_at,omitzero"`
	PreparedAt      time.Time   `json:"prepared_at,omitzero"`
	MergeAfter      time.Time   `json:"merge_after,omitzero"`

	SHA             string `json:"sha"` // the head of the source branch
	MergeCommitSHA  string `json:"merge_commit_sha"`
	SquashCommitSHA string `json:"squash_commit_sha"`

	Labels                      []string             `json:"labels"`
	Milestone                   *Milestone           `json:"milestone,omitzero"` // nil for none
	Draft                       bool                 `json:"draft"`
	WorkInProgress              bool                 `json:"work_in_progress"` // deprecated by GitLab for Draft
	MergeWhenPipelineSucceeds   bool                 `json:"merge_when_pipeline_succeeds"`
	MergeStatus                 string               `json:"merge_status"`          // deprecated by GitLab for DetailedMergeStatus
	DetailedMergeStatus         string               `json:"detailed_merge_status"` // mergeable, ci_still_running, conflict, ...
	HasConflicts                bool                 `json:"has_conflicts"`
	BlockingDiscussionsResolved bool                 `json:"blocking_discussions_resolved"`
	DiscussionLocked            bool                 `json:"discussion_locked"`
	ShouldRemoveSourceBranch    bool                 `json:"should_remove_source_branch"`
	ForceRemoveSourceBranch     bool                 `json:"force_remove_source_branch"`
	AllowCollaboration          bool                 `json:"allow_collaboration"`
	AllowMaintainerToPush       bool                 `json:"allow_maintainer_to_push"` // deprecated by GitLab for AllowCollaboration
	Squash                      bool                 `json:"squash"`
	SquashOnMerge               bool                 `json:"squash_on_merge"`
	ApprovalsBeforeMerge        int                  `json:"approvals_before_merge"` // of older versions
	UserNotesCount              int                  `json:"user_notes_count"`
	Upvotes                     int                  `json:"upvotes"`
	Downvotes                   int                  `json:"downvotes"`
	Imported                    bool                 `json:"imported"`
	ImportedFrom                string               `json:"imported_from"`
	Reference                   string               `json:"reference"` // deprecated by GitLab for References
	References                  References           `json:"references"`
	WebURL                      string               `json:"web_url"`
	TimeStats                   TimeStats            `json:"time_stats"`
	TaskCompletionStatus        TaskCompletionStatus `json:"task_completion_status"`
}

func (m *MergeRequest) identity() identity { return byID(m.ID) }

// Milestone is what a merge request is planned for.
type Milestone struct {
	ID          int64     `json:"id"`
	IID         int64     `json:"iid"`
	ProjectID   int64     `json:"project_id"` // 0 for one of a group
	GroupID     int64     `json:"group_id"`   // 0 for one of a project
	Title       string    `json:"title"`
	Description string    `json:"description"`
	State       string    `json:"state"` // active or closed
	CreatedAt   time.Time `json:"created_at,omitzero"`
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
	StartDate   string    `json:"start_date"` // as in 2026-01-31
	DueDate     string    `json:"due_date"`   // as in 2026-01-31
	Expired     bool      `json:"expired"`
	WebURL      string    `json:"web_url"`
}

// References are the ways to refer to a merge request.
type References struct {
	Short    string `json:"short"`    // in its own project, as in "!8"
	Relative string `json:"relative"` // in its own group
	Full     string `json:"full"`     // anywhere, as in "group/app!8"
}

// TimeStats is the time planned for and spent on a merge request.
type TimeStats struct {
	TimeEstimate        Seconds `json:"time_estimate"`
	TotalTimeSpent      Seconds `json:"total_time_spent"`
	HumanTimeEstimate   string  `json:"human_time_estimate"` // as in "2h 30m"
	HumanTotalTimeSpent string  `json:"human_total_time_spent"`
}

// TaskCompletionStatus is how many tasks of a description are done.
type TaskCompletionStatus struct {
	Count          int `json:"count"`
	CompletedCount int `json:"completed_count"`
}

// MergeRequestState is the state of a merge request.
type MergeRequestState string

// States of a merge request.
const (
	MergeRequestOpened MergeRequestState = "opened"
	MergeRequestClosed MergeRequestState = "closed"
	MergeRequestLocked MergeRequestState = "locked" // just being merged
	MergeRequestMerged MergeRequestState = "merged"
	MergeRequestAll    MergeRequestState = "all" // as a filter
)

// MergeRequestOrder is what a list of merge requests is ordered by.
type MergeRequestOrder string

// Orders of a list of merge requests.
const (
	MergeRequestOrderCreatedAt     MergeRequestOrder = "created_at"
	MergeRequestOrderUpdatedAt     MergeRequestOrder = "updated_at"
	MergeRequestOrderMergedAt      MergeRequestOrder = "merged_at"
	MergeRequestOrderTitle         MergeRequestOrder = "title"
	MergeRequestOrderPriority      MergeRequestOrder = "priority"
	MergeRequestOrderLabelPriority MergeRequestOrder = "label_priority"
	MergeRequestOrderMilestoneDue  MergeRequestOrder = "milestone_due"
	MergeRequestOrderPopularity    MergeRequestOrder = "popularity"
)

// MergeRequestScope chooses merge requests by what the caller has to do with them.
type MergeRequestScope string

// Scopes of a list of merge requests.
const (
	MergeRequestScopeCreatedByMe  MergeRequestScope = "created_by_me"
	MergeRequestScopeAssignedToMe MergeRequestScope = "assigned_to_me"
	MergeRequestScopeReviewsForMe MergeRequestScope = "reviews_for_me"
	MergeRequestScopeAll          MergeRequestScope = "all"
)

// MergeRequestView is how much is told of each merge request.
type MergeRequestView string

// MergeRequestViewSimple tells the id, the title, the state and the address alone.
const MergeRequestViewSimple MergeRequestView = "simple"

// ListMergeRequestsOptions say which merge requests to list. A zero field leaves none out.
type ListMergeRequestsOptions struct {
	ListOptions
	MergeRequestFilter
	State                  MergeRequestState   `url:"state,omitempty"`
	Scope                  MergeRequestScope   `url:"scope,omitempty"`
	SourceBranch           string              `url:"source_branch,omitempty"`
	SourceProjectID        int64               `url:"source_project_id,omitempty"`
	TargetBranch           string              `url:"target_branch,omitempty"`
	Search                 string              `url:"search,omitempty"`
	In                     string              `url:"in,omitempty"` // where to search: title, description or both, as in "title,description"
	Draft                  *bool               `url:"draft,omitempty"`
	WIP                    string              `url:"wip,omitempty"` // yes or no; deprecated by GitLab for Draft
	ApproverIDs            []int64             `url:"approver_ids,omitempty,brackets"`
	ApprovedByIDs          []int64             `url:"approved_by_ids,omitempty,brackets"`
	MergeUserID            int64               `url:"merge_user_id,omitempty"`
	MergeUserUsername      string              `url:"merge_user_username,omitempty"`
	Environment            string              `url:"environment,omitempty"` // those deployed to it
	DeployedAfter          time.Time           `url:"deployed_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	DeployedBefore         time.Time           `url:"deployed_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	MergedAfter            time.Time           `url:"merged_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	MergedBefore           time.Time           `url:"merged_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	UpdatedAfter           time.Time           `url:"updated_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	UpdatedBefore          time.Time           `url:"updated_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	CreatedAfter           time.Time           `url:"created_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	CreatedBefore          time.Time           `url:"created_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	WithMergeStatusRecheck *bool               `url:"with_merge_status_recheck,omitempty"` // let GitLab look anew, later, whether they can be merged
	View                   MergeRequestView    `url:"view,omitempty"`
	OrderBy                MergeRequestOrder   `url:"order_by,omitempty"` // by creation if empty
	Sort                   Sort                `url:"sort,omitempty"`     // descending if empty
	Not                    *MergeRequestFilter `url:"not,omitempty"`      // leave out those that match any of these
}

// MergeRequestFilter chooses merge requests by who and what is attached to them. "None" and "Any" are values of AssigneeID, ReviewerID,
// Labels, Milestone and MyReactionEmoji, too.
type MergeRequestFilter struct {
	AuthorID         int64    `url:"author_id,omitempty"`
	AuthorUsername   string   `url:"author_username,omitempty"`
	AssigneeID       string   `url:"assignee_id,omitempty"`
	AssigneeUsername []string `url:"assignee_username,omitempty,brackets"`
	ReviewerID       string   `url:"reviewer_id,omitempty"`
	ReviewerUsername string   `url:"reviewer_username,omitempty"`
	Labels           []string `url:"labels,omitempty,comma"` // with all of these
	Milestone        string   `url:"milestone,omitempty"`
	MyReactionEmoji  string   `url:"my_reaction_emoji,omitempty"`
}
