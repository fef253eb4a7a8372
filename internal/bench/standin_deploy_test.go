package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// official gives a stand-in with a project demo/app, which has a job for each purpose, and the official client for it.
func official(t *testing.T) (*gitlabcitest.Server, *gitlab.Client) {
	t.Helper()
	server := gitlabcitest.New(gitlabcitest.WithToken(token))
	t.Cleanup(server.Close)
	brief := gitlabcitest.Job{Queue: time.Millisecond, Duration: time.Millisecond}
	build, deploy := brief, brief
	build.Name = "build"
	deploy.Name, deploy.Environment, deploy.EnvironmentURL, deploy.ResourceGroup = "deploy", "production", "https://example.com", "production"
	deploy.When = gitlabcitest.Manual
	server.AddProject("demo/app", build, deploy)
	url, err := server.Listen("127.0.0.1:0")
	must(t, err)
	client, err := gitlab.NewClient(token, gitlab.WithBaseURL(url), gitlab.WithCustomRetryMax(0))
	must(t, err)
	return server, client
}

// run starts a pipeline and gives its job with a name.
func run(t *testing.T, client *gitlab.Client, name string) *gitlab.Job {
	t.Helper()
	pipeline, _, err := client.Pipelines.CreatePipeline(1, &gitlab.CreatePipelineOptions{Ref: new("main")})
	must(t, err)
	jobs, _, err := client.Jobs.ListPipelineJobs(1, pipeline.ID, nil)
	must(t, err)
	for _, job := range jobs {
		if job.Name == name {
			return job
		}
	}
	t.Fatal("no job", name)
	return nil
}

