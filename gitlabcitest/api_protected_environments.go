package gitlabcitest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

func registerProtectedEnvironments(s *site) {
	handleProtectedEnvironments(s, "/projects/:id/protected_environments", protectionLevel{
		name: text("name"), taken: "Environment '%s' is already protected",
		find: func(c *call) (*[]*protectedEnvironment, string, error) {
			p, err := c.findProject(Maintainer)
			if err != nil {
				return nil, "", err
			}
			return &p.protections, p.path, nil
		},
	})
	handleProtectedEnvironments(s, "/groups/:id/protected_environments", protectionLevel{
		name: text("name").oneOf(names(tiers)...), taken: "Protected environment '%s' already exists",
		find: func(c *call) (*[]*protectedEnvironment, string, error) {
			g, err := c.findGroup(Owner)
			if err != nil {
				return nil, "", err
			}
			return &g.protections, g.path, nil
		},
	})
}

// protectionLevel is what the endpoints of projects and groups differ in.
type protectionLevel struct {
	name  param
	taken string                                                // the text where a name is protected already
	find  func(*call) (*[]*protectedEnvironment, string, error) // the protections, and the path of their project or group
}

func handleProtectedEnvironments(s *site, template string, l protectionLevel) {
	one := template + "/:name"
	who := []param{
		integer("id"), boolean("_destroy"), integer("user_id"), integer("group_id"), text("access_level").oneOf("20", "30", "40", "60"),
		integer("group_inheritance_type").between(0, 1),
	}
	levels := objects("deploy_access_levels", who...)
	rules := objects("approval_rules", append(slices.Clone(who), integer("required_approvals"))...)
	count := integer("required_approval_count")

	s.handle("GET", template, l.list, pagination...)
	s.handle("POST", template, l.create, l.name.required(), levels.required(), rules, count)
	s.handle("GET", one, l.get, l.name)
	s.handle("PUT", one, l.update, l.name, levels, rules, count)
	s.handle("DELETE", one, l.delete, l.name)
}

// one returns the protection of the path, and the others of its owner.
func (l protectionLevel) one(c *call) (*[]*protectedEnvironment, *protectedEnvironment, error) {
	all, _, err := l.find(c)
	if err != nil {
		return nil, nil, err
	}
	found := protectionNamed(*all, c.path["name"])
	if found == nil {
		return nil, nil, noRecord()
	}
	return all, found, nil
}

func (l protectionLevel) list(c *call) error {
	all, _, err := l.find(c)
	if err != nil {
		return err
	}
	sorted := slices.SortedFunc(slices.Values(*all), func(a, b *protectedEnvironment) int { return cmp.Compare(a.name, b.name) })
	return list(c, sorted, showProtectedEnvironment)
}

func (l protectionLevel) get(c *call) error {
	_, found, err := l.one(c)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showProtectedEnvironment(found))
}

func (l protectionLevel) create(c *call) error {
	all, path, err := l.find(c)
	if err != nil {
		return err
	}
	name := c.text("name")
	if protectionNamed(*all, name) != nil {
		return problem(http.StatusConflict, fmt.Sprintf(l.taken, name))
	}
	changed, err := c.changeProtection(protectedEnvironment{name: name, owner: path})
	if err != nil {
		return err
	}
	*all = append(*all, changed)
	return c.json(http.StatusCreated, showProtectedEnvironment(changed))
}

func (l protectionLevel) update(c *call) error {
	_, found, err := l.one(c)
	if err != nil {
		return err
	}
	changed, err := c.changeProtection(*found)
	if err != nil {
		return err
	}
	*found = *changed
	return c.json(http.StatusOK, showProtectedEnvironment(found))
}

func (l protectionLevel) delete(c *call) error {
	all, found, err := l.one(c)
	if err != nil {
		return err
	}
	*all = slices.DeleteFunc(*all, func(other *protectedEnvironment) bool { return other == found })
	return c.noContent()
}

