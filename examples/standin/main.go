// Standin is a GitLab to try things on: the stand-in of package gitlabcitest on an address, until it is interrupted.
//
//	go run ./examples/standin
//	go run ./examples/standin -addr 127.0.0.1:8929 -token glpat-demo
//
// It holds the project demo/app (id 1) in the group demo, with some finished pipelines, runners, variables, a schedule and a trigger
// token. Any client in any language can be pointed at it; the program prints how. All of it is in memory and gone when the program ends.
//
// It listens on this machine alone. Its token is an administrator's, and known to whoever reads this; so that nobody else on the network
// reads the variables that were put into it, other addresses take the flag -public.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"

	"github.com/gitlabci/gitlabci/examples/internal/demo"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	demo.PrintError("standin", err)
	os.Exit(demo.ExitCode(err))
}

const about = `Standin is a GitLab to try things on, in memory, for any client in any language:
it listens until it is interrupted, and prints how to call it. It holds the project
demo/app (id 1) in the group demo, with some finished pipelines, runners, variables,
a schedule and a trigger token. It reads no environment variables.`

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("standin", flag.ContinueOnError)
	address := flags.String("addr", "127.0.0.1:8929", "`address` to listen on; port 0 is any that is free")
	token := flags.String("token", "glpat-demo", "the administrator's token")
	pace := flags.Float64("pace", 3, "how slow the jobs are; at 1 a pipeline takes about five seconds")
	public := flags.Bool("public", false, "listen on addresses that other machines reach, too")
	if err := demo.Parse(flags, args, out, about, ""); err != nil {
		return err
	}
	if !*public && !loopback(*address) {
		return fmt.Errorf("other machines can reach %s, and this token is no secret: add -public if that is meant", *address)
	}

	server := gitlabcitest.New(gitlabcitest.WithToken(*token))
	defer server.Close()
	furnished, err := furnish(ctx, server, demo.Pace(*pace))
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	url, err := server.Listen(*address) // once all is there that a client may ask for
	if err != nil {
		return err
	}
	fmt.Fprintf(out, welcome, url, *token, furnished.pipelines, furnished.jobs, furnished.trigger)
	<-ctx.Done()
	fmt.Fprintln(out, "\nThe stand-in has ended.")
	return nil
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

const welcome = `A stand-in GitLab 19.5 listens on %[1]s (Ctrl-C ends it)

  token     %[2]s  (the administrator's)
  project   demo/app  (id 1; %[3]d finished pipelines, %[4]d jobs)
  trigger   %[5]s

# create a pipeline
curl -X POST -H "PRIVATE-TOKEN: %[2]s" "%[1]s/api/v4/projects/1/pipeline?ref=main"

# list the newest jobs
curl -H "PRIVATE-TOKEN: %[2]s" "%[1]s/api/v4/projects/1/jobs?per_page=5"

# the same with python-gitlab
python3 -c 'import gitlab; app = gitlab.Gitlab("%[1]s", private_token="%[2]s").projects.get("demo/app")
for job in app.jobs.list(per_page=5, get_all=False): print(job.id, job.name, job.status)'

# a whole pipeline with this SDK
GITLAB_URL=%[1]s GITLAB_TOKEN=%[2]s GITLAB_PROJECT=demo/app go run ./examples/quickstart -play production
`
