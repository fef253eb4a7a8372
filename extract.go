package gitlabci

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ExtractLimits bound what [Archive.Extract] writes. A zero field means its default.
type ExtractLimits struct {
	Files int     // files and directories; 100,000
	Bytes int64   // of all files together; 10 GiB
	Ratio float64 // of a file to the space that it takes in the archive, beyond its first MiB; 200
}

func (l ExtractLimits) orDefaults() ExtractLimits {
	if l.Files <= 0 {
		l.Files = maxEntries
	}
	if l.Bytes <= 0 {
		l.Bytes = 10 << 30
	}
	if l.Ratio <= 0 {
		l.Ratio = 200
	}
	return l
}

// freeOfRatio is what every file may grow to, however well it is packed.
const freeOfRatio = 1 << 20

var extractArtifacts = &operation{name: "extract artifacts", failure: ErrArtifactsGet}

// Extract writes the files of the archive into a directory, which it makes if need be. Files that are there are replaced; links that are
// there are replaced too, and never followed out of the directory. Of the modes only the right to execute is kept, within the umask.
//
// An archive that names a file twice, or one outside of the directory, that holds links or devices, whose files share their bytes, or that
// exceeds the limits is refused with [ErrDecode]: what can be told from the directory of the archive before anything is written, the rest
// when it is come to. Files that were written whole by then stay.
//
// The errors answer to [ErrArtifactsGet], and to the cause where the disk or the connection failed. The context is that of
// [JobsService.OpenArtifacts].
func (a *Archive) Extract(dir string, limits ExtractLimits) error {
	x := extraction{limits: limits.orDefaults(), size: a.Size}
	return extractArtifacts.wrap(x.extract(dir, a.zip.File))
}

type extraction struct {
	limits ExtractLimits
	size   int64 // of the archive
	bytes  int64
	spans  []span // of the archive, by their start
}

// span is where a file lies in an archive.
type span struct{ start, end int64 }

func (x *extraction) extract(dir string, files []*zip.File) error {
	if err := x.check(files); err != nil {
		return blame(err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, file := range files {
		if err := x.write(root, file); err != nil {
			return fmt.Errorf("%.256q: %w", file.Name, err)
		}
	}
	return nil
}

// kind says what a name in an archive stands for.
type kind byte

const (
	directoryAbove kind = iota + 1 // of what is named, not named itself
	directoryNamed
	fileNamed
)

// check refuses what the directory of an archive gives away.
func (x *extraction) check(files []*zip.File) error {
	kinds := make(map[string]kind, len(files))
	bytes, space := uint64(x.limits.Bytes), uint64(x.size)
	for _, file := range files {
		own := fileNamed
		switch mode := file.Mode(); {
		case mode.Type() == fs.ModeDir:
			own = directoryNamed
		case !mode.IsRegular():
			return fmt.Errorf("%.256q is neither a file nor a directory", file.Name)
		}
		name := strings.TrimSuffix(file.Name, "/")
		if !leadsInside(name) {
			return fmt.Errorf("the name %.256q is none of a file in the directory", file.Name)
		}
		if was := kinds[name]; was != 0 && (was != directoryAbove || own != directoryNamed) {
			return fmt.Errorf("the name %.256q stands twice", file.Name)
		}
		kinds[name] = own
		for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
			was := kinds[name[:i]]
			if was == fileNamed {
				return fmt.Errorf("the name %.256q is that of a file and of a directory", name[:i])
			}
			if was != 0 {
				break
			}
			kinds[name[:i]] = directoryAbove
		}
		const header = 30 // before each file
		switch {
		case len(kinds) > x.limits.Files:
			return fmt.Errorf("more than %d files and directories", x.limits.Files)
		case file.UncompressedSize64 > bytes:
			return fmt.Errorf("the files have more than %d bytes in all", x.limits.Bytes)
		case file.CompressedSize64 > space || space-file.CompressedSize64 < header:
			return errShared
		}
		bytes -= file.UncompressedSize64
		space -= file.CompressedSize64 + header
	}
	return nil
}

var errShared = errors.New("the files share bytes of the archive")

// leadsInside says whether a name is that of a file in a directory, here and on every other system: what climbs on one of them is not
// written on any.
func leadsInside(name string) bool {
	_, err := filepath.Localize(name)
	drive := len(name) > 1 && name[1] == ':'
	return err == nil && name != "." && !drive && !strings.Contains(name, `\`)
}

// write writes a file below root. It goes by the bytes that come, not by what the archive says of them.
func (x *extraction) write(root *os.Root, file *zip.File) error {
	name, err := filepath.Localize(strings.TrimSuffix(file.Name, "/"))
	if err != nil {
		return err
	}
	if file.Mode().IsDir() {
		return root.MkdirAll(name, 0o777)
	}
	if err := x.claim(file); err != nil {
		return blame(err)
	}
	from, err := file.Open()
	if err != nil {
		return blame(err)
	}
	defer from.Close()
	to, err := create(root, name, 0o666|file.Mode().Perm()&0o111)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, &limitedFile{from, x, file, 0})
	if closed := to.Close(); err == nil {
		err = closed
	}
	if err != nil {
		root.Remove(name)
	}
	return err
}

// create makes a new file in the place of what is there, and the directories above it. Were what is there written over, so would be
// files elsewhere that links lead to.
func create(root *os.Root, name string, mode fs.FileMode) (*os.File, error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, err
	}
	if there, err := root.Lstat(name); err == nil && !there.IsDir() {
		if err := root.Remove(name); err != nil {
			return nil, err
		}
	}
	return root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
}

// claim takes the bytes of the archive that a file lies in; no two files may share any.
func (x *extraction) claim(file *zip.File) error {
	start, err := file.DataOffset()
	if err != nil {
		return err
	}
	own := span{start, start + int64(file.CompressedSize64)}
	i, _ := slices.BinarySearchFunc(x.spans, own, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	if i > 0 && x.spans[i-1].end > own.start || i < len(x.spans) && own.end > x.spans[i].start {
		return errShared
	}
	x.spans = slices.Insert(x.spans, i, own)
	return nil
}

// limitedFile fails where a file exceeds the limits.
type limitedFile struct {
	io.Reader
	x    *extraction
	file *zip.File
	read int64
}

func (l *limitedFile) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	l.read += int64(n)
	l.x.bytes += int64(n)
	switch {
	case l.x.bytes > l.x.limits.Bytes:
		err = fmt.Errorf("the files have more than %d bytes in all", l.x.limits.Bytes)
	case float64(l.read-freeOfRatio) > l.x.limits.Ratio*float64(l.file.CompressedSize64):
		err = fmt.Errorf("it is packed more than %g times", l.x.limits.Ratio)
	case err == io.EOF:
		return n, io.EOF
	}
	return n, blame(err)
}
