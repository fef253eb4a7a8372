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

// seed adds logs that hold every construct there is.
func seed(f *testing.F) {
	f.Helper()
	for _, log := range logs(f) {
		f.Add(log, 7)
	}
	for _, log := range []string{
		"", "\n", "\r\n", "a\rb\r\n", "\x1b[31mred\x1b[0m", "\x1b[2K\x1b[1Ga", "\x1b]8;;u\x1b\\x\x1b]0;t\x07", "caf\xe9\xf0\x9f", "\u0085\x00\x7f",
		"section_start:1:a[collapsed=true]" + eol + "A\nsection_end:2:a" + eol,
		"2024-05-22T12:43:46.962646Z 00O a\r\n2024-05-22T12:43:46.962646Z 00O+\x1b[0Kb\n",
		strings.Repeat("x", 300) + strings.Repeat("é", 300) + "\r\x1b[1mx",
	} {
		f.Add(log, 1)
	}
}

func FuzzLines(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, log string, cut int) {
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
	})
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;:]*m")

func FuzzReader(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, log string, cut int) {
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
	})
}

func FuzzTail(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, log string, n int) {
		n %= 20
		lines, err := joblog.Tail(strings.NewReader(log), n)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(lines), max(n, 0))
		all, err := joblog.Tail(strings.NewReader(log), 1_000_000)
		require.NoError(t, err)
		for i, line := range lines {
			assert.Equal(t, all[len(all)-len(lines)+i].Text, line.Text)
			assert.NotEmpty(t, strings.TrimSpace(line.Text))
		}
	})
}
