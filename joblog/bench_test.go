package joblog_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/gitlabci/gitlabci/joblog"
)

// benchmarkLogs are logs of about 8 MiB.
func benchmarkLogs() map[string][]byte {
	repeat := func(line func(i int) string) []byte {
		var b bytes.Buffer
		b.WriteString("section_start:1:step_script" + eol)
		for i := 0; b.Len() < 8<<20; i++ {
			b.WriteString(line(i))
		}
		b.WriteString("section_end:2:step_script" + eol)
		return b.Bytes()
	}
	return map[string][]byte{
		"plain": repeat(func(i int) string {
			return fmt.Sprintf("[%7d] compiling src/components/module_%d/main.go with all optimizations\n", i, i%97)
		}),
		"colors": repeat(func(i int) string {
			return fmt.Sprintf("\x1b[32;1m✓\x1b[0m \x1b[90mmodule_%d\x1b[0m should do what it is told to do (\x1b[33m%d ms\x1b[0m)\n", i, i%50)
		}),
		"timestamps": repeat(func(i int) string {
			return fmt.Sprintf("2024-05-22T12:43:46.%06dZ 01O compiling src/components/module_%d/main.go with all optimizations\n", i%1_000_000, i%97)
		}),
		"progress": repeat(func(i int) string {
			end := "\r"
			if i%100 == 99 {
				end = "\n"
			}
			return fmt.Sprintf("\x1b[0K%3d%% [====================>                    ] %d of 100 MiB%s", i%100, i%100, end)
		}),
		"unicode": repeat(func(i int) string {
			return fmt.Sprintf("%d: сборка модуля завершена без ошибок и предупреждений\n", i)
		}),
	}
}

func BenchmarkLines(b *testing.B) {
	for name, log := range benchmarkLogs() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			var lines int
			for b.Loop() {
				lines = 0
				for _, err := range joblog.Lines(bytes.NewReader(log)) {
					if err != nil {
						b.Fatal(err)
					}
					lines++
				}
			}
			b.ReportMetric(float64(lines), "lines/op")
		})
	}
}

func BenchmarkReader(b *testing.B) {
	for name, log := range benchmarkLogs() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.Copy(io.Discard, joblog.NewReader(bytes.NewReader(log))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTail(b *testing.B) {
	log := benchmarkLogs()["plain"]
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := joblog.Tail(bytes.NewReader(log), 20); err != nil {
			b.Fatal(err)
		}
	}
}
