package joblog

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A token is what the parser has found in its input.
type token uint8

const (
	tokMore  token = iota // nothing yet: all input is used up
	tokLine               // a line: parser.line, and its text in parser.text
	tokText               // with eager only: text of a line that may go on
	tokStart              // parser.section starts
	tokEnd                // parser.section is left
	tokDone               // the end of the log
)

// A parser turns the bytes of a log into tokens. It is a state machine that can
// stop after any byte, which is why the cuts between reads cannot matter.
//
// A log consists of physical lines, each ending in a line break. Where they have
// timestamps, one or more of them make up the logical line that is yielded.
type parser struct {
	options
	eager bool // yield text as tokText where a timestamped line may end

	// The physical line.
	bol     bool          // at its beginning, where a timestamp may stand
	head    [headLen]byte // what may become a timestamp; if it does not, text
	nhead   int
	stamped bool
	stamp   stamp

	// The logical line.
	text   []byte
	began  stamp // of the physical line in which text begins
	held   bool  // complete, unless the next physical line continues it
	shown  bool  // some of it was yielded as tokText
	marked bool  // has had section markers
	title  *Section

	// The position within the line.
	state  state
	seq    [64]byte // the parameters of a control sequence
	nseq   int
	carry  [utf8.UTFMax]byte // the beginning of a character
	ncarry int
	cr     bool   // at the first column, not yet overwriting
	mark   bool   // right after the carriage return that may end a section marker
	solid  int    // text is what stands in the log, without gaps, from here on
	pen    []byte // with colors: the sequences that made the current style

	open  []*Section // outermost first
	left  []*Section // left without an end, which may yet come
	queue []event

	// What the last token is about.
	line    Line
	section *Section
	taken   bool // text was yielded
	unended bool // the line has no line break: it is the last of the log
}

type event struct {
	tok     token
	section *Section
}

type state uint8

const (
	ground  state = iota
	escaped       // after ESC
	control       // in a control sequence, ESC [
	str           // in a string for the terminal, such as a title or the target of a link
	strEnd        // after ESC in such a string
)

const (
	esc = 0x1b
	bel = 0x07
	c1  = 0xc2 // the first byte of the control characters U+0080 to U+009F

	maxOpen   = 256  // sections open, and sections left, at a time
	maxMarker = 1024 // bytes of a section marker
	maxPen    = 256

	reset = "\x1b[0m"
)

var replacement = []byte("\uFFFD")

// next returns the next token of data, and how much of data it has used.
// What it yields is valid until the next call.
func (p *parser) next(data []byte, eof bool) (n int, tok token) {
	if p.taken {
		p.taken = false
		p.text, p.solid = p.text[:0], 0
	}
	for {
		if len(p.queue) > 0 {
			ev := p.queue[0]
			p.queue = p.queue[1:]
			p.section = ev.section
			return n, ev.tok
		}
		switch {
		case p.bol && p.nhead == headLen:
			_, tok = p.header(nil)
		case !p.bol && p.nhead > 0: // no timestamp after all
			var m int
			m, tok = p.step(p.head[:p.nhead])
			p.nhead = copy(p.head[:], p.head[m:p.nhead])
		case n < len(data):
			var m int
			m, tok = p.step(data[n:])
			n += m
		case eof:
			tok = p.end()
		default:
			return n, tokMore
		}
		if tok != tokMore {
			return n, tok
		}
	}
}

// step parses the first unit of b: one byte or many of a kind. Where a line must
// be yielded before, it uses none and is called again.
func (p *parser) step(b []byte) (int, token) {
	switch {
	case p.bol:
		return p.header(b)
	case b[0] == '\n':
		return p.newline()
	case p.state != ground:
		return p.escape(b)
	case p.ncarry > 0:
		return p.character(b)
	}
	return p.ground(b)
}

// end parses the end of the log.
func (p *parser) end() token {
	switch {
	case p.held:
		return p.finish()
	case p.bol && p.nhead > 0:
		p.bol = false
		p.stamped, p.stamp = false, stamp{}
		return tokMore
	case !p.bol:
		p.unended = true
		p.marked = true // makes finish drop a blank line
		return p.finish()
	case len(p.open) > 0:
		p.leave(0)
		return tokMore
	}
	return tokDone
}

// newline ends a physical line.
func (p *parser) newline() (int, token) {
	if p.stamped {
		p.held, p.bol = true, true
		if p.eager && p.state == ground && p.ncarry == 0 && !p.cr && inked(p.text) {
			p.shown, p.taken = true, true
			return 1, tokText
		}
		return 1, tokMore
	}
	tok := p.finish()
	if tok == tokLine && p.line.Partial {
		return 0, tok
	}
	return 1, tok
}

