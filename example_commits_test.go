package gitlabci_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A check from outside GitLab is shown beside the jobs of the commit's pipeline.
func ExampleCommitStatusesService_Set() {
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit"})
	sha := srv.Push(app, "main")
	ctx, client := context.Background(), srv.Client()

	_, err := client.CommitStatuses.Set(ctx, app, sha, &gitlabci.SetCommitStatusOptions{
		State: gitlabci.JobSuccess, Name: "security/scan", Description: "no findings", TargetURL: "https://scan.example.com/42",
	})
	if err != nil {
		log.Fatal(err)
	}
	for status, err := range client.CommitStatuses.List(ctx, app, sha, &gitlabci.ListCommitStatusesOptions{Name: "security/scan"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(status.Name, status.Status, status.Description)
	}
	// Output: security/scan success no findings
}

// A merge request joins the merge train of its target branch.
func ExampleMergeTrainsService_Add() {
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Duration: time.Hour})
	srv.Configure(app, gitlabcitest.ProjectSettings{MergeTrains: true})
	request := srv.AddMergeRequest(app, "saved-cards")
	ctx, client := context.Background(), srv.Client()

	_, err := client.MergeTrains.Add(ctx, app, request, nil)
	if err != nil {
		log.Fatal(err)
	}
	for car, err := range client.MergeTrains.ListForBranch(ctx, app, "main", nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("!%d goes to %s\n", car.MergeRequest.IID, car.TargetBranch)
	}
	// Output: !1 goes to main
}
