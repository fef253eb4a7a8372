package joblog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/joblog"
)

const eol = "\r\x1b[0K" // ends a section marker

func texts(t *testing.T, log string, opts ...joblog.Option) []string {
	t.Helper()
	var got []string
	for line, err := range joblog.Lines(strings.NewReader(log), opts...) {
		require.NoError(t, err)
		got = append(got, line.Text)
	}
	return got
}

// outline writes what Events yields, one event a line.
func outline(r io.Reader, opts ...joblog.Option) string {
	var b strings.Builder
	for ev, err := range joblog.Events(r, opts...) {
		switch {
		case err != nil:
			fmt.Fprintf(&b, "error: %v\n", err)
		case ev.Kind == joblog.KindSectionStart:
			fmt.Fprintf(&b, "<%s %d>\n", ev.Section.Name, ev.Section.Start.Unix())
		case ev.Kind == joblog.KindSectionEnd && ev.Section.Open():
			fmt.Fprintf(&b, "</%s open>\n", ev.Section.Name)
		case ev.Kind == joblog.KindSectionEnd:
			fmt.Fprintf(&b, "</%s %s>\n", ev.Section.Name, ev.Section.Duration())
		default:
			line := ev.Line
			fmt.Fprintf(&b, "%d", line.Number)
			if line.Stream != joblog.StreamUnknown {
				fmt.Fprintf(&b, " %s %s %d", line.Time.Format("15:04:05.999999"), line.Stream, line.StreamID)
			}
			if line.Section != nil {
				fmt.Fprintf(&b, " in %s", line.Section.Name)
			}
			if line.Header {
				b.WriteString(" header")
			}
			if line.Partial {
				b.WriteString(" partial")
			}
			fmt.Fprintf(&b, " %q\n", line.Text)
		}
	}
	return b.String()
}

func lines(s ...string) string { return strings.Join(s, "\n") + "\n" }

func TestLinesText(t *testing.T) {
	tests := []struct {
		name, log string
		want      []string
	}{
		{"empty", "", nil},
		{"plain", "a\nb\n", []string{"a", "b"}},
		{"no line break at the end", "a\nb", []string{"a", "b"}},
		{"blank lines", "\n\na\n\n", []string{"", "", "a", ""}},
		{"windows line breaks", "a\r\nb\r\r\n", []string{"a", "b"}},
		{"tab", "a\tb\n", []string{"a\tb"}},

		{"rewritten", "10%\r50%\r100%\n", []string{"100%"}},
		{"rewritten by less", "Hello\rBye\n", []string{"Bye"}},
		{"carriage return last", "10%\r", []string{"10%"}},
		{"carriage return before colors only", "100%\r\x1b[0;m\n", []string{"100%"}},
		{"carriage return, erase", "100%\r\x1b[K\n", []string{""}},
		{"carriage return, erase, text", "one\r\x1b[0Ktwo\n", []string{"two"}},
		{"erase to the end at the end", "one\x1b[K two\x1b[0K\n", []string{"one two"}},
		{"erase the line", "one\x1b[2Ktwo\n", []string{"two"}},
		{"erase to the beginning", "one\x1b[1Ktwo\rx\x1b[1K\n", []string{""}},
		{"first column", "\x1b[2K\x1b[1G[1/4] a\x1b[2K\x1b[1G[2/4] b\n", []string{"[2/4] b"}},
		{"first column without erasing", "one\x1b[Gtwo\n", []string{"two"}},
		{"another column", "one\x1b[20Gtwo\n", []string{"onetwo"}},

		{"colors", "\x1b[31mred\x1b[0m \x1b[38;5;208mo\x1b[m\n", []string{"red o"}},
		{"cursor and modes", "\x1b[?25la\x1b[2Ab\x1b7c\x1b(Bd\x1b=e\n", []string{"abcde"}},
		{"title", "\x1b]0;make\x07a\x1b]0;make\x1b\\b\n", []string{"ab"}},
		{"link", "\x1b]8;;https://example.com\x1b\\text\x1b]8;;\x1b\\\n", []string{"text"}},
		{"device string", "a\x1bPq#0\x1b\\b\n", []string{"ab"}},
		{"unfinished sequence", "a\x1b[31\nb\x1b\nc\x1b]0;x\nd\x1b[", []string{"a", "b", "c", "d"}},
		{"sequence in a sequence", "a\x1b[3\x1b[1mb\x1b\x1b[1mc\x1b]0;\x1b[1md\n", []string{"abcd"}},
		{"text in a sequence", "a\x1b[3é\x1b€b\n", []string{"aé€b"}},
		{"carriage return in a sequence", "a\x1b[3\rb\x1b]0;x\rc\n", []string{"c"}},
		{"overlong sequence", "a\x1b[" + strings.Repeat("1;", 100) + "mb\n", []string{"ab"}},

		{"control characters", "a\x00b\x08c\x7fd\x0be\u0085f\u009b1mg\n", []string{"abcdef1mg"}},
		{"other characters", "é €\t🙂\u00a0\ufeff\n", []string{"é €\t🙂\u00a0\ufeff"}},
		{"not UTF-8", "caf\xe9 \xf0\x9f\x99\n\xe2\x82x\xc0\xaf\xff", []string{"caf\ufffd \ufffd\ufffd\ufffd", "\ufffd\ufffdx\ufffd\ufffd\ufffd"}},
		{"replacement character", "\ufffd\n", []string{"\ufffd"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, texts(t, tt.log))
		})
	}
}

