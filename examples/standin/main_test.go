package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
)

func TestStandIn(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error)
	go func() {
		err := run(ctx, []string{"-addr", "127.0.0.1:0", "-token", "glpat-test", "-pace", "0.01"}, in)
		in.Close()
		ended <- err
	}()
	var url, trigger string
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "go run") {
		if url == "" {
			url = regexp.MustCompile(`http://\S+`).FindString(lines.Text())
		}
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == "trigger" {
			trigger = fields[1]
		}
		if command := strings.TrimSpace(lines.Text()); strings.HasPrefix(command, "curl ") {
			runCommand(t, command)
		}
	}

	client, err := gitlabci.NewClient(url, gitlabci.PrivateToken("glpat-test"))
	require.NoError(t, err)
	app := gitlabci.ProjectID(1)
	pipelines, err := client.Pipelines.List(t.Context(), gitlabci.ProjectPath("demo/app"), nil).Collect()
	require.NoError(t, err)
	statuses := make(map[gitlabci.PipelineStatus]int)
	for _, pipeline := range pipelines {
		statuses[pipeline.Status]++
	}
	assert.Equal(t, 1, statuses[gitlabci.PipelineSuccess], statuses)
	assert.Equal(t, 1, statuses[gitlabci.PipelineCanceled], statuses)
	assert.NotZero(t, statuses[gitlabci.PipelineFailed], statuses)

	variable, err := client.Variables.Get(t.Context(), app, gitlabci.Key("DATABASE_URL").In("production"))
	require.NoError(t, err)
	assert.EqualValues(t, "postgres://db.example.com/shop", variable.Value)
	schedules, err := client.Schedules.List(t.Context(), app, nil).Collect()
	require.NoError(t, err)
	assert.Len(t, schedules, 1)
	runners, err := client.Runners.ListForProject(t.Context(), app, nil).Collect()
	require.NoError(t, err)
	assert.NotEmpty(t, runners)

	triggered, err := client.Triggers.Run(t.Context(), app, &gitlabci.RunTriggerOptions{Token: gitlabci.Secret(trigger), Ref: "main"})
	require.NoError(t, err)
	_, err = client.Pipelines.Wait(t.Context(), app, triggered.ID, &gitlabci.WaitOptions{Interval: 10 * time.Millisecond})
	assert.ErrorIs(t, err, gitlabci.ErrPipelineFailed)

	interrupt()
	for lines.Scan() { // so that the program can write its last line
	}
	assert.NoError(t, <-ended)
	_, err = client.Pipelines.Get(t.Context(), app, 1, gitlabci.WithoutRetry())
	assert.Error(t, err)
}

// runCommand runs a command that was printed for people to paste, where there is what it needs.
func runCommand(t *testing.T, command string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Log("not run, as there is no curl:", command)
		return
	}
	answer, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(command, "curl", "curl --fail --silent --show-error --noproxy '*'", 1)).CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, answer)
	assert.Contains(t, string(answer), `"status":"`, command)
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8929": true, "127.0.0.53:0": true, "[::1]:80": true, "localhost:80": true,
		":8929": false, "0.0.0.0:8929": false, "[::]:80": false, "192.168.1.4:80": false, "gitlab.example.com:80": false, "8929": false,
	} {
		assert.Equal(t, want, loopback(address), address)
	}
	assert.ErrorContains(t, run(t.Context(), []string{"-addr", ":0"}, io.Discard), "-public")
}

func TestUsage(t *testing.T) {
	t.Setenv("GITLAB_URL", "http://127.0.0.1:1") // which is not called
	var out bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out), flag.ErrHelp)
	assert.Contains(t, out.String(), "usage: standin [flags]")
	assert.Contains(t, out.String(), "-token")
	assert.Contains(t, out.String(), "no environment variables")
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}} {
		err := run(t.Context(), args, io.Discard)
		assert.ErrorContains(t, err, "nonsense")
		assert.Equal(t, 2, demo.ExitCode(err))
	}
}
