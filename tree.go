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
// It takes three requests a pipeline, more where there are more than a hundred jobs. A pipeline is read once, however it is reached. What
// cannot be read is left out: the tree that is returned with an error holds the rest, and is nil only if the first pipeline could not be
// read.
//
// Its errors match [ErrPipelineGet], and those of each part that could not be read, as [ErrForbidden] where the token does not
// reach a project downstream.
func (s *PipelinesService) Tree(ctx context.Context, project Project, id int64, options *TreeOptions, opts ...RequestOption) (*PipelineTree, error) {
	reader := treeReader{s: s, opts: opts, seen: make(map[int64]bool)}
	if options != nil {
		reader.TreeOptions = *options
	}
	if reader.MaxDepth == 0 {
		reader.MaxDepth = defaultDepth
	}
	tree, err := reader.read(ctx, project, id, 0, false)
	return tree, readTree.wrap(err)
}

type treeReader struct {
	TreeOptions
	s    *PipelinesService
	opts []RequestOption
	seen map[int64]bool
}

// read reads a pipeline and what it started.
func (r *treeReader) read(ctx context.Context, project Project, id int64, depth int, excused bool) (*PipelineTree, error) {
	r.seen[id] = true
	if len(r.seen) > maxPipelines {
		return nil, errTooManyPipelines
	}
	pipeline, err := r.s.Get(ctx, project, id, r.opts...)
	if err != nil {
		return nil, err
	}
	tree := &PipelineTree{Project: project, Pipeline: pipeline, excused: excused}
	jobs, jobsErr := r.s.Jobs(ctx, project, id, &ListPipelineJobsOptions{IncludeRetried: r.IncludeRetried}, r.opts...).Collect()
	for _, job := range jobs {
		tree.Children = append(tree.Children, &PipelineNode{job.ID, job.Name, job.Stage, job.Status, job.AllowFailure, job, nil, nil})
	}
	bridges, bridgesErr := r.s.Bridges(ctx, project, id, &ListBridgesOptions{IncludeRetried: r.IncludeRetried}, r.opts...).Collect()
	for _, bridge := range bridges {
		node := &PipelineNode{bridge.ID, bridge.Name, bridge.Stage, bridge.Status, bridge.AllowFailure, nil, bridge, nil}
		tree.Children = append(tree.Children, node)
	}
	slices.SortFunc(tree.Children, func(a, b *PipelineNode) int { return cmp.Compare(a.ID, b.ID) })
	return tree, errors.Join(jobsErr, bridgesErr, r.descend(ctx, tree, depth))
}

// descend reads what the trigger jobs of a pipeline started.
func (r *treeReader) descend(ctx context.Context, tree *PipelineTree, depth int) error {
	var failures []error
	for _, node := range tree.Children {
		if node.Bridge == nil || node.Bridge.DownstreamPipeline == nil || depth >= r.MaxDepth || r.seen[node.Bridge.DownstreamPipeline.ID] {
			continue
		}
		if err := ctx.Err(); err != nil {
			failures = append(failures, err)
			break
		}
		var err error
		node.Downstream, err = r.read(ctx, node.Bridge.downstreamProject(tree.Project), node.Bridge.DownstreamPipeline.ID, depth+1,
			tree.excused || node.AllowFailure || tree.retried(node))
		if err != nil {
			failures = append(failures, fmt.Errorf("downstream of %s: %w", node.Name, err))
		}
		if errors.Is(err, errTooManyPipelines) {
			break
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
