"""The arithmetic of PPI++ (lambda, estimate, variance, interval), and corrected figures as they are reported.

Conventions are in `clinical_r1.stats.correction`, formulas in `docs/metrics.md`, "Corrected numbers".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from clinical_r1.stats.estimates import Array, Estimate, Mask, wilson
from clinical_r1.stats.label_weights import Draw, Items, items_of


# --- spread between raters --------------------------------------------------------------------------------------------
def rater_rows(ratings: Array, weights: Array) -> Array:
    """What each rater adds to a weighted mean of items' means over their raters: the sum of squares is its variance.

    Effects b of raters are fitted beside those of items, y = item + b, by least squares, so that it does not matter who
    rated which items. With c the part of the mean that is a rater's, the variance over draws of R raters is
    (sum of c^2) x (sum of b^2) / (R - 1). Chance is not taken off b: it is a little too large rather than too small.

    Args:
        ratings: Shape (raters, items), NaN where a rater did not rate.
        weights: Of the items in the mean, shape (items,).

    Returns:
        Shape (raters,), of those who rated; empty if there are fewer than two, or no chain of shared items links all.

    Examples:
        >>> rows = rater_rows(np.array([[1.0, 0, 1, 1], [0, 0, 1, 0]]), np.full(4, 0.25))  # means .75 and .25
        >>> print(f"{(rows**2).sum():.4f}")  # (.25^2 + .25^2) / 1 / 2
        0.0625
    """
    there = ~np.isnan(ratings) & (weights > 0)
    ratings, there = ratings[there.any(axis=1)], there[there.any(axis=1)]
    number = np.maximum(there.sum(axis=0), 1)
    values = np.where(there, ratings, 0.0)
    apart = np.where(there, values - values.sum(axis=0) / number, 0.0)
    parts = weights / number * there
    products = np.diag((weights * there).sum(axis=1)) - parts @ there.T
    raters = len(there)
    if raters < 2 or np.linalg.matrix_rank(products) < raters - 1:
        return np.zeros(0)
    effects = np.linalg.pinv(products, hermitian=True) @ (apart @ weights)  # they sum to 0
    return np.asarray(effects * np.sqrt((parts.sum(axis=1) ** 2).sum() / (raters - 1)))


# --- PPI++ ------------------------------------------------------------------------------------------------------------
TUNED_FROM = 3
"""Degrees of freedom between labelled clusters from which lambda is tuned."""


class Fit(NamedTuple):
    """A corrected figure, linearised."""

    lam: float
    value: float
    rows: Array
    """What each cluster adds to the estimate; sums of squares are variances."""
    between: float
    """Degrees of freedom between clusters, one less where lambda was tuned."""
    raters: Array
    """What each rater adds, of no rater where it is about these: see `rater_rows`."""

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
class Judged:
    """Human and judge values of all items, a row for each number of an item."""

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

    def part(self, rows: slice | int) -> "Judged":
        """Some of the rows, or a single one, whose mean can be corrected: arrays then have no axis of rows."""
        return replace(self, human=self.human[rows], judge=self.judge[rows], ratings=self.ratings[:, rows])

    def fit(self, lam: float | None) -> Fit:
        """Correct it, with lambda tuned if it is None."""
        freedom, lost = self.items.freedom, 0
        if lam is None:
            lam = self._tuned() if freedom >= TUNED_FROM else 0.0
            lost = 1 if lam else 0  # a parameter more was fitted
        factor = sqrt(freedom / (freedom - lost)) if lost else 1.0
        return Fit(lam, self.value(lam), factor * (self._a - lam * self._b), freedom - lost, self._raters)

    def value(self, lam: float) -> float:
        """The corrected mean."""
        items = self.items
        return items.labelled_mean(self.human) - lam * (items.labelled_mean(self.judge) - items.pool_mean(self.judge))

    def added(self, lam: float, kinds: Array) -> "Added":
        """Half an item of each kind, a human and a judge value, shape (kinds, 2); as heavy as an independent item."""
        residuals = np.where(self.items.labelled, self.human - lam * self.judge, 0.0)
        size = self.items.effective_size(residuals, self._a - lam * self._judge_rows)
        return Added(kinds[:, 0] - lam * kinds[:, 1], self.items.labelled_mean(residuals), size)

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


def judged(values: Sequence[Array], draw: Draw) -> Judged:
    """Put the items in one row, and fill in what the judge left out with its mean.

    Values are those of labelled items by humans, of the same by the judge, of the others by the judge; shape (items,),
    or (rows, items) where several numbers of an item belong together: NaN in one is none in all.
    """
    human, near, far = (np.atleast_2d(array) for array in values)
    judge = np.concatenate([near, far], axis=1)
    if np.isinf(human).any() or np.isinf(judge).any():
        raise ValueError("allowed are finite numbers, and NaN for what has none")
    rated: Mask = np.asarray(~np.isnan(human).any(axis=0))
    gap: Mask = np.asarray(np.isnan(judge).any(axis=0))
    items = items_of(rated, judge[0], draw)
    whole = np.zeros_like(judge)
    whole[:, : len(rated)] = np.where(rated, human, 0.0)
    share = np.where(gap, 0.0, items.pool_weights)
    means = (np.where(gap, 0.0, judge) * share).sum(axis=1, keepdims=True) / max(share.sum(), np.finfo(float).tiny)
    ratings = _by_rater(draw.get("raters"), human, judge.shape[1])
    return Judged(items, whole, np.where(gap, means, judge), len(rated), int(gap.sum()), ratings)


def _by_rater(given: ArrayLike | None, human: Array, items: int) -> Array:
    """Ratings of all items, shape (raters, rows, items); NaN where there is none."""
    if given is None:
        return np.zeros((0, len(human), items))
    found = np.asarray(given, dtype=float)
    if found.ndim < 2 or found[0].size != human.size:
        raise ValueError(f"raters: shape {found.shape}, allowed is (raters, ...), each shaped as labelled_human")
    ratings = np.full((len(found), len(human), items), np.nan)
    ratings[..., : human.shape[1]] = found.reshape(len(found), *human.shape)
    return ratings


# --- ratios and differences ------------------------------------------------------------------------------------------
def fit_ratio(found: Judged, lam: float | None) -> Fit:
    """Correct a ratio of sums: numerators and denominators (the two rows) with one lambda, linearised at the ratio."""
    above, below = found.part(0), found.part(1)
    weight, under, ratio = 0.0, below.value(0.0), nan
    for _ in range(20):
        last, ratio = ratio, above.value(weight) / under if under > 0 else nan
        human, judge = above.human - ratio * below.human, above.judge - ratio * below.judge
        one = replace(found, human=human, judge=judge, ratings=above.ratings - ratio * below.ratings).fit(lam)
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


def limits(found: Fit, alpha: float, added: Added | None = None) -> Limits:
    """A t interval that holds the estimate, with items added to the labelled ones; NaN without degrees of freedom."""
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


# --- corrected figures ------------------------------------------------------------------------------------------------
Ends = tuple[float, float] | None
LimitsOf = Callable[[Fit], Limits]


@dataclass(frozen=True)
class Corrected(Estimate):
    """A judge's figure corrected by labels. `n` counts labelled items, `clusters` theirs, `unscored` unrated ones."""

    lam: float = 0.0
    """How far the judge was trusted, 0 to 1."""
    labels_only: Estimate | None = None
    """The same from the labelled items alone."""
    judge_only: float = nan
    """The same from the judge's values of the pool alone."""
    pool: int = 0
    """Items that it is about."""
    unjudged: int = 0
    """Items that the judge left without a value, labelled ones included."""
    strata: int = 1
    """Strata of the labelled items, after small ones were merged."""
    p_value: float = nan
    """Of a difference: two-sided, that there is none."""
    raters: int = 0
    """Raters whose spread the interval takes in, so that it is about raters like these; 0 if it is about these."""


