package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
)

// The drawing, in pixels.
const (
	width      = 1200.0
	margin     = 28.0
	stageWidth = 104.0 // the column of stage names
	valueWidth = 84.0  // what the text to the right of a bar may take
	topHeight  = 128.0 // title, summary, legend and axis
)

const (
	ink      = "#28272d"
	muted    = "#737278"
	faint    = "#a4a3a8"
	gridLine = "#e6e6ea"
	band     = "#f7f7f9"
	panel    = "#eef0f6"
	accent   = "#5943b6" // the critical path
)

// chart is a drawing in the making.
type chart struct {
	bytes.Buffer
	groups    []*group
	begin     time.Time
	total     time.Duration
	left      float64 // where the bars begin
	right     float64 // where the axis ends
	nameWidth float64
	row, font float64 // height of a row, size of the text in it
	y         float64 // how far down it has come
	empty     bool    // no job has run
	lines     []line  // of the critical path, in the group that is drawn
}

// line is a vertical line.
type line struct{ x, top, bottom float64 }

// render draws the jobs of a pipeline, and of those downstream, over time.
func render(tree *gitlabci.PipelineTree) []byte {
	c := &chart{groups: groups(tree)}
	c.measure()
	height := c.height()
	c.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" viewBox="0 0 %g %g" font-family="Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif" font-size="%g">`, width, height, width, height, c.font)
	c.printf(`<title>Pipeline %d</title>`, tree.Pipeline.ID)
	c.printf(`<defs><pattern id="retried" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2.4" height="6" fill="#fff" fill-opacity=".62"/></pattern></defs>`)
	c.printf(`<rect width="%g" height="%g" fill="#fff"/>`, width, height)
	c.title(tree)
	c.y = topHeight
	for i, g := range c.groups {
		c.group(g, i > 0)
	}
	if !c.empty {
		c.axis(height)
	}
	c.printf(`</svg>`)
	return c.Bytes()
}

func (c *chart) printf(format string, args ...any) {
	fmt.Fprintf(c, format+"\n", args...)
}

// measure fits the scale to the jobs.
func (c *chart) measure() {
	begin, end := span(c.groups)
	c.begin, c.total, c.empty = begin, max(end.Sub(begin), 100*time.Millisecond), begin.IsZero()
	rows, longest := 0, 0
	for _, g := range c.groups {
		for _, s := range g.stages {
			rows += len(s.rows)
			for _, r := range s.rows {
				longest = max(longest, len([]rune(r.name)))
			}
		}
	}
	switch {
	case rows <= 40:
		c.row, c.font = 25, 12.5
	case rows <= 100:
		c.row, c.font = 19, 11.5
	default:
		c.row, c.font = 14, 10
	}
	c.nameWidth = min(max(float64(longest)*c.font*letter+14, 90), 280)
	c.left = margin + stageWidth + c.nameWidth
	c.right = width - margin - valueWidth
}

const (
	letter      = 0.58 // the mean width of a letter, in font sizes
	stageGap    = 8.0  // above and below the rows of a stage
	groupHeight = 46.0 // the heading of a pipeline downstream
)

func (c *chart) height() float64 {
	height := topHeight + 44
	for i, g := range c.groups {
		if i > 0 {
			height += groupHeight
		}
		for _, s := range g.stages {
			height += float64(len(s.rows))*c.row + 2*stageGap
		}
	}
	return height
}

// x is where a time is.
func (c *chart) x(t time.Time) float64 {
	return c.left + (c.right-c.left)*float64(t.Sub(c.begin))/float64(c.total)
}

// text writes a text, escaped. The attributes are the caller's.
func (c *chart) text(x, y float64, attributes, text string) {
	c.printf(`<text x="%.1f" y="%.1f" %s>%s</text>`, x, y, attributes, html.EscapeString(text))
}

// cut shortens a text to what has room.
func (c *chart) cut(text string, room, font float64) string {
	return demo.Cut(text, int(room/(font*letter)))
}