func TestKeepColors(t *testing.T) {
	tests := []struct {
		name, log string
		want      []string
	}{
		{"colors stay", "\x1b[31mred\x1b[0m\x1b[K\n", []string{"\x1b[31mred\x1b[0m"}},
		{"others go", "\x1b[?25l\x1b]0;t\x07a\x1b[>4m\x1b[2Ab\n", []string{"ab"}},
		{"rewritten in color", "\x1b[32m10%\x1b[0m\r\x1b[33m50%\n", []string{"\x1b[0m\x1b[33m50%"}},
		{"style outlives its text", "\x1b[1m\x1b[31m10%\r50%\n", []string{"\x1b[0m\x1b[1m\x1b[31m50%"}},
		{"reset and style in one", "\x1b[1m\x1b[0;31m10%\r50%\n", []string{"\x1b[0m\x1b[0;31m50%"}},
		{"nothing but markers and colors", "section_start:1:a" + eol + "\x1b[0m\nb\n", []string{"\x1b[0mb"}},
		{"colors at the end", "a\n\x1b[0m", []string{"a"}},
		{"marker between colors", "\x1b[1msection_start:1:a" + eol + "A\x1b[0m\n", []string{"\x1b[1mA\x1b[0m"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, texts(t, tt.log, joblog.KeepColors()))
		})
	}
}

