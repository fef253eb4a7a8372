package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is where text goes: a terminal, with colors, a width and a line at the bottom that is drawn again, or else a file or pipe, with
// none of them.
type screen struct {
	mu     sync.Mutex
	w      io.Writer
	file   *os.File // the terminal; nil if it is none
	colors bool
	drawn  bool // the line at the bottom
	bottom string
}

func newScreen(w io.Writer) *screen {
	s := &screen{w: w}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		s.file, s.colors = file, os.Getenv("NO_COLOR") == ""
	}
	return s
}

// Write writes above the line at the bottom.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.erase(); err != nil {
		return 0, err
	}
	n, err := s.w.Write(p)
	if err == nil {
		err = s.draw()
	}
	return n, err
}

// setBottom draws another line at the bottom; an empty one takes it away. Without a terminal there is none.
func (s *screen) setBottom(text string) error {
	if s.file == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.erase(); err != nil {
		return err
	}
	s.bottom = s.fit(text, 0)
	return s.draw()
}

func (s *screen) erase() error {
	if !s.drawn {
		return nil
	}
	s.drawn = false
	_, err := io.WriteString(s.w, "\r\x1b[K")
	return err
}

func (s *screen) draw() error {
	if s.bottom == "" {
		return nil
	}
	s.drawn = true
	_, err := io.WriteString(s.w, s.paint(gray, s.bottom))
	return err
}

func (s *screen) note(format string, args ...any) error {
	_, err := fmt.Fprintf(s, "%s\n", s.paint(gray, s.fit(fmt.Sprintf(format, args...), 0)))
	return err
}

// json writes a value in one line.
func (s *screen) json(value any) error {
	encoder := json.NewEncoder(s)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// width is how many letters fit into a line; 0 is any number of them.
func (s *screen) width() int {
	if s.file == nil {
		return 0
	}
	columns, _, err := term.GetSize(int(s.file.Fd()))
	if err != nil || columns <= 0 {
		return 80
	}
	return columns
}

// plain is a name from GitLab without what would move a terminal's cursor.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
}

// fit shortens a text for which the terminal has less room than a line without what is taken.
func (s *screen) fit(text string, taken int) string {
	width := s.width()
	if width == 0 || utf8.RuneCountInString(text)+taken < width {
		return text
	}
	return string([]rune(text)[:max(0, width-taken-2)]) + "…"
}

// color is the number of one, as terminals have them.
type color int

const (
	red    color = 31
	green  color = 32
	yellow color = 33
	blue   color = 34
	gray   color = 90
)

func (s *screen) paint(c color, text string) string {
	if !s.colors || text == "" {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, text)
}

// status paints the status of a pipeline or job, in a column of this width.
func (s *screen) status(status string, width int) string {
	c := gray
	switch status {
	case "success":
		c = green
	case "failed":
		c = red
	case "running":
		c = blue
	case "manual", "canceled", "canceling", "waiting_for_resource":
		c = yellow
	}
	return s.paint(c, status) + strings.Repeat(" ", max(0, width-len(status)))
}
