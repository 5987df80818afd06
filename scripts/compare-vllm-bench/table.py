#!/usr/bin/env python3
"""Print the tables of docs/compared-with-vllm-bench.md from the folder that run
has written: what each tool says, and what its server says happened."""
import json
import pathlib
import sys


def percentile(values, p):
    values = sorted(values)
    at = (len(values) - 1) * p / 100
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def truth(path):
    """The server's own figures, under vllm bench's names, in ms and s. It counts
    from the arrival of a request to the writing of a token."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows = [r for r in rows if r["outcome"] in ("completed", "stalled") and len(r["tokens_ns"]) > 1]
    ttft = [(r["tokens_ns"][0] - r["arrived_ns"]) / 1e6 for r in rows]
    e2el = [(r["tokens_ns"][-1] - r["arrived_ns"]) / 1e6 for r in rows]
    tpot = [(r["tokens_ns"][-1] - r["tokens_ns"][0]) / 1e6 / (len(r["tokens_ns"]) - 1) for r in rows]
    itl = [(b - a) / 1e6 for r in rows for a, b in zip(r["tokens_ns"], r["tokens_ns"][1:])]
    begin, end = min(r["arrived_ns"] for r in rows), max(r["tokens_ns"][-1] for r in rows)
    tokens = sum(len(r["tokens_ns"]) for r in rows)
    seconds = (end - begin) / 1e9
    d = {"completed": len(rows), "duration": seconds, "total_output_tokens": tokens, "request_throughput": len(rows) / seconds, "output_throughput": tokens / seconds}
    for name, values in (("ttft", ttft), ("tpot", tpot), ("itl", itl), ("e2el", e2el)):
        d[f"mean_{name}_ms"] = sum(values) / len(values)
        d[f"median_{name}_ms"] = percentile(values, 50)
        d[f"p99_{name}_ms"] = percentile(values, 99)
    return d


FIGURES = [("completed", "completed requests", 0), ("total_input_tokens", "input tokens", 0), ("total_output_tokens", "output tokens", 0), ("duration", "duration, s", 3),
           ("request_throughput", "requests/s", 3), ("output_throughput", "output tokens/s", 1)]
for metric, ours in (("ttft", "sent_ttft"), ("tpot", "tpot"), ("itl", "icl"), ("e2el", "sent_e2el")):
    FIGURES += [(f"{s}_{metric}_ms", f"{metric.upper()} {s}, ms (`{ours}`)", 2) for s in ("mean", "median", "p99")]


def main(folder):
    for case in ("inf", "5", "5-without-role"):
        vllm = json.loads((folder / f"vllm-{case}.json").read_text())
        ours = json.loads((folder / f"loadgate-{case}.json").read_text())
        theirs, own = truth(folder / f"vllm-{case}.truth.jsonl"), truth(folder / f"loadgate-{case}.truth.jsonl")
        print(f"### {case}\n\n| | vllm bench | its server | loadgate | its server |\n|---|---|---|---|---|")
        for key, label, digits in FIGURES:
            cells = [f"{d[key]:.{digits}f}" if d.get(key) is not None else "" for d in (vllm, theirs, ours, own)]
            print(f"| {label} | " + " | ".join(cells) + " |")
        print()


main(pathlib.Path(sys.argv[1]))
