package gitlabci

import (
	"cmp"
	"context"
)

// TemplatesService reads the templates of .gitlab-ci.yml: those that come with GitLab, and those of the instance and of groups.
//
// GitLab docs: https://docs.gitlab.com/api/templates/gitlab_ci_ymls/ and https://docs.gitlab.com/api/project_templates/
type TemplatesService service

// A Template is a configuration to begin with. Lists have its key and leave out the content; [TemplatesService.Get] has the content
// and leaves out the key.
type Template struct {
	Key     string `json:"key"`
	Name    string `json:"name"`
	Content string `json:"content"` // YAML
}

func (t *Template) identity() identity { return byText("name", cmp.Or(t.Key, t.Name)) }

// ListTemplatesOptions say which page of the templates to read.
type ListTemplatesOptions struct{ ListOptions }

// GetProjectTemplateOptions say which of several templates of one name to read.
type GetProjectTemplateOptions struct {
	SourceTemplateProjectID int64 `url:"source_template_project_id,omitempty"` // the project that it is kept in; of the closest group if 0
}

var (
	listTemplates        = get("list templates", "/templates/gitlab_ci_ymls", ErrTemplateList)
	getTemplate          = get("get template", "/templates/gitlab_ci_ymls/:key", ErrTemplateGet)
	listProjectTemplates = get("list project templates", "/projects/:id/templates/gitlab_ci_ymls", ErrTemplateList)
	getProjectTemplate   = get("get project template", "/projects/:id/templates/gitlab_ci_ymls/:name", ErrTemplateGet)
)

// List lists the templates that come with GitLab. Nobody needs a token for them.
//
//	GET /templates/gitlab_ci_ymls
//
// Its errors match [ErrTemplateList].
//
// GitLab docs: https://docs.gitlab.com/api/templates/gitlab_ci_ymls/#list-all-cicd-templates
func (s *TemplatesService) List(ctx context.Context, options *ListTemplatesOptions, opts ...RequestOption) Seq[Template] {
	return list[Template](ctx, s.engine, listTemplates, nil, options, opts)
}

// Get reads a template that comes with GitLab. Nobody needs a token for it.
//
//	GET /templates/gitlab_ci_ymls/:key
//
// Its errors match [ErrTemplateGet], and [ErrNotFound] where there is no such template.
//
// GitLab docs: https://docs.gitlab.com/api/templates/gitlab_ci_ymls/#retrieve-details-of-a-cicd-template
func (s *TemplatesService) Get(ctx context.Context, key string, opts ...RequestOption) (*Template, error) {
	return do[Template](ctx, s.engine, getTemplate, path{name("template key", key)}, nil, opts)
}

// ListForProject lists the templates that a project can use: those of its instance and groups, too.
//
//	GET /projects/:id/templates/gitlab_ci_ymls
//
// Its errors match [ErrTemplateList].
//
// GitLab docs: https://docs.gitlab.com/api/project_templates/#list-all-templates-of-a-particular-type
func (s *TemplatesService) ListForProject(ctx context.Context, project Project, options *ListTemplatesOptions, opts ...RequestOption) Seq[Template] {
	return list[Template](ctx, s.engine, listProjectTemplates, path{project.name}, options, opts)
}

// GetForProject reads a template that a project can use.
//
//	GET /projects/:id/templates/gitlab_ci_ymls/:name
//
// Its errors match [ErrTemplateGet], and [ErrNotFound] where there is no such template.
//
// GitLab docs: https://docs.gitlab.com/api/project_templates/#retrieve-a-template-of-a-particular-type
func (s *TemplatesService) GetForProject(ctx context.Context, project Project, key string, options *GetProjectTemplateOptions, opts ...RequestOption) (*Template, error) {
	return do[Template](ctx, s.engine, getProjectTemplate, path{project.name, name("template key", key)}, options, opts)
}
