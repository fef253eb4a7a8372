package gitlabci

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChecked tests that options are validated, and that nil options are as good or bad as empty ones, and not sent.
func TestChecked(t *testing.T) {
	named := &CreatePipelineOptions{Ref: "main"}
	for _, test := range []struct {
		name     string
		in, sent any
		wrong    string
	}{
		{name: "nothing"},
		{name: "nil options that need nothing", in: (*ListPipelinesOptions)(nil)},
		{name: "nil options that are not validated", in: (*CancelJobOptions)(nil)},
		{name: "nil options that need something", in: (*CreatePipelineOptions)(nil), wrong: "Ref is missing"},
		{name: "empty options that need something", in: &CreatePipelineOptions{}, wrong: "Ref is missing"},
		{name: "options", in: named, sent: named},
		{name: "a query", in: url.Values{"a": {"b"}}, sent: url.Values{"a": {"b"}}},
		{name: "pages", in: &ListPipelinesOptions{ListOptions: ListOptions{PerPage: 101}}, wrong: "hold 1 to 100"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sent, err := checked(test.in)
			require.Equal(t, test.sent, sent)
			if test.wrong == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.wrong)
			}
		})
	}
}

func TestRequired(t *testing.T) {
	require.NoError(t, required("Ref", "main"))
	require.EqualError(t, required("Ref", ""), "Ref is missing")
}

// TestRequireChange tests that a field that is set to false or to nothing is a change, and that an update without any is refused.
func TestRequireChange(t *testing.T) {
	require.Error(t, requireChange(&UpdateRunnerOptions{}))
	require.NoError(t, requireChange(&UpdateRunnerOptions{Paused: new(false)}))
	require.NoError(t, requireChange(&UpdateRunnerOptions{Description: new("")}))
}
