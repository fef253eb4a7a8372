package gitlabcitest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/codec"
)

const lint = "/projects/1/ci/lint"

// judged sends a configuration to be checked, with its jobs.
func (r *rig) judged(content string) reply {
	r.Helper()
	body, err := codec.Marshal(map[string]any{"content": content, "include_jobs": true})
	require.NoError(r, err)
	return r.post(lint, string(body)).is(200)
}

func TestLintProject(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app",
		Job{Name: "compile", Stage: "build", Tags: []string{"linux"}, Artifacts: map[string]string{"bin/b": "", "bin/a": ""}, ArtifactsExpireIn: -1},
		Job{Name: "unit: all", AllowFailure: true, Needs: []string{"compile"}},
		Job{Name: "yes", Needs: []string{}},
		Job{Name: "other", Stage: "deploy", Trigger: &Downstream{Project: "group/other", Ref: "v1", Strategy: Depend}},
		Job{Name: "child", Stage: "deploy", Trigger: &Downstream{Jobs: []Job{{Name: "x"}}}},
		Job{Name: "production", Stage: "deploy", When: Manual, Blocking: true, Environment: "production", ResourceGroup: "production"},
		Job{Name: "staging", Stage: "deploy", When: Manual},
		Job{Name: "later", Stage: "deploy", When: Delayed, StartIn: time.Hour},
		Job{Name: "off", Stage: "deploy", When: Never},
	)
	const yaml = `---
stages:
- build
- test
- deploy
compile:
  stage: build
  tags:
  - linux
  script:
  - echo compile
  artifacts:
    paths:
    - bin/a
    - bin/b
    when: on_success
    expire_in: never
"unit: all":
  stage: test
  script:
  - "echo unit: all"
  allow_failure: true
  needs:
  - compile
"yes":
  stage: test
  script:
  - echo yes
  needs: []
other:
  stage: deploy
  trigger:
    project: group/other
    branch: v1
    strategy: depend
child:
  stage: deploy
  trigger:
    include: child.yml
production:
  stage: deploy
  script:
  - echo production
  when: manual
  allow_failure: false
  environment: production
  resource_group: production
staging:
  stage: deploy
  script:
  - echo staging
  when: manual
later:
  stage: deploy
  script:
  - echo later
  when: delayed
  start_in: "3600 seconds"
"off":
  stage: deploy
  script:
  - echo off
  rules:
  - when: never
`
	client := r.Client()
	result, err := client.Lint.Project(t.Context(), app, &gitlabci.LintProjectOptions{IncludeJobs: true, ContentRef: "main", DryRun: true})
	require.NoError(t, err)
	require.NoError(t, result.Err())
	require.Equal(t, yaml, result.MergedYAML)
	require.Len(t, result.Jobs, 9)
	always := gitlabci.LintPolicy{Refs: []string{"branches", "tags"}}
	require.Equal(t, gitlabci.LintJob{
		Name: "unit: all", Stage: "test", BeforeScript: []string{}, Script: []string{"echo unit: all"}, AfterScript: []string{}, TagList: []string{},
		Only: always, When: gitlabci.JobWhenOnSuccess, AllowFailure: true, Needs: []gitlabci.LintNeed{{Name: "compile", Artifacts: true}},
	}, result.Jobs[1])
	require.Equal(t, []string{"linux"}, result.Jobs[0].TagList)
	require.Nil(t, result.Jobs[0].Needs)
	require.NotNil(t, result.Jobs[2].Needs)
	require.Equal(t, gitlabci.LintEnvironment("production"), result.Jobs[5].Environment)
	require.Equal(t, []bool{false, true}, []bool{result.Jobs[5].AllowFailure, result.Jobs[6].AllowFailure})
	require.Empty(t, result.Jobs[8].Only.Refs)

	raw := r.get(lint).is(200).object()
	require.Equal(t, map[string]any{"valid": true, "errors": []any{}, "warnings": []any{}, "merged_yaml": yaml, "includes": []any{}}, raw)

	// What GET gives is understood by POST.
	for _, content := range []string{yaml, strings.TrimPrefix(yaml, "---\n")} {
		again, err := client.Lint.Content(t.Context(), app, &gitlabci.LintContentOptions{Content: content, IncludeJobs: true})
		require.NoError(t, err)
		require.Equal(t, result, again)
	}
}

