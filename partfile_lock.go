//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package gitlabci

import (
	"os"
	"syscall"
)

// heldUntilClosed says that a part is held for as long as it is open, so that it has to be put in its place before it is closed.
const heldUntilClosed = true

// hold marks a part as one that is being written, until it is closed, also by the end of the process. It reports false if the part was
// taken away before. Where the file system knows no locks, no part can be told to be abandoned, and none is taken away.
func hold(file *os.File) bool {
	if lock(file) == syscall.EWOULDBLOCK {
		return false
	}
	_, err := os.Lstat(file.Name())
	return err == nil
}

// removeAbandoned takes a part away that nobody holds. It stays in place while it is looked at: its name is of this part alone.
func removeAbandoned(name string) {
	file, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if is, err := file.Stat(); err == nil && is.Mode().IsRegular() && lock(file) == nil {
		os.Remove(name)
	}
}

func lock(file *os.File) error {
	for {
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EINTR {
			return err
		}
	}
}
