// Package result is the stable document that a run leaves behind, result.json:
// its types, reader and writer. What stands in it is described for others by
// schemas/result.v1.schema.json.
//
// It holds values only. Metrics fill it, gates add verdicts, reporters and
// comparisons read it.
package result
