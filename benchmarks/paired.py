"""Time of a paired comparison of 8,000 questions, and of all metrics of a benchmark at once.

python benchmarks/paired.py
"""

from argparse import Namespace
from collections.abc import Callable
from time import perf_counter, process_time

import numpy as np
from _report import arguments, report, spread

from clinical_r1.stats.paired import compare, compare_many, compare_ratios

AIM = 1.0
"""Seconds for 8,000 questions."""
AIM_MANY = 3.0
"""Seconds for all metrics of MedMCQA."""
RESAMPLES = 10_000


def comparisons() -> dict[str, Callable[[], object]]:
    """Name -> what is timed. Differences are continuous: no two questions have the same."""
    rng = np.random.default_rng(0)
    a = rng.random(8000)
    b = a + rng.normal(0.002, 0.3, 8000)
    hits_a, hits_b = rng.random((2, 8000)) < 0.6
    claims = [rng.poisson(mean, 8000).astype(float) for mean in (1, 8, 1.1, 8)]
    questions = np.repeat([f"question {number}" for number in range(4183)], 5)
    many_a = rng.random((len(questions), 36))
    many_b = many_a + rng.normal(0, 0.3, many_a.shape)
    many_b[rng.random(many_b.shape) < 0.01] = np.nan
    return {
        "compare, 8,000 questions, continuous": lambda: compare(a, b, resamples=RESAMPLES),
        "compare, 8,000 questions, right or wrong": lambda: compare(hits_a, hits_b, resamples=RESAMPLES),
        "compare_ratios, 8,000 questions": lambda: compare_ratios(*claims, resamples=RESAMPLES),
        "compare_many, 36 metrics, 4,183 questions, 5 epochs": lambda: compare_many(
            many_a, many_b, clusters=questions, resamples=RESAMPLES
        ),
    }


def seconds(call: Callable[[], object], runs: int) -> dict[str, dict[str, float]]:
    """Elapsed seconds and those of the processor in each run; the first one, which warms up, is left out."""
    elapsed, worked = [], []
    for _ in range(runs + 1):
        start, start_work = perf_counter(), process_time()
        call()
        elapsed.append(perf_counter() - start)
        worked.append(process_time() - start_work)
    return {"elapsed": spread(elapsed[1:]), "processor": spread(worked[1:])}


def main(args: Namespace) -> None:
    """Measure and report."""
    times = {name: seconds(call, args.runs) for name, call in comparisons().items()}
    one, *_, many = (time["elapsed"]["median"] for time in times.values())
    report(
        args.output,
        figure=f"compare, 8,000 questions x {RESAMPLES:,} resamples",
        value=one,
        unit="s",
        aim=f"under {AIM}; all metrics at once under {AIM_MANY}",
        met=one < AIM and many < AIM_MANY,
        n=args.runs,
        many=many,
        times=times,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=5, help="measured runs (5)")
    main(parser.parse_args())
