package gitlabcitest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci"
)

// pipelineSources are the values of source.
var pipelineSources = []string{
	"unknown", "push", "web", "trigger", "schedule", "api", "external", "pipeline", "chat", "webide", "merge_request_event",
	"external_pull_request_event", "parent_pipeline", "ondemand_dast_scan", "ondemand_dast_validation", "security_orchestration_policy",
	"container_registry_push", "duo_workflow", "pipeline_execution_policy_schedule", "dependency_management_security_update",
}

func registerPipelines(s *site) {
	s.handle("GET", "/projects/:id/pipelines", listPipelines, withPages(
		text("scope").oneOf("running", "pending", "finished", "branches", "tags"),
		text("status").oneOf(names(jobStatuses)...), text("ref"), text("sha"), boolean("yaml_errors"), text("username"), text("name"),
		datetime("updated_after"), datetime("updated_before"), datetime("created_after"), datetime("created_before"),
		text("order_by").oneOf("id", "status", "ref", "updated_at", "user_id"), text("sort").oneOf("asc", "desc"),
		text("source").oneOf(pipelineSources...),
	)...).anonymous().jobToken()
	s.handle("POST", "/projects/:id/pipeline", postPipeline, text("ref").required(), object("inputs"),
		objects("variables", text("key").required(), text("value").required(), text("variable_type").oneOf("env_var", "file")))
	s.handle("GET", "/projects/:id/pipelines/latest", getLatestPipeline, text("ref")).anonymous()
	s.handle("GET", "/projects/:id/pipelines/:pipeline_id", getPipeline).anonymous().jobToken()
	s.handle("DELETE", "/projects/:id/pipelines/:pipeline_id", removePipeline)
	s.handle("GET", "/projects/:id/pipelines/:pipeline_id/variables", listPipelineVariables).anonymous()
	s.handle("GET", "/projects/:id/pipelines/:pipeline_id/test_report", getTestReport).anonymous()
	s.handle("GET", "/projects/:id/pipelines/:pipeline_id/test_report_summary", getTestReportSummary).anonymous()
	s.handle("PUT", "/projects/:id/pipelines/:pipeline_id/metadata", putPipelineMetadata, text("name").required()).jobToken()
	s.handle("POST", "/projects/:id/pipelines/:pipeline_id/retry", postPipelineRetry)
	s.handle("POST", "/projects/:id/pipelines/:pipeline_id/cancel", postPipelineCancel)
	if s.version.atLeast(19, 0) {
		s.handle("GET", "/pipelines", listOwnPipelines,
			text("source").oneOf(pipelineSources...), datetime("created_before"), datetime("created_after"),
			text("order_by").oneOf("created_at"), text("sort").oneOf("desc"), text("cursor"), integer("per_page").between(1, maxPerPage))
	}
}

// findPipeline returns the pipeline that :pipeline_id names.
func (c *call) findPipeline(p *project) (*pipeline, error) {
	found, ok := c.pipelines[c.integer("pipeline_id")]
	if !ok || found.project != p {
		return nil, noRecord()
	}
	return found, nil
}

// readPipeline returns the project and pipeline of the path to those who may read pipelines.
func (c *call) readPipeline() (*pipeline, error) {
	p, err := c.findReadableProject()
	if err != nil {
		return nil, err
	}
	return c.findPipeline(p)
}

// changePipeline returns the pipeline of the path to those who have this role.
func (c *call) changePipeline(least AccessLevel) (*pipeline, error) {
	p, err := c.findProject(noAccess)
	if err != nil {
		return nil, err
	}
	found, err := c.findPipeline(p)
	if err != nil {
		return nil, err
	}
	if c.role(p.path) < least {
		return nil, forbidden("")
	}
	return found, nil
}

func listPipelines(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	pipelines := slices.DeleteFunc(newestFirst(p.pipelines), func(candidate *pipeline) bool { return !c.selects(candidate) })
	if scope := c.text("scope"); scope == "branches" || scope == "tags" {
		pipelines = newestOfRefs(pipelines, scope == "tags")
	}
	c.order(pipelines)
	return list(c, pipelines, c.showListedPipeline)
}

// selects applies the filters of the list. A child pipeline has to be asked for.
func (c *call) selects(p *pipeline) bool {
	scope := true
	switch c.text("scope") {
	case "running":
		scope = p.status == gitlabci.PipelineRunning
	case "pending":
		scope = p.status == gitlabci.PipelinePending
	case "finished":
		scope = p.status == gitlabci.PipelineSuccess || p.status == gitlabci.PipelineFailed || p.status == gitlabci.PipelineCanceled
	}
	return scope &&
		(c.has("source") || !p.child()) && c.passes("source", string(p.source)) &&
		c.passes("status", string(p.status)) && c.passes("ref", p.ref) && c.passes("sha", p.commit.sha) &&
		c.passes("name", p.name) && c.passes("username", p.user.username) &&
		!c.boolean("yaml_errors") && // a faulty configuration makes no pipeline here
		(!c.has("updated_after") || p.updatedAt.After(c.time("updated_after"))) &&
		(!c.has("updated_before") || p.updatedAt.Before(c.time("updated_before"))) &&
		c.createdBetween(p)
}

