"""The arithmetic of PPI++: lambda, the estimate, its variance and interval. Conventions are in `correction`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from clinical_r1.stats.label_draw import Draw, items_of
from clinical_r1.stats.pools import Array, Items, Mask
from clinical_r1.stats.rater_spread import rater_rows

TUNED_FROM = 3
"""Degrees of freedom between labelled clusters from which lambda is tuned."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Human and judge values of all items, a row each of what is estimated together."""

    items: Items
    human: Array
    """Shape (rows, items); 0 where there is no label."""
    judge: Array
    """Shape (rows, items), without gaps."""
    drawn: int
    """Items that were to be labelled."""
    unjudged: int
    """Items without a value of the judge."""
    ratings: Array
    """Human values by rater, shape (raters, rows, items); of no rater if the interval is about these alone."""

    def part(self, rows: slice) -> "Judged":
        """Some of the rows."""
        return replace(self, human=self.human[rows], judge=self.judge[rows], ratings=self.ratings[:, rows])

    def mean(self, row: int) -> "Mean":
        """The mean of a row."""
        return Mean(self.items, self.human[row], self.judge[row], self.ratings[:, row])


def judged(values: Sequence[Array], draw: Draw) -> Judged:
    """Put the items in one row, and fill in what the judge left out with its mean.

    Args:
        values: Of labelled items by humans, of the same by the judge, of the others by the judge; shape (items,), or
            (rows, items) where several numbers of an item belong together: NaN in one is none in all.
        draw: How items were drawn.

    Raises:
        ValueError: If a value is infinite, there is nothing labelled, or the draw does not fit.
    """
    human, near, far = (np.atleast_2d(array) for array in values)
    judge = np.concatenate([near, far], axis=1)
    if np.isinf(human).any() or np.isinf(judge).any():
        raise ValueError("allowed are finite numbers, and NaN for what has none")
    rated, gap = ~_has_gap(human), _has_gap(judge)
    items = items_of(rated, judge[0], draw)
    whole = np.zeros_like(judge)
    whole[:, : len(rated)] = np.where(rated, human, 0.0)
    ratings = np.zeros((0, *judge.shape)) if draw.raters is None else _by_rater(draw.raters, human, judge.shape[1])
    return Judged(items, whole, _filled(judge, gap, items), len(rated), int(gap.sum()), ratings)


def _by_rater(given: ArrayLike, human: Array, items: int) -> Array:
    """Ratings of all items, shape (raters, rows, items); NaN where there is none."""
    found = np.asarray(given, dtype=float)
    if found.ndim < 2 or found[0].size != human.size:
        raise ValueError(
            f"raters: shape {found.shape}, allowed is (raters, ...) with values as labelled_human has them"
        )
    ratings = np.full((len(found), len(human), items), np.nan)
    ratings[..., : human.shape[1]] = found.reshape(len(found), *human.shape)
    return ratings


def _has_gap(values: Array) -> Mask:
    return np.asarray(np.isnan(values).any(axis=0))


def _filled(judge: Array, gap: Mask, items: Items) -> Array:
    share = np.where(gap, 0.0, items.pool_weights)
    means = (np.where(gap, 0.0, judge) * share).sum(axis=1, keepdims=True) / max(share.sum(), np.finfo(float).tiny)
    return np.where(gap, means, judge)


# --- lambda and variance ----------------------------------------------------------------------------------------------
class Fit(NamedTuple):
    """A corrected figure, linearised."""

    lam: float
    value: float
    rows: Array
    """What each cluster adds to the estimate; sums of squares are variances."""
    between: float
    """Degrees of freedom between clusters, one less where lambda was tuned."""
    raters: Array
    """What each rater adds, of no rater where it is about these: see `rater_spread`."""

    @property
    def variance(self) -> float:
        """Of the value; NaN without a degree of freedom."""
        return float((self.rows**2).sum() + (self.raters**2).sum()) if self.between > 0 else nan

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the variance, Satterthwaite's for both of its parts."""
        items, raters = float((self.rows**2).sum()), float((self.raters**2).sum())
        if not raters > 0 or self.between <= 0:
            return self.between
        return (items + raters) ** 2 / (items**2 / self.between + raters**2 / (len(self.raters) - 1))


