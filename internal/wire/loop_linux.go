package wire

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// loop reads many connections on one goroutine. What comes on them is stamped by
// the kernel, so that it need not be read at once: under load the loop naps, and
// then reads all that has come meanwhile, which saves a wake-up for each event.
// It only reads. What is sent is written by whoever sends it.
type loop struct {
	epoll int
	room  int // an epoll of its own for connections that could not take all of a request: a nap must not delay a send
	bell  int // an eventfd: rings for the end
	ended sync.WaitGroup

	mu    sync.Mutex
	conns []*loopConn // by slot; nil: the slot is free
	free  []int32

	// The rest belongs to the loop's goroutine.
	events [1024]unix.EpollEvent
	due    []*loopConn // has something to be read
	more   []*loopConn // had more than one read takes
	full   bool        // there may be more than events holds
	buf    []byte      // what is read at once, behind room for what was left of the read before
	msg    message
	heads  *headReader
	nap    napper
}

const (
	loopRead = 128 << 10 // read at once: each read sends an acknowledgement, which costs as much as reading 64 KB
	loopRoom = 16 << 10  // for an event of which the beginning was in the read before
	bellSlot = -1
)

func newLoop(clock func() int64) (*loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	room, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("epoll_create1", err), unix.Close(epoll))
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("eventfd", err), unix.Close(epoll), unix.Close(room))
	}
	l := &loop{
		epoll: epoll, room: room, bell: bell, buf: make([]byte, loopRoom+loopRead),
		heads: newHeadReader(), nap: napper{now: clock},
	}
	if err := errors.Join(watch(epoll, bell, bellSlot, unix.EPOLLIN), watch(room, bell, bellSlot, unix.EPOLLIN)); err != nil {
		return nil, errors.Join(err, unix.Close(bell), unix.Close(epoll), unix.Close(room))
	}
	l.ended.Go(l.run) // both end with close
	l.ended.Go(l.tellRoom)
	return l, nil
}

// close ends the loop and waits for it. No exchange may be under way.
func (l *loop) close() {
	one := [8]byte{1}
	if _, err := unix.Write(l.bell, one[:]); err != nil {
		panic("an eventfd that is never read refuses its first write: " + err.Error())
	}
	l.ended.Wait()
	_, _, _ = unix.Close(l.bell), unix.Close(l.epoll), unix.Close(l.room)
}

// watch has an epoll tell of a descriptor, until that is closed.
func watch(epoll, fd int, slot int32, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: slot}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &ev))
}

// add takes a connection in, whose socket must not block.
func (l *loop) add(c *loopConn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		c.slot = l.free[n-1]
		l.free = l.free[:n-1]
		l.conns[c.slot] = c
	} else {
		c.slot = int32(len(l.conns))
		l.conns = append(l.conns, c)
	}
	// Edges: a connection that was read to its end is heard of again when more comes.
	return watch(l.epoll, c.fd, c.slot, unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLET)
}

// forget frees the slot of a connection that was closed.
func (l *loop) forget(c *loopConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c.slot] = nil
	l.free = append(l.free, c.slot)
}

func (l *loop) run() {
	for {
		n := l.wait()
		if l.collect(n) {
			return
		}
		for _, c := range l.due {
			if c.ready(l) {
				l.more = append(l.more, c)
			}
		}
		l.nap.round(len(l.due))
		clear(l.due)
		l.due = l.due[:0]
		if len(l.more) > 0 || l.full {
			runtime.Gosched() // the client may have no other core to send on
		}
	}
}

// wait waits for something to be read, or takes a nap and looks what there is.
func (l *loop) wait() (n int) {
	switch {
	case len(l.more) > 0 || l.full:
		return l.look()
	case l.nap.napping:
		time.Sleep(napTime)
		return l.look()
	}
	if n := l.look(); n > 0 {
		return n
	}
	return block(l.epoll, l.events[:])
}

// block waits until there is something.
func block(epoll int, events []unix.EpollEvent) int {
	for {
		n, err := unix.EpollWait(epoll, events, -1)
		switch err {
		case nil:
			return n
		case unix.EINTR:
		default:
			panic("epoll_wait: " + err.Error()) // of a descriptor of our own
		}
	}
}

// look says what there is, without waiting and without a word to the scheduler.
func (l *loop) look() int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events[0])),
		uintptr(len(l.events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// collect finds the connections that have something to be read; true means that
// the bell rang.
func (l *loop) collect(n int) (end bool) {
	l.full = n == len(l.events)
	l.due = append(l.due, l.more...)
	clear(l.more)
	l.more = l.more[:0]
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.events[:n] {
		ev := &l.events[i]
		if ev.Fd == bellSlot {
			return true
		}
		// Of a slot that has a new connection since, this is at worst a read in vain.
		if c := l.conns[ev.Fd]; c != nil {
			c.hangup = c.hangup || ev.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
			l.due = append(l.due, c)
		}
	}
	return false
}

// awaitRoom has tellRoom say when a connection can be written to again.
func (l *loop) awaitRoom(c *loopConn) error {
	ev := unix.EpollEvent{Events: unix.EPOLLOUT | unix.EPOLLONESHOT, Fd: c.slot}
	err := unix.EpollCtl(l.room, unix.EPOLL_CTL_MOD, c.fd, &ev)
	if err == unix.ENOENT {
		err = unix.EpollCtl(l.room, unix.EPOLL_CTL_ADD, c.fd, &ev)
	}
	return os.NewSyscallError("epoll_ctl", err)
}

// tellRoom tells writers that their connections have room.
func (l *loop) tellRoom() {
	var events [16]unix.EpollEvent
	for {
		for _, ev := range events[:block(l.room, events[:])] {
			if ev.Fd == bellSlot {
				return
			}
			l.mu.Lock()
			if c := l.conns[ev.Fd]; c != nil {
				signal(c.room)
			}
			l.mu.Unlock()
		}
	}
}
