package gitlabcitest

import (
	"bytes"
	"io"
	"os"
)

// maxInMemory is how much of an uploaded file is held in memory. A larger one is in a temporary file.
const maxInMemory = 5 << 20

// blob is the content of an uploaded file. Of one that is larger than [Server] takes, only the size is right.
type blob struct {
	size     int64
	checksum string // SHA-256
	content  []byte
	file     *os.File // holds the content where it is large
}

// reader returns the content from its beginning. Several may read at once.
func (b *blob) reader() io.Reader {
	if b.file != nil {
		return io.NewSectionReader(b.file, 0, b.size)
	}
	return bytes.NewReader(b.content)
}
