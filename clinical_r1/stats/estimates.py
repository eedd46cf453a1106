"""Means, shares and ratios of one checkpoint, with 95 % intervals between clusters (a question with all its epochs).

Variances are linearised and taken between clusters. Numbers without bounds (counts, words) have t intervals corrected
for skewness (Hall 1992, doi:10.1111/j.2517-6161.1992.tb01876.x), shares Wilson intervals at the effective sample size
(Kish 1965), in [0, 1]. `docs/metrics.md` has the formulas, `benchmarks/coverage.py` shows how often intervals hold the
truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, inf, isnan, nan, sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit

# --- intervals of shares ----------------------------------------------------------------------------------------------
ALPHA = 0.05
"""One less the confidence of intervals."""
_NORMAL = NormalDist().inv_cdf(1 - ALPHA / 2)


class Interval(NamedTuple):
    """Ends of a confidence interval."""

    low: float
    high: float


def wilson(successes: float, n: float, z: float = _NORMAL) -> Interval:
    """Score interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953), without continuity correction.

    Args:
        successes: From 0 to `n`; with an effective sample size it need not be whole.
        n: Trials, or an effective sample size.
        z: Quantile above 0, normal (95 % unless told) or of t.

    Returns:
        Ends in [0, 1], with the proportion between them; without a trial all of it.

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> low, high = wilson(7, 30)
        >>> f"{low:.3f} to {high:.3f}"
        '0.118 to 0.409'
        >>> wilson(7, 30, 1e200)
        Interval(low=0.0, high=1.0)
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes={successes}: allowed is 0 to n={n}")
    if not z > 0:
        raise ValueError(f"z={z}: allowed is more than 0")
    if n == 0 or z > 1e100:  # whose square is no number any more
        return Interval(0.0, 1.0)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding must leave neither an end outside [0, 1] nor the share outside the interval.
    return Interval(min(max(0.0, middle - half), share), max(min(1.0, middle + half), share))


def score_difference(difference: float, opposed: float, n: float, z: float) -> Interval:
    """Score interval of a difference of paired shares (Tango 1998, Statistics in Medicine 17:891).

    It stays in [-1, 1], and where no pair differs it reaches z^2 / (n + z^2) to either side.

    Args:
        difference: Share of pairs that only b has less the share that only a has, in [-1, 1].
        opposed: Share of pairs that differ, from the absolute difference to 1.
        n: Pairs, or an effective number of them, above 0.
        z: Quantile above 0.

    Examples:
        >>> low, high = score_difference(-1 / 30, 1 / 30, 30, 1.959964)
        >>> f"{low:.3f} to {high:.3f}"
        '-0.167 to 0.084'
    """

    def excess(true: float) -> float:
        """How many standard errors the difference lies above the true one."""
        middle = opposed - (2 - difference) * true
        rest = 4 * (opposed - difference) * true * (1 - true)
        only_a = (middle + sqrt(max(middle**2 + rest, 0.0))) / 4
        variance = max(2 * only_a + true - true**2, 0.0) / n
        gap = difference - true
        return gap / sqrt(variance) if variance > 0 else copysign(inf, gap) if gap else 0.0

    def end(edge: float) -> float:
        sign = copysign(1.0, difference - edge)
        if abs(difference - edge) < 1e-12 or abs(excess(edge)) <= z:
            return edge
        return float(brentq(lambda true: max(min(sign * excess(true), 2 * z), -2 * z) - z, edge, difference))

    return Interval(end(-1.0), end(1.0))


def agreeing(interval: Interval, difference: float, *, rejected: bool) -> Interval:
    """The interval of a difference, stretched to 0 unless a test rejects 0; if it does, ended just beside 0."""
    low, high = interval
    if low != low:  # there is none
        return interval
    if not rejected:
        return Interval(min(low, 0.0), max(high, 0.0))
    edge = 1e-6 * difference
    return Interval(max(low, edge), high) if difference > 0 else Interval(low, min(high, edge))


# --- sums over clusters -----------------------------------------------------------------------------------------------
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Places = NDArray[np.intp]
Clusters = Sequence[Any] | ArrayLike | None
"""A label per value; None is a cluster per value."""


def places_of(clusters: Clusters, n: int) -> Places:
    """Number of each value's cluster, from 0; a ValueError unless there is one label per value."""
    if clusters is None:
        return np.arange(n)
    labels = np.asarray(clusters)
    if labels.shape != (n,):
        raise ValueError(f"values and clusters must be of one length: {n}, {labels.shape}")
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def cluster_sums(values: Array, places: Places) -> Array:
    """Sums over clusters of values, shape (values,) or (values, columns), to (clusters,) or (clusters, columns)."""
    units = int(places.max()) + 1 if len(places) else 0
    if values.ndim == 1:
        sums: Array = np.bincount(places, weights=values, minlength=units).astype(float)
        return sums
    return np.column_stack([np.bincount(places, weights=column, minlength=units) for column in values.T])


