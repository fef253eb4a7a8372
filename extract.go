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

// ExtractOptions say what [Archive.Extract] writes, and how much of it. A zero field means its default.
type ExtractOptions struct {
	Files int     // files and directories at most; 100,000
	Bytes int64   // of all files together at most; 10 GiB
	Ratio float64 // of a file to the space that it takes in the archive, beyond its first MiB; 200

	Links LinkPolicy // what becomes of symbolic links; they are refused

	// Skipped is told of each link that is not made, and why: of all of them with SkipLinks, and with MakeLinks of those that do not stay
	// inside the directory. With MakeLinks and no Skipped such a link is refused.
	Skipped func(name string, reason error)
}

// A LinkPolicy says what becomes of the symbolic links in an archive.
type LinkPolicy int

// The policies of [ExtractOptions].
const (
	RefuseLinks LinkPolicy = iota // an archive with links is refused before anything is written
	SkipLinks                     // links are left out
	MakeLinks                     // links are made that stay inside the directory
)

func (o *ExtractOptions) orDefaults() ExtractOptions {
	var all ExtractOptions
	if o != nil {
		all = *o
	}
	if all.Files <= 0 {
		all.Files = maxEntries
	}
	if all.Bytes <= 0 {
		all.Bytes = 10 << 30
	}
	if all.Ratio <= 0 {
		all.Ratio = 200
	}
	return all
}

// freeOfRatio is what every file may grow to, however well it is packed.
const freeOfRatio = 1 << 20

var extractArtifacts = &composite{"extract artifacts", ErrArtifactsGet}

// Extract writes the files of the archive into a directory, which it makes if need be. Files that are there are replaced; links that are
// there are replaced too, and never followed out of the directory. Of the modes only the right to execute is kept, within the umask.
//
// Names are those of [Archive.Open], but for backslashes, which stay. A name that this system does not allow, such as one with a colon on
// Windows, is refused, and so is one that would lead upwards if backslashes separated directories.
//
// With [MakeLinks] a link is made, after all files, if it leads to a place in the directory, also where it does so by way of other links:
// those of the archive, and those that are there. It need not be that anything is there. The path that it leads to is a relative one of
// at most 4096 bytes that goes upwards at its beginning only.
//
// An archive that has refused entries (see [Archive.Refused]), or names that are refused here, that holds devices, or links unless they
// are allowed, whose files share their bytes, or that exceeds the limits is refused with [ErrDecode]: what can be told from the directory
// of the archive before anything is written, the rest when it is come to. Files that were written whole by then stay.
//
// The errors match [ErrArtifactsGet], and the cause where the disk or the connection failed. The context is that of
// [JobsService.OpenArtifacts].
func (a *Archive) Extract(dir string, options *ExtractOptions) error {
	x := extraction{options: options.orDefaults(), index: a.index, size: a.Size}
	return extractArtifacts.wrap(x.extract(dir))
}

type extraction struct {
	options ExtractOptions
	index   *index
	size    int64 // of the archive
	bytes   int64
	spans   []span // of the archive, by their start
	links   links
}

// span is where a file lies in an archive.
type span struct{ start, end int64 }

func (x *extraction) extract(dir string) error {
	x.links.skip = x.skip
	if err := x.check(); err != nil {
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
	for _, e := range x.index.named {
		if err := x.write(root, e); err != nil {
			return about(e.name, err)
		}
	}
	return x.links.write(root, x.index)
}

// check refuses what the directory of an archive gives away.
func (x *extraction) check() error {
	if len(x.index.refused) > 0 {
		return about(x.index.refused[0].name, x.index.refused[0].reason)
	}
	if len(x.index.entries)-1 > x.options.Files {
		return fmt.Errorf("more than %d files and directories", x.options.Files)
	}
	bytes, space := uint64(x.options.Bytes), uint64(x.size)
	for _, e := range x.index.named {
		if err := x.allows(e); err != nil {
			return about(e.name, err)
		}
		const header = 30 // before each file
		switch {
		case e.file.UncompressedSize64 > bytes:
			return fmt.Errorf("the files have more than %d bytes in all", x.options.Bytes)
		case e.file.CompressedSize64 > space || space-e.file.CompressedSize64 < header:
			return errShared
		}
		bytes -= e.file.UncompressedSize64
		space -= e.file.CompressedSize64 + header
	}
	return nil
}

var (
	errShared = errors.New("the files share bytes of the archive")
	errLink   = errors.New("it is a link")
)

// allows says why an entry is not to be written, if it is not.
func (x *extraction) allows(e *entry) error {
	if _, err := filepath.Localize(e.name); err != nil || climbs(strings.ReplaceAll(e.name, `\`, "/")) {
		return errElsewhere // what climbs on one system is not written on any
	}
	switch {
	case e.dir || e.Type().IsRegular():
		return nil
	case e.Type() != fs.ModeSymlink:
		return errKind
	case x.options.Links != SkipLinks && x.options.Links != MakeLinks:
		return errLink
	case e.file.UncompressedSize64 > maxName:
		return errLongLink
	}
	return nil
}

// write writes a file below root. It goes by the bytes that come, not by what the archive says of them.
func (x *extraction) write(root *os.Root, e *entry) error {
	name, err := filepath.Localize(e.name)
	if err != nil {
		return err
	}
	switch {
	case e.dir:
		return root.MkdirAll(name, 0o777)
	case e.Type() == fs.ModeSymlink:
		return x.readLink(e)
	}
	from, err := x.open(e.file)
	if err != nil {
		return err
	}
	defer from.Close()
	if err := makeRoom(root, name); err != nil {
		return err
	}
	to, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666|e.Mode().Perm()&0o111)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	err = cmp.Or(err, to.Close())
	if err != nil {
		root.Remove(name)
	}
	return err
}

// readLink keeps a link for later.
func (x *extraction) readLink(e *entry) error {
	if x.options.Links == SkipLinks {
		return x.skip(e.name, errLink)
	}
	from, err := x.open(e.file)
	if err != nil {
		return err
	}
	defer from.Close()
	content, err := io.ReadAll(from) // as long as the archive says at most
	if err != nil {
		return err
	}
	return x.links.add(e, string(content))
}

// skip leaves a link out, which is an error if there is nobody to tell.
func (x *extraction) skip(name string, reason error) error {
	if x.options.Links == MakeLinks && x.options.Skipped == nil {
		return blame(reason)
	}
	if x.options.Skipped != nil {
		x.options.Skipped(name, reason)
	}
	return nil
}

// open opens a file of the archive, whose bytes are its own.
func (x *extraction) open(file *zip.File) (*limitedFile, error) {
	if err := x.claim(file); err != nil {
		return nil, blame(err)
	}
	content, err := file.Open()
	if err != nil {
		return nil, blame(err)
	}
	return &limitedFile{content, x, file, 0}, nil
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
	io.ReadCloser
	x    *extraction
	file *zip.File
	read int64
}

func (l *limitedFile) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	l.read += int64(n)
	l.x.bytes += int64(n)
	switch {
	case l.x.bytes > l.x.options.Bytes:
		err = fmt.Errorf("the files have more than %d bytes in all", l.x.options.Bytes)
	case float64(l.read-freeOfRatio) > l.x.options.Ratio*float64(l.file.CompressedSize64):
		err = fmt.Errorf("it is packed more than %g times", l.x.options.Ratio)
	case err == io.EOF:
		return n, io.EOF
	}
	return n, blame(err)
}
