package transport

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Whatever a server, a proxy or a RoundTripper says passes through here before it becomes part of an error or of a log. It comes out
// without the secrets of the call, also where they were echoed in another form, and as one short line that does nothing to a terminal.

// secretive are the ends of the names of headers that hold a secret.
var secretive = []string{"Authorization", "Cookie", "Token", "Secret", "Key"}

// keepAll keeps the credentials from being told, also those of a header that is not sent.
func (c *Call) keepAll(credentials http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.secrets == nil {
		c.secrets = c.room[:0]
	}
	for name, values := range credentials {
		c.keep(name, values)
	}
}

func isSecretive(name string) bool {
	return slices.ContainsFunc(secretive, func(end string) bool { return strings.HasSuffix(name, end) })
}

// keep keeps the secrets of a header from being told.
func (c *Call) keep(name string, values []string) { c.secrets = appendSecrets(c.secrets, name, values) }

// appendSecrets appends those of a header. An answer may repeat a part of it.
func appendSecrets(secrets []string, name string, values []string) []string {
	for _, value := range values {
		if _, token, ok := strings.Cut(value, " "); ok && strings.HasSuffix(name, "Authorization") {
			value = token
		}
		secrets = append(secrets, value)
		if name != "Cookie" {
			continue
		}
		cookies, _ := http.ParseCookie(value) // none of what is not valid
		for _, cookie := range cookies {
			secrets = append(secrets, cookie.Value)
		}
	}
	return secrets
}

const (
	MaxLine = 2 << 10  // bytes of a text that is told
	maxText = 16 << 10 // bytes of it that are looked at

	// How long a text has to be to be worth hiding. Shorter ones are parts of words: of a header's no token, and of the options' the value
	// of a variable such as "main", which GitLab does not mask either.
	shortestInHeader  = 4
	shortestInOptions = 8
	// beginning is how much of a secret is worth hiding where the rest of it was cut off.
	beginning = 8

	redacted = "[redacted]"
)

// A Cleaner makes texts from elsewhere fit to be told. The zero Cleaner knows no secrets.
type Cleaner struct{ secrets []secret }

// secret is a text to hide.
type secret struct {
	visible string // what of it can be seen, by which it is known again
	literal string // in place of visible, where that is too little to know it by, or not all that is seen
}

// Cleaner knows the credentials of the call and the secrets among its options.
func (c *Call) Cleaner() (k Cleaner) {
	if c.Options != nil {
		for _, text := range c.Options.Secrets() {
			k.hides(text, shortestInOptions)
		}
	}
	c.mu.Lock()
	secrets := slices.Clone(c.secrets)
	c.mu.Unlock()
	for name, values := range c.Header {
		if isSecretive(name) {
			secrets = appendSecrets(secrets, name, values)
		}
	}
	for _, text := range secrets {
		k.hides(text, shortestInHeader)
	}
	return k
}

func (k *Cleaner) hides(text string, shortest int) {
	if len(text) < shortest {
		return
	}
	visible := look(text, false).seen
	if len(visible) >= shortest {
		k.add(secret{visible: visible})
	}
	if len(visible) < shortest || strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		k.add(secret{literal: text})
	}
}

func (k *Cleaner) add(s secret) {
	if !slices.Contains(k.secrets, s) {
		k.secrets = append(k.secrets, s)
	}
}

// Line is what may be told of a text.
func (k Cleaner) Line(text string) string {
	text, cut := bounded(text, maxText)
	return Line(k.hideAll(text, cut, hideTokens))
}

// Cause is what may be told of an error's text. An error of net/http, or of what stands in its place, may name the URL that was asked:
// what follows its path, and the user before its host, are left out.
func (k Cleaner) Cause(text string) string {
	text, cut := bounded(text, maxText)
	return Line(strings.ReplaceAll(strings.TrimSpace(k.cause(text, cut)), "\n", "; "))
}

func (k Cleaner) cause(text string, cut bool) string {
	return k.hideAll(text, cut, func(text string) string {
		if strings.Contains(text, "://") {
			text = users.ReplaceAllString(queries.ReplaceAllString(text, "$1"), "://")
		}
		return hideTokens(text)
	})
}

