//go:build unix

package gitlabci

import "syscall"

func init() { makePipe = func(path string) error { return syscall.Mkfifo(path, 0o666) } }
