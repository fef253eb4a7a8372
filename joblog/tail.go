package joblog

import (
	"io"
	"strings"
)

// Tail reads the log of a finished job from r and returns its last n lines that
// matter, in order. For a failed job these are the ones that explain the
// failure, and the last of them is the runner's verdict, such as
// "ERROR: Job failed: exit code 1". It holds no more than n lines at a time.
//
// The log is taken by the stages that the runner marks as sections:
//
//   - What counts is the last stage that did work: the script, or the one of
//     the preparations at which the job stopped. The stages before it are left
//     out, so there may be fewer than n lines.
//   - Stages that follow in any case are left out: after_script, the saving of
//     caches, the upload of a failed job's artifacts, and the cleanup. But if
//     artifacts of a successful script cannot be uploaded, the job fails: lines
//     of that upload count if they begin with "ERROR:" or "FATAL:".
//   - What the runner says between the stages and after them counts.
//   - Blank lines and the titles of stages do not count.
//
// In a log without sections, those stages are recognized by their titles. Of a
// log without anything that matters there are no lines.
//
// With an error, Tail returns the lines that count up to there. Where n is 0 or
// less it reads nothing and returns none.
func Tail(r io.Reader, n int) ([]Line, error) {
	if n <= 0 {
		return nil, nil
	}
	t := tail{limit: n}
	for ev, err := range Events(r) {
		if err != nil {
			return t.ordered(), err
		}
		switch ev.Kind {
		case KindSectionStart:
			if stage := stageOf(ev.Section.Name); stage != noStage {
				t.section = ev.Section
				t.enter(stage)
			}
		case KindSectionEnd:
			if ev.Section == t.section {
				t.section, t.stage = nil, noStage
			}
		case KindLine:
			t.line(ev.Line)
		}
	}
	return t.ordered(), nil
}

// A stage is what the runner is at.
type stage uint8

const (
	noStage  stage = iota
	work           // preparations and the script
	upload         // of artifacts of a successful script
	epilogue       // what follows in any case
)

func stageOf(section string) stage {
	switch section {
	case "prepare_executor", "prepare_script", "get_sources", "clear_worktree", "restore_cache",
		"download_artifacts", "build_script":
		return work
	case "upload_artifacts_on_success":
		return upload
	case "after_script", "archive_cache", "archive_cache_on_failure",
		"upload_artifacts_on_failure", "cleanup_file_variables":
		return epilogue
	}
	if strings.HasPrefix(section, "step_") { // step_script, step_release
		return work
	}
	return noStage
}

// titles are the header lines of stages by which a log without sections is read.
// Those of the preparations are not among them: scripts print such lines too.
var titles = map[string]stage{
	`Executing "step_script" stage of the job script`: work,
	"Running after_script":                            epilogue,
	"Saving cache for successful job":                 epilogue,
	"Saving cache for failed job":                     epilogue,
	"Uploading artifacts for successful job":          upload,
	"Uploading artifacts for failed job":              epilogue,
	"Cleaning up file based variables":                epilogue,

	"Cleaning up project directory and file based variables": epilogue,
}

// A tail keeps the last lines that count.
type tail struct {
	limit   int
	lines   []Line // a ring once it is full
	first   int
	stage   stage
	section *Section // the stage's; nil without a stage, and in a log without sections
}

func (t *tail) enter(s stage) {
	t.stage = s
	if s == work {
		t.lines, t.first = t.lines[:0], 0
	}
}

func (t *tail) line(line Line) {
	if t.section == nil {
		if s, ok := titles[line.Text]; ok {
			t.enter(s)
			return
		}
		if strings.HasPrefix(line.Text, "ERROR: Job failed") || line.Text == "Job succeeded" {
			t.stage = noStage
		}
	}
	switch {
	case strings.TrimSpace(line.Text) == "":
	case line.Header && line.Section == t.section:
	case t.stage == epilogue:
	case t.stage == upload && !strings.HasPrefix(line.Text, "ERROR:") && !strings.HasPrefix(line.Text, "FATAL:"):
	case len(t.lines) < t.limit:
		t.lines = append(t.lines, line)
	default:
		t.lines[t.first] = line
		t.first = (t.first + 1) % t.limit
	}
}

// ordered returns the lines from the first to the last.
func (t *tail) ordered() []Line {
	return append(t.lines[t.first:len(t.lines):len(t.lines)], t.lines[:t.first]...)
}
