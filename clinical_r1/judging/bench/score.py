"""How good a judge is on one line: precision, recall, F1 and count bias, with intervals.

Items, not instances, are resampled for the intervals, because the instances of one response share their fate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from typing import Any

import numpy as np

from clinical_r1.judging.bench.match import Hits


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Items behind it."""


@dataclass(frozen=True)
class LineScore:
    """A judge on one line."""

    items: int
    true: int
    found: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    bias: Estimate
    """Mean over items of the judge's count minus the true count."""


def line_score(rows: Sequence[Hits], *, resamples: int = 2000, seed: int = 0) -> LineScore:
    """Pool one line over items.

    Args:
        rows: One an item.
        resamples: Of items, for the intervals.
        seed: Of the resampling.

    Returns:
        Precision, recall and F1 of the pooled instances, NaN where nothing was found or nothing planted; and the bias
        of the count in instances a response.
    """
    known = [(row.true, row.found, nan if row.matched is None else row.matched) for row in rows]
    table = np.array(known, dtype=float).reshape(-1, 3)
    n = len(table)
    sums = table.sum(axis=0) if n else np.zeros(3)
    drawn = _weights(n, resamples, seed) @ table
    ratios = {
        name: _estimate(_ratio(name, sums[None, :])[0], _ratio(name, drawn), n)
        for name in ("precision", "recall", "f1")
    }
    bias = _estimate((sums[1] - sums[0]) / n if n else nan, (drawn[:, 1] - drawn[:, 0]) / max(n, 1), n)
    return LineScore(n, int(sums[0]), int(sums[1]), **ratios, bias=bias)


def mean_estimate(values: Sequence[float], *, resamples: int = 2000, seed: int = 0) -> Estimate:
    """The mean over items with its interval."""
    n = len(values)
    table = np.asarray(values, dtype=float)
    value = float(table.mean()) if n else nan
    return _estimate(value, _weights(n, resamples, seed) @ table / max(n, 1), n)


@lru_cache(maxsize=16)
def _weights(n: int, resamples: int, seed: int) -> "np.ndarray[Any, Any]":
    """How often each of n items is drawn in each resample; one row a resample, none without items."""
    if n == 0:
        return np.zeros((0, 0))
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples).astype(float)


def _ratio(name: str, sums: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    true, found, matched = sums.T
    above, below = {
        "precision": (matched, found),
        "recall": (matched, true),
        "f1": (2 * matched, true + found),
    }[name]
    ratios: np.ndarray[Any, Any] = np.divide(above, below, out=np.full(len(sums), nan), where=below > 0)
    return ratios


def _estimate(value: float, drawn: "np.ndarray[Any, Any]", n: int) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (nan, nan)
    return Estimate(float(value), float(low), float(high), n)
