// Package tokens counts the tokens of a text and makes texts of an exact
// number of tokens, with the byte-pair encodings of OpenAI's models.
//
// In: the name of an encoding or model, texts, lengths, and the caller's
// random numbers. Out: counts, and texts that count what was asked. The same
// random numbers give the same text in every process.
//
// A vocabulary is loaded when its name is first opened (5 to 50 ms) and kept,
// and its words are listed when it first makes a text (20 to 150 ms). Importing
// the package costs nothing at start-up. The package is the only importer of
// tiktoken-go/tokenizer, which must stay at v0.7.0: releases from v0.8 to at
// least v0.10 split blank lines that hold spaces wrongly, and a test here
// fails with them.
//
// A count is of the plain text. What a server's chat template adds around it
// is not known here, nor are special tokens: a text that spells one out is
// counted as text.
//
// The package must never reach for the network, where other tools fetch
// vocabularies, nor draw random numbers of its own.
package tokens
