#!/usr/bin/env python3
"""Compute the figures of a run again, from its stored requests, with numpy.

    scripts/recompute.py RUN [RESULT.xlsx | PROCESS.json]...

RUN is a run directory. Every figure of its result.json, and of the workbooks and
process data of the report serving_perf_eval that are named, is computed from
samples.jsonl.zst by the definitions in docs/metrics.md. Nothing of loadgate's
own code is used: what both say alike, two have computed. It prints how many
figures were compared and every difference, and exits 1 if there is one.

Left out, and counted: what draws random numbers (the intervals of itl and icl,
log_variance) and shares other than goodput, which are a rule's own.

Needs numpy, and the package zstandard or the program zstd.
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import numpy as np

PERCENTILES = {"p1": 1, "p10": 10, "p25": 25, "p50": 50, "p75": 75, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}
TOLERANCE = 1e-9  # relative: sums in another order differ in the last digits


# ---- what was stored

def unpack(path):
    """The text of a file that zstd has packed."""
    try:
        import zstandard
    except ImportError:
        return subprocess.run(["zstd", "-dcq", str(path)], check=True, stdout=subprocess.PIPE).stdout
    with open(path, "rb") as f:
        return zstandard.ZstdDecompressor().stream_reader(f).read()


def stored(run, cell):
    """The requests of a cell by repeat, and what the client says of each repeat."""
    requests, ends = {}, {}
    paths = sorted((run / "cells" / cell).glob("attempt-*/samples.jsonl.zst"))
    if not paths:
        raise SystemExit(f"{run}: cell {cell} is not committed")
    for line in unpack(paths[-1]).decode().splitlines():
        row = json.loads(line)
        if "repeat_end" in row:
            ends[row["repeat_end"]["repeat"]] = row["repeat_end"]["totals"]
        else:
            requests.setdefault(row["repeat"], []).append(Request(row))
    for repeat in ends:
        requests.setdefault(repeat, []).sort(key=lambda r: r.index)
    return requests, ends


class Request:
    """A stored request: stamps in ns (None: did not happen), events, tokens."""

    def __init__(self, row):
        self.row, self.index = row, row["index"]
        self.outcome, self.warmup = row["outcome"], row.get("warmup", False)
        self.streamed = row.get("streamed", False)
        for name in ("sched", "ready", "start", "conn", "ev1", "tok1", "ans1", "tokn", "done"):
            setattr(self, name, row.get(name + "_ns") or None)
        events = row.get("events") or {}
        user = np.cumsum(np.array(events.get("at_ns", []), dtype=np.int64))
        lags = events.get("lag_ns", [None] * len(user))
        self.lags = [lag for lag in lags if lag is not None]
        # Receive stamps are the kernel's where it gives them.
        self.at = np.array([at - (lag or 0) for at, lag in zip(user, lags)], dtype=np.int64)
        self.kinds = events.get("kinds", "")
        self.chunk_tokens = events.get("tokens")
        self.first, self.last, self.answer = self.tok1, self.tokn, self.ans1
        if len(self.at):
            self.first, self.last = int(self.at[0]), int(self.at[-1])
            answers = [i for i, k in enumerate(self.kinds) if k != "r"]
            if answers:
                self.answer = int(self.at[answers[0]])
        self.end = self.last if self.streamed else (int(self.at[-1]) if self.lags else self.done)
        self.tokens()

    def tokens(self):
        usage, counted = self.row.get("usage") or {}, self.row.get("counted")

        def pick(key, known=None):
            if usage.get(key, -1) >= 0:
                return usage[key], "usage"
            if known:
                return known, "dataset"
            if counted and key in counted:
                return counted[key], "tokenizer"
            return None, None

        self.input, self.input_source = pick("input", self.row.get("prompt_tokens"))
        self.output, self.output_source = pick("output")
        self.reasoning, _ = pick("reasoning")
        self.cached = usage["cached"] if usage.get("cached", -1) >= 0 else None

    @property
    def first_tokens(self):
        """Tokens of the first content event: what the server says, else 1."""
        return self.chunk_tokens[0] if self.chunk_tokens and self.chunk_tokens[0] > 0 else 1

    def gaps(self):
        return np.diff(self.at) / 1e6 if self.streamed else np.array([])

    def token_gaps(self):
        """The gaps per token, and whether they are known to be that."""
        gaps = self.gaps()
        if not len(gaps):
            return gaps, True
        chunks = self.chunk_tokens or [0] * len(self.at)
        events = len(self.at)
        if max(chunks) <= 1:
            stopped = self.row.get("finish") != "length" and self.output == events + 1
            if sum(chunks) == events or (self.output_source == "usage" and (self.output == events or stopped)):
                return gaps, True
        if min(chunks) <= 0:
            return gaps, False
        return np.concatenate([np.repeat(g / k, k) for g, k in zip(gaps, chunks[1:])]), True


# ---- what is computed from it

def span(a, b):
    """Milliseconds from a to b; None where one of them did not happen."""
    return None if a is None or b is None else (b - a) / 1e6


class Repeat:
    """The figures of one repeat of a cell."""

    def __init__(self, requests, totals, load, limits):
        self.totals, self.load, self.limits = totals, load, limits
        self.all = requests
        self.measured = [r for r in requests if not r.warmup]
        self.completed = [r for r in self.measured if r.outcome == "completed"]
        self.failed = [r for r in self.measured if r.outcome == "failed"]
        timed = [r for r in self.measured if r.start and r.done]
        self.timed = timed
        self.begin = min((r.start for r in timed), default=0)
        self.over = max((r.done for r in timed), default=0)
        self.seconds = (self.over - self.begin) / 1e9
        rate, cap = load.get("rate"), load.get("max_concurrency")
        self.open = rate is not None and not (rate == "inf" and cap)

    def origin(self, r):
        return r.sched if self.open else r.start

    def per_request(self, name, r):
        streamed = r.streamed
        if name in ("ttft", "adj_ttft"):
            return span(self.origin(r), r.first) if streamed else None
        if name == "ttfo":
            return span(self.origin(r), r.answer) if streamed else None
        if name in ("e2el", "adj_e2el"):
            return span(self.origin(r), r.end)
        if name == "stream_close":
            return span(self.origin(r), r.done) if streamed else None
        if name in ("tpot", "adj_tpot"):
            rest = (r.output or 0) - r.first_tokens
            took = span(r.first, r.last)
            return took / rest if streamed and took is not None and rest > 0 else None
        if name == "ntpot":
            took = span(self.origin(r), r.end)
            return took / r.output if took is not None and r.output else None
        if name == "sent_ttft":
            return span(r.start, r.first) if streamed else None
        if name == "sent_e2el":
            return span(r.start, r.end)
        if name == "schedule_delay":
            return span(max(r.sched or 0, r.ready or 0) or None, r.start)
        if name == "client_queue":
            return span(r.sched, r.ready) if self.open and self.load.get("max_concurrency") else None
        if name == "connect":
            return span(r.start, r.conn)
        return getattr(r, name[: -len("_tokens")])  # input_, output_, reasoning_, cached_tokens

    def values(self, name):
        over = self.measured if name in ("schedule_delay", "client_queue", "connect") else self.completed
        return [v for v in (self.per_request(name, r) for r in over) if v is not None]

    def distribution(self, name):
        """Values and requests behind a distribution, and how it is described."""
        if name in ("icl", "itl", "client_lag"):
            return self.pooled(name)
        values = self.values(name)
        if name.startswith("adj_"):
            if values or not self.completed:
                values = values + [math.inf] * len(self.failed)
            return values, len(values), "nearest", None
        return values, len(values), "linear", None

    def pooled(self, name):
        lists, known = [], True
        for r in self.completed:
            if name == "icl":
                values = r.gaps()
            elif name == "itl":
                values, sure = r.token_gaps()
                known = known and sure
            else:
                values = np.array(r.lags) / 1e6
            if len(values):
                lists.append(values)
        if name == "itl" and not known:
            values, groups, how, _ = self.pooled("icl")
            return values, groups, how, "per_chunk"
        return (np.concatenate(lists) if lists else []), len(lists), "pooled", None

    def scalars(self):
        n, sent = len(self.completed), len(self.measured)
        tokens_in = total(r.input for r in self.completed)
        tokens_out = total(r.output for r in self.completed)
        both = None if tokens_in is None or tokens_out is None else tokens_in + tokens_out
        steady = self.steady()
        good = self.good()
        per = lambda v: v / self.seconds if v is not None and self.seconds > 0 else None
        return {
            "success_rate": n / sent if sent else None,
            "duration": self.seconds if self.seconds > 0 else None,
            "request_throughput": per(n), "input_throughput": per(tokens_in), "output_throughput": per(tokens_out), "total_throughput": per(both),
            "steady_request_throughput": steady[0],
            "steady_input_throughput": steady[1] if tokens_in is not None else None,
            "steady_output_throughput": steady[2] if tokens_out is not None else None,
            "steady_total_throughput": steady[1] + steady[2] if steady[0] is not None and both is not None else None,
            "goodput": per(good), "slo_attainment": good / sent if good is not None and sent else None,
        }

    def steady(self):
        """Requests, input and output tokens per second of the steady window."""
        none = (None, None, None)
        if not self.timed:
            return none
        warm = [r.done for r in self.all if r.warmup and r.done]
        begin = max([self.begin, self.totals["measured_ns"], self.totals["ramp_end_ns"]] + warm)
        end = max([begin] + [r.start for r in self.timed])
        done = [r for r in self.completed if r.start and r.done and r.done > r.start]
        window = (end - begin) / 1e9
        if not done or window <= 0 or window < np.mean([(r.done - r.start) / 1e9 for r in done]):
            return none
        w = [max(0, min(r.done, end) - max(r.start, begin)) / (r.done - r.start) for r in done]
        return (sum(w) / window, sum(x * (r.input or 0) for x, r in zip(w, done)) / window, sum(x * (r.output or 0) for x, r in zip(w, done)) / window)

    def good(self):
        """Requests that meet every limit of goodput; None where that is not known."""
        if not self.limits:
            return None
        good = judged = 0
        for r in self.completed:
            got = {name: self.per_request(name, r) for name in self.limits}
            if "tpot" in got and got["tpot"] is None and r.streamed and r.first and r.output is not None and r.output <= r.first_tokens:
                got["tpot"] = 0
            judged += all(v is not None for v in got.values())
            good += all(v is not None and v <= self.limits[name] for name, v in got.items())
        return good if judged or not self.completed else None

    def in_flight(self):
        if not self.timed:
            return None, None
        edges = sorted([(r.done, -1) for r in self.timed] + [(r.start, 1) for r in self.timed])
        peak = int(np.max(np.cumsum([step for _, step in edges])))
        return (sum(r.done - r.start for r in self.timed) / 1e9 / self.seconds if self.seconds > 0 else None), peak

    def counts(self):
        errors = {}
        for r in self.failed:
            errors[r.row.get("class") or "unexpected"] = errors.get(r.row.get("class") or "unexpected", 0) + 1
        return {
            "planned": self.totals["planned_measured"], "sent": len(self.measured), "unsent": self.totals["unsent_measured"],
            "completed": len(self.completed), "failed": len(self.failed),
            "audit_hits": sum(r.outcome == "audit" for r in self.measured), "cancelled": sum(r.outcome == "cancelled" for r in self.measured),
            "warmup": len(self.all) - len(self.measured), "errors": errors,
        }

    def sums(self):
        def source(name):
            known = [getattr(r, name + "_source") for r in self.completed if getattr(r, name) is not None]
            if not known:
                return "none"
            return known[0] if len(known) == len(self.completed) and len(set(known)) == 1 else "mixed"
        ins, outs = source("input"), source("output")
        out = {k: sum(getattr(r, k) or 0 for r in self.completed) for k in ("input", "output", "reasoning", "cached")}
        return {**out, "input_source": ins, "output_source": outs, "source": ins if ins == outs else "mixed"}


def total(values):
    """The sum; None where a value is not known."""
    values = list(values)
    return None if any(v is None for v in values) else sum(values)


def describe(values, how):
    """The statistics of a distribution by name."""
    if not len(values):
        return {}
    x = np.sort(np.asarray(values, dtype=float))
    infinite = math.isinf(x[-1])
    d = {"avg": math.inf if infinite else np.mean(x), "min": x[0], "max": x[-1]}
    if not infinite:
        d["stddev"] = np.std(x)
    for name, p in PERCENTILES.items():
        if how == "nearest":
            rank = math.ceil(round(p * len(x) / 100, 9))
            d[name] = x[max(rank, 1) - 1]
        else:
            d[name] = np.percentile(x, p)
    return d


def interval(values, p):
    """The 95 % order-statistic interval of a percentile, with equal tails: the
    number of values below the quantile is binomial. None where n is too small."""
    x, n = np.sort(np.asarray(values, dtype=float)), len(values)
    if n == 0 or max(p, 1 - p) ** n > 0.025:
        return None
    k = np.arange(n + 1)
    logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p) for i in k]
    below = np.concatenate([[0], np.cumsum(np.exp(logs))])  # below[i] = P(B < i)
    above = np.concatenate([np.cumsum(np.exp(logs)[::-1])[::-1], [0]])  # above[i] = P(B >= i)
    lo = max(i for i in range(1, n + 1) if below[i] <= 0.025) if below[1] <= 0.025 else 1
    hi = min((i for i in range(1, n + 1) if above[i] <= 0.025), default=n)
    return [x[lo - 1], x[hi - 1]]


# ---- what is compared

class Comparison:
    def __init__(self):
        self.figures, self.left_out, self.differences, self.largest = 0, 0, [], 0.0

    def same(self, where, want, got, rounded=None):
        """Compare a figure of ours with a recomputed one. rounded: decimals that
        the file keeps."""
        self.figures += 1
        want, got = number(want), number(got)
        if want is None or got is None or isinstance(want, str) or isinstance(got, str):
            if want != got:
                self.differences.append(f"{where}: file {want!r}, recomputed {got!r}")
            return
        if math.isinf(want) or math.isinf(got):
            off = 0 if want == got else math.inf
        else:
            off = abs(want - got)
        room = TOLERANCE * max(abs(got), 1e-3) if not math.isinf(got) else 0
        if rounded is not None:
            room += 0.5 * 10 ** -rounded
        elif got and not math.isinf(off) and not math.isinf(got):
            self.largest = max(self.largest, off / max(abs(got), 1e-3))
        if off > room:
            self.differences.append(f"{where}: file {want!r}, recomputed {got!r}")


def number(v):
    """A value as numbers compare: None for what is absent."""
    if v == "inf":
        return math.inf
    if v is None or isinstance(v, str):
        return v
    v = float(v)
    return None if math.isnan(v) else v


def duration_ms(text):
    units = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1e3, "m": 6e4, "h": 3.6e6}
    return sum(float(n) * units[u] for n, u in re.findall(r"([0-9.]+)(ns|us|µs|ms|s|m|h)", text))


SCALARS = ("success_rate", "duration", "request_throughput", "input_throughput", "output_throughput", "total_throughput",
           "steady_request_throughput", "steady_input_throughput", "steady_output_throughput", "steady_total_throughput", "goodput", "slo_attainment")


def check_repeat(c, where, ours, rep):
    check_counts(c, where, ours, rep.counts(), rep.sums())
    scalars = rep.scalars()
    for name, metric in ours["metrics"].items():
        at = f"{where} {name}"
        if name in SCALARS:
            c.same(at, metric.get("value"), scalars[name])
        elif name == "in_flight":
            avg, peak = rep.in_flight()
            for key, got in (("n", len(rep.timed)), ("avg", avg), ("max", peak)):
                c.same(f"{at}.{key}", metric.get(key), got)
        elif "." in name:
            c.left_out += 1  # a quantile that a rule asks for
        else:
            check_distribution(c, at, metric, rep.distribution(name))
    client, use = ours["client"], rep.totals["client"]
    known = use["cpu_s"] >= 0 and use["wall_s"] > 0 and use["cores"] > 0
    c.same(f"{where} client.cpu_ratio", client["cpu_ratio"], use["cpu_s"] / use["wall_s"] / use["cores"] if known else None)
    for key, name in (("schedule_delay_p99_ms", "schedule_delay"), ("client_lag_p99_ms", "client_lag")):
        values, _, how, _ = rep.distribution(name)
        c.same(f"{where} client.{key}", client[key], describe(values, how).get("p99"))
    for name, share in (ours.get("shares") or {}).items():
        if name == "goodput":
            c.same(f"{where} shares.goodput.good", share["good"], rep.good())
            c.same(f"{where} shares.goodput.sent", share["sent"], len(rep.measured))
        else:
            c.left_out += 1
    c.left_out += len(ours.get("log_variance") or {})


def check_counts(c, where, ours, counts, sums):
    for key, got in counts.items():
        if key == "errors":
            for name in sorted(set(got) | set(ours["counts"]["errors"])):
                c.same(f"{where} errors.{name}", ours["counts"]["errors"].get(name), got.get(name))
        else:
            c.same(f"{where} counts.{key}", ours["counts"][key], got)
    for key, got in sums.items():
        c.same(f"{where} tokens.{key}", ours["tokens"][key], got)


def check_distribution(c, at, ours, distribution):
    values, groups, how, note = distribution
    c.same(f"{at}.n", ours.get("n", 0), len(values))
    c.same(f"{at}.groups", ours.get("groups", 0), groups)
    c.same(f"{at}.note", ours.get("note") or "", note or "")
    got = describe(values, how)
    for key in ("avg", "min", "max", "stddev", *PERCENTILES):
        c.same(f"{at}.{key}", ours.get(key), got.get(key))
    for key, pair in (ours.get("ci95") or {}).items():
        if how == "pooled" or key not in PERCENTILES:
            c.left_out += 1
            continue
        want = interval(values, PERCENTILES[key] / 100)
        for end in (0, 1):
            c.same(f"{at}.ci95.{key}[{end}]", pair[end] if pair else None, want[end] if want else None)


def check_cell(c, ours, repeats):
    """A cell is the sum of counts and the median of everything else over its repeats."""
    where = ours["id"]
    counts = {k: sum(r.counts()[k] for r in repeats) for k in repeats[0].counts() if k != "errors"}
    counts["errors"] = {}
    for r in repeats:
        for name, n in r.counts()["errors"].items():
            counts["errors"][name] = counts["errors"].get(name, 0) + n
    sums = {k: sum(r.sums()[k] for r in repeats) for k in ("input", "output", "reasoning", "cached")}
    check_counts(c, where, ours, counts, sums)
    for name, metric in ours["metrics"].items():
        if "." in name:
            c.left_out += 1
        elif name in SCALARS:
            c.same(f"{where} {name}", metric.get("value"), median(r.scalars()[name] for r in repeats))
        elif name == "in_flight":
            for i, key in enumerate(("avg", "max")):
                c.same(f"{where} {name}.{key}", metric.get(key), median(r.in_flight()[i] for r in repeats))
        else:
            all_of = [r.distribution(name) for r in repeats]
            stats = [describe(values, how) for values, _, how, _ in all_of]
            c.same(f"{where} {name}.n", metric.get("n", 0), sum(len(d[0]) for d in all_of))
            for key in ("avg", "min", "max", "stddev", *PERCENTILES):
                c.same(f"{where} {name}.{key}", metric.get(key), median(s.get(key) for s in stats))


def median(values):
    known = [v for v in values if v is not None]
    return np.median(known) if known else None


# ---- the files of serving_perf_eval

LATENCIES = (("TTFT", "sent_ttft"), ("TPOT", "tpot"), ("ITL", "icl"), ("E2EL", "sent_e2el"))


def sheet_rows(path):
    """The rows of a workbook's first sheet, by header."""
    ns = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(path) as z:
        shared = []
        if "xl/sharedStrings.xml" in z.namelist():
            for si in ElementTree.fromstring(z.read("xl/sharedStrings.xml")).findall("m:si", ns):
                shared.append("".join(t.text or "" for t in si.iter(f"{{{ns['m']}}}t")))
        sheet = ElementTree.fromstring(z.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in sheet.iter(f"{{{ns['m']}}}row"):
        cells = {}
        for cell in row.findall("m:c", ns):
            column = re.match("[A-Z]+", cell.get("r")).group()
            if cell.get("t") == "inlineStr":
                cells[column] = "".join(t.text or "" for t in cell.iter(f"{{{ns['m']}}}t"))
            elif cell.find("m:v", ns) is not None:
                text = cell.find("m:v", ns).text
                cells[column] = shared[int(text)] if cell.get("t") == "s" else text if cell.get("t") == "str" else float(text)
        rows.append(cells)
    return [{head: row.get(column) for column, head in rows[0].items()} for row in rows[1:]]


def check_workbook(c, path, result, cells):
    rows = sheet_rows(path)
    c.same(f"{path}: rows", len(rows), len(result["cells"]))
    for row, cell in zip(rows, result["cells"]):
        repeats, at = cells[cell["id"]], f"{path.name} {cell['id']}"
        sent, done = sum(len(r.measured) for r in repeats), sum(len(r.completed) for r in repeats)
        for head, got in (
            ("Total Requests", sent), ("Audit Hits", sum(r.counts()["audit_hits"] for r in repeats)),
            ("Total Input Tokens", sum(r.sums()["input"] for r in repeats)), ("Total Output Tokens", sum(r.sums()["output"] for r in repeats)),
            ("Total Reasoning Tokens", sum(r.sums()["reasoning"] for r in repeats)),
        ):
            c.same(f"{at} {head}", row[head], got)
        rate = median(r.scalars()["success_rate"] for r in repeats)
        c.same(f"{at} Request Success Rate(%)", row["Request Success Rate(%)"], None if rate is None else 100 * rate, 2)
        for head, name in (
            ("Total Duration(s)", "duration"), ("Total Request Throughput(requests/s)", "request_throughput"),
            ("Total Input Throughput(tokens/s)", "input_throughput"), ("Total Output Throughput(tokens/s)", "output_throughput"),
        ):
            c.same(f"{at} {head}", row[head], median(r.scalars()[name] for r in repeats), 2)
        for head, name in LATENCIES:
            stats = [describe(*r.distribution(name)[::2][:2]) for r in repeats]
            for key in ("avg", "p50", "p90", "p10", "p99", "p1"):
                c.same(f"{at} {head}_{key}(ms)", row[f"{head}_{key}(ms)"], median(s.get(key) for s in stats), 2)


def check_process(c, path, result, cells):
    doc = json.loads(path.read_text())
    found = [r for cell in result["cells"] for r in cells[cell["id"]] if close(doc["duration"], r.scalars()["duration"])]
    if len(found) != 1:
        c.differences.append(f"{path}: {len(found)} repeats of this run have its duration")
        return
    rep, at = found[0], path.name
    scalars, sums, counts = rep.scalars(), rep.sums(), rep.counts()
    for key, got in (
        ("total_response", len(rep.measured)), ("completed", len(rep.completed)), ("audit_hit", counts["audit_hits"]), ("duration", scalars["duration"]),
        ("total_input", sums["input"]), ("total_output", sums["output"]), ("total_resoning_tokens", sums["reasoning"]),
        ("request_throughput", scalars["request_throughput"]), ("input_throughput", scalars["input_throughput"]), ("output_throughput", scalars["output_throughput"]),
    ):
        c.same(f"{at} {key}", doc[key], got)
    for head, name in LATENCIES:
        values, _, how, _ = rep.distribution(name)
        stats = describe(values, how)
        for theirs, key in (("mean", "avg"), ("median", "p50"), ("p99", "p99"), ("p1", "p1"), ("p90", "p90"), ("p10", "p10")):
            c.same(f"{at} {theirs}_{head.lower()}_ms", doc[f"{theirs}_{head.lower()}_ms"], stats.get(key))
    for key, of in (("prompt_input_lens", "input"), ("actual_output_lens", "output"), ("actual_reasoning_lens", "reasoning")):
        check_list(c, f"{at} {key}", doc[key], [getattr(r, of) for r in rep.completed])
    metrics = {
        "input_length": [r.input for r in rep.completed], "output_length": [r.output for r in rep.completed], "reasoning_length": [r.reasoning for r in rep.completed],
        **{key: [None if v is None else v / 1000 for v in (rep.per_request(name, r) for r in rep.completed)]
           for key, name in (("latency", "sent_e2el"), ("ttft", "sent_ttft"), ("tpot", "tpot"))},
    }
    for key, got in metrics.items():
        check_list(c, f"{at} process_metrics {key}", [m[key] for _, m in doc["process_metrics"]], got)
    check_list(c, f"{at} status_codes", [s for _, s in doc["status_codes"]], [r.row.get("status", 0) for r in rep.measured])
    c.same(f"{at} error_msgs", len(doc["error_msgs"]), len(rep.measured) - len(rep.completed))


def check_list(c, at, ours, got):
    c.same(f"{at}: length", len(ours), len(got))
    for i, (a, b) in enumerate(zip(ours, got)):
        c.same(f"{at}[{i}]", a, b)


def close(a, b):
    return a is None and b is None or a is not None and b is not None and abs(a - b) <= 1e-9 * abs(b)


def main(args):
    if not args:
        raise SystemExit(__doc__)
    run = pathlib.Path(args[0])
    result = json.loads((run / "result.json").read_text())
    manifest = json.loads((run / "manifest.json").read_text())
    limits = {k: duration_ms(v) for k, v in (manifest["scenario"].get("goodput") or {}).items() if not k.startswith("x-")}
    c, cells, requests = Comparison(), {}, 0
    for cell in result["cells"]:
        by_repeat, ends = stored(run, cell["id"])
        cells[cell["id"]] = [Repeat(by_repeat[i], ends[i], cell["load"], limits) for i in sorted(ends)]
        requests += sum(map(len, by_repeat.values()))
        for ours, rep in zip(cell["repeats"], cells[cell["id"]]):
            check_repeat(c, f"{cell['id']} repeat {ours['index']}", ours, rep)
        check_cell(c, cell, cells[cell["id"]])
    for name in args[1:]:
        path = pathlib.Path(name)
        (check_workbook if path.suffix == ".xlsx" else check_process)(c, path, result, cells)
    for d in c.differences:
        print("DIFFERENCE", d)
    print(f"{run}: {requests} requests, {c.figures} figures compared, {len(c.differences)} differences, "
          f"largest relative distance {c.largest:.1e}, {c.left_out} left out")
    return 1 if c.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