def error_of_sum(parts: Array) -> float:
    """Standard error of a sum over clusters, whose parts sum to zero; NaN for fewer than two."""
    units = len(parts)
    return sqrt(units / (units - 1) * float((parts**2).sum())) if units > 1 else nan


def resting(parts: Array) -> float:
    """How many clusters a sum rests on: (sum of squares)^2 over the sum of fourth powers; 0 where all parts are 0."""
    size = float(np.abs(parts).max(initial=0.0))
    squares = (parts / size) ** 2 if size > 0 else parts
    return float(squares.sum() ** 2 / (squares**2).sum()) if size > 0 else 0.0


def quotient(above: Any, below: Any) -> Any:
    """Divide; NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full(np.shape(below), nan), where=np.asarray(below) > 0)


def positive(name: str, given: ArrayLike | None, default: Array, each: str) -> Array:
    """Weights, or the default; a ValueError unless there is a positive number per `each`."""
    found = default if given is None else np.asarray(given, dtype=float)
    if found.shape != default.shape:
        raise ValueError(f"{name}: shape {found.shape}, allowed is one per {each} ({len(default)})")
    if not (np.isfinite(found) & (found > 0)).all():
        raise ValueError(f"{name}: allowed are positive numbers")
    return found


def mean_of_defined(parts: Array) -> Array:
    """Mean over the first axis of what is not NaN; NaN where nothing is."""
    return np.asarray(quotient(np.nansum(parts, axis=0), (~np.isnan(parts)).sum(axis=0)))


# --- estimates --------------------------------------------------------------------------------------------------------
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

    @property
    def why(self) -> str:
        """Why there is no value; empty where there is one."""
        reason = self.method.removeprefix("undefined").removeprefix("; ") or "not defined for these ratings"
        return reason if isnan(self.value) else ""


def mean(values: ArrayLike, clusters: Clusters = None, *, weights: ArrayLike | None = None) -> Estimate:
    """Mean over all scored values with a t interval between clusters, corrected for skewness.

    Args:
        values: One per response; NaN is unscored.
        clusters: Label of each value's question; every value on its own by default.
        weights: Positive, one per value (1 / the probability of having been chosen to be judged); all alike by default.

    Returns:
        The mean. Limits are NaN where no two clusters differ; of nothing, the value is too.

    Raises:
        ValueError: If lengths differ, or a scored value has no positive weight.

    Examples:
        >>> found = mean([1, 1, 0, 1, 0, 0], clusters=["q1", "q1", "q2", "q2", "q3", "q3"])
        >>> f"{found.value} [{found.low:.2f}, {found.high:.2f}], {found.clusters} questions"
        '0.5 [-0.74, 1.74], 3 questions'
    """
    return _with_t_interval(_linearise(values, np.ones(len(np.atleast_1d(values))), clusters, weights))


def share(
    hits: ArrayLike, clusters: Clusters = None, *, weights: ArrayLike | None = None, trials: float | None = None
) -> Estimate:
    """Share of hits with a Wilson interval at the effective sample size.

    Args:
        hits: 0 or 1 per response, or a number between; NaN is unscored.
        clusters: As for `mean`.
        weights: As for `mean`.
        trials: Trials (answers) that the hits rest on in all, if each is a mean over several: at most that is the
            effective size. By default one each if all are 0 or 1, else any number.

    Returns:
        The share. A single cluster is an effective size of one trial; the share of nothing is NaN, with NaN limits.

    Raises:
        ValueError: As for `mean`, or if a hit is not between 0 and 1.

    Examples:
        >>> found = share([1, 1, 0, 0], ["a", "a", "b", "b"])
        >>> f"{found.value} [{found.low:.2f}, {found.high:.2f}]"
        '0.5 [0.00, 1.00]'
    """
    found = _linearise(hits, np.ones(len(np.atleast_1d(hits))), clusters, weights)
    if not found.is_share:
        raise ValueError("hits: allowed are numbers from 0 to 1")
    values = np.asarray(hits, dtype=float)
    if trials is None:
        trials = found.trials if np.isin(values[~np.isnan(values)], (0, 1)).all() else inf
    return _with_wilson_interval(found, trials)


def ratio(
    numerators: ArrayLike, denominators: ArrayLike, clusters: Clusters = None, *, weights: ArrayLike | None = None
) -> Estimate:
    """Ratio of sums, such as hallucinated claims over claims, all responses pooled.

    Where each numerator is from 0 to its denominator, the interval is that of a share of trials (claims), else t.

    Args:
        numerators: One per response; NaN is unscored.
        denominators: Not negative, one per response; NaN is unscored. A response with 0 adds nothing but is scored.
        clusters: As for `mean`.
        weights: As for `mean`.

    Returns:
        The ratio; NaN if the denominators sum to 0.

    Raises:
        ValueError: As for `mean`, or if a denominator is negative.

    Examples:
        >>> found = ratio([1, 0, 2, 0], [10, 4, 8, 0])
        >>> f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
        '0.136 [0.017, 0.588]'
    """
    found = _linearise(numerators, denominators, clusters, weights)
    return _with_wilson_interval(found, found.trials) if found.is_share else _with_t_interval(found)


def bounds(values: ArrayLike) -> Interval:
    """Share if every unscored value were 0, and if every one were 1: what failed judgements can hide.

    Args:
        values: In [0, 1], one per response; NaN is unscored.

    Returns:
        Both shares; NaN of nothing.

    Examples:
        >>> bounds([1, 0, float("nan"), 1])
        Interval(low=0.5, high=0.75)
    """
    numbers = np.asarray(values, dtype=float)
    if not len(numbers):
        return Interval(nan, nan)
    return Interval(*(float(np.nan_to_num(numbers, nan=end).mean()) for end in (0.0, 1.0)))


def ratio_bounds(numerators: ArrayLike, denominators: ArrayLike) -> Interval:
    """`bounds` of a ratio of sums; an unscored response is taken to have the mean number of trials (claims).

    Args:
        numerators: One per response, at most its denominator; NaN is unscored.
        denominators: One per response; NaN is unscored.

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
    skew: float
    """Of the clusters' parts, gamma in `docs/metrics.md`; NaN where they do not vary."""
    tilt: float
    """How the parts go with the clusters' denominators, k in `docs/metrics.md`."""
    quantile: float
    """Of t with the degrees of freedom of the variance; NaN for a single cluster."""

    def estimate(self, low: float, high: float, method: str) -> Estimate:
        """The value with its interval."""
        return Estimate(self.value, low, high, self.n, self.clusters, self.unscored, method, self.standard_error)


