package gitlabcitest

import "github.com/gitlabci/gitlabci"

// carEntity is GitLab's entity MergeTrains::Car.
type carEntity struct {
	ID           int64                     `json:"id"`
	MergeRequest simpleMergeRequest        `json:"merge_request"`
	User         *basicUser                `json:"user"`
	Pipeline     *basicPipeline            `json:"pipeline"`
	CreatedAt    *string                   `json:"created_at"`
	UpdatedAt    *string                   `json:"updated_at"`
	TargetBranch string                    `json:"target_branch"`
	Status       gitlabci.MergeTrainStatus `json:"status"`
	MergedAt     *string                   `json:"merged_at"`
	Duration     *int64                    `json:"duration"`
}

// simpleMergeRequest is GitLab's entity MergeRequestSimple.
type simpleMergeRequest struct {
	ID          int64                      `json:"id"`
	IID         int64                      `json:"iid"`
	ProjectID   int64                      `json:"project_id"`
	Title       string                     `json:"title"`
	Description *string                    `json:"description"`
	State       gitlabci.MergeRequestState `json:"state"`
	CreatedAt   *string                    `json:"created_at"`
	UpdatedAt   *string                    `json:"updated_at"`
	WebURL      string                     `json:"web_url"`
}

func (c *call) showCar(k *car) carEntity {
	mr := k.mr
	shown := carEntity{
		ID: k.id, User: c.showBasicUser(k.user), CreatedAt: stamp(k.createdAt), UpdatedAt: stamp(k.updatedAt), TargetBranch: mr.target,
		Status: k.status, MergedAt: stamp(k.mergedAt), Duration: k.duration(),
		MergeRequest: simpleMergeRequest{
			ID: mr.id, IID: mr.iid, ProjectID: mr.project.id, Title: mr.title, State: mr.state,
			CreatedAt: stamp(mr.createdAt), UpdatedAt: stamp(mr.updatedAt), WebURL: c.mergeRequestURL(mr.project, mr),
		},
	}
	if k.pipeline != nil && c.pipelines[k.pipeline.id] != nil { // not deleted since
		shown.Pipeline = new(c.showBasicPipeline(k.pipeline))
	}
	return shown
}

// autoMergeResult is the answer of GitLab's service as it is: its own status stands in the body, not in the answer's.
type autoMergeResult struct {
	Message    string `json:"message,omitzero"`
	Status     string `json:"status"`
	HTTPStatus int    `json:"http_status,omitzero"`
}
