package gitlabci_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeRuns checks that the Go snippets of the README and of docs are those of the examples, which run.
func TestReadmeRuns(t *testing.T) {
	examples, err := filepath.Glob("example*_test.go")
	require.NoError(t, err)
	examples = append(examples, "webhook/example_test.go")
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

// TestReadmeCounts checks that the README has the counts of COVERAGE.md.
func TestReadmeCounts(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	coverage, err := os.ReadFile("COVERAGE.md")
	require.NoError(t, err)
	count := regexp.MustCompile(`(\d+) of (\d+) endpoints`).FindSubmatch(readme)
	require.NotNil(t, count)
	require.Contains(t, string(coverage), "| gitlabci | "+string(count[1])+" |")
	require.Contains(t, string(coverage), "| GitLab | "+string(count[2])+" |")
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

// TestPagesNameWhatIsThere checks that the pages name nothing of this module that it does not have.
func TestPagesNameWhatIsThere(t *testing.T) {
	listing, err := os.ReadFile(apiFile)
	require.NoError(t, err)
	there := map[string]bool{"WithOnlyIdempotentRetries": true, "ErrWidgetGet": true} // of client-go, and of an endpoint that is made up
	for _, line := range apiLines(string(listing)) {
		pkg, _, _ := strings.Cut(line, ": ")
		name, member := apiName(line)
		if member != "" {
			there[strings.TrimSuffix(name, "Service")+"."+member] = true
			name += "." + member
		}
		there[name], there[pkg+"."+name] = true, true
	}
	pages := pagesForReaders(t)
	span := regexp.MustCompile("(?s)```.*?```|`([^`]+)`")
	named := regexp.MustCompile(`(?:^|[^.\w])((?:gitlabci|gitlabcitest|joblog|webhook)\.[A-Z]\w*|[A-Z]\w*\.[A-Z]\w*|(?:Err|With)[A-Z]\w*)`)
	names := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		above, _, _ := strings.Cut(string(text), "<!-- Made by ") // what is below is checked where it is made
		for _, code := range span.FindAllStringSubmatch(above, -1) {
			for _, name := range named.FindAllStringSubmatch(code[1], -1) {
				names++
				if !there[name[1]] {
					t.Errorf("%s: there is no %s", page, name[1])
				}
			}
		}
	}
	require.Greater(t, names, 50)
}

// pagesForReaders are the pages of the repository that people write.
func pagesForReaders(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md", "SECURITY.md", "CONTRIBUTING.md"}
	require.NoError(t, fs.WalkDir(os.DirFS("."), "docs", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	}))
	return pages
}

// anchors are the names that the headings of a page have in links.
func anchors(page string) (names []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		names = append(names, strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), ""), " ", "-"))
	}
	return names
}

// TestPagesLinkToWhatIsThere checks the links of the pages to files and to headings of their own. Pictures are checked where they are made.
func TestPagesLinkToWhatIsThere(t *testing.T) {
	links := 0
	for _, page := range pagesForReaders(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, link := range regexp.MustCompile(`(?m)(?:^|[^!])\[[^]]*\]\(([^)\s]+)\)`).FindAllStringSubmatch(string(text), -1) {
			file, heading, _ := strings.Cut(link[1], "#")
			if strings.Contains(file, "://") {
				continue
			}
			links++
			if heading != "" && file == "" && !slices.Contains(anchors(string(text)), heading) {
				t.Errorf("%s has no heading %s", page, heading)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), file)); file != "" && err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	require.Greater(t, links, 10)
}
