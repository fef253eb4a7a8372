package gitlabci

import (
	"context"
	"errors"
)

// CatalogService publishes components in the CI/CD catalog.
//
// GitLab docs: https://docs.gitlab.com/ci/components/#cicd-catalog
type CatalogService service

// CatalogVersion is a version of a project's components in the catalog.
type CatalogVersion struct {
	CatalogURL string `json:"catalog_url"` // the address of its page
}

func (v *CatalogVersion) identity() identity { return byText("catalog_url", v.CatalogURL) }

// PublishVersionOptions describe a version to publish.
type PublishVersionOptions struct {
	Version  string         `json:"version"`  // required: the tag of its release
	Metadata map[string]any `json:"metadata"` // required: what its components are, as in {"components": [{"name": ..., "spec": ...}]}
}

func (o *PublishVersionOptions) validate() error {
	if o.Metadata == nil {
		return errors.Join(required("Version", o.Version), missing("Metadata"))
	}
	return required("Version", o.Version)
}

var publishVersion = post("publish version", "/projects/:id/catalog/publish", ErrCatalogPublish)

// Publish publishes a release of a project in the catalog, as a job that runs for the release's tag does with its [JobToken]. It needs GitLab
// 17.2. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/catalog/publish
//
// Its errors match [ErrCatalogPublish], [ErrNotFound] where the tag has no release, and [ErrUnprocessable] where that is published
// already or the project is not in the catalog.
//
// GitLab docs: https://docs.gitlab.com/ci/components/#publish-a-new-release
func (s *CatalogService) Publish(ctx context.Context, project Project, options *PublishVersionOptions, opts ...RequestOption) (*CatalogVersion, error) {
	return do[CatalogVersion](ctx, s.engine, publishVersion, path{project.name}, options, opts)
}
