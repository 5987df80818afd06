package bpe

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// toy is a vocabulary of letters whose merges are listed in order; what they
// make gets ids from 10 on.
func toy(t *testing.T, merges ...string) *Model {
	t.Helper()
	m := &Model{Runes: map[string]int32{"a": 0, "b": 1, "c": 2, "d": 3}, Unknown: Absent, Pairs: NewPairs(len(merges))}
	for rank, merge := range merges {
		left, right, _ := strings.Cut(merge, " ")
		id, ok := m.Runes[left+right]
		if !ok {
			id = int32(10 + rank)
			m.Runes[left+right] = id
		}
		m.Pairs.Add(m.Runes[left], m.Runes[right], int32(rank), id)
	}
	return m
}

func TestMerge(t *testing.T) {
	t.Parallel()
	m := toy(t, "a b", "b c", "ab c", "a a", "aa a")
	for text, want := range map[string][]int32{
		"":       nil,
		"a":      {0},
		"abc":    {12},        // a b comes before b c
		"bc":     {11},        //
		"aaa":    {14},        // the first pair of two that are alike
		"aaaa":   {13, 13},    // of two pairs that are alike both
		"dabd":   {3, 10, 3},  //
		"aabcbc": {0, 12, 11}, // a b is earlier than a a
		"axb":    {10},        // what is unknown and has no token is not there
	} {
		if got := m.Append(nil, text, &State{}); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	var bytes [256]int32
	for b := range bytes {
		bytes[b] = int32(100 + b)
	}
	partial := bytes
	partial['x'] = Absent
	for _, c := range []struct {
		name     string
		fallback *[256]int32
		fuse     bool
		text     string
		want     []int32
	}{
		{"each", nil, false, "axyb", []int32{0, 99, 99, 1}},
		{"fused", nil, true, "axybz", []int32{0, 99, 1, 99}},
		{"bytes", &bytes, true, "aéb", []int32{0, 100 + 0xC3, 100 + 0xA9, 1}},
		{"bytes come before what waits", &partial, true, "axéb", []int32{0, 100 + 0xC3, 100 + 0xA9, 99, 1}},
	} {
		m := toy(t)
		m.Unknown, m.Fallback, m.FuseUnknown = 99, c.fallback, c.fuse
		if got := m.Append(nil, c.text, &State{}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestContinuationAndEnd(t *testing.T) {
	t.Parallel()
	m := &Model{Runes: map[string]int32{"a": 0, "##b": 1, "##c</w>": 2, "a</w>": 3}, Unknown: 9, Pairs: NewPairs(0), Continuation: "##", End: "</w>"}
	for text, want := range map[string][]int32{"abc": {0, 1, 2}, "a": {3}, "cb": {9, 9}} {
		if got := m.Append(nil, text, &State{}); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// Without a list of merges, the vocabulary is one: the lowest id that two
// neighbours spell comes first, and a piece that is a token is that token.
func TestMergeByVocabulary(t *testing.T) {
	t.Parallel()
	m := &Model{Vocab: map[string]int32{"a": 0, "b": 1, "c": 2, "bc": 3, "ab": 4, "abc": 5, "abab": 6}, Unknown: Absent}
	m.Bytes['a'], m.Bytes['b'], m.Bytes['c'] = 0, 1, 2
	for text, want := range map[string][]int32{"abc": {5}, "abcb": {5, 1}, "bcab": {3, 4}, "abab": {6}, "ababc": {4, 5}} {
		if got := m.Append(nil, text, &State{}); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// The two ways to find the next merge must agree.
func TestLongPiecesMergeLikeShortOnes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 0))
	for range 300 {
		var merges []string
		texts := []string{"a", "b", "c", "d"}
		for range 30 {
			merge := texts[rng.IntN(len(texts))] + " " + texts[rng.IntN(len(texts))]
			if !slices.Contains(merges, merge) {
				merges = append(merges, merge)
				texts = append(texts, strings.ReplaceAll(merge, " ", ""))
			}
		}
		m := toy(t, merges...)
		n := 1 + rng.IntN(200)
		var long, quick State
		for range n {
			id := int32(rng.IntN(4))
			long.add(id, len(long.ids))
			quick.add(id, len(quick.ids))
		}
		long.starts, quick.starts = append(long.starts, int32(n)), append(quick.starts, int32(n))
		for _, s := range []*State{&long, &quick} {
			s.ranks, s.merged = make([]int32, n), make([]int32, n)
		}
		long.mergeLong(&rules{pairs: m.Pairs})
		quick.mergeShort(&rules{pairs: m.Pairs})
		if !slices.Equal(long.ids, quick.ids) {
			t.Fatalf("%q: %v and %v", merges, long.ids, quick.ids)
		}
	}
}

func TestPairs(t *testing.T) {
	t.Parallel()
	p := NewPairs(1000)
	for i := range int32(1000) {
		p.Add(i, i*7, i, i+1)
	}
	p.Add(3, 21, 5, 6) // again
	for i := range int32(1000) {
		rank, id, ok := p.Get(i, i*7)
		if i == 3 {
			rank, id = rank-2, id-2
		}
		if !ok || rank != i || id != i+1 {
			t.Fatalf("%d: %d, %d, %v", i, rank, id, ok)
		}
		if _, _, ok := p.Get(i, i*7+1); ok {
			t.Fatalf("%d has a merge that was never added", i)
		}
	}
}