func TestLintFaultyProject(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app")
	const empty = `{"valid":false,"errors":["Please provide content of .gitlab-ci.yml"],"warnings":[],"merged_yaml":null,"includes":null}`
	r.get(lint).is(200, empty)
	r.get(lint+"?dry_run=true").is(200, empty)
	r.post(lint, `{"content":""}`).is(200, empty)
	r.post(lint, `{"content":" \n"}`).is(200, empty)

	r.Define(app, Job{Name: "a", Needs: []string{"b"}})
	result, err := r.Client().Lint.Project(t.Context(), app, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a job: undefined need: b"}, result.Errors)
	require.ErrorIs(t, result.Err(), gitlabci.ErrLintInvalid)

	r.Configure(app, ProjectSettings{ConfigError: "jobs:a config contains unknown keys: scirpt"})
	shown := r.get(lint + "?include_jobs=true").is(200).object()
	require.Equal(t, []any{"jobs:a config contains unknown keys: scirpt"}, shown["errors"])
	require.Equal(t, []any{}, shown["jobs"])
	require.True(t, strings.HasPrefix(shown["merged_yaml"].(string), "---\nstages:\n- test\na:\n"))
}

func TestLintDryRun(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app", Job{Name: "a"})
	const noSuchRef = `{"valid":false,"errors":["Reference not found"],"warnings":[],"merged_yaml":null,"includes":null}`
	r.get(lint + "?dry_run=true&dry_run_ref=main").is(200)
	r.get(lint+"?dry_run=true&dry_run_ref=nope").is(200, noSuchRef)
	r.get(lint+"?dry_run=true&ref=nope").is(200, noSuchRef)
	r.post(lint, `{"content":"a: {script: x}","dry_run":true,"ref":"nope"}`).is(200, noSuchRef)
	require.Equal(t, true, r.get(lint + "?dry_run_ref=nope").is(200).object()["valid"], "nothing is simulated")

	r.Define(app, Job{Name: "a", When: Never})
	require.Equal(t, true, r.get(lint).object()["valid"])
	require.Equal(t, []any{noJobs}, r.get(lint + "?dry_run=true").is(200).object()["errors"])

	r.Define(app, Job{Name: "a", DuringFreeze: Never}, Job{Name: "b", Needs: []string{"a"}})
	require.Equal(t, true, r.get(lint + "?dry_run=true").object()["valid"])
	r.post(freezePeriods, `{"freeze_start":"* * * * *","freeze_end":"0 0 1 1 *"}`).is(201)
	require.Equal(t, []any{"'b' job needs 'a' job, but 'a' does not exist in the pipeline."}, r.get(lint + "?dry_run=true").is(200).object()["errors"])

	r.Configure(app, ProjectSettings{Visibility: Public})
	r.as("").get(lint+"?dry_run=true").is(200,
		`{"valid":false,"errors":["Insufficient permissions to create a new pipeline"],"warnings":[],"merged_yaml":null,"includes":null}`)
}

func TestLintRefs(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app", Job{Name: "a"})
	sha := r.AddBranch(app, "topic/x")
	for _, query := range []string{"content_ref=topic/x", "content_ref=" + sha, "sha=" + sha[:8], "sha=main"} {
		r.get(lint + "?" + query).is(200)
	}
	r.get(lint+"?content_ref=nope").is(404, `{"message":"404 Commit Not Found"}`)
	r.get(lint+"?sha=main&content_ref=main").is(400, `{"error":"sha, content_ref are mutually exclusive"}`)
	r.get(lint+"?ref=main&dry_run_ref=main").is(400, `{"error":"ref, dry_run_ref are mutually exclusive"}`)
	_, err := r.Client().Lint.Project(t.Context(), app, &gitlabci.LintProjectOptions{ContentRef: "nope"})
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
}

func TestLintContent(t *testing.T) {
	unsure := func(what string) string { return what + ": the stand-in cannot say whether this is valid" }
	const visible, format = noVisibleJob, noFormat
	tests := []struct {
		name, content string
		errors        []any // none for a valid one
		jobs          []string
	}{
		{"JSON", `{"b":{"script":"x"},"a":{"trigger":"group/other"},".hidden":{},"stages":["test"],"variables":{"A":"b"}}`, nil, []string{"a", "b"}},
		{"only a hidden job", `{".job":{"script":["x"]}}`, []any{visible}, nil},
		{"no job", `{}`, []any{visible}, nil},
		{"no script", `{"a":{"stage":"test"},"b":{"script":"x"}}`, []any{"jobs a config should implement the script:, run:, or trigger: keyword"}, nil},
		{"no script, nor another job", `{"a":7}`, []any{"jobs a config should implement the script:, run:, or trigger: keyword", visible}, nil},
		{"stage that is none", `{"stages":["one"],"a":{"script":"x","stage":"two"},"b":{"script":"x","stage":".pre"}}`,
			[]any{"a job: chosen stage two does not exist; available stages are .pre, one, .post"}, nil},
		{"stage of those there always are", `{"a":{"script":"x","stage":"deploy"},"b":{"script":"x","stage":"release"}}`,
			[]any{"b job: chosen stage release does not exist; available stages are .pre, build, test, deploy, .post"}, nil},
		{"need that is none", `{"a":{"script":"x","needs":["b",{"job":"c"},{"job":"d","optional":true},{"pipeline":"1","job":"e"}]}}`,
			[]any{"a job: undefined need: b", "a job: undefined need: c"}, nil},
		{"every keyword that is understood", `{"stages":["test"],"variables":{"A":"b","C":1},"workflow":{"rules":[{"if":"$A","when":"never"},{"when":"always"}]},
			"a":{"script":[["x"],"y"],"before_script":"x","after_script":["x"],"stage":"test","when":"delayed","start_in":"2 hours","allow_failure":true,
				"needs":[],"tags":["t"],"rules":[{"if":"$A","when":"manual","allow_failure":false,"variables":{"D":"e"}}],"resource_group":"r",
				"environment":{"name":"n","url":"https://n","action":"start","on_stop":"b","deployment_tier":"production","auto_stop_in":"1 day"},
				"image":"go","interruptible":true,"variables":{"F":"g"},"artifacts":{"paths":["p"],"when":"always","expire_in":"never"}},
			"b":{"trigger":{"project":"group/p","branch":"b","strategy":"depend"},"only":{"refs":["main"]},"except":["tags"]}}`, nil, []string{"a", "b"}},
		{"unknown keywords", `{"a":{"script":"x","scirpt":"y","foo":1}}`, []any{"jobs:a config contains unknown keys: foo, scirpt"}, nil},
		{"need of a later stage", `{"a":{"script":"x","stage":"build","needs":["b"]},"b":{"script":"x"}}`,
			[]any{"a job: need b is not defined in current or prior stages"}, nil},
		{"needs in a circle", `{"a":{"script":"x","needs":["b"]},"b":{"script":"x","needs":["c"]},"c":{"script":"x","needs":["a"]}}`, []any{circular}, nil},
		{"need of itself", `{"a":{"script":"x","needs":["a"]}}`, []any{circular}, nil},
		{"script of another kind", `{"a":{"script":7}}`, []any{unsure("jobs:a:script")}, nil},
		{"empty script", `{"a":{"script":[]}}`, []any{unsure("jobs:a:script")}, nil},
		{"when that is none", `{"a":{"script":"x","when":"later"}}`, []any{unsure("jobs:a:when")}, nil},
		{"tags of another kind", `{"a":{"script":"x","tags":"t"}}`, []any{unsure("jobs:a:tags")}, nil},
		{"rules of another kind", `{"a":{"script":"x","rules":[{"iff":"$A"}]}}`, []any{unsure("jobs:a:rules")}, nil},
		{"stages of another kind", `{"stages":{"a":1},"a":{"script":"x"}}`, []any{unsure("stages")}, nil},
		{"variables of another kind", `{"variables":["A"],"a":{"script":"x"}}`, []any{unsure("variables")}, nil},
		{"delayed without a delay", `{"a":{"script":"x","when":"delayed"}}`, []any{unsure("jobs:a")}, nil},
		{"rules and only", `{"a":{"script":"x","rules":[],"only":["main"]}}`, []any{unsure("jobs:a")}, nil},
		{"keywords that are not understood", `{"a":{"script":"x","retry":2},"default":{"image":"go"}}`, []any{unsure("jobs:a:retry"), unsure("default")}, nil},
		{"include", `{"include":"x.yml"}`, []any{unsure("include")}, nil},
		{"extends", `{".base":{"script":"x"},"a":{"extends":".base"}}`, []any{unsure("jobs:a:extends")}, nil},
		{"broken JSON", `{"a":`, []any{format}, nil},
		{"YAML", "# how\nstages:\n- one\n\"job: one\":\n  script:\n  - x\ntwo:\n  script: y\n", []any{notYAML}, nil},
		{"YAML with a header", "spec:\n  inputs:\n    a:\n---\na:\n  script: x", []any{notYAML}, nil},
		{"YAML with an include", "include: x.yml\n", []any{notYAML}, nil},
		{"a template", ownTemplates[0].content, nil, []string{"build", "test", "deploy"}},
		{"YAML without a visible job", "stages: [a]\n.hidden:\n  script: x\n", []any{visible}, nil},
		{"a list", "- a\n- b\n", []any{format}, nil},
		{"a text", "hello", []any{format}, nil},
		{"a comment", "# nothing\n", []any{format}, nil},
	}
	r := newRig(t)
	r.AddProject("group/app", Job{Name: "own"})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			shown := r.in(t).judged(test.content).object()
			require.Equal(t, test.errors == nil, shown["valid"])
			require.Equal(t, append([]any{}, test.errors...), shown["errors"])
			var names []string
			for _, j := range shown["jobs"].([]any) {
				names = append(names, j.(map[string]any)["name"].(string))
			}
			require.Equal(t, test.jobs, names)
			if len(test.errors) > 0 && test.errors[0] == format {
				require.Nil(t, shown["merged_yaml"])
				require.Nil(t, shown["includes"])
			} else {
				require.True(t, strings.HasPrefix(shown["merged_yaml"].(string), "---\n"))
				require.Equal(t, []any{}, shown["includes"])
			}
		})
	}
}

