package tokens

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// benched are the tokenizers of benchmarks: those of the record, which are of every
// kind, and the published ones that scripts/tokenizers/compare left in
// LOADGATE_TOKENIZERS.
func benched(b *testing.B) map[string]func() maker {
	b.Helper()
	all := map[string]func() maker{}
	for _, name := range recordedNames(b) {
		if name != "small-superwords" { // makes no texts
			all[name] = func() maker { return openRecorded(b, name) }
		}
	}
	paths, _ := filepath.Glob(filepath.Join(os.Getenv("LOADGATE_TOKENIZERS"), "*", "tokenizer.json"))
	for _, path := range paths {
		if name := filepath.Base(filepath.Dir(path)); !strings.HasPrefix(name, "small-") {
			all[name] = func() maker {
				m, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				return m.(maker)
			}
		}
	}
	return all
}

// The aim is 3 s for 10,000 prompts of 1,024 tokens on two cores, listing the
// words included. Loading is measured by BenchmarkLoad.
func BenchmarkMake10000Prompts(b *testing.B) {
	for name, open := range benched(b) {
		b.Run(name, func(b *testing.B) {
			m := open()
			for b.Loop() {
				fresh := maker{m.name, &vocabulary{tokenizer: m.tokenizer, check: m.check}}
				var wg sync.WaitGroup
				for half := range 2 {
					wg.Go(func() {
						rng := rand.New(rand.NewPCG(uint64(half), 0))
						for range 5000 {
							fresh.Make(rng, 1024)
						}
					})
				}
				wg.Wait()
			}
		})
	}
}

// The aim is 10 MB/s on mixed text for vocabularies on bytes.
func BenchmarkCount(b *testing.B) {
	texts := recordedTexts(b)
	mixed := 0
	for _, text := range texts {
		mixed += len(text)
	}
	for name, open := range benched(b) {
		m := open()
		b.Run(name+"/mixed", func(b *testing.B) {
			b.SetBytes(int64(mixed))
			for b.Loop() {
				for _, text := range texts {
					m.Count(text)
				}
			}
		})
		for kind, text := range map[string]string{
			"code":   source(b),
			"prompt": m.Make(rand.New(rand.NewPCG(1, 0)), 100_000),
			"run":    strings.Repeat("=", 100_000),
		} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					m.Count(text)
				}
			})
		}
	}
}

// source is this package's code.
func source(b *testing.B) string {
	b.Helper()
	paths, _ := filepath.Glob("*/*.go")
	var all strings.Builder
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// The aim is half a second.
func BenchmarkLoad(b *testing.B) {
	paths, _ := filepath.Glob(filepath.Join(os.Getenv("LOADGATE_TOKENIZERS"), "*", "tokenizer.json"))
	for _, path := range paths {
		b.Run(filepath.Base(filepath.Dir(path)), func(b *testing.B) {
			for b.Loop() {
				files.Clear()
				if _, err := Open(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, name := range []string{cl100k, o200k} {
		b.Run(name, func(b *testing.B) {
			ranks := map[string]int32{cl100k: 100_256, o200k: 199_998}[name]
			for b.Loop() {
				if _, err := loadRanks(name, ranks); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
