package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestPublish(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app")
	r.AddRelease(app, "1.0.0")
	require.Contains(t, r.projects[0].tags, "1.0.0")
	require.Panics(t, func() { r.AddRelease(app, "1.0.0") })
	version := &gitlabci.PublishVersionOptions{Version: "1.0.0", Metadata: map[string]any{"components": []any{}}}
	published, err := r.Client().Catalog.Publish(t.Context(), app, version)
	require.NoError(t, err)
	require.Equal(t, "http://gitlab.test/explore/catalog/group/app", published.CatalogURL)
	_, err = r.Client().Catalog.Publish(t.Context(), app, version)
	require.ErrorIs(t, err, gitlabci.ErrUnprocessable)
}

func TestPublishRefused(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app")
	people := r.people()
	r.AddTag(app, "tagged")
	r.AddRelease(app, "1.0.0")
	r.AddRelease(app, "1.1.0")
	const publish, good = "/projects/1/catalog/publish", `{"version":"1.0.0","metadata":{}}`
	r.post(publish, good).is(201, `{"catalog_url":"http://gitlab.test/explore/catalog/group/app"}`)
	r.post(publish, good).is(422, `{"message":"Release has already been published"}`)
	r.post(publish, `{"version":"tagged","metadata":{}}`).is(404, `{"message":"404 Not found"}`)
	r.post(publish, `{"metadata":{}}`).is(400, `{"error":"version is missing"}`)
	r.post(publish, `{"version":"1.1.0"}`).is(400, `{"error":"metadata is missing"}`)
	r.post(publish, `{"version":"1.1.0","metadata":"m"}`).is(400, `{"error":"metadata is invalid"}`)
	r.post("/projects/9/catalog/publish", good).is(404, `{"message":"404 Project Not Found"}`)
	r.as("").post(publish, good).is(401, `{"message":"401 Unauthorized"}`)
	people[Reporter].post(publish, `{"version":"1.1.0","metadata":{}}`).is(403, `{"message":"403 Forbidden"}`)
	people[Developer].post(publish, `{"version":"1.1.0","metadata":{}}`).is(201)
}

func TestPublishWithJobToken(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "publish", Duration: time.Hour})
		r.AddRelease(app, "1.0.0")
		r.post("/projects/1/pipeline", `{"ref":"1.0.0"}`).is(201)
		time.Sleep(time.Minute)
		r.as("").ask("POST", "/projects/1/catalog/publish", `{"version":"1.0.0","metadata":{}}`, "Job-Token", r.JobToken(1)).is(201)
	})
}
