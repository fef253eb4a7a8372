package joblog_test

import (
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/joblog"
)

// unfold makes a log of a fuzzed one, in which single control characters stand for constructs of many bytes. go test makes each input that
// it finds interesting as short as it can, which takes it as many runs as the square of the input's length: with inputs of kilobytes it
// does nothing else. Folded, lines over the limit and sections in sections are a few bytes. The parser takes those control characters for
// the same as the ones that are left.
var unfold = strings.NewReplacer(
	"\x01", strings.Repeat("x", 300),
	"\x02", strings.Repeat("é", 100),
	"\x03", "2024-05-22T12:43:46.962646Z 00O ",
	"\x04", "2024-05-22T12:43:46.962646Z 00O+",
	"\x05", "section_start:1:a"+eol,
	"\x06", "section_end:2:a"+eol,
)

// seed adds logs that hold every construct there is: the real ones line by line.
func seed(f *testing.F) {
	f.Helper()
	for _, log := range logs(f) {
		for line := range strings.Lines(log) {
			f.Add(line, 7)
		}
	}
	for _, log := range []string{
		"", "\n", "\r\n", "a\rb\r\n", "\x1b[31mred\x1b[0m", "\x1b[2K\x1b[1Ga", "\x1b]8;;u\x1b\\x\x1b]0;t\x07", "caf\xe9\xf0\x9f", "\u0085\x00\x7f",
		"section_start:1:a[collapsed=true]" + eol + "A\nsection_end:2:a" + eol, "\x05A\n\x05B\n\x06\x06",
		"section_start:1:step_script" + eol + "a\nb\nERROR: Job failed\n", "section_start:1:after_script" + eol + "a\n",
		"\x03a\r\n\x04\x1b[0Kb\n", "\x03\x01\n\x04\x02\n", "\x01\x02\r\x1b[1mx", "\x1b[1m\x01\x1b[0;31m\x01\n",
	} {
		f.Add(log, 1)
	}
}

// fuzz runs check with unfolded logs. Longer ones are for other tests: what their length could bring about, unfolding brings about as well.
func fuzz(f *testing.F, check func(t *testing.T, log string, n int)) {
	f.Helper()
	seed(f)
	f.Fuzz(func(t *testing.T, folded string, n int) {
		if len(folded) <= 300 {
			check(t, unfold.Replace(folded), n)
		}
	})
}

func FuzzLines(f *testing.F)  { fuzz(f, checkLines) }
func FuzzReader(f *testing.F) { fuzz(f, checkReader) }
func FuzzTail(f *testing.F)   { fuzz(f, checkTail) }

func checkLines(t *testing.T, log string, cut int) {
	opts := joblog.MaxLine(0)
	want := outline(strings.NewReader(log), opts)
	require.Equal(t, want, outline(iotest.OneByteReader(strings.NewReader(log)), opts))
	require.Equal(t, want, outline(&chunks{s: log, sizes: []int{cut % 1000, 3, 1}}, opts))

	number, partial := 0, false
	for line, err := range joblog.Lines(strings.NewReader(log), opts) {
		require.NoError(t, err)
		assert.LessOrEqual(t, len(line.Text), 256)
		assert.True(t, utf8.ValidString(line.Text), "%q", line.Text)
		assert.False(t, strings.ContainsFunc(line.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }), "%q", line.Text)
		if !partial {
			number++
		}
		assert.Equal(t, number, line.Number)
		partial = line.Partial
	}
	assert.False(t, partial, "the last line goes on")

	var open []*joblog.Section
	for ev := range joblog.Events(strings.NewReader(log), opts) {
		switch ev.Kind {
		case joblog.KindSectionStart:
			assert.Equal(t, len(open), ev.Section.Depth())
			open = append(open, ev.Section)
		case joblog.KindSectionEnd:
			require.NotEmpty(t, open)
			assert.Same(t, open[len(open)-1], ev.Section)
			open = open[:len(open)-1]
		}
	}
	assert.Empty(t, open)
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;:]*m")

func checkReader(t *testing.T, log string, cut int) {
	read := func(r io.Reader, opts ...joblog.Option) string {
		got, err := io.ReadAll(joblog.NewReader(r, opts...))
		require.NoError(t, err)
		return string(got)
	}
	plain := read(strings.NewReader(log))
	assert.True(t, utf8.ValidString(plain))
	assert.False(t, strings.ContainsFunc(plain, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' }), "%q", plain)
	require.Equal(t, plain, read(&chunks{s: log, sizes: []int{cut % 1000, 3, 1}}))

	colored := read(strings.NewReader(log), joblog.KeepColors())
	require.Equal(t, colored, read(iotest.OneByteReader(strings.NewReader(log)), joblog.KeepColors()))
	require.Equal(t, plain, sgr.ReplaceAllString(colored, ""), "colors are all that differs")
}

func checkTail(t *testing.T, log string, n int) {
	n %= 20
	lines, err := joblog.Tail(strings.NewReader(log), n)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(lines), max(n, 0))
	all, err := joblog.Tail(strings.NewReader(log), 1_000_000)
	require.NoError(t, err)
	require.Len(t, lines, min(max(n, 0), len(all)))
	for i, line := range lines {
		assert.Equal(t, all[len(all)-len(lines)+i].Text, line.Text)
		assert.NotEmpty(t, strings.TrimSpace(line.Text))
	}
}

// What is fuzzed in pieces holds for whole logs, wherever their reads are cut.
func TestFuzzedPropertiesOfWholeLogs(t *testing.T) {
	for _, log := range logs(t) {
		for cut := range 8 {
			checkLines(t, log, cut)
			checkReader(t, log, cut)
			checkTail(t, log, cut)
		}
	}
}
