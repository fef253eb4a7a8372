package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// paths returns the full paths of a list of groups, as they come.
func (r reply) paths() []string {
	r.Helper()
	found := []string{}
	for _, item := range r.is(200).array() {
		found = append(found, item["full_path"].(string))
	}
	return found
}

// names returns the names of a list, as they come.
func (r reply) names() []string {
	r.Helper()
	found := []string{}
	for _, item := range r.is(200).array() {
		found = append(found, item["name"].(string))
	}
	return found
}

func TestListsOfProjects(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		r.project("group/sub/lib")
		r.project("else/where")
		dev := r.as(r.AddUser("dev", Developer.In("group"), Guest.In("else")))
		time.Sleep(time.Hour)
		func() {
			defer r.enter()()
			r.push(r.projects[1], "main")
		}()

		for query, ids := range map[string]string{
			"": "3 2 1", "?order_by=id&sort=asc": "1 2 3", "?order_by=name": "3 2 1", "?order_by=path&sort=asc": "1 2 3", "?order_by=last_activity_at": "2 3 1",
			"?last_activity_after=2000-01-01T00:30:00Z": "2", "?archived=true": "", "?archived=false": "3 2 1",
			"?min_access_level=30": "2 1", "?min_access_level=40": "", "?membership=true&search=GROUP": "2 1",
			"?per_page=2&page=2": "1",
		} {
			require.Equal(t, ids, dev.get("/projects"+query).ids(), query)
		}
		require.Empty(t, r.as(r.AddUser("stranger")).get("/projects").ids())
		shown := r.get("/projects?search=app").array()[0]
		require.Equal(t, false, shown["archived"])
		require.Equal(t, "enabled", shown["builds_access_level"])
		require.NotContains(t, shown, "runners_token")

		require.Equal(t, "1", r.get("/groups/group/projects").ids())
		require.Equal(t, "2 1", dev.get("/groups/group/projects?include_subgroups=true&with_shared=false").ids())
		require.Equal(t, "2", r.get("/groups/1/projects?include_subgroups=true&search=lib").ids())
		require.Empty(t, dev.get("/groups/else/projects?min_access_level=20").ids())
	})
}

func TestKeysetOfProjects(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"a/one", "a/two", "a/three"} {
		r.project(path)
	}
	first := r.get("/projects?pagination=keyset&order_by=id&per_page=2")
	require.Equal(t, "3 2", first.ids())
	require.Equal(t, `<http://gitlab.test/api/v4/projects?id_before=2&order_by=id&pagination=keyset&per_page=2>; rel="next"`, first.header.Get("Link"))
	require.Empty(t, first.header.Get("X-Page"))
	last := r.get("/projects?pagination=keyset&order_by=id&per_page=2&id_before=2")
	require.Equal(t, "1", last.ids())
	require.Empty(t, last.header.Get("Link"))

	up := r.get("/projects?pagination=keyset&order_by=id&sort=asc&per_page=2")
	require.Equal(t, "1 2", up.ids())
	require.Contains(t, up.header.Get("Link"), "id_after=2&")
	require.Equal(t, "3", r.get("/projects?pagination=keyset&order_by=id&sort=asc&per_page=2&id_after=2").ids())
	r.get("/projects?pagination=keyset").is(405, `{"error":"Keyset pagination is not yet available for this type of request"}`)
}

func TestListsOfGroups(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"group/sub/deep/app", "group/beside/app", "else/app"} {
		r.project(path)
	}
	r.Configure(r.AddProject("open/app"), ProjectSettings{Visibility: Public})
	dev := r.as(r.AddUser("dev", Developer.In("group")))

	require.Equal(t, []string{"group/beside", "group/sub/deep", "else", "group", "open", "group/sub"}, r.get("/groups").paths())
	require.Equal(t, []string{"group/beside", "group/sub/deep", "group", "group/sub"}, dev.get("/groups").paths())
	require.Equal(t, []string{"group/beside", "group/sub/deep", "group", "open", "group/sub"}, dev.get("/groups?all_available=true").paths())
	require.Equal(t, []string{"group"}, dev.get("/groups?top_level_only=true").paths())
	require.Equal(t, []string{"group/sub/deep"}, dev.get("/groups?search=DEEP").paths())
	require.Empty(t, dev.get("/groups?min_access_level=40").paths())
	require.Equal(t, []string{"open"}, r.as("").get("/groups").paths())

	require.Equal(t, []string{"group/beside", "group/sub"}, dev.get("/groups/group/subgroups").paths())
	require.Equal(t, []string{"group/beside", "group/sub/deep", "group/sub"}, dev.get("/groups/group/descendant_groups").paths())
	require.Equal(t, []string{"group/sub/deep"}, dev.get("/groups/group/descendant_groups?per_page=1&page=2").paths())
	dev.get("/groups/else/subgroups").is(404, `{"message":"404 Group Not Found"}`)
	dev.get("/groups/else/descendant_groups").is(404, `{"message":"404 Group Not Found"}`)
}

func TestListsOfBranches(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app")
		for _, branch := range []string{"feature/b", "feature/a", "fix"} {
			time.Sleep(time.Minute)
			r.AddBranch(app, branch)
		}
		const branches = "/projects/1/repository/branches"
		for query, names := range map[string][]string{
			"": {"feature/a", "feature/b", "fix", "main"}, "?search=A": {"feature/a", "feature/b", "main"}, "?search=^f": {"feature/a", "feature/b", "fix"},
			"?search=a$": {"feature/a"}, "?search=^fix$": {"fix"}, "?regex=^f[a-x]%2B$": {"fix"},
			"?sort=updated_desc": {"fix", "feature/a", "feature/b", "main"}, "?sort=updated_asc": {"main", "feature/b", "feature/a", "fix"},
		} {
			require.Equal(t, names, r.get(branches+query).names(), query)
		}
		r.get(branches+"?regex=(").is(400, `{"error":"regex is invalid"}`)
		r.as(r.AddUser("guest", Guest.In("group"))).get(branches).is(403)
	})
}
