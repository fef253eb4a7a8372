package gitlabcitest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const tooMany = `{"message":"This endpoint has been requested too many times. Try again later."}`

func TestActionLimits(t *testing.T) {
	for _, test := range []struct {
		name, method, path string
		most               int
	}{
		{"retry a job", "POST", "/projects/1/jobs/%d/retry", 3},
		{"play a job", "POST", "/projects/1/jobs/%d/play", 3},
		{"play a trigger job", "POST", "/projects/1/jobs/%d/play", 3},
		{"erase a job", "POST", "/projects/1/jobs/%d/erase", 5},
		{"retry a pipeline", "POST", "/projects/1/pipelines/%d/retry", 5},
		{"cancel a pipeline", "POST", "/projects/1/pipelines/%d/cancel", 5},
		{"delete a pipeline", "DELETE", "/projects/1/pipelines/%d", 5},
	} {
		for _, perProject := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s, %d in a project", test.name, perProject), func(t *testing.T) {
				inBubble(t, func(r *rig) {
					job := Job{Name: "a", When: Manual}
					if test.name == "play a trigger job" {
						job.Trigger = &Downstream{Jobs: []Job{{Name: "b"}}}
					}
					r.project("group/app", job)
					for range 4 {
						r.post("/projects/1/pipeline", `{"ref":"main"}`).is(201)
					}
					ask := func(by *rig, id int) reply {
						// With a date before all, what is to be deleted stays: only its limit counts.
						return by.ask(test.method, fmt.Sprintf(test.path, id), "", "If-Unmodified-Since", "Sat, 01 Jan 1999 00:00:00 GMT")
					}
					most := test.most
					if perProject > 0 {
						most = perProject
					}
					for range most {
						require.NotEqual(r, 429, ask(r, 1).status)
					}
					refused := ask(r, 1).is(429, tooMany)
					require.Empty(r, refused.header.Values("Retry-After"))
					if perProject > 0 {
						ask(r, 2).is(429, tooMany)
					} else {
						require.NotEqual(r, 429, ask(r, 2).status, "each has its own")
					}
					other := r.as(r.AddUser("other", Owner.In("group")))
					require.NotEqual(r, 429, ask(other, 1).status, "and everybody theirs")

					time.Sleep(59*time.Second + 999*time.Millisecond)
					ask(r, 1).is(429, tooMany)
					time.Sleep(time.Millisecond)
					require.NotEqual(r, 429, ask(r, 1).status, "and each minute")
				}, WithActionLimits(perProject))
			})
		}
	}
}

// What is refused for its job does not use up what its project has.
func TestActionLimitsOfProjects(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"}, Job{Name: "b"})
		r.start()
		for range 10 {
			r.post("/projects/1/jobs/1/retry", "")
		}
		r.post("/projects/1/jobs/1/retry", "").is(429, tooMany)
		r.post("/projects/1/jobs/2/retry", "").is(403, `{"message":"403 Forbidden - Job is not retryable"}`)
		r.post("/projects/1/jobs/2/retry", "").is(429, tooMany)
		r.post("/projects/1/pipelines/1/retry", "").is(201)
	}, WithActionLimits(4))
}

func TestNoActionLimitsUnlessAsked(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a", Queue: time.Hour})
	r.start()
	for range 20 {
		r.post("/projects/1/pipelines/1/cancel", "").is(200)
		r.post("/projects/1/pipelines/1/retry", "").is(201)
	}
}

func TestClientMeetsActionLimits(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app", Job{Name: "a", When: Manual})
		r.start()
		client := r.Client(gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 1}))
		for range 3 {
			_, _ = client.Jobs.Play(r.Context(), app, 1, nil) // playable or not
		}
		_, err := client.Jobs.Play(r.Context(), app, 1, nil)
		require.ErrorIs(r, err, gitlabci.ErrRateLimited)
		require.ErrorIs(r, err, gitlabci.ErrJobPlay)
		require.ErrorContains(r, err, "This endpoint has been requested too many times.")
	}, WithActionLimits(0))
}
