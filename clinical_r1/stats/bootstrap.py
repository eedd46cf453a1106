"""Bootstrap over independent clusters: totals of resampled clusters, and BCa intervals from them.

Whatever is a function of sums over clusters (a mean, a ratio, a difference of ratios) is resampled through its sums:
the draws are made once, and any number of columns is summed over each of them.

Plain BCa intervals are too narrow with few clusters: of normal, skewed and three-valued differences they held the truth
in 87 to 91 % of simulated cases with 12 clusters. So they are expanded, by t in place of the normal quantile and the
root of n / (n - 1): now it is 91 to 94 % with 8 clusters, 94 to 95 % with 12, 93 to 96 % from 20 on.
"""

from collections.abc import Iterator
from itertools import islice
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, pdtr, stdtrit

from clinical_r1.stats.intervals import ALPHA, Interval

Array = NDArray[np.float64]

_CHUNK = 1 << 18
"""Cells (resamples x clusters) drawn at once: a megabyte or two."""
_KIND = 12
"""Drawing how often a kind of cluster comes up takes as long as drawing so many clusters."""


def bootstrap_totals(columns: Array, resamples: int, rng: np.random.Generator) -> Array:
    """Sums of columns over clusters drawn with replacement, as many as there are.

    Args:
        columns: A row a cluster, shape (clusters, columns).
        resamples: Number of draws of all clusters.
        rng: Source of the draws.

    Returns:
        Totals of each resample, shape (resamples, columns).
    """
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

    The counts are multinomial. Independent Poisson counts are multinomial given their total, so nearly all draws are
    made as Poisson counts of a mean a little below 1, at a byte of randomness each, and the few that are missing to
    `units` one by one. That is several times faster than drawing every one.
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

    A byte decides nearly always: of its 256 values floor(256 p) stand for a count of probability p. The remaining
    ones, two or three, stand for the remainders of all counts, which are drawn from with more digits.
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
        drawn: The statistic of each resample, shape (resamples,); what is not finite (nothing to divide by) is left
            out.
        estimate: The statistic.
        without: The statistic without each cluster, shape (clusters,), two or more.

    Returns:
        Ends with the estimate between them; NaN where no resample has a number.
    """
    drawn = np.sort(drawn[np.isfinite(drawn)])
    if not len(drawn) or not np.isfinite(estimate):
        return Interval(np.nan, np.nan)
    # a resample that equals the estimate counts half: with few distinct values many do
    near = 1e-9 * (drawn[-1] - drawn[0])
    below = np.searchsorted(drawn, [estimate - near, estimate + near], side="left").mean() / len(drawn)
    bias = ndtri(np.clip(below, 0.5 / len(drawn), 1 - 0.5 / len(drawn)))
    z = bias + _quantile(len(without)) * np.array([-1, 1])
    ends = np.quantile(drawn, ndtr(bias + z / np.maximum(1 - _acceleration(without) * z, 1e-9)))
    return Interval(min(float(ends[0]), estimate), max(float(ends[1]), estimate))


def _quantile(clusters: int) -> float:
    """That of t, times the root of n / (n - 1): a resample varies less than a sample does.

    Hesterberg (2015, doi:10.1080/00031305.2015.1089789) calls percentile intervals with it expanded.
    """
    return float(stdtrit(clusters - 1, 1 - ALPHA / 2)) * sqrt(clusters / (clusters - 1))


def _acceleration(without: Array) -> float:
    without = without[np.isfinite(without)]
    if not len(without):
        return 0.0
    influence = without.mean() - without
    size = np.abs(influence).max()
    if size == 0:
        return 0.0
    influence = influence / size  # powers of tiny numbers would vanish
    return float((influence**3).sum() / (6 * (influence**2).sum() ** 1.5))
