// Package sim is a calibrated LLM inference server: an http.Handler that
// speaks the OpenAI dialect of vLLM, Anthropic's messages and ollama's own (form.go),
// and spends time as a real engine does.
//
// In: HTTP requests, a Config (the cost model and the script of faults) and a
// token counter. Out: answers and streams, Prometheus metrics under vLLM's
// names, and, on request, the truth: one JSON line per request that says when
// it arrived and when each of its tokens was written.
//
// How it works:
//
//  1. A request becomes a sequence: prompt tokens to prefill, output tokens to
//     produce, and perhaps a fault (script.go). Both are functions of the seed
//     and of the request's x-request-id, not of time.
//  2. One scheduler goroutine (engine.go) runs a continuous-batching model
//     (batch.go): a waiting queue, a maximum batch, a token budget per
//     iteration that prefill and decode share, and an iteration time that
//     grows with both. Hence time to first token grows with the prompt and the
//     queue, and the gap between tokens with the batch.
//  3. Iterations stand on an absolute schedule: each deadline is the one
//     before plus the iteration's time, so that a late timer delays one token
//     and not all that follow. What lateness remains is in the truth.
//  4. Each request's own goroutine writes its chunks (stream.go, answer.go).
//
// A line of truth:
//
//	request_id        the x-request-id header, may be empty
//	index             order of arrival, from 1
//	arrived_ns        when the handler was entered; ns since 1970
//	tokens_ns         for each token sent, when the write of its chunk began,
//	                  so that no client can have seen it earlier; tokens of one
//	                  chunk share a stamp, without streaming all of them
//	chunks            events (or bodies) with content
//	outcome           completed, audit, in_band_error, stalled (paused, then
//	                  completed), reset, truncated, empty, cancelled (the client
//	                  left, or Close came), or http_ and the status that refused it
//	status            the HTTP status; 0 when none was sent
//	prompt_tokens     0 when it was refused before its prompt was counted
//	output_tokens     the length of tokens_ns; reasoning_tokens are a part of it
//	late_ns           the largest delay of a token's write behind the model's
//	                  schedule: how much this server was slower than it claims
//
// The package must never import another package of this module: a mistake in
// the client's codecs could otherwise be made twice and cancel itself out. It
// opens no sockets and no files; the caller serves it and hands it a writer.
package sim