// hideAll hides the secrets, and what more does. What is left may be a secret once more, put together by what was taken out.
func (k Cleaner) hideAll(text string, cut bool, more func(string) string) string {
	text = k.hide(text, cut, true)
	less := more(text)
	if less != text {
		less = k.hide(less, cut, true)
	}
	return less
}

func hideTokens(text string) string {
	if !strings.Contains(text, "gl") && !strings.Contains(text, "GR") { // most texts, and the expression takes its time
		return text
	}
	return tokens.ReplaceAllString(text, redacted)
}

// Harmless says that a text of an error can be told as it is, however long it be.
func (k Cleaner) Harmless(text string) bool {
	return k.cause(text, false) == text && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' && r != '\t' })
}

// Tells says that a text holds a secret.
func (k Cleaner) Tells(text string) bool {
	return k.hide(hideTokens(text), false, false) != text
}

// Body hides the secrets in an answer, of which no more than limit bytes are kept, and leaves it as it is otherwise.
func (k Cleaner) Body(answer []byte, limit int) []byte {
	text, cut := bounded(string(answer), limit)
	text, _ = bounded(k.hide(text, cut, false), limit)
	return []byte(text)
}

func bounded(text string, limit int) (head string, cut bool) {
	return text[:min(len(text), limit)], len(text) > limit
}

var (
	queries = regexp.MustCompile(`(://[^\s"'<>?#]*)[?#][^\s"'<>]*`)
	users   = regexp.MustCompile(`://[^\s"'<>/?#@]*@`)
	// tokens are those of GitLab that nobody told the call of, as a source of tokens may name one that it fails with.
	tokens = regexp.MustCompile(`\b(?:gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)-|GR1348941)[0-9A-Za-z_.-]{16,}`)
)

// Line makes text from outside fit to print: no control characters, no line breaks, nothing that turns the direction of writing, no more
// than two kilobytes.
func Line(text string) string {
	text, _ = bounded(text, MaxLine)
	text = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

// hide replaces the secrets in a text. Of a text that was cut its end may be the beginning of one, and so may what stands before a quote,
// where Go's %.64q cut it.
func (k Cleaner) hide(text string, cut, quoted bool) string {
	if len(k.secrets) == 0 {
		return text
	}
	for range 5 { // what stood around a secret may be one, together with what is in its place
		spans := k.find(text, cut, quoted)
		if len(spans) == 0 {
			return text
		}
		text = blank(text, spans)
	}
	return redacted
}

// span is a part of a text.
type span struct{ from, to int }

// find returns where the secrets are in a text, in whatever form.
func (k Cleaner) find(text string, cut, quoted bool) (spans []span) {
	views := append(make([]view, 0, 2), look(text, false))
	if strings.ContainsAny(text, `\%&`) {
		whole := text
		if at := strings.LastIndexAny(text, `\%&`); cut && at >= len(text)-10 {
			whole = text[:at] // the end may be half of an escape
		}
		views = append(views, look(whole, true))
	}
	for _, v := range views {
		var seen []span
		for _, s := range k.secrets {
			seen = s.find(v.seen, cut, quoted, seen)
		}
		spans = append(spans, v.places(seen)...)
	}
	for _, s := range k.secrets {
		if s.literal != "" {
			spans = occurrences(text, s.literal, spans)
		}
	}
	return merged(spans)
}

// merged puts spans in order, and makes one of those that overlap.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	apart := spans[:0]
	for _, s := range spans {
		if n := len(apart); n > 0 && s.from < apart[n-1].to {
			apart[n-1].to = max(apart[n-1].to, s.to)
		} else {
			apart = append(apart, s)
		}
	}
	return apart
}

// occurrences appends where a part is in a text, also where it overlaps itself.
func occurrences(text, part string, spans []span) []span {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], part)
		if i < 0 {
			return spans
		}
		at += i
		spans = append(spans, span{at, at + len(part)})
	}
}

