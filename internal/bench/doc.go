// Package bench measures gitlabci beside the official client-go, in one run: go test -bench . -benchmem -count 6.
//
// "canned" takes the answer from memory, so that only the client is measured; "loopback" goes to a server in the same process, whose
// work counts too. Times on shared machines vary: compare the ratios of one run, and B/op and allocs/op.
package bench
