"""Inference about differences that are functions of sums over clusters: what all paired comparisons share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinical_r1.stats.bootstrap import bca, bootstrap_totals
from clinical_r1.stats.clusters import error_of_sum
from clinical_r1.stats.permutation import sign_flips

Array = NDArray[np.float64]

_ENOUGH = 50
"""Scored clusters below which a contrast is resampled by itself: of very few among many, a resample might hold none."""


@dataclass(frozen=True)
class Contrast:
    """A difference between two sides that is a function of sums over clusters."""

    columns: Array
    """What is summed, shape (clusters, sums)."""
    statistic: Callable[[Array], Array]
    """The difference, from totals of shape (..., sums)."""
    score: Array
    """Of each cluster; swapping its sides flips the sign, and no difference is a sum of zero."""
    influence: Array
    """What each cluster adds to the linearised difference; sums to zero."""
    scored: NDArray[np.bool_]
    """Clusters with a pair that is scored on both sides; the others hold zeros."""

    @property
    def difference(self) -> float:
        """The statistic of all clusters; NaN of nothing."""
        return float(self.statistic(self.columns.sum(axis=0)))

    @property
    def clusters(self) -> int:
        """Scored clusters."""
        return int(self.scored.sum())


@dataclass(frozen=True)
class Inference:
    """What the clusters say about a difference."""

    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of the 95 % interval."""
    p_value: float
    """Of no difference, two-sided."""
    standard_error: float
    """Linearised over clusters."""
    effect_size: float
    """Difference over standard error times square root of clusters."""
    method: str
    """How interval and p-value were made."""


NOTHING = Inference(nan, nan, nan, nan, nan, "no interval and no test: no two clusters with a number on both sides")


def infer(contrasts: Sequence[Contrast], resamples: int, seed: int) -> list[Inference]:
    """BCa bootstrap interval and sign-flip permutation test of each contrast over the same clusters.

    The draws are made once for all contrasts, but for those of which few clusters are scored.

    Args:
        contrasts: All of one number of clusters.
        resamples: Of the bootstrap and of the permutations, at least 1.
        seed: Of both.

    Raises:
        ValueError: If `resamples` is not positive.
    """
    if resamples < 1:
        raise ValueError(f"resamples={resamples}: allowed is a number from 1")
    able = [one for one in contrasts if one.clusters > 1 and np.isfinite(one.difference)]
    if not able:
        return [NOTHING] * len(contrasts)
    found = iter(_infer(able, resamples, seed))
    return [next(found) if any(one is other for other in able) else NOTHING for one in contrasts]


def _infer(contrasts: Sequence[Contrast], resamples: int, seed: int) -> list[Inference]:
    drawn = _resampled(contrasts, resamples, seed)
    flips = sign_flips(np.column_stack([one.score for one in contrasts]), resamples, seed)
    results = []
    for contrast, statistics, flip in zip(contrasts, drawn, flips, strict=True):
        columns = contrast.columns[contrast.scored]
        without = contrast.statistic(columns.sum(axis=0) - columns)
        error = error_of_sum(contrast.influence[contrast.scored])
        spread = error * sqrt(contrast.clusters)
        # a spread that is nothing but rounding is none
        effect = contrast.difference / spread if spread > 1e-9 * abs(contrast.difference) else nan
        low, high = bca(statistics, contrast.difference, without)
        method = f"BCa bootstrap of {contrast.clusters:,} clusters, {resamples:,} resamples; {flip.method}"
        results.append(Inference(low, high, flip.p_value, error, effect, method))
    return results


def _resampled(contrasts: Sequence[Contrast], resamples: int, seed: int) -> list[Array]:
    """The statistic of each contrast in each resample."""
    anywhere = np.any([one.scored for one in contrasts], axis=0)
    together = [one for one in contrasts if one.clusters >= min(_ENOUGH, int(anywhere.sum()))]
    found = {}
    if together:
        totals = bootstrap_totals(np.hstack([one.columns[anywhere] for one in together]), resamples, _rng(seed))
        ends = np.cumsum([one.columns.shape[1] for one in together])[:-1]
        parts = np.split(totals, ends, axis=1)
        found = {id(one): one.statistic(part) for one, part in zip(together, parts, strict=True)}
    for one in contrasts:
        if id(one) not in found:
            found[id(one)] = one.statistic(bootstrap_totals(one.columns[one.scored], resamples, _rng(seed)))
    return [found[id(one)] for one in contrasts]


def _rng(seed: int) -> np.random.Generator:
    """Apart from the generator of the permutations."""
    return np.random.default_rng([seed, 1])


def quotient(above: Any, below: Any) -> Any:
    """Divide; NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full(np.shape(below), nan), where=np.asarray(below) > 0)
