package gitlabcitest

import "net/http"

func registerCatalog(s *site) {
	s.handle("POST", "/projects/:id/catalog/publish", postCatalogVersion, text("version").required(), object("metadata").required()).jobToken()
}

func postCatalogVersion(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	published, ok := p.releases[c.text("version")]
	switch {
	case !ok:
		return noRecord()
	case published:
		return problem(http.StatusUnprocessableEntity, "Release has already been published")
	}
	p.releases[c.text("version")] = true
	return c.json(http.StatusCreated, catalogVersion{c.base() + "/explore/catalog/" + p.path})
}
