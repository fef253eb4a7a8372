// Package demo holds what the example programs have in common: a GitLab to speak to, which is that of the environment or else a stand-in,
// the projects of the stand-in, and how a program reads its arguments and knows its terminal.
package demo

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// GitLab is what a program speaks to.
type GitLab struct {
	Client  *gitlabci.Client
	Project gitlabci.Project
	StandIn *gitlabcitest.Server // nil for a real GitLab

	// Interval is the first pause between two polls: short for the stand-in, whose pipelines take seconds. Zero leaves it to the SDK.
	Interval time.Duration
}

// Open connects to the GitLab at GITLAB_URL, with GITLAB_TOKEN, for the project GITLAB_PROJECT. Where GITLAB_URL is not set it starts a
// stand-in with a project of its own, and says so.
func Open(out io.Writer, project string, jobs ...gitlabcitest.Job) (*GitLab, error) {
	if os.Getenv("GITLAB_URL") == "" {
		server := gitlabcitest.New()
		fmt.Fprintf(out, "No GITLAB_URL: this is a stand-in GitLab in memory, with the project %s.\n", project)
		return &GitLab{server.Client(), server.AddProject(project, jobs...), server, 100 * time.Millisecond}, nil
	}
	client, err := gitlabci.NewClientFromEnv()
	if err != nil {
		return nil, err
	}
	named, err := gitlabci.ProjectFromEnv()
	if err != nil {
		return nil, err
	}
	return &GitLab{Client: client, Project: named}, nil
}

// Close ends the stand-in, if it is one.
func (g *GitLab) Close() {
	if g.StandIn != nil {
		g.StandIn.Close()
	}
}

// Variables is a flag that may be given several times, each time as KEY=VALUE.
type Variables []gitlabci.PipelineVariable

// String returns the variables in one line.
func (v *Variables) String() string {
	var pairs []string
	for _, variable := range *v {
		pairs = append(pairs, variable.Key+"="+string(variable.Value))
	}
	return strings.Join(pairs, " ")
}

// Set adds one.
func (v *Variables) Set(pair string) error {
	key, value, ok := strings.Cut(pair, "=")
	if !ok || key == "" {
		return errors.New("want KEY=VALUE")
	}
	*v = append(*v, gitlabci.PipelineVariable{Key: key, Value: gitlabci.Secret(value)})
	return nil
}