@dataclass(frozen=True, eq=False)
class Mean:
    """A mean to correct."""

    items: Items
    human: Array
    """Shape (items,); only those of labelled items count."""
    judge: Array
    """Shape (items,)."""
    ratings: Array
    """Shape (raters, items)."""

    def fit(self, lam: float | None) -> Fit:
        """Correct it, with lambda tuned if it is None."""
        freedom = self.items.freedom
        if lam is not None or freedom < TUNED_FROM:
            lam = lam or 0.0
            return Fit(lam, self.value(lam), self._a - lam * self._b, freedom, self._raters)
        lam = self._tuned()
        lost = 1 if lam else 0
        factor = sqrt(freedom / (freedom - lost))  # a parameter more was fitted
        return Fit(lam, self.value(lam), factor * (self._a - lam * self._b), freedom - lost, self._raters)

    def value(self, lam: float) -> float:
        """The corrected mean."""
        items = self.items
        return items.labelled_mean(self.human) - lam * (items.labelled_mean(self.judge) - items.pool_mean(self.judge))

    def residuals(self, lam: float) -> Array:
        """Human - lambda judge, 0 for items without a label."""
        return np.where(self.items.labelled, self.human - lam * self.judge, 0.0)

    def residual_rows(self, lam: float) -> Array:
        """What each cluster adds to the labelled mean of residuals."""
        return self._a - lam * self._judge_rows

    @cached_property
    def _raters(self) -> Array:
        return rater_rows(self.ratings, self.items.label_weights)

    @cached_property
    def _a(self) -> Array:
        return self.items.label_rows(self.human)

    @cached_property
    def _judge_rows(self) -> Array:
        return self.items.label_rows(self.judge)

    @cached_property
    def _b(self) -> Array:
        return self._judge_rows - self.items.pool_rows(self.judge)

    def _tuned(self) -> float:
        """The lambda in [0, 1] with the least sum of squares of a - lambda b."""
        spread, square = float(np.ptp(self.judge)), float((self._b**2).sum())
        # neither what rounding leaves of a constant, nor what it leaves of b
        if spread <= 1e-12 * float(np.abs(self.judge).max()) or square <= 1e-20 * spread**2:
            return 0.0
        return float(np.clip((self._a * self._b).sum() / square, 0.0, 1.0))


def fit_ratio(found: Judged, lam: float | None) -> Fit:
    """Correct a ratio of sums: numerators and denominators (the two rows) with one lambda, linearised at the ratio."""
    above, below = found.mean(0), found.mean(1)
    weight, under, ratio = 0.0, below.value(0.0), nan
    for _ in range(20):
        last, ratio = ratio, above.value(weight) / under if under > 0 else nan
        parts = ((getattr(one, name) for one in (above, below)) for name in ("human", "judge", "ratings"))
        one = Mean(found.items, *(over - ratio * under_ for over, under_ in parts)).fit(lam)
        weight, under = one.lam, below.value(one.lam)
        if np.isnan(ratio) or abs(ratio - last) <= 1e-12 * abs(ratio):
            break
    return one._replace(value=ratio, rows=one.rows / under, raters=one.raters / under)


def fit_difference(a: Fit, b: Fit) -> Fit:
    """Figure b less figure a, of the same items."""
    between = min(a.between, b.between)
    return Fit((a.lam + b.lam) / 2, b.value - a.value, b.rows - a.rows, between, b.raters - a.raters)


# --- interval ---------------------------------------------------------------------------------------------------------
class Added(NamedTuple):
    """Items that are added to the labelled ones for an interval, half of each."""

    residuals: Array
    """Their human - lambda judge."""
    mean: float
    """That of the labelled items."""
    size: float
    """Effective number of labelled items."""


class Limits(NamedTuple):
    """An interval, and what it was made of."""

    low: float
    high: float
    middle: float
    standard_error: float


def added_to(mean: Mean, lam: float, kinds: Array) -> Added:
    """Half an item of each kind, as heavy as one of as many independent items as tell as much as the labelled ones.

    Args:
        mean: What is corrected.
        lam: The fitted lambda.
        kinds: Human and judge value of each kind, shape (kinds, 2).
    """
    residuals = mean.residuals(lam)
    size = mean.items.effective_size(residuals, mean.residual_rows(lam))
    return Added(kinds[:, 0] - lam * kinds[:, 1], mean.items.labelled_mean(residuals), size)


def limits(found: Fit, alpha: float, added: Added | None = None) -> Limits:
    """A t interval that holds the estimate; NaN without degrees of freedom.

    Args:
        found: The estimate.
        alpha: One less the confidence.
        added: Items to add to the labelled ones.
    """
    middle, variance = found.value, found.variance
    if added is not None:
        half = 0.5 / added.size  # weight of half an item; those of the labelled items sum to 1
        total = 1 + half * len(added.residuals)
        mean = (added.mean + half * added.residuals.sum()) / total
        middle += mean - added.mean
        variance = (variance + 2 * half**2 * float(((added.residuals - mean) ** 2).sum())) / total**2
    error = sqrt(variance)
    width = float(stdtrit(found.freedom, 1 - alpha / 2)) * error if found.freedom > 0 else nan
    return Limits(min(middle - width, found.value), max(middle + width, found.value), middle, error)
