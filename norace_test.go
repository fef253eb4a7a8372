//go:build !race

package gitlabci_test

// raceEnabled reports whether the race detector is at work.
const raceEnabled = false
