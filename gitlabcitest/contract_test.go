package gitlabcitest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// rows reads a table of the contract, which is not part of every checkout.
func rows(t *testing.T, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../shared/contract/" + name)
	if err != nil {
		t.Skip("no contract beside this checkout")
	}
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		rows = append(rows, strings.Split(strings.TrimRight(line, "\n"), "\t"))
	}
	return rows[1:]
}

func TestEveryEndpointIsServed(t *testing.T) {
	areas := []string{"pipelines", "jobs", "job_artifacts", "merge_request_pipelines"}
	srv := New()
	defer srv.Close()
	for _, row := range rows(t, "endpoints.tsv") {
		area, method, template := row[0], row[1], row[2]
		served := slices.ContainsFunc(srv.routes, func(r *route) bool { return r.method == method && r.template == template })
		if slices.Contains(areas, area) {
			assert.True(t, served, "%s %s", method, template)
		}
	}
}

func TestEveryFieldIsAnswered(t *testing.T) {
	table := rows(t, "fields.tsv")
	inBubble(t, func(r *rig) {
		withArtifacts(r)
		r.Server.mu.Lock()
		r.world.projects[0].config = completeJobs([]Job{{Name: "child", Trigger: &Downstream{Jobs: []Job{{Name: "x"}}}}})
		r.Server.mu.Unlock()
		created := r.post("/projects/1/pipeline", `{"ref":"main","variables":[{"key":"K","value":"v"}]}`).is(201).object()
		settle()

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
		answers := map[string]map[string]any{
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
		}
		for _, row := range table {
			object, field, nullable := row[0], row[1], row[3]
			left := object == "User" && field == "skype" || object == "DetailedStatus" && field == "action" // gone, and often absent
			if answer, ok := answers[object]; ok && nullable != "absent" && !left {
				assert.Contains(t, answer, field, object)
				if nullable == "no" {
					assert.NotNil(t, answer[field], "%s.%s", object, field)
				}
			}
		}
	})
}

func FuzzParameters(f *testing.F) {
	for _, seed := range []string{"a=1", "a[]=1&a[]=2", "a[b]=1", "a[][b]=1&a[][c]=2&a[][b]=3", "a[[=1", "a]=1", "[=1", "a[b", "a[][b][c]=1", "%zz=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		_ = putPairs(make(map[string]any), query) // must not panic
	})
}
