package gate

import (
	"slices"

	"loadgate/internal/result"
)

// Exit codes.
const (
	ExitPass         = 0   // ran, and the gate passed; warnings allowed
	ExitFail         = 1   // an assertion failed
	ExitUsage        = 2   // a mistake in usage or scenario: nothing was sent
	ExitFailed       = 3   // could not run: preflight, I/O, no success at all, internal error
	ExitInconclusive = 4   // invalid measurement, or not enough samples
	ExitInterrupted  = 130 // SIGINT; what was measured is stored and reported
	ExitTerminated   = 143 // SIGTERM; the same
)

// Run is what the verdict depends on beside the document.
type Run struct {
	Signal  int   // ExitInterrupted or ExitTerminated when a signal ended the run, else 0
	Failure error // the run could not be carried out or stored
	Strict  bool  // an invalid cell is inconclusive even when no rule is about it
	Missing int   // cells of the plan that were not measured
}

// Decide sets the verdict and exit code of a document. A signal wins over
// everything, then: could not run, failed, inconclusive, passed.
func Decide(doc *result.Document, run Run) {
	doc.Verdict, doc.ExitCode, doc.Error = verdict(doc, run)
}

func verdict(doc *result.Document, run Run) (result.Verdict, int, string) {
	has := func(o result.Outcome, severity string) bool {
		return slices.ContainsFunc(doc.SLO, func(s result.SLO) bool {
			return s.Outcome == o && (severity == "" || s.Severity == severity)
		})
	}
	switch {
	case run.Signal != 0:
		return result.Interrupted, run.Signal, ""
	case run.Failure != nil:
		return result.Errored, ExitFailed, run.Failure.Error()
	case run.Missing > 0 && !anyAnswer(doc.Cells): // stopped before the first answer, good or bad
		return result.Inconclusive, ExitInconclusive, ""
	case !anySuccess(doc.Cells):
		return result.Errored, ExitFailed, "no request succeeded"
	case has(result.RuleError, ""):
		return result.Errored, ExitFailed, "a rule could not be evaluated"
	case has(result.RuleFail, SeverityFail), compared(doc, result.Fail):
		return result.Fail, ExitFail, ""
	case has(result.RuleInconclusive, SeverityFail), run.Missing > 0, run.Strict && anyInvalid(doc.Cells),
		compared(doc, result.Inconclusive), compared(doc, result.Errored): // refused: nothing could be compared
		return result.Inconclusive, ExitInconclusive, ""
	default:
		return result.Pass, ExitPass, ""
	}
}

// compared reports whether the comparison of a document ended so.
func compared(doc *result.Document, v result.Verdict) bool {
	return doc.Comparison != nil && doc.Comparison.Verdict == v
}

// Severities of a rule.
const (
	SeverityFail = "fail"
	SeverityWarn = "warn"
)

// anySuccess reports whether any cell got an answer: an audit hit is one.
func anySuccess(cells []*result.Cell) bool {
	return slices.ContainsFunc(cells, func(c *result.Cell) bool { return c.Counts.Completed+c.Counts.AuditHits > 0 })
}

// anyAnswer reports whether any request ended by itself.
func anyAnswer(cells []*result.Cell) bool {
	return anySuccess(cells) || slices.ContainsFunc(cells, func(c *result.Cell) bool { return c.Counts.Failed > 0 })
}

func anyInvalid(cells []*result.Cell) bool {
	return slices.ContainsFunc(cells, func(c *result.Cell) bool { return c.Validity == result.Invalid })
}
