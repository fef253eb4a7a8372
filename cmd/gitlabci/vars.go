package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gitlabci/gitlabci"
)

type varView struct {
	Key        string          `json:"key"`
	State      string          `json:"state"`
	Value      string          `json:"value,omitzero"` // with --values
	Candidates []candidateView `json:"candidates"`     // the highest first
}

type candidateView struct {
	Origin string `json:"origin"`
	Group  string `json:"group,omitzero"`
	Scope  string `json:"environment_scope"`
	Reason string `json:"reason"` // why it counts or does not
}

func (a *app) varsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "vars COMMAND", DisableFlagsInUseLine: true, Short: "Explain CI/CD variables", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return usagef("say what to do: explain") }}
	cmd.AddCommand(a.varsExplain())
	return cmd
}

func (a *app) varsExplain() *cobra.Command {
	var (
		options gitlabci.EffectiveOptions
		values  bool
	)
	cmd := a.verb("explain [KEY...] [flags]", "Tell where a job's variables come from", cobra.ArbitraryArgs, func(ctx context.Context, keys []string) error {
		found, err := a.client.Variables.Effective(ctx, a.in, &options)
		if err != nil {
			return err
		}
		for _, unread := range found.Unread {
			if err := a.notes.note("%v", unread); err != nil {
				return err
			}
		}
		if len(keys) == 0 {
			for _, variable := range found.Variables {
				keys = append(keys, variable.Key)
			}
		}
		for _, key := range keys {
			if err := a.explain(found, key, values); err != nil {
				return err
			}
		}
		return nil
	})
	cmd.Long = cmd.Short + `: the project, its groups or the
instance; which others there are, and why those do not count. What the token may
not read is told, and what may depend on it is unknown.

No value is printed, but with --values.`
	cmd.Example = "  gitlabci vars explain DATABASE_URL --ref main --environment production"
	flags := cmd.Flags()
	flags.StringVarP(&options.Ref, "ref", "r", "", "`branch` or tag of the job (default the default branch)")
	flags.StringVarP(&options.Environment, "environment", "e", "", "`name` of the job's environment")
	flags.Int64VarP(&options.Pipeline, "pipeline", "p", 0, "take the ref and the variables of the pipeline of this `id`")
	flags.Int64Var(&options.Schedule, "schedule", 0, "take the ref and the variables of the schedule of this `id`")
	flags.BoolVar(&options.Expand, "expand", false, "expand references to other variables")
	flags.BoolVar(&values, "values", false, "print the values too, secrets and all")
	return cmd
}

func (a *app) explain(found *gitlabci.EffectiveVariables, key string, values bool) error {
	variable := found.Get(key)
	value := ""
	if values && variable.State == gitlabci.EffectiveKnown {
		value = string(variable.Value)
	}
	if a.format == "text" {
		_, err := fmt.Fprintln(a.out, found.Explain(key))
		if err == nil && value != "" {
			_, err = fmt.Fprintf(a.out, "  value: %q\n", value)
		}
		return err
	}
	view := varView{Key: key, State: string(variable.State), Value: value, Candidates: []candidateView{}}
	for _, c := range variable.Candidates {
		view.Candidates = append(view.Candidates, candidateView{string(c.Origin), c.Group, c.Variable.EnvironmentScope, string(c.Reason)})
	}
	return a.out.json(view)
}
