package gitlabcitest

import "github.com/gitlabci/gitlabci"

// commitStatusEntity is GitLab's entity CommitStatus.
type commitStatusEntity struct {
	ID           int64              `json:"id"`
	SHA          string             `json:"sha"`
	Ref          string             `json:"ref"`
	Status       gitlabci.JobStatus `json:"status"`
	Name         string             `json:"name"`
	TargetURL    *string            `json:"target_url"`
	Description  *string            `json:"description"`
	CreatedAt    *string            `json:"created_at"`
	StartedAt    *string            `json:"started_at"`
	FinishedAt   *string            `json:"finished_at"`
	AllowFailure bool               `json:"allow_failure"`
	Coverage     *float64           `json:"coverage"`
	PipelineID   int64              `json:"pipeline_id"`
	Author       *basicUser         `json:"author"`
}

func (c *call) showCommitStatus(j *job) commitStatusEntity {
	shown := commitStatusEntity{
		ID: j.id, SHA: j.pipeline.commit.sha, Ref: j.pipeline.ref, Status: j.status, Name: j.spec.Name,
		CreatedAt: stamp(j.createdAt), StartedAt: stamp(j.startedAt), FinishedAt: stamp(j.finishedAt), AllowFailure: j.allowFailure,
		Coverage: j.coverage(), PipelineID: j.pipeline.id, Author: c.showBasicUser(j.user),
	}
	if j.external != nil {
		shown.TargetURL, shown.Description, shown.Coverage = optional(j.external.targetURL), optional(j.external.description), j.spec.Coverage
	}
	return shown
}
