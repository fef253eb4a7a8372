package main

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
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

// table is the pipeline as lines that fit the terminal: a line for each job where there is room, else one for each stage, else one in all.
func (p *progress) table(now time.Time) []string {
	columns, most := p.size()
	lines := p.fitting(columns, most, now)
	if room := most - 2 - len(lines); room > 0 && len(p.waits) > 0 {
		lines = append(lines, "")
		for _, text := range p.waits[:min(room, len(p.waits))] {
			lines = append(lines, "  "+demo.Cut(text, columns-3))
		}
	}
	return lines
}

// fitting is a line for each job, or for each stage, or two in all, whichever the terminal has room for.
func (p *progress) fitting(columns, most int, now time.Time) []string {
	most-- // the cursor is below
	title := p.title(columns)
	for _, lines := range [][]string{p.jobs(columns, now), p.stages(columns)} {
		if len(lines)+2 <= most {
			return append([]string{title, ""}, lines...)
		}
	}
	if most < 2 {
		return []string{title}
	}
	return []string{title, p.counts()}
}

// jobs is a line for each job.
func (p *progress) jobs(columns int, now time.Time) (lines []string) {
	stageColumns, nameColumns := 5, 12
	for _, r := range p.rows {
		stageColumns = max(stageColumns, len([]rune(r.stage)))
		nameColumns = max(nameColumns, len([]rune(r.label())))
	}
	stageColumns = min(stageColumns, columns/5)
	const others = 13 // the glyph, the time, the blanks between, and the last column, of which some terminals make a new line
	const leastName, leastBar, longestBar = 20, 10, 60
	barColumns := 0
	switch room := columns - stageColumns - others; {
	case room >= nameColumns+2+leastBar:
		barColumns = min(room-nameColumns-2, longestBar)
	case room >= leastName+2+leastBar:
		nameColumns, barColumns = room-2-leastBar, leastBar
	default:
		nameColumns = max(min(nameColumns, room), 1)
	}

	begin, end := p.span(now)
	stage := ""
	for _, r := range p.rows {
		shown := ""
		if r.stage != stage {
			stage, shown = r.stage, r.stage
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
		line := fmt.Sprintf("  %s%s%s %s%c%s %s%s%s %s%6s%s",
			dim, pad(shown, stageColumns), reset, color, glyph, reset, nameColor, pad(r.label(), nameColumns), reset, dim, took, reset)
		if barColumns > 0 {
			line += "  " + p.bar(r, begin, end, now, barColumns)
		}
		lines = append(lines, line)
	}
	return lines
}

// label is the name of a job, and which attempt it is.
func (r *row) label() string {
	if len(r.earlier) == 0 {
		return r.name
	}
	return fmt.Sprintf("%s (attempt %d)", r.name, len(r.earlier)+1)
}

func (p *progress) title(columns int) string {
	status := gitlabci.JobStatus(p.status)
	glyph, color := p.look(status, false)
	pipeline := fmt.Sprintf("Pipeline %d", p.pipeline.ID)
	ref := demo.Cut(p.pipeline.Ref, max(columns-len(pipeline)-len(status)-11, 8))
	return fmt.Sprintf("  %s%s%s %s·%s %s %s·%s %s%c %s%s", bold, pipeline, reset, dim, reset, ref, dim, reset, color, glyph, status, reset)
}

// stages is a line for each stage, with a glyph for each job.
func (p *progress) stages(columns int) (lines []string) {
	const nameColumns = 12
	most := min(max(columns-nameColumns-4, 8), 64)
	stage, glyphs := "", 0
	for _, r := range p.rows {
		if r.stage != stage {
			stage, glyphs = r.stage, 0
			lines = append(lines, "  "+dim+pad(stage, nameColumns)+reset+" ")
		}
		if glyphs++; glyphs > most {
			lines = append(lines, strings.Repeat(" ", nameColumns+3))
			glyphs = 1
		}
		glyph, color := p.look(r.status, r.allowFailure)
		lines[len(lines)-1] += color + string(glyph) + reset
	}
	return lines
}

// counts is one line: a glyph for each status, with how many jobs have it.
func (p *progress) counts() string {
	type mark struct {
		glyph rune
		color string
	}
	var marks []mark
	jobs := make(map[mark]int)
	for _, r := range p.rows {
		glyph, color := p.look(r.status, r.allowFailure)
		m := mark{glyph, color}
		if jobs[m]++; jobs[m] == 1 {
			marks = append(marks, m)
		}
	}
	var b strings.Builder
	for _, m := range marks {
		fmt.Fprintf(&b, "  %s%c %d%s", m.color, m.glyph, jobs[m], reset)
	}
	return b.String()
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
func (p *progress) bar(r *row, begin, end, now time.Time, columns int) string {
	column := func(t time.Time) int {
		return int(math.Round(float64(columns) * float64(t.Sub(begin)) / float64(end.Sub(begin))))
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
	text = demo.Cut(text, width)
	return text + strings.Repeat(" ", width-len([]rune(text)))
}
