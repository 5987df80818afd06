// Package engine runs one repeat of one cell: it sends requests when the
// schedule says so and yields a Sample for each.
//
//  1. Prepare: sessions are drawn from the dataset and their first turns rendered
//     to bytes.
//  2. Dispatch: a closed loop keeps its slots busy with sessions; an open loop
//     releases each session at its intended time and never waits for an answer.
//     Later turns are rendered, and become due, once they can be.
//  3. Receive: a recorder per request stamps the events of its stream.
//  4. End: the count is reached or the window is over; what is in flight is
//     awaited. A stop ends the sending too; a cancellation, or what makes the
//     repeat void, ends the requests in flight as well.
//
// In: a Config. Out: each Sample once its request has ended, and the Totals, in
// which planned = sent + unsent and sent is the number of samples, however the
// load came to its end.
//
// It owns every goroutine of the load. It computes no metric, judges nothing,
// writes no file, and meets protocols and datasets only as llm.Backend and
// llm.Dataset.
package engine
