package gitlabcitest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/conformance/facts"
)

func TestEveryEndpointIsServed(t *testing.T) {
	areas := []string{
		"pipelines", "jobs", "job_artifacts", "merge_request_pipelines",
		"resource_groups", "merge_trains", "ci_lint", "gitlab_ci_ymls", "secure_files", "job_token_scope",
		"environments", "deployments", "protected_environments", "group_protected_environments", "freeze_periods",
	}
	srv := New()
	defer srv.Close()
	for _, row := range facts.Table("endpoints") {
		area, method, template := row["area"], row["method"], row["path"]
		served := slices.ContainsFunc(srv.routes, func(r *route) bool { return r.method == method && r.template == template })
		gone := template == "/ci/lint"
		if slices.Contains(areas, area) && !gone {
			assert.True(t, served, "%s %s", method, template)
		}
	}
}

func TestEveryNewEndpointIsServed(t *testing.T) {
	areas := []string{"/secure_files", "/job_token_scope", "/catalog/", "/runner_controllers", "/runners/router"}
	template := strings.NewReplacer("/api/v4", "", "{", ":", "}", "")
	srv := New()
	defer srv.Close()
	for _, row := range facts.Table("endpoints-19.5") {
		if slices.ContainsFunc(areas, func(area string) bool { return strings.Contains(row["path"], area) }) {
			assert.True(t, srv.hasRoute(row["method"], template.Replace(row["path"])), "%s %s", row["method"], row["path"])
		}
	}
}

func TestEveryProjectSettingIsServed(t *testing.T) {
	members := regexp.MustCompile(`(\w+):(?:string|integer|boolean|array)`)
	for _, row := range facts.Table("endpoints-19.5") {
		if row["method"] != "PUT" || row["path"] != "/api/v4/projects/{id}" {
			continue
		}
		_, body, _ := strings.Cut(row["parameters"], "; ")
		for _, member := range members.FindAllStringSubmatch(body, -1) {
			assert.True(t, slices.ContainsFunc(settingParams, func(p param) bool { return p.name == member[1] }), member[1])
		}
	}
	r := newRig(t)
	r.project("group/app")
	answer := r.get("/projects/1").object()
	for _, row := range facts.Table("schemas-19.5") {
		if row["schema"] == "APIEntitiesProjectsWithCatalogSetting" {
			assert.Contains(t, answer, row["field"])
		}
	}
}

func TestEveryFieldIsAnswered(t *testing.T) {
	table := facts.Table("fields")
	inBubble(t, func(r *rig) {
		withArtifacts(r)
		r.Server.mu.Lock()
		r.world.projects[0].config = completeJobs([]Job{{Name: "child", Trigger: &Downstream{Jobs: []Job{{Name: "x"}}}}})
		r.Server.mu.Unlock()
		created := r.post("/projects/1/pipeline", `{"ref":"main","variables":[{"key":"K","value":"v"}]}`).is(201).object()
		settle()

		app := gitlabci.ProjectID(1)
		r.Configure(app, ProjectSettings{MergeTrains: true})
		r.Define(app, Job{Name: "deploy", ResourceGroup: "production"})
		r.AddMergeRequest(app, "topic")
		r.post("/projects/1/merge_trains/merge_requests/1", "").is(201)
		settle()
		linted := r.get("/projects/1/ci/lint?include_jobs=true").object()

		in := func(object map[string]any, names ...string) map[string]any {
			for _, name := range names {
				switch value := object[name].(type) {
				case []any:
					object = value[0].(map[string]any)
				case map[string]any:
					object = value
				default:
					t.Fatalf("%s holds no object: %v", name, object)
				}
			}
			return object
		}
		pipeline := r.get("/projects/1/pipelines/1").object()
		job := r.get("/projects/1/jobs/1").object()
		report := r.get("/projects/1/pipelines/1/test_report").object()
		summary := r.get("/projects/1/pipelines/1/test_report_summary").object()
		allowed := r.post("/projects/1/job_token_scope/groups_allowlist", `{"target_group_id":1}`).is(201).object()
		r.project("group/target")
		target := r.post("/projects/1/job_token_scope/allowlist", `{"target_project_id":2}`).is(201).object()
		answers := map[string]map[string]any{
			"SecureFile":             r.upload("/projects/1/secure_files", "x", "name", "k.p12").is(201).object(),
			"JobTokenScope":          r.get("/projects/1/job_token_scope").object(),
			"GroupScopeLink":         allowed,
			"ProjectScopeLink":       target,
			"PipelineBasic":          in(job, "pipeline"),
			"Pipeline":               r.get("/projects/1/pipelines").array()[0],
			"PipelineDetail":         created,
			"PipelineDetailWithName": pipeline,
			"UserPipeline":           r.get("/pipelines").array()[0],
			"DetailedStatus":         in(pipeline, "detailed_status"),
			"UserBasic":              in(pipeline, "user"),
			"User":                   in(job, "user"),
			"Commit":                 in(job, "commit"),
			"JobBasic":               job,
			"Job":                    job,
			"JobArtifact":            in(job, "artifacts"),
			"JobArtifactFile":        in(job, "artifacts_file"),
			"Runner":                 in(job, "runner"),
			"RunnerManager":          in(job, "runner_manager"),
			"Bridge":                 r.get("/projects/1/pipelines/2/bridges").array()[0],
			"PipelineVariable":       r.get("/projects/1/pipelines/2/variables").array()[0],
			"TestReport":             report,
			"TestSuite":              in(report, "test_suites"),
			"TestCase":               in(report, "test_suites", "test_cases"),
			"TestReportSummary":      summary,
			"TestSuiteSummary":       in(summary, "test_suites"),
			"BasicProject":           r.get("/projects/1").object(),
			"ResourceGroup":          r.get("/projects/1/resource_groups/production").object(),
			"MergeTrainCar":          r.get("/projects/1/merge_trains/merge_requests/1").object(),
			"LintResult":             linted,
			"LintJob":                in(linted, "jobs"),
			"TemplateListItem":       r.get("/templates/gitlab_ci_ymls").array()[0],
			"Template":               r.get("/templates/gitlab_ci_ymls/Go").object(),
		}
		checkFields(t, table, answers)
	})
}

