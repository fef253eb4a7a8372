package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func (a *app) standinCommand() *cobra.Command {
	var (
		address, token string
		pace           float64
		public         bool
	)
	cmd := &cobra.Command{
		Use: "standin [flags]", Short: "Serve a GitLab in memory, to try things on", Args: cobra.NoArgs, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !public && !loopback(address) {
				return usagef("other machines can reach %s, and its token is no secret: add --public if that is meant", address)
			}
			if pace < 0 {
				return usagef("the pace is below 0")
			}
			a.begun = true
			return a.serve(cmd.Context(), address, token, pace)
		},
	}
	cmd.Long = cmd.Short + `: for this command, and for
any client in any language, until it is interrupted. It has the project
demo/app, whose pipelines build, test with a failure at the first attempt,
package, start a pipeline downstream, and wait for a manual job.`
	cmd.Example = "  gitlabci standin &\n  export GITLAB_URL=http://127.0.0.1:8929 GITLAB_TOKEN=glpat-demo\n" +
		"  export GITLAB_PROJECT=demo/app\n  gitlabci run --ref main || gitlabci diagnose --ref main"
	flags := cmd.Flags()
	flags.StringVar(&address, "addr", "127.0.0.1:8929", "`address` to listen on; port 0 is any that is free")
	flags.StringVar(&token, "token", "glpat-demo", "the administrator's token")
	flags.Float64Var(&pace, "pace", 1, "how slow the jobs are; at 1 a pipeline takes about five seconds")
	flags.BoolVar(&public, "public", false, "listen on addresses that other machines reach, too")
	return cmd
}

func (a *app) serve(ctx context.Context, address, token string, pace float64) error {
	server := gitlabcitest.New(gitlabcitest.WithToken(token))
	defer server.Close()
	server.AddProject("demo/app", demoJobs(pace)...)
	server.AddRunner(gitlabcitest.Runner{Description: "docker"})
	at, err := server.Listen(address)
	if err != nil {
		return err
	}
	if a.format == "json" {
		err = a.out.json(struct {
			URL     string `json:"url"`
			Token   string `json:"token"`
			Project string `json:"project"`
		}{at, token, "demo/app"})
	} else {
		_, err = fmt.Fprintf(a.out, "export GITLAB_URL=%s GITLAB_TOKEN=%s GITLAB_PROJECT=demo/app\n", at, token)
	}
	if err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// demoJobs are those of a small web shop.
func demoJobs(pace float64) []gitlabcitest.Job {
	seconds := func(s float64) time.Duration { return time.Duration(pace * s * float64(time.Second)) }
	queue := seconds(0.2)
	return []gitlabcitest.Job{
		{Name: "compile", Stage: "build", Queue: queue, Duration: seconds(1), Log: "$ go build ./...\n"},
		{Name: "unit", Stage: "test", Queue: queue, Duration: seconds(1), Log: "$ go test ./...\nok  \tdemo/shop/cart\t0.31s\n"},
		{
			Name: "e2e", Stage: "test", Queue: queue, Duration: seconds(1.5), Fails: 1, Log: "$ npx playwright test\n  24 passed\n",
			FailLog: "$ npx playwright test\n  1) checkout.spec.ts:36 › pays with a saved card\n\n    \x1b[31mTimeoutError: locator.click: 5000ms exceeded\x1b[0m\n\n  1 failed\n",
		},
		{Name: "lint", Stage: "test", Queue: queue, Duration: seconds(0.5), AllowFailure: true, Fails: 1000, FailLog: "$ golangci-lint run\n1 issue\n"},
		{
			Name: "package", Stage: "package", Queue: queue, Duration: seconds(0.7), Log: "$ tar -cf dist/shop.tar bin\n",
			Artifacts: map[string]string{"dist/VERSION": "1.4.0\n", "reports/licenses.csv": "module,license\n"},
		},
		{Name: "acceptance", Stage: "package", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{
			{Name: "browser", Queue: queue, Duration: seconds(0.7), Artifacts: map[string]string{"report.xml": "<testsuites/>\n"}},
		}}},
		{Name: "production", Stage: "deploy", When: gitlabcitest.Manual, Environment: "production", Queue: queue, Duration: seconds(0.8)},
	}
}

// loopback reports whether an address belongs to this machine alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
