package gitlabci

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

const (
	maxDirectory = 32 << 20 // bytes that the directory of an archive may take
	maxEntries   = 100_000  // files and directories that an archive may name, and directories above them that it does not
)

var errEntries = fmt.Errorf("more than %d files and directories", maxEntries)

// readArtifacts is reading what is in an archive, whichever way it is read.
var readArtifacts = &composite{"read artifacts", ErrArtifactsGet}

// readDirectory reads what an archive holds, within bounds: what an archive says of itself need not be true.
func readDirectory(ctx context.Context, source io.ReaderAt, size int64) (*zip.Reader, error) {
	g := &guard{ctx: ctx, source: source, directory: true, left: maxDirectory}
	archive, err := zip.NewReader(g, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // which is looked for by GODEBUG, and which an index leaves out
		return nil, blame(err)
	}
	g.directory = false
	for _, file := range archive.File {
		file.Extra = bytes.Clone(file.Extra) // which would hold the name and the comment in memory a second time
	}
	return archive, nil
}

// blame makes an [ErrDecode] of what is the archive's own fault, which is all that did not go wrong on the way to it.
func blame(err error) error {
	if err == nil || errors.As(err, new(*Error)) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDecode, err)
}

// about says which entry an error is of.
func about(name string, err error) error { return fmt.Errorf("%.256q: %w", name, err) }

// fault is the error of the file system. What did not go wrong on the way to the archive is its own fault.
func fault(op, name string, err error) error {
	if !errors.As(err, new(*Error)) {
		err = readArtifacts.wrap(blame(err))
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// guard stands between package zip and an archive. It bounds what is read of the directory, and makes an *Error of what goes wrong on the
// way, so that all other errors are those of the archive.
type guard struct {
	ctx    context.Context
	source io.ReaderAt

	directory bool // it is being read, by one goroutine
	left      int  // bytes of it
	entries   int
}

func (g *guard) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, zip.ErrFormat
	}
	if err := g.ctx.Err(); err != nil {
		return 0, readArtifacts.wrap(err)
	}
	n, err := g.source.ReadAt(p, off)
	if err != nil && err != io.EOF {
		return n, readArtifacts.wrap(err)
	}
	if g.directory {
		if err := g.inspect(p[:n]); err != nil {
			return 0, err
		}
	}
	return n, err
}

// Signatures of the records of an archive that tell how much there is to hold in memory.
var (
	entrySignature = []byte("PK\x01\x02")
	end64Signature = []byte("PK\x06\x06")
)

// inspect stops the reading of the directory while it does no harm: package zip allocates memory for as many entries as the end of the
// directory claims, and then for all that there are.
func (g *guard) inspect(p []byte) error {
	g.left -= len(p)
	g.entries += bytes.Count(p, entrySignature)
	claims := len(p) >= 40 && bytes.HasPrefix(p, end64Signature) && binary.LittleEndian.Uint64(p[32:]) > maxEntries
	switch {
	case g.left < 0:
		return fmt.Errorf("the directory is longer than %d MiB", maxDirectory>>20)
	case claims || g.entries > 2*maxEntries: // its end is read more than once
		return errEntries
	}
	return nil
}
