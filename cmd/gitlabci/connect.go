package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

// connect makes the client, and finds the project.
func (a *app) connect(ctx context.Context) error {
	if a.format != "text" && a.format != "json" {
		return usagef("the output %q is neither text nor json", a.format)
	}
	if a.patience <= 0 || a.interval < 0 || a.timeout < 0 {
		return usagef("--patience, --interval and --timeout are longer than nothing")
	}
	address := cmp.Or(a.url, os.Getenv("GITLAB_URL"), withScheme(os.Getenv("GITLAB_HOST")))
	if address != "" {
		if err := os.Setenv("GITLAB_URL", address); err != nil { // which the SDK reads, beside what a job has
			return err
		}
	}
	client, err := a.newClient(gitlabci.WithUserAgent("gitlabci-cli/"+version()), gitlabci.WithRetry(patient(a.patience)),
		gitlabci.WithLogger(slog.New(&outages{out: a.notes, quiet: a.quiet})))
	if err != nil {
		return err
	}
	a.client = client
	a.in, err = a.findProject(ctx)
	return err
}

// patient has calls that may be repeated, and those that did not reach GitLab, repeated for about this long.
func patient(patience time.Duration) gitlabci.RetryPolicy {
	policy := gitlabci.RetryPolicy{MinWait: 300 * time.Millisecond, MaxWait: 10 * time.Second, MaxAttempts: 1}
	pause := policy.MinWait
	for left := patience; left > 0; left -= pause * 3 / 4 { // which they are on the average
		policy.MaxAttempts++
		pause = min(2*pause, policy.MaxWait)
	}
	return policy
}

// withScheme makes an address of GITLAB_HOST, which may be a host alone.
func withScheme(host string) string {
	if host == "" || strings.Contains(host, "://") {
		return host
	}
	return "https://" + host
}

func (a *app) findProject(ctx context.Context) (gitlabci.Project, error) {
	if a.project != "" {
		if err := os.Setenv("GITLAB_PROJECT", a.project); err != nil {
			return gitlabci.Project{}, err
		}
	}
	if os.Getenv("GITLAB_PROJECT") != "" || os.Getenv("CI_PROJECT_ID") != "" {
		return gitlabci.ProjectFromEnv()
	}
	remote := git(ctx, "remote", "get-url", "origin")
	if remote == "" {
		return gitlabci.Project{}, usagef("which project? Set GITLAB_PROJECT or --project, or run this where a git remote names it")
	}
	base, err := url.Parse(cmp.Or(os.Getenv("GITLAB_URL"), os.Getenv("CI_API_V4_URL"), os.Getenv("CI_SERVER_URL"), gitlabci.GitLabCom))
	if err != nil {
		return gitlabci.Project{}, err
	}
	host, path := parseRemote(remote)
	if host != base.Hostname() { // to which alone the token may go
		return gitlabci.Project{}, usagef("the git remote origin is on %q and not on %q: set GITLAB_URL, or --project", host, base.Hostname())
	}
	return gitlabci.ProjectPath(below(base.Path, path)), nil
}

// scpRemote is a remote as in git@gitlab.example.com:group/app.git.
var scpRemote = regexp.MustCompile(`^(?:[^@/]+@)?([^:/]+):(.*)$`)

// parseRemote returns the host of a git remote, and the path of the project there.
func parseRemote(remote string) (host, path string) {
	if address, err := url.Parse(remote); err == nil && address.Host != "" {
		host, path = address.Hostname(), address.Path
	} else if parts := scpRemote.FindStringSubmatch(remote); parts != nil {
		host, path = parts[1], parts[2]
	}
	return host, strings.TrimSuffix(strings.Trim(path, "/"), ".git")
}

// below is the path of a project, without the path that the GitLab itself is below, as it is in remotes over HTTP.
func below(base, path string) string {
	base = strings.Trim(strings.TrimSuffix(strings.Trim(base, "/"), "api/v4"), "/")
	if base == "" {
		return path
	}
	return strings.TrimPrefix(path, base+"/")
}

// git returns what a git command prints, and nothing where there is no git, or no repository.
func git(ctx context.Context, args ...string) string {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	return strings.Trim(info.Main.Version, "()")
}
