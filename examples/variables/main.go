// Variables tells which variables a job would get, where each comes from, and why the others do not count: "why is my protected variable
// empty". It prints no value.
//
// Without GITLAB_URL it has a stand-in GitLab in memory, with variables of a project, of its group and of the instance:
//
//	go run ./examples/variables -ref feature -environment review/7
//
// On a real GitLab it tells of the project that is named, of all keys or of one:
//
//	export GITLAB_URL=https://gitlab.example.com GITLAB_TOKEN=glpat-... GITLAB_PROJECT=group/app
//	go run ./examples/variables -ref main -environment production -key DEPLOY_TOKEN
//
// With -copy the project's variables are written to another project. Those that are hidden are named and left out: nobody can read them.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/examples/internal/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	demo.PrintError("variables", err)
	os.Exit(demo.ExitCode(err))
}

const about = `Variables tells which variables a job would get, where each comes from, and why
the others do not count. It prints no value. With -copy it writes the project's
variables to another project.`

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("variables", flag.ContinueOnError)
	options := &gitlabci.EffectiveOptions{Expand: true}
	flags.StringVar(&options.Ref, "ref", "", "branch or tag that the job runs for (default the default branch)")
	flags.StringVar(&options.Environment, "environment", "", "`name` of the job's environment (default none)")
	flags.Int64Var(&options.Pipeline, "pipeline", 0, "`id` of the pipeline that the job is of (default none)")
	key := flags.String("key", "", "tell of this `key` alone")
	to := flags.String("copy", "", "full `path` of a project to copy the variables to")
	if err := demo.Parse(flags, args, out, about, demo.Environment); err != nil {
		return err
	}
	gitlab, err := demo.Open(out, "demo/shop", demo.Flaky(1)...)
	if err != nil {
		return err
	}
	defer gitlab.Close()
	if gitlab.StandIn != nil {
		if err := fill(ctx, gitlab); err != nil {
			return err
		}
	}
	if *to != "" {
		return copyVariables(ctx, out, gitlab.Client, gitlab.Project, gitlabci.ProjectPath(*to))
	}
	return explain(ctx, out, gitlab, options, *key)
}

// explain prints what a job gets for a key, or for every key.
func explain(ctx context.Context, out io.Writer, gitlab *demo.GitLab, options *gitlabci.EffectiveOptions, key string) error {
	all, err := gitlab.Client.Variables.Effective(ctx, gitlab.Project, options)
	if err != nil {
		return err
	}
	if key != "" {
		fmt.Fprintln(out, all.Explain(key))
		return nil
	}
	for _, v := range all.Variables {
		fmt.Fprintln(out, all.Explain(v.Key))
	}
	for _, unread := range all.Unread {
		fmt.Fprintf(out, "Not told here: %v.\n", unread)
	}
	return nil
}

// copyVariables writes the variables of a project to another one.
func copyVariables(ctx context.Context, out io.Writer, client *gitlabci.Client, from, to gitlabci.Project) error {
	for v, err := range client.Variables.List(ctx, from, nil) {
		if err != nil {
			return err
		}
		if v.Hidden {
			fmt.Fprintf(out, "left out: %s, scope %s, which is hidden\n", v.Key, v.EnvironmentScope)
			continue
		}
		_, err = client.Variables.Set(ctx, to, &gitlabci.CreateVariableOptions{
			Key: v.Key, Value: v.Value, VariableType: v.VariableType, Protected: &v.Protected, Masked: &v.Masked, Raw: &v.Raw,
			EnvironmentScope: v.EnvironmentScope, Description: v.Description,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "copied: %s, scope %s\n", v.Key, v.EnvironmentScope)
	}
	return nil
}

// fill gives the stand-in variables to tell of, a branch that is not protected, and a project to copy to.
func fill(ctx context.Context, gitlab *demo.GitLab) error {
	gitlab.StandIn.AddBranch(gitlab.Project, "feature")
	gitlab.StandIn.AddProject("demo/copy")
	for _, set := range []struct {
		scope   gitlabci.Scope
		options gitlabci.CreateVariableOptions
	}{
		{gitlab.Project, gitlabci.CreateVariableOptions{Key: "DEPLOY_TOKEN", Value: "of-production", Protected: new(true)}},
		{gitlab.Project, gitlabci.CreateVariableOptions{Key: "SIGNING_KEY", Value: "key-of-the-shop", MaskedAndHidden: new(true)}},
		{gitlab.Project, gitlabci.CreateVariableOptions{Key: "SHOP_URL", Value: "https://review.$DOMAIN", EnvironmentScope: "review/*"}},
		{gitlabci.GroupPath("demo"), gitlabci.CreateVariableOptions{Key: "SHOP_URL", Value: "https://shop.$DOMAIN"}},
		{gitlabci.Instance, gitlabci.CreateVariableOptions{Key: "DOMAIN", Value: "example.com"}},
	} {
		if _, err := gitlab.Client.Variables.Create(ctx, set.scope, &set.options); err != nil {
			return err
		}
	}
	return nil
}
