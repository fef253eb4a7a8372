// Package facts holds what is known of GitLab's CI/CD API, and of the clients that people come from, as tables for tests. README.md tells
// what is in them.
package facts

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.tsv
var files embed.FS

// Text returns a table as it is written.
func Text(name string) string {
	text, err := files.ReadFile(name + ".tsv")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Table returns the rows of a table, by the names of their columns.
func Table(name string) []map[string]string {
	return Parse(Text(name))
}

// Parse reads tab-separated values below a line with the names of their columns.
func Parse(text string) (rows []map[string]string) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		values := strings.Split(line, "\t")
		if len(values) > len(columns) {
			panic(fmt.Sprintf("%d values in %d columns: %s", len(values), len(columns), line))
		}
		row := make(map[string]string)
		for i, value := range values {
			row[columns[i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}