// finish ends the logical line.
func (p *parser) finish() token {
	for p.ncarry > 0 {
		if !p.put(replacement) {
			return p.emit(true)
		}
		p.shift()
	}
	p.state, p.cr, p.mark = ground, false, false
	p.held, p.bol = false, true
	if p.marked && !p.begun() {
		// Nothing but markers. Colors, if any, go to the next line.
		p.marked, p.title = false, nil
		return tokMore
	}
	return p.emit(false)
}

// emit yields the text as a line.
func (p *parser) emit(partial bool) token {
	at := p.began
	if len(p.text) == 0 {
		at = p.stamp
	}
	number := p.line.Number
	if !p.line.Partial {
		number++
	}
	p.line = Line{
		Number:   number,
		Time:     at.time,
		Stream:   at.stream,
		StreamID: at.id,
		Section:  p.innermost(),
		Header:   p.title != nil && inked(p.text),
		Partial:  partial,
	}
	p.title, p.taken = nil, true
	if !partial {
		p.marked, p.shown = false, false
	}
	return tokLine
}

// begun reports whether the line has anything to show.
func (p *parser) begun() bool { return p.shown || p.line.Partial || inked(p.text) }

// inked reports whether the text shows anything; colors alone do not.
func inked(text []byte) bool {
	for len(text) > 0 && text[0] == esc {
		text = text[bytes.IndexByte(text, 'm')+1:]
	}
	return len(text) > 0
}

// special holds the bytes that are not text.
var special = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = c != '\t'
	}
	t[0x7f] = true
	return t
}()

// ground parses text, or one control character.
func (p *parser) ground(b []byte) (int, token) {
	b = b[:min(len(b), p.limit)] // more would be looked at again for the next part
	var bits byte
	n := 0
	for n < len(b) && !special[b[n]] {
		bits |= b[n]
		n++
	}
	switch {
	case n > 0:
		if p.cr {
			p.erase()
		}
		p.mark = false
		if bits >= utf8.RuneSelf {
			return p.unicode(b[:n])
		}
		return p.ascii(b[:n])
	case b[0] == esc:
		p.state = escaped
		n, tok := p.escape(b[1:])
		return 1 + n, tok
	case b[0] == '\r':
		p.mark = !p.cr
		p.cr = true
	default:
		p.gap()
	}
	return 1, tokMore
}

// ascii adds to the text as much of b as fits.
func (p *parser) ascii(b []byte) (int, token) {
	n := min(len(b), p.limit-len(p.text))
	if n <= 0 {
		return 0, p.emit(true)
	}
	p.touch()
	p.text = append(p.text, b[:n]...)
	return n, tokMore
}

// unicode is ascii for b that has other characters as well.
func (p *parser) unicode(b []byte) (n int, tok token) {
	if len(p.text)+len(b) <= p.limit && utf8.Valid(b) && bytes.IndexByte(b, c1) < 0 {
		p.touch()
		p.text = append(p.text, b...)
		return len(b), tokMore
	}
	for n < len(b) {
		if b[n] < utf8.RuneSelf {
			end := n + 1
			for end < len(b) && b[end] < utf8.RuneSelf {
				end++
			}
			m, tok := p.ascii(b[n:end])
			n += m
			if tok != tokMore {
				return n, tok
			}
			continue
		}
		if !utf8.FullRune(b[n:]) {
			p.ncarry = copy(p.carry[:], b[n:])
			return len(b), tokMore
		}
		r, size := utf8.DecodeRune(b[n:])
		if !p.putRune(r, b[n:n+size]) {
			return n, p.emit(true)
		}
		n += size
	}
	return n, tokMore
}

// character goes on with the character begun in carry.
func (p *parser) character(b []byte) (int, token) {
	n := copy(p.carry[p.ncarry:], b)
	whole := p.carry[:p.ncarry+n]
	if !utf8.FullRune(whole) {
		p.ncarry += n
		return n, tokMore
	}
	r, size := utf8.DecodeRune(whole)
	if !p.putRune(r, whole[:size]) {
		return 0, p.emit(true)
	}
	if size == 1 {
		p.shift() // not a character: start over from its second byte
		return 0, tokMore
	}
	n, p.ncarry = size-p.ncarry, 0
	return n, tokMore
}

// shift drops the first byte of carry.
func (p *parser) shift() {
	p.ncarry = copy(p.carry[:], p.carry[1:p.ncarry])
}

// putRune adds a decoded character to the text, if there is room.
func (p *parser) putRune(r rune, encoded []byte) bool {
	switch {
	case r < 0xa0: // a C1 control: ASCII does not come here
		p.gap()
		return true
	case r == utf8.RuneError:
		return p.put(replacement)
	}
	return p.put(encoded)
}

// put adds s to the text, if there is room.
func (p *parser) put(s []byte) bool {
	if len(p.text)+len(s) > p.limit {
		return false
	}
	p.touch()
	p.text = append(p.text, s...)
	return true
}

