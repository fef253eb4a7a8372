package gitlabcitest

import (
	"fmt"
	"net/http"
	"slices"
)

func registerSchedules(s *site) {
	const all = "/projects/:id/pipeline_schedules"
	const one = all + "/:pipeline_schedule_id"
	const aVariable = one + "/variables/:key"
	kind := text("variable_type").oneOf("env_var", "file")

	s.handle("GET", all, listSchedules, withPages(text("scope").oneOf("active", "inactive"))...)
	s.handle("POST", all, postSchedule,
		text("description").required(), text("ref").required(), text("cron").required(), text("cron_timezone"), boolean("active"),
		objects("inputs", text("name").required(), inputValue("value").required()))
	s.handle("GET", one, getSchedule)
	s.handle("PUT", one, putSchedule,
		text("description"), text("ref"), text("cron"), text("cron_timezone"), boolean("active"),
		objects("inputs", text("name").required(), inputValue("value"), boolean("destroy")))
	s.handle("DELETE", one, removeSchedule)
	s.handle("POST", one+"/take_ownership", postScheduleOwner)
	s.handle("POST", one+"/play", postSchedulePlay)
	s.handle("GET", one+"/pipelines", listSchedulePipelines, withPages(
		text("scope").oneOf("running", "pending", "finished", "branches", "tags"), text("status").oneOf(names(jobStatuses)...),
		datetime("updated_after"), datetime("updated_before"), datetime("created_after"), datetime("created_before"),
		text("sort").oneOf("asc", "desc"))...)
	s.handle("POST", one+"/variables", postScheduleVariable, text("key").required(), text("value").required(), kind)
	s.handle("GET", aVariable, getScheduleVariable)
	s.handle("PUT", aVariable, putScheduleVariable, text("value"), kind)
	s.handle("DELETE", aVariable, removeScheduleVariable)
}

// inputValue is a parameter that takes the values of pipeline inputs: whatever is not an object.
func inputValue(name string) param {
	return param{name: name, parse: func(raw any) (any, bool) {
		_, object := raw.(map[string]any)
		return raw, !object
	}}
}

// findSchedule returns the schedule of the path.
func (c *call) findSchedule() (*schedule, error) {
	p, err := c.findReadableProject()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(p.schedules, func(s *schedule) bool { return s.id == c.integer("pipeline_schedule_id") }); i >= 0 {
		return p.schedules[i], nil
	}
	return nil, notFound("Pipeline Schedule")
}

// findScheduleFor is findSchedule for those to whom it is allowed.
func (c *call) findScheduleFor(allowed func(*schedule) bool) (*schedule, error) {
	found, err := c.findSchedule()
	if err == nil && !allowed(found) {
		return nil, forbidden("")
	}
	return found, err
}

func listSchedules(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	schedules := slices.DeleteFunc(slices.Clone(p.schedules), func(s *schedule) bool {
		return c.has("scope") && s.active != (c.text("scope") == "active")
	})
	return list(c, schedules, c.showSchedule)
}

func postSchedule(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	settings := scheduleSettings{timezone: "UTC", active: true}
	c.changeSchedule(&settings)
	if faults := settings.check(p); len(faults) > 0 {
		return invalidRecord(faults)
	}
	return c.json(http.StatusCreated, c.showFullSchedule(c.addSchedule(p, c.user, settings)))
}

func getSchedule(c *call) error {
	found, err := c.findSchedule()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, c.showFullSchedule(found))
}

func putSchedule(c *call) error {
	found, err := c.findScheduleFor(c.user.owns)
	if err != nil {
		return err
	}
	for i, input := range c.objects("inputs") {
		if destroy, _ := input["destroy"].(bool); !destroy && input["value"] == nil {
			return paramError(http.StatusBadRequest, fmt.Sprintf("inputs[%d][value] is missing", i))
		}
	}
	settings := found.scheduleSettings
	settings.inputs = slices.Clone(settings.inputs)
	c.changeSchedule(&settings)
	if faults := settings.check(found.project); len(faults) > 0 {
		return invalidRecord(faults)
	}
	found.scheduleSettings, found.updatedAt = settings, c.now
	c.planRun(found)
	return c.json(http.StatusOK, c.showFullSchedule(found))
}