func TestLintJobs(t *testing.T) {
	r := newRig(t)
	r.AddProject("group/app")
	shown := r.judged(`{
		"a":{"script":["x",["y","z"]],"before_script":"b","after_script":["c"],"tags":["t"],"only":["main"],"except":{"refs":["tags"]},
			"environment":{"name":"production","url":"https://x"},"when":"manual"},
		"b":{"script":"x","needs":[{"job":"a","artifacts":false}],"rules":[{"if":"$A"}],"environment":"review"}}`).object()
	require.Equal(t, []any{
		map[string]any{
			"name": "a", "stage": "test", "before_script": []any{"b"}, "script": []any{"x", "y", "z"}, "after_script": []any{"c"}, "tag_list": []any{"t"},
			"only": map[string]any{"refs": []any{"main"}}, "except": map[string]any{"refs": []any{"tags"}}, "environment": "production",
			"when": "manual", "allow_failure": true, "needs": nil,
		},
		map[string]any{
			"name": "b", "stage": "test", "before_script": []any{}, "script": []any{"x"}, "after_script": []any{}, "tag_list": []any{},
			"only": nil, "except": nil, "environment": "review", "when": "on_success", "allow_failure": false,
			"needs": []any{map[string]any{"name": "a", "artifacts": false, "optional": false}},
		},
	}, shown["jobs"])
	require.Equal(t, `---
a:
  after_script:
  - c
  before_script: b
  environment:
    name: production
    url: https://x
  except:
    refs:
    - tags
  only:
  - main
  script:
  - x
  - - "y"
    - z
  tags:
  - t
  when: manual
b:
  environment: review
  needs:
  - artifacts: false
    job: a
  rules:
  - if: "$A"
  script: x
`, shown["merged_yaml"])
}

