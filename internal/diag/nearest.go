package diag

import (
	"fmt"
	"strings"
)

// Nearest returns the known word that word was probably meant to be, or "" when
// none is near: at most a third of the longer word's letters may differ
// (optimal string alignment distance, letter case ignored).
func Nearest(word string, known []string) string {
	best, bestDistance := "", 1<<30
	for _, k := range known {
		limit := max(1, max(len(word), len(k))/3)
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d <= limit && d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// DidYouMean is the hint for an unknown word: the nearest known one, else the
// list of all of them.
func DidYouMean(word string, known []string) string {
	if n := Nearest(word, known); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	if len(known) == 0 {
		return ""
	}
	return "known: " + strings.Join(known, ", ")
}

// distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours each cost 1.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, cur := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		cur[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			cur[j] = min(last[j]+1, cur[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, last, cur = last, cur, before
	}
	return last[len(t)]
}
