package gitlabcitest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// upload is a file of a multipart form.
type upload struct {
	name string
	*blob
}

// keep reads an uploaded file, once and in a bounded part of memory.
func (s *site) keep(upload io.Reader) (*blob, error) {
	sum := sha256.New()
	upload = io.TeeReader(upload, sum)
	content, err := io.ReadAll(io.LimitReader(upload, maxInMemory))
	if err != nil {
		return nil, err
	}
	b := &blob{content: content, size: int64(len(content))}
	if len(content) == maxInMemory && s.secureFileLimit > maxInMemory {
		if err := b.spill(s, upload); err != nil {
			return nil, err
		}
	}
	excess, err := io.Copy(io.Discard, upload)
	b.size += excess
	b.checksum = hex.EncodeToString(sum.Sum(nil))
	return b, err
}

// spill moves what is in memory to disk, and adds what else the server takes.
func (b *blob) spill(s *site, more io.Reader) (err error) {
	if b.file, err = s.temporaryFile(); err != nil {
		return err
	}
	more = io.LimitReader(more, s.secureFileLimit-b.size)
	b.size, err = io.Copy(b.file, io.MultiReader(bytes.NewReader(b.content), more))
	b.content = nil
	return err
}

// temporaryFile makes a file that is there until Close.
func (s *site) temporaryFile() (*os.File, error) {
	file, err := os.CreateTemp("", "gitlabcitest-")
	if err != nil {
		return nil, err
	}
	// Most systems let an open file be removed: there nothing is left behind by a server that nobody closes. On others Close does it.
	_ = os.Remove(file.Name())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = append(s.files, file)
	return file, nil
}

func (s *site) removeFiles() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, file := range s.files {
		_ = file.Close() // nobody reads it any more
		_ = os.Remove(file.Name())
	}
	s.files = nil
}
