package gitlabci_test

import (
	"fmt"
	"log"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// What is deployed where. The last deployment comes with one environment, not in lists.
func ExampleEnvironmentsService_Get() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "deploy", Environment: "production", EnvironmentURL: "https://app.example.com"})
	defer done()
	finishedPipeline(ctx, client, app)

	for environment, err := range client.Environments.List(ctx, app, &gitlabci.ListEnvironmentsOptions{States: gitlabci.EnvironmentAvailable}) {
		if err != nil {
			log.Fatal(err)
		}
		environment, err = client.Environments.Get(ctx, app, environment.ID)
		if err != nil {
			log.Fatal(err)
		}
		if last := environment.LastDeployment; last != nil {
			fmt.Printf("%s (%s): %s, %s\n", environment.Name, environment.Tier, last.Ref, environment.ExternalURL)
		}
	}
	// Output: production (production): main, https://app.example.com
}

// Maintainers may deploy to production once two of them have approved it.
func ExampleProtectedEnvironmentsService_Create() {
	ctx, client, app, done := standIn()
	defer done()

	protected, err := client.ProtectedEnvironments.Create(ctx, app, &gitlabci.CreateProtectedEnvironmentOptions{
		Name:               "production",
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
		ApprovalRules:      []gitlabci.ApprovalRuleOptions{{AccessLevel: gitlabci.AccessMaintainer, RequiredApprovals: 2}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, rule := range protected.ApprovalRules {
		fmt.Printf("%s: %d approvals of %s\n", protected.Name, rule.RequiredApprovals, rule.AccessLevelDescription)
	}
	// Output: production: 2 approvals of Maintainers
}

// No deployments over the weekend.
func ExampleFreezePeriodsService_Create() {
	ctx, client, app, done := standIn()
	defer done()

	_, err := client.FreezePeriods.Create(ctx, app, &gitlabci.CreateFreezePeriodOptions{
		FreezeStart: "0 23 * * 5", FreezeEnd: "0 7 * * 1", CronTimezone: "Europe/Berlin",
	})
	if err != nil {
		log.Fatal(err)
	}
	for period, err := range client.FreezePeriods.List(ctx, app, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("from %q to %q, by the clocks of %s\n", period.FreezeStart, period.FreezeEnd, period.CronTimezone)
	}
	// Output: from "0 23 * * 5" to "0 7 * * 1", by the clocks of Europe/Berlin
}

// Of the jobs that wait for a resource group the newest goes first.
func ExampleResourceGroupsService_Update() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "deploy", ResourceGroup: "production", Duration: time.Hour})
	defer done()
	for range 2 { // two pipelines, of which the second waits for the first
		_, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		if err != nil {
			log.Fatal(err)
		}
	}

	group, err := client.ResourceGroups.Update(ctx, app, "production", &gitlabci.UpdateResourceGroupOptions{
		ProcessMode: gitlabci.ProcessModeNewestFirst,
	})
	if err != nil {
		log.Fatal(err)
	}
	current, err := client.ResourceGroups.CurrentJob(ctx, app, group.Key)
	if err != nil {
		log.Fatal(err)
	}
	waiting, err := client.ResourceGroups.UpcomingJobs(ctx, app, group.Key, nil).Collect()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: job %d has it, %d waits\n", group.Key, current.ID, len(waiting))
	// Output: production: job 1 has it, 1 waits
}
