package bpe

// State is the piece in hand. It may be used for any Model, in one goroutine at
// a time; its zero value is ready.
type State struct {
	ids    []int32 // the symbols of the piece
	starts []int32 // where each begins in the piece, and where the last ends
	ranks  []int32 // of merging a symbol with the next, or never
	merged []int32 // what that gives

	// In long pieces symbols are linked.
	next, prev []int32
	queue      []uint64 // merges, as a heap
}