func TestTimestamps(t *testing.T) {
	const day = "2024-05-22T"
	tests := []struct {
		name, log, want string
	}{
		{
			"streams",
			day + "12:43:46.962646Z 00O runner\n" + day + "12:43:47.000001Z 01E make: error\n" + day + "12:43:48.100000Z ffO \n",
			lines(`1 12:43:46.962646 stdout 0 "runner"`, `2 12:43:47.000001 stderr 1 "make: error"`, `3 12:43:48.1 stdout 255 ""`),
		},
		{
			"continued",
			day + "12:00:00.000000Z 01O one \n" + day + "12:00:01.000000Z 01O+two\n" + day + "12:00:02.000000Z 01O+ three\n",
			lines(`1 12:00:00 stdout 1 "one two three"`),
		},
		{
			"continued in the middle of things",
			day + "12:00:00.000000Z 01O \xe2\x82\n" + day + "12:00:00.000000Z 01O+\xac\x1b[3\n" + day + "12:00:00.000000Z 01O+1m.\n",
			lines(`1 12:00:00 stdout 1 "€."`),
		},
		{
			"rewritten",
			day + "12:00:00.000000Z 01E 10%\r\n" + day + "12:00:01.000000Z 01E+20%\r\n" + day + "12:00:02.000000Z 01E+done\r\n" + day + "12:00:03.000000Z 01E next\r\n",
			lines(`1 12:00:02 stderr 1 "done"`, `2 12:00:03 stderr 1 "next"`),
		},
		{
			"continuation of another stream",
			day + "12:00:00.000000Z 01O out\n" + day + "12:00:01.000000Z 01E err\n" + day + "12:00:02.000000Z 01O+put\n",
			lines(`1 12:00:00 stdout 1 "out"`, `2 12:00:01 stderr 1 "err"`, `3 12:00:02 stdout 1 "put"`),
		},
		{
			"marker with its end in the next line",
			day + "12:00:00.000000Z 00O section_start:7:a\r\n" + day + "12:00:01.000000Z 00O+\x1b[0KTitle\n" +
				day + "12:00:02.000000Z 00O section_end:9:a" + eol + "\n" + day + "12:00:03.000000Z 00O+\x1b[0Kafter\n",
			lines(`<a 7>`, `1 12:00:01 stdout 0 in a header "Title"`, `</a 2s>`, `2 12:00:03 stdout 0 "after"`),
		},
		{
			"only in a part of the log",
			"no time\n" + day + "12:00:00.000000Z 00O time\nnone again\n" + day + "12:00:00.000000Z 00O+x\n" + day,
			lines(`1 "no time"`, `2 12:00:00 stdout 0 "time"`, `3 "none again"`, `4 12:00:00 stdout 0 "x"`, `5 "2024-05-22T"`),
		},
		{
			"much like a timestamp",
			"2024-99-22T12:43:46.962646Z 00O a\n2024-05-22T12:43:46Z 00O b\n2024-05-22T12:43:46.962646Z 00X c\n2024\n",
			lines(`1 "2024-99-22T12:43:46.962646Z 00O a"`, `2 "2024-05-22T12:43:46Z 00O b"`, `3 "2024-05-22T12:43:46.962646Z 00X c"`, `4 "2024"`),
		},
		{
			"nothing after the timestamp",
			day + "12:00:00.000000Z 00O a\n" + day + "12:00:00.000000Z 00O ",
			lines(`1 12:00:00 stdout 0 "a"`),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, outline(strings.NewReader(tt.log)))
			assert.Equal(t, tt.want, outline(iotest.OneByteReader(strings.NewReader(tt.log))), "byte by byte")
		})
	}
}

