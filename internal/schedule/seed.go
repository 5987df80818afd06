package schedule

import (
	"crypto/sha256"
	"encoding/binary"
)

// Seed derives the seed of one part of a run from the run's own: of a cell, a
// repeat, a request. Parts say which, in order; ("a", "bc") and ("ab", "c")
// differ. Different parts give unrelated seeds, equal ones the same seed on
// every machine and in every version:
//
//	SHA-256(base, then of each part its length and its bytes), first 8 bytes
//
// with numbers as 8 bytes, most significant first.
func Seed(base uint64, parts ...string) uint64 {
	message := binary.BigEndian.AppendUint64(nil, base)
	for _, part := range parts {
		message = binary.BigEndian.AppendUint64(message, uint64(len(part)))
		message = append(message, part...)
	}
	digest := sha256.Sum256(message)
	return binary.BigEndian.Uint64(digest[:8])
}
