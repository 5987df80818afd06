// Package archtest holds the tests that keep the house in order: which package
// may import which, and where each third-party module lives. It has no code of
// its own.
package archtest
