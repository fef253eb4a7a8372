package gitlabci

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	pathpkg "path"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	maxLinkBytes = 8 << 20         // of the paths that all links of an archive lead to
	maxHops      = 40              // links that one leads through, as on Linux
	maxSteps     = 20 * maxEntries // directories and links that all links of an archive lead through
)

var (
	errLongLink  = fmt.Errorf("it is a link to a path of more than %d bytes", maxName)
	errLinkBytes = fmt.Errorf("the links lead to paths of more than %d MiB in all", maxLinkBytes>>20)
	errOutside   = errors.New("it leads out of the directory")
	errUpAgain   = errors.New("it leads down and up again")
	errTarget    = errors.New("the path that it leads to is none of this system")
	errRing      = errors.New("it leads through too many links, or round in a ring")
	errSteps     = errors.New("the links lead through too many directories and links")
)

// link is a link of an archive that is to be made. Its target is a cleaned path.
type link struct{ name, target string }

// links are those of an archive that is extracted. They are made when all files are there.
type links struct {
	skip  func(name string, reason error) error // leaves a link out, or refuses it
	kept  []link
	bytes int // of their targets
}

// add keeps a link to a path.
func (x *links) add(e *entry, path string) error {
	target, err := decodeText(e.file, path)
	if err == nil {
		target, err = targetOf(target)
	}
	if err != nil {
		return x.skip(e.name, err)
	}
	x.bytes += len(target)
	if x.bytes > maxLinkBytes {
		return blame(errLinkBytes)
	}
	x.kept = append(x.kept, link{e.name, target})
	return nil
}

// targetOf cleans the path that a link leads to. It has to be a relative one that goes upwards at its beginning only: then it cannot be
// led elsewhere by links that other archives put into the same directory.
func targetOf(target string) (string, error) {
	if target == "" || target[0] == '/' {
		return "", errOutside
	}
	down := false
	for part := range strings.SplitSeq(target, "/") {
		if down && part == ".." {
			return "", errUpAgain
		}
		down = down || part != "" && part != "." && part != ".."
	}
	target = pathpkg.Clean(target)
	below := target
	for strings.HasPrefix(below, "../") {
		below = below[len("../"):]
	}
	if _, err := filepath.Localize(below); err != nil && below != ".." {
		return "", errTarget
	}
	return target, nil
}

// write makes the links that lead to places below root, where an archive with this index was extracted. All of them are looked at before one
// is made.
func (x *links) write(root *os.Root, index *index) error {
	t := &tangle{root: root, index: index, links: make(map[string]string, len(x.kept)), directories: make(map[string]bool)}
	for _, l := range x.kept {
		t.links[l.name] = l.target
	}
	var inside []link
	for _, l := range x.kept {
		err := t.follow(l)
		switch {
		case err == nil:
			inside = append(inside, l)
		case errors.Is(err, errOutside) || errors.Is(err, errRing):
			err = x.skip(l.name, err)
		case errors.Is(err, errSteps):
			err = blame(err)
		}
		if err != nil {
			return about(l.name, err)
		}
	}
	known := make(map[string]bool)
	for _, l := range inside {
		if err := makeLink(root, l, known); err != nil {
			return about(l.name, err)
		}
	}
	return nil
}

// makeLink makes a link in a directory that is what it is called: in another one the link would lead elsewhere. It is told which
// directories are known to be.
func makeLink(root *os.Root, l link, known map[string]bool) error {
	name, err := filepath.Localize(l.name)
	if err != nil {
		return err
	}
	if err := makeRoom(root, name); err != nil {
		return err
	}
	for dir := filepath.Dir(name); dir != "." && !known[dir]; dir = filepath.Dir(dir) {
		there, err := root.Lstat(dir)
		if err != nil {
			return err
		}
		if !there.IsDir() {
			return fmt.Errorf("there is a link in the place of the directory %.256q", dir)
		}
		known[dir] = true
	}
	return root.Symlink(filepath.FromSlash(l.target), name)
}

// makeRoom makes the directories above a new file, and takes away what is in its place. Were what is there written over, so would be
// files elsewhere that links lead to.
func makeRoom(root *os.Root, name string) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	if there, err := root.Lstat(name); err == nil && !there.IsDir() {
		return root.Remove(name)
	}
	return nil
}

// tangle is a directory as it will be when all links of an archive are in it.
type tangle struct {
	root        *os.Root
	index       *index
	links       map[string]string // their targets
	directories map[string]bool   // those that are known to be there
	steps       int
}

// follow goes where a link leads, and fails if that is outside. On the way it stands in directories that are no links.
func (t *tangle) follow(l link) error {
	at, ahead, hops := parentOf(l.name), l.target, 1
	for ahead != "" {
		var part string
		part, ahead, _ = strings.Cut(ahead, "/")
		switch {
		case part == "" || part == ".":
			continue
		case part == ".." && at == ".":
			return errOutside
		case part == "..":
			at = parentOf(at)
			continue
		case at != ".":
			part = at + "/" + part
		}
		target, err := t.look(part)
		switch {
		case err == errNothingBelow && climbs(ahead):
			return errOutside // or wherever what comes there leads
		case err == errNothingBelow:
			return nil
		case err != nil:
			return err
		case target == "":
			at = part
			continue
		}
		ahead = target + "/" + ahead
		hops++
		if hops > maxHops || len(ahead) > 2*maxName {
			return errRing
		}
		if pathpkg.IsAbs(target) || filepath.IsAbs(target) {
			return errOutside
		}
	}
	return nil
}

var errNothingBelow = errors.New("it is a file, or nothing")

// look returns the path that a link leads to, and none for a directory.
func (t *tangle) look(name string) (target string, err error) {
	t.steps++
	if t.steps > maxSteps {
		return "", errSteps
	}
	if target, ok := t.links[name]; ok {
		return target, nil
	}
	if t.directories[name] {
		return "", nil
	}
	local, err := filepath.Localize(name)
	if err != nil {
		return "", errOutside
	}
	there, err := t.root.Lstat(local)
	switch {
	case err == nil && there.Mode().Type() == fs.ModeSymlink:
		target, err := t.root.Readlink(local)
		return filepath.ToSlash(target), err
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENAMETOOLONG):
		e := t.index.entries[listed(name)]
		if e == nil || !e.dir { // else it is of nothing but links, which are not made yet
			return "", errNothingBelow
		}
	case err != nil:
		return "", err
	case !there.IsDir():
		return "", errNothingBelow
	}
	t.directories[name] = true
	return "", nil
}
