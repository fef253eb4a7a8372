package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// binary is the command, which the tests run as a process.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gitlabci")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "gitlabci")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// lab is a stand-in GitLab on a socket, and a project there.
type lab struct {
	*testing.T
	server *gitlabcitest.Server
	client *gitlabci.Client
	app    gitlabci.Project
	url    string
	dir    string // in which the command runs
}

func newLab(t *testing.T, jobs ...gitlabcitest.Job) *lab {
	t.Helper()
	server := gitlabcitest.New()
	t.Cleanup(server.Close)
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	return &lab{t, server, server.Client(), server.AddProject("group/app", jobs...), url, t.TempDir()}
}

// command is the command with the environment that the stand-in wants, and with nothing else of this one's.
func (l *lab) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(l.Context(), binary, args...)
	cmd.Dir = l.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + l.dir, "TERM=xterm", "TZ=UTC", "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(l.dir),
		"GITLAB_URL=" + l.url, "GITLAB_TOKEN=" + l.server.Token(), "GITLAB_PROJECT=group/app",
	}
	return cmd
}

// result is what came of a process.
type result struct {
	code     int
	out, err string
}

// run runs the command with polls that are quick.
func (l *lab) run(args ...string) result {
	l.Helper()
	return l.finish(l.command(append([]string{"--interval", "20ms"}, args...)...))
}

func (l *lab) finish(cmd *exec.Cmd) result {
	l.Helper()
	var out, notes bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &notes
	return result{exitOf(l, cmd.Run()), out.String(), notes.String()}
}

func exitOf(l *lab, err error) int {
	l.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(l, err)
		return 0
	}
	return exit.ExitCode()
}

// onTerminal runs the command in a terminal of 80 columns, and returns what it wrote there.
func (l *lab) onTerminal(env []string, args ...string) (int, string) {
	l.Helper()
	cmd := l.command(append([]string{"--interval", "20ms"}, args...)...)
	cmd.Env = append(cmd.Env, env...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	require.NoError(l, err)
	defer terminal.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(terminal) // which ends in an error when the process does
	return exitOf(l, cmd.Wait()), strings.ReplaceAll(out.String(), "\r\n", "\n")
}

// pipeline creates a pipeline and, if it is told to, waits until it has ended or is blocked.
func (l *lab) pipeline(wait bool) int64 {
	l.Helper()
	p, err := l.client.Pipelines.Create(l.Context(), l.app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	require.NoError(l, err)
	if wait {
		_, err = l.client.Pipelines.Wait(l.Context(), l.app, p.ID, &gitlabci.WaitOptions{Interval: 10 * time.Millisecond, Downstream: true})
		if err != nil {
			require.ErrorAs(l, err, new(*gitlabci.PipelineError))
		}
	}
	return p.ID
}

// sent counts the requests of a method for a route.
func (l *lab) sent(method, route string) int {
	n := 0
	for _, request := range l.server.Requests() {
		if request.Method == method && request.Route == route {
			n++
		}
	}
	return n
}

// decode reads a JSON value of the output.
func decode[T any](t *testing.T, text string) (value T) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&value), text)
	assert.False(t, decoder.More(), text)
	return value
}

// decodeLines reads a JSON value of each line.
func decodeLines[T any](t *testing.T, text string) (values []T) {
	t.Helper()
	for line := range strings.Lines(text) {
		values = append(values, decode[T](t, line))
	}
	return values
}

const short = 50 * time.Millisecond

func TestUsage(t *testing.T) {
	t.Parallel()
	l := newLab(t, gitlabcitest.Job{Name: "unit"})
	for _, args := range [][]string{
		{"nonsense"}, {"run", "nonsense"}, {"run", "--nonsense"}, {"run", "--ref"}, {"run", "--ref", "main", "--mr", "1"}, {"run", "--ref", "main", "--var", "X"},
		{"run", "--ref", "main", "--input", "=1"}, {"run", "--ref", "main", "-o", "xml"}, {"run"}, {"run", "--ref", "main", "-P", "nonsense"},
		{"run", "--ref", "main", "--url", "nonsense"}, {"run", "--ref", "main", "--patience", "0"}, {"run", "--ref", "main", "--timeout", "-1s"},
		{"wait"}, {"wait", "x"}, {"wait", "0"}, {"wait", "1", "2"}, {"wait", "1", "-p", "2"}, {"wait", "-p", "1", "--ref", "main"}, {"wait", "--sha", "abc"},
		{"watch", "x"}, {"diagnose", "x"}, {"diagnose", "--lines", "x"}, {"logs"}, {"play"}, {"play", "a", "b"}, {"play", "unit", "-p", "1", "--var", "X"},
		{"retry", "-p", "1"}, {"retry", "unit", "--failed", "-p", "1"}, {"retry", "unit", "--max", "2", "-p", "1"},
		{"artifacts"}, {"artifacts", "ls"}, {"artifacts", "ls", "a", "b"}, {"artifacts", "cat", "a"}, {"artifacts", "get"},
		{"artifacts", "get", "a", "b", "--extract", "x"}, {"artifacts", "ls", "--job-id", "1", "--ref", "main"},
	} {
		got := l.run(args...)
		assert.Equal(t, exitUsage, got.code, "%q: %s", args, got.err)
		assert.Contains(t, got.err, "gitlabci: ", args)
		assert.Empty(t, got.out, args)
	}
	assert.Empty(t, l.server.Requests(), "nothing may be sent")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	whole := l.run("help")
	assert.Zero(t, whole.code)
	for _, want := range []string{"GITLAB_TOKEN", "GITLAB_HOST", "NO_COLOR", "Exit codes:", "  5  ", "completion", "diagnose"} {
		assert.Contains(t, whole.out, want)
	}
	assert.Equal(t, whole, l.run(), "without arguments")
	var all func(path ...string)
	pages := 0
	all = func(path ...string) {
		pages++
		got := l.run(append(slices.Clone(path), "--help")...)
		assert.Zero(t, got.code, path)
		assert.Empty(t, got.err, path)
		for line := range strings.Lines(got.out) {
			assert.LessOrEqual(t, len(strings.TrimRight(line, "\n")), 80, "%q: %s", path, line)
		}
		_, commands, _ := strings.Cut(got.out, "Available Commands:\n")
		commands, _, _ = strings.Cut(commands, "\n\n")
		for line := range strings.Lines(commands) {
			name := strings.Fields(line)[0]
			if name != "completion" && name != "help" {
				all(append(slices.Clone(path), name)...)
			}
		}
	}
	all()
	assert.Greater(t, pages, 9)
	assert.Empty(t, l.server.Requests())
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script := l.finish(l.command("completion", shell))
		assert.Zero(t, script.code)
		assert.Contains(t, script.out, "gitlabci")
	}
	assert.Contains(t, l.run("--version").out, "gitlabci version ")
	assert.Contains(t, l.finish(l.command("__complete", "di")).out, "diagnose")
}

