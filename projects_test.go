package gitlabci_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// TestProjectsByKeyset reads more projects than there are on a page: each page begins behind the id that ended the one before, and has no
// number, of which GitLab takes no high ones.
func TestProjectsByKeyset(t *testing.T) {
	srv := gitlabcitest.New()
	defer srv.Close()
	for i := range 5 {
		srv.AddProject(fmt.Sprintf("group/app%d", i+1))
	}
	projects, err := srv.Client().Projects.List(t.Context(), &gitlabci.ListProjectsOptions{ListOptions: gitlabci.ListOptions{PerPage: 2}}).Collect()
	require.NoError(t, err)
	var found []int64
	for _, project := range projects {
		found = append(found, project.ID)
	}
	require.Equal(t, []int64{5, 4, 3, 2, 1}, found)
	var bounds []string
	for _, request := range srv.Requests() {
		require.Equal(t, "keyset", request.Query.Get("pagination"))
		bounds = append(bounds, request.Query.Get("id_before"))
	}
	require.Equal(t, []string{"", "4", "2"}, bounds)
}

// TestBesides reads of projects, groups, branches and tags what there is, and what is not.
func TestBesides(t *testing.T) {
	srv := gitlabcitest.New()
	defer srv.Close()
	lib := srv.AddProject("group/sub/lib", gitlabcitest.Job{Name: "a"})
	sha := srv.AddBranch(lib, "feature/x")
	ctx, client := t.Context(), srv.ClientAs(srv.AddUser("ada", gitlabcitest.Developer.In("group")))

	project, err := client.Projects.Get(ctx, lib)
	require.NoError(t, err)
	require.Equal(t, "group/sub", project.Namespace.FullPath)
	require.False(t, project.LastActivityAt.IsZero())
	require.Equal(t, gitlabci.FeatureAccessEnabled, project.BuildsAccessLevel)

	top, err := client.Groups.List(ctx, &gitlabci.ListGroupsOptions{TopLevelOnly: true}).Collect()
	require.NoError(t, err)
	require.Len(t, top, 1)
	below, err := client.Groups.Descendants(ctx, gitlabci.GroupID(top[0].ID), nil).Collect()
	require.NoError(t, err)
	sub, err := client.Groups.Get(ctx, gitlabci.GroupPath("group/sub"))
	require.NoError(t, err)
	require.Equal(t, []*gitlabci.GroupDetails{sub}, below)
	require.Equal(t, top[0].ID, sub.ParentID)

	branch, err := client.Branches.Get(ctx, lib, "feature/x")
	require.NoError(t, err)
	require.Equal(t, sha, branch.Commit.ID)
	tag, err := client.Tags.Create(ctx, lib, &gitlabci.CreateTagOptions{TagName: "release/1.0", Ref: branch.Name})
	require.NoError(t, err)
	require.Equal(t, sha, tag.Target)
	again, err := client.Tags.Get(ctx, lib, tag.Name)
	require.NoError(t, err)
	require.Equal(t, tag, again)

	_, err = client.Tags.Create(ctx, lib, &gitlabci.CreateTagOptions{TagName: "release/1.0", Ref: "main"})
	require.ErrorIs(t, err, gitlabci.ErrTagCreate)
	require.ErrorIs(t, err, gitlabci.ErrBadRequest)
	require.ErrorContains(t, err, "already exists")
	for _, err := range []error{
		errorOf(client.Projects.Get(ctx, gitlabci.ProjectPath("group/none"))),
		errorOf(client.Groups.Get(ctx, gitlabci.GroupPath("none"))),
		errorOf(client.Branches.Get(ctx, lib, "none")),
		errorOf(client.Tags.Get(ctx, lib, "none")),
		errorOf(client.Groups.Subgroups(ctx, gitlabci.GroupPath("none"), nil).Collect()),
	} {
		require.ErrorIs(t, err, gitlabci.ErrNotFound)
	}
}

func errorOf[T any](_ T, err error) error { return err }
