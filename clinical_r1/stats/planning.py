"""How many questions, epochs and training seeds a comparison of two sides needs, before any is paid for.

The number y of checkpoint s of a side on a question, in an epoch, is a sum of independent parts, so that the difference
of two sides with S seeds each, on the same N questions with K epochs, has the variance (Miller 2024, arXiv 2411.00640,
for one checkpoint per side; seeds as in `clinical_r1.stats.seeds`)

    seeds      2 s^2 / S
    questions  (d^2 + 2 r^2 / S) / N
    sampling   2 e^2 / (S K N)

with s^2 between the means of a method's checkpoints, d^2 between questions, of how far the methods are apart on them,
r^2 of what a seed adds on single questions, and e^2 between responses of a checkpoint to a question. One checkpoint per
side is compared as that checkpoint: s^2 is then no part of the variance, and of no sentence.

Power is that of the interval which the report makes (`seeds.half_width`; for one checkpoint per side z SE, as
`contrast.minimum_detectable_effect` has it): the chance that it excludes 0 on the right side. The variance between
seeds is estimated by the report from S - 1 degrees of freedom per side, which makes intervals with few seeds now narrow
and now very wide; power is the mean over the distribution of these estimates (`seeds.detectable`).

A non-inferiority margin is proved if the interval's lower end lies above minus the margin (ICH E9, section 3.3.2;
Julious 2004, doi:10.1002/sim.1783). If there is truly no difference, intervals do so as often as they find a difference
of that size: the smallest margin that a design proves is the difference that it detects at that level.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, ndtr

from clinical_r1.stats.contrast import POWER
from clinical_r1.stats.estimates import ALPHA, Array, Interval
from clinical_r1.stats.seeds import detectable, expected_halves, spread_between


# --- designs and their variance ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Components:
    """Variances of the parts of a number, see the module; in the squared unit of the metric, from 0."""

    questions: float
    """d^2, of how far two methods are apart on a question."""
    interaction: float
    """r^2, of what a training seed adds on a question."""
    sampling: float
    """e^2, between responses of one checkpoint to one question."""
    seeds: float
    """s^2, between the means of a method's checkpoints."""


@dataclass(frozen=True)
class Design:
    """The size of a comparison, the same on both sides."""

    questions: int
    """From 2."""
    epochs: int = 1
    """Responses per question and checkpoint, from 1."""
    seeds: int = 1
    """Checkpoints per side, from 1; with 1 two checkpoints are compared, not methods."""

    @property
    def answers(self) -> int:
        """Responses per side."""
        return self.questions * self.epochs * self.seeds


class Variances(NamedTuple):
    """Where the variance of a difference lies."""

    questions: float
    sampling: float
    seeds: float


def variances(components: Components, design: Design) -> Variances:
    """The parts of the variance of a difference; 0 for the seeds of a comparison of two checkpoints.

    Examples:
        >>> variances(Components(0.02, 0.01, 0.1, 0.0001), Design(questions=100, epochs=5, seeds=2))
        Variances(questions=0.0003, sampling=0.0002, seeds=0.0001)
    """
    questions, epochs, seeds = design.questions, design.epochs, design.seeds
    return Variances(
        questions=(components.questions + 2 * components.interaction / seeds) / questions,
        sampling=2 * components.sampling / (seeds * epochs * questions),
        seeds=2 * components.seeds / seeds if seeds > 1 else 0.0,
    )


# --- power, and what it takes -----------------------------------------------------------------------------------------
def power_of(components: Components, design: Design, difference: float, *, alpha: float = ALPHA) -> float:
    """Chance that a true difference is found, with its sign; or that a margin of this size is proved if there is none.

    Args:
        components: Where the variance lies.
        design: The size.
        difference: True difference or margin, from 0, in the unit of the metric.
        alpha: Level of the two-sided test, in (0, 1): such as 5 % over the number of tests of a family. A margin is
            tested one-sided at half of it.

    Raises:
        ValueError: If nothing varies, so that nothing can be said.
    """
    halves, error = _intervals(components, design, alpha)
    return float(ndtr((difference - halves) / error).mean())


