// Command gitlabci runs pipelines of GitLab CI/CD, waits for them, and explains and mends what failed, for scripts, CI images and cron.
// "gitlabci help" tells all of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(newApp(os.Stdout, os.Stderr).run(ctx, os.Args[1:]))
}

// app is the command: what its flags say, and what it speaks to.
type app struct {
	out   *screen
	notes *screen // errors, and what is told besides the result

	project, url, format string
	quiet                bool
	interval, patience   time.Duration
	timeout              time.Duration

	client *gitlabci.Client
	in     gitlabci.Project
	begun  bool // the arguments were understood

	newClient func(...gitlabci.Option) (*gitlabci.Client, error)
}

func newApp(out, notes io.Writer) *app {
	return &app{out: newScreen(out), notes: newScreen(notes), newClient: gitlabci.NewClientFromEnv}
}

const about = `gitlabci runs pipelines of GitLab CI/CD, waits for them, and explains and mends
what failed, for scripts, CI images and cron.

  gitlabci run --ref main --var DEPLOY_ENV=staging
  gitlabci wait --sha "$(git rev-parse HEAD)" --timeout 30m
  gitlabci diagnose --ref main
  gitlabci logs -f unit

Most commands take a pipeline: its id, or --ref, --sha or --mr, whose newest one
is meant. With none of them it is that of the branch that is checked out.

GitLab and project:
  GITLAB_URL, GITLAB_HOST  the address, or --url; else that of the CI/CD job, or
                           https://gitlab.com
  GITLAB_TOKEN             a token with the scope api; GITLAB_OAUTH_TOKEN and a
                           job's CI_JOB_TOKEN are read as well
  GITLAB_PROJECT           a path (group/app) or id, or --project; else that of
                           the CI/CD job, or of the git remote origin, if it is
                           on that GitLab
  CI_SERVER_TLS_CA_FILE    certificates to trust besides the system's
  NO_COLOR                 no colors, if it is set

Exit codes:
  0  success: of the pipeline or job, or of what was to be done
  1  it failed, or the call did
  2  the arguments are wrong; nothing was sent
  3  it was canceled, or this command was interrupted; what GitLab has begun
     goes on
  4  it was skipped, or waits for somebody to play a manual job
  5  the outcome is not known: GitLab was out of reach, the time was up, or the
     answer to what may not be repeated was lost

Nothing is started twice: where GitLab may have acted and the answer was lost,
the exit code is 5. Everything else goes on through outages, as long as
--patience says.`

// run runs the command, and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := &cobra.Command{
		Use: "gitlabci COMMAND", DisableFlagsInUseLine: true, Short: "Run, wait for and explain pipelines of GitLab CI/CD", Long: about,
		SilenceErrors: true, SilenceUsage: true, Version: version(),
	}
	flags := root.PersistentFlags()
	flags.StringVarP(&a.project, "project", "P", "", "path or `id` of the project")
	flags.StringVar(&a.url, "url", "", "`address` of the GitLab")
	flags.StringVarP(&a.format, "output", "o", "text", "`format` of the output: text or json")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "tell the result alone, without progress")
	flags.DurationVar(&a.timeout, "timeout", 0, "how long to go on at most, as in 90m")
	flags.DurationVar(&a.patience, "patience", 10*time.Minute, "how long GitLab may be out of reach")
	flags.DurationVar(&a.interval, "interval", 0, "first pause between two polls, and shortest (default 3s)")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", ".FlagUsagesWrapped 80 "))
	root.SetOut(a.out)
	root.SetErr(a.notes)
	root.SetArgs(args)
	root.AddCommand(a.commands()...)

	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitSuccess
	}
	if !a.begun {
		err = &usageError{err}
	}
	fmt.Fprintf(a.notes, "%s %v\n", a.notes.paint(red, "gitlabci:"), told(err))
	if _, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(a.notes, "\nUsage: %s\nMore is told by: %s --help\n", command.UseLine(), command.CommandPath())
	}
	return exitCode(err)
}

func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.runCommand(), a.waitCommand(), a.watchCommand(), a.diagnoseCommand(), a.logsCommand(), a.playCommand(), a.retryCommand(),
		a.artifactsCommand(), a.timelineCommand(), a.varsCommand(), a.standinCommand(),
	}
}

// verb makes a command that speaks to GitLab.
func (a *app) verb(use, short string, args cobra.PositionalArgs, do func(ctx context.Context, args []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, DisableFlagsInUseLine: true, RunE: func(cmd *cobra.Command, args []string) error {
		a.begun = true
		if a.timeout > 0 {
			ctx, cancel := context.WithTimeout(cmd.Context(), a.timeout)
			defer cancel()
			cmd.SetContext(ctx)
		}
		if err := a.connect(cmd.Context()); err != nil {
			return err
		}
		return do(cmd.Context(), args)
	}}
}
