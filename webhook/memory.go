package webhook

import (
	"context"
	"crypto/sha256"
	"sync"
)

// A Memory remembers which deliveries there have been. [NewMemory] makes one of this process alone; receivers on several machines share one
// by implementing this on what they share anyway. Its methods are called by many goroutines at once.
type Memory interface {
	// Remember remembers the id of a delivery, and reports whether it is new. Of two calls with the same id, at most one gets true. With
	// an error the event is handled: better twice than never.
	Remember(ctx context.Context, id string) (isNew bool, err error)
	// Forget forgets the id of a delivery that could not be handled, so that somebody can resend it.
	Forget(ctx context.Context, id string) error
}

// memorySize is how many deliveries a handler remembers. GitLab.com sends at most 13,000 a minute for all hooks of a namespace, and a
// signature is worth something for five minutes.
const memorySize = 1 << 16

// A memory is the last deliveries, by a hash of their ids, in a ring. An id takes as much space however long it is.
type memory struct {
	mu    sync.Mutex
	slots map[idHash]int // where in the ring an id is
	ring  []idHash
	next  int
	size  int
}

type idHash [16]byte

func hashOf(id string) (hash idHash) {
	sum := sha256.Sum256([]byte(id))
	copy(hash[:], sum[:])
	return hash
}

// NewMemory returns a memory of the last deliveries, in this process. It takes about 70 bytes for each of them.
func NewMemory(deliveries int) Memory {
	return &memory{slots: make(map[idHash]int), size: max(1, deliveries)}
}

func (m *memory) Remember(_ context.Context, id string) (bool, error) {
	hash := hashOf(id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.slots[hash]; ok {
		return false, nil
	}
	if len(m.ring) < m.size {
		m.ring = append(m.ring, hash)
	} else {
		// One that was forgotten and came again is at home in another slot.
		if oldest := m.ring[m.next]; m.isAt(oldest, m.next) {
			delete(m.slots, oldest)
		}
		m.ring[m.next] = hash
	}
	m.slots[hash] = m.next
	m.next = (m.next + 1) % m.size
	return true, nil
}

func (m *memory) isAt(hash idHash, slot int) bool {
	at, ok := m.slots[hash]
	return ok && at == slot
}

func (m *memory) Forget(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.slots, hashOf(id))
	return nil
}
