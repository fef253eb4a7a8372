package main

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
)

// sgr is what makes a terminal change colors.
var sgr = regexp.MustCompile("\x1b\\[[0-9]*m")

// progress shows the jobs of a pipeline: as a table in a terminal, else as a line for each event.
type progress struct {
	out      io.Writer
	terminal bool
	colors   bool
	size     func() (columns, lines int) // of the terminal, which may change

	mu       sync.Mutex
	pipeline *gitlabci.Pipeline
	status   string          // of the pipeline, as it was told
	rows     []*row          // by stage
	waits    []string        // what jobs wait for
	told     map[string]bool // of the jobs that wait, in a line
	drawn    int             // lines of the table on the screen
	frame    int             // of the spinner
}

// row is a job, or a trigger job, at its latest attempt.
type row struct {
	id           int64
	stage, name  string
	status       gitlabci.JobStatus
	allowFailure bool
	started      time.Time     // by GitLab's clock
	duration     time.Duration // of its run, as it was at seen
	seen         time.Time     // by our clock
	earlier      []*row        // attempts
}

func newProgress(out io.Writer) *progress {
	return &progress{
		out: out, terminal: demo.IsTerminal(out), colors: demo.Colors(out),
		size: func() (columns, lines int) { return demo.Size(out) },
	}
}

// show shows events until there are no more.
func (p *progress) show(events iter.Seq2[*gitlabci.PipelineEvent, error]) error {
	if p.terminal {
		defer p.animate()()
	}
	for event, err := range events {
		if err != nil {
			return err
		}
		p.mu.Lock()
		if p.take(event) && !p.terminal {
			p.printLine(event)
		}
		p.mu.Unlock()
	}
	return nil
}

// take notes an event and reports whether it is news: each watch begins with the status that everything has by then.
func (p *progress) take(event *gitlabci.PipelineEvent) bool {
	p.pipeline = event.Pipeline
	job := &row{status: gitlabci.JobStatus(event.To), seen: time.Now()}
	switch j, b := event.Job, event.Bridge; {
	case j != nil:
		job.id, job.stage, job.name, job.allowFailure = j.ID, j.Stage, j.Name, j.AllowFailure
		job.started, job.duration = j.StartedAt, j.Duration.Duration()
	case b != nil:
		job.id, job.stage, job.name, job.allowFailure = b.ID, b.Stage, b.Name, b.AllowFailure
		job.started, job.duration = b.StartedAt, b.Duration.Duration()
	default:
		news := p.status != event.To
		p.status = event.To
		return news
	}
	i := slices.IndexFunc(p.rows, func(r *row) bool { return r.name == job.name })
	if i < 0 {
		p.rows = append(p.rows, job)
		p.sort()
		return true
	}
	switch known := p.rows[i]; {
	case job.id < known.id: // an earlier attempt, which was told of before
		return false
	case job.id == known.id && job.status == known.status:
		return false
	case job.id == known.id:
		job.earlier = known.earlier
	default:
		job.earlier = append(known.earlier, known)
	}
	p.rows[i] = job
	return true
}

// logLines is how many lines of a log there is room for.
func (p *progress) logLines() int {
	const most, least = 18, 5
	if !p.terminal {
		return most
	}
	_, lines := p.size()
	return min(max(lines-4, least), most) // with the lines around them
}

// first is the id of the first attempt.
func (r *row) first() int64 {
	if len(r.earlier) > 0 {
		return r.earlier[0].id
	}
	return r.id
}

// sort puts the jobs in the order of the stages, which GitLab does not tell: it creates the jobs of one stage after those of another.
func (p *progress) sort() {
	stages := make(map[string]int64)
	for _, r := range p.rows {
		if first, ok := stages[r.stage]; !ok || r.first() < first {
			stages[r.stage] = r.first()
		}
	}
	slices.SortFunc(p.rows, func(a, b *row) int {
		return cmp.Or(cmp.Compare(stages[a.stage], stages[b.stage]), cmp.Compare(a.first(), b.first()))
	})
}

// printLine prints what a log file should hold of an event: when something begins, ends, or needs a hand.
func (p *progress) printLine(event *gitlabci.PipelineEvent) {
	stage, name := "pipeline", fmt.Sprint(event.Pipeline.ID)
	var took gitlabci.Seconds
	allowed := ""
	switch job, bridge := event.Job, event.Bridge; {
	case job != nil:
		stage, name, took = job.Stage, job.Name, job.Duration
		if event.To == string(gitlabci.JobFailed) && job.AllowFailure {
			allowed = ", as it may"
		}
	case bridge != nil:
		stage, name, took = bridge.Stage, bridge.Name, bridge.Duration
	}
	switch status := gitlabci.JobStatus(event.To); {
	case status == gitlabci.JobCreated || status == gitlabci.JobPending || status == gitlabci.JobPreparing || status == gitlabci.JobSkipped:
		return
	case status.Finished() && took > 0:
		fmt.Fprintf(p.out, "  %-9s %-16s %-8s %5.1fs%s\n", stage, name, status, took, allowed)
	default:
		fmt.Fprintf(p.out, "  %-9s %-16s %s\n", stage, name, status)
	}
}

// waitsFor notes what jobs wait for: below the table, or in a line for each of them.
func (p *progress) waitsFor(stuck []*gitlabci.StuckJob) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits = nil
	for _, job := range stuck {
		if job.Reason == gitlabci.StuckReasonManual || job.Reason == gitlabci.StuckReasonDelayed {
			continue // the table says so
		}
		p.waits = append(p.waits, job.String())
		if key := fmt.Sprint(job.Job.ID, job.Reason); !p.terminal && !p.told[key] {
			if p.told == nil {
				p.told = make(map[string]bool)
			}
			p.told[key] = true
			fmt.Fprintf(p.out, "  %s\n", job)
		}
	}
}

// animate draws the table again and again, until it is told to stop; what it drew last stays on the screen.
func (p *progress) animate() (stop func()) {
	const hideCursor, showCursor = "\x1b[?25l", "\x1b[?25h"
	fmt.Fprint(p.out, hideCursor)
	p.drawn = 0
	done := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
			select {
			case <-done:
				p.draw() // with the last event
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(done)
		drawing.Wait()
		fmt.Fprint(p.out, showCursor)
	}
}

// draw draws the table over the one before.
func (p *progress) draw() {
	if p.pipeline == nil {
		return
	}
	p.frame++
	lines := p.table(time.Now())
	if !p.colors {
		for i, line := range lines {
			lines[i] = sgr.ReplaceAllString(line, "")
		}
	}
	var b strings.Builder
	b.WriteString("\x1b[?7l") // a line that is too long is cut off, so that it stays one line
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	for _, line := range lines {
		b.WriteString("\r" + line + "\x1b[K\n")
	}
	b.WriteString("\x1b[J\x1b[?7h")
	p.drawn = len(lines)
	fmt.Fprint(p.out, b.String())
}