def _linearise(
    numerators: ArrayLike, denominators: ArrayLike, clusters: Clusters, weights: ArrayLike | None
) -> _Linearised:
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    if above.ndim != 1 or above.shape != below.shape:
        raise ValueError(f"there must be one value per response on both sides: {above.shape}, {below.shape}")
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
    sizes = cluster_sums(weight * below, places)
    parts, sizes = cluster_sums(weight * (above - value * below), places)[sizes > 0], sizes[sizes > 0]
    scale = sqrt(float((parts**2).mean())) if len(parts) else 0.0
    spread = scale > 1e-9 * float(np.abs(weight * above).max(initial=0.0))  # nothing but rounding is none
    rests_on, units = resting(parts), len(parts)
    freedom = min(units - 1.0, 2 * units * rests_on / (units - rests_on)) if rests_on < units else units - 1.0
    square = float((weight**2 * below).sum())
    trials = total**2 / square if square > 0 else 0.0
    return _Linearised(
        value=value,
        standard_error=error_of_sum(parts / total) if total > 0 else nan,
        n=len(above),
        clusters=units,
        unscored=int((~scored).sum()),
        trials=trials,
        effective_clusters=units * trials / float(below.sum()) if total > 0 else 0.0,
        is_share=bool(((above >= 0) & (above <= below)).all()),
        skew=float(((parts / scale) ** 3).mean()) if spread else nan,
        tilt=float((parts * sizes).mean() / (scale * sizes.mean())) if spread else nan,
        quantile=-float(stdtrit(freedom, ALPHA / 2)) if units > 1 else nan,
    )


def _with_t_interval(found: _Linearised) -> Estimate:
    if found.clusters < 2 or np.isnan(found.skew):
        return found.estimate(nan, nan, f"no interval: no two clusters{' that differ' if found.clusters > 1 else ''}")
    root, quantile = sqrt(found.clusters), found.quantile
    a, shift = (found.skew / 3 - found.tilt) / root, found.skew / (6 * root)

    def truth(g: float) -> float:
        """Where T is what g says."""
        t = (np.cbrt(1 + 3 * a * (g - shift)) - 1) / a if abs(a) > 1e-9 else g - shift
        return float(found.value - found.standard_error * t)

    method = f"t interval between {found.clusters:,} clusters, corrected for skewness"
    return found.estimate(truth(quantile), truth(-quantile), method)


def _with_wilson_interval(found: _Linearised, trials: float) -> Estimate:
    if np.isnan(found.value):
        return found.estimate(nan, nan, "no interval: no trial")
    p = round(found.value, 12)  # weighted sums may miss 0 and 1 by a rounding error
    n, quantile = found.effective_clusters, float(ndtri(1 - ALPHA / 2))
    if 0 < p < 1 and found.clusters > 1:
        if np.isnan(found.skew):  # no spread, and so at least as many trials as there are
            n = found.trials if trials == inf else trials
        else:
            # as many independent trials have the variance p (1 - p) / (n - 1) by the same formula
            implied = p * (1 - p) / found.standard_error**2
            n = max(1.0, implied if trials == inf else min(trials, implied * trials / max(trials - 1, 1e-9)))
            if trials > found.clusters:  # else they are independent, and have no other variance
                quantile = found.quantile
    interval = wilson(p * n, n, quantile)
    low, high = min(interval.low, found.value), max(interval.high, found.value)
    return found.estimate(low, high, f"Wilson interval, effective size {n:,.0f} of {found.clusters:,} clusters")
