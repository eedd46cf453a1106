"""Interval and test of a difference that is a function of sums over clusters, and the smallest one that they detect.

It is what all paired comparisons share. The interval is BCa; for shares whose difference rests on fewer than 50
clusters (`estimates.resting`), of which a bootstrap knows too little, it is the score interval of paired shares, with
as many pairs as the variance between clusters implies. In simulations of rare and of nearly sure events score intervals
held the truth in 93 to 100 % of cases, and BCa in 61 to 94 % (`benchmarks/coverage.py`). Interval and test agree: 0 is
in the interval if and only if the test does not reject it at 5 %.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from clinical_r1.stats.estimates import ALPHA, Array, Interval, Mask, agreeing, error_of_sum, resting, score_difference
from clinical_r1.stats.resampling import bca, bootstrap_totals, sign_flips

# --- interval and test ------------------------------------------------------------------------------------------------
Ends = Callable[[float], Interval]
_ENOUGH = 50
"""Clusters below which shares have a score interval, and a contrast is resampled by itself: of very few among many, a
resample might hold none."""


@dataclass(frozen=True, eq=False)
class Contrast:
    """A difference between two sides that is a function of sums over clusters."""

    pairs: Mask
    """Which pairs have a number on both sides."""
    means: tuple[float, float]
    """Of a and of b."""
    columns: Array
    """What is summed, shape (clusters, sums)."""
    statistic: Callable[[Array], Array]
    """The difference, from totals of shape (..., sums)."""
    score: Array
    """Of each cluster; swapping its sides flips the sign, and no difference is a sum of zero."""
    influence: Array
    """What each cluster adds to the linearised difference; sums to zero."""
    scored: Mask
    """Clusters with a pair that is scored on both sides; the others hold zeros."""
    opposed: float = nan
    """Of shares: how much of them differs, from the absolute difference to 1; NaN for other numbers."""

    @property
    def difference(self) -> float:
        """The statistic of all clusters; NaN of nothing."""
        return float(self.statistic(self.columns.sum(axis=0)))

    @property
    def clusters(self) -> int:
        """Scored clusters."""
        return int(self.scored.sum())


class Level(NamedTuple):
    """What is said of a difference at one level."""

    low: float
    high: float
    mde: float
    """The true difference that is found with a power of 80 %."""


def nothing(alpha: float) -> Level:
    """Of a difference without an interval."""
    return Level(nan, nan, nan)


@dataclass(frozen=True)
class PairedResult:
    """A paired comparison; differences are b - a."""

    n: int
    """Pairs with a number on both sides."""
    clusters: int
    """Independent units among them; of ratios, those with something to divide by on either side."""
    unscored: int
    """Pairs left out because one side is NaN."""
    mean_a: float
    mean_b: float
    difference: float
    """Mean of b minus mean of a; of ratios, the difference of the ratios of sums."""
    low: float
    high: float
    """Ends of the 95 % interval."""
    p_value: float
    """Of no difference, two-sided."""
    standard_error: float
    """Of the difference, linearised over clusters."""
    effect_size: float
    """Cohen's d of paired data: difference over the standard deviation of the clusters' differences (the standard error
    times the root of their number); NaN without spread."""
    method: str
    """How interval and p-value were made."""
    mde: float = nan
    """Minimum detectable difference: the true one that such a comparison finds with a power of 80 %."""
    seeds_a: int = 1
    seeds_b: int = 1
    """Training seeds of either side; 1 is a fixed checkpoint."""
    level: Callable[[float], Level] = field(default=nothing, compare=False, repr=False)
    """Interval and detectable difference, of alpha; `at` makes them agree with a test."""

    def at(self, alpha: float, *, rejected: bool) -> Level:
        """The interval with another confidence, and the difference that is detectable at this level.

        Args:
            alpha: One less the confidence, such as 5 % over the number of tests of a family.
            rejected: Whether the family's procedure rejects 0; then 0 is outside, else inside.
        """
        low, high, mde = self.level(alpha)
        return Level(*agreeing(Interval(low, high), self.difference, rejected=rejected), mde)

    @property
    def about(self) -> str:
        """What the result speaks about: checkpoints, or methods that several seeds stand for."""
        if self.seeds_a == self.seeds_b == 1:
            return "these two checkpoints"
        sides = (("a", self.seeds_a), ("b", self.seeds_b))
        return " and ".join(
            f"method {side} ({seeds} training seeds)" if seeds > 1 else f"checkpoint {side}" for side, seeds in sides
        )


def compared(contrasts: Sequence[Contrast], resamples: int, seed: int) -> list[PairedResult]:
    """Interval and sign-flip permutation test of each contrast, all over the same clusters (see the module).

    The draws are made once for all contrasts, but for those of which few clusters are scored.
    """
    if resamples < 1:
        raise ValueError(f"resamples={resamples}: allowed is a number from 1")
    able = [one for one in contrasts if one.clusters > 1 and np.isfinite(one.difference)]
    results = dict(zip(able, _compared(able, resamples, seed), strict=True)) if able else {}
    return [results.get(one) or _result(one) for one in contrasts]


def _compared(contrasts: Sequence[Contrast], resamples: int, seed: int) -> Iterator[PairedResult]:
    drawn = _resampled(contrasts, resamples, seed)
    flips = sign_flips(np.column_stack([one.score for one in contrasts]), resamples, seed)
    for contrast, statistics, flip in zip(contrasts, drawn, flips, strict=True):
        columns = contrast.columns[contrast.scored]
        without = contrast.statistic(columns.sum(axis=0) - columns)
        error = error_of_sum(contrast.influence[contrast.scored])
        interval, named = _interval(contrast, statistics, error, without)

        def level(alpha: float, interval: Ends = interval, error: float = error) -> Level:
            return Level(*interval(alpha), minimum_detectable_effect(error, alpha))

        yield _result(contrast, level, flip.p_value, error, f"{named}; {flip.method}")


def _result(
    contrast: Contrast,
    level: Callable[[float], Level] = nothing,
    p_value: float = nan,
    error: float = nan,
    method: str = "no interval and no test: no two clusters with a number on both sides",
) -> PairedResult:
    difference, spread = contrast.difference, error * sqrt(contrast.clusters)
    low, high, mde = level(ALPHA)
    low, high = agreeing(Interval(low, high), difference, rejected=p_value < ALPHA)
    return PairedResult(
        n=int(contrast.pairs.sum()),
        clusters=contrast.clusters,
        unscored=int((~contrast.pairs).sum()),
        mean_a=contrast.means[0],
        mean_b=contrast.means[1],
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        standard_error=error,
        # a spread that is nothing but rounding is none
        effect_size=difference / spread if spread > 1e-9 * abs(difference) else nan,
        method=method,
        mde=mde,
        level=level,
    )


def _interval(contrast: Contrast, drawn: Array, error: float, without: Array) -> tuple[Ends, str]:
    """The interval, of alpha, and its name."""
    difference, opposed, clusters = contrast.difference, contrast.opposed, contrast.clusters
    rests_on = resting(contrast.influence[contrast.scored])

    def quantile(alpha: float) -> float:
        return -float(stdtrit(clusters - 1, alpha / 2))

    if not np.isnan(opposed) and rests_on < _ENOUGH:
        spread = opposed - difference**2
        pairs = max(spread / error**2, 1.0) if error > 1e-9 and spread > 1e-9 else float(clusters)
        named = f"score interval, effective size {pairs:,.0f} of {clusters:,} clusters"
        return lambda alpha: score_difference(difference, opposed, pairs, quantile(alpha)), named
    if error <= 1e-9 * abs(difference):
        return lambda alpha: Interval(nan, nan), f"no interval: all of {clusters:,} clusters differ alike"
    low, high = bca(drawn, difference, without)

    def stretched(alpha: float) -> Interval:
        """With t quantiles: of the far tails of a bootstrap too little is known."""
        by = quantile(alpha) / quantile(ALPHA)
        return Interval(difference + by * (low - difference), difference + by * (high - difference))

    return stretched, f"BCa bootstrap of {clusters:,} clusters, {len(drawn):,} resamples"


def _resampled(contrasts: Sequence[Contrast], resamples: int, seed: int) -> list[Array]:
    """The statistic of each contrast in each resample."""

    def totals(columns: Array) -> Array:
        return bootstrap_totals(columns, resamples, np.random.default_rng([seed, 1]))  # apart from the permutations'

    anywhere = np.any([one.scored for one in contrasts], axis=0)
    together = [one for one in contrasts if one.clusters >= min(_ENOUGH, int(anywhere.sum()))]
    drawn = {one: totals(one.columns[one.scored]) for one in contrasts if one not in together}
    if together:
        ends = np.cumsum([one.columns.shape[1] for one in together])[:-1]
        parts = np.split(totals(np.hstack([one.columns[anywhere] for one in together])), ends, axis=1)
        drawn |= zip(together, parts, strict=True)
    return [one.statistic(drawn[one]) for one in contrasts]


# --- detectable differences -------------------------------------------------------------------------------------------
POWER = 0.8
"""Chance to detect a difference that is there."""


def minimum_detectable_effect(standard_error: float, alpha: float = ALPHA) -> float:
    """Smallest true difference that a two-sided normal test finds with a power of 80 %: (z(1 - alpha/2) + z(.8)) SE.

    Args:
        standard_error: Of the difference, from 0, in its unit; NaN gives NaN.
        alpha: Level of the two-sided test, in (0, 1).

    Examples:
        >>> round(minimum_detectable_effect(0.01), 4)
        0.028
    """
    return float(ndtri(1 - alpha / 2) + ndtri(POWER)) * standard_error