func (c *chart) title(tree *gitlabci.PipelineTree) {
	p := tree.Pipeline
	c.printf(`<circle cx="%g" cy="41" r="7" fill="%s"/>`, margin+7, color(gitlabci.JobStatus(p.Status), false))
	c.printf(`<text x="%g" y="48" font-size="20" fill="%s" xml:space="preserve"><tspan font-weight="700">Pipeline %d</tspan><tspan fill="%s"> · %s · %.8s · %s</tspan></text>`,
		margin+24, ink, p.ID, muted, html.EscapeString(p.Ref), html.EscapeString(p.SHA), html.EscapeString(string(p.Status)))

	if c.empty {
		summary := "No job has run yet."
		if p.Status.Finished() {
			summary = "No job ran."
		}
		c.text(margin, 74, fmt.Sprintf(`font-size="13" fill="%s"`, muted), summary)
		return
	}
	var jobs, retried int
	var queued, ran, critical time.Duration
	for _, g := range c.groups {
		for b := range g.bars {
			if b.Job == nil || b.started.IsZero() {
				continue
			}
			jobs++
			if b.retried {
				retried++
			}
			queued += b.started.Sub(b.queued)
			ran += b.ended.Sub(b.started)
			if b.critical {
				critical += b.ended.Sub(b.started)
			}
		}
	}
	summary := fmt.Sprintf("%s in all. %s ran for %s together", length(c.total), count(jobs, "job"), length(ran))
	if retried > 0 {
		summary = fmt.Sprintf("%s in all. %s (%d of them retried) ran for %s together", length(c.total), count(jobs, "job"), retried, length(ran))
	}
	summary += fmt.Sprintf(" and waited %s for runners. On the critical path they ran for %s.", length(queued), length(critical))
	c.text(margin, 74, fmt.Sprintf(`font-size="13" fill="%s"`, muted), summary)
	c.legend()
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// legend explains what is in the drawing, and nothing else.
func (c *chart) legend() {
	type entry struct {
		label string
		there bool
		draw  func(x float64)
	}
	block := func(fill string, opacity float64) func(x float64) {
		return func(x float64) {
			c.printf(`<rect x="%.1f" y="89" width="18" height="10" rx="2.5" fill="%s" fill-opacity="%g"/>`, x, fill, opacity)
		}
	}
	there := make(map[string]bool)
	for _, g := range c.groups {
		for b := range g.bars {
			if b.started.IsZero() {
				continue
			}
			there[color(b.Status, b.AllowFailure)] = true
			there["retried"] = there["retried"] || b.retried
			there["waits"] = there["waits"] || b.queued.Before(b.started)
		}
	}
	entries := []entry{
		{"waits for a runner", there["waits"], block(muted, 0.28)},
		{"succeeded", there[green], block(green, 1)},
		{"failed", there[red], block(red, 1)},
		{"failed, as it may", there[orange], block(orange, 1)},
		{"canceled", there[gray], block(gray, 1)},
		{"runs", there[blue], block(blue, 1)},
		{"retried", there["retried"], func(x float64) {
			block(red, 1)(x)
			c.printf(`<rect x="%.1f" y="89" width="18" height="10" rx="2.5" fill="url(#retried)"/>`, x)
		}},
		{"critical path", len(there) > 0, func(x float64) {
			c.printf(`<rect x="%.1f" y="89" width="18" height="10" rx="2.5" fill="none" stroke="%s" stroke-width="2"/>`, x, accent)
		}},
	}
	entries = slices.DeleteFunc(entries, func(e entry) bool { return !e.there })
	const longest = 150 // in columns, as nobody knows how wide a font is
	column := min((width-2*margin)/float64(len(entries)), longest)
	for i, e := range entries {
		x := margin + float64(i)*column
		e.draw(x)
		c.text(x+25, 98, fmt.Sprintf(`font-size="12" fill="%s"`, ink), e.label)
	}
}

const (
	green  = "#2f9e62"
	red    = "#d64332"
	orange = "#e09a1f"
	blue   = "#3b7fd4"
	gray   = "#89888d"
)

func color(status gitlabci.JobStatus, allowFailure bool) string {
	switch status {
	case gitlabci.JobSuccess:
		return green
	case gitlabci.JobFailed:
		if allowFailure {
			return orange
		}
		return red
	case gitlabci.JobRunning, gitlabci.JobPending:
		return blue
	}
	return gray
}

// group draws the jobs of a pipeline.
func (c *chart) group(g *group, downstream bool) {
	if downstream {
		c.printf(`<rect x="%g" y="%.1f" width="%g" height="%g" rx="4" fill="%s"/>`, margin, c.y+12, width-2*margin, groupHeight-18, panel)
		c.printf(`<text x="%g" y="%.1f" font-size="13" fill="%s" xml:space="preserve"><tspan font-weight="600">%s</tspan><tspan fill="%s"> started pipeline %d of %s · %s</tspan></text>`,
			margin+12, c.y+31, ink, html.EscapeString(g.by), muted, g.tree.Pipeline.ID, html.EscapeString(g.tree.Project.String()), html.EscapeString(string(g.tree.Pipeline.Status)))
		c.y += groupHeight
	}
	top := c.y
	for i, s := range g.stages {
		height := float64(len(s.rows))*c.row + 2*stageGap
		c.printf(`<rect x="%g" y="%.1f" width="%g" height="%.1f" rx="4" fill="%s"/>`, margin, c.y, width-2*margin, height, background(i))
		c.y += height
	}
	if !c.empty {
		c.grid(top, c.y)
	}
	c.y = top
	path := c.criticalPath(g)
	for _, s := range g.stages {
		c.y += stageGap
		c.text(margin+12, c.y+c.row*0.66, fmt.Sprintf(`font-weight="600" fill="%s"`, muted), c.cut(s.name, stageWidth-16, c.font))
		for i, r := range s.rows {
			c.label(r, c.y+float64(i)*c.row)
		}
		c.y += float64(len(s.rows))*c.row + stageGap
	}
	if path != "" {
		c.printf(`<path d="%s" fill="none" stroke="%s" stroke-width="1.6" stroke-linejoin="round" stroke-opacity=".75"/>`, path, accent)
	}
	c.y = top
	for i, s := range g.stages {
		c.y += stageGap
		for _, r := range s.rows {
			c.bars(r)
			c.value(r, background(i))
			c.y += c.row
		}
		c.y += stageGap
	}
}

// background is the color behind the jobs of a stage.
func background(stage int) string {
	if stage%2 == 0 {
		return band
	}
	return "#fff"
}

// label writes the name of a job.
func (c *chart) label(r *row, y float64) {
	weight, fill := "400", ink
	if r.last().started.IsZero() {
		fill = faint
	}
	for _, b := range r.attempts {
		if b.critical {
			weight, fill = "600", accent
		}
	}
	c.text(margin+stageWidth, y+c.row*0.66, fmt.Sprintf(`font-weight="%s" fill="%s"`, weight, fill), c.cut(r.name, c.nameWidth-12, c.font))
}

// criticalPath is the path that leads along the critical jobs of a pipeline: down from the end of one to the row of the next. It notes the
// lines that go down.
func (c *chart) criticalPath(g *group) string {
	type stop struct {
		*bar
		y float64
	}
	var stops []stop
	y := c.y
	for _, s := range g.stages {
		y += stageGap
		for _, r := range s.rows {
			for _, b := range r.attempts {
				if b.critical {
					stops = append(stops, stop{b, y + c.row/2})
				}
			}
			y += c.row
		}
		y += stageGap
	}
	c.lines = nil
	var path strings.Builder
	slices.SortFunc(stops, func(a, b stop) int { return a.started.Compare(b.started) })
	for i, s := range stops {
		if i == 0 {
			continue
		}
		before := stops[i-1]
		c.lines = append(c.lines, line{c.x(before.ended), min(before.y, s.y), max(before.y, s.y)})
		fmt.Fprintf(&path, "M%.1f %.1fV%.1fH%.1f", c.x(before.ended), before.y, s.y, c.x(s.started))
	}
	return path.String()
}

// bars draws the attempts of a job.
func (c *chart) bars(r *row) {
	const inset = 0.2
	y, height := c.y+c.row*inset, c.row*(1-2*inset)
	for _, b := range r.attempts {
		if b.started.IsZero() {
			continue
		}
		fill := color(b.Status, b.AllowFailure)
		c.printf(`<g><title>%s</title>`, html.EscapeString(describe(b)))
		from, run := c.x(b.queued), c.x(b.started)
		if wait := run - from; wait >= 0.5 {
			c.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" fill="%s" fill-opacity=".28"/>`, from, y, wait, height, muted)
		}
		size := max(c.x(b.ended)-run, 2)
		c.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="3" fill="%s"/>`, run, y, size, height, fill)
		if b.retried {
			c.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="3" fill="url(#retried)"/>`, run, y, size, height)
		}
		if b.critical {
			c.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="3" fill="none" stroke="%s" stroke-width="%.1f"/>`, run, y, size, height, accent, c.row/12)
		}
		c.printf(`</g>`)
	}
}

// value writes beside the bars of a job how long it ran last, or the status of one that did not run.
func (c *chart) value(r *row, background string) {
	x := c.left + 4
	for _, b := range r.attempts {
		if !b.started.IsZero() {
			x = c.x(b.ended) + 7
		}
	}
	last, style := r.last(), ""
	text := length(last.ended.Sub(last.started))
	if last.started.IsZero() {
		text, style = string(last.Status), ` font-style="italic"`
	}
	size := c.font - 1
	x = c.clear(x, float64(len(text))*size*letter)
	c.text(x, c.y+c.row*0.66, fmt.Sprintf(`font-size="%.1f" fill="%s" paint-order="stroke" stroke="%s" stroke-width="4"`, size, muted, background)+style, text)
}

// clear moves a text in the current row to the right of the lines that it would lie on.
func (c *chart) clear(x, width float64) float64 {
	const distance = 5
	y := c.y + c.row/2
	lines := slices.SortedFunc(slices.Values(c.lines), func(a, b line) int { return cmp.Compare(a.x, b.x) })
	for _, l := range lines {
		if l.top <= y && y <= l.bottom && x-distance < l.x && l.x < x+width+distance {
			x = l.x + distance
		}
	}
	return x
}

// describe tells of an attempt what the drawing does not.
func describe(b *bar) string {
	text := fmt.Sprintf("%s (%d): %s, waited %s, ran %s", b.Name, b.ID, b.Status, length(b.started.Sub(b.queued)), length(b.ended.Sub(b.started)))
	if b.Job != nil && b.Job.FailureReason != "" {
		text += ", " + string(b.Job.FailureReason)
	}
	return text
}

// grid draws the lines of the ticks behind the bars.
func (c *chart) grid(top, bottom float64) {
	distance := step(c.total, 12)
	for t := time.Duration(0); t <= c.total; t += distance {
		x := c.x(c.begin.Add(t))
		c.printf(`<path d="M%.1f %.1fV%.1f" stroke="%s"/>`, x, top, bottom, gridLine)
	}
}

// axis writes the times above and below the bars.
func (c *chart) axis(height float64) {
	distance := step(c.total, 12)
	for t := time.Duration(0); t <= c.total; t += distance {
		x := c.x(c.begin.Add(t))
		for _, y := range []float64{topHeight - 7, height - 24} {
			c.text(x, y, fmt.Sprintf(`font-size="11" text-anchor="middle" fill="%s"`, muted), tickLabel(t, distance))
		}
	}
}
