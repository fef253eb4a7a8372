package gitlabci

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// linkEntry is a link in an archive.
func linkEntry(name, target string) zipEntry {
	return zipEntry{name: name, content: target, mode: fs.ModeSymlink | 0o777, stored: true}
}

func needLinks(t testing.TB) {
	if makePipe == nil {
		t.Skip("no links")
	}
}

// skipped is told of links that are left out, "name: why" of each.
type skipped []string

func (s *skipped) tell(name string, reason error) { *s = append(*s, name+": "+reason.Error()) }

// artifactLinks are links as jobs leave them.
var artifactLinks = []zipEntry{
	linkEntry("node_modules/.bin/tsc", "../typescript/bin/tsc"), {name: "node_modules/typescript/bin/tsc", content: "#!/usr/bin/env node", mode: 0o755},
	linkEntry("lib/libx.so", "libx.so.1"), linkEntry("lib/libx.so.1", "libx.so.1.2"), {name: "lib/libx.so.1.2", content: "ELF"},
	{name: "venv/lib/"}, linkEntry("venv/lib64", "lib"), linkEntry("venv/bin/python3", "python"), linkEntry("venv/bin/python", "/usr/bin/python3"),
	linkEntry("latest", "./builds//1/"), {name: "builds/1/log", content: "1"}, linkEntry("a/b/c/top", "../../.."), linkEntry("missing", "later/made"),
}

func TestExtractLinks(t *testing.T) {
	needLinks(t)
	b := zipOf(t, artifactLinks...)
	files := map[string]string{
		"node_modules/": "", "node_modules/typescript/": "", "node_modules/typescript/bin/": "", "node_modules/typescript/bin/tsc": "#!/usr/bin/env node",
		"lib/": "", "lib/libx.so.1.2": "ELF", "venv/": "", "venv/lib/": "", "builds/": "", "builds/1/": "", "builds/1/log": "1",
	}
	got, err := extractAll(t, b, nil)
	require.Empty(t, got)
	requireRefused(t, err, `"node_modules/.bin/tsc": it is a link`)
	got, err = extractAll(t, b, &ExtractOptions{Links: 99})
	require.Empty(t, got)
	requireRefused(t, err, "it is a link")

	var left skipped
	got, err = extractAll(t, b, &ExtractOptions{Links: SkipLinks, Skipped: left.tell})
	require.NoError(t, err)
	require.Equal(t, files, got)
	var all skipped
	for _, e := range artifactLinks {
		if e.mode&fs.ModeSymlink != 0 {
			all = append(all, e.name+": it is a link")
		}
	}
	require.Equal(t, all, left)
	got, err = extractAll(t, b, &ExtractOptions{Links: SkipLinks})
	require.NoError(t, err)
	require.Equal(t, files, got)

	_, err = extractAll(t, b, &ExtractOptions{Links: MakeLinks})
	requireRefused(t, err, `"venv/bin/python": cannot decode the answer: it leads out of the directory`)

	left = nil
	got, err = extractAll(t, b, &ExtractOptions{Links: MakeLinks, Skipped: left.tell})
	require.NoError(t, err)
	require.Equal(t, skipped{"venv/bin/python: it leads out of the directory"}, left)
	for name, target := range map[string]string{
		"node_modules/.bin/": "", "node_modules/.bin/tsc": "-> ../typescript/bin/tsc", "lib/libx.so": "-> libx.so.1", "lib/libx.so.1": "-> libx.so.1.2",
		"venv/lib64": "-> lib", "venv/bin/": "", "venv/bin/python3": "-> python", "latest": "-> builds/1", "a/": "", "a/b/": "", "a/b/c/": "", "a/b/c/top": "-> ../../..", "missing": "-> later/made",
	} {
		files[name] = target
	}
	require.Equal(t, files, got)
}

