package gitlabcitest

import "net/http"

// registerProtectedRefs enters tags, and what is protected of branches and tags, to read only.
func registerProtectedRefs(s *site) {
	s.handle("GET", "/projects/:id/repository/tags/:tag_name", getTag).anonymous()
	s.handle("GET", "/projects/:id/protected_branches", listProtectedBranches, pagination...)
	s.handle("GET", "/projects/:id/protected_tags", listProtectedTags, pagination...)
}

func getTag(c *call) error {
	p, err := c.findReadableProject()
	if err != nil {
		return err
	}
	if p.tags[c.path["tag_name"]] == nil {
		return notFound("Tag")
	}
	return c.json(http.StatusOK, c.showTag(p, c.path["tag_name"]))
}

func listProtectedBranches(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	return list(c, p.protected.branches, showProtectedRef)
}

func listProtectedTags(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	return list(c, p.protected.tags, showProtectedRef)
}
