package gitlabcitest

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/gitlabci/gitlabci"
)

func registerDeployments(s *site) {
	const all = "/projects/:id/deployments"
	const one = all + "/:deployment_id"
	orders := []string{"id", "iid", "created_at", "updated_at", "finished_at"}
	if !s.version.atLeast(19, 5) {
		orders = append(orders, "ref")
	}
	sort := text("sort").oneOf("asc", "desc")
	given := text("status").required().oneOf("running", "success", "failed", "canceled")

	s.handle("GET", all, listDeployments, withPages(
		text("environment"), text("status").oneOf("created", "running", "success", "failed", "canceled", "skipped", "blocked"),
		datetime("updated_after"), datetime("updated_before"), datetime("finished_after"), datetime("finished_before"),
		text("order_by").oneOf(orders...), sort)...).jobToken()
	s.handle("POST", all, postDeployment,
		text("environment").required(), text("sha").required(), text("ref").required(), boolean("tag").required(), given).jobToken()
	s.handle("GET", one, getDeployment).jobToken()
	s.handle("PUT", one, putDeployment, given).jobToken()
	s.handle("DELETE", one, removeDeployment).jobToken()
	s.handle("GET", one+"/merge_requests", listDeployedMergeRequests, withPages(
		text("state").oneOf("opened", "closed", "locked", "merged", "all"), text("source_branch"), text("target_branch"), sort)...).jobToken()
	s.handle("POST", one+"/approval", postApproval,
		text("status").required().oneOf("approved", "rejected"), text("comment"), text("represented_as"))
}

// findDeployment returns the deployment of the path to those who have at least this role, and to all who may read it for none.
func (c *call) findDeployment(least AccessLevel) (*deployment, error) {
	p, err := c.findDeployedProject()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(p.deployments, func(d *deployment) bool { return d.id == c.integer("deployment_id") })
	switch {
	case i < 0:
		return nil, noRecord()
	case c.role(p.path) < least || least > noAccess && p.deployments[i].environment.protectedFrom(c.user):
		return nil, forbidden("")
	}
	return p.deployments[i], nil
}

func listDeployments(c *call) error {
	p, err := c.findDeployedProject()
	if err != nil {
		return err
	}
	if reason := c.refuseDeploymentFilter(); reason != "" {
		return badRequest(reason)
	}
	found := slices.DeleteFunc(slices.Clone(p.deployments), func(d *deployment) bool { return !c.selectsDeployment(d) })
	slices.SortStableFunc(found, c.compareDeployments)
	return list(c, found, c.showDeployment)
}

// refuseDeploymentFilter says which filters do not go together.
func (c *call) refuseDeploymentFilter() string {
	updated := c.has("updated_after") || c.has("updated_before")
	finished := c.has("finished_after") || c.has("finished_before")
	byFinished := c.text("order_by") == "finished_at"
	finishedStatus := slices.Contains([]string{"success", "failed", "canceled"}, c.text("status"))
	switch {
	case updated && finished:
		return "Both `updated_at` filter and `finished_at` filter can not be specified"
	case updated && c.text("order_by") != "updated_at":
		return "`updated_at` filter requires `updated_at` sort"
	case finished && !byFinished:
		return "`finished_at` filter requires `finished_at` sort."
	case byFinished && !finished && !finishedStatus:
		return "`finished_at` sort requires `finished_at` filter or a filter with at least one of the finished statuses."
	case finished && c.text("status") != "success":
		return "`finished_at` filter must be combined with `success` status filter."
	}
	return ""
}

func (c *call) selectsDeployment(d *deployment) bool {
	outside := func(t time.Time, after, before string) bool {
		return c.has(after) && t.Before(c.time(after)) || c.has(before) && t.After(c.time(before))
	}
	return c.passes("environment", d.environment.name) && c.passes("status", string(d.status)) &&
		!outside(d.updatedAt, "updated_after", "updated_before") && !outside(d.finishedAt, "finished_after", "finished_before")
}

