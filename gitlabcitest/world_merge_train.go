package gitlabcitest

import (
	"fmt"
	"slices"
	"time"

	"github.com/gitlabci/gitlabci"
)

// carDropped is the status of what is on no train any more.
const carDropped gitlabci.MergeTrainStatus = "dropped"

const (
	mergingTime = time.Second // until a car whose turn it is is merged
	remakeTime  = time.Second // until a stale car gets a new pipeline
)

// car is a merge request on the merge train of its target branch. Its pipelines run on the head of its own branch: what comes out together
// with the cars before it is not computed.
type car struct {
	id       int64
	mr       *mergeRequest
	user     *user
	pipeline *pipeline
	status   gitlabci.MergeTrainStatus

	createdAt, updatedAt, mergedAt time.Time
}

// duration is how long it took from boarding to being merged, null until then.
func (k *car) duration() *int64 {
	if k.mergedAt.IsZero() {
		return nil
	}
	return new(int64(k.mergedAt.Sub(k.createdAt) / time.Second))
}

// board puts a merge request at the end of its train.
func (w *world) board(mr *mergeRequest, by *user) {
	w.carIDs++
	mr.autoMerge = nil
	mr.project.cars = append(mr.project.cars, &car{
		id: w.carIDs, mr: mr, user: by, status: gitlabci.MergeTrainIdle, createdAt: w.now, updatedAt: w.now,
	})
	w.after(0, func() { w.moveTrain(mr.project, mr.target) })
}

// train are the cars on the way to a branch, the first one first.
func (p *project) train(target string) []*car {
	return slices.DeleteFunc(slices.Clone(p.cars), func(k *car) bool { return k.mr.target != target || k.status == gitlabci.MergeTrainMerged })
}

// carOf is the car of a merge request, also of one that is merged, nil where it never was on a train.
func (p *project) carOf(mr *mergeRequest) *car {
	if i := slices.IndexFunc(p.cars, func(k *car) bool { return k.mr == mr }); i >= 0 {
		return p.cars[i]
	}
	return nil
}

// moveTrain does with each car of a train what its status and its pipeline call for. A project without trains any more drops them.
func (w *world) moveTrain(p *project, target string) {
	for i, k := range p.train(target) {
		switch {
		case !p.MergeTrains && k.status != gitlabci.MergeTrainMerging:
			w.drop(k)
		case k.status == gitlabci.MergeTrainIdle:
			w.test(k)
		case k.status != gitlabci.MergeTrainFresh || !k.pipeline.status.Finished():
		case k.pipeline.status != gitlabci.PipelineSuccess:
			w.drop(k)
		case i == 0:
			w.arrive(k)
		}
	}
}

func (k *car) become(status gitlabci.MergeTrainStatus, now time.Time) {
	k.status, k.updatedAt = status, now
}

// test starts a car's pipeline. A car without one is dropped.
func (w *world) test(k *car) {
	created, err := w.createPipeline(k.mr.project, pipelineRequest{
		ref: fmt.Sprintf("refs/merge-requests/%d/train", k.mr.iid), source: gitlabci.PipelineSourceMergeRequestEvent,
		user: k.user, mergeRequest: k.mr,
	})
	if err != nil {
		w.drop(k)
		return
	}
	k.pipeline = created
	k.become(gitlabci.MergeTrainFresh, w.now)
}

// arrive merges the first car of a train.
func (w *world) arrive(k *car) {
	k.become(gitlabci.MergeTrainMerging, w.now)
	w.after(mergingTime, func() {
		if k.status != gitlabci.MergeTrainMerging {
			return
		}
		w.merge(k.mr, k.user)
		k.mergedAt = w.now
		k.become(gitlabci.MergeTrainMerged, w.now)
		w.moveTrain(k.mr.project, k.mr.target)
	})
}

// drop takes a car from its train. Those behind it are to be tested anew, without it.
func (w *world) drop(k *car) {
	k.become(carDropped, w.now)
	p := k.mr.project
	p.cars = slices.DeleteFunc(p.cars, func(other *car) bool { return other == k })
	w.goStale(slices.DeleteFunc(p.train(k.mr.target), func(other *car) bool { return other.id < k.id }))
}

// goStale gives up the pipelines of cars whose train changed before them, and lets new ones begin.
func (w *world) goStale(cars []*car) {
	for _, k := range cars {
		if k.status != gitlabci.MergeTrainFresh {
			continue
		}
		k.become(gitlabci.MergeTrainStale, w.now)
		w.cancelPipeline(k.pipeline)
		w.after(remakeTime, func() {
			if k.status == gitlabci.MergeTrainStale {
				w.test(k)
			}
		})
	}
}

// mergeAside merges a merge request outside of its train, which changes what the others on the way to that branch are tested with.
func (w *world) mergeAside(mr *mergeRequest, by *user) {
	if k := mr.project.carOf(mr); k != nil {
		w.drop(k)
	}
	w.merge(mr, by)
	w.pushed(mr.project, mr.target)
}

// pushed takes the merge requests of a branch from their trains, for they are not what was tested, and makes the train to it stale.
func (w *world) pushed(p *project, branch string) {
	for _, k := range slices.Clone(p.cars) {
		if k.mr.source == branch && k.status != gitlabci.MergeTrainMerging && k.status != gitlabci.MergeTrainMerged {
			w.drop(k)
		}
	}
	w.goStale(p.train(branch))
}

// ended is told of each pipeline that is over: trains may go on, and merge requests that waited for it may board.
func (w *world) ended(p *pipeline) {
	w.after(0, func() {
		for _, mr := range p.project.mergeRequests {
			if p.project.MergeTrains && mr.autoMerge != nil && mr.checked() {
				w.board(mr, mr.autoMerge)
			}
		}
		if p.mergeRequest != nil {
			w.moveTrain(p.project, p.mergeRequest.target)
		}
	})
}

// checked reports whether nothing stands against boarding.
func (mr *mergeRequest) checked() bool {
	head := mr.headPipeline()
	return head == nil || head.status == gitlabci.PipelineSuccess
}
