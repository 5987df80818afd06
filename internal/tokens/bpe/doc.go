// Package bpe merges the symbols of a piece of text into tokens, by byte-pair
// encoding as OpenAI's tiktoken and Hugging Face's tokenizers do it.
//
// In: a vocabulary with its merges, and pieces of text that were split apart
// before. Out: the ids of each piece's tokens. Nothing is ever merged across
// two pieces.
//
// A Model never changes once it is made, and serves any number of goroutines,
// each with a State of its own.
package bpe
