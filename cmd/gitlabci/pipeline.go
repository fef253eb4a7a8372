package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

// chosen says which pipeline is meant.
type chosen struct {
	id, mr   int64
	ref, sha string
}

func (c *chosen) addFlags(cmd *cobra.Command) *cobra.Command {
	flags := cmd.Flags()
	flags.Int64VarP(&c.id, "pipeline", "p", 0, "`id` of the pipeline")
	flags.StringVarP(&c.ref, "ref", "r", "", "the newest pipeline of this `branch` or tag")
	flags.StringVar(&c.sha, "sha", "", "the newest pipeline of this `commit`, by its full id")
	flags.Int64Var(&c.mr, "mr", 0, "the newest pipeline of the merge request of this `number`")
	for _, other := range []string{"ref", "sha", "mr"} {
		cmd.MarkFlagsMutuallyExclusive("pipeline", other)
	}
	return cmd
}

// parse takes the pipeline of the arguments, if there is one.
func (c *chosen) parse(args []string) error {
	if len(args) == 0 {
		return nil
	}
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || id < 1 {
		return usagef("%q is not the id of a pipeline", args[0])
	}
	if *c != (chosen{}) {
		return usagef("the pipeline is given twice")
	}
	c.id = id
	return nil
}

// branch is what is checked out.
func branch(ctx context.Context) (string, error) {
	name := git(ctx, "symbolic-ref", "--short", "HEAD")
	if name == "" {
		return "", usagef("which pipeline? Say --pipeline, --ref, --sha or --mr: no branch is checked out here")
	}
	return name, nil
}

// find returns the pipeline that is meant and its project, which is another one where a merge request comes from a fork. It waits until there is one,
// if it is told to.
func (a *app) find(ctx context.Context, c chosen, wait bool) (gitlabci.Project, int64, error) {
	if c.id != 0 {
		return a.in, c.id, nil
	}
	if c == (chosen{}) {
		name, err := branch(ctx)
		if err != nil {
			return a.in, 0, err
		}
		c.ref = name
	}
	found, err := a.newest(ctx, c, wait)
	if err != nil {
		return a.in, 0, err
	}
	project := a.in
	if c.mr != 0 && found.ProjectID != 0 {
		project = gitlabci.ProjectID(found.ProjectID)
	}
	return project, found.ID, nil
}

func (a *app) newest(ctx context.Context, c chosen, wait bool) (*gitlabci.Pipeline, error) {
	if wait {
		found, err := a.client.Pipelines.WaitFor(context.WithValue(ctx, repeating{}, true), a.in, &gitlabci.WaitForOptions{
			Ref: c.ref, SHA: c.sha, MergeRequest: c.mr, Interval: a.interval, Patience: a.patience,
		})
		return found, outcome(err, false)
	}
	one := gitlabci.ListOptions{Page: 1, PerPage: 1}
	list := a.client.Pipelines.List(ctx, a.in, &gitlabci.ListPipelinesOptions{ListOptions: one, Ref: c.ref, SHA: c.sha})
	if c.mr != 0 {
		list = a.client.Pipelines.ListForMergeRequest(ctx, a.in, c.mr, &gitlabci.ListMergeRequestPipelinesOptions{ListOptions: one})
	}
	for pipeline, err := range list {
		return pipeline, err
	}
	return nil, errNoPipeline
}