func TestExtractRefusesLinks(t *testing.T) {
	needLinks(t)
	chain := func(n int) (entries []zipEntry) {
		for i := range n {
			entries = append(entries, linkEntry(fmt.Sprint("l", i), fmt.Sprint("l", i+1)))
		}
		return entries
	}
	wide := zipEntry{name: "l", content: "na\xffve", mode: fs.ModeSymlink | 0o777, lie: saysUTF8}
	const outside, ring = "it leads out of the directory", "round in a ring"
	for name, test := range map[string]struct {
		entries []zipEntry
		refused map[string]string // nil where all links are made
	}{
		"absolute":                      {[]zipEntry{linkEntry("l", "/etc/passwd")}, map[string]string{"l": outside}},
		"absolute, the root":            {[]zipEntry{linkEntry("l", "/")}, map[string]string{"l": outside}},
		"to the directory above":        {[]zipEntry{linkEntry("l", "..")}, map[string]string{"l": outside}},
		"above, slashes":                {[]zipEntry{linkEntry("a/l", ".././/..//victim")}, map[string]string{"a/l": outside}},
		"above, from a directory":       {[]zipEntry{linkEntry("a/b/l", "../../../victim")}, map[string]string{"a/b/l": outside}},
		"down and up":                   {[]zipEntry{linkEntry("l", "a/../b"), {name: "a/x"}}, map[string]string{"l": "down and up again"}},
		"down and far up":               {[]zipEntry{linkEntry("l", "a/../../victim"), {name: "a/x"}}, map[string]string{"l": "down and up again"}},
		"nowhere":                       {[]zipEntry{linkEntry("l", "")}, map[string]string{"l": outside}},
		"through a link that leads out": {[]zipEntry{linkEntry("a", "b/c"), linkEntry("b", "..")}, map[string]string{"a": outside, "b": outside}},
		"by a link to the root":         {[]zipEntry{linkEntry("d/root", ".."), linkEntry("a", "d/root/d/root/x")}, nil},
		"by a link up, and up":          {[]zipEntry{linkEntry("d/e/up", ".."), linkEntry("d/e/l", "up/up/x"), linkEntry("d/e/f/l", "../up/../x")}, map[string]string{"d/e/f/l": "down and up again"}},
		"to itself":                     {[]zipEntry{linkEntry("l", "l")}, map[string]string{"l": ring}},
		"to itself, below":              {[]zipEntry{linkEntry("l", "l/x")}, map[string]string{"l": ring}},
		"to its directory":              {[]zipEntry{linkEntry("l", "."), linkEntry("d/l", "../d")}, nil},
		"a ring":                        {[]zipEntry{linkEntry("a", "b"), linkEntry("b", "d/c"), linkEntry("d/c", "../a"), linkEntry("good", "x")}, map[string]string{"a": ring, "b": ring, "d/c": ring}},
		"a chain":                       {chain(maxHops), nil},
		"a chain that is too long":      {chain(maxHops + 1), map[string]string{"l0": ring}},
		"growing":                       {[]zipEntry{linkEntry("a", "b/"+strings.Repeat("x", 3000)), linkEntry("b", "c/"+strings.Repeat("x", 3000)), linkEntry("c", "d/"+strings.Repeat("x", 3000)), linkEntry("d", ".")}, map[string]string{"a": ring}},
		"below a file":                  {[]zipEntry{linkEntry("l", "file/x"), {name: "file", content: "1"}}, nil},
		"a path of control":             {[]zipEntry{linkEntry("l", "a\nb"), linkEntry("m", "a\x00")}, map[string]string{"l": "control characters", "m": "control characters"}},
		"a path that is no UTF-8":       {[]zipEntry{wide}, map[string]string{"l": "is said to be UTF-8"}},
		"a path that is decoded":        {[]zipEntry{linkEntry("l", "na\x8bve"), {name: "na\x8bve", content: "1"}}, nil},
		"a path with a backslash":       {[]zipEntry{linkEntry("l", `a\b`), {name: `a\b`, content: "1"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			links := 0
			for _, e := range test.entries {
				if e.mode&fs.ModeSymlink != 0 {
					links++
				}
			}
			b := zipOf(t, test.entries...)
			files, err := extractAll(t, b, &ExtractOptions{Links: MakeLinks})
			if test.refused == nil {
				require.NoError(t, err)
			} else {
				requireRefused(t, err, "gitlabci: extract artifacts: \"")
				for name, content := range files {
					require.False(t, strings.HasPrefix(content, "->"), "%s was made", name)
				}
			}
			told := make(map[string]string)
			files, err = extractAll(t, b, &ExtractOptions{Links: MakeLinks, Skipped: func(name string, reason error) { told[name] = reason.Error() }})
			require.NoError(t, err)
			require.Len(t, told, len(test.refused))
			for name, says := range test.refused {
				require.Contains(t, told[name], says, name)
			}
			for _, content := range files {
				if strings.HasPrefix(content, "->") {
					links--
				}
			}
			require.Equal(t, len(test.refused), links, files)
		})
	}

	// What the archive says of a link is not believed, and what is wrong with it is not passed over.
	for name, test := range map[string]struct {
		entry zipEntry
		says  string
	}{
		"long":                {linkEntry("l", strings.Repeat("x", maxName+1)), "it is a link to a path of more than 4096 bytes"},
		"longer than it says": {zipEntry{name: "l", content: strings.Repeat("x", 10_000), mode: fs.ModeSymlink | 0o777, lie: func(h *zip.FileHeader) { h.UncompressedSize64 = 10 }}, "not a valid zip file"},
		"a wrong checksum":    {zipEntry{name: "l", content: "x", mode: fs.ModeSymlink | 0o777, lie: func(h *zip.FileHeader) { h.CRC32 ^= 1 }}, "checksum error"},
	} {
		t.Run(name, func(t *testing.T) {
			var left skipped
			files, err := extractAll(t, zipOf(t, test.entry), &ExtractOptions{Links: MakeLinks, Skipped: left.tell})
			requireRefused(t, err, test.says)
			require.Empty(t, files)
			require.Empty(t, left)
		})
	}
}

// What is in the directory already counts, as it will be in the end.
func TestExtractLinksThroughWhatIsThere(t *testing.T) {
	needLinks(t)
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "victim"), []byte("whole"), 0o666))
	for name, test := range map[string]struct {
		links   map[string]string // in the directory
		entries []zipEntry
		refused string
		fails   string
	}{
		"a link that leads out":             {links: map[string]string{"there": outside}, entries: []zipEntry{linkEntry("l", "there/victim")}, refused: "out of the directory"},
		"a link that climbs":                {links: map[string]string{"there": ".."}, entries: []zipEntry{linkEntry("l", "there")}, refused: "out of the directory"},
		"a link that comes back":            {links: map[string]string{"there": "../dir/x"}, entries: []zipEntry{linkEntry("l", "there")}, refused: "out of the directory"},
		"a link inside":                     {links: map[string]string{"there": "d"}, entries: []zipEntry{linkEntry("l", "there/x"), {name: "d/x"}}},
		"a link inside, up from there":      {links: map[string]string{"there": "d/../d/../x"}, entries: []zipEntry{linkEntry("l", "there"), {name: "d/x"}}},
		"a link up from nowhere":            {links: map[string]string{"there": "nowhere/../../x"}, entries: []zipEntry{linkEntry("l", "there")}, refused: "out of the directory"},
		"a ring":                            {links: map[string]string{"there": "l"}, entries: []zipEntry{linkEntry("l", "there")}, refused: "round in a ring"},
		"a link that a file replaces":       {links: map[string]string{"there": outside}, entries: []zipEntry{linkEntry("l", "there"), {name: "there", content: "file"}}},
		"a link that a link replaces":       {links: map[string]string{"there": outside}, entries: []zipEntry{linkEntry("l", "there"), linkEntry("there", "x")}},
		"its own place":                     {links: map[string]string{"l": outside}, entries: []zipEntry{linkEntry("l", "x")}},
		"a link as its directory":           {links: map[string]string{"there": "d/e"}, entries: []zipEntry{{name: "d/e/x"}, linkEntry("there/l", "../../x")}, refused: "out of the directory"},
		"a link as its directory, the same": {links: map[string]string{"there": "."}, entries: []zipEntry{linkEntry("there/l", "../x")}, fails: `"there/l": there is a link in the place of the directory "there"`},
		"a link to elsewhere, the same":     {links: map[string]string{"there": outside}, entries: []zipEntry{linkEntry("there/l", "../x")}, fails: `"there/l": `},
		"a directory in its place":          {links: map[string]string{"d/e/link": "x"}, entries: []zipEntry{linkEntry("d", "x")}, fails: `"d": `},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, target := range test.links {
				require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
				require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
			}
			archive, err := openBytes(t, zipOf(t, test.entries...))
			require.NoError(t, err)
			err = archive.Extract(dir, &ExtractOptions{Links: MakeLinks})
			switch {
			case test.refused != "":
				requireRefused(t, err, test.refused)
			case test.fails != "":
				require.ErrorContains(t, err, "gitlabci: extract artifacts: "+test.fails)
				require.ErrorIs(t, err, ErrArtifactsGet)
				require.NotErrorIs(t, err, ErrDecode)
			default:
				require.NoError(t, err)
				for _, e := range test.entries {
					if e.mode&fs.ModeSymlink == 0 {
						continue
					}
					target, err := os.Readlink(filepath.Join(dir, e.name))
					require.NoError(t, err)
					require.Equal(t, e.content, target)
				}
			}
			require.Equal(t, map[string]string{"victim": "whole"}, tree(t, outside))
		})
	}
}

