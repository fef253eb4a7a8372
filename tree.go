package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// PipelineTree is a pipeline with its jobs, and with the pipelines that it started.
type PipelineTree struct {
	Project  Project
	Pipeline *Pipeline
	Children []*PipelineNode // jobs and trigger jobs, in the order in which they were created

	excused bool // its failures make nothing fail: the trigger job that started it, or one further up, is allowed to fail or was retried
}

// PipelineNode is a job or a trigger job of a pipeline: Job or Bridge is set.
type PipelineNode struct {
	ID           int64
	Name, Stage  string
	Status       JobStatus
	AllowFailure bool
	Job          *Job
	Bridge       *Bridge
	Downstream   *PipelineTree // the pipeline that the trigger job started; nil before it did, and beyond the depth that was asked for
}

// TreeOptions say how much of a tree to read.
type TreeOptions struct {
	MaxDepth       int  // how many levels downstream to go; 10 if zero, the pipeline alone if negative
	IncludeRetried bool // include attempts that were retried, of trigger jobs with what they started
	Concurrency    int  // how many requests are under way at once; 8 if zero
}

const (
	defaultDepth = 10
	maxPipelines = 1000 // of a tree; GitLab's own limit on a hierarchy is this
)

var errTooManyPipelines = fmt.Errorf("more than %d pipelines", maxPipelines)

// readTree is the operation of Tree, whose requests are those of several calls.
var readTree = &composite{"read pipeline tree", ErrPipelineGet}

// Tree reads a pipeline, its jobs and trigger jobs, and those of every pipeline downstream, in whatever project.
//
//	GET /projects/:id/pipelines/:pipeline_id
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	GET /projects/:id/pipelines/:pipeline_id/bridges
//
// It takes three requests a pipeline, more where there are more than a hundred jobs; those of a level of the tree are under way at once, up
// to [TreeOptions].Concurrency. A [WithResponse] is not filled. A pipeline is read once, however it is reached. What cannot be read is left
// out: the tree that is returned with an error holds the rest, and is nil only if the first pipeline could not be read.
//
// Its errors match [ErrPipelineGet], and those of each part that could not be read, as [ErrForbidden] where the token does not
// reach a project downstream.
func (s *PipelinesService) Tree(ctx context.Context, project Project, id int64, options *TreeOptions, opts ...RequestOption) (*PipelineTree, error) {
	reader := treeReader{
		s: s, opts: withoutReports(opts), seen: make(map[int64]bool), failures: make(map[*PipelineTree][]error), lost: make(map[*PipelineNode]error),
	}
	if options != nil {
		reader.TreeOptions = *options
	}
	if reader.MaxDepth == 0 {
		reader.MaxDepth = defaultDepth
	}
	tree, err := reader.read(ctx, project, id)
	return tree, readTree.wrap(err)
}

type treeReader struct {
	TreeOptions
	s    *PipelinesService
	opts []RequestOption
	seen map[int64]bool

	failures map[*PipelineTree][]error // of reading what it consists of
	lost     map[*PipelineNode]error   // why what a trigger job started is not in the tree
}

// branch is a pipeline to read, and where in the tree it belongs.
type branch struct {
	project Project
	id      int64
	node    *PipelineNode // the trigger job that started it; nil for the root
	excused bool
	tree    *PipelineTree
	err     error
}

// read reads a pipeline and what it started, level by level: what is on a level is read at once.
func (r *treeReader) read(ctx context.Context, project Project, id int64) (*PipelineTree, error) {
	r.seen[id] = true
	root := &branch{project: project, id: id}
	r.level(ctx, []*branch{root})
	if root.err != nil {
		return nil, root.err
	}
	level := []*branch{root}
	for depth := 0; len(level) > 0 && depth < r.MaxDepth; depth++ {
		level = r.below(ctx, level)
		r.level(ctx, level)
	}
	return root.tree, r.failure(root.tree)
}

