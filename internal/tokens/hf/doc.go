// Package hf encodes texts as Hugging Face's library tokenizers does with a
// tokenizer.json.
//
// In: the bytes of such a file, and texts. Out: the ids of their tokens. A text
// passes through five stages:
//
//  1. Added tokens that stand in it verbatim are cut out.
//  2. The rest is normalised.
//  3. Added tokens that are to be found in normalised text are cut out.
//  4. Pre-tokenisers split what is left into pieces.
//  5. The model (BPE, WordPiece or Unigram) encodes each piece.
//
// What a post-processor would put around the tokens of a text, such as <s> or
// [CLS], is not added, and truncation and padding are not done: a text has the
// tokens that it is made of.
//
// A file with a part that is not known here is refused with that part's name.
// Nothing is approximated.
package hf
