"""What an active draw of labels gains: width and coverage of corrected figures beside those of a stratified draw.

The judge is asked five times about 1,000 questions, is sure of most and wavers on some. Labels for 150 of them are
drawn both ways by `clinical_r1.study.draw`, and the correction goes by strata and probabilities.

python benchmarks/active_labels.py
"""

from argparse import Namespace
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from _report import arguments, report
from numpy.typing import NDArray

from clinical_r1.stats.correction import Corrected, ppi_difference, ppi_mean
from clinical_r1.study.draw import Candidate, draw_questions

Array = NDArray[np.float64]
QUESTIONS, LABELS, DRAWS = 1000, 150, 5
SHARES = np.array([[0.3], [0.4]])
"""Of responses with an instance, in two checkpoints."""


@dataclass(frozen=True)
class World:
    """Who judges and who rates."""

    wavering: float
    """Share of questions on which the judge wavers, and errs in 35 %; else in 1 %."""
    raters: int = 1
    error: float = 0.0
    """Of a rater."""
    honest: bool = True
    """Whether the judge wavers where it errs."""

    def truth(self) -> tuple[float, float]:
        """What all such raters would say: the first checkpoint's share, and the difference."""
        one, other = ((1 - 2 * self.error) * SHARES + self.error).ravel().tolist()
        return one, other - one


WORLDS = {
    "wavers on 15 %": World(0.15),
    "wavers on 30 %": World(0.3),
    "wavers on 30 %, three raters": World(0.3, raters=3, error=0.05),
    "wavers on 30 %, and errs elsewhere": World(0.3, honest=False),
}


def judged(world: World, rng: np.random.Generator) -> tuple[Array, Array]:
    """Mean of raters, and mean of the judge's draws, shape (checkpoints, questions)."""
    there = rng.random((2, QUESTIONS)) < SHARES
    rated = there ^ (rng.random((world.raters, 2, QUESTIONS)) < world.error)
    wavers = rng.random(QUESTIONS) < world.wavering
    errs = wavers if world.honest else rng.permutation(wavers)
    said = there ^ (rng.random((2, QUESTIONS)) < np.where(errs, 0.35, 0.01))
    return rated.mean(axis=0), rng.binomial(DRAWS, np.where(wavers, 0.3 + 0.4 * said, 0.01 + 0.98 * said)) / DRAWS


def corrected(world: World, seed: int, *, active: bool) -> tuple[Corrected, Corrected]:
    """A checkpoint's share, and the difference of two, from one draw of labels."""
    human, judge = judged(world, np.random.default_rng(seed))
    candidates = [
        Candidate("made up", f"{n:04d}", (1,), True, (True, True), nan, float(judge[:, n].mean()))
        for n in range(QUESTIONS)
    ]
    wavering = np.sqrt((judge * (1 - judge)).mean(axis=0)).tolist()
    errors = dict(zip(candidates, wavering, strict=True)) if active else None
    draw = draw_questions(candidates, LABELS, seed, errors=errors)
    near = np.array([int(one.candidate.question) for one in draw.questions])
    far = np.setdiff1d(np.arange(QUESTIONS), near)
    told: Any = {"weights": [float(1 / one.inclusion) for one in draw.questions], "pool": "both"}
    told["strata"] = [one.stratum for one in draw.questions]
    return (
        ppi_mean(human[0, near], judge[0, near], judge[0, far], **told),
        ppi_difference(human[:, near], judge[:, near], judge[:, far], **told),
    )


def measured(world: World, repeats: int) -> dict[str, dict[str, float]]:
    """Coverage, mean width and spread of estimates of both draws, and active over stratified."""
    draws = {
        kind: [corrected(world, seed, active=kind == "active") for seed in range(repeats)]
        for kind in ("stratified", "active")
    }
    found = {}
    for place, (name, truth) in enumerate(zip(("share", "difference"), world.truth(), strict=True)):
        row: dict[str, float] = {}
        for kind, figures in draws.items():
            one = [both[place] for both in figures]
            row[f"{kind}_coverage"] = round(float(np.mean([of.low <= truth <= of.high for of in one])), 3)
            row[f"{kind}_width"] = round(float(np.mean([of.high - of.low for of in one])), 4)
            row[f"{kind}_spread"] = round(float(np.std([of.value for of in one])), 4)
        row |= {f"{of}_ratio": round(row[f"active_{of}"] / row[f"stratified_{of}"], 3) for of in ("width", "spread")}
        found[name] = row
    return found


def main(args: Namespace) -> None:
    """Measure and report."""
    worlds = {name: measured(world, args.repeats) for name, world in WORLDS.items()}
    gained = [row["width_ratio"] for name, one in worlds.items() if WORLDS[name].honest for row in one.values()]
    covered = [row["active_coverage"] for one in worlds.values() for row in one.values()]
    report(
        args.output,
        figure="width of active over stratified draw's intervals where the judge wavers where it errs; greatest",
        value=max(gained),
        unit="ratio",
        aim="below 1, and coverage of every case from 0.92",
        met=max(gained) < 1 and min(covered) >= 0.92,
        n=args.repeats,
        least_coverage=min(covered),
        cases=worlds,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--repeats", type=int, default=200, help="repetitions of every case (200)")
    main(parser.parse_args())
