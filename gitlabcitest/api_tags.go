package gitlabcitest

import (
	"net/http"
	"slices"

	"github.com/gitlabci/gitlabci"
)

func registerTags(s *site) {
	s.handle("GET", "/projects/:id/repository/tags", listTags, withPages(
		text("search"), text("order_by").oneOf("name", "updated", "version"), text("sort").oneOf("asc", "desc"))...).anonymous()
	s.handle("GET", "/projects/:id/repository/tags/:tag_name", getTag).anonymous()
	s.handle("POST", "/projects/:id/repository/tags", postTag, text("tag_name").required(), text("ref").required(), text("message"))
}

func listTags(c *call) error {
	p, err := c.findRepository()
	if err != nil {
		return err
	}
	order := gitlabci.TagOrderUpdated
	if c.has("order_by") {
		order = gitlabci.TagOrder(c.text("order_by"))
	}
	tags := slices.DeleteFunc(p.tagNames(order), func(name string) bool { return !nameMatches(name, c.text("search")) })
	if c.text("sort") != "asc" {
		slices.Reverse(tags)
	}
	return list(c, tags, func(name string) tagEntity { return c.showTag(p, name) })
}

func getTag(c *call) error {
	p, err := c.findRepository()
	if err != nil {
		return err
	}
	if p.tags[c.path["tag_name"]] == nil {
		return notFound("Tag")
	}
	return c.json(http.StatusOK, c.showTag(p, c.path["tag_name"]))
}

func postTag(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	if err := c.createTag(p, c.text("tag_name"), c.text("ref"), c.text("message"), c.user); err != nil {
		return err
	}
	return c.json(http.StatusCreated, c.showTag(p, c.text("tag_name")))
}
