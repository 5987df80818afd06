// Package split finds what the patterns of byte-pair encodings match.
//
// In: the text of a regular expression, as published vocabularies have it, and
// texts. Out: where it matches. The patterns of the models that matter are
// known by their exact text and written by hand, twenty times as fast as an
// engine for regular expressions, which does the others.
//
// Vocabularies' patterns are written for Oniguruma or for Rust's engines. A
// pattern that could mean something else here is refused, and never run.
//
// Texts must be valid UTF-8. Characters are of the kinds that Unicode 16 gives
// them, although package unicode knows Unicode 15.
package split
