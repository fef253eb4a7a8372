package gitlabcitest

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gitlabci/gitlabci"
)

func registerCommitStatuses(s *site) {
	s.handle("GET", "/projects/:id/repository/commits/:sha/statuses", listCommitStatuses, withPages(
		text("ref"), text("stage"), text("name"), integer("pipeline_id"), boolean("all"),
		text("order_by").oneOf("id", "pipeline_id"), text("sort").oneOf("asc", "desc"))...)
	s.handle("POST", "/projects/:id/statuses/:sha", postCommitStatus,
		text("state").required().oneOf("pending", "running", "success", "failed", "canceled", "skipped"),
		text("ref"), text("target_url"), text("description"), text("name"), text("context"), integer("pipeline_id"),
		param{name: "coverage", parse: parseNumber})
}

// parseNumber takes no infinity and no NaN, which JSON cannot show.
func parseNumber(raw any) (any, bool) {
	switch raw := raw.(type) {
	case float64:
		return raw, true
	case string:
		if raw == "" {
			return nil, true
		}
		n, err := strconv.ParseFloat(raw, 64)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	}
	return nil, false
}

func listCommitStatuses(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	if !p.codeReadable(c.user) {
		return forbidden("")
	}
	if p.revision(c.path["sha"]) == nil {
		return notFound("Commit")
	}
	found := slices.DeleteFunc(p.statusesOf(c.path["sha"]), func(j *job) bool {
		return !c.passes("ref", j.pipeline.ref) || !c.passes("stage", j.spec.Stage) || !c.passes("name", j.spec.Name) ||
			c.has("pipeline_id") && c.integer("pipeline_id") != j.pipeline.id || j.retried && !c.boolean("all")
	})
	slices.SortFunc(found, func(a, b *job) int {
		if c.text("sort") == "desc" {
			a, b = b, a
		}
		if c.text("order_by") == "pipeline_id" {
			return cmp.Or(cmp.Compare(a.pipeline.id, b.pipeline.id), cmp.Compare(a.id, b.id))
		}
		return cmp.Compare(a.id, b.id)
	})
	return list(c, found, c.showCommitStatus)
}

func postCommitStatus(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	k := p.revision(c.path["sha"])
	if k == nil {
		return notFound("Commit")
	}
	report := statusReport{
		name: cmp.Or(c.text("name"), c.text("context"), "default"), state: gitlabci.JobStatus(c.text("state")), user: c.user,
		targetURL: given[string](c, "target_url"), description: given[string](c, "description"), coverage: given[float64](c, "coverage"),
	}
	if err := report.validate(); err != nil {
		return err
	}
	target, err := c.reportedPipeline(p, k)
	if err != nil {
		return err
	}
	j, err := c.report(target, report)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, c.showCommitStatus(j))
}

// given is the value of a parameter, nil where it has none.
func given[T any](c *call, name string) *T {
	if !c.has(name) {
		return nil
	}
	return new(value[T](c, name))
}

// reportedPipeline is the pipeline that a status joins: the newest one that fits, or a new one for external statuses.
func (c *call) reportedPipeline(p *project, k *commit) (*pipeline, error) {
	ref := strings.TrimPrefix(c.text("ref"), "refs/heads/")
	for _, candidate := range slices.Backward(p.pipelines) {
		if candidate.commit == k && !candidate.child() && (ref == "" || candidate.ref == ref) &&
			(!c.has("pipeline_id") || candidate.id == c.integer("pipeline_id")) {
			return candidate, nil
		}
	}
	if c.has("pipeline_id") {
		return nil, notFound("Pipeline for pipeline_id, sha and ref")
	}
	if ref = cmp.Or(ref, p.branchWith(k)); ref == "" {
		return nil, notFound("References for commit")
	}
	tag := p.branches[ref] == nil && p.tags[ref] != nil
	request := pipelineRequest{source: gitlabci.PipelineSourceExternal, user: c.user}
	return c.addPipeline(p, reference{name: ref, tag: tag, commit: k}, request), nil
}