// touch is called before text is added.
func (p *parser) touch() {
	if len(p.text) == 0 {
		p.began = p.stamp
	}
}

// gap notes that the log has something here that the text has not.
func (p *parser) gap() {
	p.mark = false
	p.solid = len(p.text)
}

// erase empties the line. The style in force stays so.
func (p *parser) erase() {
	styled := p.colors && bytes.IndexByte(p.text, esc) >= 0
	p.text = p.text[:0]
	if styled {
		p.touch()
		p.text = append(append(p.text, reset...), p.pen...)
	}
	p.cr = false
	p.gap()
}

// escape parses an escape sequence, or as much of it as b has.
func (p *parser) escape(b []byte) (n int, tok token) {
	for n < len(b) && b[n] != '\n' && p.state != ground {
		c := b[n]
		if p.state == control && 0x40 <= c && c <= 0x7e {
			used, tok := p.command(c)
			return n + used, tok
		}
		if p.sequence(c) {
			n++
		}
	}
	return n, tokMore
}

// sequence takes one byte of an escape sequence, by the classes of ECMA-48.
// A byte that cannot belong to the sequence ends it and is to be parsed anew.
func (p *parser) sequence(c byte) (used bool) {
	switch p.state {
	case escaped:
		switch {
		case c == '[':
			p.state, p.nseq = control, 0
			return true
		case c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_':
			p.state = str
			return true
		case 0x20 <= c && c <= 0x2f:
			return true
		case 0x30 <= c && c <= 0x7e:
			p.surface()
			return true
		}
	case control:
		if 0x20 <= c && c <= 0x3f {
			if p.nseq < len(p.seq) {
				p.seq[p.nseq] = c
			}
			p.nseq++
			return true
		}
	case str:
		switch c {
		case bel:
			p.surface()
			return true
		case esc:
			p.state = strEnd
			return true
		case '\r':
			// In no string: what looked like the start of one was not.
		default:
			return true
		}
	case strEnd:
		if c == '\\' {
			p.surface()
			return true
		}
		p.state = escaped
		return false
	}
	p.surface()
	return false
}

// surface ends an escape sequence.
func (p *parser) surface() {
	p.state = ground
	p.gap()
}

// command carries out the control sequence that ends in c.
func (p *parser) command(c byte) (used int, tok token) {
	// Sequences too long to be kept are none that are known here.
	params := p.seq[:0]
	known := p.nseq <= len(p.seq)
	if known {
		params = p.seq[:p.nseq]
	}
	switch {
	case !known:
	case c == 'm' && p.colors && len(bytes.Trim(params, "0123456789;:")) == 0:
		if !p.style(params) {
			return 0, p.emit(true)
		}
	case c == 'K':
		switch string(params) {
		case "", "0": // to the end of the line
			if p.cr {
				marker := false
				if p.mark && len(params) > 0 {
					marker, tok = p.marker()
				}
				if !marker {
					p.erase()
				}
			}
		case "1": // from the beginning of the line
			if !p.cr {
				p.erase()
			}
		case "2": // the whole line
			p.erase()
		}
	case c == 'G' && (len(params) == 0 || len(params) == 1 && params[0] <= '1'):
		p.cr = true // to the first column
	}
	p.surface()
	return 1, tok
}

// style adds an SGR sequence to the text, if there is room.
func (p *parser) style(params []byte) bool {
	seq := make([]byte, 0, len(p.seq)+3)
	seq = append(seq, esc, '[')
	seq = append(seq, params...)
	seq = append(seq, 'm')
	if !p.put(seq) {
		return false
	}
	switch {
	case len(bytes.Trim(params, "0;")) == 0:
		p.pen = p.pen[:0]
	case bytes.HasPrefix(params, []byte("0;")) || len(p.pen)+len(seq) > maxPen:
		p.pen = append(p.pen[:0], seq...)
	default:
		p.pen = append(p.pen, seq...)
	}
	return true
}

// markerPattern matches a section marker up to its "\r\e[0K", as GitLab does.
var markerPattern = regexp.MustCompile(
	`section_(start|end):(\d{1,18}):([a-zA-Z0-9_.-]+)(?:\[(\w+=\w+(?:, ?\w+=\w+)*)\])?$`)

