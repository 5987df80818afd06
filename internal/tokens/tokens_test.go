package tokens_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"loadgate/internal/tokens"
)

func open(t testing.TB, name string) tokens.Maker {
	t.Helper()
	m, err := tokens.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// eachEncoding runs f for every encoding in parallel.
func eachEncoding(t *testing.T, f func(t *testing.T, m tokens.Maker)) {
	t.Helper()
	t.Parallel()
	for _, name := range tokens.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open(t, name))
		})
	}
}

func TestMakeIsExact(t *testing.T) {
	eachEncoding(t, func(t *testing.T, m tokens.Maker) {
		for i := range 200 {
			n := i
			if i >= 190 {
				n = (i - 189) * 400 // up to 4,000
			}
			text := m.Make(seeded(uint64(i)), n)
			if got := m.Count(text); got != n {
				t.Fatalf("Make(%d) counts %d", n, got)
			}
			if got := m.Count(strings.TrimSpace(text)); got != n {
				t.Fatalf("Make(%d) without its leading space counts %d: %.20q…", n, got, text)
			}
		}
	})
}

func TestMadeTextsAddUp(t *testing.T) {
	eachEncoding(t, func(t *testing.T, m tokens.Maker) {
		for i := range 300 {
			rng := seeded(uint64(i))
			p, n := rng.IntN(30), rng.IntN(300)
			prefix, rest := m.Make(rng, p), m.Make(rng, n)
			if got := m.Count(prefix + rest); got != p+n {
				t.Fatalf("%d and %d tokens count %d: %q + %q", p, n, got, prefix, rest)
			}
		}
	})
}

func TestMakeOfNothing(t *testing.T) {
	eachEncoding(t, func(t *testing.T, m tokens.Maker) {
		for _, n := range []int{0, -3} {
			if got := m.Make(seeded(1), n); got != "" {
				t.Errorf("Make(%d) = %q", n, got)
			}
		}
		if got := m.Count(""); got != 0 {
			t.Errorf("an empty text counts %d", got)
		}
	})
}

// Equal bodies from equal seeds are promised from version to version.
func TestMadeTextsStayWhatTheyWere(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"cl100k_base": " imgs lizard extended individuals ml jogador",
		"o200k_base":  " lyn gudaha minder append gouver qull",
		"p50k_base":   " ket rink pictures vehicle inqu mathematician",
		"r50k_base":   " ket rink pictures vehicle inqu mathematician",
	} {
		if got := open(t, name).Make(seeded(42), 6); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A prefix cache on the server must find nothing to reuse.
func TestMadeTextsDiffer(t *testing.T) {
	t.Parallel()
	m := open(t, "cl100k_base")
	seen := map[string]bool{}
	firsts := map[string]bool{}
	for seed := range uint64(2000) {
		text := m.Make(seeded(seed), 16)
		seen[text] = true
		firsts[strings.Fields(text)[0]] = true
	}
	if len(seen) != 2000 {
		t.Errorf("%d different texts of 2000", len(seen))
	}
	if len(firsts) < 1000 {
		t.Errorf("only %d different first words in 2000 texts", len(firsts))
	}
}

func TestConcurrentUse(t *testing.T) {
	eachEncoding(t, func(t *testing.T, m tokens.Maker) {
		want := m.Make(seeded(1), 50)
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 20 {
					if n := m.Count(m.Make(seeded(uint64(g)), i)); n != i {
						t.Errorf("Make(%d) counts %d", i, n)
					}
				}
				if got := m.Make(seeded(1), 50); got != want {
					t.Error("the same random numbers gave another text")
				}
			})
		}
		wg.Wait()
	})
}

func TestOpenByModel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"o200k_base":                 "o200k_base",
		"gpt-4o":                     "o200k_base",
		"gpt-4o-mini":                "o200k_base",
		"gpt-4o-2024-08-06":          "o200k_base",
		"gpt-4.1-nano":               "o200k_base",
		"gpt-5-mini":                 "o200k_base",
		"gpt-oss-120b":               "o200k_base",
		"o1":                         "o200k_base",
		"o3-mini":                    "o200k_base",
		"o4-mini-2025-04-16":         "o200k_base",
		"ft:gpt-4o-mini:org::id":     "o200k_base",
		"ft:gpt-4:org::id":           "cl100k_base",
		"gpt-4":                      "cl100k_base",
		"gpt-4-0613":                 "cl100k_base",
		"gpt-4-turbo":                "cl100k_base",
		"gpt-3.5-turbo-0125":         "cl100k_base",
		"gpt-35-turbo":               "cl100k_base",
		"text-embedding-3-small":     "cl100k_base",
		"davinci-002":                "cl100k_base",
		"text-davinci-003":           "p50k_base",
		"code-davinci-001":           "p50k_base",
		"text-davinci-edit-001":      "p50k_edit",
		"davinci":                    "r50k_base",
		"text-similarity-ada-001":    "r50k_base",
		"text-search-babbage-doc-01": "r50k_base",
		"gpt2":                       "r50k_base",
	} {
		if got := open(t, name).Name(); got != want {
			t.Errorf("%s uses %s, want %s", name, got, want)
		}
	}
}

func TestOpenUnknown(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"cl100k":     `unknown tokenizer "cl100k": `,
		"cl100k_bas": `did you mean "cl100k_base"?`,
		"o200k-base": `did you mean "o200k_base"?`,
		"gpt4o":      `did you mean "gpt-4o"?`,
		"bert":       "known are cl100k_base, o200k_base, p50k_base, p50k_edit, r50k_base, OpenAI's models such as gpt-4o, a tokenizer.json or its folder",
		"none":       `tokenizer "none" counts nothing`,
	} {
		_, err := tokens.Open(name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q): error %v, want one with %q", name, err, want)
		}
	}
}
