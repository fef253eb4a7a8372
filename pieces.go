package gitlabci

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxChecked is how much of what an archive holds is read to see whether its pieces belong together.
const maxChecked = 1 << 30

var errPieces = errors.New("the pieces that came do not belong together")

// checkPieces reads an archive that came in several answers. A server that sends two files with the same strong validator passes for one that
// has one file; the directory of an archive, and the checksums in it, know better. What is no archive, or one that cannot be read here, is
// taken on trust.
func checkPieces(ctx context.Context, file io.ReaderAt, size int64) error {
	var signature [4]byte
	if _, err := file.ReadAt(signature[:], 0); err != nil || string(signature[:]) != "PK\x03\x04" {
		return nil
	}
	archive, err := readDirectory(ctx, file, size)
	if err != nil {
		return contradiction(err)
	}
	left := uint64(maxChecked)
	for _, entry := range archive.File {
		const encrypted = 1
		if strings.HasSuffix(entry.Name, "/") || entry.Flags&encrypted != 0 || entry.UncompressedSize64 > left {
			continue
		}
		left -= entry.UncompressedSize64
		if err := contradiction(readThrough(entry)); err != nil {
			return err
		}
	}
	return nil
}

// readThrough reads a file of an archive to its end, where its checksum is looked at.
func readThrough(entry *zip.File) error {
	from, err := entry.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(io.Discard, from)
	return err
}

// contradiction is what an error of reading an archive says of its pieces: nothing where it is one of the limits or of what package zip
// cannot read.
func contradiction(err error) error {
	switch {
	case errors.As(err, new(*Error)): // of the disk, or the context has ended
		return err
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		errors.As(err, new(flate.CorruptInputError)):
		return fmt.Errorf("%w: %w: %w", ErrDecode, errPieces, err)
	}
	return nil
}
