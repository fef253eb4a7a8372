package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
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

func (*LintResult) identity() identity { return byMembers("valid") }

// Err is nil for a configuration that is valid, and else an error that lists GitLab's and matches [ErrLintInvalid].
func (r *LintResult) Err() error {
	if r.Valid {
		return nil
	}
	texts := slices.DeleteFunc(slices.Clone(r.Errors), func(text string) bool { return strings.TrimSpace(text) == "" })
	if len(texts) == 0 {
		return ErrLintInvalid
	}
	return fmt.Errorf("%w: %s", ErrLintInvalid, oneLine(strings.Join(texts, "; ")))
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
	ContextProject string           `json:"context_project"` // the project that includes it
	ContextSHA     string           `json:"context_sha"`     // the commit that includes it
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
	Name         string          `json:"name"`
	Stage        string          `json:"stage"`
	BeforeScript []string        `json:"before_script"`
	Script       []string        `json:"script"`
	AfterScript  []string        `json:"after_script"`
	TagList      []string        `json:"tag_list"`
	Only         LintPolicy      `json:"only"`
	Except       LintPolicy      `json:"except"`
	Environment  LintEnvironment `json:"environment"`
	When         JobWhen         `json:"when"`
	AllowFailure bool            `json:"allow_failure"`
	Needs        []LintNeed      `json:"needs"` // nil for a job that waits for the stages before
}

// LintEnvironment is the name of a job's environment.
type LintEnvironment string

// UnmarshalJSON takes the name alone as well as an object that has it.
func (e *LintEnvironment) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return codec.Unmarshal(data, (*string)(e))
	}
	var environment struct {
		Name LintEnvironment `json:"name"`
	}
	err := codec.Unmarshal(data, &environment)
	*e = environment.Name
	return err
}

// LintPolicy is when a job is, or is not, part of a pipeline.
type LintPolicy struct {
	Refs       []string    `json:"refs"`
	Variables  []string    `json:"variables"`
	Changes    LintChanges `json:"changes"`
	Kubernetes string      `json:"kubernetes"`
}

// UnmarshalJSON takes the refs alone as well as an object that has them.
func (p *LintPolicy) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return codec.Unmarshal(data, &p.Refs)
	}
	type plain LintPolicy
	return codec.Unmarshal(data, (*plain)(p))
}

// LintChanges are the paths of the files whose change counts.
type LintChanges []string

// UnmarshalJSON takes the paths alone as well as an object that has them.
func (c *LintChanges) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return codec.Unmarshal(data, (*[]string)(c))
	}
	var changes struct {
		Paths []string `json:"paths"`
	}
	err := codec.Unmarshal(data, &changes)
	*c = changes.Paths
	return err
}

// LintNeed is a job that another one needs.
type LintNeed struct {
	Name      string `json:"name"`
	Artifacts bool   `json:"artifacts"`
	Optional  bool   `json:"optional"`
}

// UnmarshalJSON takes the name alone as well as an object that has it.
func (n *LintNeed) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return codec.Unmarshal(data, &n.Name)
	}
	type plain LintNeed
	return codec.Unmarshal(data, (*plain)(n))
}

// JobWhen is when a job starts.
type JobWhen string

// When jobs start.
const (
	JobWhenOnSuccess JobWhen = "on_success"
	JobWhenOnFailure JobWhen = "on_failure"
	JobWhenAlways    JobWhen = "always"
	JobWhenManual    JobWhen = "manual"
	JobWhenDelayed   JobWhen = "delayed"
	JobWhenNever     JobWhen = "never"
)

// LintContentOptions hold a configuration to check.
type LintContentOptions struct {
	Content     string `json:"content"`               // required: YAML, which JSON is too
	DryRun      bool   `json:"dry_run,omitzero"`      // also simulate the creation of a pipeline
	IncludeJobs bool   `json:"include_jobs,omitzero"` // tell the jobs, too
	Ref         string `json:"ref,omitzero"`          // of the simulated pipeline; the default branch if empty
}

func (o *LintContentOptions) validate() error { return required("Content", o.Content) }

// LintProjectOptions say which configuration of a project to check.
type LintProjectOptions struct {
	ContentRef  string `url:"content_ref,omitempty"`  // the branch, tag or commit to take it from; the default branch if empty
	DryRun      bool   `url:"dry_run,omitempty"`      // also simulate the creation of a pipeline
	DryRunRef   string `url:"dry_run_ref,omitempty"`  // of the simulated pipeline; the default branch if empty
	IncludeJobs bool   `url:"include_jobs,omitempty"` // tell the jobs, too
	SHA         string `url:"sha,omitempty"`          // deprecated by GitLab for ContentRef, beside which it must be empty
	Ref         string `url:"ref,omitempty"`          // deprecated by GitLab for DryRunRef, beside which it must be empty
}

func (o *LintProjectOptions) validate() error {
	if o.ContentRef != "" && o.SHA != "" || o.DryRunRef != "" && o.Ref != "" {
		return errors.New("the fields ContentRef and SHA, DryRunRef and Ref exclude each other")
	}
	return nil
}

var (
	lintContent = post("lint content", "/projects/:id/ci/lint", ErrLintContent).repeats()
	lintProject = get("lint project", "/projects/:id/ci/lint", ErrLintProject)
)

// Content checks a configuration as if it were the project's. One that is not valid is no error: see [LintResult.Err].
//
//	POST /projects/:id/ci/lint
//
// Its errors match [ErrLintContent], and [ErrForbidden] for those who may not create pipelines.
//
// GitLab docs: https://docs.gitlab.com/api/lint/#validate-cicd-configuration
func (s *LintService) Content(ctx context.Context, project Project, options *LintContentOptions, opts ...RequestOption) (*LintResult, error) {
	return do[LintResult](ctx, s.engine, lintContent, path{project.name}, options, opts)
}

// Project checks the project's own configuration, as it is committed. One that is not valid, or not there, is no error: see
// [LintResult.Err].
//
//	GET /projects/:id/ci/lint
//
// Its errors match [ErrLintProject], and [ErrNotFound] where there is no such project, commit or branch.
//
// GitLab docs: https://docs.gitlab.com/api/lint/#validate-existing-cicd-configuration
func (s *LintService) Project(ctx context.Context, project Project, options *LintProjectOptions, opts ...RequestOption) (*LintResult, error) {
	return do[LintResult](ctx, s.engine, lintProject, path{project.name}, options, opts)
}
