//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package demo

import (
	"os"
	"syscall"
	"unsafe"
)

// windowSize asks a terminal for its size, which is 0 where it does not know, or file is no terminal.
func windowSize(file *os.File) (columns, lines int) {
	var size struct{ lines, columns, width, height uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, 0
	}
	return int(size.columns), int(size.lines)
}
