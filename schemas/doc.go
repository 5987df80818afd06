// Package schemas holds the published formats of loadgate: JSON Schemas for the
// scenario file, the result document and the stored samples.
//
// The scenario's schema is put together from scenario.base.json and one
// fragment for each kind (backends/*.json, datasets/*.json, reports/*.json): the
// file's stem is the kind's name, and `kind:` selects the branch, so that only
// the branch that was meant reports mistakes. Two builds come out of one source:
// the strict one checks values after references to the environment have been
// resolved; the published one (scenario.v1.schema.json, for editors) also takes
// "${env:NAME}" wherever a scalar stands.
//
// In: embedded files. Out: bytes. It imports nothing of loadgate's and never
// validates anything itself.
package schemas
