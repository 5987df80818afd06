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
// A kind lists the protocols that it speaks (protocol.go: path, body, limit,
// decoder) and shares all else with the others (family.go, endpoint.go, keys.go).
// The protocols of OpenAI's chat and completions read their events by the cheapest
// of three readers that understands them (decoder.go): mould.go (like the one
// before but for its text), scan.go (usual), chunk.go (anything). All others find
// values at known places with sieve.go, in one pass; glean.go holds what their
// decoders share. http.go has both, request and places, from the scenario
// (template.go, answer.go).
package backends
