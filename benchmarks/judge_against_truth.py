"""A judge beside the truth, on responses that models wrote about the small world's cases.

The logs have been scored by `judges/grounding.py`, `judges/behaviours.py` and `judges/world_truth.py`. For each pair of
numbers: both means, the mean difference with its 95 % interval (normal, over responses), the share of responses with
the same number, and the correlation over responses.

    python benchmarks/judge_against_truth.py LOG…
"""

import argparse
import sys
from math import isnan, sqrt
from pathlib import Path
from statistics import StatisticsError, correlation, fmean, stdev

from inspect_ai.log import read_eval_log

PAIRS = {
    "cecd_coverage": "true_coverage",
    "drc_coverage": "true_drc_coverage",
    "drc_bare": "true_bare",
    "h_invented": "true_invented",
    "backtracking_any": "true_switch",
}
"""Key of a judge -> the key of the truth that it should equal."""


def values(log: Path) -> list[dict[str, float]]:
    """Every number of every response, judge and truth together."""
    rows = []
    for sample in read_eval_log(str(log)).samples or []:
        parts = [score.value for score in (sample.scores or {}).values() if isinstance(score.value, dict)]
        rows.append(
            {key: float(value) for part in parts for key, value in part.items() if isinstance(value, int | float)}
        )
    return rows


def row(log: Path, judged: str, true: str, rows: list[dict[str, float]]) -> str:
    """A line of the table."""
    pairs = [(one[judged], one[true]) for one in rows if judged in one and true in one]
    pairs = [pair for pair in pairs if not any(map(isnan, pair))]
    differences = [a - b for a, b in pairs]
    half = 1.96 * stdev(differences) / sqrt(len(differences))
    bias = fmean(differences)
    try:
        together = f"{correlation([a for a, _ in pairs], [b for _, b in pairs]):.2f}"
    except StatisticsError:
        together = "none (constant)"
    same = fmean(abs(difference) < 1e-9 for difference in differences)
    means = f"{fmean(a for a, _ in pairs):.3f} | {fmean(b for _, b in pairs):.3f}"
    interval = f"{bias:+.3f} [{bias - half:+.3f}, {bias + half:+.3f}]"
    return f"| {log.parent.name} | {judged} | {len(pairs)} | {means} | {interval} | {same:.3f} | {together} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("logs", type=Path, nargs="+", help=".eval files")
    lines = ["| log | number | n | judge | truth | judge - truth | equal | correlation |", "|---" * 8 + "|"]
    for log in parser.parse_args().logs:
        rows = values(log)
        lines += [row(log, judged, true, rows) for judged, true in PAIRS.items()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
