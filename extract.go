package gitlabci

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	slashpath "path"
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

var extractArchive = &operation{name: "extract artifacts", failure: ErrArtifactsGet}

// Extract writes the files of the archive into a directory, which it makes if need be. Files that are there are replaced.
//
// An archive that names a file twice, or one outside of the directory, that holds links or devices, whose files share their bytes, or that
// exceeds the limits is refused with [ErrDecode]: what can be told from the directory of the archive before anything is written, the rest
// when it is come to.
func (a *Archive) Extract(dir string, limits ExtractLimits) error {
	x := extraction{limits: limits.orDefaults()}
	if err := x.check(a.zip.File); err != nil {
		return x.refuse(err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return extractArchive.wrap(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return extractArchive.wrap(err)
	}
	defer root.Close()
	for _, file := range a.zip.File {
		if err := x.write(root, file); err != nil {
			return x.refuse(fmt.Errorf("%q: %w", file.Name, err))
		}
	}
	return nil
}

type extraction struct {
	limits ExtractLimits
	bytes  int64
	spans  []span // of the archive, by their start
}

// span is where a file lies in an archive.
type span struct{ start, end int64 }

// errUnsafe is why an archive is refused.
type errUnsafe string

func (e errUnsafe) Error() string { return string(e) }

// refuse makes an error of the archive's of what is the archive's fault.
func (x *extraction) refuse(err error) error {
	e := &Error{Op: extractArchive.name, Err: err, kinds: extractArchive.kinds()}
	if errors.As(err, new(errUnsafe)) || errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrAlgorithm) {
		e.kinds = append(e.kinds, ErrDecode)
	}
	return e
}

// check refuses what the directory of an archive gives away.
func (x *extraction) check(files []*zip.File) error {
	if len(files) > x.limits.Files {
		return errUnsafe(fmt.Sprintf("%d files and directories, more than %d", len(files), x.limits.Files))
	}
	names := make(map[string]bool, len(files))
	var total uint64
	for _, file := range files {
		name := strings.TrimSuffix(file.Name, "/")
		mode := file.Mode()
		switch {
		case !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00:"):
			return errUnsafe(fmt.Sprintf("the name %q leads elsewhere", file.Name))
		case names[name]:
			return errUnsafe(fmt.Sprintf("the name %q stands twice", file.Name))
		case !mode.IsRegular() && !mode.IsDir():
			return errUnsafe(fmt.Sprintf("%q is neither a file nor a directory", file.Name))
		}
		names[name] = true
		if total += file.UncompressedSize64; total > uint64(x.limits.Bytes) || file.UncompressedSize64 > uint64(x.limits.Bytes) {
			return errUnsafe(fmt.Sprintf("more than %d bytes", x.limits.Bytes))
		}
	}
	return nil
}

// write writes a file below root. It goes by the bytes that come, not by what the archive says of them.
func (x *extraction) write(root *os.Root, file *zip.File) error {
	name := strings.TrimSuffix(file.Name, "/")
	if file.Mode().IsDir() {
		return root.MkdirAll(name, 0o777)
	}
	if err := x.claim(file); err != nil {
		return err
	}
	if err := root.MkdirAll(slashpath.Dir(name), 0o777); err != nil {
		return err
	}
	from, err := file.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666|file.Mode().Perm()&0o111)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, &limitedFile{from, x, file, 0})
	return errors.Join(err, to.Close())
}

// claim takes the bytes of the archive that a file lies in; no two files may share any.
func (x *extraction) claim(file *zip.File) error {
	start, err := file.DataOffset()
	if err != nil {
		return err
	}
	own := span{start, start + int64(file.CompressedSize64)}
	i, _ := slices.BinarySearchFunc(x.spans, own, func(a, b span) int { return int(min(1, max(-1, a.start-b.start))) })
	if i > 0 && x.spans[i-1].end > own.start || i < len(x.spans) && own.end > x.spans[i].start {
		return errUnsafe("it lies over another file in the archive")
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
		return n, errUnsafe(fmt.Sprintf("more than %d bytes in all", l.x.limits.Bytes))
	case l.read > freeOfRatio && float64(l.read-freeOfRatio) > l.x.limits.Ratio*float64(l.file.CompressedSize64):
		return n, errUnsafe(fmt.Sprintf("it is packed more than %g times", l.x.limits.Ratio))
	}
	return n, err
}
