package metrics

import (
	"loadgate/internal/result"
	"loadgate/internal/rule"
)

var successRate = Definition{
	Name: "success_rate", Unit: "ratio", Dim: rule.Ratio, Scale: 1, Shape: ShapeScalar, Of: OfSent, Better: Higher,
	Text: "Completed requests as a share of those sent. Completed means: status 2xx, the right content type, " +
		"at least one content event, no error object in the stream, and a clean end.",
	Formula: "completed / sent",
	Aliases: []string{"success_ratio", "request_success_rate"},
	scalar:  func(t *tally) float64 { return ratio(t.counts.Completed, t.counts.Sent) },
}

var planned = Definition{
	Name: "planned", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeCount, Of: OfSent,
	Text:    "Requests that the schedule held for the measured window: sent + unsent.",
	Aliases: []string{"num_prompts", "num_requests", "total_requests", "request_count"},
	count:   func(c *result.Counts) int { return c.Planned },
}

var sent = Definition{
	Name: "sent", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeCount, Of: OfSent,
	Text:  "Requests that were started: completed + failed + audit_hits + cancelled.",
	count: func(c *result.Counts) int { return c.Sent },
}

var unsent = Definition{
	Name: "unsent", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeCount, Of: OfSent, Better: Lower,
	Text:  "Requests that were planned and never started.",
	count: func(c *result.Counts) int { return c.Unsent },
}

var abandoned = Definition{
	Name: "abandoned", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeCount, Of: OfSent, Better: Lower,
	Text: "Turns that were never sent because an earlier turn of their session had failed or was blocked by the audit: a part of unsent. " +
		"They are no failures of their own and stand in no rate.",
	Aliases: []string{"skipped_turns", "lost_turns"},
	count:   func(c *result.Counts) int { return c.Abandoned },
}

var completed = Definition{
	Name: "completed", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeCount, Of: OfSent, Better: Higher,
	Text:    "Requests with a whole, clean answer.",
	Aliases: []string{"successful_requests", "succeeded", "success"},
	count:   func(c *result.Counts) int { return c.Completed },
}

var failed = Definition{
	Name: "failed", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeCount, Of: OfSent, Better: Lower,
	Text:    "Requests that failed, whatever their error class.",
	Aliases: []string{"failures", "failed_requests", "error_count"},
	count:   func(c *result.Counts) int { return c.Failed },
}

var cancelled = Definition{
	Name: "cancelled", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeCount, Of: OfSent, Better: Lower,
	Text:    "Requests that loadgate itself gave up, at Ctrl-C for instance. Not an error of the server.",
	Aliases: []string{"canceled"},
	count:   func(c *result.Counts) int { return c.Cancelled },
}

var auditHits = Definition{
	Name: "audit_hits", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeCount, Of: OfSent, Better: Lower,
	Text:    "Requests whose answer the gateway's audit blocked: neither completed nor failed.",
	Also:    "serving_perf_eval: Audit Hits",
	Aliases: []string{"audit_hit", "audits"},
	count:   func(c *result.Counts) int { return c.AuditHits },
}

var errorClasses = Definition{
	Name: "errors", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeClasses, Of: OfSent, Better: Lower,
	Text: "Failed requests by error class: `errors.http_429`. 0 for a class that did not occur.",
}

// ratio is a/b, NaN without a b.
func ratio(a, b int) float64 { return orNaN(float64(a)/float64(b), b > 0) }