def detectable_difference(
    components: Components, design: Design, *, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Smallest true difference that is found, and smallest margin that is proved, with this power.

    Arguments and errors are those of `power_of`; `power` is in [.5, 1).

    Examples:
        >>> two_checkpoints = Design(questions=1000, epochs=1)
        >>> round(detectable_difference(Components(0.1, 0.0, 0.1, 0.0), two_checkpoints), 4)  # 2.8 x sqrt(.3 / 1000)
        0.0485
    """
    return detectable(*_intervals(components, design, alpha), power)


def _intervals(components: Components, design: Design, alpha: float) -> tuple[Array, float]:
    """Half the width of intervals, at equally likely estimates of the variance between seeds; the standard error."""
    error = sqrt(sum(variances(components, design)))
    if not error > 0:
        raise ValueError("nothing varies: neither questions nor responses nor seeds")
    if design.seeds == 1:
        return expected_halves(alpha, (), error**2), error
    between = components.questions / design.questions
    return expected_halves(alpha, [((error**2 - between) / 2, design.seeds - 1.0)] * 2, between), error


_SEARCHED = {"questions": range(2, 10_000_001), "epochs": range(1, 10_001), "seeds": range(2, 1_001)}


def fewest(
    components: Components, design: Design, size: str, margin: float, *, alpha: float = ALPHA, power: float = POWER
) -> int | None:
    """Fewest questions, epochs or seeds with which a margin is proved, or a difference of this size found.

    Args:
        components: Where the variance lies.
        design: The other sizes.
        size: Which is looked for: `questions` up to ten million, `epochs` up to 10,000, `seeds` from 2 to 1,000.
        margin: Above 0, in the unit of the metric.
        alpha: See `power_of`.
        power: In [.5, 1).

    Returns:
        The number; None where none of these is enough.

    Examples:
        >>> fewest(Components(0.1, 0.0, 0.1, 0.0), Design(1000), "questions", 0.0485)
        1002
    """

    def enough(number: int) -> bool:
        return power_of(components, replace(design, **{size: number}), margin, alpha=alpha) >= power

    numbers = _SEARCHED[size]
    place = bisect_left(numbers, True, key=enough)
    return numbers[place] if place < len(numbers) else None


# --- components: assumed, or from a pilot -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Assumptions:
    """What is taken to hold of a metric that is 0 or 1, where no pilot says it."""

    rate: float
    """Mean of the metric, in (0, 1)."""
    spread: float
    """Share of the variance of responses, rate (1 - rate), that lies between questions, in [0, 1]: 0 where all are
    equally hard, 1 where each is always or never answered rightly, as in greedy decoding."""
    correlation: float
    """Between two checkpoints of different sides, of their chances on the questions, in [0, 1]."""
    seed_share: float
    """Share of the variance between their chances on a question that is the training seeds', in [0, 1]; the rest is the
    methods'."""
    seed_sd: float
    """Standard deviation between the means of a method's checkpoints, from 0."""

    @property
    def components(self) -> Components:
        """Of these assumptions.

        Examples:
            >>> Assumptions(rate=0.5, spread=0.4, correlation=0.8, seed_share=0.5, seed_sd=0.01).components
            Components(questions=0.02, interaction=0.01, sampling=0.15, seeds=0.0001)
        """
        whole = self.rate * (1 - self.rate)
        apart = round(2 * (1 - self.correlation) * self.spread * whole, 15)
        share = self.seed_share
        return Components((1 - share) * apart, share * apart / 2, (1 - self.spread) * whole, self.seed_sd**2)


class Pilot(NamedTuple):
    """Components from a pilot, and what it could not tell."""

    components: Components
    lacking: tuple[str, ...]
    """Components that are assumed: `sampling` of one epoch, `interaction` and `seeds` of one seed per side."""
    seed_sd: Interval
    """95 % interval of s, from chi-square quantiles of the variance between seeds; NaN where seeds are assumed."""
    freedom: float
    """Degrees of freedom between seeds; 0 where they are assumed."""


def estimated(a: ArrayLike, b: ArrayLike, *, sampling: float, epochs: float, otherwise: Assumptions) -> Pilot:
    """Components from two sides on the same questions; what comes out below 0 is 0, which errs towards larger designs.

    Args:
        a: Question means of one side, shape (seeds, questions). NaN is unscored.
        b: Question means of the other for the same questions, shape (seeds, questions).
        sampling: Variance between a checkpoint's responses to a question; NaN where there is one epoch.
        epochs: Responses behind a question mean (their harmonic mean), from 1.
        otherwise: For what these numbers do not hold.

    Raises:
        ValueError: If the numbers of questions differ, or nothing is scored on both sides.

    Examples:
        >>> a, b = [[0.5, 1, 0, 0.5]], [[0.5, 0.5, 0.5, 0]]
        >>> pilot = estimated(a, b, sampling=0.125, epochs=2, otherwise=Assumptions(0.5, 0.5, 0.8, 0.5, 0.01))
        >>> pilot.lacking, round(pilot.components.questions, 4), round(pilot.components.interaction, 4)
        (('interaction', 'seeds'), 0.0521, 0.026)
    """
    sides = [np.asarray(side, dtype=float) for side in (a, b)]
    spread = spread_between(*sides)
    questions = int(np.all([~np.isnan(side).all(axis=0) for side in sides], axis=0).sum())
    several, single = sum(1 / len(side) for side in sides if len(side) > 1), sum(len(side) == 1 for side in sides)
    # what a checkpoint adds on a question; of one seed per side at most half of what parts the two there
    own = spread.both * questions / several if several else spread.questions * questions / 2
    lacking = ("sampling",) if np.isnan(sampling) else ()
    within = min(otherwise.components.sampling, own * epochs) if lacking else sampling
    own_chance = max(own - within / epochs, 0.0)
    if not several:
        share = otherwise.seed_share
        components = Components(2 * (1 - share) * own_chance, share * own_chance, within, otherwise.seed_sd**2)
        return Pilot(components, (*lacking, "interaction", "seeds"), Interval(nan, nan), 0.0)
    freedom = spread.freedom
    by = (1.0, *(freedom / float(chdtri(freedom, tail)) for tail in (ALPHA / 2, 1 - ALPHA / 2)))
    seeds, low, high = (max(factor * spread.seeds / several - own / questions, 0.0) for factor in by)
    components = Components(max(questions * spread.questions - single * own, 0.0), own_chance, within, seeds)
    return Pilot(components, lacking, Interval(sqrt(low), sqrt(high)), freedom)
