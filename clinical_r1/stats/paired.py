"""Paired comparison of two checkpoints on the same questions.

The unit that is resampled is the cluster (a question, with all its epochs): answers to one question are not
independent. What two logs allow is a sentence about these two checkpoints, not about the methods that trained them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2, nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, chi2, norm

Array = NDArray[np.float64]

ALPHA = 0.05
"""One less the confidence of intervals."""
_CHUNK = 1 << 22
"""Numbers drawn at once: some ten megabytes."""
_FEW = 256
"""Distinct values up to which a resample is drawn as counts of values, which is the same and much faster."""


@dataclass(frozen=True)
class PairedResult:
    """A paired comparison; differences are b - a."""

    n: int
    """Pairs with a number on both sides."""
    clusters: int
    """Independent units among them."""
    unscored: int
    """Pairs left out because one side is NaN."""
    mean_a: float
    mean_b: float
    difference: float
    """Mean of b minus mean of a."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of the 95 % interval."""
    p_value: float
    """Of no difference, two-sided."""
    standard_error: float
    """Of the difference, linearised over clusters."""
    effect_size: float
    """Difference over the standard deviation of the clusters' mean differences (Cohen's d of paired data); NaN
    without spread."""
    method: str
    """How interval and p-value were made."""


def compare(
    a: ArrayLike, b: ArrayLike, *, clusters: Sequence[Any] | None = None, resamples: int = 10_000, seed: int = 0
) -> PairedResult:
    """Compare paired numbers: bias-corrected and accelerated bootstrap interval, and sign-flip permutation test.

    The estimate is the mean over pairs, `sum of differences / number of pairs`. The interval (Efron 1987,
    doi:10.1080/01621459.1987.10478410) resamples clusters; the test swaps a and b within whole clusters, all 2^clusters
    ways where there are no more than `resamples` of them.

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
    sums, sizes, means, unscored = _by_cluster(a, b, clusters)
    pairs, units = int(sizes.sum()), len(sums)
    difference = float(sums.sum() / pairs)
    rng = np.random.default_rng(seed)
    error = _standard_error(sums, sizes)
    spread = float((sums / sizes).std(ddof=1)) if units > 1 else nan
    low, high = _bca(sums, sizes, resamples, rng) if units > 1 else (nan, nan)
    exact = units <= log2(resamples)
    p_value = _sign_flips(sums, resamples, rng, exact) if units > 1 else nan
    return PairedResult(
        n=pairs,
        clusters=units,
        unscored=unscored,
        mean_a=means[0],
        mean_b=means[1],
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        standard_error=error,
        effect_size=difference / spread if spread > 0 else nan,
        method=f"BCa bootstrap of {units:,} clusters, {resamples:,} resamples; "
        f"{'exact' if exact else 'sampled'} sign-flip permutation test",
    )


def _by_cluster(
    a: ArrayLike, b: ArrayLike, clusters: Sequence[Any] | None
) -> tuple[Array, Array, tuple[float, float], int]:
    """Sums of differences and numbers of pairs by cluster, both means, and the number of pairs left out."""
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    labels = np.arange(len(first)) if clusters is None else np.asarray(clusters)
    if first.ndim != 1 or first.shape != second.shape or first.shape != labels.shape:
        raise ValueError(f"a, b and clusters must be of one length: {first.shape}, {second.shape}, {labels.shape}")
    scored = ~(np.isnan(first) | np.isnan(second))
    if not scored.any():
        raise ValueError("nothing is scored on both sides")
    first, second, labels = first[scored], second[scored], labels[scored]
    places = np.unique(labels, return_inverse=True)[1]
    sums: Array = np.bincount(places, weights=second - first).astype(float)
    sizes: Array = np.bincount(places).astype(float)
    return sums, sizes, (float(first.mean()), float(second.mean())), int((~scored).sum())


def _standard_error(sums: Array, sizes: Array) -> float:
    """Of a ratio of sums over independent clusters, linearised."""
    units = len(sums)
    if units < 2:
        return nan
    residuals = sums - sizes * sums.sum() / sizes.sum()
    return float(sqrt(units / (units - 1) * (residuals**2).sum()) / sizes.sum())


# --- bootstrap --------------------------------------------------------------------------------------------------------
def _bca(
    sums: Array, sizes: Array, resamples: int, rng: np.random.Generator, alpha: float = 0.05
) -> tuple[float, float]:
    estimate = sums.sum() / sizes.sum()
    drawn = np.sort(_bootstrap(sums, sizes, resamples, rng))
    if drawn[0] == drawn[-1]:
        return float(drawn[0]), float(drawn[0])
    # a resample that equals the estimate counts half: with few distinct values many do
    below = (np.searchsorted(drawn, estimate - 1e-12) + np.searchsorted(drawn, estimate + 1e-12)) / 2
    bias = norm.ppf(np.clip(below / resamples, 0.5 / resamples, 1 - 0.5 / resamples))
    without = (sums.sum() - sums) / np.maximum(sizes.sum() - sizes, 1e-300)
    influence = without.mean() - without
    scale = (influence**2).sum() ** 1.5
    acceleration = (influence**3).sum() / (6 * scale) if scale > 0 else 0.0
    z = bias + norm.ppf([ALPHA / 2, 1 - ALPHA / 2])
    low, high = np.quantile(drawn, norm.cdf(bias + z / (1 - acceleration * z)))
    return float(low), float(high)


def _bootstrap(sums: Array, sizes: Array, resamples: int, rng: np.random.Generator) -> Array:
    """Ratios of sums over resampled clusters, shape (resamples,)."""
    kinds, counts = np.unique(np.column_stack([sums, sizes]), axis=0, return_counts=True)
    units = len(sums)
    if len(kinds) <= _FEW:  # how often each kind of cluster is drawn is multinomial
        drawn = rng.multinomial(units, counts / units, size=resamples)
        totals = drawn @ kinds
        ratios: Array = totals[:, 0] / totals[:, 1]
        return ratios
    equal = bool((sizes == sizes[0]).all())
    parts = []
    for number in _chunks(resamples, units):
        places = rng.integers(0, units, size=(number, units), dtype=np.uint32)
        below = sizes[0] * units if equal else sizes[places].sum(axis=1)
        parts.append(sums[places].sum(axis=1) / below)
    return np.concatenate(parts)


def _chunks(resamples: int, units: int) -> Iterator[int]:
    """Numbers of resamples that are drawn at once; they add up to all."""
    step = max(1, _CHUNK // units)
    for start in range(0, resamples, step):
        yield min(step, resamples - start)


# --- permutation ------------------------------------------------------------------------------------------------------
def _sign_flips(sums: Array, resamples: int, rng: np.random.Generator, exact: bool) -> float:
    """Share of swaps of whole clusters with a difference at least as large."""
    sizes, counts = np.unique(np.abs(sums[sums != 0]), return_counts=True)
    observed = abs(sums.sum())
    edge = observed * (1 - 1e-9) - 1e-12
    if exact:
        flips = 1 - 2 * (np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums)) & 1)
        return float((np.abs(flips @ sums) >= edge).mean())
    if len(sizes) <= _FEW:  # of clusters with one size, the number that keep their sign is binomial
        kept = rng.binomial(counts, 0.5, size=(resamples, len(sizes)))
        totals = (2 * kept - counts) @ sizes
    else:
        # a flip adds twice what it takes away: the sum of the flipped clusters is all that is needed
        flipped = [
            rng.integers(0, 2, size=(number, len(sums)), dtype=np.uint8).astype(np.float32) @ sums.astype(np.float32)
            for number in _chunks(resamples, len(sums))
        ]
        totals = sums.sum() - 2 * np.concatenate(flipped).astype(float)
    return float((1 + (np.abs(totals) >= edge).sum()) / (1 + resamples))


# --- one binary value a question --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class McNemarResult:
    """Two binary values a question."""

    only_a: int
    """Questions that a alone gets right."""
    only_b: int
    """Questions that b alone gets right."""
    p_value: float
    """Of equal chances, two-sided."""
    method: str


def mcnemar(a: ArrayLike, b: ArrayLike, *, exact_below: int = 1000) -> McNemarResult:
    """Test whether two checkpoints are right equally often, from the questions that one of them alone gets right.

    Exact binomial test for fewer than `exact_below` such questions, else McNemar's chi-square with continuity
    correction (Edwards 1948).

    Args:
        a: 0 or 1 a question, shape (questions,).
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
        raise ValueError("allowed are 0 and 1, one a question")
    only_a, only_b = int(((first == 1) & (second == 0)).sum()), int(((first == 0) & (second == 1)).sum())
    discordant = only_a + only_b
    if discordant < exact_below:
        p_value = float(binomtest(only_b, discordant).pvalue) if discordant else 1.0
        return McNemarResult(only_a, only_b, p_value, "exact McNemar test")
    statistic = max(0, abs(only_a - only_b) - 1) ** 2 / discordant
    return McNemarResult(only_a, only_b, float(chi2.sf(statistic, 1)), "McNemar's chi-square, continuity-corrected")
