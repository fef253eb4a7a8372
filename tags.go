package gitlabci

import (
	"context"
	"errors"
	"time"
)

// TagsService lists the tags of a project, reads and creates them. It is as much of GitLab's tags API as CI/CD scripts need, and no full
// coverage of it: [Client.Do] and [List] reach the rest.
//
// GitLab docs: https://docs.gitlab.com/api/tags/
type TagsService service

// A Tag is a tag of a project's repository.
type Tag struct {
	Name      string      `json:"name"`
	Message   string      `json:"message"` // empty for a lightweight tag
	Target    string      `json:"target"`  // the SHA of the commit; of the tag itself where it has a message
	Commit    Commit      `json:"commit"`
	Release   *TagRelease `json:"release,omitzero"` // nil where there is none, or not for the caller
	Protected bool        `json:"protected"`
	CreatedAt time.Time   `json:"created_at,omitzero"` // zero for a lightweight tag
}

func (t *Tag) identity() identity { return byText("name", t.Name) }

// TagRelease is the release that was made of a tag.
type TagRelease struct {
	TagName     string `json:"tag_name"`
	Description string `json:"description"`
}

// TagOrder is what a list of tags is ordered by.
type TagOrder string

// Orders of a list of tags.
const (
	TagOrderName    TagOrder = "name"
	TagOrderUpdated TagOrder = "updated"
	TagOrderVersion TagOrder = "version" // as semantic versions
)

// ListTagsOptions say which tags of a project to list. A zero field leaves none out.
type ListTagsOptions struct {
	ListOptions
	Search  string   `url:"search,omitempty"`   // part of the name; ^ before it stands for the name's beginning, $ behind it for its end
	OrderBy TagOrder `url:"order_by,omitempty"` // TagOrderUpdated if empty
	Sort    Sort     `url:"sort,omitempty"`     // descending if empty
}

// CreateTagOptions describe a tag to create.
type CreateTagOptions struct {
	TagName string `json:"tag_name"`         // required
	Ref     string `json:"ref"`              // required: a commit's SHA, or a branch or tag
	Message string `json:"message,omitzero"` // makes it an annotated tag
}

func (o *CreateTagOptions) validate() error {
	return errors.Join(required("TagName", o.TagName), required("Ref", o.Ref))
}

var (
	listTags  = get("list tags", "/projects/:id/repository/tags", ErrTagList)
	getTag    = get("get tag", "/projects/:id/repository/tags/:tag_name", ErrTagGet)
	createTag = post("create tag", "/projects/:id/repository/tags", ErrTagCreate)
)

// List lists the tags of a project, the one that was updated last first.
//
//	GET /projects/:id/repository/tags
//
// Its errors match [ErrTagList].
//
// GitLab docs: https://docs.gitlab.com/api/tags/#list-project-repository-tags
func (s *TagsService) List(ctx context.Context, project Project, options *ListTagsOptions, opts ...RequestOption) Seq[Tag] {
	return list[Tag](ctx, s.engine, listTags, path{project.name}, options, opts)
}

// Get reads a tag.
//
//	GET /projects/:id/repository/tags/:tag_name
//
// Its errors match [ErrTagGet], and [ErrNotFound] where there is no such tag.
//
// GitLab docs: https://docs.gitlab.com/api/tags/#get-a-single-repository-tag
func (s *TagsService) Get(ctx context.Context, project Project, tag string, opts ...RequestOption) (*Tag, error) {
	return do[Tag](ctx, s.engine, getTag, path{project.name, name("tag", tag)}, nil, opts)
}

// Create creates a tag and returns it. Where the project's CI/CD configuration says so, that starts a pipeline. It is never sent twice: see
// [ErrOutcomeUnknown].
//
//	POST /projects/:id/repository/tags
//
// Its errors match [ErrTagCreate], and [ErrBadRequest] where the tag exists already, or its name or ref is not valid.
//
// GitLab docs: https://docs.gitlab.com/api/tags/#create-a-new-tag
func (s *TagsService) Create(ctx context.Context, project Project, options *CreateTagOptions, opts ...RequestOption) (*Tag, error) {
	return do[Tag](ctx, s.engine, createTag, path{project.name}, options, opts)
}
