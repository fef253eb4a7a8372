package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/gitlabci/gitlabci"
)

const (
	comingPage = "../../docs/coming-from-client-go.md"
	madeBelow  = "<!-- Made by the tests of internal/bench: go test -run TestComingFromClientGo -update . -->\n"
)

var updatePage = flag.Bool("update", false, "write the table of "+comingPage)

// shared are the services of client-go that are about more than CI/CD: of these the page has the calls that both have, and of the others all.
var shared = []string{"Branches", "Commits", "Groups", "MergeRequests", "Projects", "Tags", "Users"}

// TestComingFromClientGo makes the table of calls anew, from what COVERAGE.md says of each endpoint and from the methods that both modules
// have, and compares it with the page.
func TestComingFromClientGo(t *testing.T) {
	theirs, ours := clientGoMethods(), ownMethods()
	rows, called := make(map[string][]string), make(map[string]bool)
	coverage, err := os.ReadFile("../../COVERAGE.md")
	must(t, err)
	for line := range strings.Lines(string(coverage)) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| `") || len(cells) != 6 || cells[3] == "" {
			continue
		}
		var here []string
		for name := range strings.SplitSeq(cells[1], ", ") {
			method, ok := ours[name]
			if !ok {
				t.Fatalf("COVERAGE.md: gitlabci has no %s", name)
			}
			here = append(here, "`"+name+signature(method)+"`")
		}
		for name := range strings.SplitSeq(cells[3], ", ") {
			if _, ok := theirs[name]; !ok {
				t.Fatalf("COVERAGE.md: client-go has no %s", name)
			}
			called[name] = true
			row := fmt.Sprintf("| `%s` | %s |\n", theirs[name], strings.Join(here, ", "))
			service, _, _ := strings.Cut(theirs[name], ".")
			if !slices.Contains(rows[service], row) {
				rows[service] = append(rows[service], row)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		service, _, _ := strings.Cut(theirs[name], ".")
		if rows[service] != nil && !slices.Contains(shared, service) && !called[name] {
			t.Errorf("COVERAGE.md does not have client-go's %s", name)
		}
	}
	var table strings.Builder
	table.WriteString("\n| client-go | gitlabci |\n|---|---|\n")
	for _, service := range slices.Sorted(maps.Keys(rows)) {
		slices.Sort(rows[service])
		table.WriteString(strings.Join(rows[service], ""))
	}

	text, err := os.ReadFile(comingPage)
	must(t, err)
	above, below, found := strings.Cut(string(text), madeBelow)
	if !found {
		t.Fatal("the page does not say where the table begins")
	}
	if *updatePage {
		must(t, os.WriteFile(comingPage, []byte(above+madeBelow+table.String()), 0o644))
	} else if below != table.String() {
		t.Error("the table is not up to date: go test -run TestComingFromClientGo -update .")
	}
	for _, name := range regexp.MustCompile(`gitlab\.([A-Z]\w+)`).FindAllStringSubmatch(above, -1) {
		source, err := os.ReadFile("coming_test.go")
		must(t, err)
		if !strings.Contains(string(source), name[0]) {
			t.Errorf("the page names %s, which nothing here compiles", name[0])
		}
	}
}

// clientGoMethods are the names that client-go's methods have for those who call them, such as Pipelines.GetPipeline, by the names of their
// types, such as PipelinesService.GetPipeline.
func clientGoMethods() map[string]string {
	names := make(map[string]string)
	for field := range reflect.TypeFor[gitlab.Client]().Fields() {
		service, ok := strings.CutSuffix(field.Type.Name(), "Interface")
		if !ok || field.Type.Kind() != reflect.Interface {
			continue
		}
		for method := range field.Type.Methods() {
			names[service+"."+method.Name] = field.Name + "." + method.Name
		}
	}
	return names
}

// ownMethods are the methods of gitlabci's services by their names, such as Pipelines.Get.
func ownMethods() map[string]reflect.Type {
	methods := make(map[string]reflect.Type)
	for field := range reflect.TypeFor[gitlabci.Client]().Fields() {
		if !field.IsExported() {
			continue
		}
		for method := range field.Type.Methods() {
			methods[field.Name+"."+method.Name] = method.Type
		}
	}
	return methods
}

// signature is what a method takes and returns, but for its request options and its error.
func signature(method reflect.Type) string {
	var in, out []string
	for i := 1; i < method.NumIn()-1; i++ { // the receiver comes first, the request options last
		name := shortName(method.In(i))
		if name == "context.Context" {
			name = "ctx"
		}
		in = append(in, name)
	}
	for result := range method.Outs() {
		if name := shortName(result); name != "error" {
			out = append(out, " "+name)
		}
	}
	return "(" + strings.Join(in, ", ") + ")" + strings.Join(out, "")
}

var ownPackage = regexp.MustCompile(`(?:[\w./]+/)?gitlabci\.`)

func shortName(t reflect.Type) string { return ownPackage.ReplaceAllString(t.String(), "") }

// The snippets of the page that are client-go's, compiled. TestPageCompiles compares them.

func clientGoPages(ctx context.Context, client *gitlab.Client, pid any) error {
	opts := &gitlab.ListJobsOptions{Scope: &[]gitlab.BuildStateValue{gitlab.Failed}}
	for {
		jobs, resp, err := client.Jobs.ListProjectJobs(pid, opts, gitlab.WithContext(ctx))
		if err != nil {
			return err
		}
		for _, job := range jobs {
			fmt.Println(job.Name)
		}
		if resp.NextPage == 0 {
			break
		}
		opts.Page = resp.NextPage
	}
	return nil
}

func clientGoWait(client *gitlab.Client, pid any, pipeline *gitlab.Pipeline) (err error) {
	for pipeline.Status == "created" || pipeline.Status == "pending" || pipeline.Status == "running" { // and more
		time.Sleep(10 * time.Second)
		pipeline, _, err = client.Pipelines.GetPipeline(pid, pipeline.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

func clientGoErrors(client *gitlab.Client, pid any, id int64) {
	_, _, err := client.Jobs.RetryJob(pid, id)
	var failed *gitlab.ErrorResponse
	if errors.Is(err, gitlab.ErrNotFound) {
		fmt.Println("there is no such job, or no such project")
	} else if errors.As(err, &failed) {
		fmt.Println(failed.StatusCode, failed.Message)
	}
}

// These stand in the page by name alone.
var (
	_ = gitlab.Ptr[string]
	_ = gitlab.WithOnlyIdempotentRetries
	_ = gitlab.WithInterceptor
	_ = gitlab.WithHeader
	_ = gitlab.WithSudo
	_ = gitlab.NewClient
	_ = gitlab.NewJobClient
	_ = gitlab.NewAuthSourceClient
	_ = gitlab.WithBaseURL
	_ = gitlab.WithHTTPClient
	_ = gitlab.WithCustomLogger
	_ = gitlab.WithCustomRetryMax
	_ = gitlab.WithCustomRetryWaitMinMax
	_ = gitlab.WithoutRetries
	_ = gitlab.WithUserAgent
	_ = gitlab.ScanAndCollect[*gitlab.Job]
	_ = gitlab.Scan2[*gitlab.Job]
	_ = gitlab.Response{}
	_ = clientGoPages
	_ = clientGoWait
	_ = clientGoErrors
)

// TestPageCompiles tests that the snippets of client-go in the page are those that are compiled here.
func TestPageCompiles(t *testing.T) {
	source, err := os.ReadFile("coming_test.go")
	must(t, err)
	page, err := os.ReadFile(comingPage)
	must(t, err)
	compiled, snippets := unindented(string(source)), 0
	for _, snippet := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(snippet[1], "gitlab.") {
			snippets++
			if !strings.Contains(compiled, unindented(snippet[1])) {
				t.Errorf("nothing compiles this:\n%s", snippet[1])
			}
		}
	}
	if snippets == 0 {
		t.Error("the page has no snippet of client-go")
	}
}

func unindented(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimLeft(line, "\t "))
	}
	return strings.Join(lines, "")
}
