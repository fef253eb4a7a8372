package conformance_test

import "github.com/gitlabci/gitlabci"

var lintRows = []methodRow{
	{
		method: "Lint.Content",
		args:   in(app, &gitlabci.LintContentOptions{Content: "job:\n  script: \"a < b\"\n", DryRun: true, IncludeJobs: true, Ref: "feature/x"}),
		needs:  []string{"Content"},
		exchange: exchange{
			op:    "lint content",
			route: "POST /projects/:id/ci/lint",
			sends: "POST /projects/group%2Fapp/ci/lint",
			body:  `{"content":"job:\n  script: \"a < b\"\n","dry_run":true,"include_jobs":true,"ref":"feature/x"}`,
			answer: `{"valid":true,"errors":[],"warnings":["be brief"],"merged_yaml":"---\njob: {}\n","includes":[],"jobs":[{"name":"job","stage":"test",
				"before_script":[],"script":["a < b"],"tag_list":["docker"],"only":{"refs":["branches","tags"]},"except":null,"environment":null,
				"when":"on_success","allow_failure":false,"needs":null},{"name":"later","environment":"review/app","when":"someday","allow_failure":true,
				"except":{"variables":["$CI"],"changes":["*.md"],"kubernetes":"active"},"needs":[{"name":"job","artifacts":true,"optional":true}]}]}`,
			fails: gitlabci.ErrLintContent,
		},
		gives: &gitlabci.LintResult{
			Valid: true, Errors: []string{}, Warnings: []string{"be brief"}, MergedYAML: "---\njob: {}\n", Includes: []gitlabci.LintInclude{},
			Jobs: []gitlabci.LintJob{
				{
					Name: "job", Stage: "test", BeforeScript: []string{}, Script: []string{"a < b"}, TagList: []string{"docker"},
					Only: gitlabci.LintPolicy{Refs: []string{"branches", "tags"}},
					When: gitlabci.JobWhenOnSuccess,
				},
				{
					Name: "later", Environment: "review/app", When: "someday", AllowFailure: true,
					Except: gitlabci.LintPolicy{Variables: []string{"$CI"}, Changes: []string{"*.md"}, Kubernetes: "active"},
					Needs:  []gitlabci.LintNeed{{Name: "job", Artifacts: true, Optional: true}},
				},
			},
		},
	},
	{
		method: "Lint.Project",
		args: in(app, &gitlabci.LintProjectOptions{
			ContentRef: "feature/x & y", DryRun: true, DryRunRef: "feature/z", IncludeJobs: true,
		}),
		exchange: exchange{
			op:    "lint project",
			route: "GET /projects/:id/ci/lint",
			sends: "GET /projects/group%2Fapp/ci/lint",
			query: "content_ref=feature/x %26 y&dry_run=true&dry_run_ref=feature/z&include_jobs=true",
			answer: `{"valid":true,"includes":[{"type":"file","location":"ci.yml","blob":"https://gitlab.example.com/b","raw":"https://gitlab.example.com/r",
				"extra":{"project":"group/ci","ref":"main"},"context_project":"group/app","context_sha":"a91957a8"},
				{"type":"beam","location":"child.yml","extra":{"job_name":"generate"}},{"type":"remote","blob":null,"extra":{}}]}`,
			fails: gitlabci.ErrLintProject,
		},
		gives: &gitlabci.LintResult{Valid: true, Includes: []gitlabci.LintInclude{
			{
				Type: gitlabci.LintIncludeFile, Location: "ci.yml", Blob: "https://gitlab.example.com/b", Raw: "https://gitlab.example.com/r",
				Extra:          gitlabci.LintIncludeExtra{Project: "group/ci", Ref: "main"},
				ContextProject: "group/app", ContextSHA: "a91957a8",
			},
			{Type: "beam", Location: "child.yml", Extra: gitlabci.LintIncludeExtra{JobName: "generate"}},
			{Type: gitlabci.LintIncludeRemote},
		}},
	},
	{
		method: "Lint.Project",
		shows:  "by the older names, of one that is not valid",
		args:   in(app, &gitlabci.LintProjectOptions{SHA: "a91957a8", Ref: "main"}),
		exchange: exchange{
			op:     "lint project",
			route:  "GET /projects/:id/ci/lint",
			sends:  "GET /projects/group%2Fapp/ci/lint",
			query:  "sha=a91957a8&ref=main",
			answer: `{"valid":false,"errors":["jobs config should contain at least one visible job"],"warnings":[],"merged_yaml":null,"includes":null}`,
			fails:  gitlabci.ErrLintProject,
		},
		gives: &gitlabci.LintResult{Errors: []string{"jobs config should contain at least one visible job"}, Warnings: []string{}},
	},
}
