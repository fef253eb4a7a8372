package gitlabcitest

import (
	"cmp"
	"slices"
	"time"

	"github.com/gitlabci/gitlabci"
)

// resourceGroup lets its jobs run one after the other.
type resourceGroup struct {
	id      int64
	project *project
	key     string
	mode    gitlabci.ProcessMode
	holder  *job
	waiting []*job // as they came

	createdAt, updatedAt time.Time
}

// resourceGroup returns the resource group with a key, nil where there is none.
func (p *project) resourceGroup(key string) *resourceGroup {
	if i := slices.IndexFunc(p.resources, func(g *resourceGroup) bool { return g.key == key }); i >= 0 {
		return p.resources[i]
	}
	return nil
}

// ensureResourceGroup makes the resource group that a job names, where it is not there yet.
func (w *world) ensureResourceGroup(p *project, key string) {
	if key == "" || p.resourceGroup(key) != nil {
		return
	}
	w.resourceGroupIDs++
	p.resources = append(p.resources, &resourceGroup{
		id: w.resourceGroupIDs, project: p, key: key, mode: p.settings.ResourceGroupDefaultProcessMode, createdAt: w.now, updatedAt: w.now,
	})
}

// acquire gives a job its resource group if that is free and no other job comes first. Else the job waits.
func (w *world) acquire(j *job) bool {
	g := j.project.resourceGroup(j.spec.ResourceGroup)
	j.status = gitlabci.JobWaitingForResource
	g.waiting = append(g.waiting, j)
	if g.next() != j {
		return false
	}
	g.give(j)
	return true
}

// release takes from a job what it holds of its resource group, and the place in line. Those that wait may be next now.
func (w *world) release(j *job) {
	g := j.project.resourceGroup(j.spec.ResourceGroup)
	if g == nil {
		return
	}
	g.waiting = slices.DeleteFunc(g.waiting, func(other *job) bool { return other == j })
	if g.holder == j {
		g.holder = nil
	}
	w.assign(g)
}

// assign lets the next job of a resource group start, a moment later, as GitLab leaves it to a worker.
func (w *world) assign(g *resourceGroup) {
	w.after(0, func() {
		if next := g.next(); next != nil {
			g.give(next)
			w.queue(next)
			w.process(next.pipeline)
		}
	})
}

func (g *resourceGroup) give(j *job) {
	g.holder = j
	g.waiting = slices.DeleteFunc(g.waiting, func(other *job) bool { return other == j })
}

// next is the job to start, nil where the resource is held or the one whose turn it is has to wait for others before it.
func (g *resourceGroup) next() *job {
	if g.holder != nil {
		return nil
	}
	upcoming := g.upcoming()
	if len(upcoming) == 0 || upcoming[0].status != gitlabci.JobWaitingForResource {
		return nil
	}
	return upcoming[0]
}

// upcoming are the jobs to come, in the order of the process mode. Of the modes by age, the strict ones count jobs that are not ready yet.
func (g *resourceGroup) upcoming() []*job {
	jobs := slices.Clone(g.waiting)
	if g.mode == gitlabci.ProcessModeOldestFirst || g.mode == gitlabci.ProcessModeNewestFirst {
		jobs = g.unstarted()
	}
	slices.SortStableFunc(jobs, func(a, b *job) int {
		switch g.mode {
		case gitlabci.ProcessModeOldestFirst:
			return cmp.Or(cmp.Compare(a.pipeline.id, b.pipeline.id), waitingFirst(a, b))
		case gitlabci.ProcessModeNewestFirst:
			return cmp.Or(cmp.Compare(b.pipeline.id, a.pipeline.id), waitingFirst(a, b))
		case gitlabci.ProcessModeNewestReadyFirst:
			return cmp.Compare(b.pipeline.id, a.pipeline.id)
		}
		return 0
	})
	return jobs
}

// unstarted are the jobs of the resource group that wait for it or for something before. Manual ones wait for nobody.
func (g *resourceGroup) unstarted() []*job {
	waits := []gitlabci.JobStatus{gitlabci.JobCreated, gitlabci.JobScheduled, gitlabci.JobWaitingForResource}
	var found []*job
	for _, p := range g.project.pipelines {
		for _, j := range p.jobs {
			if j.spec.ResourceGroup == g.key && slices.Contains(waits, j.status) {
				found = append(found, j)
			}
		}
	}
	return found
}

func waitingFirst(a, b *job) int {
	rank := func(j *job) int {
		if j.status == gitlabci.JobWaitingForResource {
			return 0
		}
		return 1
	}
	return cmp.Compare(rank(a), rank(b))
}
