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

// close says that nothing more comes.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.more.Signal()
}

// drain hands over what comes until the box is closed and empty.
func (m *mailbox) drain(take func(*Sample)) {
	for {
		batch := m.wait()
		if len(batch) == 0 {
			return
		}
		for _, s := range batch {
			take(s)
		}
	}
}

// wait gives what has come, at least one; nothing once the box is closed.
func (m *mailbox) wait() []*Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.items) == 0 && !m.closed {
		m.more.Wait()
	}
	batch := m.items
	m.items = nil
	return batch
}
