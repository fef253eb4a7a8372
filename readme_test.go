package gitlabci_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeRuns checks that the Go snippets of the README and of docs are those of the examples, which run.
func TestReadmeRuns(t *testing.T) {
	examples, err := filepath.Glob("example*_test.go")
	require.NoError(t, err)
	compiled, snippets := "", 0
	for _, file := range examples {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		compiled += unindented(string(source))
	}
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		rest := string(text)
		for {
			before, after, found := strings.Cut(rest, "```go\n")
			if !found {
				break
			}
			snippet, after, closed := strings.Cut(after, "```")
			require.True(t, closed)
			rest = after
			if strings.HasSuffix(before, "<!-- not run -->\n") {
				continue
			}
			snippets++
			if !strings.Contains(compiled, unindented(snippet)) {
				t.Errorf("%s: no example runs this:\n%s", page, snippet)
			}
		}
	}
	require.Greater(t, snippets, 10)
}

func unindented(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimLeft(line, "\t "))
	}
	return strings.Join(lines, "")
}

// TestSecurityNamesTests checks that each test that SECURITY.md calls upon is there.
func TestSecurityNamesTests(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	there := make(map[string]bool)
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(source, -1) {
			there[string(found[1])] = true
		}
		return err
	}))
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllSubmatch(page, -1)
	require.Greater(t, len(named), 50)
	for _, test := range named {
		if !there[string(test[1])] {
			t.Errorf("SECURITY.md calls upon %s, which is not there", test[1])
		}
	}
}