func TestProject(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	l := newLab(t, gitlabcitest.Job{Name: "unit"})
	host := strings.TrimPrefix(l.url, "http://")
	name, _, _ := strings.Cut(host, ":")
	id := l.pipeline(true)
	other := l.server.AddProject("group/other", gitlabcitest.Job{Name: "unit"})
	_, err := l.client.Pipelines.Create(t.Context(), other, &gitlabci.CreatePipelineOptions{Ref: "main"})
	require.NoError(t, err)

	without := func(remote string, set ...string) result {
		cmd := l.command("diagnose", "-o", "json")
		cmd.Dir = t.TempDir()
		cmd.Env = append(slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "GITLAB_PROJECT=") }), "GIT_CEILING_DIRECTORIES="+cmd.Dir)
		cmd.Env = append(cmd.Env, set...)
		if remote != "" {
			for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"remote", "add", "origin", remote}} {
				setup := exec.Command("git", args...)
				setup.Dir, setup.Env = cmd.Dir, cmd.Env
				out, err := setup.CombinedOutput()
				require.NoError(t, err, "%s", out)
			}
		}
		return l.finish(cmd)
	}
	for _, remote := range []string{
		l.url + "/group/app.git", "http://user@" + host + "/group/app", "ssh://git@" + name + ":2222/group/app.git", "git@" + name + ":group/app.git", name + ":/group/app/",
	} {
		got := without(remote)
		assert.Zero(t, got.code, "%s: %s", remote, got.err)
		assert.Equal(t, id, decode[diagnosisView](t, got.out).Pipeline.ID, remote)
	}
	elsewhere := without("https://github.com/group/app.git")
	assert.Equal(t, exitUsage, elsewhere.code)
	assert.Contains(t, elsewhere.err, "github.com")
	nowhere := without("")
	assert.Equal(t, exitUsage, nowhere.code)
	assert.Contains(t, nowhere.err, "GITLAB_PROJECT")

	byHost := without(l.url+"/group/app.git", "GITLAB_URL=", "GITLAB_HOST="+l.url)
	assert.Zero(t, byHost.code, byHost.err)
	assert.Equal(t, exitUsage, without(l.url+"/group/app.git", "GITLAB_PROJECT=nonsense").code, "what is set counts")
	inJob := without("https://github.com/a/b.git", "CI_PROJECT_ID=2", "GITLAB_URL=", "CI_API_V4_URL="+l.url+"/api/v4")
	assert.Zero(t, inJob.code, inJob.err)
	assert.EqualValues(t, 2, decode[diagnosisView](t, inJob.out).Pipeline.Project)
	byFlag := without(l.url+"/group/app.git", "CI_PROJECT_ID=2", "GITLAB_PROJECT=group/other")
	assert.EqualValues(t, 2, decode[diagnosisView](t, byFlag.out).Pipeline.Project)
}

func TestHostOfGlab(t *testing.T) {
	assert.Equal(t, "https://gitlab.example.com", withScheme("gitlab.example.com"))
	assert.Equal(t, "http://gitlab.example.com:8080", withScheme("http://gitlab.example.com:8080"))
	assert.Empty(t, withScheme(""))
	for remote, want := range map[string][2]string{
		"https://gitlab.example.com/gitlab/group/app.git": {"gitlab.example.com", "gitlab/group/app"},
		"git@gitlab.example.com:group/sub/app.git":        {"gitlab.example.com", "group/sub/app"},
		"gitlab.example.com:group/app":                    {"gitlab.example.com", "group/app"},
		"/srv/git/app.git":                                {"", ""},
	} {
		host, path := parseRemote(remote)
		assert.Equal(t, want, [2]string{host, path}, remote)
	}
	assert.Equal(t, "group/app", below("/gitlab/", "gitlab/group/app"))
	assert.Equal(t, "group/app", below("/gitlab/api/v4", "gitlab/group/app"))
	assert.Equal(t, "gitlab-org/app", below("/gitlab", "gitlab-org/app"), "over SSH")
	assert.Equal(t, "api/app", below("/api/v4", "api/app"))
}
