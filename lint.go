package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// LintService checks CI/CD configurations.
//
// GitLab docs: https://docs.gitlab.com/api/lint/
type LintService service

// LintResult is what GitLab says of a configuration.
type LintResult struct {
	Valid      bool          `json:"valid"`
	Errors     []string      `json:"errors"`
	Warnings   []string      `json:"warnings"`
	MergedYAML string        `json:"merged_yaml"` // the configuration with what it includes and extends put in; empty if GitLab got nowhere
	Includes   []LintInclude `json:"includes"`
	Jobs       []LintJob     `json:"jobs"` // with IncludeJobs only
}

// Err is nil for a configuration that is valid, and else an error that lists GitLab's and answers to [ErrLintInvalid].
func (r *LintResult) Err() error {
	if r.Valid {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrLintInvalid, oneLine(strings.Join(r.Errors, "; ")))
}

// ErrLintInvalid says that a configuration is not valid. Lint itself went well: see [LintResult.Err].
var ErrLintInvalid = errors.New("gitlabci: the CI/CD configuration is not valid")

// LintInclude is a file that a configuration includes.
type LintInclude struct {
	Type           LintIncludeType  `json:"type"`
	Location       string           `json:"location"`
	Blob           string           `json:"blob"` // the address of its page
	Raw            string           `json:"raw"`  // the address of its content
	Extra          LintIncludeExtra `json:"extra"`
	ContextProject string           `json:"context_project"` // that includes it
	ContextSHA     string           `json:"context_sha"`     // likewise
}

// LintIncludeExtra tells where an included file comes from, if not from the project itself.
type LintIncludeExtra struct {
	JobName string `json:"job_name"` // whose artifact it is
	Project string `json:"project"`
	Ref     string `json:"ref"`
}

// LintIncludeType is how a file is included.
type LintIncludeType string

// Types of includes.
const (
	LintIncludeLocal     LintIncludeType = "local"
	LintIncludeFile      LintIncludeType = "file" // of another project
	LintIncludeRemote    LintIncludeType = "remote"
	LintIncludeTemplate  LintIncludeType = "template"
	LintIncludeComponent LintIncludeType = "component"
)

// LintJob is a job of a configuration.
type LintJob struct {
	Name         string     `json:"name"`
	Stage        string     `json:"stage"`
	BeforeScript []string   `json:"before_script"`
	Script       []string   `json:"script"`
	AfterScript  []string   `json:"after_script"`
	TagList      []string   `json:"tag_list"`
	Only         LintPolicy `json:"only"`
	Except       LintPolicy `json:"except"`
	Environment  string     `json:"environment"`
	When         JobWhen    `json:"when"`
	AllowFailure bool       `json:"allow_failure"`
	Needs        []LintNeed `json:"needs"` // nil for a job that waits for the stages before
}

// LintPolicy is when a job is, or is not, part of a pipeline.
type LintPolicy struct {
	Refs       []string `json:"refs"`
	Variables  []string `json:"variables"`
	Changes    []string `json:"changes"`
	Kubernetes string   `json:"kubernetes"`
}

// LintNeed is a job that another one needs.
type LintNeed struct {
	Name      string `json:"name"`
	Artifacts bool   `json:"artifacts"`
	Optional  bool   `json:"optional"`
}

// JobWhen is when a job starts.
type JobWhen string

// When jobs start.
const (
	WhenOnSuccess JobWhen = "on_success"
	WhenOnFailure JobWhen = "on_failure"
	WhenAlways    JobWhen = "always"
	WhenManual    JobWhen = "manual"
	WhenDelayed   JobWhen = "delayed"
	WhenNever     JobWhen = "never"
)

// ValidateOptions hold a configuration to check.
type ValidateOptions struct {
	Content     string `json:"content"`               // required: YAML
	DryRun      bool   `json:"dry_run,omitzero"`      // also simulate the creation of a pipeline
	IncludeJobs bool   `json:"include_jobs,omitzero"` // tell the jobs, too
	Ref         string `json:"ref,omitzero"`          // of the simulated pipeline; the default branch if empty
}

func (o *ValidateOptions) validate() error { return required("Content", o.Content) }

// ValidateProjectOptions say which configuration of a project to check.
type ValidateProjectOptions struct {
	ContentRef  string `url:"content_ref,omitempty"`  // the branch, tag or commit to take it from; the default branch if empty
	DryRun      bool   `url:"dry_run,omitempty"`      // also simulate the creation of a pipeline
	DryRunRef   string `url:"dry_run_ref,omitempty"`  // of the simulated pipeline; the default branch if empty
	IncludeJobs bool   `url:"include_jobs,omitempty"` // tell the jobs, too
	SHA         string `url:"sha,omitempty"`          // deprecated by GitLab for ContentRef, beside which it must be empty
	Ref         string `url:"ref,omitempty"`          // deprecated by GitLab for DryRunRef, beside which it must be empty
}

func (o *ValidateProjectOptions) validate() error {
	if o.ContentRef != "" && o.SHA != "" || o.DryRunRef != "" && o.Ref != "" {
		return errors.New("the fields ContentRef and SHA, DryRunRef and Ref exclude each other")
	}
	return nil
}

var (
	lintContent = &operation{"lint", http.MethodPost, "/projects/:id/ci/lint", ErrLintContent, repeatable, ""}
	lintProject = &operation{"lint project", http.MethodGet, "/projects/:id/ci/lint", ErrLintProject, repeatable, ""}
)

// Validate checks a configuration as if it were the project's. One that is not valid is no error: see [LintResult.Err].
//
//	POST /projects/:id/ci/lint
//
// Its errors answer to [ErrLintContent], and to [ErrForbidden] for those who may not create pipelines.
//
// GitLab docs: https://docs.gitlab.com/api/lint/#validate-cicd-configuration
func (s *LintService) Validate(ctx context.Context, project Project, o *ValidateOptions, opts ...RequestOption) (*LintResult, error) {
	return do[LintResult](ctx, s.client, lintContent, path{project.name}, o, opts)
}

// ValidateProject checks the project's own configuration, as it is committed. One that is not valid, or not there, is no error: see
// [LintResult.Err].
//
//	GET /projects/:id/ci/lint
//
// Its errors answer to [ErrLintProject], and to [ErrNotFound] where there is no such project, commit or branch.
//
// GitLab docs: https://docs.gitlab.com/api/lint/#validate-existing-cicd-configuration
func (s *LintService) ValidateProject(ctx context.Context, project Project, o *ValidateProjectOptions, opts ...RequestOption) (*LintResult, error) {
	return do[LintResult](ctx, s.client, lintProject, path{project.name}, o, opts)
}
