"""Writes compare_reference.json: what SciPy and statsmodels say of the tests in this package.

    pip install scipy statsmodels
    python3 compare_reference.py > compare_reference.json

E-divisive is in neither: changes() is the definition written out, sum by sum.
"""

import json
import sys

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20240607)


def t_cases():
    for df in (1, 2, 2.5, 4, 8.37, 30, 250, 2_000_000):
        for p in (0.5, 0.8, 0.95, 0.975, 0.998, 0.99999):
            q = float(stats.t.ppf(p, df))
            yield {"df": df, "p": p, "quantile": q, "two_sided": float(2 * stats.t.sf(abs(q), df))}


def welch_cases():
    for n, m, shift, scale in ((3, 3, 0.02, 1), (5, 5, 0.1, 3), (7, 4, 0, 1), (2, 12, 0.5, 10)):
        a, b = rng.normal(5, 0.03, n), rng.normal(5 + shift, 0.03 * scale, m)
        r = stats.ttest_ind(b, a, equal_var=False)
        ci = r.confidence_interval(0.95)
        perm = stats.permutation_test(
            (a, b), lambda x, y: abs(np.mean(x) - np.mean(y)), permutation_type="independent", n_resamples=np.inf,
            alternative="greater",
        )
        yield {
            "a": a.tolist(), "b": b.tolist(), "df": float(r.df), "p": float(r.pvalue), "lo": float(ci.low),
            "hi": float(ci.high), "permutation": float(perm.pvalue),
        }


def family_cases():
    for p in ([0.01, 0.04, 0.03, 0.005], [0.5], [0.2, 0.2, 0.001, 0.9, 0.04], (rng.random(24) ** 3).tolist()):
        holm = multipletests(p, 0.05, "holm")
        bh = multipletests(p, 0.05, "fdr_bh")
        yield {"p": p, "holm": holm[1].tolist(), "rejected": holm[0].tolist(), "q": bh[1].tolist()}


def best_cut(x):
    best, at = 0.0, 0
    for k in range(2, len(x) - 1):
        a, b = x[:k], x[k:]
        n, m = len(a), len(b)
        cross = np.mean(np.abs(a[:, None] - b[None, :]))
        left = np.sum(np.abs(a[:, None] - a[None, :])) / (n * (n - 1))
        right = np.sum(np.abs(b[:, None] - b[None, :])) / (m * (m - 1))
        q = n * m / (n + m) * (2 * cross - left - right)
        if q > best:
            best, at = q, k
    return at


def changes(x, max_p):
    def divide(lo, hi):
        at = best_cut(x[lo:hi])
        if not at or not stats.ttest_ind(x[lo : lo + at], x[lo + at : hi]).pvalue < min(10 * max_p, 1):
            return []
        return divide(lo, lo + at) + [lo + at] + divide(lo + at, hi)

    def measure(cuts):
        ends = [0, *cuts, len(x)]
        return [float(stats.ttest_ind(x[a:b], x[b:c]).pvalue) for a, b, c in zip(ends, ends[1:], ends[2:])]

    cuts = divide(0, len(x))
    while cuts:
        p = measure(cuts)
        worst = int(np.argmax(p))
        if p[worst] < max_p:
            return [{"index": i, "p": q} for i, q in zip(cuts, p)]
        del cuts[worst]
    return []


def change_cases():
    for levels in ([(10, 0)], [(12, 0), (13, 0.1)], [(10, 0), (8, 0.12), (12, 0.02)], [(5, 0), (5, 0.03), (4, 0.2), (20, 0.1)]):
        x = np.concatenate([rng.normal(4 + shift, 0.02, n) for n, shift in levels])
        for max_p in (0.001, 0.05):
            yield {"series": x.tolist(), "max_p": max_p, "changes": changes(x, max_p)}


json.dump(
    {
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__, "statsmodels": statsmodels.__version__},
        "t": list(t_cases()), "welch": list(welch_cases()), "families": list(family_cases()), "changes": list(change_cases()),
    },
    sys.stdout, indent=1,
)
print()
