package importer

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"loadgate/internal/yamlpos"
)

// job is one test of serving_perf_eval: N workers with one queue of requests,
// and how each of them sends.
type job struct {
	workers int
	rate    float64 // -1 = awaits each answer, +Inf = sends at once, else sleeps Exp(1/rate) after each send
	limit   bool    // one worker, and at most `workers` requests in flight
}

// serial reports whether a job is a closed loop: an answer makes room for the
// next request.
func (j job) closed() bool { return j.rate == -1 || (j.limit && math.IsInf(j.rate, 1)) }

// slots is the concurrency of a closed loop: with a limit there is one worker,
// which at -1 awaits its only request.
func (j job) slots() int {
	if j.limit && j.rate == -1 {
		return 1
	}
	return j.workers
}

// total is the rate of an open loop: workers that do not wait for answers add
// up to Poisson arrivals of the sum of their rates.
func (j job) total() float64 {
	if j.limit || math.IsInf(j.rate, 1) {
		return j.rate
	}
	sum, err := strconv.ParseFloat(strconv.FormatFloat(float64(j.workers)*j.rate, 'g', 12, 64), 64)
	if err != nil {
		return float64(j.workers) * j.rate
	}
	return sum
}

// fields are the load of a job. Arrivals are Poisson, which is the default.
func (j job) fields(prefix string) yamlpos.Fields {
	if j.closed() {
		return yamlpos.Fields{{Key: prefix + "concurrency", Value: j.slots()}}
	}
	f := yamlpos.Fields{{Key: prefix + "rate", Value: j.total()}}
	if j.limit {
		f = append(f, yamlpos.Field{Key: prefix + "max_concurrency", Value: j.workers})
	}
	return f
}

// labels are what the tool's tables say of a job where its load does not: the
// number of workers, and the rate of each.
func (j job) labels() yamlpos.Fields {
	var f yamlpos.Fields
	if (j.closed() && j.slots() != j.workers) || (!j.closed() && !j.limit) {
		f = append(f, yamlpos.Field{Key: "workers", Value: j.workers})
	}
	if (j.closed() && j.rate != -1) || (!j.closed() && j.total() != j.rate) {
		f = append(f, yamlpos.Field{Key: "request_rate", Value: j.rate})
	}
	return f
}

// sum says in words what a rate adds up to; "" where there is nothing to say.
func (j job) sum() string {
	if j.closed() || j.limit || math.IsInf(j.rate, 1) {
		return ""
	}
	workers := "workers"
	if j.workers == 1 {
		workers = "worker"
	}
	return fmt.Sprintf("%d %s × %s/s = %s requests/s", j.workers, workers, float(j.rate), float(j.total()))
}

// load reads how requests are sent.
func (c *llmEval) load() {
	jobs := c.jobs()
	c.d.load = yamlpos.Fields{}
	if len(jobs) == 1 {
		j := jobs[0]
		c.d.load = j.fields("")
		for _, l := range j.labels() {
			c.setLabel(l)
		}
		if s := j.sum(); s != "" {
			c.d.load[0].Beside = s
		}
	} else {
		c.matrix(jobs)
	}
	c.d.load = append(c.d.load, yamlpos.Field{Key: "requests", Value: c.count("num_prompts", 10, 1)})
	said := map[string]bool{}
	for _, j := range jobs {
		if s := j.sum(); s != "" && !said[s] {
			said[s] = true
			c.note("%s", s)
		}
	}
}

// jobs are the tests of a case in their order: every concurrency with every
// rate. A list that is left out is the single value.
func (c *llmEval) jobs() []job {
	workers, rates := []int{c.count("concurrency", 1, 1)}, []float64{math.Inf(1)}
	if n := c.node("request_rate"); n != nil {
		rates[0] = c.rate(n, "request_rate")
	}
	limit := c.flag("limit_max_concurrency")
	if c.choice("perf_test_type", "single", "multiple") == "single" {
		c.unused("concurrency_list", "it is for perf_test_type: multiple")
		c.unused("request_rate_list", "it is for perf_test_type: multiple")
		return []job{{workers[0], rates[0], limit}}
	}
	if list := c.items("concurrency_list"); len(list) > 0 {
		c.unused("concurrency", "concurrency_list takes its place")
		workers = nil
		for _, n := range list {
			workers = append(workers, c.countOf(n, "concurrency_list", 1))
		}
	}
	if list := c.items("request_rate_list"); len(list) > 0 {
		c.unused("request_rate", "request_rate_list takes its place")
		rates = nil
		for _, n := range list {
			rates = append(rates, c.rate(n, "request_rate_list"))
		}
	}
	var jobs []job
	for _, w := range c.distinct("concurrency_list", workers) {
		for _, r := range distinctRates(c, rates) {
			jobs = append(jobs, job{w, r, limit})
		}
	}
	return jobs
}

