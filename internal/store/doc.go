// Package store is the run directory: the only witness of a run.
//
//	manifest.json                            what was asked for, and on which machine
//	journal.jsonl                            what happened: one checksummed line per event
//	cells/<id>/attempt-<n>/samples.jsonl     one request a line, while the cell runs
//	cells/<id>/attempt-<n>/samples.jsonl.zst the same, once the cell is committed
//	cells/<id>/summary.json                  what was computed from it
//	result.json                              the document that comparisons read
//
// In: samples as they end, events, summaries, the result. Out: the same, read
// back as a stream, by this process or by a later one.
//
// A cell is the unit of commit and of resume. What is committed survives a
// kill, a full disk and a power cut: data are written and synced, renamed, the
// folder is synced, and only then does the journal say so. What is not
// committed stays readable up to its last whole line and is run again as a new
// attempt.
//
// It must never write outside its directory, write a secret, store texts that
// were not asked for, overwrite an attempt, continue after a failed sync, or
// pass a damaged line over in silence. It computes nothing.
package store