func TestSectionMarkers(t *testing.T) {
	tests := []struct {
		name, log, want string
	}{
		{
			"runner",
			"\x1b[0Ksection_start:10:get_sources" + eol + "\x1b[36;1mGetting source\x1b[0;m\nbody\n" +
				"\x1b[0Ksection_end:12:get_sources" + eol + "section_start:12:step_script" + eol + "Script\nsection_end:75:step_script" + eol,
			lines(`<get_sources 10>`, `1 in get_sources header "Getting source"`, `2 in get_sources "body"`, `</get_sources 2s>`,
				`<step_script 12>`, `3 in step_script header "Script"`, `</step_script 1m3s>`),
		},
		{
			"script",
			"section_start:1:a" + eol + "\nbody\nsection_end:2:a" + eol + "\nafter\n",
			lines(`<a 1>`, `1 in a "body"`, `</a 1s>`, `2 "after"`),
		},
		{
			"within a line",
			"Hello section_start:1:a" + eol + "world!section_end:2:a" + eol + "bye\n",
			lines(`1 "Hello "`, `<a 1>`, `2 in a header "world!"`, `</a 1s>`, `3 "bye"`),
		},
		{
			"nested",
			"section_start:1:a" + eol + "A\nsection_start:2:b" + eol + "B\nsection_end:3:b" + eol + "\na\nsection_end:5:a" + eol + "\n",
			lines(`<a 1>`, `1 in a header "A"`, `<b 2>`, `2 in b header "B"`, `</b 1s>`, `3 in a "a"`, `</a 4s>`),
		},
		{
			"no end",
			"section_start:1:a" + eol + "A\nsection_start:2:b" + eol + "B\n",
			lines(`<a 1>`, `1 in a header "A"`, `<b 2>`, `2 in b header "B"`, `</b open>`, `</a open>`),
		},
		{
			"no start",
			"Hello section_end:2:a" + eol + "world\nsection_end:2:a" + eol + "\n",
			lines(`1 "Hello world"`),
		},
		{
			"left with the section around it",
			"section_start:1:a" + eol + "\nsection_start:2:b" + eol + "\nin b\nsection_end:9:a" + eol + "\nafter\n",
			lines(`<a 1>`, `<b 2>`, `1 in b "in b"`, `</b open>`, `</a 8s>`, `2 "after"`),
		},
		{
			"started again",
			"section_start:1:a" + eol + "\none\nsection_start:5:a" + eol + "\ntwo\nsection_end:7:a" + eol + "\nafter\n",
			lines(`<a 1>`, `1 in a "one"`, `</a 4s>`, `<a 5>`, `2 in a "two"`, `</a 2s>`, `3 "after"`),
		},
		{
			"end before start",
			"section_start:9:a" + eol + "\nsection_end:1:a" + eol + "\n",
			lines(`<a 9>`, `</a 0s>`),
		},
		{
			"not quite markers",
			"section_start:1:$x" + eol + "a\nsection_start:x:a" + eol + "b\nsection_start:1:a\r\x1b[Kc\nsection_start:1:a\rd\n" +
				"section_start:1:a\nsection_start:1:a\r\r\x1b[0Ke\nsection_start:1:\x1b[0ma" + eol + "f\nsection_start:1:a[b]" + eol + "g\n" +
				"section_middle:1:a" + eol + "h\nsection_start:1234567890123456789:a" + eol + "i\nsection_start:1:a\r\x00\x1b[0Kj\n",
			lines(`1 "a"`, `2 "b"`, `3 "c"`, `4 "d"`, `5 "section_start:1:a"`, `6 "e"`, `7 "f"`, `8 "g"`, `9 "h"`, `10 "i"`, `11 "j"`),
		},
		{
			"names",
			"section_start:1:section_start:2:a.Legit-SeCtIoN_namE" + eol + "x\n",
			lines(`1 "section_start:1:"`, `<a.Legit-SeCtIoN_namE 2>`, `2 in a.Legit-SeCtIoN_namE header "x"`, `</a.Legit-SeCtIoN_namE open>`),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, outline(strings.NewReader(tt.log)))
			assert.Equal(t, tt.want, outline(iotest.OneByteReader(strings.NewReader(tt.log))), "byte by byte")
		})
	}
}

func TestSections(t *testing.T) {
	log := "section_start:10:a[collapsed=true, hide_duration=true]" + eol + "\x1b[1mTitle of a\x1b[0m\n" +
		"section_start:12:b" + eol + "\nin b\nsection_end:19:a" + eol + "\nsection_end:20:b" + eol + "\n" +
		"section_start:30:c[collapsed=false]" + eol + "in c\n"

	sections, err := joblog.Sections(strings.NewReader(log))
	require.NoError(t, err)
	require.Len(t, sections, 3)
	a, b, c := sections[0], sections[1], sections[2]

	assert.Equal(t, joblog.Section{
		Name:    "a",
		Title:   "Title of a",
		Start:   time.Unix(10, 0).UTC(),
		End:     time.Unix(19, 0).UTC(),
		Options: map[string]string{"collapsed": "true", "hide_duration": "true"},
	}, *a)
	assert.True(t, a.Collapsed())
	assert.Equal(t, 9*time.Second, a.Duration())
	assert.Zero(t, a.Depth())

	assert.Same(t, a, b.Parent)
	assert.Equal(t, 1, b.Depth())
	assert.Equal(t, 8*time.Second, b.Duration(), "the end came after the section was left")
	assert.Empty(t, b.Title)
	assert.False(t, b.Collapsed())

	assert.Nil(t, c.Parent)
	assert.True(t, c.Open())
	assert.Zero(t, c.Duration())
	assert.False(t, c.Collapsed())
}

