package gitlabcitest

import "slices"

// resourceGroup lets its jobs run one after the other.
type resourceGroup struct {
	holder  *job
	waiting []*job
}

// acquire gives a job its resource group, or puts it in line.
func (w *world) acquire(j *job) bool {
	g := j.project.resources[j.spec.ResourceGroup]
	if g == nil {
		g = &resourceGroup{}
		j.project.resources[j.spec.ResourceGroup] = g
	}
	if g.holder == nil {
		g.holder = j
		return true
	}
	g.waiting = append(g.waiting, j)
	return false
}

// release passes the resource group of a job that ended on to the next in line.
func (w *world) release(j *job) {
	g := j.project.resources[j.spec.ResourceGroup]
	if g == nil {
		return
	}
	g.waiting = slices.DeleteFunc(g.waiting, func(other *job) bool { return other == j })
	if g.holder != j {
		return
	}
	g.holder = nil
	if len(g.waiting) == 0 {
		return
	}
	next := g.waiting[0]
	g.waiting = g.waiting[1:]
	g.holder = next
	w.after(0, func() {
		if next.status == statusWaitingForResource {
			w.queue(next)
			w.process(next.pipeline)
		}
	})
}
