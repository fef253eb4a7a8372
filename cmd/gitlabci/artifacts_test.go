package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func artifactsLab(t *testing.T) *lab {
	l := newLab(t,
		gitlabcitest.Job{Name: "package", Artifacts: map[string]string{"dist/app.txt": "the app\n", "dist/big.bin": strings.Repeat("0123456789", 100_000)}},
		gitlabcitest.Job{Name: "nothing"},
		gitlabcitest.Job{Name: "child", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{
			{Name: "below", Artifacts: map[string]string{"report.xml": "<ok/>"}},
		}}})
	l.pipeline(true)
	return l
}

func TestArtifacts(t *testing.T) {
	t.Parallel()
	l := artifactsLab(t)
	assert.Equal(t, "           8  dist/app.txt\n     1000000  dist/big.bin\n", l.run("artifacts", "ls", "package", "-p", "1").out)
	files := decodeLines[fileView](t, l.run("artifacts", "ls", "package", "--ref", "main", "-o", "json").out)
	assert.Equal(t, []fileView{{"dist/app.txt", 8}, {"dist/big.bin", 1_000_000}}, files)

	got := l.run("artifacts", "cat", "package", "dist/app.txt", "-p", "1")
	assert.Zero(t, got.code, got.err)
	assert.Equal(t, "the app\n", got.out)
	assert.Equal(t, "<ok/>", l.run("artifacts", "cat", "below", "report.xml", "-p", "1", "--downstream", "child").out)
	assert.Contains(t, l.run("artifacts", "cat", "package", "dist/app.txt", "-p", "1", "-o", "json").out, `"content_base64":"dGhlIGFwcAo="`)
	job, err := l.client.Pipelines.Job(t.Context(), l.app, 1, "package")
	require.NoError(t, err)
	require.EqualValues(t, 1, job.ID)
	assert.Equal(t, "the app\n", l.run("artifacts", "cat", "dist/app.txt", "--job-id", "1").out)

	for _, args := range [][]string{
		{"cat", "package", "nonsense", "-p", "1"}, {"cat", "nothing", "x", "-p", "1"}, {"ls", "nonsense", "-p", "1"}, {"ls", "package", "--ref", "nonsense"},
		{"ls", "below", "-p", "1", "-d", "nonsense"}, {"get", "package", "nonsense", "-p", "1"}, {"get", "nothing", "-p", "1"}, {"ls", "--job-id", "99"},
	} {
		failed := l.run(append([]string{"artifacts"}, args...)...)
		assert.Equal(t, exitFailed, failed.code, "%q: %s", args, failed.err)
		assert.Empty(t, failed.out, args)
	}
	left, err := os.ReadDir(l.dir)
	require.NoError(t, err)
	assert.Empty(t, left, "a failure leaves nothing behind")
}

func TestArtifactsGet(t *testing.T) {
	t.Parallel()
	l := artifactsLab(t)
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{l.dir}, path...)...))
		require.NoError(t, err)
		return string(text)
	}
	got := l.run("artifacts", "get", "package", "dist/app.txt", "-p", "1")
	require.Zero(t, got.code, got.err)
	assert.Equal(t, "the app\n", read("app.txt"))
	assert.Contains(t, got.out, "app.txt of job 1 (package)")
	require.Zero(t, l.run("artifacts", "get", "package", "dist/app.txt", "-p", "1", "--to", "other.txt", "-o", "json").code)
	assert.Equal(t, "the app\n", read("other.txt"))
	require.Zero(t, l.run("artifacts", "get", "package", "--ref", "main").code)
	assert.True(t, strings.HasPrefix(read("artifacts.zip"), "PK"))
	require.Zero(t, l.run("artifacts", "get", "package", "--ref", "main", "--extract", "out").code)
	assert.Equal(t, "the app\n", read("out", "dist", "app.txt"))
	code, screen := l.onTerminal(nil, "artifacts", "get", "package", "--ref", "main", "--to", "again.zip")
	assert.Zero(t, code)
	assert.Contains(t, screen, "100% of ")
	assert.Equal(t, read("artifacts.zip"), read("again.zip"))
	assert.Equal(t, exitFailed, l.run("artifacts", "get", "package", "-p", "1", "--to", "no/such/directory").code)
}

// TestArtifactsReadsParts reads a small file of a large archive without its rest.
func TestArtifactsReadsParts(t *testing.T) {
	t.Parallel()
	l := artifactsLab(t)
	l.server.ResetRequests()
	require.Zero(t, l.run("artifacts", "cat", "package", "dist/app.txt", "-p", "1").code)
	ranges := 0
	for _, request := range l.server.Requests() {
		if request.Header.Get("Range") != "" {
			ranges++
		}
	}
	assert.NotZero(t, ranges)
}
