package gitlabcitest

import (
	"fmt"
	"net/http"
	"slices"
)

func registerMergeRequestPipelines(s *site) {
	s.handle("GET", "/projects/:id/merge_requests", listMergeRequests, withPages(
		text("state").oneOf("opened", "closed", "locked", "merged", "all"), text("source_branch"), text("target_branch"))...).anonymous()
	s.handle("GET", "/projects/:id/merge_requests/:merge_request_iid", getMergeRequest).anonymous()
	s.handle("GET", "/projects/:id/merge_requests/:merge_request_iid/pipelines", listMergeRequestPipelines, pagination...).anonymous()
	s.handle("POST", "/projects/:id/merge_requests/:merge_request_iid/pipelines", postMergeRequestPipeline, boolean("async"))
}

// findMergeRequest returns the merge request that :merge_request_iid names.
func (c *call) findMergeRequest(p *project) (*mergeRequest, error) {
	i := slices.IndexFunc(p.mergeRequests, func(mr *mergeRequest) bool { return mr.iid == c.integer("merge_request_iid") })
	if i < 0 {
		return nil, noRecord()
	}
	return p.mergeRequests[i], nil
}

// mergeRequestEntity is the part of a merge request that clients need to find its pipelines.
type mergeRequestEntity struct {
	ID           int64          `json:"id"`
	IID          int64          `json:"iid"`
	ProjectID    int64          `json:"project_id"`
	Title        string         `json:"title"`
	State        string         `json:"state"`
	MergeUser    *basicUser     `json:"merge_user"`
	MergedAt     *string        `json:"merged_at"`
	MergeCommit  *string        `json:"merge_commit_sha"`
	SourceBranch string         `json:"source_branch"`
	TargetBranch string         `json:"target_branch"`
	SHA          string         `json:"sha"`
	Author       *basicUser     `json:"author"`
	CreatedAt    *string        `json:"created_at"`
	UpdatedAt    *string        `json:"updated_at"`
	WebURL       string         `json:"web_url"`
	HeadPipeline *basicPipeline `json:"head_pipeline"`
}

func (c *call) showMergeRequest(p *project, mr *mergeRequest) mergeRequestEntity {
	shown := mergeRequestEntity{
		ID: mr.id, IID: mr.iid, ProjectID: p.id, Title: mr.title, State: mr.state, SourceBranch: mr.source, TargetBranch: mr.target,
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

// pipelinesOf are the pipelines of a merge request and of its branch, newest first.
func (p *project) pipelinesOf(mr *mergeRequest) []*pipeline {
	return slices.DeleteFunc(newestFirst(p.pipelines), func(candidate *pipeline) bool {
		branch := candidate.ref == mr.source && !candidate.tag
		return candidate.child() || candidate.mergeRequest != mr && !branch
	})
}

// readMergeRequest returns the merge request of the path to those who may read pipelines.
func (c *call) readMergeRequest() (*project, *mergeRequest, error) {
	p, err := c.findReadableProject()
	if err != nil {
		return nil, nil, err
	}
	mr, err := c.findMergeRequest(p)
	return p, mr, err
}

func listMergeRequests(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(newestFirst(p.mergeRequests), func(mr *mergeRequest) bool {
		state := c.text("state")
		return state != "" && state != "all" && mr.state != state ||
			c.has("source_branch") && mr.source != c.text("source_branch") || c.has("target_branch") && mr.target != c.text("target_branch")
	})
	return list(c, found, func(mr *mergeRequest) mergeRequestEntity { return c.showMergeRequest(p, mr) })
}

func getMergeRequest(c *call) error {
	p, mr, err := c.readMergeRequest()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showMergeRequest(p, mr))
}

func listMergeRequestPipelines(c *call) error {
	p, mr, err := c.readMergeRequest()
	if err != nil {
		return err
	}
	return list(c, p.pipelinesOf(mr), c.showBasicPipeline)
}

func postMergeRequestPipeline(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	mr, err := c.findMergeRequest(p)
	if err != nil {
		return err
	}
	request := pipelineRequest{ref: mr.pipelineHead, source: "merge_request_event", user: c.user, mergeRequest: mr}
	if c.boolean("async") {
		c.after(0, func() { _, _ = c.createPipeline(p, request) }) // what fails later is told to nobody
		c.answer.status = http.StatusAccepted
		return nil
	}
	created, err := c.createPipeline(p, request)
	if err != nil {
		return problem(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	}
	return c.json(http.StatusCreated, c.showPipeline(created))
}
