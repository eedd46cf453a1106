"""Resampling of independent clusters: the bootstrap with BCa intervals, and the permutation test of paired data.

Whatever is a function of sums over clusters (a mean, a ratio, a difference of ratios) is resampled through its sums:
the draws are made once, and any number of columns is summed over each of them. In the permutation test the sides are
swapped within whole clusters, which flips the sign of a cluster's score.

Plain BCa intervals are too narrow with few clusters (87 to 91 % of simulated cases with 12 clusters). Expanded ones, by
t in place of the normal quantile and the root of n / (n - 1) (Hesterberg 2015, doi:10.1080/00031305.2015.1089789), hold
the truth in 91 to 94 % with 8 clusters, 94 to 95 % with 12, 93 to 96 % from 20 on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import log, log2, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, pdtr, stdtrit

from clinical_r1.stats.estimates import ALPHA, Interval


@dataclass(frozen=True)
class Resampling:
    """The random part of intervals and tests."""

    resamples: int = 10_000
    """Of the bootstrap; as many permutations are drawn where there is a test."""
    seed: int = 0


# --- bootstrap --------------------------------------------------------------------------------------------------------
Array = NDArray[np.float64]

_CHUNK = 1 << 18
"""Cells (resamples x clusters) drawn at once: a megabyte or two."""
_KIND = 12
"""Drawing how often a kind of cluster comes up takes as long as drawing so many clusters."""


def bootstrap_totals(columns: Array, resamples: int, rng: np.random.Generator) -> Array:
    """Sums of columns, shape (clusters, columns), over clusters drawn with replacement: shape (resamples, columns)."""
    units = len(columns)
    if all(_KIND * len(np.unique(column)) <= units for column in columns.T):  # worth a closer look
        kinds, first, sizes = np.unique(columns, axis=0, return_index=True, return_counts=True)
        if _KIND * len(kinds) <= units:  # how often each kind of cluster is drawn is multinomial
            order = np.argsort(first)  # of appearance, so that b - a is resampled as a - b is
            totals: Array = rng.multinomial(units, sizes[order] / units, size=resamples) @ kinds[order]
            return totals
    numbers: dict[bytes, int] = {}  # many metrics are scored in the same responses
    places = [numbers.setdefault(column.tobytes(), len(numbers)) for column in columns.T]
    distinct = np.column_stack([columns[:, places.index(number)] for number in range(len(numbers))])
    varying = np.ptp(distinct, axis=0) > 0
    found = np.tile(units * distinct[0], (resamples, 1))
    if varying.any():
        found[:, varying] = products(resampled_counts(units, resamples, rng), distinct[:, varying])
    return found[:, places]


def products(chunks: Iterator[NDArray[Any]], columns: Array) -> Array:
    """All rows of the chunks times the columns: a few one by one, many for several chunks at once, as is fastest."""
    many = columns.shape[1] > 8
    separate = [columns] if many else [np.ascontiguousarray(columns[:, [place]]) for place in range(columns.shape[1])]
    parts = []
    while batch := list(islice(chunks, 16 if many else 1)):
        rows = (np.concatenate(batch) if many else batch[0]).astype(np.float64, copy=False)
        parts.append(np.hstack([rows @ part for part in separate]))
    return np.concatenate(parts)


def rows_at_once(units: int, rows: int) -> Iterator[int]:
    """Numbers of rows (resamples) to draw at once, so that a chunk stays in the cache; they add up to all."""
    step = max(1, _CHUNK // units)
    for start in range(0, rows, step):
        yield min(step, rows - start)


def resampled_counts(units: int, resamples: int, rng: np.random.Generator) -> Iterator[Array]:
    """How often each of `units` clusters is drawn in resamples of `units` draws: chunks of shape (rows, units).

    Independent Poisson counts are multinomial given their total: nearly all draws are Poisson counts of a mean a little
    below 1, and the few that are missing to `units` are made one by one, several times faster than all of them.
    """
    mean = max(0.0, 1 - 5 / np.sqrt(units))  # five standard deviations below: hardly a row has too many
    for rows in rows_at_once(units, resamples):
        cells = _poisson(mean, rows * units, rng) if mean else np.zeros(rows * units)
        counts = cells.reshape(rows, units)
        totals = counts.sum(axis=1)
        counts[totals > units] = 0  # drawn again, one by one
        missing = np.where(totals > units, units, units - totals).astype(np.int64)
        places = np.repeat(np.arange(rows) * units, missing)
        np.add.at(cells, places + rng.integers(0, units, size=len(places)), 1.0)
        yield counts


def random_bytes(size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Even chances for 0 to 255, shape (size,); eight at a time, which is twice as fast as one by one."""
    words = rng.integers(0, 2**64 - 1, size=-(-size // 8), dtype=np.uint64, endpoint=True)
    return words.view(np.uint8)[:size]


def _poisson(mean: float, size: int, rng: np.random.Generator) -> Array:
    """Poisson counts with a mean up to 1, shape (size,).

    Of a byte's 256 values floor(256 p) stand for a count of probability p. The remaining ones, two or three, stand for
    the remainders of all counts, which are drawn from with more digits.
    """
    shares = 256 * np.diff(pdtr(np.arange(30), mean), prepend=0.0)  # what lies beyond is less than 1e-30
    whole = np.floor(shares)
    at_least = whole[::-1].cumsum()[::-1].astype(np.uint8)  # values that stand for this count or a larger one
    draws = random_bytes(size, rng)
    counts = np.zeros(size, dtype=np.uint8)
    for values in at_least[1:][at_least[1:] > 0]:
        counts += (draws < values).view(np.uint8)
    open_cells = np.flatnonzero(draws >= int(whole.sum()))
    cells: Array = counts.astype(np.float64)
    rest = (shares - whole).cumsum()
    cells[open_cells] = np.searchsorted(rest, rng.random(len(open_cells)) * rest[-1], side="right")
    return cells


def bca(drawn: Array, estimate: float, without: Array) -> Interval:
    """Bias-corrected and accelerated 95 % interval (Efron 1987, doi:10.1080/01621459.1987.10478410), expanded.

    Args:
        drawn: The statistic of each resample, shape (resamples,); what is not finite is left out.
        estimate: The statistic, which is between the ends; these are NaN where no resample has a number.
        without: The statistic without each cluster, shape (clusters,), two or more.
    """
    drawn = np.sort(drawn[np.isfinite(drawn)])
    if not len(drawn) or not np.isfinite(estimate):
        return Interval(np.nan, np.nan)
    # a resample that equals the estimate counts half: with few distinct values many do
    near = 1e-9 * (drawn[-1] - drawn[0])
    below = np.searchsorted(drawn, [estimate - near, estimate + near], side="left").mean() / len(drawn)
    bias = ndtri(np.clip(below, 0.5 / len(drawn), 1 - 0.5 / len(drawn)))
    clusters = len(without)
    quantile = float(stdtrit(clusters - 1, 1 - ALPHA / 2)) * sqrt(clusters / (clusters - 1))
    z = bias + quantile * np.array([-1, 1])
    ends = np.quantile(drawn, ndtr(bias + z / np.maximum(1 - _acceleration(without) * z, 1e-9)))
    return Interval(min(float(ends[0]), estimate), max(float(ends[1]), estimate))


def _acceleration(without: Array) -> float:
    without = without[np.isfinite(without)]
    influence = (without.mean() if len(without) else 0.0) - without
    size = np.abs(influence).max(initial=0.0)
    if size == 0:
        return 0.0
    influence = influence / size  # powers of tiny numbers would vanish
    return float((influence**3).sum() / (6 * (influence**2).sum() ** 1.5))


# --- permutation test -------------------------------------------------------------------------------------------------
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
    Robinson 1982, doi:10.1111/j.2517-6161.1982.tb01191.x).

    Args:
        scores: Shape (clusters, columns).
        resamples: Sign assignments drawn.
        seed: Of the draws.

    Returns:
        A test per column.
    """
    scores = np.where(np.abs(scores) > _ROUNDING * np.abs(scores).max(axis=0, initial=0.0), scores, 0.0)
    observed = np.abs(scores.sum(axis=0))
    # equal sums differ by rounding: far less than this, which in turn is far less than any real difference
    edges = observed - _ROUNDING * np.abs(scores).sum(axis=0)
    drawn = (scores != 0).sum(axis=0) > log2(resamples)
    hits = np.zeros(len(drawn), dtype=int)
    if drawn.any():
        sums = _flipped_sums(scores[:, drawn], resamples, np.random.default_rng(seed))
        hits[drawn] = (np.abs(sums) >= edges[drawn]).sum(axis=0)
    return [
        _sampled(column, int(number), resamples) if of_drawn else _every(column, edge)
        for column, edge, of_drawn, number in zip(scores.T, edges, drawn, hits, strict=True)
    ]


def _every(scores: Array, edge: float) -> FlipTest:
    """All sign assignments of the clusters with a score."""
    sums = np.zeros(1)
    for score in scores[scores != 0]:
        sums = np.concatenate([sums - score, sums + score])
    return FlipTest(float((np.abs(sums) >= edge).mean()), "exact sign-flip permutation test")


def _sampled(scores: Array, hits: int, resamples: int) -> FlipTest:
    name = "sign-flip permutation test"
    if hits < _TOO_FEW:
        return FlipTest(saddlepoint(scores), f"{name}, saddlepoint tail ({resamples:,} flips drawn)")
    return FlipTest((1 + hits) / (1 + resamples), f"{name}, {resamples:,} flips drawn")


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
    """Two-sided tail of a sum of scores, shape (clusters,), under random signs, approximated (see `sign_flips`).

    The sum takes steps of at least twice the smallest score; half a step is taken off the observed sum, which is the
    usual correction where all scores are of one size (Daniels 1987, doi:10.2307/1403269), and too careful otherwise.
    """
    sizes, observed = np.abs(scores[scores != 0]), abs(float(scores.sum()))
    if observed >= (1 - _ROUNDING) * float(sizes.sum()):  # all of one sign: two assignments are as far out
        return float(2.0 ** (1 - len(sizes)))
    largest = float(sizes.max())
    sizes = sizes / largest
    step = 2 * float(sizes.min())
    sum_ = observed / largest - step / 2
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