func TestSectionsAreBounded(t *testing.T) {
	var log strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&log, "section_start:%d:s%d%s\n", i, i, eol)
	}
	sections, err := joblog.Sections(strings.NewReader(log.String()))
	require.NoError(t, err)
	assert.Len(t, sections, 256)
	assert.Equal(t, 255, sections[255].Depth())
}

func TestMaxLine(t *testing.T) {
	t.Run("split", func(t *testing.T) {
		log := strings.Repeat("x", 600) + "\n" + strings.Repeat("y", 256) + "\nz\n"
		want := lines(`1 partial "`+strings.Repeat("x", 256)+`"`, `1 partial "`+strings.Repeat("x", 256)+`"`,
			`1 "`+strings.Repeat("x", 88)+`"`, `2 "`+strings.Repeat("y", 256)+`"`, `3 "z"`)
		assert.Equal(t, want, outline(strings.NewReader(log), joblog.MaxLine(256)))
		assert.Equal(t, want, outline(iotest.OneByteReader(strings.NewReader(log)), joblog.MaxLine(0)))
	})
	t.Run("between characters", func(t *testing.T) {
		log := "x" + strings.Repeat("é", 200)
		assert.Equal(t, []string{"x" + strings.Repeat("é", 127), strings.Repeat("é", 73)}, texts(t, log, joblog.MaxLine(256)))
	})
	t.Run("no room for a broken character", func(t *testing.T) {
		x := strings.Repeat("x", 255)
		assert.Equal(t, []string{x, "\ufffd", "y"}, texts(t, x+"\xc3\ny", joblog.MaxLine(256)))
		assert.Equal(t, []string{x, "\ufffd"}, texts(t, x+"\xc3", joblog.MaxLine(256)))
		assert.Equal(t, []string{x, "\ufffdy"}, texts(t, x+"\xc3y", joblog.MaxLine(256)))
	})
	t.Run("rewritten lines are not long", func(t *testing.T) {
		log := strings.Repeat("some progress\r", 1000) + "done\n"
		assert.Equal(t, []string{"done"}, texts(t, log, joblog.MaxLine(256)))
	})
	t.Run("default", func(t *testing.T) {
		got := texts(t, strings.Repeat("x", joblog.DefaultMaxLine+1))
		require.Len(t, got, 2)
		assert.Len(t, got[0], joblog.DefaultMaxLine)
		assert.Equal(t, "x", got[1])
	})
	t.Run("blank end of a split line", func(t *testing.T) {
		log := strings.Repeat("x", 256) + "y\rsection_start:1:a" + eol + "\nz\n"
		assert.Equal(t, lines(`1 partial "`+strings.Repeat("x", 256)+`"`, `1 ""`, `<a 1>`, `2 in a "z"`, `</a open>`),
			outline(strings.NewReader(log), joblog.MaxLine(256)))
	})
}

