package engine

import "sync"

// mailbox hands samples from many goroutines to one consumer without ever
// making a sender wait: a slow disk must not delay the next request of a slot.
type mailbox struct {
	mu     sync.Mutex
	more   sync.Cond
	items  []*Sample
	closed bool
}

func newMailbox() *mailbox {
	m := &mailbox{}
	m.more.L = &m.mu
	return m
}

func (m *mailbox) put(s *Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items = append(m.items, s)
	m.more.Signal()
}

func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.more.Signal()
}

// drain yields what comes until the box is closed and empty. After the first
// error it goes on emptying the box, without yielding, and returns that error.
func (m *mailbox) drain(yield func(*Sample) error) error {
	var first error
	for {
		batch, ok := m.wait()
		if !ok {
			return first
		}
		for _, s := range batch {
			if first == nil {
				first = yield(s)
			}
		}
	}
}

func (m *mailbox) wait() ([]*Sample, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.items) == 0 && !m.closed {
		m.more.Wait()
	}
	batch := m.items
	m.items = nil
	return batch, len(batch) > 0
}
