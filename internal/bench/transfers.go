package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/gitlabci/gitlabci"
)

// What is transferred is measured in a process of its own, whose memory is that of the client alone.

const transferCommand = "transfer"

// A transferCase moves a lot of bytes.
type transferCase struct {
	name    string
	size    int64
	maxRSS  int64   // in MiB, of ours
	minRate float64 // of that by hand; 0 for none
	do      [ways]func(c clients, size int64) error
	rss     [ways]float64 // in MiB
	rate    [ways]float64 // in MiB/s
}

const mib = 1 << 20

func transferCases() []*transferCase {
	fetch := func(path string) func(clients, int64) error {
		return func(c clients, size int64) error {
			resp, err := c.bare.Get(c.base + "/api/v4" + path)
			if err != nil {
				return err
			}
			return drain(resp.Body, size)
		}
	}
	return []*transferCase{
		{name: "512 MiB of artifacts, down", size: 512 * mib, maxRSS: 20, minRate: 0.8, do: [ways]func(clients, int64) error{
			func(c clients, size int64) error {
				download, err := c.ours.Jobs.Artifacts(ctx, app, 8, nil)
				if err != nil {
					return err
				}
				return drain(download, size)
			},
			func(c clients, size int64) error {
				download, _, err := c.theirs.Jobs.GetJobArtifacts(42, 8)
				if err != nil {
					return err
				}
				return drain(io.NopCloser(download), size)
			},
			fetch("/projects/42/jobs/8/artifacts"),
		}},
		{name: "64 MiB of a log, down", size: 64 * mib, maxRSS: 20, do: [ways]func(clients, int64) error{
			func(c clients, size int64) error {
				trace, err := c.ours.Jobs.Trace(ctx, app, 8, nil)
				if err != nil {
					return err
				}
				return drain(trace, size)
			},
			func(c clients, size int64) error {
				trace, _, err := c.theirs.Jobs.GetTraceFile(42, 8)
				if err != nil {
					return err
				}
				return drain(io.NopCloser(trace), size)
			},
			fetch("/projects/42/jobs/8/trace"),
		}},
		{name: "256 MiB of a secure file, up", size: 256 * mib, maxRSS: 20, do: [ways]func(clients, int64) error{
			func(c clients, size int64) error {
				_, err := c.ours.SecureFiles.Create(ctx, app, &gitlabci.CreateSecureFileOptions{Name: "large", File: zeros(size)})
				return err
			},
			func(c clients, size int64) error {
				_, _, err := c.theirs.SecureFiles.CreateSecureFile(42, zeros(size), &gitlab.CreateSecureFileOptions{Name: new("large")})
				return err
			},
			nil,
		}},
	}
}

// zeros is a file of that size, which takes no memory.
func zeros(size int64) *io.SectionReader { return io.NewSectionReader(nothing{}, 0, size) }

type nothing struct{}

func (nothing) ReadAt(p []byte, _ int64) (int, error) { return len(p), nil }

func drain(body io.ReadCloser, size int64) error {
	defer body.Close()
	if n, err := io.Copy(io.Discard, body); err != nil || n != size {
		return fmt.Errorf("%d bytes: %w", n, err)
	}
	return nil
}

// bulk serves downloads of the size that the server's address names, and takes uploads.
func bulk(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"id":1,"name":"large","checksum":"0","checksum_algorithm":"sha256"}`)
		return
	}
	size, chunk := int64(512*mib), make([]byte, mib)
	if strings.HasSuffix(r.URL.Path, "/trace") {
		size = 64 * mib
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	for ; size > 0; size -= mib {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func measureTransfers(rounds int) []*transferCase {
	server := httptest.NewServer(http.HandlerFunc(bulk))
	defer server.Close()
	cases := transferCases()
	program := need(os.Executable())
	for i, c := range cases {
		var rss, rates [ways][]float64
		for range rounds {
			for w := range ways {
				if c.do[w] == nil {
					continue
				}
				process := exec.Command(program, transferCommand, server.URL, strconv.Itoa(i), strconv.Itoa(int(w)))
				process.Stderr = os.Stderr
				out := need(process.Output())
				var kib, nanoseconds float64
				need(fmt.Fscan(bytes.NewReader(out), &kib, &nanoseconds))
				rss[w] = append(rss[w], kib/1024)
				rates[w] = append(rates[w], float64(c.size)/mib/(nanoseconds/1e9))
			}
		}
		for w := range ways {
			c.rss[w] = median(rss[w], func(v float64) float64 { return v })
			c.rate[w] = median(rates[w], func(v float64) float64 { return v })
		}
	}
	return cases
}

// transfer is the process that does one transfer: of a server, a case and a way.
func transfer(args []string) {
	c, w := transferCases()[need(strconv.Atoi(args[1]))], need(strconv.Atoi(args[2]))
	subject := newClients(args[0], nil)
	began := time.Now()
	need(0, c.do[w](subject, c.size))
	took := time.Since(began)
	fmt.Println(mostMemory(), took.Nanoseconds())
}

// mostMemory is the most memory that the process had, in KiB. (Its resource usage would tell that of the process that started it.)
func mostMemory() (kib int64) {
	_, text, _ := strings.Cut(string(need(os.ReadFile("/proc/self/status"))), "VmHWM:")
	need(fmt.Sscan(text, &kib))
	return kib
}
