// Approve shows which deployments wait for an approval, and for whose, approves them, deploys, and says what is where afterwards.
//
// Without GITLAB_URL it does so on a stand-in GitLab in memory, with the tokens of two people:
//
//	go run ./examples/approve
//
// On a real GitLab (Premium) it only shows what waits, unless -approve is given:
//
//	export GITLAB_URL=https://gitlab.example.com GITLAB_TOKEN=glpat-... GITLAB_PROJECT=group/app
//	go run ./examples/approve -environment production
//	go run ./examples/approve -environment production -approve -comment "Release 1.4"
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	demo.PrintError("approve", err)
	os.Exit(demo.ExitCode(err))
}

const about = `Approve shows which deployments wait for an approval, and for whose, and says
what is deployed where. With -approve it approves them, and deploys what has all
its approvals; without, it changes nothing on a real GitLab (Premium).`

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("approve", flag.ContinueOnError)
	environment := flags.String("environment", "production", "`name` of the environment")
	approve := flags.Bool("approve", false, "approve what waits, and deploy what has all its approvals (on the stand-in always)")
	comment := flags.String("comment", "", "`text` to approve with")
	interval := flags.Duration("interval", 0, "first pause between two polls (default what the SDK finds good)")
	if err := demo.Parse(flags, args, out, about, demo.Environment); err != nil {
		return err
	}

	gitlab, err := demo.Open(out, "demo/shop", demo.Release(1)...)
	if err != nil {
		return err
	}
	defer gitlab.Close()
	gate := &gate{client: gitlab.Client, project: gitlab.Project, environment: *environment, out: out, interval: cmp.Or(*interval, gitlab.Interval)}
	if gitlab.StandIn != nil {
		*approve = true
		if err := gate.furnish(ctx, gitlab); err != nil {
			return err
		}
	}
	waiting, err := gate.waiting(ctx)
	if err != nil {
		return err
	}
	for _, deployment := range waiting {
		gate.show(deployment)
		if *approve {
			if err := gate.pass(ctx, deployment, *comment); err != nil {
				return err
			}
		}
	}
	return gate.current(ctx)
}

// A gate is what a deployment to an environment has to pass.
type gate struct {
	client      *gitlabci.Client
	project     gitlabci.Project
	environment string
	out         io.Writer
	interval    time.Duration
}

// furnish makes the stand-in what a real GitLab would be: an environment for which a maintainer has to approve, and a pipeline that waits
// for it. From then on the client is that maintainer: whoever started a pipeline may not approve it.
func (g *gate) furnish(ctx context.Context, gitlab *demo.GitLab) error {
	_, err := g.client.ProtectedEnvironments.Create(ctx, g.project, &gitlabci.CreateProtectedEnvironmentOptions{
		Name:               g.environment,
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{AccessLevel: gitlabci.AccessMaintainer}},
		ApprovalRules:      []gitlabci.ApprovalRuleOptions{{AccessLevel: gitlabci.AccessMaintainer, RequiredApprovals: 1}},
	})
	if err != nil {
		return err
	}
	pipeline, err := g.client.Pipelines.Create(ctx, g.project, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		return err
	}
	fmt.Fprintf(g.out, "Pipeline %d runs up to its deployment ...\n%s\n", pipeline.ID, pipeline.WebURL)
	_, err = g.client.Pipelines.Wait(ctx, g.project, pipeline.ID, &gitlabci.WaitOptions{Interval: g.interval, Downstream: true})
	if !errors.Is(err, gitlabci.ErrPipelineBlocked) {
		return err
	}
	grace := gitlab.StandIn.AddUser("grace", gitlabcitest.Maintainer.In("demo/shop"))
	g.client = g.client.WithAuth(gitlabci.PrivateToken(grace))
	return nil
}

// waiting are the deployments to the environment that wait for an approval.
func (g *gate) waiting(ctx context.Context) (waiting []*gitlabci.Deployment, err error) {
	blocked := g.client.Deployments.List(ctx, g.project, &gitlabci.ListDeploymentsOptions{
		Environment: g.environment, Status: gitlabci.DeploymentBlocked,
	})
	for deployment, err := range blocked {
		if err != nil {
			return nil, err
		}
		deployment, err = g.client.Deployments.Get(ctx, g.project, deployment.ID) // with its approvals
		if err != nil {
			return nil, err
		}
		if deployment.PendingApprovalCount > 0 { // else it waits for somebody to play its job
			waiting = append(waiting, deployment)
		}
	}
	return waiting, nil
}

// show prints what a deployment waits for.
func (g *gate) show(d *gitlabci.Deployment) {
	by := "somebody who is gone"
	if d.User != nil {
		by = d.User.Name
	}
	fmt.Fprintf(g.out, "\nDeployment %d of %s at %.8s to %s, by %s\n", d.IID, d.Ref, d.SHA, d.Environment.Name, by)
	if d.Deployable != nil {
		fmt.Fprintf(g.out, "  %s\n", d.Deployable.Pipeline.WebURL)
	}
	if d.ApprovalSummary == nil {
		return
	}
	for _, rule := range d.ApprovalSummary.Rules {
		fmt.Fprintf(g.out, "  %s: %d of %d approvals\n", rule.AccessLevelDescription, len(rule.DeploymentApprovals), rule.RequiredApprovals)
	}
}

// pass approves a deployment and, if nobody else has to, runs its job.
func (g *gate) pass(ctx context.Context, d *gitlabci.Deployment, comment string) error {
	approval, err := g.client.Deployments.SetApproval(ctx, g.project, d.ID, &gitlabci.SetDeploymentApprovalOptions{
		Status: gitlabci.DeploymentApprovalApproved, Comment: comment,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(g.out, "  %s by %s\n", approval.Status, approval.User.Name)
	if d, err = g.client.Deployments.Get(ctx, g.project, d.ID); err != nil {
		return err
	}
	switch {
	case d.PendingApprovalCount > 0:
		fmt.Fprintf(g.out, "  %d more to come\n", d.PendingApprovalCount)
		return nil
	case d.Deployable == nil:
		fmt.Fprintln(g.out, "  no job deploys it")
		return nil
	}
	job, err := g.client.Jobs.Play(ctx, g.project, d.Deployable.ID, nil)
	if err != nil {
		return err
	}
	job, err = g.client.Jobs.Wait(ctx, g.project, job.ID, &gitlabci.WaitJobOptions{Interval: g.interval})
	if err != nil {
		return err
	}
	fmt.Fprintf(g.out, "  %s: %s\n", job.Name, job.Status)
	return nil
}

// current prints what is deployed to the environment.
func (g *gate) current(ctx context.Context) error {
	fmt.Fprintln(g.out)
	for environment, err := range g.client.Environments.List(ctx, g.project, &gitlabci.ListEnvironmentsOptions{Name: g.environment}) {
		if err != nil {
			return err
		}
		environment, err = g.client.Environments.Get(ctx, g.project, environment.ID) // with its last deployment
		if err != nil {
			return err
		}
		last := environment.LastDeployment
		if last == nil {
			fmt.Fprintf(g.out, "%s (%s): nothing yet\n", environment.Name, environment.State)
			continue
		}
		fmt.Fprintf(g.out, "%s (%s): %s at %.8s, deployment %d\n", environment.Name, environment.State, last.Ref, last.SHA, last.IID)
	}
	return nil
}