const countGivenUp = "Parameter 'required_approval_count' is deprecated and shouldn't be used. See https://gitlab.com/groups/gitlab-org/-/epics/9662"

// changeProtection returns a protection as the request has it.
func (c *call) changeProtection(p protectedEnvironment) (*protectedEnvironment, error) {
	if c.integer("required_approval_count") > 0 {
		return nil, problem(http.StatusUnprocessableEntity, countGivenUp)
	}
	var err error
	if p.levels, err = c.changeGrantees(p.levels, "deploy_access_levels", &c.accessLevelIDs, p.owner); err != nil {
		return nil, err
	}
	if p.rules, err = c.changeGrantees(p.rules, "approval_rules", &c.approvalRuleIDs, p.owner); err != nil {
		return nil, err
	}
	switch {
	case p.name == "":
		err = unprocessable("Name can't be blank")
	case len(p.levels) == 0:
		err = unprocessable("Deploy access levels is too short (minimum is 1 character)")
	case slices.ContainsFunc(p.rules, func(g *grantee) bool { return g.required < 1 }):
		err = unprocessable("Approval rules required approvals must be greater than 0")
	}
	return &p, err
}

// unprocessable is the refusal of a record with the full texts of what is not valid.
func unprocessable(texts ...string) error {
	return &apiError{status: http.StatusUnprocessableEntity, body: messageBody{texts}}
}

// changeGrantees returns a list as the request has it: with an id what is to change or go, without one what is to be added. Users and groups
// without access are passed over, as GitLab does.
func (c *call) changeGrantees(old []*grantee, list string, ids *int64, owner string) ([]*grantee, error) {
	all := slices.Clone(old)
	var added []*grantee
	for n, given := range c.objects(list) {
		id, update := given["id"].(int64)
		destroy, _ := given["_destroy"].(bool)
		i := slices.IndexFunc(all, func(g *grantee) bool { return g.id == id })
		switch {
		case update && i < 0:
			return nil, noRecord()
		case destroy && update:
			all = slices.Delete(all, i, i+1)
		case !update && given["user_id"] == nil && given["group_id"] == nil && given["access_level"] == nil:
			prefix := fmt.Sprintf("%s[%d]", list, n)
			return nil, paramError(http.StatusBadRequest, prefix+"[access_level], "+prefix+"[user_id], "+prefix+
				"[group_id] are missing, at least one parameter must be provided")
		case destroy || !c.eligible(given, owner):
		case update:
			all[i] = new(c.changeGrantee(*all[i], given))
		default:
			*ids++
			added = append(added, new(c.changeGrantee(grantee{id: *ids, required: 1}, given)))
		}
	}
	return append(all, added...), nil
}

// eligible reports whether the user and the group that are named may get access: members of the owner, and any group, for there are no
// invitations here that could tell them apart.
func (c *call) eligible(given map[string]any, owner string) bool {
	if id, ok := given["user_id"].(int64); ok && c.userWithID(id).level(owner) < Reporter {
		return false
	}
	id, ok := given["group_id"].(int64)
	return !ok || c.groupWithID(id) != nil
}

func (c *call) changeGrantee(g grantee, given map[string]any) grantee {
	if id, ok := given["user_id"].(int64); ok {
		g.user, g.group, g.role = c.userWithID(id), nil, noAccess
	}
	if id, ok := given["group_id"].(int64); ok {
		g.user, g.group, g.role = nil, c.groupWithID(id), noAccess
	}
	if level, ok := given["access_level"].(string); ok {
		number, _ := strconv.Atoi(level) // one of four numbers
		g.user, g.group, g.role = nil, nil, AccessLevel(number)
	}
	if inheritance, ok := given["group_inheritance_type"].(int64); ok {
		g.inherited = inheritance == 1
	}
	if required, ok := given["required_approvals"].(int64); ok {
		g.required = required
	}
	return g
}
