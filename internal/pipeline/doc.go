// Package pipeline is the one loop over the cells of a plan, and the only
// package that knows every stage:
//
//  1. Open: the sections of each cell become a backend and a dataset, the rules
//     are compiled. `validate` and `plan` stop here: no network was touched.
//  2. Preflight: one request to each backend, so that a run that cannot work
//     ends in a second and not after hours.
//  3. Run: for each cell the engine yields samples, the store keeps them.
//  4. Build: result.json is computed from the store alone, so that `run` and a
//     later `report` cannot disagree.
//  5. Report: reporters render it.
//
// It makes no decision of its own about numbers: metrics computes, validity
// doubts, gate judges.
package pipeline
