package gitlabci

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An entry of an archive, as it is and as it says to be.
type zipEntry struct {
	name    string
	content string
	mode    fs.FileMode
	stored  bool
	lie     func(*zip.FileHeader)
	at      int // the entry whose place in the archive it names, counted from 1; its own if 0
}

func zipOf(t testing.TB, entries ...zipEntry) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	offsets := []uint32{}
	for _, e := range entries {
		if strings.HasSuffix(e.name, "/") { // package zip writes no content of directories
			e.content, e.stored = "", true
		}
		packed := []byte(e.content)
		h := &zip.FileHeader{Name: e.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(packed), UncompressedSize64: uint64(len(packed))}
		if !e.stored {
			var b bytes.Buffer
			z, _ := flate.NewWriter(&b, flate.BestCompression)
			z.Write(packed)
			z.Close()
			h.Method, packed = zip.Deflate, b.Bytes()
		}
		h.CompressedSize64 = uint64(len(packed))
		if e.mode == 0 {
			e.mode = 0o644
		}
		h.SetMode(e.mode)
		if e.lie != nil {
			e.lie(h)
		}
		require.NoError(t, w.Flush())
		offsets = append(offsets, uint32(buffer.Len()))
		to, err := w.CreateRaw(h)
		require.NoError(t, err)
		if len(packed) > 0 {
			_, err = to.Write(packed)
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	b := buffer.Bytes()
	directory := b[max(0, bytes.Index(b, entrySignature)):]
	for i := range entries {
		if at := entries[i].at; at > 0 {
			binary.LittleEndian.PutUint32(directory[42:], offsets[at-1])
		}
		length := func(at int) int { return int(binary.LittleEndian.Uint16(directory[at:])) }
		directory = directory[46+length(28)+length(30)+length(32):]
	}
	return b
}

// onWindows is of entries that programs on Windows made.
func onWindows(h *zip.FileHeader) { h.CreatorVersion, h.ExternalAttrs = 0, 0 }

// saysUTF8 is of entries that say that their names are UTF-8.
func saysUTF8(h *zip.FileHeader) { h.Flags |= flagUTF8 }

type nopCloser struct{}

func (nopCloser) Close() error { return nil }

// openBytes opens an archive in memory.
func openBytes(t testing.TB, b []byte) (*Archive, error) {
	archive := &Archive{Size: int64(len(b)), cancel: func() {}, source: nopCloser{}}
	return archive, archive.read(t.Context(), bytes.NewReader(b))
}

// extractAll extracts an archive into a directory beside a file that must stay as it is.
func extractAll(t testing.TB, b []byte, o *ExtractOptions) (files map[string]string, err error) {
	t.Helper()
	around := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(around, "victim"), []byte("whole"), 0o666))
	dir := filepath.Join(around, "dir")
	archive, err := openBytes(t, b)
	if err == nil {
		err = archive.Extract(dir, o)
	}
	all := tree(t, around)
	require.Equal(t, "whole", all["victim"])
	delete(all, "victim")
	files = make(map[string]string)
	for name, content := range all {
		inside, ok := strings.CutPrefix(name, "dir")
		require.True(t, ok, "%q is outside", name)
		if inside = strings.TrimPrefix(inside, "/"); inside != "" {
			files[inside] = content
		}
	}
	return files, err
}

// tree returns all that is below a directory, directories with a slash at the end, links with an arrow.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if d.IsDir() {
			found[filepath.ToSlash(name)+"/"] = ""
			return nil
		}
		if d.Type() == fs.ModeSymlink {
			target, err := os.Readlink(path)
			found[filepath.ToSlash(name)] = "-> " + filepath.ToSlash(target)
			return err
		}
		require.True(t, d.Type().IsRegular(), "%s is %s", path, d.Type())
		content, err := os.ReadFile(path)
		found[filepath.ToSlash(name)] = string(content)
		return err
	}))
	return found
}

