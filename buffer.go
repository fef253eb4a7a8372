package gitlabci

import (
	"bytes"
	"io"
	"slices"
	"sync"
)

const (
	maxBody     = 16 << 20             // of an answer that is decoded: a page of a hundred jobs has less than one of them
	maxLongBody = 64 << 20             // of a report of many thousands of tests
	glance      = 4 << 10              // of an answer that says nothing
	maxKept     = 4 << 20              // of a buffer that waits for the next answer
	maxFailure  = maxErrorBody + 4<<10 // of an answer that tells of a failure; more than is kept, so that no secret is cut in two
)

// A buffer holds an answer while it is decoded.
type buffer []byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// fill reads what comes, of which length tells how much that is if it is known.
func (b *buffer) fill(from *io.LimitedReader, length int64) error {
	most := int(from.N) + bytes.MinRead
	text := slices.Grow((*b)[:0], int(min(max(length, 0), maxKept))+bytes.MinRead)
	for {
		n, err := from.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		*b = text
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(text) == cap(text) { // at least one byte more than the limit fits
			text = append(make([]byte, 0, min(2*cap(text), max(most, cap(text)+bytes.MinRead))), text...)
		}
	}
}

// keep leaves the buffer to the next answer.
func (b *buffer) keep() {
	if cap(*b) <= maxKept {
		buffers.Put(b)
	}
}

const maxErrorBody = 64 << 10
