"""Paired comparison of two checkpoints on the same questions: means, ratios of sums, McNemar's test.

The unit that is resampled is the cluster (a question, with all its epochs). Two logs allow a sentence about these two
checkpoints, not about the methods that trained them; for those see `clinical_r1.stats.seeds`. Intervals and tests are
made in `clinical_r1.stats.contrast`.
"""

from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, betaincinv, chdtrc

from clinical_r1.stats.contrast import Contrast, PairedResult, compared
from clinical_r1.stats.estimates import ALPHA, Array, Clusters, Interval, Mask, cluster_sums, places_of, quotient

__all__ = ["McNemarResult", "PairedResult", "compare", "compare_many", "compare_ratios", "mcnemar"]


# --- McNemar's test ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class McNemarResult:
    """A comparison of two binary values per question."""

    only_a: int
    only_b: int
    """Questions that one side alone gets right."""
    p_value: float
    """Of equal chances, two-sided."""
    method: str
    odds_ratio: float
    """`only_b` over `only_a`; NaN if both are 0."""
    low: float
    high: float
    """Ends of its exact 95 % interval."""


def mcnemar(a: ArrayLike, b: ArrayLike, *, exact_below: int = 1000) -> McNemarResult:
    """Test whether two checkpoints are right equally often, from the questions that one of them alone gets right.

    Exact binomial test for fewer than `exact_below` such questions, else McNemar's chi-square with continuity
    correction (Edwards 1948). The interval of the odds ratio is that of Clopper & Pearson for b's share of them.

    Args:
        a: 0 or 1 per question, shape (questions,).
        b: 0 or 1 for the same questions, shape (questions,).
        exact_below: Discordant questions from which the approximation is used.

    Raises:
        ValueError: If shapes differ or a value is neither 0 nor 1.

    Examples:
        >>> mcnemar([1, 0, 0, 0, 1, 0], [1, 1, 1, 1, 1, 1]).p_value
        0.125
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"a and b must be of one length: {first.shape}, {second.shape}")
    if not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
        raise ValueError("allowed are 0 and 1, one per question")
    only_a, only_b = int((first > second).sum()), int((first < second).sum())
    discordant = only_a + only_b
    if discordant < exact_below:
        p_value = min(1.0, 2 * float(bdtr(min(only_a, only_b), discordant, 0.5)))
        method = "exact McNemar test"
    else:
        p_value = float(chdtrc(1, max(0, abs(only_a - only_b) - 1) ** 2 / discordant))
        method = "McNemar's chi-square, continuity-corrected"
    odds = only_b / only_a if only_a else inf if only_b else nan
    return McNemarResult(only_a, only_b, p_value, method, odds, *_odds_interval(only_a, only_b))


def _odds_interval(only_a: int, only_b: int) -> Interval:
    if not only_a + only_b:
        return Interval(nan, nan)
    low = float(betaincinv(only_b, only_a + 1, ALPHA / 2)) if only_b else 0.0
    high = float(betaincinv(only_b + 1, only_a, 1 - ALPHA / 2)) if only_a else 1.0
    return Interval(low / (1 - low), high / (1 - high) if high < 1 else inf)


# --- comparisons ------------------------------------------------------------------------------------------------------
def compare(
    a: ArrayLike, b: ArrayLike, *, clusters: Clusters = None, resamples: int = 10_000, seed: int = 0
) -> PairedResult:
    """Compare paired numbers: an interval, and a sign-flip permutation test that agrees with it.

    The estimate is the mean over pairs. The interval is BCa over clusters (`resampling.bca`); numbers that are all in
    [0, 1] are shares and have a score interval (`estimates.score_difference`) where few clusters differ. The test
    (`resampling.sign_flips`) swaps a and b within whole clusters.

    Args:
        a: Numbers of one side, shape (pairs,). NaN is unscored.
        b: Numbers of the other side for the same questions and epochs, shape (pairs,).
        clusters: Label of each pair's question, shape (pairs,); every pair on its own by default.
        resamples: Of the bootstrap and of the permutations, at least 1.
        seed: Of both.

    Returns:
        The comparison. With fewer than two clusters there is no interval and no test: NaN.

    Raises:
        ValueError: If shapes differ, or nothing is scored on both sides.

    Examples:
        >>> result = compare([0, 0, 1, 0, 1, 0, 0, 1], [1, 0, 1, 1, 1, 1, 0, 1])
        >>> result.difference, round(result.p_value, 3)
        (0.375, 0.25)
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"a, b and clusters must be of one length: {first.shape}, {second.shape}")
    [result] = compare_many(first[:, None], second[:, None], clusters=clusters, resamples=resamples, seed=seed)
    if not result.n:
        raise ValueError("nothing is scored on both sides")
    return result


