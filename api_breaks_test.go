package gitlabci_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAPIBreaksAreTold tests that what left the API since the last release is named in the changelog. It needs the history of the repository:
// without one, and in a clone that is too shallow to hold the release, it says so and is skipped.
func TestAPIBreaksAreTold(t *testing.T) {
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "git", args...).Output()
		return strings.TrimSpace(string(out)), err
	}
	shallow, err := git("rev-parse", "--is-shallow-repository")
	if err != nil {
		t.Skipf("NOT CHECKED: no history of the repository: %v", err)
	}
	release, err := git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
	switch {
	case err != nil && shallow == "true":
		t.Skip("NOT CHECKED: the clone is shallow, so the last release is not known: git fetch --unshallow --tags")
	case err != nil:
		t.Log("nothing has been released yet: there is nothing to compare with")
		return
	}
	before, err := git("show", release+":"+apiFile)
	require.NoError(t, err)
	now, err := os.ReadFile(apiFile)
	require.NoError(t, err)
	changelog, err := os.ReadFile("CHANGELOG.md")
	require.NoError(t, err)
	t.Logf("compared with %s", release)
	for _, line := range untold(apiLines(before), apiLines(string(now)), string(changelog), release) {
		t.Errorf("CHANGELOG.md does not name what left the API since %s: %s", release, line)
	}
}

// untold are the lines that left the API, and whose name stands in no code span of the changelog above the release.
func untold(before, now []string, changelog, release string) (lines []string) {
	heading := regexp.MustCompile(`(?m)^## \[?v?` + regexp.QuoteMeta(strings.TrimPrefix(release, "v")) + `\b`)
	if at := heading.FindStringIndex(changelog); at != nil {
		changelog = changelog[:at[0]]
	}
	told := make(map[string]bool)
	for _, span := range regexp.MustCompile("`[^`]+`").FindAllString(changelog, -1) {
		for _, name := range regexp.MustCompile(`\w+(\.\w+)*`).FindAllString(span, -1) {
			told[name] = true
		}
	}
	gone := missing(before, now)
	types := make(map[string]bool) // that are gone or changed as a whole
	for _, line := range gone {
		if typ, member := apiName(line); member == "" {
			types[typ] = true
		}
	}
	for _, line := range gone {
		typ, member := apiName(line)
		names := []string{typ}
		if member != "" {
			names = []string{typ + "." + member, strings.TrimSuffix(typ, "Service") + "." + member}
			if types[typ] {
				names = append(names, typ)
			}
		}
		pkg, _, _ := strings.Cut(line, ":")
		found := false
		for _, name := range names {
			found = found || told[name] || told[pkg+"."+name]
		}
		if !found {
			lines = append(lines, fmt.Sprintf("%s (name `%s`)", line, names[len(names)-1]))
		}
	}
	return lines
}

var (
	apiMember = regexp.MustCompile(`^\w+: (?:func \(\*?(\w+)(?:\[[^)]*\])?\) (\w+)|type (\w+)[^,(]*, (?:[\w*]+\.)?(\w+))`)
	apiPlain  = regexp.MustCompile(`^\w+: \w+ (\w+)`)
)

// apiName is what a line of the listing is about: a declaration, or a field or method of one.
func apiName(line string) (name, member string) {
	if m := apiMember.FindStringSubmatch(line); m != nil {
		return m[1] + m[3], m[2] + m[4]
	}
	if m := apiPlain.FindStringSubmatch(line); m != nil {
		return m[1], ""
	}
	return line, ""
}

func TestUntold(t *testing.T) {
	t.Parallel()
	const get = "gitlabci: func (*JobsService) Get(ctx context.Context) (*Job, error)"
	for name, test := range map[string]struct {
		before, now []string
		changelog   string
		want        []string
	}{
		"nothing is gone": {before: []string{get}, now: []string{"gitlabci: var New error", get}},
		"a method is gone": {
			before: []string{get}, changelog: "## Unreleased\n\nJobs.Get is gone, `Get` and `Jobs.GetAll` too.\n",
			want: []string{get + " (name `Jobs.Get`)"},
		},
		"a method is named by its service": {before: []string{get}, changelog: "## Unreleased\n\n`Jobs.Get` is gone.\n"},
		"a method is named by its type":    {before: []string{get}, changelog: "## Unreleased\n\n`gitlabci.JobsService.Get(ctx)` is gone.\n"},
		"a method has changed": {
			before: []string{get}, now: []string{"gitlabci: func (*JobsService) Get(ctx context.Context) (Job, error)"}, changelog: "## Unreleased\n",
			want: []string{get + " (name `Jobs.Get`)"},
		},
		"a constant has another value": {
			before: []string{`gitlabci: const High Level = 2`}, now: []string{`gitlabci: const High Level = 3`}, changelog: "## Unreleased\n",
			want: []string{"gitlabci: const High Level = 2 (name `High`)"},
		},
		"a field has another tag": {
			before: []string{`gitlabci: type Job struct, ID int64 json:"id"`}, now: []string{`gitlabci: type Job struct, ID int64 json:"job_id"`},
			changelog: "## Unreleased\n\n`Job` has changed.\n",
			want:      []string{"gitlabci: type Job struct, ID int64 json:\"id\" (name `Job.ID`)"},
		},
		"a type is gone with all that is in it": {
			before: []string{
				"gitlabci: type Pages struct", "gitlabci: type Pages struct, Size int", "gitlabci: type Pages struct, io.Reader",
				"gitlabci: func (Pages) Read(p []byte) (n int, err error)",
			},
			changelog: "## Unreleased\n\n- `Pages` is gone.\n",
		},
		"an embedded type is gone": {
			before: []string{"gitlabci: type Download struct, io.ReadCloser"}, changelog: "## Unreleased\n",
			want: []string{"gitlabci: type Download struct, io.ReadCloser (name `Download.ReadCloser`)"},
		},
		"a generic type, its method and a function type": {
			before: []string{
				"gitlabci: type Seq[T any] func(yield func(*T, error) bool)", "gitlabci: func (Seq[T]) Take(n int) Seq[T]",
				"gitlabci: type Auth func(ctx context.Context, header http.Header) error",
			},
			changelog: "## Unreleased\n\n`Seq`\n",
			want:      []string{"gitlabci: type Auth func(ctx context.Context, header http.Header) error (name `Auth`)"},
		},
		"it is told of the release before": {
			before: []string{get}, changelog: "## Unreleased\n\n## 1.3.0\n\n`Jobs.List`\n\n## 1.2.0 - 2026-01-01\n\n`Jobs.Get` is gone.\n",
			want: []string{get + " (name `Jobs.Get`)"},
		},
		"it is told of the release that is being made": {
			before: []string{get}, changelog: "## Unreleased\n\n## [1.3.0]\n\n`Jobs.Get` is gone.\n\n## [1.2.0]\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, untold(test.before, test.now, test.changelog, "v1.2.0"))
		})
	}
}
