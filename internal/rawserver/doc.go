// Package rawserver is a server that costs almost nothing: answers rendered
// beforehand, written as they are by one thread, each token at its time, and a
// log of when that really was. Clients are measured against it.
//
// In: HTTP/1.1 requests on the loopback, of which it reads the path (what answer
// is wanted, see Shape) and x-request-id. Out: a stream as vLLM sends it, and the
// Truth of each request.
//
// It speaks just enough HTTP for one client that it trusts, and imports nothing of
// this module: a mistake made there could otherwise be made twice and cancel
// itself out. internal/sim is the one that behaves like an inference server.
package rawserver
