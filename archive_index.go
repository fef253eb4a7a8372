package gitlabci

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	pathpkg "path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxName  = 4096 // bytes of the path of a file in an archive
	maxDepth = 100  // directories above a file in an archive
)

// Why an entry of an archive is left out.
var (
	errNotUTF8   = errors.New("the name is said to be UTF-8, and is not")
	errControl   = errors.New("the name has control characters")
	errElsewhere = errors.New("the name is none of a file in the directory")
	errTwice     = errors.New("the name stands twice")
	errBoth      = errors.New("the name is that of a file and of a directory")
	errFull      = errors.New("it is a directory, and has content")
	errKind      = errors.New("it is neither a file nor a directory")
	errEncrypted = errors.New("it is encrypted")
)

// index is what an archive holds, in the order in which it is asked for.
type index struct {
	entries map[string]*entry // by path, the root and the directories that the archive does not name among them
	named   []*entry          // what the archive names, in its order
	refused []refusal         // what is left out, by name
}

type refusal struct {
	name   string // as the archive has it
	reason error
}

// entry is a file or a directory of an archive. It describes itself, as fs.FileInfo and as fs.DirEntry.
type entry struct {
	path     string    // in the file system
	name     string    // the same, where the archive names it, with the backslashes that it may have
	file     *zip.File // what the archive says of it; nil for a directory that it does not name
	dir      bool
	refused  error    // why it is left out, if it is no directory
	children []*entry // of a directory, by name
}

// newIndex makes a tree of the names in an archive, directories that are not named themselves among them. What is no name, or none of a
// file that could be read, is left out, and the rest is there: archives are made by many programs. An archive whose tree is too large is
// an error.
func newIndex(files []*zip.File) (*index, error) {
	if len(files) > maxEntries {
		return nil, errEntries
	}
	x := &index{entries: make(map[string]*entry, len(files)+1), named: make([]*entry, 0, len(files))}
	x.entries["."] = &entry{path: ".", dir: true}
	methods := map[uint16]bool{zip.Store: true, zip.Deflate: true}
	for _, file := range files {
		name, dir, err := nameOf(file)
		if max(len(name), len(file.Name)) > maxName || strings.Count(name, "/") > maxDepth {
			return nil, fmt.Errorf("the path %.64q... is longer than %d bytes or %d directories", file.Name, maxName, maxDepth)
		}
		if err != nil {
			x.refuse(file, err)
			continue
		}
		x.add(newEntry(file, name, dir, methods))
		if len(x.entries)-1-len(x.named) > maxEntries {
			return nil, errEntries
		}
	}
	for name, e := range x.entries {
		if name != "." && (e.dir || e.refused == nil) {
			parent := x.entries[parentOf(name)]
			parent.children = append(parent.children, e)
		}
	}
	for _, e := range x.entries {
		slices.SortFunc(e.children, func(a, b *entry) int { return strings.Compare(a.path, b.path) })
	}
	slices.SortStableFunc(x.refused, func(a, b refusal) int { return strings.Compare(a.name, b.name) })
	return x, nil
}

func parentOf(name string) string {
	i := strings.LastIndexByte(name, '/')
	if i > 0 {
		return name[:i]
	}
	return "."
}

func (x *index) refuse(file *zip.File, reason error) {
	x.refused = append(x.refused, refusal{file.Name, reason})
}

// add puts an entry in its place. Where a file and a directory have one name, the directory is kept for what is in it; of two files
// neither is, since nothing tells which of them is meant.
func (x *index) add(e *entry) {
	if e.refused != nil {
		x.refuse(e.file, e.refused)
	}
	was := x.entries[e.path]
	switch {
	case was == nil:
		x.entries[e.path] = e
		x.named = append(x.named, e)
		for name := parentOf(e.path); name != "."; name = parentOf(name) {
			above := x.entries[name]
			if above != nil {
				x.becomesDirectory(above)
				break // all that is above it is there
			}
			x.entries[name] = &entry{path: name, dir: true}
		}
	case was.dir && e.dir:
		was.file = cmp.Or(was.file, e.file)
	case was.dir:
		x.becomesDirectory(e)
	case e.dir:
		x.becomesDirectory(was)
	default:
		for _, e := range []*entry{was, e} {
			if e.refused == nil {
				e.refused = errTwice
				x.refuse(e.file, errTwice)
			}
		}
	}
}

// becomesDirectory makes a directory of what has the name of one. Some programs name directories as if they were empty files.
func (x *index) becomesDirectory(e *entry) {
	if e.dir {
		return
	}
	if e.refused == nil && (e.file.UncompressedSize64 > 0 || !e.file.Mode().IsRegular()) {
		x.refuse(e.file, errBoth)
	}
	e.dir, e.refused = true, nil
}

const (
	flagEncrypted = 1 << 0
	flagUTF8      = 1 << 11
)

