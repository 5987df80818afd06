package bpe

// Absent stands where no token is: a byte without one, no unknown token.
const Absent int32 = -1

// Model is a vocabulary with its merges and the rules for what is unknown.
//
// With Pairs, symbols merge as a list of merges says. Without, two neighbours
// merge if what they spell together is in Vocab, the lowest id first: that is
// how OpenAI's vocabularies are defined.
type Model struct {
	Vocab map[string]int32 // a piece that is in it is that token, whatever Pairs say; may be nil
	Pairs *Pairs

	// The first symbols of a piece are its bytes (Bytes), or, where Runes is
	// set, its runes.
	Bytes [256]int32 // Absent: unknown
	Runes map[string]int32

	Fallback     *[256]int32 // with Runes: what an unknown rune's bytes become; nil: no fallback
	Unknown      int32       // Absent: what is unknown is left out
	FuseUnknown  bool        // neighbouring unknown symbols are one
	Continuation string      // stands before every rune but the first when it is looked up in Runes
	End          string      // stands after the last rune when it is looked up in Runes
}

// Append adds the ids of piece's tokens to ids. s may not be in use elsewhere.
func (m *Model) Append(ids []int32, piece string, s *State) []int32 {
	if id, ok := m.Vocab[piece]; ok {
		return append(ids, id)
	}
	if m.Runes == nil {
		s.bytes(m, piece)
	} else {
		s.runes(m, piece)
	}
	s.merge(rules{m.Pairs, m.Vocab, piece})
	return append(ids, s.ids...)
}