func TestErrors(t *testing.T) {
	failure := errors.New("connection lost")
	log := func() io.Reader {
		return io.MultiReader(strings.NewReader("one\nsection_start:1:a"+eol+"two\nthr"), iotest.ErrReader(failure))
	}
	want := lines(`1 "one"`, `<a 1>`, `2 in a header "two"`, `3 in a "thr"`, `</a open>`, `error: connection lost`)
	assert.Equal(t, want, outline(log()))
	assert.Equal(t, want, outline(iotest.DataErrReader(log())), "data and error in one read")

	var got []string
	var last error
	for line, err := range joblog.Lines(log()) {
		if last = err; err == nil {
			got = append(got, line.Text)
		}
	}
	assert.Equal(t, []string{"one", "two", "thr"}, got)
	assert.ErrorIs(t, last, failure)

	sections, err := joblog.Sections(log())
	assert.Len(t, sections, 1)
	assert.ErrorIs(t, err, failure)

	tail, err := joblog.Tail(log(), 10)
	assert.Len(t, tail, 3)
	assert.ErrorIs(t, err, failure)

	all, err := io.ReadAll(joblog.NewReader(log()))
	assert.Equal(t, "one\ntwo\nthr", string(all))
	assert.ErrorIs(t, err, failure)

	for _, err := range joblog.Lines(emptyReader{}) {
		assert.ErrorIs(t, err, io.ErrNoProgress)
	}
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

func TestStreamString(t *testing.T) {
	assert.Equal(t, "unknown stdout stderr", fmt.Sprint(joblog.StreamUnknown, " ", joblog.Stdout, " ", joblog.Stderr))
}

func TestBreak(t *testing.T) {
	for range joblog.Lines(strings.NewReader("a\nb\n")) {
		break
	}
	for range joblog.Events(strings.NewReader("section_start:1:a" + eol + "\n")) {
		break
	}
}

func TestReader(t *testing.T) {
	const at = "2024-05-22T12:43:46.962646Z "
	tests := []struct {
		name, log, want string
		opts            []joblog.Option
	}{
		{name: "plain", log: "a\r\n\n\x1b[1mb\x1b[0m", want: "a\n\nb"},
		{name: "line break at the end", log: "a\nb\n", want: "a\nb\n"},
		{name: "markers", log: "section_start:1:a" + eol + "A\nx section_end:1:a" + eol + "\nsection_end:1:b" + eol + "\nb\n", want: "A\nx \nb\n"},
		{name: "colors", log: "\x1b[2K\x1b[1ma\x1b[0m\nb\n\x1b[0m", want: "\x1b[1ma\x1b[0m\nb\n\x1b[0m", opts: []joblog.Option{joblog.KeepColors()}},
		{name: "timestamps", log: at + "00O a\n" + at + "00O+b\n" + at + "01E c\r\n" + at + "01E+d\n" + at + "01E \n", want: "ab\nd\n\n"},
		{name: "marker after continued text", log: at + "00O a\n" + at + "00O+section_start:1:a" + eol + "b\n", want: "a\nb\n"},
		{name: "long line", log: strings.Repeat("x", 600) + "\ny\n", want: strings.Repeat("x", 600) + "\ny\n", opts: []joblog.Option{joblog.MaxLine(0)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := io.ReadAll(joblog.NewReader(strings.NewReader(tt.log), tt.opts...))
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(got))
			assert.NoError(t, iotest.TestReader(joblog.NewReader(strings.NewReader(tt.log), tt.opts...), []byte(tt.want)))
		})
	}
	n, err := joblog.NewReader(emptyReader{}).Read(nil)
	assert.Zero(t, n)
	assert.NoError(t, err)
}

// A log that grows must be shown as far as it is certain, not when it goes on.
func TestReaderDoesNotWait(t *testing.T) {
	pr, pw := io.Pipe()
	defer pr.Close()
	r := joblog.NewReader(pr)
	step := func(write, want string) {
		t.Helper()
		go io.WriteString(pw, write)
		got := make([]byte, 100)
		n, err := r.Read(got)
		require.NoError(t, err)
		assert.Equal(t, want, string(got[:n]))
	}
	step("$ make\nrunning", "$ make\n")
	step("\n", "running\n")
	step("2024-05-22T12:43:46.962646Z 01O $ make test\n", "$ make test")
	step("2024-05-22T12:43:50.000000Z 01O ok\n", "\nok")
}

func logs(t testing.TB) []string {
	names, err := filepath.Glob("testdata/*.log")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	var all []string
	for _, name := range names {
		log, err := os.ReadFile(name)
		require.NoError(t, err)
		all = append(all, string(log))
	}
	return all
}

// chunks reads s in pieces of the given sizes, over and over.
type chunks struct {
	s     string
	sizes []int
	i     int
}

func (c *chunks) Read(b []byte) (int, error) {
	if c.s == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), max(1, c.sizes[c.i%len(c.sizes)]))], c.s)
	c.s = c.s[n:]
	c.i++
	return n, nil
}

