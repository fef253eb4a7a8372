package gitlabcitest

import "net/http"

// registerInstance enters what clients ask first.
func registerInstance(s *site) {
	s.handle("GET", "/version", getVersion).scopes("read_user")
	s.handle("GET", "/metadata", getMetadata).scopes("read_user")
	s.handle("GET", "/user", getCurrentUser).scopes("read_user")
}

func getVersion(c *call) error {
	return c.json(http.StatusOK, c.showVersion())
}

func getMetadata(c *call) error {
	return c.json(http.StatusOK, metadataEntity{versionEntity: c.showVersion(), Enterprise: true})
}

func getCurrentUser(c *call) error {
	return c.json(http.StatusOK, c.showCurrentUser(c.user))
}