// newEntry tells what an entry is, and why it cannot be read if it cannot. It learns of methods of compression.
func newEntry(file *zip.File, name string, dir bool, methods map[uint16]bool) *entry {
	kind := file.Mode().Type()
	e := &entry{path: listed(name), name: name, file: file, dir: dir || kind == fs.ModeDir}
	known, asked := methods[file.Method]
	if !asked && !e.dir {
		known = unpacks(file.Method)
		methods[file.Method] = known
	}
	switch {
	case kind&fs.ModeDir != 0 && kind != fs.ModeDir:
		e.dir, e.refused = false, errKind
	case e.dir && file.UncompressedSize64 > 0:
		e.dir, e.refused = false, errFull
	case e.dir:
	case file.Flags&flagEncrypted != 0:
		e.refused = errEncrypted
	case !known:
		e.refused = fmt.Errorf("%w (%d)", zip.ErrAlgorithm, file.Method)
	}
	return e
}

// unpacks reports whether package zip unpacks what a method of compression has packed, as a program may have taught it.
func unpacks(method uint16) bool {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.CreateRaw(&zip.FileHeader{Name: "empty", Method: method}); err != nil || w.Close() != nil {
		return false
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		return false
	}
	empty, err := r.File[0].Open()
	if err == nil {
		empty.Close()
	}
	return err == nil
}

// nameOf returns the path of an entry, and whether it can only be that of a directory.
func nameOf(file *zip.File) (name string, dir bool, err error) {
	name, err = decodeText(file, file.Name)
	if err != nil {
		return "", false, err
	}
	switch file.CreatorVersion >> 8 {
	case 0, 6, 10, 11, 14: // FAT, HPFS, and NTFS and VFAT by two numbers each
		if !strings.Contains(name, "/") { // else it is a program elsewhere that says nothing of where it ran
			name = strings.ReplaceAll(name, `\`, "/")
		}
	}
	if strings.HasPrefix(name, "/") || name == "" || climbs(name) {
		return "", false, errElsewhere
	}
	clean := pathpkg.Clean(name)
	return clean, clean == "." || strings.HasSuffix(name, "/") || strings.HasSuffix(name, "/."), nil
}

// climbs reports whether a path has a part that leads upwards.
func climbs(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// decodeText returns a name in an archive, or the path that a link leads to, as UTF-8. What is not said to be UTF-8 is so anyway on most
// systems; else it is in the characters of the first of them.
func decodeText(file *zip.File, text string) (string, error) {
	if !utf8.ValidString(text) {
		if file.Flags&flagUTF8 != 0 {
			return "", errNotUTF8
		}
		text = fromCP437(text)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", errControl
	}
	return text, nil
}

// cp437 are the characters from 0x80 on of the code page that archives are in which do not say otherwise.
var cp437 = []rune("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»" +
	"░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0")

func fromCP437(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c < utf8.RuneSelf {
			b.WriteByte(c)
		} else {
			b.WriteRune(cp437[c-utf8.RuneSelf])
		}
	}
	return b.String()
}

// listed returns a name as the file system has it: without backslashes, which Go's file systems are not to list, since elsewhere they
// separate directories (testing/fstest finds them). The character in their place looks like them.
func listed(name string) string { return strings.ReplaceAll(name, `\`, `＼`) }

// find returns what has a name.
func (x *index) find(op, name string) (*entry, error) {
	e := x.entries[listed(name)]
	if !fs.ValidPath(name) {
		e = nil
	}
	if e != nil && (e.dir || e.refused == nil) {
		return e, nil
	}
	if e != nil {
		return nil, fault(op, name, e.refused)
	}
	if i, ok := slices.BinarySearchFunc(x.refused, name, func(r refusal, name string) int { return strings.Compare(r.name, name) }); ok {
		return nil, fault(op, name, x.refused[i].reason)
	}
	err := fs.ErrNotExist
	if !fs.ValidPath(name) {
		err = fs.ErrInvalid
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: err}
}

func (e *entry) Name() string               { return pathpkg.Base(e.path) }
func (e *entry) IsDir() bool                { return e.dir }
func (e *entry) Type() fs.FileMode          { return e.Mode().Type() }
func (e *entry) Info() (fs.FileInfo, error) { return e, nil }
func (e *entry) String() string             { return fs.FormatDirEntry(e) }

func (e *entry) Mode() fs.FileMode {
	if e.dir {
		return fs.ModeDir | 0o555
	}
	return e.file.Mode()
}

func (e *entry) Size() int64 {
	if e.dir {
		return 0
	}
	return int64(min(e.file.UncompressedSize64, math.MaxInt64))
}

func (e *entry) ModTime() time.Time {
	if e.file == nil {
		return time.Time{}
	}
	return e.file.Modified.UTC()
}

// Sys returns the *zip.FileHeader.
func (e *entry) Sys() any {
	if e.file == nil {
		return nil
	}
	return &e.file.FileHeader
}
