package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// GitLab passes over an environment scope of the instance's variables, and would delete the one variable that there is.
func TestInstanceVariablesHaveNoEnvironment(t *testing.T) {
	srv := gitlabcitest.New()
	defer srv.Close()
	client := srv.Client()
	key := gitlabci.Key("A").In("production")
	for name, call := range map[string]func() error{
		"Create": func() error {
			_, err := client.Variables.Create(t.Context(), gitlabci.Instance, &gitlabci.CreateVariableOptions{Key: "A", EnvironmentScope: "production"})
			return err
		},
		"Set": func() error {
			_, err := client.Variables.Set(t.Context(), gitlabci.Instance, &gitlabci.CreateVariableOptions{Key: "A", EnvironmentScope: "production"})
			return err
		},
		"Get": func() error {
			_, err := client.Variables.Get(t.Context(), gitlabci.Instance, key)
			return err
		},
		"Update": func() error {
			_, err := client.Variables.Update(t.Context(), gitlabci.Instance, key, nil)
			return err
		},
		"Update to another": func() error {
			_, err := client.Variables.Update(t.Context(), gitlabci.Instance, gitlabci.Key("A"), &gitlabci.UpdateVariableOptions{EnvironmentScope: new("production")})
			return err
		},
		"Delete": func() error { return client.Variables.Delete(t.Context(), gitlabci.Instance, key) },
	} {
		require.ErrorIs(t, call(), gitlabci.ErrInvalidArgument, name)
	}
	require.Empty(t, srv.Requests())

	created, err := client.Variables.Create(t.Context(), gitlabci.Instance, &gitlabci.CreateVariableOptions{Key: "A", Value: "1", EnvironmentScope: "*"})
	require.NoError(t, err)
	require.NoError(t, client.Variables.Delete(t.Context(), gitlabci.Instance, created.VariableKey().In("*")))
}
