package conformance_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/conformance/facts"
)

// COVERAGE.md has one row for each endpoint of GitLab's CI/CD API. The tests make it anew and hold it against the one that is there; -update
// writes it.
const coverageFile = "../../COVERAGE.md"

var update = flag.Bool("update", false, "write what is out of date: COVERAGE.md, and the facts")

// A coverage is one endpoint and who calls it.
type coverage struct {
	area, endpoint, bare, since, tier string
	ours, python, goClient            []string
}

// areaTitles are the sections of the page, in order, and the areas of the contract in them.
var areaTitles = []struct {
	title string
	areas []string
}{
	{"Pipelines", []string{"pipelines", "merge_request_pipelines"}},
	{"Jobs", []string{"jobs"}},
	{"Job artifacts", []string{"job_artifacts"}},
	{"Pipeline schedules", []string{"pipeline_schedules"}},
	{"Pipeline triggers", []string{"triggers"}},
	{"CI/CD variables", []string{"project_variables", "group_variables", "instance_variables"}},
	{"Runners", []string{"runners"}},
	{"Runner controllers", []string{"runner_controllers"}},
	{"Environments", []string{"environments"}},
	{"Deployments", []string{"deployments"}},
	{"Protected environments", []string{"protected_environments", "group_protected_environments"}},
	{"Freeze periods", []string{"freeze_periods"}},
	{"Resource groups", []string{"resource_groups"}},
	{"Merge trains", []string{"merge_trains"}},
	{"Job token scope", []string{"job_token_scope"}},
	{"Secure files", []string{"secure_files"}},
	{"Commit statuses", []string{"commit_statuses"}},
	{"Lint", []string{"ci_lint"}},
	{"Templates", []string{"gitlab_ci_ymls"}},
	{"Catalog", []string{"catalog"}},
	{"Project settings", []string{"project_settings"}},
	{"Runner side, analyzers and subscriptions", []string{"runner_side"}},
	{"Besides: projects, groups, branches and tags", []string{besides}},
}

// besides is the area of endpoints that are not of the CI/CD API. Only those are listed that have a method, and they do not count.
const besides = "besides"

// newerAreas are the areas of endpoints that only GitLab's own description has, and of those that only python-gitlab has.
var newerAreas = []struct {
	path *regexp.Regexp
	area string
}{
	{regexp.MustCompile(`^/runner_controllers`), "runner_controllers"},
	{regexp.MustCompile(`^/runners/`), "runners"},
	{regexp.MustCompile(`statuses`), "commit_statuses"},
	{regexp.MustCompile(`templates`), "gitlab_ci_ymls"},
	{regexp.MustCompile(`catalog`), "catalog"},
	{regexp.MustCompile(`^/projects/:id$`), "project_settings"},
	{regexp.MustCompile(`artifacts/tree`), "job_artifacts"},
	{regexp.MustCompile(`^/(job|jobs|namespaces)/`), "runner_side"},
}

// sinceVersion is when endpoints came that only GitLab's own description has, where it is known.
var sinceVersion = map[string]string{
	"runner_controllers":                  "18.9",
	"GET /runners/router/discovery":       "18.7",
	"POST /job/test_balancing/initialize": "19.4",
	"POST /job/test_balancing/request":    "19.4",
}

// others are the endpoints that the tables do not list as CI/CD, with who calls them: python-gitlab and client-go.
var others = []struct{ area, endpoint, python, goClient string }{
	{"project_settings", "GET /projects/:id", "ProjectManager.get", "ProjectsService.GetProject"},
	{"project_settings", "PUT /projects/:id", "ProjectManager.update", "ProjectsService.EditProject"},
	{
		"merge_trains", "POST /projects/:id/merge_requests/:merge_request_iid/cancel_merge_when_pipeline_succeeds",
		"ProjectMergeRequest.cancel_merge_when_pipeline_succeeds", "MergeRequestsService.CancelMergeWhenPipelineSucceeds",
	},
	{besides, "GET /projects", "ProjectManager.list", "ProjectsService.ListProjects"},
	{besides, "GET /groups", "GroupManager.list", "GroupsService.ListGroups"},
	{besides, "GET /groups/:id", "GroupManager.get", "GroupsService.GetGroup"},
	{besides, "GET /groups/:id/projects", "GroupProjectManager.list", "GroupsService.ListGroupProjects"},
	{besides, "GET /groups/:id/subgroups", "GroupSubgroupManager.list", "GroupsService.ListSubGroups"},
	{besides, "GET /groups/:id/descendant_groups", "GroupDescendantGroupManager.list", "GroupsService.ListDescendantGroups"},
	{besides, "GET /projects/:id/repository/branches", "ProjectBranchManager.list", "BranchesService.ListBranches"},
	{besides, "GET /projects/:id/repository/branches/:branch", "ProjectBranchManager.get", "BranchesService.GetBranch"},
	{besides, "GET /projects/:id/repository/tags", "ProjectTagManager.list", "TagsService.ListTags"},
	{besides, "POST /projects/:id/repository/tags", "ProjectTagManager.create", "TagsService.CreateTag"},
	{besides, "GET /projects/:id/repository/tags/:tag_name", "ProjectTagManager.get", "TagsService.GetTag"},
}

