package joblog_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/gitlabci/gitlabci/joblog"
)

// trace stands for what the trace endpoint sends.
func trace() io.Reader {
	return strings.NewReader("Running with gitlab-runner 18.7.0\n" +
		"section_start:1716381826:step_script\r\x1b[0K\x1b[36;1mExecuting \"step_script\" stage of the job script\x1b[0;m\n" +
		"\x1b[32;1m$ make test\x1b[0;m\n" +
		"section_start:1716381827:modules[collapsed=true]\r\x1b[0KFetching modules\n" +
		"downloading  10%\rdownloading  60%\rdownloading 100%\n" +
		"section_end:1716381833:modules\r\x1b[0K\n" +
		"--- FAIL: TestTotal (0.00s)\n" +
		"make: *** [Makefile:7: test] Error 1\n" +
		"section_end:1716381893:step_script\r\x1b[0K" +
		"section_start:1716381893:cleanup_file_variables\r\x1b[0K\x1b[36;1mCleaning up project directory and file based variables\x1b[0;m\n" +
		"section_end:1716381894:cleanup_file_variables\r\x1b[0K\x1b[31;1mERROR: Job failed: exit code 2\n\x1b[0;m\n")
}

func ExampleLines() {
	for line, err := range joblog.Lines(trace()) {
		if err != nil {
			log.Fatal(err)
		}
		if line.Section != nil && line.Section.Name == "modules" {
			fmt.Printf("%d: %s\n", line.Number, line.Text)
		}
	}
	// Output:
	// 4: Fetching modules
	// 5: downloading 100%
}

func ExampleLines_timestamps() {
	trace := strings.NewReader("2024-05-22T12:43:46.962646Z 01O $ make image\n" +
		"2024-05-22T12:43:47.120000Z 01E layer 1:  20%\r\n" +
		"2024-05-22T12:43:48.500000Z 01E+layer 1: done\n" +
		"2024-05-22T12:44:01.000000Z 01O pushed\n")

	for line, err := range joblog.Lines(trace) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(line.Time.Format("15:04:05.000"), line.Stream, line.Text)
	}
	// Output:
	// 12:43:46.962 stdout $ make image
	// 12:43:48.500 stderr layer 1: done
	// 12:44:01.000 stdout pushed
}

func ExampleEvents() {
	for ev, err := range joblog.Events(trace()) {
		if err != nil {
			log.Fatal(err)
		}
		switch ev.Kind {
		case joblog.KindSectionStart:
			fmt.Printf("%s▼ %s\n", strings.Repeat("  ", ev.Section.Depth()), ev.Section.Name)
		case joblog.KindSectionEnd:
			fmt.Printf("%s▲ %s\n", strings.Repeat("  ", ev.Section.Depth()), ev.Section.Duration())
		}
	}
	// Output:
	// ▼ step_script
	//   ▼ modules
	//   ▲ 6s
	// ▲ 1m7s
	// ▼ cleanup_file_variables
	// ▲ 1s
}

func ExampleSections() {
	sections, err := joblog.Sections(trace())
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range sections {
		fmt.Printf("%-24s %5v  %s\n", strings.Repeat("  ", s.Depth())+s.Name, s.Duration(), s.Title)
	}
	// Output:
	// step_script               1m7s  Executing "step_script" stage of the job script
	//   modules                   6s  Fetching modules
	// cleanup_file_variables      1s  Cleaning up project directory and file based variables
}

func ExampleTail() {
	lines, err := joblog.Tail(trace(), 3)
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range lines {
		fmt.Println(line.Text)
	}
	// Output:
	// --- FAIL: TestTotal (0.00s)
	// make: *** [Makefile:7: test] Error 1
	// ERROR: Job failed: exit code 2
}

func ExampleNewReader() {
	if _, err := io.Copy(os.Stdout, joblog.NewReader(trace())); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Running with gitlab-runner 18.7.0
	// Executing "step_script" stage of the job script
	// $ make test
	// Fetching modules
	// downloading 100%
	// --- FAIL: TestTotal (0.00s)
	// make: *** [Makefile:7: test] Error 1
	// Cleaning up project directory and file based variables
	// ERROR: Job failed: exit code 2
}
