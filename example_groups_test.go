package gitlabci_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// Delete the failed pipelines of every project of a group.
func ExampleGroupsService_Projects() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)

	for project, err := range client.Groups.Projects(ctx, gitlabci.GroupPath("group"), &gitlabci.ListGroupProjectsOptions{
		IncludeSubgroups: true, Archived: new(false), MinAccessLevel: gitlabci.AccessOwner,
	}) {
		check(err)
		failed, err := client.Pipelines.List(ctx, gitlabci.ProjectID(project.ID), &gitlabci.ListPipelinesOptions{Status: gitlabci.PipelineFailed}).Collect()
		check(err) // whole: those that are deleted drop out of the list
		for _, pipeline := range failed {
			check(client.Pipelines.Delete(ctx, gitlabci.ProjectID(project.ID), pipeline.ID))
		}
		fmt.Println(project.PathWithNamespace, len(failed))
	}
	// Output: group/app 1
}

func ExampleProjectsService_List() {
	ctx, client, _, done := standIn()
	defer done()

	for project, err := range client.Projects.List(ctx, &gitlabci.ListProjectsOptions{
		Membership: true, Archived: new(false), LastActivityAfter: time.Now().AddDate(0, -1, 0),
	}) {
		check(err)
		fmt.Println(project.PathWithNamespace, project.DefaultBranch)
	}
	// Output: group/app main
}

func ExampleBranchesService_Get() {
	ctx, client, app, done := standIn()
	defer done()

	branch, err := client.Branches.Get(ctx, app, "main")
	check(err)
	fmt.Println(branch.Commit.Title, branch.Protected)
	// Output: Initial commit true
}

// Tag a version and find the pipeline that this starts.
func ExampleTagsService_Create() {
	ctx, client, app, done := standIn()
	defer done()

	tag, err := client.Tags.Create(ctx, app, &gitlabci.CreateTagOptions{TagName: "v1.0.0", Ref: "main", Message: "Version 1.0"})
	check(err)
	pipeline, err := client.Pipelines.Latest(ctx, app, &gitlabci.LatestPipelineOptions{Ref: tag.Name})
	check(err)
	fmt.Println(pipeline.Source, pipeline.Ref, pipeline.SHA == tag.Commit.ID)
	// Output: push v1.0.0 true
}

// Find the runners that a group and its subgroups can use and that need somebody to look after them.
func ExampleRunnersService_Fleet() {
	srv := gitlabcitest.New()
	defer srv.Close()
	srv.AddProject("group/app")
	srv.AddRunner(gitlabcitest.Runner{Description: "builder", Group: "group"})
	srv.AddRunner(gitlabcitest.Runner{Description: "gpu", Group: "group", Status: gitlabci.RunnerOffline, Paused: true})
	srv.AddRunner(gitlabcitest.Runner{Description: "arm", Group: "group", Managers: []gitlabcitest.RunnerManager{{SystemID: "s_1", Version: "17.0.0"}}})
	ctx, client := context.Background(), srv.Client()

	fleet, err := client.Runners.Fleet(ctx, &gitlabci.FleetOptions{
		Groups: []gitlabci.Group{gitlabci.GroupPath("group")},
		Match:  func(r *gitlabci.Runner) bool { return r.RunnerType != gitlabci.RunnerTypeInstance },
	})
	check(err)
	for _, runner := range fleet {
		if len(runner.Problems) > 0 {
			fmt.Println(runner.String())
		}
	}
	// Output:
	// runner 3 (gpu): paused, offline
	// runner 4 (arm): outdated
}
