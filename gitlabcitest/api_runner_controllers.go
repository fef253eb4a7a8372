package gitlabcitest

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/gitlabci/gitlabci"
)

func registerRunnerControllers(s *site) {
	const all, one = "/runner_controllers", "/runner_controllers/:id"
	id, description, state := integer("id"), text("description"), text("state").oneOf("disabled", "enabled", "dry_run")
	s.handle("GET", all, listControllers, pagination...).admin()
	s.handle("POST", all, postController, description, state).admin()
	s.handle("GET", one, getController, id).admin()
	s.handle("PUT", one, putController, id, description, state).admin()
	s.handle("DELETE", one, removeController, id).admin()

	s.handle("GET", one+"/scopes", getControllerScopes, id).admin()
	s.handle("POST", one+"/scopes/instance", postInstanceScope, id).admin()
	s.handle("DELETE", one+"/scopes/instance", removeInstanceScope, id).admin()
	s.handle("POST", one+"/scopes/runners/:runner_id", postRunnerScope, id).admin()
	s.handle("DELETE", one+"/scopes/runners/:runner_id", removeRunnerScope, id).admin()

	const tokens, token = all + "/:runner_controller_id/tokens", all + "/:runner_controller_id/tokens/:id"
	s.handle("GET", tokens, listControllerTokens, pagination...).admin()
	s.handle("POST", tokens, postControllerToken, description).admin()
	s.handle("GET", token, getControllerToken, id).admin()
	s.handle("DELETE", token, revokeControllerToken, id).admin()
	s.handle("POST", token+"/rotate", rotateControllerToken, id).admin()
}

// findController returns the controller that a parameter names.
func (c *call) findController(name string) (*runnerController, error) {
	rc := c.controllerWithID(c.integer(name))
	if rc == nil {
		return nil, notFound("")
	}
	return rc, nil
}

func listControllers(c *call) error {
	return list(c, c.controllers, showController)
}

func postController(c *call) error {
	return c.json(http.StatusCreated, showController(c.addController(c.text("description"), cmp.Or(c.text("state"), "disabled"))))
}

func getController(c *call) error {
	rc, err := c.findController("id")
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, fullController{showController(rc), rc.connected(c.now)})
}

func putController(c *call) error {
	rc, err := c.findController("id")
	if err != nil {
		return err
	}
	if c.given("description") {
		rc.description = c.text("description")
	}
	rc.state = cmp.Or(c.text("state"), rc.state)
	rc.updatedAt = c.now
	return c.json(http.StatusOK, showController(rc))
}

func removeController(c *call) error {
	rc, err := c.findController("id")
	if err != nil {
		return err
	}
	if err := c.unchangedSince(rc.updatedAt); err != nil {
		return err
	}
	c.controllers = slices.DeleteFunc(c.controllers, func(other *runnerController) bool { return other == rc })
	return c.noContent()
}

// findScoped returns the controller whose scopes are asked for. GitLab spells its absence unlike findController.
func (c *call) findScoped() (*runnerController, error) {
	rc := c.controllerWithID(c.integer("id"))
	if rc == nil {
		return nil, noRecord()
	}
	return rc, nil
}

// findScopedRunner is findScoped with the runner that :runner_id names.
func (c *call) findScopedRunner() (*runnerController, *runner, error) {
	rc, err := c.findScoped()
	if err != nil {
		return nil, nil, err
	}
	r := c.runnerWithID(c.integer("runner_id"))
	if r == nil {
		return nil, nil, noRecord()
	}
	return rc, r, nil
}

func getControllerScopes(c *call) error {
	rc, err := c.findScoped()
	if err != nil {
		return err
	}
	scopes := controllerScopes{InstanceLevel: []instanceScopeEntity{}, RunnerLevel: shown(c.scopesOf(rc), showRunnerScope)}
	if !rc.instanceSince.IsZero() {
		scopes.InstanceLevel = append(scopes.InstanceLevel, showInstanceScope(rc))
	}
	return c.json(http.StatusOK, scopes)
}

func postInstanceScope(c *call) error {
	rc, err := c.findScoped()
	switch {
	case err != nil:
		return err
	case !rc.instanceSince.IsZero():
		return problem(http.StatusConflict, "Instance-level scope already exists for this runner controller")
	case len(c.scopesOf(rc)) > 0:
		return problem(http.StatusConflict, "Runner controller already has runner-level scopes. Remove them before adding instance-level scope.")
	}
	rc.instanceSince = c.now
	return c.json(http.StatusCreated, showInstanceScope(rc))
}

// removeInstanceScope is content where there is none, as GitLab is.
func removeInstanceScope(c *call) error {
	rc, err := c.findScoped()
	if err != nil {
		return err
	}
	rc.instanceSince = time.Time{}
	return c.noContent()
}

func postRunnerScope(c *call) error {
	rc, r, err := c.findScopedRunner()
	switch {
	case err != nil:
		return err
	case r.kind() != gitlabci.RunnerTypeInstance:
		return problem(http.StatusUnprocessableEntity, "Only instance-type runners can be scoped")
	case !rc.instanceSince.IsZero():
		return problem(http.StatusConflict, "Runner controller already has instance-level scope. Remove it before adding runner scopes.")
	case slices.ContainsFunc(rc.scopes, func(scope *runnerScope) bool { return scope.runner == r }):
		return problem(http.StatusConflict, "Runner scope already exists for this runner controller")
	}
	scope := &runnerScope{runner: r, createdAt: c.now}
	rc.scopes = append(rc.scopes, scope)
	return c.json(http.StatusCreated, showRunnerScope(scope))
}

// removeRunnerScope is content where there is none, as GitLab is.
func removeRunnerScope(c *call) error {
	rc, r, err := c.findScopedRunner()
	if err != nil {
		return err
	}
	rc.scopes = slices.DeleteFunc(rc.scopes, func(scope *runnerScope) bool { return scope.runner == r })
	return c.noContent()
}

func listControllerTokens(c *call) error {
	rc, err := c.findController("runner_controller_id")
	if err != nil {
		return err
	}
	return list(c, rc.tokens, rc.showToken)
}

func postControllerToken(c *call) error {
	rc, err := c.findController("runner_controller_id")
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, rc.showNewToken(c.addControllerToken(rc, c.text("description"))))
}

// findControllerToken returns the token that :id names, and its controller. Revoked ones are not found.
func (c *call) findControllerToken() (*runnerController, *controllerToken, error) {
	rc, err := c.findController("runner_controller_id")
	if err != nil {
		return nil, nil, err
	}
	t := rc.token(c.integer("id"))
	if t == nil {
		return nil, nil, notFound("")
	}
	return rc, t, nil
}

func getControllerToken(c *call) error {
	rc, t, err := c.findControllerToken()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, rc.showToken(t))
}

func revokeControllerToken(c *call) error {
	rc, t, err := c.findControllerToken()
	if err != nil {
		return err
	}
	rc.revoke(t)
	return c.noContent()
}

func rotateControllerToken(c *call) error {
	rc, t, err := c.findControllerToken()
	if err != nil {
		return err
	}
	rc.revoke(t)
	return c.json(http.StatusOK, rc.showNewToken(c.addControllerToken(rc, t.description)))
}
