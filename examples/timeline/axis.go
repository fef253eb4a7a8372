package main

import (
	"fmt"
	"math"
	"time"
)

// steps are the distances between ticks that people find easy to read.
var steps = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// step returns the smallest nice distance that makes no more than this many ticks.
func step(total time.Duration, most int) time.Duration {
	for _, s := range steps {
		if total <= s*time.Duration(most) {
			return s
		}
	}
	day := 24 * time.Hour
	return day * time.Duration(math.Ceil(float64(total)/float64(day)/float64(most)))
}

// tickLabel writes a time on the axis, with as much detail as the step calls for.
func tickLabel(t, step time.Duration) string {
	switch {
	case t == 0:
		return "0"
	case step < time.Second:
		return fmt.Sprintf("%.1f s", t.Seconds())
	case t < time.Minute && step < time.Minute:
		return fmt.Sprintf("%d s", int(t.Seconds()))
	case step < time.Minute:
		return fmt.Sprintf("%d:%02d min", int(t.Minutes()), int(t.Seconds())%60)
	case t < time.Hour && step < time.Hour:
		return fmt.Sprintf("%d min", int(t.Minutes()))
	case step < time.Hour:
		return fmt.Sprintf("%d:%02d h", int(t.Hours()), int(t.Minutes())%60)
	case step < 24*time.Hour:
		return fmt.Sprintf("%d h", int(t.Hours()))
	}
	return fmt.Sprintf("%d d", int(t.Hours())/24)
}

// length writes a duration with two units at most.
func length(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}
