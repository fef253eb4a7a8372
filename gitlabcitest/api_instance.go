package gitlabcitest

import "net/http"

// registerInstance enters what clients ask first.
func (s *Server) registerInstance() {
	s.handle("GET", "/version", s.getVersion).scopes("read_user")
	s.handle("GET", "/metadata", s.getMetadata).scopes("read_user")
	s.handle("GET", "/user", s.getCurrentUser).scopes("read_user")
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

func (s *Server) showVersion() versionEntity {
	return versionEntity{Version: s.version.text, Revision: "57a9d1c0f3e"}
}

func (s *Server) getVersion(c *call) error {
	return c.json(http.StatusOK, s.showVersion())
}

func (s *Server) getMetadata(c *call) error {
	return c.json(http.StatusOK, metadataEntity{versionEntity: s.showVersion(), Enterprise: true})
}

func (s *Server) getCurrentUser(c *call) error {
	return c.json(http.StatusOK, c.showCurrentUser(c.user))
}