func TestExtract(t *testing.T) {
	zeros := strings.Repeat("\x00", 3<<20) // packed a thousand times
	files, err := extractAll(t, zipOf(t,
		zipEntry{name: "readme.md", content: "read me\n"},
		zipEntry{name: "empty"},
		zipEntry{name: "bin/run", content: "#!/bin/sh\n", mode: 0o4755 | fs.ModeSetuid, stored: true},
		zipEntry{name: "a/b/c/deep", content: "deep"},
		zipEntry{name: "a/b/", mode: fs.ModeDir | 0o700},
		zipEntry{name: "dir/", mode: fs.ModeDir | 0o700},
		zipEntry{name: "näme: with spaces and %41", content: "x"},
		zipEntry{name: "...", content: "dots"},
		zipEntry{name: "zeros", content: zeros},
	), &ExtractOptions{Ratio: 5000})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"readme.md": "read me\n", "empty": "", "bin/": "", "bin/run": "#!/bin/sh\n", "a/": "", "a/b/": "", "a/b/c/": "", "a/b/c/deep": "deep",
		"dir/": "", "näme: with spaces and %41": "x", "...": "dots", "zeros": zeros,
	}, files)

	files, err = extractAll(t, zipOf(t), nil)
	require.NoError(t, err)
	require.Empty(t, files)
}

func TestExtractModes(t *testing.T) {
	archive, err := openBytes(t, zipOf(t, zipEntry{name: "plain", mode: 0o600}, zipEntry{name: "run", mode: 0o755}, zipEntry{name: "all", mode: 0o777 | fs.ModeSticky}))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, archive.Extract(dir, nil))
	mode := func(path string) fs.FileMode {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.Mode()
	}
	like := filepath.Join(dir, "like")
	for name, perm := range map[string]fs.FileMode{"plain": 0o666, "run": 0o777, "all": 0o777} {
		require.NoError(t, os.WriteFile(like, nil, perm)) // within the same umask
		require.Equal(t, mode(like), mode(filepath.Join(dir, name)), name)
		require.NoError(t, os.Remove(like))
	}
}

