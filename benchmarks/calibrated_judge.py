"""What calibrating a judge does to corrected counts: width and coverage beside those without it.

Two checkpoints answer 1,000 questions; 60 or 150 are labelled. The judge's counts are in proportion to those of raters,
or leap, grow as squares, stop at two, have a few wild ones, or are noise. Every repetition draws anew.

python benchmarks/calibrated_judge.py
"""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

import numpy as np
from _report import arguments, report
from numpy.typing import NDArray

from clinical_r1.stats.calibration import calibrated_judge
from clinical_r1.stats.correction import Corrected, ppi_difference, ppi_mean

Array = NDArray[np.float64]
SHAPE = (2, 1000)
MEAN, DIFFERENCE = 1.0, 0.3
"""What raters count in the first checkpoint, and how much more in the second."""
JUDGES: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "in proportion": lambda human, rng: human + rng.integers(-1, 2, SHAPE) * (rng.random(SHAPE) < 0.3),
    "squares": lambda human, rng: human**2 + rng.poisson(0.3, SHAPE),
    "leaps": lambda human, rng: np.where(human == 0, 0, 4 + human) + (rng.random(SHAPE) < 0.2),
    "stops at two": lambda human, rng: np.minimum(human, 2) + rng.poisson(0.1, SHAPE),
    "a few wild ones": lambda human, rng: human + np.where(rng.random(SHAPE) < 0.05, rng.integers(5, 25, SHAPE), 0),
    "noise": lambda human, rng: rng.poisson(1.0, SHAPE).astype(float),
}


def corrected(judge_of: Callable[[Array, np.random.Generator], Array], labelled: int, seed: int) -> list[Corrected]:
    """A checkpoint's mean as judged and calibrated, and the difference of two likewise."""
    rng = np.random.default_rng(seed)
    human = rng.poisson(MEAN, SHAPE) + np.array([[0], [1]]) * (rng.random(SHAPE) < DIFFERENCE)
    judge = np.maximum(judge_of(human.astype(float), rng), 0)
    rated, near, far = human[:, :labelled], judge[:, :labelled], judge[:, labelled:]
    questions = np.tile(np.arange(labelled), 2)
    both = calibrated_judge(rated.ravel(), near.ravel(), far.ravel(), clusters=questions)
    return [
        ppi_mean(rated[0], near[0], far[0]),
        ppi_mean(rated[0], *calibrated_judge(rated[0], near[0], far[0])),
        ppi_difference(rated, near, far),
        ppi_difference(rated, both[0].reshape(near.shape), both[1].reshape(far.shape)),
    ]


def measured(name: str, labelled: int, repeats: int) -> dict[str, float]:
    """Coverage of all four, and widths of calibrated over plain."""
    found = [corrected(JUDGES[name], labelled, seed) for seed in range(repeats)]
    kinds = ("mean", "mean_calibrated", "difference", "difference_calibrated")
    row = {}
    width = {}
    for kind, truth, figures in zip(kinds, (MEAN, MEAN, DIFFERENCE, DIFFERENCE), zip(*found, strict=True), strict=True):
        width[kind] = float(np.mean([one.high - one.low for one in figures]))
        row[f"{kind}_coverage"] = round(float(np.mean([one.low <= truth <= one.high for one in figures])), 3)
        row[f"{kind}_bias"] = round(float(np.mean([one.value for one in figures])) - truth, 4)
    ratios = {of: round(width[f"{of}_calibrated"] / width[of], 3) for of in ("mean", "difference")}
    return row | {f"{of}_width_ratio": ratio for of, ratio in ratios.items()}


def main(args: Namespace) -> None:
    """Measure and report."""
    cases: dict[str, Any] = {
        f"{name}, {labelled} labels": measured(name, labelled, args.repeats)
        for name in JUDGES
        for labelled in (60, 150)
    }
    lost = [
        row[kind] - row[kind.replace("_coverage", "_calibrated_coverage")]
        for row in cases.values()
        for kind in ("mean_coverage", "difference_coverage")
    ]
    crooked = [row for name, row in cases.items() if name.startswith(("squares", "leaps", "a few"))]
    ratio = max(row[f"{of}_width_ratio"] for row in crooked for of in ("mean", "difference"))
    report(
        args.output,
        figure="greatest width with a calibrated judge over that without, where its counts are out of proportion",
        value=ratio,
        unit="ratio",
        aim="below 0.9, and no case loses more than 0.02 of coverage",
        met=ratio < 0.9 and max(lost) <= 0.02,
        n=args.repeats,
        most_coverage_lost=round(max(lost), 3),
        cases=cases,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--repeats", type=int, default=300, help="repetitions of every case (300)")
    main(parser.parse_args())
