package validity

import (
	"fmt"
	"math"

	"loadgate/internal/rule"
)

// shortestWall is the time over which the process' own consumption says
// something: it is counted in ticks, and starting up costs as much as a second
// of load.
const shortestWall = 1.0

var clientCPU = Definition{
	Name: "client_cpu", Cause: Client, Unit: "ratio", Warn: 0.60, Invalid: 0.85,
	Statistic: "CPU time of the process / (wall time × usable cores)",
	Text: "Repeats of at least 1 s. Cores count as far as affinity and the cgroup allow. " +
		"Where receive stamps are the kernel's, a busy client stamps as well as an idle one, and only more than 95 % is invalid.",
	judge: func(f *facts, t thresholds) *reading {
		u := f.Totals.Client
		if u.WallSeconds < shortestWall || u.Cores <= 0 || u.CPUSeconds < 0 {
			return nil
		}
		if own := f.Limits.Limits["client_cpu"].Invalid; f.byKernel() && own == nil {
			t.invalid = 0.95
		}
		v := u.CPUSeconds / (u.WallSeconds * u.Cores)
		return t.judge(v).says(fmt.Sprintf("the client used %s of %s cores: lower the load, or use more machines",
			rule.Format(v, rule.Ratio), rule.Format(u.Cores, rule.Number)))
	},
}

var clientSteal = Definition{
	Name: "client_steal", Cause: Client, Unit: "ratio", Warn: 0.02, Invalid: never(),
	Statistic: "share of machine time that the hypervisor gave to others",
	Text:      "Repeats of at least 1 s, where the kernel says it.",
	judge: func(f *facts, t thresholds) *reading {
		u := f.Totals.Client
		if u.WallSeconds < shortestWall {
			return nil
		}
		return t.judge(u.StealRatio).says(fmt.Sprintf(
			"the hypervisor took %s of the machine's time: measure on a machine of your own", rule.Format(u.StealRatio, rule.Ratio)))
	},
}

var clientThrottling = Definition{
	Name: "client_throttling", Cause: Client, Unit: "ratio", Warn: 0.01, Invalid: never(),
	Statistic: "time in which the cgroup stopped the process / wall time",
	Text:      "Repeats of at least 1 s, where the kernel says it.",
	judge: func(f *facts, t thresholds) *reading {
		u := f.Totals.Client
		if u.WallSeconds < shortestWall {
			return nil
		}
		v := u.ThrottledSec / u.WallSeconds
		return t.judge(v).says(fmt.Sprintf("the CPU limit stopped the client for %s of the time: raise the container's limit, or lower the load",
			rule.Format(v, rule.Ratio)))
	},
}

var clientLag = Definition{
	Name: "client_lag", Cause: Client, Unit: "ms", Warn: 1, Invalid: 5,
	Statistic: "schedule_delay, by the share of requests that are over the threshold: with a share of 1 %, its p99",
	Text: "Where receive stamps are taken in user space: a client that sends late also reads late. Judged like send_lateness, against " +
		"the threshold and 10 % of the median itl (without streaming, of the median e2el), and not over the burst that opens the " +
		"slots, where requests wait for one another by design. The gaps that were measured must bear it out: where p99 of icl lies " +
		"within the threshold of its median, no more than 1 % of stamps can have been that late. Without a schedule (`rate: inf`) it is not judged.",
	judge: func(f *facts, t thresholds) *reading {
		if f.byKernel() || (f.Load.Unlimited() && !f.closedLoop()) {
			return nil
		}
		gap := f.stat("itl", "p50")
		if math.IsNaN(gap) {
			gap = f.stat("e2el", "p50")
		}
		limits := map[string]float64{Warn: t.warn, Invalid: t.invalid}
		for level, limit := range limits {
			if !math.IsNaN(gap) {
				limit = max(limit, 0.10*gap)
			}
			if f.stat("icl", "p99")-f.stat("icl", "p50") <= limit {
				limit = math.Inf(1)
			}
			limits[level] = limit
		}
		return delayed(f.afterBurst(), limits).describe(
			"%s of requests were held up in the client for more than %s, and so were the stamps of their answers: lower the load, close other programs, or use more machines")
	},
}

// afterBurst are the measured rows without those that opened the slots.
func (f *facts) afterBurst() []row {
	rows := f.measured()
	if !f.closedLoop() {
		return rows
	}
	var out []row
	for _, r := range rows {
		if r.index >= f.Load.Slots() {
			out = append(out, r)
		}
	}
	return out
}

var clientSockets = Definition{
	Name: "sockets", Cause: Client, Unit: "requests", Warn: never(), Invalid: 0,
	Statistic: "requests that failed for want of sockets (EMFILE, EADDRNOTAVAIL, ENOBUFS), warm-up included",
	Text:      "Such a request never reached the target.",
	judge: func(f *facts, t thresholds) *reading {
		return t.judge(float64(f.sockets)).says(fmt.Sprintf(
			"%d requests failed because this machine ran out of sockets: raise `ulimit -n`, reuse connections, or use more machines", f.sockets))
	},
}
