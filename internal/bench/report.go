package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A report is all that was measured.
type report struct {
	calls     []callResult
	lists     []listCase
	growth    []growth
	transfers []*transferCase
	crowd     crowd
	builds    builds
}

func (r *report) write(w io.Writer) {
	fmt.Fprintf(w, "# Beside client-go v2.64.0 and calls by hand\n\n%s. Made by `go run .` in `internal/bench`, which says how.\n\n## Calls\n\n", machine())
	fmt.Fprint(w, "The answer comes from memory: what is measured is the client alone. \"By hand\" is net/http and encoding/json into the same types, without\n"+
		"retries, checks or errors that say anything.\n\n")
	printCalls(w, r.calls)
	r.writeLists(w)
	r.writeTransfers(w)
	r.writeCrowd(w)
	r.writeBuilds(w)
}

// printCalls prints the calls as a table, and says how many goals of what hardly varies are missed.
func printCalls(w io.Writer, calls []callResult) (missed int) {
	fmt.Fprint(w, "| | gitlabci | client-go | by hand | of client-go: time, B, allocs | of by hand | goal | |\n|---|---|---|---|---|---|---|---|\n")
	for i := range calls {
		c := &calls[i]
		time, space := c.misses()
		missed += len(space)
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", c.name, c.figures[ours], c.figures[theirs], c.figures[byHand],
			c.figures[ours].of(c.figures[theirs]), c.figures[ours].of(c.figures[byHand]), c.goal, verdict(c.goal, append(time, space...)))
	}
	return missed
}

func (f figures) String() string {
	if f == (figures{}) {
		return "–"
	}
	return fmt.Sprintf("%s, %.1f kB, %.0f", round(time.Duration(f.time)), f.bytes/1000, f.allocs)
}

// of are the ratios of figures to others.
func (f figures) of(other figures) string {
	if other.time == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f, %.2f, %.2f", f.time/other.time, f.bytes/other.bytes, f.allocs/other.allocs)
}

func (g goal) String() string {
	var parts []string
	add := func(what string, most float64) {
		if most > 0 {
			parts = append(parts, fmt.Sprintf("%s %.2f", what, most))
		}
	}
	add("time", g.time)
	add("B", g.bytes)
	add("allocs", g.allocs)
	if g.maxAllocs > 0 {
		parts = append(parts, fmt.Sprintf("%d allocs", g.maxAllocs))
	}
	if parts == nil {
		return "–"
	}
	return strings.Join(parts, ", ")
}

func verdict(g goal, misses []string) string {
	switch {
	case g == (goal{}):
		return ""
	case misses == nil:
		return "met"
	}
	return "**missed: " + strings.Join(misses, "; ") + "**"
}

// round keeps three digits.
func round(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.1f µs", float64(d)/1e3)
}

// atMost is the verdict on a figure that has a goal.
func atMost(got, most float64) string {
	if most == 0 {
		return ""
	}
	if got > most {
		return "**missed**"
	}
	return "met"
}

func (r *report) writeLists(w io.Writer) {
	fmt.Fprintf(w, "\n## All of %d jobs, 30 ms a request\n\n| | time | goal | |\n|---|---|---|---|\n", listed)
	for _, l := range r.lists {
		limit := "–"
		if l.goal > 0 {
			limit = round(l.goal)
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", l.name, round(l.took), limit, atMost(float64(l.took), float64(l.goal)))
	}
	fmt.Fprint(w, "\n## How the cost of a list grows\n\n| jobs | time a job | B a job | allocs a job | heap in use |\n|---|---|---|---|---|\n")
	for _, g := range r.growth {
		fmt.Fprintf(w, "| %d | %s | %.0f | %.1f | %.2f MiB |\n", g.items, round(g.perItem), g.bytes, g.allocs, float64(g.held)/mib)
	}
}

func (r *report) writeTransfers(w io.Writer) {
	fmt.Fprint(w, "\n## Bulk\n\nEach in a process of its own: the most memory that it had (RSS), and the rate.\n\n"+
		"| | gitlabci | client-go | by hand | goal | |\n|---|---|---|---|---|---|\n")
	for _, t := range r.transfers {
		cell := func(w way) string {
			if t.do[w] == nil {
				return "–"
			}
			return fmt.Sprintf("%.0f MiB, %.0f MiB/s", t.rss[w], t.rate[w])
		}
		goal, verdict := fmt.Sprintf("%d MiB", t.maxRSS), atMost(t.rss[ours], float64(t.maxRSS))
		if t.minRate > 0 {
			goal += fmt.Sprintf(", %.1f of by hand", t.minRate)
			if t.rate[ours] < t.minRate*t.rate[byHand] {
				verdict = "**missed**"
			}
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", t.name, cell(ours), cell(theirs), cell(byHand), goal, verdict)
	}
}

func (r *report) writeCrowd(w io.Writer) {
	const mostConnections, leastRate = 250, 1.5
	c := r.crowd
	fmt.Fprintf(w, "\n## %d goroutines, %d calls each, one client\n\n| | gitlabci | client-go | goal | |\n|---|---|---|---|---|\n", callers, callsOfEach)
	fmt.Fprintf(w, "| connections | %.0f | %.0f | %d | %s |\n", c.connections[ours], c.connections[theirs], mostConnections, atMost(c.connections[ours], mostConnections))
	fmt.Fprintf(w, "| calls a second | %.0f | %.0f | %.1f of client-go | %s |\n", c.calls[ours], c.calls[theirs], leastRate, atMost(leastRate, c.calls[ours]/c.calls[theirs]))
}

func (r *report) writeBuilds(w io.Writer) {
	const compile, size, stripped, modules = 1.2, 1.2, 0.9, 4
	b := r.builds.figures
	fmt.Fprint(w, "\n## A program that lists pipelines\n\nBy hand it stands on net/http, encoding/json and go-retryablehttp.\n\n"+
		"| | gitlabci | client-go | by hand | goal | |\n|---|---|---|---|---|---|\n")
	fmt.Fprintf(w, "| build, the standard library built before | %s | %s | %s | %.1f s | %s |\n", round(b[ours].compile), round(b[theirs].compile), round(b[byHand].compile),
		compile, atMost(b[ours].compile.Seconds(), compile))
	beyond := func(w way, of func(build) int64) float64 { return float64(of(b[w])-of(b[byHand])) / 1e6 }
	whole, bare := func(b build) int64 { return b.size }, func(b build) int64 { return b.stripped }
	fmt.Fprintf(w, "| binary, beyond that by hand | +%.2f MB | +%.2f MB | %.2f MB | +%.1f MB | %s |\n", beyond(ours, whole), beyond(theirs, whole),
		float64(b[byHand].size)/1e6, size, atMost(beyond(ours, whole), size))
	fmt.Fprintf(w, "| the same, stripped | +%.2f MB | +%.2f MB | %.2f MB | +%.1f MB | %s |\n", beyond(ours, bare), beyond(theirs, bare),
		float64(b[byHand].stripped)/1e6, stripped, atMost(beyond(ours, bare), stripped))
	fmt.Fprintf(w, "| modules linked | %d | %d | %d | %d | %s |\n", b[ours].modules, b[theirs].modules, b[byHand].modules, modules, atMost(float64(b[ours].modules), modules))
}
