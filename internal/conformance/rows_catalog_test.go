package conformance_test

import "github.com/gitlabci/gitlabci"

var catalogRows = []methodRow{
	{
		method: "Catalog.Publish",
		args: in(app, &gitlabci.PublishVersionOptions{
			Version:  "1.0.0",
			Metadata: map[string]any{"components": []any{map[string]any{"name": "scan", "spec": map[string]any{"inputs": nil}}}},
		}),
		needs: []string{"Version", "Metadata"},
		exchange: exchange{
			op:     "publish version",
			route:  "POST /projects/:id/catalog/publish",
			sends:  "POST /projects/group%2Fapp/catalog/publish",
			body:   `{"version":"1.0.0","metadata":{"components":[{"name":"scan","spec":{"inputs":null}}]}}`,
			status: 201,
			answer: `{"catalog_url":"https://gitlab.example.com/explore/catalog/group/app"}`,
			fails:  gitlabci.ErrCatalogPublish,
		},
		gives: &gitlabci.CatalogVersion{CatalogURL: "https://gitlab.example.com/explore/catalog/group/app"},
	},
}
