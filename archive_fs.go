package gitlabci

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

var (
	_ fs.StatFS     = (*Archive)(nil)
	_ fs.ReadFileFS = (*Archive)(nil)
)

// Open opens a file or directory of the archive. Names are those of [fs.ValidPath].
//
// Names that are not UTF-8, and do not say that they are, are taken to be in code page 437, as the format has it. A leading "./" and
// doubled slashes are dropped, and a directory that is named several times, or without its slash, is one directory. Where an archive was
// made on Windows with backslashes between directories, they are slashes. Everywhere else a backslash is a character of the name: it is
// listed as "＼" (U+FF3C), since Go's file systems list none, and the file opens by either name. A symbolic link is listed as such; what
// is read of it is the path that it leads to.
//
// The errors are of type [*fs.PathError]. They match [fs.ErrNotExist] where nothing has the name, and otherwise
// [ErrArtifactsGet], and [ErrDecode] where it is the archive that is at fault, be it that the entry was refused (see
// [Archive.Refused]), or that its content is not what it should be, down to its checksum.
func (a *Archive) Open(name string) (fs.File, error) {
	e, err := a.index.find("open", name)
	if err != nil {
		return nil, err
	}
	if e.dir {
		return &openDirectory{entry: e, name: name}, nil
	}
	content, err := e.file.Open()
	if err != nil {
		return nil, fault("open", name, err)
	}
	return &openFile{entry: e, name: name, content: content}, nil
}

// Stat describes a file or directory. Nothing is transferred for it. The errors are of type [*fs.PathError], and match [fs.ErrNotExist] where
// nothing has the name, and otherwise [ErrArtifactsGet] and [ErrDecode].
func (a *Archive) Stat(name string) (fs.FileInfo, error) {
	e, err := a.index.find("stat", name)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// ReadFile reads a whole file. Its memory grows with what comes, however long the archive says that the file is. The errors are of type
// [*fs.PathError]. They match [fs.ErrNotExist] where nothing has the name, and otherwise [ErrArtifactsGet], and [ErrDecode] where it is the
// archive that is at fault.
func (a *Archive) ReadFile(name string) ([]byte, error) {
	file, err := a.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var content bytes.Buffer
	if file, ok := file.(*openFile); ok {
		content.Grow(bytes.MinRead + int(min(file.entry.Size(), a.Size, max(1<<20, int64(file.entry.file.CompressedSize64)))))
	}
	_, err = content.ReadFrom(file)
	return content.Bytes(), err
}

// A RefusedEntry is an entry of an archive that is left out of its file system.
type RefusedEntry struct {
	Name string // as the archive has it, whatever it is made of
	Err  error  // why; it matches ErrArtifactsGet and ErrDecode
}

// Refused returns the entries that are left out, by name; of most archives there are none. Those are refused whose name is said to be UTF-8
// and is not, has control characters, or leads out of the archive; that are encrypted or packed in a way that package
// [archive/zip] does not know; and those that share their name: of two files of one name neither is there, and of a file and a directory
// the directory is. To open one of them is an error that says the same.
func (a *Archive) Refused() []RefusedEntry {
	var all []RefusedEntry
	for _, r := range a.index.refused {
		all = append(all, RefusedEntry{r.name, readArtifacts.wrap(blame(fmt.Errorf("%.256q: %w", r.name, r.reason)))})
	}
	return all
}

// openFile is a file that is being read.
type openFile struct {
	entry   *entry
	name    string
	content io.ReadCloser // nil once it is closed
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.entry, nil }

func (f *openFile) Read(p []byte) (int, error) {
	if f.content == nil {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrClosed}
	}
	n, err := f.content.Read(p)
	if err != nil && err != io.EOF {
		err = fault("read", f.name, err)
	}
	return n, err
}

func (f *openFile) Close() error {
	if f.content == nil {
		return &fs.PathError{Op: "close", Path: f.name, Err: fs.ErrClosed}
	}
	content := f.content
	f.content = nil
	return content.Close()
}

// openDirectory is a directory that is being listed.
type openDirectory struct {
	entry  *entry
	name   string
	listed int // of its children
}

func (d *openDirectory) Stat() (fs.FileInfo, error) { return d.entry, nil }
func (d *openDirectory) Close() error               { return nil }

func (d *openDirectory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

func (d *openDirectory) ReadDir(n int) ([]fs.DirEntry, error) {
	left := d.entry.children[d.listed:]
	if n > 0 && len(left) == 0 {
		return nil, io.EOF
	}
	if n > 0 {
		left = left[:min(n, len(left))]
	}
	d.listed += len(left)
	list := make([]fs.DirEntry, len(left))
	for i, e := range left {
		list[i] = e
	}
	return list, nil
}
