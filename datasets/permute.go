package datasets

import "math/bits"

// permute returns the place of at, 0 <= at < n, in the permutation of n that
// key selects. It takes no memory and the same short time for every place,
// where a shuffled list would have to be made and kept for each seed and round.
//
// The permutation is a Feistel network over the numbers of 2h bits, the
// smallest such set that holds n and at least 64 numbers; a result of n or more
// is put in again until one is below n (cycle walking), at most a few times on
// average for all but the smallest n.
//
// Source: Black and Rogaway, "Ciphers with arbitrary finite domains" (2002).
func permute(key uint64, n, at int) int {
	const rounds = 8
	h := max(3, (bits.Len(uint(n-1))+1)/2)
	mask := uint64(1)<<h - 1
	for x := uint64(at); ; {
		left, right := x>>h, x&mask
		for round := range uint64(rounds) {
			left, right = right, left^(scramble(key^right^round<<56)&mask)
		}
		if x = left<<h | right; x < uint64(n) {
			return int(x)
		}
	}
}

// scramble is SplitMix64's output function: a change of one bit of x changes
// about half of the result's.
//
// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators" (2014).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
