package gitlabci_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// What GitLab would refuse is told before the network, with the place and without the value.
func TestVariableRules(t *testing.T) {
	srv := gitlabcitest.New()
	defer srv.Close()
	app, client := srv.AddProject("group/app"), srv.Client()
	long := strings.Repeat("ä", 256)
	for _, test := range []struct {
		variable gitlabci.Variable
		want     string
	}{
		{gitlabci.Variable{}, "Key is missing"},
		{gitlabci.Variable{Key: " "}, "Key is missing"},
		{gitlabci.Variable{Key: "A-B"}, `Key "A-B": character 2 is '-', and only letters, digits and _ can be`},
		{gitlabci.Variable{Key: "ÜBER"}, `Key "ÜBER": character 1 is 'Ü', and only letters, digits and _ can be`},
		{gitlabci.Variable{Key: strings.Repeat("A", 256)}, "Key has 256 characters, and 255 is the most"},
		{gitlabci.Variable{Key: "A", EnvironmentScope: "review/?"}, `EnvironmentScope "review/?": character 8 is '?'`},
		{gitlabci.Variable{Key: "A", EnvironmentScope: strings.Repeat("a", 256)}, "EnvironmentScope has 256 characters"},
		{gitlabci.Variable{Key: "A", Description: long}, "Description has 256 characters"},
		{gitlabci.Variable{Key: "A", Value: "ssh-key", Masked: true}, "the value has 7 characters, and one that is masked needs at least 8"},
		{gitlabci.Variable{Key: "A", Value: "ssh-key", Hidden: true}, "the value has 7 characters, and one that is masked needs at least 8"},
		{gitlabci.Variable{Key: "A", Value: "ssh-key ssh-key", Masked: true, Raw: true}, "the value cannot be masked: character 8 is a blank or ends a line"},
		{gitlabci.Variable{Key: "A", Value: "ssh-keyssh-key\n", Masked: true, VariableType: gitlabci.VariableFile}, "the value cannot be masked: character 15 is a blank or ends a line"},
		{gitlabci.Variable{Key: "A", Value: "ssh-key$ssh-key", Masked: true}, "the value cannot be masked: character 8 is none of letters, digits and _+=/@:.~-; Raw takes others as well"},
		{gitlabci.Variable{Key: "A", Value: "üssh-key", Masked: true}, "the value cannot be masked: character 1 is none of"},
		{gitlabci.Variable{Key: "A", Hidden: true, Masked: true}, "the value is hidden, and not known here"},
	} {
		err := test.variable.Validate()
		require.ErrorContains(t, err, test.want)
		if test.variable.Value != "" {
			require.NotContains(t, err.Error(), "ssh")
		}
		options := optionsOf(test.variable)
		for name, call := range map[string]func(*gitlabci.CreateVariableOptions) error{
			"Create": func(o *gitlabci.CreateVariableOptions) error {
				_, err := client.Variables.Create(t.Context(), app, o)
				return err
			},
			"Set": func(o *gitlabci.CreateVariableOptions) error {
				_, err := client.Variables.Set(t.Context(), app, o)
				return err
			},
		} {
			err = call(options)
			require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, "%s %s", name, test.want)
			require.ErrorIs(t, err, gitlabci.ErrVariableCreate)
			require.NotContains(t, err.Error(), "ssh")
		}
	}
	for name, options := range map[string]*gitlabci.UpdateVariableOptions{
		"nothing to change": {},
		"needs at least 8":  {Masked: new(true), Value: new(gitlabci.Secret("1234567"))},
		"character 4":       {Masked: new(true), Value: new(gitlabci.Secret("123 5678"))},
		"character 5":       {Masked: new(true), Raw: new(false), Value: new(gitlabci.Secret("1234$678"))},
		"character 1 is":    {EnvironmentScope: new("?")},
		"256 characters":    {Description: &long},
	} {
		_, err := client.Variables.Update(t.Context(), app, gitlabci.Key("A"), options)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, options.Validate(), name)
	}
	require.Empty(t, srv.Requests(), "nothing was sent")

	require.NoError(t, (&gitlabci.Variable{Key: " A ", EnvironmentScope: " review/$x {y}.* "}).Validate(), "GitLab cuts blanks at the ends")
	require.NoError(t, (&gitlabci.Variable{Key: "A", Value: "äöü$ %&?!", Raw: true}).Validate())
	require.NoError(t, (&gitlabci.CreateVariableOptions{Key: "A", Value: "ssh$key$", Masked: new(true)}).Validate(), "whether it is raw differs by version")
	require.NoError(t, (&gitlabci.UpdateVariableOptions{Value: new(gitlabci.Secret(""))}).Validate())
}