// The links of one archive cannot be led out by those of another that come later.
func TestExtractLinksOfSeveralArchives(t *testing.T) {
	needLinks(t)
	dir := filepath.Join(t.TempDir(), "dir")
	for _, entries := range [][]zipEntry{
		{linkEntry("a", "sub/../victim"), linkEntry("b", "sub/x"), linkEntry("d/c", "../sub/../victim")},
		{linkEntry("sub", ".")},
		{linkEntry("sub", "d"), linkEntry("x", "sub/..")},
		{linkEntry("sub", ".."), linkEntry("d/x", "../b/..")},
	} {
		archive, err := openBytes(t, zipOf(t, entries...))
		require.NoError(t, err)
		require.NoError(t, archive.Extract(dir, &ExtractOptions{Links: MakeLinks, Skipped: func(string, error) {}}))
		requireInside(t, dir)
	}
	require.Equal(t, map[string]string{"b": "-> sub/x", "sub": "-> d"}, tree(t, dir))
}

// requireInside follows all links in a directory.
func requireInside(t testing.TB, dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Type() != fs.ModeSymlink {
			return err
		}
		if place, err := filepath.EvalSymlinks(name); err == nil && place != dir && !strings.HasPrefix(place, dir+string(filepath.Separator)) {
			target, _ := os.Readlink(name)
			t.Errorf("%s -> %s leads to %s", name, target, place)
		}
		return nil
	}))
}

