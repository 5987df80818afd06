// Command bench-client measures what loadgate itself costs: it runs the shipped
// binary (`loadgate run`, with store, stamps and checks) against a server in
// another process that writes answers rendered beforehand and logs when it wrote
// them, compares the stored samples with that log request by request, and prints
// one table. Beside loadgate, in the same run and against the same server, it
// runs a reference client: the least that a Go program can do to read the same
// streams.
//
//	scripts/bench-client/run             # the whole table, about five minutes
//	scripts/bench-client/run -only bulk  # one part of it
//
// The program is all three processes: `bench-client server` and `bench-client
// reference` are started by it. Linux only.
package main