// readCoverage makes the rows out of the contract and of what the two other clients call.
func readCoverage(t *testing.T) []*coverage {
	t.Helper()
	all := make(map[string]*coverage)
	enter := func(area, verb, path string) *coverage {
		path = regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(strings.TrimPrefix(path, "/api/v4"), ":$1")
		key := bare(verb, path)
		if all[key] == nil {
			for _, newer := range newerAreas {
				if area == "" && newer.path.MatchString(path) {
					area = newer.area
				}
			}
			require.NotEmpty(t, area, "the area of %s %s", verb, path)
			all[key] = &coverage{area: area, endpoint: verb + " " + path, bare: key, since: cmp.Or(sinceVersion[key], sinceVersion[area])}
		}
		return all[key]
	}
	for _, row := range facts.Table("endpoints") {
		c := enter(row["area"], row["method"], row["path"])
		c.since, c.tier = row["since"], row["tier"]
	}
	for _, row := range facts.Table("endpoints-19.5") {
		enter("", row["method"], row["path"])
	}
	for _, row := range facts.Table("python-gitlab") {
		if verb := row["method"]; verb != "HEAD" && !elsewhere.MatchString(row["class"]) {
			path := regexp.MustCompile(`^/projects/\{project_id\}`).ReplaceAllString(row["path"], "/projects/{id}")
			c := enter("", verb, path)
			c.python = append(c.python, row["class"]+"."+row["operation"])
		}
	}
	for _, row := range facts.Table("client-go") {
		if c := all[row["method"]+" "+row["path"]]; c != nil {
			c.goClient = append(c.goClient, row["service"]+"."+row["operation"])
		}
	}
	for _, other := range others {
		verb, path, _ := strings.Cut(other.endpoint, " ")
		c := enter(other.area, verb, path)
		c.python, c.goClient = []string{other.python}, []string{other.goClient}
	}
	for _, c := range all {
		c.ours = callersOf(c.bare)
	}
	return slices.SortedFunc(maps.Values(all), func(a, b *coverage) int {
		_, pathA, _ := strings.Cut(a.endpoint, " ")
		_, pathB, _ := strings.Cut(b.endpoint, " ")
		return cmp.Or(strings.Compare(pathA, pathB), strings.Compare(a.endpoint, b.endpoint))
	})
}

// callersOf are the methods that call an endpoint.
func callersOf(bareRoute string) (methods []string) {
	for _, r := range sentTo(bareRoute) {
		if !slices.Contains(methods, r.method) {
			methods = append(methods, r.method)
		}
	}
	return methods
}

// writeCoverage writes the page.
func writeCoverage(rows []*coverage) string {
	var page strings.Builder
	count := func(has func(*coverage) bool) (n int) {
		for _, c := range rows {
			if c.area != besides && has(c) {
				n++
			}
		}
		return n
	}
	fmt.Fprint(&page, "# Coverage\n\nEvery endpoint of GitLab's CI/CD API up to GitLab 19.5, and the methods that call it: here, in python-gitlab 8.4 and in client-go 2.64,\n"+
		"the official Go client. An endpoint that has no method here says why; `Client.Do` reaches it all the same.\n"+
		"The last section has what scripts need besides: no full coverage of those APIs, and not counted.\n\n")
	fmt.Fprintf(&page, "| | Endpoints |\n|---|---|\n| GitLab | %d |\n| gitlabci | %d |\n| python-gitlab | %d |\n| client-go | %d |\n",
		count(func(*coverage) bool { return true }), count(func(c *coverage) bool { return c.ours != nil }), count(func(c *coverage) bool { return c.python != nil }),
		count(func(c *coverage) bool { return c.goClient != nil }))
	for _, section := range areaTitles {
		fmt.Fprintf(&page, "\n## %s\n\n| Endpoint | gitlabci | python-gitlab | client-go | Since | Tier |\n|---|---|---|---|---|---|\n", section.title)
		for _, c := range rows {
			if slices.Contains(section.areas, c.area) {
				ours := strings.Join(c.ours, ", ")
				if c.ours == nil {
					ours = "none: " + noMethod[c.bare]
				}
				fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s | %s |\n", c.endpoint, ours, strings.Join(c.python, ", "), strings.Join(c.goClient, ", "), c.since, c.tier)
			}
		}
	}
	return page.String()
}

func TestCoverageIsUpToDate(t *testing.T) {
	t.Parallel()
	want := writeCoverage(readCoverage(t))
	if *update {
		require.NoError(t, os.WriteFile(coverageFile, []byte(want), 0o644))
	}
	page, err := os.ReadFile(coverageFile)
	require.NoError(t, err)
	require.Equal(t, want, string(page), "make it anew with: go test -run TestCoverageIsUpToDate ./internal/conformance -update")
}

// TestCoverage tests that the page tells of each endpoint which methods call it, or why none does, and leaves no method out.
func TestCoverage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(coverageFile)
	require.NoError(t, err)
	told := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+) ([^`]+)` \\| ([^|]*) \\|").FindAllStringSubmatch(string(page), -1) {
		endpoint, ours := bare(row[1], row[2]), callersOf(bare(row[1], row[2]))
		told[endpoint] = true
		if ours == nil {
			require.Equal(t, "none: "+noMethod[endpoint], row[3], endpoint)
			require.NotEmpty(t, noMethod[endpoint], endpoint)
		} else {
			require.Equal(t, strings.Join(ours, ", "), row[3], endpoint)
		}
	}
	for i := range table {
		verb, path, _ := strings.Cut(table[i].route, " ")
		require.True(t, told[bare(verb, path)], "%s of %s is not there", table[i].route, table[i].method)
	}
	require.Greater(t, len(told), 180)
}
