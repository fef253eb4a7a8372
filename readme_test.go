package gitlabci_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeRuns checks that the README's snippets are those of example_test.go, which run.
func TestReadmeRuns(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	examples, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	compiled := unindented(string(examples))

	before, rest, snippets := "", string(readme), 0
	for {
		var found bool
		var text string
		if text, rest, found = strings.Cut(rest, "```go\n"); !found {
			break
		}
		before = text
		snippet, after, closed := strings.Cut(rest, "```")
		require.True(t, closed)
		rest = after
		if strings.HasSuffix(before, "<!-- not run -->\n") {
			continue
		}
		snippets++
		if !strings.Contains(compiled, unindented(snippet)) {
			t.Errorf("no example runs this:\n%s", snippet)
		}
	}
	require.Greater(t, snippets, 10)
}

// unindented is the text without what its lines begin with.
func unindented(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimLeft(line, "\t "))
	}
	return strings.Join(lines, "")
}
