package memo

import (
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// units encodes a piece as its bytes, and counts how often it is asked.
func units(calls *int) func(ids []int32, piece string) []int32 {
	return func(ids []int32, piece string) []int32 {
		*calls++
		for _, b := range []byte(piece) {
			ids = append(ids, int32(b)<<16)
		}
		return ids
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	c := New(0)
	calls := 0
	encode := units(&calls)
	rng := rand.New(rand.NewPCG(1, 0))
	for range 400_000 { // of more pieces than it holds
		piece := strconv.Itoa(rng.IntN(150_000)) + strings.Repeat("x", rng.IntN(4)*rng.IntN(12))
		want := encode([]int32{-1}, piece)
		if got := c.Append([]int32{-1}, piece, encode); !slices.Equal(got, want) {
			t.Fatalf("%q gives %v, want %v", piece, got, want)
		}
	}
}

func TestWhatIsMetAgainIsRemembered(t *testing.T) {
	t.Parallel()
	c := New(0)
	calls := 0
	encode := units(&calls)
	for range 3 {
		for i := range 1000 {
			c.Append(nil, strconv.Itoa(i), encode)
		}
	}
	if calls > 1050 {
		t.Errorf("%d calls for 1000 pieces that come again", calls)
	}
}

// Whatever is put into a bucket, what it still holds is right.
func TestBucketsAreWhole(t *testing.T) {
	t.Parallel()
	c := &Cache{maphash.MakeSeed(), make([]bucket, 1)}
	calls := 0
	encode := units(&calls)
	for i := range 1 << 14 {
		for _, piece := range []string{strings.Repeat("a", 1+i%130), strings.Repeat("b", 1+i%7)} {
			want := encode(nil, piece)
			if got := c.Append(nil, piece, encode); !slices.Equal(got, want) {
				t.Fatalf("%q gives %v, want %v", piece, got, want)
			}
		}
	}
	none := func(ids []int32, _ string) []int32 { calls++; return ids }
	calls = 0
	for range 2 {
		if got := c.Append(nil, "a piece without tokens", none); len(got) != 0 {
			t.Errorf("a piece without tokens gives %v", got)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls for a piece without tokens that comes again", calls)
	}
}
