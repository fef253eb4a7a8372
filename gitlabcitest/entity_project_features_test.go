package gitlabcitest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProjectFields(t *testing.T) {
	r := newRig(t)
	app := r.project("group/sub/app")
	app.Visibility = Public
	shown := r.get("/projects/1").object()
	require.Subset(t, shown, map[string]any{
		"creator_id": 1.0, "merge_method": "merge", "squash_option": "default_off", "import_status": "none", "issues_enabled": true,
		"merge_requests_enabled": true, "open_issues_count": 0.0, "shared_with_groups": []any{}, "request_access_enabled": true,
		"permissions": map[string]any{"project_access": nil, "group_access": nil}, // an administrator, and no member
	})
	links := shown["_links"].(map[string]any)
	require.Equal(t, r.URL()+"/api/v4/projects/1", links["self"])
	require.Equal(t, r.URL()+"/api/v4/projects/1/merge_requests", links["merge_requests"])
	require.NotContains(t, r.as("").get("/projects/1").object(), "permissions")

	access := func(level AccessLevel) map[string]any {
		return map[string]any{"access_level": float64(level), "notification_level": 3.0}
	}
	both := r.as(r.AddUser("both", Developer.In("group/sub/app"), Guest.In("group"), Reporter.In("group/sub"), Owner.In("other")))
	require.Equal(t, map[string]any{"project_access": access(Developer), "group_access": access(Reporter)}, both.member("/projects/1", "permissions"))
	require.Equal(t, true, both.member("/projects/1", "can_create_merge_request_in"))
	guest := r.as(r.AddUser("guest", Guest.In("group")))
	require.Equal(t, map[string]any{"project_access": nil, "group_access": access(Guest)}, guest.member("/projects/1", "permissions"))
}
