package gitlabcitest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci"
)

// registerRunnerTokens enters what is done with tokens of runners: those that they come into being with, and those that are their own.
func registerRunnerTokens(s *site) {
	s.handle("POST", "/user/runners", postUserRunner, append(slices.Clone(runnerAttributes),
		text("runner_type").required().oneOf(names(runnerTypes)...), integer("group_id"), integer("project_id"),
		datetime("token_expires_at"), datetime("token_rotation_deadline"))...).scopes("create_runner")

	token := text("token").required()
	s.handle("POST", "/runners", postRunner, append(slices.Clone(runnerAttributes),
		token, boolean("active"), object("info"), text("maintainer_note"))...).anonymous()
	s.handle("DELETE", "/runners", removeRunnerByToken, token).anonymous()
	s.handle("POST", "/runners/verify", postRunnerVerify, token, text("system_id")).anonymous()
	s.handle("POST", "/runners/reset_authentication_token", postOwnRunnerToken, token).anonymous()
	s.handle("DELETE", "/runners/managers", removeRunnerManager, token, text("system_id").required()).anonymous()

	s.handle("GET", "/runners/router/discovery", discoverRouter).anonymous()

	s.handle("POST", "/runners/reset_registration_token", postInstanceRegistrationToken).admin()
	s.handle("POST", "/groups/:id/runners/reset_registration_token", postGroupRegistrationToken)
	s.handle("POST", "/projects/:id/runners/reset_registration_token", postProjectRegistrationToken)
}

func postUserRunner(c *call) error {
	r := runner{contact: contact{createdAt: c.now}, creator: c.user, runUntagged: true, expiresAt: c.time("token_expires_at")}
	c.changeRunner(&r)
	allowed := c.user.admin
	switch gitlabci.RunnerType(c.text("runner_type")) {
	case gitlabci.RunnerTypeGroup:
		if !c.has("group_id") {
			return paramError(http.StatusBadRequest, "group_id is missing")
		}
		i := slices.IndexFunc(c.groups, func(g *group) bool { return g.id == c.integer("group_id") })
		if i < 0 {
			return badRequest("Missing/invalid scope")
		}
		r.group = c.groups[i]
		allowed = c.role(r.group.path) >= Owner
	case gitlabci.RunnerTypeProject:
		if !c.has("project_id") {
			return paramError(http.StatusBadRequest, "project_id is missing")
		}
		i := slices.IndexFunc(c.projects, func(p *project) bool { return p.id == c.integer("project_id") })
		if i < 0 {
			return badRequest("Missing/invalid scope")
		}
		r.projects = []*project{c.projects[i]}
		allowed = c.role(c.projects[i].path) >= Maintainer
	}
	if !allowed {
		return forbidden("Insufficient permissions")
	}
	if faults := r.faults(); len(faults) > 0 {
		return badRequest(sentence(faults))
	}
	r.token = c.secret(runnerTokenPrefix, 20)
	return c.json(http.StatusCreated, showRegistration(c.addRunner(r)))
}

// sentence joins faults the way Rails does for people: "Field text and Field text".
func sentence(faults map[string][]string) string {
	var parts []string
	for field, texts := range faults {
		name := strings.ReplaceAll(field, "_", " ")
		parts = append(parts, strings.ToUpper(name[:1])+name[1:]+" "+strings.Join(texts, " and "))
	}
	slices.Sort(parts)
	if last := len(parts) - 1; last > 1 {
		return strings.Join(parts[:last], ", ") + ", and " + parts[last]
	}
	return strings.Join(parts, " and ")
}

// postRunner is the old way for a runner to come into being: whoever has a registration token registers it.
func postRunner(c *call) error {
	if c.registrationOff {
		return problem(http.StatusGone, "410 Gone - runner registration disallowed")
	}
	if c.given("active") && c.given("paused") {
		return paramError(http.StatusBadRequest, "active, paused are mutually exclusive")
	}
	r := runner{contact: contact{createdAt: c.now}, runUntagged: true, note: c.text("maintainer_note")}
	c.changeRunner(&r)
	r.name, _ = c.object("info")["name"].(string)
	if !c.belong(&r, c.text("token")) {
		return forbidden("invalid token supplied")
	}
	if faults := r.faults(); len(faults) > 0 {
		return invalidRecord(faults)
	}
	r.token = c.secret(registeredTokenPrefix, 20)
	return c.json(http.StatusCreated, showRegistration(c.addRunner(r)))
}

// findOwnRunner returns the runner that asks, by the token it sent.
func (c *call) findOwnRunner() (*runner, error) {
	r := c.runnerWithToken(c.text("token"))
	if r == nil {
		return nil, forbidden("")
	}
	return r, nil
}

func removeRunnerByToken(c *call) error {
	r, err := c.findOwnRunner()
	if err != nil {
		return err
	}
	if err := c.unchangedSince(r.updatedAt); err != nil {
		return err
	}
	c.deleteRunner(r)
	return c.noContent()
}

func postRunnerVerify(c *call) error {
	r, err := c.findOwnRunner()
	if err != nil {
		return err
	}
	c.heard(r, c.text("system_id"))
	return c.json(http.StatusOK, showRegistration(r))
}

func postOwnRunnerToken(c *call) error {
	r, err := c.findOwnRunner()
	if err != nil {
		return err
	}
	c.resetToken(r)
	return c.json(http.StatusCreated, newToken{r.token, stamp(r.expiresAt)})
}

func removeRunnerManager(c *call) error {
	r, err := c.findOwnRunner()
	if err != nil {
		return err
	}
	m := r.manager(c.text("system_id"))
	if m == nil {
		return noRecord()
	}
	c.deleteManager(r, m)
	return c.noContent()
}

func discoverRouter(c *call) error {
	switch {
	case c.runnerWithToken(c.request.Header.Get("Runner-Token")) == nil:
		return forbidden("")
	case c.jobRouter == "":
		return problem(http.StatusNotImplemented, "Job Router is not available. Please contact your administrator.")
	}
	return c.json(http.StatusOK, routerEntity{c.jobRouter})
}

func postInstanceRegistrationToken(c *call) error {
	return c.resetRegistrationToken(&c.registrationToken)
}

func postGroupRegistrationToken(c *call) error {
	g, err := c.findGroup(Owner)
	if err != nil {
		return err
	}
	return c.resetRegistrationToken(&g.registrationToken)
}

func postProjectRegistrationToken(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	return c.resetRegistrationToken(&p.registrationToken)
}

func (c *call) resetRegistrationToken(token *string) error {
	*token = c.secret(registrationTokenPrefix, 20)
	return c.json(http.StatusCreated, newToken{Token: *token})
}
