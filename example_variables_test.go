package gitlabci_test

import (
	"fmt"

	"github.com/gitlabci/gitlabci"
)

func ExampleVariablesService_Create() {
	ctx, client, app, done := standIn()
	defer done()

	variable, err := client.Variables.Create(ctx, app, &gitlabci.CreateVariableOptions{
		Key: "DATABASE_URL", Value: "postgresql://user:pass@host/db",
		Protected: new(true), EnvironmentScope: "production",
	})
	check(err)
	variable, err = client.Variables.Update(ctx, app, variable.VariableKey(), &gitlabci.UpdateVariableOptions{Value: new(gitlabci.Secret("new_value"))})
	check(err)
	fmt.Println(variable.Key, variable.EnvironmentScope, variable.Protected)

	err = client.Variables.Delete(ctx, app, gitlabci.Key("DATABASE_URL").In("production"))
	check(err)
	// Output: DATABASE_URL production true
}

// Why is my protected variable empty?
func ExampleVariablesService_Effective() {
	ctx, client, app, done := standIn()
	defer done()
	for _, set := range []struct {
		scope   gitlabci.Scope
		options gitlabci.CreateVariableOptions
	}{
		{app, gitlabci.CreateVariableOptions{Key: "DEPLOY_TOKEN", Value: "of-production", Protected: new(true)}},
		{app, gitlabci.CreateVariableOptions{Key: "URL", Value: "https://$HOST/review", EnvironmentScope: "review/*"}},
		{gitlabci.GroupPath("group"), gitlabci.CreateVariableOptions{Key: "URL", Value: "https://$HOST"}},
		{gitlabci.Instance, gitlabci.CreateVariableOptions{Key: "HOST", Value: "example.com"}},
	} {
		_, err := client.Variables.Create(ctx, set.scope, &set.options)
		check(err)
	}

	all, err := client.Variables.Effective(ctx, app, &gitlabci.EffectiveOptions{Ref: "refs/heads/feature", Environment: "review/7", Expand: true})
	check(err)
	fmt.Println(all.Explain("DEPLOY_TOKEN"))
	fmt.Println(all.Explain("URL"))
	fmt.Println(string(all.Get("URL").Value))
	// Output:
	// DEPLOY_TOKEN is unset
	//   project, protected: the ref refs/heads/feature is not protected
	// URL comes from project, scope review/*
	//   group group: a higher origin has the key, or a better scope
	// https://example.com/review
}
