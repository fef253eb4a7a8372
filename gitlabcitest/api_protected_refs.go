package gitlabcitest

// registerProtectedRefs enters what is protected of branches and tags, to read only.
func registerProtectedRefs(s *site) {
	s.handle("GET", "/projects/:id/protected_branches", listProtectedBranches, pagination...)
	s.handle("GET", "/projects/:id/protected_tags", listProtectedTags, pagination...)
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
