// Package backends holds the protocols: one file a kind. A kind turns requests
// into calls and answers into events.
//
// In: a section of `backends:`, then requests of a dataset and the events of a
// stream. Out: calls (method, URL, header, body) and what each event says:
// content, reasoning, tool calls, usage, finish reason, audit, error.
//
// Kinds are pure codecs. They open no connection and no file but those of `tls:`,
// read no clock, and render the same request to the same bytes every time. The
// one thing that changes after opening is what only a running server can tell:
// the model (UseModels) and the address of a simulator (Connect), both before
// the first request.
//
// openai, vllm, maas and simulator speak one protocol and differ in a few keys;
// they share family.go (the codec), chat.go (bodies) and decoder.go, which reads
// an event by the cheapest of three readers that understands it: mould.go (like
// the one before but for its text), scan.go (usual), chunk.go (anything).
package backends
