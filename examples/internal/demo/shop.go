package demo

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// Pace says how fast the jobs of a project run: 1 as they were meant to, so that a person can look on, 0.1 ten times as fast.
type Pace float64

func (p Pace) seconds(s float64) time.Duration {
	return time.Duration(float64(p) * s * float64(time.Second))
}

// Shop are the jobs of a web shop: built, tested in parallel, linted with a failure that is allowed, tested in a browser by a job that
// fails at its first attempt, packaged, and put into production by hand.
func Shop(pace Pace) []gitlabcitest.Job {
	queue := pace.seconds(0.1)
	bundle := noise(183_042)
	jobs := []gitlabcitest.Job{
		{
			Name: "compile", Stage: "build", Queue: queue, Duration: pace.seconds(0.9),
			Log: Log("golang:1.26", "$ go build -o bin/ ./cmd/...", "$ ls bin", "shop  shopctl"),
		},
		{
			Name: "assets", Stage: "build", Queue: pace.seconds(0.13), Duration: pace.seconds(0.6),
			Log: Log("node:24", "$ npm ci --prefer-offline", "added 214 packages in 3s", "$ npm run build", "dist/app.css  41.8 kB", "dist/app.js  187.2 kB"),
		},
	}
	for i, seconds := range []float64{0.8, 1.2, 1.0} {
		jobs = append(jobs, unit(pace, i+1, seconds))
	}
	return append(jobs,
		gitlabcitest.Job{
			Name: "lint", Stage: "test", Queue: pace.seconds(0.16), Duration: pace.seconds(0.4), AllowFailure: true, Fails: 1000,
			FailLog: FailingLog("golang:1.26", "$ golangci-lint run", "cart/price.go:88:2: SA4006: this value of total is never used (staticcheck)", "1 issue found"),
		},
		gitlabcitest.Job{
			Name: "e2e", Stage: "verify", Queue: queue, Duration: pace.seconds(1.1), Fails: 1,
			Log: Log("mcr.microsoft.com/playwright:v1.57.0", "$ npm ci --prefer-offline", "added 214 packages in 3s", "$ npx playwright test", "  24 passed (17.9s)"),
			FailLog: FailingLog("mcr.microsoft.com/playwright:v1.57.0",
				"$ npm ci --prefer-offline",
				"added 214 packages in 3s",
				"$ npx playwright test",
				"Running 24 tests using 4 workers",
				"",
				"  1) [chromium] › checkout.spec.ts:36:3 › checkout › pays with a saved card",
				"",
				"    \x1b[31mTimeoutError: locator.click: Timeout 5000ms exceeded.\x1b[39m",
				"    Call log:",
				"      - waiting for getByRole('button', { name: 'Pay now' })",
				"      - <div class=\"spinner\"> intercepts pointer events",
				"",
				"      40 |   await page.getByLabel('Card').selectOption('4242');",
				"    > 41 |   await page.getByRole('button', { name: 'Pay now' }).click();",
				"         |                                                       ^",
				"        at /builds/demo/shop/e2e/checkout.spec.ts:41:55",
				"",
				"  1 failed",
				"    [chromium] › checkout.spec.ts:36:3 › checkout › pays with a saved card",
				"  23 passed (18.4s)",
			),
		},
		gitlabcitest.Job{
			Name: "package", Stage: "package", Queue: queue, Duration: pace.seconds(0.7),
			Log: Log("alpine:3.23", "$ tar -czf dist/shop.tar.gz bin dist", "$ cd dist && sha256sum shop.tar.gz > SHA256SUMS"),
			Artifacts: map[string]string{
				"dist/CHANGELOG.md":    "# 1.4.0\n\n- Saved cards\n- A faster cart\n",
				"dist/SHA256SUMS":      fmt.Sprintf("%x  shop.tar.gz\n", sha256.Sum256([]byte(bundle))),
				"dist/shop.tar.gz":     bundle,
				"reports/licenses.csv": "module,license\ngithub.com/example/cart,MIT\n",
			},
		},
		gitlabcitest.Job{
			Name: "production", Stage: "deploy", When: gitlabcitest.Manual, Environment: "production", Queue: queue, Duration: pace.seconds(0.8),
			Log: Log("alpine/helm:3.19", "$ helm upgrade shop chart/ --wait", "Release \"shop\" has been upgraded. Happy Helming!"),
		},
	)
}

// unit is one of three jobs that share the unit tests.
func unit(pace Pace, number int, seconds float64) gitlabcitest.Job {
	covered := 81.4
	return gitlabcitest.Job{
		Name: fmt.Sprintf("unit %d/3", number), Stage: "test", Coverage: &covered,
		Queue: pace.seconds(0.1 + 0.02*float64(number-1)), Duration: pace.seconds(seconds),
		Log: Log("golang:1.26", fmt.Sprintf("$ go test $(./ci/share.sh %d 3)", number), "ok  \tdemo/shop/cart\t0.31s", "ok  \tdemo/shop/price\t0.12s"),
		Tests: []gitlabcitest.TestCase{
			{Name: fmt.Sprintf("TestTotal%d", number), Class: "cart", Duration: 120 * time.Millisecond},
		},
	}
}

// noise is what a compressed file looks like, to one that compresses it again.
func noise(bytes int) string {
	text := make([]byte, bytes)
	_, _ = rand.NewChaCha8([32]byte{}).Read(text) // never fails
	return string(text)
}
