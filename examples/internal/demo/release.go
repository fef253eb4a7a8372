package demo

import (
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// Release are the jobs of a service that is tested by a child pipeline and then waits to be put into production.
func Release(pace Pace) []gitlabcitest.Job {
	queue := pace.seconds(0.1)
	return []gitlabcitest.Job{
		{Name: "image", Stage: "build", Queue: queue, Duration: pace.seconds(0.6)},
		{Name: "unit", Stage: "test", Queue: queue, Duration: pace.seconds(0.5)},
		{
			Name: "integration", Stage: "test", Queue: queue,
			Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{
				{Name: "postgres 17", Queue: queue, Duration: pace.seconds(0.7)},
				{Name: "postgres 18", Queue: queue, Duration: pace.seconds(0.9)},
			}},
		},
		{
			Name: "production", Stage: "deploy", When: gitlabcitest.Manual, Blocking: true, Environment: "production",
			Queue: queue, Duration: pace.seconds(2.4),
			Log: Log("alpine/helm:3.19",
				"$ helm upgrade shop chart/ --set image.tag=$CI_COMMIT_SHORT_SHA --wait",
				"Pulled: registry.example.com/charts/shop:1.4.0",
				"Waiting for deployment \"shop\" rollout to finish: 0 of 3 updated replicas are available...",
				"Waiting for deployment \"shop\" rollout to finish: 1 of 3 updated replicas are available...",
				"Waiting for deployment \"shop\" rollout to finish: 2 of 3 updated replicas are available...",
				"deployment \"shop\" successfully rolled out",
				"$ curl --fail --silent https://shop.example.com/healthz",
				"ok",
			),
		},
		{Name: "smoke", Stage: "after", Queue: queue, Duration: pace.seconds(0.4)},
	}
}