// How the input is cut into reads must make no difference.
func TestChunks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	opts := [][]joblog.Option{nil, {joblog.KeepColors()}, {joblog.MaxLine(0)}}
	for _, log := range logs(t) {
		for _, opts := range opts {
			want := outline(strings.NewReader(log), opts...)
			wantText, err := io.ReadAll(joblog.NewReader(strings.NewReader(log), opts...))
			require.NoError(t, err)
			readers := map[string]func() io.Reader{
				"one byte": func() io.Reader { return iotest.OneByteReader(strings.NewReader(log)) },
				"half":     func() io.Reader { return iotest.HalfReader(strings.NewReader(log)) },
				"data err": func() io.Reader { return iotest.DataErrReader(strings.NewReader(log)) },
			}
			for i := range 50 {
				sizes := make([]int, 7)
				for i := range sizes {
					sizes[i] = 1 + rnd.IntN(1<<rnd.IntN(8))
				}
				readers[fmt.Sprint(i, sizes)] = func() io.Reader { return &chunks{s: log, sizes: sizes} }
			}
			for name, r := range readers {
				require.Equal(t, want, outline(r(), opts...), name)
				text, err := io.ReadAll(joblog.NewReader(r(), opts...))
				require.NoError(t, err, name)
				require.Equal(t, string(wantText), string(text), name)
			}
		}
	}
}

// soup is a log of random pieces of everything that means something to the parser.
func soup(rnd *rand.Rand) string {
	pieces := []string{
		"a", "text ", "\n", "\n", "\r", "\r\n", eol, "\x1b", "\x1b[", "\x1b[31m", "\x1b[0m", "\x1b[K", "\x1b[2K", "\x1b[1K", "\x1b[1G",
		"\x1b]0;t", "\x07", "\x1b\\", "é", "\xe2\x82", "\xac", "\xff", "\u0085", "\x00", strings.Repeat("x", 100), strings.Repeat("é", 50),
		"section_start:1:a" + eol, "section_start:2:b[collapsed=true]" + eol, "section_end:3:a" + eol, "section_end:4:b" + eol, "section_start:5:",
		"\n2024-05-22T12:43:46.962646Z 00O ", "\n2024-05-22T12:43:46.962646Z 00O+", "\n2024-05-22T12:43:46.962646Z 01E+", "2024-05-",
	}
	var b strings.Builder
	for range rnd.IntN(60) {
		b.WriteString(pieces[rnd.IntN(len(pieces))])
	}
	return b.String()
}

func TestChunksOfRandomLogs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		log := soup(rnd)
		sizes := []int{1 + rnd.IntN(40), 1 + rnd.IntN(40), 1}
		for _, opts := range [][]joblog.Option{{joblog.MaxLine(0)}, {joblog.MaxLine(0), joblog.KeepColors()}} {
			want := outline(strings.NewReader(log), opts...)
			require.Equal(t, want, outline(iotest.OneByteReader(strings.NewReader(log)), opts...), "%q", log)
			require.Equal(t, want, outline(&chunks{s: log, sizes: sizes}, opts...), "%q %v", log, sizes)
		}
		plain, err := io.ReadAll(joblog.NewReader(strings.NewReader(log)))
		require.NoError(t, err)
		colored, err := io.ReadAll(joblog.NewReader(&chunks{s: log, sizes: sizes}, joblog.KeepColors()))
		require.NoError(t, err)
		require.Equal(t, string(plain), sgr.ReplaceAllString(string(colored), ""), "%q", log)
	}
}

// endless repeats s up to a number of bytes.
func endless(s string, size int64) io.Reader {
	return io.LimitReader(&repeated{s: s}, size)
}

type repeated struct {
	s string
	i int
}

func (r *repeated) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		m := copy(b[n:], r.s[r.i:])
		n += m
		r.i = (r.i + m) % len(r.s)
	}
	return n, nil
}

