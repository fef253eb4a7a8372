package joblog

import "io"

// NewReader returns the log read from r as plain text: without section markers,
// timestamps and escape sequences, and with every line in its final state.
// With [KeepColors] it is what a terminal should be shown.
//
//	_, err := io.Copy(os.Stdout, joblog.NewReader(trace, joblog.KeepColors()))
//
// Whatever is read from r is passed on as soon as it is certain, so that a log
// can be followed while it grows. Lines longer than the limit are not split,
// only no longer rewritten in the part before it.
func NewReader(r io.Reader, opts ...Option) io.Reader {
	s := newScanner(r, opts)
	s.p.eager = true
	return &reader{s: s}
}

type reader struct {
	s    *scanner
	mem  []byte
	out  []byte // the part of mem not yet read
	done bool
}

func (r *reader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for len(r.out) == 0 && !r.done {
		r.produce(len(b))
	}
	n := copy(b, r.out)
	r.out = r.out[n:]
	if n == 0 {
		return 0, r.s.err
	}
	return n, nil
}

// produce puts into out what the scanner has, but not much more than want bytes.
// If it has nothing, it reads once.
func (r *reader) produce(want int) {
	p := &r.s.p
	out := r.mem[:0]
	tok := tokText
	for len(out) < want && tok != tokMore && tok != tokDone {
		tok = r.s.parse()
		if tok == tokStart || tok == tokEnd {
			continue
		}
		if tok != tokMore {
			out = append(out, p.text...) // at the end: colors after the last line
		}
		if tok == tokLine && !p.line.Partial && !p.unended {
			out = append(out, '\n')
		}
	}
	r.mem, r.out = out, out
	r.done = tok == tokDone
	if tok == tokMore && len(out) == 0 {
		r.s.fill()
	}
}
