package gitlabci_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// figures are how many requests it took to see the end of a pipeline, and how many seconds late that was, on the average of many ends.
type figures struct{ requests, late, worst float64 }

// TestPollingFigures measures how many requests Wait and Watch take and how late they see the end of a pipeline, beside a loop that asks
// every three seconds: for the pipeline, or for the pipeline and its jobs.
//
// The polls before the end do not know of it. So each run, of a pipeline that goes on for longer, tells of many ends: for each, the first
// poll that comes after it would have seen it.
//
// What can be reached? Of an end that may come at any time, polls that are p apart are p/2 late on the average. For 5 s that is 10 s, less
// than a third of the requests of a loop of 3 s. For a tenth of 30 s it is 6 s, half of the requests: without knowing when the end is
// likely, nothing does better there. Wait knows it from the last pipelines like this one; where a pipeline of half a minute ends a good
// deal sooner than those, Wait is late.
//
// Two requests of a Wait, three of one that fails, come once the end is seen, to make sure of it and to find the cause. The loop does neither;
// where it lasts for long they do not count.
func TestPollingFigures(t *testing.T) {
	wait := func(l *live, id int64) { l.client.Pipelines.Wait(l.Context(), liveApp, id, nil) }
	watch := func(l *live, id int64) { l.watch(id, nil) }
	const third = 1. / 3
	text := fmt.Sprintf("%-6s %-30s %9s %8s %6s %7s %8s %7s\n", "run", "", "requests", "loop's", "share", "late", "of run", "worst")
	for n, run := range []struct {
		name   string
		length time.Duration
		times  int
	}{{"30 s", 30 * seconds, 40}, {"5 min", 5 * minutes, 10}, {"1 h", time.Hour, 1}} {
		naive := [][]time.Duration{every(3*seconds, run.length*2)}
		unknown, known := polls(t, run.length, run.times, false, wait), polls(t, run.length, run.times, true, wait)
		watched := polls(t, run.length, run.times, true, watch)
		for _, row := range []struct {
			name     string
			polls    [][]time.Duration
			end      float64    // of the length
			after    int        // requests, once the end is seen
			naive    int        // requests a poll of a loop that learns the same
			late     [3]float64 // at most, of what is aimed at: a tenth of the run or five seconds, whichever is less
			requests [3]float64 // at most, of those of the loop
		}{
			{"Wait, the first of its kind", unknown, 1, 2, 1, [3]float64{1.25, 1.1, 1.1}, [3]float64{0.9, 0.4, third}},
			{"Wait, as long as the last", known, 1, 2, 1, [3]float64{1, 1.1, 1.1}, [3]float64{0.5, 0.36, third}},
			{"Wait, a fifth longer", known, 1.2, 2, 1, [3]float64{1, 1.1, 1.1}, [3]float64{0.5, 0.36, third}},
			{"Wait, a fifth shorter", known, 0.8, 2, 1, [3]float64{4, 1.1, 1.1}, [3]float64{0.6, 0.36, third}},
			{"Wait, fails after two fifths", known, 0.4, 3, 1, [3]float64{18, 1.1, 1.1}, [3]float64{1.2, 0.4, third}},
			{"Watch", watched, 1, 2, 2, [3]float64{1.15, 0.7, 0.7}, [3]float64{0.55, third, third}},
			{"Watch, fails after two fifths", watched, 0.4, 2, 2, [3]float64{4, 1.1, 1.1}, [3]float64{0.85, third, third}},
			{"a loop for the pipeline", naive, 1, 0, 1, [3]float64{1, 1, 1}, [3]float64{1, 1, 1}},
		} {
			end, spread := time.Duration(row.end*float64(run.length)), 0.1
			if run.length < minutes && row.polls[0][1] == known[0][1] {
				spread = 0.03 // what is about as long as the last one was
			}
			got, loop := measure(row.polls, end, spread, 1, row.after), measure(naive, end, spread, row.naive, 0)
			text += fmt.Sprintf("%-6s %-30s %9.1f %8.1f %5.0f%% %6.1fs %7.1f%% %6.1fs\n", run.name,
				row.name, got.requests, loop.requests, 100*got.requests/loop.requests, got.late, 100*got.late/end.Seconds(), got.worst)
			aim := min(end.Seconds()/10, 5)
			if got.late > aim*row.late[n] || got.requests > loop.requests*row.requests[n] {
				t.Errorf("%s, %s: %.2f requests where the loop takes %.2f, and %.2f s late where %.2f is aimed at", run.name, row.name, got.requests, loop.requests, got.late, aim)
			}
		}
	}
	t.Log("\n" + text)
}

// polls returns when the requests came of several runs of a pipeline that lasts longer than it is taken to, counted from its beginning.
func polls(t *testing.T, length time.Duration, runs int, history bool, look func(l *live, id int64)) (all [][]time.Duration) {
	stages := func(length time.Duration) []gitlabcitest.Job {
		return []gitlabcitest.Job{
			{Name: "compile", Stage: "build", Duration: length / 4}, {Name: "unit", Duration: length / 4}, {Name: "rollout", Stage: "deploy", Duration: length - 2*(length/4)},
		}
	}
	inBubble(t, nil, func(l *live) {
		if history {
			l.srv.Define(liveApp, stages(length)...)
			l.start()
			time.Sleep(2 * length)
		}
		for i := range runs {
			l.srv.Define(liveApp, stages(length*7/5)...)
			began := time.Now()
			id := l.start()
			time.Sleep(time.Duration(i) * 137 * time.Millisecond) // the look begins a little later
			look(l, id)
			var polls []time.Duration
			for _, at := range l.times() {
				polls = append(polls, at.Sub(began))
			}
			all = append(all, polls)
			require.NoError(l, l.client.Pipelines.Delete(l.Context(), liveApp, id), "it is no history of the next")
		}
	})
	return all
}

// every returns the times of a loop that asks once in each pause.
func every(pause, until time.Duration) (polls []time.Duration) {
	for at := time.Duration(0); at < until; at += pause {
		polls = append(polls, at)
	}
	return polls
}

// measure takes the average over runs, and over ends that lie as far as spread around one.
func measure(runs [][]time.Duration, end time.Duration, spread float64, perPoll, after int) (f figures) {
	const ends = 200
	for _, polls := range runs {
		for i := range ends {
			_, odd := math.Modf(float64(i) * math.Phi) // evenly spread, and in step with nothing
			end := time.Duration(float64(end) * (1 + spread*(2*odd-1)))
			seen := slices.IndexFunc(polls, func(at time.Duration) bool { return at >= end })
			late := (polls[seen] - end).Seconds()
			f.requests += float64((seen+1)*perPoll + after)
			f.late += late
			f.worst = max(f.worst, late)
		}
	}
	n := float64(len(runs) * ends)
	f.requests, f.late = f.requests/n, f.late/n
	return f
}
