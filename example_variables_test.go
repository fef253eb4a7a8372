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
