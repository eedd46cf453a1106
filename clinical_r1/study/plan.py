"""Sample size of a study: simulated studies of several sizes, put through the statistics that the report uses.

One metric, present or not in a response. Raters and judge see what is true with given sensitivity and specificity, each
on its own. A study labels the responses of two checkpoints or more to the same questions, so that `items` are
`items // checkpoints` questions; every item goes to all of its raters, whose mean is what the judge is corrected by.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from clinical_r1.errors import UserError
from clinical_r1.stats.coefficients import alpha
from clinical_r1.stats.correction import ppi_difference, ppi_mean
from clinical_r1.stats.estimates import Estimate
from clinical_r1.stats.pairwise import pair
from clinical_r1.stats.ratings import Array, read_table

LEVEL = 0.05
"""Level of the test whose power is given."""
FEWEST = 6
"""Fewest questions that are simulated."""
_DRAWS = 2_000
"""Studies behind figures of agreement, which are simulated all at once."""
WIDTHS = ("corrected", "difference", "alpha", "kappa")
"""Whose interval a wanted width can be about."""


@dataclass(frozen=True)
class Expected:
    """What the user expects; shares and chances, in [0, 1]."""

    prevalence: float = 0.3
    """Share of the first checkpoint's responses with an instance."""
    sensitivity: float = 0.8
    """Chance that the judge finds one where there is one."""
    specificity: float = 0.9
    """Chance that it finds none where there is none."""
    rater_sensitivity: float = 0.9
    rater_specificity: float = 0.95
    difference: float = 0.1
    """By how much the second checkpoint's share differs."""
    similarity: float = 0.3
    """Share of questions on which both checkpoints are alike for a reason, and not by chance."""
    judged: int = 1000
    """Questions that the judge judges, with the responses of all checkpoints."""
    checkpoints: int = 2

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("sensitivity", "specificity", "rater_sensitivity", "rater_specificity", "similarity"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"--{name.replace('_', '-')} {getattr(self, name)}: allowed is 0 to 1")
        if not 0 < self.prevalence < 1:
            raise UserError(f"--prevalence {self.prevalence}: allowed is more than 0 and less than 1")
        if not 0 <= self.prevalence + self.difference <= 1:
            raise UserError(f"--difference {self.difference}: with --prevalence {self.prevalence} it leaves 0 to 1")
        if self.checkpoints < 1 or self.judged < FEWEST:
            raise UserError(f"--checkpoints and --judged: allowed are whole numbers from 1 and from {FEWEST}")


@dataclass(frozen=True)
class Row:
    """What studies of one size give, on average over simulated ones."""

    items: int
    raters: int
    """Of each item."""
    alpha: float
    """Krippendorff's alpha between raters; NaN for one rater."""
    alpha_width: float
    """Width of the range that holds it in 95 % of studies."""
    kappa: float
    """Cohen's kappa of judge and rater."""
    kappa_width: float
    corrected_width: float
    """Width of the 95 % interval of one checkpoint's share, raters' labels and judge together."""
    labels_width: float
    """The same from labels alone."""
    difference_width: float
    """Width of the interval of the corrected difference of two checkpoints; NaN with one."""
    power: float
    """Share of studies that find the difference, at level `LEVEL`; NaN with one checkpoint."""

    @property
    def labels(self) -> int:
        """Single labels to give."""
        return self.items * self.raters

    @property
    def ratio(self) -> float:
        """Width of the corrected interval over that of labels alone."""
        return self.corrected_width / self.labels_width


def plan(
    expected: Expected, items: Iterable[int], raters: Iterable[int], *, draws: int = 200, seed: int = 0
) -> list[Row]:
    """Simulate studies of some sizes.

    Args:
        expected: What is expected.
        items: Numbers of items, at least `FEWEST` questions each and no more questions than are judged.
        raters: Numbers of raters per item, 1 to 9.
        draws: Simulated studies per size.
        seed: Of the simulation; each size has the same numbers whatever the others are.

    Returns:
        A row per size, by items and raters.

    Raises:
        UserError: If a number is out of its range.
    """
    sizes = list(product(sorted(set(items)), sorted(set(raters))))
    if draws < 2:
        raise UserError(f"--draws {draws}: allowed is a whole number from 2")
    for number, people in sizes:
        if not FEWEST <= number // expected.checkpoints <= expected.judged:
            low, high = FEWEST * expected.checkpoints, expected.judged * expected.checkpoints
            raise UserError(f"--items {number}: allowed are {low} to {high}, as all are judged")
        if not 1 <= people <= 9:
            raise UserError(f"--raters {people}: allowed are 1 to 9")
    return [
        _row(expected, number, people, draws, np.random.default_rng([seed, number, people])) for number, people in sizes
    ]


def smallest(rows: Sequence[Row], *, width: float | None, of: str = "corrected", power: float | None) -> Row | None:
    """The study with the fewest labels that is narrow and powerful enough.

    Args:
        rows: Those of `plan`.
        width: Widest interval that will do; None if any will.
        of: Which interval, one of `WIDTHS`.
        power: Least power that will do; None if any will.

    Returns:
        The row; None if no study is large enough, or nothing is wanted.
    """
    if width is None and power is None:
        return None
    enough = [
        row
        for row in rows
        if (width is None or getattr(row, f"{of}_width") <= width) and (power is None or row.power >= power)
    ]
    return min(enough, key=lambda row: (row.labels, row.items), default=None)


