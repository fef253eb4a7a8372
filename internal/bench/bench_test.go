package main

import "testing"

// BenchmarkCalls is for profiles: go test -bench Calls/one_job/gitlabci -memprofile mem.out.
func BenchmarkCalls(b *testing.B) {
	for _, c := range callCases() {
		for w := range ways {
			if c.do[w] != nil {
				b.Run(c.name+"/"+wayNames[w], c.benchmark(w))
			}
		}
	}
}
