package gitlabci

import (
	"errors"
	"hash/fnv"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// partFile is a new file beside another one, whose place it takes once it is whole. Its name tells which path it is for, so that the next
// part for the same path finds those that were left behind, and takes them away; those that are still being written it leaves alone.
type partFile struct {
	*os.File
	path     string      // whose place it takes
	replaced fs.FileInfo // what is there, whose mode it gets; nil if nothing is
	done     bool
}

// newPartFile makes a part for a path. It fails for one that no file can be put at, as far as can be told.
func newPartFile(path string) (*partFile, error) {
	if _, err := os.Lstat(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err // such as a name that is too long
	}
	p := &partFile{path: path}
	mode := fs.FileMode(0o666)
	if there, err := os.Stat(path); err == nil {
		if !there.Mode().IsRegular() {
			return nil, &fs.PathError{Op: "save", Path: path, Err: errors.New("it is there and is no file")}
		}
		p.replaced, mode = there, 0o600 // whoever may read what is there may read it once it is whole
	}
	dir, prefix := filepath.Dir(path), partPrefix(path)
	eachPart(dir, prefix, removeAbandoned)
	for {
		name := filepath.Join(dir, prefix+strconv.FormatUint(rand.Uint64(), 36)+partSuffix)
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode) // not os.CreateTemp, whose files are for nobody else
		if err != nil {
			return nil, err
		}
		p.File = file
		if hold(file) {
			return p, nil
		}
		p.discard() // another one took it for one that was left behind, in the moment before it was held
	}
}

const partSuffix = ".part"

// partPrefix is what the names of all parts for a path begin with. It is short, whatever the path's own name is.
func partPrefix(path string) string {
	h := fnv.New64a()
	io.WriteString(h, filepath.Base(path))
	return ".gitlabci-" + strconv.FormatUint(h.Sum64(), 36) + "-"
}

// eachPart visits the parts in a directory. One that cannot be listed has none that could be taken away.
func eachPart(dir, prefix string, visit func(name string)) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	for err == nil {
		var names []string
		names, err = d.Readdirnames(1024)
		for _, name := range names {
			if strings.HasPrefix(name, prefix) && strings.HasSuffix(name, partSuffix) {
				visit(filepath.Join(dir, name))
			}
		}
	}
}

// empty drops what was written.
func (p *partFile) empty() error { return emptied(p.File) }

func emptied(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}

// commit puts the part in its place.
func (p *partFile) commit() error {
	if err := p.keepMode(); err != nil {
		return err
	}
	if err := p.Sync(); err != nil {
		return err
	}
	if !heldUntilClosed {
		if err := p.Close(); err != nil {
			return err
		}
	}
	err := os.Rename(p.Name(), p.path)
	p.done = err == nil
	if p.done {
		p.Close() // what an error could say is known from Sync
	}
	return err
}

// keepMode sets the mode of the part to that of the file that it replaces. Not all file systems have modes to set.
func (p *partFile) keepMode() error {
	if p.replaced == nil {
		return nil
	}
	mode := p.replaced.Mode().Perm()
	if is, err := p.Stat(); err != nil || is.Mode().Perm() == mode {
		return err
	}
	return p.Chmod(mode)
}

// discard takes a part away that did not come to its place.
func (p *partFile) discard() {
	if p.done {
		return
	}
	p.Close()
	os.Remove(p.Name())
}