// Names are written as the file system has them, but for backslashes.
func TestExtractNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it does not allow all of them")
	}
	utf8 := func(name string) zipEntry { return zipEntry{name: name, content: name} }
	files, err := extractAll(t, zipOf(t, zipEntry{name: "./"},
		utf8("./here"), utf8("a//b"), zipEntry{name: "a/c//"}, zipEntry{name: "a/c/"}, zipEntry{name: "a/./d/."}, zipEntry{name: "e"}, utf8("e/f"), zipEntry{name: "g", mode: fs.ModeDir | 0o755},
		utf8(`bin\`), utf8(`units/dev-disk-by\x2dlabel.mount`), utf8(`\x2esnapshots.mount`), utf8("1:2.txt"), utf8("logs/1:2.txt"), utf8("C:/x"), utf8("c:x"),
		zipEntry{name: "na\x8bve", content: "437"}, zipEntry{name: `dos\read.me`, content: "windows", lie: onWindows}, zipEntry{name: `dos\sub\`, lie: onWindows},
	), nil)
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"here": "./here", "a/": "", "a/b": "a//b", "a/c/": "", "a/d/": "", "e/": "", "e/f": "e/f", "g/": "",
		`bin\`: `bin\`, "units/": "", `units/dev-disk-by\x2dlabel.mount`: `units/dev-disk-by\x2dlabel.mount`, `\x2esnapshots.mount`: `\x2esnapshots.mount`,
		"1:2.txt": "1:2.txt", "logs/": "", "logs/1:2.txt": "logs/1:2.txt", "C:/": "", "C:/x": "C:/x", "c:x": "c:x", "naïve": "437", "dos/": "", "dos/read.me": "windows", "dos/sub/": "",
	}, files)
}

// makePipe makes a named pipe, where there are any.
var makePipe func(path string) error

func TestExtractReplaces(t *testing.T) {
	if makePipe == nil {
		t.Skip("no links, no pipes")
	}
	outside := t.TempDir()
	victim := filepath.Join(outside, "victim")
	require.NoError(t, os.WriteFile(victim, []byte("whole"), 0o666))
	newArchive := func(names ...string) *Archive {
		var entries []zipEntry
		for _, name := range names {
			entries = append(entries, zipEntry{name: name, content: "new " + name})
		}
		archive, err := openBytes(t, zipOf(t, entries...))
		require.NoError(t, err)
		return archive
	}
	there := map[string]func(path string) error{
		"pipe":          makePipe,
		"file":          func(path string) error { return os.WriteFile(path, []byte("old and longer than the new"), 0o666) },
		"read only":     func(path string) error { return os.WriteFile(path, []byte("old"), 0o444) },
		"link":          func(path string) error { return os.Symlink(victim, path) },
		"climbing link": func(path string) error { return os.Symlink("../../../../../../../../"+victim, path) },
		"dangling link": func(path string) error { return os.Symlink(filepath.Join(outside, "new"), path) },
		"hard link":     func(path string) error { return os.Link(victim, path) },
	}
	dir := t.TempDir()
	for name, put := range there {
		require.NoError(t, put(filepath.Join(dir, name)))
	}
	names := slices.Sorted(maps.Keys(there))
	require.NoError(t, newArchive(names...).Extract(dir, nil))
	for name, content := range tree(t, dir) {
		require.Equal(t, "new "+name, content)
	}
	require.Equal(t, map[string]string{"victim": "whole"}, tree(t, outside))

	// A link to a directory elsewhere leads nowhere, one within is as good as a directory.
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "elsewhere")))
	err := newArchive("elsewhere/victim").Extract(dir, nil)
	require.ErrorContains(t, err, `gitlabci: extract artifacts: "elsewhere/victim": `)
	require.ErrorIs(t, err, ErrArtifactsGet)
	require.NotErrorIs(t, err, ErrDecode)
	require.Error(t, newArchive("elsewhere/sub/new").Extract(dir, nil))
	require.Equal(t, map[string]string{"victim": "whole"}, tree(t, outside))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "within"), 0o777))
	require.NoError(t, os.Symlink("within", filepath.Join(dir, "link to within")))
	require.NoError(t, newArchive("link to within/new").Extract(dir, nil))
	require.FileExists(t, filepath.Join(dir, "within", "new"))

	// A directory is not replaced by a file, nor a file by a directory.
	for _, name := range []string{"within", "file/below"} {
		err := newArchive(name).Extract(dir, nil)
		require.ErrorIs(t, err, ErrArtifactsGet)
		require.NotErrorIs(t, err, ErrDecode)
	}
	require.FileExists(t, filepath.Join(dir, "within", "new"))

	// The directory itself may be a link, and may not be a file.
	linked := filepath.Join(t.TempDir(), "linked")
	require.NoError(t, os.Symlink(dir, linked))
	require.NoError(t, newArchive("through").Extract(linked, nil))
	require.FileExists(t, filepath.Join(dir, "through"))
	require.Error(t, newArchive("x").Extract(victim, nil))
	require.Error(t, newArchive("x").Extract("", nil))
}

func TestExtractRefusesBeforeItWrites(t *testing.T) {
	names := func(names ...string) []byte {
		entries := []zipEntry{{name: "first", content: "good"}}
		for _, name := range names {
			entries = append(entries, zipEntry{name: name, content: name})
		}
		return zipOf(t, entries...)
	}
	mode := func(mode fs.FileMode) []byte {
		return zipOf(t, zipEntry{name: "first"}, zipEntry{name: "link", content: "victim", mode: mode})
	}
	lie := func(change func(*zip.FileHeader)) []byte {
		return zipOf(t, zipEntry{name: "first"}, zipEntry{name: "liar", content: "content", lie: change})
	}
	const elsewhere, twice, kind, shared = "is none of a file in the directory", "stands twice", "is neither a file nor a directory", "share bytes"
	const control, both, full = "has control characters", "is that of a file and of a directory", "is a directory, and has content"
	for name, test := range map[string]struct {
		archive []byte
		says    string
		limits  *ExtractOptions
	}{
		"climbing":                   {archive: names("../victim"), says: elsewhere},
		"climbing later":             {archive: names("a/../../victim"), says: elsewhere},
		"climbing and back":          {archive: names("a/../b"), says: elsewhere},
		"the directory above":        {archive: names(".."), says: elsewhere},
		"no name":                    {archive: names(""), says: elsewhere},
		"a slash":                    {archive: names("/"), says: elsewhere},
		"slashes":                    {archive: names("//"), says: elsewhere},
		"absolute":                   {archive: names("/etc/passwd"), says: elsewhere},
		"backslashes":                {archive: names(`..\victim`), says: elsewhere},
		"backslashes later":          {archive: names(`a/b\..\..\..\victim`), says: elsewhere},
		"backslashes of Windows":     {archive: zipOf(t, zipEntry{name: `a\..\..\victim`, lie: onWindows}), says: elsewhere},
		"a backslash of Windows":     {archive: zipOf(t, zipEntry{name: `\victim`, lie: onWindows}), says: elsewhere},
		"a NUL":                      {archive: names("a\x00b"), says: control},
		"a line break":               {archive: names("a\nb"), says: control},
		"an escape sequence":         {archive: names("a/\x1b[2J"), says: control},
		"a delete":                   {archive: names("a\x7f"), says: control},
		"a control character, wide":  {archive: names("a\u0085"), says: control},
		"no UTF-8":                   {archive: zipOf(t, zipEntry{name: "a\xff", lie: saysUTF8}), says: "is said to be UTF-8"},
		"twice":                      {archive: names("a", "a"), says: twice},
		"twice when cleaned":         {archive: names("a", "./a"), says: twice},
		"twice when decoded":         {archive: names("\x81", "ü"), says: twice},
		"a directory, then a file":   {archive: names("a/", "a"), says: both},
		"a file, then a directory":   {archive: names("a", "a/"), says: both},
		"a file, then one below":     {archive: names("a/b", "a/b/c/d"), says: both},
		"one below, then the file":   {archive: names("a/b/c", "a/b"), says: both},
		"a link, then a file below":  {archive: zipOf(t, zipEntry{name: "link", content: "..", mode: fs.ModeSymlink | 0o777}, zipEntry{name: "link/x"}), limits: &ExtractOptions{Links: MakeLinks}, says: both},
		"a file, then the link":      {archive: zipOf(t, zipEntry{name: "link/x"}, zipEntry{name: "link", mode: fs.ModeSymlink | 0o777}), limits: &ExtractOptions{Links: MakeLinks}, says: both},
		"the directory, full":        {archive: names("."), says: full},
		"a directory, a/., full":     {archive: names("a/."), says: full},
		"a directory with content":   {archive: zipOf(t, zipEntry{name: "a", content: "x", mode: fs.ModeDir | 0o755}), says: full},
		"an encrypted file":          {archive: lie(func(h *zip.FileHeader) { h.Flags |= flagEncrypted }), says: `"liar": it is encrypted`},
		"an unknown method":          {archive: lie(func(h *zip.FileHeader) { h.Method = 99 }), says: `"liar": zip: unsupported compression algorithm (99)`},
		"a link":                     {archive: mode(fs.ModeSymlink | 0o777), says: `"link": it is a link`},
		"a link to a directory":      {archive: zipOf(t, zipEntry{name: "link/", content: "..", mode: fs.ModeSymlink | fs.ModeDir | 0o777, lie: func(h *zip.FileHeader) { h.ExternalAttrs = 0o120777 << 16 }}), says: kind},
		"a device":                   {archive: mode(fs.ModeDevice | 0o666), says: kind},
		"a character device":         {archive: mode(fs.ModeDevice | fs.ModeCharDevice | 0o666), says: kind},
		"a pipe":                     {archive: mode(fs.ModeNamedPipe | 0o666), says: kind},
		"a socket":                   {archive: mode(fs.ModeSocket | 0o666), says: kind},
		"more files than allowed":    {archive: names("a", "b", "c"), limits: &ExtractOptions{Files: 3}, says: "more than 3 files and directories"},
		"more directories":           {archive: names("a/b/c"), limits: &ExtractOptions{Files: 3}, says: "more than 3 files and directories"},
		"more bytes than allowed":    {archive: names("123", "456"), limits: &ExtractOptions{Bytes: 9}, says: "more than 9 bytes"},
		"more bytes than by default": {archive: lie(func(h *zip.FileHeader) { h.UncompressedSize64 = 11 << 30 }), says: "more than 10737418240 bytes"},
		"more bytes than there are":  {archive: lie(func(h *zip.FileHeader) { h.UncompressedSize64 = 1<<64 - 1 }), says: "more than 10737418240 bytes"},
		"more than fits":             {archive: lie(func(h *zip.FileHeader) { h.CompressedSize64 = 1000 }), says: shared},
		"more than fits anywhere":    {archive: lie(func(h *zip.FileHeader) { h.CompressedSize64 = 1<<64 - 1 }), says: shared},
		"a shared kernel":            {archive: zipOf(t, zipEntry{name: "a", content: strings.Repeat("x", 500), stored: true}, zipEntry{name: "b", content: strings.Repeat("x", 500), stored: true, at: 1}, zipEntry{name: "c", lie: func(h *zip.FileHeader) { h.CompressedSize64 = 500 }, at: 1}), says: shared},
	} {
		t.Run(name, func(t *testing.T) {
			files, err := extractAll(t, test.archive, test.limits)
			require.Empty(t, files)
			requireRefused(t, err, test.says)
		})
	}
}

func requireRefused(t testing.TB, err error, says string) {
	t.Helper()
	require.ErrorContains(t, err, says)
	require.ErrorContains(t, err, "gitlabci: extract artifacts: ")
	require.NotContains(t, err.Error(), "\n")
	require.ErrorIs(t, err, ErrDecode)
	require.ErrorIs(t, err, ErrArtifactsGet)
	require.ErrorAs(t, err, new(*Error))
	require.Equal(t, 1, strings.Count(err.Error(), "cannot decode the answer"), err.Error())
}

func TestExtractRefusesWhatItComesTo(t *testing.T) {
	zeros := strings.Repeat("\x00", 3<<20)
	good := zipEntry{name: "first", content: "good"}
	broken := func(change func(b []byte)) []byte {
		b := zipOf(t, good, zipEntry{name: "second", content: strings.Repeat("0123456789abcdef", 100), stored: true})
		change(b)
		return b
	}
	for name, test := range map[string]struct {
		archive []byte
		says    string
		limits  *ExtractOptions
	}{
		"a bomb":                  {archive: zipOf(t, good, zipEntry{name: "bomb", content: zeros}), says: "it is packed more than 200 times"},
		"a bomb of its own limit": {archive: zipOf(t, good, zipEntry{name: "bomb", content: zeros[:2<<20] + string(noise(100_000))}), limits: &ExtractOptions{Ratio: 5}, says: "it is packed more than 5 times"},
		"a bomb that says less":   {archive: zipOf(t, good, zipEntry{name: "bomb", content: zeros, lie: func(h *zip.FileHeader) { h.UncompressedSize64 = 100 }}), says: "not a valid zip file"},
		"a wrong checksum":        {archive: zipOf(t, good, zipEntry{name: "wrong", content: "content", lie: func(h *zip.FileHeader) { h.CRC32 ^= 1 }}), says: "checksum error"},
		"more than there is":      {archive: zipOf(t, good, zipEntry{name: "short", content: "content", lie: func(h *zip.FileHeader) { h.UncompressedSize64 = 1000 }}), says: "unexpected EOF"},
		"no deflate":              {archive: zipOf(t, good, zipEntry{name: "odd", content: strings.Repeat("\xff", 100), stored: true, lie: func(h *zip.FileHeader) { h.Method = zip.Deflate }}), says: "corrupt input"},
		"the same bytes":          {archive: zipOf(t, good, zipEntry{name: "copy", content: "good", at: 1}), says: "share bytes"},
		"bytes of the next":       {archive: zipOf(t, good, zipEntry{name: "over", content: string(noise(1000)), stored: true, lie: func(h *zip.FileHeader) { h.CompressedSize64 = 1010 }}, zipEntry{name: "next", content: "1234567890"}, zipEntry{name: "room", content: string(noise(1000))}), says: "not a valid zip file"},
		"no header before it": {archive: broken(func(b []byte) {
			copy(b[bytes.LastIndex(b, []byte("PK\x03\x04")):], "XXXX")
		}), says: "not a valid zip file"},
	} {
		t.Run(name, func(t *testing.T) {
			files, err := extractAll(t, test.archive, test.limits)
			requireRefused(t, err, test.says)
			for name := range files {
				require.Contains(t, []string{"first", "over"}, name, "what cannot be written whole is taken away")
			}
			require.Equal(t, "good", files["first"])
		})
	}
	// The limits are those of what comes, whatever is said of it.
	x := extraction{options: (&ExtractOptions{Bytes: 10}).orDefaults(), size: 1 << 20}
	file := &limitedFile{io.NopCloser(strings.NewReader("0123456789X")), &x, &zip.File{}, 0}
	_, err := io.ReadAll(file)
	require.ErrorIs(t, err, ErrDecode)
	require.ErrorContains(t, err, "more than 10 bytes")
}

// noise returns bytes that cannot be packed.
func noise(n int) []byte {
	b := make([]byte, n)
	word := uint32(n)
	for i := range b {
		word = word*1664525 + 1013904223
		b[i] = byte(word >> 24)
	}
	return b
}

// Files that lie one within the other, each with the headers of those behind it quoted in its data: a few kilobytes would become as many
// gigabytes as one likes.
func TestExtractRefusesOverlappingFiles(t *testing.T) {
	inner := zipOf(t, zipEntry{name: "inner", content: "kernel", stored: true})
	end := bytes.Index(inner, entrySignature)
	quoted := string(inner[:end]) // its header and its data
	b := zipOf(t, zipEntry{name: "outer", content: quoted + strings.Repeat(" ", 200), stored: true}, zipEntry{name: "inner", content: "kernel", stored: true})
	at := bytes.Index(b, []byte(quoted))
	directory := b[bytes.Index(b, entrySignature):]
	second := directory[46+len("outer"):]
	second = second[bytes.Index(second, entrySignature):]
	binary.LittleEndian.PutUint32(second[42:], uint32(at))
	files, err := extractAll(t, b, nil)
	requireRefused(t, err, `"inner": `)
	requireRefused(t, err, "share bytes")
	require.NotContains(t, files, "inner")
}

// Some archives have lost their beginning, and what is said of where files lie is wrong.
func TestExtractOfDamagedArchives(t *testing.T) {
	whole := zipOf(t, zipEntry{name: "a", content: string(noise(3000))}, zipEntry{name: "b", content: strings.Repeat("text ", 500)}, zipEntry{name: "c/d", content: "end"})
	for i := range len(whole) {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x55
		for _, b := range [][]byte{damaged, whole[i:], whole[:i]} {
			archive, err := openBytes(t, b)
			if err != nil {
				require.ErrorIs(t, err, ErrDecode)
				continue
			}
			if i%97 == 0 { // the disk is slow
				err = archive.Extract(filepath.Join(t.TempDir(), "dir"), nil)
			}
			require.True(t, err == nil || errors.Is(err, ErrDecode), "byte %d: %v", i, err)
		}
	}
}

func FuzzExtractNames(f *testing.F) {
	for _, names := range [][2]string{{"a", "b"}, {"a", "a/b"}, {"../x", "x"}, {`..\x`, "C:x"}, {"/x", "./x"}, {"a/../../x", "dir/"}, {"a\x00b", "a\nb"}, {"../victim", "dir/../../victim"}, {"CON", "a:b"}, {"ä", "\xff"}} {
		f.Add(names[0], names[1], uint32(0o644))
	}
	f.Add("link", "link/x", uint32(fs.ModeSymlink|0o777))
	f.Fuzz(func(t *testing.T, first, second string, mode uint32) {
		if len(first) > 1<<16-1 || len(second) > 1<<16-1 {
			return
		}
		b := zipOf(t, zipEntry{name: first, content: "1", mode: fs.FileMode(mode)}, zipEntry{name: second, content: "2"})
		files, err := extractAll(t, b, nil)
		if err != nil {
			require.ErrorAs(t, &Error{Err: err}, new(*Error))
			return
		}
		archive, _ := openBytes(t, b)
		for _, e := range archive.index.named {
			content, ok := files[e.name+"/"]
			if !e.dir {
				content, ok = files[e.name]
			}
			require.True(t, ok && len(content) == int(e.Size()), "%q of %q", e.name, files)
		}
	})
}

func FuzzExtract(f *testing.F) {
	f.Add(zipOf(f))
	f.Add(zipOf(f, zipEntry{name: "a", content: "content"}, zipEntry{name: "b/c", content: strings.Repeat("x", 1000), mode: 0o755}, zipEntry{name: "d/", mode: fs.ModeDir | 0o755}))
	f.Add(zipOf(f, zipEntry{name: "a", content: "1", stored: true}, zipEntry{name: "b", content: "2", at: 1}))
	f.Add(zipOf(f, zipEntry{name: "zeros", content: strings.Repeat("\x00", 1<<20)}))
	f.Add(zipOf(f, zipEntry{name: "link", content: "../victim", mode: fs.ModeSymlink | 0o777}, zipEntry{name: "link/x"}))
	f.Add(zipOf(f, zipEntry{name: "large", lie: func(h *zip.FileHeader) { h.UncompressedSize64, h.CompressedSize64 = 1<<40, 1<<40 }}))
	limits := &ExtractOptions{Files: 50, Bytes: 1 << 20, Ratio: 100}
	f.Fuzz(func(t *testing.T, b []byte) {
		if archive, err := openBytes(t, b); err == nil {
			fs.WalkDir(archive, ".", func(string, fs.DirEntry, error) error { return nil })
		}
		files, err := extractAll(t, b, limits)
		total := 0
		for _, content := range files {
			total += len(content)
		}
		require.LessOrEqual(t, total, 1<<20)
		require.LessOrEqual(t, len(files), 50)
		if err != nil && !errors.Is(err, ErrDecode) { // the disk would not have it
			require.True(t, errors.As(err, new(*fs.PathError)) || errors.As(err, new(*os.LinkError)), "%v", err)
		}
	})
}
