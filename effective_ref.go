package gitlabci

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

const (
	headsPrefix         = "refs/heads/"
	tagsPrefix          = "refs/tags/"
	mergeRequestsPrefix = "refs/merge-requests/"
)

// repositoryRef is a branch or a tag, with what decides whether jobs get protected variables there.
type repositoryRef struct {
	Name               string `json:"name"`
	Protected          *bool  `json:"protected"` // wildcards and groups counted; nil where GitLab does not say
	CanPush            bool   `json:"can_push"`  // the user of the token
	DevelopersCanMerge bool   `json:"developers_can_merge"`
}

func (r *repositoryRef) identity() identity { return byText("name", r.Name) }

// protectedName is what is protected: a name, or a wildcard.
type protectedName struct {
	Name string `json:"name"`
}

func (p *protectedName) identity() identity { return byText("name", p.Name) }

// A refKind is what refs of a repository are.
type refKind struct{ one, protected *operation }

var (
	branchKind = &refKind{
		one:       get("get branch", "/projects/:id/repository/branches/:branch", ErrVariableList),
		protected: get("list protected branches", "/projects/:id/protected_branches", ErrVariableList),
	}
	tagKind = &refKind{
		one:       get("get tag", "/projects/:id/repository/tags/:tag_name", ErrVariableList),
		protected: get("list protected tags", "/projects/:id/protected_tags", ErrVariableList),
	}
	effectiveMergeRequest = get("get merge request", "/projects/:id/merge_requests/:merge_request_iid", ErrVariableList)
)

var errEmptyRepository = errors.New("the repository is empty: whether its first branch is protected is not known")

// fullRef is the ref of a pipeline in full.
func fullRef(p *Pipeline) string {
	switch {
	case p.Ref == "" || strings.HasPrefix(p.Ref, "refs/"):
		return p.Ref
	case p.Tag:
		return tagsPrefix + p.Ref
	}
	return headsPrefix + p.Ref
}

// refReader finds out whether the refs of a project are protected.
type refReader struct {
	client        *engine
	project       Project
	empty         bool // the repository has no branch
	mergeRequests bool // those whose branches are protected get protected variables
	opts          []RequestOption
}

// isProtected reports whether jobs of the ref get protected variables, and nil where that cannot be found out.
func (r *refReader) isProtected(ctx context.Context, ref string) (*bool, error) {
	protected, err := r.protects(ctx, ref)
	if err != nil {
		return nil, err
	}
	return &protected, nil
}

func (r *refReader) protects(ctx context.Context, ref string) (bool, error) {
	if tag, ok := strings.CutPrefix(ref, tagsPrefix); ok {
		return r.named(ctx, tagKind, tag)
	}
	if request, ok := strings.CutPrefix(ref, mergeRequestsPrefix); ok {
		number, _, _ := strings.Cut(request, "/")
		iid, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return false, errors.New("the ref of a merge request has its number, as in refs/merge-requests/8/head")
		}
		return r.mergeRequest(ctx, iid)
	}
	if r.empty {
		return false, errEmptyRepository
	}
	if branch, ok := strings.CutPrefix(ref, headsPrefix); ok {
		return r.named(ctx, branchKind, branch)
	}
	for _, kind := range []*refKind{branchKind, tagKind} {
		found, err := r.ref(ctx, kind, ref)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		return r.protection(ctx, kind, ref, found, err)
	}
	return false, nil
}

// ref reads a branch or tag.
func (r *refReader) ref(ctx context.Context, kind *refKind, ref string) (*repositoryRef, error) {
	return do[repositoryRef](ctx, r.client, kind.one, r.project.path(name("ref", ref)), nil, r.opts)
}

// named reports whether a branch or tag is protected, which need not be there.
func (r *refReader) named(ctx context.Context, kind *refKind, ref string) (bool, error) {
	found, err := r.ref(ctx, kind, ref)
	if errors.Is(err, ErrNotFound) {
		found, err = new(repositoryRef), nil
	}
	return r.protection(ctx, kind, ref, found, err)
}

// protection is what GitLab says of a branch or tag, or else of the names of those that are protected.
func (r *refReader) protection(ctx context.Context, kind *refKind, ref string, found *repositoryRef, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	if found.Protected != nil {
		return *found.Protected, nil
	}
	for protected, err := range list[protectedName](ctx, r.client, kind.protected, r.project.path(), nil, r.opts) {
		if err != nil {
			return false, err
		}
		if protected.Name == ref || matchesWildcard(protected.Name, ref) {
			return true, nil
		}
	}
	return false, nil
}

// mergeRequest reports whether pipelines of a merge request get protected variables: where the setting is on, its branches are of this project
// and both protected, and the user may push or merge to the target.
func (r *refReader) mergeRequest(ctx context.Context, iid int64) (bool, error) {
	if !r.mergeRequests {
		return false, nil
	}
	mr, err := do[MergeRequest](ctx, r.client, effectiveMergeRequest, r.project.path(number("merge request", iid)), nil, r.opts)
	if err != nil || mr.SourceProjectID != mr.TargetProjectID {
		return false, err
	}
	source, err := r.named(ctx, branchKind, mr.SourceBranch)
	if err != nil || !source {
		return false, err
	}
	target, err := r.ref(ctx, branchKind, mr.TargetBranch)
	protected, err := r.protection(ctx, branchKind, mr.TargetBranch, target, err)
	return protected && (target.CanPush || target.DevelopersCanMerge), err
}

// matchesWildcard reports whether a name matches a pattern in which * is any text, also none and also with slashes.
func matchesWildcard(pattern, name string) bool {
	pieces := strings.Split(pattern, "*")
	first, rest := pieces[0], pieces[1:]
	if !strings.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	if len(rest) == 0 {
		return name == ""
	}
	for _, piece := range rest[:len(rest)-1] {
		_, after, ok := strings.Cut(name, piece)
		if !ok {
			return false
		}
		name = after
	}
	return strings.HasSuffix(name, rest[len(rest)-1])
}
