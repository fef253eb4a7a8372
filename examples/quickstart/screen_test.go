package main

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
)

// screen is a terminal that understands as much as the program sends.
type screen struct {
	columns, lines int
	cells          [][]cell
	x, y           int
	look           string // the last SGR parameters
	noWrap         bool
	scrolled       int // lines that went out at the top
}

type cell struct {
	letter rune
	look   string
}

func newScreen(columns, lines int) *screen {
	s := &screen{columns: columns, lines: lines}
	for range lines {
		s.cells = append(s.cells, s.blank())
	}
	return s
}

func (s *screen) blank() []cell {
	line := make([]cell, s.columns)
	for i := range line {
		line[i].letter = ' '
	}
	return line
}

var control = regexp.MustCompile("^\x1b\\[(\\??[0-9;]*)([A-Za-z])")

// Write shows what was printed. It panics at what it does not understand.
func (s *screen) Write(p []byte) (int, error) {
	for text := string(p); text != ""; {
		if found := control.FindStringSubmatch(text); found != nil {
			s.control(found[1], found[2])
			text = text[len(found[0]):]
			continue
		}
		letter := []rune(text)[0]
		text = text[len(string(letter)):]
		switch letter {
		case '\r':
			s.x = 0
		case '\n':
			s.x = 0 // as the terminal's driver has it
			s.down()
		default:
			s.put(letter)
		}
	}
	return len(p), nil
}

func (s *screen) put(letter rune) {
	switch {
	case letter < ' ':
		panic(fmt.Sprintf("%q is printed", letter))
	case s.x == s.columns && s.noWrap:
		s.x--
	case s.x == s.columns:
		s.x = 0
		s.down()
	}
	s.cells[s.y][s.x] = cell{letter, s.look}
	s.x++
}

func (s *screen) down() {
	if s.y++; s.y == s.lines {
		s.y--
		s.scrolled++
		s.cells = append(s.cells[1:], s.blank())
	}
}

func (s *screen) control(parameters, command string) {
	switch command {
	case "A":
		n, _ := strconv.Atoi(parameters)
		s.y = max(s.y-n, 0)
	case "K":
		copy(s.cells[s.y][min(s.x, s.columns-1):], s.blank())
	case "J":
		copy(s.cells[s.y][min(s.x, s.columns-1):], s.blank())
		for y := s.y + 1; y < s.lines; y++ {
			s.cells[y] = s.blank()
		}
	case "m":
		s.look = strings.TrimPrefix(parameters, "0")
	case "h", "l":
		if parameters == "?7" {
			s.noWrap = command == "l"
		}
	default:
		panic("the screen does not know " + parameters + command)
	}
}

func (s *screen) String() string {
	var b strings.Builder
	for _, line := range s.cells {
		text := ""
		for _, c := range line {
			text += string(c.letter)
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return b.String()
}

// SVG draws the screen, in a window with this title. It is dark on any page.
func (s *screen) SVG(title string) string {
	const cellWidth, lineHeight, margin, bar, font = 8.4, 19.0, 18.0, 36.0, 14
	width, height := float64(s.columns)*cellWidth+2*margin, float64(s.lines)*lineHeight+margin+bar+8
	colors := map[string]string{"31": "#f38b7d", "32": "#7fd08b", "33": "#e8c468", "34": "#7fb4f0", "35": "#cf9cf0", "2": "#8f8d99"}

	var b strings.Builder
	const fonts = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]g" height="%[2]g" viewBox="0 0 %[1]g %[2]g" font-family="%[3]s" font-size="%[4]d">`+"\n",
		width, height, fonts, font)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<rect x=".5" y=".5" width="%g" height="%g" rx="10" fill="#1f1d28" stroke="#56536a"/>`+"\n", width-1, height-1)
	for i, fill := range []string{"#ee6a5f", "#f5bd4f", "#61c454"} {
		fmt.Fprintf(&b, `<circle cx="%g" cy="%g" r="6" fill="%s"/>`+"\n", margin+6+float64(i)*20, bar/2, fill)
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle" fill="#b5b3c0">%s</text>`+"\n", width/2, bar/2+5, html.EscapeString(title))
	for y, line := range s.cells {
		for from := 0; from < len(line); {
			to := from + 1
			for to < len(line) && line[to].look == line[from].look && plainLetter(line[to].letter) == plainLetter(line[from].letter) &&
				(plainLetter(line[from].letter) || line[to].letter == line[from].letter) {
				to++
			}
			text := ""
			for _, c := range line[from:to] {
				text += string(c.letter)
			}
			begin := from + len([]rune(text)) - len([]rune(strings.TrimLeft(text, " ")))
			text = strings.TrimSpace(text)
			x, base := margin+float64(begin)*cellWidth, bar+8+float64(y)*lineHeight
			fill, weight := "#e6e4ee", ""
			if color, ok := colors[line[from].look]; ok {
				fill = color
			}
			if line[from].look == "1" {
				weight = ` font-weight="700"`
			}
			n := len([]rune(text))
			switch {
			case n == 0:
			case line[from].letter == '━': // drawn, as fonts leave gaps
				fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="4" fill="%s"/>`+"\n", x, base+7, float64(n)*cellWidth, fill)
			case !plainLetter(line[from].letter): // each in the middle of its cell, as they may come from a wider font
				for i, letter := range []rune(text) {
					middle := x + (float64(i)+0.5)*cellWidth
					fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="%s">%c</text>`+"\n", middle, base+14, fill, letter)
				}
			default:
				fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" textLength="%.1f" fill="%s"%s xml:space="preserve">%s</text>`+"\n",
					x, base+14, float64(n)*cellWidth, fill, weight, html.EscapeString(text))
			}
			from = to
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// plainLetter reports whether every font has a letter, as wide as the others.
func plainLetter(letter rune) bool { return letter < 0x250 }
