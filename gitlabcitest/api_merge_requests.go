package gitlabcitest

import (
	"net/http"
	"slices"

	"github.com/gitlabci/gitlabci"
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
		state := gitlabci.MergeRequestState(c.text("state"))
		return state != "" && state != gitlabci.MergeRequestAll && mr.state != state ||
			!c.passes("source_branch", mr.source) || !c.passes("target_branch", mr.target)
	})
	return list(c, found, c.showBasicMergeRequest)
}

func getMergeRequest(c *call) error {
	_, mr, err := c.readMergeRequest()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showMergeRequest(mr))
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
	request := pipelineRequest{ref: mr.pipelineHead, source: gitlabci.PipelineSourceMergeRequestEvent, user: c.user, mergeRequest: mr}
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