func (c *call) createdBetween(p *pipeline) bool {
	return (!c.has("created_after") || p.createdAt.After(c.time("created_after"))) &&
		(!c.has("created_before") || p.createdAt.Before(c.time("created_before")))
}

// newestOfRefs keeps of pipelines, which come newest first, the first one of each branch or tag.
func newestOfRefs(pipelines []*pipeline, tags bool) []*pipeline {
	seen := make(map[string]bool)
	return slices.DeleteFunc(pipelines, func(p *pipeline) bool {
		if p.tag != tags || seen[p.ref] {
			return true
		}
		seen[p.ref] = true
		return false
	})
}

func (c *call) order(pipelines []*pipeline) {
	compare := func(a, b *pipeline) int {
		byID := cmp.Compare(a.id, b.id)
		switch c.text("order_by") {
		case "status":
			return cmp.Or(strings.Compare(string(a.status), string(b.status)), byID)
		case "ref":
			return cmp.Or(strings.Compare(a.ref, b.ref), byID)
		case "updated_at":
			return cmp.Or(a.updatedAt.Compare(b.updatedAt), byID)
		case "user_id":
			return cmp.Or(cmp.Compare(a.user.id, b.user.id), byID)
		}
		return byID
	}
	slices.SortFunc(pipelines, func(a, b *pipeline) int {
		if c.text("sort") == "asc" {
			return compare(a, b)
		}
		return compare(b, a)
	})
}

func listOwnPipelines(c *call) error {
	var own []*pipeline
	for _, p := range c.projects {
		for _, candidate := range p.pipelines {
			if candidate.user == c.user && c.createdBetween(candidate) && c.passes("source", string(candidate.source)) {
				own = append(own, candidate)
			}
		}
	}
	slices.SortFunc(own, func(a, b *pipeline) int { return cmp.Compare(b.id, a.id) })
	return keysetList(c, own,
		func(p *pipeline) int64 { return p.id },
		func(p *pipeline) bool { return p.project.visible(c.user) && p.project.readable(c.user) },
		c.showUserPipeline)
}

func postPipeline(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	request := pipelineRequest{ref: c.text("ref"), source: gitlabci.PipelineSourceAPI, user: c.user, inputs: c.object("inputs")}
	for _, given := range c.objects("variables") {
		request.variables = append(request.variables, givenVariable(given))
	}
	if len(request.variables) > 0 && !p.mayGiveVariables(c.user) {
		return invalid("base", "Insufficient permissions to set pipeline variables")
	}
	created, err := c.createPipeline(p, request)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, c.showPipeline(created))
}

// givenVariable reads a variable from checked parameters.
func givenVariable(given map[string]any) variable {
	key, _ := given["key"].(string)
	value, _ := given["value"].(string)
	kind, _ := given["variable_type"].(string)
	return variable{key: key, value: value, kind: cmp.Or(kind, "env_var")}
}

func getLatestPipeline(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	ref, ok := p.reference(cmp.Or(c.text("ref"), p.defaultBranch))
	if !ok {
		return forbidden("")
	}
	latest := p.latestPipeline(ref)
	if latest == nil {
		return forbidden("") // GitLab asks for the right to read what is not there
	}
	return c.json(http.StatusOK, c.showNamedPipeline(latest))
}

func getPipeline(c *call) error {
	found, err := c.readPipeline()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showNamedPipeline(found))
}

func removePipeline(c *call) error {
	found, err := c.changePipeline(Owner)
	if err != nil {
		return err
	}
	if err := c.limitPipeline("delete", found); err != nil {
		return err
	}
	if err := c.unchangedSince(found.updatedAt); err != nil {
		return err
	}
	c.deletePipeline(found)
	return c.noContent()
}

func listPipelineVariables(c *call) error {
	found, err := c.changePipeline(Developer)
	if err != nil {
		return err
	}
	return wholeList(c, found.variables, showVariable)
}

func putPipelineMetadata(c *call) error {
	found, err := c.changePipeline(Developer)
	if err != nil {
		return err
	}
	if len(c.text("name")) > 255 {
		return problem(http.StatusBadRequest, "Failed to update pipeline - Name is too long (maximum is 255 characters)")
	}
	found.name, found.updatedAt = c.text("name"), c.now
	return c.json(http.StatusOK, c.showNamedPipeline(found))
}

func postPipelineRetry(c *call) error {
	found, err := c.changePipeline(Developer)
	if err != nil {
		return err
	}
	if err := c.limitPipeline("retry", found); err != nil {
		return err
	}
	c.retryPipeline(found, c.user)
	return c.json(http.StatusCreated, c.showPipeline(found))
}

func postPipelineCancel(c *call) error {
	found, err := c.changePipeline(Developer)
	if err != nil {
		return err
	}
	if !found.project.cancelableBy(c.user) {
		return forbidden("")
	}
	if err := c.limitPipeline("cancel", found); err != nil {
		return err
	}
	c.cancelPipeline(found)
	return c.json(http.StatusOK, c.showPipeline(found))
}

func getTestReport(c *call) error {
	p, err := c.readPipeline()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showTestReport(p))
}

func getTestReportSummary(c *call) error {
	p, err := c.readPipeline()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showTestReportSummary(p))
}