def compare_many(
    a: ArrayLike, b: ArrayLike, *, clusters: Clusters = None, resamples: int = 10_000, seed: int = 0
) -> list[PairedResult]:
    """`compare` for many metrics of the same pairs, which share the draws and so take little longer than one.

    Numbers have shape (pairs, metrics). A metric that is never scored on both sides has n = 0 and is NaN. Arguments and
    errors are else those of `compare`.
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError(f"a and b must be of one shape (pairs, metrics): {first.shape}, {second.shape}")
    places = places_of(clusters, len(first))
    scored = ~(np.isnan(first) | np.isnan(second))
    sums = cluster_sums(np.where(scored, second - first, 0), places)
    sizes = cluster_sums(scored.astype(float), places)
    means = [quotient(np.where(scored, side, 0).sum(axis=0), scored.sum(axis=0)).tolist() for side in (first, second)]
    opposed = [_opposed(*metric) for metric in zip(first.T, second.T, scored.T, strict=True)]
    metrics = zip(scored.T, zip(*means, strict=True), sums.T, sizes.T, opposed, strict=True)
    return compared([_of_means(*metric) for metric in metrics], resamples, seed)


def compare_ratios(
    numerators_a: ArrayLike,
    denominators_a: ArrayLike,
    numerators_b: ArrayLike,
    denominators_b: ArrayLike,
    *,
    clusters: Clusters = None,
    resamples: int = 10_000,
    seed: int = 0,
) -> PairedResult:
    """Compare ratios of sums, such as hallucinated claims over claims, of two checkpoints on the same questions.

    The interval is that of `compare`. The test flips the signs of whole clusters' scores, which are what each adds to
    the difference under the pooled ratio R: (n_b - R d_b) / D_b - (n_a - R d_a) / D_a, where D sums a side's
    denominators d. With equal denominators that is a swap of a and b, and exact; else it holds the level with many
    clusters, however much more one side claims (Hemerik, Goeman and Finos 2020, doi:10.1111/rssb.12369).

    Args:
        numerators_a: Of one side, one per response; NaN is unscored.
        denominators_a: Of one side, not negative; NaN is unscored.
        numerators_b: Of the other side for the same questions and epochs.
        denominators_b: Of the other side.
        clusters: As for `compare`.
        resamples: As for `compare`.
        seed: As for `compare`.

    Returns:
        The comparison; `mean_a` and `mean_b` are the ratios. NaN where a side's denominators sum to 0.

    Raises:
        ValueError: If lengths differ, a denominator is negative, or nothing is scored on both sides.

    Examples:
        >>> result = compare_ratios([1, 2, 0, 1], [4, 4, 2, 5], [2, 3, 1, 1], [4, 4, 3, 5])
        >>> round(result.mean_a, 3), round(result.mean_b, 3), result.p_value
        (0.267, 0.438, 0.125)
    """
    values = [np.asarray(x, dtype=float) for x in (numerators_a, denominators_a, numerators_b, denominators_b)]
    if any(one.ndim != 1 or one.shape != values[0].shape for one in values):
        raise ValueError(f"numerators and denominators must be of one length: {[one.shape for one in values]}")
    rows = np.column_stack(values)
    scored = ~np.isnan(rows).any(axis=1)
    if not scored.any():
        raise ValueError("nothing is scored on both sides")
    if (rows[scored][:, [1, 3]] < 0).any():
        raise ValueError("allowed are denominators from 0")
    places = np.unique(places_of(clusters, len(rows))[scored], return_inverse=True)[1].astype(np.intp)
    return compared([_of_ratios(scored, cluster_sums(rows[scored], places))], resamples, seed)[0]


# --- differences as functions of sums over clusters -------------------------------------------------------------------
def _opposed(a: Array, b: Array, scored: Mask) -> float:
    """Mean absolute difference of shares; NaN where one is no share, or nothing is scored."""
    a, b = a[scored], b[scored]
    are_shares = len(a) and min(a.min(), b.min()) >= 0 and max(a.max(), b.max()) <= 1
    return float(np.abs(b - a).mean()) if are_shares else nan


def _of_means(pairs: Mask, means: tuple[float, float], sums: Array, sizes: Array, opposed: float) -> Contrast:
    """Of sums of differences and numbers of pairs by cluster."""
    total = sizes.sum()
    return Contrast(
        pairs=pairs,
        means=means,
        columns=np.column_stack([sums, sizes]),
        statistic=lambda totals: quotient(totals[..., 0], totals[..., 1]),
        score=sums,
        influence=(sums - sizes * (sums.sum() / total)) / total if total else sums,
        scored=sizes > 0,
        opposed=opposed,
    )


def _of_ratios(pairs: Mask, columns: Array) -> Contrast:
    """Of both sides' numerators and denominators by cluster: shape (clusters, 4), a before b."""
    above_a, below_a, above_b, below_b = columns.T
    totals = columns.sum(axis=0)
    pooled = quotient(totals[0] + totals[2], totals[1] + totals[3])
    a, b = float(quotient(*totals[:2])), float(quotient(*totals[2:]))
    are_shares = all(((above >= 0) & (above <= below)).all() for above, below in (columns[:, :2].T, columns[:, 2:].T))
    return Contrast(
        pairs=pairs,
        means=(a, b),
        columns=columns,
        statistic=lambda totals: quotient(totals[..., 2], totals[..., 3]) - quotient(totals[..., 0], totals[..., 1]),
        score=_added(above_b, below_b, pooled) - _added(above_a, below_a, pooled),
        influence=_added(above_b, below_b, b) - _added(above_a, below_a, a),
        scored=below_a + below_b > 0,
        opposed=a * (1 - b) + b * (1 - a) if are_shares else nan,  # of independent claims
    )


def _added(above: Array, below: Array, ratio: float) -> Array:
    """What each cluster adds to a side's ratio less `ratio`, linearised; NaN without denominators."""
    return (above - ratio * below) / (float(below.sum()) or nan)
