package conformance_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/conformance/facts"
)

// The facts are distilled from a larger contract, which stands beside the checkout where this module is worked on, with the examples of
// GitLab's documentation.
const (
	contractDir = "../../../shared/contract"
	parityDir   = "../../../shared/parity"
)

// TestTheLargerContract holds the facts against what they are distilled from, and the module against the examples of GitLab's documentation.
func TestTheLargerContract(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{contractDir, parityDir} {
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("NOT COMPARED, FOR %s IS NOT HERE: the tables in internal/conformance/facts with what they are distilled from, and the answers, "+
				"refusals and requests of the module with the examples in GitLab's documentation. All else is tested without it.", dir)
		}
	}
	t.Run("facts", testFacts)
	t.Run("answers", testAnswerExamples)
	t.Run("refusals", testRefusalExamples)
	t.Run("requests", testRequestExamples)
}

// A distillate is how a table of facts comes of a larger one.
type distillate struct {
	table, from, columns string
	row                  func(larger map[string]string) []string // nil for a row that is not among the facts
}

var distillates = []distillate{
	{"endpoints", contractDir + "/endpoints.tsv", "area method path parameters status since tier", func(row map[string]string) []string {
		since, _, _ := strings.Cut(row["min_version"], " ")
		since = strings.Trim(since, "(")
		if strings.Trim(since, "0123456789.") != "" {
			since = ""
		}
		return []string{row["area"], row["method"], row["path"], row["parameters"], row["success_status"], since, row["tier"]}
	}},
	{"endpoints-19.5", contractDir + "/endpoints-19.5.tsv", "method path parameters documented", func(row map[string]string) []string {
		return []string{row["method"], row["path"], row["parameters"], row["in_endpoints.tsv"]}
	}},
	{"fields", contractDir + "/fields.tsv", "object field type nullable values", func(row map[string]string) []string {
		values := ""
		if row["type"] == "string" || row["type"] == "enum" {
			values = choices.FindString(row["enum_or_notes"])
		}
		return []string{row["object"], row["field"], row["type"], row["nullable"], values}
	}},
	{"schemas-19.5", contractDir + "/schemas-19.5.tsv", "schema field type values", func(row map[string]string) []string {
		values := "" // its types are not to be relied on, its enumerations are
		if row["type"] == "string" {
			values = choices.FindString(row["format_enum_example"])
		}
		return []string{row["schema"], row["field"], row["type"], values}
	}},
	{"python-gitlab", parityDir + "/python-gitlab.tsv", "class operation method path", func(row map[string]string) []string {
		if row["HTTP method"] == "" {
			return nil
		}
		return []string{row["class"], row["operation"], row["HTTP method"], row["path template"]}
	}},
	{"client-go", parityDir + "/client-go.tsv", "service operation method path", func(row map[string]string) []string {
		path := "/" + strings.NewReplacer("%s", ":", "%d", ":").Replace(strings.TrimPrefix(row["path"], "/"))
		return []string{row["service"], row["method"], row["http_method"], path}
	}},
	{"exceptions", parityDir + "/exceptions.tsv", "class base", func(row map[string]string) []string {
		if row["asked for?"] != "yes" {
			return nil
		}
		return []string{row["class"], row["base"]}
	}},
	{"asked-for-gaps", parityDir + "/asked-for-gaps.tsv", "asked", func(row map[string]string) []string {
		return []string{row["asked for"]}
	}},
}

func testFacts(t *testing.T) {
	for _, d := range distillates {
		text, err := os.ReadFile(d.from)
		require.NoError(t, err)
		var rows [][]string
		for _, larger := range facts.Parse(string(text)) {
			if row := d.row(larger); row != nil {
				rows = append(rows, row)
			}
		}
		requireFacts(t, d.table, d.columns, rows)
	}
	text, err := os.ReadFile(parityDir + "/asked-for.txt")
	require.NoError(t, err)
	requireFacts(t, "asked-for", "asked values", distillAsked(t, string(text)))
}

// requireFacts tests that a table of facts has these rows, and writes them if it is told to.
func requireFacts(t *testing.T, name, columns string, rows [][]string) {
	t.Helper()
	text := strings.ReplaceAll(columns, " ", "\t") + "\n"
	for _, row := range rows {
		text += strings.Join(row, "\t") + "\n"
	}
	if *update {
		require.NoError(t, os.WriteFile("facts/"+name+".tsv", []byte(text), 0o644))
		return
	}
	require.Equal(t, text, facts.Text(name), "write it anew with: go test -run TestTheLargerContract ./internal/conformance -update")
}

// mixins are the methods that classes have by inheritance.
var mixins = map[string][]string{
	"CRUDMixin":     {"list", "get", "create", "update", "delete"},
	"RetrieveMixin": {"list", "get"},
	"ListMixin":     {"list"},
	"CreateMixin":   {"create"},
	"DeleteMixin":   {"delete"},
}

// distillAsked reads what is asked for: names as in counterparts, and the values that they are said to have.
func distillAsked(t *testing.T, text string) [][]string {
	var (
		asked   = make(map[string]string)
		number  = regexp.MustCompile(`^\d+$`)
		classes = regexp.MustCompile(`^class (\w+)\((.*)\):`)
		base    = regexp.MustCompile(`(\w+)(?:\[\w+\])?`)
		defs    = regexp.MustCompile(`^def (\w+)\((.*)`)
		params  = regexp.MustCompile(`^(\w+): [^,]* = None,?$`)
		inline  = regexp.MustCompile(`(\w+): [^,)]* = None`)
		items   = regexp.MustCompile(`^- (\w+): (.*)`)
	)
	class, method, list := "", "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if number.MatchString(line) {
			continue
		}
		if line == "### Usage Examples" {
			break
		}
		if m := classes.FindStringSubmatch(line); m != nil {
			class, method, list = m[1], "", ""
			for _, mixin := range base.FindAllStringSubmatch(m[2], -1) {
				for _, name := range mixins[mixin[1]] {
					asked[class+"."+name+"()"] = ""
				}
			}
		} else if m := defs.FindStringSubmatch(line); m != nil {
			method, list = m[1], ""
			asked[class+"."+method+"()"] = ""
			for _, p := range inline.FindAllStringSubmatch(m[2], -1) {
				asked[class+"."+method+"("+p[1]+")"] = ""
			}
		} else if m := params.FindStringSubmatch(line); m != nil && method != "" {
			asked[class+"."+method+"("+m[1]+")"] = ""
		} else if strings.HasSuffix(line, ":") {
			list = line
		} else if m := items.FindStringSubmatch(line); m != nil && class != "" {
			name := class + "." + m[1]
			if method != "" {
				name = class + "." + method + "(" + m[1] + ")"
			}
			require.Contains(t, []string{"Key Attributes:", "Attributes:", "Parameters:", "Required fields:", "Optional fields:"}, list, line)
			asked[name] = m[2]
		}
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		var values []string
		for _, value := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(asked[name], -1) {
			values = append(values, value[1])
		}
		rows = append(rows, []string{name, strings.Join(values, "|")})
	}
	return rows
}
