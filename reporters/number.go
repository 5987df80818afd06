package reporters

import (
	"math"
	"strconv"
	"strings"
	"time"

	"loadgate/internal/result"
)

// none stands where a value is absent: never a zero.
const none = "-"

// digits prints a measured value with three significant digits, whole and with
// grouped thousands from 1,000 on; "-" for an absent one.
func digits(n result.Number) string {
	x := float64(n)
	switch {
	case math.IsNaN(x):
		return none
	case math.IsInf(x, 0):
		return number(x)
	case x < 0:
		return "-" + digits(-n)
	case x == 0:
		return "0"
	case x >= 1e15:
		return strconv.FormatFloat(x, 'g', 3, 64)
	case x >= 999.5:
		return grouped(int64(math.Round(x)))
	case x < 1e-4:
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	decimals := 2 - int(math.Floor(math.Log10(x)))
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	// Rounding may carry into another digit: 9.999 is 10.0, not 10.00.
	if y, _ := strconv.ParseFloat(s, 64); math.Log10(y) >= float64(3-decimals) {
		s = strconv.FormatFloat(x, 'f', max(0, decimals-1), 64)
	}
	return s
}

// percent prints a ratio as a percentage. It rounds away from the good news:
// 100 only for exactly all, 0 only for exactly none.
func percent(n result.Number) string {
	x := float64(n)
	switch {
	case math.IsNaN(x):
		return none
	case x == 0 || x == 1:
		return number(100 * x)
	case x > 0 && x < 0.001:
		return "<0.1"
	}
	return strconv.FormatFloat(math.Floor(x*1000+1e-9)/10, 'f', 1, 64)
}

// number prints a number as it would be written in a scenario.
func number(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	case math.IsNaN(x):
		return none
	case math.Abs(x) < 1e15:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// grouped prints a count with its thousands apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return sign + b.String()
}

// took prints how long something lasted: tenths below ten seconds, else whole
// seconds.
func took(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// asNumber reads a number from a JSON-like value, where an infinite one may be
// the text "inf".
func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case result.Number:
		return float64(v), v.Ok()
	case string:
		if v == "inf" {
			return math.Inf(1), true
		}
	}
	return math.NaN(), false
}