// level reads the pipelines of a level.
func (r *treeReader) level(ctx context.Context, level []*branch) {
	jobs, bridges, failures := make([][]*Job, len(level)), make([][]*Bridge, len(level)), make([][2]error, len(level))
	inParallel(3*len(level), r.Concurrency, func(request int) {
		i := request / 3
		b := level[i]
		switch request % 3 {
		case 0:
			b.tree = &PipelineTree{Project: b.project, excused: b.excused}
			b.tree.Pipeline, b.err = r.s.Get(ctx, b.project, b.id, r.opts...)
		case 1:
			jobs[i], failures[i][0] = r.s.Jobs(ctx, b.project, b.id, &ListPipelineJobsOptions{IncludeRetried: r.IncludeRetried}, r.opts...).Collect()
		case 2:
			bridges[i], failures[i][1] = r.s.Bridges(ctx, b.project, b.id, &ListBridgesOptions{IncludeRetried: r.IncludeRetried}, r.opts...).Collect()
		}
	})
	for i, b := range level {
		if b.err != nil {
			continue // and nothing else of it matters
		}
		for _, job := range jobs[i] {
			b.tree.Children = append(b.tree.Children, &PipelineNode{job.ID, job.Name, job.Stage, job.Status, job.AllowFailure, job, nil, nil})
		}
		for _, bridge := range bridges[i] {
			b.tree.Children = append(b.tree.Children,
				&PipelineNode{bridge.ID, bridge.Name, bridge.Stage, bridge.Status, bridge.AllowFailure, nil, bridge, nil})
		}
		slices.SortFunc(b.tree.Children, func(a, b *PipelineNode) int { return cmp.Compare(a.ID, b.ID) })
		r.failures[b.tree] = failures[i][:]
	}
	for _, b := range level {
		switch {
		case b.node == nil:
		case b.err != nil:
			r.lost[b.node] = b.err
		default:
			b.node.Downstream = b.tree
		}
	}
}

// below are the pipelines that those of a level started, and that nobody has read yet.
func (r *treeReader) below(ctx context.Context, level []*branch) (next []*branch) {
	for _, b := range level {
		if b.err != nil {
			continue
		}
		for _, node := range b.tree.Children {
			if node.Bridge == nil || node.Bridge.DownstreamPipeline == nil || r.seen[node.Bridge.DownstreamPipeline.ID] {
				continue
			}
			if err := ctx.Err(); err != nil {
				r.failures[b.tree] = append(r.failures[b.tree], err)
				return nil
			}
			if len(r.seen) == maxPipelines {
				r.lost[node] = errTooManyPipelines
				return next
			}
			down := node.Bridge.DownstreamPipeline.ID
			r.seen[down] = true
			next = append(next, &branch{
				project: node.Bridge.downstreamProject(b.project), id: down, node: node, excused: b.excused || node.AllowFailure || b.tree.retried(node),
			})
		}
	}
	return next
}

// failure joins what went wrong with a tree, in its order.
func (r *treeReader) failure(tree *PipelineTree) error {
	failures := r.failures[tree]
	for _, node := range tree.Children {
		err := r.lost[node]
		if node.Downstream != nil {
			err = r.failure(node.Downstream)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("downstream of %s: %w", node.Name, err))
		}
	}
	return errors.Join(failures...)
}

// retried reports whether a trigger job is an attempt that was retried: another one of its name came later.
func (t *PipelineTree) retried(bridge *PipelineNode) bool {
	return slices.ContainsFunc(t.Children, func(n *PipelineNode) bool { return n.Bridge != nil && n.Name == bridge.Name && n.ID > bridge.ID })
}

// downstreamProject is the project of what a trigger job of a project started.
func (b *Bridge) downstreamProject(own Project) Project {
	id := b.DownstreamPipeline.ProjectID
	if id != 0 && id != b.Pipeline.ProjectID {
		return ProjectID(id)
	}
	return own
}

// Pipelines returns the pipeline and all downstream ones, each before those that it started.
func (t *PipelineTree) Pipelines() iter.Seq[*PipelineTree] {
	return func(yield func(*PipelineTree) bool) { t.walk(yield) }
}

func (t *PipelineTree) walk(yield func(*PipelineTree) bool) bool {
	if !yield(t) {
		return false
	}
	for _, node := range t.Children {
		if node.Downstream != nil && !node.Downstream.walk(yield) {
			return false
		}
	}
	return true
}

// Nodes returns the jobs and trigger jobs of the pipeline and of all downstream ones.
func (t *PipelineTree) Nodes() iter.Seq[*PipelineNode] {
	return func(yield func(*PipelineNode) bool) {
		for tree := range t.Pipelines() {
			for _, node := range tree.Children {
				if !yield(node) {
					return
				}
			}
		}
	}
}