func TestEveryFieldOfDeploymentsIsAnswered(t *testing.T) {
	table := facts.Table("fields")
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "deploy", Environment: "production"})
		r.protect(`{"name":"production","deploy_access_levels":[{"access_level":40}],"approval_rules":[{"access_level":40}]}`)
		r.post(freezePeriods, `{"freeze_start":"0 1 * * *","freeze_end":"0 2 * * *"}`).is(201)
		r.start()
		approval := r.as(r.AddUser("owner", Owner.In("group"))).approve("approved", "").is(201).object()
		r.post("/projects/1/jobs/1/play", "").is(200)
		settle()
		deployment := r.get(deployments + "/1").object()
		protected := r.get("/projects/1/protected_environments/production").object()
		first := func(name string) map[string]any { return protected[name].([]any)[0].(map[string]any) }
		checkFields(t, table, map[string]map[string]any{
			"Environment":          r.get(environments).array()[0],
			"EnvironmentDetail":    r.get(environments + "/1").object(),
			"EnvironmentBasic":     deployment["environment"].(map[string]any),
			"Deployment":           deployment,
			"DeploymentApproval":   approval,
			"ProtectedEnvironment": protected,
			"DeployAccessLevel":    first("deploy_access_levels"),
			"ApprovalRule":         first("approval_rules"),
			"FreezePeriod":         r.get(freezePeriods + "/1").object(),
		})
	})
}

// checkFields looks for the fields of the contract in answers, by the names of their objects.
func checkFields(t *testing.T, table []map[string]string, answers map[string]map[string]any) {
	t.Helper()
	for _, row := range table {
		object, field, nullable := row["object"], row["field"], row["nullable"]
		left := object == "User" && field == "skype" || object == "DetailedStatus" && field == "action" // gone, and often absent
		if answer, ok := answers[object]; ok && nullable != "absent" && !left {
			assert.Contains(t, answer, field, object)
			if nullable == "no" {
				assert.NotNil(t, answer[field], "%s.%s", object, field)
			}
		}
	}
}

func FuzzParameters(f *testing.F) {
	for _, seed := range []string{"a=1", "a[]=1&a[]=2", "a[b]=1", "a[][b]=1&a[][c]=2&a[][b]=3", "a[[=1", "a]=1", "[=1", "a[b", "a[][b][c]=1", "%zz=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		_ = putPairs(make(map[string]any), query) // must not panic
	})
}