// However the links are tangled, to look at them takes an end.
func TestExtractBoundsLinks(t *testing.T) {
	needLinks(t)
	archive, err := openBytes(t, zipOf(t, linkEntry("l", "a/b/c"), linkEntry("m", "l/d")))
	require.NoError(t, err)
	options := &ExtractOptions{Links: MakeLinks, Skipped: func(string, error) {}}
	x := extraction{options: options.orDefaults(), index: archive.index, size: archive.Size, links: links{bytes: maxLinkBytes}}
	err = x.extract(t.TempDir())
	require.ErrorIs(t, err, errLinkBytes)
	require.ErrorIs(t, err, ErrDecode)
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer root.Close()
	tangled := &tangle{root: root, index: archive.index, links: map[string]string{"l": "a/b/c"}, directories: map[string]bool{}, steps: maxSteps - 1}
	require.NoError(t, tangled.follow(link{"l", "a/b/c"}))
	require.ErrorIs(t, tangled.follow(link{"m", "l/d"}), errSteps)

	// Thousands of links, each through as many others as it may be.
	entries := make([]zipEntry, 0, 3000)
	deep := strings.Repeat("d/", maxDepth-1)
	for i := range cap(entries) {
		entries = append(entries, linkEntry(fmt.Sprint(deep, "l", i), strings.Repeat("../", maxDepth-1)+deep+fmt.Sprint("l", i+1)))
	}
	archive, err = openBytes(t, zipOf(t, entries...))
	require.NoError(t, err)
	err = archive.Extract(t.TempDir(), &ExtractOptions{Links: MakeLinks, Skipped: func(string, error) {}})
	requireRefused(t, err, "the links lead through too many directories and links")
}

// FuzzExtractLinks extracts two archives with links into one directory, from which none may lead out.
func FuzzExtractLinks(f *testing.F) {
	needLinks(f)
	f.Add("a b;d/c ../a", "sub .;b x")
	f.Add("a sub/../victim;b sub/x", "sub .")
	f.Add("d/e/up ..;l d/e/up/../../victim", "d/e ../..;x ./../dir/x")
	f.Add("a b;b c;c a;l /victim", "a ..;b a/victim")
	f.Add("a/b/c/l ../../..;m a/b/c/l/..;n m/victim", "a/b/c/l/x y")
	f.Fuzz(func(t *testing.T, first, second string) {
		around := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(around, "victim"), []byte("whole"), 0o666))
		dir := filepath.Join(around, "dir")
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "d", "e"), 0o777))
		for _, links := range []string{first, second} {
			var entries []zipEntry
			for pair := range strings.SplitSeq(links, ";") {
				name, target, isLink := strings.Cut(pair, " ")
				if len(name) > 1<<10 || len(target) > 1<<10 || slices.ContainsFunc(entries, func(e zipEntry) bool { return e.name == name }) {
					return
				}
				if !isLink {
					entries = append(entries, zipEntry{name: name})
				} else {
					entries = append(entries, linkEntry(name, target))
				}
			}
			archive, err := openBytes(t, zipOf(t, entries...))
			require.NoError(t, err)
			err = archive.Extract(dir, &ExtractOptions{Links: MakeLinks, Skipped: func(string, error) {}})
			if err != nil {
				require.ErrorIs(t, err, ErrArtifactsGet)
			}
			requireInside(t, dir)
		}
		content, err := os.ReadFile(filepath.Join(around, "victim"))
		require.NoError(t, err)
		require.Equal(t, "whole", string(content))
		there, err := os.ReadDir(around)
		require.NoError(t, err)
		require.Len(t, there, 2)
	})
}
