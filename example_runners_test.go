package gitlabci_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func ExampleRunnersService_List() {
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app")
	srv.AddProject("group/other")
	srv.AddRunner(gitlabcitest.Runner{Description: "docker-1", Projects: []string{"group/other"}})
	ctx, client := context.Background(), srv.Client()

	for runner, err := range client.Runners.List(ctx, &gitlabci.ListRunnersOptions{
		Status: gitlabci.RunnerOnline, Type: gitlabci.RunnerTypeProject,
	}) {
		check(err)
		_, err = client.Runners.Enable(ctx, app, runner.ID)
		check(err)
	}
	for runner, err := range client.Runners.ListForProject(ctx, app, &gitlabci.ListRunnersOptions{Type: gitlabci.RunnerTypeProject}) {
		check(err)
		fmt.Println(runner.Description, runner.Status)
	}
	// Output: docker-1 online
}

// A runner controller decides which jobs may run. It begins as a dry run, and its token is shown this once.
func ExampleRunnerControllersService_Create() {
	ctx, client, _, done := standIn()
	defer done()

	controller, err := client.RunnerControllers.Create(ctx, &gitlabci.CreateRunnerControllerOptions{
		Description: "admission", State: gitlabci.RunnerControllerDryRun,
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.RunnerControllers.AddInstance(ctx, controller.ID); err != nil {
		log.Fatal(err)
	}
	token, err := client.RunnerControllers.CreateToken(ctx, controller.ID, &gitlabci.CreateRunnerControllerTokenOptions{Description: "production"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(controller.Description, controller.State, token.Token) // string(token.Token) is the token itself
	// Output: admission dry_run [redacted]
}
