package gitlabcitest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEmptyFiltersAreNone(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.project("group/app", Job{Name: "deploy", Environment: "production"})
		func() {
			defer r.enter()()
			r.addMergeRequest(p, "topic")
		}()
		r.start()
		settle()
		sha := r.get("/projects/1/pipelines/1").object()["sha"].(string)
		r.post("/projects/1/statuses/"+sha, `{"state":"success","name":"external"}`).is(201)
		for _, path := range []string{
			"/projects/1/pipelines?ref=", "/projects/1/pipelines?sha=", "/projects/1/pipelines?name=", "/projects/1/pipelines?username=",
			"/projects/1/jobs?ref=", "/projects/1/deployments?environment=", "/projects/1/environments?name=",
			"/projects/1/merge_requests?source_branch=", "/projects/1/merge_requests?target_branch=",
			"/projects/1/repository/commits/" + sha + "/statuses?ref=&stage=&name=",
		} {
			require.NotEmpty(t, r.get(path).is(200).array(), path)
			require.Empty(t, r.get(path+"other").is(200).array(), path+"other")
		}
	})
}
