//go:build !linux

package engine

// platform knows nothing here; the checks that need CPU time are skipped.
func (*reading) platform() {}
