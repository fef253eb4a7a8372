package main

import (
	"time"

	"github.com/gitlabci/gitlabci"
)

// What -o json prints. The names stay, and fields are only added.

type pipelineView struct {
	ID       int64   `json:"id"`
	Project  int64   `json:"project_id,omitzero"`
	Status   string  `json:"status"`
	Ref      string  `json:"ref"`
	SHA      string  `json:"sha"`
	Source   string  `json:"source,omitzero"`
	Duration float64 `json:"duration,omitzero"` // in seconds
	URL      string  `json:"web_url"`
}

func viewPipeline(p *gitlabci.Pipeline) *pipelineView {
	if p == nil {
		return nil
	}
	return &pipelineView{p.ID, p.ProjectID, string(p.Status), p.Ref, p.SHA, string(p.Source), float64(p.Duration), p.WebURL}
}

type jobView struct {
	ID           int64   `json:"id"`
	Name         string  `json:"name"`
	Stage        string  `json:"stage"`
	Status       string  `json:"status"`
	Reason       string  `json:"failure_reason,omitzero"`
	AllowFailure bool    `json:"allow_failure,omitzero"`
	Duration     float64 `json:"duration,omitzero"` // in seconds
	Pipeline     int64   `json:"pipeline_id,omitzero"`
	URL          string  `json:"web_url"`
}

func viewJob(j *gitlabci.Job) *jobView {
	if j == nil {
		return nil
	}
	return &jobView{j.ID, j.Name, j.Stage, string(j.Status), string(j.FailureReason), j.AllowFailure, float64(j.Duration), j.Pipeline.ID, j.WebURL}
}

func viewJobs(jobs []*gitlabci.Job) []*jobView {
	views := make([]*jobView, 0, len(jobs))
	for _, job := range jobs {
		views = append(views, viewJob(job))
	}
	return views
}

// resultView is how a pipeline or job ended.
type resultView struct {
	ExitCode   int           `json:"exit_code"`
	Pipeline   *pipelineView `json:"pipeline,omitzero"`
	Downstream *pipelineView `json:"downstream,omitzero"` // the one that failed, where the pipeline did not
	Job        *jobView      `json:"job,omitzero"`
	FailedJobs []*jobView    `json:"failed_jobs,omitzero"`
	Error      string        `json:"error,omitzero"`
}

type eventView struct {
	Time     time.Time `json:"time"`
	Pipeline int64     `json:"pipeline_id"`
	Job      int64     `json:"job_id,omitzero"`
	Name     string    `json:"name,omitzero"` // of the job or trigger job; none is the pipeline
	From     string    `json:"from,omitzero"`
	To       string    `json:"to"`
}