// marker looks for a section marker at the end of the text and carries it out.
func (p *parser) marker() (ok bool, tok token) {
	tail := p.text[max(p.solid, len(p.text)-maxMarker):]
	if !bytes.Contains(tail, []byte("section_")) {
		return false, tokMore // a progress bar, of which there can be many
	}
	m := markerPattern.FindSubmatchIndex(tail)
	if m == nil {
		return false, tokMore
	}
	starts := m[3]-m[2] == len("start")
	seconds, _ := strconv.ParseInt(string(tail[m[4]:m[5]]), 10, 64) // cannot fail with 18 digits
	at := time.Unix(seconds, 0).UTC()
	name := string(tail[m[6]:m[7]])
	var options map[string]string
	if m[8] >= 0 {
		options = make(map[string]string)
		for option := range strings.SplitSeq(string(tail[m[8]:m[9]]), ",") {
			key, value, _ := strings.Cut(strings.TrimSpace(option), "=")
			options[key] = value
		}
	}

	p.text = p.text[:len(p.text)-len(tail)+m[0]]
	p.cr = false
	i := lastNamed(p.open, name)
	switch begun := p.begun(); {
	case begun && (starts || i >= 0):
		tok = p.emit(false)
	case !begun && len(p.text) > maxPen:
		p.erase() // colors without end, which should not be gone through at every marker
	}
	p.marked = true
	if i >= 0 {
		p.open[i].End = at
		p.leave(i)
	}
	switch {
	case starts && len(p.open) < maxOpen:
		s := &Section{Name: name, Start: at, Options: options, Parent: p.innermost()}
		p.open = append(p.open, s)
		p.title = s
		p.queue = append(p.queue, event{tokStart, s})
	case !starts && i < 0:
		if i := lastNamed(p.left, name); i >= 0 {
			p.left[i].End = at
			p.left = slices.Delete(p.left, i, i+1)
		}
	}
	return true, tok
}

// lastNamed returns the index of the last section of that name, or -1.
func lastNamed(sections []*Section, name string) int {
	for i, s := range slices.Backward(sections) {
		if s.Name == name {
			return i
		}
	}
	return -1
}

// leave leaves the open sections from the i-th on, innermost first.
func (p *parser) leave(i int) {
	for _, s := range slices.Backward(p.open[i:]) {
		p.queue = append(p.queue, event{tokEnd, s})
		if s.Open() {
			p.left = append(p.left, s)
		}
	}
	p.left = slices.Delete(p.left, 0, max(0, len(p.left)-maxOpen))
	clear(p.open[i:])
	p.open = p.open[:i]
	p.title = nil
}

func (p *parser) innermost() *Section {
	if len(p.open) == 0 {
		return nil
	}
	return p.open[len(p.open)-1]
}

// A stamp is what stands before a line in a log with timestamps:
// the time, the number and kind of the stream, and "+" if it continues a line.
type stamp struct {
	time   time.Time
	id     uint8
	stream Stream
}

// headLayout is the form of a stamp. A digit stands for all digits up to it,
// x for a hexadecimal one.
const (
	headLayout = "9999-19-39T29:59:59.999999Z xxS+"
	headLen    = len(headLayout)
)

// fits tells which bytes there can be at which place of a stamp.
var fits = func() (t [headLen][256]bool) {
	for i, l := range []byte(headLayout) {
		allowed := string(l)
		switch {
		case '0' <= l && l <= '9':
			allowed = "0123456789"[:l-'0'+1]
		case l == 'x':
			allowed = "0123456789abcdef"
		case l == 'S':
			allowed = "OE"
		case l == '+':
			allowed = "+ "
		}
		for _, c := range []byte(allowed) {
			t[i][c] = true
		}
	}
	return t
}()

// header parses the beginning of a physical line.
func (p *parser) header(b []byte) (n int, tok token) {
	for n < len(b) && p.nhead < headLen && fits[p.nhead][b[n]] {
		p.head[p.nhead] = b[n]
		p.nhead++
		n++
	}
	if n == len(b) && p.nhead < headLen {
		return n, tokMore
	}
	next, continues := stamp{}, false
	if p.nhead == headLen {
		next = parseStamp(&p.head)
		continues = p.head[headLen-1] == '+' && next.id == p.stamp.id && next.stream == p.stamp.stream
	}
	if p.held && !continues {
		return n, p.finish()
	}
	p.held, p.bol = false, false
	p.stamp, p.stamped = next, p.nhead == headLen
	if p.stamped {
		p.nhead = 0
	}
	return n, tokMore
}

func parseStamp(head *[headLen]byte) stamp {
	number := func(from, to int) (n int) {
		for _, c := range head[from:to] {
			n = n*10 + int(c-'0')
		}
		return n
	}
	hex := func(c byte) uint8 {
		if c >= 'a' {
			return c - 'a' + 10
		}
		return c - '0'
	}
	s := stamp{
		time: time.Date(number(0, 4), time.Month(number(5, 7)), number(8, 10),
			number(11, 13), number(14, 16), number(17, 19), number(20, 26)*1000, time.UTC),
		id:     hex(head[28])<<4 | hex(head[29]),
		stream: Stdout,
	}
	if head[30] == 'E' {
		s.stream = Stderr
	}
	return s
}
