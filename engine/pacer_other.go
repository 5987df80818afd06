//go:build !linux

package engine

import "time"

// sleepExactly is the runtime's sleep where there is no better one.
func sleepExactly(d time.Duration) { time.Sleep(d) }

func sharpen() {}

func blunt() {}
