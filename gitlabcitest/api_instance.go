package gitlabcitest

import "net/http"

// registerInstance enters what clients ask first.
func registerInstance(s *site) {
	s.handle("GET", "/version", getVersion).scopes("read_user")
	s.handle("GET", "/metadata", getMetadata).scopes("read_user")
	s.handle("GET", "/user", getCurrentUser).scopes("read_user")
	s.handle("GET", "/personal_access_tokens/self", getOwnToken).anyScope()
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

func getOwnToken(c *call) error {
	if c.token == nil || c.token.OAuth {
		return badRequest("This endpoint requires token type to be a personal access token")
	}
	return c.json(http.StatusOK, c.showToken(c.token))
}
