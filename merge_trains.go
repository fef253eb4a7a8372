package gitlabci

import (
	"context"
	"net/http"
	"time"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// MergeTrainsService manages merge trains, which merge one merge request after the other, each tested together with those before it. It needs
// GitLab Premium.
//
// GitLab docs: https://docs.gitlab.com/api/merge_trains/
type MergeTrainsService service

// A MergeTrainCar is a merge request on a merge train.
type MergeTrainCar struct {
	ID           int64            `json:"id"`
	MergeRequest MergeRequest     `json:"merge_request"`     // in short
	User         UserBasic        `json:"user"`              // who added it
	Pipeline     *PipelineBasic   `json:"pipeline,omitzero"` // nil before there is one
	CreatedAt    time.Time        `json:"created_at,omitzero"`
	UpdatedAt    time.Time        `json:"updated_at,omitzero"`
	TargetBranch string           `json:"target_branch"`
	Status       MergeTrainStatus `json:"status"`
	MergedAt     time.Time        `json:"merged_at,omitzero"` // zero until then
	Duration     Seconds          `json:"duration"`           // from being added to being merged; 0 until then
}

func (c *MergeTrainCar) identity() identity { return byID(c.ID) }

// MergeTrainStatus is the state of a merge request on a train.
type MergeTrainStatus string

// States of a merge request on a train.
const (
	MergeTrainIdle       MergeTrainStatus = "idle"  // has no pipeline yet
	MergeTrainFresh      MergeTrainStatus = "fresh" // its pipeline runs with all that is before it
	MergeTrainStale      MergeTrainStatus = "stale" // something before it changed: it needs a new pipeline
	MergeTrainMerging    MergeTrainStatus = "merging"
	MergeTrainMerged     MergeTrainStatus = "merged"
	MergeTrainSkipMerged MergeTrainStatus = "skip_merged" // was merged past the train
)

// MergeTrainScope chooses merge requests of a train.
type MergeTrainScope string

// Scopes of a list of merge requests on a train.
const (
	MergeTrainScopeActive   MergeTrainScope = "active"
	MergeTrainScopeComplete MergeTrainScope = "complete" // merged
)

// ListMergeTrainsOptions say which merge requests on trains to list. A zero field leaves none out.
type ListMergeTrainsOptions struct {
	ListOptions
	Scope MergeTrainScope `url:"scope,omitempty"`
	Sort  Sort            `url:"sort,omitempty"` // descending if empty
}

// AddToMergeTrainOptions say how to add a merge request to a train.
type AddToMergeTrainOptions struct {
	AutoMerge            *bool  `json:"auto_merge,omitzero"` // add it once its checks pass; at once if nil
	SHA                  string `json:"sha,omitzero"`        // add it only if that is the head of its branch
	Squash               *bool  `json:"squash,omitzero"`
	WhenPipelineSucceeds *bool  `json:"when_pipeline_succeeds,omitzero"` // deprecated by GitLab for AutoMerge
}

var (
	listMergeTrains  = get("list merge trains", "/projects/:id/merge_trains", ErrMergeTrainList)
	listMergeTrain   = get("list merge train", "/projects/:id/merge_trains/:target_branch", ErrMergeTrainList)
	getMergeTrainCar = get("get merge train car", "/projects/:id/merge_trains/merge_requests/:merge_request_iid", ErrMergeTrainGet)
	addToMergeTrain  = post("add to merge train", "/projects/:id/merge_trains/merge_requests/:merge_request_iid", ErrMergeTrainAdd)

	removeFromMergeTrain = post("remove from merge train", "/projects/:id/merge_requests/:merge_request_iid/cancel_merge_when_pipeline_succeeds", ErrMergeTrainRemove)
)

func mergeTrainPath(project Project, mergeRequestIID int64) path {
	return path{project.name, number("merge request iid", mergeRequestIID)}
}

// List lists the merge requests on all merge trains of a project, the newest first.
//
//	GET /projects/:id/merge_trains
//
// Its errors match [ErrMergeTrainList], and [ErrForbidden] where the project has no merge trains.
//
// GitLab docs: https://docs.gitlab.com/api/merge_trains/#list-all-merge-trains-for-a-project
func (s *MergeTrainsService) List(ctx context.Context, project Project, options *ListMergeTrainsOptions, opts ...RequestOption) Seq[MergeTrainCar] {
	return list[MergeTrainCar](ctx, s.engine, listMergeTrains, path{project.name}, options, opts)
}

// ListForBranch lists the merge requests on the merge train of a target branch, the newest first.
//
//	GET /projects/:id/merge_trains/:target_branch
//
// Its errors match [ErrMergeTrainList], and [ErrForbidden] where the project has no merge trains.
//
// GitLab docs: https://docs.gitlab.com/api/merge_trains/#list-all-merge-requests-in-a-merge-train
func (s *MergeTrainsService) ListForBranch(ctx context.Context, project Project, targetBranch string, options *ListMergeTrainsOptions, opts ...RequestOption) Seq[MergeTrainCar] {
	return list[MergeTrainCar](ctx, s.engine, listMergeTrain, path{project.name, name("target branch", targetBranch)}, options, opts)
}

// Get reads how a merge request stands on its merge train.
//
//	GET /projects/:id/merge_trains/merge_requests/:merge_request_iid
//
// Its errors match [ErrMergeTrainGet], [ErrNotFound] where the merge request is on no train, and [ErrForbidden] where the project
// has no merge trains.
//
// GitLab docs: https://docs.gitlab.com/api/merge_trains/#retrieve-merge-train-status
func (s *MergeTrainsService) Get(ctx context.Context, project Project, mergeRequestIID int64, opts ...RequestOption) (*MergeTrainCar, error) {
	return do[MergeTrainCar](ctx, s.engine, getMergeTrainCar, mergeTrainPath(project, mergeRequestIID), nil, opts)
}

// Add adds a merge request to the merge train of its target branch, and returns what is on that train and what was merged by it: 20 of them
// at most, so that the one that was added may be missing. With AutoMerge it may be added later, once its checks pass.
// [MergeTrainsService.Get] tells how it stands. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/merge_trains/merge_requests/:merge_request_iid
//
// Its errors match [ErrMergeTrainAdd], [ErrUnauthorized] where the caller may not merge, [ErrForbidden] where the project has no merge
// trains, and [ErrConflict] where SHA is not the head of the merge request's branch.
//
// GitLab docs: https://docs.gitlab.com/api/merge_trains/#add-a-merge-request-to-a-merge-train
func (s *MergeTrainsService) Add(ctx context.Context, project Project, mergeRequestIID int64, options *AddToMergeTrainOptions, opts ...RequestOption) ([]*MergeTrainCar, error) {
	return slice[MergeTrainCar](ctx, s.engine, addToMergeTrain, mergeTrainPath(project, mergeRequestIID), options, opts)
}

// Remove takes a merge request off its merge train. One that is not on a train but set to be merged, once its checks pass, is no longer set
// so. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/merge_requests/:merge_request_iid/cancel_merge_when_pipeline_succeeds
//
// Its errors match [ErrMergeTrainRemove], [ErrUnauthorized] where the caller may not merge and is not the author, [ErrNotFound] where
// there is no such merge request, and [ErrConflict] where it is neither on a train nor set to be merged.
//
// GitLab docs: https://docs.gitlab.com/api/merge_requests/#cancel-merge-when-pipeline-succeeds
func (s *MergeTrainsService) Remove(ctx context.Context, project Project, mergeRequestIID int64, opts ...RequestOption) error {
	return execTelling(ctx, s.engine, removeFromMergeTrain, mergeTrainPath(project, mergeRequestIID), opts)
}

// execTelling is exec for a call whose refusal GitLab sends with the status of a success, and tells in the body alone.
func execTelling(ctx context.Context, e *engine, op *operation, parts path, opts []RequestOption) error {
	r, err := e.prepare(ctx, op, parts, nil, opts)
	if err != nil {
		return err
	}
	var refused *Error
	err = r.fetch(func(resp *http.Response, body []byte) error {
		var outcome struct {
			Status string `json:"status"`
		}
		if saysNothing(resp, body) {
			return nil
		}
		err := codec.UnmarshalObject(body, &outcome)
		if outcome.Status == "error" {
			refused = r.failed(resp, body, nil)
			refused.kinds = append(refused.kinds, ErrConflict)
		}
		return err
	})
	if refused != nil {
		return refused
	}
	return err
}
