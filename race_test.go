//go:build race

package gitlabci_test

const raceEnabled = true
