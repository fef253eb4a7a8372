package gitlabcitest

import (
	"net/http"
	"slices"

	"github.com/gitlabci/gitlabci"
)

func registerMergeTrains(s *site) {
	filters := withPages(text("scope").oneOf("active", "complete"), text("sort").oneOf("asc", "desc"))
	s.handle("GET", "/projects/:id/merge_trains", listMergeTrains, filters...)
	s.handle("GET", "/projects/:id/merge_trains/:target_branch", listMergeTrain, filters...)
	s.handle("GET", "/projects/:id/merge_trains/merge_requests/:merge_request_iid", getCar)
	s.handle("POST", "/projects/:id/merge_trains/merge_requests/:merge_request_iid", postCar, withPages(
		text("sha"), boolean("squash"), boolean("auto_merge"), boolean("when_pipeline_succeeds"))...)
	s.handle("POST", "/projects/:id/merge_requests/:merge_request_iid/cancel_merge_when_pipeline_succeeds", postAutoMergeCancel)
}

// findTrains returns the project of the path to those who may see its merge trains, where it has them.
func (c *call) findTrains() (*project, error) {
	p, err := c.findProject(Reporter)
	if err == nil && !p.MergeTrains {
		return nil, forbidden("")
	}
	return p, err
}

// listCars answers with the cars that are there for the request, the newest first.
func (c *call) listCars(p *project, there func(*car) bool) error {
	cars := newestFirst(p.cars)
	if c.text("sort") == "asc" {
		slices.Reverse(cars)
	}
	scope := c.text("scope")
	return list(c, slices.DeleteFunc(cars, func(k *car) bool {
		merged := k.status == gitlabci.MergeTrainMerged
		return !there(k) || scope == "active" && merged || scope == "complete" && !merged
	}), c.showCar)
}

func listMergeTrains(c *call) error {
	p, err := c.findTrains()
	if err != nil {
		return err
	}
	return c.listCars(p, func(*car) bool { return true })
}

func listMergeTrain(c *call) error {
	p, err := c.findTrains()
	if err != nil {
		return err
	}
	return c.listCars(p, func(k *car) bool { return k.mr.target == c.path["target_branch"] })
}

func getCar(c *call) error {
	p, err := c.findTrains()
	if err != nil {
		return err
	}
	mr, err := c.findMergeRequest(p)
	if err != nil {
		return err
	}
	k := p.carOf(mr)
	if k == nil {
		return notFound("Merge Train Merge Request")
	}
	return c.json(http.StatusOK, c.showCar(k))
}

// postCar answers with the whole train, whether the merge request is on it already or waits for its checks.
func postCar(c *call) error {
	p, err := c.findProject(Reporter)
	if err != nil {
		return err
	}
	mr, err := c.findMergeRequest(p)
	if err != nil {
		return err
	}
	if err := c.mayBoard(mr); err != nil {
		return err
	}
	status := http.StatusCreated
	if c.waitsForChecks() && !mr.checked() {
		mr.autoMerge, status = c.user, http.StatusAccepted
	} else {
		c.board(mr, c.user)
	}
	err = c.listCars(p, func(k *car) bool { return k.mr.target == mr.target })
	c.answer.status = status
	return err
}

// waitsForChecks reports whether the merge request is to be added only once nothing stands against it.
func (c *call) waitsForChecks() bool {
	return c.boolean("auto_merge") || c.boolean("when_pipeline_succeeds")
}

// mayBoard says what stands against adding a merge request to a train: of several things, the first one here.
func (c *call) mayBoard(mr *mergeRequest) error {
	switch {
	case c.has("sha") && c.text("sha") != mr.commit.sha:
		return problem(http.StatusConflict, "SHA does not match HEAD of source branch: "+mr.commit.sha)
	case c.role(mr.project.path) < Developer:
		return unauthorized()
	case mr.setToAutoMerge():
		return problem(http.StatusConflict, "Merge request is already set to Auto-Merge")
	case !mr.project.MergeTrains:
		return badRequest("Merge trains are not enabled for this project")
	case mr.state != gitlabci.MergeRequestOpened || mr.inProgress() && !c.waitsForChecks():
		return badRequest("No available merge train strategy")
	}
	return nil
}

// postAutoMergeCancel takes a merge request from its train, or takes back that it is to be added to one.
func postAutoMergeCancel(c *call) error {
	p, err := c.findProject(noAccess)
	if err != nil {
		return err
	}
	mr, err := c.findMergeRequest(p)
	switch {
	case err != nil:
		return err
	case c.role(p.path) < Developer && mr.author != c.user:
		return unauthorized()
	case !mr.setToAutoMerge():
		return c.json(http.StatusCreated, autoMergeResult{"Can't cancel the automatic merge", "error", http.StatusNotAcceptable})
	}
	mr.autoMerge = nil
	if k := p.carOf(mr); k != nil {
		c.drop(k)
	}
	return c.json(http.StatusCreated, autoMergeResult{Status: "success"})
}
