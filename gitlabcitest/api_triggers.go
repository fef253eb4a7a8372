package gitlabcitest

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/codec"
)

func registerTriggers(s *site) {
	s.handle("GET", "/projects/:id/triggers", listTriggers, pagination...)
	s.handle("POST", "/projects/:id/triggers", postTrigger, text("description").required(), datetime("expires_at"))
	s.handle("GET", "/projects/:id/triggers/:trigger_id", getTrigger)
	s.handle("PUT", "/projects/:id/triggers/:trigger_id", putTrigger, text("description"))
	s.handle("DELETE", "/projects/:id/triggers/:trigger_id", removeTrigger)

	run := []param{text("ref").required(), text("token").required(), object("variables"), object("inputs")}
	s.handle("POST", "/projects/:id/trigger/pipeline", runTrigger, run...).anonymous()
	s.handle("POST", "/projects/:id/ref/:ref/trigger/pipeline", runTrigger, run...).anonymous()
}

// findTrigger returns the trigger that :trigger_id names, to those who manage the project's triggers.
func (c *call) findTrigger() (*trigger, error) {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(p.triggers, func(t *trigger) bool { return t.id == c.integer("trigger_id") }); i >= 0 {
		return p.triggers[i], nil
	}
	return nil, noRecord()
}

func listTriggers(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	return list(c, p.triggers, c.showTrigger)
}

func postTrigger(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, c.showTrigger(c.addTrigger(p, c.user, c.text("description"), c.time("expires_at"))))
}

func getTrigger(c *call) error {
	t, err := c.findTrigger()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showTrigger(t))
}

func putTrigger(c *call) error {
	t, err := c.findTrigger()
	if err != nil {
		return err
	}
	if t.owner != c.user {
		return forbidden("The current user is not authorized to update the pipeline trigger token")
	}
	if c.has("description") {
		t.description = c.text("description")
	}
	t.updatedAt = c.now
	return c.json(http.StatusOK, c.showTrigger(t))
}

func removeTrigger(c *call) error {
	t, err := c.findTrigger()
	if err != nil {
		return err
	}
	if err := c.unchangedSince(t.updatedAt); err != nil {
		return err
	}
	t.project.triggers = slices.DeleteFunc(t.project.triggers, func(other *trigger) bool { return other == t })
	return c.noContent()
}

// runTrigger starts a pipeline for whoever has a token. It never reports whether it was the token or the project that it did not know.
func runTrigger(c *call) error {
	if c.request.Header.Get("X-Gitlab-Event") == "Pipeline Hook" {
		return forbidden("") // a pipeline's webhook that starts pipelines would never end
	}
	if c.text("ref") == "" {
		return paramError(http.StatusBadRequest, "ref is empty")
	}
	request := pipelineRequest{ref: c.text("ref"), inputs: c.object("inputs")}
	for _, key := range slices.Sorted(maps.Keys(c.object("variables"))) {
		value, ok := c.object("variables")[key].(string)
		if !ok {
			return problem(http.StatusBadRequest, "variables needs to be a map of key-valued strings")
		}
		request.variables = append(request.variables, variable{key: key, value: value, kind: "env_var"})
	}
	p := c.projectNamed(c.path["id"])
	if p == nil {
		return notFound("")
	}
	t, j := c.triggerWithToken(c.text("token")), c.jobWithToken(c.text("token"))
	switch {
	case t != nil && t.project == p:
		request.source, request.user = gitlabci.PipelineSourceTrigger, t.owner
	case j != nil && !j.executing():
		return problem(http.StatusUnauthorized, "Job is not running")
	case j != nil && p.visible(j.user) && p.acceptsJobToken(j.project):
		request.source, request.user = gitlabci.PipelineSourcePipeline, j.user
	default:
		return notFound("")
	}
	switch {
	case request.user.level(p.path) < Developer:
		return invalid("base", "Insufficient permissions to create a new pipeline")
	case len(request.variables) > 0 && !p.mayGiveVariables(request.user):
		return invalid("base", "Insufficient permissions to set pipeline variables")
	}
	payload, err := c.triggerPayload()
	if err != nil {
		return err
	}
	request.variables = append(request.variables, payload)
	if t != nil {
		t.lastUsed = c.now
	}
	if _, ok := p.reference(request.ref); ok && len(p.config) > 0 && p.ConfigError != "" {
		// Here, unlike elsewhere, GitLab keeps the failed pipeline, which is left out.
		return &apiError{status: http.StatusUnprocessableEntity, body: messageBody{map[string][]string{"base": {p.ConfigError}}}}
	}
	created, err := c.createPipeline(p, request)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, c.showPipeline(created))
}

// triggerPayload is the file variable that holds the parameters of the request, tokens left out.
func (c *call) triggerPayload() (variable, error) {
	sent := maps.Clone(c.sent)
	maps.DeleteFunc(sent, func(name string, value any) bool {
		_, file := value.(upload)
		return file || slices.Contains([]string{"token", "private_token", "access_token", "job_token"}, name)
	})
	body, err := codec.Marshal(sent)
	return variable{key: "TRIGGER_PAYLOAD", value: string(body), kind: "file"}, err
}
