package gitlabcitest

import (
	"cmp"

	"github.com/gitlabci/gitlabci"
)

// counts are what a report and each of its suites add up to.
type counts struct {
	TotalTime    float64 `json:"total_time"`
	TotalCount   int     `json:"total_count"`
	SuccessCount int     `json:"success_count"`
	FailedCount  int     `json:"failed_count"`
	SkippedCount int     `json:"skipped_count"`
	ErrorCount   int     `json:"error_count"`
}

func (k *counts) add(t TestCase) {
	k.TotalTime += t.Duration.Seconds()
	k.TotalCount++
	switch t.Status {
	case gitlabci.TestCaseFailed:
		k.FailedCount++
	case gitlabci.TestCaseSkipped:
		k.SkippedCount++
	case gitlabci.TestCaseError:
		k.ErrorCount++
	default:
		k.SuccessCount++
	}
}

type testReport struct {
	counts
	TestSuites []testSuite `json:"test_suites"`
}

type testSuite struct {
	Name string `json:"name"`
	counts
	SuiteError *string    `json:"suite_error"`
	TestCases  []testCase `json:"test_cases"`
}

type testCase struct {
	Status         gitlabci.TestCaseStatus `json:"status"`
	Name           string                  `json:"name"`
	Classname      string                  `json:"classname"`
	File           *string                 `json:"file"`
	ExecutionTime  float64                 `json:"execution_time"`
	SystemOutput   *string                 `json:"system_output"`
	StackTrace     *string                 `json:"stack_trace"`
	AttachmentURL  *string                 `json:"attachment_url"`
	RecentFailures *struct{}               `json:"recent_failures"`
}

type testReportSummary struct {
	Total      summaryTotal   `json:"total"`
	TestSuites []suiteSummary `json:"test_suites"`
}

type summaryTotal struct {
	Time       float64 `json:"time"`
	Count      int     `json:"count"`
	Success    int     `json:"success"`
	Failed     int     `json:"failed"`
	Skipped    int     `json:"skipped"`
	Error      int     `json:"error"`
	SuiteError *string `json:"suite_error"`
}

type suiteSummary struct {
	Name string `json:"name"`
	counts
	BuildIDs   []int64 `json:"build_ids"`
	SuiteError *string `json:"suite_error"`
}

func showTestReport(p *pipeline) testReport {
	report := testReport{TestSuites: []testSuite{}}
	for _, j := range p.tested() {
		suite := testSuite{Name: j.spec.Name}
		for _, t := range j.spec.Tests {
			report.add(t)
			suite.add(t)
			suite.TestCases = append(suite.TestCases, testCase{
				Status: cmp.Or(t.Status, gitlabci.TestCaseSuccess), Name: t.Name, Classname: t.Class, File: optional(t.File), ExecutionTime: t.Duration.Seconds(),
				SystemOutput: optional(t.Output), StackTrace: optional(t.StackTrace),
			})
		}
		report.TestSuites = append(report.TestSuites, suite)
	}
	return report
}

func showTestReportSummary(p *pipeline) testReportSummary {
	var total counts
	summary := testReportSummary{TestSuites: []suiteSummary{}}
	for _, j := range p.tested() {
		suite := suiteSummary{Name: j.spec.Name, BuildIDs: []int64{j.id}}
		for _, t := range j.spec.Tests {
			total.add(t)
			suite.add(t)
		}
		summary.TestSuites = append(summary.TestSuites, suite)
	}
	summary.Total = summaryTotal{
		Time: total.TotalTime, Count: total.TotalCount, Success: total.SuccessCount, Failed: total.FailedCount, Skipped: total.SkippedCount, Error: total.ErrorCount,
	}
	return summary
}
