"""Permutation test of paired data: the sides are swapped within whole clusters, which flips the sign of its score."""

from collections.abc import Iterator
from math import log, log2, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from clinical_r1.stats.bootstrap import products, random_bytes, rows_at_once

Array = NDArray[np.float64]

_KIND = 12
"""Drawing how many clusters of one size keep their sign takes as long as drawing the signs of so many clusters."""
_TOO_FEW = 10
"""Permutations at least as far out, below which their share says too little about a small p-value."""
_ROUNDING = 1e-11
"""Share of a column's largest score, or of its absolute sum, below which a number is what rounding left."""


class FlipTest(NamedTuple):
    """A sign-flip test."""

    p_value: float
    """Two-sided."""
    method: str


def sign_flips(scores: Array, resamples: int, seed: int) -> list[FlipTest]:
    """Test for each column whether its sum over clusters is zero, by flipping the signs of whole clusters.

    The p-value is the share of sign assignments with an absolute sum at least as large. All assignments are tried where
    there are no more than `resamples` of them (clusters with a score of zero do not count), else `resamples` are drawn,
    the same for every column, and the observed one is added to them. Where fewer than ten of these are as far out, the
    saddlepoint approximation of the tail takes their place (Lugannani & Rice 1980, doi:10.2307/1426607; of permutations
    Robinson 1982, doi:10.1111/j.2517-6161.1982.tb01191.x), so that small p-values survive a correction for many tests.

    Args:
        scores: A row a cluster, shape (clusters, columns).
        resamples: Sign assignments drawn.
        seed: Of the draws.

    Returns:
        A test a column.
    """
    scores = np.where(np.abs(scores) > _ROUNDING * np.abs(scores).max(axis=0, initial=0.0), scores, 0.0)
    observed = np.abs(scores.sum(axis=0))
    # equal sums differ by rounding: far less than this, which in turn is far less than any real difference
    edges = observed - _ROUNDING * np.abs(scores).sum(axis=0)
    exact = (scores != 0).sum(axis=0) <= log2(resamples)
    tests = {column: _every(scores[:, column], edges[column]) for column in np.flatnonzero(exact).tolist()}
    drawn = np.flatnonzero(~exact)
    if len(drawn):
        sums = _flipped_sums(scores[:, drawn], resamples, np.random.default_rng(seed))
        hits = (np.abs(sums) >= edges[drawn]).sum(axis=0)
        for column, number in zip(drawn.tolist(), hits, strict=True):
            tests[column] = _sampled(scores[:, column], int(number), resamples)
    return [tests[column] for column in range(scores.shape[1])]


def _every(scores: Array, edge: float) -> FlipTest:
    """All sign assignments of the clusters with a score."""
    sums = np.zeros(1)
    for score in scores[scores != 0]:
        sums = np.concatenate([sums - score, sums + score])
    return FlipTest(float((np.abs(sums) >= edge).mean()), "exact sign-flip permutation test")


def _sampled(scores: Array, hits: int, resamples: int) -> FlipTest:
    if hits < _TOO_FEW:
        return FlipTest(
            saddlepoint(scores), f"sign-flip permutation test, saddlepoint tail ({resamples:,} flips drawn)"
        )
    return FlipTest((1 + hits) / (1 + resamples), f"sign-flip permutation test, {resamples:,} flips drawn")


def _flipped_sums(scores: Array, resamples: int, rng: np.random.Generator) -> Array:
    """Sums of columns under random signs of the clusters, shape (resamples, columns)."""
    units, columns = scores.shape
    sizes, counts = np.unique(np.abs(scores[scores != 0]), return_counts=True)
    if columns == 1 and _KIND * len(sizes) <= units:  # of clusters with one size, binomially many keep their sign
        kept = rng.binomial(counts, 0.5, size=(resamples, len(sizes)))
        sums: Array = ((2 * kept - counts) @ sizes)[:, None]
        return sums
    # a flip adds twice what it takes away
    flipped: Array = scores.sum(axis=0) - 2 * products(_flips(units, resamples, rng), scores)
    return flipped


def _flips(units: int, resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """Zeros and ones at even chances: chunks of shape (rows, units)."""
    width = -(-units // 8)
    for rows in rows_at_once(units, resamples):
        yield np.unpackbits(random_bytes(rows * width, rng).reshape(rows, width), axis=1, count=units)


def saddlepoint(scores: Array) -> float:
    """Two-sided tail of a sum under random signs, approximated (see `sign_flips`).

    The sum takes steps of at least twice the smallest score; half a step is taken off the observed sum, which is the
    usual correction where all scores are of one size (Daniels 1987, doi:10.2307/1403269), and too careful otherwise.

    Args:
        scores: One a cluster, with a sum well away from zero; shape (clusters,).
    """
    sizes = np.abs(scores[scores != 0])
    if abs(float(scores.sum())) >= (1 - _ROUNDING) * float(
        sizes.sum()
    ):  # all of one sign: two assignments are as far out
        return float(2.0 ** (1 - len(sizes)))
    sizes = sizes / sizes.max()
    step = 2 * float(sizes.min())
    sum_ = abs(float(scores.sum())) / float(np.abs(scores).max()) - step / 2
    t = _tilt(sizes, sum_)
    cumulant = float((t * sizes + np.log1p(np.exp(-2 * t * sizes)) - log(2)).sum())
    variance = float((sizes**2 * (1 - np.tanh(t * sizes) ** 2)).sum())
    w = sqrt(2 * (t * sum_ - cumulant))
    u = 2 / step * np.sinh(t * step / 2) * sqrt(variance)
    density = np.exp(-w * w / 2) / sqrt(2 * np.pi)
    return float(min(1.0, 2 * (ndtr(-w) + density * (1 / u - 1 / w))))


def _tilt(sizes: Array, sum_: float) -> float:
    """The exponential tilt under which the expected sum is `sum_`."""

    def excess(t: float) -> float:
        return float((sizes * np.tanh(t * sizes)).sum()) - sum_

    high = 1.0
    while excess(high) < 0:
        high *= 2
    return float(brentq(excess, 0.0, high, xtol=1e-14))
