// Bench measures gitlabci beside the official Go client (client-go) and beside calls by hand (net/http and encoding/json), all in one run, and
// writes what came of it as Markdown:
//
//	go run . -out RESULTS-go1.26.md
//
// Times on shared machines vary by half; so what is compared takes turns, round by round, and medians and their ratios are what counts. B/op
// and allocs/op hardly vary. With -smoke there is one short round, nothing is written, and the exit code is 1 if a goal for B/op or allocs/op is
// missed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

var ctx = context.Background()

func main() {
	if len(os.Args) > 1 && os.Args[1] == transferCommand {
		transfer(os.Args[2:])
		return
	}
	testing.Init() // testing.Benchmark reads its flags
	rounds := flag.Int("rounds", 7, "rounds to take the medians of")
	each := flag.Duration("each", 300*time.Millisecond, "time for each measurement of a round")
	out := flag.String("out", "", "file for the results; standard output if empty")
	smoke := flag.Bool("smoke", false, "one short round, for goals of B/op and allocs/op alone")
	only := flag.String("only", "", "only the calls that have this in their name")
	flag.Parse()
	if *smoke {
		*rounds = 1
		need(0, flag.Set("test.benchtime", "50x"))
	} else {
		need(0, flag.Set("test.benchtime", each.String()))
	}

	calls := measureCalls(chosen(callCases(), *only), *rounds)
	if *smoke {
		missed := printCalls(os.Stdout, calls)
		if missed > 0 {
			fmt.Fprintf(os.Stderr, "%d goals of B/op or allocs/op are missed\n", missed)
			os.Exit(1)
		}
		return
	}
	if *only != "" {
		printCalls(os.Stdout, calls)
		return
	}
	report := &report{
		calls: calls, lists: measureLists(*rounds), growth: measureGrowth(), transfers: measureTransfers(*rounds),
		crowd: measureCrowd(*rounds), builds: measureBuilds(*rounds),
	}
	w := os.Stdout
	if *out != "" {
		w = need(os.Create(*out))
		defer w.Close()
	}
	report.write(w)
}

// machine is the line that tells where and of what the results are.
func machine() string {
	commit, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	return fmt.Sprintf("%s, %s, %s/%s, %d cores, commit %s", time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), strings.TrimSpace(string(commit)))
}

func chosen(cases []callCase, part string) (some []callCase) {
	for _, c := range cases {
		if strings.Contains(c.name, part) {
			some = append(some, c)
		}
	}
	return some
}
