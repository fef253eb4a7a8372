package gitlabcitest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// What GitLab's tokens begin with.
const (
	triggerTokenPrefix      = "glptt-"
	runnerTokenPrefix       = "glrt-"  // of a runner created by a user
	registeredTokenPrefix   = "glrtr-" // of a runner registered with a registration token
	registrationTokenPrefix = "GR1348941"
	controllerTokenPrefix   = "glrct-"
)

// secret makes a token that was not there before. Servers that are asked the same make the same tokens.
func (w *world) secret(prefix string, length int) string {
	w.secrets++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s%d", prefix, w.secrets))
	return prefix + hex.EncodeToString(sum[:])[:length]
}
