package gitlabcitest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const templates = "/templates/gitlab_ci_ymls"

func TestTemplates(t *testing.T) {
	r := newRig(t)
	anonymous := r.as("")
	listed := anonymous.get(templates).is(200).array()
	require.Len(t, listed, defaultPerPage)
	require.NotEmpty(t, anonymous.get(templates+"?page=2").is(200).array(), "there are more than a page of them, as in GitLab")
	require.Equal(t, map[string]any{"key": "Bash", "name": "Bash"}, listed[0])
	for i := range listed[1:] {
		require.Less(t, listed[i]["key"], listed[i+1]["key"])
	}
	require.Equal(t, listed[1:2], anonymous.get(templates+"?per_page=1&page=2").is(200).array())
	require.NotEmpty(t, anonymous.get(templates).header.Get("X-Total"))

	for _, path := range []string{templates + "/C++", templates + "/C%2B%2B"} {
		shown := anonymous.get(path).is(200).object()
		require.Len(t, shown, 2)
		require.Equal(t, "C++", shown["name"])
		require.Contains(t, shown["content"], "make check")
	}
	anonymous.get(templates+"/Cobol").is(404, `{"message":"404 Gitlab Ci Yml Not Found"}`)

	for item, err := range r.Client().Templates.List(t.Context(), nil) {
		require.NoError(t, err)
		template, err := r.Client().Templates.Get(t.Context(), item.Key)
		require.NoError(t, err)
		require.Equal(t, item.Name, template.Name)
		require.True(t, strings.HasSuffix(template.Content, "\n"))
	}
}

func TestTemplatesAreValid(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app")
	for _, template := range ownTemplates {
		result, err := r.Client().Lint.Content(t.Context(), app, &gitlabci.LintContentOptions{Content: template.content})
		require.NoError(t, err)
		require.True(t, result.Valid, template.name)
	}
}

func TestProjectTemplates(t *testing.T) {
	r := newRig(t)
	app, other := r.AddProject("group/app"), r.AddProject("group/other")
	r.AddTemplate(app, "House", "house:\n  script: make\n")
	r.AddTemplate(app, "Go", "ours:\n  script: make\n")
	require.PanicsWithValue(t, "gitlabcitest: template Go is already there", func() { r.AddTemplate(app, "Go", "") })

	client := r.Client()
	listed, err := client.Templates.ListForProject(t.Context(), app, nil).Collect()
	require.NoError(t, err)
	require.Equal(t, []string{"House", "Go", "Bash"}, []string{listed[0].Key, listed[1].Key, listed[2].Key})
	elsewhere, err := client.Templates.ListForProject(t.Context(), other, nil).Collect()
	require.NoError(t, err)
	require.Equal(t, "Bash", elsewhere[0].Key)

	own, err := client.Templates.GetForProject(t.Context(), app, "Go", nil)
	require.NoError(t, err)
	require.Equal(t, "ours:\n  script: make\n", own.Content)
	instances, err := client.Templates.GetForProject(t.Context(), app, "C++", nil)
	require.NoError(t, err)
	require.Contains(t, instances.Content, "make check")
	_, err = client.Templates.GetForProject(t.Context(), other, "House", nil)
	require.ErrorIs(t, err, gitlabci.ErrNotFound)

	const one = "/projects/1/templates/gitlab_ci_ymls/"
	r.get(one+"Go?source_template_project_id=1").is(200, `{"name":"Go","content":"ours:\n  script: make\n"}`)
	r.get(one+"Go?source_template_project_id=2").is(404, `{"message":"404 Template Not Found"}`)
	r.get(one + "C++?source_template_project_id=1").is(404)
	r.get(one+"Nope").is(404, `{"message":"404 Template Not Found"}`)
}

func TestProjectTemplatesRefused(t *testing.T) {
	r := newRig(t)
	p := r.project("group/app")
	const refusal = `{"message":"403 Forbidden - Your current role does not have the required permissions to access the gitlab_ci_ymls template. Contact your project administrator for assistance."}`
	people := r.people()
	for _, path := range []string{"/projects/1/templates/gitlab_ci_ymls", "/projects/1/templates/gitlab_ci_ymls/Go"} {
		r.as("").get(path).is(404, `{"message":"404 Project Not Found"}`)
		people[Guest].get(path).is(403, refusal)
		people[Reporter].get(path).is(200)
	}
	p.Visibility = Public
	r.as("").get("/projects/1/templates/gitlab_ci_ymls").is(200)
	people[Guest].get("/projects/1/templates/gitlab_ci_ymls").is(200)
}
