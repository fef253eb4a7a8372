package gitlabcitest

import (
	"fmt"
	"net/http"
	"slices"
)

func registerJobs(s *site) {
	scope := words("scope").oneOf(names(jobStatuses)...)
	filters := []param{scope}
	if s.version.atLeast(19, 5) {
		filters = append(filters, text("ref"))
	}
	s.handle("GET", "/projects/:id/jobs", listJobs, withPages(append(filters,
		text("pagination").oneOf("keyset", "legacy"), text("order_by"), text("sort").oneOf("asc", "desc"), text("cursor"))...)...)
	s.handle("GET", "/projects/:id/pipelines/:pipeline_id/jobs", listPipelineJobs, withPages(scope, boolean("include_retried"))...).anonymous().jobToken()
	// GitLab does not declare include_retried of trigger jobs. It honours what is sent all the same, as it is: false is a text that is there.
	bridgeFilters := withPages(scope, text("include_retried"))
	s.handle("GET", "/projects/:id/pipelines/:pipeline_id/bridges", listBridges, bridgeFilters...).anonymous().jobToken()
	if s.version.atLeast(19, 2) {
		s.handle("GET", "/projects/:id/pipelines/:pipeline_id/trigger_jobs", listBridges, bridgeFilters...).anonymous().jobToken()
	}
	s.handle("GET", "/job", getOwnJob).jobToken()
	s.handle("GET", "/projects/:id/jobs/:job_id", getJob)
	s.handle("GET", "/projects/:id/jobs/:job_id/trace", getTrace, traceParams(s)...)
	s.handle("POST", "/projects/:id/jobs/:job_id/cancel", postJobCancel, boolean("force"))
	s.handle("POST", "/projects/:id/jobs/:job_id/retry", postJobRetry, object("inputs"), object("job_inputs"))
	s.handle("POST", "/projects/:id/jobs/:job_id/erase", postJobErase)
	s.handle("POST", "/projects/:id/jobs/:job_id/play", postJobPlay, object("job_inputs"),
		objects("job_variables_attributes", text("key").required(), text("value").required()))
}

// traceParams are those of partial reads, which older versions ignore like any parameter that they do not know.
func traceParams(s *site) []param {
	if !s.version.atLeast(19, 5) {
		return nil
	}
	return []param{integer("byte_offset").between(0, 1<<62), integer("byte_limit").between(1, 512_000)}
}

// findJob returns the job that :job_id names.
func (c *call) findJob(p *project) (*job, error) {
	found, ok := c.jobs[c.integer("job_id")]
	if !ok || found.project != p {
		return nil, noRecord()
	}
	return found, nil
}

// findBuild is findJob without trigger jobs.
func (c *call) findBuild(p *project) (*job, error) {
	found, err := c.findJob(p)
	if err == nil && found.bridge() {
		return nil, noRecord()
	}
	return found, err
}

// readBuild returns the job of the path to those who may read jobs.
func (c *call) readBuild() (*job, error) {
	p, err := c.findReadableProject()
	if err != nil {
		return nil, err
	}
	return c.findBuild(p)
}

// changeJob returns the job of the path to those who have this role.
func (c *call) changeJob(least AccessLevel, find func(*project) (*job, error)) (*job, error) {
	p, err := c.findProject(least)
	if err != nil {
		return nil, err
	}
	j, err := find(p)
	if err == nil && j.protectedFrom(c.user) {
		return nil, forbidden("")
	}
	return j, err
}

// runJob returns the job of the path to those who may start and cancel it: developers, and reporters too if its environment is protected
// and the protection lets them.
func (c *call) runJob(find func(*project) (*job, error)) (*job, error) {
	p, err := c.findProject(noAccess)
	if err != nil {
		return nil, err
	}
	j, err := find(p)
	least := Developer
	if err == nil && j.guarded() {
		least = Reporter
	}
	if c.role(p.path) < least || err == nil && j.protectedFrom(c.user) {
		return nil, forbidden("")
	}
	return j, err
}

// inScope applies the filter by status.
func (c *call) inScope(jobs []*job) []*job {
	scope := c.words("scope")
	if len(scope) == 0 {
		return jobs
	}
	return slices.DeleteFunc(jobs, func(j *job) bool { return !slices.Contains(scope, string(j.status)) })
}