// find appends where the secret is in what is seen of a text.
func (s secret) find(seen string, cut, quoted bool, spans []span) []span {
	if s.visible == "" {
		return spans
	}
	head := s.visible[:min(len(s.visible), beginning)]
	before := len(spans)
	spans = occurrences(seen, head, spans)
	kept := spans[:before]
	for _, found := range spans[before:] {
		for found.to < len(seen) && found.to-found.from < len(s.visible) && seen[found.to] == s.visible[found.to-found.from] {
			found.to++
		}
		whole := found.to-found.from == len(s.visible)
		if whole || cut && found.to == len(seen) || quoted && found.to < len(seen) && seen[found.to] == '"' {
			kept = append(kept, found)
		}
	}
	for n := len(head) - 1; cut && n >= shortestInHeader; n-- {
		if strings.HasSuffix(seen, head[:n]) {
			return append(kept, span{len(seen) - n, len(seen)})
		}
	}
	return kept
}

// blank replaces parts of a text, which are in order and do not overlap.
func blank(text string, spans []span) string {
	var b strings.Builder
	done := 0
	for _, s := range spans {
		b.WriteString(text[done:s.from] + redacted)
		done = s.to
	}
	b.WriteString(text[done:])
	return b.String()
}

// view is a text as the eye takes it in: the printable characters of ASCII in it. All else, blanks among it, may stand between those of a
// secret.
type view struct {
	text      string
	unescaped bool // escapes are taken for what they stand for
	seen      string
}

func look(text string, unescaped bool) view {
	var seen strings.Builder
	seen.Grow(len(text))
	for at := 0; at < len(text); {
		c, width := glance(text[at:], unescaped)
		at += width
		if c != 0 {
			seen.WriteByte(c)
		}
	}
	return view{text, unescaped, seen.String()}
}

// glance reads the character that a text begins with; 0 stands for one that is not seen.
func glance(text string, unescaped bool) (c byte, width int) {
	c, width = text[0], 1
	if unescaped && (c == '\\' || c == '%' || c == '&') {
		c, width = unescape(text)
	}
	if c <= ' ' || c > '~' {
		c = 0
	}
	return c, width
}

// places returns where in the text that is which was found in what is seen of it.
func (v view) places(found []span) []span {
	found = merged(found)
	at, seen, i, from := 0, 0, 0, 0
	for i < len(found) {
		c, width := glance(v.text[at:], v.unescaped)
		if c != 0 {
			if seen == found[i].from {
				from = at
			}
			seen++
			if seen == found[i].to {
				found[i] = span{from, at + width}
				i++
			}
		}
		at += width
	}
	return found
}

// unescape reads the escape that a text begins with, of JSON, of Go, of a URL or of HTML; or the first character, if it begins with none.
func unescape(text string) (c byte, width int) {
	digits := func(from, to, base int) (byte, int) {
		if to > len(text) {
			return text[0], 1
		}
		n, err := strconv.ParseUint(text[from:to], base, 32)
		switch {
		case err != nil:
			return text[0], 1
		case n > '~':
			return ' ', to
		default:
			return byte(n), to
		}
	}
	next, _ := bounded(text[1:], 1)
	switch text[0] {
	case '%':
		return digits(1, 3, 16)
	case '\\':
		switch next {
		case "u":
			return digits(2, 6, 16)
		case "U":
			return digits(2, 10, 16)
		case "x":
			return digits(2, 4, 16)
		case "a", "b", "f", "n", "r", "t", "v":
			return ' ', 2
		case `"`, `\`, `/`, `'`:
			return next[0], 2
		}
	case '&':
		name, _, ok := strings.Cut(text[1:min(len(text), 10)], ";")
		switch {
		case !ok:
		case entities[name] != 0:
			return entities[name], len(name) + 2
		case strings.HasPrefix(name, "#x"), strings.HasPrefix(name, "#X"):
			if c, n := digits(3, len(name)+1, 16); n > 1 {
				return c, n + 1
			}
		case strings.HasPrefix(name, "#"):
			if c, n := digits(2, len(name)+1, 10); n > 1 {
				return c, n + 1
			}
		}
	}
	return text[0], 1
}

var entities = map[string]byte{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\'', "nbsp": ' ', "shy": ' '}
