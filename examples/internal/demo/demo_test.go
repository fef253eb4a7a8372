package demo

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestParse(t *testing.T) {
	parse := func(out io.Writer, args ...string) (level int, err error) {
		flags := flag.NewFlagSet("demo", flag.ContinueOnError)
		flags.IntVar(&level, "level", 1, "how `high`")
		return level, Parse(flags, args, out, "Demo does things.", "Environment:\n  ALL  of it")
	}
	level, err := parse(io.Discard, "-level", "3")
	require.NoError(t, err)
	assert.Equal(t, 3, level)

	var out bytes.Buffer
	_, err = parse(&out, "-help")
	assert.ErrorIs(t, err, flag.ErrHelp)
	assert.Equal(t, 0, ExitCode(err))
	assert.Equal(t, "Demo does things.\n\nusage: demo [flags]\n\n  -level high\n    \thow high (default 1)\n\nEnvironment:\n  ALL  of it\n", out.String())

	out.Reset()
	for _, args := range [][]string{{"-level", "tall"}, {"-height", "3"}, {"high"}, {"-level", "3", "--", "-level"}} {
		_, err = parse(&out, args...)
		var wrong *UsageError
		require.ErrorAs(t, err, &wrong, args)
		assert.Contains(t, wrong.Usage, "-level high")
		assert.Equal(t, 2, ExitCode(fmt.Errorf("wrapped: %w", err)))
	}
	assert.Empty(t, out.String(), "it is for what the program has to say")
	assert.Equal(t, 0, ExitCode(nil))
	assert.Equal(t, 1, ExitCode(errors.New("something else")))
}

func TestCut(t *testing.T) {
	for width, want := range map[int]string{
		-1: "", 0: "", 1: "…", 2: "i…", 3: "i…e", 8: "inté…ine", 14: "intégra…-mäine", 16: "intégrat…n-mäine", 17: "intégration-mäine", 30: "intégration-mäine",
	} {
		assert.Equal(t, want, Cut("intégration-mäine", width), width)
	}
	assert.Equal(t, "abc", Cut("abc", 3))
}

func TestSize(t *testing.T) {
	size := func(columns, lines string) [2]int {
		t.Setenv("COLUMNS", columns)
		t.Setenv("LINES", lines)
		c, l := Size(new(bytes.Buffer))
		return [2]int{c, l}
	}
	assert.Equal(t, [2]int{80, 24}, size("", ""))
	assert.Equal(t, [2]int{132, 24}, size("132", "-5"))
	assert.Equal(t, [2]int{80, 10}, size("wide", "10"))

	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer file.Close()
	t.Setenv("COLUMNS", "")
	columns, _ := Size(file)
	assert.Equal(t, 80, columns, "a file has no size")
	assert.False(t, IsTerminal(file))
	assert.False(t, Colors(file))
}

// TestTerminal tests with a device that is no terminal, but looks like one.
func TestTerminal(t *testing.T) {
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer device.Close()
	look := func(term, noColor string) [2]bool {
		t.Setenv("TERM", term)
		t.Setenv("NO_COLOR", noColor)
		return [2]bool{IsTerminal(device), Colors(device)}
	}
	assert.Equal(t, [2]bool{true, true}, look("xterm", ""))
	assert.Equal(t, [2]bool{true, false}, look("xterm", "1"), "colors alone are taken away")
	assert.Equal(t, [2]bool{false, false}, look("dumb", ""))
}

// TestChecksums tests that the file that the shop's pipeline leaves says what sha256sum -c would.
func TestChecksums(t *testing.T) {
	tested := 0
	for _, job := range Shop(1) {
		bundle, sums := job.Artifacts["dist/shop.tar.gz"], job.Artifacts["dist/SHA256SUMS"]
		if bundle != "" {
			assert.Equal(t, fmt.Sprintf("%x  shop.tar.gz\n", sha256.Sum256([]byte(bundle))), sums)
			tested++
		}
	}
	assert.Equal(t, 1, tested)
}

func TestOpen(t *testing.T) {
	t.Setenv("GITLAB_URL", "http://127.0.0.1:1")
	t.Setenv("GITLAB_TOKEN", "glpat-test")
	t.Setenv("CI_PROJECT_ID", "")
	for project, want := range map[string]gitlabci.Project{"group/app": gitlabci.ProjectPath("group/app"), "42": gitlabci.ProjectID(42)} {
		t.Setenv("GITLAB_PROJECT", project)
		var out bytes.Buffer
		gitlab, err := Open(&out, "demo/shop")
		require.NoError(t, err)
		defer gitlab.Close()
		assert.Equal(t, want, gitlab.Project)
		assert.Nil(t, gitlab.StandIn)
		assert.Empty(t, out.String())
	}
	t.Setenv("GITLAB_PROJECT", "")
	_, err := Open(io.Discard, "demo/shop")
	assert.ErrorContains(t, err, "GITLAB_PROJECT")
}

func TestVariables(t *testing.T) {
	var variables Variables
	require.NoError(t, variables.Set("A=1"))
	require.NoError(t, variables.Set("B=x=y"))
	assert.Equal(t, "A=1 B=x=y", variables.String())
	for _, bad := range []string{"A", "=1", ""} {
		assert.Error(t, variables.Set(bad), bad)
	}
}
