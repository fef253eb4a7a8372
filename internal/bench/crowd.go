package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"
)

// crowd is what became of many calls at once: how many connections they took, and how many calls there were a second.
type crowd struct {
	connections, calls [ways]float64
}

const (
	callers     = 200
	callsOfEach = 50
)

// measureCrowd lets many goroutines share a client as it is by default.
func measureCrowd(rounds int) (c crowd) {
	var connections, calls [ways][]float64
	for range rounds {
		for w := range byHand {
			var opened atomic.Int64
			server := httptest.NewUnstartedServer(respond([]byte(jobJSON(8))))
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					opened.Add(1)
				}
			}
			server.Start()
			subject := newClients(server.URL, nil)
			began := time.Now()
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					for range callsOfEach {
						need(getJob[w](subject))
					}
				})
			}
			all.Wait()
			calls[w] = append(calls[w], callers*callsOfEach/time.Since(began).Seconds())
			connections[w] = append(connections[w], float64(opened.Load()))
			server.Close()
		}
	}
	for w := range byHand {
		c.connections[w] = median(connections[w], func(v float64) float64 { return v })
		c.calls[w] = median(calls[w], func(v float64) float64 { return v })
	}
	return c
}