// distinct leaves values out that stand in a list twice: cells are told apart
// by them.
func (c *llmEval) distinct(key string, values []int) []int {
	var out []int
	for _, v := range values {
		if slices.Contains(out, v) {
			c.twice(key, strconv.Itoa(v))
			continue
		}
		out = append(out, v)
	}
	return out
}

func distinctRates(c *llmEval, values []float64) []float64 {
	var out []float64
	for _, v := range values {
		if slices.Contains(out, v) {
			c.twice("request_rate_list", float(v))
			continue
		}
		out = append(out, v)
	}
	return out
}

func (c *llmEval) twice(key, v string) {
	n := c.root.Get(key)
	c.list.Warnf(n.Pos, n.Width, "load.repeats: 2 measures every cell twice", "%s: %s stands there twice and is run once", key, v)
}

// matrix makes the axes of several jobs: the plainest that say them.
func (c *llmEval) matrix(jobs []job) {
	every := func(is func(job) bool) bool { return !slices.ContainsFunc(jobs, func(j job) bool { return !is(j) }) }
	first := jobs[0]
	sameWorkers := every(func(j job) bool { return j.workers == first.workers })
	switch {
	case every(func(j job) bool { return j.rate == first.rate }) && first.closed() && !(first.limit && first.rate == -1):
		c.d.matrix = yamlpos.Fields{{Key: "load.concurrency", Value: each(jobs, func(j job) any { return j.workers })}}
		for _, l := range first.labels() {
			c.setLabel(l)
		}
	case every(func(j job) bool { return j.limit && !j.closed() }):
		c.d.matrix = yamlpos.Fields{
			{Key: "load.max_concurrency", Value: each(jobs, func(j job) any { return j.workers })},
			{Key: "load.rate", Value: each(jobs, func(j job) any { return j.rate })},
		}
		for i, axis := range c.d.matrix {
			if values := axis.Value.([]any); len(values) == 1 { // not an axis but a value
				c.d.matrix = slices.Delete(c.d.matrix, i, i+1)
				c.d.load = yamlpos.Fields{{Key: axis.Key[len("load."):], Value: values[0]}}
				break
			}
		}
	case sameWorkers:
		c.named("request_rate", fmt.Sprintf("of each of the %d workers", first.workers), jobs, func(j job) any { return rateName(j.rate) })
	case every(func(j job) bool { return j.rate == first.rate }):
		c.named("workers", "each sends "+perWorker(first.rate), jobs, func(j job) any { return j.workers })
	default:
		c.named("test", "workers, and the rate of each", jobs, func(j job) any { return fmt.Sprintf("%d x %v", j.workers, rateName(j.rate)) })
	}
}

func perWorker(rate float64) string {
	switch {
	case math.IsInf(rate, 1):
		return "without waiting"
	case rate == -1:
		return "one request after another"
	}
	return float(rate) + " requests/s"
}

// each lists the different values of jobs in their order.
func each(jobs []job, of func(job) any) []any {
	var out []any
	for _, j := range jobs {
		if v := of(j); !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// rateName is how a rate is called on an axis.
func rateName(r float64) any {
	switch {
	case r == -1:
		return "serial"
	case math.IsInf(r, 1):
		return "inf"
	}
	return r
}

// named makes an axis whose values set the load of each job. What the axis' name
// says needs no label, and labels that all jobs share stand with the others.
func (c *llmEval) named(axis, comment string, jobs []job, name func(job) any) {
	shared := map[string]bool{axis: true}
	for _, l := range slices.Concat(jobs[0].labels(), jobs[len(jobs)-1].labels()) {
		if !shared[l.Key] && l.Key != axis && !slices.ContainsFunc(jobs, func(j job) bool { return !j.agrees(l) }) {
			shared[l.Key] = true
			c.setLabel(l)
		}
	}
	var values []any
	for _, j := range jobs {
		f := append(yamlpos.Inline{{Key: "name", Value: name(j)}}, j.fields("load.")...)
		for _, l := range j.labels() {
			if !shared[l.Key] {
				f = append(f, yamlpos.Field{Key: "labels." + l.Key, Value: l.Value})
			}
		}
		values = append(values, f)
	}
	c.d.matrix = yamlpos.Fields{{Key: axis, Value: values, Above: comment}}
}

// agrees reports whether a label of another job holds for this one too.
func (j job) agrees(l yamlpos.Field) bool {
	if l.Key == "workers" {
		return l.Value == j.workers
	}
	return l.Value == j.rate
}
