package gitlabcitest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatClientsAskFirst(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.project("demo/sub/app", Job{Name: "a", Coverage: new(87.5)}, Job{Name: "b", Coverage: new(50.0), Fails: 1, AllowFailure: true})
		r.project("demo/lib")
		var pushed *commit
		func() {
			defer r.enter()()
			pushed = r.push(p, "feature/x")
		}()
		settle()
		stranger := r.as(r.AddUser("stranger"))

		require.Equal(t, true, r.get("/metadata").is(200).object()["enterprise"])
		require.Equal(t, true, r.get("/user").is(200).object()["is_admin"])
		require.NotContains(t, stranger.get("/user").is(200).object(), "is_admin")

		require.Equal(t, []float64{2, 1}, ids(r.get("/projects")))
		require.Equal(t, []float64{1}, ids(r.get("/projects?search=APP&membership=true")))
		require.Empty(t, ids(stranger.get("/projects")))
		shown := r.get("/projects/demo%2FSub%2Fapp").is(200).object()
		require.Equal(t, "demo/sub/app", shown["path_with_namespace"])
		require.Equal(t, "demo / sub / app", shown["name_with_namespace"])
		require.Equal(t, "demo/sub", shown["namespace"].(map[string]any)["full_path"])

		require.Equal(t, []float64{1, 2}, ids(r.get("/groups")))
		require.Empty(t, ids(stranger.get("/groups")))
		require.Equal(t, "demo/sub", r.get("/groups/demo%2Fsub").is(200).object()["full_path"])
		require.Equal(t, 1.0, r.get("/groups/2").is(200).object()["parent_id"])
		stranger.get("/groups/1").is(404, `{"message":"404 Group Not Found"}`)
		require.Equal(t, []float64{2}, ids(r.get("/groups/demo/projects")))

		require.Len(t, r.get("/projects/1/repository/branches").is(200).array(), 2)
		require.Len(t, r.get("/projects/1/repository/branches?search=feat").is(200).array(), 1)
		require.Equal(t, pushed.sha, r.get("/projects/1/repository/branches/feature%2Fx").is(200).object()["commit"].(map[string]any)["id"])
		r.get("/projects/1/repository/branches/nowhere").is(404, `{"message":"404 Branch Not Found"}`)

		require.Len(t, r.get("/projects/1/repository/commits?ref_name=feature/x").is(200).array(), 2)
		require.Len(t, r.get("/projects/1/repository/commits").is(200).array(), 1)
		r.get("/projects/1/repository/commits?ref_name=nowhere").is(404)
		commit := r.get("/projects/1/repository/commits/" + pushed.sha).is(200).object()
		require.Equal(t, "success", commit["status"])
		require.Equal(t, 1.0, commit["last_pipeline"].(map[string]any)["id"])
		require.Equal(t, pushed.sha, r.get("/projects/1/repository/commits/feature%2Fx").is(200).object()["id"])
		r.get("/projects/1/repository/commits/0000").is(404, `{"message":"404 Commit Not Found"}`)

		pipeline := r.get("/projects/1/pipelines/1").is(200).object()
		require.Equal(t, "68.75", pipeline["coverage"])
		require.Equal(t, pushed.parent.sha, pipeline["before_sha"])
		detailed := pipeline["detailed_status"].(map[string]any)
		require.Equal(t, "passed with warnings", detailed["label"])
		require.Equal(t, "/demo/sub/app/-/pipelines/1", detailed["details_path"])
	})
}

func TestOwnToken(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.AddUser("dev")
		time.Sleep(time.Hour)
		value := r.AddToken("dev", Token{Scopes: []string{"read_registry"}, ExpiresAt: time.Now().Add(48 * time.Hour)})
		require.Equal(t, map[string]any{
			"id": 3.0, "name": "Token 3", "revoked": false, "created_at": "2000-01-01T01:00:00.000Z", "description": nil, "scopes": []any{"read_registry"},
			"user_id": 2.0, "last_used_at": "2000-01-01T01:00:00.000Z", "active": true, "expires_at": "2000-01-03", "last_used_ips": []any{"127.0.0.1"},
		}, r.as(value).get("/personal_access_tokens/self").is(200).object())
		require.Nil(t, r.member("/personal_access_tokens/self", "expires_at"))
		r.as("").get("/personal_access_tokens/self").is(401)
		oauth := r.AddToken("root", Token{OAuth: true})
		r.as("").get("/personal_access_tokens/self", "Authorization", "Bearer "+oauth).
			is(400, `{"message":"400 Bad request - This endpoint requires token type to be a personal access token"}`)
		time.Sleep(48 * time.Hour)
		r.as(value).get("/personal_access_tokens/self").is(401)
	})
}
