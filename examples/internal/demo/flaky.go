package demo

import (
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// Flaky are the jobs of a pipeline on a bad day: one is struck by its runner, one in a child pipeline fails now and then, and one fails
// for a reason.
func Flaky(pace Pace) []gitlabcitest.Job {
	queue := pace.seconds(0.1)
	return []gitlabcitest.Job{
		{Name: "compile", Stage: "build", Queue: queue, Duration: pace.seconds(0.4)},
		{
			Name: "unit", Stage: "test", Queue: queue, Duration: pace.seconds(0.6), Fails: 1000,
			FailLog: FailingLog("golang:1.26",
				"$ go test ./...",
				"ok  \tdemo/shop/cart\t0.214s",
				"--- FAIL: TestTotalWithDiscount (0.00s)",
				"    price_test.go:57: total: got 41.99, want 42.00",
				"FAIL\tdemo/shop/price\t0.031s",
				"FAIL",
			),
		},
		{
			Name: "integration", Stage: "test", Queue: queue, Duration: pace.seconds(0.5),
			Fails: 1, FailureReason: "runner_system_failure",
			FailLog: FailingLog("golang:1.26",
				"$ docker compose up --wait postgres",
				"Cannot connect to the Docker daemon at tcp://docker:2376. Is the docker daemon running?",
			),
		},
		{
			Name: "browsers", Stage: "test", Queue: queue,
			Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{
				{Name: "firefox", Queue: queue, Duration: pace.seconds(0.7)},
				{
					Name: "chromium", Queue: queue, Duration: pace.seconds(0.8), Fails: 1,
					FailLog: FailingLog("mcr.microsoft.com/playwright:v1.57.0",
						"$ npx playwright test --project=chromium",
						"  1) checkout.spec.ts:36:3 › checkout › pays with a saved card",
						"    TimeoutError: locator.click: Timeout 5000ms exceeded.",
						"  1 failed",
						"  23 passed (18.4s)",
					),
				},
			}},
		},
		{Name: "deploy", Stage: "deploy", Queue: queue, Duration: pace.seconds(0.4)},
	}
}
