package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/gitlabci/gitlabci"
)

// group is a pipeline of the tree.
type group struct {
	tree   *gitlabci.PipelineTree
	by     string // the trigger job that started it; empty for the first
	stages []*stage
}

type stage struct {
	name string
	rows []*row
}

// row is a job with its attempts, the oldest first.
type row struct {
	name     string
	attempts []*bar
}

// bar is one attempt at a job.
type bar struct {
	*gitlabci.PipelineNode
	queued, started, ended time.Time // started and ended are zero before they are true; ended is up to now for a job that runs
	retried                bool      // a later attempt takes its place
	critical               bool
}

// last is the latest attempt.
func (r *row) last() *bar { return r.attempts[len(r.attempts)-1] }

// groups sorts the jobs of a tree by pipeline, stage and name.
func groups(tree *gitlabci.PipelineTree) (all []*group) {
	by := make(map[*gitlabci.PipelineTree]string)
	for t := range tree.Pipelines() {
		g := &group{tree: t, by: by[t]}
		for _, node := range t.Children { // in the order in which they were created, which is that of the stages
			if node.Downstream != nil {
				by[node.Downstream] = node.Name
			}
			g.add(node)
		}
		g.markCritical()
		all = append(all, g)
	}
	// A pipeline downstream is on the critical path where the trigger job is that waits for it.
	for _, g := range all[1:] {
		if trigger := bridgeOf(all, g); trigger == nil || !trigger.critical {
			for b := range g.bars {
				b.critical = false
			}
		}
	}
	return all
}

// bridgeOf is the trigger job that started a pipeline.
func bridgeOf(all []*group, started *group) *bar {
	for _, g := range all {
		for b := range g.bars {
			if b.Downstream == started.tree {
				return b
			}
		}
	}
	return nil
}

func (g *group) add(node *gitlabci.PipelineNode) {
	b := newBar(node)
	i := slices.IndexFunc(g.stages, func(s *stage) bool { return s.name == node.Stage })
	if i < 0 {
		i = len(g.stages)
		g.stages = append(g.stages, &stage{name: node.Stage})
	}
	s := g.stages[i]
	for _, r := range s.rows {
		if r.name == node.Name {
			r.last().retried = true
			r.attempts = append(r.attempts, b)
			return
		}
	}
	s.rows = append(s.rows, &row{name: node.Name, attempts: []*bar{b}})
}

func newBar(node *gitlabci.PipelineNode) *bar {
	b := &bar{PipelineNode: node}
	var queued, ran gitlabci.Seconds
	if job := node.Job; job != nil {
		b.started, b.ended, queued, ran = job.StartedAt, job.FinishedAt, job.QueuedDuration, job.Duration
	} else {
		b.started, b.ended, queued, ran = node.Bridge.StartedAt, node.Bridge.FinishedAt, node.Bridge.QueuedDuration, node.Bridge.Duration
	}
	if b.started.IsZero() {
		b.ended = time.Time{} // skipped, or canceled before it ran
		return b
	}
	if b.ended.IsZero() {
		b.ended = b.started.Add(ran.Duration())
	}
	b.queued = b.started.Add(-queued.Duration())
	return b
}

// bars returns every attempt of every job.
func (g *group) bars(yield func(*bar) bool) {
	for _, s := range g.stages {
		for _, r := range s.rows {
			for _, b := range r.attempts {
				if !yield(b) {
					return
				}
			}
		}
	}
}

// markCritical marks the chain of jobs of which each waited for the one before, back from the job that ended last. GitLab does not tell
// what a job waited for; it is taken to be what ended last before the job was queued.
func (g *group) markCritical() {
	ran := slices.DeleteFunc(slices.Collect(g.bars), func(b *bar) bool { return b.started.IsZero() })
	byEnd := func(a, b *bar) int { return cmp.Or(a.ended.Compare(b.ended), cmp.Compare(b.ID, a.ID)) }
	for len(ran) > 0 {
		last := slices.MaxFunc(ran, byEnd)
		last.critical = true
		ran = slices.DeleteFunc(ran, func(b *bar) bool { return b == last || b.ended.After(last.queued) })
	}
}

// span is the time from the first event to the last.
func span(all []*group) (begin, end time.Time) {
	for _, g := range all {
		for b := range g.bars {
			if b.started.IsZero() {
				continue
			}
			if begin.IsZero() || b.queued.Before(begin) {
				begin = b.queued
			}
			if b.ended.After(end) {
				end = b.ended
			}
		}
	}
	return begin, end
}
