package gitlabci

import "context"

// BranchesService lists the branches of a project and reads them. It is as much of GitLab's branches API as CI/CD scripts need, and no full
// coverage of it: [Client.Do] and [List] reach the rest.
//
// GitLab docs: https://docs.gitlab.com/api/branches/
type BranchesService service

// A Branch is a branch of a project's repository.
type Branch struct {
	Name               string `json:"name"`
	Commit             Commit `json:"commit"` // its last one
	Default            bool   `json:"default"`
	Merged             bool   `json:"merged"` // into the default branch
	Protected          bool   `json:"protected"`
	DevelopersCanPush  bool   `json:"developers_can_push"`
	DevelopersCanMerge bool   `json:"developers_can_merge"`
	CanPush            bool   `json:"can_push"` // the caller
	WebURL             string `json:"web_url"`
}

func (b *Branch) identity() identity { return byText("name", b.Name) }

// BranchSort is what a list of branches is sorted by, and its direction.
type BranchSort string

// Orders of a list of branches.
const (
	BranchSortNameAsc     BranchSort = "name_asc"
	BranchSortUpdatedAsc  BranchSort = "updated_asc"
	BranchSortUpdatedDesc BranchSort = "updated_desc"
)

// ListBranchesOptions say which branches of a project to list. A zero field leaves none out.
type ListBranchesOptions struct {
	ListOptions
	Search string     `url:"search,omitempty"` // part of the name; ^ before it stands for the name's beginning, $ behind it for its end
	Regex  string     `url:"regex,omitempty"`  // which the name matches, in the syntax of RE2
	Sort   BranchSort `url:"sort,omitempty"`   // by name if empty
}

var (
	listBranches = get("list branches", "/projects/:id/repository/branches", ErrBranchList)
	getBranch    = get("get branch", "/projects/:id/repository/branches/:branch", ErrBranchGet)
)

// List lists the branches of a project, by name.
//
//	GET /projects/:id/repository/branches
//
// Its errors match [ErrBranchList].
//
// GitLab docs: https://docs.gitlab.com/api/branches/#list-repository-branches
func (s *BranchesService) List(ctx context.Context, project Project, options *ListBranchesOptions, opts ...RequestOption) Seq[Branch] {
	return list[Branch](ctx, s.engine, listBranches, path{project.name}, options, opts)
}

// Get reads a branch.
//
//	GET /projects/:id/repository/branches/:branch
//
// Its errors match [ErrBranchGet], and [ErrNotFound] where there is no such branch.
//
// GitLab docs: https://docs.gitlab.com/api/branches/#get-single-repository-branch
func (s *BranchesService) Get(ctx context.Context, project Project, branch string, opts ...RequestOption) (*Branch, error) {
	return do[Branch](ctx, s.engine, getBranch, path{project.name, name("branch", branch)}, nil, opts)
}