// compareDeployments orders a list. Of two that were changed at the same time the newer one comes first, whatever the direction.
func (c *call) compareDeployments(a, b *deployment) int {
	var order int
	switch c.text("order_by") {
	case "updated_at":
		order = a.updatedAt.Compare(b.updatedAt)
		if order == 0 {
			return cmp.Compare(b.id, a.id)
		}
	case "finished_at":
		order = a.finishedAt.Compare(b.finishedAt)
	case "ref":
		order = cmp.Compare(a.ref, b.ref)
	default:
		order = cmp.Compare(a.id, b.id)
	}
	if c.text("sort") == "desc" {
		return -order
	}
	return order
}

func getDeployment(c *call) error {
	d, err := c.findDeployment(noAccess)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showFullDeployment(d))
}

func postDeployment(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	if _, ok := p.reference(c.text("ref")); !ok && p.commits[c.text("ref")] == nil {
		return invalid("ref", "The branch or tag does not exist")
	}
	name := c.text("environment")
	e := p.environmentNamed(name)
	if e == nil {
		if faults := p.environmentFaults(name); len(faults) > 0 {
			return invalidRecord(faults)
		}
		e = c.addEnvironment(p, name, environmentSettings{})
	}
	if e.protectedFrom(c.user) {
		return forbidden("")
	}
	d := deployment{user: c.user, ref: c.text("ref"), tag: c.boolean("tag"), commit: p.commits[c.text("sha")]}
	if d.commit == nil {
		return invalid("sha", "The commit does not exist")
	}
	next := gitlabci.DeploymentStatus(c.text("status"))
	if last := e.lastDeployment(); last != nil && last.ref == d.ref && last.tag == d.tag && last.commit == d.commit && last.status == next {
		return c.json(http.StatusCreated, c.showFullDeployment(last))
	}
	added := c.addDeployment(e, d)
	c.setDeployment(added, next)
	return c.json(http.StatusCreated, c.showFullDeployment(added))
}

// transitions are the names that GitLab has for changes of a deployment's status.
var transitions = map[gitlabci.DeploymentStatus]string{
	gitlabci.DeploymentRunning: "run", gitlabci.DeploymentSuccess: "succeed", gitlabci.DeploymentFailed: "drop", gitlabci.DeploymentCanceled: "cancel",
}

func putDeployment(c *call) error {
	d, err := c.findDeployment(Developer)
	if err != nil {
		return err
	}
	if d.job != nil {
		return forbidden("Deployments created using GitLab CI can not be updated using the API")
	}
	next := gitlabci.DeploymentStatus(c.text("status"))
	if !c.setDeployment(d, next) {
		return invalid("status", `cannot transition via "`+transitions[next]+`"`)
	}
	return c.json(http.StatusOK, c.showFullDeployment(d))
}

func removeDeployment(c *call) error {
	d, err := c.findDeployment(Maintainer)
	if err != nil {
		return err
	}
	if err := c.unchangedSince(d.updatedAt); err != nil {
		return err
	}
	switch {
	case d.status == gitlabci.DeploymentRunning:
		return problem(http.StatusBadRequest, "Cannot destroy running deployment")
	case d == d.environment.lastDeployment():
		return problem(http.StatusBadRequest, "Deployment currently deployed to environment")
	}
	c.deleteDeployment(d)
	return c.noContent()
}

func listDeployedMergeRequests(c *call) error {
	d, err := c.findDeployment(noAccess)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(slices.Clone(d.mergeRequests), func(mr *mergeRequest) bool {
		state := gitlabci.MergeRequestState(c.text("state"))
		return state != "" && state != gitlabci.MergeRequestAll && state != mr.state ||
			!c.passes("source_branch", mr.source) || !c.passes("target_branch", mr.target)
	})
	if c.text("sort") != "asc" {
		slices.Reverse(found)
	}
	return list(c, found, c.showBasicMergeRequest)
}

func postApproval(c *call) error {
	d, err := c.findDeployment(noAccess)
	if err != nil {
		return err
	}
	given, err := c.approve(d, c.user, c.text("status") == "approved", c.text("comment"), c.text("represented_as"))
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, c.showApproval(given))
}
