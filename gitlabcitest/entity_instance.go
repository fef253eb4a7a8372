package gitlabcitest

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