func listJobs(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	jobs := slices.DeleteFunc(c.inScope(newestFirst(p.jobs)), func(j *job) bool { return !c.passes("ref", j.pipeline.ref) })
	if c.text("pagination") != "keyset" {
		return uncountedList(c, jobs, c.showJob)
	}
	if err := c.keysetOrdered(); err != nil {
		return err
	}
	return keysetList(c, jobs, func(j *job) int64 { return j.id }, func(*job) bool { return true }, c.showJob)
}

func listPipelineJobs(c *call) error {
	retried := c.boolean("include_retried")
	return listOfPipeline(c, func(j *job) bool { return !j.bridge() && (!j.retried || retried) }, func(jobs []*job) error { return list(c, jobs, c.showJob) })
}

func listBridges(c *call) error {
	retried := c.has("include_retried")
	return listOfPipeline(c, func(j *job) bool { return j.bridge() && (!j.retried || retried) }, func(jobs []*job) error { return list(c, jobs, c.showBridge) })
}

// listOfPipeline answers with the jobs of a pipeline that belong in a list.
func listOfPipeline(c *call, belongs func(*job) bool, answer func([]*job) error) error {
	found, err := c.readPipeline()
	if err != nil {
		return err
	}
	return answer(slices.DeleteFunc(c.inScope(newestFirst(found.jobs)), func(j *job) bool {
		return j.external != nil || !belongs(j)
	}))
}

func getOwnJob(c *call) error {
	if c.job == nil {
		return notFound("Job")
	}
	return c.json(http.StatusOK, c.showJob(c.job))
}

func getJob(c *call) error {
	j, err := c.readBuild()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showJob(j))
}

func getTrace(c *call) error {
	j, err := c.readBuild()
	if err != nil {
		return err
	}
	if j.debugs() && c.role(j.project.path) < Developer {
		return forbidden("")
	}
	log := j.trace(c.now)
	log = log[min(int(c.integer("byte_offset")), len(log)):]
	if c.has("byte_limit") {
		log = log[:min(int(c.integer("byte_limit")), len(log))]
	}
	c.answer.header.Set("Content-Disposition", fmt.Sprintf(`infile; filename="%d.log"`, j.id)) // GitLab writes infile
	return c.plain("text/plain", []byte(log))
}

func postJobCancel(c *call) error {
	j, err := c.runJob(c.findBuild)
	if err != nil {
		return err
	}
	if !j.project.cancelableBy(c.user) || c.boolean("force") && c.role(j.project.path) < Maintainer {
		return forbidden("")
	}
	c.cancelJob(j, c.boolean("force"))
	return c.json(http.StatusCreated, c.showJob(j))
}

func postJobRetry(c *call) error {
	j, err := c.runJob(c.findJob)
	if err != nil {
		return err
	}
	if err := c.limitJob("retry", j, 3); err != nil {
		return err
	}
	if !j.retryable() {
		return forbidden("Job is not retryable")
	}
	inputs := c.object("inputs")
	if inputs == nil {
		inputs = c.object("job_inputs") // the documentation's name of it
	}
	return c.json(http.StatusCreated, c.showEither(c.retryJob(j, c.user, nil, inputs)))
}

func postJobPlay(c *call) error {
	j, err := c.runJob(c.findJob)
	if err != nil {
		return err
	}
	if err := c.limitJob("play", j, 3); err != nil {
		return err
	}
	if !j.playable() {
		return badRequest("Unplayable Job")
	}
	var variables []variable
	for _, given := range c.objects("job_variables_attributes") {
		variables = append(variables, givenVariable(given))
	}
	if len(variables) > 0 && !j.project.mayGiveVariables(c.user) {
		return forbidden("")
	}
	if faults := givenFaults(variables); len(faults) > 0 {
		return invalid("job_variables.key", faults...)
	}
	c.playJob(j, c.user, variables, c.object("job_inputs"))
	return c.json(http.StatusOK, c.showEither(j))
}

func postJobErase(c *call) error {
	j, err := c.changeJob(Developer, c.findBuild)
	if err != nil {
		return err
	}
	if c.role(j.project.path) < Maintainer && j.user != c.user {
		return forbidden("")
	}
	if err := c.limitJob("erase", j, 5); err != nil {
		return err
	}
	if !j.erasable(c.now) {
		return forbidden("Job is not erasable!")
	}
	c.erase(j)
	return c.json(http.StatusCreated, c.showJob(j))
}
