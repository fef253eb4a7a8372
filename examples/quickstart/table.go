package main

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

// A terminal has at least this many lines and columns. A pipeline with more jobs is drawn as a line for each stage.
const (
	screenLines = 24
	barColumns  = 30
)

const (
	dim     = "\x1b[2m"
	bold    = "\x1b[1m"
	reset   = "\x1b[0m"
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	blue    = "\x1b[34m"
	magenta = "\x1b[35m"
)

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

// table is the pipeline as lines of 80 columns at most, if the names allow for it.
func (p *progress) table(now time.Time) []string {
	lines := []string{p.title(), ""}
	if len(p.rows)+4 > screenLines {
		return append(lines, p.stages()...)
	}
	begin, end := p.span(now)
	stage := ""
	for _, r := range p.rows {
		shown := ""
		if r.stage != stage {
			stage, shown = r.stage, r.stage
		}
		name := r.name
		if len(r.earlier) > 0 {
			name += fmt.Sprintf(" (attempt %d)", len(r.earlier)+1)
		}
		glyph, color := p.look(r.status, r.allowFailure)
		took := ""
		if ran := r.ran(now); ran > 0 {
			took = fmt.Sprintf("%.1fs", ran.Seconds())
			if ran >= time.Minute {
				took = ran.Round(time.Second).String()
			}
		}
		nameColor := ""
		if r.started.IsZero() {
			nameColor = dim
		}
		lines = append(lines, fmt.Sprintf("  %s%s%s %s%c%s %s%s%s %s%6s%s  %s",
			dim, pad(shown, 9), reset, color, glyph, reset, nameColor, pad(name, 20), reset, dim, took, reset, p.bar(r, begin, end, now)))
	}
	return lines
}

func (p *progress) title() string {
	status := gitlabci.JobStatus(p.status)
	glyph, color := p.look(status, false)
	return fmt.Sprintf("  %sPipeline %d%s %s·%s %s %s·%s %s%c %s%s", bold, p.pipeline.ID, reset, dim, reset, p.pipeline.Ref, dim, reset, color, glyph, status, reset)
}

// stages is a line for each stage, with a glyph for each job.
func (p *progress) stages() (lines []string) {
	const most = 64
	stage, glyphs := "", 0
	for _, r := range p.rows {
		if r.stage != stage {
			stage, glyphs = r.stage, 0
			lines = append(lines, "  "+dim+pad(stage, 12)+reset+" ")
		}
		if glyphs++; glyphs > most {
			lines = append(lines, strings.Repeat(" ", 15))
			glyphs = 1
		}
		glyph, color := p.look(r.status, r.allowFailure)
		lines[len(lines)-1] += color + string(glyph) + reset
	}
	return lines
}

// look is how a status is drawn.
func (p *progress) look(status gitlabci.JobStatus, allowFailure bool) (glyph rune, color string) {
	switch status {
	case gitlabci.JobSuccess:
		return '✔', green
	case gitlabci.JobFailed:
		if allowFailure {
			return '!', yellow
		}
		return '✖', red
	case gitlabci.JobCanceled, gitlabci.JobCanceling:
		return '⊘', dim
	case gitlabci.JobSkipped:
		return '»', dim
	case gitlabci.JobManual:
		return '▶', magenta
	case gitlabci.JobScheduled:
		return '◷', magenta
	case gitlabci.JobRunning:
		return spinner[p.frame%len(spinner)], blue
	case gitlabci.JobCreated:
		return '·', dim
	}
	return '○', yellow // it waits for a runner, or for something of its own
}

// ran is how long a job ran, or has run by now.
func (r *row) ran(now time.Time) time.Duration {
	if r.status == gitlabci.JobRunning {
		return r.duration + now.Sub(r.seen)
	}
	return r.duration
}

// span is the time that the bars show: from the start of the first job to the end of the last, or to now.
func (p *progress) span(now time.Time) (begin, end time.Time) {
	for r := range p.attempts() {
		if r.started.IsZero() {
			continue
		}
		if begin.IsZero() || r.started.Before(begin) {
			begin = r.started
		}
		if ended := r.started.Add(r.ran(now)); ended.After(end) {
			end = ended
		}
	}
	if shortest := begin.Add(2 * time.Second); end.Before(shortest) {
		end = shortest
	}
	return begin, end
}

// attempts are the jobs, each at all its attempts.
func (p *progress) attempts() iter.Seq[*row] {
	return func(yield func(*row) bool) {
		for _, r := range p.rows {
			for _, attempt := range append(slices.Clone(r.earlier), r) {
				if !yield(attempt) {
					return
				}
			}
		}
	}
}

// bar is the time in which a job ran, at each of its attempts, within that of the pipeline.
func (p *progress) bar(r *row, begin, end, now time.Time) string {
	column := func(t time.Time) int {
		return int(math.Round(barColumns * float64(t.Sub(begin)) / float64(end.Sub(begin))))
	}
	var b strings.Builder
	at := 0
	for _, attempt := range append(slices.Clone(r.earlier), r) {
		if attempt.started.IsZero() {
			continue
		}
		from, to := max(at, column(attempt.started)), column(attempt.started.Add(attempt.ran(now)))
		_, color := p.look(attempt.status, attempt.allowFailure)
		b.WriteString(strings.Repeat(" ", from-at) + color + strings.Repeat("━", max(1, to-from)) + reset)
		at = max(from+1, to)
	}
	return b.String()
}

// pad makes a text this wide, one that is wider it cuts.
func pad(text string, width int) string {
	letters := []rune(text)
	if len(letters) > width {
		return string(letters[:width-1]) + "…"
	}
	return text + strings.Repeat(" ", width-len(letters))
}
