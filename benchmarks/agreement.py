"""Time of all coefficients of agreement with intervals: 200 items, 5 raters and a judge, 8 metrics, 10,000 resamples.

python benchmarks/agreement.py
"""

from argparse import Namespace
from time import perf_counter, process_time

import numpy as np
from _report import arguments, report, spread

from clinical_r1.stats.agreement import Level, agreement_intervals

AIM = 30.0
"""Seconds for all metrics together."""
ITEMS, RATERS, RESAMPLES = 200, 5, 10_000
MISSING = 0.15
"""Share of ratings that are missing."""

Rows = dict[str, dict[int, int]]


def metrics() -> dict[str, tuple[Level, Rows, dict[int, int]]]:
    """Name -> level, ratings and judgements: four counts and four behaviours that are there or not."""
    rng = np.random.default_rng(0)
    made: dict[str, tuple[Level, Rows, dict[int, int]]] = {}
    for place in range(8):
        counts = place < 4
        truth = rng.poisson(1.5 + place, ITEMS) if counts else rng.random(ITEMS) < 0.2
        rows = [_rated(truth, counts, rng) for _ in range(RATERS + 1)]
        level: Level = "ratio" if counts else "nominal"
        humans = {f"h{number}": _with_gaps(row, rng) for number, row in enumerate(rows[1:])}
        made[f"{'count' if counts else 'behaviour'} {place}"] = level, humans, rows[0]
    return made


def _rated(truth: np.ndarray, counts: bool, rng: np.random.Generator) -> dict[int, int]:
    if counts:
        values = np.maximum(truth + rng.integers(-1, 2, len(truth)), 0)
    else:
        values = np.where(rng.random(len(truth)) < 0.1, ~truth, truth).astype(int)
    return dict(enumerate(values.tolist()))


def _with_gaps(row: dict[int, int], rng: np.random.Generator) -> dict[int, int]:
    return {item: value for item, value in row.items() if rng.random() >= MISSING}


def seconds(runs: int) -> tuple[list[float], list[float], dict[str, list[float]]]:
    """Elapsed and processor seconds of all metrics in each run, and elapsed ones of each metric."""
    elapsed, worked = [], []
    each: dict[str, list[float]] = {}
    for _ in range(runs):
        start, start_work = perf_counter(), process_time()
        for name, (level, humans, judge) in metrics().items():
            began = perf_counter()
            agreement_intervals(humans, judge, level=level, resamples=RESAMPLES)
            each.setdefault(name, []).append(perf_counter() - began)
        elapsed.append(perf_counter() - start)
        worked.append(process_time() - start_work)
    return elapsed, worked, each


def main(args: Namespace) -> None:
    """Measure and report."""
    elapsed, worked, each = seconds(args.runs)
    median = spread(elapsed)["median"]
    report(
        args.output,
        figure=f"agreement of {RATERS} raters and a judge on {ITEMS} items, 8 metrics x {RESAMPLES:,} resamples",
        value=median,
        unit="s",
        aim=f"under {AIM}",
        met=median < AIM,
        n=args.runs,
        elapsed=spread(elapsed),
        processor=spread(worked),
        figures={
            level: len(agreement_intervals(humans, judge, level=level, resamples=1))
            for level, humans, judge in metrics().values()
        },
        each={name: spread(times) for name, times in each.items()},
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=3, help="measured runs (3)")
    main(parser.parse_args())
