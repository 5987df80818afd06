package scenario

import (
	"fmt"
	"strings"
	"testing"
)

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{1, 1000} {
		values := make([]string, n)
		for i := range values {
			values[i] = fmt.Sprint(i + 1)
		}
		src := strings.Replace(smallMatrix, "[1, 2]", "["+strings.Join(values, ", ")+"]", 1)
		b.Run(fmt.Sprintf("cells=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				plan, list := readWith(testChecker(), Options{File: "a.yaml", Source: []byte(src), Env: testEnv})
				if len(list) > 0 || len(plan.Cells) != n {
					b.Fatal(list)
				}
			}
		})
	}
}

// BenchmarkChecker is what each start of the program pays for the schema.
func BenchmarkChecker(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newChecker(composed().Strict)
	}
}
