"""Time of exact maj@k over 64 collected answers, under each tie rule, for typical and for the hardest answers.

python benchmarks/voting.py
"""

from argparse import Namespace
from random import Random
from statistics import median
from time import perf_counter

from _report import arguments, report, spread

from clinical_r1.voting import TIE_RULES, TieRule, majority_at_k, majority_curve

AIM = 100.0
"""Milliseconds: a benchmark of 1,000 questions then takes under two minutes at the worst."""
N = 64
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def cases() -> dict[str, list[str | None]]:
    """Name -> 64 answers. The target is A."""
    rng = Random(0)
    typical = rng.choices(["A", "B", "C", "D", None], weights=[50, 25, 12, 8, 5], k=N)
    return {
        "typical: 4 options, half right": typical,
        "2 options, even": [LETTERS[i % 2] for i in range(N)],
        "5 options, even": [LETTERS[i % 5] for i in range(N)],
        "10 options, even": [LETTERS[i % 10] for i in range(N)],
        "26 options, even": [LETTERS[i % 26] for i in range(N)],
    }


def milliseconds(answers: list[str | None], tie: TieRule, *, curve: bool, runs: int) -> list[float]:
    """Milliseconds of one k (the slowest of several), or of the whole curve, in each run."""
    times = []
    for _ in range(runs):
        slowest = 0.0
        for k in (1,) if curve else (5, 16, 32, 48, 64):
            start = perf_counter()
            majority_curve(answers, "A", tie) if curve else majority_at_k(answers, "A", k, tie)
            slowest = max(slowest, perf_counter() - start)
        times.append(1000 * slowest)
    return times


def main(args: Namespace) -> None:
    """Measure and report."""
    one_k: dict[str, dict[str, dict[str, float]]] = {}
    curves: dict[str, dict[str, dict[str, float]]] = {}
    for name, answers in cases().items():
        one_k[name] = {tie: spread(milliseconds(answers, tie, curve=False, runs=args.runs)) for tie in TIE_RULES}
        curves[name] = {tie: spread(milliseconds(answers, tie, curve=True, runs=args.runs)) for tie in TIE_RULES}
    worst = max(times["median"] for by_tie in one_k.values() for times in by_tie.values())
    report(
        args.output,
        figure=f"exact maj@k of {N} answers, slowest k, answers and tie rule",
        value=worst,
        unit="ms",
        aim=f"under {AIM}",
        met=worst < AIM,
        n=args.runs,
        median_over_cases=median(times["median"] for by_tie in one_k.values() for times in by_tie.values()),
        one_k=one_k,
        whole_curve=curves,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=5, help="measured runs (5)")
    main(parser.parse_args())