# --- one size ---------------------------------------------------------------------------------------------------------
def _row(expected: Expected, items: int, raters: int, draws: int, rng: np.random.Generator) -> Row:
    questions = items // expected.checkpoints
    agreement = _agreement(expected, questions * expected.checkpoints, raters, rng)
    singles, pairs = [], []
    for _ in range(draws):
        human, judge = _study(expected, questions, raters, rng)
        singles.append(ppi_mean(human[0], judge[0, :questions], judge[0, questions:]))
        if expected.checkpoints > 1:
            pairs.append(ppi_difference(human, judge[:, :questions], judge[:, questions:]))
    alone = [one.labels_only for one in singles if one.labels_only is not None]
    return Row(
        items,
        raters,
        *agreement,
        corrected_width=_mean_width(singles),
        labels_width=_mean_width(alone),
        difference_width=_mean_width(pairs),
        power=float(np.mean([one.p_value < LEVEL for one in pairs])) if pairs else nan,
    )


def _mean_width(found: Sequence[Estimate]) -> float:
    widths = np.array([one.high - one.low for one in found])
    return float(np.nanmean(widths)) if len(widths) and not np.isnan(widths).all() else nan


def _study(expected: Expected, questions: int, raters: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Mean ratings of two checkpoints' responses to the labelled questions, and judgements of all; 2 rows each."""
    shares = np.array([[expected.prevalence], [expected.prevalence + expected.difference]])
    chance = rng.random((2, expected.judged))
    alike = rng.random(expected.judged) < expected.similarity
    chance[1] = np.where(alike, chance[0], chance[1])
    truth = chance < shares
    judge = _seen(truth, expected.sensitivity, expected.specificity, rng)
    labelled = np.broadcast_to(truth[:, :questions], (raters, 2, questions))
    human = _seen(labelled, expected.rater_sensitivity, expected.rater_specificity, rng).mean(axis=0)
    return human, judge


def _seen(truth: NDArray[np.bool_], sensitivity: float, specificity: float, rng: np.random.Generator) -> Array:
    """What somebody says, 0 or 1."""
    return (rng.random(truth.shape) < np.where(truth, sensitivity, 1 - specificity)).astype(float)


def _agreement(
    expected: Expected, items: int, raters: int, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Alpha between raters and kappa of judge and rater: mean and 95 % range of each over studies.

    A study is how often each pattern of what judge and raters say of an item occurs in it.
    """
    patterns = np.array(list(product((0.0, 1.0), repeat=raters + 1)))
    chances = np.zeros(len(patterns))
    for present, share in ((1, expected.prevalence), (0, 1 - expected.prevalence)):
        by_judge = expected.sensitivity if present else 1 - expected.specificity
        by_rater = expected.rater_sensitivity if present else 1 - expected.rater_specificity
        says = np.array([by_judge, *[by_rater] * raters])
        chances += share * np.where(patterns == 1, says, 1 - says).prod(axis=1)
    often = rng.multinomial(items, chances / chances.sum(), size=_DRAWS).astype(float)
    table = read_table(
        {who: dict(enumerate(said.tolist())) for who, said in enumerate(patterns[:, 1:].T)}, categories=(0, 1)
    )
    kappas = pair(table, patterns[:, 0], patterns[:, 1], ("kappa",)).of(often)[:, 0]
    alphas = alpha(table, "nominal").of(often)[:, 0] if raters > 1 else np.full(_DRAWS, nan)
    return (*_spread(alphas), *_spread(kappas))


def _spread(values: Array) -> tuple[float, float]:
    """Mean, and width of the middle 95 %, of what is defined."""
    defined = values[~np.isnan(values)]
    if len(defined) < 2:
        return nan, nan
    low, high = np.quantile(defined, (0.025, 0.975))
    return float(defined.mean()), float(high - low)


# --- for people -------------------------------------------------------------------------------------------------------
_COLUMNS = (
    *(("items", "items"), ("raters", "raters"), ("labels", "labels")),
    *(("alpha", "alpha"), ("width", "alpha_width"), ("kappa", "kappa"), ("width", "kappa_width")),
    *(("corrected", "corrected_width"), ("labels only", "labels_width"), ("ratio", "ratio")),
    *(("difference", "difference_width"), ("power", "power")),
)
"""Title of a column and attribute of `Row`."""
ABOUT_TABLE = """alpha between raters and kappa of judge and rater, each with the width of the range that holds 95 % of
studies; widths of 95 % intervals, end to end: of one checkpoint's share, corrected by the judge and from labels only,
with their ratio, and of the corrected difference of two checkpoints; power to find that difference"""


def plan_table(rows: Sequence[Row], best: Row | None, minutes: float | None = None) -> str:
    """The rows as text, the smallest sufficient study marked.

    Args:
        rows: Those of `plan`.
        best: That of `smallest`.
        minutes: What a rater needs per item; with it, hours per rater stand beside the labels.
    """
    before = [title for title, _ in _COLUMNS].index("labels") + 1
    lines = [[title for title, _ in _COLUMNS]]
    for row in rows:
        values = [getattr(row, name) for _, name in _COLUMNS]
        lines.append([str(n) if isinstance(n, int) else "-" if isnan(n) else f"{n:.2f}" for n in values])
    if minutes is not None:
        hours = ["h per rater", *(f"{row.items * minutes / 60:.1f}" for row in rows)]
        lines = [[*line[:before], hour, *line[before:]] for line, hour in zip(lines, hours, strict=True)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    marks = ["", *("  <- smallest that is enough" if row is best else "" for row in rows)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) + mark
        for line, mark in zip(lines, marks, strict=True)
    )
