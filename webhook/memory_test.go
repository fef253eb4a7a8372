package webhook_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/webhook"
)

// TestMemory holds a memory against a list of what it has to know, through many changes.
func TestMemory(t *testing.T) {
	t.Parallel()
	const size = 8
	random := rand.New(rand.NewPCG(1, 2))
	memory := webhook.NewMemory(size)
	var recent []string // what came last, the newest at the end; "" where one was forgotten
	for range 20_000 {
		id := strconv.Itoa(random.IntN(3 * size))
		if random.IntN(4) == 0 {
			require.NoError(t, memory.Forget(t.Context(), id))
			if i := slices.Index(recent, id); i >= 0 {
				recent[i] = ""
			}
			continue
		}
		isNew, err := memory.Remember(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, !slices.Contains(recent, id), isNew, "%s among %q", id, recent)
		if isNew {
			recent = append(recent, id)
			recent = recent[max(0, len(recent)-size):]
		}
	}
}

func TestMemoryOfOne(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 0, -1} {
		memory := webhook.NewMemory(size)
		for _, want := range []struct {
			id    string
			isNew bool
		}{{"a", true}, {"a", false}, {"b", true}, {"b", false}, {"a", true}} {
			isNew, err := memory.Remember(t.Context(), want.id)
			require.NoError(t, err)
			require.Equal(t, want.isNew, isNew, want.id)
		}
	}
}

// TestMemoryOfMany tests that of many goroutines one is told that a delivery is new.
func TestMemoryOfMany(t *testing.T) {
	t.Parallel()
	memory := webhook.NewMemory(1000)
	var told atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				if isNew, _ := memory.Remember(t.Context(), strconv.Itoa(i)); isNew {
					told.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1000, told.Load())
}

// TestMemoryStaysFlat remembers far more than it has room for, with ids of any length.
func TestMemoryStaysFlat(t *testing.T) {
	const size = 10_000
	memory := webhook.NewMemory(size)
	long := strings.Repeat("x", 500)
	before := heap()
	for i := range 20 * size {
		_, err := memory.Remember(t.Context(), strconv.Itoa(i)+long)
		require.NoError(t, err)
	}
	grown := heap() - before
	require.Less(t, grown, int64(200*size), "bytes of %d ids", size)
	isNew, _ := memory.Remember(t.Context(), strconv.Itoa(20*size-1)+long)
	require.False(t, isNew)
}

// heap is how much of the heap is in use.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