func TestLintWarnings(t *testing.T) {
	r := newRig(t)
	r.AddProject("group/app")
	tests := []struct {
		name, content string
		warned        bool
	}{
		{"rules that end with when alone", `{"a":{"script":"x","rules":[{"if":"$A"},{"when":"always"}]}}`, true},
		{"never", `{"a":{"script":"x","rules":[{"when":"never"}]}}`, false},
		{"with a condition", `{"a":{"script":"x","rules":[{"if":"$A","when":"always"}]}}`, false},
		{"with workflow rules", `{"workflow":{"rules":[]},"a":{"script":"x","rules":[{"when":"always"}]}}`, false},
		{"without rules", `{"a":{"script":"x"}}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			shown := r.in(t).judged(test.content).object()
			require.Equal(t, true, shown["valid"])
			if !test.warned {
				require.Empty(t, shown["warnings"])
				return
			}
			require.Len(t, shown["warnings"], 1)
			require.Contains(t, shown["warnings"].([]any)[0], "jobs:a may allow multiple pipelines to run for a single action due to `rules:when`")
		})
	}
}

func TestLintRefused(t *testing.T) {
	r := newRig(t)
	p := r.project("group/app", Job{Name: "a"})
	people := r.people()
	const content = `{"content":"a: 1"}`
	r.post(lint, `{}`).is(400, `{"error":"content is missing"}`)
	r.post("/ci/lint", content).is(404)

	people[Guest].get(lint).is(403, `{"message":"403 Forbidden"}`)
	people[Reporter].get(lint).is(200)
	people[Reporter].post(lint, content).is(403, `{"message":"403 Forbidden"}`)
	people[Developer].post(lint, content).is(200)
	r.as("").get(lint).is(404, `{"message":"404 Project Not Found"}`)
	r.as("").post(lint, content).is(404, `{"message":"404 Project Not Found"}`)
	p.Visibility = Public
	r.as("").get(lint).is(200)
	r.as("").post(lint, content).is(403, `{"message":"403 Forbidden"}`)
	people[Guest].get(lint).is(200)
}

func FuzzLintContent(f *testing.F) {
	for _, seed := range []string{"a:\n  script: x\n", `{"a":{"needs":[{"job":1}],"rules":[7],"environment":{}}}`, "---\n-\n", "\"a\": 1", "'", "{}", ":", "\xff: 1"} {
		f.Add(seed)
	}
	p := &project{config: completeJobs([]Job{{Name: "own"}})}
	f.Fuzz(func(t *testing.T, content string) {
		_ = showVerdict(p.judgeContent(content), true) // must not panic
	})
}

func TestYAML(t *testing.T) {
	m := mapping{
		{"plain", "echo \"$A\" 'b'"}, {"no: key", "a: b"}, {"empty", ""}, {"number", "1.5"}, {"word", "No"}, {"comment", "a #b"}, {"lines", "a\nb"},
		{"values", []any{true, 1.5, nil, []any{}, mapping{}, []any{"a", []any{"b"}}, mapping{{"k", "v"}, {"l", []any{"w"}}}}},
		{"none", []any{}}, {"nothing", mapping{}}, {"null", nil}, {"deep", mapping{{"er", mapping{{"k", "v"}}}}},
	}
	require.Equal(t, `---
plain: echo "$A" 'b'
"no: key": "a: b"
empty: ""
number: "1.5"
word: "No"
comment: "a #b"
lines: "a\nb"
values:
- true
- 1.5
- null
- []
- {}
- - a
  - - b
- k: v
  l:
  - w
none: []
nothing: {}
"null": null
deep:
  er:
    k: v
`, m.yaml())
}
