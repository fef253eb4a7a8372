package gitlabcitest

import (
	"container/heap"
	"time"
)

// event is something due at a time. Of two at the same time the one entered first happens first.
type event struct {
	at    time.Time
	order int64
	do    func()
}

// agenda is the heap of what is still to happen.
type agenda []event

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].order < a[j].order
	}
	return a[i].at.Before(a[j].at)
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(e any)   { *a = append(*a, e.(event)) }
func (a *agenda) Pop() any {
	last := len(*a) - 1
	e := (*a)[last]
	(*a)[last] = event{}
	*a = (*a)[:last]
	return e
}

// after enters do into the agenda. An event cannot be taken back: do has to look whether it still applies.
func (w *world) after(d time.Duration, do func()) {
	w.events++
	heap.Push(&w.agenda, event{at: w.now.Add(d), order: w.events, do: do})
}

// advance lets everything happen that is due by now, each at its own time.
func (w *world) advance(now time.Time) {
	for len(w.agenda) > 0 && !w.agenda[0].at.After(now) {
		e := heap.Pop(&w.agenda).(event)
		w.now = e.at
		e.do()
	}
	w.now = now
}