def corrected(
    found: Judged, one: Fit, alone: Fit, limits_of: LimitsOf, judge_only: float, ends: Ends, *, test: bool = False
) -> Corrected:
    """What is reported of the corrected fit, labels alone and the judge; limits do not pass the `ends`."""
    items = found.items
    counts = {"n": int(items.labelled.sum()), "clusters": items.clusters}
    counts["unscored"] = found.drawn - counts["n"]
    span, span_alone = limits_of(one), limits_of(alone)
    strata = len(np.unique(items.strata[items.labelled]))
    return Corrected(
        one.value,
        *_clipped(span, one.value, ends),
        **counts,
        method=_method(found, one, strata),
        standard_error=span.standard_error,
        lam=one.lam,
        labels_only=Estimate(
            alone.value,
            *_clipped(span_alone, alone.value, ends),
            **counts,
            method=f"labels alone, {_interval_name(alone, items.clusters)}",
            standard_error=span_alone.standard_error,
        ),
        judge_only=judge_only,
        pool=items.pool,
        unjudged=found.unjudged,
        strata=strata,
        p_value=_p_value(span, one.freedom) if test else nan,
        raters=len(one.raters),
    )


def corrected_mean(
    found: Judged, kinds: Array | None, ends: Ends, alpha: float, lam: float | None, *, test: bool = False
) -> Corrected:
    """The mean of the first row, with half an item of each of the `kinds` added for the interval."""
    mean = found.part(0)

    def limits_of(fitted: Fit) -> Limits:
        return limits(fitted, alpha, None if kinds is None else mean.added(fitted.lam, kinds))

    return corrected(found, mean.fit(lam), mean.fit(0.0), limits_of, found.items.pool_mean(mean.judge), ends, test=test)


