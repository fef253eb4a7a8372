package gitlabci

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/stretchr/testify/require"
)

// What programs put into archives is there, and what cannot be there takes nothing else away.
func TestArchiveOfTheWorld(t *testing.T) {
	file := func(name string, content ...string) zipEntry {
		return zipEntry{name: name, content: strings.Join(content, "")}
	}
	directory := zipEntry{name: "d", mode: fs.ModeDir | 0o755}
	const elsewhere, control, twice, both = "the name is none of a file in the directory", "the name has control characters", "the name stands twice", "the name is that of a file and of a directory"
	for name, test := range map[string]struct {
		entries []zipEntry
		lists   map[string]string
		refused map[string]string
	}{
		"the root":                    {entries: []zipEntry{file("./"), file("."), file("./.")}},
		"from here":                   {entries: []zipEntry{file("./a", "1"), file("./b/./c", "2")}, lists: map[string]string{"a": "1", "b/": "", "b/c": "2"}},
		"slashes":                     {entries: []zipEntry{file("a//b", "1"), file("c//")}, lists: map[string]string{"a/": "", "a/b": "1", "c/": ""}},
		"a directory twice":           {entries: []zipEntry{file("d/"), file("d/"), file("d/a", "1"), file("d/")}, lists: map[string]string{"d/": "", "d/a": "1"}},
		"a directory by its mode":     {entries: []zipEntry{directory}, lists: map[string]string{"d/": ""}},
		"the same, with a file":       {entries: []zipEntry{directory, file("d/a", "1")}, lists: map[string]string{"d/": "", "d/a": "1"}},
		"the same, after it":          {entries: []zipEntry{file("d/a", "1"), directory, directory}, lists: map[string]string{"d/": "", "d/a": "1"}},
		"an empty file, then in it":   {entries: []zipEntry{file("d"), file("d/a", "1")}, lists: map[string]string{"d/": "", "d/a": "1"}},
		"in it, then an empty file":   {entries: []zipEntry{file("d/a", "1"), file("d")}, lists: map[string]string{"d/": "", "d/a": "1"}},
		"an empty file and its slash": {entries: []zipEntry{file("d"), file("d/")}, lists: map[string]string{"d/": ""}},
		"backslashes": {
			entries: []zipEntry{file(`bin\`, "1"), file(`units/dev-disk-by\x2dlabel.mount`, "2"), file(`d\e/f`, "3")},
			lists:   map[string]string{`bin＼`: "1", "units/": "", `units/dev-disk-by＼x2dlabel.mount`: "2", `d＼e/`: "", `d＼e/f`: "3"},
		},
		"backslashes of Windows": {
			entries: []zipEntry{{name: `bin\`, lie: onWindows}, {name: `bin\run.exe`, content: "1", lie: onWindows}, {name: `sub\`, lie: onWindows}, {name: `\abs`, lie: onWindows}, {name: `..\up`, lie: onWindows}},
			lists:   map[string]string{"bin/": "", "bin/run.exe": "1", "sub/": ""},
			refused: map[string]string{`\abs`: elsewhere, `..\up`: elsewhere},
		},
		"backslashes of a program that does not say": {
			entries: []zipEntry{{name: `units/dev-disk-by\x2dlabel.mount`, content: "1", lie: onWindows}},
			lists:   map[string]string{"units/": "", `units/dev-disk-by＼x2dlabel.mount`: "1"},
		},
		"UTF-8 that does not say so": {entries: []zipEntry{file("naïve", "1"), file("日本", "2")}, lists: map[string]string{"naïve": "1", "日本": "2"}},
		"UTF-8 that says so":         {entries: []zipEntry{{name: "naïve", content: "1", lie: saysUTF8}}, lists: map[string]string{"naïve": "1"}},
		"no UTF-8":                   {entries: []zipEntry{file("na\x8bve/\xe1\xff", "1"), file("good", "2")}, lists: map[string]string{"naïve/": "", "naïve/ß\u00a0": "1", "good": "2"}},
		"no UTF-8 that says so":      {entries: []zipEntry{{name: "a\xff", lie: saysUTF8}, file("good", "1")}, lists: map[string]string{"good": "1"}, refused: map[string]string{"a\xff": "the name is said to be UTF-8, and is not"}},
		"control characters":         {entries: []zipEntry{file("a\nb"), file("d/\x1b[2J"), file("\x7f"), file("e\u0085"), file("nul\x00"), file("good", "1")}, lists: map[string]string{"good": "1"}, refused: map[string]string{"a\nb": control, "d/\x1b[2J": control, "\x7f": control, "e\u0085": control, "nul\x00": control}},
		"elsewhere": {
			entries: []zipEntry{file(""), file("/"), file("//"), file("/etc/passwd"), file("../up"), file("a/../../up"), file("a/.."), file("..", "1"), file("good", "1")},
			lists:   map[string]string{"good": "1"},
			refused: map[string]string{"": elsewhere, "/": elsewhere, "//": elsewhere, "/etc/passwd": elsewhere, "../up": elsewhere, "a/../../up": elsewhere, "a/..": elsewhere, "..": elsewhere},
		},
		"dots":                          {entries: []zipEntry{file("...", "1"), file("a/..b", "2"), file(".c/d..", "3")}, lists: map[string]string{"...": "1", "a/": "", "a/..b": "2", ".c/": "", ".c/d..": "3"}},
		"a file twice":                  {entries: []zipEntry{file("a", "1"), file("a", "2"), file("a", "3"), file("good", "1")}, lists: map[string]string{"good": "1"}, refused: map[string]string{"a": twice}},
		"a file twice, otherwise":       {entries: []zipEntry{file("b/a", "1"), file("./b//a", "2")}, lists: map[string]string{"b/": ""}, refused: map[string]string{"b/a": twice, "./b//a": twice}},
		"a file, then one in it":        {entries: []zipEntry{file("a", "1"), file("a/b", "2")}, lists: map[string]string{"a/": "", "a/b": "2"}, refused: map[string]string{"a": both}},
		"one in it, then the file":      {entries: []zipEntry{file("a/b", "2"), file("a", "1")}, lists: map[string]string{"a/": "", "a/b": "2"}, refused: map[string]string{"a": both}},
		"a file and a directory":        {entries: []zipEntry{file("a", "1"), file("a/"), file("b/"), file("b", "1")}, lists: map[string]string{"a/": "", "b/": ""}, refused: map[string]string{"a": both, "b": both}},
		"a link, then a file in it":     {entries: []zipEntry{{name: "a", content: "..", mode: fs.ModeSymlink | 0o777}, file("a/b", "2")}, lists: map[string]string{"a/": "", "a/b": "2"}, refused: map[string]string{"a": both}},
		"a file twice, then one in it":  {entries: []zipEntry{file("a", "1"), file("a", "2"), file("a/b", "3")}, lists: map[string]string{"a/": "", "a/b": "3"}, refused: map[string]string{"a": twice}},
		"encrypted, then a file in it":  {entries: []zipEntry{{name: "a", content: "1", lie: func(h *zip.FileHeader) { h.Flags |= flagEncrypted }}, file("a/b", "2")}, lists: map[string]string{"a/": "", "a/b": "2"}, refused: map[string]string{"a": "it is encrypted"}},
		"encrypted, and not":            {entries: []zipEntry{{name: "a", content: "1", lie: func(h *zip.FileHeader) { h.Flags |= flagEncrypted }}, file("a", "2")}, refused: map[string]string{"a": twice}},
		"a directory with content":      {entries: []zipEntry{{name: "a", content: "x", mode: fs.ModeDir | 0o755}, {name: `b\`, content: "x", lie: onWindows}, file("c/.", "x")}, refused: map[string]string{"a": errFull.Error(), `b\`: errFull.Error(), "c/.": errFull.Error()}},
		"a directory packed as a file":  {entries: []zipEntry{{name: "a", mode: fs.ModeDir | 0o755, lie: func(h *zip.FileHeader) { h.Method = 99 }}}, lists: map[string]string{"a/": ""}},
		"a directory that is a link":    {entries: []zipEntry{{name: "a/", lie: func(h *zip.FileHeader) { h.ExternalAttrs = 0o120777 << 16 }}, file("a/b", "1")}, lists: map[string]string{"a/": "", "a/b": "1"}, refused: map[string]string{"a/": errKind.Error()}},
		"what cannot be unpacked":       {entries: []zipEntry{{name: "a", lie: func(h *zip.FileHeader) { h.Method = 99 }}, {name: "b", lie: func(h *zip.FileHeader) { h.Method = 93 }}, file("c", "1")}, lists: map[string]string{"c": "1"}, refused: map[string]string{"a": "zip: unsupported compression algorithm (99)", "b": "zip: unsupported compression algorithm (93)"}},
		"links, devices, pipes":         {entries: []zipEntry{{name: "a", content: "b/c", mode: fs.ModeSymlink | 0o777}, {name: "b", content: "1", mode: fs.ModeDevice | 0o666}, {name: "c", mode: fs.ModeNamedPipe | 0o666}}, lists: map[string]string{"a": "b/c", "b": "1", "c": ""}},
		"a name of the greatest length": {entries: []zipEntry{file(strings.Repeat("d/", 100)+strings.Repeat("n", maxName-200), "1")}, lists: greatest()},
	} {
		t.Run(name, func(t *testing.T) {
			archive, err := openBytes(t, zipOf(t, test.entries...))
			require.NoError(t, err)
			if test.lists == nil {
				test.lists = map[string]string{}
			}
			require.Equal(t, test.lists, contents(t, archive))
			var expected []string
			for name := range test.lists {
				expected = append(expected, strings.TrimSuffix(name, "/"))
			}
			require.NoError(t, fstest.TestFS(archive, expected...))

			for _, e := range test.entries { // also by the name in the archive, if it is one that may be opened
				if _, refused := test.refused[e.name]; !refused && fs.ValidPath(e.name) && e.lie == nil {
					opened, err := archive.Open(e.name)
					require.NoError(t, err)
					require.NoError(t, opened.Close())
				}
			}
			refused := make(map[string]string)
			for _, entry := range archive.Refused() {
				requireFault(t, entry.Err)
				_, reason, ok := strings.Cut(entry.Err.Error(), fmt.Sprintf("gitlabci: read artifacts: cannot decode the answer: %.256q: ", entry.Name))
				require.True(t, ok, entry.Err.Error())
				refused[entry.Name] = reason
				if _, isDirectory := test.lists[strings.TrimSuffix(entry.Name, "/")+"/"]; isDirectory {
					continue
				}
				_, err := archive.Open(entry.Name)
				if _, slash := test.lists[entry.Name]; slash {
					require.NoError(t, err)
					continue
				}
				requireFault(t, err)
				require.Regexp(t, "it is encrypted|"+regexp.QuoteMeta(reason), err.Error()) // the one or the other where there are two of a name
				require.ErrorAs(t, err, new(*fs.PathError))
			}
			if test.refused == nil {
				test.refused = map[string]string{}
			}
			require.Equal(t, test.refused, refused)
		})
	}
}

// greatest lists a path as deep and as long as one may be.
func greatest() map[string]string {
	all := make(map[string]string)
	for i := range 100 {
		all[strings.Repeat("d/", i+1)] = ""
	}
	all[strings.Repeat("d/", 100)+strings.Repeat("n", maxName-200)] = "1"
	return all
}

func TestCodePage437(t *testing.T) {
	require.Len(t, cp437, 128)
	require.Equal(t, "Ärger/ÅÉæ ½ ░▒▓ ╬ αß±", fromCP437("\x8erger/\x8f\x90\x91 \xab \xb0\xb1\xb2 \xce \xe0\xe1\xf1"))
}

// A method of compression is known once a program has taught it to package zip.
func TestArchiveOfARegisteredMethod(t *testing.T) {
	const method = 0xc1c1
	b := zipOf(t, zipEntry{name: "a", content: "packed", stored: true, lie: func(h *zip.FileHeader) { h.Method = method }})
	archive, err := openBytes(t, b)
	require.NoError(t, err)
	_, err = archive.Open("a")
	requireFault(t, err)
	require.ErrorIs(t, err, zip.ErrAlgorithm)
	zip.RegisterDecompressor(method, io.NopCloser)
	archive, err = openBytes(t, b)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "packed"}, contents(t, archive))
}

// manyNames are as many entries as an archive may have, made so that each step of the index has much to do.
func manyNames() map[string][]*zip.File {
	of := func(name func(i int) string) []*zip.File {
		files := make([]*zip.File, maxEntries)
		for i := range files {
			files[i] = &zip.File{FileHeader: zip.FileHeader{Name: name(i), CreatorVersion: 3 << 8, ExternalAttrs: 0o100644 << 16}}
		}
		return files
	}
	deep := strings.Repeat("d/", maxDepth-1)
	return map[string][]*zip.File{
		"in one directory":   of(func(i int) string { return fmt.Sprintf("node_modules/package/file-%d.js", i) }),
		"deep":               of(func(i int) string { return deep + fmt.Sprint("f", i) }),
		"deep, apart":        of(func(i int) string { return fmt.Sprint(i/1000, "/") + deep[:len(deep)-4] + fmt.Sprint("f", i) }),
		"backslashes":        of(func(i int) string { return strings.Repeat(`\`, 50) + fmt.Sprint(i) }),
		"the same":           of(func(int) string { return "a" }),
		"refused":            of(func(i int) string { return fmt.Sprint("/", i) }),
		"files, then in one": of(func(i int) string { return strings.Repeat("a/", i%100) + "a" }),
		"a directory each":   of(func(i int) string { return fmt.Sprint(i, "/f") }),
		"dots":               of(func(i int) string { return strings.Repeat("./", 150) + fmt.Sprint(i) }),
	}
}

func TestArchiveOfManyNames(t *testing.T) {
	many := manyNames()
	for _, name := range []string{"in one directory", "deep, apart", "a directory each", "refused", "the same"} {
		x, err := newIndex(many[name])
		require.NoError(t, err, name)
		files := 0
		for _, e := range x.entries {
			if !e.dir && e.refused == nil {
				files++
			}
		}
		require.Equal(t, maxEntries, files+len(x.refused), name)
		_, err = newIndex(append(many[name], many[name][0]))
		require.ErrorIs(t, err, errEntries)
	}
}

func BenchmarkArchiveIndex(b *testing.B) {
	many := manyNames()
	for name, files := range many {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := newIndex(files); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzArchiveNames makes a tree of any names whatever, and of whatever is said of them.
func FuzzArchiveNames(f *testing.F) {
	for _, names := range []string{"a b", "a a/b", "./a a", "d/ d//", `a\b a/b`, "../x /x", "a\xff \x81", "a\n \x1b", "d d/ d/a", "a/. .", "＼ \\"} {
		f.Add(names, uint16(0), uint32(0), uint16(8), uint64(1), uint16(3))
		f.Add(names, uint16(flagUTF8), uint32(0o040755<<16), uint16(0), uint64(0), uint16(0))
	}
	f.Add("link link/a", uint16(flagEncrypted), uint32(0o120777<<16), uint16(99), uint64(5), uint16(19))
	f.Fuzz(func(t *testing.T, names string, flags uint16, attributes uint32, method uint16, size uint64, creator uint16) {
		var files []*zip.File
		for i, name := range strings.Split(names, " ") {
			h := zip.FileHeader{Name: name, CreatorVersion: 3 << 8}
			if i == 0 || size%2 == 1 {
				h.Flags, h.ExternalAttrs, h.Method, h.UncompressedSize64, h.CreatorVersion = flags, attributes, method, size, creator<<8
			}
			files = append(files, &zip.File{FileHeader: h})
		}
		x, err := newIndex(files)
		if err != nil {
			return
		}
		archive := &Archive{index: x}
		seen := make(map[string]bool)
		require.NoError(t, fs.WalkDir(archive, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !fs.ValidPath(name) || seen[name] || strings.Contains(name, `\`) || strings.ContainsFunc(name, unicode.IsControl) {
				t.Errorf("%q is listed", name)
			}
			seen[name] = true
			info, err := archive.Stat(name)
			if err != nil || info.Name() != d.Name() || info.IsDir() != d.IsDir() || info.Mode().Type() != d.Type() || info.Size() < 0 {
				t.Errorf("%q is %v, and was listed as %v: %v", name, info, d, err)
			}
			return nil
		}))
		for _, file := range files {
			refused := slices.ContainsFunc(x.refused, func(r refusal) bool { return r.name == file.Name })
			clean, _, err := nameOf(file)
			if !refused && (err != nil || !seen[listed(clean)]) {
				t.Errorf("%q is neither listed nor refused", file.Name)
			}
		}
	})
}
