package gitlabcitest

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gitlabci/gitlabci"
)

func registerEnvironments(s *site) {
	const all = "/projects/:id/environments"
	const one = all + "/:environment_id"
	members := []param{
		text("slug"), text("description"), text("external_url"), text("tier").oneOf(names(tiers)...),
		text("auto_stop_setting").oneOf("always", "with_action"),
		integer("cluster_agent_id"), text("kubernetes_namespace"), text("flux_resource_path"),
	}
	s.handle("GET", all, listEnvironments, withPages(
		text("name"), text("search"), text("states").oneOf("available", "stopping", "stopped"))...).jobToken()
	s.handle("POST", all, postEnvironment, append([]param{text("name").required()}, members...)...).jobToken()
	s.handle("GET", one, getEnvironment).jobToken()
	s.handle("PUT", one, putEnvironment, members...).jobToken()
	s.handle("DELETE", one, removeEnvironment).jobToken()
	s.handle("POST", one+"/stop", postEnvironmentStop, boolean("force")).jobToken()
	s.handle("POST", all+"/stop_stale", postStopStale, datetime("before").required()).jobToken()
	s.handle("DELETE", all+"/review_apps", removeReviewApps,
		datetime("before"), integer("limit").between(1, 1000), boolean("dry_run")).jobToken()
}

// findDeployedProject returns the project of :id to those who may read its environments and deployments.
func (c *call) findDeployedProject() (*project, error) {
	p, err := c.findProject(noAccess)
	if err == nil && !p.mayReadDeployments(c.user) {
		return nil, forbidden("")
	}
	return p, err
}

// findEnvironment returns the environment of the path.
func (c *call) findEnvironment() (*environment, error) {
	p, err := c.findDeployedProject()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(p.environments, func(e *environment) bool { return e.id == c.integer("environment_id") }); i >= 0 {
		return p.environments[i], nil
	}
	return nil, noRecord()
}

// changeEnvironment is findEnvironment for those who may change it.
func (c *call) changeEnvironment() (*environment, error) {
	e, err := c.findEnvironment()
	if err == nil && (c.role(e.project.path) < Developer || e.protectedFrom(c.user)) {
		return nil, forbidden("")
	}
	return e, err
}

func listEnvironments(c *call) error {
	p, err := c.findDeployedProject()
	if err != nil {
		return err
	}
	search := strings.ToLower(c.text("search"))
	switch {
	case c.has("name") && c.has("search"):
		return paramError(http.StatusBadRequest, "name, search cannot be used together")
	case search != "" && utf8.RuneCountInString(search) < 3:
		return badRequest("Search query is less than 3 characters")
	}
	return list(c, slices.DeleteFunc(slices.Clone(p.environments), func(e *environment) bool {
		return !c.passes("name", e.name) || !c.passes("states", string(e.state)) || !e.matches(search)
	}), c.showEnvironment)
}

func postEnvironment(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	faults := p.environmentFaults(c.text("name"))
	settings := environmentSettings{}
	if err := c.changeEnvironmentSettings(&settings, faults); err != nil {
		return err
	}
	return c.json(http.StatusCreated, c.showEnvironment(c.addEnvironment(p, c.text("name"), settings)))
}

func getEnvironment(c *call) error {
	e, err := c.findEnvironment()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showFullEnvironment(e))
}

func putEnvironment(c *call) error {
	e, err := c.changeEnvironment()
	if err != nil {
		return err
	}
	settings := e.environmentSettings
	if err := c.changeEnvironmentSettings(&settings, make(map[string][]string)); err != nil {
		return err
	}
	if settings != e.environmentSettings {
		e.environmentSettings, e.updatedAt = settings, c.now
	}
	return c.json(http.StatusOK, c.showEnvironment(e))
}

