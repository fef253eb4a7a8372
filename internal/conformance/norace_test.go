//go:build !race

package conformance_test

// raceEnabled reports whether the race detector is at work.
const raceEnabled = false
