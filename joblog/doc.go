// Package joblog reads the logs of GitLab CI/CD jobs as a stream: lines of
// plain text, the sections they stand in, and the part of a failed job's log
// that explains the failure.
//
//	for line, err := range joblog.Lines(trace) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(line.Number, line.Text)
//	}
//
// The raw log, as the trace endpoint serves it, is what the runner wrote for a
// terminal: colors, progress bars that rewrite their line, section markers and,
// from GitLab Runner 18.7 on by default, a timestamp before every line.
// This package takes any [io.Reader] of that and offers
//
//   - [Lines], the lines of the log;
//   - [Events], the lines together with the starts and ends of sections;
//   - [Sections], all sections with their durations;
//   - [Tail], the last lines that matter of a finished job;
//   - [NewReader], the log as bytes again, fit to be read by people and by grep.
//
// # What a line is
//
// A line of the log becomes a [Line] as a person would read it on the screen:
//
//   - A carriage return followed by more text rewrites the line, so a progress
//     bar leaves its final state. So do the escape sequences that erase the line
//     or move to its first column.
//   - Escape sequences are removed. With [KeepColors] those that set colors and
//     styles stay; those that move the cursor or speak to the terminal never do.
//   - Timestamps go into Line.Time and Line.Stream. The runner breaks long and
//     rewritten lines into several timestamped ones and marks all but the first
//     as continuations: they are one Line here. A continuation is joined to the
//     line just before it, if both are of the same stream.
//   - Bytes that are not UTF-8 become U+FFFD. Control characters other than the
//     tab are dropped.
//   - A line longer than 1 MiB (see [MaxLine]) comes in several parts, all but
//     the last of them marked Partial.
//
// Everything is bounded: whatever the log holds, memory stays within a few
// times the longest line, and how the input is cut into reads makes no
// difference to what comes out.
//
// Where the next line decides whether a timestamped line is complete, Lines and
// Events yield it only when the next one begins. A Reader does not wait: it
// passes on the text and keeps back just the line break.
//
// # Sections
//
// The runner, and scripts that care to, wrap parts of the log in markers:
//
//	section_start:1716381826:build[collapsed=true]\r\e[0KBuilding
//	...
//	section_end:1716381893:build\r\e[0K
//
// Markers never show up in the text. They are recognized exactly where GitLab
// recognizes them, and text that stands before a marker on the same line
// becomes a line of its own, as it does in GitLab.
//
// Events always come properly nested, even when the log is not. A script that
// fails leaves its sections without an end: they are left together with the
// section around them, or at the end of the log, and stay [Section.Open]; should
// their end come later, it still counts as theirs. An end without a start is
// ignored. A start under the name of an open section ends that one first.
// Sections nested deeper than 256 are not told apart.
package joblog
