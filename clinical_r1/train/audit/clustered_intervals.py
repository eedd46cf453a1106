"""Intervals for completions of which several answer the same question, and so are not independent.

Shares come with 95 % Wilson intervals at the effective sample size n / deff (Kish 1965), where deff is the variance of
the share from the differences between questions (linearised) over that of independent completions, and at least 1.
Where all completions agree there is no variance to take, and the number of questions is the effective size. Means come
with normal intervals from the same variance. With a dozen questions or fewer both are too narrow.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import nan, sqrt
from statistics import NormalDist
from typing import NamedTuple

from clinical_r1.stats.intervals import wilson

Z = NormalDist().inv_cdf(0.975)
"""Normal quantile of 95 % intervals."""


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def share(hits: Sequence[bool], clusters: Sequence[str]) -> Estimate:
    """Share of hits with a Wilson interval at the effective sample size (see the module).

    Args:
        hits: One a completion.
        clusters: The question of each completion.

    Examples:
        >>> [round(x, 3) for x in share([True, True, False, False], ["a", "b", "c", "d"])]
        [0.5, 0.15, 0.85]
        >>> [round(x, 3) for x in share([True, True, False, False], ["a", "a", "b", "b"])]
        [0.5, 0.069, 0.931]
    """
    if not hits:
        return Estimate(nan, nan, nan)
    p = sum(hits) / len(hits)
    groups = len(set(clusters))
    n = float(groups)
    if 0 < p < 1 and groups > 1:
        design_effect = _variance(hits, clusters) / (p * (1 - p) / (len(hits) - 1))
        n = max(1.0, len(hits) / max(1.0, design_effect))
    return Estimate(p, *wilson(p * n, n))


def mean(values: Sequence[float], clusters: Sequence[str]) -> Estimate:
    """Mean with a normal interval from the variance between questions; NaN limits for a single question."""
    if not values:
        return Estimate(nan, nan, nan)
    middle = sum(values) / len(values)
    half = Z * sqrt(_variance(values, clusters)) if len(set(clusters)) > 1 else nan
    return Estimate(middle, middle - half, middle + half)


def _variance(values: Sequence[float], clusters: Sequence[str]) -> float:
    """Variance of a mean over at least two clusters, linearised."""
    middle = sum(values) / len(values)
    sums: defaultdict[str, float] = defaultdict(float)
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] += value - middle
    groups = len(sums)
    return groups / (groups - 1) * sum(total**2 for total in sums.values()) / len(values) ** 2
