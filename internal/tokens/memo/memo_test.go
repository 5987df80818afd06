package memo

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestAppend(t *testing.T) {
	t.Parallel()
	c := New()
	calls := 0
	encode := func(ids []int32, piece string) []int32 {
		calls++
		for _, b := range []byte(piece) {
			ids = append(ids, int32(b))
		}
		return ids
	}
	for round := range 2 {
		for i := range 70_000 { // more than it holds
			piece := strconv.Itoa(i)
			want := append([]int32{-1}, encode(nil, piece)...)
			calls--
			if got := c.Append([]int32{-1}, piece, encode); !slices.Equal(got, want) {
				t.Fatalf("round %d: %q gives %v, want %v", round, piece, got, want)
			}
		}
	}
	calls = 0
	for range 10 {
		c.Append(nil, "again", encode)
		c.Append(nil, strings.Repeat("long", 100), encode)
	}
	if calls > 11 {
		t.Errorf("%d calls for a piece that comes again and one that is not kept", calls)
	}
}
