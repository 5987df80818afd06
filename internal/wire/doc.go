// Package wire moves bytes and says when they came: it finds the way (proxies,
// tunnels, unix sockets), dials, speaks HTTP/1.1 and HTTP/2, keeps the time limits,
// splits a streamed answer into events (SSE, NDJSON) and names what went wrong
// below the protocol.
//
// In: a rendered llm.Call and a Receiver. Out: each event with the stamp of the
// read that completed it, and one Result. It does not know what an event means:
// that is the Receiver's business, which answers with a Progress.
//
// It never follows a redirect (a key would travel), never asks for compression
// (it would hide the timing), never repeats a request that a server may have
// begun to answer, and never puts a query string or a header into an error.
//
// Plain HTTP/1.1 over TCP, where the kernel stamps what comes, is read by event
// loops of its own (loop_linux.go): one goroutine for many connections, which
// under load naps between rounds instead of waking up for each event. Everything
// else is carried by net/http. Which it is, each call decides by its URL; both
// give the same frames and the same failures, and one corpus of answers is held
// against them all. HTTP/2 is net/http's on connections of a pool of our own,
// whose frames are followed so that each stream's bytes keep their stamps
// (h2conn.go; docs/adr/0020).
//
// Stamps are taken as soon as the read of the socket returns and before anything
// is decrypted or parsed. On Linux each event also has the kernel's own receive
// stamp (SO_TIMESTAMPING): it does not move when the client is short of CPU.
// Events that are read together share both, as do bytes of one event with those
// that complete the next chunk. docs/adr/0016 says what that is worth and where
// it ends.
package wire
