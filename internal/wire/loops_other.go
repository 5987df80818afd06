//go:build !linux

package wire

import "context"

// loops stand for the event loops, which rely on the kernel's receive stamps.
type loops struct{ off bool }

func newLoops(*Client) *loops { return &loops{} }

func (*loops) close() {}

func (*loops) carry(*exchange) bool { return false }

func (*loops) run(context.Context, *exchange, endpoint) error { return nil }

func (*loops) serves(*route) bool { return false }

func (*loops) open(context.Context, endpoint) error { return nil }
