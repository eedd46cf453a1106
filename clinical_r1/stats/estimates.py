"""Means, shares and ratios of one checkpoint, with 95 % intervals that know which answers belong to one question.

Several epochs of a question are not independent, so variances are taken between clusters (questions), linearised:
of a ratio R of weighted sums of y and x it is G / (G - 1) times the sum over the G clusters of the squared sums of
w (y - R x), over the squared sum of w x. For a mean this is the cluster-robust variance of a regression on a constant.

Means and ratios come with t intervals of G - 1 degrees of freedom. Shares come with Wilson intervals at the effective
sample size n / deff (Kish 1965), where deff is that variance over the one of n independent trials, and at least 1, so
that they stay in [0, 1]. Where all trials agree there is no variance to take, and the number of clusters is the
effective size.

With few clusters they hold the truth less often than they say. In simulations with five epochs a question and shares of
.1, .5 and .9, those of shares held it in 90 to 95 % of cases with 12 questions and 93 to 94 % with 20; t intervals of
the same figures in 85 to 96 % and 90 to 95 %, so take `share` where 0 or 1 is near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from clinical_r1.stats.clusters import cluster_sums, error_of_sum, places_of
from clinical_r1.stats.intervals import ALPHA, Interval, wilson

Array = NDArray[np.float64]
Clusters = Sequence[Any] | ArrayLike | None


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int = 0
    """Scored values behind it."""
    clusters: int = 0
    """Independent units among them; of a ratio, those with something to divide by."""
    unscored: int = 0
    """Values left out because they are NaN."""
    method: str = ""
    """How the interval was made."""
    standard_error: float = nan
    """Of the value; NaN where there are no two clusters."""


def mean(values: ArrayLike, clusters: Clusters = None, *, weights: ArrayLike | None = None) -> Estimate:
    """Mean over all scored values with a t interval between clusters.

    Args:
        values: One a response; NaN is unscored.
        clusters: Label of each value's question; every value on its own by default.
        weights: Positive, one a value (1 / the probability of having been chosen to be judged); all alike by default.

    Returns:
        The mean. Limits are NaN with fewer than two clusters; of nothing, the value is too.

    Raises:
        ValueError: If lengths differ, or a scored value has no positive weight.

    Examples:
        >>> found = mean([1, 1, 0, 1, 0, 0], clusters=["q1", "q1", "q2", "q2", "q3", "q3"])
        >>> f"{found.value} [{found.low:.2f}, {found.high:.2f}], {found.clusters} questions"
        '0.5 [-0.74, 1.74], 3 questions'
    """
    return _with_t_interval(_linearise(values, np.ones(len(np.atleast_1d(values))), clusters, weights))


def share(hits: ArrayLike, clusters: Clusters = None, *, weights: ArrayLike | None = None) -> Estimate:
    """Share of hits with a Wilson interval at the effective sample size (see the module).

    Args:
        hits: 0 or 1 a response, or a number between; NaN is unscored.
        clusters: Label of each value's question; every value on its own by default.
        weights: As for `mean`.

    Returns:
        The share. A single cluster is an effective size of one trial; the share of nothing is NaN, with NaN limits.

    Raises:
        ValueError: As for `mean`, or if a hit is not between 0 and 1.

    Examples:
        >>> found = share([1, 1, 0, 0])
        >>> f"{found.value} [{found.low:.2f}, {found.high:.2f}]"
        '0.5 [0.15, 0.85]'
        >>> found = share([1, 1, 0, 0], ["a", "a", "b", "b"])
        >>> f"{found.value} [{found.low:.2f}, {found.high:.2f}]"
        '0.5 [0.07, 0.93]'
    """
    found = _linearise(hits, np.ones(len(np.atleast_1d(hits))), clusters, weights)
    if not found.is_share:
        raise ValueError("hits: allowed are numbers from 0 to 1")
    return _with_wilson_interval(found, found.trials)


def ratio(
    numerators: ArrayLike, denominators: ArrayLike, clusters: Clusters = None, *, weights: ArrayLike | None = None
) -> Estimate:
    """Ratio of sums, such as hallucinated claims over claims, all responses pooled.

    Where no numerator exceeds its denominator and none is negative it is a share of trials (claims): the interval is
    Wilson's at the effective sample size, in [0, 1]. Otherwise it is a t interval.

    Args:
        numerators: One a response; NaN is unscored.
        denominators: Not negative, one a response; NaN is unscored. A response with 0 adds nothing but is scored.
        clusters: Label of each response's question; every response on its own by default.
        weights: As for `mean`.

    Returns:
        The ratio; NaN if the denominators sum to 0.

    Raises:
        ValueError: As for `mean`, or if a denominator is negative.

    Examples:
        >>> found = ratio([1, 0, 2, 0], [10, 4, 8, 0])
        >>> f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
        '0.136 [0.047, 0.333]'
    """
    found = _linearise(numerators, denominators, clusters, weights)
    return _with_wilson_interval(found, found.trials) if found.is_share else _with_t_interval(found)


def credit(values: ArrayLike, trials: float) -> Estimate:
    """Mean of credits in [0, 1], one a question, that rest on a number of trials (answers) in all.

    The interval is Wilson's at the effective sample size that the differences between questions imply, which is at most
    `trials`: credits that are means over several answers differ less than single answers.

    Args:
        values: One a question; NaN is left out.
        trials: Answers behind them.

    Raises:
        ValueError: If a credit is not between 0 and 1.
    """
    found = _linearise(values, np.ones(len(np.atleast_1d(values))), None, None)
    if not found.is_share:
        raise ValueError("values: allowed are numbers from 0 to 1")
    return _with_wilson_interval(found, trials)


def bounds(
    values: ArrayLike, lowest: float = 0.0, highest: float = 1.0, *, weights: ArrayLike | None = None
) -> Interval:
    """Mean if every unscored value were the lowest, and if every one were the highest: what failed judgements can hide.

    Args:
        values: One a response; NaN is unscored.
        lowest: The least a value can be.
        highest: The most it can be.
        weights: Not negative, one a response; all alike by default.

    Returns:
        Both means; NaN of nothing.

    Raises:
        ValueError: If lengths differ.

    Examples:
        >>> bounds([1, 0, float("nan"), 1])
        Interval(low=0.5, high=0.75)
    """
    numbers = np.asarray(values, dtype=float)
    weight = np.ones_like(numbers) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != numbers.shape:
        raise ValueError(f"values and weights must be of one length: {numbers.shape}, {weight.shape}")
    if not weight.sum() > 0:
        return Interval(nan, nan)
    low, high = (float(np.average(np.nan_to_num(numbers, nan=end), weights=weight)) for end in (lowest, highest))
    return Interval(low, high)


def ratio_bounds(numerators: ArrayLike, denominators: ArrayLike) -> Interval:
    """Ratio of sums of a share if no trial of an unscored response were a hit, and if every one were.

    How many trials (claims) an unscored response has is unknown too: it is taken to have the mean number.

    Args:
        numerators: One a response, at most its denominator; NaN is unscored.
        denominators: One a response; NaN is unscored.

    Returns:
        Both ratios; NaN where nothing is scored.

    Examples:
        >>> ratio_bounds([1, 3, float("nan")], [4, 4, float("nan")])
        Interval(low=0.3333333333333333, high=0.6666666666666666)
    """
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    scored = ~(np.isnan(above) | np.isnan(below))
    if not below[scored].sum() > 0:
        return Interval(nan, nan)
    unknown = (~scored).sum() * below[scored].mean()
    total = below[scored].sum() + unknown
    return Interval(float(above[scored].sum() / total), float((above[scored].sum() + unknown) / total))


# --- variance between clusters ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Linearised:
    """A ratio of weighted sums and what its interval is made from."""

    value: float
    standard_error: float
    n: int
    clusters: int
    unscored: int
    trials: float
    """The sum of denominators; with weights, the size of an unweighted sample that tells as much (Kish)."""
    effective_clusters: float
    """Clusters, fewer by as much as weights cost."""
    is_share: bool
    """No numerator is negative or exceeds its denominator."""


def _linearise(
    numerators: ArrayLike, denominators: ArrayLike, clusters: Clusters, weights: ArrayLike | None
) -> _Linearised:
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    if above.ndim != 1 or above.shape != below.shape:
        raise ValueError(f"there must be one value a response on both sides: {above.shape}, {below.shape}")
    weight = np.ones(len(above)) if weights is None else np.asarray(weights, dtype=float)
    places = places_of(clusters, len(above))
    if weight.shape != above.shape:
        raise ValueError(f"values and weights must be of one length: {above.shape}, {weight.shape}")
    scored = ~(np.isnan(above) | np.isnan(below))
    above, below, weight, places = above[scored], below[scored], weight[scored], places[scored]
    if not (weight > 0).all() or (below < 0).any():
        raise ValueError("weights must be positive where a value is scored, and denominators not negative")
    total = float((weight * below).sum())
    value = float((weight * above).sum()) / total if total > 0 else nan
    parts = cluster_sums(weight * (above - value * below), places)[cluster_sums(below, places) > 0]
    square = float((weight**2 * below).sum())
    trials = total**2 / square if square > 0 else 0.0
    return _Linearised(
        value=value,
        standard_error=error_of_sum(parts / total) if total > 0 else nan,
        n=len(above),
        clusters=len(parts),
        unscored=int((~scored).sum()),
        trials=trials,
        effective_clusters=len(parts) * trials / float(below.sum()) if total > 0 else 0.0,
        is_share=bool(((above >= 0) & (above <= below)).all()),
    )


def _with_t_interval(found: _Linearised) -> Estimate:
    half = float(stdtrit(found.clusters - 1, 1 - ALPHA / 2)) * found.standard_error if found.clusters > 1 else nan
    method = f"t interval between {found.clusters:,} clusters" if found.clusters > 1 else "no interval: no two clusters"
    return _estimate(found, found.value - half, found.value + half, method)


def _with_wilson_interval(found: _Linearised, trials: float) -> Estimate:
    if np.isnan(found.value):
        return _estimate(found, nan, nan, "no interval: no trial")
    p = round(found.value, 12)  # weighted sums may miss 0 and 1 by a rounding error
    n = found.effective_clusters
    if 0 < p < 1 and found.clusters > 1:
        # as many independent trials have the variance p (1 - p) / (n - 1) by the same formula
        alone = p * (1 - p) / max(trials - 1, 1e-9)
        n = max(1.0, trials / max(1.0, found.standard_error**2 / alone))
    low, high = wilson(p * n, n)
    low, high = min(low, found.value), max(high, found.value)
    return _estimate(found, low, high, f"Wilson interval, effective size {n:,.0f} of {found.clusters:,} clusters")


def _estimate(found: _Linearised, low: float, high: float, method: str) -> Estimate:
    return Estimate(
        found.value, low, high, found.n, found.clusters, found.unscored, method, standard_error=found.standard_error
    )
