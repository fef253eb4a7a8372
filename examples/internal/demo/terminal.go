package demo

import (
	"io"
	"os"
	"strconv"
)

// IsTerminal reports whether out is a terminal that takes cursor movements.
func IsTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Colors reports whether out is a terminal, and nobody objects to colors: see https://no-color.org.
func Colors(out io.Writer) bool {
	return IsTerminal(out) && os.Getenv("NO_COLOR") == ""
}

// Size returns how large a terminal is: as COLUMNS and LINES say, else as the terminal itself does, else as terminals used to be.
func Size(out io.Writer) (columns, lines int) {
	columns, lines = 80, 24
	if file, ok := out.(*os.File); ok {
		if c, l := windowSize(file); c > 0 && l > 0 {
			columns, lines = c, l
		}
	}
	if c, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && c > 0 {
		columns = c
	}
	if l, err := strconv.Atoi(os.Getenv("LINES")); err == nil && l > 0 {
		lines = l
	}
	return columns, lines
}

// Cut shortens a text that is too wide. It leaves out the middle, as names often differ at their end.
func Cut(text string, width int) string {
	letters := []rune(text)
	if len(letters) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	begin := width / 2
	end := width - begin - 1
	return string(letters[:begin]) + "…" + string(letters[len(letters)-end:])
}