// await gives a job once it has a status.
func await(t *testing.T, client *gitlab.Client, id int64, status string) *gitlab.Job {
	t.Helper()
	for {
		job, _, err := client.Jobs.GetJob(1, id)
		must(t, err)
		switch job.Status {
		case status:
			return job
		case "success", "failed", "canceled", "skipped":
			t.Fatal("the job ended as", job.Status)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// equal compares what the client decoded to what was to come.
func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func refused(t *testing.T, response *gitlab.Response, err error, status int) {
	t.Helper()
	if err == nil || response == nil {
		t.Fatal("no refusal", err)
	}
	equal(t, response.StatusCode, status)
}

func TestOfficialClientEnvironments(t *testing.T) {
	_, client := official(t)
	created, _, err := client.Environments.CreateEnvironment(1, &gitlab.CreateEnvironmentOptions{
		Name: new("review/one"), Description: new("of one branch"), ExternalURL: new("https://one.example.com"), Tier: new("testing"),
	})
	must(t, err)
	equal(t, created.State, "available")
	equal(t, created.Tier, "testing")
	edited, _, err := client.Environments.EditEnvironment(1, created.ID, &gitlab.EditEnvironmentOptions{
		Description: new("of no branch"), AutoStopSetting: new("with_action"),
	})
	must(t, err)
	equal(t, edited.Description, "of no branch")
	equal(t, edited.AutoStopSetting, "with_action")
	found, response, err := client.Environments.ListEnvironments(1, &gitlab.ListEnvironmentsOptions{Search: new("one")})
	must(t, err)
	equal(t, len(found), 1)
	equal(t, response.TotalItems, 1)
	stopped, _, err := client.Environments.StopEnvironment(1, created.ID, &gitlab.StopEnvironmentOptions{Force: new(true)})
	must(t, err)
	equal(t, stopped.State, "stopped")
	_, err = client.Environments.DeleteEnvironment(1, created.ID)
	must(t, err)
	_, response, err = client.Environments.GetEnvironment(1, created.ID)
	refused(t, response, err, http.StatusNotFound)

	deploy := run(t, client, "deploy")
	_, _, err = client.Jobs.PlayJob(1, deploy.ID, nil)
	must(t, err)
	await(t, client, deploy.ID, "success")
	environments, _, err := client.Environments.ListEnvironments(1, &gitlab.ListEnvironmentsOptions{Name: new("production")})
	must(t, err)
	production, _, err := client.Environments.GetEnvironment(1, environments[0].ID)
	must(t, err)
	equal(t, production.ExternalURL, "https://example.com")
	equal(t, production.LastDeployment.Deployable.ID, deploy.ID)
	equal(t, production.LastDeployment.Deployable.Pipeline.Ref, "main")
}

func TestOfficialClientDeployments(t *testing.T) {
	server, client := official(t)
	app := gitlabci.ProjectPath("demo/app")
	iid := server.AddMergeRequest(app, "feature")
	sha := server.MergeMergeRequest(app, iid)
	created, _, err := client.Deployments.CreateProjectDeployment(1, &gitlab.CreateProjectDeploymentOptions{
		Environment: new("staging"), Ref: new("main"), SHA: new(sha), Tag: new(false), Status: new(gitlab.DeploymentStatusRunning),
	})
	must(t, err)
	equal(t, created.Environment.Name, "staging")
	updated, _, err := client.Deployments.UpdateProjectDeployment(1, created.ID, &gitlab.UpdateProjectDeploymentOptions{
		Status: new(gitlab.DeploymentStatusSuccess),
	})
	must(t, err)
	equal(t, updated.Status, "success")
	got, _, err := client.Deployments.GetProjectDeployment(1, created.ID)
	must(t, err)
	equal(t, got.SHA, sha)
	equal(t, got.User.Username, "root")
	listed, _, err := client.Deployments.ListProjectDeployments(1, &gitlab.ListProjectDeploymentsOptions{
		Status: new("success"), OrderBy: new("finished_at"), FinishedAfter: new(got.CreatedAt.Add(-time.Hour)),
	})
	must(t, err)
	equal(t, len(listed), 1)
	merged, _, err := client.DeploymentMergeRequests.ListDeploymentMergeRequests(1, created.ID, nil)
	must(t, err)
	equal(t, merged[0].IID, iid)
	equal(t, merged[0].MergeCommitSHA, sha)
	response, err := client.Deployments.DeleteProjectDeployment(1, created.ID)
	refused(t, response, err, http.StatusBadRequest) // it is what runs there
	failed, _, err := client.Deployments.CreateProjectDeployment(1, &gitlab.CreateProjectDeploymentOptions{
		Environment: new("staging"), Ref: new("main"), SHA: new(sha), Tag: new(false), Status: new(gitlab.DeploymentStatusFailed),
	})
	must(t, err)
	_, err = client.Deployments.DeleteProjectDeployment(1, failed.ID)
	must(t, err)
}

func TestOfficialClientProtectedEnvironments(t *testing.T) {
	server, client := official(t)
	approver, err := gitlab.NewClient(server.AddUser("ada", gitlabcitest.Maintainer.In("demo")),
		gitlab.WithBaseURL(client.BaseURL().String()))
	must(t, err)
	protected, _, err := client.ProtectedEnvironments.ProtectRepositoryEnvironments(1, &gitlab.ProtectRepositoryEnvironmentsOptions{
		Name:               new("production"),
		DeployAccessLevels: &[]*gitlab.EnvironmentAccessOptions{{AccessLevel: new(gitlab.DeveloperPermissions)}},
		ApprovalRules:      &[]*gitlab.EnvironmentApprovalRuleOptions{{AccessLevel: new(gitlab.MaintainerPermissions), RequiredApprovalCount: new(int64(1))}},
	})
	must(t, err)
	equal(t, protected.DeployAccessLevels[0].AccessLevel, gitlab.DeveloperPermissions)
	equal(t, protected.ApprovalRules[0].AccessLevelDescription, "Maintainers")
	updated, _, err := client.ProtectedEnvironments.UpdateProtectedEnvironments(1, "production", &gitlab.UpdateProtectedEnvironmentsOptions{
		DeployAccessLevels: &[]*gitlab.UpdateEnvironmentAccessOptions{
			{ID: new(protected.DeployAccessLevels[0].ID), Destroy: new(true)}, {AccessLevel: new(gitlab.MaintainerPermissions)},
		},
	})
	must(t, err)
	equal(t, len(updated.DeployAccessLevels), 1)
	equal(t, updated.DeployAccessLevels[0].AccessLevel, gitlab.MaintainerPermissions)
	all, _, err := client.ProtectedEnvironments.ListProtectedEnvironments(1, nil)
	must(t, err)
	equal(t, all[0].Name, "production")

	deploy := run(t, client, "deploy")
	await(t, client, deploy.ID, "manual")
	deployments, _, err := client.Deployments.ListProjectDeployments(1, &gitlab.ListProjectDeploymentsOptions{Status: new("blocked")})
	must(t, err)
	_, response, err := client.Jobs.PlayJob(1, deploy.ID, nil)
	refused(t, response, err, http.StatusBadRequest)
	_, err = approver.Deployments.ApproveOrRejectProjectDeployment(1, deployments[0].ID, &gitlab.ApproveOrRejectProjectDeploymentOptions{
		Status: new(gitlab.DeploymentApprovalStatusApproved), Comment: new("fine"),
	})
	must(t, err)
	_, _, err = client.Jobs.PlayJob(1, deploy.ID, nil)
	must(t, err)
	await(t, client, deploy.ID, "success")

	_, err = client.ProtectedEnvironments.UnprotectEnvironment(1, "production")
	must(t, err)
	_, response, err = client.ProtectedEnvironments.GetProtectedEnvironment(1, "production")
	refused(t, response, err, http.StatusNotFound)
}

func TestOfficialClientGroupProtectedEnvironments(t *testing.T) {
	_, client := official(t)
	groups := client.GroupProtectedEnvironments
	protected, _, err := groups.ProtectGroupEnvironment("demo", &gitlab.ProtectGroupEnvironmentOptions{
		Name:               new("production"),
		DeployAccessLevels: &[]*gitlab.GroupEnvironmentAccessOptions{{AccessLevel: new(gitlab.MaintainerPermissions)}},
	})
	must(t, err)
	equal(t, protected.DeployAccessLevels[0].AccessLevelDescription, "Maintainers")
	updated, _, err := groups.UpdateGroupProtectedEnvironment("demo", "production", &gitlab.UpdateGroupProtectedEnvironmentOptions{
		ApprovalRules: &[]*gitlab.UpdateGroupEnvironmentApprovalRuleOptions{{UserID: new(int64(1)), RequiredApprovalCount: new(int64(2))}},
	})
	must(t, err)
	equal(t, updated.ApprovalRules[0].UserID, 1)
	equal(t, updated.ApprovalRules[0].RequiredApprovalCount, 2)
	all, _, err := groups.ListGroupProtectedEnvironments("demo", nil)
	must(t, err)
	equal(t, all[0].Name, "production")
	_, err = groups.UnprotectGroupEnvironment("demo", "production")
	must(t, err)
	_, response, err := groups.GetGroupProtectedEnvironment("demo", "production")
	refused(t, response, err, http.StatusNotFound)
}

func TestOfficialClientFreezePeriods(t *testing.T) {
	_, client := official(t)
	created, _, err := client.FreezePeriods.CreateFreezePeriodOptions(1, &gitlab.CreateFreezePeriodOptions{
		FreezeStart: new("0 23 * * 5"), FreezeEnd: new("0 7 * * 1"),
	})
	must(t, err)
	equal(t, created.CronTimezone, "UTC")
	updated, _, err := client.FreezePeriods.UpdateFreezePeriodOptions(1, created.ID, &gitlab.UpdateFreezePeriodOptions{FreezeEnd: new("0 8 * * 1")})
	must(t, err)
	equal(t, updated.FreezeEnd, "0 8 * * 1")
	got, _, err := client.FreezePeriods.GetFreezePeriod(1, created.ID)
	must(t, err)
	equal(t, got.FreezeStart, "0 23 * * 5")
	all, _, err := client.FreezePeriods.ListFreezePeriods(1, nil)
	must(t, err)
	equal(t, len(all), 1)
	_, err = client.FreezePeriods.DeleteFreezePeriod(1, created.ID)
	must(t, err)
	_, response, err := client.FreezePeriods.GetFreezePeriod(1, created.ID)
	refused(t, response, err, http.StatusNotFound)
}

func TestOfficialClientResourceGroups(t *testing.T) {
	server, client := official(t)
	server.Define(gitlabci.ProjectPath("demo/app"), gitlabcitest.Job{Name: "deploy", ResourceGroup: "production", Queue: time.Millisecond, Duration: time.Hour})
	run(t, client, "deploy")
	second := run(t, client, "deploy")
	await(t, client, second.ID, "waiting_for_resource")
	upcoming, _, err := client.ResourceGroup.ListUpcomingJobsForASpecificResourceGroup(1, "production")
	must(t, err)
	equal(t, upcoming[0].ID, second.ID)
	edited, _, err := client.ResourceGroup.EditAnExistingResourceGroup(1, "production", &gitlab.EditAnExistingResourceGroupOptions{
		ProcessMode: new(gitlab.NewestFirst),
	})
	must(t, err)
	equal(t, edited.ProcessMode, "newest_first")
	got, _, err := client.ResourceGroup.GetASpecificResourceGroup(1, "production")
	must(t, err)
	equal(t, got.Key, "production")
	all, _, err := client.ResourceGroup.GetAllResourceGroupsForAProject(1)
	must(t, err)
	equal(t, len(all), 1)
}

func TestOfficialClientSecureFiles(t *testing.T) {
	_, client := official(t)
	created, _, err := client.SecureFiles.CreateSecureFile(1, strings.NewReader("secret"), &gitlab.CreateSecureFileOptions{Name: new("key.jks")})
	must(t, err)
	equal(t, created.Checksum, "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b")
	all, _, err := client.SecureFiles.ListProjectSecureFiles(1, nil)
	must(t, err)
	equal(t, all[0].Name, "key.jks")
	got, _, err := client.SecureFiles.ShowSecureFileDetails(1, created.ID)
	must(t, err)
	equal(t, got.ChecksumAlgorithm, "sha256")
	content, _, err := client.SecureFiles.DownloadSecureFile(1, created.ID)
	must(t, err)
	text, err := io.ReadAll(content)
	must(t, err)
	must(t, content.Close())
	equal(t, string(text), "secret")
	_, err = client.SecureFiles.RemoveSecureFile(1, created.ID)
	must(t, err)
	_, response, err := client.SecureFiles.ShowSecureFileDetails(1, created.ID)
	refused(t, response, err, http.StatusNotFound)
}

func TestOfficialClientMergeTrains(t *testing.T) {
	server, client := official(t)
	app := gitlabci.ProjectPath("demo/app")
	server.Configure(app, gitlabcitest.ProjectSettings{MergeTrains: true})
	server.Define(app, gitlabcitest.Job{Name: "test", Duration: time.Hour})
	iid := server.AddMergeRequest(app, "feature")
	train, _, err := client.MergeTrains.AddMergeRequestToMergeTrain(1, iid, &gitlab.AddMergeRequestToMergeTrainOptions{Squash: new(true)})
	must(t, err)
	equal(t, train[0].Status, "idle")
	car, _, err := client.MergeTrains.GetMergeRequestOnAMergeTrain(1, iid)
	must(t, err)
	equal(t, car.Status, "fresh")
	equal(t, car.Pipeline.Ref, "refs/merge-requests/1/train")
	all, _, err := client.MergeTrains.ListProjectMergeTrains(1, &gitlab.ListMergeTrainsOptions{Scope: new("active")})
	must(t, err)
	equal(t, all[0].MergeRequest.IID, iid)
	onMain, _, err := client.MergeTrains.ListMergeRequestInMergeTrain(1, "main", nil)
	must(t, err)
	equal(t, onMain[0].TargetBranch, "main")
}

func TestOfficialClientJobTokenScope(t *testing.T) {
	server, client := official(t)
	server.AddProject("tools/lib")
	scope := client.JobTokenScope
	_, err := scope.PatchProjectJobTokenAccessSettings(1, &gitlab.PatchProjectJobTokenAccessSettingsOptions{Enabled: false})
	must(t, err)
	settings, _, err := scope.GetProjectJobTokenAccessSettings(1)
	must(t, err)
	equal(t, settings.InboundEnabled, false)
	project, _, err := scope.AddProjectToJobScopeAllowList(1, &gitlab.JobTokenInboundAllowOptions{TargetProjectID: new(int64(2))})
	must(t, err)
	equal(t, *project, gitlab.JobTokenInboundAllowItem{SourceProjectID: 1, TargetProjectID: 2})
	projects, _, err := scope.GetProjectJobTokenInboundAllowList(1, nil)
	must(t, err)
	equal(t, len(projects), 2) // itself, too
	equal(t, projects[1].PathWithNamespace, "tools/lib")
	group, _, err := scope.AddGroupToJobTokenAllowlist(1, &gitlab.AddGroupToJobTokenAllowlistOptions{TargetGroupID: new(int64(2))})
	must(t, err)
	equal(t, group.TargetGroupID, 2)
	groups, _, err := scope.GetJobTokenAllowlistGroups(1, nil)
	must(t, err)
	equal(t, groups[0].Name, "tools")
	_, err = scope.RemoveProjectFromJobScopeAllowList(1, 2)
	must(t, err)
	_, err = scope.RemoveGroupFromJobTokenAllowlist(1, 2)
	must(t, err)
}

func TestOfficialClientLint(t *testing.T) {
	_, client := official(t)
	own, _, err := client.Validate.ProjectLint(1, &gitlab.ProjectLintOptions{DryRun: new(true), IncludeJobs: new(true)})
	must(t, err)
	equal(t, own.Valid, true)
	again, _, err := client.Validate.ProjectNamespaceLint(1, &gitlab.ProjectNamespaceLintOptions{Content: &own.MergedYaml})
	must(t, err)
	equal(t, again.MergedYaml, own.MergedYaml)
	wrong, _, err := client.Validate.ProjectNamespaceLint(1, &gitlab.ProjectNamespaceLintOptions{Content: new("stages: [build]")})
	must(t, err)
	equal(t, wrong.Valid, false)
	equal(t, wrong.Errors[0], "jobs config should contain at least one visible job")
}

func TestOfficialClientCommitStatuses(t *testing.T) {
	server, client := official(t)
	sha := server.AddBranch(gitlabci.ProjectPath("demo/app"), "feature")
	for _, state := range []gitlab.BuildStateValue{gitlab.Running, gitlab.Success} {
		set, _, err := client.Commits.SetCommitStatus(1, sha, &gitlab.SetCommitStatusOptions{
			State: state, Name: new("jenkins"), TargetURL: new("https://jenkins.example.com"), Coverage: new(12.5),
		})
		must(t, err)
		equal(t, set.Status, string(state))
		equal(t, set.Coverage, 12.5)
	}
	statuses, _, err := client.Commits.GetCommitStatuses(1, sha, nil)
	must(t, err)
	equal(t, len(statuses), 1)
	equal(t, statuses[0].TargetURL, "https://jenkins.example.com")
	equal(t, statuses[0].Author.Username, "root")
	pipeline, _, err := client.Pipelines.GetPipeline(1, statuses[0].PipelineID)
	must(t, err)
	equal(t, pipeline.Source, "external")
	equal(t, pipeline.Status, "success")
}

func TestOfficialClientTemplates(t *testing.T) {
	_, client := official(t)
	templates, _, err := client.CIYMLTemplate.ListAllTemplates(nil)
	must(t, err)
	got, _, err := client.CIYMLTemplate.GetTemplate(templates[0].Key)
	must(t, err)
	equal(t, got.Name, templates[0].Name)
	if !strings.Contains(got.Content, "script") {
		t.Fatal(got.Content)
	}
}

func TestOfficialClientRunnerControllers(t *testing.T) {
	_, client := official(t)
	created, _, err := client.RunnerControllers.CreateRunnerController(&gitlab.CreateRunnerControllerOptions{Description: new("gate")})
	must(t, err)
	equal(t, created.State, gitlab.RunnerControllerStateDisabled)
	updated, _, err := client.RunnerControllers.UpdateRunnerController(created.ID, &gitlab.UpdateRunnerControllerOptions{
		State: new(gitlab.RunnerControllerStateDryRun),
	})
	must(t, err)
	equal(t, updated.State, gitlab.RunnerControllerStateDryRun)
	all, _, err := client.RunnerControllers.ListRunnerControllers(nil)
	must(t, err)
	equal(t, all[0].Description, "gate")

	runners, _, err := client.Runners.ListAllRunners(nil)
	must(t, err)
	scope, _, err := client.RunnerControllerScopes.AddRunnerControllerRunnerScope(created.ID, runners[0].ID)
	must(t, err)
	equal(t, scope.RunnerID, runners[0].ID)
	scopes, _, err := client.RunnerControllerScopes.ListRunnerControllerScopes(created.ID)
	must(t, err)
	equal(t, len(scopes.RunnerLevelScopings), 1)
	_, err = client.RunnerControllerScopes.RemoveRunnerControllerRunnerScope(created.ID, runners[0].ID)
	must(t, err)
	instance, _, err := client.RunnerControllerScopes.AddRunnerControllerInstanceScope(created.ID)
	must(t, err)
	equal(t, instance.CreatedAt.IsZero(), false)
	_, err = client.RunnerControllerScopes.RemoveRunnerControllerInstanceScope(created.ID)
	must(t, err)

	tokens := client.RunnerControllerTokens
	first, _, err := tokens.CreateRunnerControllerToken(created.ID, &gitlab.CreateRunnerControllerTokenOptions{Description: new("first")})
	must(t, err)
	second, _, err := tokens.RotateRunnerControllerToken(created.ID, first.ID)
	must(t, err)
	equal(t, second.Description, "first")
	equal(t, second.Token != "" && second.Token != first.Token, true)
	known, _, err := tokens.ListRunnerControllerTokens(created.ID, nil)
	must(t, err)
	equal(t, len(known), 1)
	got, _, err := tokens.GetRunnerControllerToken(created.ID, second.ID)
	must(t, err)
	equal(t, got.RunnerControllerID, created.ID)
	_, err = tokens.RevokeRunnerControllerToken(created.ID, second.ID)
	must(t, err)

	details, _, err := client.RunnerControllers.GetRunnerController(created.ID)
	must(t, err)
	equal(t, details.Connected, false)
	_, err = client.RunnerControllers.DeleteRunnerController(created.ID)
	must(t, err)
}

func TestOfficialClientProjectSettings(t *testing.T) {
	_, client := official(t)
	edited, _, err := client.Projects.EditProject(1, &gitlab.EditProjectOptions{
		BuildTimeout: new(int64(7200)), PublicJobs: new(false), MergeTrainsEnabled: new(true), CIDefaultGitDepth: new(int64(5)),
		ResourceGroupDefaultProcessMode: new(gitlab.OldestFirst), CIRestrictPipelineCancellationRole: new(gitlab.AccessControlValue("maintainer")),
	})
	must(t, err)
	got, _, err := client.Projects.GetProject(1, nil)
	must(t, err)
	for _, project := range []*gitlab.Project{edited, got} {
		equal(t, project.BuildTimeout, 7200)
		equal(t, project.PublicJobs, false)
		equal(t, project.MergeTrainsEnabled, true)
		equal(t, project.CIDefaultGitDepth, 5)
		equal(t, project.ResourceGroupDefaultProcessMode, gitlab.OldestFirst)
		equal(t, project.CIRestrictPipelineCancellationRole, gitlab.AccessControlValue("maintainer"))
	}
}
