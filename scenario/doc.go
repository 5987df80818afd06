// Package scenario turns the bytes of a scenario file into an ordered plan.
//
//  1. Parse: YAML to a tree with places (internal/yamlpos).
//  2. A profile and --set change the tree; on an axis they narrow it.
//  3. Schema: the tree is checked against the JSON Schema, so that unknown keys,
//     wrong types and missing keys are found in every section of every kind.
//  4. Expand: matrix axes, exclude, include and override make cells, each a
//     whole tree again, checked again.
//  5. Decode: each cell becomes a typed Cell with an ID, a key and seeds.
//
// Read does all of it and returns every mistake at once. A secret that stands in
// the file is a mistake, and is covered in the sources that diagnostics quote.
//
// It is pure: no clock, no network, no environment but the lookup it is given,
// no files but through the file system it is given. It does not know what kinds
// exist beyond the schema fragments, and does not open backends or datasets.
package scenario
