package gitlabcitest

import "net/http"

// registerInstance enters what clients ask first.
func registerInstance(s *site) {
	s.handle("GET", "/version", getVersion).scopes("read_user")
	s.handle("GET", "/metadata", getMetadata).scopes("read_user")
	s.handle("GET", "/user", getCurrentUser).scopes("read_user")
}

type versionEntity struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
}

type metadataEntity struct {
	versionEntity
	Enterprise bool      `json:"enterprise"`
	KAS        kasEntity `json:"kas"`
}

type kasEntity struct {
	Enabled             bool    `json:"enabled"`
	ExternalURL         *string `json:"externalUrl"`
	ExternalK8sProxyURL *string `json:"externalK8sProxyUrl"`
	Version             *string `json:"version"`
}

func (c *call) showVersion() versionEntity {
	return versionEntity{Version: c.version.text, Revision: "57a9d1c0f3e"}
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