func TestMemoryIsBounded(t *testing.T) {
	for _, log := range []string{
		"x", "é", "\xff", "\x00", "\r", "x\r", "\x1b", "\x1b[1", "\x1b]0;", "\x1b[31m", "\x1b[1mx\r", "section_", "section_start:1:",
		"section_start:1:a" + eol, "\x1b[1m\x1b[31msection_end:1:a" + eol, "section_start:1:a" + eol + "section_start:1:b" + eol + "section_end:1:a" + eol,
		"2024-05-22T12:43:46.962646Z 00O+x\r\n",
	} {
		t.Run(fmt.Sprintf("%q", log), func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var peak uint64
			n := 0
			for range joblog.Events(endless(log, 512<<10), joblog.MaxLine(1<<10), joblog.KeepColors()) {
				if n++; n%5_000 == 0 {
					runtime.GC()
					runtime.ReadMemStats(&after)
					peak = max(peak, after.HeapAlloc)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapAlloc)
			assert.Less(t, int64(peak)-int64(before.HeapAlloc), int64(512<<10))
		})
	}
}

func TestFailedLog(t *testing.T) {
	log, err := os.ReadFile("testdata/failed.log")
	require.NoError(t, err)

	sections, err := joblog.Sections(bytes.NewReader(log))
	require.NoError(t, err)
	var got []string
	for _, s := range sections {
		state := s.Duration().String()
		if s.Open() {
			state = "open"
		}
		got = append(got, fmt.Sprintf("%s%s %s %q", strings.Repeat("  ", s.Depth()), s.Name, state, s.Title))
	}
	assert.Equal(t, []string{
		`prepare_executor 9s "Preparing the \"docker\" executor"`,
		`prepare_script 1s "Preparing environment"`,
		`get_sources 2s "Getting source from Git repository"`,
		`restore_cache 3s "Restoring cache"`,
		`step_script 33s "Executing \"step_script\" stage of the job script"`,
		`  modules 5s "Fetching modules"`,
		`  tests open "Running tests"`,
		`after_script 1s "Running after_script"`,
		`upload_artifacts_on_failure 1s "Uploading artifacts for failed job"`,
		`cleanup_file_variables 1s "Cleaning up project directory and file based variables"`,
	}, got)
}

func TestTimestampedLog(t *testing.T) {
	log, err := os.ReadFile("testdata/timestamps.log")
	require.NoError(t, err)
	assert.Equal(t, lines(
		`1 09:05:00.137131 stdout 0 "Running with gitlab-runner 18.7.0 (9f8e7d6c)"`,
		`<prepare_executor 1767344700>`,
		`2 09:05:00.411393 stdout 0 in prepare_executor header "Preparing the \"docker\" executor"`,
		`3 09:05:00.548524 stdout 0 in prepare_executor "Using Docker executor with image alpine:3.23 ..."`,
		`</prepare_executor 2s>`,
		`<get_sources 1767344702>`,
		`4 09:05:00.959917 stdout 0 in get_sources header "Getting source from Git repository"`,
		`5 09:05:01.097048 stdout 1 in get_sources "Fetching changes..."`,
		`6 09:05:01.234179 stderr 1 in get_sources "Cloning into '/builds/group/app'..."`,
		`7 09:05:01.37131 stdout 1 in get_sources ""`,
		`</get_sources 2s>`,
		`<step_script 1767344704>`,
		`8 09:05:01.782703 stdout 0 in step_script header "Executing \"step_script\" stage of the job script"`,
		`9 09:05:01.919834 stdout 1 in step_script "$ make image"`,
		`10 09:05:02.468358 stderr 1 in step_script "layer 1: done"`,
		`11 09:05:02.605489 stdout 1 in step_script "long: `+strings.Repeat("ab", 20)+strings.Repeat("cd", 20)+`"`,
		`12 09:05:02.879751 stderr 1 in step_script "make: *** [Makefile:7: image] Error 2"`,
		`</step_script 5s>`,
		`<cleanup_file_variables 1767344709>`,
		`13 09:05:03.291144 stdout 0 in cleanup_file_variables header "Cleaning up project directory and file based variables"`,
		`14 09:05:03.428275 stdout 1 in cleanup_file_variables ""`,
		`</cleanup_file_variables 1s>`,
		`15 09:05:03.702537 stdout 0 "ERROR: Job failed: exit code 2"`,
		`16 09:05:03.839668 stdout 0 ""`,
	), outline(bytes.NewReader(log)))
}
