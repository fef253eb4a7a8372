package joblog

import (
	"io"
	"iter"
	"time"
)

// DefaultMaxLine is the longest line, in bytes of text, that is yielded in one
// piece unless [MaxLine] says otherwise.
const DefaultMaxLine = 1 << 20

// A Line is one line of a log, as it would be read on the screen.
type Line struct {
	// Number counts the lines from 1, blank ones included. All parts of an
	// overlong line have the same number.
	Number int
	// Time is when the text was begun, in UTC; zero unless the log has timestamps.
	Time time.Time
	// Stream is StreamUnknown unless the log has timestamps.
	Stream Stream
	// StreamID tells who wrote the line: 0 is the runner itself, 1 the job's
	// commands, 15 and up its services. It means something only with a Stream.
	StreamID uint8
	// Text is the line without its line break.
	Text string
	// Section is the innermost section around the line, nil outside of all.
	// The lines of a section share it.
	Section *Section
	// Header marks the line that stands right after the start of Section: its title.
	Header bool
	// Partial marks a line that was longer than the limit and goes on in the next Line.
	Partial bool
}

// A Stream is where a line was written to.
type Stream uint8

// The streams of a log with timestamps.
const (
	StreamUnknown Stream = iota
	Stdout
	Stderr
)

// String returns "stdout", "stderr" or "unknown".
func (s Stream) String() string {
	switch s {
	case Stdout:
		return "stdout"
	case Stderr:
		return "stderr"
	}
	return "unknown"
}

// A Section is a named, timed part of a log. The functions that yield it fill
// in Title and End as they get there.
type Section struct {
	// Name is the name in the markers, such as "step_script".
	Name string
	// Title is the text of the header line, empty if there is none.
	Title string
	// Start and End are the times in the markers, in whole seconds and UTC.
	// End is zero if the log has no end for the section.
	Start, End time.Time
	// Options are those of the start marker, nil if there are none.
	Options map[string]string
	// Parent is the section around this one, nil for an outermost one.
	Parent *Section
}

// Open reports whether the log has no end for the section: it is still running,
// the job failed in it, or the script forgot.
func (s *Section) Open() bool { return s.End.IsZero() }

// Duration is the time between start and end, zero while the section is open.
func (s *Section) Duration() time.Duration {
	if s.Open() {
		return 0
	}
	return max(0, s.End.Sub(s.Start))
}

// Depth is the number of sections around this one.
func (s *Section) Depth() int {
	n := 0
	for s.Parent != nil {
		s, n = s.Parent, n+1
	}
	return n
}

// Collapsed reports whether GitLab shows the section folded.
func (s *Section) Collapsed() bool { return s.Options["collapsed"] == "true" }

// An Option changes how a log is read.
type Option func(*options)

type options struct {
	limit  int  // the longest text of a line
	colors bool // keep SGR sequences
}

// KeepColors leaves the sequences that set colors and styles (SGR) in the text,
// where they stand in the log: a color may be set on one line and reset on another.
func KeepColors() Option { return func(o *options) { o.colors = true } }

// MaxLine sets the longest line, in bytes of text, that is yielded in one
// piece; longer ones are split. Values below 256 mean 256.
func MaxLine(bytes int) Option { return func(o *options) { o.limit = max(bytes, 256) } }

// Lines yields the lines of the log read from r.
//
// A failing read ends the sequence with its error, after all lines read up to
// there. The sequence can be ranged over once. It reads ahead, so that what is
// left in r after a break is of no use.
func Lines(r io.Reader, opts ...Option) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		s := newScanner(r, opts)
		for tok := s.next(); tok != tokDone; tok = s.next() {
			if tok == tokLine && !yield(s.line(), nil) {
				return
			}
		}
		if s.err != io.EOF {
			yield(Line{}, s.err)
		}
	}
}

// A Kind says what an [Event] is.
type Kind uint8

// The kinds of events.
const (
	KindLine         Kind = iota + 1 // Event.Line was read
	KindSectionStart                 // Event.Section starts
	KindSectionEnd                   // Event.Section is left; it may be Open
)

// An Event is a line of a log, or the start or end of a section.
type Event struct {
	Kind Kind
	// Line is set for KindLine.
	Line Line
	// Section is the one that starts or ends, and for a line the innermost around it.
	Section *Section
}

// Events yields the lines of the log read from r, and the starts and ends of
// its sections where they happen. Every start is followed by one end, and they
// nest. It ends like [Lines].
func Events(r io.Reader, opts ...Option) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := newScanner(r, opts)
		for tok := s.next(); tok != tokDone; tok = s.next() {
			var ev Event
			switch tok {
			case tokStart:
				ev = Event{Kind: KindSectionStart, Section: s.p.section}
			case tokEnd:
				ev = Event{Kind: KindSectionEnd, Section: s.p.section}
			default:
				line := s.line()
				ev = Event{Kind: KindLine, Line: line, Section: line.Section}
			}
			if !yield(ev, nil) {
				return
			}
		}
		if s.err != io.EOF {
			yield(Event{}, s.err)
		}
	}
}

// Sections returns all sections of the log read from r in the order of their
// starts. Beside an error it returns those found up to there.
func Sections(r io.Reader) ([]*Section, error) {
	var sections []*Section
	for ev, err := range Events(r) {
		if err != nil {
			return sections, err
		}
		if ev.Kind == KindSectionStart {
			sections = append(sections, ev.Section)
		}
	}
	return sections, nil
}

// A scanner feeds a parser from a reader.
type scanner struct {
	src io.Reader
	p   parser
	buf []byte // what is read but not parsed
	mem []byte
	err error // of the last read; io.EOF at the end
}

const (
	bufferSize    = 64 << 10
	maxEmptyReads = 100
)

func newScanner(r io.Reader, opts []Option) *scanner {
	o := options{limit: DefaultMaxLine}
	for _, opt := range opts {
		opt(&o)
	}
	return &scanner{src: r, p: parser{options: o, bol: true}, mem: make([]byte, bufferSize)}
}

// next returns the next token other than tokMore, reading as needed.
func (s *scanner) next() token {
	for {
		if tok := s.parse(); tok != tokMore {
			return tok
		}
		s.fill()
	}
}

// parse returns the next token of what has been read, tokMore if that is used up.
func (s *scanner) parse() token {
	n, tok := s.p.next(s.buf, s.err != nil)
	s.buf = s.buf[n:]
	return tok
}

// fill reads once more; it is called when buf is used up.
func (s *scanner) fill() {
	for range maxEmptyReads {
		n, err := s.src.Read(s.mem)
		s.buf, s.err = s.mem[:n], err
		if n > 0 || err != nil {
			return
		}
	}
	s.err = io.ErrNoProgress
}

// line returns the line of a tokLine.
func (s *scanner) line() Line {
	line := s.p.line
	line.Text = string(s.p.text)
	if line.Header {
		line.Section.Title = line.Text
	}
	return line
}