def limits_of_ratio(found: Judged, alpha: float, ends: Ends) -> LimitsOf:
    """Of t intervals; of shares, Wilson's with as many trials as the variance implies (without one, as clusters)."""

    def limits_of(fitted: Fit) -> Limits:
        span = limits(fitted, alpha)
        if ends is None or np.isnan(span.standard_error):
            return span
        p = min(max(fitted.value, 0.0), 1.0)
        size = p * (1 - p) / span.standard_error**2 if span.standard_error > 0 else 0.0
        n = size or float(found.items.clusters)
        return span._replace(**wilson(p * n, n, -float(stdtrit(fitted.freedom, alpha / 2)))._asdict())

    return limits_of


def _clipped(span: Limits, value: float, ends: Ends) -> tuple[float, float]:
    """Limits inside the ends, or at the estimate where that is outside them."""
    if ends is None:
        return span.low, span.high
    return max(span.low, min(ends[0], value)), min(span.high, max(ends[1], value))


def _p_value(span: Limits, freedom: float) -> float:
    if not span.standard_error > 0 or freedom < 1:
        return 1.0 if span.standard_error == 0 and span.middle == 0 else nan
    return float(2 * stdtr(freedom, -abs(span.middle / span.standard_error)))


def _method(found: Judged, one: Fit, strata: int) -> str:
    parts = [f"PPI++, lambda {one.lam:.2f}, pool of {found.items.pool:,}"]
    if strata > 1 or found.items.merged:
        merged = f" ({found.items.merged} small ones merged)" if found.items.merged else ""
        parts.append(f"{strata} strata{merged}")
    if found.unjudged:
        parts.append(f"{found.unjudged:,} items without a judge's value at its mean")
    return ", ".join([*parts, _interval_name(one, found.items.clusters)])


def _interval_name(one: Fit, clusters: int) -> str:
    if one.between <= 0:
        return "no interval: too few clusters"
    others = f", and between {len(one.raters)} raters" if len(one.raters) else ""
    return f"t interval between {clusters:,} labelled clusters{others}"
