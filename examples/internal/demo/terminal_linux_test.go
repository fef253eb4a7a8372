package demo

import (
	"os"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// TestTerminalSize tests with a terminal of this kernel's own.
func TestTerminalSize(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no pseudo-terminals here: ", err)
	}
	defer terminal.Close()
	size := struct{ lines, columns, width, height uint16 }{10, 40, 0, 0}
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, terminal.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size)))
	assert.Zero(t, errno)

	t.Setenv("TERM", "xterm")
	t.Setenv("COLUMNS", "")
	t.Setenv("LINES", "")
	assert.True(t, IsTerminal(terminal))
	columns, lines := Size(terminal)
	assert.Equal(t, [2]int{40, 10}, [2]int{columns, lines})

	t.Setenv("COLUMNS", "60") // somebody knows better
	columns, lines = Size(terminal)
	assert.Equal(t, [2]int{60, 10}, [2]int{columns, lines})
}
