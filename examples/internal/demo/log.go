package demo

import (
	"fmt"
	"strings"
)

// Log returns the log of a job as GitLab Runner writes it: with sections, colors, and the lines of the script, of which those that begin
// with "$ " are commands.
func Log(image string, script ...string) string {
	return log(image, script) + "\x1b[32;1mJob succeeded\x1b[0;m\n"
}

// FailingLog is a Log without the last line: the stand-in adds the one of a job that failed.
func FailingLog(image string, script ...string) string {
	return log(image, script)
}

func log(image string, script []string) string {
	var b strings.Builder
	clock := 1767344600 // of the section markers
	section := func(seconds int, name, title string, lines ...string) {
		fmt.Fprintf(&b, "section_start:%d:%s\r\x1b[0K\x1b[0K\x1b[36;1m%s\x1b[0;m\n", clock, name, title)
		for _, line := range lines {
			if strings.HasPrefix(line, "$ ") {
				line = "\x1b[32;1m" + line + "\x1b[0;m"
			}
			b.WriteString(line + "\n")
		}
		clock += seconds
		fmt.Fprintf(&b, "section_end:%d:%s\r\x1b[0K", clock, name)
	}
	b.WriteString("\x1b[0KRunning with gitlab-runner 19.5.0 (8f2e6c1d)\x1b[0;m\n")
	section(4, "prepare_executor", `Preparing the "docker" executor`, "Using Docker executor with image "+image+" ...")
	section(2, "get_sources", "Getting source from Git repository", "Fetching changes with git depth set to 20...")
	section(40, "step_script", `Executing "step_script" stage of the job script`, script...)
	section(1, "cleanup_file_variables", "Cleaning up project directory and file based variables")
	return b.String()
}
