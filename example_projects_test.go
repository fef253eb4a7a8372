package gitlabci_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// Only jobs of projects on the allowlist may reach this project with their tokens. GitLab takes ids here, no paths.
func ExampleJobTokenScopeService_AddProject() {
	srv := gitlabcitest.New()
	defer srv.Close()
	srv.AddProject("group/app")
	srv.AddProject("group/deployer")
	ctx, client := context.Background(), srv.Client()
	app, deployer := gitlabci.ProjectID(1), int64(2)

	_, err := client.JobTokenScope.AddProject(ctx, app, deployer)
	if err != nil {
		log.Fatal(err)
	}
	err = client.JobTokenScope.Update(ctx, app, &gitlabci.UpdateJobTokenScopeOptions{Enabled: new(true)})
	if err != nil {
		log.Fatal(err)
	}
	scope, err := client.JobTokenScope.Get(ctx, app)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("only job tokens on the allowlist:", scope.InboundEnabled)
	// Output: only job tokens on the allowlist: true
}

// What .gitlab-ci.yml says, checked before it is pushed.
func ExampleLintService() {
	ctx, client, app, done := standIn()
	defer done()

	result, err := client.Lint.Content(ctx, app, &gitlabci.LintContentOptions{
		Content: `{"unit": {"stage": "tset", "script": "go test ./..."}}`, // JSON is YAML
	})
	if err != nil {
		log.Fatal(err) // nobody knows whether it is valid
	}
	for _, problem := range result.Errors {
		fmt.Println(problem)
	}
	fmt.Println(errors.Is(result.Err(), gitlabci.ErrLintInvalid))
	// Output:
	// unit job: chosen stage tset does not exist; available stages are .pre, build, test, deploy, .post
	// true
}

// Only the fields that are set are changed.
func ExampleProjectSettingsService_Update() {
	ctx, client, app, done := standIn()
	defer done()

	settings, err := client.ProjectSettings.Update(ctx, app, &gitlabci.UpdateProjectSettingsOptions{
		BuildTimeout:      gitlabci.Seconds(1800),
		CIDefaultGitDepth: new(1),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(settings.PathWithNamespace, settings.BuildTimeout, *settings.CIDefaultGitDepth)
	// Output: group/app 30m0s 1
}

// A template of GitLab's as a start for .gitlab-ci.yml.
func ExampleTemplatesService_Get() {
	ctx, client, _, done := standIn()
	defer done()

	template, err := client.Templates.Get(ctx, "Nodejs")
	if err != nil {
		log.Fatal(err)
	}
	first, _, _ := strings.Cut(template.Content, "\n")
	fmt.Println(template.Name)
	fmt.Println(first)
	// Output:
	// Nodejs
	// # Installs what the lock file says, and runs the tests.
}

// A release of a component project becomes a version in the catalog.
func ExampleCatalogService_Publish() {
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/components")
	srv.AddRelease(app, "1.0.0")
	ctx, client := context.Background(), srv.Client()

	version, err := client.Catalog.Publish(ctx, app, &gitlabci.PublishVersionOptions{
		Version:  "1.0.0",
		Metadata: map[string]any{"components": []any{map[string]any{"name": "deploy", "component_type": "template"}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(version.CatalogURL)
	// Output: http://gitlab.test/explore/catalog/group/components
}
