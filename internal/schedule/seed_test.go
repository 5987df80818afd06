package schedule_test

import (
	"testing"

	"loadgate/internal/schedule"
)

// References, Python:
//
//	w = lambda n: n.to_bytes(8, 'big')
//	m = w(base) + b''.join(w(len(p)) + p for p in parts)
//	int.from_bytes(hashlib.sha256(m).digest()[:8], 'big')
func TestSeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		base  uint64
		parts []string
		want  uint64
	}{
		{42, []string{}, 12014217582344364938},
		{42, []string{""}, 13789621580203367573},
		{42, []string{"cell", "load.concurrency=8", "0"}, 17790547360317922693},
		{0, []string{"é"}, 5719626838117436437},
		{18446744073709551615, []string{"a", "b"}, 15101084812077096854},
	} {
		if got := schedule.Seed(c.base, c.parts...); got != c.want {
			t.Errorf("Seed(%d, %q) = %d, want %d", c.base, c.parts, got, c.want)
		}
	}
}

func TestSeedSeparatesItsParts(t *testing.T) {
	t.Parallel()
	seen := map[uint64]string{}
	for name, got := range map[string]uint64{
		"no part":        schedule.Seed(42),
		"an empty part":  schedule.Seed(42, ""),
		"two of them":    schedule.Seed(42, "", ""),
		"a bc":           schedule.Seed(42, "a", "bc"),
		"ab c":           schedule.Seed(42, "ab", "c"),
		"abc":            schedule.Seed(42, "abc"),
		"c ab":           schedule.Seed(42, "c", "ab"),
		"another base":   schedule.Seed(43, "abc"),
		"base in a part": schedule.Seed(0, "42", "abc"),
	} {
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q give the same seed", name, other)
		}
		seen[got] = name
	}
}