// changeEnvironmentSettings takes over what the request says of an environment, and adds what is wrong with it to the other faults.
func (c *call) changeEnvironmentSettings(s *environmentSettings, faults map[string][]string) error {
	if c.given("slug") {
		return paramError(http.StatusBadRequest, "slug is automatically generated and cannot be changed")
	}
	if c.has("cluster_agent_id") {
		return badRequest("cluster agent doesn't exist or cannot be associated with this environment")
	}
	for name, target := range map[string]*string{"description": &s.description, "external_url": &s.externalURL} {
		if c.given(name) {
			*target = c.text(name)
		}
	}
	if c.has("tier") {
		s.tier = gitlabci.EnvironmentTier(c.text("tier"))
	}
	if c.has("auto_stop_setting") {
		s.autoStopSetting = gitlabci.AutoStopSetting(c.text("auto_stop_setting"))
	}
	s.check(faults)
	if c.text("kubernetes_namespace") != "" {
		faults["kubernetes_namespace"] = []string{"cannot be set without a cluster agent"}
	}
	if c.text("flux_resource_path") != "" && c.text("kubernetes_namespace") == "" {
		faults["flux_resource_path"] = []string{"cannot be set without a kubernetes namespace"}
	}
	if len(faults) > 0 {
		return invalidRecord(faults)
	}
	return nil
}

func removeEnvironment(c *call) error {
	e, err := c.changeEnvironment()
	if err != nil {
		return err
	}
	if e.state != gitlabci.EnvironmentStopped {
		return forbidden("")
	}
	if err := c.unchangedSince(e.updatedAt); err != nil {
		return err
	}
	c.deleteEnvironment(e)
	return c.noContent()
}

func postEnvironmentStop(c *call) error {
	e, err := c.changeEnvironment()
	if err != nil {
		return err
	}
	c.stopEnvironment(e, c.boolean("force"))
	return c.json(http.StatusOK, c.showEnvironment(e))
}

// postStopStale answers before anything is stopped, as GitLab does. The next request finds it done.
func postStopStale(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	before := c.time("before")
	if before.Before(c.now.AddDate(-10, 0, 0)) || before.After(c.now.AddDate(0, 0, -7)) {
		return badRequest("Invalid Date")
	}
	c.after(0, func() {
		for _, e := range p.environments {
			if e.stale(before) {
				c.stopEnvironment(e, false)
			}
		}
	})
	return c.message(http.StatusOK, "Successfully requested stop for all stale environments")
}

const (
	noReviewApps = "No environments found for scheduled deletion. Either your query did not match any environments (default parameters match " +
		"environments that are 30 days or older), or you have insufficient permissions to delete matching environments."
	noReviewAppAccess = "You do not have permission to destroy environments in this project"
)

func removeReviewApps(c *call) error {
	p, err := c.findDeployedProject()
	if err != nil {
		return err
	}
	refuse := func(status int, text string, unprocessable []*environment) error {
		body := reviewAppsEntity{[]basicEnvironment{}, shown(unprocessable, c.showBasicEnvironment), text}
		return &apiError{status: status, body: messageBody{body}}
	}
	if c.role(p.path) < Developer {
		return refuse(http.StatusUnauthorized, noReviewAppAccess, nil)
	}
	before, limit := c.now.Add(-30*24*time.Hour), 100
	if c.has("before") {
		before = c.time("before")
	}
	if c.has("limit") {
		limit = int(c.integer("limit"))
	}
	found := p.staleReviewApps(before, limit)
	refused := slices.DeleteFunc(slices.Clone(found), func(e *environment) bool { return !e.protectedFrom(c.user) })
	if len(found) == 0 || len(refused) > 0 {
		return refuse(http.StatusBadRequest, noReviewApps, refused)
	}
	if c.has("dry_run") && !c.boolean("dry_run") {
		for _, e := range found {
			c.deleteLater(e)
		}
	}
	return c.json(http.StatusOK, reviewAppsEntity{ScheduledEntries: shown(found, c.showBasicEnvironment), UnprocessableEntries: []basicEnvironment{}})
}
