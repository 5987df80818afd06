// Package kind holds families of things that a scenario selects by `kind:`.
// A family is a map literal from kind name to constructor; Set finds the
// constructor, or says which kinds there are.
package kind
