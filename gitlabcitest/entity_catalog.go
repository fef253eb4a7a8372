package gitlabcitest

// catalogVersion is GitLab's entity Catalog::Resources::Version.
type catalogVersion struct {
	CatalogURL string `json:"catalog_url"`
}
