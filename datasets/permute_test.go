package datasets

import (
	"slices"
	"testing"
)

func TestPermuteIsAPermutation(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 10, 63, 64, 65, 1000, 4096, 4097, 50_000} {
		for key := range uint64(3) {
			seen := make([]bool, n)
			for at := range n {
				to := permute(key, n, at)
				if to < 0 || to >= n || seen[to] {
					t.Fatalf("n %d, key %d: %d goes to %d", n, key, at, to)
				}
				seen[to] = true
			}
		}
	}
}

// All orders of a few rows come up about equally often.
func TestPermuteIsEven(t *testing.T) {
	t.Parallel()
	const n, orders, keys = 4, 24, 24_000
	counts := map[[n]int]int{}
	for key := range uint64(keys) {
		var order [n]int
		for at := range n {
			order[at] = permute(scramble(key), n, at)
		}
		counts[order]++
	}
	chi := 0.0
	for _, c := range counts {
		d := float64(c) - keys/orders
		chi += d * d / (keys / orders)
	}
	if len(counts) != orders || chi > 49.7 { // 99.9 % point for 23 degrees of freedom
		t.Errorf("%d orders, chi-squared %.1f", len(counts), chi)
	}
}

// Neighbours in the file do not stay neighbours.
func TestPermuteSeparatesNeighbours(t *testing.T) {
	t.Parallel()
	const n = 10_000
	near := 0
	for at := range n - 1 {
		if d := permute(9, n, at) - permute(9, n, at+1); d == 1 || d == -1 {
			near++
		}
	}
	if near > 12 { // 2 are to be expected
		t.Errorf("%d pairs stay together", near)
	}
}

func TestRowsStartAgain(t *testing.T) {
	t.Parallel()
	order := func(src string, seed uint64, round int) []string {
		d := open(t, src)
		var out []string
		for i := range d.Rows() {
			out = append(out, request(t, d, seed, round*d.Rows()+i).Prompt)
		}
		return out
	}
	const file, shuffled = `{kind: sharegpt, path: sharegpt.json, order: file}`, `{kind: sharegpt, path: sharegpt.json}`
	inFile := order(file, 1, 0)
	for round := range 3 {
		if !slices.Equal(order(file, uint64(round), round), inFile) {
			t.Errorf("order: file changes in round %d", round)
		}
	}
	first := order(shuffled, 1, 0)
	if slices.Equal(first, inFile) || slices.Equal(first, order(shuffled, 1, 1)) || slices.Equal(first, order(shuffled, 2, 0)) {
		t.Error("order: shuffled has the same order in another round, or for another seed")
	}
	if !slices.Equal(slices.Sorted(slices.Values(first)), slices.Sorted(slices.Values(inFile))) {
		t.Error("a shuffled round does not have every row once")
	}
}