// changeSchedule takes over what the request says of a schedule. Inputs that it does not name stay as they are.
func (c *call) changeSchedule(s *scheduleSettings) {
	for name, target := range map[string]*string{"description": &s.description, "ref": &s.ref, "cron": &s.cron, "cron_timezone": &s.timezone} {
		if c.has(name) {
			*target = c.text(name)
		}
	}
	if c.has("active") {
		s.active = c.boolean("active")
	}
	for _, given := range c.objects("inputs") {
		name, _ := given["name"].(string)
		destroy, _ := given["destroy"].(bool)
		i := slices.IndexFunc(s.inputs, func(input scheduleInput) bool { return input.Name == name })
		switch {
		case destroy && i >= 0:
			s.inputs = slices.Delete(s.inputs, i, i+1)
		case destroy:
		case i >= 0:
			s.inputs[i].Value = given["value"]
		default:
			s.inputs = append(s.inputs, scheduleInput{name, given["value"]})
		}
	}
}

func removeSchedule(c *call) error {
	found, err := c.findScheduleFor(c.user.manages)
	if err != nil {
		return err
	}
	if err := c.unchangedSince(found.updatedAt); err != nil {
		return err
	}
	c.deleteSchedule(found)
	return c.noContent()
}

func postScheduleOwner(c *call) error {
	found, err := c.findScheduleFor(c.user.manages)
	if err != nil {
		return err
	}
	if found.owner == c.user {
		return c.json(http.StatusOK, c.showFullSchedule(found))
	}
	found.owner, found.updatedAt = c.user, c.now
	return c.json(http.StatusCreated, c.showFullSchedule(found))
}

// postSchedulePlay answers before the pipeline is there, as GitLab does. The next request finds it.
func postSchedulePlay(c *call) error {
	found, err := c.findScheduleFor(func(s *schedule) bool { return c.role(s.project.path) >= Developer })
	if err != nil {
		return err
	}
	c.after(0, func() { c.runSchedule(found, c.user) })
	return c.message(http.StatusCreated, "201 Created")
}

func listSchedulePipelines(c *call) error {
	found, err := c.findSchedule()
	if err != nil {
		return err
	}
	pipelines := slices.DeleteFunc(newestFirst(c.pipelinesOf(found)), func(p *pipeline) bool { return !c.selects(p) })
	if scope := c.text("scope"); scope == "branches" || scope == "tags" {
		pipelines = newestOfRefs(pipelines, scope == "tags")
	}
	if c.text("sort") != "desc" {
		slices.Reverse(pipelines)
	}
	return list(c, pipelines, c.showBasicPipeline)
}

// findScheduleVariable returns the position of the variable that :key names.
func (c *call) findScheduleVariable(s *schedule) (int, error) {
	i := slices.IndexFunc(s.variables, func(v variable) bool { return v.key == c.path["key"] })
	if i < 0 {
		return 0, notFound("Pipeline Schedule Variable")
	}
	return i, nil
}

// changeScheduleVariables returns the schedule of the path to those to whom it is allowed and who may set variables of pipelines.
func (c *call) changeScheduleVariables(allowed func(*schedule) bool) (*schedule, error) {
	return c.findScheduleFor(func(s *schedule) bool { return s.project.mayGiveVariables(c.user) && allowed(s) })
}

func postScheduleVariable(c *call) error {
	found, err := c.changeScheduleVariables(c.user.owns)
	if err != nil {
		return err
	}
	v := givenVariable(c.params)
	faults := keyFaults(v.key)
	if slices.ContainsFunc(found.variables, func(other variable) bool { return other.key == v.key }) {
		faults["key"] = append(faults["key"], "has already been taken")
	}
	if len(faults) > 0 {
		return invalidRecord(faults)
	}
	found.variables = append(found.variables, v)
	return c.json(http.StatusCreated, showVariable(v))
}

func getScheduleVariable(c *call) error {
	found, err := c.findScheduleFor(c.user.manages)
	if err != nil {
		return err
	}
	i, err := c.findScheduleVariable(found)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showVariable(found.variables[i]))
}

func putScheduleVariable(c *call) error {
	found, err := c.changeScheduleVariables(c.user.owns)
	if err != nil {
		return err
	}
	i, err := c.findScheduleVariable(found)
	if err != nil {
		return err
	}
	v := &found.variables[i]
	if c.has("value") {
		v.value = c.text("value")
	}
	if c.has("variable_type") {
		v.kind = c.text("variable_type")
	}
	return c.json(http.StatusOK, showVariable(*v))
}

func removeScheduleVariable(c *call) error {
	found, err := c.changeScheduleVariables(c.user.manages)
	if err != nil {
		return err
	}
	i, err := c.findScheduleVariable(found)
	if err != nil {
		return err
	}
	removed := found.variables[i]
	found.variables = slices.Delete(found.variables, i, i+1)
	return c.json(http.StatusAccepted, showVariable(removed))
}
