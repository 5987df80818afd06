//go:build race

package main

// raced is whether the race detector watches, which makes the simulator slow.
const raced = true