// optionsOf are the options that create a variable as it is.
func optionsOf(v gitlabci.Variable) *gitlabci.CreateVariableOptions {
	return &gitlabci.CreateVariableOptions{
		Key: v.Key, Value: v.Value, VariableType: v.VariableType, Masked: &v.Masked, MaskedAndHidden: &v.Hidden, Raw: &v.Raw,
		EnvironmentScope: v.EnvironmentScope, Description: v.Description,
	}
}

// Validate and the stand-in, which has its rules from elsewhere, agree about any variable.
func TestVariableRulesAreThoseOfTheStandIn(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	text := func(alphabet string, most int) string {
		runes := []rune(alphabet)
		picked := make([]rune, random.IntN(most))
		for i := range picked {
			picked[i] = runes[random.IntN(len(runes))]
		}
		return string(picked)
	}
	srv := gitlabcitest.New()
	defer srv.Close()
	app, client := srv.AddProject("group/app"), srv.Client()
	taken, refused := 0, 0
	for i := range 400 {
		v := gitlabci.Variable{
			Key: text("AZaz09_", 12) + text("__9-ä ", 2) + fmt.Sprint(i), Value: gitlabci.Secret(text("abcXYZ019_+=/@:.~-", 14) + text("$ä\n\t ", 2)),
			EnvironmentScope: text("aZ0-_/${}. *", 9) + text("*?ü", 2),
			Masked:           random.IntN(2) == 0, Raw: random.IntN(2) == 0,
		}
		err := v.Validate()
		o := optionsOf(v)
		sent := struct {
			Key    string `json:"key"`
			Value  string `json:"value"`
			Masked bool   `json:"masked"`
			Raw    bool   `json:"raw"`
			Scope  string `json:"environment_scope"`
		}{v.Key, string(v.Value), *o.Masked, *o.Raw, v.EnvironmentScope}
		answer := client.Do(t.Context(), "POST", "/projects/"+app.Escaped()+"/variables", sent, nil)
		if err == nil {
			taken++
			require.NoError(t, answer, "%+v %q", sent, err)
			continue
		}
		refused++
		require.ErrorIs(t, answer, gitlabci.ErrBadRequest, "%+v: %v", sent, err)
	}
	require.Greater(t, taken, 50)
	require.Greater(t, refused, 50)
}

// A hidden variable that was read does not come back empty: nothing is sent, and its value stays.
func TestHiddenValuesAreNotWrittenBack(t *testing.T) {
	srv := gitlabcitest.New()
	defer srv.Close()
	app, client := srv.AddProject("group/app"), srv.Client()
	_, err := client.Variables.Create(t.Context(), app, &gitlabci.CreateVariableOptions{Key: "A", Value: "12345678", MaskedAndHidden: new(true)})
	require.NoError(t, err)
	read, err := client.Variables.Get(t.Context(), app, gitlabci.Key("A"))
	require.NoError(t, err)
	require.ErrorContains(t, read.Validate(), "the value is hidden, and not known here")
	srv.ResetRequests()
	_, err = client.Variables.Set(t.Context(), app, optionsOf(*read))
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	require.Empty(t, srv.Requests())
}
