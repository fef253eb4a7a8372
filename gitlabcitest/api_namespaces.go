package gitlabcitest

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"
)

// registerNamespaces enters how projects and groups are made over HTTP.
func registerNamespaces(s *site) {
	visibility := text("visibility").oneOf(string(Private), string(Internal), string(Public))
	s.handle("POST", "/projects", postProject, text("name"), text("path"), integer("namespace_id"), text("description"), visibility,
		text("default_branch"), tags("tag_list"), tags("topics"))
	s.handle("POST", "/groups", postGroup, text("name").required(), text("path").required(), integer("parent_id"), text("description"), visibility)
}

var (
	pathPart       = regexp.MustCompile(`^[a-zA-Z0-9_.][a-zA-Z0-9_.-]*$`)
	notOfPath      = regexp.MustCompile(`[^a-z0-9_.]+`)
	errNamespace   = invalid("namespace", "is not valid")
	takenText      = "has already been taken"
	badPathText    = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'"
	groupSaveError = "Failed to save group {:path=>[\"%s\"]}"
)

func pathFits(path string) bool {
	return pathPart.MatchString(path) && !strings.HasSuffix(path, ".git") && !strings.HasSuffix(path, ".atom")
}

// postProject makes a project. Unlike GitLab's it has a first commit, whatever initialize_with_readme says, so that pipelines may follow.
func postProject(c *call) error {
	if !c.given("name") && !c.given("path") {
		return paramError(http.StatusBadRequest, "name, path are missing, at least one parameter must be provided")
	}
	path := cmp.Or(c.text("path"), strings.Trim(notOfPath.ReplaceAllString(strings.ToLower(c.text("name")), "-"), "-"))
	name := cmp.Or(c.text("name"), path)
	switch {
	case !projectName.MatchString(name):
		return invalid("name", badNameText)
	case !pathFits(path):
		return invalid("path", badPathText)
	}
	namespace := c.user.username
	if c.has("namespace_id") {
		g := c.groupWithID(c.integer("namespace_id"))
		if g == nil || c.role(g.path) < Developer {
			return errNamespace
		}
		namespace = g.path
	}
	if c.projectByPath(namespace+"/"+path) != nil || c.groupByPath(namespace+"/"+path) != nil {
		return invalidRecord(map[string][]string{"name": {takenText}, "path": {takenText}, "project_namespace.name": {takenText}})
	}
	if !c.has("namespace_id") && c.groupByPath(namespace) == nil {
		c.user.memberships = append(c.user.memberships, Owner.In(namespace))
	}
	made := c.addProject(namespace+"/"+path, nil)
	made.creator = c.user
	if branch := c.text("default_branch"); branch != "" {
		made.rename(made.defaultBranch, branch)
	}
	c.changeProfile(made)
	return c.json(http.StatusCreated, c.showProject(made))
}

func postGroup(c *call) error {
	path := c.text("path")
	if c.has("parent_id") {
		parent := c.groupWithID(c.integer("parent_id"))
		switch {
		case parent == nil || !c.groupVisible(parent):
			return notFound("Group")
		case c.role(parent.path) < Maintainer:
			return forbidden("")
		}
		path = parent.path + "/" + path
	}
	switch {
	case !pathFits(c.text("path")):
		return badGroup(badPathText)
	case c.groupByPath(path) != nil || c.projectByPath(path) != nil:
		return badGroup(takenText)
	}
	made := c.addGroup(path)
	made.displayName, made.description, made.visibility = c.text("name"), c.text("description"), Visibility(c.text("visibility"))
	c.user.memberships = append(c.user.memberships, Owner.In(path))
	return c.json(http.StatusCreated, c.showGroup(made))
}

// badGroup is the answer to a group whose path is not valid, in which GitLab shows Ruby's form of the errors.
func badGroup(text string) error {
	return problem(http.StatusBadRequest, strings.ReplaceAll(groupSaveError, "%s", text))
}
