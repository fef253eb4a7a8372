//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package gitlabci

import (
	"os"
	"time"
)

// heldUntilClosed says that a part is held for as long as it is open; here nothing holds it, and some systems rename no file that is open.
const heldUntilClosed = false

func hold(*os.File) bool { return true }

// abandonedAfter is how long nothing is written to a part that is taken for abandoned. A download that brings nothing for so long has
// failed long before.
const abandonedAfter = 24 * time.Hour

// removeAbandoned takes a part away that has not been written to for long.
func removeAbandoned(name string) {
	if is, err := os.Lstat(name); err == nil && is.Mode().IsRegular() && time.Since(is.ModTime()) > abandonedAfter {
		os.Remove(name)
	}
}
