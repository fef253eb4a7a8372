package gitlabcitest

import (
	"cmp"
	"net/http"
	"strings"
	"unicode/utf8"
)

func registerVariables(s *site) {
	handleVariables(s, "/projects/:id/variables", variableLevel{scoped: true, store: func(c *call) (*variableStore, error) {
		p, err := c.findProject(Maintainer)
		if err != nil {
			return nil, err
		}
		return &p.variables, nil
	}})
	handleVariables(s, "/groups/:id/variables", variableLevel{scoped: true, fallsBack: true, store: func(c *call) (*variableStore, error) {
		g, err := c.findGroup(Maintainer)
		if err != nil {
			return nil, err
		}
		return &g.variables, nil
	}})
	handleVariables(s, "/admin/ci/variables", variableLevel{store: func(c *call) (*variableStore, error) {
		if !c.user.admin {
			return nil, forbidden("")
		}
		return &c.instanceVariables, nil
	}})
}

// variableLevel is what the endpoints of the three levels differ in.
type variableLevel struct {
	store     func(*call) (*variableStore, error)
	scoped    bool // variables have environment scopes and can be hidden
	fallsBack bool // an update that finds nothing under its filter takes the variable of another scope, as GitLab warns
}

func handleVariables(s *site, template string, l variableLevel) {
	members := []param{
		text("description"), boolean("protected"), boolean("masked"), boolean("raw"), text("variable_type").oneOf("env_var", "file"),
	}
	var filter []param
	if l.scoped {
		members = append(members, text("environment_scope"), boolean("masked_and_hidden"))
		filter = []param{object("filter")}
	}
	one := template + "/:key"
	s.handle("GET", template, l.list, pagination...)
	s.handle("POST", template, l.create, append([]param{text("key").required(), text("value").required()}, members...)...)
	s.handle("GET", one, l.get, filter...)
	s.handle("PUT", one, l.update, append(append([]param{text("value")}, members...), filter...)...)
	s.handle("DELETE", one, l.delete, filter...)
}

// find returns the variable that :key and the filter name, and its owner's variables.
func (l variableLevel) find(c *call) (*variableStore, *storedVariable, error) {
	all, err := l.store(c)
	if err != nil {
		return nil, nil, err
	}
	v, err := all.find(c.path["key"], c.filteredScope())
	return all, v, err
}

// filteredScope is filter[environment_scope].
func (c *call) filteredScope() string {
	scope, _ := c.object("filter")["environment_scope"].(string)
	return scope
}

func (l variableLevel) list(c *call) error {
	all, err := l.store(c)
	if err != nil {
		return err
	}
	return list(c, all.all, func(v *storedVariable) any { return showStoredVariable(v, l.scoped) })
}

func (l variableLevel) get(c *call) error {
	_, v, err := l.find(c)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showStoredVariable(v, l.scoped))
}

func (l variableLevel) create(c *call) error {
	all, err := l.store(c)
	if err != nil {
		return err
	}
	v := storedVariable{key: strings.TrimSpace(c.text("key")), kind: "env_var", environmentScope: anyEnvironment}
	c.changeVariable(&v)
	if c.boolean("masked_and_hidden") {
		v.masked, v.hidden = true, true
	}
	return l.save(c, http.StatusCreated, all, nil, v)
}

func (l variableLevel) update(c *call) error {
	all, old, err := l.find(c)
	if l.fallsBack && all != nil && old == nil && c.filteredScope() != "" {
		old, err = all.first(c.path["key"])
	}
	if err != nil {
		return err
	}
	v := *old
	c.changeVariable(&v)
	switch {
	case old.hidden && (v.masked != old.masked || c.has("masked_and_hidden") && !c.boolean("masked_and_hidden")):
		return errHiddenForever
	case !old.hidden && c.boolean("masked_and_hidden"):
		return errHiddenTooLate
	}
	return l.save(c, http.StatusOK, all, old, v)
}

// changeVariable takes over what the request says of a variable.
func (c *call) changeVariable(v *storedVariable) {
	for name, target := range map[string]*string{"value": &v.value, "variable_type": &v.kind} {
		if c.has(name) {
			*target = c.text(name)
		}
	}
	if c.has("environment_scope") {
		v.environmentScope = cmp.Or(strings.TrimSpace(c.text("environment_scope")), anyEnvironment)
	}
	if c.given("description") {
		v.description = c.text("description")
	}
	for name, target := range map[string]*bool{"protected": &v.protected, "masked": &v.masked, "raw": &v.raw} {
		if c.has(name) {
			*target = c.boolean(name)
		}
	}
}

func (l variableLevel) save(c *call, status int, all *variableStore, old *storedVariable, v storedVariable) error {
	if !l.scoped && utf8.RuneCountInString(v.value) > maxInstanceSize {
		return invalid("value", tooLongOfInstance)
	}
	if err := all.put(old, v); err != nil {
		return err
	}
	return c.json(status, showStoredVariable(&v, l.scoped))
}

func (l variableLevel) delete(c *call) error {
	all, v, err := l.find(c)
	if err != nil {
		return err
	}
	all.remove(v)
	return c.noContent()
}
